"""Writes an index, for whoever has a store: some 3 us a triple."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from itertools import accumulate
from mmap import mmap
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from pyoxigraph import DefaultGraph, RdfFormat, Store

from etown_kg.point_queries import terms
from etown_kg.point_queries.index import HALF, HEAD

_Numbers = NDArray[np.int64]


class _Numbering(dict[bytes, int]):
    """Terms of N-Triples by their number; one that is asked for has one."""

    def __missing__(self, term: bytes) -> int:
        number = self[term] = len(self)
        return number


class _Lines:
    """What a store's dump is written to; reads the triples out of it."""

    def __init__(self) -> None:
        self.numbers = _Numbering()
        self.columns = (array("q"), array("q"), array("q"))
        self._begun = b""

    def write(self, chunk: bytes) -> int:
        """Take over more of the dump."""
        lines = (self._begun + chunk).split(b"\n")
        self._begun = lines.pop()
        subjects, predicates, objects = self.columns
        numbers = self.numbers
        for line in lines:
            subject, predicate, rest = line.split(b" ", 2)
            subjects.append(numbers[subject])
            predicates.append(numbers[predicate])
            objects.append(numbers[rest[:-2]])  # without the full stop
        return len(chunk)

    def flush(self) -> None:
        """There is nothing to do."""


def write_index(store: Store, memory: Callable[[int], mmap]) -> None:
    """Write the index of a store's default graph.

    Args:
        memory: gives so many bytes, all zero.

    Raises:
        OSError: there is no memory.
    """
    lines = _Lines()
    store.dump(lines, RdfFormat.N_TRIPLES, from_graph=DefaultGraph())  # type: ignore[arg-type]
    texts = [terms.from_n_triples(term) for term in lines.numbers]
    s, p, o = (np.frombuffer(column, dtype=np.int64) for column in lines.columns)
    ends = np.fromiter(accumulate(map(len, texts), initial=0), dtype=np.int64)
    columns = (
        ends,
        _starts(s, len(texts)),
        _starts(o, len(texts)),
        _ordered(s, p, o),
        _ordered(o, p, s),
        _slots(texts),
    )
    place = HEAD.size
    out = memory(place + sum(column.nbytes for column in columns) + int(ends[-1]))
    HEAD.pack_into(out, 0, len(texts), len(s), len(columns[-1]))
    for column in columns:
        out[place : place + column.nbytes] = column.tobytes()
        place += column.nbytes
    out[place:] = b"".join(texts)


def _starts(numbers: _Numbers, count: int) -> _Numbers:
    """Where each number's keys start among all, and the end behind the last one's."""
    starts = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(numbers, minlength=count), out=starts[1:])
    return starts


def _ordered(numbers: _Numbers, predicates: _Numbers, others: _Numbers) -> _Numbers:
    """The keys of all triples, ordered by a number first."""
    keys = predicates << HALF | others
    ordered: _Numbers = keys[np.lexsort((keys, numbers))]
    return ordered


def _slots(texts: list[bytes]) -> _Numbers:
    """The hash table of the terms: -1 for a free slot; more than half of them are."""
    mask = (1 << (2 * len(texts) + 1).bit_length()) - 1
    slots = array("q", [-1]) * (mask + 1)
    for number, text in enumerate(texts):
        slot = crc32(text) & mask
        while slots[slot] >= 0:
            slot = (slot + 1) & mask
        slots[slot] = number
    return np.frombuffer(slots, dtype=np.int64)
