"""Tallies against solutions that are written out one by one."""

from __future__ import annotations

from collections.abc import Set
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etown_kg.reason import tally as tallies
from etown_kg.reason import weighted_join
from etown_kg.reason.join import Atom
from etown_kg.reason.relation import Keys
from etown_kg.reason.tally import Counted, rarest, tally
from etown_kg.reason.triple_index import Relation, Relations

TERMS = 6
Triples = frozenset[tuple[int, int, int]]


def relations(triples: Triples, backward: frozenset[int] = frozenset()) -> Relations:
    """Those of (predicate, subject, object); of the `backward` ones as they are by object."""
    made = {}
    for predicate in {p for p, _, _ in triples}:
        is_forward = predicate not in backward
        keys = as_keys({(s, o) if is_forward else (o, s) for p, s, o in triples if p == predicate})
        made[predicate] = Relation(keys) if is_forward else Relation(None, keys)
    return Relations(made, TERMS)


def solutions(triples: Triples, atoms: list[Atom]) -> list[dict[int, int]]:
    found: list[dict[int, int]] = [{}]
    for atom in atoms:
        extended = []
        for solution, triple in product(found, triples):
            bound = dict(solution)
            if all(
                (bound.setdefault(term, value) if term < 0 else term) == value
                for term, value in zip(atom, triple, strict=True)
            ):
                extended.append(bound)
        found = extended
    return found


def expected(
    triples: Triples, atoms: list[Atom], groups: list[int], counted: list[Counted]
) -> dict[tuple[int, ...], list[int]]:
    by_group: dict[tuple[int, ...], list[dict[int, int]]] = {} if groups else {(): []}
    for solution in solutions(triples, atoms):
        by_group.setdefault(tuple(solution[v] for v in groups), []).append(solution)
    return {
        group: [
            len(rows) if each.distinct is None else len({row[each.distinct] for row in rows})
            for each in counted
        ]
        for group, rows in by_group.items()
    }


_TERM = st.integers(0, TERMS - 1)
_SLOT = st.one_of(st.integers(-4, -1), st.integers(-4, -1), st.integers(0, TERMS))
_PREDICATE = st.one_of(st.integers(0, 2), st.integers(0, 2), st.integers(0, 3), st.just(-5))
_ATOMS = st.lists(st.builds(Atom, _PREDICATE, _SLOT, _SLOT), min_size=1, max_size=4)
_TRIPLES = st.frozensets(st.tuples(st.integers(0, 2), _TERM, _TERM), max_size=25)


@given(_TRIPLES, st.frozensets(st.integers(0, 2)), _ATOMS, st.data(), st.sampled_from([1, 4096]))
def test_a_tally_is_what_counting_one_by_one_gives(
    triples: Triples, backward: frozenset[int], atoms: list[Atom], data: st.DataObject, many: int
) -> None:
    variables = sorted(set().union(*(atom.variables() for atom in atoms)))
    names = st.sampled_from([None, *variables])
    groups = [name for name in data.draw(st.lists(names, max_size=3, unique=True)) if name]
    counted = data.draw(st.lists(st.builds(Counted, names), min_size=1, max_size=3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weighted_join, "MANY", many)
        patch.setattr(weighted_join, "MIN_ROWS_OF_ALL", 0)
        found = tally(relations(triples, backward), atoms, groups, counted)
    if found is None:
        assert is_apart(atoms) or any(atom.predicate < 0 for atom in atoms)
        return
    columns = [column.tolist() for column in (*found.groups, *found.counts)]
    rows = {row[: len(groups)]: list(row[len(groups) :]) for row in zip(*columns, strict=True)}
    assert len(columns[0]) == len(rows)
    assert rows == expected(triples, atoms, groups, counted)


def is_apart(atoms: list[Atom]) -> bool:
    """Whether the variables of some patterns are not joined with the others."""
    left = [atom.variables() for atom in atoms if atom.variables()]
    reached = left.pop() if left else set()
    while joined := [each for each in left if each & reached]:
        reached = reached.union(*joined)
        left = [each for each in left if each not in joined]
    return bool(left)


CHAIN = frozenset((0, n, n + 1) for n in range(5))
STAR = frozenset((0, s, o) for s in range(6) for o in range(6))


def test_a_pattern_that_nothing_joins_is_left() -> None:
    assert tally(relations(CHAIN), [Atom(0, -1, -2), Atom(0, -3, -4)], [], [Counted()]) is None


def test_more_rows_than_may_be_are_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    atoms = [Atom(0, -1, -2), Atom(0, -2, -3), Atom(0, -3, -1)]
    found = tally(relations(STAR), atoms, [], [Counted()])
    assert found is not None
    assert found.counts[0].tolist() == [216]
    monkeypatch.setattr(weighted_join, "MAX_ROWS", 215)
    assert tally(relations(STAR), atoms, [], [Counted()]) is None
    # The last join is a sum of lengths, however many rows it would have.
    chain = tally(relations(STAR), atoms[:2], [], [Counted()])
    assert chain is not None
    assert chain.counts[0].tolist() == [216]
    monkeypatch.setattr(weighted_join, "MAX_ROWS", 35)
    assert tally(relations(STAR), [Atom(0, -1, -2)], [-1, -2], [Counted()]) is None


def test_sums_beyond_what_is_exact_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    atoms = [Atom(0, -1, other) for other in range(-10, -1)]
    whole = tally(relations(STAR), atoms, [], [Counted()])
    assert whole is not None
    assert whole.counts[0].tolist() == [6**10]
    monkeypatch.setattr(tallies, "MAX_SUM", 6**9)
    assert tally(relations(STAR), atoms, [], [Counted()]) is None


def test_rarest_is_about_what_a_pattern_gives() -> None:
    both = frozenset((1, s, 0) for s in range(3)) | STAR
    assert rarest(relations(both), [Atom(0, -1, -2), Atom(1, -1, -3)]) == 3
    assert rarest(relations(both), [Atom(0, 2, -2)]) == 6
    assert rarest(relations(both), [Atom(-3, -1, -2)]) == 39
    assert rarest(relations(both), [Atom(2, -1, -2)]) == 0


_PAIRS = st.frozensets(st.tuples(_TERM, _TERM), max_size=12)


@given(_PAIRS, _PAIRS, _PAIRS, st.sampled_from(["forward", "backward", "both"]))
def test_a_relation_changes_in_both_directions(
    first: frozenset[tuple[int, int]],
    come: frozenset[tuple[int, int]],
    gone: frozenset[tuple[int, int]],
    made: str,
) -> None:
    gone -= come
    forward, backward = as_keys(first), as_keys({(o, s) for s, o in first})
    relation = Relation(
        forward if made != "backward" else None, backward if made != "forward" else None
    )
    found = relation.changed(as_keys(come), as_keys(gone))
    expected_pairs = (first - gone) | come
    assert found.count == len(expected_pairs)
    assert found.keys(is_forward=True).tolist() == as_keys(expected_pairs).tolist()
    turned = as_keys({(o, s) for s, o in expected_pairs})
    assert found.keys(is_forward=False).tolist() == turned.tolist()


def as_keys(pairs: Set[tuple[int, int]]) -> Keys:
    return np.array([one << 32 | other for one, other in sorted(pairs)], dtype=np.int64)


@given(_TRIPLES)
def test_a_relation_is_the_same_from_either_side(triples: Triples) -> None:
    for predicate, relation in relations(triples).by_predicate.items():
        turned = relations(triples, frozenset([predicate])).by_predicate[predicate]
        for is_forward in (True, False):
            ours, theirs = relation.keys(is_forward=is_forward), turned.keys(is_forward=is_forward)
            assert ours.tolist() == theirs.tolist()
            assert relation.fan_out(is_forward=is_forward) == turned.fan_out(is_forward=is_forward)
