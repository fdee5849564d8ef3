"""Counts in columns: what they say is what the engine says, for whatever they take over."""

from __future__ import annotations

import io
from collections import Counter
from contextlib import suppress
from itertools import permutations, product
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, parse

import etown_kg.graph as package
from etown_kg import formats
from etown_kg.errors import InconsistentError, QueryError
from etown_kg.graph import KnowledgeGraph, columns, counts
from etown_kg.reason import weighted_join
from etown_kg.store import Delta, dataset
from etown_kg.vocab import OWL, SKOS, XSD

CASES = Path(__file__).parent / "counts"
BASE = "http://z/"
PROLOGUE = (
    "PREFIX : <http://e/> PREFIX owl: <http://www.w3.org/2002/07/owl#>"
    " PREFIX skos: <http://www.w3.org/2004/02/skos/core#>"
    " PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> "
)


def queries(name: str) -> list[str]:
    lines = (CASES / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line.replace("\\n", "\n") for line in lines if line and not line.startswith("#")]


@pytest.fixture(autouse=True)
def always_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small graphs be counted as large ones are."""
    monkeypatch.setattr(package, "FEW_QUADS", 0)
    monkeypatch.setattr(counts, "FEW_ROWS", 0)
    monkeypatch.setattr(weighted_join, "MIN_ROWS_OF_ALL", 0)


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    return build(list(parse((CASES / "data.trig").read_bytes(), RdfFormat.TRIG)))


def build(quads: list[Quad]) -> KnowledgeGraph:
    made = KnowledgeGraph(quads, base=BASE)
    made.close()
    return made


def rewritten(graph: KnowledgeGraph, text: str) -> bool:
    return counts.counted(text, graph.conclusions.columns, {}).is_changed


def solutions(graph: KnowledgeGraph, text: str) -> tuple[tuple[str, ...], Counter[str]]:
    answer = graph.query(text)
    if answer.form == "SELECT":
        return tuple(answer.variables), Counter(map(str, answer.rows()))
    if answer.form == "ASK":
        return (), Counter([str(answer.boolean)])
    return (), Counter(map(str, answer.triples()))


def by_the_engine(graph: KnowledgeGraph, text: str) -> tuple[tuple[str, ...], Counter[str]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counts, "may_count", lambda text: False)
        return solutions(graph, text)


@pytest.mark.parametrize("text", queries("counted"))
def test_what_is_counted_is_what_the_engine_counts(
    graph: KnowledgeGraph, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rewritten(graph, PROLOGUE + text)
    assert solutions(graph, PROLOGUE + text) == by_the_engine(graph, PROLOGUE + text)
    if text.startswith("SELECT") and " ORDER BY " in text:
        in_columns = [str(row) for row in graph.query(PROLOGUE + text).rows()]
        monkeypatch.setattr(counts, "may_count", lambda text: False)
        assert in_columns == [str(row) for row in graph.query(PROLOGUE + text).rows()]


@pytest.mark.parametrize("text", queries("left"))
def test_what_is_left_to_the_engine(graph: KnowledgeGraph, text: str) -> None:
    assert not rewritten(graph, PROLOGUE + text)


@pytest.mark.parametrize("text", queries("wrong"))
def test_a_complaint_is_the_same(graph: KnowledgeGraph, text: str) -> None:
    with pytest.raises(QueryError) as by_us:
        graph.query(PROLOGUE + text)
    with pytest.raises(QueryError) as by_the_engine_alone:
        by_the_engine(graph, PROLOGUE + text)
    assert str(by_us.value) == str(by_the_engine_alone.value)


def test_the_table_is_what_the_engine_reads(graph: KnowledgeGraph) -> None:
    text = "PREFIX : <http://e/> SELECT ?o (COUNT(*) AS ?n) { :a :in ?o } GROUP BY ?o LIMIT 9"
    found = counts.counted(text, graph.conclusions.columns, {})
    rows = ["(<http://e/b> 1)", "(<http://e/c> 1)", "(<http://e/d> 1)", "(<http://e/d1> 1)"]
    start, end = "PREFIX : <http://e/> SELECT ?o ?n { VALUES (?o ?n) { ", " } } LIMIT 9"
    assert found.text in {f"{start}{' '.join(order)}{end}" for order in permutations(rows)}
    assert (found.rows, found.is_changed) == (None, True)


@pytest.mark.parametrize("format_", formats.SOLUTION_FORMATS, ids=lambda one: one.names[0])
def test_an_answer_is_written_alike_in_every_format(
    graph: KnowledgeGraph, format_: formats.Format, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All groups have an order of their own; a blank node has the same label in both.
    text = f"{PROLOGUE} SELECT ?t (COUNT(*) AS ?n) {{ ?s a ?t }} GROUP BY ?t ORDER BY ?n STR(?t)"
    assert rewritten(graph, text)
    in_columns, by_engine = io.BytesIO(), io.BytesIO()
    graph.query(text).write(in_columns, format_)
    monkeypatch.setattr(counts, "may_count", lambda text: False)
    graph.query(text).write(by_engine, format_)
    assert in_columns.getvalue() == by_engine.getvalue()
    assert b"http://e/Place" in in_columns.getvalue()


def test_without_inferences_the_engine_counts(graph: KnowledgeGraph) -> None:
    text = f"{PROLOGUE} SELECT (COUNT(*) AS ?n) {{ ?s :in ?o }}"
    (asserted,) = graph.query(text, infer=False).rows()
    (closed,) = graph.query(text).rows()
    assert asserted[0] == Literal(6)
    assert closed[0] == Literal(len(set(graph.query(f"{PROLOGUE} SELECT * {{?s :in ?o}}").rows())))


@pytest.mark.parametrize("reasoner", ["owlrl", None])
def test_without_our_closure_there_are_no_columns(reasoner: str | None) -> None:
    graph = KnowledgeGraph([Quad(e("a"), e("in"), e("b"))], base=BASE)
    if reasoner:
        graph.close(reasoner)
    assert graph.conclusions.columns is None
    (row,) = graph.query(f"{PROLOGUE} SELECT (COUNT(*) AS ?n) {{ ?s :in ?o }}").rows()
    assert row[0] == Literal(1)


def test_a_standard_default_graph_has_no_columns() -> None:
    graph = KnowledgeGraph([Quad(e("a"), e("in"), e("b"))], base=BASE, default_graph="standard")
    graph.close()
    assert graph.conclusions.columns is None


def test_a_small_graph_is_left_to_the_engine(
    graph: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"{PROLOGUE} SELECT (COUNT(*) AS ?n) {{ ?s :in ?o }}"
    monkeypatch.setattr(counts, "FEW_ROWS", 1000)
    assert not rewritten(graph, text)
    monkeypatch.setattr(counts, "FEW_ROWS", 0)
    assert rewritten(graph, text)
    monkeypatch.setattr(counts, "counted", None)  # it is not even looked at
    monkeypatch.setattr(package, "FEW_QUADS", 1000)
    assert graph.query(text).variables == ["n"]


def test_too_many_rows_or_groups_are_left_to_the_engine(
    graph: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = f"{PROLOGUE} SELECT ?s ?o (COUNT(*) AS ?n) {{ ?s :in ?o }} GROUP BY ?s ?o"
    join = f"{PROLOGUE} SELECT ?s (COUNT(*) AS ?n) {{ ?s :in ?o ; :in ?x . ?o a ?t }} GROUP BY ?s"
    assert rewritten(graph, groups)
    assert rewritten(graph, join)
    monkeypatch.setattr(counts, "MAX_GROUPS", 3)
    assert not rewritten(graph, groups)
    monkeypatch.undo()
    monkeypatch.setattr(weighted_join, "MAX_ROWS", 3)
    assert not rewritten(graph, join)


def test_a_view_counts_what_it_shows(graph: KnowledgeGraph) -> None:
    from etown_kg.scope import Scope

    view = graph.view(Scope.all_but([f"{BASE}graph/x"]))
    for text in queries("counted"):
        assert solutions(view, PROLOGUE + text) == by_the_engine(view, PROLOGUE + text)


def test_the_columns_are_the_default_graph_of_the_shipped_data() -> None:
    shipped = KnowledgeGraph.build()
    for text in (
        "SELECT ?p (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?m) (COUNT(DISTINCT ?o) AS ?k)"
        " { ?s ?p ?o } GROUP BY ?p",
        "SELECT ?t (COUNT(*) AS ?n) { ?s a ?t } GROUP BY ?t",
        "SELECT ?p ?t (COUNT(*) AS ?n) { ?s a ?t ; ?p ?o } GROUP BY ?p ?t",
    ):
        assert rewritten(shipped, text)
        assert solutions(shipped, text) == by_the_engine(shipped, text)


def test_what_is_said_of_triples_is_left_to_the_engine() -> None:
    triple_term = """@prefix : <http://e/> . @prefix g: <http://z/graph/> .
        g:x { :a :in :b . :a :says <<( :a :in :b )>> , :c }
        g:links { :a :means <<( :a :in :b )>> }"""
    graph = build(list(parse(triple_term, RdfFormat.TRIG)))
    count = f"{PROLOGUE} SELECT (COUNT(*) AS ?n)"
    is_rewritten = {
        body: rewritten(graph, count + body)
        for body in ("{ ?s :in ?o }", "{ ?s :says ?o }", "{ ?s :means ?o }", "{ ?s ?p ?o }")
    }
    assert list(is_rewritten.values()) == [True, False, False, False]
    insert = "INSERT DATA { GRAPH <http://z/graph/x> { :b :in <<( :a :in :b )>> } }"
    graph.apply(graph.delta(f"PREFIX : <http://e/> {insert}"))
    for body in is_rewritten:
        assert not rewritten(graph, count + body)
        assert solutions(graph, count + body) == by_the_engine(graph, count + body)


def test_a_copy_that_followed_before_it_was_asked_knows_all_terms() -> None:
    graph, copy = build([]), build([])
    graph.record()
    graph.apply(graph.delta("PREFIX : <http://e/> INSERT DATA { :a :new :b }"))
    copy.follow(graph.recorded())
    (row,) = copy.query(f"{PROLOGUE} SELECT (COUNT(*) AS ?n) {{ ?s :new :b }}").rows()
    assert row[0] == Literal(1)


def test_what_is_interrupted_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = build(list(parse((CASES / "data.trig").read_bytes(), RdfFormat.TRIG)))
    text = f"{PROLOGUE} SELECT (COUNT(*) AS ?n) {{ ?s :in ?o }}"
    graph.query(text)
    for place in ("_note", "_changed", "_encoded_pairs"):
        graph.apply(graph.delta(f"PREFIX : <http://e/> INSERT DATA {{ :{place} :in :d }}"))
        with monkeypatch.context() as patch:
            patch.setattr(columns.Columns, place, _without_memory)
            with pytest.raises(MemoryError):
                graph.query(text)
        assert solutions(graph, text) == by_the_engine(graph, text)


def _without_memory(*arguments: object) -> NoReturn:
    raise MemoryError


# Any data, any changes, any counts


def e(name: str) -> NamedNode:
    return NamedNode(f"http://e/{name}")


_TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_THINGS = st.sampled_from([e("a"), e("b"), e("c"), BlankNode("n")])
_CLASSES = st.sampled_from([e("Park"), e("Place"), BlankNode("k")])
_LITERALS = st.sampled_from(
    [
        Literal("1", datatype=NamedNode(XSD + "integer")),
        Literal("01", datatype=NamedNode(XSD + "integer")),
        Literal("1.0", datatype=NamedNode(XSD + "decimal")),
        Literal("1.00", datatype=NamedNode(XSD + "decimal")),
        Literal("x"),
        Literal("x", language="en"),
        Literal("no number", datatype=NamedNode(XSD + "integer")),
    ]
)
_GRAPHS = st.sampled_from(
    [NamedNode(f"{BASE}graph/{name}") for name in ("x", "y", "links")] + [DefaultGraph()]
)
_SAME = NamedNode(OWL + "sameAs")
_MATCH = NamedNode(SKOS + "exactMatch")
_QUADS = st.one_of(
    st.builds(Quad, _THINGS, st.just(e("in")), _THINGS, _GRAPHS),
    st.builds(Quad, _THINGS, st.just(_TYPE), _CLASSES, _GRAPHS),
    st.builds(Quad, _THINGS, st.just(e("note")), st.one_of(_LITERALS, _THINGS), _GRAPHS),
    st.builds(Quad, _THINGS, st.just(_SAME), _THINGS, _GRAPHS),
    st.builds(Quad, _THINGS, st.just(_MATCH), _THINGS, _GRAPHS),
)
_SETS = st.frozensets(_QUADS, max_size=8)
_ONTOLOGY = [
    quad
    for quad in parse((CASES / "data.trig").read_bytes(), RdfFormat.TRIG)
    if quad.graph_name == NamedNode(f"{BASE}graph/ontology")
]

_SUBJECTS = st.sampled_from(["?x", "?y", "?z", "_:w", ":a", ":b"])
_PREDICATES = st.sampled_from(
    [":in", ":in", ":note", "a", "a", "owl:sameAs", "skos:exactMatch", "?p"]
)
_OBJECTS = st.sampled_from(
    [
        "?x", "?y", "?z", "_:w", ":a", ":Park", ":nothing", "1", "01", "1.00", "true",
        "'x'", "'x'@EN", "'01'^^xsd:integer", "'no number'^^xsd:integer",
    ]
)  # fmt: skip
_PATTERNS = st.lists(st.tuples(_SUBJECTS, _PREDICATES, _OBJECTS), min_size=1, max_size=4)
_NAMES = st.sampled_from(["x", "y", "z", "p"])
_COUNTS = st.lists(
    st.one_of(
        st.just("COUNT(*)"),
        _NAMES.map("COUNT(?{})".format),
        _NAMES.map("COUNT(DISTINCT ?{})".format),
    ),
    min_size=1,
    max_size=3,
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    body = " . ".join(map(" ".join, draw(_PATTERNS)))
    groups = draw(st.lists(_NAMES, max_size=2, unique=True))
    shown = [f"?{name}" for name in groups if draw(st.booleans())]
    extra = st.sampled_from(["", "", " + 1", " * COUNT(*)"])
    shown += [f"({each}{draw(extra)} AS ?n{n})" for n, each in enumerate(draw(_COUNTS))]
    by = f" GROUP BY {' '.join(f'?{name}' for name in groups)}" if groups else ""
    by += draw(st.sampled_from(["", "", " HAVING(COUNT(*) > 1)", " ORDER BY COUNT(DISTINCT ?x)"]))
    text = f"SELECT {' '.join(draw(st.permutations(shown)))} {{ {body} }}{by}"
    if groups and draw(st.integers(0, 4)) == 0:
        return f"{PROLOGUE} SELECT DISTINCT {' '.join(f'?{name}' for name in groups)} {{ {body} }}"
    if draw(st.booleans()):
        return f"{PROLOGUE} {text}"
    names = " ".join(f"?n{place}" for place in range(text.count(" AS ?n")))
    return f"{PROLOGUE} SELECT {names} {{ {{ {text} }} }} ORDER BY ?n0"


@settings(max_examples=150, deadline=None)
@given(
    _SETS,
    st.lists(st.tuples(st.frozensets(st.integers(0, 25), max_size=6), _SETS), max_size=3),
    st.lists(texts(), min_size=1, max_size=4),
    st.booleans(),
    st.sampled_from([(0, 0), (1, 4), (1 << 10, 1 << 14)]),
)
def test_counts_are_the_engines_whatever_changes(
    first: frozenset[Quad],
    changes: list[tuple[frozenset[int], frozenset[Quad]]],
    asked: list[str],
    is_prepared: bool,
    touched: tuple[int, int],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            weighted_join, "MANY", 2
        )  # what is done with many rows alone is done here too
        few, most = touched
        patch.setattr(dataset, "_FEW_TOUCHED", few)
        patch.setattr(dataset, "_MOST_TOUCHED", most)
        patch.setattr(columns, "_MOST_PENDING", most)
        graph, copy = build([*_ONTOLOGY, *first]), build([*_ONTOLOGY, *first])
        graph.record()
        for each in (graph, copy) if is_prepared else ():
            each.count()
        for text in asked:
            assert solutions(graph, text) == by_the_engine(graph, text)
        for places, inserted in changes:
            present = sorted(graph.asserted, key=str)
            deleted = frozenset(quad for place, quad in enumerate(present) if place in places)
            with suppress(InconsistentError):  # and it is as it was
                graph.apply(Delta(deleted=deleted, inserted=inserted))
            copy.follow(graph.recorded())  # as an executor does, which closes nothing
            for text, each in product(asked, (graph, copy)):
                assert solutions(each, text) == by_the_engine(each, text)
