"""The start page: what this is, its key figures with their evidence, and the ways in.

What it shows first is the site's choice (`wording`); without one it is what there is most of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryResultsFormat,
    QuerySolutions,
    Triple,
    parse_query_results,
)

from etown_kg.backend import QueryRequest
from etown_kg.errors import EtownError, LimitError, QueryError
from etown_kg.figures.figure import Figure
from etown_kg.questions import Question
from etown_kg.web import exchange
from etown_kg.web.pages.figure_lists import Group, Lines
from etown_kg.web.pages.language import reader_language
from etown_kg.web.pages.site import Site
from etown_kg.web.pages.terms import Names, Shown, shortened

Term = NamedNode | BlankNode | Literal | Triple

# What a page without a choice of its own shows of each.
MOST_FIGURES, MOST_CLASSES, MOST_QUESTIONS = 6, 8, 3
# Members of a class that are named, and members that are read to choose from.
MOST_MEMBERS, MOST_READ = 5, 200
# Rows and columns of an answer that is shown as an example, and the seconds that it may take.
MOST_ROWS, MOST_COLUMNS, EXAMPLE_S = 4, 4, 1.0
# Of a text in such an answer.
MOST_CHARACTERS = 240

_FACTS = """
PREFIX et: <https://w3id.org/etown/ontology#>
SELECT (COUNT(DISTINCT ?id) AS ?facts) (COUNT(DISTINCT ?article) AS ?articles) WHERE {
  ?fact et:factId ?id ; et:hasEvidence/et:inArticle ?article
}
"""
# The classes of an ontology, not those of the languages that it is written in.
_CLASSES = """
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?class (COUNT(DISTINCT ?member) AS ?count) WHERE {{
  VALUES ?kind {{ owl:Class rdfs:Class }} ?class a ?kind . ?member a ?class FILTER(ISIRI(?class))
}} GROUP BY ?class ORDER BY DESC(?count) ?class LIMIT {limit}
"""
_COUNTS = """
SELECT ?class (COUNT(DISTINCT ?member) AS ?count) WHERE {{
  VALUES ?class {{ {classes} }} ?member a ?class FILTER(ISIRI(?member))
}} GROUP BY ?class
"""
_MEMBERS = "SELECT ?member WHERE {{ ?member a {name} FILTER(ISIRI(?member)) }} LIMIT {limit}"


@dataclass(frozen=True)
class Way:
    """A class as a way in: how many members it has, and some of them."""

    shown: Shown
    count: int
    members: tuple[Shown, ...]


@dataclass(frozen=True)
class Example:
    """A question with the beginning of its answer, or with the reason that there is none."""

    question: Question
    variables: tuple[str, ...] = ()
    rows: tuple[tuple[Shown | None, ...], ...] = ()
    total: int = 0
    problem: str = ""


def blueprint(site: Site) -> Blueprint:
    """The page at ``/``."""
    views = Blueprint("start", __name__)

    @views.get("/")
    def index() -> str:
        language = reader_language()
        counted = site.ask(_FACTS)[0]
        return render_template(
            "start.html",
            description=site.description(language),
            status=site.backend.status(),
            facts=_number(counted["facts"]),
            articles=_number(counted["articles"]),
            groups=_figures(site, language),
            ways=_ways(site, language),
            examples=_examples(site, language),
            questions=site.all_questions,
            root=request.host_url,
        )

    return views


def _figures(site: Site, language: str) -> list[Group]:
    """The key figures, one group each: their units differ."""
    known = site.figures()
    chosen: Sequence[Figure] = [
        known.by_iri[iri] for iri in site.wording.figures if iri in known.by_iri
    ]
    if not chosen:
        chosen = [each for each in known if each.is_bounded][:MOST_FIGURES]
    names = site.names((iri for each in chosen for iri in each.iris()), language)
    lines = Lines(known, names)
    return [lines.group(each.unit, [each]) for each in chosen]


def _ways(site: Site, language: str) -> list[Way]:
    counts: dict[Term, int] = {}
    if site.wording.classes:
        classes = " ".join(str(NamedNode(iri)) for iri in site.wording.classes)
        counted = site.ask(_COUNTS.format(classes=classes))
        found = {row["class"]: _number(row["count"]) for row in counted}
        wanted = [NamedNode(iri) for iri in site.wording.classes]
        counts = {each: found[each] for each in wanted if each in found}
    else:
        for row in site.ask(_CLASSES.format(limit=MOST_CLASSES)):
            counts[row["class"]] = _number(row["count"])
    members = {
        name: [row["member"] for row in site.ask(_MEMBERS.format(name=name, limit=MOST_READ))]
        for name in counts
    }
    names = site.names([*counts, *(each for some in members.values() for each in some)], language)
    return [
        Way(names.shown(name), count, _some(members[name], names)) for name, count in counts.items()
    ]


def _some(members: Sequence[Term], names: Names) -> tuple[Shown, ...]:
    """A few of these, those with a label first; a label that was there (owl:sameAs) is left out."""
    shown = sorted(map(names.shown, members), key=lambda each: (not each.has_label, each.text))
    return tuple({each.text: each for each in reversed(shown)}.values())[::-1][:MOST_MEMBERS]


def _examples(site: Site, language: str) -> list[Example]:
    by_name = {question.name: question for question in site.all_questions}
    names = site.wording.questions or tuple(by_name)[:MOST_QUESTIONS]
    return [_example(site, by_name[name], language) for name in names]


def _example(site: Site, question: Question, language: str) -> Example:
    graphs = site.dataset()
    asked = QueryRequest(
        question.text, parameters=("json",), client=exchange.client(), timeout_s=EXAMPLE_S,
        default_graphs=graphs, named_graphs=graphs,
    )  # fmt: skip
    try:
        result = site.backend.query(asked, exchange.is_gone())
    except (LimitError, QueryError) as error:
        return Example(question, problem=_first_line(error))
    solutions = None
    if result.form == "SELECT":
        solutions = parse_query_results(result.body, QueryResultsFormat.JSON)
    if not isinstance(solutions, QuerySolutions):
        return Example(question)
    variables = [variable.value for variable in solutions.variables][:MOST_COLUMNS]
    rows: list[tuple[Term | None, ...]] = [
        tuple(row[name] for name in variables) for row in solutions
    ]
    terms = [term for row in rows[:MOST_ROWS] for term in row if term is not None]
    shown = site.names(terms, language).shown
    cells = (
        tuple(None if term is None else shortened(shown(term), MOST_CHARACTERS) for term in row)
        for row in rows[:MOST_ROWS]
    )
    return Example(question, tuple(variables), tuple(cells), len(rows))


def _first_line(error: EtownError) -> str:
    return error.message.splitlines()[0]


def _number(term: object) -> int:
    return int(term.value) if isinstance(term, Literal) else 0
