"""The life of a pair: to_add, recent, stable."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from etown_kg.reason import variable as variables
from etown_kg.reason.dictionary import TYPE
from etown_kg.reason.relation import check_sorted, leading, swapped, trailing
from etown_kg.reason.variable import Facts, Variable

Pairs = set[tuple[int, int]]
BATCHES = st.lists(
    st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30), max_size=6
)


def put(variable: Variable, pairs: Pairs) -> None:
    rows = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    variable.put(rows[:, 0], rows[:, 1])


def pairs_of(forward: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Pairs:
    check_sorted(forward)
    return set(zip(leading(forward).tolist(), trailing(forward).tolist(), strict=True))


@given(BATCHES, st.booleans())
def test_only_new_pairs_are_recent_and_both_orientations_agree(
    batches: list[Pairs], is_class_led: bool
) -> None:
    variable = Variable(is_class_led=is_class_led)
    known: Pairs = set()
    for stage, batch in enumerate(batches):
        put(variable, batch)
        variable.extend(variable.additions(), stage)
        assert pairs_of(variable.recent_forward()) == batch - known
        known |= batch
        assert pairs_of(variable.forward()) == known
        assert variable.backward().tolist() == swapped(variable.forward()).tolist()
        assert variable.recent_backward().tolist() == swapped(variable.recent_forward()).tolist()
        variable.settle()
        assert not len(variable.recent_forward())


SMALL = st.sets(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=3)
READINGS = st.sampled_from(["nothing", "keys", "turned", "remove"])


@patch.object(variables, "LARGE", 64)
@given(st.lists(st.tuples(SMALL, READINGS), max_size=40), st.booleans())
def test_few_pairs_that_come_to_many_are_there_before_they_are_merged(
    batches: list[tuple[Pairs, str]], is_class_led: bool
) -> None:
    facts = Facts(TYPE)
    predicate = TYPE if is_class_led else TYPE + 1
    variable = facts[predicate]
    known = {(number // 31, number % 31) for number in range(0, 961, 3)}
    put(variable, known)
    variable.extend(variable.additions(), 0)
    _ = variable.forward(), variable.backward()
    for batch, reading in batches:
        before, was = facts.snapshot(), set(known)
        put(variable, batch)
        new = variable.additions()
        assert not variable.has(new).any()
        variable.extend(new, 1)
        known |= batch
        assert len(variable) == len(known)
        assert all(facts.has(predicate, *pair) for pair in batch)
        assert not len(variable.absent(np.sort(new)))
        if reading == "keys":
            check_sorted(variable.keys)
        elif reading == "turned":
            assert pairs_of(variable.forward()) == known
            assert variable.backward().tolist() == swapped(variable.forward()).tolist()
        elif reading == "remove":
            variable.remove(new)
            known = was
        variable.settle()
        assert pairs_of(before.forward(predicate)) == was
    assert pairs_of(variable.forward()) == known


@given(BATCHES)
def test_stages_tell_when_a_pair_first_came(batches: list[Pairs]) -> None:
    variable = Variable()
    first: dict[tuple[int, int], int] = {}
    for stage, batch in enumerate(batches):
        put(variable, batch)
        variable.extend(variable.additions(), stage)
        first |= {pair: stage for pair in batch if pair not in first}
    stages = variable.stages(variable.keys).tolist()
    assert dict(zip(sorted(first), stages, strict=True)) == first
    assert variable.stages(np.array([99 << 32])).tolist() == [-1]


@given(BATCHES, st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9))))
def test_removed_pairs_are_as_if_they_had_never_come(batches: list[Pairs], gone: Pairs) -> None:
    variable = Variable()
    for stage, batch in enumerate(batches):
        put(variable, batch)
        variable.extend(variable.additions(), stage)
    keys = np.array(sorted(s << 32 | o for s, o in gone), dtype=np.int64)
    left = pairs_of(variable.forward()) - gone
    variable.remove(keys)
    assert pairs_of(variable.forward()) == left
    assert all(stage == -1 for stage in variable.stages(keys).tolist())


def test_retired_pairs_stay_in_the_archive() -> None:
    variable = Variable()
    put(variable, {(1, 2), (3, 4)})
    variable.extend(variable.additions(), 5)
    variable.retire(np.array([1 << 32 | 2]))
    assert pairs_of(variable.forward()) == {(3, 4)}
    assert pairs_of(variable.archive().forward()) == {(1, 2), (3, 4)}
    assert variable.stages(np.array([1 << 32 | 2])).tolist() == [5]


def test_offsets_find_the_pairs_of_each_number() -> None:
    variable = Variable()
    put(variable, {(1, 5), (1, 6), (3, 0)})
    variable.extend(variable.additions(), 0)
    assert variable.offsets(True, 4).tolist() == [0, 0, 2, 2, 3]
    assert variable.offsets(False, 7).tolist() == [0, 1, 1, 1, 1, 1, 2, 3]


def test_facts_answer_in_either_orientation() -> None:
    facts = Facts(TYPE)
    for predicate in (TYPE, 999):
        put(facts[predicate], {(200, 300), (201, 300), (200, 301)})
        facts[predicate].extend(facts[predicate].additions(), 0)
        assert facts.objects(predicate, 200).tolist() == [300, 301]
        assert facts.subjects(predicate, 300).tolist() == [200, 201]
        assert facts.has(predicate, 201, 300)
        assert not facts.has(predicate, 201, 301)
    assert facts.instances(300).tolist() == [200, 201]
    assert facts.size(12345) == 0
    assert not facts.has(12345, 1, 2)
