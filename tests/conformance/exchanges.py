"""The W3C's manifests of HTTP exchanges: which requests in which order, and what must come back.

``ProtocolTest`` and ``GraphStoreProtocolTest`` describe requests with the HTTP vocabulary
(https://www.w3.org/TR/HTTP-in-RDF10/). Newlines in bodies are as the manifest has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rdflib import RDF, Graph, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
HT = Namespace("http://www.w3.org/2011/http#")
CNT = Namespace("http://www.w3.org/2011/content#")
UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
RDFS_LABEL = URIRef("http://www.w3.org/2000/01/rdf-schema#label")
_STATUSES = {
    "StatusCode2xx": range(200, 300), "StatusCode3xx": range(300, 400),
    "StatusCode4xx": range(400, 500), "OK": (200,), "Created": (201,), "NoContent": (204,),
    "NotFound": (404,),
}  # fmt: skip


@dataclass(frozen=True)
class Message:
    """Headers, names in lower case, and a body."""

    headers: dict[str, str]
    body: bytes | None


@dataclass(frozen=True)
class Exchange:
    """One request and what is expected of its response."""

    method: str
    path: str
    sent: Message
    statuses: frozenset[int]
    expected: Message
    boolean: bool | None
    format: str | None
    location: str | None


@dataclass(frozen=True)
class Case:
    """One test: graphs to load by IRI, then exchanges in order."""

    name: str
    graphs: tuple[tuple[str, Path], ...]
    exchanges: tuple[Exchange, ...]


def read_cases(manifest: Path, kind: URIRef) -> list[Case]:
    """The tests of this kind in a manifest, in its order."""
    graph = Graph().parse(manifest, format="turtle")
    cases = [
        Case(
            str(test).rpartition("#")[2],
            tuple(
                (str(graph.value(data, RDFS_LABEL)), _path(graph.value(data, UT.graph)))
                for data in graph.objects(test, UT.graphData)
            ),
            tuple(_exchanges(graph, test)),
        )
        for test in graph.subjects(RDF.type, kind)
    ]
    return sorted(cases, key=lambda case: case.name)


def _path(iri: Node | None) -> Path:
    return Path(str(iri).removeprefix("file://"))


def _exchanges(graph: Graph, test: Node) -> Iterator[Exchange]:
    action = graph.value(test, MF.action)
    requests = graph.value(action, HT.requests)
    assert requests is not None
    for request in Collection(graph, requests):
        response = graph.value(request, HT.resp)
        assert response is not None
        boolean = graph.value(response, MF.expectedBoolean)
        format = graph.value(response, MF.expectedFormat)
        location = graph.value(response, MF.expectedLocation)
        yield Exchange(
            str(graph.value(request, HT.methodName)),
            str(graph.value(request, HT.absolutePath)),
            _message(graph, request),
            frozenset(
                status
                for name in graph.objects(response, MF.expectedStatus)
                for status in _STATUSES[str(name).rpartition("#")[2]]
            ),
            _message(graph, response),
            None if boolean is None else str(boolean) == "true",
            None if format is None else str(format),
            None if location is None else str(location),
        )


def _message(graph: Graph, node: Node) -> Message:
    headers = {}
    listed = graph.value(node, HT.headers)
    for header in Collection(graph, listed) if listed is not None else ():
        name = str(graph.value(header, HT.fieldName)).lower()
        headers[name] = str(graph.value(header, HT.fieldValue))
    content = graph.value(node, HT.body)
    if content is None:
        return Message(headers, None)
    encoding = str(graph.value(content, CNT.characterEncoding))
    return Message(headers, str(graph.value(content, CNT.chars)).encode(encoding))
