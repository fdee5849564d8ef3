"""Whole, plain HTTP requests, read from the bytes that came: the quick way in.

RFC 9112 (https://www.rfc-editor.org/rfc/rfc9112). Only what nobody could read differently is
read here: one request, whole, in ASCII, of known headers that stand once each, with a body of a
stated length or none. Whatever is otherwise, `read_message` leaves to the server's own parser,
so that being strict here costs time and never an answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

# A longer request is read by the server's parser.
MAX_BYTES = 16 * 1024
# Heads that are remembered, as far as they are no longer.
_REMEMBERED, _REMEMBERED_BYTES = 256, 2048
_HEAD = re.compile(
    rb"(GET|POST) (/[!-\"$->@-~]*)(?:\?([!-\"$-~]*))? HTTP/1\.1\r\n((?:[!-9;-~]+:[ -~]*\r\n)+)\r\n"
)
_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_LENGTH = re.compile(r"0|[1-9][0-9]{0,4}")
_STATED = re.compile(rb"(?i:content-length): *([1-9][0-9]{0,4})\r\n")
# Headers that change nothing here, or what is made of them is known.
_KNOWN = frozenset(
    (
        "host", "user-agent", "accept", "accept-encoding", "accept-language", "accept-charset",
        "connection", "content-type", "content-length", "if-none-match", "origin", "referer",
        "x-request-id", "cache-control", "pragma", "cookie", "dnt", "priority",
        "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "sec-fetch-user", "sec-gpc",
        "sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform", "upgrade-insecure-requests",
    )
)  # fmt: skip


class Message(NamedTuple):
    """One request; `headers` by their names in lower case."""

    method: str
    path: str
    query_string: bytes
    headers: Mapping[str, str]
    body: bytes


def may_become_one(received: bytes) -> bool:
    """Whether these bytes are a request by POST as read here but for the end of its body.

    Many clients send head and body one after the other.

    >>> may_become_one(b"POST /sparql HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 5\\r\\n\\r\\nASK")
    True
    """
    if not received.startswith(b"POST") or (head := _HEAD.match(received)) is None:
        return False
    length = _STATED.search(head[4])
    missing = int(length[1]) - (len(received) - head.end()) if length is not None else 0
    return 0 < missing <= MAX_BYTES - len(received) and (
        read_message(received + b"x" * missing) is not None
    )


def read_message(received: bytes) -> Message | None:
    """The request that these bytes are, if they are one plain, whole request and nothing else.

    >>> read_message(b"GET /sparql?query=ASK%7B%7D HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n").query_string
    b'query=ASK%7B%7D'
    >>> read_message(b"GET /sparql HTTP/1.1\\r\\nHost: a\\r\\nExpect: 100-continue\\r\\n\\r\\n")
    """
    if len(received) > MAX_BYTES:
        return None
    head = _HEAD.match(received)
    if head is None:
        return None
    method, path, query_string, lines = head.groups()
    headers = _headers(lines) if len(lines) > _REMEMBERED_BYTES else _remembered(lines)
    if headers is None:
        return None
    body = received[head.end() :]
    length = headers.get("content-length")
    if method == b"GET":
        is_whole = length is None and not body
    else:
        is_whole = (
            length is not None
            and _LENGTH.fullmatch(length) is not None
            and int(length) == len(body)
        )
    if not is_whole:
        return None
    return Message(method.decode(), path.decode(), query_string or b"", headers, body)


def _headers(lines: bytes) -> Mapping[str, str] | None:
    """The headers in the lines of a head, None if one of them is none that is read here."""
    headers: dict[str, str] = {}
    for line in lines.decode("ascii").split("\r\n")[:-1]:
        name, _, value = line.partition(":")
        name = name.lower()
        if name not in _KNOWN or name in headers:
            return None
        headers[name] = value.strip(" ")
    if (
        _HOST.fullmatch(headers.get("host", "")) is None
        or headers.get("connection", "keep-alive").lower() != "keep-alive"
    ):
        return None
    return headers


# A client says the same of itself with each request.
_remembered = lru_cache(_REMEMBERED)(_headers)
