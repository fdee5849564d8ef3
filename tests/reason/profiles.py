"""What the lean profile leaves out of the full one, said once for all tests.

The wording is that of `etown_kg/reason/profile.py`; the code is the tests' own.
"""

from __future__ import annotations

from collections.abc import Iterable

from rdflib import OWL, RDF, RDFS, Literal, URIRef

from etown_kg.reason.profile import Profile
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


def judge(
    triples: Iterable[Triple], profile: Profile = "full", *, most: int | None = None
) -> Fixpoint:
    """What the engine should find: for lean, before what clutters is left out.

    The lean profile does not say which literals differ (dt-diff), a triple for every two; the
    clashes are those of all rules in both profiles.
    """
    verdict = close(triples, most=most)
    if profile == "full":
        return verdict
    rules = [name for name in RULES if name != "dt-diff"]
    return Fixpoint(close(triples, rules).triples, verdict.clashes)


def is_showable(triple: Triple) -> bool:
    """Whether RDF has such a triple at all, but for a literal as its subject."""
    return isinstance(triple[1], URIRef)


def full(closure: Fixpoint) -> set[Triple]:
    """What the full profile shows of a closure."""
    return {triple for triple in closure.triples if is_showable(triple)}


def lean(closure: Fixpoint, asserted: Iterable[Triple]) -> set[Triple]:
    """What the lean profile shows of a closure, in every spelling of values."""
    kept = {unify_string(triple) for triple in asserted}
    return {triple for triple in full(closure) if triple in kept or not is_clutter(triple)}
