"""RDF terms as Python's own values, by the mapping of XSD's value spaces.

https://www.w3.org/TR/xmlschema11-2/. What Python has no value for (a year without a month, a
lexical form that its datatype does not have, a date before the year 1) stays a text: a value is
never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Final, TypeAlias

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from etown_kg import vocab

Term: TypeAlias = NamedNode | BlankNode | Literal | Triple


class Iri(str):
    """An IRI. It equals the text of the same characters."""

    __slots__ = ()


class Text(str):
    """A literal's text with its language tag, None for one without."""

    language: str | None

    def __new__(cls, text: str, language: str | None = None) -> Text:
        made = super().__new__(cls, text)
        made.language = language
        return made


Value: TypeAlias = Iri | Text | int | float | bool | Decimal | date | datetime | str | None

_INTEGERS: Final = (
    "integer", "int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger",
    "nonPositiveInteger", "negativeInteger", "unsignedInt", "unsignedLong", "unsignedShort",
    "unsignedByte",
)  # fmt: skip
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,4000}")
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_DOUBLE: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SPECIAL: Final = {"INF": "inf", "+INF": "inf", "-INF": "-inf", "NaN": "nan"}
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,6})0*)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})?"
)


def value_of(term: Term | None) -> Value:
    """The Python value of a term.

    >>> value_of(Literal("12", datatype=NamedNode(vocab.XSD + "integer")))
    12
    >>> value_of(NamedNode("http://zoo.example/eel"))
    'http://zoo.example/eel'
    """
    if term is None:
        return None
    if isinstance(term, NamedNode):
        return Iri(term.value)
    if not isinstance(term, Literal):
        return str(term)
    read = _READERS.get(term.datatype.value)
    found = None if read is None else read(term.value.strip())
    return Text(term.value, term.language) if found is None else found


def _integer(text: str) -> int | None:
    return int(text) if _INTEGER.fullmatch(text) else None


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if _DECIMAL.fullmatch(text) else None


def _double(text: str) -> float | None:
    if text in _SPECIAL:
        return float(_SPECIAL[text])
    return float(text) if _DOUBLE.fullmatch(text) else None


def _boolean(text: str) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(text)


def _date(text: str) -> date | None:
    """A date without a time zone, which Python's dates do not have."""
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:  # the 30th of February, the year 0
        return None


def _date_time(text: str) -> datetime | None:
    found = _DATE_TIME.fullmatch(text)
    if found is None:
        return None
    whole, fraction, zone = found.groups()
    spelled = whole + (f".{fraction:0<6}" if fraction else "")
    try:
        return datetime.fromisoformat(spelled + (zone or "").replace("Z", "+00:00"))
    except ValueError:
        return None


_READERS: Final[Mapping[str, Callable[[str], Value]]] = {
    **{vocab.XSD + name: _integer for name in _INTEGERS},
    vocab.XSD + "decimal": _decimal,
    vocab.XSD + "double": _double,
    vocab.XSD + "float": _double,
    vocab.XSD + "boolean": _boolean,
    vocab.XSD + "date": _date,
    vocab.XSD + "dateTime": _date_time,
    vocab.XSD + "dateTimeStamp": _date_time,
}
