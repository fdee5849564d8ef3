"""The clients that people have, over real HTTP."""

from __future__ import annotations

import http.client
import urllib.request
from typing import Any

import pytest
from rdflib import Graph, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import (
    CSV,
    GET,
    JSON,
    JSONLD,
    N3,
    POST,
    POSTDIRECTLY,
    RDFXML,
    TSV,
    TURTLE,
    URLENCODED,
    XML,
    SPARQLWrapper,
)
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

WEIGHTS = "SELECT ?animal ?weight WHERE { ?animal <http://zoo.example/weight> ?weight }"
BIRDS = "CONSTRUCT WHERE { ?bird a <http://zoo.example/Bird> }"
EAST = "http://zoo.example/east"


def wrapper(served: str, query: str, returns: str) -> SPARQLWrapper:
    wrapped = SPARQLWrapper(f"{served}/sparql")
    wrapped.setQuery(query)
    wrapped.setReturnFormat(returns)
    return wrapped


def converted(wrapped: SPARQLWrapper) -> Any:
    """The answer as whatever the return format makes it."""
    return wrapped.queryAndConvert()


@pytest.mark.parametrize(
    ("method", "sending"), [(GET, URLENCODED), (POST, URLENCODED), (POST, POSTDIRECTLY)]
)
def test_sparqlwrapper_reads_solutions(served: str, method: str, sending: str) -> None:
    wrapped = wrapper(served, WEIGHTS, JSON)
    wrapped.setMethod(method)
    wrapped.setRequestMethod(sending)
    bindings = converted(wrapped)["results"]["bindings"]
    assert {b["animal"]["value"].rpartition("/")[2] for b in bindings} == {"robin", "eel"}


@pytest.mark.parametrize("returns", [XML, CSV, TSV])
def test_sparqlwrapper_reads_other_tables(served: str, returns: str) -> None:
    answer = converted(wrapper(served, WEIGHTS, returns))
    text = answer.toxml() if returns == XML else answer.decode()
    assert "zoo.example/eel" in text


@pytest.mark.parametrize("returns", [TURTLE, N3, RDFXML, XML, JSONLD])
@pytest.mark.parametrize("query", [BIRDS, "DESCRIBE <http://zoo.example/robin>"])
def test_sparqlwrapper_reads_graphs(served: str, query: str, returns: str) -> None:
    answer = converted(wrapper(served, query, returns))
    graph = Graph().parse(data=answer) if isinstance(answer, bytes) else answer
    assert (URIRef("http://zoo.example/robin"), None, URIRef("http://zoo.example/Bird")) in graph


def test_sparqlwrapper_is_told_of_a_bad_query(served: str) -> None:
    with pytest.raises(QueryBadFormed, match="line"):
        wrapper(served, "SELECT ?s WHERE {", JSON).query()


def test_sparqlwrapper_chooses_a_dataset(served: str) -> None:
    wrapped = wrapper(served, WEIGHTS, JSON)
    wrapped.addDefaultGraph(EAST)
    assert len(converted(wrapped)["results"]["bindings"]) == 1


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
@pytest.mark.parametrize("returns", ["json", "xml", "csv"])
def test_rdflib_store_answers_every_query_form(served: str, method: str, returns: str) -> None:
    graph = Graph(SPARQLStore(f"{served}/sparql", method=method, returnFormat=returns))
    assert len(list(graph.query(WEIGHTS))) == 2
    assert bool(graph.query("ASK { ?s ?p ?o }")) is True
    assert bool(graph.query("ASK { ?s ?p 'nothing like it' }")) is False
    constructed = graph.query(BIRDS).graph
    assert constructed is not None
    assert len(constructed) == 1


def test_rdflib_store_reads_triples(served: str) -> None:
    graph = Graph(SPARQLStore(f"{served}/sparql"))
    weights = list(graph.subject_objects(URIRef("http://zoo.example/weight")))
    assert len(weights) == 2


def test_an_address_alone_is_a_table(served: str) -> None:
    """As pandas, R and spreadsheets ask: no Accept worth the name, the format in the address."""
    address = (
        f"{served}/sparql?format=csv&query=SELECT%20%3Fs%20WHERE%20%7B%20%3Fs%20a%20%3Fc%20%7D"
    )
    with urllib.request.urlopen(address, timeout=10) as response:
        assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert int(response.headers["Content-Length"]) == len(response.read())


def test_a_connection_stays_in_step_after_head(served: str) -> None:
    connection = http.client.HTTPConnection(served.removeprefix("http://"), timeout=10)
    try:
        for path in ("/sparql?query=ASK%7B%7D", "/sparql?query=nonsense", "/nowhere"):
            connection.request("HEAD", path)
            assert connection.getresponse().read() == b""
        connection.request("GET", "/sparql?query=ASK%7B%7D")
        assert connection.getresponse().read() == b'{"head":{},"boolean":true}'
    finally:
        connection.close()
