"""A whole server (web, owner, executors) whose data a test may replace, asked over real HTTP.

The dataset is `standard`, as the W3C suites have it; answers are asked for without what the
reasoner adds, since the suites of queries and updates expect simple entailment. Queries go by
each transport of the protocol (section 2.1) and come back in each results format.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlencode

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
    serialize,
)

from etown_kg.backend.client import start
from etown_kg.config import Settings
from etown_kg.graph import KnowledgeGraph
from etown_kg.web import create_app
from tests.web.serving import serving
from tests.web.writers import SECRET, find_token

FORM = "application/x-www-form-urlencoded"
EVERYTHING = "SELECT * { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"


# The terms of one solution by variable; None where there is none.
Solution = Mapping[str, NamedNode | BlankNode | Literal | Triple | None]


@dataclass(frozen=True)
class Transport:
    """One way to send a query, and the results format that is asked for with it."""

    name: str
    results: QueryResultsFormat


TRANSPORTS = (
    Transport("get", QueryResultsFormat.JSON),
    Transport("form", QueryResultsFormat.XML),
    Transport("direct", QueryResultsFormat.TSV),
)


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    media_type: str
    body: bytes


class Endpoint:
    """The address of a server that takes updates, and one connection to it."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
        self._held: object = None

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        content_type: str = "",
        accept: str = "",
        has_token: bool = False,
    ) -> Reply:
        headers = {"Content-Type": content_type, "Accept": accept}
        if has_token:
            headers["Authorization"] = f"Bearer {SECRET}"
        sent = {name: value for name, value in headers.items() if value}
        self._connection.request(method, path, body=body or None, headers=sent)
        response = self._connection.getresponse()
        media_type = response.headers.get("Content-Type", "").partition(";")[0]
        return Reply(response.status, media_type, response.read())

    def ask(self, text: str, transport: Transport, accept: str) -> Reply:
        """Send a query without what was inferred."""
        if transport.name == "get":
            path = "/sparql?" + urlencode({"query": text, "infer": "false"}, quote_via=quote)
            return self.send("GET", path, accept=accept)
        if transport.name == "form":
            form = urlencode({"infer": "false", "query": text}).encode()
            return self.send("POST", "/sparql", form, content_type=FORM, accept=accept)
        return self.send(
            "POST", "/sparql?infer=false", text.encode(),
            content_type="application/sparql-query", accept=accept,
        )  # fmt: skip

    def solutions(self, text: str, transport: Transport) -> list[Solution] | bool:
        """The answer to a SELECT or an ASK in the transport's format; an ASK has no TSV."""
        reply = self.ask(text, transport, transport.results.media_type)
        assert reply.status == 200, reply.body
        results = QueryResultsFormat.from_media_type(reply.media_type)
        assert results is not None
        expected = transport.results
        if transport.results == QueryResultsFormat.TSV and form_of(text) == "ASK":
            expected = QueryResultsFormat.JSON
        assert results == expected
        answer = parse_query_results(reply.body, format=results)
        if not isinstance(answer, QuerySolutions):
            return bool(answer)
        # The engine's own sequence must not outlive this thread: a failed test would keep it.
        names = [variable.value for variable in answer.variables]
        return [{name: each[name] for name in names} for each in answer]

    def triples(self, text: str, transport: Transport) -> list[Quad]:
        """The answer to a CONSTRUCT or DESCRIBE."""
        reply = self.ask(text, transport, RdfFormat.N_TRIPLES.media_type)
        assert (reply.status, reply.media_type) == (200, RdfFormat.N_TRIPLES.media_type), reply.body
        return list(parse(reply.body, RdfFormat.N_TRIPLES))

    def update(self, text: str) -> Reply:
        return self.send(
            "POST", "/update", text.encode(), content_type="application/sparql-update",
            has_token=True,
        )  # fmt: skip

    def quads(self) -> list[Quad]:
        """All that is asserted."""
        answer = self.solutions(EVERYTHING, TRANSPORTS[0])
        assert isinstance(answer, list)
        return [Quad(*(row[name] or DefaultGraph() for name in "spog")) for row in answer]  # type: ignore[arg-type]  # by the pattern

    def hold(self, quads: Iterable[Quad], graphs: Sequence[str | None]) -> None:
        """Have these quads and graphs (None is the unnamed one) and nothing else."""
        wanted = set(quads)
        if self._held == (wanted, tuple(graphs)):
            return
        self.forget()
        assert self.update("DROP ALL").status == 204
        for name in dict.fromkeys(graphs):
            graph = DefaultGraph() if name is None else NamedNode(name)
            triples = [quad.triple for quad in wanted if quad.graph_name == graph]
            path = "/graphs?default" if name is None else f"/graphs?graph={quote(name, safe='')}"
            body = serialize(triples, format=RdfFormat.N_TRIPLES)
            assert body is not None
            reply = self.send(
                "PUT", path, body or b"\n", content_type="application/n-triples", has_token=True
            )
            assert reply.status in (201, 204), reply.body
        self._held = (wanted, tuple(graphs))

    def forget(self) -> None:
        """What is held is no longer known: a test changes it."""
        self._held = None

    def close(self) -> None:
        self._connection.close()


def _closed() -> KnowledgeGraph:
    """An empty graph with a reasoner."""
    graph = KnowledgeGraph([], default_graph="standard")
    graph.close()
    return graph


@contextmanager
def endpoint(folder: Path) -> Iterator[Endpoint]:
    """A server that is empty at first; `folder` stands for an ontology's."""
    backend = start(partial(_closed))
    try:
        settings = Settings(ontology=folder, data=folder, default_graph="standard")
        app = create_app(settings, backend, find_token=find_token)
        with serving(app) as address:
            served = Endpoint(address)
            try:
                yield served
            finally:
                served.close()
    finally:
        backend.close()


def with_base(text: str, base: str) -> str:
    """The query or update with its relative IRIs meaning what the suite's file means.

    https://www.rfc-editor.org/rfc/rfc3986#section-5.1: over the protocol the base would be the
    endpoint's address.
    """
    return f"BASE <{base}> {text}"


def form_of(text: str) -> str:
    """The query form, by the first of its keywords in the text."""
    found = re.search(r"\b(SELECT|ASK|CONSTRUCT|DESCRIBE)\b", text, re.IGNORECASE)
    assert found is not None
    return found[0].upper()
