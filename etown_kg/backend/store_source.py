"""Another store's graphs as what files are made from (`etown_kg.export.distributions.Source`).

Each graph is asked for whole and counted: a store that cuts its answers (Virtuoso's
``ResultSetMaxRows``) gives no file rather than a part of one. A blank node that is in several
graphs becomes one in each, since an answer's names mean nothing to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from pyoxigraph import BlankNode, NamedNode, Quad, Triple

from etown_kg import export
from etown_kg.blank_nodes import blank_nodes_of, with_names
from etown_kg.errors import RemoteError
from etown_kg.graph import Answer
from etown_kg.store.spelling import Term

STORE = "the store behind this server"


class StoreSource:
    """See `Source`.

    Args:
        sizes: how many statements each graph has, by IRI.
        inferred: the IRI of the graph of what follows.
        triples, answer: ask the store a CONSTRUCT or a SELECT of these graphs.
        figures_query: see `Source`.
    """

    def __init__(
        self,
        sizes: Mapping[str, int],
        inferred: str,
        triples: Callable[[str, tuple[str, ...]], list[Triple]],
        answer: Callable[[str, tuple[str, ...]], Answer],
        figures_query: str,
    ) -> None:
        self._sizes = sizes
        self._inferred = inferred
        self._triples = triples
        self._answer = answer
        self.figures_query = figures_query

    @property
    def _asserted(self) -> tuple[str, ...]:
        return tuple(sorted(graph for graph in self._sizes if graph != self._inferred))

    def quads(self, *, infer: bool) -> Iterator[Quad]:
        """See `Source.quads`; one graph is in memory at a time.

        Raises:
            RemoteError: the store sent another number of statements than it counts.
            LimitError: a graph is larger than an answer may be.
        """
        graphs = self._asserted
        if infer and self._inferred in self._sizes:
            graphs = (*graphs, self._inferred)
        for number, graph in enumerate(graphs):
            name = NamedNode(graph)
            text = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH {name} {{ ?s ?p ?o }} }}"
            found = self._triples(text, (graph,))
            if len(found) != self._sizes[graph]:
                raise RemoteError(
                    STORE,
                    f"it has {self._sizes[graph]:,} statements in {graph} and sent {len(found):,}",
                    hint="raise the store's own limit of an answer, or ask again if it changed",
                )
            for triple in found:
                quad = Quad(triple.subject, triple.predicate, triple.object, name)
                names = {n: BlankNode(f"g{number}x{n.value}") for n in blank_nodes_of(quad)}
                yield with_names(quad, names) if names else quad

    def context(self) -> export.Context:
        """See `Source.context`."""
        return export.read_context(self._triples(export.CONTEXT_QUERY, self._asserted))

    def solutions(self, query: str) -> Iterator[Mapping[str, Term]]:
        """See `Source.solutions`."""
        answer = self._answer(query, self._asserted)
        names = answer.variables
        for row in answer.rows():
            yield {name: term for name, term in zip(names, row, strict=True) if term is not None}
