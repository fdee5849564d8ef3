"""Solutions of a rule's body: joins, semijoins and filters of binding columns with relations.

A body is a sequence of `Atom`s. In an atom a non-negative `int` is a term's number, a negative one
a variable; the same variable joins atoms. Bindings are one column per variable, all of one length,
rows in no particular order. Every operator goes over whole columns; the loop is over atoms.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from etown_kg.reason.relation import (
    LOW,
    Ids,
    Keys,
    Mask,
    contains,
    distinct,
    expand,
    leading,
    pack,
    ranges,
    slice_of,
    trailing,
)
from etown_kg.reason.variable import Facts, Variable

# From this many probes on an index over all terms pays for itself.
MANY = 4096


class Atom(NamedTuple):
    """A triple pattern, predicate first; negative numbers are variables."""

    predicate: int
    subject: int
    object: int

    def variables(self) -> set[int]:
        """The variables of the pattern."""
        return {term for term in self if term < 0}


class Bindings(NamedTuple):
    """`count` rows; a column per variable."""

    columns: dict[int, Ids]
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody counts with here

    def take(self, rows: Ids | Mask) -> Bindings:
        """The chosen rows, by index or by mask."""
        columns = {variable: column[rows] for variable, column in self.columns.items()}
        count = int(np.count_nonzero(rows)) if rows.dtype == bool else len(rows)
        return Bindings(columns, count)

    def value(self, term: int) -> Ids | int:
        """A constant as it is, a variable's column."""
        return term if term >= 0 else self.columns[term]


UNIT = Bindings({}, 1)


def match_recent(atom: Atom, variable: Variable, *, is_often: bool) -> Bindings:
    """The rows of an atom among the recent pairs of its predicate.

    With `is_often`, for a predicate that very many atoms ask for, a term's rows are searched in
    order and not picked out of all.
    """
    if is_often and atom.subject < 0 <= atom.object:
        column = slice_of(variable.recent_backward(), atom.object)
        return Bindings({atom.subject: column}, len(column))
    if is_often and atom.object < 0 <= atom.subject:
        column = slice_of(variable.recent_forward(), atom.subject)
        return Bindings({atom.object: column}, len(column))
    return match(atom, variable.recent_forward())


def match(atom: Atom, forward: Keys) -> Bindings:
    """The rows of an atom among forward keys of its predicate (which is not looked at).

    The subject's column ascends. Constants and a variable in both places are respected.
    """
    subject, object_ = leading(forward), trailing(forward)
    keep: Mask | None = None
    if atom.subject >= 0:
        keep = subject == atom.subject
    if atom.object >= 0:
        keep = (object_ == atom.object) if keep is None else keep & (object_ == atom.object)
    if atom.subject == atom.object < 0:
        keep = subject == object_
    if keep is not None:
        subject, object_ = subject[keep], object_[keep]
    columns = {}
    if atom.subject < 0:
        columns[atom.subject] = subject
    if atom.object < 0:
        columns[atom.object] = object_
    return Bindings(columns, len(subject))


def solve(
    facts: Facts,
    atoms: Sequence[Atom],
    bindings: Bindings = UNIT,
    keep: Collection[int] | None = None,
) -> Bindings:
    """Extend the bindings by all solutions of the atoms.

    With `keep` given, only these variables matter: others are dropped as soon as no atom needs
    them, and an atom that would only bind such a variable becomes a semijoin. Rows may repeat.
    """
    left = list(atoms)
    while left and bindings.count:
        atom = left.pop(_next(facts, left, bindings))
        needed: set[int] | None = None
        if keep is not None:
            needed = set(keep).union(*(other.variables() for other in left))
        bindings = _extend(facts, atom, bindings, needed)
        if needed is not None:
            bindings = _project(bindings, needed)
    if not bindings.count:
        wanted = keep if keep is not None else set().union(*(atom.variables() for atom in atoms))
        nothing = np.empty(0, dtype=np.int64)
        return Bindings({**dict.fromkeys(wanted, nothing), **bindings.columns}, 0)
    return bindings


def _next(facts: Facts, atoms: Sequence[Atom], bindings: Bindings) -> int:
    """The atom to take next: a filter before a join, a small relation before a large one."""

    def cost(index: int) -> tuple[int, int]:
        atom = atoms[index]
        unbound = [t for t in atom if t < 0 and t not in bindings.columns]
        if atom.predicate in unbound:
            return (4, 0)
        size = facts.size(atom.predicate) if atom.predicate >= 0 else 0
        bound_variables = sum(t < 0 for t in atom[1:]) - len(unbound)
        if not unbound:
            return (0, size)
        if len(unbound) == 1 and len(set(atom[1:])) == 2:
            # A constant selects few rows of the relation; a bound variable joins.
            return (1 if bound_variables else 2, size)
        return (3, size)

    if len(atoms) == 1:
        return 0
    costs = [cost(index) for index in range(len(atoms))]
    best = min(costs)
    joins = [index for index, found in enumerate(costs) if found[0] == best[0] == 1]
    if len(joins) > 1 and bindings.count > MANY:
        # Not the smaller relation, but the one with fewer rows to these: all restrictions may be
        # on one property, and their pairs on it many more than the pairs wanted.
        return min(joins, key=lambda index: _join_size(facts, atoms[index], bindings))
    return costs.index(best)


def _join_size(facts: Facts, atom: Atom, bindings: Bindings) -> int:
    """The rows that a join makes, over the one variable of the atom that is bound."""
    is_forward = atom.subject in bindings.columns
    numbers = bindings.columns[atom.subject if is_forward else atom.object]
    starts, ends = _ranges(facts, atom.predicate, is_forward, numbers)
    return int((ends - starts).sum())


def _extend(facts: Facts, atom: Atom, bindings: Bindings, needed: set[int] | None) -> Bindings:
    if atom.predicate < 0:
        return _extend_by_predicates(facts, atom, bindings, needed)
    subject, object_ = atom.subject, atom.object
    columns = bindings.columns
    subject_is_bound = subject >= 0 or subject in columns
    object_is_bound = object_ >= 0 or object_ in columns
    if subject_is_bound and object_is_bound:
        return bindings.take(_is_fact(facts, atom, bindings))
    if not subject_is_bound and not object_is_bound:
        return _product(bindings, match(atom, facts.forward(atom.predicate)))
    is_forward = subject_is_bound
    known, new = (subject, object_) if is_forward else (object_, subject)
    if known >= 0:
        keys = facts.forward(atom.predicate) if is_forward else facts.backward(atom.predicate)
        column = slice_of(keys, known)
        return _product(bindings, Bindings({new: column}, len(column)))
    starts, ends = _ranges(facts, atom.predicate, is_forward, columns[known])
    if needed is not None and new not in needed:
        return bindings.take(ends > starts)
    keys = facts.forward(atom.predicate) if is_forward else facts.backward(atom.predicate)
    rows, places = expand(starts, ends, facts.row_limit)
    extended = {variable: column[rows] for variable, column in columns.items()}
    extended[new] = trailing(keys[places])
    return Bindings(extended, len(rows))


def _ranges(facts: Facts, predicate: int, is_forward: bool, numbers: Ids) -> tuple[Ids, Ids]:
    variable = facts.get(predicate)
    if variable is None:
        nowhere = np.zeros(len(numbers), dtype=np.int64)
        return nowhere, nowhere
    if len(numbers) > MANY and len(numbers) * 16 > facts.term_count:
        offsets = variable.offsets(is_forward, facts.term_count)
        return offsets[numbers], offsets[numbers + 1]
    return ranges(variable.forward() if is_forward else variable.backward(), numbers)


def _is_fact(facts: Facts, atom: Atom, bindings: Bindings) -> Mask:
    """For each row whether the atom, wholly bound, holds."""
    subject, object_ = bindings.value(atom.subject), bindings.value(atom.object)
    if isinstance(subject, int) and isinstance(object_, int):
        return np.full(bindings.count, facts.has(atom.predicate, subject, object_))
    if isinstance(object_, int):
        assert not isinstance(subject, int)
        return is_member(facts, slice_of(facts.backward(atom.predicate), object_), subject)
    if isinstance(subject, int):
        return is_member(facts, slice_of(facts.forward(atom.predicate), subject), object_)
    variable = facts.get(atom.predicate)
    if variable is None:
        return np.zeros(bindings.count, dtype=bool)
    wanted = pack(object_, subject) if variable.is_class_led else pack(subject, object_)
    if len(wanted) < MANY or len(variable) < MANY:
        return variable.has(wanted)
    keys = variable.keys
    turned = pack(trailing(wanted), leading(wanted))
    if bool((turned[1:] >= turned[:-1]).all()):
        # What was matched in order is asked for the other way round, as in scm-eqc2.
        return contains(
            variable.forward() if variable.is_class_led else variable.backward(), turned
        )
    order = np.argsort(wanted)
    result = np.empty(len(wanted), dtype=bool)
    result[order] = contains(keys, wanted[order])
    return result


def is_member(facts: Facts, column: Ids, numbers: Ids) -> Mask:
    """For each number, in any order, whether it is in the column."""
    if len(numbers) > MANY and len(numbers) * 16 > facts.term_count:
        marks = np.zeros(facts.term_count, dtype=bool)
        marks[column] = True
        return marks[numbers]
    return contains(column, numbers)


def _product(first: Bindings, second: Bindings) -> Bindings:
    if first.count == 1:
        columns = {v: np.repeat(column, second.count) for v, column in first.columns.items()}
        return Bindings({**columns, **second.columns}, second.count)
    columns = {v: np.repeat(column, second.count) for v, column in first.columns.items()}
    columns.update((v, np.tile(column, first.count)) for v, column in second.columns.items())
    return Bindings(columns, first.count * second.count)


def _extend_by_predicates(
    facts: Facts, atom: Atom, bindings: Bindings, needed: set[int] | None
) -> Bindings:
    """A variable in the predicate's place: one join per predicate that it may be."""
    variable = atom.predicate
    parts: list[Bindings] = []
    if variable in bindings.columns:
        column = bindings.columns[variable]
        for predicate in distinct(column).tolist():
            fixed = Atom(predicate, *(predicate if t == variable else t for t in atom[1:]))
            parts.append(_extend(facts, fixed, bindings.take(column == predicate), needed))
    else:
        for predicate in facts.variables:
            fixed = Atom(predicate, *(predicate if t == variable else t for t in atom[1:]))
            part = _extend(facts, fixed, bindings, needed)
            part.columns[variable] = np.full(part.count, predicate, dtype=np.int64)
            parts.append(part)
    parts = [part for part in parts if part.count]
    if not parts:
        return Bindings({v: column[:0] for v, column in bindings.columns.items()}, 0)
    columns = {v: np.concatenate([part.columns[v] for part in parts]) for v in parts[0].columns}
    return Bindings(columns, sum(part.count for part in parts))


def _project(bindings: Bindings, needed: set[int]) -> Bindings:
    """Drop columns that nothing needs, and the duplicates that this leaves if they are cheap."""
    columns = {v: column for v, column in bindings.columns.items() if v in needed}
    if len(columns) == len(bindings.columns) or bindings.count < 2:
        return Bindings(columns, bindings.count)
    if not columns:
        return Bindings(columns, 1)
    if len(columns) == 1:
        ((variable, column),) = columns.items()
        column = distinct(column)
        return Bindings({variable: column}, len(column))
    if len(columns) == 2:
        (first, first_column), (second, second_column) = columns.items()
        keys = distinct(pack(first_column, second_column))
        return Bindings({first: keys >> 32, second: keys & LOW}, len(keys))
    return Bindings(columns, bindings.count)
