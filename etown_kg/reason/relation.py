"""Sorted, duplicate-free columns of numbers: the kernels below every relation.

The invariants, stated once. A *key* packs two term numbers into an `int64`, the leading one in the
upper half: `leading << 32 | trailing`. Numbers are below 2**31, so keys are non-negative and their
order is the order of the pairs. A *relation's columns* are an array of keys that is sorted and has
no duplicates; *forward* keys lead with the subject, *backward* keys with the object. A *column* is
a sorted, duplicate-free `int64` array of numbers. Arrays are never changed once handed on.
`check_sorted` proves the invariant in tests.

Sorting `int64` is by far NumPy's fastest operation of this kind (vectorised; about ten
nanoseconds a key), so set operations here sort and compare neighbours. Searching many keys in
random order is slow; callers bring them in order where they can.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from etown_kg.errors import LimitError

Keys = npt.NDArray[np.int64]
Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

LOW = 0xFFFFFFFF
EMPTY: Keys = np.empty(0, dtype=np.int64)
EMPTY.setflags(write=False)


def pack(leading: Ids | int, trailing: Ids | int) -> Keys:
    """Keys from two columns, or from a number and a column; in the rows' order."""
    if isinstance(leading, int):
        return np.bitwise_or(trailing, leading << 32)
    keys = leading << 32
    keys |= trailing
    return keys


def leading(keys: Keys) -> Ids:
    """The upper halves."""
    return keys >> 32


def trailing(keys: Keys) -> Ids:
    """The lower halves."""
    return keys & LOW


def swapped(keys: Keys) -> Keys:
    """The same pairs with the halves exchanged, sorted anew."""
    result = keys << 32
    result |= keys >> 32
    result.sort()
    return result


def distinct(keys: Keys) -> Keys:
    """Sort, and drop duplicates. Works on a copy."""
    if len(keys) < 2:
        return keys
    return distinct_sorted(np.sort(keys))


def distinct_sorted(keys: Keys) -> Keys:
    """Drop duplicates of sorted keys; the array itself if there are none."""
    if len(keys) < 2:
        return keys
    is_new = np.empty(len(keys), dtype=bool)
    is_new[0] = True
    np.not_equal(keys[1:], keys[:-1], out=is_new[1:])
    return keys if is_new.all() else keys[is_new]


def distinct_leading(keys: Keys) -> Ids:
    """The column of upper halves of sorted keys."""
    return distinct_sorted(keys >> 32)


def contains(keys: Keys, wanted: Keys) -> Mask:
    """For each wanted key whether it is among the sorted `keys`.

    `wanted` may be in any order; in ascending order it is an order of magnitude faster.
    """
    if not len(keys):
        return np.zeros(len(wanted), dtype=bool)
    places = np.searchsorted(keys, wanted)
    places[places == len(keys)] = 0
    return np.equal(keys[places], wanted)


def difference(new: Keys, known: Keys) -> Keys:
    """The sorted `new` without what is in the sorted `known`."""
    if not len(known) or not len(new):
        return new
    if len(new) * 4 < len(known):
        return new[~contains(known, new)]
    if len(known) * 16 < len(new):
        places = np.searchsorted(new, known)
        places[places == len(new)] = 0
        is_left = np.ones(len(new), dtype=bool)
        is_left[places[new[places] == known]] = False
        return new[is_left]
    # With similar sizes it is cheaper to sort both together, new keys marked by a low bit that
    # puts them behind their known twins. Keys are below 2**63, so the bit fits into uint64.
    both = np.empty(len(known) + len(new), dtype=np.uint64)
    both[: len(known)] = known
    both[len(known) :] = new
    both <<= np.uint64(1)
    both[len(known) :] |= np.uint64(1)
    both.sort()
    is_new = (both & np.uint64(1)).astype(bool)
    both >>= np.uint64(1)
    is_new[1:] &= both[1:] != both[:-1]
    return np.asarray(both[is_new].view(np.int64), dtype=np.int64)


def merge(known: Keys, new: Keys) -> Keys:
    """The union of two disjoint sorted arrays."""
    if not len(new):
        return known
    if not len(known):
        return new
    result = np.empty(len(known) + len(new), dtype=np.int64)
    if len(new) * 16 > len(known):
        result[: len(known)] = known
        result[len(known) :] = new
        result.sort()
        return result
    places = np.searchsorted(known, new)
    if len(new) < 64:
        # Few insertions: copy the stretches between them.
        start = 0
        for i, place in enumerate(places.tolist()):
            result[start + i : place + i] = known[start:place]
            result[place + i] = new[i]
            start = place
        result[start + len(new) :] = known[start:]
        return result
    places += np.arange(len(new))
    is_known = np.ones(len(result), dtype=bool)
    is_known[places] = False
    result[places] = new
    result[is_known] = known
    return result


def union(first: Keys, second: Keys) -> Keys:
    """The union of two sorted arrays that may overlap."""
    return merge(first, difference(second, first))


def intersection(first: Keys, second: Keys) -> Keys:
    """What is in both sorted arrays; searches the smaller one in the larger."""
    if len(first) > len(second):
        first, second = second, first
    return first[contains(second, first)]


def slice_of(keys: Keys, number: int) -> Ids:
    """The trailing halves under one leading number: a column."""
    start, end = np.searchsorted(keys, (number << 32, (number + 1) << 32))
    return trailing(keys[start:end])


def ranges(keys: Keys, numbers: Ids) -> tuple[Ids, Ids]:
    """Where the keys led by each number start and end in the sorted `keys`."""
    starts = np.searchsorted(keys, numbers << 32)
    ends = np.searchsorted(keys, (numbers + 1) << 32)
    return starts, ends


def expand(starts: Ids, ends: Ids, limit: int | None = None) -> tuple[Ids, Ids]:
    """Spread ranges: the row of each result, and the place it points to.

    `expand([0, 5], [2, 6])` is `([0, 0, 1], [0, 1, 5])`. Raises LimitError, before any room is
    taken, if there would be more than `limit` results.
    """
    counts = ends - starts
    if limit is not None and (total := int(counts.sum())) > limit:
        raise LimitError(
            f"{limit} rows",
            f"a join would make {total} rows",
            hint="raise memory_limit_mb, or leave out the axiom that multiplies triples",
        )
    rows = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    places = np.arange(len(rows)) + np.repeat(starts - first, counts)
    return rows, places


def portions(counts: Ids, most: int) -> Iterator[tuple[int, int]]:
    """Ranges of places whose counts add up to `most`, or to more where one alone does.

    >>> list(portions(np.array([2, 2, 9, 1]), most=4))
    [(0, 2), (2, 3), (3, 4)]
    """
    ends = np.cumsum(counts)
    first = 0
    while first < len(counts):
        done = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, done + most, side="right")))
        yield first, last
        first = last


def check_sorted(keys: Keys) -> None:
    """Raise ValueError unless the array is a relation's column as defined above."""
    if keys.dtype != np.int64 or keys.ndim != 1:
        raise ValueError(f"keys must be one-dimensional int64, not {keys.dtype} {keys.shape}")
    if len(keys) and (keys[0] < 0 or bool((keys[1:] <= keys[:-1]).any())):
        raise ValueError("keys must ascend without duplicates")
