"""What a picture of an interval consists of, placed on an axis in percent of its width.

A known end is a dot, filled where the end belongs to the interval and hollow where it does not.
An unknown end has no dot: the bar fades out towards the edge of the axis and ends in an arrow.
A number whose wording gives no bound at all is a hollow diamond on a dotted line: it is what the
text says, and not an end of anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from etown_kg.figures.axis import Axis
from etown_kg.figures.figure import Figure

Shape = Literal["exact", "bounded", "lower", "upper", "unbounded"]


@dataclass(frozen=True)
class Drawing:
    """The parts of one picture; places are SVG percentages such as ``12.5%``.

    `start` and `width` are the bar's. `low_dot` and `high_dot` tell whether the end belongs to the
    interval; None means that there is no dot. `mark` is the place of a number without bounds.
    """

    shape: Shape
    start: str
    width: str
    end: str
    low_dot: bool | None = None
    high_dot: bool | None = None
    mark: str = ""
    threshold: str = ""


def shape_of(figure: Figure) -> Shape:
    """Which ends of a figure are known."""
    interval = figure.interval
    if interval.is_exact:
        return "exact"
    if interval.lower is None:
        return "unbounded" if interval.upper is None else "upper"
    return "lower" if interval.upper is None else "bounded"


def drawn(figure: Figure, axis: Axis, threshold: Fraction | None = None) -> Drawing:
    """The picture of a figure on an axis, with a line where the threshold is."""
    interval = figure.interval
    low = 0.0 if interval.lower is None else axis.place(interval.lower)
    high = 100.0 if interval.upper is None else axis.place(interval.upper)
    shape = shape_of(figure)
    number = figure.number
    return Drawing(
        shape,
        start=_percent(low),
        width=_percent(high - low),
        end=_percent(high),
        low_dot=None if interval.lower is None else interval.lower_inclusive,
        high_dot=None if interval.upper is None else interval.upper_inclusive,
        mark=_percent(axis.place(number)) if shape == "unbounded" and number is not None else "",
        threshold="" if threshold is None else _percent(axis.place(threshold)),
    )


def tick_places(axis: Axis) -> list[tuple[str, Fraction]]:
    """The ticks of an axis with their places."""
    return [(_percent(axis.place(tick)), tick) for tick in axis.ticks]


def _percent(place: float) -> str:
    return f"{place:.2f}".rstrip("0").rstrip(".") + "%"
