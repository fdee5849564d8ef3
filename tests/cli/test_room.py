"""Long bodies and answers where no temporary file can be made."""

from __future__ import annotations

import errno
import http.client
import tempfile
from collections.abc import Iterator
from contextlib import closing
from typing import NoReturn

import pytest
from flask import Flask, request

from etown_kg.cli.room import RoomyBuffer
from tests.web.serving import serving

LONG = b"0123456789abcdef" * 200_000  # 3.2 MB, more than waitress keeps in memory


@pytest.fixture
def _full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_named: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)


@pytest.fixture
def address() -> Iterator[str]:
    app = Flask("full")

    @app.get("/long")
    def long() -> bytes:
        return LONG

    @app.get("/streamed")
    def streamed() -> Iterator[bytes]:
        return (LONG[start : start + 50_000] for start in range(0, len(LONG), 50_000))

    @app.post("/")
    def post() -> str:
        return str(len(request.get_data()))

    with serving(app) as served:
        yield served


def ask(address: str, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)) as client:
        client.request(method, path, body or None)
        response = client.getresponse()
        return response.status, response.read()


@pytest.mark.parametrize("sizes", [(10, 10), (1, 9_000, 1), (20_000, 5), (100, 20_000, 20_000)])
@pytest.mark.usefixtures("_full_disk")
def test_nothing_is_lost_without_a_file(sizes: tuple[int, ...]) -> None:
    buffer = RoomyBuffer(50)
    expected = b""
    for number, size in enumerate(sizes):
        piece = bytes([number]) * size
        buffer.append(piece)
        expected += piece
        first = buffer.get(3)
        buffer.skip(len(first), True)
        assert first == expected[: len(first)]
        expected = expected[len(first) :]
        assert len(buffer) == len(expected)
    assert buffer.get(100_000) == expected
    buffer.close()


@pytest.mark.parametrize("path", ["/long", "/streamed"])
@pytest.mark.usefixtures("_full_disk")
def test_a_long_answer_is_whole_without_a_file(address: str, path: str) -> None:
    assert ask(address, "GET", path) == (200, LONG)


@pytest.mark.usefixtures("_full_disk")
def test_a_long_body_is_refused_without_a_file(address: str) -> None:
    status, problem = ask(address, "POST", "/", LONG[:600_000])
    assert status == 507
    assert b"problem/full" in problem
    assert ask(address, "POST", "/", LONG[:1000]) == (200, b"1000")


def test_with_room_both_go_through_files(address: str) -> None:
    assert ask(address, "POST", "/", LONG) == (200, str(len(LONG)).encode())
    assert ask(address, "GET", "/long") == (200, LONG)
