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
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from etown_kg import errors
from etown_kg.errors import EtownError
from etown_kg.findings import Finding
from etown_kg.scope import Scope

if TYPE_CHECKING:
    from etown_kg.reason.proof import Proof

Head = dict[str, Any]
Value = TypeVar("Value")

_LENGTHS = struct.Struct("!IQ")
# A head is a few fields and a query's text; a longer one is no head of ours.
_MAX_HEAD_BYTES = 1 << 28
_AT_ONCE = 1 << 16
# Most heads are like others before them, and to read one takes as long as to find it.
_REMEMBERED, _REMEMBERED_BYTES = 256, 1024


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


def encoded(head: Head) -> bytes:
    """A head as it travels."""
    return json.dumps(head).encode()


def send(connection: socket.socket, head: Head | bytes, body: bytes | memoryview = b"") -> None:
    """Write one frame, whose head may be `encoded` already.

    Waits for as long as the other side does not read.

    Raises:
        OSError: the other side is gone.
    """
    text = head if isinstance(head, bytes) else encoded(head)
    start = _LENGTHS.pack(len(text), len(body)) + text
    if len(body) < 1 << 16:
        connection.sendall(start + bytes(body))
    else:
        connection.sendall(start)
        connection.sendall(body)


def receive(
    connection: socket.socket, *, in_a_row: bool = False, begun: bytes = b""
) -> tuple[Head, bytes] | None:
    """The next frame, or None when the other side has closed between two frames.

    Another frame may be there behind it only if they come `in_a_row`. What was read of it
    before is `begun` (`begin`).

    Raises:
        BrokenFrameError: the other side has closed within a frame.
        OSError: the connection broke, or its time-out passed.
    """
    # Small frames, which most are, come whole at once. Where nobody sends a frame before the one
    # that he sent last was answered, what comes is never more than one.
    first = begun or connection.recv(_LENGTHS.size if in_a_row else _AT_ONCE)
    if not first:
        return None
    while len(first) < _LENGTHS.size:
        first += _more(connection, _LENGTHS.size - len(first))
    head_length, body_length = _LENGTHS.unpack_from(first)
    if head_length > _MAX_HEAD_BYTES:
        raise BrokenFrameError(f"a head of {head_length} bytes")
    start = _LENGTHS.size + head_length
    missing = start + body_length - len(first)
    if missing < 0:
        raise BrokenFrameError(f"{-missing} bytes behind the end")
    whole = first if missing == 0 else first + _more(connection, missing)
    return _read(bytes(whole[_LENGTHS.size : start])), whole[start:]


def _read(text: bytes) -> Head:
    """The head that travelled so; who gets it may change it, but not what is in its members."""
    return json.loads(text) if len(text) > _REMEMBERED_BYTES else _remembered(text).copy()


@lru_cache(_REMEMBERED)
def _remembered(text: bytes) -> Head:
    head: Head = json.loads(text)
    return head


def begin(connection: socket.socket) -> bytes:
    """What has come of the next frame, for `receive`; b"" when nothing has, or nothing will.

    Raises:
        OSError: the connection broke.
    """
    try:
        return connection.recv(_AT_ONCE, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return b""


def length(begun: bytes) -> int | None:
    """The bytes of a frame that has begun; None when too little of it is there to tell."""
    if len(begun) < _LENGTHS.size:
        return None
    head_length, body_length = _LENGTHS.unpack_from(begun)
    return _LENGTHS.size + int(head_length) + int(body_length)


def _more(connection: socket.socket, count: int) -> bytearray:
    """So many bytes more of a frame that has begun."""
    buffer = bytearray(count)
    view = memoryview(buffer)
    got = 0
    while got < count:
        read = connection.recv_into(view[got:])
        if read == 0:
            raise BrokenFrameError(f"the connection closed {count - got} bytes before the end")
        got += read
    return buffer


def pack(value: Any) -> Head:
    """The fields of a dataclass whose values JSON has, but for those that have their default;
    `bytes` fields are left out.
    """
    members: Head = {}
    for name, default in _fields(value.__class__).items():
        member = getattr(value, name)
        if member is not default and not isinstance(member, bytes):
            members[name] = _members(member)
    return members


def _members(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_members(each) for each in value]
    return pack(value) if is_dataclass(value) else value


@cache
def _fields(kind: type) -> Mapping[str, Any]:
    """The names of a dataclass's fields, with their defaults."""
    return {field.name: field.default for field in fields(kind)}


def unpack(kind: type[Value], members: Mapping[str, Any], **more: Any) -> Value:
    """The dataclass with these fields; lists become tuples again."""
    assert is_dataclass(kind)
    known = _fields(kind)
    values = {name: _field(name, each) for name, each in members.items() if name in known}
    return kind(**values, **more)


def _field(name: str, value: Any) -> Any:
    return unpack(Scope, value) if name == "scope" else _frozen(value)


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
    if is_dataclass(value) and type(value) is _proof_class():
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
    return unpack(_proof_class(), {**members, "premises": premises})


def _proof_class() -> type[Proof]:
    # Not before: who serves pages would load the reasoner before its owner is even started.
    from etown_kg.reason.proof import Proof

    return Proof


def _term(term: Any) -> str:
    """A term in N-Triples: rdflib's write themselves with `n3`, pyoxigraph's with `str`."""
    return str(term.n3()) if hasattr(term, "n3") else str(term)
