"""The same small graph behind every kind of backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from pyoxigraph import Quad, RdfFormat, parse

from etown_kg.backend import Backend
from etown_kg.backend.client import ProcessBackend, start
from etown_kg.backend.limits import MIB, Limits
from etown_kg.backend.local import LocalBackend
from etown_kg.graph import KnowledgeGraph

ZOO = """
@prefix : <http://zoo.example/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
GRAPH :terms { :Bird rdfs:subClassOf :Animal ; rdfs:label "bird"@en . :Fish rdfs:label "fish"@en }
GRAPH :east { :robin a :Bird ; :weight 0.02 ; rdfs:label "robin"@en ; :eats :worm . }
GRAPH :west { :robin a :Bird . :eel a :Fish ; :weight 3.5 ; :eats :worm . }
GRAPH :many { :n0 :next :n1 . :n1 :next :n2 . :n2 :next :n3 . :n3 :next :n4 . :n4 :next :n5 .
  :n5 :next :n6 . :n6 :next :n7 . :n7 :next :n8 . :n8 :next :n9 . :n9 :next :n0 . }
"""
BASE = "http://zoo.example/"
# Runs until it is stopped, on any graph with a few dozen triples.
RUNAWAY = "SELECT (COUNT(*) AS ?n) { " + " . ".join(f"?s{i} ?p{i} ?o{i}" for i in range(9)) + " }"
SMALL = Limits(query_s=30.0, longest_s=30.0, memory_bytes=256 * MIB, answer_bytes=MIB, short_s=0.3)


def zoo() -> KnowledgeGraph:
    """The graph of these tests, without a closure."""
    return KnowledgeGraph(parse(ZOO, RdfFormat.TRIG), base=BASE)


def starting(limits: Limits = SMALL, quads: list[Quad] | None = None) -> ProcessBackend:
    """Processes around the zoo, or around other quads."""
    quads = list(parse(ZOO, RdfFormat.TRIG)) if quads is None else quads
    return start(partial(KnowledgeGraph, quads, base=BASE), limits)


@pytest.fixture(scope="session")
def processes() -> Iterator[ProcessBackend]:
    """Processes that are shared by tests which change nothing and end nothing but executors."""
    backend = starting()
    yield backend
    backend.close()


@pytest.fixture
def own_processes() -> Iterator[Callable[..., ProcessBackend]]:
    """Starts processes for one test alone, and ends them after it."""
    started: list[ProcessBackend] = []

    def start_own(limits: Limits = SMALL, quads: list[Quad] | None = None) -> ProcessBackend:
        started.append(starting(limits, quads))
        return started[-1]

    yield start_own
    for backend in started:
        backend.close()


@pytest.fixture(params=["local", "processes"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each kind of backend around the zoo; read it only."""
    if request.param == "local":
        return LocalBackend(zoo(), SMALL)
    shared: Backend = request.getfixturevalue("processes")
    return shared


@pytest.fixture(params=["local", "processes"])
def own_backend(
    request: pytest.FixtureRequest, own_processes: Callable[..., ProcessBackend]
) -> Backend:
    """Each kind of backend around a zoo that the test may change."""
    return LocalBackend(zoo(), SMALL) if request.param == "local" else own_processes()
