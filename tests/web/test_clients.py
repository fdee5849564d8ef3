"""The clients that people have, over real HTTP."""

from __future__ import annotations

import http.client
import shutil
import subprocess
import urllib.parse
import urllib.request
from typing import Any

import pytest
from rdflib import RDF, Graph, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore, SPARQLUpdateStore
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

from tests.web import writers
from tests.web.conftest import Zoo
from tests.web.serving import serving

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


def test_rdflib_updates_and_reads_back(own_zoo: Zoo) -> None:
    with serving(own_zoo.app) as address:
        store = SPARQLUpdateStore(
            f"{address}/sparql", f"{address}/update", headers=writers.bearer(writers.SECRET),
            autocommit=True,
        )  # fmt: skip
        graph = Graph(store, identifier=URIRef(EAST))
        hen, bird = URIRef("http://zoo.example/hen"), URIRef("http://zoo.example/Bird")
        graph.add((hen, RDF.type, bird))
        assert (hen, RDF.type, bird) in graph
        assert own_zoo.ask("ASK { <http://zoo.example/hen> a <http://zoo.example/Animal> }")
        graph.update("DELETE WHERE { ?s a <http://zoo.example/Bird> }")
        assert (hen, RDF.type, bird) not in graph


def test_sparqlwrapper_updates(own_zoo: Zoo) -> None:
    with serving(own_zoo.app) as address:
        for sending in (POSTDIRECTLY, URLENCODED):
            wrapped = SPARQLWrapper(f"{address}/sparql", f"{address}/update")
            wrapped.setMethod(POST)
            wrapped.setRequestMethod(sending)
            wrapped.addCustomHttpHeader("Authorization", f"Bearer {writers.SECRET}")
            wrapped.setQuery(f"INSERT DATA {{ <x:{sending}> <x:b> 1 }}")
            assert wrapped.query().response.status == 204
            assert own_zoo.ask(f"ASK {{ <x:{sending}> <x:b> 1 }}")


@pytest.mark.parametrize(("format", "separator"), [("csv", ","), ("tsv", "\t")])
def test_pandas_reads_an_address(served: str, format: str, separator: str) -> None:
    pandas = pytest.importorskip("pandas")
    asked = urllib.parse.urlencode({"query": WEIGHTS, "format": format})
    table = pandas.read_csv(f"{served}/sparql?{asked}", sep=separator)
    assert list(table.shape) == [2, 2]
    assert sorted(table.iloc[:, 1]) == [0.02, 3.5]


CURL = shutil.which("curl")


@pytest.mark.skipif(CURL is None, reason="curl is not installed")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--data-urlencode", f"query={WEIGHTS}"], '"bindings"'),
        (["-H", "Accept: text/csv", "--data-urlencode", f"query={WEIGHTS}"], "animal,weight\r\n"),
        (["-G", "--data-urlencode", f"query={BIRDS}"], "zoo.example/robin"),
        (["-H", "Content-Type: application/sparql-query", "--data", "ASK {}"], '"boolean":true'),
        (["--compressed", "--data-urlencode", f"query={WEIGHTS}"], '"bindings"'),
        (["-I", "-G", "--data-urlencode", "query=ASK {}"], "HTTP/1.1 200 OK"),
        (["--http1.0", "--data-urlencode", "query=ASK {}"], '"boolean":true'),
        (["-H", "Transfer-Encoding: chunked", "-H", "Content-Type: application/sparql-query",
          "--data", "ASK {}"], '"boolean":true'),
    ],
    ids=["form", "csv", "get", "direct", "packed", "head", "http-1.0", "chunked"],
)  # fmt: skip
def test_curl_asks(served: str, arguments: list[str], expected: str) -> None:
    assert CURL is not None
    done = subprocess.run(
        [CURL, "-sS", *arguments, f"{served}/sparql"], capture_output=True, timeout=30, check=True
    )
    assert expected in done.stdout.decode()
