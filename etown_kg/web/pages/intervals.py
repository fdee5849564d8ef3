"""An interval in words and as a picture, for a reader of one language.

`parts/interval.html` draws what `Picture` has; the words beside it say the same, so that who does
not see the picture misses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from etown_kg import vocab
from etown_kg.figures.axis import Axis
from etown_kg.figures.drawing import Drawing, drawn, shape_of, tick_places
from etown_kg.figures.figure import Figure
from etown_kg.figures.quantity import written
from etown_kg.interval import Interval
from etown_kg.web.pages.language import plain
from etown_kg.web.pages.terms import Names

# How numbers in QUDT's most common units are written; all others are followed by their label.
_WITH_UNIT: dict[str, str] = {
    vocab.UNIT + "NUM": "figures.in_counts",
    vocab.UNIT + "UNITLESS": "figures.in_counts",
    vocab.UNIT + "PERCENT": "figures.in_percent",
    vocab.UNIT + "CCY_CNY": "figures.in_yuan",
    vocab.UNIT + "CCY_USD": "figures.in_dollars",
    vocab.UNIT + "M2": "figures.in_square_metres",
}


@dataclass(frozen=True)
class Picture:
    """A drawing with its text alternative."""

    drawing: Drawing
    alternative: str


def in_words(figure: Figure, names: Names) -> str:
    """What is known of a figure: "more than 300", "less than 600 billion yuan", "1/3".

    The words follow the interval and nothing else; how the source put it is the bound kind.
    """
    if not figure.is_bounded:
        number = "/".join(map(str, figure.ratio)) if figure.ratio else None
        if number is None and figure.number is not None:
            number = amount(figure.number, figure.unit, names)
        if number is None:
            return plain("figures.unknown", names.language)
        return plain("figures.unbounded", names.language, number=number)
    words = interval_in_words(figure.interval, figure.unit, names)
    stated = figure.number
    if shape_of(figure) == "bounded" and stated is not None:
        number = amount(stated, figure.unit, names)
        return plain("figures.about", names.language, number=number, words=words)
    return words


def interval_in_words(interval: Interval, unit: str, names: Names) -> str:
    """An interval without the figure that it belongs to."""
    low = None if interval.lower is None else amount(interval.lower, unit, names)
    high = None if interval.upper is None else amount(interval.upper, unit, names)
    if interval.is_exact:
        return str(low)
    if low is not None and high is not None:
        return plain("figures.between", names.language, low=low, high=high)
    if low is not None:
        name = "figures.at_least" if interval.lower_inclusive else "figures.more_than"
        return plain(name, names.language, number=low)
    if high is not None:
        name = "figures.at_most" if interval.upper_inclusive else "figures.less_than"
        return plain(name, names.language, number=high)
    return plain("figures.unknown", names.language)


def amount(number: Fraction, unit: str, names: Names) -> str:
    """A number with its unit, as the reader's language writes it."""
    shown = written(number, names.language)
    if not unit:
        return shown
    if unit in _WITH_UNIT:
        return plain(_WITH_UNIT[unit], names.language, number=shown)
    return plain("figures.in_unit", names.language, number=shown, unit=names.label(unit))


def picture(figure: Figure, axis: Axis, names: Names, threshold: Fraction | None = None) -> Picture:
    """A figure on an axis. Its text alternative says which ends are not known."""
    unknown = {"lower": "figures.no_upper", "upper": "figures.no_lower"}.get(shape_of(figure))
    said = in_words(figure, names)
    if unknown:
        said = plain("figures.said_with", names.language, words=said,
                        more=plain(unknown, names.language))  # fmt: skip
    return Picture(drawn(figure, axis, threshold), said)


def ticks(axis: Axis, language: str) -> list[tuple[str, str]]:
    """The places of an axis's ticks, with their numbers."""
    return [(place, written(tick, language, short=True)) for place, tick in tick_places(axis)]


def legend(names: Names) -> list[tuple[Picture, str]]:
    """One picture of each shape, with what it means."""
    half, most = Fraction(50), Fraction(80)
    samples = {
        "exact": Interval.exactly(half),
        "lower": Interval.more_than(half),
        "upper": Interval.less_than(half),
        "bounded": Interval(Fraction(20), False, most, True),
        "unbounded": Interval(),
    }
    scale = Axis((Fraction(0), Fraction(100)))
    return [
        (
            Picture(drawn(Figure("", interval=interval, stated=half), scale), ""),
            plain(f"figures.legend_{name}", names.language),
        )
        for name, interval in samples.items()
    ]
