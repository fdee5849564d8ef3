"""``etown-kg build``: the whole line from files to a validated, closed graph."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click
from pyoxigraph import NamedNode
from rich.console import Console
from rich.table import Table

from etown_kg.cli.console import report_findings, step
from etown_kg.cli.options import close_graph, graph_options, load_graph, rules_of, settings_of
from etown_kg.cli.output import written
from etown_kg.findings import Report
from etown_kg.formats import RDF_FORMATS, by_suffix
from etown_kg.graph import Closing, KnowledgeGraph
from etown_kg.validate import validate, validate_closure

_DATASET_FORMATS = tuple(format for format in RDF_FORMATS if format.kind == "dataset")


@click.command(
    epilog="""\b
Examples:
  etown-kg build
  etown-kg build --output etown.nq
  etown-kg build --ontology my-ontology --data my-facts --output mine.trig
"""
)
@graph_options
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="write all graphs, the inferred one too, into this file (.nq, .trig or .jsonld)",
)  # fmt: skip
@click.pass_context
def build(context: click.Context, output: Path | None) -> None:
    """Read, validate and close the graph; say what is in it.

    An ontology without a folder shapes/ is not validated. Ends with 1, and writes nothing, when
    validation finds a violation or the graph is inconsistent.
    """
    settings = settings_of(context)
    format = by_suffix(output, _DATASET_FORMATS) if output else None
    graph = load_graph(settings)
    shapes, hygiene = rules_of(graph)
    with step("Validating what is asserted"):
        asserted = validate(graph.asserted, shapes, hygiene)
    _show(asserted, "what is asserted")
    closing = close_graph(graph, settings)
    with step("Validating what follows"):
        closed = validate_closure(graph.quads(), shapes, hygiene)
    _show(closed, "what follows")
    _print_contents(graph, closing)
    if output and format:
        with step(f"Writing {output}"), written(output) as stream:
            count = graph.export(stream, format)
        click.echo(f"{output}: {count:,} statements as {format.label}")


def _show(report: Report, subject: str) -> None:
    if report.findings:
        report_findings(report, "text", subject)


def _print_contents(graph: KnowledgeGraph, closing: Closing) -> None:
    counts = Counter(quad.graph_name for quad in graph.quads())
    table = Table(box=None, pad_edge=False)
    table.add_column("graph")
    table.add_column("statements", justify="right")
    for name in sorted(name for name in counts if isinstance(name, NamedNode)):
        table.add_row(name.value.removeprefix(graph.base), f"{counts[name]:,}")
    Console().print(table)
    click.echo(
        f"\n{closing.asserted:,} asserted, {closing.inferred:,} inferred by {closing.reasoner}"
        f" in {closing.seconds:.2f} s"
    )
