"""The quick way through the server: the same responses as the ordinary way, and never stale."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, parse
from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser

from etown_kg.backend import QueryRequest
from etown_kg.backend.client import ProcessBackend, start
from etown_kg.backend.limits import MIB, Limits
from etown_kg.cli import express_lane, web_server
from etown_kg.config import Settings
from etown_kg.graph import KnowledgeGraph
from etown_kg.web import create_app
from etown_kg.web.answers import Answer, Answers
from etown_kg.web.conditional import entity_tag, is_repeatable
from etown_kg.web.express import EXTENSION, Express, sole_query
from etown_kg.web.limits import RequestLimits
from etown_kg.web.message import Message, read_message
from etown_kg.web.protocol import read_query
from tests.web import writers
from tests.web.serving import serving

BASE = "http://zoo.example/"
ZOO = "@prefix : <http://zoo.example/> . GRAPH :east { :robin :weight 0.02 } GRAPH :west {\n" + (
    "\n".join(f':eel{n} :weight {n} ; :name "鳗 {n}"@zh .' for n in range(200)) + "}"
)
LIMITS = Limits(query_s=1.0, longest_s=1.0, memory_bytes=256 * MIB, answer_bytes=2 * MIB)
ALL = "SELECT ?s ?p ?o { ?s ?p ?o }"
# Evaluated for longer than anything quick, and stopped at the limit.
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


class Server(NamedTuple):
    """A server over a zoo of its own."""

    host: str
    port: int
    express: Express
    backend: ProcessBackend


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("zoo")
    backend = start(partial(KnowledgeGraph, list(parse(ZOO, RdfFormat.TRIG)), base=BASE), LIMITS)
    try:
        settings = Settings(ontology=folder, data=folder, base=BASE)
        app = create_app(settings, backend, find_token=writers.find_token, limits=LIMITS)
        with pytest.MonkeyPatch.context() as patch, serving(app) as address:
            # On a busy machine too a quick query is to go the quick way.
            patch.setattr(express_lane, "PATIENCE_S", 5.0)
            parts = urlsplit(address)
            assert parts.hostname is not None
            assert parts.port is not None
            yield Server(parts.hostname, parts.port, app.extensions[EXTENSION], backend)
    finally:
        backend.close()


class Reply(NamedTuple):
    """A response without what differs each time."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(
    server: Server, method: str, target: str, headers: dict[str, str], body: str | None = None
) -> Reply:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=30)
    try:
        connection.putrequest(
            method, target, skip_host="Host" in headers, skip_accept_encoding=True
        )
        sent = body.encode() if body is not None else None
        lengths = {"Content-Length": str(len(sent))} if sent is not None else {}
        for name, value in {**headers, **lengths}.items():
            connection.putheader(name, value)
        connection.endheaders(sent)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        assert found.pop("date")
        assert found.pop("x-request-id")
        return Reply(response.status, found, response.read())
    finally:
        connection.close()


def by_get(query: str, **more: str) -> str:
    return "/sparql?" + urlencode({"query": query, **more})


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GZIP = {"Accept-Encoding": "gzip, deflate"}
# name: method, target, headers, body, whether it is one for the quick way
REQUESTS: dict[str, tuple[str, str, dict[str, str], str | None, bool]] = {
    "get": ("GET", by_get(ALL), {}, None, True),
    "slash": ("GET", by_get(ALL).replace("?", "/?", 1), {}, None, True),
    "accept": ("GET", by_get(ALL), {"Accept": "text/csv, */*;q=0.1"}, None, True),
    "format": ("GET", by_get(ALL, format="xml"), {"Accept": "text/csv"}, None, True),
    "gzip": ("GET", by_get(ALL), GZIP, None, True),
    "no gzip": ("GET", by_get(ALL), {"Accept-Encoding": "gzip;q=0"}, None, True),
    "short gzip": ("GET", by_get("ASK {}"), GZIP, None, True),
    "ask": ("GET", by_get("ASK {}"), {"Host": "LOCALHOST:80"}, None, True),
    "browser": ("GET", by_get("ASK {}"), {"Cookie": "a=b", "Sec-Fetch-Mode": "cors"}, None, True),
    "construct": ("GET", by_get("CONSTRUCT WHERE { ?s ?p ?o }"), GZIP, None, True),
    "describe": ("GET", by_get("DESCRIBE <http://zoo.example/robin>"), {}, None, True),
    "infer": ("GET", by_get(ALL, infer="false"), {}, None, True),
    "dataset": ("GET", by_get(ALL, **{"default-graph-uri": BASE + "east"}), {}, None, True),
    "base": ("GET", by_get("SELECT (<x> AS ?y) {}"), {"Host": "[::1]:8000"}, None, True),
    "now": ("GET", by_get("SELECT (YEAR(NOW()) > 2000 AS ?y) {}"), GZIP, None, True),
    "none": ("GET", by_get("SELECT * { <x:a> ?p ?o }"), {}, None, True),
    "timeout": ("GET", by_get("ASK {}", timeout="0.5"), {}, None, True),
    "chinese": ("GET", by_get('SELECT ?s { ?s ?p "鳗 7"@zh }'), {}, None, True),
    "form": ("POST", "/sparql", FORM, urlencode({"query": ALL}), True),
    "text": ("POST", "/sparql", {"Content-Type": "application/sparql-query"}, ALL, True),
    "other tag": ("GET", by_get(ALL), {"If-None-Match": '"x", W/"y"'}, None, True),
    "broken tag": ("GET", by_get(ALL), {"If-None-Match": "x"}, None, False),
    "syntax": ("GET", by_get("SELECT"), {}, None, True),
    "unacceptable": ("GET", by_get(ALL), {"Accept": "image/png"}, None, True),
    "deep": ("GET", by_get("ASK { FILTER(" + "(" * 500 + "1" + ")" * 500 + ") }"), {}, None, True),
    "runaway": ("GET", by_get(RUNAWAY, timeout="0.3"), {}, None, True),
    "large": ("GET", by_get("SELECT * { ?s ?p ?o . ?t ?q ?r } LIMIT 3000"), GZIP, None, True),
    "too large": ("GET", by_get("SELECT * { ?s ?p ?o . ?t ?q ?r }"), {}, None, True),
    "head": ("HEAD", by_get(ALL), {}, None, False),
    "options": ("OPTIONS", by_get(ALL), {}, None, False),
    "update": ("GET", "/sparql?update=CLEAR%20ALL", {}, None, False),
    "two": ("GET", by_get("ASK {}") + "&query=ASK", {}, None, False),
    "not utf-8": ("GET", "/sparql?query=%FF", {}, None, False),
    "description": ("GET", "/sparql", {"Accept": "text/turtle"}, None, False),
    "explained": ("GET", by_get("ASK {}", **{"explain-empty": "true"}), {}, None, False),
    "safe": ("GET", by_get(ALL, **{"csv-safe": "true", "format": "csv"}), {}, None, False),
    "put": ("PUT", "/sparql", FORM, urlencode({"query": ALL}), False),
    "token": ("GET", by_get(ALL), {"Authorization": f"Bearer {writers.SECRET}"}, None, False),
    "elsewhere": ("GET", "/sparqlx?query=ASK%7B%7D", {}, None, False),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_both_ways_lead_to_the_same_response(server: Server, name: str) -> None:
    method, target, headers, body, is_quick = REQUESTS[name]
    ordinary = ask(server, method, target, {**headers, "X-Ordinary": "1"}, body)
    before = server.express.answered
    quick = [ask(server, method, target, headers, body) for _ in range(3)]
    assert all(reply == ordinary for reply in quick)
    is_good = ordinary.status == 200 and name != "large"
    assert server.express.answered - before == (3 if is_quick and is_good else 0)


@pytest.mark.parametrize("headers", [{}, GZIP], ids=["plain", "gzip"])
def test_who_has_the_answer_is_told_so_both_ways(server: Server, headers: dict[str, str]) -> None:
    tag = ask(server, "GET", by_get(ALL), headers).headers["etag"]
    held = {**headers, "If-None-Match": tag}
    ordinary = ask(server, "GET", by_get(ALL), {**held, "X-Ordinary": "1"})
    assert ordinary.status == 304
    assert ordinary.headers.pop("connection") == "close"  # waitress misses a Content-Length
    before = server.express.answered
    quick = ask(server, "GET", by_get(ALL), held)
    assert quick.headers == ordinary.headers
    assert quick == ordinary
    assert server.express.answered == before + 1


def test_an_answer_is_never_older_than_the_last_change(server: Server) -> None:
    question = by_get("SELECT (COUNT(*) AS ?n) { ?s <x:changes> ?o }")

    def count() -> int:
        reply = ask(server, "GET", question, {})
        return int(json.loads(reply.body)["results"]["bindings"][0]["n"]["value"])

    for number in range(5):
        assert [count(), count()] == [number, number]
        change = f"INSERT DATA {{ GRAPH <x:g> {{ <x:s> <x:changes> {number} }} }}"
        headers = {"Content-Type": "application/sparql-update", **writers.bearer(writers.SECRET)}
        connection = http.client.HTTPConnection(server.host, server.port, timeout=30)
        connection.request("POST", "/update", change, headers)
        assert connection.getresponse().status == 204
        connection.close()


def test_requests_sent_at_once_are_answered_in_their_order(server: Server) -> None:
    queries = [f"SELECT ({n} AS ?n) {{}}" for n in range(6)] + [RUNAWAY, "ASK {}"]
    ways = ["", "X-Ordinary: 1\r\n"] * 4
    sent = "".join(
        f"GET {by_get(query, format='csv')} HTTP/1.1\r\nHost: a\r\n{way}\r\n"
        for query, way in zip(queries, ways, strict=True)
    )
    with socket.create_connection((server.host, server.port), timeout=30) as connection:
        connection.sendall(sent.encode())
        found = b""
        while found.count(b"HTTP/1.1 ") < len(queries) or b"boolean" not in found:
            piece = connection.recv(65536)
            assert piece, found
            found += piece
    statuses = [int(part[:3]) for part in found.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [200] * 6 + [503, 200]
    assert [b"\r\n%d\r\n" % n in part for n, part in enumerate(found.split(b"HTTP/1.1 ")[1:7])]


@pytest.mark.parametrize("cut", [1, 60, 84, 110, 111, 114])
def test_a_request_that_comes_in_two_pieces_is_answered(server: Server, cut: int) -> None:
    head = "POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\n"
    whole = f"{head}Content-Length: 6\r\nAccept: text/csv\r\n\r\nASK {{}}".encode()
    with socket.create_connection((server.host, server.port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(whole[:cut])
        time.sleep(0.05)
        connection.sendall(whole[cut:])
        found = b""
        while b"boolean" not in found:
            piece = connection.recv(65536)
            assert piece, found
            found += piece
    assert found.startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_query_that_is_not_quick_goes_on_the_ordinary_way(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(express_lane, "PATIENCE_S", 0.0)
    before = server.express.answered
    started = time.monotonic()
    # Begun on the one way, answered on the other.
    pairs = (
        "SELECT (COUNT(*) AS ?n) { ?a ?weight ?b . ?c ?weight ?d VALUES ?weight { <%sweight> } }"
    )
    reply = ask(server, "GET", by_get(pairs % BASE), {})
    assert reply.status == 200
    assert json.loads(reply.body)["results"]["bindings"][0]["n"]["value"] == str(201**2)
    reply = ask(server, "GET", by_get(RUNAWAY, timeout="0.4"), {})
    assert reply.status == 503
    assert time.monotonic() - started >= 0.4
    assert server.express.answered == before


def test_who_leaves_on_the_way_takes_no_place_with_him(server: Server) -> None:
    for _ in range(3 * LIMITS.places):
        with socket.create_connection((server.host, server.port)) as connection:
            connection.sendall(f"GET {by_get(RUNAWAY)} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    end = time.monotonic() + 10
    while server.backend.at_work() and time.monotonic() < end:
        time.sleep(0.05)
    assert server.backend.at_work() == 0
    assert ask(server, "GET", by_get("ASK {}"), {}).status == 200


def test_a_fault_in_sending_ends_one_connection_alone(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = f"GET {by_get('ASK {}')} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    with monkeypatch.context() as patched:
        patched.setattr(web_server._Channel, "send_off", lambda *_: 1 / 0)
        with socket.create_connection((server.host, server.port)) as connection:
            connection.settimeout(20)
            connection.sendall(request)
            assert connection.recv(4096) == b""
    with socket.create_connection((server.host, server.port)) as connection:
        connection.sendall(request)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_client_counts_once_whichever_way_it_goes(tmp_path: Path) -> None:
    backend = start(partial(KnowledgeGraph, list(parse(ZOO, RdfFormat.TRIG)), base=BASE), LIMITS)
    try:
        settings = Settings(ontology=tmp_path, data=tmp_path, base=BASE, requests_per_minute=6)
        app = create_app(settings, backend, limits=LIMITS)
        with serving(app) as address:
            parts = urlsplit(address)
            host, port = str(parts.hostname), int(parts.port or 0)
            limited = Server(host, port, app.extensions[EXTENSION], backend)
            statuses = [
                ask(limited, "GET", by_get(query), {}).status
                for query in ("ASK {}", "SELECT", "ASK {}", "ASK", "ASK {}", "ASK {}", "ASK {}")
            ]
            assert statuses == [200, 400, 200, 400, 200, 200, 429]
    finally:
        backend.close()


# Messages

LINES = st.sampled_from(
    [
        "Host: a", "Host: a:80", "host:b", "Host: a b", "Host: a\tb", "Accept: text/csv", "Accept:",
        "Accept : text/csv", " folded", "User-Agent: x y", "Connection: keep-alive",
        "Connection: close", "Content-Length: 0", "Content-Length: 5", "Content-Length: +5",
        "Content-Length: 5, 5", "Transfer-Encoding: chunked", "Expect: 100-continue", "X-Other: 1",
        "Cookie: é", "If-None-Match: \"x\"", "Content-Type: application/sparql-query", "Bad\x00: 1",
    ]
)  # fmt: skip
FIRST = st.sampled_from(
    [
        "GET /sparql?query=ASK HTTP/1.1", "POST /sparql HTTP/1.1", "GET /sparql HTTP/1.0",
        "GET  /sparql HTTP/1.1", "GET http://a/sparql HTTP/1.1", "HEAD /sparql HTTP/1.1",
        "GET /sparql?a#b HTTP/1.1", "GET /sp%61rql?%zz HTTP/1.1", "GET //sparql?x HTTP/1.1",
        "GET /sparql?x=é HTTP/1.1", "get /sparql HTTP/1.1", "GET /sparql?a?b HTTP/1.1",
    ]
)  # fmt: skip
BODIES = st.sampled_from([b"", b"ASK{}", b"ASK{}x", b"GET / HTTP/1.1\r\n\r\n"])
ENDS = st.sampled_from(["\r\n", "\r\n", "\r\n", "\n", "\r"])


@given(FIRST, st.lists(LINES, max_size=4), BODIES, ENDS)
def test_a_message_is_read_as_the_server_reads_it(
    first: str, lines: list[str], body: bytes, end: str
) -> None:
    received = end.join([first, *lines, "", ""]).encode() + body
    message = read_message(received)
    if message is None:
        return
    parser: Any = HTTPRequestParser(Adjustments())
    assert parser.received(received) == len(received)
    assert parser.completed
    assert parser.error is None
    assert parser.command == message.method
    assert (parser.path, parser.query) == (message.path, message.query_string.decode())
    expected = {name.lower().replace("_", "-"): value for name, value in parser.headers.items()}
    assert expected == message.headers
    assert parser.get_body_stream().read() == message.body


@pytest.mark.parametrize("cut", range(1, 70))
def test_half_a_message_is_left_to_the_server(cut: int) -> None:
    whole = b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nASK{}"
    assert read_message(whole) is not None
    assert cut >= len(whole) or read_message(whole[:cut]) is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ASK {}", True),
        ("ASK { ?s ?p 'NOW' }", True),
        ("ASK { ?s <x:uuid> ?o } # rand", True),
        ("SELECT (now() AS ?n) {}", False),
        ("SELECT (\\u006eow() AS ?n) {}", False),
        ("SELECT (STRUUID() AS ?n) {}", False),
    ],
)
def test_what_changes_by_itself_is_not_kept(query: str, expected: bool) -> None:
    assert is_repeatable(query) is expected


# Answers


def test_answers_go_when_there_is_no_room_and_when_there_is_a_newer_version() -> None:
    answers = Answers(20_000)
    kept = [entity_tag("v-1", n) for n in range(30)]
    for tag in kept:
        answers.keep(tag, Answer("text/csv", b"x" * 1500))
        assert answers.size <= 20_000
    assert answers.get(kept[0]) is None
    assert answers.get(kept[-1]) == Answer("text/csv", b"x" * 1500)
    answers.keep(kept[-1], Answer("text/csv", b"x" * 1500, gzip.compress(b"x" * 1500)))
    assert (found := answers.get(kept[-1])) is not None
    assert found.packed is not None
    answers.keep(entity_tag("v-1", "long"), Answer("text/csv", b"x" * 2501))
    assert answers.get(entity_tag("v-1", "long")) is None
    answers.keep(entity_tag("v-2", 0), Answer("text/csv", b""))
    assert len(answers) == 1
    assert answers.size == Answer("text/csv", b"").size


def test_without_room_nothing_is_kept() -> None:
    answers = Answers(0)
    answers.keep(entity_tag("v-1", 0), Answer("text/csv", b""))
    assert len(answers) == 0


@given(
    st.lists(
        st.sampled_from(
            ["query=", "a", "4", "+", "%20", "%0A", "%3d", "%e9", "%C3%A9", "&", ";", "=", "%", "?"]
        )
    )
)
def test_a_sole_query_is_read_as_any_other(parts: list[str]) -> None:
    encoded = "".join(["query=", *parts]).encode()
    message = Message("GET", "/sparql", encoded, {"host": "a"}, b"")
    text = sole_query(message, RequestLimits())
    if text is not None:
        asked = read_query("GET", encoded)
        assert isinstance(asked, QueryRequest)
        assert asked.text == text


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20))
def test_the_text_of_a_query_arrives_as_it_was_sent(text: str) -> None:
    express = Express(
        None, RequestLimits(), 1.0, metrics=None, log=None, rate=None, cache_bytes=0,  # type: ignore[arg-type]  # only its reading is used
    )  # fmt: skip
    received = f"GET /sparql?query={quote(text)} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    question = express.read(received)
    assert question is not None
    assert question.asked.text == text
    assert question.asked.base == "http://a/sparql"
