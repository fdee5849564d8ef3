"""Columns of Python values as columns of pandas and polars, each with one type of its own.

| all values that there are | pandas | polars |
|---|---|---|
| `bool` | ``boolean`` | ``Boolean`` |
| `int` of 64 bits | ``Int64`` | ``Int64`` |
| numbers (`int`, `Decimal`, `float`) | ``Float64`` | ``Float64`` |
| `date` | ``datetime64[us]`` | ``Date`` |
| `datetime`, all with a time zone | ``datetime64[us, UTC]`` | ``Datetime`` in UTC |
| `datetime`, all without | ``datetime64[us]`` | ``Datetime`` |
| anything else | ``string`` | ``String`` |

What is missing is null. A `Decimal` becomes the nearest double: exact values are in `rows`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from etown_kg.client.values import Value

if TYPE_CHECKING:
    import pandas
    import polars

Kind = Literal["boolean", "integer", "number", "date", "instant", "datetime", "text"]
_MOST = 2**63
_BY_VALUES: Mapping[str, Kind] = {}


def kind_of(values: Sequence[Value]) -> Kind:
    """The type that all values have which are there; a column of nothing is of texts."""
    known = [value for value in values if value is not None]
    kinds = {_kind(value) for value in known}
    if len(kinds) == 1:
        return kinds.pop()
    return "number" if kinds == {"integer", "number"} else "text"


def _kind(value: Value) -> Kind:
    if isinstance(value, bool):  # before int, which it is one of
        return "boolean"
    if isinstance(value, int):
        return "integer" if -_MOST <= value < _MOST else "text"
    if isinstance(value, float | Decimal):
        return "number"
    if isinstance(value, datetime):  # before date, which it is one of
        return "datetime" if value.tzinfo is None else "instant"
    return "date" if isinstance(value, date) else "text"


def to_pandas(
    named: Mapping[str, Sequence[Value]], kinds: Mapping[str, Kind] = _BY_VALUES
) -> pandas.DataFrame:
    """A data frame of these columns; `kinds` are types that do not depend on the values."""
    import pandas as pd

    types: Mapping[Kind, Any] = {
        "boolean": "boolean", "integer": "Int64", "number": "Float64", "text": "string",
    }  # fmt: skip

    def column(name: str, values: Sequence[Value]) -> Any:
        kind = kinds.get(name) or kind_of(values)
        plain = _plain(values, kind)
        if kind in types:
            return pd.array(plain, dtype=types[kind])
        # Microseconds: nanoseconds end in the year 2262.
        moments = pd.Series(pd.to_datetime(pd.Series(plain, dtype="object"), utc=kind == "instant"))
        return moments.astype("datetime64[us, UTC]" if kind == "instant" else "datetime64[us]")

    made: pandas.DataFrame = pd.DataFrame(
        {name: column(name, each) for name, each in named.items()}
    )
    return made


def to_polars(
    named: Mapping[str, Sequence[Value]], kinds: Mapping[str, Kind] = _BY_VALUES
) -> polars.DataFrame:
    """A polars data frame of these columns; for `kinds` see `to_pandas`."""
    import polars as pl

    types: Mapping[Kind, Any] = {
        "boolean": pl.Boolean, "integer": pl.Int64, "number": pl.Float64, "date": pl.Date,
        "datetime": pl.Datetime("us"), "instant": pl.Datetime("us", "UTC"), "text": pl.String,
    }  # fmt: skip

    def column(name: str, values: Sequence[Value]) -> polars.Series:
        kind = kinds.get(name) or kind_of(values)
        return pl.Series(name, _plain(values, kind), dtype=types[kind])

    return pl.DataFrame([column(name, values) for name, values in named.items()])


def _plain(values: Sequence[Value], kind: Kind) -> list[Any]:
    if kind == "number":
        return [None if value is None else float(value) for value in values]  # type: ignore[arg-type]
    if kind == "text":
        return [None if value is None else str(value) for value in values]
    return list(values)
