"""Reading a SPARQL Protocol request: plain values in, what is asked for out.

SPARQL 1.1 Protocol (https://www.w3.org/TR/sparql11-protocol/): a query comes by GET, by POST of
a form, or by POST of its bare text (2.1), an update by POST of a form or of its bare text (2.2);
SPARQL 1.1 Graph Store HTTP Protocol (https://www.w3.org/TR/sparql11-http-rdf-update/): a graph
is named by the address or by a parameter (4.1, 4.2). Nothing here knows Flask, so the tests are
tables. Names are decoded once and strictly: bytes that are not UTF-8 are refused, since a
replaced character would silently ask about another IRI.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, quote

from werkzeug.http import parse_options_header

from etown_kg.backend import QueryRequest
from etown_kg.changes import UpdateRequest
from etown_kg.curies import is_iri
from etown_kg.web.limits import RequestLimits
from etown_kg.web.update_words import is_data_only

FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
DIRECT_UPDATE = "application/sparql-update"
FORMAT_PARAMETERS = ("format", "output", "results")
DATASET_PARAMETERS = ("default-graph-uri", "named-graph-uri")
STANDARD = RequestLimits()

Pairs = list[tuple[str, str]]


class RequestError(Exception):
    """A request that the protocol refuses, with the status that says why."""

    def __init__(
        self,
        status: HTTPStatus,
        problem: str,
        *,
        hint: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(problem)
        self.status = status
        self.problem = problem
        self.hint = hint
        self.headers = dict(headers or {})


@dataclass(frozen=True)
class DescriptionRequest:
    """A request for the service description; `parameters` are its format parameters."""

    parameters: tuple[str, ...] = ()


@dataclass(frozen=True)
class GraphName:
    """The graph that a request is about: an IRI, or None for the default graph."""

    iri: str | None


def read_query(
    method: str,
    query_string: bytes = b"",
    *,
    content_type: str = "",
    body: bytes = b"",
    accept: str | None = None,
    limits: RequestLimits = STANDARD,
) -> QueryRequest | DescriptionRequest:
    """What these parts of an HTTP request ask for.

    A GET without a query asks what this service is (Service Description, section 2).
    Parameters that the protocol does not know are ignored: clients add their own. The request's
    dataset is kept, and replaces the query's own FROM (Protocol, section 2.1.4).

    Raises:
        RequestError: 400 not exactly one query, an update, broken text; 413, 414 a query that
            is too long; 415 a body that is neither a form nor a query.
    """
    pairs = _pairs(query_string, "the query string", limits)
    if method == "POST":
        if _media_type(content_type, (FORM, DIRECT), "a query", "query") == FORM:
            pairs += _pairs(body, "the form", limits)
        else:
            pairs.append(("query", _text(body, "the query")))
    asked = _request(pairs, accept, may_describe=method != "POST")
    if isinstance(asked, QueryRequest) and len(asked.text.encode()) > limits.query_bytes:
        raise RequestError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            if method == "POST"
            else HTTPStatus.REQUEST_URI_TOO_LONG,
            f"a query of more than {limits.query_bytes:,} bytes is not read",
        )
    return asked


def read_update(
    query_string: bytes = b"",
    *,
    content_type: str = "",
    body: bytes = b"",
    limits: RequestLimits = STANDARD,
) -> UpdateRequest:
    """The update that a POST asks for; who asks is not yet known.

    Raises:
        RequestError: 400 not exactly one update, a query, broken text; 413 an update that is
            too long; 415 a body that is neither a form nor an update.
    """
    pairs = _pairs(query_string, "the query string", limits)
    if _media_type(content_type, (FORM, DIRECT_UPDATE), "an update", "update") == FORM:
        pairs += _pairs(body, "the form", limits)
    else:
        pairs.append(("update", _text(body, "the update")))
    updates = _values(pairs, "update")
    if _values(pairs, "query"):
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            "this address takes updates; it answers no query",
            hint="send the parameter update",
        )
    if len(updates) != 1:
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            f"exactly one update is expected, {len(updates)} came",
            hint="send one parameter update, percent-encoded",
        )
    size = len(updates[0].encode())
    if size > limits.update_bytes:
        most = limits.update_data_bytes if is_data_only(updates[0]) else limits.update_bytes
        if size > most:
            raise RequestError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"an update of more than {most:,} bytes is not read",
                hint="send it in parts, or as INSERT DATA or a graph upload, which may be larger",
            )
    return UpdateRequest(
        updates[0],
        using_graphs=_graphs(pairs, "using-graph-uri"),
        using_named_graphs=_graphs(pairs, "using-named-graph-uri"),
    )


def read_graph_name(query_string: bytes, *, limits: RequestLimits = STANDARD) -> GraphName | None:
    """The graph that the parameters of ``/graphs`` name; None when they name none.

    ``graph=default`` means the default graph, as ``default`` alone does.

    Raises:
        RequestError: 400 more than one graph, or one that is no absolute IRI.
    """
    pairs = _pairs(query_string, "the query string", limits)
    named = [value for name, value in pairs if name == "graph"]
    named += ["default" for name, _ in pairs if name == "default"]
    if not named:
        return None
    if len(named) > 1:
        raise RequestError(HTTPStatus.BAD_REQUEST, f"one graph is expected, {len(named)} are named")
    if named[0] == "default":
        return GraphName(None)
    (iri,) = _graphs([("graph", named[0])], "graph")
    return GraphName(iri)


def graph_of_path(base: str, name: str) -> GraphName:
    """The graph of a direct address ``/graph/<name>``; `name` is decoded.

    >>> graph_of_path("http://zoo.example/", "east wing").iri
    'http://zoo.example/graph/east%20wing'

    Raises:
        RequestError: 400 no IRI is like that.
    """
    escaped = _TO_ENCODE.sub(lambda char: quote(char[0]), name)
    return GraphName(_absolute(f"{base}graph/{escaped}", "the graph"))


def read_format_parameters(
    query_string: bytes, *, limits: RequestLimits = STANDARD
) -> tuple[tuple[str, ...], bool]:
    """The format parameters of a request for a graph, and whether inferred triples count.

    Raises:
        RequestError: 400 broken text.
    """
    pairs = _pairs(query_string, "the query string", limits)
    parameters = tuple(value for name, value in pairs if name in FORMAT_PARAMETERS)
    return parameters, _truth(_values(pairs, "infer"), "infer", default=True)


def wants_safe_csv(
    query_string: bytes, form: bytes = b"", *, limits: RequestLimits = STANDARD
) -> bool:
    """Whether ``csv-safe=true`` asks for cells that no spreadsheet runs.

    Raises:
        RequestError: 400 broken text.
    """
    pairs = _pairs(query_string, "the query string", limits) + _pairs(form, "the form", limits)
    return _truth(_values(pairs, "csv-safe"), "csv-safe", default=False)


def read_form(
    query_string: bytes,
    *,
    content_type: str = "",
    body: bytes | None = None,
    limits: RequestLimits = STANDARD,
) -> dict[str, str]:
    """The parameters of an address and of a form, where each may be given once.

    `body` is None for a request that has none by its method.

    Raises:
        RequestError: 400 broken text, a parameter that is given twice; 415 a body that is no form.
    """
    pairs = _pairs(query_string, "the query string", limits)
    if body is not None:
        _media_type(content_type, (FORM, FORM), "a form", "form")
        pairs += _pairs(body, "the form", limits)
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise RequestError(HTTPStatus.BAD_REQUEST, f"{name} is given more than once")
        found[name] = value
    return found


def _media_type(content_type: str, known: tuple[str, str], what: str, parameter: str) -> str:
    """The media type of a body, one of `known`.

    Raises:
        RequestError: 415 it is another, or in another charset.
    """
    media_type, options = parse_options_header(content_type)
    charset = options.get("charset", "utf-8").lower()
    if media_type.lower() not in known or charset not in ("utf-8", "utf8"):
        raise RequestError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"a body of type {content_type or '(none given)'} cannot be read as {what}",
            hint=f"send {known[1]} (the bare {parameter}) or {FORM} ({parameter}=...), in UTF-8"
            if known[1] != FORM
            else f"send {FORM}, in UTF-8",
        )
    return media_type.lower()


def _request(
    pairs: Pairs, accept: str | None, *, may_describe: bool
) -> QueryRequest | DescriptionRequest:
    names = {name for name, _ in pairs}
    queries = _values(pairs, "query")
    if "update" in names:
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            "this address answers queries; it takes no update",
            hint="send the parameter query here, or the update by POST to /update",
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
        infer=_truth(_values(pairs, "infer"), "infer", default=True),
        timeout_s=_seconds(_values(pairs, "timeout")),
        explain_empty=_truth(_values(pairs, "explain-empty"), "explain-empty", default=False),
        same_as=_switch(_values(pairs, "same-as"), "same-as"),
        default_graphs=_graphs(pairs, "default-graph-uri"),
        named_graphs=_graphs(pairs, "named-graph-uri"),
    )


def _values(pairs: Pairs, wanted: str) -> list[str]:
    return [value for name, value in pairs if name == wanted]


def _truth(values: Iterable[str], name: str, *, default: bool) -> bool:
    """A parameter that is true or false. Any doubt is an error, not a guess."""
    given = {value.strip().lower() for value in values}
    if not given:
        return default
    if given not in ({"true"}, {"false"}):
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            f"{name}={','.join(sorted(given))} is neither true nor false",
            hint=f"leave it out for {name}={str(default).lower()}",
        )
    return given == {"true"}


def _switch(values: Iterable[str], name: str) -> bool:
    """A parameter that is on or off, off where it is not given."""
    given = {value.strip().lower() for value in values} or {"off"}
    if given not in ({"on"}, {"off"}):
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            f"{name}={','.join(sorted(given))} is neither on nor off",
            hint=f"leave it out for {name}=off",
        )
    return given == {"on"}


def _seconds(values: list[str]) -> float | None:
    """The seconds of ``timeout``; clients repeat it, and then the first counts."""
    if not values:
        return None
    try:
        seconds = float(values[0])
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            f"timeout={values[0]} is not a number of seconds above 0",
            hint="timeout=5 gives the query five seconds at most",
        )
    return seconds


def _graphs(pairs: Pairs, name: str) -> tuple[str, ...]:
    return tuple(_absolute(iri, name) for iri in _values(pairs, name))


def _absolute(iri: str, name: str) -> str:
    if is_iri(iri):
        return iri
    raise RequestError(
        HTTPStatus.BAD_REQUEST,
        f"{name}={iri!r} is not an absolute IRI",
        hint="name a graph by its full IRI, percent-encoded",
    )


# What an IRI may only have percent-encoded (RFC 3987, 2.2), and a sign that encodes nothing.
_TO_ENCODE = re.compile(r'[\x00-\x20\x7f<>"{}|\\^`\[\]]|%(?![0-9A-Fa-f]{2})')


def _pairs(encoded: bytes, place: str, limits: RequestLimits) -> Pairs:
    text = _text(encoded, place)
    try:
        return parse_qsl(
            text, keep_blank_values=True, errors="strict", max_num_fields=limits.parameters
        )
    except UnicodeDecodeError as error:
        raise _not_utf8(place) from error
    except ValueError as error:
        raise RequestError(
            HTTPStatus.BAD_REQUEST, f"{place} has more than {limits.parameters:,} parameters"
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
