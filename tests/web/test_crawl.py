"""Every IRI of the graph answers at its address, in HTML and in every RDF format.

The RDF of a page is what the endpoint's DESCRIBE gives. Two addresses have more to say: that of a
named graph gives the graph (SPARQL 1.1 Graph Store Protocol), that of the ontology all its terms;
what DESCRIBE says of these is at ``/describe``.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyoxigraph import CanonicalizationAlgorithm, Dataset, NamedNode, Quad, RdfFormat, parse

from etown_kg import vocab
from etown_kg.formats import N_TRIPLES, RDF_FORMATS, Format
from etown_kg.graph import KnowledgeGraph
from etown_kg.web.pages.addresses import DESCRIBE, path_of
from tests.web.test_pages import Page

HTML = {"Accept": "text/html"}
GRAPH = f"{vocab.BASE}graph/"
ONTOLOGY = f"{vocab.BASE}ontology"
Triples = frozenset[str]


def iris(graph: KnowledgeGraph) -> list[str]:
    """Every IRI below the base, in every place of a quad."""
    found = {
        term.value
        for quad in graph.quads()
        for term in (quad.subject, quad.predicate, quad.object, quad.graph_name)
        if isinstance(term, NamedNode) and term.value.startswith(vocab.BASE)
    }
    return sorted(found)


def read(body: bytes, format: RdfFormat) -> Triples:
    """The triples of a document; the same for graphs that differ in the names of blank nodes."""
    triples = Dataset(Quad(*quad.triple) for quad in parse(body, format))
    if any("_:" in str(quad) for quad in triples):
        triples.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return frozenset(str(quad) for quad in triples)


def described_at(iri: str, format: Format) -> str:
    """The address of the description of an IRI in one format."""
    path = path_of(iri, vocab.BASE)
    if path.startswith((DESCRIBE, "/graph/")) or iri == ONTOLOGY:
        return f"{DESCRIBE}?iri={quote(iri, safe='')}&format={format.name}"
    return path + format.suffixes[0]


@pytest.fixture(scope="module")
def client(shipped_app: Flask) -> FlaskClient:
    return shipped_app.test_client()


@pytest.fixture(scope="module")
def described(client: FlaskClient, shipped_graph: KnowledgeGraph) -> Mapping[str, Triples]:
    """What the endpoint's DESCRIBE says of each IRI."""
    found = {}
    for iri in iris(shipped_graph):
        query = {"query": f"DESCRIBE <{iri}>", "format": "ntriples"}
        response = client.get("/sparql", query_string=query)
        assert response.status_code == 200
        found[iri] = read(response.data, RdfFormat.N_TRIPLES)
    return found


def test_every_kind_of_name_is_crawled(shipped_graph: KnowledgeGraph) -> None:
    found = iris(shipped_graph)
    assert len(found) > 1000
    for start in ("id/place/", "id/obs/", "concept/", "ontology#", "graph/", "id/query/"):
        assert any(iri.startswith(vocab.BASE + start) for iri in found), start


def test_every_iri_has_a_page(client: FlaskClient, shipped_graph: KnowledgeGraph) -> None:
    for iri in iris(shipped_graph):
        response = client.get(path_of(iri, vocab.BASE), headers=HTML)
        assert response.status_code == 200, iri
        assert response.mimetype == "text/html"
        assert len(response.data) < 100_000, iri
        Page(response.text)


@pytest.mark.parametrize("format", RDF_FORMATS, ids=lambda each: each.name)
def test_the_rdf_of_every_page_is_what_describe_gives(
    client: FlaskClient, described: Mapping[str, Triples], format: Format
) -> None:
    assert format.rdf is not None
    for iri, expected in described.items():
        response = client.get(described_at(iri, format))
        assert response.status_code == 200, iri
        assert response.mimetype == format.media_type
        assert read(response.data, format.rdf) == expected, iri


@pytest.mark.parametrize("format", RDF_FORMATS, ids=lambda each: each.name)
def test_the_address_itself_gives_it_by_accept_over_http(
    shipped: FlaskClient, described: Mapping[str, Triples], format: Format
) -> None:
    """Some of each kind, since the same code answers."""
    assert format.rdf is not None
    for iri in list(described)[::40]:
        path = path_of(iri, vocab.BASE)
        response = shipped.get(path, headers={"Accept": format.media_type})
        assert response.status_code == 200, iri
        assert response.mimetype == format.media_type
        found = read(response.data, format.rdf)
        if not path.startswith("/graph/") and iri != ONTOLOGY:
            assert found == described[iri], iri


def test_the_address_of_a_graph_gives_the_graph(
    client: FlaskClient, shipped_graph: KnowledgeGraph
) -> None:
    names = {quad.graph_name for quad in shipped_graph.quads()}
    graphs = [name.value for name in names if isinstance(name, NamedNode)]
    assert all(name.startswith(GRAPH) for name in graphs)
    for name in graphs:
        response = client.get(path_of(name, vocab.BASE), headers={"Accept": N_TRIPLES.media_type})
        query = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{name}> {{ ?s ?p ?o }} }}"
        asked = client.get("/sparql", query_string={"query": query, "format": "ntriples"})
        expected = read(asked.data, RdfFormat.N_TRIPLES)
        assert read(response.data, RdfFormat.N_TRIPLES) == expected, name


def test_the_address_of_the_ontology_tells_of_all_its_terms(
    client: FlaskClient, shipped_graph: KnowledgeGraph
) -> None:
    """Also what is asserted of the ontology itself."""
    response = client.get("/ontology", headers={"Accept": N_TRIPLES.media_type})
    found = read(response.data, RdfFormat.N_TRIPLES)
    own = {str(quad.triple) for quad in shipped_graph.asserted if _is_of_ontology(quad)}
    assert own
    assert own <= found


def _is_of_ontology(quad: Quad) -> bool:
    return isinstance(quad.subject, NamedNode) and quad.subject.value == ONTOLOGY
