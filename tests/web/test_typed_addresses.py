"""Addresses as people type them: in UTF-8, not percent-encoded."""

from __future__ import annotations

import socket
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask

from tests.web.serving import serving


def answer(address: str, target: bytes) -> bytes:
    """What the server sends for a GET of these very bytes, without its changing headers."""
    host, port = urlsplit(address).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(
            b"GET " + target + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
            b"Accept: application/json\r\nX-Request-Id: same\r\n\r\n"
        )
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    lines = received.split(b"\r\n")
    return b"\n".join(line for line in lines if not line.startswith((b"Date:", b"X-Request")))


@pytest.mark.parametrize(
    "typed",
    [
        "/search?q=知更鸟",
        "/search?q=知更鸟&lang=zh",
        "/知更鸟",
        '/sparql?query=ASK{?s?p"知更鸟"@zh}',
        "/search?q=%25知%E6%9B%B4鸟",
    ],
)
def test_what_is_typed_means_what_it_says(app: Flask, typed: str) -> None:
    with serving(app) as address:
        as_typed = answer(address, typed.encode())
        encoded = answer(address, quote(typed, safe='/?=&%{}"@').encode())
    assert as_typed == encoded
    assert as_typed.startswith((b"HTTP/1.1 200", b"HTTP/1.1 404"))


def test_a_search_as_typed_finds(app: Flask) -> None:
    with serving(app) as address:
        assert "知更鸟".encode() in answer(address, "/search?q=知更鸟".encode())


@pytest.mark.parametrize(
    "target", [b"/search?q=\xff", "/search?q=知更鸟".encode("gbk"), b"/\xed\xa0\x80"]
)
def test_other_bytes_are_no_request(app: Flask, target: bytes) -> None:
    with serving(app) as address:
        assert answer(address, target).startswith(b"HTTP/1.1 400")
