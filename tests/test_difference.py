"""The difference of two datasets: whole, minimal, and without noise from blank nodes."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, RdfFormat, parse

from etown_kg.blank_nodes import blank_nodes_of, named, with_names
from etown_kg.difference import Difference, difference
from etown_kg.graph import KnowledgeGraph
from tests.export.statements import datasets


def quads_of(trig: str) -> set[Quad]:
    return set(parse(f"PREFIX : <urn:x:>\n{trig}", RdfFormat.TRIG))


def renamed(quads: set[Quad], seed: int = 5) -> set[Quad]:
    """The same statements with other names of their blank nodes."""
    labels = sorted({node for quad in quads for node in blank_nodes_of(quad)}, key=str)
    others = [BlankNode(f"other{number}") for number in range(len(labels))]
    random.Random(seed).shuffle(others)
    names = dict(zip(labels, others, strict=True))
    return {with_names(quad, names) for quad in quads}


def applied(first: set[Quad], found: Difference) -> set[Quad]:
    assert set(found.deleted) <= first
    assert not set(found.inserted) & first
    return (first - set(found.deleted)) | set(found.inserted)


@settings(max_examples=300, deadline=None)
@given(first=datasets, second=datasets)
def test_the_difference_makes_the_first_the_second(first: set[Quad], second: set[Quad]) -> None:
    assert set(named(applied(first, difference(first, second)))) == set(named(second))


@settings(max_examples=200, deadline=None)
@given(quads=datasets, seed=st.integers(0, 99))
def test_what_is_isomorphic_does_not_differ(quads: set[Quad], seed: int) -> None:
    assert not difference(quads, renamed(quads, seed))


@settings(max_examples=200, deadline=None)
@given(quads=datasets, data=st.data())
def test_one_statement_less_is_one_statement_less(quads: set[Quad], data: st.DataObject) -> None:
    ground = sorted((quad for quad in quads if not any(blank_nodes_of(quad))), key=str)
    if ground:
        gone = data.draw(st.sampled_from(ground))
        assert difference(quads, renamed(quads) - {gone}) == Difference((gone,), ())


LIST = ":a :chain ( :p1 :p2 :p3 :p4 :p5 ) ."
CASES = {
    "last member": (LIST, LIST.replace(":p5", ":q5"), 1, 1),
    "first member": (LIST, LIST.replace(":p1", ":q1"), 1, 1),
    "member taken out": (LIST, LIST.replace(":p3 ", ""), 3, 1),
    "member put in": (LIST, LIST.replace(":p3 ", ":p3 :new "), 1, 3),
    "filler of a restriction": (
        ":A :sub [ :on :p ; :some :B ] . :C :sub [ :on :p ; :some :D ] .",
        ":A :sub [ :on :p ; :some :E ] . :C :sub [ :on :p ; :some :D ] .",
        1, 1,
    ),
    "one of many alike": (
        "".join(f":A{n} :sub [ :on :p ; :some :B ] ." for n in range(30)),
        "".join(f":A{n} :sub [ :on :p ; :some :B ] ." for n in range(29)),
        3, 0,
    ),
    "nested": (
        ":A :sub [ :and ( [ :on :p ; :some :B ] [ :on :q ; :some :C ] ) ] .",
        ":A :sub [ :and ( [ :on :p ; :some :B ] [ :on :r ; :some :C ] ) ] .",
        1, 1,
    ),
    "another graph": ("GRAPH :g { :a :b [ :c 1 ] }", "GRAPH :h { :a :b [ :c 1 ] }", 2, 2),
    "lexical form": (":a :b 1.0 .", ":a :b 1.00 .", 1, 1),
    "everything": (":a :b [ :c 1 ] .", ":x :y [ :z 2 ] .", 2, 2),
    "nothing": ("", "", 0, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_as_few_statements_as_changed(name: str) -> None:
    before, after, gone, come = CASES[name]
    first, second = quads_of(before), renamed(quads_of(after))
    found = difference(first, second)
    assert (len(found.deleted), len(found.inserted)) == (gone, come)
    assert set(named(applied(first, found))) == set(named(second))


def test_a_new_node_has_one_name_that_no_other_has() -> None:
    first = quads_of(":a :b _:n0 . _:n0 :c 1 .")
    found = difference(first, quads_of(":a :b _:n0 . _:n0 :c 1 . :d :e _:x . _:x :f 2 ; :g 3 ."))
    nodes = {node for quad in found.inserted for node in blank_nodes_of(quad)}
    assert len(nodes) == 1
    assert not nodes & {node for quad in first for node in blank_nodes_of(quad)}


def test_a_long_list_is_compared_in_time() -> None:
    """Every node with every other, again for each match, would take hours."""
    members = [f":p{number}" for number in range(1500)]
    other = [*members[:700], ":new", *members[701:]]
    first, second = (quads_of(f":a :chain ( {' '.join(each)} ) .") for each in (members, other))
    found = difference(first, renamed(second))
    assert (len(found.deleted), len(found.inserted)) == (1, 1)


def test_the_patch_has_a_row_for_each_statement() -> None:
    found = difference(quads_of(":a :b 1 ."), quads_of("GRAPH :g { :a :b 'x\\ny'@en }"))
    assert found.patch().splitlines() == [
        "TX .",
        'D <urn:x:a> <urn:x:b> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .',
        'A <urn:x:a> <urn:x:b> "x\\ny"@en <urn:x:g> .',
        "TC .",
    ]
    assert found.graphs() == [NamedNode("urn:x:g"), DefaultGraph()]
    assert len(found.of_graph(DefaultGraph()).deleted) == 1


def test_the_shipped_graph_does_not_differ_from_itself(shipped_graph: KnowledgeGraph) -> None:
    quads = set(shipped_graph.asserted)
    assert not difference(quads, renamed(quads))
