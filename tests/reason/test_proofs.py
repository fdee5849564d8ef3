"""Proofs: every step is an instance of its rule, every leaf is asserted.

The judge checks each step: applied to the step's premises alone, the named rule must yield the
conclusion. A tree that loops could not be built; that no triple rests on itself is checked too.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from rdflib import URIRef

from etown_kg.reason import Closure, Profile, Proof, materialise
from tests.reason.case_files import list_cases, read_case, read_triples, rule_of
from tests.reason.naive import RULES, Term, Triple, derive, find_clashes, index, unify_string
from tests.reason.ontologies import graphs

# A marker that brings terms into a graph, for the rules about all literals that occur.
_OCCURS = URIRef("urn:occurs")
# How many triples of one closure are explained: enough to meet every rule over all examples.
SAMPLE = 12


def conclusion_of(proof: Proof) -> Triple:
    assert proof.triple is not None
    return unify_string(proof.triple)


def occurrences(terms: Iterable[Term]) -> set[Triple]:
    """Triples in which the terms occur, for rules with an empty body."""
    return {(_OCCURS, _OCCURS, term) for term in terms}


def check_step(proof: Proof) -> None:
    """The rule yields the conclusion from the premises, and from no proper part of them."""
    premises = {conclusion_of(premise) for premise in proof.premises}
    rule = RULES[proof.rule]
    if proof.conclusion is None:
        given = premises | occurrences(term for premise in premises for term in premise)
        assert find_clashes(rule, index(given)), (proof.rule, premises)
        return
    conclusion = conclusion_of(proof)
    given = premises or occurrences(conclusion)
    assert conclusion in derive(rule, index(given)), (proof.rule, conclusion, premises)
    for premise in premises:
        part = premises - {premise}
        assert conclusion not in derive(rule, index(part)) or proof.rule == "eq-ref"


def check_proof(proof: Proof, asserted: set[Triple]) -> None:
    def check(node: Proof, above: frozenset[Triple]) -> None:
        if node.is_asserted:
            assert not node.premises
            assert conclusion_of(node) in asserted
            return
        check_step(node)
        if node.conclusion is not None:
            assert conclusion_of(node) not in above, "a triple rests on itself"
            above |= {conclusion_of(node)}
        for premise in node.premises:
            check(premise, above)

    check(proof, frozenset())


def check_all(closure: Closure, triples: set[Triple], most: int | None = None) -> None:
    asserted = {unify_string(triple) for triple in triples}
    for triple in sorted(closure.inferred())[:most]:
        proof = closure.explain(triple)
        assert proof is not None, triple
        assert conclusion_of(proof) == unify_string(triple)
        check_proof(proof, asserted)
    for violation in closure.violations:
        proof = closure.explain_violation(violation)
        assert proof is not None
        assert proof.conclusion is None
        assert proof.rule == violation.rule
        check_proof(proof, asserted)


@pytest.mark.parametrize("profile", ["lean", "full"])
@pytest.mark.parametrize("case", list_cases("given"))
def test_proof_of_a_case_holds(case: str, profile: Profile) -> None:
    given = read_case(case, "given")
    closure = materialise(given, profile=profile)
    for triple in sorted(read_case(case, "entailed") & set(closure.inferred())):
        proof = closure.explain(triple)
        assert proof is not None
        check_proof(proof, {unify_string(one) for one in given})


@pytest.mark.parametrize("case", list_cases("clash"))
def test_proof_of_a_clash_holds(case: str) -> None:
    given = read_case(case, "clash")
    closure = materialise(given)
    assert closure.violations
    check_all(closure, given)
    assert rule_of(case) in {violation.rule for violation in closure.violations}


@pytest.mark.parametrize("profile", ["lean", "full"])
@given(triples=graphs())
def test_proofs_of_random_closures_hold(profile: Profile, triples: set[Triple]) -> None:
    check_all(materialise(triples, profile=profile), triples, SAMPLE)


@given(triples=graphs(with_strange=False))
def test_all_proofs_hold_and_differ(triples: set[Triple]) -> None:
    closure = materialise(triples)
    asserted = {unify_string(triple) for triple in triples}
    for triple in sorted(closure.inferred())[:4]:
        proofs = closure.explain(triple, all=True, limit=6)
        assert 1 <= len(proofs) <= 6
        leaves = [frozenset(map(conclusion_of, proof.leaves())) for proof in proofs]
        assert len(set(leaves)) == len(leaves)
        for proof, rests_on in zip(proofs, leaves, strict=True):
            check_proof(proof, asserted)
            assert not any(other < rests_on for other in leaves), "not minimal"


@given(triples=graphs(with_strange=False, with_clashes=False))
def test_leaves_of_a_proof_are_needed(triples: set[Triple]) -> None:
    """Without one of its leaves a minimal proof's leaves do not give the triple any more."""
    closure = materialise(triples)
    for triple in sorted(closure.inferred())[:4]:
        proof = closure.explain(triple)
        assert proof is not None
        leaves = {conclusion_of(leaf) for leaf in proof.leaves()}
        assert triple in materialise(leaves)
        for leaf in leaves:
            assert triple not in materialise(leaves - {leaf})


def test_two_reasons_give_two_proofs() -> None:
    closure = materialise(
        read_triples(
            "@prefix : <urn:x:> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> ."
            ":x a :C , :D . :C rdfs:subClassOf :E . :D rdfs:subClassOf :E ."
        )
    )
    (inferred,) = closure.inferred()
    proofs = closure.explain(inferred, all=True)
    assert [proof.rule for proof in proofs] == ["cax-sco", "cax-sco"]


def test_what_does_not_follow_has_no_proof() -> None:
    closure = materialise(read_triples("<urn:x> <urn:p> <urn:y> ."))
    unproved = (URIRef("urn:y"), URIRef("urn:p"), URIRef("urn:x"))
    assert closure.explain(unproved) is None
    assert closure.explain(unproved, all=True) == ()
