"""The engine against the judge, on random ontologies."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from rdflib import OWL, XSD, Literal, URIRef

from etown_kg.reason import Closure, materialise
from etown_kg.reason.profile import Profile
from tests.reason.naive import Fixpoint, TooLargeError, Triple, unify_string
from tests.reason.ontologies import graphs
from tests.reason.profiles import by_value, full, judge, lean

# A larger closure says no more and takes the judge seconds.
MOST = 4000


def judged(triples: set[Triple], profile: Profile) -> Fixpoint:
    try:
        return judge(triples, profile, most=MOST)
    except TooLargeError:
        assume(False)
        raise


def shown(closure: Closure) -> set[Triple]:
    return {unify_string(triple) for triple in closure.graph()}  # type: ignore[arg-type]


def agree(closure: Closure, verdict: Fixpoint, triples: set[Triple], profile: Profile) -> None:
    """Assert that the engine found what the judge did.

    Without a model everything follows; then only that there is none, and why, must agree.
    """
    rules = {violation.rule for violation in closure.violations}
    assert bool(rules) == bool(verdict.clashes), (rules, verdict.clash_ids)
    assert rules <= verdict.clash_ids
    if verdict.clashes:
        return
    if profile == "full":
        assert shown(closure) == full(verdict)
    else:
        expected = lean(verdict, triples)
        assert shown(closure) <= expected
        assert by_value(shown(closure)) == by_value(expected)
    assert len(closure) == len(set(closure.graph()))


# One string, spelled in two ways: they are the same before their value is known to be.
_SPELLED_TWICE = {
    (URIRef("x:a"), OWL.sameAs, Literal("a")),
    (URIRef("x:b"), OWL.sameAs, Literal("a", datatype=XSD.token)),
}


@pytest.mark.parametrize("profile", ["lean", "full"])
@example(triples=_SPELLED_TWICE)
@given(triples=graphs(with_clashes=False, with_strange=False))
def test_engine_agrees_with_the_judge(profile: Profile, triples: set[Triple]) -> None:
    agree(materialise(triples, profile=profile), judged(triples, profile), triples, profile)


@pytest.mark.parametrize("profile", ["lean", "full"])
@given(triples=graphs(with_strange=False))
def test_engine_agrees_with_the_judge_on_clashes(profile: Profile, triples: set[Triple]) -> None:
    agree(materialise(triples, profile=profile), judged(triples, profile), triples, profile)


@pytest.mark.parametrize("profile", ["lean", "full"])
@given(triples=graphs())
def test_engine_agrees_when_vocabulary_is_spoken_about(
    profile: Profile, triples: set[Triple]
) -> None:
    agree(materialise(triples, profile=profile), judged(triples, profile), triples, profile)


@given(triples=graphs(), order=st.randoms(use_true_random=False))
def test_order_of_input_does_not_matter(triples: set[Triple], order: Random) -> None:
    shuffled = sorted(triples)
    order.shuffle(shuffled)
    assert shown(materialise(shuffled)) == shown(materialise(sorted(triples)))


@given(triples=graphs(with_clashes=False))
def test_second_run_adds_nothing(triples: set[Triple]) -> None:
    once = shown(materialise(triples))
    assert shown(materialise(once)) == once
