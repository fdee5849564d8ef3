"""Who has sent all gets an answer; who has left gets none made: on a real server."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from etown_kg.backend import IsGone, QueryRequest, QueryResult
from etown_kg.backend.client import start
from etown_kg.backend.local import LocalBackend
from etown_kg.config import Settings
from etown_kg.errors import CancelledError
from etown_kg.graph import KnowledgeGraph
from etown_kg.web import create_app
from tests.backend.conftest import SMALL
from tests.web.serving import serving

HOST = "Host: a.example\r\n"
QUICK = f"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\n{HOST}\r\n"
SLOW = QUICK.replace("query=", "timeout=9&query=")
POST = (
    f"POST /sparql HTTP/1.1\r\n{HOST}Content-Type: application/sparql-query\r\n"
    "Content-Length: 6\r\n\r\nASK {}"
)
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"
# A client that has left is to be noticed within a second, here on a busy machine.
NOTICED_S = 1.0
SLACK_S = 2.0


class SlowBackend(LocalBackend):
    """Takes a while over a query that asks for it, and looks whether its client is there."""

    def __init__(self) -> None:
        super().__init__(KnowledgeGraph([]))
        self.work_s = 1.5
        self.begun = threading.Event()
        self.ended = threading.Event()
        self.was_cancelled = False

    def query(self, request: QueryRequest, is_gone: IsGone | None = None) -> QueryResult:
        if request.timeout_s is None:
            return super().query(request, is_gone)
        assert is_gone is not None
        self.begun.set()
        try:
            end = time.monotonic() + self.work_s
            while time.monotonic() < end:
                if is_gone():
                    self.was_cancelled = True
                    raise CancelledError("the client has left")
                time.sleep(0.05)
            return super().query(replace(request, timeout_s=None), is_gone)
        finally:
            self.ended.set()


@pytest.fixture
def backend() -> SlowBackend:
    return SlowBackend()


@pytest.fixture
def address(backend: SlowBackend, tmp_path: Path) -> Iterator[tuple[str, int]]:
    app = create_app(Settings(ontology=tmp_path, data=tmp_path), backend)
    with serving(app) as served:
        host, port = served.removeprefix("http://").split(":")
        yield host, int(port)


def exchange(address: tuple[str, int], sent: str) -> bytes:
    """All that comes back to a client that shuts its sending half down at once."""
    received = bytearray()
    with socket.create_connection(address, timeout=30) as connection:
        connection.sendall(sent.encode())
        connection.shutdown(socket.SHUT_WR)
        while piece := connection.recv(65536):
            received += piece
    return bytes(received)


@pytest.mark.parametrize(
    "sent", [QUICK, POST, QUICK.replace("1.1", "1.0")], ids=["get", "post", "http-1.0"]
)
def test_a_ready_answer_comes_without_ceremony(address: tuple[str, int], sent: str) -> None:
    received = exchange(address, sent)
    assert received.startswith((b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 200 OK\r\n"))
    assert received.endswith(b'{"head":{},"boolean":true}')


def test_an_answer_that_takes_time_comes_too(
    address: tuple[str, int], backend: SlowBackend
) -> None:
    received = exchange(address, SLOW)
    assert not backend.was_cancelled
    assert received.startswith(INTERIM + b"HTTP/1.1 200 OK\r\n")
    assert received.count(b"HTTP/1.1") == 2
    assert received.endswith(b'{"head":{},"boolean":true}')


def test_all_requests_that_were_sent_are_answered(address: tuple[str, int]) -> None:
    assert exchange(address, QUICK + POST + QUICK).count(b'"boolean":true') == 3


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_the_work_for_who_has_left_is_stopped(
    address: tuple[str, int], backend: SlowBackend, version: str
) -> None:
    backend.work_s = 30
    with socket.create_connection(address, timeout=30) as connection:
        connection.sendall(SLOW.replace("1.1", version).encode())
        assert backend.begun.wait(10)
    left = time.monotonic()
    assert backend.ended.wait(10)
    assert backend.was_cancelled
    assert time.monotonic() - left < NOTICED_S + SLACK_S


def test_the_work_for_who_broke_off_is_stopped(
    address: tuple[str, int], backend: SlowBackend
) -> None:
    backend.work_s = 30
    with socket.create_connection(address, timeout=30) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.sendall(SLOW.encode())
        assert backend.begun.wait(10)
    assert backend.ended.wait(NOTICED_S + SLACK_S)
    assert backend.was_cancelled


def test_who_keeps_the_connection_open_is_there(
    address: tuple[str, int], backend: SlowBackend
) -> None:
    with socket.create_connection(address, timeout=30) as connection:
        connection.sendall(SLOW.encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
    assert not backend.was_cancelled


def test_half_a_request_is_no_request(address: tuple[str, int]) -> None:
    assert exchange(address, QUICK[:-2]) == b""
    assert exchange(address, POST[:-1]) == b""
    assert exchange(address, QUICK).startswith(b"HTTP/1.1 200 OK\r\n")


CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


def ring() -> KnowledgeGraph:
    graph = NamedNode("x:g")
    return KnowledgeGraph(
        Quad(NamedNode("x:a"), NamedNode("x:b"), Literal(n), graph) for n in range(200)
    )


def test_a_running_query_ends_with_its_client(tmp_path: Path) -> None:
    """From the socket to the process: the place that the query had is free again."""
    backend = start(partial(ring), replace(SMALL, query_s=30, longest_s=30))
    try:
        app = create_app(Settings(ontology=tmp_path, data=tmp_path), backend)
        with serving(app) as served:
            host, port = served.removeprefix("http://").split(":")
            with socket.create_connection((host, int(port)), timeout=30) as connection:
                head = f"POST /sparql HTTP/1.1\r\n{HOST}Content-Type: application/sparql-query\r\n"
                connection.sendall(f"{head}Content-Length: {len(CROSS)}\r\n\r\n{CROSS}".encode())
                while not backend.at_work():
                    time.sleep(0.01)
            left = time.monotonic()
            while backend.at_work():
                assert time.monotonic() - left < NOTICED_S + SLACK_S
                time.sleep(0.01)
    finally:
        backend.close()
