"""Frames, values and failures on their way between two processes."""

from __future__ import annotations

import socket
import threading

import pytest

from etown_kg.backend import QueryRequest, Status, wire
from etown_kg.backend.wire import BrokenFrameError, RemoteViolation
from etown_kg.errors import (
    EtownError,
    FormatError,
    InconsistentError,
    InvalidError,
    LimitError,
    NoGraphError,
    QueryError,
)
from etown_kg.findings import Finding
from etown_kg.reason.proof import Proof


@pytest.mark.parametrize("size", [0, 1, 70_000, 5_000_000])
def test_a_frame_arrives_as_it_was_sent(size: int) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
        head = {"task": "答", "number": 1.5}
        thread = threading.Thread(target=wire.send, args=(ours, head, body))
        thread.start()
        assert wire.receive(theirs) == (head, body)
        thread.join()


def test_the_end_between_frames_is_told_from_one_within() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        with ours:
            wire.send(ours, {"a": 1})
            assert wire.receive(theirs) == ({"a": 1}, b"")
            ours.sendall(b"\0\0\0\5")
        with pytest.raises(BrokenFrameError):
            wire.receive(theirs)
        assert wire.receive(theirs) is None


def test_a_frame_that_comes_in_pieces_is_put_together() -> None:
    ours, theirs = socket.socketpair()
    pieces, frame = socket.socketpair()
    with ours, theirs, pieces, frame:
        wire.send(pieces, {"a": 1}, b"body")
        whole = frame.recv(1000)

        def dribble() -> None:
            for place in range(len(whole)):
                ours.sendall(whole[place : place + 1])

        thread = threading.Thread(target=dribble)
        thread.start()
        assert wire.receive(theirs) == ({"a": 1}, b"body")
        thread.join()


def test_a_frame_before_the_last_was_answered_is_refused() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire.send(ours, {"a": 1})
        wire.send(ours, {"a": 2})
        with pytest.raises(BrokenFrameError):
            wire.receive(theirs)


def test_a_frame_that_is_none_of_ours_is_refused() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises(BrokenFrameError):
            wire.receive(theirs)


@pytest.mark.parametrize(
    "value",
    [
        QueryRequest("ASK {}", "text/csv", ("json", "xml"), False, ("x:a",), (), 1.5, "me", True),
        Status("v-1", 3, 2, ("x:a", "x:b"), 1, "2026-01-01T00:00:00Z"),
    ],
)
def test_values_come_back_as_they_were(value: QueryRequest | Status) -> None:
    assert wire.unpack(type(value), wire.pack(value)) == value


PROOF = Proof(None, "cax-dw", "clash", (Proof(("<a>", "<b>", "<c>"), "", "", (), ("<g>",)),))


@pytest.mark.parametrize(
    "error",
    [
        QueryError("odd", line=2, column=3, hint="write it so"),
        FormatError("image/png", ["text/csv"]),
        LimitError("query time of 1 s", "it took longer", hint="less", kind="time"),
        NoGraphError("x:g"),
        InvalidError([Finding("S1", "x:a", "has no label", severity="warning")]),
        InconsistentError([RemoteViolation("cax-dw", "clash", (("<a>", "<b>", "<c>"),))], [PROOF]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_failures_come_back_as_they_were(error: EtownError) -> None:
    back = wire.unpack_error(wire.pack_error(error))
    assert type(back) is type(error)
    assert (str(back), back.hint) == (str(error), error.hint)
    assert vars(back) == vars(error)


def test_a_failure_of_an_unknown_class_is_still_a_failure_of_ours() -> None:
    head: wire.Head = {"error": "Popen", "message": "odd", "hint": None, "attributes": {}}
    assert type(wire.unpack_error(head)) is EtownError
