"""``validate``, ``check`` and ``locate``: is it well made, is it true to its sources."""

from __future__ import annotations

from pathlib import Path

import click

from etown_kg.cli.console import report_findings, step
from etown_kg.cli.options import graph_options, load_graph, ontology_of, rules_of, settings_of
from etown_kg.derived import check_derived
from etown_kg.evidence import check_evidence, evidence_turtle
from etown_kg.evidence import locate as locate_phrase
from etown_kg.findings import Finding, Report
from etown_kg.profile import check_profile
from etown_kg.rdflib_terms import to_rdflib
from etown_kg.validate import validate_files

_existing = click.Path(path_type=Path)
_findings_format = click.option(
    "--format", "-f", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="for people, or for programs",
)  # fmt: skip


@click.command(
    epilog="""\b
Examples:
  etown-kg validate
  etown-kg validate new-article.ttl
  etown-kg validate --format json facts.trig more.jsonld
"""
)
@graph_options
@_findings_format
@click.argument("files", nargs=-1, type=_existing)
@click.pass_context
def validate(context: click.Context, format: str, files: tuple[Path, ...]) -> None:
    """Check the graph, or FILES beside it, against the SHACL shapes and the hygiene queries.

    FILES are Turtle, TriG, N-Triples, N-Quads, JSON-LD or RDF/XML. They are read together with
    the graph, so that they may speak of its things; only what they describe is reported.
    Prints focus node, path, severity and message of each finding; ends with 1 when one is a
    violation.
    """
    graph = load_graph(settings_of(context))
    if files:
        with step("Validating the files"):
            shapes, hygiene = rules_of(graph)
            report = validate_files(files, shapes, hygiene, context=graph.asserted, base=graph.base)
        subject = ", ".join(map(str, files))
    else:
        with step("Validating"):
            report = graph.validate()
        subject = f"{len(graph.asserted):,} asserted statements"
    report_findings(report, format, subject)


@click.command(
    epilog="""\b
Examples:
  etown-kg check
  etown-kg check --profile rl
  etown-kg check --articles texts/
"""
)
@graph_options
@_findings_format
@click.option("--profile", type=click.Choice(["rl"]), help="the ontology stays in OWL 2 RL")
@click.option("--derived", is_flag=True, help="derived figures are what their formulas give")
@click.option(
    "--articles", type=_existing, metavar="DIR",
    help="each quoted phrase stands at its place in the articles' texts in DIR",
)  # fmt: skip
@click.pass_context
def check(
    context: click.Context, format: str, profile: str | None, derived: bool, articles: Path | None
) -> None:
    """Prove what shapes cannot: the OWL profile, the arithmetic, the evidence.

    Without --profile, --derived and --articles: the profile and the derived figures.
    """
    graph = load_graph(settings_of(context))
    everything = not (profile or derived or articles)
    findings: list[Finding] = []
    done: list[str] = []
    if profile or everything:
        with step("Checking the OWL 2 RL profile"):
            findings += check_profile(to_rdflib(ontology_of(graph)))
        done.append("OWL 2 RL profile")
    if derived or everything:
        findings += check_derived(graph.asserted)
        done.append("derived figures")
    if articles:
        with step("Checking the evidence"):
            findings += check_evidence(graph.asserted, articles)
        done.append("evidence")
    report_findings(Report.of(findings), format, ", ".join(done))


@click.command(
    epilog="""\b
Examples:
  etown-kg locate texts/2022-10-10-industrial-fleet.txt 'more than 300'
  etown-kg locate --fact F15 texts/2022-10-10-industrial-fleet.txt 'more than 300'
"""
)
@click.option("--fact", metavar="ID", help="print the Turtle of this fact's evidence instead")
@click.argument("article", type=_existing)
@click.argument("phrase")
def locate(fact: str | None, article: Path, phrase: str) -> None:
    """Find where PHRASE stands in the text of ARTICLE: paragraph and code points.

    The phrase is at most eight words, verbatim, and stands in the text once.
    """
    if fact:
        click.echo(evidence_turtle(article, article.stem, fact, phrase), nl=False)
        return
    place = locate_phrase(article, phrase)
    paragraph = "head" if place.paragraph is None else f"paragraph {place.paragraph}"
    click.echo(f"{paragraph}, code points {place.start} to {place.end} (end exclusive)")
