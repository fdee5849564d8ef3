"""``etown-kg export``: the graph, or one graph of it, as a file, or all files that there are."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from etown_kg.cli.console import remark, step
from etown_kg.cli.options import close_graph, graph_options, load_graph, settings_of
from etown_kg.cli.output import written
from etown_kg.errors import MissingPathError
from etown_kg.export.distributions import (
    STATEMENT_FORMATS,
    distributions,
    format_of,
)
from etown_kg.export.dump_folder import write_dumps, write_sums
from etown_kg.export.packing import SUFFIXES, packed, packing_of
from etown_kg.formats import TRIG, TURTLE, Format
from etown_kg.graph import KnowledgeGraph


@click.command(
    epilog="""\b
Examples:
  etown-kg export --output etown.trig
  etown-kg export --graph derived --format turtle
  etown-kg export --no-infer --output asserted.nq.zst
  etown-kg export --all dumps && cd dumps && sha256sum --check SHA256SUMS
"""
)
@graph_options
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="the file to write, whole or not at all; without it, standard output",
)  # fmt: skip
@click.option(
    "--format", "-f", "name", type=click.Choice([format.name for format in STATEMENT_FORMATS]),
    help="default: by the file's suffix; else trig for all graphs, turtle for one",
)  # fmt: skip
@click.option("--graph", "-g", metavar="NAME", help="one graph, by its name or IRI")
@click.option("--no-infer", is_flag=True, help="leave out what the reasoner adds")
@click.option(
    "--all", "folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="all files that a server offers at /dumps/, with their checksums, into a folder",
)  # fmt: skip
@click.pass_context
def export(
    context: click.Context,
    output: Path | None,
    name: str | None,
    graph: str | None,
    no_infer: bool,
    folder: Path | None,
) -> None:
    """Write all graphs, or one, in any RDF format, as Parquet or as GraphML.

    Formats that cannot name graphs get the union. A file that ends in .gz or .zst is packed. The
    same statements give the same bytes.
    """
    settings = settings_of(context)
    if folder is not None and (output or name or graph):
        raise click.UsageError("--all takes no --output, --format or --graph")
    format = None if folder else _format(name, output, graph)
    iri = graph if graph is None or ":" in graph else f"{settings.base}graph/{graph}"
    knowledge = load_graph(settings)
    if not no_infer:
        close_graph(knowledge, settings)
    if format is None:
        assert folder is not None
        _write_all(knowledge, folder, infer=not no_infer)
        return
    packing = packing_of(output.name) if output is not None else ""
    with step("Writing"), written(output) as stream, packed(stream, packing) as content:
        count = knowledge.export(content, format, graph=iri, infer=not no_infer)
    remark(f"{count:,} statements as {format.label}")


def _write_all(knowledge: KnowledgeGraph, folder: Path, *, infer: bool) -> None:
    """Make all files anew; what cannot be made is said."""
    if not folder.parent.is_dir():
        raise MissingPathError(folder.parent, "a folder to write into", hint="make it first")
    folder.mkdir(exist_ok=True)
    wanted = [each for each in distributions() if infer or each.content != "closure"]
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console,
        transient=True, disable=not console.is_terminal,
    )  # fmt: skip
    with bar, knowledge.dumps() as dumps:
        task = bar.add_task("Writing", total=len(wanted))
        refused = write_dumps(
            dumps, wanted, folder, anew=True,
            progress=lambda each: bar.update(task, description=each.name, advance=1),
        )  # fmt: skip
        write_sums(folder, [each.name for each in wanted])
    for line in refused:
        click.echo(f"left out: {line}", err=True)
    click.echo(f"{folder}: {len(wanted) - len(refused)} files")


def _format(name: str | None, output: Path | None, graph: str | None) -> Format:
    if name is not None:
        return format_of(name)
    if output is not None:
        return format_of(_unpacked_name(output.name))
    return TRIG if graph is None else TURTLE


def _unpacked_name(name: str) -> str:
    suffix = SUFFIXES[packing_of(name)]
    return name[: -len(suffix)] if suffix else name
