"""The values of literals, for the judge: OWL 2 SS&FS section 4, one function a value space.

Written for the tests alone, from https://www.w3.org/TR/owl2-syntax/#Datatype_Maps and XML Schema
1.1 part 2, without looking at the engine's. Values are compared by identity, as section 4 asks:
+0 and -0 are two values of xsd:float, and so are 12:00Z and 13:00+01:00 of xsd:dateTime.
White space is not processed: `" 1"^^xsd:integer` is ill-typed.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Callable, Hashable
from fractions import Fraction
from typing import NamedTuple
from xml.etree import ElementTree

from rdflib import RDF, RDFS, XSD, Literal, URIRef


class Value(NamedTuple):
    """A data value: values of different spaces are never identical."""

    space: str
    key: Hashable


class IllTypedError(ValueError):
    """The lexical form is not in the datatype's lexical space."""


_NAME_START = (
    ":A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NAME_CHAR = _NAME_START + "0-9.\u00b7\u0300-\u036f\u203f\u2040-"
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DATE_TIME = re.compile(
    r"(-?(?:[1-9][0-9]{3,}|0[0-9]{3}))-([0-9]{2})-([0-9]{2})"
    r"T([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)


def _check(pattern: str, lexical: str) -> str:
    if not re.fullmatch(pattern, lexical):
        raise IllTypedError(lexical)
    return lexical


def _decimal(lexical: str) -> Hashable:
    return Fraction(_check(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", lexical))


def _integer(lexical: str) -> Hashable:
    return Fraction(_check(r"[+-]?[0-9]+", lexical))


def _float(code: str) -> Callable[[str], Hashable]:
    def read(lexical: str) -> Hashable:
        special = {"NaN": "NaN", "INF": "INF", "+INF": "INF", "-INF": "-INF"}
        if lexical in special:
            return special[lexical]
        if not _NUMBER.fullmatch(lexical):
            raise IllTypedError(lexical)
        try:
            packed = struct.pack(code, float(lexical))
        except OverflowError:  # beyond the greatest single: rounds to infinity
            return "-INF" if lexical.startswith("-") else "INF"
        number = struct.unpack(code, packed)[0]
        return {float("inf"): "INF", float("-inf"): "-INF"}.get(number, packed)

    return read


def _boolean(lexical: str) -> Hashable:
    return _check("true|false|1|0", lexical) in ("true", "1")


def _hex(lexical: str) -> Hashable:
    return bytes.fromhex(_check("([0-9a-fA-F]{2})*", lexical))


def _base64(lexical: str) -> Hashable:
    try:
        return base64.b64decode(lexical.replace(" ", ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise IllTypedError(lexical) from error


def _days(year: int, month: int, day: int) -> int:
    """Days since 0000-03-01 in the proleptic Gregorian calendar."""
    shifted = year - (month <= 2)
    era_days = 365 * shifted + shifted // 4 - shifted // 100 + shifted // 400
    return era_days + (153 * ((month + 9) % 12) + 2) // 5 + day - 1


def _date_time(lexical: str) -> Hashable:
    match = _DATE_TIME.fullmatch(lexical)
    if not match:
        raise IllTypedError(lexical)
    year, month, day, hour, minute, second = (int(match[k]) for k in range(1, 7))
    fraction = Fraction("0" + (match[7] or ""))
    following = (year + month // 12, month % 12 + 1)
    if not (1 <= month <= 12 and 1 <= day <= _days(*following, 1) - _days(year, month, 1)):
        raise IllTypedError(lexical)
    end_of_day = hour == 24 and minute == second == fraction == 0
    if not ((hour <= 23 or end_of_day) and minute <= 59 and second <= 59):
        raise IllTypedError(lexical)
    zone = None
    if match[8]:
        sign = -1 if match[8][0] == "-" else 1
        parts = (0, 0) if match[8] == "Z" else (int(match[8][1:3]), int(match[8][4:]))
        zone = sign * (60 * parts[0] + parts[1])
        if abs(zone) > 14 * 60 or parts[1] > 59:
            raise IllTypedError(lexical)
    seconds = ((_days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second + fraction
    return (seconds, zone)


def _date_time_stamp(lexical: str) -> Hashable:
    value = _date_time(lexical)
    if isinstance(value, tuple) and value[1] is None:
        raise IllTypedError(lexical)
    return value


def _plain(lexical: str) -> Hashable:
    text, at, language = lexical.rpartition("@")
    if not at:
        raise IllTypedError(lexical)
    return (text, language.lower() or None)


def _text(lexical: str) -> Hashable:
    return (lexical, None)


def _xml(lexical: str) -> Hashable:
    try:
        return ElementTree.canonicalize(f"<x>{lexical}</x>")
    except ElementTree.ParseError as error:
        raise IllTypedError(lexical) from error


class _Datatype(NamedTuple):
    space: str
    read: Callable[[str], Hashable]
    contains: Callable[[Hashable], bool]


def _whole(low: int | None = None, high: int | None = None) -> _Datatype:
    def contains(key: Hashable) -> bool:
        assert isinstance(key, Fraction)
        return (
            key.denominator == 1 and (low is None or key >= low) and (high is None or key <= high)
        )

    return _Datatype("decimal", _integer, contains)


def _string(pattern: str) -> _Datatype:
    def contains(key: Hashable) -> bool:
        assert isinstance(key, tuple)
        return key[1] is None and re.fullmatch(pattern, key[0], re.DOTALL) is not None

    return _Datatype("text", _text, contains)


def _every(key: Hashable) -> bool:
    return True


_TOKEN = r"([^\t\n\r ]+( [^\t\n\r ]+)*)?"
_DATATYPES: dict[URIRef, _Datatype] = {
    XSD.decimal: _Datatype("decimal", _decimal, _every),
    XSD.integer: _whole(),
    XSD.nonNegativeInteger: _whole(low=0),
    XSD.nonPositiveInteger: _whole(high=0),
    XSD.positiveInteger: _whole(low=1),
    XSD.negativeInteger: _whole(high=-1),
    XSD.long: _whole(-(2**63), 2**63 - 1),
    XSD.int: _whole(-(2**31), 2**31 - 1),
    XSD.short: _whole(-(2**15), 2**15 - 1),
    XSD.byte: _whole(-(2**7), 2**7 - 1),
    XSD.unsignedLong: _whole(0, 2**64 - 1),
    XSD.unsignedInt: _whole(0, 2**32 - 1),
    XSD.unsignedShort: _whole(0, 2**16 - 1),
    XSD.unsignedByte: _whole(0, 2**8 - 1),
    XSD.float: _Datatype("float", _float("<f"), _every),
    XSD.double: _Datatype("double", _float("<d"), _every),
    XSD.string: _string(r".*"),
    XSD.normalizedString: _string(r"[^\t\n\r]*"),
    XSD.token: _string(_TOKEN),
    XSD.language: _string(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*"),
    XSD.Name: _string(f"[{_NAME_START}][{_NAME_CHAR}]*"),
    XSD.NCName: _string(f"[{_NAME_START[1:]}][{_NAME_CHAR[1:]}]*"),
    XSD.NMTOKEN: _string(f"[{_NAME_CHAR}]+"),
    XSD.boolean: _Datatype("boolean", _boolean, _every),
    XSD.hexBinary: _Datatype("hex", _hex, _every),
    XSD.base64Binary: _Datatype("base64", _base64, _every),
    XSD.anyURI: _Datatype("uri", lambda lexical: lexical, _every),
    XSD.dateTime: _Datatype("dateTime", _date_time, _every),
    XSD.dateTimeStamp: _Datatype(
        "dateTime", _date_time_stamp, lambda key: isinstance(key, tuple) and key[1] is not None
    ),
    RDF.PlainLiteral: _Datatype("text", _plain, _every),
    RDF.XMLLiteral: _Datatype("xml", _xml, _every),
}

# OWL 2 Profiles section 4.2: the datatypes of OWL 2 RL. rdfs:Literal holds every value.
DATATYPES = frozenset(_DATATYPES) | {RDFS.Literal}


def has_known_datatype(literal: Literal) -> bool:
    """Whether the datatype map speaks about the literal at all, well-typed or not."""
    return literal.language is not None or (literal.datatype or XSD.string) in _DATATYPES


def value_of(literal: Literal) -> Value | None:
    """The literal's data value; None if it is ill-typed or its datatype is not known."""
    if literal.language is not None:
        return Value("text", (str(literal), literal.language.lower()))
    datatype = _DATATYPES.get(literal.datatype or XSD.string)
    if datatype is None:
        return None
    try:
        key = datatype.read(str(literal))
    except IllTypedError:
        return None
    return Value(datatype.space, key) if datatype.contains(key) else None


def is_in(literal: Literal, datatype: URIRef) -> bool:
    """Whether the literal's data value is in the value space of a supported datatype."""
    value = value_of(literal)
    if value is None:
        return False
    if datatype == RDFS.Literal:
        return True
    known = _DATATYPES[datatype]
    return known.space == value.space and known.contains(value.key)
