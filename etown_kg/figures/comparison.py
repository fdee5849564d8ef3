"""Figures that measure the same, side by side: they agree, or they are in tension.

Two figures measure the same when indicator, unit, places, groups and period are the same. They
*agree* when some number lies in both intervals, else no number can satisfy both: a *tension*.
Neither makes one figure of two, and what agrees may still differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from etown_kg.figures.figure import Figure


@dataclass(frozen=True)
class Comparison:
    """Two figures that measure the same, from different sources."""

    first: Figure
    second: Figure

    @property
    def agrees(self) -> bool:
        """Whether a number can lie in both intervals."""
        return self.first.interval.intersects(self.second.interval)


def comparisons(figures: Iterable[Figure]) -> list[Comparison]:
    """All pairs of figures that measure the same, the tensions first.

    A figure without a known bound agrees with everything, so it says nothing and is left out.
    Two figures of one article count: a text may contradict itself.
    """
    alike: dict[object, list[Figure]] = defaultdict(list)
    for figure in figures:
        if figure.indicator and figure.is_bounded:
            alike[_measured(figure)].append(figure)
    pairs = [
        Comparison(first, second)
        for group in alike.values()
        for first, second in combinations(group, 2)
    ]
    return sorted(pairs, key=lambda pair: pair.agrees)


def _measured(figure: Figure) -> tuple[object, ...]:
    """What a figure measures. Periods are the same when their dates are."""
    period = figure.period
    dates = (period.start, period.end) if period and (period.start or period.end) else period
    return figure.indicator, figure.unit, figure.places, figure.groups, dates
