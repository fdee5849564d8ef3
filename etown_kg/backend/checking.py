"""A check of the shapes that a change must keep, in a process of its own.

What shapes find in data may take any time and memory. The owner waits for it, since it makes one
change at a time, but for no longer than the update has, and without lending it its own memory.
"""

from __future__ import annotations

import os
import socket
import time
from functools import partial
from typing import TYPE_CHECKING

from etown_kg.backend import wire
from etown_kg.backend.confinement import confine, default_signals, die_with_parent, set_alarm
from etown_kg.backend.executor import outcome
from etown_kg.backend.limits import Limits
from etown_kg.backend.updating import Fork
from etown_kg.findings import Finding

if TYPE_CHECKING:
    from etown_kg.graph import Check


class CheckEndedError(Exception):
    """The process ended without a word; `pid` is its number."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"process {pid}, which checked the shapes, ended")
        self.pid = pid


class CheckFaultError(Exception):
    """A fault of ours in the process; the message is its traceback."""


def checked(check: Check, fork: Fork, limits: Limits, deadline: float) -> frozenset[Finding]:
    """What a check finds, done in a forked process until a time of `time.monotonic`.

    Raises:
        EtownError: what the check raises.
        CheckEndedError: a limit has ended it.
        CheckFaultError: it did not come to its end.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        pid = fork(partial(_check, check, limits, theirs, deadline, os.getpid()), (theirs,))
        theirs.close()
        try:
            frame = wire.receive(ours)
        except (OSError, wire.BrokenFrameError):
            frame = None
    if frame is None:
        raise CheckEndedError(pid)
    head, _ = frame
    if "fault" in head:
        raise CheckFaultError(head["fault"])
    if "error" in head:
        raise wire.unpack_error(head)
    return frozenset(wire.unpack(Finding, each) for each in head["findings"])


def _check(
    check: Check, limits: Limits, connection: socket.socket, deadline: float, owner: int
) -> None:
    default_signals()
    die_with_parent(owner)
    confine(limits)
    set_alarm(max(deadline - time.monotonic(), 0.001))
    head, body = outcome(partial(_found, check), limits, "update")
    wire.send(connection, head, body)


def _found(check: Check) -> tuple[wire.Head, bytes]:
    return {"findings": [wire.pack(each) for each in check()]}, b""
