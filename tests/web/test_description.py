"""The service description: parses in every type and says only what is so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import rdflib
from flask.testing import FlaskClient
from pyoxigraph import NamedNode, Quad
from rdflib import RDF, RDFS, Namespace, URIRef
from rdflib.namespace import VOID
from rdflib.term import Node

from etown_kg.backend import IsGone, QueryRequest, QueryResult
from etown_kg.backend.local import LocalBackend
from etown_kg.config import Settings
from etown_kg.errors import LimitError
from etown_kg.formats import RDF_FORMATS, SOLUTION_FORMATS
from etown_kg.graph import KnowledgeGraph
from etown_kg.web import create_app
from etown_kg.web.description import FUNCTIONS, SERVICE
from tests.web.conftest import Zoo

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
PARSERS = {
    "text/turtle": "turtle",
    "application/n-triples": "nt",
    "application/rdf+xml": "xml",
    "application/ld+json": "json-ld",
    "application/trig": "trig",
    "application/n-quads": "nquads",
}


def description(client: FlaskClient, accept: str = "text/turtle") -> rdflib.Graph:
    response = client.get("/sparql", headers={"Accept": accept})
    assert response.status_code == 200
    assert response.mimetype == accept
    graph = rdflib.Dataset(default_union=True)
    graph.parse(data=response.data, format=PARSERS[accept])
    return graph


def test_every_rdf_format_is_tried() -> None:
    assert set(PARSERS) == {format.media_type for format in RDF_FORMATS}


@pytest.mark.parametrize("accept", PARSERS)
def test_it_comes_in_every_rdf_format(client: FlaskClient, accept: str) -> None:
    graph = description(client, accept)
    (service,) = graph.subjects(RDF.type, SD.Service)
    assert graph.value(service, SD.endpoint) == URIRef("http://localhost/sparql")


def test_it_comes_to_who_names_no_type(client: FlaskClient) -> None:
    assert client.get("/sparql").mimetype == "text/turtle"
    assert client.get("/sparql", headers={"Accept": "*/*"}).mimetype == "text/turtle"
    assert client.get("/sparql?format=nt").mimetype == "application/n-triples"


def test_a_browser_gets_the_query_page(client: FlaskClient) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    response = client.get("/sparql", headers={"Accept": accept})
    assert response.mimetype == "text/html"
    assert "<textarea" in response.text
    assert "Accept" in response.vary


def test_it_names_every_format_that_is_offered(client: FlaskClient) -> None:
    offered = set(description(client).objects(None, SD.resultFormat))
    assert len(offered) == len(RDF_FORMATS + SOLUTION_FORMATS)
    assert all(str(name).startswith("http://www.w3.org/ns/formats/") for name in offered)


def test_the_default_graph_is_the_union_it_says_it_is(
    client: FlaskClient, zoo: KnowledgeGraph
) -> None:
    graph = description(client)
    assert (None, SD.feature, SD.UnionDefaultGraph) in graph
    (dataset,) = graph.objects(None, SD.defaultDataset)
    default = graph.value(dataset, SD.defaultGraph)
    size = graph.value(default, VOID.triples)
    assert int(str(size)) == len({quad.triple for quad in zoo.quads()})


def test_each_named_graph_is_there_with_its_size(client: FlaskClient, zoo: KnowledgeGraph) -> None:
    described = description(client)
    sizes = {}
    for named in described.objects(None, SD.namedGraph):
        graph = described.value(named, SD.graph)
        sizes[str(described.value(named, SD.name))] = int(str(described.value(graph, VOID.triples)))
    assert sizes == {
        name: sum(1 for quad in zoo.quads() if str(quad.graph_name) == f"<{name}>")
        for name in zoo.graphs()
    }


def rows(client: FlaskClient, query: str) -> list[tuple[str, ...]]:
    """The solutions of a query as texts, by its own words."""
    answer = client.get("/sparql", query_string={"query": query, "format": "json"}).get_json()
    return [
        tuple(row[name]["value"] for name in answer["head"]["vars"])
        for row in answer["results"]["bindings"]
    ]


def counts(graph: rdflib.Graph, part: Node, *names: str) -> tuple[str, ...]:
    return tuple(str(graph.value(part, VOID[name])) for name in names)


PARTS = (
    ("propertyPartition", ("property", "triples", "distinctSubjects", "distinctObjects"),
     "SELECT ?p (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?m) (COUNT(DISTINCT ?o) AS ?k)"
     " { ?s ?p ?o } GROUP BY ?p"),
    ("classPartition", ("class", "entities"),
     "SELECT ?c (COUNT(DISTINCT ?s) AS ?n) { ?s a ?c FILTER(!isBlank(?c)) } GROUP BY ?c"),
)  # fmt: skip


@pytest.mark.parametrize(("partition", "names", "query"), PARTS, ids=["properties", "classes"])
def test_its_numbers_are_those_that_queries_count(
    own_zoo: Zoo, partition: str, names: tuple[str, ...], query: str
) -> None:
    for text in ("CREATE GRAPH <x:empty>", "INSERT DATA { <x:hen> a <http://zoo.example/Bird> }"):
        assert own_zoo.update(text).status_code == 204
        graph = description(own_zoo.client)
        (dataset,) = graph.objects(None, SD.defaultDataset)
        default = graph.value(dataset, SD.defaultGraph)
        assert default is not None
        parts = graph.objects(default, VOID[partition])
        assert sorted(counts(graph, part, *names) for part in parts) == sorted(
            rows(own_zoo.client, query)
        )
        totals = "SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?m) (COUNT(DISTINCT ?o) AS ?k)"
        assert rows(own_zoo.client, totals + " { ?s ?p ?o }") == [
            counts(graph, default, "triples", "distinctSubjects", "distinctObjects")
        ]
        numbers = [len(rows(own_zoo.client, each[2])) for each in PARTS]
        assert counts(graph, default, "properties", "classes") == tuple(map(str, numbers))
        assert graph.value(default, VOID.uriSpace) == rdflib.Literal("http://zoo.example/")


def test_what_takes_too_long_to_count_is_left_out(tmp_path: Path) -> None:
    class Busy(LocalBackend):
        def query(self, request: QueryRequest, is_gone: IsGone | None = None) -> QueryResult:
            if "DISTINCT" in request.text:
                raise LimitError("query time of 1 s", "the query was stopped", kind="time")
            return super().query(request, is_gone)

    quad = Quad(NamedNode("x:a"), NamedNode("x:b"), NamedNode("x:c"), NamedNode("x:g"))
    app = create_app(Settings(ontology=tmp_path, data=tmp_path), Busy(KnowledgeGraph([quad])))
    graph = description(app.test_client())
    (dataset,) = graph.objects(None, SD.defaultDataset)
    default = graph.value(dataset, SD.defaultGraph)
    assert graph.value(default, VOID.triples) == rdflib.Literal(1)
    assert graph.value(default, VOID.classes) == rdflib.Literal(0)
    for name in ("distinctSubjects", "properties", "propertyPartition"):
        assert (default, VOID[name], None) not in graph


def test_a_read_only_service_offers_no_update(client: FlaskClient) -> None:
    graph = description(client)
    assert (None, SD.supportedLanguage, SD.SPARQL11Query) in graph
    assert (None, SD.supportedLanguage, SD.SPARQL11Update) not in graph
    assert (None, SD.inputFormat, None) not in graph
    assert client.post("/update", data={"update": "CLEAR ALL"}).status_code == 403


def test_a_writable_service_keeps_empty_graphs_and_reads_what_it_says(own_zoo: Zoo) -> None:
    graph = description(own_zoo.client)
    assert (None, SD.supportedLanguage, SD.SPARQL11Update) in graph
    assert (None, SD.feature, SD.EmptyGraphs) in graph
    assert own_zoo.update("CREATE GRAPH <x:empty>").status_code == 204
    assert own_zoo.ask("ASK { GRAPH <x:empty> {} }")
    assert len(set(graph.objects(None, SD.inputFormat))) == len(RDF_FORMATS)


def test_the_default_graph_is_closed_and_a_named_graph_is_not(
    client: FlaskClient, zoo: KnowledgeGraph
) -> None:
    graph = description(client)
    entailment = Namespace("http://www.w3.org/ns/entailment/")
    (service,) = graph.subjects(RDF.type, SD.Service)
    assert graph.value(service, SD.defaultEntailmentRegime) == entailment["OWL-RDF-Based"]
    profile = graph.value(service, SD.defaultSupportedEntailmentProfile)
    assert profile == URIRef("http://www.w3.org/ns/owl-profile/RL")
    named = list(graph.objects(None, SD.namedGraph))
    assert {graph.value(each, SD.entailmentRegime) for each in named} == {entailment.Simple}
    animal = "<http://zoo.example/robin> a <http://zoo.example/Animal>"
    for query, expected in (
        (f"ASK {{ {animal} }}", True),
        (f"ASK {{ GRAPH <http://zoo.example/east> {{ {animal} }} }}", False),
    ):
        assert (
            client.get("/sparql", query_string={"query": query}).get_json()["boolean"] is expected
        )


SHAPE = "'POLYGON((0 0,0 2,2 2,2 0,0 0))'^^<http://www.opengis.net/ont/geosparql#wktLiteral>"
ARGUMENTS = (
    SHAPE, f"{SHAPE}, {SHAPE}", f"{SHAPE}, {SHAPE}, 'T********'",
    f"{SHAPE}, {SHAPE}, <http://www.opengis.net/def/uom/OGC/1.0/metre>",
    f"{SHAPE.replace('POLYGON((0 0,0 2,2 2,2 0,0 0))', 'POINT(1 1)')}, "
    f"{SHAPE.replace('POLYGON((0 0,0 2,2 2,2 0,0 0))', 'POINT(1 2)')}, "
    "<http://www.opengis.net/def/uom/OGC/1.0/metre>",
)  # fmt: skip


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda iri: iri.rpartition("/")[2])
def test_an_extension_function_that_is_named_has_values(client: FlaskClient, function: str) -> None:
    assert (None, SD.extensionFunction, URIRef(function)) in description(client)
    values = []
    for arguments in ARGUMENTS:
        query = f"SELECT (<{function}>({arguments}) AS ?x) {{}}"
        answer = client.get("/sparql", query_string={"query": query}).get_json()
        values += answer["results"]["bindings"]
    assert any("x" in value for value in values)


def test_the_limits_that_are_stated_hold(make_zoo: Callable[..., Zoo]) -> None:
    zoo = make_zoo(query_kib=1, parameters=5, requests_per_minute=50, upload_mib=1)
    graph = description(zoo.client)
    (service,) = graph.subjects(RDF.type, SD.Service)
    stated = {
        str(name).removeprefix(SERVICE): float(str(value))
        for name, value in graph.predicate_objects(service)
        if str(name).startswith(SERVICE)
    }
    assert zoo.client.get("/sparql", query_string={"query": "ASK {}"}).status_code == 200
    most = int(stated["queryBytes"])
    for size, status in ((most, 200), (most + 1, 413)):
        text = "ASK {}".ljust(size)
        assert zoo.client.post("/sparql", data={"query": text}).status_code == status
    most = int(stated["parameters"])
    for count, status in ((most, 200), (most + 1, 400)):
        asked = "a=1&" * (count - 1) + "query=ASK{}"
        assert zoo.client.get(f"/sparql?{asked}").status_code == status
    most = int(stated["uploadBytes"])
    for size, status in ((most, 201), (most + 1, 413)):
        assert zoo.send("PUT", "/graph/x", b"#".ljust(size)).status_code == status
    most = int(stated["queryDepth"])
    for depth, status in ((most // 2, 200), (most + 1, 400)):
        text = "ASK " + "{" * depth + "}" * depth
        assert zoo.client.post("/sparql", data={"query": text}).status_code == status
    statuses = [zoo.client.get("/sparql?query=ASK{}").status_code for _ in range(50)]
    assert statuses[-1] == 429
    for name in stated:
        assert graph.value(URIRef(SERVICE + name), RDFS.comment), name
