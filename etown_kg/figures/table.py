"""Figures as CSV and JSON: one row a figure, names and numbers apart, nothing rounded.

Where a figure has several values of a column (two places, two phrases), they are separated by
a vertical bar. An unknown bound is an empty cell, or null; it is never a zero.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

from etown_kg.figures.figure import Figure
from etown_kg.figures.selection import DERIVED, STATED
from etown_kg.interval import Verdict, shown

Value = str | int | float | bool | None
NameOf = Callable[[str], str]
SEPARATOR = " | "


def record(figure: Figure, name_of: NameOf, verdict: Verdict | None = None) -> dict[str, Value]:
    """A figure as one row; `name_of` gives the label of an IRI. The keys are the same for all."""
    interval, period = figure.interval, figure.period
    paragraphs = [str(each.paragraph or "") for each in figure.evidence]

    def names(iris: Iterable[str]) -> str:
        return SEPARATOR.join(name_of(iri) for iri in iris if iri)

    return {
        "figure": figure.iri,
        "fact_id": figure.fact_id,
        "label": name_of(figure.iri),
        "indicator": figure.indicator,
        "indicator_label": names([figure.indicator]),
        "place": SEPARATOR.join(figure.places),
        "place_label": names(figure.places),
        "group": SEPARATOR.join(figure.groups),
        "group_label": names(figure.groups),
        "period": period.iri if period else "",
        "period_label": names([period.iri]) if period else "",
        "period_start": period.start if period else "",
        "period_end": period.end if period else "",
        "unit": figure.unit,
        "unit_label": names([figure.unit]),
        "bound_kind": figure.bound_kind,
        "bound_kind_label": names([figure.bound_kind]),
        "stated_number": _number(figure.stated),
        "stated_ratio": "/".join(map(str, figure.ratio)) if figure.ratio else "",
        "lower": _number(interval.lower),
        "lower_inclusive": None if interval.lower is None else interval.lower_inclusive,
        "upper": _number(interval.upper),
        "upper_inclusive": None if interval.upper is None else interval.upper_inclusive,
        "source": DERIVED if figure.is_derived else STATED,
        "formula": figure.formula,
        "article": SEPARATOR.join(figure.articles),
        "article_label": names(figure.articles),
        "paragraph": SEPARATOR.join(paragraphs),
        "phrase": SEPARATOR.join(each.phrase for each in figure.evidence),
        "verdict": verdict,
    }


def as_csv(records: Iterable[Mapping[str, Value]]) -> bytes:
    """The records as CSV (RFC 4180) in UTF-8 with a header; true and false in lower case."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for each in records:
        writer.writerow([_cell(each[name]) for name in COLUMNS])
    return out.getvalue().encode()


def as_json(records: Iterable[Mapping[str, Value]], **head: object) -> bytes:
    """The records as a JSON document, behind what `head` says of them."""
    document = {**head, "figures": list(records)}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _cell(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _number(value: Fraction | None) -> int | float | str | None:
    """A number as JSON has it; a decimal that a double cannot hold is a text with all digits."""
    if value is None:
        return None
    if value.denominator == 1:
        return int(value)
    digits = shown(value)
    return float(value) if repr(float(value)) == digits else digits


COLUMNS = tuple(record(Figure(""), str))
