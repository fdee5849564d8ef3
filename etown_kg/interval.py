"""Intervals: what a stated number says about the figure behind it.

"More than 300" is the interval (300, ∞), "nearly 600 billion" is (-∞, 600000000000): an end that
the text does not give is unknown, and unknown is unbounded. Each end is open or closed on its
own. The arithmetic is exact (fractions, never floats) and *sound*: whatever values the operands
have, the value of the operation lies in the result. It is also the smallest such interval, as
long as no operand occurs twice in a formula.

A `verdict` answers a comparison with three words: `certain` (every value of the interval
satisfies it), `excluded` (none does), `possible` (some do). The same rule in SPARQL stands in
`ontology/queries/compare/`, and a test holds the two together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal, TypeAlias

Number: TypeAlias = "int | Decimal | Fraction"
Operator = Literal[">", ">=", "<", "<="]
Verdict = Literal["certain", "possible", "excluded"]

# An end of an interval on the extended line: its place, and whether the place itself belongs to it.
_End: TypeAlias = "tuple[Fraction | float, bool]"


@dataclass(frozen=True)
class Interval:
    """The numbers between two ends. An end of None is unbounded and never inclusive.

    >>> Interval.more_than(300).verdict(350, ">")
    'possible'
    >>> str(Interval.exactly(25) + Interval.exactly(339))
    '[364, 364]'

    Raises:
        ValueError: the ends enclose no number, or an unbounded end is called inclusive.
    """

    lower: Fraction | None = None
    lower_inclusive: bool = False
    upper: Fraction | None = None
    upper_inclusive: bool = False

    def __post_init__(self) -> None:
        if self.lower is None and self.lower_inclusive:
            raise ValueError("an interval without a lower bound cannot include it")
        if self.upper is None and self.upper_inclusive:
            raise ValueError("an interval without an upper bound cannot include it")
        if self.lower is None or self.upper is None:
            return
        closed = self.lower_inclusive and self.upper_inclusive
        if self.lower > self.upper or (self.lower == self.upper and not closed):
            raise ValueError(f"no number lies in {self}")

    @classmethod
    def exactly(cls, value: Number) -> Interval:
        """The single number `value`."""
        return cls(Fraction(value), True, Fraction(value), True)

    @classmethod
    def more_than(cls, value: Number) -> Interval:
        """Everything above `value`; the upper end is unknown."""
        return cls(lower=Fraction(value))

    @classmethod
    def less_than(cls, value: Number) -> Interval:
        """Everything below `value`; the lower end is unknown."""
        return cls(upper=Fraction(value))

    @property
    def is_exact(self) -> bool:
        """Whether the interval holds one number only."""
        return self.lower is not None and self.lower == self.upper

    def __contains__(self, value: Number) -> bool:
        return self.verdict(value, ">=") != "excluded" and self.verdict(value, "<=") != "excluded"

    def __str__(self) -> str:
        left = "[" if self.lower_inclusive else "("
        right = "]" if self.upper_inclusive else ")"
        low = "-∞" if self.lower is None else shown(self.lower)
        high = "∞" if self.upper is None else shown(self.upper)
        return f"{left}{low}, {high}{right}"

    def verdict(self, threshold: Number, operator: Operator) -> Verdict:
        """Whether a value of this interval stands in `operator` to `threshold`.

        >>> Interval.less_than(600).verdict(600, ">=")
        'excluded'
        """
        limit = Fraction(threshold)
        match operator:
            case ">":
                certain, excluded = self._lies_above(limit, False), self._lies_below(limit, True)
            case ">=":
                certain, excluded = self._lies_above(limit, True), self._lies_below(limit, False)
            case "<":
                certain, excluded = self._lies_below(limit, False), self._lies_above(limit, True)
            case "<=":
                certain, excluded = self._lies_below(limit, True), self._lies_above(limit, False)
        return "certain" if certain else "excluded" if excluded else "possible"

    def intersects(self, other: Interval) -> bool:
        """Whether some number lies in both."""
        return (self - other).verdict(0, ">=") != "excluded" and (
            (self - other).verdict(0, "<=") != "excluded"
        )

    def __neg__(self) -> Interval:
        low = None if self.upper is None else -self.upper
        high = None if self.lower is None else -self.lower
        return Interval(low, self.upper_inclusive, high, self.lower_inclusive)

    def __add__(self, other: Interval) -> Interval:
        low = None if self.lower is None or other.lower is None else self.lower + other.lower
        high = None if self.upper is None or other.upper is None else self.upper + other.upper
        return Interval(
            low,
            self.lower_inclusive and other.lower_inclusive,
            high,
            self.upper_inclusive and other.upper_inclusive,
        )

    def __sub__(self, other: Interval) -> Interval:
        return self + (-other)

    def __mul__(self, other: Interval) -> Interval:
        """The products: their least and greatest lie at corners, since x*y is linear in each."""
        corners = [_product(x, y) for x in self._ends() for y in other._ends()]
        # Of two corners at the same place, the one that is attained decides.
        low = min(corners, key=lambda end: (end[0], not end[1]))
        high = max(corners, key=lambda end: (end[0], end[1]))
        return _between(low, high)

    def __truediv__(self, other: Interval) -> Interval:
        """The quotients by every divisor but zero.

        Raises:
            ZeroDivisionError: zero is the only divisor.
        """
        return self * other._reciprocal()

    def _reciprocal(self) -> Interval:
        if self.lower == 0 == self.upper:
            raise ZeroDivisionError("the divisor is zero")
        (low, low_inclusive), (high, high_inclusive) = self._ends()
        if low < 0 < high:
            # 1/y runs off to both sides at zero; between the two branches there is no bound.
            return Interval()
        # On one side of zero 1/y falls, so the ends change places. At zero it has no bound, and at
        # infinity it approaches zero without reaching it.
        below = (-math.inf, False) if high == 0 else _inverse(high, high_inclusive)
        above = (math.inf, False) if low == 0 else _inverse(low, low_inclusive)
        return _between(below, above)

    def _ends(self) -> tuple[_End, _End]:
        low = -math.inf if self.lower is None else self.lower
        high = math.inf if self.upper is None else self.upper
        return (low, self.lower_inclusive), (high, self.upper_inclusive)

    def _lies_above(self, limit: Fraction, limit_counts: bool) -> bool:
        """Whether every value is above `limit`, or on it where `limit_counts`."""
        if self.lower is None:
            return False
        on_limit = limit_counts or not self.lower_inclusive
        return self.lower > limit or (self.lower == limit and on_limit)

    def _lies_below(self, limit: Fraction, limit_counts: bool) -> bool:
        if self.upper is None:
            return False
        on_limit = limit_counts or not self.upper_inclusive
        return self.upper < limit or (self.upper == limit and on_limit)


def shown(value: Fraction) -> str:
    """`value` for people: its decimal digits, shortened with an ellipsis where they do not end.

    >>> shown(Fraction(3, 4)), shown(Fraction(200, 28))
    ('0.75', '7.142857…')
    """
    rest, digits = value.denominator, 0
    for factor in (10, 2, 5):
        while rest % factor == 0:
            rest //= factor
            digits += 1
    mark = ""
    if rest != 1:
        digits, mark = 6, "…"
    sign = "-" if value < 0 else ""
    whole, part = divmod(abs(value.numerator) * 10**digits // value.denominator, 10**digits)
    return f"{sign}{whole}" + (f".{part:0{digits}d}{mark}" if digits else "")


def _product(x: _End, y: _End) -> _End:
    """The corner x*y. Zero times anything is zero, attained as soon as one zero is."""
    (a, a_inclusive), (b, b_inclusive) = x, y
    if a == 0 or b == 0:
        return Fraction(0), (a == 0 and a_inclusive) or (b == 0 and b_inclusive)
    if math.isinf(a) or math.isinf(b):
        return (math.inf if (a > 0) == (b > 0) else -math.inf), False
    return a * b, a_inclusive and b_inclusive


def _inverse(place: Fraction | float, inclusive: bool) -> _End:
    if isinstance(place, float):  # only the infinities are floats
        return Fraction(0), False
    return 1 / place, inclusive


def _between(low: _End, high: _End) -> Interval:
    lower = None if isinstance(low[0], float) else low[0]
    upper = None if isinstance(high[0], float) else high[0]
    return Interval(lower, low[1], upper, high[1])
