"""The updates that an owner was asked for: who waits, what the worker has, what came back.

Updates are made one at a time in the order they came. Some are with the worker ahead of time, so
that it works out the next one while the owner makes the last; what it gives back in a row is made
in a row, and told when one sync has kept it all.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from etown_kg.backend import wire
from etown_kg.backend.limits import Limits, time_over
from etown_kg.backend.worker import frame_of, work
from etown_kg.changes import GraphWrite, UpdateRequest

if TYPE_CHECKING:
    from etown_kg.graph import KnowledgeGraph

# What the worker may have ahead: few enough bytes that sending them never waits for it to read,
# and few enough updates that one that cannot be made does not cost much work done in vain.
_AHEAD_BYTES = 64 * 1024
_AHEAD = 16
# Forks a process that runs a task and has of our descriptors one socket.
Fork = Callable[[Callable[[], None], tuple[socket.socket | int, ...]], int]


@dataclass(eq=False)
class Update:
    """An update on its way: who waits for it, what it asks for, and until when."""

    client: socket.socket
    request: UpdateRequest | GraphWrite
    deadline: float
    limit_s: float


@dataclass(frozen=True)
class Result:
    """What became of an update in the worker: its reply, or None if the worker has ended.

    `status` is the worker's exit status then.
    """

    update: Update
    reply: tuple[wire.Head, bytes] | None
    worker: int


class Updating:
    """The queue of one owner, with its worker, which is forked when there is work."""

    def __init__(self, fork: Fork, limits: Limits) -> None:
        self._fork = fork
        self._limits = limits
        self._waiting: deque[Update] = deque()
        # With the worker, in the order of its replies.
        self._sent: deque[Update] = deque()
        self._sent_bytes = 0
        self.worker: int | None = None
        self._is_reaped = False
        self.connection: socket.socket | None = None

    def add(self, client: socket.socket, request: UpdateRequest | GraphWrite) -> None:
        """Take an update; its time counts from here."""
        limit_s = self._limits.update_s
        if request.timeout_s is not None:
            limit_s = min(limit_s, request.timeout_s)
        self._waiting.append(Update(client, request, time.monotonic() + limit_s, limit_s))

    def forget(self, client: socket.socket) -> None:
        """The client has left: what it waits for need not be done, unless it is being made."""
        self._waiting = deque(update for update in self._waiting if update.client is not client)
        if any(update.client is client for update in self._sent):
            self.end_worker()
            self.forget(client)

    def begin(self, graph: KnowledgeGraph) -> list[Update]:
        """Give the worker what it may have; returns those whose time is over already."""
        late: list[Update] = []
        while self._waiting and len(self._sent) < _AHEAD:
            update = self._waiting[0]
            if update.deadline <= time.monotonic():
                late.append(self._waiting.popleft())
                continue
            head, body = frame_of(update.request, update.deadline)
            if self._sent and self._sent_bytes + len(body) > _AHEAD_BYTES:
                break
            self._waiting.popleft()
            self._sent.append(update)
            self._sent_bytes += len(body)
            try:
                wire.send(self._worker_of(graph), head, body)
            except OSError:
                break  # it has ended; the reply that does not come says so
        return late

    def has_reply(self) -> bool:
        """Whether the worker's next reply is here, so that `next` need not wait long."""
        if self.connection is None or not self._sent:
            return False
        return bool(select.select([self.connection], [], [], 0)[0])

    def next(self) -> Result | None:
        """What became of the update that was sent first; None if none was and the worker ended."""
        assert self.connection is not None
        assert self.worker is not None
        worker = self.worker
        try:
            frame = wire.receive(self.connection, in_a_row=True)
        except (OSError, wire.BrokenFrameError):
            frame = None
        if not self._sent:
            self.end_worker()
            return None
        update = self._sent.popleft()
        if frame is None or frame[0]["is_spent"]:
            self.end_worker()
        elif not self._sent:
            self._sent_bytes = 0
        return Result(update, frame, worker)

    def end_worker(self) -> None:
        """Let the worker go; what it has not given back is begun again by another."""
        self._waiting.extendleft(reversed(self._sent))
        self._sent.clear()
        self._sent_bytes = 0
        if self.connection is not None:
            self.connection.close()
            self.connection = None
        if self.worker is not None and not self._is_reaped:
            os.kill(self.worker, signal.SIGKILL)
        self.worker = None

    def reaped(self, pid: int) -> None:
        """A process has ended, and its number may soon be another's."""
        self._is_reaped = self._is_reaped or pid == self.worker

    def _worker_of(self, graph: KnowledgeGraph) -> socket.socket:
        if self.connection is None:
            self.connection, theirs = socket.socketpair()
            task = partial(work, graph, self._limits, theirs, os.getpid())
            self.worker, self._is_reaped = self._fork(task, (theirs,)), False
            theirs.close()
        return self.connection


def late(update: Update) -> wire.Head:
    """The answer to an update whose time was over before it could be begun."""
    return wire.pack_error(time_over(update.limit_s, "update"))
