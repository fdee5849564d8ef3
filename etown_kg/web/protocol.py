"""Reading a SPARQL Protocol request: plain values in, what is asked for out.

SPARQL 1.1 Protocol, section 2.1 (https://www.w3.org/TR/sparql11-protocol/#query-operation):
a query comes by GET, by POST of a form, or by POST of its bare text. Nothing here knows Flask,
so the tests are tables. Names are decoded once and strictly: bytes that are not UTF-8 are
refused, since a replaced character would silently ask about another IRI.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from werkzeug.http import parse_options_header

from etown_kg.backend import QueryRequest

FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
MAX_PARAMETERS = 1_000
FORMAT_PARAMETERS = ("format", "output", "results")
DATASET_PARAMETERS = ("default-graph-uri", "named-graph-uri")

Pairs = list[tuple[str, str]]


class RequestError(Exception):
    """A request that the protocol refuses, with the status that says why."""

    def __init__(self, status: HTTPStatus, problem: str, *, hint: str | None = None) -> None:
        super().__init__(problem)
        self.status = status
        self.problem = problem
        self.hint = hint


@dataclass(frozen=True)
class DescriptionRequest:
    """A request for the service description; `parameters` are its format parameters."""

    parameters: tuple[str, ...] = ()


def read_query(
    method: str,
    query_string: bytes = b"",
    *,
    content_type: str = "",
    body: bytes = b"",
    accept: str | None = None,
) -> QueryRequest | DescriptionRequest:
    """What these parts of an HTTP request ask for.

    A GET without a query asks what this service is (Service Description, section 2).
    Parameters that the protocol does not know are ignored: clients add their own. The request's
    dataset is kept, and replaces the query's own FROM (Protocol, section 2.1.4).

    Raises:
        RequestError: 400 not exactly one query, an update, broken text; 415 a body that is
            neither a form nor a query.
    """
    pairs = _pairs(query_string, "the query string")
    if method == "POST":
        media_type, options = parse_options_header(content_type)
        charset = options.get("charset", "utf-8").lower()
        if media_type.lower() not in (FORM, DIRECT) or charset not in ("utf-8", "utf8"):
            raise RequestError(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                f"a body of type {content_type or '(none given)'} cannot be read as a query",
                hint=f"send {DIRECT} (the bare query) or {FORM} (query=...), in UTF-8",
            )
        if media_type.lower() == FORM:
            pairs += _pairs(body, "the form")
        else:
            pairs.append(("query", _text(body, "the query")))
    return _request(pairs, accept, may_describe=method != "POST")


def _request(
    pairs: Pairs, accept: str | None, *, may_describe: bool
) -> QueryRequest | DescriptionRequest:
    names = {name for name, _ in pairs}
    queries = _values(pairs, "query")
    if "update" in names:
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            "this address answers queries; it takes no update",
            hint="send the parameter query",
        )
    parameters = tuple(value for name, value in pairs if name in FORMAT_PARAMETERS)
    if may_describe and not queries and names.isdisjoint(DATASET_PARAMETERS):
        return DescriptionRequest(parameters)
    if len(queries) != 1:
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            f"exactly one query is expected, {len(queries)} came",
            hint="send one parameter query, percent-encoded",
        )
    return QueryRequest(
        queries[0],
        accept=accept,
        parameters=parameters,
        infer=_infer(_values(pairs, "infer")),
        default_graphs=_graphs(pairs, "default-graph-uri"),
        named_graphs=_graphs(pairs, "named-graph-uri"),
    )


def _values(pairs: Pairs, wanted: str) -> list[str]:
    return [value for name, value in pairs if name == wanted]


def _infer(values: Iterable[str]) -> bool:
    """RDF4J's parameter: whether inferred triples count. Any doubt is an error, not a guess."""
    given = {value.strip().lower() for value in values}
    if not given:
        return True
    if given not in ({"true"}, {"false"}):
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            f"infer={','.join(sorted(given))} is neither true nor false",
            hint="infer=false answers without what the reasoner added",
        )
    return given == {"true"}


def _graphs(pairs: Pairs, name: str) -> tuple[str, ...]:
    iris = tuple(_values(pairs, name))
    for iri in iris:
        if not _is_absolute(iri):
            raise RequestError(
                HTTPStatus.BAD_REQUEST,
                f"{name}={iri!r} is not an absolute IRI",
                hint="name a graph by its full IRI, percent-encoded",
            )
    return iris


def _is_absolute(iri: str) -> bool:
    try:
        scheme = urlsplit(iri).scheme
    except ValueError:
        return False
    return bool(scheme) and not any(char in '<>"{}|\\^`' or char <= " " for char in iri)


def _pairs(encoded: bytes, place: str) -> Pairs:
    text = _text(encoded, place)
    try:
        return parse_qsl(
            text, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS
        )
    except UnicodeDecodeError as error:
        raise _not_utf8(place) from error
    except ValueError as error:
        raise RequestError(
            HTTPStatus.BAD_REQUEST, f"{place} has more than {MAX_PARAMETERS} parameters"
        ) from error


def _text(encoded: bytes, place: str) -> str:
    try:
        return encoded.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_utf8(place) from error


def _not_utf8(place: str) -> RequestError:
    return RequestError(
        HTTPStatus.BAD_REQUEST, f"{place} is not UTF-8", hint="encode it in UTF-8 and send again"
    )
