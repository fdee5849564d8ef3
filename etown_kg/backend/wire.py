"""What the processes say to each other: frames over a Unix socket.

A frame is a head (JSON) and a body (bytes), each behind its length, so that an answer's bytes
are never copied into text. Nothing that is read is executed: an executor runs strangers'
queries, and what comes from it is taken as data.

Dataclasses travel as their fields, failures as their class and attributes, so that a
`QueryError` that is raised in an executor is raised again, alike, where the answer is awaited.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any, TypeVar

from etown_kg import errors
from etown_kg.errors import EtownError
from etown_kg.findings import Finding
from etown_kg.reason.proof import Proof

Head = dict[str, Any]
Value = TypeVar("Value")

_LENGTHS = struct.Struct("!IQ")
# A head is a few fields and a query's text; a longer one is no head of ours.
_MAX_HEAD_BYTES = 1 << 28


@dataclass(frozen=True)
class RemoteViolation:
    """A clash that another process found: the rule, what it says, the triples that clash.

    `culprits` are lines of N-Triples terms.
    """

    rule: str
    message: str
    culprits: tuple[tuple[str, ...], ...] = ()

    def __str__(self) -> str:
        return f"{self.rule}: {self.message}"


class BrokenFrameError(Exception):
    """A frame that ends before its end: who wrote it has died."""


def send(connection: socket.socket, head: Head, body: bytes | memoryview = b"") -> None:
    """Write one frame; waits for as long as the other side does not read.

    Raises:
        OSError: the other side is gone.
    """
    text = json.dumps(head).encode()
    start = _LENGTHS.pack(len(text), len(body)) + text
    if len(body) < 1 << 16:
        connection.sendall(start + bytes(body))
    else:
        connection.sendall(start)
        connection.sendall(body)


def receive(connection: socket.socket) -> tuple[Head, bytes] | None:
    """The next frame, or None when the other side has closed between two frames.

    Raises:
        BrokenFrameError: the other side has closed within a frame.
        OSError: the connection broke, or its time-out passed.
    """
    start = _exactly(connection, _LENGTHS.size)
    if start is None:
        return None
    head_length, body_length = _LENGTHS.unpack(start)
    if head_length > _MAX_HEAD_BYTES:
        raise BrokenFrameError(f"a head of {head_length} bytes")
    head = _exactly(connection, head_length)
    body = _exactly(connection, body_length) if body_length else b""
    if head is None or body is None:
        raise BrokenFrameError("the connection closed within a frame")
    return json.loads(head), bytes(body)


def _exactly(connection: socket.socket, count: int) -> bytearray | None:
    """So many bytes, or None if the other side closed before the first."""
    buffer = bytearray(count)
    view = memoryview(buffer)
    got = 0
    while got < count:
        read = connection.recv_into(view[got:])
        if read == 0:
            if got:
                raise BrokenFrameError(f"{got} of {count} bytes")
            return None
        got += read
    return buffer


def pack(value: Any) -> Head:
    """The fields of a dataclass whose values JSON has; `bytes` fields are left out."""
    return {name: each for name, each in asdict(value).items() if not isinstance(each, bytes)}


def unpack(kind: type[Value], members: Mapping[str, Any], **more: Any) -> Value:
    """The dataclass with these fields; lists become tuples again."""
    assert is_dataclass(kind)
    known = {field.name for field in fields(kind)}
    values = {name: _frozen(each) for name, each in members.items() if name in known}
    return kind(**values, **more)


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def pack_error(error: EtownError) -> Head:
    """A failure as a head; `unpack_error` is its inverse."""
    attributes = {
        name: _plain(value)
        for name, value in vars(error).items()
        if name not in ("message", "hint") and not name.startswith("__")
    }
    return {
        "error": type(error).__name__,
        "message": error.message,
        "hint": error.hint,
        "attributes": attributes,
    }


def unpack_error(head: Mapping[str, Any]) -> EtownError:
    """The failure that another process met."""
    kind = getattr(errors, str(head["error"]), EtownError)
    if not (isinstance(kind, type) and issubclass(kind, EtownError)):
        kind = EtownError
    error: EtownError = kind.__new__(kind)
    EtownError.__init__(error, str(head["message"]), hint=head["hint"])
    for name, value in head["attributes"].items():
        setattr(error, name, _rich(value))
    return error


# How values with fields travel: as an object with one member that names what it is.
_FINDING, _VIOLATION, _PROOF = "finding", "violation", "proof"


def _plain(value: Any) -> Any:
    """An attribute of a failure as JSON."""
    if isinstance(value, tuple | list | frozenset | set):
        return [_plain(each) for each in value]
    if isinstance(value, Finding):
        return {_FINDING: asdict(value)}
    if isinstance(value, Proof):
        return {_PROOF: asdict(value)}
    if hasattr(value, "rule") and hasattr(value, "message"):
        culprits = [[_term(t) for t in triple] for triple in getattr(value, "culprits", ())]
        return {_VIOLATION: {"rule": value.rule, "message": value.message, "culprits": culprits}}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


def _rich(value: Any) -> Any:
    """The attribute that `_plain` wrote."""
    if isinstance(value, list):
        return tuple(map(_rich, value))
    if isinstance(value, dict) and _FINDING in value:
        return unpack(Finding, value[_FINDING])
    if isinstance(value, dict) and _VIOLATION in value:
        return unpack(RemoteViolation, value[_VIOLATION])
    if isinstance(value, dict) and _PROOF in value:
        return _proof(value[_PROOF])
    return value


def _proof(members: Mapping[str, Any]) -> Proof:
    premises = tuple(map(_proof, members["premises"]))
    return unpack(Proof, {**members, "premises": premises})


def _term(term: Any) -> str:
    """A term in N-Triples: rdflib's write themselves with `n3`, pyoxigraph's with `str`."""
    return str(term.n3()) if hasattr(term, "n3") else str(term)
