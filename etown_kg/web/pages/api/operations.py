"""The operations of ``/api`` as a table: addresses, parameters, answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from flask import request

from etown_kg import api
from etown_kg.api import Schema
from etown_kg.curies import expanded
from etown_kg.figures.selection import DERIVED, OPERATORS, STATED, VERDICTS
from etown_kg.web.pages.language import LANGUAGES
from etown_kg.web.pages.search import MAX_CHARACTERS, MAX_PAGE
from etown_kg.web.pages.why import MOST_PROOFS
from etown_kg.web.protocol import RequestError

# Members of a list in one answer, when the request does not say, and at most.
PAGE_SIZE: Final = 100
MAX_SIZE: Final = 1000
MOST_PAGES: Final = 100_000


@dataclass(frozen=True)
class Parameter:
    """One parameter of an address; `schema` is the JSON Schema of a value."""

    name: str
    description: str
    schema: Schema = field(default_factory=lambda: {"type": "string"})
    is_required: bool = False
    is_many: bool = False


@dataclass(frozen=True)
class Operation:
    """One address: what it answers, as a type of `etown_kg.api`, and what it takes.

    `errors` are the statuses of its problem documents beside 400 and 503.
    """

    name: str
    path: str
    summary: str
    answer: type
    parameters: tuple[Parameter, ...] = ()
    errors: tuple[HTTPStatus, ...] = ()


def _number(name: str, description: str, default: int, most: int) -> Parameter:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return Parameter(name, description, schema)


_LANG = Parameter(
    "lang", "The language of labels; else that of Accept-Language.",
    {"type": "string", "enum": list(LANGUAGES)},
)  # fmt: skip
_PAGE = _number("page", "Which page, from 1.", 1, MOST_PAGES)
_SIZE = _number("size", "How many one page has.", PAGE_SIZE, MAX_SIZE)
_IRI: Schema = {"type": "string", "examples": ["place:beijing-e-town"]}


def _filter(name: str, what: str) -> Parameter:
    description = f"Only figures of this {what}: its IRI, or the last part of it. Repeated: any."
    return Parameter(name, description, is_many=True)


OPERATIONS: Final = (
    Operation("index", "/api", "What there is.", api.Index, (_LANG,)),
    Operation(
        "entities", "/api/entities", "The members of a class.", api.EntityList,
        (
            Parameter("class", "The class, an IRI or a CURIE; inferred members count.", _IRI,
                      is_required=True),
            Parameter("infer", "false leaves inferred members out.", {"type": "boolean"}),
            _PAGE, _SIZE, _LANG,
        ),
    ),
    Operation(
        "entity", "/api/entity", "What the graph says of one thing, with evidence.", api.Entity,
        (
            Parameter("iri", "The thing, an IRI or a CURIE.", _IRI, is_required=True),
            Parameter("infer", "false leaves inferred statements out.", {"type": "boolean"}),
            _LANG,
        ),
        (HTTPStatus.NOT_FOUND,),
    ),
    Operation(
        "figures", "/api/figures", "Figures as intervals with their evidence.", api.FigureList,
        (
            _filter("indicator", "indicator"), _filter("place", "place"),
            _filter("period", "period"), _filter("article", "article"), _filter("unit", "unit"),
            _filter("bound", "kind of bound"),
            Parameter("source", "Only stated or only derived ones.",
                      {"type": "string", "enum": [STATED, DERIVED]}, is_many=True),
            Parameter("threshold", "A number to compare with: 300, 2.5, 1/3, 600 billion. All"
                      " figures must then have one unit.",
                      {"type": "string", "examples": ["300"]}),
            Parameter("compare", "How to compare.",
                      {"type": "string", "enum": [*OPERATORS, "gt", "ge", "lt", "le"],
                       "default": ">"}),
            Parameter("verdict", "Only figures of which the comparison is this.",
                      {"type": "string", "enum": list(VERDICTS)}, is_many=True),
            _PAGE, _SIZE, _LANG,
        ),
    ),
    Operation(
        "search", "/api/search", "Things by their names and definitions.", api.SearchAnswer,
        (
            Parameter("q", "What is looked for.", {"type": "string", "maxLength": MAX_CHARACTERS},
                      is_required=True),
            Parameter("class", "The IRI of the class that results are to be in."),
            Parameter("names", "true leaves definitions out.", {"type": "boolean"}),
            _number("page", "Which page, from 1.", 1, MAX_PAGE),
            _number("size", "How many one page has.", 20, 100), _LANG,
        ),
    ),
    Operation(
        "explain", "/api/explain", "Why a statement holds.", api.Explanation,
        (
            Parameter("s", "The subject: an IRI, or a term in N-Triples.", is_required=True),
            Parameter("p", "The property.", is_required=True),
            Parameter("o", "The object: an IRI, or a term in N-Triples.", is_required=True),
            _number("limit", "How many minimal proofs to give at most.", 1, MOST_PROOFS), _LANG,
        ),
        (HTTPStatus.NOT_FOUND, HTTPStatus.NOT_IMPLEMENTED),
    ),
)  # fmt: skip


def number_of_request(name: str, default: int, most: int) -> int:
    """A number of the request from 1 to `most`.

    Raises:
        RequestError: 400 it is none.
    """
    given = request.args.get(name) or str(default)
    if given.isascii() and given.isdigit() and len(given) < 10 and 1 <= int(given) <= most:
        return int(given)
    raise RequestError(
        HTTPStatus.BAD_REQUEST, f"{name}={given[:40]}", hint=f"give a number from 1 to {most}"
    )


def truth_of_request(name: str, *, default: bool) -> bool:
    """A parameter that is true or false.

    Raises:
        RequestError: 400 it is neither.
    """
    given = request.args.get(name)
    if given not in (None, "", "true", "false"):
        raise RequestError(HTTPStatus.BAD_REQUEST, f"{name}={given} is neither true nor false")
    return given == "true" if given else default


def iri_of_request(name: str) -> str:
    """The IRI that a parameter names, as it is or as a CURIE.

    Raises:
        RequestError: 400 it is neither.
    """
    given = request.args.get(name, "").strip()
    iri = expanded(given)
    if iri is None:
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            f"{name}={given[:200]} is no absolute IRI, and no CURIE",
            hint="/api/search finds the IRI of what you can name",
        )
    return iri
