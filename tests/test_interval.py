"""Interval arithmetic and verdicts, against points sampled inside the intervals.

The samples of an interval lie on its closed ends, just inside each end, in the middle, at zero,
and far out where it is unbounded. That is enough to hold soundness (no result escapes) and
tightness (a bound is approached, and attained exactly when it is inclusive) against each other.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from etown_kg.interval import Interval, Operator, shown

NEAR = Fraction(1, 10**9)  # how far inside an end the samples lie
FAR = Fraction(10**9)  # how far out where there is no end
CLOSE = Fraction(1, 10**6)  # how near to a bound counts as approaching it

OPERATORS: tuple[Operator, ...] = (">", ">=", "<", "<=")

places = st.one_of(
    st.none(), st.integers(-4, 4).map(Fraction), st.fractions(-4, 4, max_denominator=4)
)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    low, high = draw(places), draw(places)
    if low is not None and high is not None and low > high:
        low, high = high, low
    low_inclusive = low is not None and draw(st.booleans())
    high_inclusive = high is not None and draw(st.booleans())
    if low is not None and low == high:
        low_inclusive = high_inclusive = True
    return Interval(low, low_inclusive, high, high_inclusive)


def samples(interval: Interval) -> list[Fraction]:
    """Points of the interval; its closed ends are among them."""
    low, high = interval.lower, interval.upper
    far_low = low if low is not None else (high or Fraction(0)) - FAR
    far_high = high if high is not None else (low or Fraction(0)) + FAR
    points = {far_low + NEAR, far_high - NEAR, (far_low + far_high) / 2, Fraction(0)}
    points |= {end for end in (low, high) if end is not None}
    points |= {Fraction(1, 10**9), -Fraction(1, 10**9)}  # both sides of zero, for divisors
    return [point for point in points if contains(interval, point)]


def contains(interval: Interval, point: Fraction) -> bool:
    """Membership written out on its own, as the judge of `Interval.__contains__`."""
    above = interval.lower is None or (
        point >= interval.lower if interval.lower_inclusive else point > interval.lower
    )
    below = interval.upper is None or (
        point <= interval.upper if interval.upper_inclusive else point < interval.upper
    )
    return above and below


def satisfies(value: Fraction, operator: Operator, threshold: Fraction) -> bool:
    return {
        ">": value > threshold,
        ">=": value >= threshold,
        "<": value < threshold,
        "<=": value <= threshold,
    }[operator]


def assert_smallest(result: Interval, values: list[Fraction]) -> None:
    """Every value is inside, every bound approached, and attained exactly when inclusive."""
    for value in values:
        assert contains(result, value), f"{value} escapes {result}"
    if result.lower is None:
        assert min(values) < -100
    else:
        assert min(values) - result.lower < CLOSE
        assert (min(values) == result.lower) == result.lower_inclusive
    if result.upper is None:
        assert max(values) > 100
    else:
        assert result.upper - max(values) < CLOSE
        assert (max(values) == result.upper) == result.upper_inclusive


@given(intervals(), intervals())
def test_sum_is_the_smallest_interval_of_all_sums(a: Interval, b: Interval) -> None:
    assert_smallest(a + b, [x + y for x in samples(a) for y in samples(b)])


@given(intervals(), intervals())
def test_difference_is_the_smallest_interval_of_all_differences(a: Interval, b: Interval) -> None:
    assert_smallest(a - b, [x - y for x in samples(a) for y in samples(b)])


@given(intervals(), intervals())
def test_product_is_the_smallest_interval_of_all_products(a: Interval, b: Interval) -> None:
    assert_smallest(a * b, [x * y for x in samples(a) for y in samples(b)])


@given(intervals(), intervals())
def test_quotient_is_the_smallest_interval_of_all_quotients(a: Interval, b: Interval) -> None:
    assume(b != Interval.exactly(0))
    assert_smallest(a / b, [x / y for x in samples(a) for y in samples(b) if y != 0])


@given(intervals(), st.fractions(-5, 5, max_denominator=4), st.sampled_from(OPERATORS))
def test_verdict_says_what_all_points_say(
    interval: Interval, threshold: Fraction, operator: Operator
) -> None:
    answers = {satisfies(point, operator, threshold) for point in samples(interval)}
    expected = {frozenset({True}): "certain", frozenset({False}): "excluded"}
    assert interval.verdict(threshold, operator) == expected.get(frozenset(answers), "possible")


@given(intervals(), intervals())
def test_intersects_exactly_when_a_point_is_shared(a: Interval, b: Interval) -> None:
    shared = any(contains(a, point) for point in samples(b)) or any(
        contains(b, point) for point in samples(a)
    )
    assert a.intersects(b) == shared


@given(intervals(), st.fractions(-5, 5, max_denominator=4))
def test_membership(interval: Interval, point: Fraction) -> None:
    assert (point in interval) == contains(interval, point)


def test_growth_of_nearly_over_more_than_has_no_lower_end() -> None:
    growth = Interval.less_than(600) / Interval.more_than(200)
    assert growth == Interval(upper=Fraction(3))


def test_quotient_by_an_interval_around_zero_is_unknown() -> None:
    around_zero = Interval(Fraction(-1), True, Fraction(1), True)
    assert Interval.exactly(1) / around_zero == Interval()


def test_quotient_by_zero_alone_is_refused() -> None:
    with pytest.raises(ZeroDivisionError):
        Interval.more_than(1) / Interval.exactly(0)


@pytest.mark.parametrize(
    ("lower", "lower_inclusive", "upper", "upper_inclusive"),
    [
        (Fraction(2), True, Fraction(1), True),
        (Fraction(2), True, Fraction(2), False),
        (None, True, Fraction(2), False),
        (Fraction(2), False, None, True),
    ],
    ids=["ends crossed", "half-open point", "includes no lower end", "includes no upper end"],
)
def test_interval_without_numbers_or_with_a_flag_too_many_is_refused(
    lower: Fraction | None, lower_inclusive: bool, upper: Fraction | None, upper_inclusive: bool
) -> None:
    with pytest.raises(ValueError, match=r"interval|number"):
        Interval(lower, lower_inclusive, upper, upper_inclusive)


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (Interval(), "(-∞, ∞)"),
        (Interval.exactly(Decimal("34.8")), "[34.8, 34.8]"),
        (Interval.more_than(200000000000), "(200000000000, ∞)"),
        (Interval(Fraction(-1, 4), True, Fraction(1, 3), False), "[-0.25, 0.333333…)"),
    ],
    ids=str,
)
def test_interval_is_written_as_people_write_it(interval: Interval, text: str) -> None:
    assert str(interval) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-1000, max_value=1000))
def test_decimal_digits_are_shown_without_loss(value: Decimal) -> None:
    assert Fraction(Decimal(shown(Fraction(value)))) == Fraction(value)
