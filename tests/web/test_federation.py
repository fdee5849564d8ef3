"""SERVICE both ways between real servers: ours calls other stores, other engines call ours."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from pyoxigraph import RdfFormat, parse
from rdflib import Graph

from etown_kg.backend.client import start
from etown_kg.backend.limits import Limits
from etown_kg.client import Client
from etown_kg.config import Settings
from etown_kg.graph import KnowledgeGraph
from etown_kg.web import create_app
from tests.stores import StoreAddresses, oxigraph
from tests.web.conftest import ZOO
from tests.web.serving import serving

WEIGHT = "<http://zoo.example/weight>"
# What another store knows of the animals of our zoo.
FOODS = """
<http://zoo.example/eel> <x:eats> "shrimps" .
<http://zoo.example/robin> <x:eats> "worms" .
<http://zoo.example/dodo> <x:eats> "fruit" .
"""
# An animal that is a :Bird, and so an :Animal by inference only.
ANIMALS = "?animal a <http://zoo.example/Animal>"
JOIN = "SELECT ?animal ?food ?weight {{ {ours} {theirs} }} ORDER BY ?animal"
EXPECTED = [("eel", "shrimps", 3.5), ("robin", "worms", 0.02)]


@pytest.fixture(scope="module")
def theirs() -> Iterator[StoreAddresses]:
    """Oxigraph's own server with what it knows."""
    with oxigraph() as addresses:
        addresses.put(FOODS)
        yield addresses


def zoo() -> KnowledgeGraph:
    graph = KnowledgeGraph(parse(ZOO, RdfFormat.TRIG), base="http://zoo.example/")
    graph.close()
    return graph


@pytest.fixture(scope="module")
def ours(theirs: StoreAddresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint of a server of ours that may call theirs, and another of ours."""
    folder = tmp_path_factory.mktemp("ours")
    settings = Settings(ontology=folder, data=folder, base="http://zoo.example/")
    limits = Limits(query_s=30, services=(theirs.query,))
    backend = start(zoo, limits)
    try:
        with serving(create_app(settings, backend, limits=limits)) as address:
            yield f"{address}/sparql"
    finally:
        backend.close()


def found(rows: Any) -> list[tuple[str, str, float]]:
    return [
        (str(animal).rpartition("/")[2], str(food), float(weight)) for animal, food, weight in rows
    ]


def join(*, ours: str, theirs: str) -> str:
    return JOIN.format(ours=ours, theirs=theirs)


OURS = f"?animal {WEIGHT} ?weight ."
THEIRS = "?animal <x:eats> ?food ."


def test_ours_joins_with_what_a_store_knows(ours: str, theirs: StoreAddresses) -> None:
    graph = Client(ours.removesuffix("sparql"))
    called = f"SERVICE <{theirs.query}> {{ {THEIRS} }}"
    rows = graph.select(join(ours=OURS, theirs=called))
    assert found((row["animal"], row["food"], row["weight"]) for row in rows) == EXPECTED
    # What follows from our ontology joins as what is stated does.
    rows = graph.select(f"SELECT ?food {{ {ANIMALS} {called} }}")
    assert [row["food"] for row in rows] == ["worms"]


def test_ours_calls_another_of_ours(ours: str, tmp_path: Any) -> None:
    settings = Settings(ontology=tmp_path, data=tmp_path)
    limits = Limits(query_s=30, services=(ours,))
    backend = start(partial(KnowledgeGraph, ()), limits)
    try:
        with serving(create_app(settings, backend, limits=limits)) as address:
            graph = Client(address)
            (row,) = graph.select(f"SELECT ?animal {{ SERVICE <{ours}> {{ {ANIMALS} }} }}")
            assert row["animal"] == "http://zoo.example/robin"
            rows = graph.construct(
                f"CONSTRUCT {{ ?animal a <x:Known> }} {{ SERVICE <{ours}> {{ {OURS} }} }}"
            )
            assert len(rows) == 2
    finally:
        backend.close()


def test_oxigraph_calls_ours(ours: str, theirs: StoreAddresses) -> None:
    called = f"SERVICE <{ours}> {{ {OURS} }}"
    body = urllib.parse.urlencode({"query": join(ours=called, theirs=THEIRS)}).encode()
    headers = {"Accept": "application/sparql-results+json"}
    asked = urllib.request.Request(theirs.query, body, headers)
    with urllib.request.urlopen(asked, timeout=60) as answer:
        bindings = json.load(answer)["results"]["bindings"]
    names = ("animal", "food", "weight")
    assert found([row[name]["value"] for name in names] for row in bindings) == EXPECTED


def test_rdflib_calls_ours(ours: str) -> None:
    local = Graph().parse(data=FOODS, format="turtle")
    called = f"SERVICE <{ours}> {{ {OURS} }}"
    rows = local.query(join(ours=called, theirs=THEIRS))
    assert found((row.animal, row.food, row.weight) for row in rows) == EXPECTED  # type: ignore[union-attr]


def test_any_store_answers_the_client(theirs: StoreAddresses) -> None:
    graph = Client("http://127.0.0.1:9/", endpoint=theirs.query, update=theirs.update)
    assert graph.ask("ASK { <http://zoo.example/eel> <x:eats> 'shrimps' }") is True
    assert graph.update("INSERT DATA { GRAPH <x:g> { <x:a> <x:b> 2.5 } }") is None
    assert str(graph.select("SELECT ?o { GRAPH <x:g> { ?s ?p ?o } }")[0]["o"]) == "2.5"
    assert len(graph.construct("CONSTRUCT WHERE { ?a <x:eats> ?b }")) == 3
