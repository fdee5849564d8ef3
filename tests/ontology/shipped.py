"""The shipped graph and what the tests of queries need of it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import rdflib
from pyoxigraph import NamedNode

from etown_kg import vocab
from etown_kg.graph import KnowledgeGraph
from etown_kg.load import read
from etown_kg.rdflib_terms import to_rdflib
from tests.ontology.engines import Table, ask

QUERIES = Path(__file__).parents[2] / "ontology" / "queries"


class Asked:
    """A closed graph that is asked through either engine."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.graph = graph
        self._unions: dict[bool, rdflib.Graph] = {}

    def ask(self, engine: str, text: str, *, infer: bool = True, prefixes: bool = False) -> Table:
        """The answer to a SELECT; rdflib has the union of the graphs and no named ones."""
        if engine == "oxigraph":
            return ask(engine, self.graph, text, infer=infer, prefixes=prefixes)
        if infer not in self._unions:
            self._unions[infer] = to_rdflib(self.graph.quads(infer=infer))
        return ask(engine, self._unions[infer], text, infer=infer, prefixes=prefixes)

    @cached_property
    def known_iris(self) -> frozenset[str]:
        """Every IRI that some asserted triple mentions."""
        quads = self.graph.asserted
        terms = [term for quad in quads for term in (quad.subject, quad.predicate, quad.object)]
        return frozenset(term.value for term in terms if isinstance(term, NamedNode))


class Shipped(Asked):
    """The shipped graph as it is, and once more with extra data."""

    @cached_property
    def with_given(self) -> Asked:
        """With the extra data of all competency questions, closed anew."""
        extra = [
            quad
            for path in sorted((QUERIES / "competency").glob("*.given.ttl"))
            for quad in read(path, vocab.GRAPH + path.name.removesuffix(".given.ttl"))
        ]
        graph = KnowledgeGraph([*self.graph.asserted, *extra])
        graph.close()
        return Asked(graph)
