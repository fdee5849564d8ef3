"""Names of graphs: what scopes, tokens and messages call them."""

from __future__ import annotations

from collections.abc import Iterable

from pyoxigraph import NamedNode

from etown_kg.scope import UNNAMED_GRAPH, Scope
from etown_kg.store import UNNAMED, Delta, GraphName


def names_of(graphs: Iterable[GraphName]) -> list[str]:
    """The IRIs of graphs, sorted; the unnamed one is ``default``."""
    return sorted(map(name_of, graphs))


def name_of(graph: GraphName) -> str:
    """What a scope calls a graph."""
    if graph == UNNAMED:
        return UNNAMED_GRAPH
    return graph.value if isinstance(graph, NamedNode) else str(graph)


def within(delta: Delta, scope: Scope) -> Delta:
    """What of a delta changes the graphs of a scope."""
    return Delta(
        frozenset(quad for quad in delta.deleted if name_of(quad.graph_name) in scope),
        frozenset(quad for quad in delta.inserted if name_of(quad.graph_name) in scope),
        frozenset(name for name in delta.created if name_of(name) in scope),
        frozenset(name for name in delta.dropped if name_of(name) in scope),
    )
