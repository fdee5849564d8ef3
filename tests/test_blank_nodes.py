"""Names of blank nodes: isomorphic statements get the same, others do not."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, NamedNode, Quad, Triple

from etown_kg.blank_nodes import blank_nodes_of, components, named, with_names

nodes = st.integers(0, 5).map(lambda number: BlankNode(f"n{number}"))
quads = st.builds(
    Quad,
    nodes,
    st.sampled_from(["urn:p", "urn:q"]).map(NamedNode),
    st.one_of(nodes, st.just(NamedNode("urn:o"))),
)
datasets = st.sets(quads, max_size=9)


def edge(s: str, o: str) -> Quad:
    return Quad(BlankNode(s), NamedNode("urn:p"), BlankNode(o))


def shuffled(found: set[Quad], seed: int = 3) -> set[Quad]:
    labels = sorted({node.value for quad in found for node in blank_nodes_of(quad)})
    others = labels[:]
    random.Random(seed).shuffle(others)
    names = {BlankNode(a): BlankNode(f"w{b}") for a, b in zip(labels, others, strict=True)}
    return {with_names(quad, names) for quad in found}


@given(found=datasets, seed=st.integers(0, 9))
def test_names_that_come_do_not_count(found: set[Quad], seed: int) -> None:
    assert set(named(found)) == set(named(shuffled(found, seed)))


@settings(max_examples=300, deadline=None)
@given(one=datasets, other=datasets)
def test_names_agree_with_the_standards_canonical_form(one: set[Quad], other: set[Quad]) -> None:
    """RDFC-1.0 judges whether two datasets are isomorphic; the names must say the same."""
    canonical = []
    for each in (one, other, shuffled(one)):
        dataset = Dataset(each)
        dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
        canonical.append(frozenset(dataset))
    mine = [set(named(each)) for each in (one, other, shuffled(one))]
    assert (mine[0] == mine[1]) == (canonical[0] == canonical[1])
    assert (mine[0] == mine[2]) == (canonical[0] == canonical[2])


@pytest.mark.parametrize(
    "found",
    [
        {edge(f"a{n}", f"a{(n + 1) % 7}") for n in range(7)},
        {edge(f"a{n}", f"a{m}") for n in range(5) for m in range(5) if n != m},
        {edge(f"{s}{n}", f"{s}{n + 1}") for s in "ab" for n in range(12)} | {edge("r", "a0")},
        {edge("root", f"{s}0") for s in "ab"}
        | {edge(f"{s}{n}", f"{s}{n + 1}") for s in "ab" for n in range(40)},
    ],
    ids=["ring", "clique", "two lists", "a fork of equal lists"],
)
def test_what_nothing_tells_apart_is_named_all_the_same(found: set[Quad]) -> None:
    for seed in range(5):
        assert set(named(found)) == set(named(shuffled(found, seed)))


def test_a_long_list_and_a_large_clique_are_named_in_time() -> None:
    """Rounds that look at every node again, or all orders of a clique, would take minutes."""
    count = 3000
    found = {edge(f"a{n}", f"a{n + 1}") for n in range(count)}
    found |= {edge(f"k{n}", f"k{m}") for n in range(20) for m in range(20) if n != m}
    assert len(named(found)) == count + 380


def test_nodes_in_graph_names_and_triple_terms_count() -> None:
    inner = Triple(BlankNode("x"), NamedNode("urn:p"), NamedNode("urn:o"))
    quad = Quad(NamedNode("urn:s"), NamedNode("urn:says"), inner, BlankNode("g"))
    assert len(components([quad])) == 1
    (renamed,) = named([quad])
    assert {node.value for node in blank_nodes_of(renamed)} == {"b0", "b1"}
