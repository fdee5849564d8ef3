"""Counts in executors: of the state that each was forked with, however much it has changed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from pyoxigraph import NamedNode, Quad, RdfFormat, parse

from etown_kg.backend import Backend, QueryRequest, UpdateRequest
from etown_kg.backend.client import start
from etown_kg.backend.limits import Limits
from etown_kg.graph import KnowledgeGraph, counts

BASE = "http://z/"
HOUSES = 20_000
ONTOLOGY = """@prefix : <http://e/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
    @prefix owl: <http://www.w3.org/2002/07/owl#> .
    :House rdfs:subClassOf :Building ,
        [ a owl:Restriction ; owl:onProperty :in ; owl:hasValue :t ] .
"""
# Each is counted in columns as it is; with an empty group in it, which changes nothing, by the
# engine.
QUESTIONS = [
    "SELECT ?t (COUNT(*) AS ?n) { %s ?s a ?t } GROUP BY ?t ORDER BY ?n STR(?t)",
    "SELECT (COUNT(DISTINCT ?q) AS ?n) { %s ?s a :House ; :in ?q }",
    "SELECT ?q (COUNT(*) AS ?n) { %s ?s :in ?q . ?s a :Building } GROUP BY ?q ORDER BY DESC(?n) ?q",
    "SELECT DISTINCT ?p { %s ?s ?p ?o } ORDER BY ?p",
]


def large() -> KnowledgeGraph:
    """A closed graph of more quads than are left to the engine."""
    graph = KnowledgeGraph(
        [*parse(ONTOLOGY, RdfFormat.TURTLE), *(each for n in range(HOUSES) for each in house(n))],
        base=BASE,
    )
    graph.close()
    assert len(graph.asserted) + len(graph.inferred) > counts.FEW_QUADS
    return graph


def house(number: int) -> list[Quad]:
    subject, type_ = e(f"h{number}"), "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
    return [
        Quad(subject, NamedNode(type_), e("House"), e("graph")),
        Quad(subject, e("in"), e(f"q{number % 7}"), e("graph")),
    ]


def e(name: str) -> NamedNode:
    return NamedNode(f"http://e/{name}")


def ask(backend: Backend, text: str) -> object:
    request = QueryRequest(f"PREFIX : <http://e/> {text}", accept="application/json")
    return json.loads(backend.query(request).body)["results"]["bindings"]


def test_executors_count_the_state_that_they_see() -> None:
    limits = Limits(query_s=60.0, longest_s=60.0)
    backend = start(large, limits)
    try:
        for change in (
            "INSERT DATA { GRAPH :new { :h0 :in :q0 , :q1 . :x a :House ; :in _:b } }",
            "DELETE DATA { GRAPH :graph { :h1 a :House . :h2 :in :q2 } }",
            "INSERT DATA { GRAPH :new { :House :kind :Kind . :x a _:k } }",
            "DELETE WHERE { GRAPH :new { :x ?p ?o } }",
        ):
            backend.update(UpdateRequest(f"PREFIX : <http://e/> {change}"))
            with ThreadPoolExecutor(len(QUESTIONS)) as pool:
                in_columns = list(pool.map(lambda text: ask(backend, text % ""), QUESTIONS))
            assert in_columns == [ask(backend, text % "{ }") for text in QUESTIONS]
    finally:
        backend.close()
