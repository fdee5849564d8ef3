"""Census: how many triples, terms, properties and classes a dataset has, kept up to date.

The numbers are those of VoID (https://www.w3.org/TR/void/#statistics) for the set of all triples,
whatever graphs they are in. They are counted once; a change then costs a few lookups for each of
its quads, whatever the dataset's size: of every part of a changed triple it is asked whether the
dataset had it before, and whether it has it now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from pyoxigraph import BlankNode, NamedNode, Quad, Triple
from pyoxigraph import Literal as RdfLiteral

from etown_kg import vocab
from etown_kg.store import UNNAMED, Dataset
from etown_kg.store.spelling import canonical_quads

Term = NamedNode | BlankNode | RdfLiteral | Triple
_Subject = NamedNode | BlankNode | Triple  # as pyoxigraph's types have it

TYPE: Final = vocab.RDF + "type"
# What says that a thing of ours is one of another dataset, or like it.
LINKS: Final = frozenset(
    (
        *(vocab.SKOS + f"{kind}Match" for kind in ("exact", "close", "broad", "narrow", "related")),
        vocab.OWL + "sameAs",
    )
)


# Where a change is more than one in so many quads, all are counted anew, which is quicker.
_RECOUNTED: Final = 8


@dataclass
class Property:
    """One property: its triples and their different subjects and objects."""

    triples: int = 0
    subjects: int = 0
    objects: int = 0


class Link(NamedTuple):
    """The links by one property to one namespace outside."""

    predicate: str
    namespace: str


class Touched(NamedTuple):
    """What a change may have given another number: all, a property, a class, links, a graph."""

    kind: Literal["whole", "property", "class", "link", "graph", "vocabularies"]
    name: str | Link = ""


WHOLE: Final = Touched("whole")


@dataclass
class Census:
    """The counts of a dataset, and what of them has changed since somebody `drained` that.

    Attributes:
        base: what IRIs of the dataset's own things start with; others are outside.
        triples, subjects, objects: how many different ones there are.
        properties: the counts of each property that is used.
        classes: how many different things are members of each class with an IRI.
        links: how many triples link to each outside namespace.
    """

    base: str
    triples: int = 0
    subjects: int = 0
    objects: int = 0
    properties: dict[str, Property] = field(default_factory=dict)
    classes: dict[str, int] = field(default_factory=dict)
    links: dict[Link, int] = field(default_factory=dict)
    _touched: dict[Touched, None] = field(default_factory=dict)

    @classmethod
    def of(cls, base: str, triples: Iterable[Triple]) -> Census:
        """The census of these triples, each given once; about 1 us a triple."""
        counted = cls(base)
        found: dict[NamedNode, tuple[list[Term], list[Term]]] = {}
        for s, p, o in triples:
            ends = found.get(p)
            if ends is None:
                ends = found[p] = ([], [])
            ends[0].append(s)
            ends[1].append(o)
        subjects: set[Term] = set()
        objects: set[Term] = set()
        for p, ends in found.items():
            of_property = set(ends[0]), set(ends[1])
            subjects |= of_property[0]
            objects |= of_property[1]
            name = p.value
            counted.properties[name] = Property(len(ends[0]), *map(len, of_property))
            if name == TYPE or name in LINKS:
                iris = Counter(o.value for o in ends[1] if isinstance(o, NamedNode))
                if name == TYPE:
                    counted.classes = dict(iris)
                else:
                    for iri, number in iris.items():
                        counted.count_link(name, iri, number)
        counted.triples = sum(each.triples for each in counted.properties.values())
        counted.subjects, counted.objects = len(subjects), len(objects)
        return counted

    def drained(self) -> list[Touched]:
        """What has changed since this was last asked."""
        touched = list(self._touched)
        self._touched.clear()
        return touched

    def count_link(self, predicate: str, object_: str, number: int) -> None:
        """Count triples of a linking property to an IRI, if that is one outside."""
        if not object_.startswith(self.base):
            link = Link(predicate, namespace(object_))
            _add(self.links, link, number)
            self._touched[Touched("link", link)] = None

    @contextmanager
    def following(
        self, dataset: Dataset, deleted: Collection[Quad], inserted: Collection[Quad]
    ) -> Iterator[None]:
        """Follow the change that the block makes to `dataset`.

        `deleted` are quads that are there and `inserted` such as are not, as they are written; a
        triple may stay in another graph, or in another spelling.
        """
        if len(dataset) < _RECOUNTED * (len(deleted) + len(inserted)):
            yield
            self._take(Census.of(self.base, dataset.all_triples()))
            return
        gone, come = _Parts(canonical_quads([*deleted])), _Parts(canonical_quads([*inserted]))
        fresh = come.absent(dataset, gone)
        yield
        # In this order, so that no property is without triples in between.
        self._count(fresh, 1)
        self._count(gone.absent(dataset, come), -1)

    def _take(self, anew: Census) -> None:
        """Take over the counts of another census, and note which are others than before."""
        for name in (*self.properties, *anew.properties):
            if self.properties.get(name) != anew.properties.get(name):
                self._touched[Touched("property", name)] = None
        for name in (*self.classes, *anew.classes):
            if self.classes.get(name) != anew.classes.get(name):
                self._touched[Touched("class", name)] = None
        for link in (*self.links, *anew.links):
            if self.links.get(link) != anew.links.get(link):
                self._touched[Touched("link", link)] = None
        self._touched[WHOLE] = None
        self.triples, self.subjects, self.objects = anew.triples, anew.subjects, anew.objects
        self.properties, self.classes, self.links = anew.properties, anew.classes, anew.links

    def _count(self, parts: _Parts, number: int) -> None:
        """Count parts that the dataset has now and had not before, or the other way round."""
        self.subjects += number * len(parts.subjects)
        self.objects += number * len(parts.objects)
        if parts.triples or parts.subjects or parts.objects:
            self._touched[WHOLE] = None
        for p, _ in parts.of_objects:
            self._of(p).objects += number
        for _, p in parts.of_subjects:
            self._of(p).subjects += number
        for _, p, o in parts.triples:
            self.triples += number
            found = self._of(p)
            found.triples += number
            name = p.value
            if not found.triples:
                del self.properties[name]
            if isinstance(o, NamedNode) and name == TYPE:
                _add(self.classes, o.value, number)
                self._touched[Touched("class", o.value)] = None
            elif isinstance(o, NamedNode) and name in LINKS:
                self.count_link(name, o.value, number)

    def _of(self, p: NamedNode) -> Property:
        name = p.value
        self._touched[Touched("property", name)] = None
        return self.properties.setdefault(name, Property())


def namespace(iri: str) -> str:
    """What an IRI starts with before its local name; a slash at its end belongs to that.

    >>> namespace("https://sws.geonames.org/1814991/"), namespace("x:y#z")
    ('https://sws.geonames.org/', 'x:y#')
    """
    bare = iri.rstrip("/")
    return bare[: max(bare.rfind("/"), bare.rfind("#")) + 1] or iri


class _Parts:
    """The triples of some quads, and what else is counted of them: the terms at their ends, and
    those that a property has.
    """

    def __init__(self, quads: Iterable[Quad] = ()) -> None:
        self.triples: set[tuple[_Subject, NamedNode, Term]] = set()
        for quad in quads:
            self.triples.add((quad.subject, quad.predicate, quad.object))
        self.of_subjects = {(s, p) for s, p, _ in self.triples}
        self.of_objects = {(p, o) for _, p, o in self.triples}
        self.subjects = {s for s, _ in self.of_subjects}
        self.objects = {o for _, o in self.of_objects}

    def absent(self, dataset: Dataset, others: _Parts) -> _Parts:
        """Those that `dataset` does not have and that are not among `others`.

        What lacks a part is not looked for.
        """
        graph = UNNAMED if dataset.is_union else None
        find = dataset.triples.quads_for_pattern

        def has(s: _Subject | None, p: NamedNode | None, o: Term | None) -> bool:
            return next(find(s, p, o, graph), None) is not None

        found = _Parts()
        found.subjects = {s for s in self.subjects - others.subjects if not has(s, None, None)}
        found.objects = {o for o in self.objects - others.objects if not has(None, None, o)}
        found.of_subjects = {
            (s, p)
            for s, p in self.of_subjects - others.of_subjects
            if s in found.subjects or not has(s, p, None)
        }
        found.of_objects = {
            (p, o)
            for p, o in self.of_objects - others.of_objects
            if o in found.objects or not has(None, p, o)
        }
        found.triples = {
            (s, p, o)
            for s, p, o in self.triples - others.triples
            if (s, p) in found.of_subjects or (p, o) in found.of_objects or not has(s, p, o)
        }
        return found


def _add(counts: dict[str, int] | dict[Link, int], name: object, number: int) -> None:
    found = counts.get(name, 0) + number  # type: ignore[call-overload]
    if found:
        counts[name] = found  # type: ignore[index]
    else:
        del counts[name]  # type: ignore[arg-type]
