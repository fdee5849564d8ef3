"""Additions and removals equal a closure from scratch, whatever is edited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etown_kg.reason import Closure, Profile, materialise
from etown_kg.reason import variable as variables
from etown_kg.reason.relation import Keys
from tests.reason.case_files import read_triples
from tests.reason.naive import Triple, unify_string
from tests.reason.ontologies import graphs

Edit = tuple[bool, list[Triple]]  # (is an addition, triples)


@pytest.fixture(scope="module", autouse=True, params=["merged at once", "merged later"])
def _merging(request: pytest.FixtureRequest) -> Iterator[None]:
    """Columns as small as these are merged at once; large ones when they are read."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "merged later":
            patch.setattr(variables, "LARGE", 0)
            patch.setattr(variables, "_FEW", 1)
        yield


@st.composite
def edited(draw: st.DrawFn) -> tuple[set[Triple], list[Edit]]:
    """A graph and edits of it: parts of one ontology come and go, schema and facts alike."""
    universe = sorted(draw(graphs()))
    start = draw(st.sets(st.sampled_from(universe)))
    batches = st.lists(st.sampled_from(universe), min_size=1, max_size=5, unique=True)
    return start, draw(st.lists(st.tuples(st.booleans(), batches), min_size=1, max_size=4))


def state(closure: Closure) -> dict[str, object]:
    """All that a closure shows; culprits are compared by rule, they may be chosen differently.

    Where names of different literals would be the same, a clash, which of them are merged until
    then is nobody's promise: only that it clashes is compared.
    """
    if closure.engine.equality.clashes:
        return {"clashes": bool(closure.violations)}
    return {
        "triples": {unify_string(triple) for triple in closure.graph()},  # type: ignore[arg-type]
        "length": len(closure),
        "violations": {violation.rule for violation in closure.violations},
        "findings": {(finding.code, finding.message) for finding in closure.findings},
    }


def listed(keys: Mapping[int, Keys]) -> set[tuple[int, int]]:
    """(predicate, key) of each pair."""
    return {(predicate, key) for predicate, found in keys.items() for key in found.tolist()}


def inferred(closure: Closure) -> set[tuple[int, int]]:
    return {
        (predicate, key) for predicate, keys in closure.inferred_keys() for key in keys.tolist()
    }


@pytest.mark.parametrize("profile", ["lean", "full"])
@given(plan=edited())
def test_edits_equal_a_closure_from_scratch(
    profile: Profile, plan: tuple[set[Triple], list[Edit]]
) -> None:
    asserted, edits = plan
    closure = materialise(asserted, profile=profile)
    for is_addition, triples in edits:
        before = inferred(closure)
        change = closure.add(triples) if is_addition else closure.remove(triples)
        asserted = asserted | set(triples) if is_addition else asserted - set(triples)
        assert state(closure) == state(materialise(asserted, profile=profile))
        after = inferred(closure)
        assert listed(change.added) == after - before
        assert listed(change.removed) == before - after


def test_literals_that_come_change_what_differs_in_the_full_profile() -> None:
    closure = materialise(read_triples(_PREFIXES + ":a :p 1 ."), profile="full")
    before = inferred(closure)
    change = closure.add(read_triples(_PREFIXES + ":a :p 2 ."))
    assert listed(change.added) == inferred(closure) - before
    assert listed(change.removed) == before - inferred(closure)


@given(triples=graphs(), profile=st.sampled_from(["lean", "full"]))
def test_one_by_one_equals_all_at_once(triples: set[Triple], profile: Profile) -> None:
    closure = materialise([], profile=profile)
    for triple in sorted(triples):
        closure.add([triple])
    assert state(closure) == state(materialise(triples, profile=profile))


@given(triples=graphs(), profile=st.sampled_from(["lean", "full"]))
def test_removing_all_leaves_what_holds_of_nothing(triples: set[Triple], profile: Profile) -> None:
    closure = materialise(triples, profile=profile)
    closure.remove(triples)
    assert state(closure) == state(materialise([], profile=profile))


# What is removed again, and what then no longer follows.
RETRACTIONS = {
    "a subclass axiom": (":x a :C .", ":C rdfs:subClassOf :D .", ":x a :D ."),
    "one of two reasons": (":x a :C . :D a :E .", ":x :p :y . :p rdfs:domain :F .", ":x a :F ."),
    "a cell of a list": (
        ":i owl:intersectionOf :l . :l rdf:first :C ; rdf:rest rdf:nil . :x a :C .",
        ":l rdf:first :D .",
        "",
    ),
    "the end of a list": (
        ":x a :C . :i owl:intersectionOf :l . :l rdf:first :C .",
        ":l rdf:rest rdf:nil .",
        ":x a :i .",
    ),
    "sameAs of a property": (":p a owl:TransitiveProperty . :a :q :b . :b :q :c .",
                             ":p owl:sameAs :q .", ":a :q :c ."),
    "a link in a cycle": (":a :p :b . :b :p :c . :p a owl:TransitiveProperty .",
                          ":c :p :a .", ":a :p :a ."),
    "one end of a clique": (":a owl:sameAs :b . :a :p :o .", ":b owl:sameAs :c .", ":c :p :o ."),
    "the reason of a sameAs": (":p a owl:FunctionalProperty . :x :p :a . :a :q :o .",
                               ":x :p :b .", ":b :q :o ."),
    "a vocabulary alias": (":x :isA :C .", ":isA rdfs:subPropertyOf rdf:type .", ":x a :C ."),
}  # fmt: skip
_PREFIXES = """
    @prefix : <http://example.org/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
    @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
    @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""


@pytest.mark.parametrize("name", RETRACTIONS)
def test_retraction_takes_back_what_rested_on_it(name: str) -> None:
    kept, edited, consequence = (read_triples(_PREFIXES + text) for text in RETRACTIONS[name])
    closure = materialise(kept)
    before = state(closure)
    closure.add(edited)
    assert consequence <= set(closure.graph())
    closure.remove(edited)
    assert state(closure) == before
    assert not consequence & set(closure.graph())


def test_asserted_triple_that_also_follows_stays_when_retracted() -> None:
    schema = read_triples(_PREFIXES + ":C rdfs:subClassOf :D . :x a :C .")
    also = read_triples(_PREFIXES + ":x a :D .")
    closure = materialise(schema | also)
    assert not also & set(closure.inferred())
    closure.remove(also)
    assert also <= set(closure.inferred())


def test_removing_what_is_not_there_changes_nothing() -> None:
    closure = materialise(read_triples(_PREFIXES + ":C rdfs:subClassOf :D . :x a :C ."))
    before = state(closure)
    closure.remove(read_triples(_PREFIXES + ":x a :D . :y a :C ."))
    assert state(closure) == before


MERGED = """
    :a owl:sameAs :b . :b :p :c . :p rdfs:domain :C . :C rdfs:subClassOf :D .
    :f a owl:FunctionalProperty . :u :f :v , :w . :w :q :x . :q rdfs:range :E .
"""


@pytest.mark.parametrize(
    ("gone", "is_stepwise"),
    [
        (":b :p :c .", True),
        (":w :q :x .", True),
        (":u :f :w .", False),
        (":a owl:sameAs :b .", False),
    ],
    ids=["fact of a merged term", "fact of a found one", "why they are one", "that they are one"],
)
def test_removal_beside_merged_terms(gone: str, is_stepwise: bool) -> None:
    """What has nothing to do with the merging is taken out of the closure, which stays."""
    everything, removed = read_triples(_PREFIXES + MERGED), read_triples(_PREFIXES + gone)
    closure = materialise(everything)
    engine = closure.engine
    closure.remove(removed)
    assert (closure.engine is engine) == is_stepwise
    assert state(closure) == state(materialise(everything - removed))
    for triple in closure.inferred():
        assert closure.explain(triple) is not None
    closure.add(removed)
    assert state(closure) == state(materialise(everything))
    for triple in closure.inferred():
        assert closure.explain(triple) is not None
