"""What updates come to: checked by hand, and against the engine's own Store.update."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, parse

from etown_kg.changes import GraphWrite, UpdateRequest
from etown_kg.errors import (
    ConflictError,
    EtownError,
    ForbiddenError,
    MediaTypeError,
    NoGraphError,
    QueryError,
    ReadOnlyError,
)
from etown_kg.graph import KnowledgeGraph
from tests.conformance.manifests import alike

GIVEN = """
    <http://e/a> <http://e/p> <http://e/b> . <http://e/a> <http://e/size> 1.50 .
    <http://z/graph/g> { <http://e/a> <http://e/p> <http://e/b> , 1 . _:x <http://e/q> 01 }
    <http://z/graph/h> { <http://e/c> <http://e/p> "c"@en }
"""
PREFIXES = "PREFIX e: <http://e/> PREFIX g: <http://z/graph/>\n"


def quads(text: str) -> list[Quad]:
    return list(parse(PREFIXES + text, RdfFormat.TRIG))


def make(text: str = GIVEN, **options: object) -> KnowledgeGraph:
    return KnowledgeGraph(quads(text), base="http://z/", **options)  # type: ignore[arg-type]


def after(text: str, graph: KnowledgeGraph | None = None) -> set[str]:
    """The quads after an update, as N-Quads."""
    graph = graph or make()
    graph.apply(graph.delta(PREFIXES + text))
    return set(map(str, graph.asserted))


def change(text: str, **options: object) -> tuple[set[str], set[str]]:
    """(deleted, inserted) quads as N-Quads, with short names."""
    delta = make().delta(UpdateRequest(PREFIXES + text, **options))  # type: ignore[arg-type]
    return tuple({_short(q) for q in side} for side in (delta.deleted, delta.inserted))  # type: ignore[return-value]


def _short(quad: Quad) -> str:
    text = str(quad).replace("http://z/graph/", "g:").replace("http://e/", "")
    return text.replace("^^<http://www.w3.org/2001/XMLSchema#", "^<")


@pytest.mark.parametrize(
    ("text", "deleted", "inserted"),
    [
        ("INSERT DATA { e:a e:p e:b }", set(), set()),
        ("INSERT DATA { e:a e:p 2 }", set(), {'<a> <p> "2"^<integer>'}),
        ("DELETE DATA { e:a e:size 1.5 }", {'<a> <size> "1.50"^<decimal>'}, set()),
        ("INSERT DATA { e:a e:size 1.5 }", set(), set()),
        (
            "DELETE DATA { e:a e:size 1.5 }; INSERT DATA { e:a e:size 1.5000 }",
            {'<a> <size> "1.50"^<decimal>'},
            {'<a> <size> "1.5000"^<decimal>'},
        ),
        (
            "DELETE { ?s e:size ?o } INSERT { ?s e:size ?o } WHERE { ?s e:size ?o }",
            set(),
            set(),
        ),
        ("DELETE { ?s e:p ?o } WHERE { GRAPH g:g { ?s e:p ?o } }", {"<a> <p> <b>"}, set()),
        (
            "WITH g:h DELETE { ?s e:p ?o } INSERT { ?s e:p 3 } WHERE { ?s e:p ?o }",
            {'<c> <p> "c"@en <g:h>'},
            {'<c> <p> "3"^<integer> <g:h>'},
        ),
        (
            "INSERT { e:x e:y ?o } USING g:h WHERE { ?s e:p ?o }",
            set(),
            {'<x> <y> "c"@en'},
        ),
        (
            "INSERT { e:x e:y ?g } USING NAMED g:h WHERE { GRAPH ?g { ?s e:p ?o } }",
            set(),
            {"<x> <y> <g:h>"},
        ),
        (
            "INSERT { GRAPH ?g { ?s ?p ?unbound . ?s e:seen true } }"
            " WHERE { GRAPH ?g { ?s ?p 'c'@en } }",
            set(),
            {'<c> <seen> "true"^<boolean> <g:h>'},
        ),
        ("INSERT { ?o e:p 1 . ?o ?o ?o } WHERE { e:a e:size ?o }", set(), set()),
        (
            "INSERT DATA { e:n e:p 1 }; DELETE { e:n e:p ?o } INSERT { e:n e:p ?n }"
            " WHERE { e:n e:p ?o BIND(?o + 1 AS ?n) }",
            set(),
            {'<n> <p> "2"^<integer>'},
        ),
        ("DELETE WHERE { GRAPH ?g { e:c ?p ?o } }", {'<c> <p> "c"@en <g:h>'}, set()),
        ("INSERT DATA { e:n e:p 1 }; DELETE DATA { e:n e:p 1 }", set(), set()),
        ("COPY g:h TO g:n; DROP GRAPH g:h", {'<c> <p> "c"@en <g:h>'}, {'<c> <p> "c"@en <g:n>'}),
        ("MOVE g:h TO g:n", {'<c> <p> "c"@en <g:h>'}, {'<c> <p> "c"@en <g:n>'}),
        ("ADD g:h TO DEFAULT", set(), {'<c> <p> "c"@en'}),
        ("CLEAR SILENT GRAPH g:none; LOAD SILENT <http://127.0.0.1:9/>", set(), set()),
        ("INSERT { e:x e:y 1 } WHERE { SERVICE SILENT <http://127.0.0.1:9/> { ?s ?p ?o } }",
         set(), {'<x> <y> "1"^<integer>'}),
        ("INSERT { e:x e:y ?o } WHERE { e:a e:size ?o } ; PREFIX f: <http://e/f> # again\n"
         " INSERT DATA { f:x e:y '}' }", set(), {'<x> <y> "1.5"^<decimal>', '<fx> <y> "}"'}),
    ],
)  # fmt: skip
def test_an_update_comes_to_this_change(text: str, deleted: set[str], inserted: set[str]) -> None:
    assert change(text) == (deleted, inserted)


def test_blank_nodes_of_a_template_are_fresh_for_each_solution() -> None:
    _, inserted = change("INSERT { _:n e:of ?o . _:n e:also _:n } WHERE { GRAPH ?g { ?s ?p ?o } }")
    subjects = {line.split()[0] for line in inserted}
    assert len(subjects) == 4
    assert len(inserted) == 8
    assert all(line.startswith("_:") for line in inserted)


def test_blank_nodes_of_data_are_new_ones() -> None:
    graph = make("_:x e:p 1 .")
    graph.apply(graph.delta(PREFIXES + "INSERT DATA { _:x e:p 2 . _:x e:q 2 }"))
    assert len({quad.subject for quad in graph.asserted}) == 2


def test_working_a_change_out_leaves_the_graph_alone() -> None:
    graph = make()
    before = (
        set(graph.asserted),
        set(graph.graphs()),
        set(graph.query("SELECT * {?s ?p ?o}").rows()),
    )
    with pytest.raises(NoGraphError):
        graph.delta(PREFIXES + "CLEAR ALL; CREATE GRAPH g:n; DROP GRAPH g:h; CLEAR GRAPH g:x")
    graph.delta(PREFIXES + "CLEAR ALL; INSERT DATA { e:a e:b e:c }; DROP ALL")
    rows = set(graph.query("SELECT * {?s ?p ?o}").rows())
    assert before == (set(graph.asserted), set(graph.graphs()), rows)


def test_the_union_follows_its_graphs() -> None:
    graph = make()
    ask = PREFIXES + "ASK { e:a e:p e:b }"
    assert after("DELETE DATA { e:a e:p e:b }", graph) >= {
        "<http://e/a> <http://e/p> <http://e/b> <http://z/graph/g>"
    }
    assert graph.query(ask).boolean
    after("DROP GRAPH g:g", graph)
    assert not graph.query(ask).boolean
    after("INSERT DATA { e:a e:p e:b }", graph)
    assert graph.query(ask).boolean
    assert graph.query("SELECT (COUNT(*) AS ?n) { <http://e/a> <http://e/p> ?o }").rows()[0][0]


def test_a_graph_exists_from_creation_to_drop() -> None:
    graph = make()
    after("CREATE GRAPH g:n", graph)
    assert "http://z/graph/n" in graph.graphs()
    after("INSERT DATA { GRAPH g:n { e:a e:p 1 } }; DELETE DATA { GRAPH g:n { e:a e:p 1 } }", graph)
    assert "http://z/graph/n" in graph.graphs()
    with pytest.raises(QueryError, match="exists"):
        graph.delta(PREFIXES + "CREATE GRAPH g:n")
    after("DROP GRAPH g:n", graph)
    assert "http://z/graph/n" not in graph.graphs()


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("INSERT DATA { <a:a> <a:b> }", 1, 27),
        ("INSERT DATA { <a:a> <a:b> 1 } ;\n DELETE { ?s } WHERE {}", 2, 16),
        ("PREFIX e: <http://e/> INSERT DATA { e:a n:b 1 }", 1, 44),
        ("INSERT DATA { <a:a> <a:b> 1 } ; PREFIX e: <http://e/>\nINSERT DATA { e:a f:b 1 }", 2, 22),
        ("INSERT DATA { _:x <a:b> 1 }; INSERT DATA { _:x <a:b> 1 }", 1, 44),
        ("INSERT { <a:a> <a:b> 1 } WHERE { SERVICE <http://127.0.0.1/> {} }", 1, 42),
        ("INSERT DATA { <a:a> <a:b> '''never closed }", 1, 44),
        ("SELECT * { ?s ?p ?o }", 1, 7),
    ],
    ids=["triple", "second line", "prefix", "prefix behind prologue", "shared blank node",
         "service", "string", "a query"],
)  # fmt: skip
def test_an_error_names_line_and_column(text: str, line: int, column: int) -> None:
    with pytest.raises(QueryError) as caught:
        make().delta(text)
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { GRAPH g:inferred { e:a e:p 1 } }",
        "DELETE WHERE { GRAPH g:inferred { ?s ?p ?o } }",
        "CLEAR GRAPH g:meta",
        "COPY g:h TO g:inferred",
        "MOVE g:inferred TO g:h",
        "WITH g:meta INSERT { e:a e:p 1 } WHERE {}",
        "INSERT { GRAPH ?g { e:a e:p 1 } } WHERE { BIND(g:meta AS ?g) }",
    ],
)
def test_what_the_program_makes_may_only_be_read(text: str) -> None:
    graph = make()
    with pytest.raises(ReadOnlyError):
        graph.apply(graph.delta(PREFIXES + text))


def test_a_writer_changes_its_own_graphs_only() -> None:
    graph = make()
    mine = ("http://z/graph/g",)
    text = PREFIXES + "INSERT DATA { GRAPH g:g { e:a e:p 5 } }"
    assert graph.delta(UpdateRequest(text, may_write=mine))
    with pytest.raises(ForbiddenError, match="graph/h"):
        graph.delta(UpdateRequest(PREFIXES + "DROP GRAPH g:h", may_write=mine))
    with pytest.raises(ForbiddenError, match="default"):
        graph.delta(UpdateRequest("INSERT DATA { <a:a> <a:a> 1 }", may_write=mine))
    assert graph.delta(UpdateRequest("INSERT DATA { <a:a> <a:a> 1 }", may_write=("default",)))


@pytest.mark.parametrize("datatype", ["langString", "dirLangString"])
def test_what_sparql_reads_and_rdf_has_not_is_refused(datatype: str) -> None:
    with pytest.raises(QueryError, match="no RDF statements: The datatype"):
        change(f'INSERT DATA {{ <a:a> <a:b> "x"^^rdf:{datatype} }}')


def test_the_protocol_dataset_is_that_of_every_where() -> None:
    text = "INSERT { e:x e:y ?o } WHERE { ?s e:p ?o }"
    only = {"using_graphs": ("http://z/graph/h",)}
    assert change(text, **only) == (set(), {'<x> <y> "c"@en'})
    named = {"using_named_graphs": ("http://z/graph/h",)}
    assert change(text, **named) == (set(), set())
    with pytest.raises(QueryError, match="USING"):
        change("INSERT { e:x e:y ?o } USING g:g WHERE { ?s e:p ?o }", **only)
    with pytest.raises(QueryError, match="WITH"):
        change("WITH g:g INSERT { e:x e:y ?o } WHERE { ?s e:p ?o }", **only)


def test_loading_goes_through_the_loader_only() -> None:
    graph = make()
    with pytest.raises(QueryError, match="LOAD is not offered"):
        graph.delta("LOAD <http://example.org/>")
    asked: list[str] = []

    def loader(iri: str) -> list[Quad]:
        asked.append(iri)
        return quads("e:loaded e:p 1 .")

    delta = graph.delta(PREFIXES + "LOAD <http://example.org/d> INTO GRAPH g:n", loader=loader)
    assert asked == ["http://example.org/d"]
    assert {quad.graph_name for quad in delta.inserted} == {NamedNode("http://z/graph/n")}


def test_a_where_sees_inferred_triples_when_asked() -> None:
    graph = make("g:ontology { e:p a <http://www.w3.org/2002/07/owl#SymmetricProperty> }"
                 " g:g { e:a e:p e:b }")  # fmt: skip
    graph.close()
    text = PREFIXES + "INSERT { GRAPH g:n { e:b e:found ?o } } WHERE { e:b e:p ?o }"
    assert not graph.delta(text)
    assert len(graph.delta(text, infer=True).inserted) == 1
    twice = PREFIXES + "INSERT DATA { GRAPH g:g { e:c e:p e:d } } ;" + text[len(PREFIXES) :]
    assert len(graph.delta(twice, infer=True).inserted) == 2
    assert len(graph.query(PREFIXES + "SELECT * { ?s e:p ?o }").rows()) == 2


def test_a_change_for_another_version_is_refused() -> None:
    graph = make()
    delta = graph.delta("INSERT DATA { <a:a> <a:b> 1 }")
    graph.apply(graph.delta("INSERT DATA { <a:a> <a:b> 2 }"))
    with pytest.raises(ConflictError):
        graph.apply(delta)


# The graph store's operations


def write(kind: str, graph: str | None = "http://z/graph/g", **more: object) -> GraphWrite:
    values: dict[str, object] = {"content_type": "text/turtle", **more}
    return GraphWrite(kind, graph, **values)  # type: ignore[arg-type]


def test_put_replaces_post_adds_and_delete_drops() -> None:
    graph = make()
    body = b"<http://e/a> <http://e/p> 1, 2 ."
    delta = graph.write_delta(write("put", body=body))
    assert (len(delta.deleted), len(delta.inserted)) == (2, 1)
    delta = graph.write_delta(write("post", body=body))
    assert (len(delta.deleted), len(delta.inserted)) == (0, 1)
    graph.apply(graph.write_delta(write("delete")))
    assert "http://z/graph/g" not in graph.graphs()
    with pytest.raises(NoGraphError):
        graph.write_delta(write("delete"))


def test_an_empty_graph_can_be_put() -> None:
    graph = make()
    graph.apply(graph.write_delta(write("put", "http://z/graph/empty")))
    assert "http://z/graph/empty" in graph.graphs()


def test_the_unnamed_graph_can_be_written() -> None:
    graph = make()
    graph.apply(graph.write_delta(write("put", None, body=b"<a:a> <a:b> 1 .")))
    assert sum(quad.graph_name == DefaultGraph() for quad in graph.asserted) == 1


def test_a_patch_means_its_own_graph() -> None:
    graph = make()
    text = b"PREFIX e: <http://e/> DELETE { ?s e:p 1 } INSERT { ?s e:p 9 } WHERE { ?s e:p 1 }"
    patch = write("patch", body=text, content_type="application/sparql-update; charset=utf-8")
    delta = graph.write_delta(patch)
    assert delta.graphs == {NamedNode("http://z/graph/g")}
    assert (len(delta.deleted), len(delta.inserted)) == (1, 1)
    elsewhere = b"INSERT DATA { GRAPH <http://z/graph/h> { <a:a> <a:b> 1 } }"
    with pytest.raises(ForbiddenError, match="its own graph"):
        graph.write_delta(write("patch", body=elsewhere, content_type="application/sparql-update"))
    with pytest.raises(MediaTypeError):
        graph.write_delta(write("patch", body=text))


def test_a_write_is_made_for_a_state() -> None:
    graph = make()
    body = b"<a:a> <a:b> 1 ."
    graph.apply(graph.write_delta(write("put", body=body, if_match=graph.state)))
    with pytest.raises(ConflictError):
        graph.write_delta(write("put", body=body, if_match="another-0"))
    with pytest.raises(ConflictError):
        graph.write_delta(write("put", "http://z/graph/n", body=body, if_match="*"))
    assert graph.write_delta(write("post", body=b"<a:a> <a:b> 2 .", if_match="*"))


# Against the engine

_NAMES = st.sampled_from(["e:a", "e:b", "e:c"])
_GRAPHS = st.sampled_from(["", "g:g", "g:h", "g:n"])
_OBJECTS = st.sampled_from(["e:a", "e:b", "1", "01", "1.50", '"x"', '"x"@en', "true"])
_TRIPLES = st.tuples(_NAMES, st.sampled_from(["e:p", "e:q"]), _OBJECTS).map(" ".join)


def _block(graph: str, triples: list[str]) -> str:
    inside = " . ".join(triples)
    return f"GRAPH {graph} {{ {inside} }}" if graph else inside


_DATA = st.builds(_block, _GRAPHS, st.lists(_TRIPLES, min_size=1, max_size=3))
_SOURCES = st.sampled_from(["g:g", "g:h", "DEFAULT"])
_PLACES = st.sampled_from(["g:g", "g:h", "g:n", "DEFAULT"])
_OPERATIONS = st.one_of(
    st.builds("INSERT DATA {{ {} }}".format, _DATA),
    st.builds("DELETE DATA {{ {} }}".format, _DATA),
    st.builds("DELETE WHERE {{ {} ?p ?o }}".format, _NAMES),
    st.builds("DELETE WHERE {{ GRAPH ?g {{ {} ?p ?o . ?o ?q ?r }} }}".format, _NAMES),
    st.builds(
        "WITH {} DELETE {{ ?s e:p ?o }} INSERT {{ ?o e:q ?s . ?s e:p {} }}"
        " WHERE {{ ?s e:p ?o }}".format,
        st.sampled_from(["g:g", "g:h"]), _OBJECTS,
    ),
    st.builds(
        "INSERT {{ GRAPH g:n {{ ?s e:q [ e:p ?o ] }} }} USING {} WHERE {{ ?s e:p ?o }}".format,
        st.sampled_from(["g:g", "g:h"]),
    ),
    # Graphs that do not exist are left to the W3C's suites: the engine lets COPY SILENT from one
    # empty its target, and here nothing happens.
    st.builds("{} {} TO {}".format, st.sampled_from(["ADD", "COPY"]), _SOURCES, _PLACES),
    st.builds("CREATE SILENT GRAPH g:n; ADD {} TO g:n; MOVE g:n TO {}".format, _SOURCES, _PLACES),
    st.builds("{} SILENT GRAPH g:n".format, st.sampled_from(["CLEAR", "DROP", "CREATE"])),
    st.sampled_from(["CLEAR NAMED", "CLEAR ALL", "CLEAR GRAPH g:g", "CLEAR DEFAULT"]),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(_OPERATIONS, min_size=1, max_size=5))
def test_updates_do_what_the_engine_does(operations: list[str]) -> None:
    text = PREFIXES + " ;\n".join(operations)
    store = Store()
    store.extend(quads(GIVEN))
    graph = make(default_graph="standard")
    store.update(text)
    try:
        graph.apply(graph.delta(text))
    except EtownError as error:
        raise AssertionError(text) from error
    assert alike(graph.asserted) == alike(store)
    # The engine forgets a graph that an empty one is copied to.
    assert {str(name) for name in store.named_graphs()} <= {f"<{name}>" for name in graph.graphs()}
