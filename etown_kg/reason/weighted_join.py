"""Joins of columns whose rows stand for several solutions.

The patterns are joined column by column, the rarest first and then what multiplies the rows
least. A solution is not written out where only its number matters: rows carry a weight, how many
solutions each stands for, and a variable that nothing asks for any more is dropped. So the last
join of a count is a sum of the lengths of ranges.

What would take more than `MAX_ROWS` rows is not begun.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np

from etown_kg.reason.join import MANY, Atom
from etown_kg.reason.relation import (
    Ids,
    Mask,
    contains,
    expand,
    leading,
    pack,
    ranges,
    slice_of,
    trailing,
)
from etown_kg.reason.triple_index import Relation, Relations

# Rows of an intermediate result: 16 MiB for each of its columns.
MAX_ROWS: Final = 1 << 21
# Joins of one tally: a variable in the predicate's place means one for each predicate.
MAX_JOINS: Final = 4096
# Rows for each predicate, below which they are not joined with all predicates one by one.
MIN_ROWS_OF_ALL: Final = 64
# Triples of one relation that a pattern reads whole.
_MAX_SCANNED: Final = 1 << 24
# Sums of weights are taken as floating point numbers, which are exact so far.
MAX_SUM: Final = 1 << 53
_NONE: Final[Ids] = np.empty(0, dtype=np.int64)


class Rows(NamedTuple):
    """Solutions: a column per variable; how many each row stands for, None for one each."""

    columns: dict[int, Ids]
    size: int
    weights: Ids | None = None

    def take(self, rows: Ids | Mask) -> Rows:
        columns = {variable: column[rows] for variable, column in self.columns.items()}
        size = int(np.count_nonzero(rows)) if rows.dtype == bool else len(rows)
        return Rows(columns, size, None if self.weights is None else self.weights[rows])

    def multiplied(self, counts: Ids) -> Rows | None:
        """The rows that stand for something, each for so many times more; None if for too many."""
        rows = self.take(counts > 0)
        counts = counts[counts > 0]
        if rows.weights is None:
            return rows._replace(weights=counts)
        if not rows.size:
            return rows
        if float(rows.weights.max()) * float(counts.max()) * rows.size >= MAX_SUM:
            return None
        return rows._replace(weights=rows.weights * counts)

    def without(self, needed: set[int]) -> Rows:
        """Only the columns that are needed; without any, one row for all."""
        columns = {v: column for v, column in self.columns.items() if v in needed}
        if columns or not self.size or (self.size == 1 and self.weights is None):
            return self._replace(columns=columns)
        return Rows({}, 1, np.array([self.total()], dtype=np.int64))

    def total(self) -> int:
        """The number of solutions."""
        return self.size if self.weights is None else int(self.weights.sum())


def solve(relations: Relations, atoms: Sequence[Atom], asked: set[int]) -> Rows | None:
    """The solutions of triple patterns, with columns for the variables that are asked for.

    None if it would take too many rows, or if patterns have nothing in common with the others
    (each solution of one goes with each of the other).
    """
    left = list(atoms)
    rows = Rows({}, 1)
    is_begun = False
    joins = 0
    while left:
        if not rows.size:
            break
        bound = rows.columns.keys()
        joined = [a for a in left if a.variables() <= bound or a.variables() & bound]
        if is_begun and not joined:
            return None
        needs = {a: _needed(asked, left, a) for a in joined or left}
        atom = min(needs, key=lambda a: expected(relations, a, set(bound), needs[a]))
        needed = needs[atom]
        left.remove(atom)
        joins += 1 if atom.predicate >= 0 else len(relations.by_predicate)
        extended = _extended(relations, atom, rows, needed) if joins <= MAX_JOINS else None
        if extended is None:
            return None
        rows = extended.without(needed)
        is_begun = is_begun or bool(atom.variables())
    return rows if rows.size else Rows(dict.fromkeys(asked, _NONE), 0)


def _needed(asked: set[int], atoms: Iterable[Atom], without: Atom) -> set[int]:
    """The variables that are asked for behind a join."""
    return asked.union(*(atom.variables() for atom in atoms if atom is not without))


def expected(relations: Relations, atom: Atom, bound: set[int], needed: set[int]) -> float:
    """How many rows to expect of a join for each that there is."""
    if atom.predicate < 0:
        of_all = relations.by_predicate.values()
        whole = float(sum(relation.count for relation in of_all))
        ends = [term >= 0 or term in bound for term in (atom.subject, atom.object)]
        return float(whole / relations.term_count ** sum(ends))
    relation = relations.by_predicate.get(atom.predicate)
    if relation is None:
        return 0.0
    subject, object_ = (term >= 0 or term in bound for term in (atom.subject, atom.object))
    if subject and object_:
        return 0.5
    if not subject and not object_:
        return float(relation.count)
    new, known = (atom.object, atom.subject) if subject else (atom.subject, atom.object)
    if known >= 0:
        return float(len(_column(relation, known, is_forward=subject)))
    return relation.fan_out(is_forward=subject) if new in needed else 1.0


# Joins


def _extended(relations: Relations, atom: Atom, rows: Rows, needed: set[int]) -> Rows | None:
    """The rows joined with a pattern; None if there would be too many."""
    variable = atom.predicate
    if variable >= 0:
        return _joined(relations, atom, rows, needed)
    if variable in rows.columns or variable in (atom.subject, atom.object):
        return None  # seldom asked for
    parts: list[Rows] = []
    size = solutions = 0
    is_joined = bool({atom.subject, atom.object} & rows.columns.keys())
    if is_joined and rows.size < MIN_ROWS_OF_ALL * len(relations.by_predicate):
        return None
    for predicate in relations.by_predicate:
        part = _joined(relations, atom._replace(predicate=predicate), rows, needed)
        if part is None or (size := size + part.size) > MAX_ROWS:
            return None
        if not part.size:
            continue
        solutions += part.total()
        if solutions >= MAX_SUM:
            return None
        part = part.without(needed | {variable})
        if variable in needed:
            part.columns[variable] = np.full(part.size, predicate, dtype=np.int64)
        parts.append(part)
    return _concatenated(parts)


def _concatenated(parts: Sequence[Rows]) -> Rows:
    if not parts:
        return Rows({}, 0)
    columns = {v: np.concatenate([part.columns[v] for part in parts]) for v in parts[0].columns}
    weights = None
    if any(part.weights is not None for part in parts):
        weights = np.concatenate(
            [np.ones(p.size, dtype=np.int64) if p.weights is None else p.weights for p in parts]
        )
    return Rows(columns, sum(part.size for part in parts), weights)


def _joined(relations: Relations, atom: Atom, rows: Rows, needed: set[int]) -> Rows | None:
    """`_extended` for a constant predicate."""
    relation = relations.by_predicate.get(atom.predicate)
    if relation is None:
        return Rows({}, 0)
    columns = rows.columns
    subject, object_ = (term >= 0 or term in columns for term in (atom.subject, atom.object))
    if subject and object_:
        return _filtered(relations, relation, atom, rows, needed)
    if not subject and not object_:
        return _times(rows, scanned) if (scanned := _scanned(relation, atom, needed)) else None
    new, known = (atom.object, atom.subject) if subject else (atom.subject, atom.object)
    if known >= 0:
        column = _column(relation, known, is_forward=subject)
        return _times(rows, Rows({new: column}, len(column)))
    starts, ends = _ranges(relations, relation, columns[known], is_forward=subject)
    if new not in needed:
        return rows.multiplied(ends - starts)
    if int((ends - starts).sum()) > MAX_ROWS:
        return None
    chosen, places = expand(starts, ends)
    extended = rows.take(chosen)
    extended.columns[new] = trailing(relation.keys(is_forward=subject)[places])
    return extended


def _times(rows: Rows, others: Rows) -> Rows | None:
    """Each row with each of the others; nothing joins them, so one side is a single row."""
    if rows.size != 1 or rows.columns:
        return None
    if rows.weights is None or not others.size:
        return others
    return others.multiplied(np.full(others.size, rows.weights[0]))


def _scanned(relation: Relation, atom: Atom, needed: set[int]) -> Rows | None:
    """All pairs of a relation, or of one side how often each term is there."""
    are_both_needed = len({atom.subject, atom.object} & needed) == 2
    if relation.count > (MAX_ROWS if are_both_needed else _MAX_SCANNED):
        return None
    keys, is_forward = relation.at_hand(is_forward=atom.object not in needed or are_both_needed)
    first, second = (atom.subject, atom.object) if is_forward else (atom.object, atom.subject)
    if first == second:
        column = leading(keys[leading(keys) == trailing(keys)])
        return Rows({first: column}, len(column))
    if are_both_needed:
        return Rows({first: leading(keys), second: trailing(keys)}, len(keys))
    if first in needed:
        terms, counts = _runs(leading(keys))
        return Rows({first: terms}, len(terms), counts)
    if second in needed:
        terms, counts = _counted(trailing(keys))
        return Rows({second: terms}, len(terms), counts)
    return Rows({}, 1, np.array([len(keys)], dtype=np.int64))


def _runs(column: Ids) -> tuple[Ids, Ids]:
    """The different numbers of a sorted column, and how often each is there."""
    starts = np.flatnonzero(np.concatenate(([True], column[1:] != column[:-1])))
    return column[starts], np.diff(starts, append=len(column))


def _counted(column: Ids) -> tuple[Ids, Ids]:
    """The different numbers of a column in any order, and how often each is there."""
    if len(column) * 16 < int(column.max(initial=0)):
        return _runs(np.sort(column))
    counts = np.bincount(column)
    terms = np.flatnonzero(counts)
    return terms, counts[terms]


def _column(relation: Relation, number: int, *, is_forward: bool) -> Ids:
    """What stands on the other side of a term."""
    keys, is_found = relation.at_hand(is_forward=is_forward)
    if is_found == is_forward:
        return slice_of(keys, number)
    # One look at all keys is quicker than sorting them the other way round.
    return leading(keys[trailing(keys) == number])


def _ranges(
    relations: Relations, relation: Relation, numbers: Ids, *, is_forward: bool
) -> tuple[Ids, Ids]:
    """Where the keys led by each number, in any order, start and end."""
    keys = relation.keys(is_forward=is_forward)
    if len(numbers) > MANY and len(numbers) * 16 > relations.term_count:
        offsets = np.zeros(relations.term_count + 1, dtype=np.int64)
        np.cumsum(np.bincount(leading(keys), minlength=relations.term_count), out=offsets[1:])
        return offsets[numbers], offsets[numbers + 1]
    return ranges(keys, numbers)


def _filtered(
    relations: Relations, relation: Relation, atom: Atom, rows: Rows, needed: set[int]
) -> Rows:
    """The rows for which a pattern, wholly bound, holds."""
    s, o = (term if term >= 0 else rows.columns[term] for term in (atom.subject, atom.object))
    if isinstance(s, int) and isinstance(o, int):
        is_there = bool(np.isin(o, slice_of(relation.keys(is_forward=True), s)))
        return rows if is_there else Rows({}, 0)
    if isinstance(s, int) or isinstance(o, int):
        is_forward = isinstance(s, int)
        constant, numbers = (s, o) if is_forward else (o, s)
        assert isinstance(constant, int)
        assert isinstance(numbers, np.ndarray)
        column = _column(relation, constant, is_forward=is_forward)
        return rows.take(_is_member(column, numbers, relations.term_count))
    keys, is_forward = relation.at_hand()
    wanted = pack(s, o) if is_forward else pack(o, s)
    if rows.weights is None and not needed.intersection(rows.columns):
        found = int(np.count_nonzero(contains(keys, np.sort(wanted))))
        return Rows({}, 1, np.array([found], dtype=np.int64)) if found else Rows({}, 0)
    if len(wanted) < MANY:
        return rows.take(contains(keys, wanted))
    # Keys that are searched in order are found ten times as fast.
    order = np.argsort(wanted)
    mask = np.empty(len(wanted), dtype=bool)
    mask[order] = contains(keys, wanted[order])
    return rows.take(mask)


def _is_member(column: Ids, numbers: Ids, term_count: int) -> Mask:
    if len(numbers) > MANY and len(numbers) * 16 > term_count:
        marks = np.zeros(term_count, dtype=bool)
        marks[column] = True
        return marks[numbers]
    return contains(column, numbers)
