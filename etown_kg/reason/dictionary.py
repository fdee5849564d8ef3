"""Terms and their numbers; the one place where a term becomes a number.

A term is kept as its canonical N-Triples bytes (`syntax.py`), a number is a non-negative `int`
below 2**31. Numbers are dense and never change. The first ones belong to the vocabulary that the
rules name (`TERMS`), in its order, in every dictionary; so `TYPE`, `SAME_AS` and the others are
constants, and a smaller number means "closer to the standard" wherever a representative is chosen.

Two parts: a *bulk* of columns, filled once by the fast reader, and an *overlay* of single terms
that came later. Both are searched by hash; the bulk's bytes are compared before a hit counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from etown_kg.errors import LimitError
from etown_kg.reason import syntax
from etown_kg.reason.hashing import hash_strings
from etown_kg.vocab import OWL, RDF, RDFS, XSD

Ids = npt.NDArray[np.int64]
Kinds = npt.NDArray[np.uint8]

IRI: Final = 0
BLANK: Final = 1
LITERAL: Final = 2
# A number that stands for a literal's value; it has no place in a graph (see `literals.py`).
VALUE: Final = 3

# The kind by the first byte of the canonical form.
_KIND_OF = np.full(256, VALUE, dtype=np.uint8)
_KIND_OF[ord("<")], _KIND_OF[ord("_")], _KIND_OF[ord('"')] = IRI, BLANK, LITERAL

MAX_TERMS: Final = 2**31 - 2

_RDF = ("type", "first", "rest", "nil", "Property", "PlainLiteral", "XMLLiteral", "langString")
_RDFS = ("subClassOf", "subPropertyOf", "domain", "range", "Datatype", "Literal", "Class")
_RDFS_ANNOTATIONS = ("label", "comment", "seeAlso", "isDefinedBy")
_OWL = (
    "sameAs", "differentFrom", "equivalentClass", "equivalentProperty", "inverseOf",
    "disjointWith", "propertyDisjointWith", "propertyChainAxiom", "hasKey", "onProperty", "onClass",
    "someValuesFrom", "allValuesFrom", "hasValue", "maxCardinality", "maxQualifiedCardinality",
    "intersectionOf", "unionOf", "oneOf", "complementOf", "members", "distinctMembers",
    "sourceIndividual", "assertionProperty", "targetIndividual", "targetValue",
    "Thing", "Nothing", "Class", "ObjectProperty", "DatatypeProperty", "FunctionalProperty",
    "InverseFunctionalProperty", "SymmetricProperty", "AsymmetricProperty", "TransitiveProperty",
    "IrreflexiveProperty", "AllDifferent", "AllDisjointClasses", "AllDisjointProperties",
    "AnnotationProperty",
    "deprecated", "versionInfo", "priorVersion", "backwardCompatibleWith", "incompatibleWith",
    "NamedIndividual",
)  # fmt: skip
# The datatypes of OWL 2 RL, OWL 2 Profiles section 4.2; owl:real and owl:rational are not among
# them. rdf:langString, newer than the tables, is not either; rdf:PlainLiteral has its values.
_XSD = (
    "string", "normalizedString", "token", "language", "Name", "NCName", "NMTOKEN", "boolean",
    "decimal", "integer", "nonNegativeInteger", "nonPositiveInteger", "positiveInteger",
    "negativeInteger", "long", "int", "short", "byte", "unsignedLong", "unsignedInt",
    "unsignedShort", "unsignedByte", "float", "double", "hexBinary", "base64Binary", "anyURI",
    "dateTime", "dateTimeStamp",
)  # fmt: skip

# What no graph names, but rules read: the relation from a well-formed list to its members, and the
# numbers 0 and 1 as values (`literals.py` tells how a value is written). No input can collide.
_LIST_MEMBER: Final = b"list member"
_ZERO: Final = b'="0"^^<' + XSD.encode() + b"integer>"
_ONE: Final = b'="1"^^<' + XSD.encode() + b"integer>"

TERMS: Final[tuple[bytes, ...]] = (
    _LIST_MEMBER,
    _ZERO,
    _ONE,
    *(syntax.iri(RDF + name) for name in _RDF),
    *(syntax.iri(RDFS + name) for name in (*_RDFS, *_RDFS_ANNOTATIONS)),
    *(syntax.iri(OWL + name) for name in _OWL),
    *(syntax.iri(XSD + name) for name in _XSD),
)
NUMBERS: Final[dict[bytes, int]] = {term: number for number, term in enumerate(TERMS)}


def number_of(iri: str) -> int:
    """The constant number of a term of the rules' vocabulary; KeyError if it is none."""
    return NUMBERS[syntax.iri(iri)]


LIST_MEMBER: Final = NUMBERS[_LIST_MEMBER]
ZERO: Final = NUMBERS[_ZERO]
ONE: Final = NUMBERS[_ONE]
TYPE: Final = number_of(RDF + "type")
FIRST: Final = number_of(RDF + "first")
REST: Final = number_of(RDF + "rest")
NIL: Final = number_of(RDF + "nil")
SUB_CLASS_OF: Final = number_of(RDFS + "subClassOf")
SUB_PROPERTY_OF: Final = number_of(RDFS + "subPropertyOf")
DOMAIN: Final = number_of(RDFS + "domain")
RANGE: Final = number_of(RDFS + "range")
DATATYPE: Final = number_of(RDFS + "Datatype")
SAME_AS: Final = number_of(OWL + "sameAs")
DIFFERENT_FROM: Final = number_of(OWL + "differentFrom")
EQUIVALENT_CLASS: Final = number_of(OWL + "equivalentClass")
EQUIVALENT_PROPERTY: Final = number_of(OWL + "equivalentProperty")
MEMBERS: Final = number_of(OWL + "members")
DISTINCT_MEMBERS: Final = number_of(OWL + "distinctMembers")
THING: Final = number_of(OWL + "Thing")
NOTHING: Final = number_of(OWL + "Nothing")
CLASS: Final = number_of(OWL + "Class")
DATATYPES: Final[tuple[int, ...]] = (
    *(number_of(XSD + name) for name in _XSD),
    *(number_of(RDF + name) for name in ("PlainLiteral", "XMLLiteral")),
    number_of(RDFS + "Literal"),
)

# The built-in annotation properties of OWL 2 (rule prp-ap).
ANNOTATION_PROPERTIES: Final[tuple[int, ...]] = (
    *(number_of(RDFS + name) for name in _RDFS_ANNOTATIONS),
    *(
        number_of(OWL + name)
        for name in (
            "deprecated", "versionInfo", "priorVersion", "backwardCompatibleWith",
            "incompatibleWith",
        )
    ),
)  # fmt: skip


class Bulk:
    """The columns of the terms that were read together; see `ntriples`, which makes them.

    `arena` holds the canonical bytes of term `i` at `offsets[i]:offsets[i + 1]`. `hashes` is
    sorted and `by_hash` holds the term at each place of it.
    """

    def __init__(
        self,
        arena: bytes,
        offsets: Ids,
        hashes: npt.NDArray[np.uint64],
        by_hash: npt.NDArray[np.int32],
    ) -> None:
        self.arena = arena
        self.offsets = offsets
        self.hashes = hashes
        self.by_hash = by_hash

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def term(self, number: int) -> bytes:
        """The bytes of one term."""
        return self.arena[self.offsets[number] : self.offsets[number + 1]]

    def find(self, terms: Sequence[bytes]) -> list[int]:
        """The number of each term, or -1. Cost: one search in `hashes` per term."""
        lengths = np.fromiter(map(len, terms), dtype=np.int64, count=len(terms))
        starts = np.cumsum(lengths) - lengths
        buffer = np.frombuffer(b"".join(terms) + b"\0" * 8, dtype=np.uint8)
        hashes = hash_strings(buffer, starts, lengths).first
        places = np.searchsorted(self.hashes, hashes).tolist()
        return [
            self._find_from(place, hash_, term)
            for place, hash_, term in zip(places, hashes, terms, strict=True)
        ]

    def _find_from(self, place: int, hash_: np.uint64, term: bytes) -> int:
        while place < len(self.hashes) and self.hashes[place] == hash_:
            number = int(self.by_hash[place])
            if self.term(number) == term:
                return number
            place += 1
        return -1


class Dictionary:
    """Terms <-> numbers. Terms are only ever added."""

    def __init__(self, bulk: Bulk | None = None) -> None:
        self._bulk = bulk
        self._bulk_size = len(bulk) if bulk is not None else 0
        self._overlay: dict[bytes, int] = {}
        self._later: list[bytes] = []
        self._kinds = self._bulk_kinds() if bulk is not None else np.empty(0, dtype=np.uint8)
        if bulk is None:
            self.encode(TERMS)

    def __len__(self) -> int:
        return self._bulk_size + len(self._later)

    def _bulk_kinds(self) -> Kinds:
        assert self._bulk is not None
        first_bytes = np.frombuffer(self._bulk.arena, dtype=np.uint8)[self._bulk.offsets[:-1]]
        return _KIND_OF[first_bytes]

    @property
    def kinds(self) -> Kinds:
        """IRI, BLANK, LITERAL or VALUE for each number; a view that later terms outgrow."""
        if len(self._kinds) < len(self):
            # Room for growth, so that adding terms one by one stays linear.
            grown = np.empty(len(self) + len(self) // 8 + 64, dtype=np.uint8)
            known = min(len(self._kinds), self._known_kinds)
            grown[:known] = self._kinds[:known]
            self._kinds = grown
            self._fill_kinds(known)
        elif self._known_kinds < len(self):
            self._fill_kinds(self._known_kinds)
        return self._kinds[: len(self)]

    _known_kinds = 0

    def _fill_kinds(self, known: int) -> None:
        if known < self._bulk_size:
            self._kinds[: self._bulk_size] = self._bulk_kinds()
            known = self._bulk_size
        for number in range(known, len(self)):
            self._kinds[number] = _KIND_OF[self._later[number - self._bulk_size][0]]
        self._known_kinds = len(self)

    def is_plain(self, numbers: Ids) -> npt.NDArray[np.bool_]:
        """For each literal whether it is a plain string: no language tag, no other datatype."""
        result = np.empty(len(numbers), dtype=bool)
        is_bulk = numbers < self._bulk_size
        if self._bulk is not None:
            ends = self._bulk.offsets[numbers[is_bulk] + 1]
            result[is_bulk] = np.frombuffer(self._bulk.arena, dtype=np.uint8)[ends - 1] == ord('"')
        result[~is_bulk] = [self.term(n).endswith(b'"') for n in numbers[~is_bulk].tolist()]
        return result

    def encode(self, terms: Iterable[bytes]) -> list[int]:
        """The number of each term (canonical bytes); unknown terms are added.

        Raises LimitError when the numbers run out, at two thousand million terms.
        """
        terms = terms if isinstance(terms, Sequence) else list(terms)
        overlay = self._overlay
        if self._bulk is not None:
            unknown = [term for term in dict.fromkeys(terms) if term not in overlay]
            if unknown:
                found = zip(unknown, self._bulk.find(unknown), strict=True)
                overlay.update((term, number) for term, number in found if number >= 0)
        numbers = []
        for term in terms:
            number = overlay.get(term)
            if number is None:
                number = overlay[term] = len(self)
                self._later.append(term)
            numbers.append(number)
        if len(self) > MAX_TERMS:
            raise LimitError(f"{MAX_TERMS} terms", "the dictionary is full")
        return numbers

    def find(self, term: bytes) -> int | None:
        """The number of a term, None if it has none; never adds one."""
        number = self._overlay.get(term)
        if number is None and self._bulk is not None:
            number = self._bulk.find([term])[0]
            return None if number < 0 else number
        return number

    def find_all(self, terms: Sequence[bytes]) -> list[int | None]:
        """`find` for many terms at once, which is quicker for each."""
        found = [self._overlay.get(term) for term in terms]
        if self._bulk is not None:
            places = [place for place, number in enumerate(found) if number is None]
            numbers = self._bulk.find([terms[place] for place in places]) if places else []
            for place, number in zip(places, numbers, strict=True):
                found[place] = None if number < 0 else number
        return found

    def term(self, number: int) -> bytes:
        """The canonical bytes of a term; IndexError if there is no such number."""
        if number < self._bulk_size:
            assert self._bulk is not None
            return self._bulk.term(number)
        return self._later[number - self._bulk_size]

    def terms(self, numbers: Iterable[int]) -> list[bytes]:
        """The canonical bytes of many terms."""
        return [self.term(number) for number in numbers]
