"""Terms to Python values, and values to columns of pandas and polars with types of their own."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pandas
import polars
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode

from etown_kg import vocab
from etown_kg.client import Client, Solutions
from etown_kg.client.columns import kind_of, to_pandas, to_polars
from etown_kg.client.figures import COLUMNS
from etown_kg.client.values import Value, value_of
from tests.web.serving import serving

UTC = timezone.utc


def typed(text: str, datatype: str) -> Literal:
    return Literal(text, datatype=NamedNode(vocab.XSD + datatype))


@pytest.mark.parametrize(
    ("term", "value"),
    [
        (typed("12", "integer"), 12),
        (typed("-0012", "integer"), -12),
        (typed("9" * 30, "nonNegativeInteger"), int("9" * 30)),
        (typed("2.50", "decimal"), Decimal("2.50")),
        (typed("1e3", "double"), 1000.0),
        (typed("-INF", "float"), -math.inf),
        (typed("1", "boolean"), True),
        (typed("false", "boolean"), False),
        (typed("2022-10-10", "date"), date(2022, 10, 10)),
        (typed("2022-10-10T08:00:00", "dateTime"), datetime(2022, 10, 10, 8)),
        (typed("2022-10-10T08:00:00.5Z", "dateTime"),
         datetime(2022, 10, 10, 8, microsecond=500_000, tzinfo=UTC)),
        (typed("2022-10-10T08:00:00+08:00", "dateTime"),
         datetime(2022, 10, 10, 8, tzinfo=timezone(timedelta(hours=8)))),
        # What Python has no value for stays as it is written.
        (typed("2022-10-10Z", "date"), "2022-10-10Z"),
        (typed("2022-02-30", "date"), "2022-02-30"),
        (typed("0000-01-01T00:00:00", "dateTime"), "0000-01-01T00:00:00"),
        (typed("2022-10-10T24:00:00", "dateTime"), "2022-10-10T24:00:00"),
        (typed("2022", "gYear"), "2022"),
        (typed("many", "integer"), "many"),
        (typed("1e3", "decimal"), "1e3"),
        (typed("inf", "double"), "inf"),
        (typed("yes", "boolean"), "yes"),
        (typed("1_000", "integer"), "1_000"),
        (typed("٣", "integer"), "٣"),
        (Literal("亦庄", language="zh"), "亦庄"),
        (NamedNode("x:a"), "x:a"),
        (BlankNode("b"), "_:b"),
        (None, None),
    ],
)  # fmt: skip
def test_a_term_has_the_value_of_its_datatype(term: Any, value: Value) -> None:
    found = value_of(term)
    assert found == value
    assert isinstance(found, type(value))


def test_not_a_number_is_a_number() -> None:
    found = value_of(typed("NaN", "double"))
    assert isinstance(found, float)
    assert math.isnan(found)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, None, 3], "integer"),
        ([1, 2.5, Decimal("0.1")], "number"),
        ([True, None], "boolean"),
        ([True, 1], "text"),
        ([1, "a"], "text"),
        ([2**63], "text"),
        ([date(2022, 1, 1), None], "date"),
        ([datetime(2022, 1, 1)], "datetime"),
        ([datetime(2022, 1, 1, tzinfo=UTC)], "instant"),
        ([datetime(2022, 1, 1, tzinfo=UTC), datetime(2022, 1, 1)], "text"),
        ([date(2022, 1, 1), datetime(2022, 1, 1)], "text"),
        ([None, None], "text"),
        ([], "text"),
    ],
)
def test_a_column_has_the_type_of_all_its_values(values: list[Value], kind: str) -> None:
    assert kind_of(values) == kind


PANDAS = {
    "boolean": "boolean", "integer": "Int64", "number": "Float64", "date": "datetime64[us]",
    "instant": "datetime64[us, UTC]", "datetime": "datetime64[us]", "text": "string",
}  # fmt: skip
POLARS = {
    "boolean": polars.Boolean(), "integer": polars.Int64(), "number": polars.Float64(),
    "date": polars.Date(), "instant": polars.Datetime("us", "UTC"),
    "datetime": polars.Datetime("us"), "text": polars.String(),
}  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False),
    st.decimals(allow_nan=False, allow_infinity=False, places=3), st.text(),
    st.dates(), st.datetimes(), st.datetimes(timezones=st.just(UTC)),
)  # fmt: skip
SAME = st.one_of(
    *(st.lists(st.none() | each) for each in (
        st.booleans(), st.integers(-2**63, 2**63 - 1), st.floats(allow_nan=False), st.text(),
        st.dates(), st.datetimes(), st.datetimes(timezones=st.just(UTC)),
    ))
)  # fmt: skip


@given(SAME)
def test_values_of_one_type_come_back_from_a_table(values: list[Value]) -> None:
    kind = kind_of(values)
    frame = to_pandas({"a": values})
    assert str(frame["a"].dtype) == PANDAS[kind]
    table = to_polars({"a": values})
    assert table["a"].dtype == POLARS[kind]
    assert table["a"].to_list() == values
    back = [None if pandas.isna(each) else each for each in frame["a"].tolist()]
    if kind == "date":
        back = [each and each.date() for each in back]
    assert back == values


@given(st.lists(SCALARS))
def test_any_mixture_makes_a_column(values: list[Value]) -> None:
    kind = kind_of(values)
    missing = sum(value is None for value in values)
    frame = to_pandas({"a": values})
    assert (len(frame), int(frame["a"].isna().sum())) == (len(values), missing)
    table = to_polars({"a": values})
    assert (table.height, table["a"].null_count()) == (len(values), missing)
    assert table["a"].dtype == POLARS[kind]


def test_solutions_become_tables() -> None:
    number = {"type": "literal", "value": "3", "datatype": vocab.XSD + "integer"}
    answer = {"head": {"vars": ["n", "when"]}, "results": {"bindings": [{"n": number}, {}]}}
    solutions = Solutions.parse(json.dumps(answer).encode())
    assert solutions.to_pandas()["n"].sum() == 3
    assert solutions.to_polars().schema == {"n": polars.Int64(), "when": polars.String()}
    none = Solutions.parse(b'{"head":{"vars":["n"]},"results":{"bindings":[]}}')
    assert none.to_pandas().shape == (0, 1)
    assert none.to_polars().shape == (0, 1)
    with pytest.raises(SyntaxError):
        Solutions.parse(json.dumps(answer).encode()[:-5])


@pytest.fixture(scope="module")
def graph(shipped_app: Flask) -> Iterator[Client]:
    with serving(shipped_app) as address:
        yield Client(address, language="en")


def test_figures_have_columns_for_their_intervals(graph: Client) -> None:
    figures = graph.figures(unit="NUM", threshold=300)
    frame = figures.to_pandas()
    assert tuple(frame.columns) == COLUMNS
    for name in ("stated", "lower", "upper"):
        assert str(frame[name].dtype) == "Float64"
    row = frame.set_index("id").loc["F15"]
    assert row["lower"] == 300
    assert not row["lower_inclusive"]
    assert pandas.isna(row["upper"])
    assert row["phrase"] == "more than 300 autonomous driving vehicles"
    table = figures.to_polars()
    assert tuple(table.columns) == COLUMNS
    assert table.filter(polars.col("verdict") == "certain").height == sum(
        each["verdict"] == "certain" for each in figures
    )
    assert set(figures.records()[0]) == set(COLUMNS)


def test_no_figures_make_a_table_of_the_same_types(graph: Client) -> None:
    some, none = (
        graph.figures(unit="NUM", threshold=number, verdict="certain") for number in (300, 10**15)
    )
    assert len(none) == 0
    for name in ("stated", "lower", "upper"):
        assert none.to_polars()[name].dtype == some.to_polars()[name].dtype
        assert none.to_pandas()[name].dtype == some.to_pandas()[name].dtype
