"""The engine against owlrl, a witness: what owlrl derives, and what only one of them does.

owlrl compares literals as terms and has known faults with lists (test_cases.py), so the random
ontologies here have no literals with equal values; AllDifferent and its kin, keys, negative
assertions and datatypes are left to the judge.
"""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rdflib import OWL, RDF, RDFS, XSD, Literal, URIRef

from etown_kg.reason import materialise
from tests.reason.naive import TooLargeError, Triple, close, unify_string
from tests.reason.ontologies import graphs
from tests.reason.profiles import is_clutter, is_showable
from tests.reason.witness import close_with_owlrl

# What owlrl adds beyond the tables: its own axioms about the vocabulary, and RDFS's.
_OUTSIDE = (str(RDF), str(RDFS), str(OWL), str(XSD), "http://www.daml.org/")


def is_about_the_ontology(triple: Triple) -> bool:
    """Whether the triple says something of the ontology's own names."""
    s, _p, o = triple
    return not isinstance(o, Literal) and not (
        (isinstance(s, URIRef) and str(s).startswith(_OUTSIDE))
        or (isinstance(o, URIRef) and str(o).startswith(_OUTSIDE))
    )  # fmt: skip


def comparable(triples: set[Triple]) -> set[Triple]:
    return {
        triple
        for triple in map(unify_string, triples)
        if is_about_the_ontology(triple) and is_showable(triple) and not is_clutter(triple)
    }


@st.composite
def plain_graphs(draw: st.DrawFn) -> set[Triple]:
    """Random ontologies without keys and without literals: owlrl is wrong about both."""
    triples = draw(graphs(with_clashes=False, with_strange=False))
    return {
        triple
        for triple in triples
        if triple[1] != OWL.hasKey
        and not (isinstance(triple[2], Literal) and not is_number(triple))
    }


def is_number(triple: Triple) -> bool:
    return triple[1] in (OWL.maxCardinality, OWL.maxQualifiedCardinality)


@settings(max_examples=25)
@given(triples=plain_graphs())
def test_owlrl_and_the_engine_agree(triples: set[Triple]) -> None:
    # owlrl has no bound of its own; the judge says how large the closure would get.
    try:
        verdict = close(triples, most=400)
    except TooLargeError:
        assume(False)
        raise
    assume(not verdict.clashes)
    # It reads one rdf:first of a cell, whichever comes: sameAs for a member gives a second.
    firsts = [s for s, p, _ in verdict.triples if p == RDF.first]
    assume(len(set(firsts)) == len(firsts))
    # owlrl matches maxCardinality by the term "1"^^xsd:nonNegativeInteger.
    spelled = {
        (s, p, Literal(str(o), datatype=XSD.nonNegativeInteger) if is_number((s, p, o)) else o)
        for s, p, o in triples
    }
    ours = set(materialise(spelled).graph())
    assert comparable(ours) == comparable(close_with_owlrl(spelled).triples)  # type: ignore[arg-type]
