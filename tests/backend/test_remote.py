"""RemoteBackend: what is sent to a store, what becomes of its answers, and what is refused.

The strange store here answers as a test tells it to; real ones are in tests/over_stores.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from etown_kg.backend import DumpRequest, ProofRequest, QueryRequest
from etown_kg.backend.limits import Limits
from etown_kg.backend.query_form import as_rows, form_of
from etown_kg.backend.remote import RemoteBackend
from etown_kg.backend.sparql_store import Addresses, SparqlStore
from etown_kg.changes import GraphWrite, UpdateRequest
from etown_kg.cli.serve import limits_of
from etown_kg.config import Settings
from etown_kg.errors import (
    ConflictError,
    EtownError,
    ForbiddenError,
    FormatError,
    LimitError,
    NoGraphError,
    QueryError,
    ReadOnlyError,
    RemoteError,
    SettingError,
    UnavailableError,
    UnsupportedError,
)
from tests.stores import StoreAddresses, oxigraph

JSON = "application/sparql-results+json"
GRAPHS = ("x:east", "x:west", "http://zoo.example/graph/inferred")
ROWS = b'{"head":{"vars":["o"]},"results":{"bindings":[{"o":{"type":"literal","value":"one"}},{}]}}'


def sizes(*graphs: str) -> bytes:
    """The answer that there are these graphs, of two statements each."""
    size = {"type": "literal", "value": "2", "datatype": "http://www.w3.org/2001/XMLSchema#integer"}
    rows = [{"graph": {"type": "uri", "value": graph}, "size": size} for graph in graphs]
    answer = {"head": {"vars": ["graph", "size"]}, "results": {"bindings": rows}}
    return json.dumps(answer).encode()


@dataclass
class Strange:
    """A store that answers every query but that for its graphs as it is told to."""

    status: int = 200
    media_type: str = JSON
    body: bytes = ROWS
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    graphs: tuple[str, ...] = GRAPHS
    asked: list[tuple[str, str, dict[str, list[str]], dict[str, str]]] = field(default_factory=list)
    wait_s: float = 0.0
    waiting: threading.Event = field(default_factory=threading.Event)

    @property
    def last(self) -> dict[str, list[str]]:
        return self.asked[-1][2]


def handler_of(store: Strange) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            form = parse_qs(body.decode(), keep_blank_values=True)
            store.asked.append((self.command, self.path, form, dict(self.headers)))
            text = form.get("query", [""])[0]
            if "GROUP BY ?graph" in text:
                self.send(200, JSON, sizes(*store.graphs), {})
                return
            if store.wait_s:
                store.waiting.wait(store.wait_s)
            self.send(store.status, store.media_type, store.body, store.headers, store.length)

        do_PUT = do_DELETE = do_POST  # noqa: N815  # the names are http.server's

        def send(
            self, status: int, media_type: str, body: bytes, headers: dict[str, str],
            length: int | None = None,
        ) -> None:  # fmt: skip
            self.send_response(status)
            sent = {"Content-Type": media_type, "Content-Length": str(length or len(body))}
            for name, value in {**sent, **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture
def store() -> Iterator[tuple[Strange, str]]:
    with strange() as found:
        yield found


@contextmanager
def strange() -> Iterator[tuple[Strange, str]]:
    found = Strange()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(found))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield found, f"http://127.0.0.1:{server.server_port}"
    finally:
        found.waiting.set()
        server.shutdown()
        thread.join()
        server.server_close()


def backend(
    address: str,
    *,
    writes: bool = False,
    limits: Limits | None = None,
    is_union: bool = True,
    clock: Callable[[], float] = lambda: 0.0,
    authorization: str = "",
) -> RemoteBackend:
    addresses = Addresses(
        f"{address}/query", f"{address}/update" if writes else "", authorization=authorization
    )
    return RemoteBackend(
        SparqlStore(addresses), limits, base="http://zoo.example/", is_union=is_union, clock=clock
    )


Store = tuple[Strange, str]
SELECT = "SELECT ?o { ?s ?p ?o }"


# What is sent


def test_the_union_is_named_graph_by_graph(store: Store) -> None:
    told, address = store
    backend(address).query(QueryRequest(SELECT))
    assert told.last["default-graph-uri"] == told.last["named-graph-uri"] == list(GRAPHS)
    backend(address).query(QueryRequest(SELECT, infer=False))
    assert told.last["default-graph-uri"] == told.last["named-graph-uri"] == list(GRAPHS[:2])


def test_graphs_that_are_the_stores_own_are_not_there(store: Store) -> None:
    told, address = store
    told.graphs = ("http://www.openlinksw.com/schemas/virtrdf#", "x:east")
    assert backend(address).status().graphs == ("x:east",)


def test_an_empty_dataset_is_not_left_to_the_store(store: Store) -> None:
    told, address = store
    told.graphs = ()
    backend(address).query(QueryRequest(SELECT))
    assert told.last["default-graph-uri"] == ["http://zoo.example/graph/inferred/none"]
    backend(address).query(QueryRequest(SELECT, default_graphs=("x:a",)))
    assert told.last["default-graph-uri"] == ["x:a"]
    assert told.last["named-graph-uri"] == ["http://zoo.example/graph/inferred/none"]


def test_the_stores_own_default_graph_is_a_choice(store: Store) -> None:
    told, address = store
    standard = backend(address, is_union=False)
    standard.query(QueryRequest(SELECT))
    assert set(told.last) == {"query"}
    with pytest.raises(UnsupportedError, match="own default graph"):
        standard.query(QueryRequest(SELECT, infer=False))
    told.graphs = ("x:east",)
    backend(address, is_union=False).query(QueryRequest(SELECT, infer=False))
    assert set(told.last) == {"query"}


def test_from_counts_unless_the_request_names_graphs(store: Store) -> None:
    told, address = store
    text = "SELECT ?o FROM <x:a> FROM NAMED <x:b> { ?s <x:from> ?o }"
    backend(address).query(QueryRequest(text))
    assert told.last == {"query": [text]}
    backend(address).query(QueryRequest(text, default_graphs=("x:c",)))
    assert "FROM" not in told.last["query"][0]
    assert "<x:from>" in told.last["query"][0]
    assert told.last["default-graph-uri"] == ["x:c"]


def test_prefixes_and_base_come_before_the_first_line(store: Store) -> None:
    told, address = store
    text = "PREFIX owl: <x:>\nSELECT ?o { <a> a owl:b, skos:c ; rdfs:label ?o }"
    backend(address).query(QueryRequest(text, base="http://zoo.example/sparql"))
    (sent,) = told.last["query"]
    assert sent.endswith(text)
    head = sent.removesuffix(text)
    assert "\n" not in head
    assert head.startswith("BASE <http://zoo.example/sparql> ")
    assert "PREFIX skos:" in head
    assert "PREFIX owl:" not in head


def test_who_we_are_is_shown_to_the_store(store: Store) -> None:
    told, address = store
    backend(address, authorization="Bearer abc").query(QueryRequest(SELECT))
    assert {asked[3].get("Authorization") for asked in told.asked} == {"Bearer abc"}


# What becomes of answers


@pytest.mark.parametrize(
    ("accept", "expected"),
    [("text/csv", b"o\r\none\r\n\r\n"), ("text/tab-separated-values", b'?o\n"one"\n\n')],
)
def test_an_answer_is_written_in_the_format_that_is_wanted(
    store: Store, accept: str, expected: bytes
) -> None:
    _, address = store
    result = backend(address).query(QueryRequest(SELECT, accept=accept))
    assert (result.form, result.body) == ("SELECT", expected)


def test_a_graph_comes_in_any_format(store: Store) -> None:
    told, address = store
    told.media_type, told.body = "text/turtle; charset=UTF-8", b"<x:a> <x:b> <x:c>, <x:a> ."
    found = backend(address).query(QueryRequest("DESCRIBE <x:a>", parameters=("ntriples",)))
    assert found.body == b"<x:a> <x:b> <x:a> .\n<x:a> <x:b> <x:c> .\n"
    with pytest.raises(FormatError):
        backend(address).query(QueryRequest("DESCRIBE <x:a>", accept="image/png"))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"head":{},"boolean":true}', True),
        # Virtuoso's.
        (b'{"head":{"link":[],"vars":["__ASK_RETVAL"]},"results":{"bindings":[{"__ASK_RETVAL":'
         b'{"type":"typed-literal","datatype":"http://www.w3.org/2001/XMLSchema#integer",'
         b'"value":"1"}}]}}', True),
        (b'{"head":{"link":[],"vars":["__ASK_RETVAL"]},"results":{"bindings":[{"__ASK_RETVAL":'
         b'{"type":"typed-literal","datatype":"http://www.w3.org/2001/XMLSchema#integer",'
         b'"value":"0"}}]}}', False),
        (b'{"head":{"link":[],"vars":["__ASK_RETVAL"]},"results":{"bindings":[]}}', False),
    ],
)  # fmt: skip
def test_a_truth_value_is_read_however_it_comes(store: Store, body: bytes, expected: bool) -> None:
    told, address = store
    told.body = body
    found = backend(address).query(QueryRequest("ASK {}")).body
    assert found == b'{"head":{},"boolean":%b}' % (b"true" if expected else b"false")


def test_virtuosos_blank_nodes_and_truth_values_are_those_of_the_standard(store: Store) -> None:
    told, address = store
    boolean = "http://www.w3.org/2001/XMLSchema#boolean"
    told.body = (
        b'{"head":{"vars":["a","b","c"]},"results":{"bindings":[{"a":{"type":"bnode","value":'
        b'"nodeID://b1"},"b":{"type":"typed-literal","datatype":"%b","value":"0"},"c":{"type":'
        b'"literal","value":"nodeID://b1"}}]}}' % boolean.encode()
    )
    found = backend(address).query(QueryRequest(SELECT, accept="text/csv"))
    assert found.body == b"a,b,c\r\n_:b1,false,nodeID://b1\r\n"


@pytest.mark.parametrize(
    ("told", "kind", "said"),
    [
        ({"status": 400, "media_type": "text/plain",
          "body": b"error at 1:12: expected something"}, QueryError, "expected something"),
        ({"status": 400, "body": b"Virtuoso 37000 Error: no\n\nSPARQL query:\ndefine it"},
         QueryError, "Virtuoso 37000 Error: no"),
        ({"status": 401, "body": b"secret"}, RemoteError, "refuses this server"),
        ({"status": 404, "media_type": "text/html", "body": b"<html>"}, RemoteError, "404"),
        ({"status": 500, "body": b"the table is locked"}, RemoteError, "the table is locked"),
        ({"status": 503, "body": b"busy"}, UnavailableError, "busy"),
        ({"status": 302, "headers": {"Location": "/other"}}, RemoteError, "302"),
        ({"media_type": "text/html"}, RemoteError, "text/html"),
        ({"body": ROWS[:-8]}, RemoteError, "does not parse"),
        ({"body": b'{"head":{"vars":["o"]},"results":{"bindings":[{"o":{"type":"bnode","value":'
                  b'"nodeID://1"}'}, RemoteError, "does not parse"),
        ({"length": 5000}, UnavailableError, "too soon"),
        ({"body": b'{"head":{},"boolean":true}'}, RemoteError, "truth value"),
        ({"headers": {"X-SPARQL-MaxRows": "10000"}}, LimitError, "10000 rows"),
        ({"headers": {"X-SQL-State": "S1TAT"}}, LimitError, "query time"),
        ({"body": ROWS + b" " * 5000}, LimitError, "answer size"),
        ({"wait_s": 20.0}, LimitError, "query time"),
    ],
)  # fmt: skip
def test_an_answer_of_no_use_is_a_failure(
    store: Store, told: dict[str, object], kind: type[EtownError], said: str
) -> None:
    answers, address = store
    limits = Limits(query_s=1.0, longest_s=30.0, answer_bytes=4000)
    served = backend(address, limits=limits)
    served.status()
    for name, value in told.items():
        setattr(answers, name, value)
    with pytest.raises(kind, match=said) as caught:
        served.query(QueryRequest(SELECT))
    assert address not in str(caught.value)
    assert "define it" not in str(caught.value)


def test_a_complaint_is_placed_in_the_clients_text(store: Store) -> None:
    answers, address = store
    text = "SELECT ?o { ?s rdfs:label ?o } }"
    served = backend(address)
    served.query(QueryRequest(text))
    (sent,) = answers.last["query"]
    shift = len(sent) - len(text)
    answers.status, answers.body = 400, b"error at 1:%d: expected the end" % (shift + 32)
    with pytest.raises(QueryError) as caught:
        served.query(QueryRequest(text))
    assert (caught.value.line, caught.value.column) == (1, 32)


def test_nobody_there_is_unavailable() -> None:
    with strange() as (_, address):
        pass
    with pytest.raises(UnavailableError, match="does not answer"):
        backend(address).status()


def test_one_client_cannot_hold_all_places(store: Store) -> None:
    answers, address = store
    limits = Limits(query_s=20.0, places=3, reserved_places=1, client_places=1, client_waiting=1)
    served = backend(address, limits=limits)
    served.status()
    answers.wait_s = 20.0
    slow = QueryRequest(SELECT, client="slow")

    def ask_slowly() -> None:
        with suppress(LimitError):  # the one below may have been first
            served.query(slow)

    threads = [threading.Thread(target=ask_slowly) for _ in range(2)]
    for thread in threads:
        thread.start()
    # One is at work, one waits, and there is no room for more: a third is refused.
    end = time.monotonic() + 15
    refused = False
    while not refused and time.monotonic() < end:
        try:
            served.query(replace(slow, timeout_s=0.05))
        except LimitError as error:
            refused = error.kind == "busy"
    assert refused
    answers.wait_s = 0.0
    assert served.query(QueryRequest(SELECT, client="other")).body
    answers.waiting.set()
    for thread in threads:
        thread.join()


# What is refused


@pytest.mark.parametrize(
    "text",
    ["", "INSERT DATA { <x:a> <x:b> 1 }", "DEFINE get:soft 'replace' SELECT * {}", "{ ?s ?p ?o }",
     "PREFIX select: <x:> DROP ALL"],
)  # fmt: skip
def test_what_is_no_query_is_not_sent(store: Store, text: str) -> None:
    told, address = store
    with pytest.raises(QueryError):
        backend(address).query(QueryRequest(text))
    assert not told.asked


def test_the_form_is_told_by_the_first_word_behind_the_prologue() -> None:
    assert form_of("BASE <x:ask> PREFIX select: <x:> # ASK\n describe <a>") == "CONSTRUCT"
    assert form_of("ask{}") == "ASK"


@pytest.mark.parametrize(
    "text",
    ["ASK { SERVICE <http://10.0.0.1/> { ?s ?p ?o } }", "ASK { SERVICE ?x { ?s ?p ?o } }",
     r"ASK { \u0053ERVICE <http://10.0.0.1/> { ?s ?p ?o } }",
     "ASK { SERVICE SILENT <http://10.0.0.1/> { ?s ?p ?o } }"],
)  # fmt: skip
def test_the_store_is_not_made_to_call_others(store: Store, text: str) -> None:
    told, address = store
    with pytest.raises(QueryError, match="not allowed"):
        backend(address).query(QueryRequest(text))
    assert not told.asked
    allowed = Limits(services=("http://10.0.0.1/",))
    told.body = b'{"head":{},"boolean":true}'
    if "?x" not in text:
        backend(address, limits=allowed).query(QueryRequest(text))


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("CONSTRUCT WHERE { ?s ?p ?o }", "SELECT (1 AS ?solutionOfIt)  WHERE { ?s ?p ?o }"),
        ("construct{?s ?p [<x:a> '}']}from <x:g>{?s ?p ?o}",
         "SELECT (1 AS ?solutionOfIt) from <x:g>{?s ?p ?o}"),
        ("PREFIX describe: <x:> DESCRIBE ?s <x:a> { ?s ?p ?o } LIMIT 3",
         "PREFIX describe: <x:> SELECT (1 AS ?solutionOfIt) { ?s ?p ?o } LIMIT 3"),
        ("DESCRIBE <x:where>", None),
    ],
)  # fmt: skip
def test_the_solutions_behind_a_graph_can_be_counted(text: str, rows: str | None) -> None:
    assert as_rows(text) == rows


def test_proofs_are_refused(store: Store) -> None:
    with pytest.raises(UnsupportedError, match="not their proofs"):
        backend(store[1]).prove(ProofRequest(("<x:a>", "<x:b>", "<x:c>")))


def test_other_graphs_names_are_refused(store: Store) -> None:
    with pytest.raises(UnsupportedError, match="same-as"):
        backend(store[1]).query(QueryRequest(SELECT, same_as=True))


def test_files_of_another_state_are_not_made(store: Store) -> None:
    with pytest.raises(ConflictError):
        backend(store[1]).dump(DumpRequest("/nowhere", ("asserted.nq",), "1"))


def test_backups_are_the_stores_affair(store: Store) -> None:
    with pytest.raises(SettingError):
        backend(store[1]).backup("/nowhere")


def test_changes_are_refused_while_the_store_has_what_follows(store: Store) -> None:
    told, address = store
    served = backend(address, writes=True)
    with pytest.raises(UnsupportedError, match="what follows") as caught:
        served.update(UpdateRequest("INSERT DATA { GRAPH <x:g> { <x:a> <x:b> 1 } }"))
    assert "--asserted" in str(caught.value.hint)
    with pytest.raises(UnsupportedError, match="what follows"):
        served.write_graph(GraphWrite("put", "x:g", b"", "text/turtle"))
    assert {asked[1] for asked in told.asked} == {"/query"}


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        (UpdateRequest("LOAD <http://10.0.0.1/>"), QueryError),
        (UpdateRequest(r"L\u004FAD <http://10.0.0.1/>"), QueryError),
        (UpdateRequest("INSERT {} WHERE { SERVICE <http://10.0.0.1/> {} }"), QueryError),
        (UpdateRequest("CLEAR ALL", may_write=("x:east",)), ForbiddenError),
        (UpdateRequest("CLEAR ALL", using_graphs=("x:east",)), UnsupportedError),
        (GraphWrite("patch", "x:east", b"CLEAR ALL"), UnsupportedError),
        (GraphWrite("put", "x:east", b"", "text/turtle", if_match="1-1"), UnsupportedError),
        (GraphWrite("put", "x:none", b"", "text/turtle", if_match="*"), ConflictError),
        (GraphWrite("put", "x:east", b"", "text/turtle", may_write=("x:east",)), ForbiddenError),
        (GraphWrite("put", "x:east", b"<x:a", "text/turtle"), EtownError),
        (GraphWrite("delete", "x:none"), NoGraphError),
    ],
)
def test_a_change_that_cannot_be_kept_to_its_terms_is_refused(
    store: Store, request_: UpdateRequest | GraphWrite, kind: type[EtownError]
) -> None:
    told, address = store
    told.graphs = ("x:east",)
    served = backend(address, writes=True)
    change = served.update if isinstance(request_, UpdateRequest) else served.write_graph
    with pytest.raises(kind):
        change(request_)  # type: ignore[arg-type]
    assert {asked[1] for asked in told.asked} <= {"/query"}


def test_without_an_address_nothing_is_changed(store: Store) -> None:
    served = backend(store[1])
    with pytest.raises(ReadOnlyError):
        served.update(UpdateRequest("CLEAR ALL"))
    with pytest.raises(ReadOnlyError):
        served.write_graph(GraphWrite("delete", "x:east"))


# Versions


def test_a_status_is_believed_for_a_time(store: Store) -> None:
    told, address = store
    now = [1000.0]
    served = backend(address, clock=lambda: now[0])
    first = served.status()
    assert served.known_version() == first.version
    told.graphs = ("x:north",)
    now[0] += 100
    assert served.status() == first
    now[0] += 300
    assert served.known_version() is None
    assert served.status().graphs == ("x:north",)
    assert served.status().version != first.version


def test_two_processes_call_the_same_state_alike(store: Store) -> None:
    _, address = store
    assert backend(address).status().version == backend(address).status().version


@pytest.fixture(scope="module")
def real() -> Iterator[StoreAddresses]:
    with oxigraph() as addresses:
        yield addresses


@pytest.mark.parametrize("way", ["updates", "graphs", "both"])
def test_changes_are_made_and_seen(real: StoreAddresses, way: str) -> None:
    update = real.update if way != "graphs" else ""
    graphs = real.graphs if way != "updates" else ""
    served = RemoteBackend(SparqlStore(Addresses(real.query, update, graphs)))
    version = served.status().version
    body = b'<a> <x:b> "1", [ <x:c> <../d> ] .'
    served.write_graph(GraphWrite("put", "http://zoo.example/g/", body, "text/turtle"))
    assert served.status().version != version
    assert served.status().asserted == 3
    asked = QueryRequest("ASK { GRAPH ?g { <http://zoo.example/g/a> <x:b>/<x:c> ?d } }")
    assert b"true" in served.query(asked).body
    served.write_graph(
        GraphWrite("post", "http://zoo.example/g/", b"<x:a> <x:b> 2 .", "text/turtle")
    )
    assert served.status().asserted == 4
    served.write_graph(
        GraphWrite("put", "http://zoo.example/g/", b"<x:a> <x:b> 3 .", "text/turtle")
    )
    assert served.status().asserted == 1
    if update:
        served.update(UpdateRequest("INSERT DATA { GRAPH <x:h> { <a> <x:b> 3 } }", base="x:base/"))
        assert served.status().graphs == ("http://zoo.example/g/", "x:h")
        served.write_graph(GraphWrite("delete", "x:h"))
    served.write_graph(GraphWrite("delete", "http://zoo.example/g/"))
    assert served.status().graphs == ()
    assert [change.version for change in served.versions()] == list(
        range(1, len(served.versions()) + 1)
    )


def test_an_empty_answer_is_explained(real: StoreAddresses) -> None:
    served = RemoteBackend(SparqlStore(Addresses(real.query, real.update)))
    served.update(UpdateRequest("INSERT DATA { GRAPH <x:g> { <x:a> <x:b> 1 } }"))
    asked = QueryRequest("SELECT * { ?s <x:b> ?o ; <x:nope> ?n }", explain_empty=True)
    diagnosis = served.query(asked).diagnosis
    assert diagnosis is not None
    assert "x:nope" in str(diagnosis)
    served.write_graph(GraphWrite("delete", "x:g"))


@pytest.mark.parametrize(
    "contradiction",
    [{"location": Path("/x")}, {"ephemeral_updates": True}, {"validate_updates": True},
     {"private": ("all",)}],
)  # fmt: skip
def test_settings_that_need_the_graph_are_refused(contradiction: dict[str, object]) -> None:
    with pytest.raises(SettingError, match="not with a backend"):
        Settings(backend="http://127.0.0.1/", **contradiction)  # type: ignore[arg-type]
    assert limits_of(Settings(backend="http://127.0.0.1/"))
