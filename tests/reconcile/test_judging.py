"""How alike names are, and what is made of all that is known of candidates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etown_kg.reconcile import Evidence, Given, Query, judged, likeness, named_same

NAMES = st.text(alphabet="abc 亦庄-", max_size=12)


@given(NAMES, NAMES)
def test_likeness_is_symmetric_and_between_0_and_1(first: str, second: str) -> None:
    assert 0 <= likeness(first, second) <= 1
    assert likeness(first, second) == likeness(second, first)


@given(NAMES)
def test_a_name_is_all_like_itself(name: str) -> None:
    has_letters = any(letter not in " -" for letter in name)
    assert likeness(name, name) == (1.0 if has_letters else 0.0)
    assert named_same(name, name.upper()) == has_letters


@given(NAMES, NAMES)
def test_what_reads_the_same_is_all_like(first: str, second: str) -> None:
    if named_same(first, second):
        assert likeness(first, second) == 1


@pytest.mark.parametrize("name", ["Zhongguancun Science City", "北京经济技术开发区", "CIFTIS"])
def test_a_typing_error_costs_little(name: str) -> None:
    for place in range(len(name)):
        without = name[:place] + name[place + 1 :]
        assert likeness(name, without) > 0.6


def found(query: Query, *known: Evidence) -> list[tuple[str, float, bool]]:
    return [(each.iri, each.score, each.is_match) for each in judged(query, known)]


BEIJING, E_TOWN = Evidence("x:b", 1.0, True), Evidence("x:e", 0.6, False)


def test_the_only_thing_of_that_name_is_the_match() -> None:
    assert found(Query("Beijing"), E_TOWN, BEIJING) == [("x:b", 100, True), ("x:e", 60, False)]


def test_of_two_things_of_that_name_none_is_and_the_better_known_comes_first() -> None:
    scope = Evidence("x:a", 1.0, True, mentions=2)
    known = Evidence("x:z", 1.0, True, mentions=9)
    assert found(Query("Beijing"), scope, known) == [("x:z", 100, False), ("x:a", 100, False)]


def test_a_wrong_type_halves_the_score_and_is_no_match() -> None:
    query = Query("Beijing", types=("x:City",))
    assert found(query, BEIJING) == [("x:b", 50, False)]
    of_type = Evidence("x:z", 1.0, True, types=1)
    assert found(query, BEIJING, of_type) == [("x:z", 100, True), ("x:b", 50, False)]


@pytest.mark.parametrize(
    ("strictness", "types", "is_found"),
    [("should", 0, True), ("any", 0, False), ("any", 1, True), ("all", 1, False), ("all", 2, True)],
)
def test_strict_types_leave_out_what_is_not_of_them(
    strictness: str, types: int, is_found: bool
) -> None:
    query = Query("Beijing", types=("x:City", "x:Place"), strictness=strictness)  # type: ignore[arg-type]
    assert bool(judged(query, [Evidence("x:b", 1.0, True, types=types)])) is is_found


@pytest.mark.parametrize(
    ("agreeing", "score", "is_match"),
    [((True,), 100, True), ((None,), 80, True), ((False,), 40, False), ((True, False), 70, False)],
)
def test_what_else_is_known_counts(
    agreeing: tuple[bool | None, ...], score: float, is_match: bool
) -> None:
    query = Query("Beijing", given=(Given("x:p", ("a",)),) * len(agreeing))
    assert found(query, Evidence("x:b", 1.0, True, agreeing=agreeing)) == [("x:b", score, is_match)]


def test_without_a_name_the_thing_with_all_values_is_the_match() -> None:
    query = Query("", given=(Given("x:p", ("a",)), Given("x:q", ("b",))))
    both = Evidence("x:b", 1.0, False, agreeing=(True, True))
    one = Evidence("x:c", 1.0, False, agreeing=(True, None))
    assert found(query, one, both) == [("x:b", 100, True), ("x:c", 90, False)]


def test_no_more_candidates_than_are_wanted_and_none_that_is_hardly_alike() -> None:
    many = [Evidence(f"x:{n}", n / 100, False) for n in range(30, 60)]
    assert len(judged(Query("a", limit=5), many)) == 5
    assert min(each.score for each in judged(Query("a", limit=100), many)) == 35
