"""Tallies: how many solutions some triple patterns have, by what they bind to some variables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from etown_kg.reason.join import Atom
from etown_kg.reason.relation import Ids, distinct, leading, pack, trailing
from etown_kg.reason.triple_index import Relations
from etown_kg.reason.weighted_join import MAX_SUM, Rows, expected, solve


class Counted(NamedTuple):
    """What to count in a group: solutions, or the different terms that a variable is bound to."""

    distinct: int | None = None


class Tally(NamedTuple):
    """A row for each group: the terms it is for, a column each, and its counts, a column each.

    Without variables to group by there is one row, with counts of 0 if nothing is found.
    """

    groups: list[Ids]
    counts: list[Ids]


def tally(
    relations: Relations,
    atoms: Sequence[Atom],
    groups: Sequence[int],
    counted: Sequence[Counted],
) -> Tally | None:
    """Count the solutions of triple patterns, in groups.

    Args:
        atoms: at least one; all variables of `groups` and `counted` are in them.

    Returns:
        None where `weighted_join.solve` gives none, or if a sum would not be exact.
    """
    asked = {*groups, *(each.distinct for each in counted if each.distinct is not None)}
    solved = solve(relations, atoms, asked)
    if solved is None:
        return None
    if solved.weights is not None and float(solved.weights.sum(dtype=float)) >= MAX_SUM:
        return None
    return _grouped(solved, groups, counted, relations.term_count)


def rarest(relations: Relations, atoms: Iterable[Atom]) -> float:
    """How many rows there are, about, of the pattern that has the fewest."""
    return min(expected(relations, atom, set(), atom.variables()) for atom in atoms)


def _grouped(
    rows: Rows, groups: Sequence[int], counted: Sequence[Counted], term_count: int
) -> Tally:
    if not groups:
        counts = [
            rows.total() if each.distinct is None else len(distinct(rows.columns[each.distinct]))
            for each in counted
        ]
        return Tally([], [np.array([count], dtype=np.int64) for count in counts])
    code, terms = _coded(rows.columns[groups[0]], term_count)
    columns = [terms]
    for variable in groups[1:]:
        pairs = pack(code, rows.columns[variable])
        different = distinct(pairs)
        code = np.searchsorted(different, pairs)
        columns = [*(column[leading(different)] for column in columns), trailing(different)]
    size = len(columns[0])
    return Tally(columns, [_count(rows, each, code, size) for each in counted])


def _coded(column: Ids, term_count: int) -> tuple[Ids, Ids]:
    """For each number its place among the different ones, and these, ascending."""
    if len(column) * 16 < term_count:
        different = distinct(column)
        return np.searchsorted(different, column), different
    marks = np.zeros(term_count, dtype=bool)
    marks[column] = True
    different = np.flatnonzero(marks)
    places = np.empty(term_count, dtype=np.int64)
    places[different] = np.arange(len(different))
    return places[column], different


def _count(rows: Rows, counted: Counted, code: Ids, size: int) -> Ids:
    """One count for each of the groups."""
    if counted.distinct is not None:
        pairs = distinct(pack(code, rows.columns[counted.distinct]))
        return np.bincount(leading(pairs), minlength=size)
    found = np.bincount(code, weights=rows.weights, minlength=size)
    return found.astype(np.int64)
