"""What is read of a request, piece by piece, as it comes."""

from __future__ import annotations

from typing import Any

import pytest
from waitress.adjustments import Adjustments

from etown_kg.cli.request_parser import RequestParser

HEAD = b"POST /sparql HTTP/1.1\r\nHost: localhost\r\n"


class Parser(RequestParser):
    """Keeps ten bytes of strangers, a hundred of who says that he is known."""

    @staticmethod
    def kept_bytes(authorization: str | None) -> int:
        return 100 if authorization == "Bearer known" else 10


def read(sent: bytes, piece: int, parser_class: type[RequestParser] = Parser) -> Any:
    """The parser of a request that comes in pieces of so many bytes."""
    parser: Any = parser_class(Adjustments(max_request_body_size=1000))
    while sent and not parser.completed:
        sent = sent[parser.received(sent[:piece]) :]
    return parser


@pytest.mark.parametrize("piece", [1, 7, 10_000])
@pytest.mark.parametrize(
    ("framing", "body", "sent", "kept"),
    [
        pytest.param(b"", 10, b"Content-Length: 10\r\n\r\n%s", 10, id="at-the-bound"),
        pytest.param(b"", 11, b"Content-Length: 11\r\n\r\n%s", 0, id="beyond-it"),
        pytest.param(
            b"Authorization: Bearer known\r\n", 11, b"Content-Length: 11\r\n\r\n%s", 11, id="known"
        ),
        pytest.param(
            b"", 10, b"Transfer-Encoding: chunked\r\n\r\na\r\n%s\r\n0\r\n\r\n", 10, id="chunked"
        ),
        pytest.param(
            b"",
            11,
            b"Transfer-Encoding: CHUNKED\r\n\r\nb;x=y\r\n%s\r\n0\r\nX: y\r\n\r\n",
            0,
            id="chunked-beyond-it",
        ),
    ],
)  # fmt: skip
def test_a_long_body_of_a_stranger_is_counted_and_not_kept(
    piece: int, framing: bytes, body: int, sent: bytes, kept: int
) -> None:
    parser = read(HEAD + framing + sent % (b"#" * body), piece)
    assert parser.completed
    assert parser.error is None
    assert parser.headers["CONTENT_LENGTH"] == str(body)
    assert parser.get_body_stream().read() == b"#" * kept
    parser.close()


def test_without_a_bound_all_is_kept() -> None:
    parser = read(HEAD + b"Content-Length: 500\r\n\r\n" + b"#" * 500, 64, RequestParser)
    assert len(parser.get_body_stream().read()) == 500


@pytest.mark.parametrize("piece", [100, 8192])
@pytest.mark.parametrize(
    "rest", [b"1;" + b"x" * 40_000, b"0\r\n" + b"X: y\r\n" * 9_000], ids=["extension", "trailer"]
)
def test_framing_without_end_is_given_up_early(piece: int, rest: bytes) -> None:
    parser = read(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", 8192)
    parser.adj.max_request_body_size = 10**6
    taken = 0
    while taken < len(rest) and not parser.completed:
        taken += parser.received(rest[taken : taken + piece])
    assert parser.error.code == 400
    assert taken < len(rest)


@pytest.mark.parametrize(
    ("lines", "is_read"),
    [
        (b"Host: localhost:8000\r\n", True),
        (b"Host: [::1]:8000\r\n", True),
        (b"Host: kg_1.example\r\n", True),
        (b"Host:\r\n", True),
        (b"", False),
        (b"Host: a\r\nHost: a\r\n", False),
        (b"Host: a, b\r\n", False),
        (b"Host: a/b\r\n", False),
        (b"Host: a@b\r\n", False),
        (b"Host: a:b\r\n", False),
        (b"Host: a\r\nTransfer-Encoding:\r\n", False),
        (b"Host: a\r\nTransfer-Encoding: chunked, chunked\r\n", False),
        (b"Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", False),
        (b"Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n", False),
    ],
)
def test_headers_that_two_servers_might_read_differently_are_refused(
    lines: bytes, is_read: bool
) -> None:
    parser = read(b"GET / HTTP/1.1\r\n" + lines + b"\r\n", 8192)
    assert (parser.error is None) == is_read


@pytest.mark.parametrize(
    ("head", "waits"),
    [
        (HEAD + b"Content-Length: 5\r\n", True),
        (HEAD + b"Transfer-Encoding: chunked\r\n", True),
        (HEAD + b"Content-Length: 0\r\n", False),
        (HEAD, False),
        (HEAD + b"Content-Length: 5000\r\n", False),
    ],
)
def test_only_who_has_a_body_to_send_is_told_to_go_on(head: bytes, waits: bool) -> None:
    parser = read(head + b"Expect: 100-continue\r\n\r\n", 8192)
    assert parser.expect_continue == waits
    assert parser.completed != waits


@pytest.mark.parametrize("value", ["close", "Close", "keep-alive, close", "TE,close", "close, X"])
def test_close_is_found_among_other_options(value: str) -> None:
    assert read(HEAD + f"Connection: {value}\r\n\r\n".encode(), 8192).connection_close
