"""Views: what a scope hides is not there, for queries, for updates and for refusals.

The judge is a graph that never had what is hidden.
"""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, parse

from etown_kg.changes import GraphWrite, UpdateRequest
from etown_kg.config import DefaultGraph as Mode
from etown_kg.errors import EtownError, ForbiddenError, InconsistentError, NoGraphError
from etown_kg.graph import MAX_VIEWS, KnowledgeGraph
from etown_kg.scope import Scope
from etown_kg.store import Delta

BASE = "http://z/"
X, Y, LINKS = (f"{BASE}graph/{name}" for name in ("x", "y", "links"))
TERMS = """
    @prefix : <http://e/> .
    @prefix g: <http://z/graph/> .
    @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
    @prefix owl: <http://www.w3.org/2002/07/owl#> .
    g:ontology { :in a owl:TransitiveProperty . :Park rdfs:subClassOf :Place .
        :Place owl:disjointWith :Person . :size a owl:DatatypeProperty . }
"""
_NODES = st.sampled_from([NamedNode(f"http://e/{name}") for name in ("a", "b", "c", "d")])
_GRAPHS = st.sampled_from([NamedNode(name) for name in (X, Y, LINKS)] + [DefaultGraph()])
_QUADS = st.builds(
    lambda s, o, graph: Quad(s, NamedNode("http://e/in"), o, graph), _NODES, _NODES, _GRAPHS
)
_NAMES = st.lists(st.sampled_from([X, Y, LINKS, "default", BASE + "graph/ontology"]), max_size=3)
_SCOPES = st.one_of(_NAMES.map(Scope.only), _NAMES.map(Scope.all_but))


def quads(text: str) -> list[Quad]:
    return list(parse(TERMS + text, RdfFormat.TRIG))


def closed(given: list[Quad], mode: Mode = "union") -> KnowledgeGraph:
    graph = KnowledgeGraph(given, base=BASE, default_graph=mode)
    graph.close()
    return graph


def is_in(quad: Quad, scope: Scope) -> bool:
    name = quad.graph_name
    return (name.value if isinstance(name, NamedNode) else "default") in scope


QUERIES = (
    "SELECT * { ?s ?p ?o }",
    "SELECT * { GRAPH ?g { ?s ?p ?o } }",
    "SELECT ?g { GRAPH ?g {} }",
    f"SELECT * FROM <{X}> FROM <{Y}> FROM NAMED <{LINKS}> {{ ?s ?p ?o }}",
    f"SELECT * FROM NAMED <{X}> FROM NAMED <{Y}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
    f"SELECT * {{ GRAPH <{X}> {{ ?s ?p ?o }} }}",
    "SELECT * { ?s (<http://e/in>|^<http://e/in>)* ?o }",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "SELECT * { ?s ?p ?o MINUS { GRAPH ?g { ?s ?p ?o } } }",
)


def shown(graph: KnowledgeGraph) -> list[list[str]]:
    """All that the queries find; each solution as often as it is found."""
    return [sorted(map(str, graph.query(query).rows())) for query in QUERIES]


@pytest.mark.parametrize("mode", ["union", "standard"])
@settings(max_examples=40)
@given(
    given=st.lists(_QUADS, max_size=8),
    changes=st.lists(
        st.tuples(st.lists(_QUADS, max_size=3), st.lists(_QUADS, max_size=3)), max_size=3
    ),
    scope=_SCOPES,
)
def test_a_view_is_the_graph_that_never_had_the_rest(
    mode: Mode, given: list[Quad], changes: list[tuple[list[Quad], list[Quad]]], scope: Scope
) -> None:
    everything = [*quads(""), *given]
    graph = closed(everything, mode)
    graph.view(scope)  # made now, it has to follow the changes
    for deleted, inserted in changes:
        graph.apply(Delta(frozenset(deleted) - frozenset(inserted), frozenset(inserted)))
    view = graph.view(scope)
    readable = [quad for quad in graph.asserted if is_in(quad, scope)]
    alone = KnowledgeGraph(readable, base=BASE, default_graph=mode)
    for name in graph.asserted.graphs:
        if isinstance(name, NamedNode) and name.value in scope:  # emptied, and there all the same
            alone.asserted.create(name)
    alone.close()
    assert shown(view) == shown(alone)
    assert view.version == graph.version


def test_what_follows_from_a_hidden_graph_is_hidden() -> None:
    graph = closed(quads(f"<{X}> {{ :a :in :b }} <{Y}> {{ :b :in :c }}"))
    asks = "ASK { <http://e/a> <http://e/in> <http://e/c> }"
    assert graph.query(asks).boolean
    assert not graph.view(Scope.all_but([Y])).query(asks).boolean
    assert not graph.view(Scope.only([X])).query(asks).boolean
    ontology = BASE + "graph/ontology"
    assert graph.view(Scope.only([X, Y, ontology])).query(asks).boolean
    assert not graph.view(Scope.all_but([graph.graph_inferred])).query(asks).boolean


_UPDATES = (
    "INSERT { GRAPH <X> { ?s <http://e/seen> ?o } } WHERE { ?s ?p ?o }",
    "INSERT { GRAPH <X> { ?s <http://e/seen> ?o } } WHERE { GRAPH ?g { ?s ?p ?o } }",
    "INSERT { GRAPH <X> { ?s <http://e/seen> ?o } } USING <Y> WHERE { ?s ?p ?o }",
    "INSERT { GRAPH <X> { ?s <x:p> ?o } } USING NAMED <Y> WHERE { GRAPH ?g { ?s ?p ?o } }",
    "WITH <Y> DELETE { ?s ?p ?o } INSERT { GRAPH <X> { ?s ?p ?o } } WHERE { ?s ?p ?o }",
    "COPY <Y> TO <X>", "ADD <Y> TO <X>", "MOVE <Y> TO <X>", "COPY SILENT <Y> TO <X>",
    "ADD DEFAULT TO <X>", "COPY DEFAULT TO <X>",
    "CLEAR GRAPH <Y>", "DROP GRAPH <Y>", "CREATE GRAPH <Y>", "DROP SILENT GRAPH <Y>",
    "CLEAR ALL", "DROP NAMED", "CLEAR DEFAULT",
    "DELETE DATA { GRAPH <Y> { <http://e/b> <http://e/in> <http://e/c> } }",
    "INSERT DATA { GRAPH <Y> { <http://e/b> <http://e/in> <http://e/c> } }",
    "DELETE WHERE { GRAPH <Y> { ?s ?p ?o } }",
    "DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } }",
    "INSERT DATA { GRAPH <X> { <http://e/b> <http://e/in> <http://e/c> } } ; COPY <Y> TO <X>",
)  # fmt: skip
HIDDEN = (
    "",
    f"<{Y}> {{ :b :in :c }} :b :in :c .",
    f"<{Y}> {{ :d :in :d . :a a :Park }} :d :in :a . <{LINKS}> {{ :a :in :d }}",
)
MINE = f"<{X}> {{ :a :in :b }}"


def outcome_of(hidden: str, update: str) -> tuple[object, ...]:
    """All that a writer of X alone finds out by an update, and what he can see afterwards."""
    graph = closed(quads(MINE + hidden))
    scope = Scope.only([X, BASE + "graph/ontology"])
    text = update.replace("<X>", f"<{X}>").replace("<Y>", f"<{Y}>")
    try:
        request = UpdateRequest(text, may_write=(X,), scope=scope)
        change = graph.apply(graph.view(scope).delta(request), scope=scope)
    except EtownError as error:
        found: tuple[object, ...] = (type(error).__name__, error.message, error.hint)
    else:
        found = (change.version,)
    return (*found, shown(graph.view(scope)))


@pytest.mark.parametrize("update", _UPDATES)
def test_an_update_comes_to_the_same_whatever_is_hidden(update: str) -> None:
    first, *others = (outcome_of(hidden, update) for hidden in HIDDEN)
    assert all(other == first for other in others)


def test_the_updates_would_tell_without_a_scope() -> None:
    """That the test above can fail: with all in sight, what is hidden shows."""
    graph, other = (closed(quads(MINE + hidden)) for hidden in HIDDEN[:2])
    copied = [each.delta(f"COPY DEFAULT TO <{X}>") for each in (graph, other)]
    assert copied[0] != copied[1]


def test_what_may_not_be_written_is_refused_though_it_can_be_read() -> None:
    graph = closed(quads(f"{MINE} <{Y}> {{ :b :in :c }}"))
    scope = Scope.only([X, Y])
    request = UpdateRequest(f"CLEAR GRAPH <{Y}>", may_write=(X,), scope=scope)
    with pytest.raises(ForbiddenError):
        graph.view(scope).delta(request)


def test_a_graph_of_its_own_is_written_under_the_views_version() -> None:
    graph = closed(quads(f"{MINE} <{Y}> {{ :b :in :c }}"))
    scope = Scope.only([X])
    view = graph.view(scope)
    assert view.state != graph.state
    write = GraphWrite(
        "put", X, b"<http://e/a> <http://e/in> <http://e/d> .", "application/n-triples",
        if_match=view.state, may_write=(X,), scope=scope,
    )  # fmt: skip
    graph.apply(graph.view(scope).write_delta(write), scope=scope)
    assert graph.query(f"ASK {{ GRAPH <{X}> {{ ?s ?p <http://e/d> }} }}").boolean
    assert graph.query(f"ASK {{ GRAPH <{Y}> {{ ?s ?p <http://e/c> }} }}").boolean
    gone = GraphWrite("delete", Y, may_write=(X,), scope=scope)
    with pytest.raises(NoGraphError):
        graph.view(scope).write_delta(gone)


def refusal(hidden: str, scope: Scope) -> InconsistentError:
    graph = closed(quads(f"<{X}> {{ :a a :Park }} {hidden}"))
    before = shown(graph.view(scope))
    delta = graph.view(scope).delta(
        f"INSERT DATA {{ GRAPH <{X}> {{ <http://e/p> a <http://e/Park> }} }}"
    )
    with pytest.raises(InconsistentError) as raised:
        graph.apply(delta, scope=scope)
    assert shown(graph.view(scope)) == before
    return raised.value


def test_a_clash_with_what_is_hidden_is_refused_without_showing_it() -> None:
    error = refusal(f"<{Y}> {{ :p a :Person ; :name 'secret' }}", Scope.all_but([Y]))
    assert (error.violations, error.proofs) == ((), ())
    assert "may not read" in str(error.hint)
    assert "Person" not in f"{error.message} {error.hint}"


def test_a_clash_with_what_can_be_read_is_explained() -> None:
    error = refusal(f"<{Y}> {{ :p a :Person }}", Scope.all_but([LINKS]))
    assert error.violations
    assert error.proofs


def test_no_more_views_are_kept_than_the_limit() -> None:
    graph = closed(quads(MINE))
    scopes = [Scope.only([f"x:{number}"]) for number in range(MAX_VIEWS + 3)]
    for scope in scopes:
        graph.view(scope)
    assert [graph.has_view(scope) for scope in scopes].count(True) == MAX_VIEWS
    assert graph.has_view(scopes[-1])


def test_a_view_that_cannot_follow_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = closed(quads(MINE))
    scope = Scope.only([X])
    graph.view(scope)
    failures = count(1)

    def failing(*_: object) -> None:
        next(failures)
        raise EtownError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(graph.view(scope), "_follow_whole", failing)
        graph.apply(graph.delta(f"INSERT DATA {{ GRAPH <{X}> {{ <x:new> <x:p> 1 }} }}"))
    assert next(failures) == 2
    assert not graph.has_view(scope)
    assert graph.view(scope).query("ASK { <x:new> ?p ?o }").boolean
