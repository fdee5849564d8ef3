"""The feed: who follows it has what its owner has, whatever changes and however much at once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, parse

from etown_kg.backend.feed import FEED_BYTES, MAX_QUADS, Feed, Follower
from etown_kg.catalogue.description import Presentation
from etown_kg.config import DefaultGraph as Mode
from etown_kg.errors import InconsistentError
from etown_kg.graph import KnowledgeGraph, Step
from etown_kg.scope import Scope
from etown_kg.store import Delta

BASE = "http://z/"
X, Y, LINKS = (NamedNode(f"{BASE}graph/{name}") for name in ("x", "y", "links"))
TERMS = """
    @prefix : <http://z/> .
    @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
    @prefix owl: <http://www.w3.org/2002/07/owl#> .
    <http://z/graph/ontology> { :in a owl:TransitiveProperty . :Park rdfs:subClassOf :Place .
        :Place owl:disjointWith :Person . :size a owl:DatatypeProperty . }
"""
TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
SUB_CLASS_OF = NamedNode("http://www.w3.org/2000/01/rdf-schema#subClassOf")
SAME_AS = NamedNode("http://www.w3.org/2002/07/owl#sameAs")
IN, SIZE = NamedNode(f"{BASE}in"), NamedNode(f"{BASE}size")
_PLACES = st.sampled_from([*(NamedNode(f"{BASE}{name}") for name in "abc"), BlankNode("d")])
_CLASSES = st.sampled_from([NamedNode(f"{BASE}{name}") for name in ("Park", "Place", "Person")])
_GRAPHS = st.sampled_from([X, Y, LINKS, DefaultGraph()])
_INTEGER = NamedNode("http://www.w3.org/2001/XMLSchema#integer")
_LITERALS = st.sampled_from(
    [Literal("1", datatype=_INTEGER), Literal("01", datatype=_INTEGER), Literal("x", language="EN")]
)
_QUADS = st.one_of(
    st.builds(Quad, _PLACES, st.just(IN), _PLACES, _GRAPHS),
    st.builds(Quad, _PLACES, st.just(TYPE), _CLASSES, _GRAPHS),
    st.builds(Quad, _PLACES, st.just(SIZE), _LITERALS, _GRAPHS),
    st.builds(Quad, _CLASSES, st.just(SUB_CLASS_OF), _CLASSES, _GRAPHS),
    st.builds(Quad, _PLACES, st.just(SAME_AS), _PLACES, _GRAPHS),
)
SETS = st.frozensets(_QUADS, max_size=4)
QUERIES = (
    "SELECT * { ?s ?p ?o }",
    "SELECT * { GRAPH ?g { ?s ?p ?o } }",
    "SELECT ?g { GRAPH ?g {} }",
    "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p",
)
SCOPE = Scope.all_but([Y.value])


def built(given: frozenset[Quad], mode: Mode) -> KnowledgeGraph:
    graph = KnowledgeGraph(
        [*parse(TERMS, RdfFormat.TRIG), *given],
        base=BASE, default_graph=mode, presentation=Presentation(),
    )  # fmt: skip
    try:
        graph.close()
    except InconsistentError:
        return built(frozenset(), mode)
    graph.prepare()
    graph.time = ""  # two are made in two moments; one that is forked is made in none
    graph.view(SCOPE)
    return graph


def shown(graph: KnowledgeGraph) -> list[object]:
    """All that queries find, and what the graph says of itself."""
    return [
        *(
            sorted(map(str, graph.query(query, infer=infer).rows()))
            for query in QUERIES
            for infer in (True, False)
        ),
        graph.state, graph.time, graph.graphs(), len(graph.inferred), len(graph.asserted),
        sorted(map(str, graph.asserted)),
    ]  # fmt: skip


def undescribed(view: KnowledgeGraph) -> tuple[str, list[str]]:
    """The state, and what is there but for the description, some of which depends on its history
    (the numbers of different objects).
    """
    meta = NamedNode(f"{BASE}graph/meta")
    quads = (quad for quad in view.conclusions.closed if quad.graph_name != meta)
    return view.state, sorted(map(str, quads))


def proved(graph: KnowledgeGraph) -> list[tuple[str, bool]]:
    """Each inferred triple, and whether there is a proof of it."""
    return sorted(
        (str(quad.triple), bool(graph.explain((quad.subject, quad.predicate, quad.object))))
        for quad in graph.inferred
        if not isinstance(quad.subject, BlankNode) and not isinstance(quad.object, BlankNode)
    )


@pytest.mark.parametrize("mode", ["union", "standard"])
@settings(max_examples=25)
@given(
    given=SETS,
    changes=st.lists(st.tuples(SETS, SETS, st.booleans(), st.booleans()), max_size=5),
)
def test_who_follows_has_what_the_owner_has(
    mode: Mode,
    given: frozenset[Quad],
    changes: list[tuple[frozenset[Quad], frozenset[Quad], bool, bool]],
) -> None:
    owner, copy = built(given, mode), built(given, mode)
    owner.record()
    feed = Feed(7)
    follower = Follower(copy, feed, 7)
    for deleted, inserted, is_synced, is_read in changes:
        try:
            owner.apply(Delta(deleted - inserted, inserted), sync=False)
        except InconsistentError:
            continue
        if is_synced:
            owner.sync()
            assert feed.append(owner.recorded())
        if is_synced and is_read:
            follower.catch_up()
            assert shown(copy) == shown(owner)
    owner.sync()
    assert feed.append(owner.recorded())
    follower.catch_up()
    assert not follower.is_broken
    assert shown(copy) == shown(owner)
    assert undescribed(copy.view(SCOPE)) == undescribed(owner.view(SCOPE))
    assert proved(copy) == proved(owner)


def test_a_state_is_a_step() -> None:
    owner, copy = built(frozenset(), "union"), built(frozenset(), "union")
    owner.record()
    feed = Feed(1 << 32)
    follower = Follower(copy, feed, 1 << 32)
    follower.catch_up()
    assert follower.state == follower.since == 1 << 32
    for n in range(3):
        owner.apply(owner.delta(f"INSERT DATA {{ <x:a> <x:b> {n} }}"))
        assert feed.append(owner.recorded())
    later = Follower(built(frozenset(owner.asserted), "union"), feed, follower.state + 3)
    for each in (follower, later):
        each.catch_up()
        assert each.state == each.since + 3
    assert copy.version == 3
    assert len(list(copy.query("SELECT * { <x:a> <x:b> ?n }").rows())) == 3


def test_what_a_fork_does_quicker_is_not_for_the_feed() -> None:
    feed = Feed(0)
    p = NamedNode("x:p")
    quads = [Quad(NamedNode(f"x:{n}"), p, Literal("o")) for n in range(MAX_QUADS + 1)]
    assert not feed.append(Step(asserted=Delta(inserted=frozenset(quads))))
    assert feed.append(Step(asserted=Delta(inserted=frozenset(quads[1:]))))


def test_a_full_feed_takes_no_more() -> None:
    feed = Feed(0)
    long = Quad(NamedNode("x:s"), NamedNode("x:p"), Literal("o" * (FEED_BYTES // 4)))
    step = Step(asserted=Delta(inserted=frozenset([long])))
    taken = 0
    while feed.append(step):
        taken += 1
    assert taken == 3
    assert feed.append(Step())  # it has room for what is smaller
    step, count = feed.read(8, feed.end)
    assert count == 4
    assert step.asserted.inserted == {long}
