"""What the lean profile leaves out of the full one, said once for all tests."""

from __future__ import annotations

from rdflib import OWL, RDFS, Literal

from tests.reason.naive import RULES, Triple, close

_REFLEXIVE = frozenset(
    {
        OWL.sameAs,
        OWL.equivalentClass,
        OWL.equivalentProperty,
        RDFS.subClassOf,
        RDFS.subPropertyOf,
    }
)
# What the rules with an empty body say of every graph.
_AXIOMATIC = close([], [name for name, rule in RULES.items() if not rule.conditions]).triples | (
    close([], ["prp-ap", "dt-type1"]).triples
)


def is_clutter(triple: Triple) -> bool:
    """Whether the lean profile does not derive the triple (it keeps asserted ones)."""
    s, p, o = triple
    return (
        isinstance(s, Literal)
        or (p in _REFLEXIVE and s == o)
        or (p == RDFS.subClassOf and (o == OWL.Thing or s == OWL.Nothing))
        or triple in _AXIOMATIC
    )
