"""The description behind processes: after updates, a reload and a restart from a location."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from pyoxigraph import QueryResultsFormat, QuerySolutions, parse_query_results

from etown_kg.backend import QueryRequest, UpdateRequest
from etown_kg.backend.client import ProcessBackend, start
from etown_kg.catalogue.statistics import Term, counted, stated
from etown_kg.graph import KnowledgeGraph
from etown_kg.store import Location
from tests.backend.conftest import SMALL
from tests.catalogue.farm import BASE, write_farm


def build(folder: Path, location: Path | None = None) -> KnowledgeGraph:
    """What an owner builds: the farm of a folder, or what a location has kept of it."""
    return KnowledgeGraph.build(
        ontology=folder / "ontology",
        data=folder / "data",
        base=BASE,
        location=None if location is None else Location.open(location),
    )


@contextmanager
def served(folder: Path, location: Path | None = None) -> Iterator[ProcessBackend]:
    backend = start(partial(build, folder, location), SMALL)
    try:
        yield backend
    finally:
        backend.close()


def ask(backend: ProcessBackend, query: str) -> list[Mapping[str, Term]]:
    result = backend.query(QueryRequest(query, parameters=("json",)))
    solutions = parse_query_results(result.body, QueryResultsFormat.JSON)
    assert isinstance(solutions, QuerySolutions)
    names = [(variable.value, variable) for variable in solutions.variables]
    return [
        {name: term for name, variable in names if (term := row[variable]) is not None}
        for row in solutions
    ]


def hens(backend: ProcessBackend) -> int:
    """How many hens there are, once what is said of the data is what they are."""
    said = stated(partial(ask, backend), BASE)
    truth = counted(partial(ask, backend))
    assert said is not None
    assert said.classes == truth.classes
    assert (said.default_size, dict(said.sizes)) == (truth.default_size, dict(truth.sizes))
    return dict(truth.classes or {}).get(f"{BASE}ontology#Hen", 0)


def more_hens(number: int) -> UpdateRequest:
    return UpdateRequest(
        f"BASE <{BASE}> INSERT DATA"
        f" {{ GRAPH <graph/more> {{ <id/hen{number}> a <ontology#Hen> }} }}"
    )


def test_it_follows_updates_and_a_reload(tmp_path: Path) -> None:
    ontology, data = write_farm(tmp_path)
    assert ontology.is_dir()
    with served(tmp_path) as backend:
        assert hens(backend) == 1
        for number in range(3):
            backend.update(more_hens(number))
            assert hens(backend) == number + 2
        text = (data / "animals.ttl").read_text(encoding="utf-8")
        (data / "animals.ttl").write_text(f"{text}:cluck a f:Hen .\n", encoding="utf-8")
        backend.reload()  # the updates were not kept anywhere
        assert hens(backend) == 2


def test_a_location_keeps_no_counts_and_is_described_anew(tmp_path: Path) -> None:
    write_farm(tmp_path)
    location = tmp_path / "kept"
    with served(tmp_path, location) as backend:
        backend.update(more_hens(1))
        assert hens(backend) == 2
    kept = Location.open(location)
    assert not [quad for quad in kept.quads() if "void#" in quad.predicate.value]
    kept.close()
    queries = tmp_path / "ontology" / "queries" / "examples"
    queries.mkdir(parents=True)
    (queries / "hens.rq").write_text(
        "# en: Which hens?\n# zh: 哪些母鸡？\nSELECT ?hen { ?hen a ?kind }\n", encoding="utf-8"
    )
    with served(tmp_path, location) as backend:
        assert hens(backend) == 2
        named = "PREFIX sh: <http://www.w3.org/ns/shacl#> SELECT ?q { ?q sh:select ?text }"
        assert len(ask(backend, named)) == 1
        backend.update(UpdateRequest(f"DROP GRAPH <{BASE}graph/more>"))
        assert hens(backend) == 1
