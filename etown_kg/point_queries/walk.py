"""Index nested-loop joins: rows of numbers, extended by one pattern after the other.

A row has the numbers of the query's constants and then those of its variables, in the order in
which they are bound; what a pattern speaks of is a column of it. How much is done is bounded: by
the rows that all patterns make together.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from etown_kg.point_queries import terms
from etown_kg.point_queries.index import HALF, LOWER, Index, Range

# Numbers of terms; None where an OPTIONAL has bound nothing.
Row = tuple[int | None, ...]
Rows = list[Row]


class TooMuchError(Exception):
    """More rows than there is room for."""


class UnknownLanguageError(Exception):
    """A term whose language the index does not have."""


@dataclass
class Room:
    """How many rows may still be made or looked at."""

    rows: int

    def take(self, rows: int) -> None:
        """Make so many, or look at them.

        Raises:
            TooMuchError: there is no room for them.
        """
        self.rows -= rows
        if self.rows < 0:
            raise TooMuchError


Extend = Callable[[Index, Rows, "Step", Room], Rows]


class Step(NamedTuple):
    """One pattern: how it extends a row, and the columns of its subject, predicate and object."""

    extend: Extend
    subject: int
    predicate: int
    object: int


class Optional(NamedTuple):
    """The steps of an OPTIONAL, and how many variables they bind."""

    steps: tuple[Step, ...]
    width: int


def joined(index: Index, rows: Rows, steps: tuple[Step, ...], room: Room) -> Rows:
    """The rows, extended by all steps.

    Raises:
        TooMuchError: the steps make more rows than there is room for.
    """
    for step in steps:
        rows = step.extend(index, rows, step, room)
        if not rows:
            break
    return rows


def with_optional(index: Index, rows: Rows, optional: Optional, room: Room) -> Rows:
    """The rows, extended where they can be (SPARQL 1.1 Query, section 18.5: LeftJoin).

    Raises:
        TooMuchError: see `joined`.
    """
    room.take(len(rows))
    nothing = (None,) * optional.width
    extended: Rows = []
    for row in rows:
        found = joined(index, [row], optional.steps, room)
        if found:
            extended += found
        else:
            extended.append(row + nothing)
    return extended


def in_language(
    index: Index, rows: Rows, column: int, wanted: bytes, room: Room, *, is_range: bool
) -> Rows:
    """The rows with a literal of a language in this column (section 17.3.1, RFC 4647 3.3.1).

    Raises:
        TooMuchError: see `joined`.
        UnknownLanguageError: a term is not in the index as it is written.
    """
    room.take(len(rows))
    kept: Rows = []
    end = b'","xml:lang":"%b"}' % wanted
    lowered = wanted.lower()
    for row in rows:
        number = row[column]
        if number is None:
            continue
        term = index.terms[number]
        if term.startswith(terms.OPAQUE):
            raise UnknownLanguageError
        if not is_range:
            if term.endswith(end):
                kept.append(row)
            continue
        found = terms.language(term)
        if found is None:
            continue
        tag = found.lower()
        if wanted == b"*" or tag == lowered or tag.startswith(lowered + b"-"):
            kept.append(row)
    return kept


def of_predicate(found: Range, predicate: int) -> Range:
    """Those of the keys that are of a predicate."""
    keys, start, end = found
    least = predicate << HALF
    start = bisect_left(keys, least, start, end)
    return keys, start, bisect_left(keys, least + LOWER + 1, start, end)


# ruff: noqa: RUF005  # to add two tuples takes half of the time of spelling a third
# How a pattern extends a row, by what is known of it. What is known is a number: certain variables
# and constants alone are asked for.


def _others(
    of: Callable[[Index, int], Range], known: int, index: Index, rows: Rows, step: Step, room: Room
) -> Rows:
    """The predicate is known, and one of the others: a place of `Step`, whose keys `of` gives."""
    extended: Rows = []
    column: int = step[known]  # type: ignore[assignment]
    for row in rows:
        found = of(index, row[column])  # type: ignore[arg-type]
        keys, start, end = of_predicate(found, row[step.predicate])  # type: ignore[arg-type]
        if start == end:
            continue
        room.take(end - start)
        if end - start == 1:
            extended.append(row + (keys[start] & LOWER,))
        else:
            extended += [row + (key & LOWER,) for key in keys[start:end].tolist()]
    return extended


def _all(
    of: Callable[[Index, int], Range], known: int, index: Index, rows: Rows, step: Step, room: Room
) -> Rows:
    """One is known, see `_others`: predicates and others."""
    extended: Rows = []
    column: int = step[known]  # type: ignore[assignment]
    for row in rows:
        keys, start, end = of(index, row[column])  # type: ignore[arg-type]
        room.take(end - start)
        extended += [row + (key >> HALF, key & LOWER) for key in keys[start:end].tolist()]
    return extended


objects = partial(_others, Index.of_subject, Step._fields.index("subject"))
subjects = partial(_others, Index.of_object, Step._fields.index("object"))
all_of_subject = partial(_all, Index.of_subject, Step._fields.index("subject"))
all_of_object = partial(_all, Index.of_object, Step._fields.index("object"))


def predicates(index: Index, rows: Rows, step: Step, room: Room) -> Rows:
    """Subject and object are known."""
    extended: Rows = []
    for row in rows:
        keys, start, end = index.of_subject(row[step.subject])  # type: ignore[arg-type]
        room.take(end - start)
        known = row[step.object]
        extended += [
            row + (key >> HALF,) for key in keys[start:end].tolist() if key & LOWER == known
        ]
    return extended


def there(index: Index, rows: Rows, step: Step, room: Room) -> Rows:
    """All is known: whether it is said."""
    kept: Rows = []
    room.take(len(rows))
    for row in rows:
        keys, start, end = index.of_subject(row[step.subject])  # type: ignore[arg-type]
        key: int = row[step.predicate] << HALF | row[step.object]  # type: ignore[operator]
        place = bisect_left(keys, key, start, end)
        if place < end and keys[place] == key:
            kept.append(row)
    return kept
