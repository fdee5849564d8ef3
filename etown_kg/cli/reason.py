"""``etown-kg reason``: the OWL 2 RL closure of any RDF files."""

from __future__ import annotations

import time
from pathlib import Path

import click
from pyoxigraph import Quad, RdfFormat, Triple, parse
from rich import box
from rich.console import Console
from rich.table import Table

from etown_kg import export, load
from etown_kg.cli.console import remark, step
from etown_kg.cli.output import written
from etown_kg.config import DEFAULT_REASONER, REASONERS
from etown_kg.errors import InconsistentError, LimitError
from etown_kg.formats import N_TRIPLES, RDF_FORMATS, Format, by_name, by_suffix
from etown_kg.rdflib_terms import from_triple, to_rdflib
from etown_kg.reason import Closure, materialise
from etown_kg.reason.closure import free_memory_mb
from etown_kg.reason.profile import PROFILES, Profile

# What a triple takes as an object, sorted and written: about 700 were measured with half a million.
_BYTES_PER_OBJECT = 1000


@click.command(
    epilog="""\b
Examples:
  etown-kg reason my-ontology.ttl my-facts.ttl -o closed.nt
  etown-kg reason data.nt --inferred-only --stats > inferred.nt
  etown-kg reason data.ttl --engine owlrl -o closed.ttl
"""
)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="the file to write, whole or not at all; without it, standard output",
)  # fmt: skip
@click.option(
    "--format", "-f", "name", type=click.Choice([format.name for format in RDF_FORMATS]),
    help="default: by the file's suffix; else ntriples",
)  # fmt: skip
@click.option(
    "--profile", type=click.Choice(list(PROFILES)), default="lean", show_default=True,
    help="lean leaves out axiomatic and reflexive triples, full has all the W3C tables derive",
)  # fmt: skip
@click.option(
    "--engine", type=click.Choice(REASONERS), default=DEFAULT_REASONER, show_default=True,
    help="owlrl has the lean profile only",
)  # fmt: skip
@click.option("--inferred-only", is_flag=True, help="leave out what the files assert")
@click.option("--stats", is_flag=True, help="on standard error: what each round read and made")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def reason(
    files: tuple[Path, ...],
    output: Path | None,
    name: str | None,
    profile: Profile,
    engine: str,
    inferred_only: bool,
    stats: bool,
) -> None:
    """Write what follows from FILES by OWL 2 RL, with what they assert.

    Named graphs are closed together. Exits with 1, and writes nothing, when the files
    contradict themselves.
    """
    if engine == "owlrl" and (profile != "lean" or stats):
        raise click.UsageError("--engine owlrl has neither --profile full nor --stats")
    if name is not None:
        format = by_name(name, RDF_FORMATS)
    else:
        format = N_TRIPLES if output is None else by_suffix(output)
    with step("Reading"):
        quads = [quad for path in files for quad in load.read(path)]
    started = time.perf_counter()
    if engine == "owlrl":
        with step("Computing what follows"):
            inferred = _by_owlrl(quads)
        remark(_made(len(inferred), started))
    else:
        with step("Computing what follows"):
            closure = _by_engine(quads, profile, stats)
        count = closure.inferred_count
        remark(_made(count, started))
        if format is N_TRIPLES:
            # In pieces: a chain of a few thousand classes makes millions of triples.
            with step("Writing"), written(output) as stream:
                for piece in closure.sorted_ntriples(inferred_only):
                    stream.write(piece)
            return
        _check_size(count, format)
        inferred = [quad.triple for quad in parse(closure.ntriples(), RdfFormat.N_TRIPLES)]
    asserted: list[Quad | Triple] = [] if inferred_only else [quad.triple for quad in quads]
    with step("Writing"), written(output) as stream:
        export.write([*asserted, *inferred], stream, format)


def _made(count: int, started: float) -> str:
    return f"{count:,} inferred in {time.perf_counter() - started:.2f} s"


def _check_size(count: int, format: Format) -> None:
    """Only N-Triples is written in pieces; any other format is made of one object a triple."""
    limit_mb = free_memory_mb()
    if limit_mb is not None and count * _BYTES_PER_OBJECT > limit_mb << 20:
        raise LimitError(
            f"{limit_mb} MB, three quarters of the free memory",
            f"{count:,} triples do not fit into it as {format.name}",
            hint="write N-Triples: -f ntriples",
        )


def _by_engine(quads: list[Quad], profile: Profile, stats: bool) -> Closure:
    closure = materialise(quads, profile)
    if closure.violations:
        raise InconsistentError(closure.violations)
    for finding in closure.findings:
        click.echo(f"note: {finding}", err=True)
    if stats:
        _print_rounds(closure)
    return closure


def _by_owlrl(quads: list[Quad]) -> list[Triple]:
    from etown_kg.reason.reference import close_with_owlrl

    closure = close_with_owlrl(to_rdflib(quads))
    if closure.clashes:
        raise InconsistentError(closure.clashes)
    return [from_triple(triple) for triple in closure.inferred]


def _print_rounds(closure: Closure) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title in ("round", "new", "ms", "rule", "read", "concluded"):
        table.add_column(title, justify="left" if title == "rule" else "right")
    for each in closure.rounds:
        table.add_row(str(each.number), f"{each.new:,}", f"{each.milliseconds:.1f}")
        for count in each.rules:
            table.add_row("", "", "", *map(str, count))
    Console(stderr=True, markup=False, highlight=False).print(table)
