"""Figures as a client has them: intervals with exact ends, and a table with a column for each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from etown_kg import api
from etown_kg.client import columns
from etown_kg.client.values import Value
from etown_kg.interval import Interval

if TYPE_CHECKING:
    import pandas
    import polars

SEPARATOR = " | "


def interval_of(figure: api.Figure) -> Interval:
    """The interval of a figure, exactly."""
    bounds = figure["interval"]
    return Interval(
        _exact(bounds["lower"]), bounds["lower_inclusive"],
        _exact(bounds["upper"]), bounds["upper_inclusive"],
    )  # fmt: skip


def _exact(number: api.Number | None) -> Fraction | None:
    return None if number is None else Fraction(number["exact"])


class FigureTable(Collection[api.Figure]):
    """Figures in the server's order, all of one state of the data (`version`).

    `unreadable` are figures of the graph that contradict themselves; they are in no table.
    """

    def __init__(
        self,
        figures: Sequence[api.Figure],
        version: str,
        unreadable: Sequence[api.Unreadable] = (),
    ) -> None:
        self.figures = list(figures)
        self.version = version
        self.unreadable = list(unreadable)

    @property
    def intervals(self) -> list[Interval]:
        """The intervals, with exact ends, to calculate with."""
        return [interval_of(figure) for figure in self.figures]

    def records(self) -> list[dict[str, Value]]:
        """A flat row for each figure; the names are the columns of the tables.

        An unknown end is None in `lower` or `upper`, and never a zero. What a figure has several
        of (places, phrases) is separated by a vertical bar.
        """
        return [_record(figure) for figure in self.figures]

    def to_pandas(self) -> pandas.DataFrame:
        """A data frame; `lower` and `upper` are ``Float64``, missing where unknown."""
        return columns.to_pandas(self._columns(), KINDS)

    def to_polars(self) -> polars.DataFrame:
        """A polars data frame."""
        return columns.to_polars(self._columns(), KINDS)

    def _columns(self) -> dict[str, list[Value]]:
        records = self.records()
        return {name: [record[name] for record in records] for name in COLUMNS}

    def __getitem__(self, index: int) -> api.Figure:
        return self.figures[index]

    def __contains__(self, each: object) -> bool:
        return each in self.figures

    def __len__(self) -> int:
        return len(self.figures)

    def __iter__(self) -> Iterator[api.Figure]:
        return iter(self.figures)

    def __repr__(self) -> str:
        return f"<{len(self)} figures of version {self.version}>"


# Columns whose type is the same whatever figures there are.
KINDS: Mapping[str, columns.Kind] = {
    "stated": "number", "lower": "number", "upper": "number",
    "lower_inclusive": "boolean", "upper_inclusive": "boolean",
}  # fmt: skip


def _record(figure: api.Figure) -> dict[str, Value]:
    bounds, period = figure["interval"], figure["period"]
    phrases = figure["evidence"]

    def label(named: api.Named | None) -> str | None:
        return named["label"] if named else None

    def joined(texts: Sequence[str | None]) -> str | None:
        return SEPARATOR.join(dict.fromkeys(text for text in texts if text)) or None

    return {
        "figure": figure["iri"],
        "id": figure["id"],
        "label": figure["label"],
        "indicator": label(figure["indicator"]),
        "place": joined([each["label"] for each in figure["places"]]),
        "group": joined([each["label"] for each in figure["groups"]]),
        "period": period["label"] if period else None,
        "period_start": period["start"] if period else None,
        "period_end": period["end"] if period else None,
        "unit": label(figure["unit"]),
        "bound": label(figure["bound"]),
        "stated": figure["stated"]["number"] if figure["stated"] else None,
        "lower": bounds["lower"]["number"] if bounds["lower"] else None,
        "lower_inclusive": bounds["lower_inclusive"],
        "upper": bounds["upper"]["number"] if bounds["upper"] else None,
        "upper_inclusive": bounds["upper_inclusive"],
        "source": figure["source"],
        "article": joined([label(each["article"]) for each in phrases]),
        "phrase": joined([each["phrase"] for each in phrases]),
        "verdict": figure["verdict"],
    }


COLUMNS = (
    "figure", "id", "label", "indicator", "place", "group", "period", "period_start",
    "period_end", "unit", "bound", "stated", "lower", "lower_inclusive", "upper",
    "upper_inclusive", "source", "article", "phrase", "verdict",
)  # fmt: skip
