"""The first census of a graph, counted in columns of term numbers.

The engine has numbered the terms and grouped the triples already, so counting a million of them is
some sorting of arrays. What it never saw (links, the graphs that the program makes) is numbered
here. A small graph, or one that another reasoner has closed, is counted triple by triple.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt
from pyoxigraph import Quad

from etown_kg.catalogue.census import LINKS, TYPE, Census, Property
from etown_kg.graph.inference import EngineInference, Inference
from etown_kg.reason.dictionary import LITERAL, Dictionary
from etown_kg.reason.relation import distinct, distinct_leading, leading, pack, trailing
from etown_kg.store import Dataset, GraphName
from etown_kg.store.spelling import Term

_Column = npt.NDArray[np.int64]
_NOTHING: Final = np.empty(0, dtype=np.int64)


# Fewer quads are counted one by one more quickly.
_FEW: Final = 50_000


def census(
    base: str, dataset: Dataset, inference: Inference | None, outside: Iterable[GraphName]
) -> Census:
    """Count the triples of a dataset that is closed.

    Args:
        base: what the IRIs of its own things start with.
        inference: what the dataset's graph of inferred triples came from.
        outside: the graphs that `inference` was not given.
    """
    if len(dataset) < _FEW or not isinstance(inference, EngineInference):
        return Census.of(base, dataset.all_triples())
    return columnar_census(base, dataset, inference, outside)


def columnar_census(
    base: str, dataset: Dataset, inference: EngineInference, outside: Iterable[GraphName]
) -> Census:
    """`census` of what the engine has closed: 0.3 us a triple."""
    numbers = _Numbers(inference.closure.dictionary)
    others = chain(inference.passed_over, *(dataset.quads(graph) for graph in outside))
    columns = [*_closed(inference), *numbers.encoded(others)]
    predicates = np.concatenate([np.full(len(keys), p) for p, keys in columns] or [_NOTHING])
    keys = np.concatenate([keys for _, keys in columns] or [_NOTHING])
    # Literals that were written in another form than the store's are what the store has.
    table = numbers.table(dataset.respelled())
    objects = table[trailing(keys)] if len(table) else trailing(keys)
    return _counted(base, numbers, predicates, pack(leading(keys), objects))


def _counted(base: str, numbers: _Numbers, predicates: _Column, keys: _Column) -> Census:
    """The census of triples: a predicate and a forward key in each row, in any order."""
    pairs = distinct(keys)
    # A pair's place is smaller than the number of pairs, so a predicate fits in front of it.
    triples = distinct(pack(predicates, np.searchsorted(pairs, keys)))
    of, rows = leading(triples), pairs[trailing(triples)]
    counted = Census(
        base,
        triples=len(triples),
        subjects=len(distinct_leading(pairs)),
        objects=len(distinct(trailing(pairs))),
    )
    used, sizes = np.unique(of, return_counts=True)
    subjects = leading(distinct(pack(of, leading(rows))))
    objects = leading(distinct(pack(of, trailing(rows))))
    for column in zip(
        used.tolist(),
        sizes.tolist(),
        np.diff(np.searchsorted(subjects, [*used, _LAST])).tolist(),
        np.diff(np.searchsorted(objects, [*used, _LAST])).tolist(),
        strict=True,
    ):
        number, *counts = column
        name = numbers.iri(number) or ""
        counted.properties[name] = Property(*counts)
        if name == TYPE:
            members, entities = np.unique(trailing(rows[of == number]), return_counts=True)
            found = zip(map(numbers.iri, members.tolist()), entities.tolist(), strict=True)
            counted.classes = {iri: count for iri, count in found if iri is not None}
        elif name in LINKS:
            for object_ in trailing(rows[of == number]).tolist():
                iri = numbers.iri(object_)
                if iri is not None:
                    counted.count_link(name, iri, 1)
    return counted


# Above every number of a term.
_LAST: Final = 1 << 32


def _closed(inference: EngineInference) -> Iterator[tuple[int, _Column]]:
    """What the engine was given and what it added, as queries find it."""
    closure = inference.closure
    yield from closure.asserted.items()
    kinds = closure.dictionary.kinds
    for predicate, keys in closure.inferred_keys():
        yield predicate, keys[kinds[leading(keys)] < LITERAL]


class _Numbers:
    """The numbers of terms: those of a dictionary, and more of our own above them."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        self._first = len(dictionary)
        self._own: dict[str, int] = {}
        self._names: list[str] = []

    def iri(self, number: int) -> str | None:
        """The IRI with this number; None if it is no IRI's."""
        if number < self._first:
            text = self._dictionary.term(number).decode()
        else:
            text = self._names[number - self._first]
        return text[1:-1] if text[0] == "<" and text[1] != "<" else None

    def encoded(self, quads: Iterable[Quad]) -> list[tuple[int, _Column]]:
        """The triples of quads by predicate, as forward keys."""
        triples = [quad.triple for quad in quads]
        numbers = iter(self._numbers([term for triple in triples for term in triple]))
        found: dict[int, list[int]] = {}
        for s, p, o in zip(numbers, numbers, numbers, strict=True):
            found.setdefault(p, []).append(s << 32 | o)
        return [(p, np.array(keys, dtype=np.int64)) for p, keys in found.items()]

    def table(self, respelled: Mapping[Term, Term]) -> _Column:
        """For each number that of the term that the store has for it; empty if all are the same."""
        if not respelled:
            return _NOTHING
        numbers = self._numbers([term for pair in respelled.items() for term in pair])
        table = np.arange(self._first + len(self._names))
        table[numbers[::2]] = numbers[1::2]
        return table

    def _numbers(self, terms: Sequence[Term]) -> list[int]:
        """The number of each term; unknown ones get one."""
        names = list(map(str, terms))
        fresh = [name for name in dict.fromkeys(names) if name not in self._own]
        known = self._dictionary.find_all([name.encode() for name in fresh])
        for name, number in zip(fresh, known, strict=True):
            if number is None:
                number = self._first + len(self._names)
                self._names.append(name)
            self._own[name] = number
        return [self._own[name] for name in names]
