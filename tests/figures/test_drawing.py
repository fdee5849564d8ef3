"""Axes and pictures: what is known is drawn where it is, what is not known gets no place."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etown_kg.figures.axis import axis
from etown_kg.figures.drawing import drawn
from etown_kg.figures.figure import Figure
from etown_kg.interval import Interval

NUMBERS = st.fractions(-(10**13), 10**13, max_denominator=1000)


@st.composite
def figures(draw: st.DrawFn) -> Figure:
    low, high = sorted([draw(NUMBERS), draw(NUMBERS)])
    kinds = [
        Interval(), Interval.exactly(low), Interval.more_than(low), Interval.less_than(high),
        Interval(low, True, high, True),
    ]  # fmt: skip
    return Figure("x", interval=draw(st.sampled_from(kinds)), stated=draw(st.none() | NUMBERS))


@given(st.lists(figures(), max_size=6))
def test_an_axis_has_round_even_ticks_around_all_that_is_known(chosen: list[Figure]) -> None:
    found = axis(chosen)
    known = [n for f in chosen for n in (f.interval.lower, f.interval.upper) if n is not None]
    assert all(found.low <= number <= found.high for number in known)
    assert len({after - before for before, after in pairwise(found.ticks)}) == 1
    assert 2 <= len(found.ticks) <= 10
    assert any(tick == 0 for tick in found.ticks)


@given(figures(), st.lists(figures(), max_size=3))
def test_only_known_ends_get_a_dot(figure: Figure, others: list[Figure]) -> None:
    picture = drawn(figure, axis([figure, *others]))
    assert (picture.low_dot is None) == (figure.interval.lower is None)
    assert (picture.high_dot is None) == (figure.interval.upper is None)
    assert bool(picture.mark) == (not figure.is_bounded and figure.number is not None)
    start, width = float(picture.start[:-1]), float(picture.width[:-1])
    assert 0 <= start <= 100
    assert 0 <= start + width <= 100.02  # each is rounded to a hundredth


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (Interval.exactly(25), ("exact", "25%", "0%", True, True)),
        (Interval.more_than(25), ("lower", "25%", "75%", False, None)),
        (Interval.less_than(75), ("upper", "0%", "75%", None, False)),
        (Interval(Fraction(25), False, Fraction(75), True),
         ("bounded", "25%", "50%", False, True)),
        (Interval(), ("unbounded", "0%", "100%", None, None)),
    ],
)  # fmt: skip
def test_the_five_shapes(interval: Interval, expected: tuple[object, ...]) -> None:
    hundred = axis([Figure("all", interval=Interval(Fraction(0), True, Fraction(100), True))])
    picture = drawn(Figure("x", interval=interval), hundred)
    found = (picture.shape, picture.start, picture.width, picture.low_dot, picture.high_dot)
    assert found == expected


def test_an_open_end_has_room_beyond_the_largest_known_number() -> None:
    assert axis([Figure("x", interval=Interval.more_than(100))]).high > 100


def test_a_threshold_is_on_the_axis_wherever_it_is() -> None:
    figure = Figure("x", interval=Interval.exactly(3))
    far = axis([figure], Fraction(1000))
    assert drawn(figure, far, Fraction(1000)).threshold == "100%"
    assert drawn(figure, far).threshold == ""
