"""How the value spaces of the datatypes lie: one within another, or apart.

Follows XML Schema 2 (https://www.w3.org/TR/xmlschema11-2/#built-in-datatypes) and, for what is no
datatype of it, OWL 2 Structural Specification, section 4.
"""

from __future__ import annotations

from typing import Final

from etown_kg.reason.datatypes import BOUNDS
from etown_kg.reason.syntax import RDF_LANG_STRING
from etown_kg.vocab import RDF, RDFS, XSD


def is_within(datatypes: tuple[str, ...], datatype: str) -> bool:
    """Whether every value that all the datatypes have is one that a datatype has.

    >>> is_within((XSD + "short", XSD + "unsignedInt"), XSD + "unsignedShort")
    True
    """
    if any(one == datatype or datatype in _above(one) for one in datatypes):
        return True
    low, high = _common_bounds(datatypes)
    if not _is_integral(datatypes) or not _is_integral((datatype,)):
        return False
    least, most = _common_bounds((datatype,))
    return (least is None or (low is not None and low >= least)) and (
        most is None or (high is not None and high <= most)
    )


def are_disjoint(first: str, second: str) -> bool:
    """Whether two supported datatypes have no value in common."""
    above, below = {first, *_above(first)}, {second, *_above(second)}
    if not (above & below) - {RDFS + "Literal"}:
        return RDFS + "Literal" not in (first, second)
    if _is_integral((first,)) and _is_integral((second,)):
        low, high = _common_bounds((first, second))
        return low is not None and high is not None and low > high
    return {first, second} == {RDF_LANG_STRING, XSD + "string"} or (
        RDF_LANG_STRING in (first, second) and XSD + "string" in above | below
    )


def _is_integral(datatypes: tuple[str, ...]) -> bool:
    return all(one.removeprefix(XSD) in BOUNDS for one in datatypes)


def _common_bounds(datatypes: tuple[str, ...]) -> tuple[int | None, int | None]:
    """The least and the greatest integer that all have; None for no bound."""
    bounds = [BOUNDS[one.removeprefix(XSD)] for one in datatypes if _is_integral((one,))]
    return (
        max((low for low, _ in bounds if low is not None), default=None),
        min((high for _, high in bounds if high is not None), default=None),
    )


def _above(datatype: str) -> set[str]:
    """The supported datatypes with a value space around one's, integers' bounds apart."""
    found: set[str] = {RDFS + "Literal"}
    if _is_integral((datatype,)):
        found |= {XSD + "integer", XSD + "decimal"}
    steps = {**_NARROWER, RDF_LANG_STRING: RDF + "PlainLiteral"}
    while datatype in steps:
        datatype = steps[datatype]
        found.add(datatype)
    return found


# Each datatype and the one that it narrows (XML Schema 2, section 3), integers apart.
_NARROWER: Final[dict[str, str]] = {
    XSD + "string": RDF + "PlainLiteral",
    XSD + "normalizedString": XSD + "string",
    XSD + "token": XSD + "normalizedString",
    XSD + "language": XSD + "token",
    XSD + "NMTOKEN": XSD + "token",
    XSD + "Name": XSD + "token",
    XSD + "NCName": XSD + "Name",
    XSD + "dateTimeStamp": XSD + "dateTime",
}
