"""Batches of reconciliation queries and data extension queries, as JSON has them.

Reconciliation Service API 0.2, sections 4.1 and 7.4. What is not of the form is refused with its
place in the document, so that no query is answered as if it had asked for less.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from etown_kg.errors import SettingError

# Candidates of a query that names no limit, and the most that one may ask for.
DEFAULT_LIMIT, MAX_LIMIT = 10, 100
# The bounds of one query.
MAX_TYPES, MAX_PROPERTIES, MAX_VALUES = 20, 20, 50

Strictness = Literal["should", "any", "all"]


@dataclass(frozen=True)
class Reference:
    """A value that was reconciled before: the identifier of a thing."""

    id: str


Value = str | int | float | bool | Reference


@dataclass(frozen=True)
class Given:
    """What a row of the table says of the thing besides its name: a property and its values."""

    property: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Query:
    """One name to be matched.

    Attributes:
        text: the name, "" where only properties are given.
        types: IRIs of classes; none means any.
        limit: how many candidates are wanted.
        given: what else is known of the thing.
        strictness: whether candidates have to be of one of the types (``any``), of each
            (``all``), or are only worth less without (``should``).
    """

    text: str
    types: tuple[str, ...] = ()
    limit: int = DEFAULT_LIMIT
    given: tuple[Given, ...] = ()
    strictness: Strictness = "should"


@dataclass(frozen=True)
class Wanted:
    """A column of a data extension: a property, how many values of it, in which language.

    A limit of 0 is none; "" takes texts in every language.
    """

    property: str
    limit: int = 0
    language: str = ""


@dataclass(frozen=True)
class Extension:
    """A data extension query: the values of some properties of some things."""

    ids: tuple[str, ...]
    properties: tuple[Wanted, ...]


def read_queries(document: str) -> dict[str, Query]:
    """A batch of queries by their names.

    >>> read_queries('{"q0": {"query": "Beijing", "type": "x:City"}}')["q0"].types
    ('x:City',)

    Raises:
        SettingError: the document is no batch of queries; with the place.
    """
    batch = _object(_parsed("queries", document), "queries")
    return {name: _query(each, f"queries.{name}") for name, each in batch.items()}


def read_extension(document: str) -> Extension:
    """A data extension query.

    Raises:
        SettingError: the document is none; with the place.
    """
    members = _object(_parsed("extend", document), "extend")
    _known(members, "extend", ("ids", "properties"))
    ids = tuple(
        _text(each, f"extend.ids[{number}]")
        for number, each in enumerate(_list(_member(members, "ids", "extend"), "extend.ids"))
    )
    wanted = _list(_member(members, "properties", "extend"), "extend.properties")
    return Extension(
        tuple(dict.fromkeys(ids)),
        tuple(_wanted(each, f"extend.properties[{number}]") for number, each in enumerate(wanted)),
    )


def _query(given: object, place: str) -> Query:
    members = _object(given, place)
    _known(members, place, ("query", "type", "limit", "properties", "type_strict"))
    text = _text(members["query"], f"{place}.query").strip() if "query" in members else ""
    properties = _list(members.get("properties", []), f"{place}.properties", MAX_PROPERTIES)
    if not text and not properties:
        raise _wrong(place, "neither a query nor properties are given", 'add "query": "a name"')
    strictness = members.get("type_strict", "should")
    if strictness not in ("should", "any", "all"):
        raise _wrong(f"{place}.type_strict", "is none of should, any, all")
    return Query(
        text,
        _types(members.get("type"), f"{place}.type"),
        min(_count(members.get("limit", DEFAULT_LIMIT), f"{place}.limit", least=1), MAX_LIMIT),
        tuple(
            _given(each, f"{place}.properties[{number}]") for number, each in enumerate(properties)
        ),
        strictness,
    )


def _types(given: object, place: str) -> tuple[str, ...]:
    """One type or several; OpenRefine also sends objects with an ``id``, and an empty text."""
    several = given if isinstance(given, list) else [] if given in (None, "") else [given]
    if len(several) > MAX_TYPES:
        raise _wrong(place, f"has more than {MAX_TYPES} types")
    return tuple(
        _text(each.get("id"), f"{place}.id") if isinstance(each, dict) else _text(each, place)
        for each in several
    )


def _given(given: object, place: str) -> Given:
    members = _object(given, place)
    values = _member(members, "v", place)
    several = _list(values, f"{place}.v", MAX_VALUES) if isinstance(values, list) else [values]
    return Given(
        _text(_member(members, "pid", place), f"{place}.pid"),
        tuple(_value(each, f"{place}.v") for each in several),
    )


def _value(given: object, place: str) -> Value:
    if isinstance(given, dict):
        return Reference(_text(_member(given, "id", place), f"{place}.id"))
    if isinstance(given, str | int | float):
        return given
    raise _wrong(place, 'is neither a text, a number, true, false nor {"id": ...}')


def _wanted(given: object, place: str) -> Wanted:
    members = _object(given, place)
    settings = _object(members.get("settings") or {}, f"{place}.settings")
    # Forms send numbers as texts.
    limit = settings.get("limit") or 0
    if isinstance(limit, str) and limit.isascii() and limit.isdigit() and len(limit) < 9:
        limit = int(limit)
    return Wanted(
        _text(_member(members, "id", place), f"{place}.id"),
        _count(limit, f"{place}.settings.limit", least=0),
        str(settings.get("lang") or "").strip().lower(),
    )


def _parsed(name: str, document: str) -> object:
    try:
        parsed: object = json.loads(document)
    except json.JSONDecodeError as error:
        raise SettingError(
            name, f"line {error.lineno}, column {error.colno}: no JSON: {error.msg}"
        ) from error
    except RecursionError as error:
        raise SettingError(name, "nests too deep") from error
    except ValueError as error:  # a number of more digits than Python reads
        raise SettingError(name, f"no JSON that is read here: {error}") from error
    try:
        json.dumps(parsed, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:  # \ud800 is an escape, and no character
        raise SettingError(name, "has half a character, a lone surrogate") from error
    return parsed


def _object(given: object, place: str) -> Mapping[str, object]:
    if not isinstance(given, dict):
        raise _wrong(place, "is no JSON object")
    return given


def _list(given: object, place: str, most: int | None = None) -> list[object]:
    if not isinstance(given, list):
        raise _wrong(place, "is no JSON array")
    if most is not None and len(given) > most:
        raise _wrong(place, f"has {len(given)} members, {most} are the most")
    return given


def _member(members: Mapping[str, object], name: str, place: str) -> object:
    if name not in members:
        raise _wrong(place, f"has no {name}")
    return members[name]


def _known(members: Mapping[str, object], place: str, names: tuple[str, ...]) -> None:
    unknown = sorted(set(members) - set(names))
    if unknown:
        raise _wrong(f"{place}.{unknown[0]}", "is not known", "known: " + ", ".join(names))


def _text(given: object, place: str) -> str:
    if not isinstance(given, str):
        raise _wrong(place, "is no text")
    return given


def _count(given: object, place: str, *, least: int) -> int:
    is_whole = isinstance(given, int) or (isinstance(given, float) and given.is_integer())
    if not is_whole or isinstance(given, bool) or cast(float, given) < least:
        raise _wrong(place, f"is no whole number from {least} on")
    return int(cast(float, given))


def _wrong(place: str, problem: str, hint: str | None = None) -> SettingError:
    return SettingError(place, problem, hint=hint)
