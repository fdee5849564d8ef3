"""Numbers as people type them, and as they read them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etown_kg.figures.quantity import quantity, written


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("300", 300), ("1,748", 1748), ("34.8", Fraction(348, 10)), (".5", Fraction(1, 2)),
        ("6e11", 6 * 10**11), ("6E+2", 600), ("1.5e-3", Fraction(15, 10000)),
        ("600 billion", 6 * 10**11), ("1.5 Million", 1_500_000), ("2tn", 2 * 10**12),
        ("6000亿", 6 * 10**11), ("６０００亿", 6 * 10**11), ("100万", 10**6), ("1万亿", 10**12),
        ("-5", -5), ("\u22125", -5), ("+5", 5), ("1/3", Fraction(1, 3)), ("-1/2", Fraction(-1, 2)),
        ("34.8%", Fraction(348, 10)), (" 7 ", 7),
    ],
)  # fmt: skip
def test_a_number_is_read_exactly(text: str, number: Fraction) -> None:
    assert quantity(text) == number


@pytest.mark.parametrize(
    "text",
    ["", "many", "more than 300", "1/0", "3 4", "1e999999999", "0x10", "5G", "NaN", "inf", "1,00",
     "--5", "1" * 61, "<script>", "6 thousand million"],
)  # fmt: skip
def test_anything_else_is_no_number(text: str) -> None:
    assert quantity(text) is None


@pytest.mark.parametrize(
    ("number", "english", "chinese"),
    [
        (0, "0", "0"), (7, "7", "7"), (1748, "1,748", "1748"), (2212, "2,212", "2212"),
        (12_345, "12,345", "12345"), (10**6, "1 million", "100万"),
        (6 * 10**11, "600 billion", "6000亿"), (1_234_567, "1,234,567", "1234567"),
        (Fraction(348, 10), "34.8", "34.8"), (-6 * 10**11, "-600 billion", "-6000亿"),
        (Fraction(12962, 10), "1,296.2", "1296.2"), (Fraction(1, 3), "0.333333…", "0.333333…"),
    ],
)  # fmt: skip
def test_a_number_is_written_for_the_reader(number: Fraction, english: str, chinese: str) -> None:
    assert written(Fraction(number), "en") == english
    assert written(Fraction(number), "zh") == chinese


@given(st.decimals(-(10**15), 10**15, places=4), st.sampled_from(["en", "zh"]))
def test_what_is_written_reads_as_the_same_number(number: object, language: str) -> None:
    value = Fraction(str(number))
    assert quantity(written(value, language)) == value
