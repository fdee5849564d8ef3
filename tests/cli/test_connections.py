"""Whoever holds connections and says nothing keeps nobody out."""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from flask import Flask

from etown_kg.cli.web_server import MAX_CONNECTIONS, room_for_connections
from tests.web.serving import serving

MOST = 20


@pytest.fixture(scope="module")
def asked() -> threading.Event:
    """Set when somebody waits at ``/slow``."""
    return threading.Event()


@pytest.fixture(scope="module")
def may_answer() -> threading.Event:
    return threading.Event()


@pytest.fixture(scope="module")
def address(asked: threading.Event, may_answer: threading.Event) -> Iterator[str]:
    app = Flask("crowded")

    @app.get("/")
    def index() -> str:
        return "here"

    @app.get("/slow")
    def slow() -> str:
        asked.set()
        assert may_answer.wait(30)
        return "at last"

    with serving(app, max_connections=MOST) as served:
        yield served


def connected(address: str, sent: bytes = b"") -> socket.socket:
    host, port = address.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=30)
    connection.sendall(sent)
    return connection


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: a\r\nX: "], ids=["idle", "half"])
def test_silent_connections_make_room_for_new_ones(address: str, sent: bytes) -> None:
    with ExitStack() as stack:
        silent = [stack.enter_context(connected(address, sent)) for _ in range(10 * MOST)]
        # More than the server takes, so that some wait outside until others were let go.
        for _ in range(3):
            with urllib.request.urlopen(address, timeout=30) as response:
                assert response.read() == b"here"
        assert is_closed(silent[0])


def test_who_waits_for_an_answer_is_not_silent(
    address: str, asked: threading.Event, may_answer: threading.Event
) -> None:
    with ExitStack() as stack:
        waiting = stack.enter_context(connected(address, b"GET /slow HTTP/1.0\r\n\r\n"))
        assert asked.wait(30)
        for _ in range(10 * MOST):
            stack.enter_context(connected(address))
        with urllib.request.urlopen(address, timeout=30) as response:
            assert response.read() == b"here"
        may_answer.set()
        received = b""
        while piece := waiting.recv(4096):
            received += piece
        assert received.endswith(b"at last")


@pytest.mark.parametrize(
    ("soft", "hard", "room", "soft_then"),
    [(256, 256, (256 - 128) // 3, 256), (256, 1024, (1024 - 128) // 3, 1024), (64, 64, 1, 64)],
)
def test_as_many_are_taken_as_there_are_descriptors_for(
    soft: int, hard: int, room: int, soft_then: int
) -> None:
    program = (
        "import resource; from etown_kg.cli.web_server import room_for_connections\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))\n"
        "print(room_for_connections(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(room), str(soft_then)]


def test_a_usual_system_has_room_for_all() -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        if limits[1] != resource.RLIM_INFINITY and limits[1] < 4096:
            pytest.skip("this system gives a process hardly any descriptors")
        assert room_for_connections() == MAX_CONNECTIONS
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
