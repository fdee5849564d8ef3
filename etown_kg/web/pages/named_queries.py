"""Named queries as addresses: ``/q`` lists them, ``/q/<name>`` asks one, ``/q/<name>.csv`` is data.

A query's parameters are those of the address, checked by their kinds and put into the query as
terms (`Question.bind`), so nothing that is typed can be more than one term of it. A parameter
that is left out keeps what the query's file has; an empty one means any term.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

from flask import Blueprint, Response, render_template, request, url_for
from pyoxigraph import NamedNode
from werkzeug.exceptions import NotFound

from etown_kg import formats
from etown_kg.backend import QueryRequest
from etown_kg.curies import compressed
from etown_kg.errors import EtownError, FormatError, SettingError
from etown_kg.formats import Format
from etown_kg.questions import Parameter, Question
from etown_kg.web import exchange
from etown_kg.web.answering import answer
from etown_kg.web.pages.answers import asked
from etown_kg.web.pages.excerpts import excerpt
from etown_kg.web.pages.language import plain, reader_language
from etown_kg.web.pages.query import page_number, without_title
from etown_kg.web.pages.site import Site
from etown_kg.web.problems import Problem, problem_of

# Parameters of an address that are not the query's.
_RESERVED = frozenset({"lang", "infer", "page", "format", "csv-safe"})
# Things that are offered in the place of an IRI.
MOST_CHOICES = 300
# Characters of a wrong value that are told again.
MOST_SAID = 80
# What is of the same code list as the default, else of the same asserted classes.
_CHOICES = """
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT DISTINCT ?choice WHERE {{
  {{ {term} skos:inScheme ?scheme . ?choice skos:inScheme ?scheme }}
  UNION
  {{ {term} a ?class . ?choice a ?class FILTER NOT EXISTS {{ {term} skos:inScheme ?any }} }}
  FILTER(isIRI(?choice))
}} ORDER BY ?choice LIMIT {limit}
"""


@dataclass(frozen=True)
class Field:
    """One parameter in the form: what it holds, and (value, label) of what it may hold."""

    parameter: Parameter
    value: str
    meaning: str
    choices: tuple[tuple[str, str], ...] = ()
    problem: str = ""


def blueprint(site: Site) -> Blueprint:
    """The list at ``/q`` and the queries below it."""
    views = Blueprint("named_queries", __name__)

    @views.get("/q")
    def index() -> str:
        return render_template("named_queries.html", folders=site.questions)

    @views.get("/q/<name>")
    def one(name: str) -> Response:
        question, format = _named(site, name)
        infer = request.args.get("infer", "true") != "false"
        if format is None:
            return _page(site, question, infer=infer)
        text = question.bind(_values())
        wanted = QueryRequest(
            text,
            parameters=(format.name,),
            infer=infer,
            client=exchange.client(),
            base=request.base_url,
        )
        return answer(
            site.backend, wanted, is_safe=request.args.get("csv-safe", "").lower() == "true"
        )

    return views


def _named(site: Site, name: str) -> tuple[Question, Format | None]:
    """The query of this name, and the format that a suffix or ``format`` asks for, if one does.

    Raises:
        NotFound: there is no such query, or no such suffix.
    """
    by_name = {question.name: question for question in site.all_questions}
    among = (*formats.SOLUTION_FORMATS, *formats.RDF_FORMATS)
    if name in by_name:
        given = request.args.get("format")
        return by_name[name], formats.by_name(given, among) if given else None
    path = PurePath(name)
    try:
        format = formats.by_suffix(name, among)
    except FormatError as error:
        raise NotFound from error
    if path.stem not in by_name:
        raise NotFound
    return by_name[path.stem], format


def _values() -> dict[str, str | None]:
    """The query's parameters as the request has them; an empty one means any term."""
    return {name: value or None for name, value in request.args.items() if name not in _RESERVED}


def _page(site: Site, question: Question, *, infer: bool) -> Response:
    """The form with the answer. A value that does not fit is told beside its field."""
    values = _values()
    problem: Problem | None = None
    found = None
    wrong = ""
    text = question.text
    try:
        text = question.bind(values)
    except SettingError as error:
        if error.name not in {parameter.name for parameter in question.parameters}:
            raise
        problem = problem_of(error)
        wrong = error.name
    else:
        try:
            found = asked(
                site, text, reader_language(),
                infer=infer, page=page_number(),
                address_of=lambda name: _address(question, values, infer=infer, format=name),
            )  # fmt: skip
        except EtownError as error:
            problem = problem_of(error)
    page = render_template(
        "named_query.html",
        question=question,
        query=without_title(text),
        fields=[_field(site, each, values, wrong) for each in question.parameters],
        infer=infer,
        answer=found,
        problem=problem,
        page_address=lambda number: _address(question, values, infer=infer, page=number),
    )
    response = Response(page, status=problem.status if problem else 200)
    # The running time is on the page.
    response.headers["Cache-Control"] = exchange.NEVER_KEEP
    return response


def _address(
    question: Question,
    values: Mapping[str, str | None],
    *,
    infer: bool,
    format: str = "",
    page: int | None = None,
) -> str:
    """The address of this query with these values: its page, or its data in a format."""
    suffix = formats.by_name(format).suffixes[0] if format else ""
    return url_for(
        "named_queries.one",
        name=question.name + suffix,
        infer=None if infer else "false",
        page=page,
        **{name: value or "" for name, value in values.items()},  # type: ignore[arg-type]
    )


def _field(site: Site, parameter: Parameter, values: Mapping[str, str | None], wrong: str) -> Field:
    """One field of the form; `wrong` is the name of the parameter whose value does not fit."""
    language = reader_language()
    meaning = parameter.meanings.get(language) or parameter.meanings["en"]
    value = values.get(parameter.name, parameter.default) or ""
    problem = ""
    if parameter.name == wrong:
        problem = plain(f"named.wrong_{parameter.kind}", value=excerpt(value, MOST_SAID))
    field = Field(parameter, value, meaning, problem=problem)
    if parameter.kind != "iri":
        return field
    field = replace(field, value=compressed(value).strip("<>") if value else "")
    if parameter.default is None:
        return field
    query = _CHOICES.format(term=NamedNode(parameter.default), limit=MOST_CHOICES)
    terms = [row["choice"] for row in site.ask(query, infer=False)]
    names = site.names(terms, language)
    choices = sorted(
        ((compressed(term.value).strip("<>"), names.label(term)) for term in terms
         if isinstance(term, NamedNode)),
        key=lambda choice: choice[1].casefold(),
    )  # fmt: skip
    return replace(field, choices=tuple(choices))
