"""An update whose closure is out of bounds is refused, and holds up nobody for long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pyoxigraph import NamedNode, Quad

from etown_kg import vocab
from etown_kg.backend import QueryRequest, UpdateRequest
from etown_kg.backend.client import ProcessBackend, start
from etown_kg.errors import EtownError, InconsistentError, LimitError
from etown_kg.graph import KnowledgeGraph
from tests.backend.conftest import SMALL

CHAIN = 6000  # a transitive property over so many gives 18 million statements
RUNAWAYS = {
    "transitive property": "<x:p> a owl:TransitiveProperty . "
    + " ".join(f"<x:n{n}> <x:p> <x:n{n + 1}> ." for n in range(CHAIN)),
    "classes in a row": " ".join(f"<x:c{n}> rdfs:subClassOf <x:c{n + 1}> ." for n in range(CHAIN)),
}


def zoo() -> KnowledgeGraph:
    graph = NamedNode("x:g")
    bird, fish = NamedNode("x:Bird"), NamedNode("x:Fish")
    disjoint, kind = NamedNode(vocab.OWL + "disjointWith"), NamedNode(vocab.RDF + "type")
    found = KnowledgeGraph(
        [Quad(bird, disjoint, fish, graph), Quad(NamedNode("x:a"), kind, bird, graph)]
    )
    found.close()
    return found


@pytest.fixture(scope="module")
def backend() -> Iterator[ProcessBackend]:
    found = start(zoo, replace(SMALL, update_s=8.0))
    try:
        yield found
    finally:
        found.close()


def update(backend: ProcessBackend, data: str) -> EtownError | None:
    try:
        backend.update(UpdateRequest(f"INSERT DATA {{ GRAPH <x:g> {{ {data} }} }}"))
    except EtownError as error:
        return error
    return None


@pytest.mark.parametrize("case", RUNAWAYS)
def test_a_closure_out_of_bounds_is_refused(backend: ProcessBackend, case: str) -> None:
    before = backend.status().version
    failure = update(backend, RUNAWAYS[case])
    assert isinstance(failure, LimitError)
    assert failure.kind in ("time", "memory")
    assert failure.limit.startswith("update ")
    assert backend.status().version == before
    # Nobody waits for what was refused.
    began = time.monotonic()
    assert update(backend, f"<x:b> a <x:{case.replace(' ', '-')}>") is None
    assert backend.query(QueryRequest("ASK { <x:b> a ?class }")).body
    assert time.monotonic() - began < 8


def test_a_large_change_is_read_in_threads_within_its_memory(backend: ProcessBackend) -> None:
    # So many lines are cut up in several threads, none of which may reserve a deep stack.
    long = "s" * 60
    lines = " ".join(f"<x:{long}{n}> <x:p> <x:{long}> ." for n in range(40_000))
    failure = update(backend, lines)
    assert failure is None or isinstance(failure, LimitError)
    assert update(backend, "<x:s> a <x:Bird>") is None


def test_a_clash_is_told_as_one(backend: ProcessBackend) -> None:
    assert isinstance(update(backend, "<x:a> a <x:Fish>"), InconsistentError)
    assert isinstance(update(backend, "<x:Bird> rdfs:subClassOf <x:Fish>"), InconsistentError)
    # What was refused is not there to clash with.
    assert update(backend, "<x:Bird> rdfs:subClassOf <x:Animal>") is None
    asked = "ASK { <x:a> a <x:Animal> }"
    assert b"true" in backend.query(QueryRequest(asked)).body


def test_changes_behind_one_of_the_ontology_are_seen(backend: ProcessBackend) -> None:
    for number in range(3):
        assert update(backend, f"<x:k{number}> rdfs:subClassOf <x:k{number + 1}>") is None
        assert update(backend, f"<x:i{number}> a <x:k{number}>") is None
    asked = "ASK { <x:i0> a <x:k3> }"
    assert b"true" in backend.query(QueryRequest(asked)).body
