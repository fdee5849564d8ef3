"""Figures as a Vega-Lite chart: one panel a unit, one row a figure, intervals with their ends.

https://vega.github.io/vega-lite/docs/spec.html. The data carry what is known (`lower`, `upper`,
null where unknown) apart from where a bar is drawn (`from`, `to`): an unknown end is drawn to the
edge of the axis, paler and with an arrow, and never gets a number. No expression calls anything,
so that the chart works under a policy without eval (vega-interpreter). Colours are parameters:
who shows the chart sets them to fit the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from etown_kg.figures.axis import Axis
from etown_kg.figures.drawing import shape_of
from etown_kg.figures.figure import Figure
from etown_kg.interval import Verdict

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
# Names of the parameters that hold colours, with what they are on white paper.
COLOURS = {"accent": "#0b5cad", "ink": "#1b1f24", "paper": "#ffffff", "mark": "#b3261e"}
_ROW_HEIGHT = 26

Json = dict[str, object]


@dataclass(frozen=True)
class Row:
    """A figure of the chart with the words that go with it."""

    figure: Figure
    label: str
    words: str
    period: str
    source: str
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Panel:
    """Figures in one unit on one axis; `ticks` are the words for the axis's numbers, in order."""

    unit: str
    axis: Axis
    ticks: Sequence[str]
    rows: Sequence[Row]


def vega_lite(
    panels: Sequence[Panel], description: str, titles: Sequence[str], threshold: Fraction | None
) -> Json:
    """The chart. `titles` are the words for label, value, period, source in the tooltips."""
    return {
        "$schema": SCHEMA,
        "description": description,
        "background": "transparent",
        "params": [{"name": name, "value": colour} for name, colour in COLOURS.items()],
        "spacing": 28,
        "config": {"view": {"stroke": None}},
        "vconcat": [_panel(panel, titles, threshold) for panel in panels],
    }


def _panel(panel: Panel, titles: Sequence[str], threshold: Fraction | None) -> Json:
    place: Json = {
        "field": "from", "type": "quantitative", "title": panel.unit,
        "scale": {"domain": [float(panel.axis.low), float(panel.axis.high)], "nice": False},
        "axis": {
            "values": [float(tick) for tick in panel.axis.ticks], "labelExpr": _tick_words(panel),
            "labelColor": {"expr": "ink"}, "titleColor": {"expr": "ink"}, "gridOpacity": 0.4,
        },
    }  # fmt: skip
    rows: Json = {
        "field": "label", "type": "nominal", "sort": None, "title": None,
        "axis": {
            "labelLimit": 300, "labelColor": {"expr": "ink"}, "ticks": False, "domain": False,
            "labelPadding": 14,
        },
    }  # fmt: skip
    fields = ("label", "words", "period", "source")
    tooltip = [
        {"field": field, "type": "nominal", "title": title}
        for field, title in zip(fields, titles, strict=True)
    ]
    return {
        "width": 460,
        "height": {"step": _ROW_HEIGHT},
        "data": {"values": [_datum(row, panel.axis) for row in panel.rows]},
        "encoding": {"y": rows, "tooltip": tooltip},
        "layer": _layers(place, threshold),
    }


def _tick_words(panel: Panel) -> str:
    """The expression that gives a tick its words. Vega's own numbers know one language."""
    words = "''"
    for tick, said in zip(reversed(panel.axis.ticks), reversed(panel.ticks), strict=True):
        quoted = said.replace("\\", "\\\\").replace("'", "\\'")
        words = f"datum.value === {float(tick)!r} ? '{quoted}' : {words}"
    return words


def _layers(place: Json, threshold: Fraction | None) -> list[Json]:
    """Bars below dots below arrows; the threshold above all."""
    accent, paper, mark = ({"expr": name} for name in ("accent", "paper", "mark"))
    low, high = {**place, "field": "lower"}, {**place, "field": "upper"}

    def layer(test: str, shape: Json, x: Json, **more: object) -> Json:
        return {
            "transform": [{"filter": test}],
            "mark": shape,
            "encoding": {"x": x, **more},
        }

    bar: Json = {"type": "bar", "height": 7, "color": accent}
    dot: Json = {"type": "point", "size": 80, "stroke": accent, "strokeWidth": 2, "opacity": 1}
    to: Json = {"x2": {"field": "to"}}
    layers = [
        layer("datum.shape === 'bounded'", bar, place, **to),
        layer("datum.shape === 'lower' || datum.shape === 'upper'", {**bar, "opacity": 0.35},
              place, **to),
        layer("datum.shape === 'unbounded'",
              {"type": "rule", "strokeDash": [2, 5], "color": accent}, place, **to),
    ]  # fmt: skip
    for end, x in (("lower", low), ("upper", high)):
        for test, fill in (("", accent), ("!", paper)):
            layers.append(
                layer(
                    f"datum.{end} !== null && {test}datum.{end}_inclusive",
                    {**dot, "shape": "circle", "fill": fill}, x,
                )
            )  # fmt: skip
    arrow: Json = {"type": "point", "size": 70, "filled": True, "color": accent, "opacity": 1}
    layers += [
        layer("datum.upper === null", {**arrow, "shape": "triangle-right"},
              {**place, "field": "to"}),
        layer("datum.lower === null", {**arrow, "shape": "triangle-left"}, place),
        layer("datum.stated !== null", {**dot, "shape": "diamond", "fill": paper},
              {**place, "field": "stated"}),
    ]  # fmt: skip
    if threshold is not None:
        layers.append(
            {
                "mark": {"type": "rule", "color": mark, "strokeDash": [6, 3], "tooltip": None},
                "encoding": {"x": {"datum": float(threshold), "type": "quantitative"}, "y": None},
            }
        )
    return layers


def _datum(row: Row, axis: Axis) -> Json:
    interval = row.figure.interval
    shape = shape_of(row.figure)
    number = row.figure.number
    datum: Json = {
        "label": row.label,
        "words": row.words,
        "period": row.period,
        "source": row.source,
        "shape": shape,
        "lower": _float(interval.lower),
        "lower_inclusive": interval.lower_inclusive,
        "upper": _float(interval.upper),
        "upper_inclusive": interval.upper_inclusive,
        "stated": _float(number) if shape == "unbounded" else None,
        "from": float(axis.low) if interval.lower is None else float(interval.lower),
        "to": float(axis.high) if interval.upper is None else float(interval.upper),
        "iri": row.figure.iri,
    }
    if row.verdict:
        datum["verdict"] = row.verdict
    return datum


def _float(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
