"""The service description: parses in every type and says only what is so."""

from __future__ import annotations

import pytest
import rdflib
from flask.testing import FlaskClient
from rdflib import RDF, Namespace, URIRef
from rdflib.namespace import VOID

from etown_kg.formats import RDF_FORMATS, SOLUTION_FORMATS
from etown_kg.graph import KnowledgeGraph

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
