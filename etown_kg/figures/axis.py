"""A linear axis that shows some figures, with round numbers at its ticks.

It starts at zero when no number is negative, so that lengths can be compared, and reaches a
little beyond the largest number that is known, so that an open end has room to be open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, floor

from etown_kg.figures.figure import Figure

# About how many steps an axis has.
_STEPS = 4
# The part of the axis that an end needs to run off.
_ROOM = Fraction(8, 100)
_ROUND = (Fraction(1), Fraction(2), Fraction(5, 2), Fraction(5), Fraction(10))


@dataclass(frozen=True)
class Axis:
    """From `low` to `high`, which are the first and last of `ticks`."""

    ticks: tuple[Fraction, ...]

    @property
    def low(self) -> Fraction:
        return self.ticks[0]

    @property
    def high(self) -> Fraction:
        return self.ticks[-1]

    def place(self, value: Fraction) -> float:
        """Where a number is, in percent of the axis; beyond its ends at the end."""
        low, length = self._span
        return 100 * min(max((float(value) - low) / length, 0.0), 1.0)

    @cached_property
    def _span(self) -> tuple[float, float]:
        return float(self.low), float(self.high - self.low)


def axis(figures: Iterable[Figure], *more: Fraction) -> Axis:
    """An axis for these figures (in one unit) and these numbers."""
    chosen = list(figures)
    known = [number for figure in chosen for number in _known(figure)] + list(more)
    low = min([*known, Fraction(0)])
    high = max([*known, Fraction(0)])
    step = _round_step((high - low) / _STEPS)
    first, last = floor(low / step), ceil(high / step)
    runs_on = [each.interval for each in chosen]
    # An end that is unknown is drawn from its known one outwards: at the very edge it has no room.
    room = (last - first) * step * _ROOM
    if any(each.upper is None and (each.lower or 0) > last * step - room for each in runs_on):
        last += 1
    if low < 0 and any(
        each.lower is None and (each.upper or 0) < first * step + room for each in runs_on
    ):
        first -= 1
    return Axis(tuple(count * step for count in range(first, max(last, first + 1) + 1)))


def _known(figure: Figure) -> list[Fraction]:
    numbers = (figure.interval.lower, figure.interval.upper)
    if not figure.is_bounded:
        numbers = (figure.number, None)
    return [number for number in numbers if number is not None]


def _round_step(about: Fraction) -> Fraction:
    """The smallest round step that is not below `about`; 1 where there is nothing to show."""
    if about <= 0:
        return Fraction(1)
    power = Fraction(1)
    while power > about:
        power /= 10
    while power * 10 <= about:
        power *= 10
    return next(power * factor for factor in _ROUND if power * factor >= about)
