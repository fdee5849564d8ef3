"""What every backend does alike: answers, refuses and changes in the same way."""

from __future__ import annotations

import json

import pytest

from etown_kg.backend import Backend, GraphWrite, ProofRequest, QueryRequest, UpdateRequest
from etown_kg.errors import (
    ConflictError,
    EtownError,
    ForbiddenError,
    FormatError,
    LimitError,
    NoGraphError,
    QueryError,
    SettingError,
)

PREFIX = "PREFIX : <http://zoo.example/> "


def rows(backend: Backend, text: str, **more: object) -> list[dict[str, str]]:
    """The solutions of a SELECT, each a mapping from variable to value."""
    result = backend.query(QueryRequest(PREFIX + text, **more))  # type: ignore[arg-type]
    found = json.loads(result.body)["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in found]


def test_a_select_is_answered_in_the_format_that_is_asked_for(backend: Backend) -> None:
    request = QueryRequest(PREFIX + "SELECT ?w { :eel :weight ?w }", accept="text/csv")
    result = backend.query(request)
    assert (result.form, result.format.name, result.body) == ("SELECT", "csv", b"w\r\n3.5\r\n")
    assert result.version == backend.status().version


@pytest.mark.parametrize(
    ("text", "form", "media_type", "piece"),
    [
        ("ASK { :eel a :Fish }", "ASK", "application/sparql-results+json", b"true"),
        ("CONSTRUCT WHERE { :eel a ?c }", "CONSTRUCT", "text/turtle", b"Fish"),
        ("DESCRIBE :eel", "CONSTRUCT", "text/turtle", b"3.5"),
    ],
)
def test_each_query_form_is_answered(
    backend: Backend, text: str, form: str, media_type: str, piece: bytes
) -> None:
    result = backend.query(QueryRequest(PREFIX + text))
    assert (result.form, result.format.media_type) == (form, media_type)
    assert piece in result.body


def test_the_default_graph_is_the_union_as_a_set(backend: Backend) -> None:
    assert rows(backend, "SELECT (COUNT(*) AS ?n) { :robin a :Bird }") == [{"n": "1"}]


def test_the_dataset_of_the_protocol_is_what_a_query_sees(backend: Backend) -> None:
    seen = rows(backend, "SELECT ?s { ?s :weight ?w }", default_graphs=("http://zoo.example/west",))
    assert seen == [{"s": "http://zoo.example/eel"}]
    named = ("http://zoo.example/east",)
    assert rows(backend, "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }", named_graphs=named) == [
        {"g": "http://zoo.example/east"}
    ]


@pytest.mark.parametrize(
    ("request_", "error", "piece"),
    [
        (QueryRequest("SELECT * {\n ?s ?p }"), QueryError, "line 2"),
        (QueryRequest("ASK {}", accept="image/png"), FormatError, "image/png"),
        (QueryRequest("SELECT * { SERVICE <http://127.0.0.1/> {} }"), QueryError, "SERVICE"),
        (QueryRequest("ASK { FILTER" + "(" * 401 + "1" + ")" * 401 + " }"), QueryError, "deep"),
        (QueryRequest("ASK { } #" + "x" * (1 << 18)), LimitError, "length"),
        (
            QueryRequest("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"),
            LimitError,
            "answer size of 1 MiB",
        ),
    ],
    ids=["syntax", "format", "service", "nesting", "length", "answer"],
)
def test_a_query_is_refused_with_the_reason(
    backend: Backend, request_: QueryRequest, error: type[EtownError], piece: str
) -> None:
    with pytest.raises(error) as raised:
        backend.query(request_)
    assert type(raised.value) is error
    assert piece in str(raised.value)


def test_a_syntax_error_has_its_place_as_data(backend: Backend) -> None:
    with pytest.raises(QueryError) as raised:
        backend.query(QueryRequest("SELECT * {\n ?s ?p }"))
    assert (raised.value.line, raised.value.column) == (2, 9)
    assert raised.value.hint is not None


def test_the_kind_of_a_limit_survives_the_way_between_processes(backend: Backend) -> None:
    with pytest.raises(LimitError) as raised:
        backend.query(QueryRequest("ASK { } #" + "x" * (1 << 18)))
    assert raised.value.kind == "request"


def test_a_silent_service_does_nothing(backend: Backend) -> None:
    assert rows(backend, "SELECT * { SERVICE SILENT <http://127.0.0.1/> { ?s ?p ?o } }") == [{}]


def test_the_status_tells_what_is_served(backend: Backend) -> None:
    status = backend.status()
    assert (status.asserted, status.inferred, status.number) == (21, 0, 0)
    assert [name.rpartition("/")[2] for name in status.graphs] == ["east", "many", "terms", "west"]


def test_an_empty_answer_is_explained_when_that_is_asked_for(backend: Backend) -> None:
    request = QueryRequest(PREFIX + "SELECT * { ?x :weigth ?w }", explain_empty=True)
    diagnosis = backend.query(request).diagnosis
    assert diagnosis is not None
    assert diagnosis["verdict"] == "unknown-term"
    assert json.dumps(diagnosis).count("http://zoo.example/weight") >= 1


@pytest.mark.parametrize("accept", ["text/csv", "text/tab-separated-values", "application/xml"])
def test_an_empty_answer_is_seen_in_every_format(backend: Backend, accept: str) -> None:
    empty = QueryRequest(PREFIX + "SELECT * { :eel a :Bird }", accept, explain_empty=True)
    assert backend.query(empty).diagnosis is not None
    full = QueryRequest(PREFIX + "SELECT * { :eel a ?c }", accept, explain_empty=True)
    assert backend.query(full).diagnosis is None


def test_an_empty_answer_is_not_explained_unasked(backend: Backend) -> None:
    assert backend.query(QueryRequest(PREFIX + "SELECT * { :eel a :Bird }")).diagnosis is None


def test_an_update_is_seen_by_the_next_query(own_backend: Backend) -> None:
    before = own_backend.status()
    change = own_backend.update(
        UpdateRequest(PREFIX + "INSERT DATA { GRAPH :east { :owl a :Bird } }")
    )
    assert (change.version, change.inserted, change.deleted) == (1, 1, 0)
    assert rows(own_backend, "SELECT ?c { :owl a ?c }") == [{"c": "http://zoo.example/Bird"}]
    after = own_backend.status()
    assert after.version != before.version
    assert (after.number, after.asserted) == (1, before.asserted + 1)
    assert [each.version for each in own_backend.versions()] == [1]


def test_an_update_that_changes_nothing_leaves_the_version(own_backend: Backend) -> None:
    before = own_backend.status()
    own_backend.update(UpdateRequest(PREFIX + "DELETE DATA { GRAPH :east { :owl a :Bird } }"))
    assert own_backend.status() == before


def test_an_update_takes_blank_nodes_and_odd_text(own_backend: Backend) -> None:
    text = PREFIX + r'INSERT DATA { GRAPH :east { _:x :says "a\"\n\\\u00e9\U0001F426"@en } }'
    own_backend.update(UpdateRequest(text))
    assert rows(own_backend, "SELECT ?t { [] :says ?t }") == [{"t": 'a"\n\\é🐦'}]


@pytest.mark.parametrize(
    ("update", "error"),
    [
        (UpdateRequest("INSERT DATA { oops }"), QueryError),
        (UpdateRequest(PREFIX + "DROP GRAPH :north"), NoGraphError),
        (
            UpdateRequest(PREFIX + "INSERT DATA { GRAPH :east { :a :b :c } }", may_write=()),
            ForbiddenError,
        ),
    ],
    ids=["syntax", "no-graph", "forbidden"],
)
def test_an_update_is_refused_whole(
    own_backend: Backend, update: UpdateRequest, error: type[EtownError]
) -> None:
    before = own_backend.status()
    with pytest.raises(error):
        own_backend.update(update)
    assert own_backend.status() == before


def test_a_graph_is_written_and_guarded(own_backend: Backend) -> None:
    graph = "http://zoo.example/north"
    body = b"<http://zoo.example/owl> a <http://zoo.example/Bird> ."
    change = own_backend.write_graph(GraphWrite("put", graph, body, "text/turtle"))
    assert change.inserted == 1
    assert graph in own_backend.status().graphs
    with pytest.raises(ConflictError):
        own_backend.write_graph(GraphWrite("delete", graph, if_match="of another day"))
    version = own_backend.status().version
    own_backend.write_graph(GraphWrite("delete", graph, if_match=version))
    assert graph not in own_backend.status().graphs


def test_a_backup_needs_a_location(own_backend: Backend) -> None:
    with pytest.raises(SettingError):
        own_backend.backup("/nowhere")


ZOO = "http://zoo.example/"
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"


def test_an_inferred_triple_is_proved(backend: Backend) -> None:
    result = backend.prove(ProofRequest((f"<{ZOO}robin>", TYPE, f"<{ZOO}Animal>")))
    assert result.count == 1
    assert result.version == backend.status().version
    (tree,) = json.loads(result.body)
    assert tree["rule"] == "cax-sco"
    assert {premise["asserted"] for premise in tree["premises"]} == {True}
    turtle = backend.prove(ProofRequest((f"<{ZOO}robin>", TYPE, f"<{ZOO}Animal>"), as_turtle=True))
    assert b"prov:wasDerivedFrom" in turtle.body


def test_what_does_not_hold_has_no_proof(backend: Backend) -> None:
    result = backend.prove(ProofRequest((f"<{ZOO}robin>", TYPE, f"<{ZOO}Stone>")))
    assert (result.count, json.loads(result.body)) == (0, [])


@pytest.mark.parametrize("o", ["", "eel", '"x" . <urn:a> <urn:b> <urn:c>', "<a b>"])
def test_what_is_no_triple_is_not_proved(backend: Backend, o: str) -> None:
    with pytest.raises(QueryError, match="triple"):
        backend.prove(ProofRequest((f"<{ZOO}robin>", TYPE, o)))
