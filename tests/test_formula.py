"""The formula language: what it accepts, what it refuses and where, and that it is sound."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from etown_kg.errors import FormulaError
from etown_kg.formula import MAX_FACTORS, Formula, evaluate
from etown_kg.interval import Interval


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("8 / 4 / 2", 1),
        ("2 - 3 - 4", -5),
        ("-2 * -3", 6),
        ("1 - -1", 2),
        ("--1", 1),
        ("0.1 + 0.2", Fraction(3, 10)),
        ("  7", 7),
        ("1/(1+1)", Fraction(1, 2)),
    ],
)
def test_operations_bind_as_in_arithmetic(text: str, value: int | Fraction) -> None:
    assert evaluate(text, {}) == Interval.exactly(Fraction(value))


def test_rounded_reaches_half_a_step_to_both_sides() -> None:
    assert evaluate("rounded(34.8, 0.1)", {}) == Interval(
        Fraction(3475, 100), True, Fraction(3485, 100), True
    )


def test_rounded_keeps_an_open_or_missing_end() -> None:
    assert evaluate("rounded(F1, 2)", {"F1": Interval.more_than(10)}) == Interval.more_than(9)


def test_stated_is_the_number_and_the_plain_name_the_interval() -> None:
    inputs, stated = {"F04": Interval.more_than(200)}, {"F04": Fraction(200)}
    assert evaluate("F04", inputs, stated) == Interval.more_than(200)
    assert evaluate("stated(F04)", inputs, stated) == Interval.exactly(200)


def test_number_follows_the_stated_numbers_and_takes_no_rounding() -> None:
    formula = Formula.parse("F59 / (1 + rounded(F60, 0.1) / 100)")
    expected = Fraction(1748) / Fraction("1.348")
    assert formula.number({"F59": Fraction(1748), "F60": Fraction("34.8")}) == expected
    assert formula.names == {"F59", "F60"}


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("F06 /", 5),
        ("F06 F04", 4),
        ("(F06", 4),
        ("F06)", 3),
        ("F06 ** 2", 5),
        ("F06 % 2", 4),
        ("1e3", 1),
        (".5", 0),
        ("2.", 1),
        ("__import__('os')", 0),
        ("'os'", 0),
        ("F06.real", 3),
        ("rounded(F06)", 11),
        ("rounded(F06, F04)", 13),
        ("rounded(F06, 0)", None),
        ("stated(F06 + F04)", 11),
        ("stated(2)", 7),
        ("stated(F06, 2)", 10),
        ("٣", 0),
    ],
)
def test_what_is_no_formula_is_refused_where_it_stops(text: str, position: int | None) -> None:
    with pytest.raises(FormulaError) as caught:
        Formula.parse(text)
    assert caught.value.position == position
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("text", ["(" * 5000, "-" * 5000, "1+" * 5000 + "1", "1*(" * 5000])
def test_long_and_deep_formulas_are_refused_before_the_stack_ends(text: str) -> None:
    with pytest.raises(FormulaError, match=f"more than {MAX_FACTORS} parts"):
        Formula.parse(text)


@pytest.mark.parametrize("text", ["F1", "stated(F1)"])
def test_name_without_a_value_is_refused(text: str) -> None:
    with pytest.raises(FormulaError, match="F1 has no value"):
        evaluate(text, {"F2": Interval()}, {"F2": Fraction(1)})


def test_zero_as_the_only_divisor_is_refused() -> None:
    with pytest.raises(FormulaError, match="divisor is zero"):
        evaluate("1 / (F1 - F1)", {"F1": Interval.exactly(2)})


# Values as tenths, intervals as one of a few shapes around a value.
values = st.integers(-30, 30).map(lambda tenths: Fraction(tenths, 10))
margins = st.integers(0, 20).map(lambda tenths: Fraction(tenths, 10))


@st.composite
def measured(draw: st.DrawFn) -> tuple[Fraction, Interval]:
    """A value and an interval that contains it."""
    value, below, above = draw(values), draw(margins), draw(margins)
    low = draw(st.sampled_from([value - below, None]))
    high = draw(st.sampled_from([value + above, None]))
    low_inclusive = low is not None and (below == 0 or draw(st.booleans()))
    high_inclusive = high is not None and (above == 0 or draw(st.booleans()))
    return value, Interval(low, low_inclusive, high, high_inclusive)


formulas = st.recursive(
    st.sampled_from(["A", "B", "C", "2", "0.5"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda text: f"-{text}"),
        inner.map(lambda text: f"rounded({text}, 0.2)"),
    ),
    max_leaves=8,
)


@given(formulas, measured(), measured(), measured())
def test_value_of_a_formula_lies_in_its_interval(
    text: str,
    a: tuple[Fraction, Interval],
    b: tuple[Fraction, Interval],
    c: tuple[Fraction, Interval],
) -> None:
    inputs = dict(zip("ABC", (a, b, c), strict=True))
    formula = Formula.parse(text)
    try:
        value = formula.number({name: pair[0] for name, pair in inputs.items()})
        interval = formula.interval({name: pair[1] for name, pair in inputs.items()})
    except FormulaError:
        assume(False)
    assert value in interval
