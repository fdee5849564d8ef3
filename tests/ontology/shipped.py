"""The shipped graph, closed once per run, for every test that asks it something."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import rdflib
from pyoxigraph import NamedNode

from etown_kg import vocab
from etown_kg.graph import KnowledgeGraph
from etown_kg.load import read, to_rdflib

ROOT = Path(__file__).parents[2]
QUERIES = ROOT / "ontology" / "queries"


@cache
def knowledge(with_given: bool = False) -> KnowledgeGraph:
    """The closed graph; with the extra data of all competency questions if asked for."""
    graph = KnowledgeGraph.load()
    if with_given:
        extra = [
            quad
            for path in sorted((QUERIES / "competency").glob("*.given.ttl"))
            for quad in read(path, vocab.GRAPH + path.name.removesuffix(".given.ttl"))
        ]
        graph = KnowledgeGraph([*graph.asserted, *extra])
    graph.close()
    return graph


@cache
def union(infer: bool, with_given: bool = False) -> rdflib.Graph:
    """The union of the graphs for rdflib's engine, with or without what is inferred."""
    return to_rdflib(knowledge(with_given).quads(infer=infer))


@cache
def known_iris() -> frozenset[str]:
    """Every IRI that some asserted triple mentions."""
    quads = knowledge().asserted
    terms = [term for quad in quads for term in (quad.subject, quad.predicate, quad.object)]
    return frozenset(term.value for term in terms if isinstance(term, NamedNode))
