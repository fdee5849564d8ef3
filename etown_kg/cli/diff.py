"""``etown-kg diff``: what changed between two states of a graph."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

import click
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from etown_kg import vocab
from etown_kg.cli.console import step
from etown_kg.cli.operand import quads_of
from etown_kg.cli.options import graph_options, settings_of
from etown_kg.config import Settings, shipped
from etown_kg.curies import compressed
from etown_kg.difference import Difference, difference
from etown_kg.figures.changes import FigureChange, changes
from etown_kg.figures.figure import Evidence, Figure, Figures
from etown_kg.figures.reading import figures_query, read_figures
from etown_kg.graph import KnowledgeGraph
from etown_kg.web.pages.intervals import in_words
from etown_kg.web.pages.labels import Label, Labels
from etown_kg.web.pages.language import LANGUAGES, plain
from etown_kg.web.pages.terms import Names

Term = NamedNode | BlankNode | Literal | Triple
_STRING = vocab.XSD + "string"


@click.command(
    epilog="""\b
Examples:
  etown-kg diff monday.nq.zst asserted.nq.zst
  etown-kg diff /var/lib/etown@41 /var/lib/etown
  etown-kg diff old-data data --language zh
  etown-kg diff monday/ tuesday/ --format patch > changes.rdfp
"""
)
@graph_options
@click.argument("first")
@click.argument("second")
@click.option(
    "--format", "-f", type=click.Choice(["text", "patch", "json"]), default="text",
    show_default=True, help="for people, as RDF Patch, or for programs",
)  # fmt: skip
@click.option(
    "--graph", "-g", metavar="NAME",
    help="compare one graph, by its name or IRI; its patch can be sent to its address",
)  # fmt: skip
@click.option(
    "--language", type=click.Choice(LANGUAGES), default="en", show_default=True,
    help="the language of the figures",
)  # fmt: skip
@click.option("--exit-code", is_flag=True, help="end with 1 if anything differs")
@click.pass_context
def diff(
    context: click.Context,
    first: str,
    second: str,
    format: str,
    graph: str | None,
    language: str,
    exit_code: bool,
) -> None:
    """Say what changed from FIRST to SECOND: statements, and figures in words.

    Each is a file (RDF, also .gz and .zst), a folder of files, of dumps or of a location, or a
    former version of a location (DIR@VERSION). Blank nodes are matched by what is said of them.
    """
    settings = settings_of(context)
    with step("Reading"):
        before, after = (quads_of(each, settings.base) for each in (first, second))
    if graph is not None:
        iri = NamedNode(graph if ":" in graph else f"{settings.base}graph/{graph}")
        before, after = _of_graph(before, iri), _of_graph(after, iri)
    with step("Comparing"):
        found = difference(before, after)
    if format == "patch":
        click.echo(found.patch(), nl=False)
    elif found or format == "json":
        described = _described(before, after, settings, language) if found else []
        if format == "json":
            click.echo(json.dumps(_members(found, described), ensure_ascii=False, indent=2))
        else:
            _print(found, described)
    else:
        click.echo("no difference")
    if exit_code and found:
        context.exit(1)


def _of_graph(quads: Iterable[Quad], iri: NamedNode) -> list[Quad]:
    """The triples of one graph."""
    return [
        Quad(quad.subject, quad.predicate, quad.object) for quad in quads if quad.graph_name == iri
    ]


def _described(
    before: list[Quad], after: list[Quad], settings: Settings, language: str
) -> list[tuple[FigureChange, str, str]]:
    """The figures that changed, what they are called, and what became of them in words."""
    query = figures_query(settings.ontology or shipped()[0])
    old, new = KnowledgeGraph(before, base=settings.base), KnowledgeGraph(after, base=settings.base)
    found = list(changes(_figures(old, query), _figures(new, query)))
    iris = {iri for change in found for iri in _iris(change)}
    # What is called nothing any more is called as it was.
    known = {**_labels(old, iris), **_labels(new, iris)}
    names = Names(known, settings.base, language)
    return [(change, _name(change.figure, names), _in_words(change, names)) for change in found]


def _figures(graph: KnowledgeGraph, query: str) -> Figures:
    return read_figures(graph.stated_solutions(query))


def _labels(graph: KnowledgeGraph, iris: Iterable[str]) -> Mapping[str, Label]:
    named = [iri for iri in iris if iri and not iri.startswith("_:")]

    def ask(query: str) -> list[dict[str, Term]]:
        return list(graph.stated_solutions(query))

    found = Labels().of(named, "", ask) if named else {}
    return {iri: label for iri, label in found.items() if label.texts}


def _iris(change: FigureChange) -> Iterator[str]:
    for figure in (change.before, change.after):
        if figure is not None:
            yield from figure.iris()


# In words


def _in_words(change: FigureChange, names: Names) -> str:
    """Such as "more than 300 became more than 350; new source: ..., paragraph 4"."""
    language = names.language
    before = in_words(change.before, names) if change.before else ""
    after = in_words(change.after, names) if change.after else ""
    told = []
    if change.kind != "changed":
        told.append(plain(f"diff.{change.kind}", language, before=before, after=after))
    elif change.has_other_value:
        told.append(plain("diff.became", language, before=before, after=after))
    if change.before and change.after:
        told += [
            plain(
                "diff.aspect",
                language,
                aspect=plain(f"diff.{aspect}", language),
                before=_aspect(change.before, aspect, names),
                after=_aspect(change.after, aspect, names),
            )
            for aspect in change.aspects
        ]
    for name, evidence in (("new", change.new_sources), ("lost", change.lost_sources)):
        places = dict.fromkeys(_place(each, names) for each in evidence)
        told += [plain(f"diff.{name}_source", language, source=place) for place in places]
    return plain("diff.separator", language).join(told)


def _name(figure: Figure, names: Names) -> str:
    """The figure's short name, and what it measures."""
    return f"{figure.name} ({names.label(figure.indicator)})" if figure.indicator else figure.name


def _aspect(figure: Figure, aspect: str, names: Names) -> str:
    value = getattr(figure, aspect)
    if aspect == "period" and value is not None:
        value = value.iri
    if aspect == "formula" or not value:
        return value or plain("diff.nothing", names.language)
    iris = value if isinstance(value, tuple) else (value,)
    return ", ".join(map(names.label, iris))


def _place(evidence: Evidence, names: Names) -> str:
    article = names.label(evidence.article) if evidence.article else names.label(evidence.iri)
    name = "diff.article_head" if evidence.paragraph is None else "diff.article_paragraph"
    return plain(name, names.language, article=article, number=evidence.paragraph)


# Printing


def _print(found: Difference, described: list[tuple[FigureChange, str, str]]) -> None:
    if described:
        click.secho("figures", bold=True)
        for _, name, words in described:
            click.echo(f"  {name}: {words}")
    for graph in found.graphs():
        part = found.of_graph(graph)
        counts = f"{len(part.deleted)} gone, {len(part.inserted)} new"
        click.secho(f"{_shown(graph)}: {counts}", bold=True)
        signed = [("-", quad) for quad in part.deleted] + [("+", quad) for quad in part.inserted]
        # What takes the place of something stands below it.
        for sign, quad in sorted(signed, key=lambda each: (_order(each[1]), each[0] == "+")):
            colour = "red" if sign == "-" else "green"
            terms = " ".join(map(_term, (quad.subject, quad.predicate, quad.object)))
            click.secho(f"  {sign} {terms}", fg=colour)
    click.echo(f"{len(found.deleted)} statements gone, {len(found.inserted)} new")


def _order(quad: Quad) -> tuple[str, str]:
    return str(quad.subject), str(quad.predicate)


def _shown(name: NamedNode | BlankNode | DefaultGraph) -> str:
    if isinstance(name, DefaultGraph):
        return "the default graph"
    return _term(name)


def _term(term: Term) -> str:
    """A term as Turtle writes it with the project's prefixes."""
    if isinstance(term, NamedNode):
        return compressed(term.value)
    if isinstance(term, Literal) and not term.language and term.datatype.value != _STRING:
        return f"{Literal(term.value)}^^{compressed(term.datatype.value)}"
    return str(term)


def _members(
    found: Difference, described: list[tuple[FigureChange, str, str]]
) -> dict[str, object]:
    return {
        "deleted": [_line(quad) for quad in found.deleted],
        "inserted": [_line(quad) for quad in found.inserted],
        "figures": [
            {"figure": change.figure.iri, "kind": change.kind, "words": words}
            for change, _, words in described
        ],
    }


def _line(quad: Quad) -> str:
    """The statement as a line of N-Quads, without its end."""
    graph = quad.graph_name
    return str(quad.triple) if isinstance(graph, DefaultGraph) else f"{quad.triple} {graph}"
