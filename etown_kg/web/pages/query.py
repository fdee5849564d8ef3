"""The page to type a query into, at ``/query``; a browser is shown it at ``/sparql`` as well.

It works without JavaScript; with it, `static/query.js` puts the editor in the place of the text
area, runs without leaving the page, and draws charts and graphs of the answer. What the editor
completes, the graph's own classes, properties and prefixes, is at ``/query/terms.json``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus

from flask import Blueprint, Response, jsonify, render_template, request, url_for
from pyoxigraph import Literal, NamedNode
from werkzeug.exceptions import NotFound

from etown_kg import vocab
from etown_kg.curies import compressed
from etown_kg.errors import EtownError
from etown_kg.web import exchange
from etown_kg.web.pages.answers import Answer, asked, is_addressable
from etown_kg.web.pages.language import reader_language
from etown_kg.web.pages.site import Site, Solution
from etown_kg.web.problems import Problem, problem_of
from etown_kg.web.protocol import RequestError

_ANY_TEN = "SELECT * WHERE { ?s ?p ?o } LIMIT 10\n"
# Names that the editor is given to complete; beyond it the rarest are left out.
MOST_NAMES = 2000
_CLASSES = f"""
SELECT ?iri (COUNT(DISTINCT ?member) AS ?count) WHERE {{ ?member a ?iri FILTER(isIRI(?iri)) }}
GROUP BY ?iri ORDER BY DESC(?count) ?iri LIMIT {MOST_NAMES}
"""
_PROPERTIES = f"""
SELECT ?iri (COUNT(*) AS ?count) WHERE {{ ?subject ?iri ?object }}
GROUP BY ?iri ORDER BY DESC(?count) ?iri LIMIT {MOST_NAMES}
"""


def blueprint(site: Site) -> Blueprint:
    """``/query`` and what its editor knows."""
    views = Blueprint("query", __name__)

    @views.route("/query", methods=["GET", "POST"])
    def index() -> Response:
        return query_page(site)

    @views.get("/query/terms.json")
    def terms() -> Response:
        language = reader_language()
        classes, properties = site.ask(_CLASSES), site.ask(_PROPERTIES)
        names = site.names((row["iri"] for row in (*classes, *properties)), language)

        def listed(rows: Iterable[Solution]) -> list[dict[str, object]]:
            return [
                {
                    "iri": row["iri"].value,
                    "name": compressed(row["iri"].value),
                    "label": names.label(row["iri"]),
                    "count": int(row["count"].value),
                }
                for row in rows
                if isinstance(row["iri"], NamedNode) and isinstance(row["count"], Literal)
            ]

        return jsonify(
            prefixes=vocab.PREFIXES, classes=listed(classes), properties=listed(properties)
        )

    return views


def query_page(site: Site) -> Response:
    """The page for the query that the request holds, with its answer; else for a first one.

    Raises:
        NotFound: ``question`` names no named query.
    """
    values = request.values
    name = values.get("question")
    question = next((each for each in site.all_questions if each.name == name), None)
    if name is not None and question is None:
        raise NotFound
    query = values.get("query")
    if query is None and question is not None:
        query = without_title(question.text)
    infer = values.get("infer", "true") != "false"
    answer: Answer | None = None
    problem: Problem | None = None
    if query is not None:
        answer, problem = answered(site, query, infer=infer)
    page = render_template(
        "query.html",
        query=first_query(site) if query is None else query,
        is_asked=query is not None,
        question=question,
        folders=site.questions,
        infer=infer,
        answer=answer,
        problem=problem,
        is_addressable=query is not None and is_addressable(query),
        page_address=lambda number: url_for(
            "query.index", query=query, infer=None if infer else "false", page=number
        ),
    )
    response = Response(page, status=problem.status if problem else HTTPStatus.OK)
    if query is not None:
        # An answer may depend on more than the data: the time, chance, another server.
        response.headers["Cache-Control"] = exchange.NEVER_KEEP
    return response


def answered(site: Site, query: str, *, infer: bool) -> tuple[Answer | None, Problem | None]:
    """The answer to a query, or what is wrong with it."""

    def address_of(format: str) -> str:
        return url_for("sparql.query", query=query, format=format, infer=None if infer else "false")

    try:
        return asked(
            site, query, reader_language(),
            infer=infer, page=page_number(), address_of=address_of,
        ), None  # fmt: skip
    except EtownError as error:
        return None, problem_of(error)


def page_number() -> int:
    """Which page of the rows the request asks for.

    Raises:
        RequestError: 400 it is no number from 1.
    """
    text = request.values.get("page", "1")
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise RequestError(
            HTTPStatus.BAD_REQUEST, f"page={text} is no number of a page", hint="write page=2"
        )
    return int(text)


def first_query(site: Site) -> str:
    """The query that the empty page offers."""
    return without_title(site.all_questions[0].text) if site.all_questions else _ANY_TEN


def without_title(text: str) -> str:
    """A named query without its first lines, which the page shows as its heading."""
    return re.sub(r"\A(?:# (?:question|en|zh): .*\n)+\n?", "", text)
