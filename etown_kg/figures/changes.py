"""What became of the figures of a graph between two of its states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from etown_kg.figures.figure import Evidence, Figure, Figures

Kind = Literal["new", "gone", "changed"]
# What may have changed of a figure besides its value, each with what it is read from.
ASPECTS = ("indicator", "period", "unit", "places", "groups", "bound_kind", "formula")


@dataclass(frozen=True)
class FigureChange:
    """One figure that is new, gone or another. `aspects` are those of `ASPECTS` that changed.

    `new_sources` and `lost_sources` are the places in articles that were added and taken away.
    """

    before: Figure | None
    after: Figure | None
    has_other_value: bool = False
    aspects: tuple[str, ...] = ()
    new_sources: tuple[Evidence, ...] = ()
    lost_sources: tuple[Evidence, ...] = ()

    @property
    def kind(self) -> Kind:
        """Whether the figure came, went or changed."""
        if self.before is None:
            return "new"
        return "gone" if self.after is None else "changed"

    @property
    def figure(self) -> Figure:
        """The figure as it is now, or as it was last."""
        found = self.after or self.before
        assert found is not None  # a change is of something
        return found


def changes(before: Figures, after: Figures) -> Iterator[FigureChange]:
    """The figures that differ, in the order of the later state, those that are gone last."""
    for figure in after:
        known = before.by_iri.get(figure.iri)
        if known is None:
            yield FigureChange(None, figure, new_sources=figure.evidence)
        elif known != figure:
            change = _compared(known, figure)
            if change is not None:
                yield change
    for figure in before:
        if figure.iri not in after.by_iri:
            yield FigureChange(figure, None, lost_sources=figure.evidence)


def _compared(before: Figure, after: Figure) -> FigureChange | None:
    """What changed of a figure; None if it is nothing that a reader is told."""
    has_other_value = (before.interval, before.number) != (after.interval, after.number)
    aspects = tuple(name for name in ASPECTS if _of(before, name) != _of(after, name))
    old, new = set(map(_place, before.evidence)), set(map(_place, after.evidence))
    found = FigureChange(
        before,
        after,
        has_other_value,
        aspects,
        tuple(each for each in after.evidence if _place(each) not in old),
        tuple(each for each in before.evidence if _place(each) not in new),
    )
    is_told = has_other_value or aspects or found.new_sources or found.lost_sources
    return found if is_told else None


def _of(figure: Figure, aspect: str) -> object:
    value = getattr(figure, aspect)
    return value.iri if aspect == "period" and value is not None else value


def _place(evidence: Evidence) -> tuple[str, int | None, str]:
    return evidence.article, evidence.paragraph, evidence.phrase
