"""A set of quads that can be queried and changed: one pyoxigraph store and what it cannot hold.

The store has each quad in its named graph. Its default graph is what queries see as such: in
``union`` mode the set of all triples (``docs/decisions/0001-default-graph-is-a-set.md``), in
``standard`` mode the triples of the unnamed graph alone. A second store can hold those triples
and nothing else (`triples`), which answers what names no graph from smaller indexes. What the
store cannot hold is kept beside it: which triples stand in the unnamed graph when the default
graph is a union, and the text of literals that the store spells in its own way (`spelling`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final, Literal, NamedTuple

from pyoxigraph import NamedNode, Quad, Store, Triple

from etown_kg.store.delta import UNNAMED, Delta, GraphName, batches
from etown_kg.store.spelling import Term, canonical, canonical_quads

DefaultGraphMode = Literal["union", "standard"]
DEFAULT_GRAPHS: Final[tuple[DefaultGraphMode, ...]] = ("union", "standard")

# Triples that are noted one by one, and those after which a reader should come.
_MOST_TOUCHED: Final = 1 << 14
_FEW_TOUCHED: Final = 1 << 10


class Touched(NamedTuple):
    """What has come or gone, perhaps both: triples in the store's form, and predicates of others.

    A predicate stands for very many triples; it has none among the triples.
    """

    triples: set[Triple]
    predicates: set[NamedNode]

    def note(self, quads: Iterable[Quad]) -> None:
        """Take over that these have come or gone."""
        self.triples.update(quad.triple for quad in quads if quad.predicate not in self.predicates)
        if len(self.triples) > _MOST_TOUCHED:
            self.predicates.update(triple.predicate for triple in self.triples)
            self.triples.clear()


class Dataset(Collection[Quad]):
    """Quads as they were written, and a store over them. Not safe for changes by two threads.

    ``quad in dataset`` compares by value, as the store does; iteration gives the quads as they
    were written.

    Attributes:
        store: all graphs, with the default graph of queries.
        triples: the default graph of queries alone; `store` itself if it is not `for_queries`,
            or has no union.
    """

    def __init__(
        self,
        quads: Iterable[Quad] = (),
        mode: DefaultGraphMode = "union",
        *,
        for_queries: bool = False,
    ) -> None:
        self.store = Store()
        self.is_union = mode == "union"
        self.triples = Store() if self.is_union and for_queries else self.store
        # The triples of the unnamed graph; in standard mode the store's default graph is they.
        self._unnamed = Store() if self.is_union else self.store
        # Canonical quad -> the quads as written, where these are not just the canonical one.
        self._written: dict[Quad, tuple[Quad, ...]] = {}
        self._respelled: dict[Term, Term] = {}
        self._count = 0
        # The quads of each graph as the store has them: two spellings of one value are one.
        self._sizes: Counter[GraphName] = Counter()
        self.graphs: set[GraphName] = set()
        # What has come or gone since somebody asked for it to be noted.
        self._touched: Touched | None = None
        self.extend(quads)

    # Reading

    def __len__(self) -> int:
        """The number of quads as written; two spellings of one value are two."""
        return self._count

    def __contains__(self, quad: object) -> bool:
        """Whether a quad of the same value is there."""
        return isinstance(quad, Quad) and quad in self._home(quad.graph_name)

    def __iter__(self) -> Iterator[Quad]:
        """All quads as written: the unnamed graph, then the named ones in the order of names."""
        yield from self.quads(UNNAMED)
        for graph in sorted(self.graphs, key=str):
            yield from self.quads(graph)

    def all_triples(self) -> Iterator[Triple]:
        """The set of all triples in the store's form, whatever graphs they are in."""
        if self.is_union:
            found = self.triples.quads_for_pattern(None, None, None, UNNAMED)
            return (quad.triple for quad in found)
        return iter({quad.triple for quad in self.store})

    def size(self, graph: GraphName) -> int:
        """How many triples a query finds in one graph."""
        return self._sizes[graph]

    def quads(self, graph: GraphName) -> Iterator[Quad]:
        """The quads of one graph as written."""
        if not self._written:
            yield from self._home(graph).quads_for_pattern(None, None, None, graph)
        for _, written in self.forms(graph) if self._written else ():
            yield from written

    def forms(self, graph: GraphName) -> Iterator[tuple[Quad, tuple[Quad, ...]]]:
        """The quads of one graph in the store's form, with how each was written."""
        for quad in self._home(graph).quads_for_pattern(None, None, None, graph):
            yield quad, self.written(quad)

    def written(self, quad: Quad) -> tuple[Quad, ...]:
        """How a quad, given in its canonical form, was written; itself if it was not."""
        return self._written.get(quad, (quad,)) if self._written else (quad,)

    def respelled(self) -> Mapping[Term, Term]:
        """Each term that was written in another form than the store's, and that form.

        In the order in which they came; some may be of quads that have gone.
        """
        return self._respelled

    def has_written(self, quad: Quad) -> bool:
        """Whether the very quad, as it is written, is there."""
        alike = canonical(quad)
        return quad in self.written(alike) and alike in self

    def graphs_with(self, quad: Quad) -> set[GraphName]:
        """The graphs that hold the quad's triple, written as it is."""
        s, p, o = canonical(quad).triple
        if self.is_union and Quad(s, p, o) not in self.store:
            return set()  # the usual case for what is new, and ten times quicker
        found = {each.graph_name for each in self.store.quads_for_pattern(s, p, o, None)}
        found.discard(UNNAMED)
        if Quad(s, p, o) in self._unnamed:
            found.add(UNNAMED)
        return {
            graph
            for graph in found
            if Quad(quad.subject, quad.predicate, quad.object, graph)
            in self.written(Quad(s, p, o, graph))
        }

    def spellings(self, quad: Quad) -> list[Quad]:
        """How a quad's triple was written, in whatever graphs; its literal may be spelled anyhow.

        Queries give literals in the store's form, so what they tell of is found again by this.
        """
        s, p, o = canonical(quad).triple
        found = {each.graph_name for each in self.store.quads_for_pattern(s, p, o, None)}
        found.discard(UNNAMED)
        if Quad(s, p, o) in self._unnamed:
            found.add(UNNAMED)
        kept = [Quad(s, p, o, graph) for graph in sorted(found, key=str)]
        return [form for each in kept for form in self.written(each)]

    def copy(self, *, for_queries: bool = False) -> Dataset:
        """A dataset of its own with the same quads; about 3 us a quad."""
        mode: DefaultGraphMode = "union" if self.is_union else "standard"
        copied = Dataset(mode=mode, for_queries=for_queries)
        copied.store.extend(self.store)
        if copied.triples is not copied.store:
            copied.triples.extend(self.store.quads_for_pattern(None, None, None, UNNAMED))
        if self.is_union:
            copied._unnamed.extend(self._unnamed)
        copied._written.update(self._written)
        copied._respelled.update(self._respelled)
        copied._count = self._count
        copied._sizes.update(self._sizes)
        for graph in self.graphs:
            copied.create(graph)
        return copied

    def touched(self) -> Touched:
        """What has come or gone since the last call; nothing at the first one, before which nothing
        is noted.

        For one reader, who keeps something of this dataset by predicate.
        """
        found, self._touched = self._touched, Touched(set(), set())
        return found or self._touched

    def is_touched(self) -> bool:
        """Whether so much has come or gone that it is time to look at `touched`."""
        return self._touched is not None and len(self._touched.triples) > _FEW_TOUCHED

    # Changing

    def extend(self, quads: Iterable[Quad]) -> None:
        """Add quads, a batch at a time; the ones that are there change nothing."""
        for batch in batches(quads):
            kept = canonical_quads(batch)
            odd: list[tuple[Quad, Quad]] = []
            plain: dict[Quad, None] = {}
            for quad, alike in zip(batch, kept, strict=True):
                if quad is alike and alike not in self._written:
                    plain[alike] = None
                else:
                    odd.append((quad, alike))
            self._store(list(plain))
            for quad, alike in odd:
                self._add_odd(quad, alike)

    def apply(self, delta: Delta) -> None:
        """Make the change. Readers in other threads may see a part of it meanwhile."""
        for quad in delta.deleted:
            self._remove(quad)
        for graph in delta.dropped:
            self.store.remove_graph(graph)
            self.graphs.discard(graph)
        for graph in delta.created:
            self.create(graph)
        self.extend(delta.inserted)

    def create(self, graph: GraphName) -> None:
        """Let a named graph exist, though it may be empty."""
        if graph != UNNAMED:
            self.store.add_graph(graph)
            self.graphs.add(graph)

    def _home(self, graph: GraphName) -> Store:
        """The store whose graph of this name holds what was said in it."""
        return self._unnamed if graph == UNNAMED else self.store

    def _store(self, quads: list[Quad]) -> None:
        """Add different canonical quads."""
        if self._touched is not None:
            self._touched.note(quads)
        named = [quad for quad in quads if quad.graph_name != UNNAMED]
        unnamed = [quad for quad in quads if quad.graph_name == UNNAMED]
        # Counted before they are in: the store's own length is a walk over all of it.
        fresh = Counter(quad.graph_name for quad in named if quad not in self.store)
        fresh[UNNAMED] += sum(quad not in self._unnamed for quad in unnamed)
        self._sizes.update(fresh)
        self._count += fresh.total()
        self.graphs.update(quad.graph_name for quad in named)
        self.store.extend(named)
        if unnamed:
            self._unnamed.extend(unnamed)
        if self.is_union:
            union = [Quad(quad.subject, quad.predicate, quad.object) for quad in quads]
            self.store.extend(union)
            if self.triples is not self.store:
                self.triples.extend(union)

    def _add_odd(self, quad: Quad, alike: Quad) -> None:
        """Add a quad that is written in another way than the store keeps it."""
        if alike not in self:
            self._store([alike])
            forms: tuple[Quad, ...] = (quad,)
        else:
            forms = self.written(alike)
            if quad in forms:
                return
            forms = (*forms, quad)
            self._count += 1
        self._written[alike] = forms
        if quad is not alike:
            self._respelled[quad.object] = alike.object

    def _remove(self, quad: Quad) -> None:
        alike = canonical(quad)
        forms = self.written(alike)
        if quad not in forms or alike not in self:
            return
        self._count -= 1
        rest = tuple(form for form in forms if form != quad)
        self._written.pop(alike, None)
        if rest:
            if rest != (alike,):
                self._written[alike] = rest
            return
        if self._touched is not None:
            self._touched.note((alike,))
        self._home(alike.graph_name).remove(alike)
        self._sizes[alike.graph_name] -= 1
        if self.is_union:
            self._forget_triple(alike)

    def _forget_triple(self, quad: Quad) -> None:
        """Take a triple out of the union when no graph has it any more."""
        s, p, o = quad.triple
        union = Quad(s, p, o)
        if union in self._unnamed:
            return
        elsewhere = self.store.quads_for_pattern(s, p, o, None)
        if all(found.graph_name == UNNAMED for found in elsewhere):
            self.store.remove(union)
            self.triples.remove(union)


class GraphQuads(Collection[Quad]):
    """The quads of one graph of a dataset, `size` in number, read anew each time."""

    def __init__(self, dataset: Dataset, graph: GraphName, size: int) -> None:
        self._dataset = dataset
        self._graph = graph
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __contains__(self, quad: object) -> bool:
        return isinstance(quad, Quad) and quad.graph_name == self._graph and quad in self._dataset

    def __iter__(self) -> Iterator[Quad]:
        return self._dataset.quads(self._graph)
