"""``etown-kg links``: the links to other graphs, as tables to review."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
from pyoxigraph import NamedNode

from etown_kg.cli.console import remark, step
from etown_kg.cli.options import close_graph, graph_options, load_graph, settings_of
from etown_kg.cli.output import written
from etown_kg.curies import shown
from etown_kg.errors import SettingError
from etown_kg.graph import KnowledgeGraph
from etown_kg.links import Mapping, State, mappings_of, merged, read_table, turtle, write_table
from etown_kg.links.preview import Effect, effect
from etown_kg.links.table import is_date

# What SSSOM calls a licence that nobody states.
UNSPECIFIED = "https://w3id.org/sssom/license/unspecified"
_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_file = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
_output = click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="the file to write, whole or not at all; without it, standard output",
)  # fmt: skip


@click.group(
    epilog="""\b
Examples:
  etown-kg links export -o links.sssom.tsv
  etown-kg links preview candidates.sssom.tsv
  etown-kg links import candidates.sssom.tsv -o data/links.ttl
"""
)
def links() -> None:
    """Links to other graphs, as SSSOM tables with their reviews.

    A mapping is accepted, rejected, or a candidate: its reviewer_agreement is above 0, below 0, or
    neither. Only accepted ones are links that clients follow.
    """


@links.command()
@graph_options
@_output
@click.option(
    "--state", type=click.Choice([state.value for state in State]), help="only these mappings"
)
@click.pass_context
def export(context: click.Context, output: Path | None, state: str | None) -> None:
    """Write the mappings of the graph as an SSSOM table."""
    graph = load_graph(settings_of(context))
    found = [each for each in _present(graph) if state is None or each.state.value == state]
    labelled = [_labelled(graph, each) for each in found]
    with written(output) as stream:
        stream.write(write_table(labelled, _metadata(graph)).encode())
    remark(f"{len(found):,} mappings")


@links.command("import")
@graph_options
@_file
@_output
@click.option(
    "--date", metavar="DATE", default="", help="when the mappings were made, if they do not say"
)
@click.option(
    "--language",
    metavar="TAG",
    default="en",
    show_default=True,
    help="of comments and reasons that the table brings",
)
@click.pass_context
def import_(
    context: click.Context, file: Path, output: Path | None, date: str, language: str
) -> None:
    """Write the graph's mappings with those of an SSSOM table, as Turtle.

    A row replaces the mapping with its record_id, or of the same link. The Turtle is the whole
    of graph/links.
    """
    if not _TAG.fullmatch(language):
        raise SettingError("--language", f"{language!r} is no language tag", hint="write en or zh")
    graph = load_graph(settings_of(context))
    found = _merged(graph, file, date)
    _check_kept(graph, found)
    with written(output) as stream:
        stream.write(turtle(found, language).encode())
    counts = ", ".join(
        f"{sum(each.state is state for each in found)} {state.value}" for state in State
    )
    remark(f"{len(found):,} mappings: {counts}")


@links.command()
@graph_options
@click.argument(
    "file", required=False, type=click.Path(path_type=Path, dir_okay=False), metavar="[FILE]"
)
@click.option(
    "--format", "-f", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="for people, or for programs",
)  # fmt: skip
@click.option("--date", metavar="DATE", default="", help="as for import")
@click.pass_context
def preview(context: click.Context, file: Path | None, format: str, date: str) -> None:
    """Tell what accepting candidates would add to answers, and what would clash.

    The candidates are those of the graph, or the rows of an SSSOM table that the graph has not
    accepted. Nothing is changed.
    """
    settings = settings_of(context)
    graph = load_graph(settings)
    close_graph(graph, settings)
    present = _present(graph)
    accepted = {each.link for each in present if each.state is State.ACCEPTED}
    if file is None:
        asked = [each for each in present if each.state is State.CANDIDATE]
    else:
        before = {each.iri: each for each in present}
        asked = [
            each
            for each in _merged(graph, file, date)
            if each.link not in accepted and before.get(each.iri) != each
        ]
    with step("Trying the candidates"):
        effects = [effect(graph, each, present) for each in asked]
    if format == "json":
        click.echo(json.dumps([each.members() for each in effects], indent=2, ensure_ascii=False))
        return
    for each in effects:
        click.echo(_in_words(each))
    clashing = sum(bool(each.clashes) for each in effects)
    counted = f"{len(effects)} candidate{'' if len(effects) == 1 else 's'}"
    click.echo(f"{counted}, {clashing} with clashes")


def _present(graph: KnowledgeGraph) -> list[Mapping]:
    """The mappings of graph/links."""
    return mappings_of(graph.asserted.quads(NamedNode(f"{graph.base}graph/links")))


def _merged(graph: KnowledgeGraph, file: Path, date: str) -> list[Mapping]:
    """The graph's mappings with those of a table.

    Raises:
        MissingPathError, SourceError: the table is not there, or cannot be used.
        SettingError: the date is none.
    """
    if date and not is_date(date):
        raise SettingError("--date", f"{date!r} is no date", hint="write 2030-12-31")
    table = read_table(file)
    for column in table.unread:
        click.echo(f"{file}: the column {column} is not known to SSSOM and not read", err=True)
    found = merged(
        _present(graph), table.rows,
        path=file, base=graph.base, is_ours=graph.speaks_of, date=date,
    )  # fmt: skip
    return [_without_label(graph, each) for each in found]


def _check_kept(graph: KnowledgeGraph, found: Sequence[Mapping]) -> None:
    """Refuse to drop a link that clients follow only because nobody has reviewed it.

    Raises:
        SettingError: a mapping that the table does not speak of is no accepted one, and a link.
    """
    before = _present(graph)
    for each in found:
        if each.state is State.ACCEPTED or each not in before:
            continue
        subject, predicate, object_ = map(NamedNode, each.link)
        if any(graph.asserted.store.quads_for_pattern(subject, predicate, object_)):
            raise SettingError(
                shown(NamedNode(each.iri)),
                f"is a link of the graph, and its review says {each.state.value}",
                hint="etown-kg links export, fill the columns of the review, and import that",
            )


def _labelled(graph: KnowledgeGraph, mapping: Mapping) -> Mapping:
    """The mapping with the name of our thing, for who reads the table."""
    labels = _labels(graph, mapping.value("subject_id"))
    if not labels or "subject_label" in mapping.values:
        return mapping
    return replace(mapping, values={**mapping.values, "subject_label": (labels[0],)})


def _without_label(graph: KnowledgeGraph, mapping: Mapping) -> Mapping:
    """The mapping without a label that the graph has already."""
    if mapping.value("subject_label") not in _labels(graph, mapping.value("subject_id")):
        return mapping
    values = {name: each for name, each in mapping.values.items() if name != "subject_label"}
    return replace(mapping, values=values)


def _labels(graph: KnowledgeGraph, iri: str) -> list[str]:
    """The labels of a thing, English ones first."""
    query = f"""
        SELECT DISTINCT ?label {{ {NamedNode(iri)} rdfs:label|skos:prefLabel ?label }}
        ORDER BY DESC(LANGMATCHES(LANG(?label), "en")) ?label"""
    return [str(getattr(label, "value", "")) for (label,) in graph.query(query).rows()]


def _metadata(graph: KnowledgeGraph) -> dict[str, object]:
    """What the table says of all mappings; a licence is required of it."""
    query = (
        "SELECT ?licence { ?ontology a owl:Ontology ; dcterms:license ?licence } ORDER BY ?licence"
    )
    licences = [str(getattr(row[0], "value", "")) for row in graph.query(query).rows()]
    return {
        "mapping_set_id": f"{graph.base}graph/links",
        "license": licences[0] if licences else UNSPECIFIED,
    }


def _in_words(found: Effect) -> str:
    """An effect in lines: the link, what it adds, what clashes."""
    names = (
        shown(NamedNode(each)) for each in (found.subject_id, found.predicate_id, found.object_id)
    )
    lines = [click.style(" ".join(names), bold=True), "  adds the link itself"]
    if found.answers:
        lines.append(
            f"  with same-as=on, queries about {shown(NamedNode(found.object_id))} find "
            f"{found.answers:,} statements"
        )
    if found.merged:
        others = ", ".join(shown(NamedNode(each)) for each in found.merged)
        lines.append(f"  says that it is one with {others}: {found.following:,} statements follow")
        lines += [f"    {each}" for each in found.examples]
    lines += [f"  {click.style('clash:', fg='red')} {each}" for each in found.clashes]
    return "\n".join(lines)
