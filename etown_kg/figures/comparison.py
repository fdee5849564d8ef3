"""Figures that measure the same, side by side: they agree, or they are in tension.

Two figures measure the same when indicator, unit, places, groups and period are the same. They
*agree* when some number lies in both intervals, else no number can satisfy both: a *tension*.
Neither makes one figure of two, and what agrees may still differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

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


def comparisons(
    figures: Iterable[Figure], of: Collection[Figure] | None = None
) -> list[Comparison]:
    """The pairs of figures that measure the same, the tensions first.

    With `of`, only pairs that one of these belongs to. A figure without a known bound agrees with
    everything, so it says nothing and is left out. Two figures of one article count: a text may
    contradict itself.
    """
    wanted = None if of is None else {figure.iri for figure in of}
    # Most figures of a large graph measure something else: that is told apart by its indicator.
    indicators = None if of is None else {figure.indicator for figure in of}
    alike: dict[object, list[Figure]] = defaultdict(list)
    for figure in figures:
        if indicators is not None and figure.indicator not in indicators:
            continue
        if figure.indicator and figure.is_bounded:
            alike[_measured(figure)].append(figure)
    pairs = []
    for group in alike.values():
        for at, first in enumerate(group):
            # Of the figures before it, those that are wanted have had their pairs already.
            others = (
                group[at + 1 :]
                if wanted is None or first.iri in wanted
                else [each for each in group[at + 1 :] if each.iri in wanted]
            )
            pairs += [Comparison(first, second) for second in others]
    return sorted(pairs, key=lambda pair: pair.agrees)


def _measured(figure: Figure) -> tuple[object, ...]:
    """What a figure measures. Periods are the same when their dates are."""
    period = figure.period
    dates = (period.start, period.end) if period and (period.start or period.end) else period
    return figure.indicator, figure.unit, figure.places, figure.groups, dates
