"""``etown-kg export``: the graph, or one graph of it, as a file in any RDF format."""

from __future__ import annotations

from pathlib import Path

import click

from etown_kg.cli.console import remark, step
from etown_kg.cli.options import close_graph, graph_options, load_graph, settings_of
from etown_kg.cli.output import written
from etown_kg.formats import RDF_FORMATS, TRIG, TURTLE, Format, by_name, by_suffix


@click.command(
    epilog="""\b
Examples:
  etown-kg export --output etown.trig
  etown-kg export --graph derived --format turtle
  etown-kg export --no-infer --output asserted.nq
"""
)
@graph_options
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="the file to write, whole or not at all; without it, standard output",
)  # fmt: skip
@click.option(
    "--format", "-f", "name", type=click.Choice([format.name for format in RDF_FORMATS]),
    help="default: by the file's suffix; else trig for all graphs, turtle for one",
)  # fmt: skip
@click.option("--graph", "-g", metavar="NAME", help="one graph, by its name or IRI")
@click.option("--no-infer", is_flag=True, help="leave out what the reasoner adds")
@click.pass_context
def export(
    context: click.Context,
    output: Path | None,
    name: str | None,
    graph: str | None,
    no_infer: bool,
) -> None:
    """Write all graphs, or one, in any RDF format.

    Turtle, N-Triples and RDF/XML cannot name graphs: they get the union.
    """
    settings = settings_of(context)
    format = _format(name, output, graph)
    iri = graph if graph is None or ":" in graph else f"{settings.base}graph/{graph}"
    knowledge = load_graph(settings)
    if not no_infer:
        close_graph(knowledge, settings)
    with step("Writing"), written(output) as stream:
        count = knowledge.export(stream, format, graph=iri, infer=not no_infer)
    remark(f"{count:,} statements as {format.label}")


def _format(name: str | None, output: Path | None, graph: str | None) -> Format:
    if name is not None:
        return by_name(name, RDF_FORMATS)
    if output is not None:
        return by_suffix(output)
    return TRIG if graph is None else TURTLE
