"""A task: a query or a proof on its way to an executor, with the seconds for it, as a frame.

Clients ask many texts in the same way, so that the head of the frame says all but the text and
the time, and is written once for all that are alike.
"""

from __future__ import annotations

import struct
from dataclasses import fields
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, Literal

from etown_kg.backend import ProofRequest, QueryRequest, wire

Task = Literal["answer", "explain", "prove"]

_SECONDS: Final = struct.Struct("!d")
_WAY: Final = [each.name for each in fields(QueryRequest) if each.name != "text"]
_way = attrgetter(*_WAY)
# Heads that are remembered, as far as they are made of no more than so many characters.
_REMEMBERED, _REMEMBERED_LENGTH = 256, 512


def frame_of(
    task: Task, request: QueryRequest | ProofRequest, seconds: float
) -> tuple[bytes, bytes]:
    """Head and body of a task that may take so many seconds."""
    allowed = _SECONDS.pack(seconds)
    if not isinstance(request, QueryRequest):
        return wire.encoded({"task": task, "request": wire.pack(request)}), allowed
    is_long = (
        len(request.accept or "") + len(request.base or "") > _REMEMBERED_LENGTH
        or request.default_graphs
        or request.named_graphs
        or request.parameters
    )
    head = _written(task, _way(request)) if is_long else _head(task, _way(request))
    return head, allowed + request.text.encode(errors="surrogatepass")


def request_of(head: wire.Head, body: bytes) -> tuple[QueryRequest | ProofRequest, float]:
    """The request in a frame of `frame_of`, and the seconds for it."""
    (seconds,) = _SECONDS.unpack_from(body)
    if head["task"] == "prove":
        return wire.unpack(ProofRequest, head["request"]), seconds
    text = body[_SECONDS.size :].decode(errors="surrogatepass")
    return wire.unpack(QueryRequest, head["request"], text=text), seconds


def _written(task: Task, way: tuple[Any, ...]) -> bytes:
    members = wire.pack(QueryRequest("", **dict(zip(_WAY, way, strict=True))))
    del members["text"]
    return wire.encoded({"task": task, "request": members})


_head = lru_cache(_REMEMBERED)(_written)
