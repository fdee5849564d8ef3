"""How datatypes lie, checked with values: what is within, and what shares nothing."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etown_kg.reason.datatypes import LEXICAL_SPACES, SUPPORTED, is_in_space, value_of
from etown_kg.reason.dictionary import Dictionary
from etown_kg.reason.literals import Literals
from etown_kg.reason.syntax import RDF_LANG_STRING, LiteralParts, iri, literal
from etown_kg.reason.value_spaces import are_disjoint, is_within
from etown_kg.vocab import RDF, XSD
from tests.reason.values import DATATYPES

# Values at the edges of the datatypes, as (lexical form, datatype).
_SPELLINGS = [
    *((str(edge + step), XSD + "integer")
      for edge in (0, 2**7, 2**8, 2**15, 2**16, 2**31, 2**32, 2**63, 2**64, -(2**7), -(2**15),
                   -(2**31), -(2**63))
      for step in (-1, 0, 1)),
    ("1.5", XSD + "decimal"), ("1", XSD + "float"), ("1", XSD + "double"),
    ("a\tb", XSD + "string"), ("a  b", XSD + "string"), ("a b", XSD + "string"),
    ("1-a", XSD + "string"), ("a:b", XSD + "string"), ("ab", XSD + "string"),
    ("a.b", XSD + "string"), ("true", XSD + "boolean"), ("0F", XSD + "hexBinary"),
    ("Dw==", XSD + "base64Binary"), ("a", XSD + "anyURI"), ("<b/>", RDF + "XMLLiteral"),
    ("2000-01-01T00:00:00", XSD + "dateTime"), ("2000-01-01T00:00:00Z", XSD + "dateTime"),
]  # fmt: skip
VALUES = [value_of(LiteralParts(lexical, datatype, "")) for lexical, datatype in _SPELLINGS]
VALUES.append(value_of(LiteralParts("a", RDF_LANG_STRING, "en")))
ORDERED = sorted(SUPPORTED)


def members(datatype: str) -> set[object]:
    return {value for value in VALUES if value is not None and is_in_space(value, datatype)}


def test_every_datatype_has_a_value_to_try() -> None:
    assert None not in VALUES
    assert {str(datatype) for datatype in DATATYPES} <= SUPPORTED
    assert all(members(datatype) for datatype in SUPPORTED)


@pytest.mark.parametrize("datatype", ORDERED)
def test_what_is_within_has_no_value_outside(datatype: str) -> None:
    for one, other in combinations_with_replacement(ORDERED, 2):
        if is_within((one, other), datatype):
            assert members(one) & members(other) <= members(datatype), (one, other)


@pytest.mark.parametrize("datatype", ORDERED)
def test_disjoint_datatypes_share_no_value_and_others_may(datatype: str) -> None:
    for other in ORDERED:
        assert are_disjoint(datatype, other) == (not members(datatype) & members(other)), other


def test_bounds_of_two_together() -> None:
    short, unsigned = XSD + "short", XSD + "unsignedInt"
    assert is_within((short, unsigned), XSD + "unsignedShort")
    assert not is_within((short, unsigned), XSD + "unsignedByte")
    assert not is_within((short,), unsigned)


@pytest.mark.parametrize("datatype", LEXICAL_SPACES)
@given(
    lexical=st.text('0123456789+-.eEINFa"\\ \n', max_size=8) | st.floats().map(str),
    own=st.sampled_from(sorted(LEXICAL_SPACES)),
)
def test_form_tells_what_the_value_would(datatype: str, lexical: str, own: str) -> None:
    dictionary = Dictionary()
    number, type_number = dictionary.encode([literal(lexical, own), iri(datatype)])
    value = value_of(LiteralParts(lexical, own, ""))
    expected = value is not None and is_in_space(value, datatype)
    literals = Literals(dictionary)
    assert literals.in_datatype(np.array([number]), type_number).tolist() == [expected]
    assert literals.not_in_datatype(np.array([number]), type_number).tolist() == [not expected]
