"""Long lists, which have operators of their own, conclude what short ones do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import OWL

from etown_kg.reason import Profile, materialise, schema
from tests.reason.naive import Triple
from tests.reason.ontologies import (
    classes,
    equalities,
    facts,
    listed,
    properties,
)
from tests.reason.ontologies import (
    schema as axioms,
)
from tests.reason.test_incremental import state


@contextmanager
def every_list_long() -> Iterator[None]:
    before, schema.LONG = schema.LONG, 0
    try:
        yield
    finally:
        schema.LONG = before


@st.composite
def graphs_with_lists(draw: st.DrawFn) -> set[Triple]:
    lists = st.one_of(
        listed(properties, OWL.propertyChainAxiom, properties),
        listed(classes, OWL.hasKey, properties),
        listed(classes, OWL.intersectionOf, classes),
    )
    parts = [
        *draw(st.lists(lists, min_size=1, max_size=3)),
        *draw(st.lists(facts, min_size=3, max_size=12)),
        *draw(st.lists(axioms, max_size=3)),
        *draw(st.lists(equalities, max_size=1)),
    ]
    return {triple for part in parts for triple in part}


@pytest.mark.parametrize("profile", ["lean", "full"])
@given(triples=graphs_with_lists())
def test_long_and_short_lists_conclude_the_same(profile: Profile, triples: set[Triple]) -> None:
    expected = state(materialise(triples, profile=profile))
    with every_list_long():
        assert state(materialise(triples, profile=profile)) == expected


@given(triples=graphs_with_lists(), data=st.data())
def test_edits_beside_long_lists_equal_a_closure_from_scratch(
    triples: set[Triple], data: st.DataObject
) -> None:
    edited = set(data.draw(st.lists(st.sampled_from(sorted(triples)), min_size=1, unique=True)))
    with every_list_long():
        closure = materialise(triples)
        closure.remove(edited)
        assert state(closure) == state(materialise(triples - edited))
        closure.add(edited)
        assert state(closure) == state(materialise(triples))


@given(triples=graphs_with_lists())
def test_what_long_lists_conclude_has_a_proof_from_what_is_asserted(triples: set[Triple]) -> None:
    with every_list_long():
        closure = materialise(triples)
        for triple in closure.inferred():
            proof = closure.explain(triple)
            assert proof is not None, triple
            leaves = {leaf.conclusion for leaf in proof.leaves()}
            assert None not in leaves


def written(length: int, *lines: str) -> bytes:
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    cells = [f"<urn:c{k}>" for k in range(length)] + [f"<{rdf}nil>"]
    owl = "http://www.w3.org/2002/07/owl#"
    listed_lines = [
        f"{cells[k]} <{rdf}first> <urn:m{k}> .\n{cells[k]} <{rdf}rest> {cells[k + 1]} .\n"
        for k in range(length)
    ]
    more = (f"{line} .\n".replace(" a ", f" <{rdf}type> ").replace("owl:", owl) for line in lines)
    return "".join([*listed_lines, *more]).encode()


SIZE = 50_000
LONG_AXIOMS = {
    "intersectionOf": ["<urn:C> <owl:intersectionOf> <urn:c0>", "<urn:x> a <urn:C>"],
    "hasKey": ["<urn:C> <owl:hasKey> <urn:c0>", "<urn:x> a <urn:C>", "<urn:x> <urn:m0> <urn:v>"],
    "propertyChainAxiom": ["<urn:p> <owl:propertyChainAxiom> <urn:c0>", "<urn:x> <urn:m0> <urn:y>"],
    "members": ["<urn:d> a <owl:AllDifferent>", "<urn:d> <owl:members> <urn:c0>"],
    "disjoint": ["<urn:d> a <owl:AllDisjointClasses>", "<urn:d> <owl:members> <urn:c0>"],
}


@pytest.mark.parametrize("name", LONG_AXIOMS)
def test_list_of_fifty_thousand_is_read_once(name: str) -> None:
    """Quadratic, any of them would take hours."""
    closure = materialise(written(SIZE, *LONG_AXIOMS[name]))
    assert not closure.violations
    assert not closure.findings
    assert closure.asserted_count == 2 * SIZE + len(LONG_AXIOMS[name])
    if name == "intersectionOf":
        assert closure.inferred_count == 2 * SIZE  # x is a member, C a subclass, of each


def test_intersection_of_thousands_needs_every_one() -> None:
    types = [f"<urn:x> a <urn:m{k}>" for k in range(5000)]
    types += [f"<urn:y> a <urn:m{k}>" for k in range(4999)]
    closure = materialise(written(5000, "<urn:C> <owl:intersectionOf> <urn:c0>", *types))
    has = {s: (s, b"<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>", b"<urn:C>") in closure
           for s in (b"<urn:x>", b"<urn:y>")}  # fmt: skip
    assert has == {b"<urn:x>": True, b"<urn:y>": False}
