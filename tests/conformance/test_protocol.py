"""The W3C tests of the SPARQL 1.1 Protocol, the Graph Store Protocol and service descriptions.

All of them, over real HTTP. The manifests' ``/sparql/`` is one address for queries and updates;
here updates have their own, as the manifest allows. The older Graph Store manifest
(``http-rdf-update``) has its exchanges as prose and is deprecated for the one that is run.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from pyoxigraph import NamedNode, Quad, parse
from rdflib import RDF, Graph, Namespace, URIRef
from rdflib.compare import isomorphic

from etown_kg.backend.local import LocalBackend
from etown_kg.config import Settings
from etown_kg.formats import RDF_FORMATS, SOLUTION_FORMATS
from etown_kg.graph import KnowledgeGraph
from etown_kg.web import create_app
from tests.conformance.exchanges import MF, Case, Exchange, read_cases
from tests.web.serving import serving
from tests.web.writers import SECRET, find_token

SUITES = Path(__file__).parents[2].parent / "shared" / "w3c" / "sparql11"
if not SUITES.is_dir():
    pytest.skip("sparql11: the W3C test cases are not here", allow_module_level=True)

PROTOCOL = read_cases(SUITES / "protocol" / "manifest.ttl", MF.ProtocolTest)
DIRECT = read_cases(
    SUITES / "graph-store-protocol" / "manifest-direct.ttl", MF.GraphStoreProtocolTest
)
INDIRECT = read_cases(
    SUITES / "graph-store-protocol" / "manifest-indirect.ttl", MF.GraphStoreProtocolTest
)
SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
FORMATS = {
    "boolean": {format.content_type for format in SOLUTION_FORMATS},
    "tabular": {format.content_type for format in SOLUTION_FORMATS},
    "RDF": {format.content_type for format in RDF_FORMATS},
}


def test_the_manifests_are_whole() -> None:
    """34 protocol tests, 14 graph store tests, as many as the manifests list."""
    assert len(PROTOCOL) == 34
    assert len(DIRECT) + len(INDIRECT) == 14
    assert all(case.exchanges for case in PROTOCOL + DIRECT + INDIRECT)


class Server:
    """One app on a free port, writable with a token, its default graph the unnamed one."""

    def __init__(self, address: str) -> None:
        self.address = address

    def send(
        self, exchange: Exchange, path: str, body: bytes | None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=30)
        headers = {**exchange.sent.headers, "authorization": f"Bearer {SECRET}"}
        try:
            # As it is: the client's own encoding of addresses would change what is tested.
            connection.request(exchange.method, path, body=body, headers=headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()


def serve(case: Case) -> Iterator[Server]:
    quads = [
        Quad(quad.subject, quad.predicate, quad.object, NamedNode(name))
        for name, path in case.graphs
        for quad in parse(path=str(path))
    ]
    graph = KnowledgeGraph(quads, base="http://www.example/", default_graph="standard")
    settings = Settings(ontology=SUITES, data=SUITES, default_graph="standard")
    app = create_app(settings, LocalBackend(graph), find_token=find_token)
    with serving(app) as address:
        yield Server(address)


@pytest.fixture
def server(case: Case) -> Iterator[Server]:
    """A server with the graphs that the case wants."""
    yield from serve(case)


def address_of(case: Case, exchange: Exchange) -> str:
    """The manifest's address as ours: updates have their own."""
    media_type = exchange.sent.headers.get("content-type", "")
    body = exchange.sent.body or b""
    is_update = (
        case.name.startswith("bad_update")
        or media_type.startswith("application/sparql-update")
        or body.startswith(b"update=")
    )
    return exchange.path.replace("/sparql/", "/update/" if is_update else "/sparql/")


@pytest.mark.parametrize("case", PROTOCOL, ids=lambda case: case.name)
def test_protocol(case: Case, server: Server) -> None:
    for exchange in case.exchanges:
        path = address_of(case, exchange)
        status, headers, body = server.send(exchange, path, exchange.sent.body)
        assert status in exchange.statuses, body
        if exchange.format is not None:
            assert headers["Content-Type"] in FORMATS[exchange.format]
        if exchange.boolean is not None:
            assert json.loads(body)["boolean"] is exchange.boolean


@pytest.mark.parametrize(
    ("case", "prefix"),
    [(case, "/graph") for case in DIRECT] + [(case, "/graphs") for case in INDIRECT],
    ids=lambda value: value.name if isinstance(value, Case) else None,
)
def test_graph_store_protocol(case: Case, prefix: str, server: Server) -> None:
    locations: dict[str, str] = {}
    for exchange in case.exchanges:
        path = exchange.path.replace("/gsp", prefix, 1)
        body = exchange.sent.body
        for template, location in locations.items():
            path = path.replace(template, quote(location, safe=""))
            body = body and body.replace(template.encode(), location.encode())
        status, headers, received = server.send(exchange, path, body)
        assert status in exchange.statuses, received
        if exchange.location is not None:
            locations[exchange.location] = headers["Location"]
        if "content-type" in exchange.expected.headers:
            assert headers["Content-Type"] == exchange.expected.headers["content-type"]
        if exchange.expected.body is not None:
            assert isomorphic(read(received), read(exchange.expected.body, locations))


def read(turtle: bytes, locations: dict[str, str] | None = None) -> Graph:
    text = turtle.decode()
    for template, location in (locations or {}).items():
        text = text.replace(template, location)
    return Graph().parse(data=text, format="turtle")


@pytest.fixture(scope="module")
def described() -> Iterator[Server]:
    yield from serve(Case("service-description", (), ()))


def description(server: Server) -> tuple[Graph, str]:
    connection = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=30)
    try:
        connection.request("GET", "/sparql")
        response = connection.getresponse()
        assert response.status == 200
        return Graph().parse(data=response.read(), format="turtle"), server.address + "/sparql"
    finally:
        connection.close()


def test_service_description_returns_rdf(described: Server) -> None:
    assert len(description(described)[0]) > 0


def test_service_description_has_the_endpoint(described: Server) -> None:
    graph, address = description(described)
    assert (None, SD.endpoint, URIRef(address)) in graph


# Domain and range of the properties (Service Description, section 3.4), where both are classes.
SCHEMA = {
    SD.endpoint: (SD.Service, None),
    SD.feature: (SD.Service, None),
    SD.supportedLanguage: (SD.Service, None),
    SD.extensionFunction: (SD.Service, SD.Function),
    SD.resultFormat: (SD.Service, None),
    SD.inputFormat: (SD.Service, None),
    SD.defaultEntailmentRegime: (SD.Service, None),
    SD.defaultSupportedEntailmentProfile: (SD.Service, None),
    SD.entailmentRegime: (SD.NamedGraph, None),
    SD.defaultDataset: (SD.Service, SD.Dataset),
    SD.defaultGraph: (SD.Dataset, SD.Graph),
    SD.namedGraph: (SD.Dataset, SD.NamedGraph),
    SD.name: (SD.NamedGraph, None),
    SD.graph: (SD.NamedGraph, SD.Graph),
}


def test_service_description_conforms_to_the_schema(described: Server) -> None:
    graph, _ = description(described)
    for s, p, o in graph:
        if not str(p).startswith(str(SD)):
            continue
        assert p in SCHEMA, p
        domain, range_ = SCHEMA[URIRef(str(p))]
        assert (s, RDF.type, domain) in graph
        assert range_ is None or (o, RDF.type, range_) in graph
    services = list(graph.subjects(RDF.type, SD.Service))
    assert len(services) == len(list(graph.objects(services[0], SD.endpoint))) == 1
