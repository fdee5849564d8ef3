"""The search index of a backend: what it reads, and how it keeps up with changes."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from pyoxigraph import RdfFormat, parse

from etown_kg.backend import IsGone, QueryRequest, QueryResult, UpdateRequest
from etown_kg.backend.local import LocalBackend
from etown_kg.errors import LimitError, UnavailableError
from etown_kg.graph import KnowledgeGraph
from etown_kg.search import Role
from etown_kg.web import lookup
from etown_kg.web.lookup import Lookup

DATA = """
@prefix : <http://zoo.example/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
GRAPH :terms {
  :Bird a owl:Class ; rdfs:subClassOf :Animal ; owl:hasKey ( :ring ) .
  :nickname rdfs:subPropertyOf skos:altLabel .
  :Animal a owl:Class ; rdfs:label "animal"@en ; skos:definition "A living thing that moves."@en .
}
GRAPH :east {
  :robin a :Bird ; rdfs:label "知更鸟"@zh ; :ring "GB 61" ; :nickname "redbreast"@en .
  :the-robin a :Bird ; owl:sameAs :robin ; rdfs:label "the robin"@en .
  [] rdfs:label "nobody" .
}
"""
ZOO = "http://zoo.example/"


class Watched(LocalBackend):
    """A local backend that counts its queries and can be made to wait or to fail."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        super().__init__(graph)
        self.queries = 0
        self.before: Callable[[], None] = lambda: None

    def query(self, request: QueryRequest, is_gone: IsGone | None = None) -> QueryResult:
        self.queries += 1
        self.before()
        return super().query(request, is_gone)

    def rename(self, name: str) -> None:
        text = f'INSERT DATA {{ GRAPH <{ZOO}east> {{ <{ZOO}robin> rdfs:label "{name}" }} }}'
        self.update(UpdateRequest(text, writer="a test"))


@pytest.fixture
def backend() -> Watched:
    graph = KnowledgeGraph(parse(DATA, RdfFormat.TRIG), base=ZOO)
    graph.close()
    return Watched(graph)


@pytest.fixture
def found(backend: Watched) -> Lookup:
    return Lookup(backend)


@pytest.mark.parametrize(
    ("typed", "iri", "role"),
    [
        ("知更", "robin", Role.LABEL),
        ("the robin", "robin", Role.LABEL),
        ("gb 61", "robin", Role.CODE),
        ("redbreast", "robin", Role.ALIAS),
        ("bird", "Bird", Role.ADDRESS),
        ("living", "Animal", Role.DEFINITION),
    ],
)
def test_names_codes_and_definitions_are_found(
    found: Lookup, typed: str, iri: str, role: Role
) -> None:
    hit = found.newest().index.search(typed).hits[0]
    assert (hit.iri, hit.role) == (ZOO + iri, role)


def test_what_is_the_same_is_found_once(found: Lookup) -> None:
    assert [hit.iri for hit in found.newest().index.search("robin").hits] == [ZOO + "robin"]
    assert found.newest().representative(ZOO + "the-robin") == ZOO + "robin"
    assert found.newest().representative(ZOO + "Bird") == ZOO + "Bird"


def test_inferred_classes_count(found: Lookup) -> None:
    classes = dict(found.newest().index.search("robin", classes=9).classes)
    assert classes == {ZOO + "Animal": 1, ZOO + "Bird": 1}


def test_blank_nodes_are_not_found(found: Lookup) -> None:
    assert not found.newest().index.search("nobody").hits


def test_a_version_is_read_once(found: Lookup, backend: Watched) -> None:
    first = found.newest().index
    queries = backend.queries
    assert found.newest().index is first
    assert backend.queries == queries


def test_a_change_is_found(
    found: Lookup, backend: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "FRESH_S", 60.0)
    monkeypatch.setattr(lookup, "_SHARE", 1.0)
    assert not found.newest().index.search("erithacus").hits
    backend.rename("Erithacus")
    assert found.newest().index.search("erithacus").hits[0].iri == ZOO + "robin"


def test_the_index_before_serves_while_the_next_is_built(
    found: Lookup, backend: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "_SHARE", 1.0)
    monkeypatch.setattr(lookup, "FRESH_S", 0.01)
    before = found.newest().index
    go = threading.Event()
    backend.before = lambda: None if go.wait(60) else pytest.fail("nobody said go")
    backend.rename("Erithacus")
    assert found.newest().index is before
    go.set()
    monkeypatch.setattr(lookup, "FRESH_S", 60.0)
    assert found.newest().index is not before


def test_building_leaves_time_for_the_rest(found: Lookup, backend: Watched) -> None:
    before = found.newest().index
    backend.rename("Erithacus")
    found._not_before = float("inf")  # as if the first had taken very long
    queries = backend.queries
    assert found.newest().index is before
    assert backend.queries == queries


def test_a_failure_is_told_and_tried_again(
    found: Lookup, backend: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "_PAUSE_S", 0.0)

    def fail() -> None:
        raise LimitError("query time of 0 s", "too long", kind="time")

    backend.before = fail
    with pytest.raises(LimitError, match="too long"):
        _ = found.newest().index
    backend.before = lambda: None
    assert found.newest().index.size


def test_the_first_index_is_waited_for_so_long_only(
    found: Lookup, backend: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "FIRST_S", 0.01)
    go = threading.Event()
    backend.before = lambda: None if go.wait(60) else pytest.fail("nobody said go")
    with pytest.raises(UnavailableError, match="being built"):
        _ = found.newest().index
    go.set()


def test_who_only_wants_hints_waits_a_moment_at_most(
    found: Lookup, backend: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "FRESH_S", 0.01)
    go = threading.Event()
    backend.before = lambda: None if go.wait(60) else pytest.fail("nobody said go")
    assert found.at_hand() is None
    go.set()
    found.newest()
    assert found.at_hand() is found.newest()


def test_an_index_of_a_part_says_so(backend: Watched) -> None:
    assert Lookup(backend).newest().index.is_whole
    assert not Lookup(backend, max_texts=3).newest().index.is_whole
