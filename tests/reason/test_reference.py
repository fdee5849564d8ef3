"""owlrl's known faults do not get past the guards, one test each."""

from __future__ import annotations

import owlrl
import pytest
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import OWL, RDF

from etown_kg.reason.reference import ReferenceClosure, close_with_owlrl

PREFIXES = """
@prefix : <http://e/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def graph(text: str) -> Graph:
    return Graph().parse(data=PREFIXES + text, format="turtle")


def e(name: str) -> URIRef:
    return URIRef("http://e/" + name)


def closed(text: str) -> ReferenceClosure:
    return close_with_owlrl(graph(text))


def unguarded(text: str) -> Graph:
    raw = graph(text)
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(raw)
    return raw


KEYS = """:Zone owl:hasKey (:code) . :code a owl:DatatypeProperty .
:a a :Zone ; :code "1" . :b a :Zone ; :code "1" . :other a :Zone ; :code "2" ."""
TWO_KEYS = """:O owl:hasKey (:k :y) .
:a a :O ; :k :k1 ; :y :y1 . :b a :O ; :k :k1 ; :y :y2 . :c a :O ; :k :k1 ; :y :y1 ."""
FUNCTIONAL = """:lower a owl:DatatypeProperty, owl:FunctionalProperty .
:x :lower 90, 96.7 . :y :lower 90 ."""
AT_MOST_ONE = """:X rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :lower ;
  owl:maxCardinality 1 ] . :lower a owl:DatatypeProperty .
:x a :X ; :lower 90, 96.7 . :y :lower 90 ."""
DIFFERENT = "[] a owl:AllDifferent ; owl:members (:p :q :r) . :q owl:sameAs :r ."
DISJOINT = "[] a owl:AllDisjointProperties ; owl:members (:p :q :r) . :s :q :o ; :r :o ."


def test_a_one_property_key_tells_different_codes_apart() -> None:
    inferred = closed(KEYS).inferred
    assert (e("a"), OWL.sameAs, e("b")) in inferred
    assert not {(s, o) for s, p, o in inferred if p == OWL.sameAs and e("other") in (s, o)}
    assert (e("a"), OWL.sameAs, e("other")) in unguarded(KEYS), "the fault is gone: drop the guard"


def test_the_last_property_of_a_key_is_compared() -> None:
    inferred = closed(TWO_KEYS).inferred
    assert (e("a"), OWL.sameAs, e("c")) in inferred
    assert (e("a"), OWL.sameAs, e("b")) not in inferred
    assert (e("a"), OWL.sameAs, e("b")) in unguarded(TWO_KEYS), "the fault is gone: drop the guard"


@pytest.mark.parametrize("text", [FUNCTIONAL, AT_MOST_ONE], ids=["prp-fp", "cls-maxc2"])
def test_numbers_stay_apart_and_the_clash_is_reported(text: str) -> None:
    closure = closed(text)
    assert not {triple for triple in closure.inferred if isinstance(triple[2], Literal)}
    assert [clash.focus for clash in closure.clashes] == ["<http://e/x>"]
    corrupted = unguarded(text)
    assert len(set(corrupted.objects(e("y"), e("lower")))) > 1, "the fault is gone: drop the guard"


def test_equal_values_of_a_functional_property_do_not_clash() -> None:
    text = """:lower a owl:DatatypeProperty, owl:FunctionalProperty .
    :x :lower 90, 90.0, "090"^^xsd:int ."""
    assert closed(text).clashes == ()


@pytest.mark.parametrize("text", [DIFFERENT, DISJOINT], ids=["eq-diff2", "prp-adp"])
def test_the_last_pair_of_a_list_clashes(text: str) -> None:
    assert closed(text).clashes
    assert not owlrl_errors(text), "the fault is gone: drop the guard"


def owlrl_errors(text: str) -> list[str]:
    engine = owlrl.OWLRL_Semantics(graph(text), axioms=False, daxioms=False, rdfs=False)
    engine.closure()
    return list(engine.error_messages)


def test_what_a_graph_cannot_hold_or_a_reader_use_is_left_out() -> None:
    inferred = closed(":p a owl:TransitiveProperty . :a :p :b . :b :p :c ; :q 1 .").inferred
    assert inferred == {(e("a"), e("p"), e("c"))}


def test_helper_lists_do_not_leak_into_the_result() -> None:
    text = KEYS + DIFFERENT.replace(":q owl:sameAs :r .", "")
    given = graph(text)
    nodes = given.all_nodes()
    assert all(s in nodes and o in nodes for s, p, o in close_with_owlrl(given).inferred)


def test_the_input_is_left_as_it_was() -> None:
    given = graph(FUNCTIONAL + KEYS)
    before = set(given)
    close_with_owlrl(given)
    assert set(given) == before
    assert (e("lower"), RDF.type, OWL.FunctionalProperty) in given
