"""KnowledgeGraph under changes: it ends where a graph built anew would, or does not move."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, parse

from etown_kg import formats
from etown_kg.errors import InconsistentError, InvalidError, ReadOnlyError
from etown_kg.graph import KnowledgeGraph
from etown_kg.reason import Proof
from etown_kg.store import Delta
from etown_kg.update import effective
from etown_kg.vocab import OWL, XSD

BASE = "http://z/"
ONTOLOGY = """
    @prefix : <http://e/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
    @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
    @prefix g: <http://z/graph/> .
    g:ontology { :in a owl:TransitiveProperty .
        :size a owl:DatatypeProperty, owl:FunctionalProperty .
        :Park rdfs:subClassOf :Place . :Place owl:disjointWith :Person .
    }
"""


def quads(text: str) -> list[Quad]:
    return list(parse(ONTOLOGY + text, RdfFormat.TRIG))


def build(given: list[Quad]) -> KnowledgeGraph:
    graph = KnowledgeGraph(given, base=BASE)
    graph.close()
    return graph


def solutions(graph: KnowledgeGraph) -> list[str]:
    """All that the default graph and the named ones show, each as often as it is shown."""
    default = graph.query("SELECT * { ?s ?p ?o }").rows()
    # A text that names a graph is asked of another store than one that names none.
    beside = graph.query("SELECT * { ?s ?p ?o MINUS { GRAPH <x:none> { ?s ?p ?o } } }").rows()
    assert sorted(map(str, beside)) == sorted(map(str, default))
    named = graph.query("SELECT * { GRAPH ?g { ?s ?p ?o } }").rows()
    return sorted(map(str, [*default, *named]))


def e(name: str) -> NamedNode:
    return NamedNode(f"http://e/{name}")


_TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_THINGS = st.sampled_from([e("a"), e("b"), e("c"), e("d")])
_FORMS = st.sampled_from(["1", "01", "+1"]).map(
    lambda text: Literal(text, datatype=NamedNode(XSD + "integer"))
)
_GRAPHS = st.sampled_from(
    [NamedNode(BASE + "graph/" + name) for name in ("x", "y", "links")] + [DefaultGraph()]
)
_QUADS = st.one_of(
    st.builds(Quad, _THINGS, st.just(e("in")), _THINGS, _GRAPHS),
    st.builds(Quad, _THINGS, st.just(_TYPE), st.sampled_from([e("Park"), e("Place")]), _GRAPHS),
    st.builds(Quad, _THINGS, st.just(e("size")), _FORMS, _GRAPHS),
    st.builds(Quad, _THINGS, st.just(NamedNode(OWL + "sameAs")), _THINGS, _GRAPHS),
)
_SETS = st.frozensets(_QUADS, max_size=6)


@settings(max_examples=60, deadline=None)
@given(_SETS, st.lists(st.tuples(_SETS, _SETS), min_size=1, max_size=4))
def test_changes_end_where_a_new_graph_would(
    first: frozenset[Quad], changes: list[tuple[frozenset[Quad], frozenset[Quad]]]
) -> None:
    graph = build([*quads(""), *first])
    for deleted, inserted in changes:
        graph.apply(Delta(deleted=deleted, inserted=inserted))
        fresh = build(list(graph.asserted))
        assert set(graph.asserted) == set(fresh.asserted)
        assert len(graph.asserted) == len(set(graph.asserted))
        assert set(graph.inferred) == set(fresh.inferred)
        assert len(graph.inferred) == len(set(graph.inferred))
        assert solutions(graph) == solutions(fresh)


@settings(max_examples=30, deadline=None)
@given(_SETS, _SETS, _SETS)
def test_an_inverse_change_undoes_one(
    first: frozenset[Quad], deleted: frozenset[Quad], inserted: frozenset[Quad]
) -> None:
    graph = build([*quads(""), *first])
    before = set(graph.asserted), set(graph.inferred), solutions(graph)
    delta = effective(graph.asserted, Delta(deleted=deleted, inserted=inserted))
    graph.apply(delta)
    graph.apply(delta.inverse)
    assert before == (set(graph.asserted), set(graph.inferred), solutions(graph))


def test_a_change_says_what_it_did() -> None:
    graph = build(quads("g:x { :a :in :b }"))
    change = graph.apply(
        graph.delta(
            "INSERT DATA { GRAPH <http://z/graph/x> { <http://e/b> <http://e/in> <http://e/c> } }"
        )
    )
    assert (change.version, change.inserted, change.inferred_added) == (1, 1, 1)
    assert graph.version == 1
    assert graph.time == change.time
    assert graph.versions() == (change,)
    nothing = graph.apply(graph.delta("DELETE DATA { <a:a> <a:a> 1 }"))
    assert (nothing.version, nothing.inserted, graph.version) == (1, 0, 1)


@pytest.mark.parametrize("reasoner", ["etown", "owlrl"])
def test_a_change_without_a_model_is_refused_whole(reasoner: str) -> None:
    graph = KnowledgeGraph(quads("g:x { :a a :Park . :b :in :c }"), base=BASE)
    graph.close(reasoner)
    before = set(graph.asserted), set(graph.inferred), solutions(graph), graph.state
    clash = """INSERT DATA { GRAPH <http://z/graph/new> { <http://e/a> a <http://e/Person> .
        <http://e/c> <http://e/in> <http://e/d> } }"""
    with pytest.raises(InconsistentError) as caught:
        graph.apply(graph.delta(clash))
    assert before == (set(graph.asserted), set(graph.inferred), solutions(graph), graph.state)
    if reasoner == "etown":
        (proof,) = caught.value.proofs
        assert isinstance(proof, Proof)
        leaves = {leaf.conclusion: leaf.graphs for leaf in proof.leaves()}
        type_ = f"<{_TYPE.value}>"
        assert leaves["<http://e/a>", type_, "<http://e/Person>"] == ("<http://z/graph/new>",)
        assert leaves["<http://e/a>", type_, "<http://e/Park>"] == ("<http://z/graph/x>",)
    graph.apply(graph.delta(clash.replace("a <http://e/Person>", "a <http://e/Place>")))
    assert graph.query("ASK { <http://e/b> <http://e/in> <http://e/d> }").boolean


def test_unequal_values_of_one_property_clash_and_equal_ones_do_not() -> None:
    graph = build(quads("g:x { :a :size 1.50 }"))
    with pytest.raises(InconsistentError):
        graph.apply(graph.delta("INSERT DATA { <http://e/a> <http://e/size> 1.6 }"))
    assert (
        graph.apply(graph.delta("INSERT DATA { <http://e/a> <http://e/size> 1.500 }")).inserted == 1
    )


def test_what_the_program_infers_cannot_be_applied() -> None:
    graph = build(quads(""))
    made = Quad(e("a"), e("in"), e("b"), NamedNode(graph.graph_inferred))
    with pytest.raises(ReadOnlyError):
        graph.apply(Delta(inserted=frozenset({made})))


def test_the_text_of_unchanged_literals_stays() -> None:
    graph = build(quads("g:x { :a :size 1.50 . :b :size 007 }"))
    graph.apply(graph.delta("INSERT DATA { <http://e/c> <http://e/size> +2.0 }"))
    graph.apply(
        graph.delta("DELETE DATA { GRAPH <http://z/graph/x> { <http://e/b> <http://e/size> 7 } }")
    )
    out = io.BytesIO()
    graph.export(out, formats.N_QUADS, infer=False)
    text = out.getvalue().decode()
    assert '"1.50"' in text
    assert '"+2.0"' in text
    assert "007" not in text


def test_proofs_follow_the_changes() -> None:
    graph = build(quads("g:x { :a :in :b }"))
    goal = (e("a"), e("in"), e("c"))
    assert graph.explain(goal) == ()
    graph.apply(
        graph.delta(
            "INSERT DATA { GRAPH <http://z/graph/y> { <http://e/b> <http://e/in> <http://e/c> } }"
        )
    )
    (proof,) = graph.explain(goal)
    assert {graph for leaf in proof.leaves() for graph in leaf.graphs} >= {
        "<http://z/graph/x>", "<http://z/graph/y>"
    }  # fmt: skip
    graph.apply(graph.delta("DROP GRAPH <http://z/graph/y>"))
    assert graph.explain(goal) == ()


SHAPE = """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix : <http://e/> .
    :Named a sh:NodeShape ; sh:targetClass :Park ;
        sh:property [ sh:path :name ; sh:minCount 1 ] ."""


def test_a_change_that_breaks_a_shape_is_refused_when_asked(tmp_path: Path) -> None:
    (tmp_path / "shapes").mkdir()
    (tmp_path / "shapes" / "named.ttl").write_text(SHAPE)
    given = quads('g:x { :a a :Park . :b a :Park ; :name "B" }')  # :a was broken before
    graph = KnowledgeGraph(given, base=BASE, ontology=tmp_path)
    graph.close()
    fine = 'INSERT DATA { <http://e/c> a <http://e/Park> ; <http://e/name> "C" }'
    assert graph.apply(graph.delta(fine), validate=True).version == 1
    broken = graph.delta("INSERT DATA { <http://e/d> a <http://e/Park> }")
    before = set(graph.asserted), set(graph.inferred)
    with pytest.raises(InvalidError) as caught:
        graph.apply(broken, validate=True)
    assert [finding.focus for finding in caught.value.findings] == ["http://e/d"]  # type: ignore[attr-defined]
    assert before == (set(graph.asserted), set(graph.inferred))
    assert graph.apply(broken).version == 2


def test_standard_mode_keeps_graphs_apart() -> None:
    given = quads("{ :a :in :b } g:x { :b :in :c }")
    graph = KnowledgeGraph(given, base=BASE, default_graph="standard")
    graph.close()
    ask = "ASK { <http://e/b> <http://e/in> <http://e/c> }"
    assert not graph.query(ask).boolean
    graph.apply(graph.delta("ADD <http://z/graph/x> TO DEFAULT"))
    assert graph.query(ask).boolean
