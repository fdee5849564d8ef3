"""The same figures as CSV, JSON and Vega-Lite."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from etown_kg.figures.axis import axis
from etown_kg.figures.chart import COLOURS, Panel, Row, vega_lite
from etown_kg.figures.selection import last_part
from etown_kg.figures.table import COLUMNS, as_csv, as_json, record
from tests.figures.conftest import COUNTS, figures_in

FIGURES = list(figures_in(COUNTS))
RECORDS = [record(figure, last_part) for figure in FIGURES]


def test_csv_and_json_have_the_same_rows() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(RECORDS).decode(), newline="")))
    found = json.loads(as_json(RECORDS, version="1"))
    assert found["version"] == "1"
    texts = {None: "", True: "true", False: "false"}
    assert rows == [
        {name: texts.get(value, str(value)) if value is None or isinstance(value, bool)
         else str(value) for name, value in each.items()}
        for each in found["figures"]
    ]  # fmt: skip


def test_an_unknown_bound_is_empty_and_never_a_number() -> None:
    lions = RECORDS[1]
    assert (lions["lower"], lions["lower_inclusive"]) == (300, False)
    assert (lions["upper"], lions["upper_inclusive"]) == (None, None)
    assert as_csv([lions]).split(b"\r\n")[1].count(b"300,false,,,") == 1


def test_a_row_tells_words_from_names_and_where_it_was_read() -> None:
    lions = RECORDS[1]
    assert lions["indicator"] == "http://zoo.example/big-cats"
    assert lions["indicator_label"] == "big-cats"
    assert (lions["paragraph"], lions["phrase"]) == ("4", "more than 300 lions")
    assert set(lions) == set(COLUMNS)


def spec(threshold: int | None = None) -> dict[str, Any]:
    heads = [figure for figure in FIGURES if figure.unit.endswith("heads")]
    rows = [Row(figure, figure.name, "words", "2021", "gazette") for figure in heads]
    panel = Panel("heads", axis(heads), [str(tick) for tick in axis(heads).ticks], rows)
    made = vega_lite(
        [panel], "a zoo", ("a", "b", "c", "d"), None if threshold is None else axis(heads).high
    )
    return json.loads(json.dumps(made))  # type: ignore[no-any-return]


def test_a_chart_has_nothing_where_nothing_is_known() -> None:
    (panel,) = spec()["vconcat"]
    data = {each["label"]: each for each in panel["data"]["values"]}
    assert data["F10"]["lower"] == 300
    assert data["F10"]["upper"] is None
    assert data["F11"]["lower"] is None
    assert [each["label"] for each in panel["data"]["values"]] == ["F9", "F10", "F11", "more"]


def test_a_chart_takes_its_colours_from_the_page() -> None:
    made = spec()
    assert {each["name"] for each in made["params"]} == set(COLOURS)
    assert made["description"] == "a zoo"


def test_a_threshold_is_a_line_across() -> None:
    without, with_line = (len(spec(each)["vconcat"][0]["layer"]) for each in (None, 300))
    assert with_line == without + 1
