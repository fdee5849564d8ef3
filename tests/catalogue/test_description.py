"""The graph's description of itself: its numbers are what queries count, also after changes.

The judge is SPARQL: `counted` asks for each number by an aggregate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, parse

from etown_kg.catalogue.census import LINKS, Census, namespace
from etown_kg.catalogue.description import Presentation
from etown_kg.catalogue.statistics import Counts, Statistics, Term, counted, stated
from etown_kg.config import DefaultGraph as Mode
from etown_kg.graph import KnowledgeGraph
from etown_kg.graph.counting import census, columnar_census
from etown_kg.graph.inference import EngineInference
from etown_kg.scope import Scope
from etown_kg.store import Delta
from etown_kg.vocab import OWL, RDF, SKOS, VOID, XSD

BASE = "http://z/"
META = NamedNode(f"{BASE}graph/meta")
TERMS = """
    @prefix : <http://z/> .
    @prefix g: <http://z/graph/> .
    @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
    @prefix owl: <http://www.w3.org/2002/07/owl#> .
    @prefix dcterms: <http://purl.org/dc/terms/> .
    g:ontology { <http://z/ontology> a owl:Ontology ; dcterms:title "The zoo"@en ;
        dcterms:license <http://licence.example/by> .
        :in a owl:TransitiveProperty . :Park rdfs:subClassOf :Place . }
"""


def ask(graph: KnowledgeGraph, text: str) -> list[dict[str, Term]]:
    """The solutions over the union of all graphs, whatever the default graph is."""
    graphs = () if graph.asserted.is_union else tuple(graph.graphs())
    answer = graph.query(text, default_graphs=graphs, named_graphs=graphs)
    names = answer.variables
    return [
        {name: term for name, term in zip(names, row, strict=True) if term is not None}
        for row in answer.rows()
    ]


def described(given: list[Quad], mode: Mode = "union") -> KnowledgeGraph:
    graph = KnowledgeGraph(given, base=BASE, default_graph=mode, presentation=Presentation())
    graph.close()
    return graph


def quads(text: str) -> list[Quad]:
    return list(parse(TERMS + text, RdfFormat.TRIG))


def without_what_cannot_be_said(truth: Statistics, said: Statistics) -> Statistics:
    """The truth, but for the two numbers that a description may have to leave out of itself."""
    assert truth.terms is not None
    assert truth.properties is not None
    assert said.terms is not None
    assert said.properties is not None
    name = f"{VOID}distinctObjects"
    properties: Mapping[str, Counts] = truth.properties
    if said.properties[name].objects is None:
        properties = {**properties, name: replace(properties[name], objects=None)}
    subjects, objects = truth.terms
    terms = (subjects, None if said.terms[1] is None else objects)
    return replace(truth, properties=properties, terms=terms)


def judge_of(graph: KnowledgeGraph) -> KnowledgeGraph:
    """The same quads where a query sees the set of all triples: of several graphs that it names
    it would find a triple twice, and the unnamed one it cannot name.
    """
    if graph.asserted.is_union:
        return graph
    return KnowledgeGraph([*graph.quads(), *graph.described], base=graph.base)


def assert_counts_itself(graph: KnowledgeGraph) -> None:
    said = stated(lambda text: ask(graph, text), graph.base)
    assert said is not None
    judge = judge_of(graph)
    truth = counted(lambda text: ask(judge, text))
    # A graph that is there and empty has no solutions to be counted.
    said = replace(said, sizes={name: size for name, size in said.sizes.items() if size})
    assert said == without_what_cannot_be_said(truth, said)


def links_of(graph: KnowledgeGraph) -> dict[tuple[str, str], int]:
    """The linksets that the description has."""
    rows = ask(
        graph,
        f"PREFIX void: <{VOID}> SELECT ?p ?space ?n {{ ?set a void:Linkset ; void:linkPredicate ?p"
        " ; void:triples ?n ; void:objectsTarget [ void:uriSpace ?space ] }",
    )
    return {(row["p"].value, row["space"].value): int(row["n"].value) for row in rows}  # type: ignore[union-attr]


def links_counted(graph: KnowledgeGraph) -> dict[tuple[str, str], int]:
    """The links by property and namespace, one by one."""
    listed = " ".join(f"<{name}>" for name in sorted(LINKS))
    found: dict[tuple[str, str], int] = {}
    for row in ask(
        judge_of(graph),
        f"SELECT DISTINCT ?s ?p ?o {{ VALUES ?p {{ {listed} }} ?s ?p ?o FILTER(isIRI(?o)) }}",
    ):
        p, o = row["p"].value, row["o"].value  # type: ignore[union-attr]
        if not o.startswith(graph.base):
            found[p, namespace(o)] = found.get((p, namespace(o)), 0) + 1
    return found


def test_the_shipped_graph_counts_itself(shipped_graph: KnowledgeGraph) -> None:
    assert_counts_itself(shipped_graph)
    assert links_of(shipped_graph) == links_counted(shipped_graph) != {}


_THINGS = st.sampled_from([NamedNode(f"{BASE}{name}") for name in ("a", "b", "c")])
_OUTSIDE = st.sampled_from([NamedNode(f"http://out/{name}") for name in ("x/1", "x/2/", "y#1")])
_NUMBERS = st.sampled_from(["1", "01", "2", "3", "55", "120", "121", "122", "123"]).map(
    lambda text: Literal(text, datatype=NamedNode(XSD + "integer"))
)
_GRAPHS = st.sampled_from(
    [NamedNode(f"{BASE}graph/{name}") for name in ("x", "y", "links")] + [DefaultGraph()]
)
_MATCH = NamedNode(SKOS + "exactMatch")
_QUADS = st.one_of(
    st.builds(Quad, _THINGS, st.just(NamedNode(f"{BASE}in")), _THINGS, _GRAPHS),
    st.builds(Quad, _THINGS, st.just(NamedNode(f"{BASE}size")), _NUMBERS, _GRAPHS),
    st.builds(
        Quad, _THINGS, st.just(NamedNode(RDF + "type")),
        st.sampled_from([NamedNode(f"{BASE}Park"), NamedNode(f"{VOID}Dataset")]), _GRAPHS,
    ),
    st.builds(Quad, _THINGS, st.just(_MATCH), st.one_of(_OUTSIDE, _THINGS), _GRAPHS),
    # What the data themselves say in the words of the description.
    st.builds(
        Quad, st.just(NamedNode(f"{BASE}id/dataset/all")), st.just(NamedNode(f"{VOID}vocabulary")),
        _THINGS, _GRAPHS,
    ),
)  # fmt: skip
_SETS = st.frozensets(_QUADS, max_size=6)
_CHANGES = st.lists(st.tuples(_SETS, _SETS), max_size=4)


@pytest.mark.parametrize("mode", ["union", "standard"])
@settings(max_examples=20)
@given(given=_SETS, changes=_CHANGES)
def test_a_changed_graph_counts_itself(
    mode: Mode, given: frozenset[Quad], changes: list[tuple[frozenset[Quad], frozenset[Quad]]]
) -> None:
    graph = described([*quads(""), *given], mode)
    assert_counts_itself(graph)
    for deleted, inserted in changes:
        graph.apply(Delta(deleted - inserted, inserted))
        assert_counts_itself(graph)
        assert links_of(graph) == links_counted(graph)


@settings(max_examples=15)
@given(given=_SETS, changes=_CHANGES)
def test_changes_end_with_the_description_of_a_graph_made_anew(
    given: frozenset[Quad], changes: list[tuple[frozenset[Quad], frozenset[Quad]]]
) -> None:
    graph = described([*quads(""), *given])
    for deleted, inserted in changes:
        graph.apply(Delta(deleted - inserted, inserted))
    anew = described(list(graph.asserted))
    # Both say that they were changed, and have the graphs that were emptied.
    graph.apply(Delta(created=frozenset([NamedNode(f"{BASE}graph/z")])))
    anew.apply(Delta(created=frozenset(graph.asserted.graphs - anew.asserted.graphs)))
    modified = NamedNode("http://purl.org/dc/terms/modified")

    def said(each: KnowledgeGraph) -> set[Quad]:
        return {quad for quad in each.described if quad.predicate != modified}

    # The two numbers of different objects may be told by the one and not by the other.
    varying = NamedNode(f"{VOID}distinctObjects")
    only = {quad.predicate for quad in said(graph) ^ said(anew)}
    assert only <= {varying}
    assert len(said(graph)) >= 30


@settings(max_examples=20)
@given(
    given=_SETS,
    changes=_CHANGES,
    scope=st.sampled_from(
        [Scope.all_but([f"{BASE}graph/x"]), Scope.only([f"{BASE}graph/x", META.value])]
    ),
)
def test_a_view_counts_what_it_shows_and_nothing_else(
    given: frozenset[Quad],
    changes: list[tuple[frozenset[Quad], frozenset[Quad]]],
    scope: Scope,
) -> None:
    graph = described([*quads(""), *given])
    graph.view(scope)
    for deleted, inserted in changes:
        graph.apply(Delta(deleted - inserted, inserted))
    assert_counts_itself(graph.view(scope))


def test_who_may_not_read_the_description_has_none() -> None:
    graph = described(quads("g:x { :a :in :b }"))
    view = graph.view(Scope.all_but([META.value]))
    assert stated(lambda text: ask(view, text), BASE) is None
    assert META.value not in view.graphs()


def test_a_view_without_what_was_inferred_is_described_all_the_same() -> None:
    graph = described(quads("g:x { :a :in :b . :b :in :c }"))
    view = graph.view(Scope.all_but([graph.graph_inferred]))
    assert_counts_itself(view)
    assert not any("inferred" in name for name in view.graphs())


def test_changes_that_are_kept_together_are_described_together() -> None:
    graph = described(quads(""))
    triple = (NamedNode(f"{BASE}a"), NamedNode(f"{BASE}in"))
    for name in "bc":
        quad = Quad(*triple, NamedNode(f"{BASE}{name}"), NamedNode(f"{BASE}graph/x"))
        graph.apply(Delta(inserted=frozenset([quad])), sync=False)
    graph.sync()
    assert_counts_itself(graph)


def test_a_change_of_most_of_a_graph_is_counted_too() -> None:
    graph = described(quads("g:x { :a :in :b }"))
    target = NamedNode(f"{BASE}graph/many")
    many = frozenset(
        quad
        for number in range(400)
        for quad in (
            Quad(NamedNode(f"{BASE}t{number}"), _MATCH, NamedNode(f"http://out/{number}"), target),
            Quad(NamedNode(f"{BASE}t{number}"), NamedNode(f"{BASE}p{number}"), META, target),
        )
    )
    for delta in (Delta(inserted=many), Delta(deleted=many)):
        graph.apply(delta)
        assert_counts_itself(graph)
        assert links_of(graph) == links_counted(graph)


def test_a_number_that_cannot_be_said_of_itself_is_left_out() -> None:
    """Whatever integers the data have: what is told of different objects is true."""
    graph = described(quads(""))
    size, left_out = NamedNode(f"{BASE}size"), 0
    for number in range(90, 170):
        literal = Literal(str(number), datatype=NamedNode(XSD + "integer"))
        quad = Quad(NamedNode(f"{BASE}a"), size, literal, NamedNode(f"{BASE}graph/x"))
        graph.apply(Delta(inserted=frozenset([quad])))
        said = stated(lambda text: ask(graph, text), BASE)
        assert said is not None
        assert said.terms is not None
        left_out += said.terms[1] is None
        if number % 20 == 0 or said.terms[1] is None:
            assert_counts_itself(graph)
    assert left_out < 80


@pytest.mark.parametrize("reasoner", ["etown", "owlrl"])
def test_whoever_closed_the_graph_it_counts_itself(reasoner: str) -> None:
    graph = KnowledgeGraph(
        quads('g:x { :a :in :b . :b :in :c ; :size 01, 1.50, "x"@EN . :c a :Park }'),
        base=BASE, presentation=Presentation(),
    )  # fmt: skip
    graph.close(reasoner)
    assert_counts_itself(graph)
    graph.apply(graph.delta("DELETE WHERE { GRAPH ?g { ?s <http://z/in> <http://z/c> } }"))
    assert_counts_itself(graph)


@settings(max_examples=60)
@given(given=_SETS)
def test_columns_and_triples_give_the_same_census(given: frozenset[Quad]) -> None:
    triple_term = parse(
        "<http://z/a> <http://z/says> <<( <http://z/a> <http://z/in> <http://z/b> )>> .",
        RdfFormat.TURTLE,
    )
    graph = KnowledgeGraph([*quads(""), *given, *triple_term], base=BASE)
    graph.close()
    inference = graph.conclusions.inference
    assert isinstance(inference, EngineInference)
    found = columnar_census(BASE, graph.conclusions.closed, inference, graph.conclusions.outside)
    assert found == census(BASE, graph.conclusions.closed, inference, graph.conclusions.outside)
    assert found.triples == len(set(graph.conclusions.closed.all_triples()))


def test_the_shipped_graph_has_the_same_census_in_columns(shipped_graph: KnowledgeGraph) -> None:
    graph = shipped_graph
    assert isinstance(graph.conclusions.inference, EngineInference)
    # The description is outside of what was closed, as graph/meta is.
    found = columnar_census(
        graph.base, graph.conclusions.closed, graph.conclusions.inference, graph.conclusions.outside
    )
    assert found == Census.of(graph.base, graph.conclusions.closed.all_triples())


def test_a_graph_that_was_given_no_presentation_says_nothing() -> None:
    graph = KnowledgeGraph(quads(""), base=BASE)
    graph.close()
    assert list(graph.described) == []
    assert META.value not in graph.graphs()


def test_the_description_is_exported_where_it_is_asked_for() -> None:
    graph = described(quads(f"g:x {{ :a <{OWL}sameAs> <http://out/a> }}"))
    assert META not in {quad.graph_name for quad in graph.quads()}
    assert {quad.graph_name for quad in graph.described} == {META}
    assert META.value in graph.graphs()
    assert META.value not in graph.graphs(infer=False)
