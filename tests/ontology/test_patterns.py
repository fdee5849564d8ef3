"""Each reasoning pattern of the ontology fires, and does not fire where it should not.

A case of `patterns/` is three files: given, entailed, not_entailed. All cases are closed as
one graph (their terms do not meet), once for each reasoner; the clashes of P13 one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from rdflib import OWL, RDF, RDFS, Graph
from rdflib.term import Node

from etown_kg.reason import materialise
from etown_kg.reason.reference import close_with_owlrl

CASES = Path(__file__).parent / "patterns"
PROJECT = Path(__file__).parent.parent.parent
ONTOLOGY, DATA = PROJECT / "ontology", PROJECT / "data"
PATTERNS = sorted(path for path in CASES.iterdir() if (path / "given.ttl").exists())
Triples = frozenset[tuple[Node, Node, Node]]


def by_owlrl(graph: Graph) -> tuple[Triples, int]:
    closure = close_with_owlrl(graph)
    return closure.inferred | set(graph), len(closure.clashes)


def by_etown(graph: Graph) -> tuple[Triples, int]:
    closure = materialise(graph)
    return frozenset(closure.graph()), len(closure.violations)


# Closes a graph: all triples, asserted and inferred, and the number of clashes.
REASONERS: dict[str, Callable[[Graph], tuple[Triples, int]]] = {
    "etown": by_etown,
    "owlrl": by_owlrl,
}


@cache
def axioms() -> Graph:
    """The ontology without labels and other annotations, which only make owlrl slow.

    P13's axiom about our places is added from the background facts, where it stands.
    """
    graph = Graph()
    for path in [ONTOLOGY / "etown.ttl", *(ONTOLOGY / "alignments").glob("*.ttl")]:
        graph.parse(path)
    background = Graph().parse(DATA / "background.ttl")
    for axiom in background.subjects(RDF.type, OWL.AllDifferent):
        graph += background.cbd(axiom)
    annotations = {*graph.subjects(RDF.type, OWL.AnnotationProperty)}
    annotations |= {RDFS.label, RDFS.isDefinedBy}
    for triple in list(graph):
        if triple[1] in annotations:
            graph.remove(triple)
    return graph


@cache
def closed(reasoner: str) -> tuple[Triples, int]:
    graph = Graph()
    for triple in axioms():
        graph.add(triple)
    for case in PATTERNS:
        graph.parse(case / "given.ttl")
    return REASONERS[reasoner](graph)


def turtle(path: Path) -> set[tuple[Node, Node, Node]]:
    return set(Graph().parse(path))


@pytest.fixture(params=REASONERS)
def reasoner(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.mark.parametrize("case", PATTERNS, ids=lambda path: path.name)
def test_pattern_fires(case: Path, reasoner: str) -> None:
    triples, _ = closed(reasoner)
    assert turtle(case / "entailed.ttl") - triples == set()


@pytest.mark.parametrize("case", PATTERNS, ids=lambda path: path.name)
def test_pattern_needs_inference(case: Path) -> None:
    assert turtle(case / "entailed.ttl") - turtle(case / "given.ttl") - set(axioms())


@pytest.mark.parametrize("case", PATTERNS, ids=lambda path: path.name)
def test_pattern_does_not_overreach(case: Path, reasoner: str) -> None:
    triples, _ = closed(reasoner)
    excluded = turtle(case / "not_entailed.ttl")
    assert excluded
    assert excluded & triples == set()


def test_pattern_examples_are_consistent(reasoner: str) -> None:
    assert closed(reasoner)[1] == 0


@pytest.mark.parametrize(
    "case", sorted((CASES / "p13-clashes").glob("*.ttl")), ids=lambda path: path.stem
)
def test_what_is_disjoint_clashes(case: Path, reasoner: str) -> None:
    assert REASONERS[reasoner](axioms() + Graph().parse(case))[1] > 0


@pytest.mark.parametrize(
    "case", sorted((CASES / "p13-no-clash").glob("*.ttl")), ids=lambda path: path.stem
)
def test_what_may_overlap_does_not_clash(case: Path, reasoner: str) -> None:
    assert REASONERS[reasoner](axioms() + Graph().parse(case))[1] == 0


def test_every_pattern_of_the_model_has_a_case() -> None:
    numbers = {path.name[:3] for path in CASES.iterdir() if path.name.startswith("p")}
    assert numbers == {f"p{number:02}" for number in range(1, 16)}
