"""``etown-kg explain``: why a triple holds, down to the words of an article."""

from __future__ import annotations

import json

import click
from pyoxigraph import NamedNode

from etown_kg.cli.console import fail
from etown_kg.cli.options import graph_options, load_graph, settings_of
from etown_kg.errors import SettingError
from etown_kg.load import read_term
from etown_kg.reason.proof import as_dict, as_text, as_turtle

_FORMATS = ("text", "json", "turtle")


@click.command(
    epilog="""\b
Examples:
  etown-kg explain place:beijing-e-town et:locatedIn place:china
  etown-kg explain agent:guo-meng et:servesZone place:beijing-e-town --all
  etown-kg explain service:unmanned-travel-service a et:AutonomousMobilityService -f turtle
"""
)
@graph_options
@click.option(
    "--format", "-f", type=click.Choice(_FORMATS), default="text", show_default=True,
    help="turtle describes the proof with PROV-O",
)  # fmt: skip
@click.option("--all", "every", is_flag=True, help="all minimal proofs, not only the smallest")
@click.option(
    "--limit", type=click.IntRange(min=1), default=10, show_default=True, metavar="N",
    help="with --all: how many proofs at most",
)  # fmt: skip
@click.argument("subject")
@click.argument("predicate")
@click.argument("object_", metavar="OBJECT")
@click.pass_context
def explain(
    context: click.Context,
    format: str,
    every: bool,
    limit: int,
    subject: str,
    predicate: str,
    object_: str,
) -> None:
    """Say why a triple holds: rules, premises, and where each was read.

    SUBJECT, PREDICATE and OBJECT are written as in SPARQL: place:beijing, <http://...>, "text"@en,
    300.0; the prefixes of the project need not be declared.
    """
    s, p, o = map(read_term, (subject, predicate, object_))
    if not isinstance(p, NamedNode):
        raise SettingError("PREDICATE", f"{predicate} is not an IRI")
    graph = load_graph(settings_of(context))
    proofs = graph.explain((s, p, o), limit=limit if every else 1)
    if not proofs:
        fail(
            f"{subject} {predicate} {object_} does not follow from the graph",
            "nothing asserts it and no rule of OWL 2 RL derives it",
            1,
        )
    if format == "json":
        trees = [as_dict(proof, graph.sources_of) for proof in proofs]
        click.echo(json.dumps(trees if every else trees[0], indent=2, ensure_ascii=False))
    elif format == "turtle":
        for number, proof in enumerate(proofs, 1):
            click.echo(as_turtle(proof, graph.sources_of, label=f"proof{number}step"), nl=False)
    else:
        click.echo("\n\n".join(as_text(proof, graph.sources_of) for proof in proofs))
