"""The self-description of a graph: the triples of ``graph/meta`` that the program makes.

They count themselves: ``void:triples`` of the whole is what a query finds in it, the description
included. So a change is described in rounds: the counts that it changed are written anew, which
may change counts in turn, until nothing changes. What a number of different objects would have
to say of itself may have no solution (where each number that is written makes another one true);
then it is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol

from pyoxigraph import NamedNode, Quad, Triple

from etown_kg import vocab
from etown_kg.catalogue import void
from etown_kg.catalogue.census import WHOLE, Census, Link, Touched, namespace
from etown_kg.figures.reading import QUERY
from etown_kg.store import Dataset, Delta, GraphName, composed

# Rounds after which two numbers that make each other change are written one at a time, and then
# those after which one that still changes is taken for one without a solution.
_SETTLING: Final = 5
_SETTLED: Final = 12
_OF_OBJECTS: Final = Touched("property", vocab.VOID + "distinctObjects")
_VOCABULARIES: Final = Touched("vocabularies")


@dataclass(frozen=True)
class Presentation:
    """What a description needs that is not in the data: the site's wording by language, and the
    query that finds the figures.
    """

    titles: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    figures_query: str = QUERY


class Section(Protocol):
    """A part of the description that is no count."""

    def concerns(self, changed: Collection[Quad]) -> bool:
        """Whether a change of these quads may change this part."""
        ...

    def triples(self) -> Iterable[Triple]:
        """The part as it is now."""
        ...


class SelfDescription:
    """Describes a dataset in one of its own graphs, and goes on doing so as it changes."""

    def __init__(
        self,
        dataset: Dataset,
        base: str,
        sections: Sequence[Section],
        count: Callable[[], Census],
    ) -> None:
        """Describe a dataset that has no description yet; `count` takes its census."""
        self._dataset = dataset
        self._sections = sections
        self._about = void.dataset_of(base)
        self.graph = NamedNode(f"{base}graph/meta")
        self._stated: dict[object, frozenset[Triple]] = {}
        self._touched: dict[Touched, None] = {}
        self._stale: list[Section] = []
        self._unsettled: set[Touched] = set()
        # What is no count comes first, so that it is counted with all the rest.
        for section in sections:
            self._stated[id(section)] = frozenset(section.triples())
        dataset.extend(self.quads())
        self._census = census = count()
        for name in census.properties:
            self._touched[Touched("property", name)] = None
        for name in census.classes:
            self._touched[Touched("class", name)] = None
        for link in census.links:
            self._touched[Touched("link", link)] = None
        dataset.create(self.graph)
        self._touch_graphs(dataset.graphs)
        self._touched[WHOLE] = self._touched[_VOCABULARIES] = None
        self.refresh()

    def quads(self) -> Iterator[Quad]:
        """All that it says."""
        for triples in self._stated.values():
            for s, p, o in triples:
                yield Quad(s, p, o, self.graph)

    @contextmanager
    def following(self, *deltas: Delta) -> Iterator[None]:
        """Follow what the block changes in the dataset; `refresh` then tells of it."""
        deleted = [quad for delta in deltas for quad in delta.deleted]
        inserted = [quad for delta in deltas for quad in delta.inserted]
        with self._census.following(self._dataset, deleted, inserted):
            yield
        for delta in deltas:
            self._touch_graphs(delta.graphs)
        changed = [*deleted, *inserted]
        for section in self._sections:
            if section not in self._stale and section.concerns(changed):
                self._stale.append(section)

    def refresh(self) -> Delta:
        """Bring the description up to date, in the dataset as well; gives what that changed."""
        for touched in self._unsettled:
            self._touched[touched] = None
        self._unsettled.clear()
        fresh: dict[object, frozenset[Triple]] = {
            id(section): frozenset(section.triples()) for section in self._stale
        }
        self._stale.clear()
        rounds = 0
        made: list[Delta] = []
        while self._touch_counts() or fresh:
            rounds += 1
            later = self._turn(rounds)
            found = fresh | {touched: frozenset(self._said(touched)) for touched in self._touched}
            fresh = {}
            self._touched = later
            made.append(self._state(found))
        return composed(made)

    def _turn(self, rounds: int) -> dict[Touched, None]:
        """Choose what a late round writes of the numbers that count themselves; gives the rest."""
        if rounds <= _SETTLING:
            return {}
        if rounds > _SETTLED:
            self._unsettled |= {_OF_OBJECTS} & self._touched.keys()
        if rounds > 2 * _SETTLED:
            self._unsettled |= {WHOLE} & self._touched.keys()
        both = WHOLE in self._touched and _OF_OBJECTS in self._touched
        later = (WHOLE, _OF_OBJECTS)[rounds % 2]
        if not both or self._unsettled:
            return {}
        del self._touched[later]
        return {later: None}

    def _touch_counts(self) -> bool:
        """Take over what the census has counted anew; whether there is something to write."""
        for touched in self._census.drained():
            self._touched[touched] = None
            is_there = touched in self._stated
            if touched.kind in ("property", "class") and is_there != self._is_used(touched):
                self._touched[_VOCABULARIES] = None
        return bool(self._touched)

    def _is_used(self, touched: Touched) -> bool:
        counts = self._census.properties if touched.kind == "property" else self._census.classes
        return touched.name in counts

    def _touch_graphs(self, graphs: Iterable[GraphName]) -> None:
        for graph in graphs:
            if isinstance(graph, NamedNode):
                self._touched[Touched("graph", graph.value)] = None

    def _state(self, found: dict[object, frozenset[Triple]]) -> Delta:
        """Say this of these parts, instead of what was said of them; gives the difference."""
        deleted: set[Triple] = set()
        inserted: set[Triple] = set()
        for key, triples in found.items():
            before = self._stated.pop(key, frozenset())
            if triples:
                self._stated[key] = triples
            deleted |= before - triples
            inserted |= triples - before
        if not deleted and not inserted:
            return Delta()
        delta = Delta(
            frozenset(Quad(s, p, o, self.graph) for s, p, o in deleted),
            frozenset(Quad(s, p, o, self.graph) for s, p, o in inserted),
        )
        with self._census.following(self._dataset, delta.deleted, delta.inserted):
            self._dataset.apply(delta)
        self._touch_graphs([self.graph])
        return delta

    def _said(self, touched: Touched) -> Iterator[Triple]:
        """What is to be said of a part now; nothing if there is none any more."""
        census, about, name = self._census, self._about, touched.name
        has_objects = touched not in self._unsettled
        if isinstance(name, Link):
            if name in census.links:
                yield from void.linkset(about, name, census.links[name])
        elif touched.kind == "property":
            if counted := census.properties.get(name):
                objects = counted.objects if has_objects else None
                yield from void.property_partition(
                    about, name, counted.triples, counted.subjects, objects
                )
        elif touched.kind == "class":
            if name in census.classes:
                yield from void.class_partition(about, name, census.classes[name])
        elif touched.kind == "graph":
            graph = NamedNode(name)
            if graph in self._dataset.graphs:
                yield from void.graph_subset(about, name, self._dataset.size(graph))
        elif touched.kind == "vocabularies":
            for space in sorted({*map(namespace, (*census.properties, *census.classes))}):
                yield Triple(about, void.void("vocabulary"), NamedNode(space))
        else:
            objects = census.objects if has_objects else None
            yield from void.size(about, census.triples, census.subjects, objects)
            for kind, count in (
                ("properties", len(census.properties)),
                ("classes", len(census.classes)),
            ):
                yield Triple(about, void.void(kind), void.number(count))
