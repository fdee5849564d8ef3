"""What the engine answers wrongly is answered rightly, and the rest is left as it is."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from pyoxigraph import BlankNode, RdfFormat, parse

from etown_kg.errors import QueryError
from etown_kg.graph import KnowledgeGraph, join_order, zero_length
from etown_kg.graph.mending import MAX_CHARACTERS, mended, needs_mending
from etown_kg.query_text import names_graphs

DATA = """
GRAPH <x:g1> { <x:a> <x:p> <x:b> }
GRAPH <x:g2> { <x:a> <x:p> <x:c> , <x:d> }
GRAPH <x:g3> { <x:e> <x:q> <x:f> }
"""


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    return KnowledgeGraph(parse(DATA, RdfFormat.TRIG))


def rows(graph: KnowledgeGraph, text: str, **more: tuple[str, ...]) -> set[tuple[str, ...]]:
    found = graph.query(text, **more).rows()  # type: ignore[arg-type]
    return {tuple(str(getattr(term, "value", term)) for term in row) for row in found}


COUNT = "GRAPH ?g { SELECT (COUNT(*) AS ?n) { ?s <x:p> ?o } }"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Counted in each graph, also in the one that has none.
        (f"SELECT ?g ?n {{ {COUNT} }}", {("x:g1", "1"), ("x:g2", "2"), ("x:g3", "0")}),
        (
            "SELECT ?g ?o { GRAPH ?g { SELECT ?o { ?s ?p ?o } ORDER BY ?o LIMIT 1 } }",
            {("x:g1", "x:b"), ("x:g2", "x:c"), ("x:g3", "x:f")},
        ),
        # What is taken away shares no variable with the rest: ?g is none inside.
        (
            "SELECT ?g ?o { GRAPH ?g { ?s ?p ?o MINUS { ?x ?y <x:c> } } }",
            {("x:g1", "x:b"), ("x:g2", "x:c"), ("x:g2", "x:d"), ("x:g3", "x:f")},
        ),
        (
            "SELECT ?g ?v { GRAPH ?g { VALUES ?v { 1 } } }",
            {("x:g1", "1"), ("x:g2", "1"), ("x:g3", "1")},
        ),
        (
            "SELECT ?g ?o { GRAPH ?g { VALUES ?g { <x:g1> <x:zz> } ?s ?p ?o } }",
            {("x:g1", "x:b")},
        ),
        # In a group of its own, an EXISTS, and beside another.
        (
            f"SELECT ?g ?h ?n {{ {{ {COUNT} }} GRAPH ?h {{ ?x <x:q> ?y }} FILTER(?n > 1) }}",
            {("x:g2", "x:g3", "2")},
        ),
        (
            "SELECT ?o { GRAPH <x:g2> { ?s ?p ?o } FILTER EXISTS { GRAPH ?g { ?s ?p ?x"
            " MINUS { ?s ?p <x:b> } } } }",
            {("x:c",), ("x:d",)},
        ),
        (f"SELECT ?g ?n FROM NAMED <x:g2> {{ {COUNT} }}", {("x:g2", "2")}),
        (f"SELECT ?g ?n FROM <x:g2> {{ {COUNT} }}", set()),
        (
            "PREFIX : <x:> SELECT ?g ?n FROM NAMED :g1 FROM NAMED :g3 { " + COUNT + " }",
            {("x:g1", "1"), ("x:g3", "0")},
        ),
    ],
)
def test_a_pattern_in_graph_is_evaluated_graph_by_graph(
    graph: KnowledgeGraph, text: str, expected: set[tuple[str, ...]]
) -> None:
    assert rows(graph, text) == expected


def test_the_graphs_are_those_of_the_protocols_dataset(graph: KnowledgeGraph) -> None:
    text = f"SELECT ?g ?n {{ {COUNT} }}"
    assert rows(graph, text, named_graphs=("x:g2",)) == {("x:g2", "2")}
    assert rows(graph, text, default_graphs=("x:g2",)) == set()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT (BNODE('x') AS ?a) (BNODE(CONCAT('', 'x')) AS ?b) { ?s <x:p> ?o }",
        "SELECT ?a ?b { ?s <x:p> ?o BIND(BNODE('x') AS ?a) BIND(BNODE('x') AS ?b) }",
        "SELECT ?a (BNODE('x') AS ?b) { ?s <x:p> ?o . BIND(BNODE('x') AS ?a) } VALUES ?p { 1 }",
    ],
)
def test_a_text_names_one_blank_node_in_each_solution(graph: KnowledgeGraph, text: str) -> None:
    found = graph.query(text).rows()
    assert len(found) == 3
    assert all(isinstance(a, BlankNode) and a == b for a, b in found)
    assert len({a for a, _ in found}) == 3


def test_different_texts_name_different_blank_nodes(graph: KnowledgeGraph) -> None:
    text = "SELECT (BNODE('x') AS ?a) (BNODE('y') AS ?b) { ?s <x:p> ?o }"
    assert all(a != b for a, b in graph.query(text).rows())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "SELECT (GROUP_CONCAT(?x; SEPARATOR=')') AS ?a) (lang(group_concat(?x)) AS ?b)"
            " { VALUES ?x { 'b'@en 'b'@en } }",
            {('"b)b"', '""')},
        ),
        (
            "SELECT ?x { VALUES ?x { 'b'@en } } GROUP BY ?x"
            " HAVING (GROUP_CONCAT(DISTINCT ?x) = 'b') ORDER BY GROUP_CONCAT(?x)",
            {('"b"@en',)},
        ),
        ("SELECT (GROUP_CONCAT(?x) AS ?group_concat) { VALUES ?x { 'b' } }", {('"b"',)}),
    ],
)
def test_concatenated_texts_have_no_language(
    graph: KnowledgeGraph, text: str, expected: set[tuple[str, ...]]
) -> None:
    assert {tuple(map(str, row)) for row in graph.query(text).rows()} == expected


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { GRAPH ?g { ?s ?p ?o } }",
        "SELECT (1 AS ?group_concat) { ?s ?p 'GROUP_CONCAT(?x)' }",
        "SELECT * { GRAPH <x:g1> { SELECT ?s { ?s ?p ?o } } }",
        "SELECT * { GRAPH ?g { _:x ?p ?o MINUS { ?s ?p <x:c> } } }",
        "SELECT ?minus { GRAPH ?g { ?s <x:values> 'SELECT' } }",
        "SELECT * { ?s ?p ?o BIND(BNODE() AS ?b) }",
        "SELECT (COUNT(BNODE('x')) AS ?n) { ?s ?p ?o } GROUP BY ?s",
    ],
)
def test_what_needs_no_mending_is_left_as_it_is(text: str) -> None:
    assert mended(text, ["x:g1", "x:g2"]) == text


def test_a_text_does_not_grow_without_bound() -> None:
    text = "VALUES ?x { 1 }"
    for n in range(12):
        text = f"GRAPH ?g{n} {{ {text} }}"
    graphs = [f"x:g{n}" for n in range(50)]
    assert len(mended(f"SELECT * {{ {text} }}", graphs)) <= 2 * MAX_CHARACTERS


def test_a_syntax_error_speaks_of_the_text_that_was_given(graph: KnowledgeGraph) -> None:
    with pytest.raises(QueryError) as raised:
        graph.query("SELECT * {\n GRAPH ?g { VALUES ?g { <x:g1> } ?s ?p } }")
    assert (raised.value.line, raised.value.column) == (2, 42)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # What no triple speaks of is connected with itself, and what one does, once.
        ("SELECT ?o { <x:none> <x:p>* ?o }", {("x:none",)}),
        ("SELECT ?s { ?s <x:p>? <x:none> }", {("x:none",)}),
        ("SELECT ?o { <x:none> ^<x:p>? ?o }", {("x:none",)}),
        ("SELECT ?o { <x:none> (<x:p>|<x:q>*) ?o }", {("x:none",)}),
        ("SELECT ?o { <x:none> <x:p>*/<x:q>? ?o }", {("x:none",)}),
        ("SELECT ?o { <x:none> (<x:p>?)+ ?o . }", {("x:none",)}),
        ("SELECT ?o { ?s <x:q> <x:f> . <x:none> <x:p> * ?o FILTER(?o != <x:b>) }", {("x:none",)}),
        ("SELECT ?o { <x:a> <x:p>* ?o }", {("x:a",), ("x:b",), ("x:c",), ("x:d",)}),
        ("SELECT ?o { <x:b> <x:p>? ?o }", {("x:b",)}),
        ("SELECT ?g ?o { GRAPH ?g { <x:e> <x:p>? ?o } }",
         {("x:g1", "x:e"), ("x:g2", "x:e"), ("x:g3", "x:e")}),
        # These need a triple.
        ("SELECT ?o { <x:none> <x:p>+ ?o }", set()),
        ("SELECT ?o { <x:none> <x:p>*/<x:q> ?o }", set()),
        ("SELECT ?o { <x:none> <x:p>*|<x:q> ?o . <x:none> <x:q> ?x }", set()),
        ("SELECT ?o { <x:none> <x:p>* ?o ; <x:q> ?x }", set()),
        # No path, though it may look like one.
        ("SELECT (?n*2 AS ?m) { VALUES ?n { 2 } FILTER(?n*3 > 5) }", {("4",)}),
    ],
)  # fmt: skip
def test_a_path_of_length_zero_connects_what_is_not_there(
    graph: KnowledgeGraph, text: str, expected: set[tuple[str, ...]]
) -> None:
    found = graph.query(text).rows()
    assert len(found) == len(expected)
    assert rows(graph, text) == expected


@pytest.mark.parametrize(
    "unit",
    ["a", "'", '"', "<", "?", " ", "a:", ":", "-", "a ", "> ", ") ", "a:b ", "<a> ", "*", "a.", "(",
     "{", "?a ", "?a a:b ", "GRAPH ", "bnode", "\n"],
)  # fmt: skip
@pytest.mark.parametrize(
    "look", [join_order.may_gain, zero_length.may_have_paths, names_graphs, needs_mending]
)
def test_a_look_at_a_text_takes_time_as_its_length(look: Callable[[str], bool], unit: str) -> None:
    texts = ["ASK {" + unit * (size // len(unit)) for size in (10_000, 100_000)]
    started = time.process_time()
    look(texts[0])
    short = time.process_time() - started
    started = time.process_time()
    look(texts[1])
    # Ten times the text: some ten times the time, where a search that starts again takes hundred.
    assert time.process_time() - started < 60 * short + 0.25


def test_a_path_in_many_brackets_is_asked_as_it_is(graph: KnowledgeGraph) -> None:
    for depth in (30, 300):
        text = f"SELECT ?o {{ <x:a> {'(' * depth}<x:p>{')?' * depth} ?o }}"
        assert len(graph.query(text).rows()) == 4
    with pytest.raises(QueryError):
        graph.query("SELECT ?o { <x:a> " + "(" * 5000 + "<x:p>)? ?o }")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ASK { <a> <p>? ?o }", True),
        ("ASK { <a> ex:p ? ?o }", True),
        ("ASK { <a> (<p>|<q>)* ?o }", True),
        ("ASK { <a> ex:p?/ex:q ?o }", True),
        ("ASK { <a> <p> ?o } # So what?", False),
        ("SELECT (COUNT(*) AS ?n) { ?s <p> ?o }", False),
    ],
)
def test_texts_that_may_have_such_paths_are_told(text: str, expected: bool) -> None:
    assert zero_length.may_have_paths(text) is expected
