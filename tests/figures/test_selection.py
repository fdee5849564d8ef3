"""Filters and thresholds from the parameters of an address."""

from __future__ import annotations

import pytest

from etown_kg.errors import ParameterError
from etown_kg.figures.selection import read_selection, short_names
from tests.figures.conftest import COUNTS, ZOO, figures_in

FIGURES = list(figures_in(COUNTS))
Pairs = list[tuple[str, str]]


def names(pairs: Pairs) -> list[str]:
    return [figure.name for figure in read_selection(pairs, FIGURES).of(FIGURES)]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], ["F9", "F10", "F11", "F12", "more"]),
        ([("indicator", ""), ("threshold", " ")], ["F9", "F10", "F11", "F12", "more"]),
        ([("indicator", "big-cats")], ["F9", "F10"]),
        ([("indicator", ZOO + "big-cats")], ["F9", "F10"]),
        ([("indicator", "big-cats"), ("indicator", "surplus")], ["F9", "F10", "more"]),
        ([("place", "west")], ["F11"]),
        ([("period", "y2021")], ["F10"]),
        ([("article", "gazette")], ["F10"]),
        ([("bound", "fraction")], ["F12"]),
        ([("source", "derived")], ["more"]),
        ([("unit", "heads"), ("source", "stated"), ("place", "east")], ["F9", "F10"]),
        ([("indicator", "big-cats"), ("place", "west")], []),
        ([("unit", "heads"), ("threshold", "300")], ["F9", "F10", "F11", "more"]),
        ([("unit", "heads"), ("threshold", "300"), ("verdict", "certain")], ["F10"]),
        ([("unit", "heads"), ("threshold", "300"), ("verdict", "excluded")], ["F9", "F11"]),
        ([("unit", "heads"), ("threshold", "300"), ("verdict", "possible")], ["more"]),
        ([("unit", "heads"), ("compare", "lt"), ("threshold", "40"), ("verdict", "certain")],
         ["F11"]),
        ([("lang", "zh"), ("anything", "else")], ["F9", "F10", "F11", "F12", "more"]),
    ],
)  # fmt: skip
def test_an_address_chooses_figures(pairs: Pairs, expected: list[str]) -> None:
    assert names(pairs) == expected


def test_every_verdict_is_counted_whichever_is_shown() -> None:
    pairs = [("unit", "heads"), ("threshold", "300"), ("verdict", "certain")]
    counts = read_selection(pairs, FIGURES).counts(FIGURES)
    assert counts == {"certain": 1, "possible": 1, "excluded": 2}


@pytest.mark.parametrize(
    ("pairs", "name", "code"),
    [
        ([("indicator", "dogs")], "indicator", "unknown"),
        ([("source", "guessed")], "source", "unknown"),
        ([("threshold", "many")], "threshold", "number"),
        ([("threshold", "1e999999999")], "threshold", "number"),
        ([("threshold", "3"), ("threshold", "4")], "threshold", "twice"),
        ([("compare", "about")], "compare", "unknown"),
        ([("verdict", "likely")], "verdict", "unknown"),
        ([("threshold", "300")], "threshold", "units"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(pairs: Pairs, name: str, code: str) -> None:
    with pytest.raises(ParameterError) as caught:
        names(pairs)
    assert (caught.value.name, caught.value.code) == (name, code)


def test_a_name_that_two_things_have_is_refused_and_their_iris_are_told() -> None:
    twins = list(
        figures_in(
            ":a et:lowerBound 1.0 ; et:indicator :here\\/cats ."
            ":b et:lowerBound 1.0 ; et:indicator :there\\/cats ."
        )
    )
    with pytest.raises(ParameterError) as caught:
        read_selection([("indicator", "cats")], twins)
    assert caught.value.code == "ambiguous"
    assert caught.value.known == (ZOO + "here/cats", ZOO + "there/cats")
    (found,) = read_selection([("indicator", ZOO + "here/cats")], twins).of(twins)
    assert found.iri == ZOO + "a"


def test_a_selection_writes_the_address_that_it_was_read_from() -> None:
    pairs = [
        ("place", ZOO + "east"),
        ("compare", ">="),
        ("threshold", "1/3"),
        ("verdict", "certain"),
    ]
    selection = read_selection(pairs, FIGURES)
    assert selection.parameters() == pairs
    assert selection.parameters("place", "verdict", threshold="7") == [
        ("compare", ">="), ("threshold", "7"),
    ]  # fmt: skip


def test_a_short_name_is_given_to_one_value_only() -> None:
    values = ["http://a/x", "http://b/x", "http://b/y", "y", "http://b/"]
    assert short_names(values) == {
        "http://a/x": "http://a/x", "http://b/x": "http://b/x", "http://b/y": "http://b/y",
        "y": "y", "http://b/": "http://b/",
    }  # fmt: skip
    assert short_names(["http://b/z%20z"]) == {"http://b/z%20z": "z z"}
