"""SERVICE and LOAD over real HTTP: a whole server of ours, and others that behave in many ways."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store

from etown_kg.addresses import Place, locate
from etown_kg.backend.client import start
from etown_kg.backend.limits import Limits
from etown_kg.config import Settings
from etown_kg.errors import QueryError, RemoteError
from etown_kg.graph import KnowledgeGraph
from etown_kg.remote import Bounds, fetch
from etown_kg.web import create_app
from tests.web import writers
from tests.web.serving import serving

RESULTS = "application/sparql-results+json"
ONE = b'{"head":{"vars":["o"]},"results":{"bindings":[{"o":{"type":"literal","value":"one"}}]}}'
RESULTS_XML = "application/sparql-results+xml"
XML_ROWS = (
    b'<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head><variable name="o"/></head>'
    b'<results><result><binding name="o"><uri>x:a</uri></binding></result></results></sparql>'
)
TURTLE = b"<x:a> <x:b> <c> ."
BOUNDS = Bounds(seconds=1.0, size_bytes=1 << 20)


@dataclass
class Stranger:
    """A server of somebody else; it remembers what it was asked."""

    port: int = 0
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)

    def at(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}/{path}"


def behaviour(stranger: Stranger) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            stranger.asked.append((self.command, self.path, self.rfile.read(length)))
            getattr(self, self.path.strip("/").partition(".")[0])()

        do_GET = do_POST = answer  # noqa: N815  # the names are http.server's

        def send(self, content_type: str, body: bytes, status: int = 200, **headers: str) -> None:
            self.send_response(status)
            sent = {"Content-Type": content_type, "Content-Length": str(len(body))}
            sent |= {name.replace("_", "-"): value for name, value in headers.items()}
            for name, value in sent.items():
                if value:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def good(self) -> None:
            self.send(RESULTS, ONE)

        def unlisted(self) -> None:
            self.send(RESULTS, ONE)

        def leads_inside(self) -> None:
            self.send("", b"", 302, Location=stranger.at("unlisted"))

        def failing(self) -> None:
            self.send("text/plain", b"the table is locked", 500)

        def html(self) -> None:
            self.send("text/html", b"<html>")

        def nonsense(self) -> None:
            self.send(RESULTS, b'{"head":')

        def bad_term(self) -> None:
            self.send(RESULTS, ONE.replace(b'"literal"', b'"zz"'))

        def cut_in_the_midst(self) -> None:
            self.send(RESULTS, ONE[:-3])

        def bad_iri(self) -> None:
            self.send(RESULTS, ONE.replace(b'"literal","value":"one"', b'"uri","value":"a b"'))

        def truth(self) -> None:
            self.send(RESULTS, b'{"head":{},"boolean":true}')

        def whole_xml(self) -> None:
            self.send(RESULTS_XML, XML_ROWS)

        def cut_xml(self) -> None:
            self.send(RESULTS_XML, XML_ROWS.partition(b"</results>")[0])

        def entities(self) -> None:
            kind = b'<!DOCTYPE s [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>'
            self.send(RESULTS_XML, kind + XML_ROWS.replace(b"x:a", b"&c;"))

        def slow(self) -> None:
            self.send_response(200)
            self.end_headers()
            for _ in range(60):
                self.wfile.write(b" ")
                time.sleep(0.2)

        def endless(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", RESULTS)
            self.end_headers()
            for _ in range(100):
                self.wfile.write(b" " * 65536)

        def cut(self) -> None:
            self.send(RESULTS, ONE, Content_Length="5000")
            self.close_connection = True

        def packed(self) -> None:
            self.send(RESULTS, ONE, Content_Encoding="gzip")

        def turtle(self) -> None:
            self.send("text/turtle; charset=utf-8", TURTLE)

        def file(self) -> None:
            self.send("text/plain", TURTLE)

        def xml(self) -> None:
            rdf = (
                b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
                b'<rdf:Description rdf:about="x:a"><y:b xmlns:y="x:" rdf:resource="x:c"/>'
                b"</rdf:Description></rdf:RDF>"
            )
            self.send("application/rdf+xml", rdf)

        def leads_on(self) -> None:
            self.send("", b"", 303, Location="turtle")

        def leads_away(self) -> None:
            self.send("", b"", 301, Location="http://169.254.169.254/latest/meta-data")

        def leads_nowhere(self) -> None:
            self.send("", b"", 302, Location="leads_nowhere")

        def leads_to_a_file(self) -> None:
            self.send("", b"", 302, Location="file:///etc/passwd")

        def leads_to_junk(self) -> None:
            self.send("", b"", 302, Location="http://[::1")

        def broken(self) -> None:
            self.send("text/turtle", b"<x:a> <x:b> ]")

        def context(self) -> None:
            body = json.dumps({"@context": stranger.at("unlisted"), "@id": "x:a", "b": 1})
            self.send("application/ld+json", body.encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture(scope="module")
def stranger() -> Iterator[Stranger]:
    found = Stranger()
    server = ThreadingHTTPServer(("127.0.0.1", 0), behaviour(found))
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


SERVICES = (
    "good", "leads_inside", "failing", "html", "nonsense", "slow", "endless", "cut", "packed",
    "bad_term", "cut_in_the_midst", "bad_iri", "truth", "whole_xml", "cut_xml", "entities",
)  # fmt: skip


def zoo() -> KnowledgeGraph:
    graph = NamedNode("x:g")
    return KnowledgeGraph([Quad(NamedNode("x:s"), NamedNode("x:p"), Literal("one"), graph)])


@pytest.fixture(scope="module")
def address(stranger: Stranger, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of ours that may call some of the stranger's addresses."""
    folder = tmp_path_factory.mktemp("remote")
    settings = Settings(ontology=folder, data=folder)
    limits = Limits(
        query_s=20,
        services=(
            *map(stranger.at, SERVICES),
            stranger.at("good", "localhost"),
            "http://nowhere.invalid/sparql",
        ),
        load_hosts=(f"127.0.0.1:{stranger.port}",),
        remote=BOUNDS,
    )
    backend = start(zoo, limits)
    try:
        app = create_app(settings, backend, find_token=writers.find_token, limits=limits)
        with serving(app) as served:
            yield served
    finally:
        backend.close()


def send(address: str, path: str, text: str, content_type: str) -> tuple[int, Any]:
    """The status and the JSON of an answer to a POST."""
    headers = {"Content-Type": content_type, **writers.bearer(writers.SECRET)}
    request = urllib.request.Request(address + path, text.encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            body = response.read()
            return response.status, json.loads(body) if body else None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def ask(address: str, query: str) -> tuple[int, Any]:
    return send(address, "/sparql", query, "application/sparql-query")


def update(address: str, text: str) -> tuple[int, Any]:
    return send(address, "/update", text, "application/sparql-update")


def values(answer: Any) -> list[str]:
    return [row["o"]["value"] if "o" in row else "" for row in answer["results"]["bindings"]]


@pytest.mark.parametrize("silent", ["", "SILENT "])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_allowed_service_is_called(
    address: str, stranger: Stranger, host: str, silent: str
) -> None:
    query = f"SELECT ?o {{ ?s ?p ?o SERVICE {silent}<{stranger.at('good', host)}> {{ ?a ?b ?o }} }}"
    status, answer = ask(address, query)
    assert (status, values(answer)) == (200, ["one"])
    method, path, body = stranger.asked[-1]
    assert (method, path) == ("POST", "/good")
    assert b"SELECT" in body


def test_results_in_xml_are_read(address: str, stranger: Stranger) -> None:
    query = f"SELECT ?o {{ SERVICE <{stranger.at('whole_xml')}> {{ ?a ?b ?o }} }}"
    status, answer = ask(address, query)
    assert (status, values(answer)) == (200, ["x:a"])


def test_every_query_form_may_call(address: str, stranger: Stranger) -> None:
    call = f"SERVICE <{stranger.at('good')}> {{ ?a ?b ?o }}"
    before = len(stranger.asked)
    assert ask(address, f"ASK {{ {call} }}") == (200, {"head": {}, "boolean": True})
    prefixed = f"PREFIX s: <{stranger.at('')}> SELECT ?o {{ SERVICE s:good {{ ?a ?b ?o }} }}"
    assert values(ask(address, prefixed)[1]) == ["one"]
    # This one is rewritten, and read twice: the server is asked once all the same.
    grouped = f"ASK {{ {{ SELECT (GROUP_CONCAT(?o) AS ?g) {{ {call} }} }} FILTER(?g = 'one') }}"
    assert ask(address, grouped) == (200, {"head": {}, "boolean": True})
    assert len(stranger.asked) == before + 3


def test_a_service_within_a_service_is_the_others_affair(address: str, stranger: Stranger) -> None:
    good = stranger.at("good")
    query = f"SELECT ?o {{ SERVICE <{good}> {{ ?a ?b ?o SERVICE <{good}> {{ ?x ?y ?z }} }} }}"
    before = len(stranger.asked)
    assert values(ask(address, query)[1]) == ["one"]
    assert len(stranger.asked) == before + 1
    assert f"SERVICE <{good}>".encode() in stranger.asked[-1][2]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("leads_inside", "redirects are not followed"),
        ("failing", "500: the table is locked"),
        ("html", "text/html, not SPARQL results"),
        ("slow", "within 1 s"),
        ("endless", "larger than 1 MiB"),
        ("cut", "too soon"),
        ("packed", "packed as gzip"),
        ("nonsense", "cannot be read"),
        ("bad_term", "cannot be read"),
        ("cut_in_the_midst", "cannot be read"),
        ("bad_iri", "cannot be read"),
        ("truth", "a truth value"),
        ("cut_xml", "before what was begun in it does"),
        ("entities", "other entities"),
    ],
)
def test_a_server_that_fails_is_named(
    address: str, stranger: Stranger, path: str, problem: str
) -> None:
    before = len(stranger.asked)
    call = f"<{stranger.at(path)}> {{ ?a ?b ?o }}"
    status, answer = ask(address, f"SELECT ?o {{ SERVICE {call} }}")
    assert status == 502
    assert answer["type"].endswith("/problem/remote")
    assert answer["detail"].startswith(stranger.at(path))
    assert problem in answer["detail"]
    status, answer = ask(address, f"SELECT ?o {{ SERVICE SILENT {call} }}")
    assert (status, values(answer)) == (200, [""])
    assert [asked[1] for asked in stranger.asked[before:]] == [f"/{path}"] * 2


@pytest.mark.parametrize(
    ("query", "line", "column"),
    [
        ("ASK {{\n SERVICE <{unlisted}> {{ ?a ?b ?o }} }}", 2, 10),
        ("ASK {{ SERVICE <{good}> {{}} SERVICE <{unlisted}> {{}} }}", 1, None),
        ("ASK {{ SERVICE <{good}/> {{ ?a ?b ?o }} }}", 1, 15),
        ("ASK {{ BIND(<{good}> AS ?x) SERVICE ?x {{ ?a ?b ?o }} }}", 1, None),
        ("ASK {{ SERVICE <{good}> {{ ?a ?b ?o SERVICE <{unlisted}> {{ ?x ?y ?z }} }} }}", 1, None),
    ],
)
def test_who_is_not_on_the_list_is_refused_with_what_to_do(
    address: str, stranger: Stranger, query: str, line: int, column: int | None
) -> None:
    before = len(stranger.asked)
    text = query.format(good=stranger.at("good"), unlisted=stranger.at("unlisted"))
    status, answer = ask(address, text)
    assert (status, answer["line"]) == (400, line)
    assert column in (None, answer["column"])
    assert "is not allowed: this endpoint calls only" in answer["detail"]
    assert "--allow-service" in answer["hint"]
    assert len(stranger.asked) == before


def test_an_escaped_call_is_seen(address: str, stranger: Stranger) -> None:
    before = len(stranger.asked)
    good, unlisted = stranger.at("good"), stranger.at("unlisted")
    text = rf"ASK {{ SERVICE SILENT <{good}> {{}} \u0053ERVICE <{unlisted}> {{ ?a ?b ?o }} }}"
    status, answer = ask(address, text)
    assert status == 400
    assert "escapes" in answer["detail"]
    assert len(stranger.asked) == before
    harmless = rf"SELECT ?o {{ SERVICE <{good}> {{ ?a ?b ?o }} FILTER(?o = '\u006Fne') }}"
    assert values(ask(address, harmless)[1]) == ["one"]


def test_a_syntax_error_behind_a_call_is_placed(address: str, stranger: Stranger) -> None:
    text = f"SELECT ?o {{ SERVICE <{stranger.at('good')}> {{ ?a ?b ?o }} FILTR }}"
    with pytest.raises(SyntaxError, match=r"error at 1:\d+") as caught:
        Store().query(text)
    column = int(str(caught.value).split(":")[1])
    status, answer = ask(address, text)
    assert (status, answer["line"], answer["column"]) == (400, 1, column)


def test_a_name_that_leads_nowhere(address: str) -> None:
    call = "<http://nowhere.invalid/sparql> { ?a ?b ?o }"
    assert ask(address, f"ASK {{ SERVICE {call} }}")[0] == 400
    assert ask(address, f"ASK {{ SERVICE SILENT {call} }}")[1]["boolean"] is True


def test_an_update_may_call_too(address: str, stranger: Stranger) -> None:
    call = f"SERVICE <{stranger.at('good')}> {{ ?a ?b ?o }}"
    text = f"INSERT {{ GRAPH <x:called> {{ <x:a> <x:b> ?o }} }} WHERE {{ {call} }}"
    assert update(address, text)[0] == 204
    assert ask(address, "ASK { GRAPH <x:called> { <x:a> <x:b> 'one' } }")[1]["boolean"] is True
    status, answer = update(address, text.replace("/good", "/failing"))
    assert (status, answer["type"][-7:]) == (502, "/remote")
    assert update(address, text.replace("/good", "/unlisted"))[0] == 400


def test_a_name_is_resolved_once_and_that_address_is_asked(stranger: Stranger) -> None:
    answers = [["9.9.9.9"], ["127.0.0.1"]]
    found = locate("http://query.example.org/sparql", resolver=lambda *_: answers.pop(0))
    assert found.addresses == ("9.9.9.9",)
    assert len(answers) == 1
    # The name does not exist: whoever resolved it would fail.
    place = Place("x:", "http", "nowhere.invalid", stranger.port, ("127.0.0.1",), "/good")
    reply = fetch(place, BOUNDS, method="POST", headers={}, body=b"")
    assert (reply.status, reply.body) == (200, ONE)


def test_the_next_address_of_a_name_is_tried(stranger: Stranger) -> None:
    addresses = ("::1", "127.0.0.1")
    place = Place("x:", "http", "two.invalid", stranger.port, addresses, "/good")
    assert fetch(place, BOUNDS, headers={}).body == ONE


def test_who_does_not_answer_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:  # the system accepts, nobody reads
        place = Place("x:", "http", "a.invalid", listener.getsockname()[1], ("127.0.0.1",), "/")
        began = time.monotonic()
        with pytest.raises(RemoteError, match=r"0\.2 s"):
            fetch(place, Bounds(seconds=0.2), headers={})
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("path", ["turtle", "xml", "file.ttl", "leads_on"])
@pytest.mark.parametrize("into", ["", " INTO GRAPH <x:loaded>"])
def test_a_document_is_loaded(address: str, stranger: Stranger, path: str, into: str) -> None:
    where = "GRAPH <x:loaded> { <x:a> <x:b> ?c }" if into else "<x:a> <x:b> ?c"
    assert update(address, f"LOAD <{stranger.at(path)}>{into}")[0] == 204
    assert ask(address, f"ASK {{ {where} }}")[1]["boolean"] is True
    assert update(address, "DROP SILENT GRAPH <x:loaded> ; CLEAR DEFAULT")[0] == 204


def test_relative_iris_count_from_the_document(address: str, stranger: Stranger) -> None:
    assert update(address, f"LOAD <{stranger.at('leads_on')}> INTO GRAPH <x:base>")[0] == 204
    asked = f"ASK {{ GRAPH <x:base> {{ <x:a> <x:b> <{stranger.at('c')}> }} }}"
    assert ask(address, asked)[1]["boolean"] is True


@pytest.mark.parametrize(
    ("iri", "status", "problem"),
    [
        ("{broken}", 502, "line 1"),
        ("{context}", 502, "context"),
        ("{failing}", 502, "500"),
        ("{html}", 502, "text/html"),
        ("{slow}", 502, "1 s"),
        ("{endless}", 502, "1 MiB"),
        ("{leads_away}", 400, "169.254.169.254"),
        ("{leads_to_a_file}", 400, "file:///etc/passwd"),
        ("{leads_nowhere}", 502, "5 times"),
        ("{leads_to_junk}", 502, "no address"),
        ("http://localhost:{port}/turtle", 400, "only from 127.0.0.1:"),
        ("http://127.0.0.1/turtle", 400, "only from"),
        ("http://2130706433:{port}/turtle", 400, "only from"),
        ("http://me@127.0.0.1:{port}/turtle", 400, "user"),
        ("file:///etc/passwd", 400, "no http"),
        ("ftp://127.0.0.1:{port}/turtle", 400, "no http"),
    ],
)
def test_a_document_that_is_not_to_be_had_changes_nothing(
    address: str, stranger: Stranger, iri: str, status: int, problem: str
) -> None:
    names = [line for line in dir(behaviour(stranger)) if not line.startswith("_")]
    iri = iri.format(port=stranger.port, **{name: stranger.at(name) for name in names})
    before = ask(address, "SELECT (COUNT(*) AS ?o) { GRAPH ?g { ?s ?p ?x } }")
    first = "INSERT DATA { GRAPH <x:first> { <x:a> <x:b> 1 } }"
    found, answer = update(address, f"{first} ; LOAD <{iri}> INTO GRAPH <x:failed>")
    assert found == status, answer
    assert problem in answer["detail"]
    assert ask(address, "SELECT (COUNT(*) AS ?o) { GRAPH ?g { ?s ?p ?x } }") == before
    assert update(address, f"LOAD SILENT <{iri}> INTO GRAPH <x:failed>")[0] == 204
    path = f"/graphs?graph={quote('x:failed')}"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(address + path, timeout=30)
    caught.value.close()
    assert caught.value.code == 404
    assert not [asked for asked in stranger.asked if asked[1] == "/unlisted"]


@pytest.mark.parametrize(
    ("address_of", "is_allowed"),
    [
        (lambda host, port: ["10.1.2.3"], True),
        (lambda host, port: ["10.1.2.3", "192.168.0.1"], False),
        (lambda host, port: ["11.1.2.3"], True),
        (lambda host, port: ["127.0.0.1"], False),
    ],
)
def test_a_network_inside_may_be_named(
    address_of: Callable[[str, int], list[str]], is_allowed: bool
) -> None:
    def found() -> Place:
        return locate("http://store.example/ds", ["10.0.0.0/8"], address_of)

    if is_allowed:
        assert found().host == "store.example"
    else:
        with pytest.raises(QueryError, match="inside"):
            found()


def test_the_command_takes_the_settings(tmp_path: Path) -> None:
    changed = partial(Settings().changed)
    settings = changed(allow_load="a.example b.example:8080", allow_network=("10.0.0.0/8",))
    assert settings.allow_load == ("a.example", "b.example:8080")
    for wrong in ({"allow_load": "http://a.example/"}, {"allow_network": "10.0.0.1/8"}):
        with pytest.raises(Exception, match="allow_"):
            changed(**wrong)
