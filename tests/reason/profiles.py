"""What the lean profile leaves out of the full one, said once for all tests.

The wording is that of `etown_kg/reason/profile.py`; the code is the tests' own.
"""

from __future__ import annotations

from collections.abc import Iterable

from rdflib import OWL, RDF, RDFS, Literal

from tests.reason.naive import RULES, Fixpoint, Term, Triple, close, unify_string
from tests.reason.values import value_of

_REFLEXIVE = frozenset(
    {OWL.sameAs, OWL.equivalentClass, OWL.equivalentProperty, RDFS.subClassOf, RDFS.subPropertyOf}
)
_OF_THING = frozenset({RDF.type, RDFS.subClassOf, RDFS.domain, RDFS.range})
_AXIOMATIC = close([], ["prp-ap", "cls-thing", "cls-nothing1", "dt-type1"]).triples


def is_clutter(triple: Triple) -> bool:
    """Whether the lean profile does not show the triple (it keeps asserted ones)."""
    s, p, o = triple
    return (
        isinstance(s, Literal)
        or (p in _REFLEXIVE and s == o)
        or (p in _OF_THING and o == OWL.Thing)
        or (p == RDFS.subClassOf and s == OWL.Nothing)
        or triple in _AXIOMATIC
    )


def by_value(triples: Iterable[Triple]) -> set[tuple[object, ...]]:
    """Triples with literals replaced by their values, where known.

    The lean profile shows a triple in one spelling of a literal's value; which, is not said.
    """

    def value(term: Term) -> object:
        return (value_of(term) or term) if isinstance(term, Literal) else term

    return {tuple(value(term) for term in triple) for triple in triples}


def judge(triples: Iterable[Triple], *, most: int | None = None) -> Fixpoint:
    """What the engine should find: all that the tables derive, but for dt-diff.

    The full profile leaves a differentFrom for every two literals unspoken. The clashes that
    rest on one are those of the whole table.
    """
    given = [unify_string(triple) for triple in triples]
    spoken = close(given, [name for name in RULES if name != "dt-diff"], most=most)
    return Fixpoint(spoken.triples, close(spoken.triples, most=most).clashes)


def lean(closure: Fixpoint, asserted: Iterable[Triple]) -> set[Triple]:
    """What the lean profile shows of a closure, in every spelling of values."""
    kept = {unify_string(triple) for triple in asserted}
    return {triple for triple in closure.triples if triple in kept or not is_clutter(triple)}
