"""What no rule of the tables says and every model has, for refutations.

The datatypes are those of OWL 2 Profiles, section 4.2, see `value_spaces.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import NamedTuple

from etown_kg.reason.conclusion import THING, TYPE, fresh_label, term_of
from etown_kg.reason.datatypes import SUPPORTED
from etown_kg.reason.matching import TermTriple
from etown_kg.reason.value_spaces import are_disjoint, is_within

_REFLEXIVE = term_of("owl:ReflexiveProperty")


class Truism(NamedTuple):
    """A triple that holds whatever is asserted, and why."""

    triple: TermTriple
    rule: str
    text: str


def truisms(triples: Iterable[TermTriple]) -> Iterator[Truism]:
    """What no rule of the tables says and every model has, about the terms of some triples.

    Everything is an owl:Thing, and related to itself by a reflexive property, of which OWL 2 RL
    knows nothing else; the value spaces of datatypes lie as they do, also of two
    together. Datatypes that occur only, and about a third one only if both are wider.
    """
    things: set[bytes] = set()
    datatypes: set[bytes] = set()
    reflexive: set[bytes] = set()
    for s, p, o in triples:
        things.add(s)
        things.add(o)
        if p == TYPE and o == _REFLEXIVE:
            reflexive.add(s)
    for term in sorted(things):
        if term[:1] != b'"':
            yield Truism((term, TYPE, THING), "thing", "Everything is an owl:Thing.")
            for property_ in sorted(reflexive):
                text = "The property is reflexive."
                yield Truism((term, property_, term), "reflexive", text)
            if term[1:-1].decode() in SUPPORTED:
                datatypes.add(term)
    text = "The value spaces of the datatypes lie like this."
    names = {term: term[1:-1].decode() for term in sorted(datatypes)}
    for (one, first), (other, second) in combinations(names.items(), 2):
        pair = [(one, other)] if is_within((first,), second) else []
        pair += [(other, one)] if is_within((second,), first) else []
        for lower, higher in pair:
            triple = (lower, term_of("rdfs:subClassOf"), higher)
            yield Truism(triple, "datatype-map", text)
        if pair:
            continue
        if are_disjoint(first, second):
            triple = (one, term_of("owl:disjointWith"), other)
            yield Truism(triple, "datatype-map", text)
            continue
        for third, name in names.items():
            if third not in (one, other) and is_within((first, second), name):
                yield from _meet((one, other), third, text)


def _meet(pair: tuple[bytes, bytes], below: bytes, text: str) -> Iterator[Truism]:
    """What is in both datatypes is in a third."""
    node = fresh_label("both")
    cells = node + b"-1", node + b"-2"
    first, rest = term_of("rdf:first"), term_of("rdf:rest")
    for triple in (
        (node, term_of("owl:intersectionOf"), cells[0]),
        (cells[0], first, pair[0]),
        (cells[0], rest, cells[1]),
        (cells[1], first, pair[1]),
        (cells[1], rest, term_of("rdf:nil")),
        (node, term_of("rdfs:subClassOf"), below),
    ):
        yield Truism(triple, "datatype-map", text)
