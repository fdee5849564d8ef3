"""The page to type a query into: its answer as a table, and links to all of it.

Answered by the same backend as the protocol's queries, in the same two steps: serialised whole,
then read again for the page. What a table shows is shortened for reading; the downloads are not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, Response, render_template, request, url_for
from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    Triple,
    parse_query_results,
)
from werkzeug.exceptions import NotFound

from etown_kg import formats
from etown_kg.backend import Backend, QueryRequest, QueryResult
from etown_kg.curies import shown
from etown_kg.errors import EtownError
from etown_kg.questions import Question
from etown_kg.web import exchange
from etown_kg.web.pages.site import Site
from etown_kg.web.pages.terms import grouped
from etown_kg.web.problems import Problem, problem_of

# Rows of an answer that the page shows; the downloads have all of them.
MAX_ROWS = 500
_ANY_TEN = "SELECT * WHERE { ?s ?p ?o } LIMIT 10\n"


@dataclass(frozen=True)
class Cell:
    """One term of a table. `iri` is set when it can be described; `kind` says how to set it."""

    text: str
    kind: str = "unbound"
    iri: str = ""
    language: str = ""


@dataclass(frozen=True)
class Shown:
    """An answer as the page shows it: a table, a truth value or a text."""

    variables: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    total: int = 0
    boolean: bool | None = None
    turtle: str | None = None


def blueprint(site: Site) -> Blueprint:
    """The page at ``/query``."""
    views = Blueprint("query", __name__)
    first = first_query(site)

    @views.get("/query")
    def index() -> Response:
        questions = [each for folder in site.questions.values() for each in folder]
        name = request.args.get("question")
        question = next((each for each in questions if each.name == name), None)
        if name is not None and question is None:
            raise NotFound
        text = request.args.get("query")
        if text is None and question is not None:
            text = without_title(question.text)
        return query_page(site.backend, first, text, question)

    return views


def first_query(site: Site) -> str:
    """The query that the empty page offers."""
    questions = [each for folder in site.questions.values() for each in folder]
    return without_title(questions[0].text) if questions else _ANY_TEN


def without_title(text: str) -> str:
    """A named query without its first lines, which the page shows as its heading."""
    return re.sub(r"\A(?:# (?:question|en|zh): .*\n)+\n?", "", text)


def query_page(
    backend: Backend, first: str, query: str | None, question: Question | None = None
) -> Response:
    """The page for `query` with its answer; without one, the page that offers `first`.

    `question` is the named query that it is, if it is one.
    """
    infer = request.args.get("infer", "true") != "false"
    answer: Shown | None = None
    problem: Problem | None = None
    downloads: Mapping[str, str] = {}
    if query is not None:
        # The first parameter that fits the query's form decides: Turtle for a graph.
        asked = QueryRequest(query, parameters=("turtle", "json"), infer=infer)
        try:
            result = backend.query(asked)
        except EtownError as error:
            problem = problem_of(error)
        else:
            answer = _shown(result)
            downloads = _downloads(asked, result)
    page = render_template(
        "query.html",
        query=first if query is None else query,
        question=question,
        infer=infer,
        answer=answer,
        problem=problem,
        downloads=downloads,
        max_rows=MAX_ROWS,
    )
    response = Response(page, status=problem.status if problem else HTTPStatus.OK)
    if query is not None:
        # An answer may depend on more than the data: the time, chance, another server.
        response.headers["Cache-Control"] = exchange.NEVER_KEEP
    return response


def _downloads(asked: QueryRequest, result: QueryResult) -> dict[str, str]:
    """The address of the whole answer in each format of its form, by the format's label."""
    return {
        format.label: url_for(
            "sparql.query",
            query=asked.text,
            format=format.name,
            infer=None if asked.infer else "false",
        )
        for format in formats.for_form(result.form)
    }


def _shown(result: QueryResult) -> Shown:
    if result.format.results is None:
        return Shown(turtle=result.body.decode())
    parsed = parse_query_results(result.body, QueryResultsFormat.JSON)
    if isinstance(parsed, QueryBoolean):
        return Shown(boolean=bool(parsed))
    variables = parsed.variables
    solutions = list(parsed)
    rows = tuple(
        tuple(_cell(solution[variable]) for variable in variables)
        for solution in solutions[:MAX_ROWS]
    )
    return Shown(tuple(variable.value for variable in variables), rows, len(solutions))


def _cell(term: NamedNode | BlankNode | Literal | Triple | None) -> Cell:
    text = shown(term)
    if isinstance(term, NamedNode):
        return Cell(text, "iri", iri=term.value)
    if isinstance(term, Literal):
        is_number = term.datatype.value.rpartition("#")[2] in _NUMBERS
        if is_number:
            return Cell(grouped(text), "number")
        return Cell(text, "text", language=term.language or "")
    return Cell(text, "unbound" if term is None else "blank")


_NUMBERS = frozenset(("integer", "decimal", "double", "float"))
