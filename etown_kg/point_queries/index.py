"""The index: triples of numbers in two orders, and the terms that they stand for.

Written once into memory that processes share (`writing`), read through views of it, which copy
nothing. What has changed since is kept beside it: of each subject and object that a change
concerns, all that is said of it now.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable
from mmap import mmap
from typing import Final, NamedTuple, TypeAlias
from zlib import crc32

# How many terms, triples and slots there are; behind that come the columns.
HEAD: Final = struct.Struct("=3q")
# A key has two numbers: that of the predicate in its upper half, that of the other term below.
HALF: Final = 32
LOWER: Final = (1 << HALF) - 1
# Terms of so few bytes are remembered, so many of them.
_SHORT, _REMEMBERED = 256, 1 << 14
_NOTHING: Final = array("q")
Keys: TypeAlias = "memoryview[int] | array[int]"
# Keys, the first place among them and the place behind the last one.
Range = tuple[Keys, int, int]


class IndexChange(NamedTuple):
    """A triple that is there from now on, or is not; its terms as `terms` writes them."""

    is_there: bool
    subject: bytes
    predicate: bytes
    object: bytes

    def line(self) -> bytes:
        """The change as one line; no term has a tab, or the end of a line."""
        return b"%c\t%b\t%b\t%b\n" % (b"-+"[self.is_there], *self[1:])

    @classmethod
    def of_lines(cls, lines: bytes) -> Iterable[IndexChange]:
        """The changes that these lines tell."""
        for line in lines.split(b"\n")[:-1]:
            sign, *terms = line.split(b"\t")
            yield cls(sign == b"+", *terms)


class _Terms(dict[int, bytes]):
    """Terms by number; those that are short and asked for often are found at once."""

    def __init__(self, find: Callable[[int], bytes]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, number: int) -> bytes:
        term = self._find(number)
        if len(term) <= _SHORT:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[number] = term
        return term


class Index:
    """A set of triples. For one thread.

    Attributes:
        terms: the term with a number.
    """

    def __init__(self, memory: mmap) -> None:
        """Read what `writing` wrote; the memory stays in use."""
        self._memory = memory
        self.terms = _Terms(self._term)
        count, triples, slots = HEAD.unpack_from(memory)
        self._base_count: int = count
        self._count = self._base_count
        view = memoryview(memory)
        place = HEAD.size
        columns: list[memoryview[int]] = []
        starts = self._base_count + 1
        for length in (starts, starts, starts, triples, triples, slots):
            columns.append(view[place : place + 8 * length].cast("q"))
            place += 8 * length
        self._texts_at, self._subjects_at, self._objects_at = columns[:3]
        self._by_subject, self._by_object, self._slots = columns[3:]
        self._mask = slots - 1
        self._texts = place
        # What came later, or is otherwise now.
        self._late_numbers: dict[bytes, int] = {}
        self._late_terms: list[bytes] = []
        self._late_subjects: dict[int, array[int]] = {}
        self._late_objects: dict[int, array[int]] = {}

    def number(self, term: bytes) -> int | None:
        """The number of a term as `terms` writes it; None if nothing was ever said with it."""
        late = self._late_numbers.get(term)
        if late is not None:
            return late
        slot = crc32(term) & self._mask
        # Open addressing: the first free slot ends the search.
        number: int
        while (number := self._slots[slot]) >= 0:
            if self._term(number) == term:
                return number
            slot = (slot + 1) & self._mask
        return None

    def of_subject(self, number: int) -> Range:
        """The keys of the triples with this subject, in order: a sequence, its first place and
        the place behind the last one.
        """
        late = self._late_subjects.get(number)
        if late is not None:
            return late, 0, len(late)
        if number >= self._base_count:
            return _NOTHING, 0, 0
        return self._by_subject, self._subjects_at[number], self._subjects_at[number + 1]

    def of_object(self, number: int) -> Range:
        """The keys of the triples with this object, in order; see `of_subject`."""
        late = self._late_objects.get(number)
        if late is not None:
            return late, 0, len(late)
        if number >= self._base_count:
            return _NOTHING, 0, 0
        return self._by_object, self._objects_at[number], self._objects_at[number + 1]

    def change(self, changes: Iterable[IndexChange]) -> None:
        """Take over what has come and gone, in this order; what is so already changes nothing."""
        for each in changes:
            if each.is_there:
                s, p, o = map(self._noted, each[1:])
            else:
                found = [self.number(term) for term in each[1:]]
                if None in found:
                    continue
                s, p, o = (number for number in found if number is not None)
            if s not in self._late_subjects:
                self._late_subjects[s] = _copy(self.of_subject(s))
            if o not in self._late_objects:
                self._late_objects[o] = _copy(self.of_object(o))
            _set(self._late_subjects[s], p << HALF | o, is_there=each.is_there)
            _set(self._late_objects[o], p << HALF | s, is_there=each.is_there)

    def _term(self, number: int) -> bytes:
        if number >= self._base_count:
            return self._late_terms[number - self._base_count]
        start, ends = self._texts, self._texts_at
        return self._memory[start + ends[number] : start + ends[number + 1]]

    def _noted(self, term: bytes) -> int:
        """The number of a term, which gets one now if it has none."""
        number = self.number(term)
        if number is None:
            number = self._late_numbers[term] = self._count
            self._late_terms.append(term)
            self._count += 1
        return number


def _copy(rows: Range) -> array[int]:
    keys, start, end = rows
    copied = array("q")
    copied.frombytes(keys[start:end].tobytes())
    return copied


def _set(keys: array[int], key: int, *, is_there: bool) -> None:
    place = bisect_left(keys, key)
    was_there = place < len(keys) and keys[place] == key
    if is_there and not was_there:
        keys.insert(place, key)
    elif was_there and not is_there:
        del keys[place]
