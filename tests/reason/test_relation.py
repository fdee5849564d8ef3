"""Relation kernels against Python sets."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etown_kg.errors import LimitError
from etown_kg.reason import transitive
from etown_kg.reason.reachability import condense, fewest_pairs, reachable
from etown_kg.reason.relation import (
    EMPTY,
    Keys,
    check_sorted,
    contains,
    difference,
    distinct,
    distinct_leading,
    expand,
    intersection,
    leading,
    merge,
    pack,
    slice_of,
    swapped,
    trailing,
    union,
)
from etown_kg.reason.transitive import growth

Pairs = set[tuple[int, int]]
NUMBERS = st.integers(0, 2**31 - 2)
SMALL = st.integers(0, 6)
PAIRS = st.sets(st.tuples(SMALL | NUMBERS, SMALL | NUMBERS), max_size=200)
GRAPHS = st.sets(st.tuples(SMALL, SMALL), max_size=20)


def keys_of(pairs: Pairs) -> Keys:
    return np.array(sorted(s << 32 | o for s, o in pairs), dtype=np.int64)


def pairs_of(keys: Keys) -> Pairs:
    check_sorted(keys)
    return set(zip(leading(keys).tolist(), trailing(keys).tolist(), strict=True))


@given(PAIRS)
def test_pairs_survive_packing_and_turning(pairs: Pairs) -> None:
    keys = keys_of(pairs)
    assert pairs_of(pack(leading(keys), trailing(keys))) == pairs
    assert pairs_of(swapped(keys)) == {(o, s) for s, o in pairs}


@given(PAIRS, PAIRS)
def test_set_operations_agree_with_python(one: Pairs, other: Pairs) -> None:
    first, second = keys_of(one), keys_of(other)
    assert pairs_of(difference(first, second)) == one - other
    assert pairs_of(union(first, second)) == one | other
    assert pairs_of(intersection(first, second)) == one & other
    assert pairs_of(merge(keys_of(one - other), second)) == one | other
    wanted = sorted(one | other)
    found = contains(first, keys_of(one | other)).tolist()
    assert [pair for pair, is_in in zip(wanted, found, strict=True) if is_in] == sorted(one)


@given(st.lists(NUMBERS, max_size=50))
def test_distinct_sorts_and_drops_repeats(numbers: list[int]) -> None:
    assert distinct(np.array(numbers, dtype=np.int64)).tolist() == sorted(set(numbers))


@given(PAIRS, SMALL)
def test_slice_holds_what_one_number_leads(pairs: Pairs, number: int) -> None:
    keys = keys_of(pairs)
    assert slice_of(keys, number).tolist() == sorted(o for s, o in pairs if s == number)
    assert distinct_leading(keys).tolist() == sorted({s for s, _ in pairs})


def test_merge_of_few_into_many_keeps_order() -> None:
    known = np.arange(0, 4000, 2, dtype=np.int64)
    for few in (3, 100):
        new = np.arange(1, 2 * few, 2, dtype=np.int64)
        assert merge(known, new).tolist() == sorted([*known.tolist(), *new.tolist()])


def test_expand_spreads_ranges() -> None:
    rows, places = expand(np.array([0, 5, 7]), np.array([2, 6, 7]))
    assert rows.tolist() == [0, 0, 1]
    assert places.tolist() == [0, 1, 5]


def test_expand_refuses_more_rows_than_allowed() -> None:
    with pytest.raises(LimitError, match="would make 100 rows"):
        expand(np.array([0]), np.array([100]), limit=99)


@pytest.mark.parametrize(
    "keys", [[2, 1], [1, 1], [-1, 1]], ids=["descending", "repeated", "negative"]
)
def test_check_finds_what_breaks_the_invariant(keys: list[int]) -> None:
    with pytest.raises(ValueError, match="ascend"):
        check_sorted(np.array(keys, dtype=np.int64))


def closure_of(pairs: Pairs) -> Pairs:
    closed = set(pairs)
    while more := {(x, z) for x, y in closed for y2, z in closed if y == y2} - closed:
        closed |= more
    return closed


@given(GRAPHS, GRAPHS)
def test_growth_makes_a_relation_transitive_again(old: Pairs, new: Pairs) -> None:
    known = closure_of(old)
    fresh = new - known
    grown = growth(keys_of(known), keys_of(fresh))
    assert pairs_of(grown) == closure_of(known | fresh) - known - fresh


@given(GRAPHS)
def test_reachable_is_the_transitive_closure(edges: Pairs) -> None:
    found = reachable(condense(keys_of(edges)))
    check_sorted(found)
    assert pairs_of(found) == closure_of(edges)


@pytest.mark.parametrize("is_ring", [False, True])
def test_growth_of_a_long_chain(is_ring: bool) -> None:
    edges = {(n, n + 1) for n in range(300)} | ({(300, 0)} if is_ring else set())
    expected = {(x, y) for x in range(301) for y in range(301) if x < y or is_ring}
    assert pairs_of(growth(EMPTY, keys_of(edges))) == expected - edges


@given(GRAPHS)
def test_fewest_pairs_are_not_more_than_there_are(edges: Pairs) -> None:
    assert len(edges) <= len(closure_of(edges))
    assert fewest_pairs(condense(keys_of(edges))) <= len(closure_of(edges))


@pytest.mark.parametrize("is_ring", [False, True])
def test_fewest_pairs_of_a_chain_are_all(is_ring: bool) -> None:
    edges = {(n, n + 1) for n in range(300)} | ({(300, 0)} if is_ring else set())
    expected = 301 * 301 if is_ring else 301 * 300 // 2
    assert fewest_pairs(condense(keys_of(edges))) == expected


@pytest.mark.parametrize("few_rows", [0, 1 << 14], ids=["by its shape", "on the way"])
@given(edges=GRAPHS, missing=st.integers(1, 5))
def test_growth_refuses_just_what_is_more_than_allowed(
    few_rows: int, edges: Pairs, missing: int
) -> None:
    expected = closure_of(edges)
    with mock.patch.object(transitive, "_FEW_ROWS", few_rows):
        assert pairs_of(growth(EMPTY, keys_of(edges), len(expected))) == expected - edges
        if len(expected) - missing >= len(edges):
            with pytest.raises(LimitError, match="a transitive relation"):
                growth(EMPTY, keys_of(edges), len(expected) - missing)


def test_growth_refuses_a_long_chain_by_its_shape() -> None:
    """Its 1.8 billion pairs would take minutes to find."""
    chain = keys_of({(n, n + 1) for n in range(60_000)})
    with pytest.raises(LimitError, match="at least 1800030000 pairs"):
        growth(EMPTY, chain, limit=200_000_000)


def test_growth_takes_no_more_room_than_its_pairs() -> None:
    """Layers, each joined to all of the next: most rows of a composition are the same."""
    width, depth = 40, 6
    edges = {
        (layer * width + a, (layer + 1) * width + b)
        for layer in range(depth)
        for a in range(width)
        for b in range(width)
    }
    most = width * width * depth * (depth + 1) // 2
    assert len(growth(EMPTY, keys_of(edges), limit=most)) == most - len(edges)
    with mock.patch.object(transitive, "_FEW_ROWS", 1 << 30):
        assert len(growth(EMPTY, keys_of(edges), limit=most)) == most - len(edges)


@given(GRAPHS, GRAPHS)
def test_difference_with_few_known(new: Pairs, known: Pairs) -> None:
    many = new | {(n, 1 << 20) for n in range(2000)}
    assert pairs_of(difference(keys_of(many), keys_of(known))) == many - known
