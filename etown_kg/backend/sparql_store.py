"""SparqlStore: another store, over the three protocols of SPARQL 1.1.

https://www.w3.org/TR/sparql11-protocol/ for queries and updates,
https://www.w3.org/TR/sparql11-http-rdf-update/ for whole graphs. What comes back is read to its
end before anybody sees it, so an answer that the store cuts short is a failure here and no answer.
Where a store departs from the standards, the place is marked with its name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode, urlsplit

from pyoxigraph import (
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
    serialize,
)

from etown_kg import formats, query_text, vocab
from etown_kg.addresses import locate
from etown_kg.backend.limits import answer_over, time_over
from etown_kg.backend.query_form import as_rows
from etown_kg.blank_nodes import has_blank_node
from etown_kg.errors import LimitError, QueryError, RemoteError, UnavailableError
from etown_kg.remote import Bounds, Reply, fetch

Dataset: TypeAlias = Sequence[tuple[str, str]]
# What clients are told; the address is the operator's affair.
STORE: Final = "the store behind this server"
# The operator named the store, so it may be anywhere.
_ANYWHERE: Final = ("0.0.0.0/0", "::/0")
_FORM: Final = "application/x-www-form-urlencoded"
_RESULTS: Final = formats.JSON.media_type
_GRAPHS: Final = "application/n-triples, text/turtle;q=0.9, application/rdf+xml;q=0.5"
_PARSED: Final = {
    "application/n-triples": RdfFormat.N_TRIPLES,
    "text/plain": RdfFormat.N_TRIPLES,
    "text/turtle": RdfFormat.TURTLE,
    "application/x-turtle": RdfFormat.TURTLE,
    "application/rdf+xml": RdfFormat.RDF_XML,
}
# The bytes of a store's complaint that are repeated.
_SAID_BYTES: Final = 2000
# Statements of one INSERT DATA; Virtuoso refuses some ten thousand of them.
_BATCH: Final = 2000
# Virtuoso's answer to an ASK in JSON is a table with this variable.
_VIRTUOSO_ASK: Final = "__ASK_RETVAL"


@dataclass(frozen=True)
class Addresses:
    """Where a store answers queries, takes updates, and has its graphs; "" where it does not.

    `authorization` is the value of the header of that name, "" for none.
    """

    query: str = ""
    update: str = ""
    graphs: str = ""
    authorization: str = ""


class SparqlStore:
    """Asks a store; safe for many threads, each request on a connection of its own."""

    def __init__(self, addresses: Addresses) -> None:
        self.addresses = addresses

    # Reading

    def solutions(
        self, text: str, bounds: Bounds, dataset: Dataset = (), head: str = ""
    ) -> QuerySolutions:
        """The solutions of a SELECT, read whole and checked.

        Args:
            text: the query as the store is to read it.
            bounds: what the answer may take.
            dataset: pairs of the protocol's ``default-graph-uri`` and ``named-graph-uri``.
            head: declarations that are sent before the text, on its first line.

        Raises:
            QueryError: the store does not take the query.
            LimitError: it takes too long, its answer is too large, or the store cut it.
            RemoteError: it has no answer of use.
            UnavailableError: it cannot answer at the moment.
        """
        found = self._results(text, bounds, dataset, head)
        if not isinstance(found, QuerySolutions):
            raise RemoteError(STORE, "it answers a SELECT with a truth value")
        return found

    def boolean(
        self, text: str, bounds: Bounds, dataset: Dataset = (), head: str = ""
    ) -> QueryBoolean:
        """The truth value of an ASK; raises as `solutions` does."""
        found = self._results(text, bounds, dataset, head)
        if isinstance(found, QueryBoolean):
            return found
        if [each.value for each in found.variables] != [_VIRTUOSO_ASK]:
            raise RemoteError(STORE, "it answers an ASK with a table")
        value = next((str(getattr(row[0], "value", "")) for row in found), "")
        said = b"true" if value not in ("", "0", "false") else b"false"
        parsed = parse_query_results(b'{"head":{},"boolean":%b}' % said, QueryResultsFormat.JSON)
        assert isinstance(parsed, QueryBoolean)
        return parsed

    def triples(
        self, text: str, bounds: Bounds, dataset: Dataset = (), head: str = ""
    ) -> list[Triple]:
        """The triples of a CONSTRUCT or DESCRIBE; raises as `solutions` does."""
        reply = self._ask(text, bounds, dataset, head, _GRAPHS)
        if reply.headers.get("server", "").startswith("Virtuoso"):
            # It cuts graphs too, without a word: of as many solutions it tells.
            rows = as_rows(text)
            if rows is not None:
                self._ask(rows, bounds, dataset, head, _RESULTS)
        media_type = _media_type(reply)
        format = _PARSED.get(media_type)
        if format is None:
            raise RemoteError(STORE, f"its answer is {media_type or 'of no type'}, not RDF")
        try:
            return [quad.triple for quad in parse(reply.body, format)]
        except SyntaxError as error:
            raise RemoteError(STORE, f"its answer does not parse: {error}") from error

    def _results(
        self, text: str, bounds: Bounds, dataset: Dataset, head: str
    ) -> QuerySolutions | QueryBoolean:
        reply = self._ask(text, bounds, dataset, head, _RESULTS)
        media_type = _media_type(reply)
        if media_type not in (_RESULTS, "application/json"):
            raise RemoteError(STORE, f"its answer is {media_type or 'of no type'}, not {_RESULTS}")
        body = reply.body
        if b'"typed-literal"' in body or b'"nodeID://' in body:
            body = _mended(body)
        try:
            return _whole(body)
        except (SyntaxError, ValueError) as error:
            raise RemoteError(STORE, f"its answer does not parse: {error}") from error

    def _ask(self, text: str, bounds: Bounds, dataset: Dataset, head: str, accept: str) -> Reply:
        body = urlencode([("query", head + text), *dataset]).encode()
        reply = self._send(
            self.addresses.query, bounds, "POST", body, _FORM, accept=accept, text=text, head=head
        )
        # Virtuoso: as many rows as it gives at most, which may be all there are or not.
        if "x-sparql-maxrows" in reply.headers:
            most = reply.headers["x-sparql-maxrows"]
            raise LimitError(
                f"{most} rows of the store",
                "its answer may be cut there, and none of it was sent",
                hint="ask for it in parts with ORDER BY, LIMIT and OFFSET; the operator can"
                " raise ResultSetMaxRows of Virtuoso",
                kind="answer",
            )
        # Virtuoso: what it has found when its own time is over.
        if reply.headers.get("x-sql-state", "") == "S1TAT":
            raise time_over(bounds.seconds)
        return reply

    # Writing

    def update(self, text: str, bounds: Bounds, head: str = "") -> None:
        """Have the store make the changes of an update; for `head` see `solutions`.

        Raises:
            QueryError, LimitError, RemoteError, UnavailableError: see `solutions`. After a
                failure that is no refusal the change may be made or not.
        """
        body = urlencode({"update": head + text}).encode()
        self._send(
            self.addresses.update, bounds, "POST", body, _FORM, accept="*/*", text=text, head=head
        )

    def put(self, graph: str | None, triples: Iterable[Triple], bounds: Bounds) -> None:
        """Make triples the content of a graph; None is the graph without a name.

        In one request where the store has addresses for graphs; else by updates, of which the
        first empties the graph.
        """
        statements = list(triples)
        if self.addresses.graphs:
            self._write("PUT", graph, statements, bounds)
            return
        target = "DEFAULT" if graph is None else f"GRAPH <{graph}>"
        self.update(f"CLEAR SILENT {target}", bounds)
        self._insert(graph, statements, bounds)

    def add(self, graph: str | None, triples: Iterable[Triple], bounds: Bounds) -> None:
        """Add triples to a graph."""
        statements = list(triples)
        if self.addresses.graphs:
            self._write("POST", graph, statements, bounds)
        else:
            self._insert(graph, statements, bounds)

    def drop(self, graph: str | None, bounds: Bounds) -> None:
        """Remove a graph; it is no failure if there is none."""
        target = "DEFAULT" if graph is None else f"GRAPH <{graph}>"
        if self.addresses.update:
            self.update(f"DROP SILENT {target}", bounds)
        else:
            self._write("DELETE", graph, (), bounds, is_missed=True)

    def _write(
        self,
        method: str,
        graph: str | None,
        triples: Sequence[Triple],
        bounds: Bounds,
        *,
        is_missed: bool = False,
    ) -> None:
        name = "default" if graph is None else urlencode({"graph": graph})
        mark = "&" if urlsplit(self.addresses.graphs).query else "?"
        # N-Triples by the name of Turtle, of which it is a part: Virtuoso knows no other here.
        body = None if method == "DELETE" else _as_ntriples(triples)
        content_type = "" if body is None else formats.TURTLE.media_type
        self._send(
            f"{self.addresses.graphs}{mark}{name}", bounds, method, body, content_type,
            accept="*/*", is_missed=is_missed,
        )  # fmt: skip

    def _insert(self, graph: str | None, triples: Sequence[Triple], bounds: Bounds) -> None:
        """Insert in pieces, of which no two share a blank node: its name holds for one request."""
        blank = [each for each in triples if has_blank_node(each)]
        plain = [each for each in triples if not has_blank_node(each)]
        batches = [plain[at : at + _BATCH] for at in range(0, len(plain), _BATCH)]
        for batch in [*batches, *([blank] if blank else [])]:
            data = _as_ntriples(batch).decode()
            scope = data if graph is None else f"GRAPH <{graph}> {{ {data} }}"
            # Virtuoso takes no blank node in INSERT DATA, where the standard has them.
            verb, rest = ("INSERT", " WHERE {}") if batch is blank else ("INSERT DATA", "")
            self.update(f"{verb} {{ {scope} }}{rest}", bounds)

    # The exchange

    def _send(
        self,
        address: str,
        bounds: Bounds,
        method: str,
        body: bytes | None,
        content_type: str,
        *,
        accept: str,
        text: str = "",
        head: str = "",
        is_missed: bool = False,
    ) -> Reply:
        headers = {"Accept": accept}
        if content_type:
            headers["Content-Type"] = content_type
        if self.addresses.authorization:
            headers["Authorization"] = self.addresses.authorization
        try:
            place = locate(address, _ANYWHERE)
        except QueryError as error:  # the address, or its name's, not the client's query
            raise UnavailableError(f"{STORE} cannot be reached: {error.problem}") from error
        try:
            reply = fetch(place, bounds, method=method, headers=headers, body=body)
        except RemoteError as error:
            if isinstance(error.__cause__, TimeoutError):
                raise time_over(bounds.seconds) from error
            if error.is_size:
                raise answer_over(bounds.size_bytes) from error
            raise UnavailableError(f"{STORE} does not answer: {error.problem}") from error
        if reply.status >= HTTPStatus.MULTIPLE_CHOICES and not (
            is_missed and reply.status == HTTPStatus.NOT_FOUND
        ):
            raise _failure(reply, text, head)
        return reply


def _failure(reply: Reply, text: str, head: str) -> Exception:
    """What a status that is no success says."""
    said = reply.body[:_SAID_BYTES].decode(errors="replace").strip()
    if _media_type(reply) in ("text/html", "application/xhtml+xml"):
        said = "(a page)"
    # Virtuoso repeats the query, with what was put before it.
    said = said.partition("\n\nSPARQL query:")[0]
    if reply.status == HTTPStatus.BAD_REQUEST and text:
        return query_text.error(text, said, [query_text.Edit(0, 0, head)])
    if reply.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return RemoteError(
            STORE, f"it refuses this server ({reply.status})",
            hint="the operator can give it a name and a password: --backend-authorization FILE",
        )  # fmt: skip
    if reply.status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        return UnavailableError(f"{STORE} cannot answer now: {said or reply.status}")
    return RemoteError(STORE, f"it answers {reply.status}: {said}" if said else str(reply.status))


def _media_type(reply: Reply) -> str:
    return reply.headers.get("content-type", "").partition(";")[0].strip().lower()


def _whole(body: bytes) -> QuerySolutions | QueryBoolean:
    """Results that were read to their end once: what does not parse would be found too late.

    Raises:
        SyntaxError: they do not parse.
    """
    found = parse_query_results(body, QueryResultsFormat.JSON)
    if isinstance(found, QuerySolutions):
        try:
            for _ in found:
                pass
        finally:
            # It may be let go by this thread alone, and a traceback would keep it for another.
            del found
    return parse_query_results(body, QueryResultsFormat.JSON)


def _mended(body: bytes) -> bytes:
    """Virtuoso's results as the standard has them.

    Names of blank nodes that N-Triples has (``nodeID://b1`` is none), and truth values in words,
    as its other formats have them.
    """

    def mended(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        value, datatype = members.get("value"), members.get("datatype")
        if members.get("type") == "bnode" and isinstance(value, str):
            members["value"] = value.removeprefix("nodeID://")
        elif datatype == f"{vocab.XSD}boolean" and value in ("0", "1"):
            members["value"] = "true" if value == "1" else "false"
        return members

    try:
        return json.dumps(json.loads(body, object_pairs_hook=mended), ensure_ascii=False).encode()
    except ValueError as error:
        raise RemoteError(STORE, f"its answer does not parse: {error}") from error


def _as_ntriples(triples: Sequence[Triple]) -> bytes:
    return serialize(triples, format=RdfFormat.N_TRIPLES) or b""
