"""A knowledge graph as what its files are made from (`etown_kg.export.distributions.Source`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pyoxigraph import Quad

from etown_kg.export import Context
from etown_kg.figures.reading import QUERY, figures_query
from etown_kg.store.spelling import Term

if TYPE_CHECKING:
    from etown_kg.graph import KnowledgeGraph


class GraphSource:
    """See `Source`; the graph is not to be changed while it is read."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self._graph = graph

    @property
    def figures_query(self) -> str:
        """The query of the ontology's folder, or the usual one."""
        ontology = self._graph.ontology
        return QUERY if ontology is None else figures_query(ontology)

    def quads(self, *, infer: bool) -> Iterator[Quad]:
        """See `Source.quads`."""
        return self._graph.quads(infer=infer)

    def context(self) -> Context:
        """See `Source.context`."""
        return self._graph.context()

    def solutions(self, query: str) -> Iterator[Mapping[str, Term]]:
        """See `Source.solutions`; what is in any graph is found."""
        return self._graph.stated_solutions(query)
