"""The engine, rule by rule, on the cases written by hand; and owlrl on the same files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from etown_kg.reason import materialise
from etown_kg.reason.profile import Profile
from tests.reason.case_files import list_cases, read_case, rule_of
from tests.reason.naive import Triple, unify_string
from tests.reason.profiles import is_clutter
from tests.reason.witness import close_with_owlrl

_LAST = "never looks at the last member of the list: range(0, len - 1)"
_AS_TERMS = "compares literals as terms, not by value"
_NO_TYPE = "types literals by their own datatype only"
# What owlrl 7.6.2 gets wrong, by case. A repair makes the test fail and the entry go.
OWLRL_FAULTS = {
    "cls-hv2+value": _AS_TERMS,
    "dt-diff": "derives no differentFrom between literals",
    "dt-eq": _AS_TERMS,
    "dt-type1": "takes xsd:date, not in OWL 2 RL, for a supported datatype",
    "dt-type2": _NO_TYPE,
    "prp-ifp+value": _AS_TERMS,
    "prp-key": _LAST,
    "prp-key+value": _LAST,
    "dt-not-type": "does not check types given to literals",
    "dt-not-type+avf": "does not check types given to literals",
    "dt-not-type+range": "reports an ill-typed literal that no triple gives a type",
    "eq-diff1+cardinality-value": "makes unequal literals the same without a word",
    "eq-diff1+functional-value": "makes unequal literals the same without a word",
    "eq-diff1+through-iri": "makes unequal literals the same without a word",
    "eq-diff2": _LAST,
    "eq-diff2+repeated-member": _LAST,
    "eq-diff3": _LAST,
    "prp-adp": _LAST,
    "prp-npa2+value": _AS_TERMS,
    "cls-svf1+datatype": _AS_TERMS,
    "prp-spo2+through-value": _AS_TERMS,
    "dt-not-type+name-of-literal": "does not check types given to literals",
    "dt-not-type+subclass-of-datatype": "does not check types given to literals",
    "eq-diff1+datatype-cardinality": "makes unequal literals the same without a word",
}


def witnessed(cases: list[str]) -> list[object]:
    """The cases as parameters, those that owlrl is known to fail marked with the reason."""
    return [
        pytest.param(case, marks=pytest.mark.xfail(reason=OWLRL_FAULTS[case], strict=True))
        if case in OWLRL_FAULTS
        else case
        for case in cases
    ]


# The cases that are about what holds of every graph.
AXIOMATIC = {"prp-ap", "cls-thing", "cls-nothing1", "dt-type1", "dt-type2"}


def unified(triples: Iterable[Any]) -> set[Triple]:
    return {unify_string(triple) for triple in triples}


def close_with_engine(triples: set[Triple], profile: Profile) -> set[Triple]:
    return unified(materialise(triples, profile=profile).graph())


@pytest.mark.parametrize("case", list_cases("given"))
def test_full_closure_has_what_follows_and_nothing_more(case: str) -> None:
    closure = close_with_engine(read_case(case, "given"), "full")
    assert unified(read_case(case, "entailed")) <= closure
    assert not unified(read_case(case, "not_entailed")) & closure


@pytest.mark.parametrize("case", list_cases("given"))
def test_lean_closure_lacks_only_clutter(case: str) -> None:
    given = unified(read_case(case, "given"))
    closure = close_with_engine(given, "lean")
    missing = unified(read_case(case, "entailed")) - closure
    assert all(is_clutter(triple) for triple in missing)
    assert not any(is_clutter(triple) for triple in closure - given)
    assert not unified(read_case(case, "not_entailed")) & closure


@pytest.mark.parametrize("profile", ["lean", "full"])
@pytest.mark.parametrize("case", list_cases("clash"))
def test_violation_is_reported_by_its_rule(case: str, profile: Profile) -> None:
    violations = materialise(read_case(case, "clash"), profile=profile).violations
    assert rule_of(case) in {violation.rule for violation in violations}


@pytest.mark.parametrize("profile", ["lean", "full"])
@pytest.mark.parametrize("case", list_cases("clash"))
def test_near_miss_is_no_violation(case: str, profile: Profile) -> None:
    assert not materialise(read_case(case, "no_clash"), profile=profile).violations


@pytest.mark.parametrize("case", witnessed(list_cases("given")))
def test_owlrl_agrees_on_what_follows(case: str) -> None:
    closure = close_with_owlrl(read_case(case, "given"), axiomatic=case in AXIOMATIC).triples
    assert unified(read_case(case, "entailed")) <= closure
    assert not unified(read_case(case, "not_entailed")) & closure


@pytest.mark.parametrize("case", witnessed(list_cases("clash")))
def test_owlrl_agrees_on_clashes(case: str) -> None:
    assert close_with_owlrl(read_case(case, "clash")).errors
    assert not close_with_owlrl(read_case(case, "no_clash")).errors
