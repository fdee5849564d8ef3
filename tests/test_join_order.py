"""The order of a join changes how long it takes, and never what comes of it."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, Store

from etown_kg.errors import QueryError
from etown_kg.graph import KnowledgeGraph, join_order
from etown_kg.reason.cardinality import Cardinalities, Cardinality
from tests.test_graph_changes import build, quads

EX = "http://e/"
PREFIXES = {"": EX}
SIZES = Cardinalities(
    {
        f"{EX}few": Cardinality(10, 10, 2),
        f"{EX}some": Cardinality(100, 20, 50),
        f"{EX}many": Cardinality(10_000, 1_000, 10),
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#type": Cardinality(5_000, 4_000, 12),
    },
    {f"{EX}Rare": 3, f"{EX}Common": 4_000},
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("?a :many ?b . ?a :few ?c", "?a :few ?c . ?a :many ?b"),
        ("?a :many ?b ; :few ?c ; .", "?a :few ?c . ?a :many ?b ; ."),
        ("?a :many ?b , ?c . ?b :few ?c .", "?b :few ?c . ?a :many ?b . ?a :many ?c ."),
        ("?a a :Common . ?a :some ?b", "?a :some ?b . ?a a :Common"),
        ("?a :some ?b . ?a a :Rare", "?a a :Rare . ?a :some ?b"),
        # What is joined comes before what is rare and stands apart.
        ("?a :many ?b . ?a :some ?c . ?x :few ?y", "?x :few ?y . ?a :some ?c . ?a :many ?b"),
        ("?a ?p ?b . ?a :many ?c", "?a :many ?c . ?a ?p ?b"),
        ('?a :many ?b ; :few "x"@en .', '?a :few "x"@en . ?a :many ?b .'),
        ("?a :many ?b ; :few '1'^^:t , 2.5", "?a :few '1'^^:t . ?a :few 2.5 . ?a :many ?b"),
        ("?a :many ?b . # so :few\n ?a :few ?c", "?a :few ?c . ?a :many ?b"),
        ("?a :many _:b . _:b :few ?c", "_:b :few ?c . ?a :many _:b"),
        ("?a :many ?b . ?b :few ?c FILTER(?c > 1)", "?b :few ?c . ?a :many ?b FILTER(?c > 1)"),
        (
            "OPTIONAL { ?a :many ?b . ?b :few ?c } ?a :many ?x . ?x :few ?y",
            "OPTIONAL { ?b :few ?c . ?a :many ?b } ?x :few ?y . ?a :many ?x",
        ),
    ],
)
def test_the_rare_come_first(body: str, expected: str) -> None:
    text = f"SELECT ?a WHERE {{ {body} }}"
    found = join_order.ordered(text, SIZES, PREFIXES)
    assert found == f"SELECT ?a WHERE {{ {expected} }}"


@pytest.mark.parametrize(
    "text",
    [
        # The columns stand in the order of the text.
        "SELECT * { ?a :many ?b . ?a :few ?c }",
        "SELECT DISTINCT * { ?a :many ?b . ?a :few ?c }",
        # Not joined with each other: what stands between keeps them apart.
        "SELECT ?a { ?a :many ?b OPTIONAL { ?a :few ?c } }",
        "SELECT ?a { ?a :many ?b . BIND(1 AS ?x) ?a :few ?c }",
        # Not plain.
        "SELECT ?a { ?a :many/:some ?b . ?a :few ?c . }",
        "SELECT ?a { ?a :many+ ?b ; :few ?c }",
        "SELECT ?a { ?a :many? ?b ; :few ?c }",
        "SELECT ?a { ?a :many ?b . ?a :few ? ?c }",
        "SELECT ?a { ?a :many ?b ~ :r . ?a :few ?c }",
        "SELECT ?a { ?a :many [ :few ?c ] }",
        'SELECT ?a { ?a :many ?b ; :few "x" @en }',
        "SELECT ?a { ?a :many ?b {| :few ?c |} }",
        "SELECT ?a { VALUES ?a { :few :some :many } ?a :few ?b }",
        "SELECT ?a { ?a :few ?b . ?a :many ?c }",
        "SELECT ?a { }",
        # Not whole.
        "SELECT ?a ?b { ?a :many ?b . ?a :few ?c",
        "SELECT ?a ?b { ?a :many ?b . ?a :few",
        "",
    ],
)
def test_what_is_left_as_it_is(text: str) -> None:
    assert join_order.ordered(text, SIZES, PREFIXES) == text


_TERMS = st.sampled_from(["?a", "?b", "?c", "?d", ":x", ":y", "_:n"])
_PATTERNS = st.tuples(
    _TERMS,
    st.sampled_from([":few", ":some", ":many", "a", "?p", ":some?", ":few*"]),
    st.one_of(_TERMS, st.sampled_from(["'x'", "'x'@en", "'1'^^:t", "1.5", "true"])),
)
_ENDS = st.sampled_from([" . ", " . ", " ; ", " FILTER(?a != :x) ", " OPTIONAL { ?a :few ?o } "])
_OBJECTS = st.sampled_from([NamedNode(f"{EX}x"), NamedNode(f"{EX}y"), Literal("x"), Literal(True)])
_NODES = st.sampled_from(["x", "y", "z", "few"]).map(lambda name: NamedNode(EX + name))
_PREDICATES = st.sampled_from([NamedNode(EX + name) for name in ("few", "some", "many")])
_NUMBERS = st.integers(0, 50)


@given(
    st.lists(st.tuples(_PATTERNS, _ENDS), min_size=1, max_size=5),
    st.lists(st.builds(Quad, _NODES, _PREDICATES, st.one_of(_NODES, _OBJECTS)), max_size=14),
    st.lists(st.builds(Cardinality, _NUMBERS, _NUMBERS, _NUMBERS), min_size=3, max_size=3),
)
def test_the_solutions_are_the_same(
    parts: list[tuple[tuple[str, str, str], str]], data: list[Quad], sizes: list[Cardinality]
) -> None:
    body = ""
    for (s, p, o), end in parts:
        body += f"{p} {o}" if body.endswith("; ") else f"{s} {p} {o}"
        body += end
    text = f"PREFIX : <{EX}> SELECT ?a ?b ?c ?d ?p {{ {body} }}"
    counted = Cardinalities(
        dict(zip((f"{EX}few", f"{EX}some", f"{EX}many"), sizes, strict=True)), {}
    )
    store = Store()
    store.extend(data)
    try:
        as_written = solutions(store, text)
    except SyntaxError:  # a blank node in two graph patterns
        return
    assert solutions(store, join_order.ordered(text, counted, {})) == as_written


def solutions(store: Store, text: str) -> Counter[str]:
    found = store.query(text)
    assert isinstance(found, QuerySolutions)
    return Counter(map(str, found))


def test_a_graph_counts_what_queries_count() -> None:
    graph = KnowledgeGraph.build()
    sizes = graph.conclusions.inference.sizes  # type: ignore[union-attr]  # it is closed
    told = graph.query(
        "SELECT ?p (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?m) (COUNT(DISTINCT ?o) AS ?k)"
        " { ?s ?p ?o } GROUP BY ?p"
    )
    counted = {
        terms[0]: Cardinality(*map(int, terms[1:]))
        for terms in ([getattr(term, "value", "") for term in row] for row in told.rows())
    }
    # Links and what the program says of the graph are not reasoned with; terms of another
    # spelling are one to the store.
    near = [name for name in counted if sizes.relations.get(name) == counted[name]]
    assert len(near) > 0.8 * len(sizes.relations)
    types = graph.query("SELECT ?c (COUNT(*) AS ?n) { ?s a ?c } GROUP BY ?c").rows()
    members = {
        name.value: int(getattr(count, "value", 0))
        for name, count in types
        if isinstance(name, NamedNode)
    }
    near = [name for name in members if sizes.members.get(name) == members[name]]
    assert len(near) > 0.8 * len(members)


def test_sizes_follow_when_the_data_have_changed_by_much() -> None:
    graph = build(quads("g:x { :a :in :b }"))
    graph.count()
    for number in range(40):
        graph.apply(graph.delta(f"INSERT DATA {{ GRAPH <g:x> {{ <e:{number}> <e:new> <e:b> }} }}"))
    sizes = graph.conclusions.inference.sizes  # type: ignore[union-attr]  # it is closed
    assert 20 < sizes.relations["e:new"].triples <= 40


def test_an_error_speaks_of_the_text_that_was_given() -> None:
    graph = build(quads("g:x { :a :in :b . :b :in :c . :c :in :d } g:y { :a a :Park }"))
    joined = "PREFIX : <http://e/> SELECT ?a\n{ ?a :in ?b ; :in ?c .\n ?a a :Park }"
    assert join_order.ordered(joined, graph.conclusions.inference.sizes, {}) != joined  # type: ignore[union-attr]  # it is closed
    assert len(graph.query(joined).rows()) == 9
    with pytest.raises(QueryError) as caught:
        graph.query(f"{joined}\nLIMIT many")
    assert caught.value.line == 4
