"""The datatype map of OWL 2 RL: lexical forms to values, and which values a datatype has.

Implements OWL 2 Profiles section 4.2 over the datatypes of OWL 2 Structural Specification
section 4 (https://www.w3.org/TR/owl2-syntax/#Datatype_Maps). Values are compared by identity, as
that section asks: +0 and -0 of a float differ, a time in another time zone differs, and the
spaces of xsd:decimal, xsd:float and xsd:double share no value.

A datatype outside the map, xsd:date among them, has values that nothing is known of: no two of its
literals count as different.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final, NamedTuple
from xml.etree.ElementTree import ParseError, canonicalize

from etown_kg.reason.syntax import RDF_LANG_STRING, LiteralParts, literal
from etown_kg.vocab import RDF, RDFS, XSD


class Value(NamedTuple):
    """A literal's value: the name of a value space and a normal form within it."""

    space: str
    form: str | bytes


# How each integer type bounds its values.
BOUNDS: Final[dict[str, tuple[int | None, int | None]]] = {
    "integer": (None, None),
    "nonNegativeInteger": (0, None),
    "nonPositiveInteger": (None, 0),
    "positiveInteger": (1, None),
    "negativeInteger": (None, -1),
    "long": (-(2**63), 2**63 - 1),
    "int": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-(2**7), 2**7 - 1),
    "unsignedLong": (0, 2**64 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedByte": (0, 2**8 - 1),
}
_NAME_START = (
    r"[A-Z_a-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C\u200D"
    r"\u2070-\u218F\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\U00010000-\U000EFFFF]"
)
_NAME_REST = rf"(?:{_NAME_START}|[-.0-9\u00B7\u0300-\u036F\u203F\u2040])"
# What narrows each type derived from xsd:string. Names are seldom met, and their patterns take
# 12 ms to compile.
_STRINGS: Final[dict[str, str]] = {
    "string": r"(?s:[^\0]*)",
    "normalizedString": r"[^\0\t\n\r]*",
    "token": r"(?:[^\0\t\n\r ]+(?: [^\0\t\n\r ]+)*)?",
    "language": r"[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*",
    "Name": rf"(?:{_NAME_START}|:)(?:{_NAME_REST}|:)*",
    "NCName": rf"{_NAME_START}{_NAME_REST}*",
    "NMTOKEN": rf"(?:{_NAME_REST}|:)+",
}
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"(?:[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN)")
_DATE_TIME = re.compile(
    r"(-?(?:[1-9][0-9]{3,}|0[0-9]{3}))-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T"
    r"(?:(?:([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(\.[0-9]+)?)|(24:00:00(?:\.0+)?))"
    r"(Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
)


def _decimal(lexical: str) -> Value | None:
    if _DECIMAL.fullmatch(lexical) is None:
        return None
    sign = "-" if lexical.startswith("-") else ""
    whole, _, fraction = lexical.lstrip("+-").partition(".")
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    form = f"{whole}.{fraction}" if fraction else whole
    return Value("decimal", form if form == "0" else sign + form)


def _integer(name: str) -> Callable[[str], Value | None]:
    def value(lexical: str) -> Value | None:
        if _INTEGER.fullmatch(lexical) is None:
            return None
        number = _decimal(lexical)
        return number if number is not None and is_in_space(number, XSD + name) else None

    return value


def _string(name: str) -> Callable[[str], Value | None]:
    def value(lexical: str) -> Value | None:
        return Value("string", lexical) if _is_string(name, lexical) else None

    return value


def _is_string(name: str, lexical: str) -> bool:
    return re.fullmatch(_STRINGS[name], lexical) is not None


def _boolean(lexical: str) -> Value | None:
    form = {"1": "true", "true": "true", "0": "false", "false": "false"}.get(lexical)
    return None if form is None else Value("boolean", form)


def _double(lexical: str) -> Value | None:
    if _FLOAT.fullmatch(lexical) is None:
        return None
    return Value("double", repr(float(lexical.replace("INF", "inf"))))


def _float(lexical: str) -> Value | None:
    if _FLOAT.fullmatch(lexical) is None:
        return None
    # The single precision value nearest to the decimal number; NumPy alone has the type.
    import numpy as np

    with np.errstate(over="ignore"):
        return Value("float", str(np.float32(lexical.replace("INF", "inf"))))


def _hex_binary(lexical: str) -> Value | None:
    try:
        return Value("hexBinary", bytes.fromhex(lexical)) if " " not in lexical else None
    except ValueError:
        return None


def _base64_binary(lexical: str) -> Value | None:
    try:
        return Value("base64Binary", base64.b64decode(lexical.replace(" ", ""), validate=True))
    except (binascii.Error, ValueError):
        return None


def _date_time(lexical: str) -> Value | None:
    match = _DATE_TIME.fullmatch(lexical)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, midnight, zone = match.groups()
    number, month_number, day_number = int(year), int(month), int(day)
    if day_number > _days(number, month_number):
        return None
    if midnight:
        hour, minute, second, fraction = "00", "00", "00", None
        day_number += 1
        if day_number > _days(number, month_number):
            day_number, month_number = 1, month_number + 1
        if month_number > 12:
            month_number, number = 1, number + 1
    part = (fraction or "").rstrip("0").rstrip(".")
    sign = "-" if number < 0 else ""
    date = f"{sign}{abs(number):04}-{month_number:02}-{day_number:02}"
    zone = "Z" if zone in {"+00:00", "-00:00"} else zone or ""
    return Value("dateTime", f"{date}T{hour}:{minute}:{second}{part}{zone}")


def _days(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in {4, 6, 9, 11} else 31


def _date_time_stamp(lexical: str) -> Value | None:
    value = _date_time(lexical)
    return value if value is not None and _has_zone(value) else None


def _plain_literal(lexical: str) -> Value | None:
    text, at, language = lexical.rpartition("@")
    if not at:
        return None
    if not language:
        return Value("string", text)
    # rdf:PlainLiteral, section 3: the tag is one by BCP 47.
    if not _is_string("language", language):
        return None
    return Value("langString", f"{text}@{language.lower()}")


def _xml_literal(lexical: str) -> Value | None:
    """Canonical XML: two spellings of the same elements are one value (RDF 1.1, section 5.2)."""
    try:
        # Within an element there is no document type, so no entity can be declared and expand.
        whole = canonicalize(f"<xml-literal>{lexical}</xml-literal>")
    except (ParseError, ValueError):
        return None
    content = whole.removeprefix("<xml-literal>").removesuffix("</xml-literal>")
    return Value("XMLLiteral", content)


def _has_zone(value: Value) -> bool:
    form = str(value.form)
    return form.endswith("Z") or form[-6] in "+-"


_VALUE_OF: Final[dict[str, Callable[[str], Value | None]]] = {
    **{XSD + name: _integer(name) for name in BOUNDS},
    **{XSD + name: _string(name) for name in _STRINGS},
    XSD + "decimal": _decimal,
    XSD + "double": _double,
    XSD + "float": _float,
    XSD + "boolean": _boolean,
    XSD + "hexBinary": _hex_binary,
    XSD + "base64Binary": _base64_binary,
    XSD + "anyURI": lambda lexical: Value("anyURI", lexical),
    XSD + "dateTime": _date_time,
    XSD + "dateTimeStamp": _date_time_stamp,
    RDF + "PlainLiteral": _plain_literal,
    RDF + "XMLLiteral": _xml_literal,
}
LEXICAL_SPACES: Final[dict[str, re.Pattern[str]]] = {
    XSD + "decimal": _DECIMAL,
    XSD + "integer": _INTEGER,
    XSD + "double": _FLOAT,
    XSD + "float": _FLOAT,
}
"""The forms of datatypes whose literals are well-typed by their form alone."""
SUPPORTED: Final = frozenset((*_VALUE_OF, RDF_LANG_STRING, RDFS + "Literal"))
"""The IRIs of the datatypes whose literals have known values: those of OWL 2 RL, and
rdf:langString, which RDF 1.1 gives to what OWL 2 wrote as rdf:PlainLiteral."""


def value_of(parts: LiteralParts) -> Value | None:
    """The value of a literal of a supported datatype; None if it is ill-typed.

    A literal of any other datatype is its own value: `Value(datatype, lexical form)`.
    """
    if parts.datatype == RDF_LANG_STRING:
        return Value("langString", f"{parts.lexical}@{parts.language}")
    read = _VALUE_OF.get(parts.datatype)
    return Value(parts.datatype, parts.lexical) if read is None else read(parts.lexical)


def is_in_space(value: Value, datatype: str) -> bool:
    """Whether a supported datatype has the value. False for a datatype outside the map."""
    space, form = value
    if datatype == RDFS + "Literal":
        return True
    if datatype == RDF_LANG_STRING:
        return space == "langString"
    if datatype == RDF + "PlainLiteral":
        return space in {"string", "langString"}
    name = datatype.removeprefix(XSD)
    if name in BOUNDS:
        if space != "decimal" or "." in str(form):
            return False
        low, high = BOUNDS[name]
        number = Decimal(str(form))
        return (low is None or low <= number) and (high is None or number <= high)
    if name in _STRINGS:
        return space == "string" and _is_string(name, str(form))
    if name == "dateTimeStamp":
        return space == "dateTime" and _has_zone(Value(space, form))
    return space in {name, datatype, datatype.removeprefix(RDF)}


def canonical_literal(value: Value) -> bytes:
    """One literal with the value, in N-Triples: the name by which the engine keeps a value."""
    space, form = value
    if isinstance(form, bytes):
        text = form.hex().upper() if space == "hexBinary" else base64.b64encode(form).decode()
        return literal(text, XSD + space)
    if space == "string":
        return literal(form)
    if space == "langString":
        text, _, language = form.rpartition("@")
        return literal(text, None, language)
    if space == "decimal":
        return literal(form, XSD + ("decimal" if "." in form else "integer"))
    if space == "XMLLiteral":
        return literal(form, RDF + space)
    return literal(form, space if ":" in space else XSD + space)
