"""The numbers that a phrase states."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etown_kg.numerals import numbers

STATED: dict[str, list[Fraction | int]] = {
    "more than 300 autonomous driving vehicles": [300],
    "reached 1,748 in 2021": [1748, 2021],
    "in 2021, 300 cars": [2021, 300],
    "increase of 34.8 percent": [Fraction("34.8")],
    "up 34.8%": [Fraction("34.8")],
    "from 2012-2021": [2012, 2021],
    "more than 200 billion yuan": [200 * 10**9],
    "($28 billion)": [28 * 10**9],
    "over 1 million square-meters": [10**6],
    "1.5 million": [1_500_000],
    "2000亿元": [200 * 10**9],
    "超过300辆": [300],
    "eight national-level technology incubators": [8],
    "Twelve": [12],
    "twenty-one": [21],
    "a hundred cars": [100],
    "one hundred and five": [105],
    "two million three hundred thousand": [2_300_000],
    "five, six": [5, 6],
    "five six": [5, 6],
    "building four hundred-billion industrial clusters": [4, 100 * 10**9],
    "four hundred billion": [400 * 10**9],
    "contributed to one-third of the total": [Fraction(1, 3)],
    "two thirds": [Fraction(2, 3)],
    "a quarter of it": [Fraction(1, 4)],
    "half of it": [Fraction(1, 2)],
    "about 1/3": [Fraction(1, 3)],
    "300-vehicle": [300],
}
NOT_STATED = {
    "digits inside a word": "5G base stations",
    "an ordinal": "third place, the first in China",
    "a scale without a count": "hundreds of billions",
    "division by zero": "1/0",
    "no number": "unmanned vehicles with no driver",
    "nothing": "",
}


@pytest.mark.parametrize("phrase", STATED)
def test_number_is_read_from_its_phrase(phrase: str) -> None:
    assert numbers(phrase) == set(map(Fraction, STATED[phrase]))


@pytest.mark.parametrize("phrase", NOT_STATED.values(), ids=NOT_STATED)
def test_what_is_no_number_is_not_read(phrase: str) -> None:
    assert numbers(phrase) == frozenset()


@given(st.integers(min_value=0, max_value=10**15))
def test_every_whole_number_is_read_with_and_without_commas(number: int) -> None:
    assert numbers(f"some {number} of them") == {number}
    assert numbers(f"some {number:,} of them.") == {number}


@given(st.decimals(min_value=0, max_value=10**6, places=2))
def test_every_decimal_is_read(number: object) -> None:
    assert numbers(f"({number} percent)") == {Fraction(str(number))}


@given(st.text())
def test_any_text_is_read_without_failing(text: str) -> None:
    assert all(isinstance(number, Fraction) for number in numbers(text))
