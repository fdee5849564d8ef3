"""Changes that wait to be made: what is to come and to go, in the end as one delta."""

from __future__ import annotations

from collections.abc import Iterable

from pyoxigraph import NamedNode, Quad

from etown_kg.errors import NoGraphError
from etown_kg.store.dataset import Dataset
from etown_kg.store.delta import UNNAMED, Delta, GraphName
from etown_kg.store.spelling import canonical


class Pending:
    """What is to change in a dataset, each quad by its canonical form."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        # Canonical quad -> how it is written in the dataset; how it shall be written.
        self._deleted: dict[Quad, tuple[Quad, ...]] = {}
        self._inserted: dict[Quad, Quad] = {}
        self._created: set[GraphName] = set()
        self._dropped: set[GraphName] = set()

    def __bool__(self) -> bool:
        return bool(self._deleted or self._inserted or self._created or self._dropped)

    def delete(self, alike: Quad) -> None:
        """Delete whatever has this canonical form."""
        if self._inserted.pop(alike, None) is not None or alike in self._deleted:
            return
        if alike in self._dataset:
            self._deleted[alike] = self._dataset.written(alike)

    def insert(self, quad: Quad, *, as_written: bool = True) -> None:
        """Insert a quad, unless one of its value is there.

        One that comes from a solution is not `as_written`: if its value was deleted, the text
        that was deleted comes back.
        """
        alike = canonical(quad)
        self.create(quad.graph_name)
        if alike in self._inserted:
            return
        if alike in self._deleted:
            if not as_written or self._deleted[alike] == (quad,):
                del self._deleted[alike]
            else:
                self._inserted[alike] = quad
        elif alike not in self._dataset:
            self._inserted[alike] = quad

    def clear(self, graph: GraphName) -> None:
        """Delete all quads of a graph, which goes on to exist."""
        for alike in [alike for alike in self._inserted if alike.graph_name == graph]:
            del self._inserted[alike]
        for quad in self._dataset.quads(graph):
            self.delete(canonical(quad))

    def create(self, graph: GraphName) -> None:
        """Let a graph exist."""
        if graph in self._dropped:
            self._dropped.remove(graph)
        elif graph != UNNAMED and graph not in self._dataset.graphs:
            self._created.add(graph)

    def drop(self, graph: GraphName) -> None:
        """Delete all quads of a graph and the graph itself."""
        self.clear(graph)
        if graph in self._created:
            self._created.remove(graph)
        elif graph in self._dataset.graphs:
            self._dropped.add(graph)

    def has_graph(self, graph: GraphName) -> bool:
        """Whether the graph exists by now; the unnamed one always does."""
        if graph == UNNAMED or graph in self._created:
            return True
        return graph in self._dataset.graphs and graph not in self._dropped

    def delta(self) -> Delta:
        """The changes as quads as written."""
        return Delta(
            frozenset(quad for written in self._deleted.values() for quad in written),
            frozenset(self._inserted.values()),
            frozenset(self._created),
            frozenset(self._dropped),
        )


def replacement(dataset: Dataset, graph: GraphName, quads: Iterable[Quad]) -> Delta:
    """The change that makes `quads` the content of a graph, which exists from then on."""
    pending = Pending(dataset)
    pending.clear(graph)
    pending.create(graph)
    for quad in quads:
        pending.insert(moved(quad, graph))
    return pending.delta()


def addition(dataset: Dataset, graph: GraphName, quads: Iterable[Quad]) -> Delta:
    """The change that adds `quads` to a graph, which exists from then on."""
    pending = Pending(dataset)
    pending.create(graph)
    for quad in quads:
        pending.insert(moved(quad, graph))
    return pending.delta()


def removal(dataset: Dataset, graph: GraphName) -> Delta:
    """The change that drops a graph; the unnamed one is emptied.

    Raises:
        NoGraphError: it does not exist.
    """
    pending = Pending(dataset)
    if graph != UNNAMED and not pending.has_graph(graph):
        raise NoGraphError(iri_of(graph))
    pending.drop(graph)
    return pending.delta()


def effective(dataset: Dataset, delta: Delta) -> Delta:
    """What a delta made elsewhere changes here: deletes what is there, inserts what is not.

    Unlike an update it is exact: it tells spellings of one value apart.
    """
    deleted = frozenset(filter(dataset.has_written, delta.deleted))
    inserted = frozenset(
        quad
        for quad in delta.inserted - delta.deleted
        if quad.graph_name in delta.dropped or not dataset.has_written(quad)
    )
    dropped = delta.dropped & dataset.graphs
    lost = frozenset(quad for graph in dropped for quad in dataset.quads(graph))
    made = delta.created | {quad.graph_name for quad in inserted}
    return Delta(
        (deleted | lost) - inserted,
        inserted - lost,
        frozenset(made - {UNNAMED} - (dataset.graphs - dropped)) - dropped,
        frozenset(dropped - made),
    )


def moved(quad: Quad, graph: GraphName) -> Quad:
    """The quad in another graph."""
    return Quad(quad.subject, quad.predicate, quad.object, graph)


def iri_of(graph: GraphName) -> str:
    """What an error calls a graph."""
    return graph.value if isinstance(graph, NamedNode) else str(graph)
