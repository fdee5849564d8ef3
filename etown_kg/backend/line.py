"""The client's end of one executor: ask, watch, stop.

A query is watched while it runs: its deadline, whether its client is still there, and after
`short_s` its right to go on, and whether others are to go first. Stopping means killing the
executor, which is the only way there is, and costs milliseconds.
"""

from __future__ import annotations

import math
import os
import select
import signal
import socket
import time
from pathlib import Path

from etown_kg.backend import IsGone, ProofRequest, QueryRequest, wire
from etown_kg.backend.limits import Limits, time_over
from etown_kg.backend.places import LOOK_S, Place
from etown_kg.backend.task import Task, frame_of
from etown_kg.errors import CancelledError, LimitError, UnavailableError

# What a process is put down to that works longer than a moment: others go first.
NICE = 15
_GREETING_TIMEOUT_S = 30.0
# How many times `Limits.short_s` short work may take that hardly gets the processor; half as many
# where others wait for its place.
_STARVED = 4


class DiedError(Exception):
    """The executor ended without an answer."""


class Line:
    """A connection to an executor. Not safe for two threads.

    Attributes:
        pid: its process.
        state: the owner's number for the state that it was last in.
        since: that of the state in which the feed began that it follows.
        is_spent: whether it is not to be asked again.
    """

    def __init__(self, path: Path, timeout_s: float) -> None:
        """Connect, and wait for an executor's greeting.

        Raises:
            UnavailableError: no owner listens, or none of its executors answers in time.
            DiedError: the executor ended before it greeted.
        """
        self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._connection.settimeout(min(max(timeout_s, 0.001), _GREETING_TIMEOUT_S))
            self._connection.connect(str(path))
            frame = wire.receive(self._connection)
        except (TimeoutError, FileNotFoundError, ConnectionRefusedError) as error:
            self._connection.close()
            raise unavailable() from error
        except (OSError, wire.BrokenFrameError) as error:
            self._connection.close()
            raise DiedError from error
        if frame is None:
            self._connection.close()
            raise DiedError
        greeting = frame[0]
        self.pid: int = greeting["pid"]
        self.state: int = greeting["state"]
        self.since: int = greeting["since"]
        self._thread: int = greeting["thread"]
        self.is_spent = False
        # What was read of a reply before somebody asked for it.
        self._begun = b""
        # A process descriptor cannot mean another process that has got the same number.
        try:
            self._process = os.pidfd_open(self.pid)
        except ProcessLookupError as error:
            self._connection.close()
            raise DiedError from error
        self._connection.settimeout(None)
        self._poll = select.poll()
        self._poll.register(self._connection, select.POLLIN)

    def ask(
        self,
        task: Task,
        request: QueryRequest | ProofRequest,
        deadline: float,
        limit_s: float,
        place: Place,
        limits: Limits,
        is_gone: IsGone | None,
    ) -> tuple[wire.Head, bytes]:
        """The executor's reply.

        Raises:
            LimitError: the deadline passed, or the work is long and there is no place for it.
            CancelledError: the client has left.
            DiedError: the executor ended without a reply.
        """
        started = time.monotonic()
        self.send(task, request, deadline)
        return self.reply(started, deadline, limit_s, place, limits, is_gone)

    def fileno(self) -> int:
        """The connection's descriptor: there is something to read when the reply begins."""
        return self._connection.fileno()

    def send(self, task: Task, request: QueryRequest | ProofRequest, deadline: float) -> None:
        """Give the executor work that ends at `deadline`; `reply` is to follow.

        Raises:
            DiedError: the executor has ended.
        """
        seconds = deadline - time.monotonic()
        try:
            wire.send(self._connection, *frame_of(task, request, seconds))
        except OSError as error:
            self.is_spent = True
            raise DiedError from error

    def reply(
        self,
        started: float,
        deadline: float,
        limit_s: float,
        place: Place,
        limits: Limits,
        is_gone: IsGone | None,
    ) -> tuple[wire.Head, bytes]:
        """The executor's reply to what was sent at `started`; raises as `ask` does."""
        try:
            if not self._begun:
                self._watch(started, deadline, limit_s, place, limits, is_gone)
            begun, self._begun = self._begun, b""
            frame = wire.receive(self._connection, begun=begun)
        except (OSError, wire.BrokenFrameError) as error:
            self.is_spent = True
            raise DiedError from error
        except (LimitError, CancelledError):
            self.kill()
            raise
        if frame is None:
            self.is_spent = True
            raise DiedError
        self.is_spent = self.is_spent or frame[0]["is_spent"]
        self.state = frame[0]["state"]
        return frame

    def reply_bytes(self) -> int | None:
        """How long the reply is that has begun to arrive; None if that is not known yet."""
        try:
            self._begun = self._begun or wire.begin(self._connection)
        except OSError:
            return None  # `reply` says so
        return wire.length(self._begun)

    def _watch(
        self,
        started: float,
        deadline: float,
        limit_s: float,
        place: Place,
        limits: Limits,
        is_gone: IsGone | None,
    ) -> None:
        """Wait until the executor has something to say."""
        long_at = started + limits.short_s
        began_s = self._worked_s()
        look_at = started + LOOK_S
        while True:
            now = time.monotonic()
            if now >= deadline:
                raise time_over(limit_s)
            if now >= long_at:
                worked_s = self._worked_s() - began_s
                # Who waits for the processor on a busy machine does not work long, up to a point.
                is_starved = worked_s < limits.short_s / 2
                patience = _STARVED / 2 if place.is_wanted() else _STARVED
                if not place.is_long and not (
                    is_starved and now < started + patience * limits.short_s
                ):
                    _lengthen(place, limits)
                # At once where others wait: those who have the reserved places next need the
                # processor to be done, or found long, in a moment.
                is_in_the_way = place.is_long and place.is_wanted()
                if (is_in_the_way or worked_s >= limits.short_s) and not self.is_spent:
                    self._let_others_go_first()
                long_at = math.inf if self.is_spent else now + limits.short_s / 4
            if is_gone is not None and now >= look_at:
                if is_gone():
                    raise CancelledError("the client has left; its query was stopped")
                look_at = now + LOOK_S
            until = min(deadline, long_at, deadline if is_gone is None else look_at)
            if self._poll.poll(max(1, round((until - now) * 1000))):
                return

    def _worked_s(self) -> float:
        """The processor time of the executor, in seconds; infinite when it has ended."""
        try:
            # The clock of another process: clock_getcpuclockid(3).
            return time.clock_gettime((~self.pid << 3) | 2)
        except OSError:
            return math.inf

    def _let_others_go_first(self) -> None:
        """Lower the executor's priority, which only the administrator can take back: it is not
        used again, and its memory, which has become warm, is lost. So it has to have worked long.
        """
        try:
            os.setpriority(os.PRIO_PROCESS, self._thread, NICE)
        except ProcessLookupError:
            return  # it ended just now; the connection will say so
        self.is_spent = True

    def is_usable(self) -> bool:
        """Whether it can take another request; an executor has nothing to say unasked."""
        return not self.is_spent and not self._poll.poll(0)

    def kill(self) -> None:
        """End the executor, whatever it does."""
        self.is_spent = True
        try:
            signal.pidfd_send_signal(self._process, signal.SIGKILL)
        except ProcessLookupError:
            return  # it has ended by itself

    def close(self) -> None:
        """Let the executor go; it ends when it finds out."""
        self._connection.close()
        os.close(self._process)


def _lengthen(place: Place, limits: Limits) -> None:
    """Leave a place that is for short work.

    Raises:
        LimitError: only such a one is left.
    """
    if not place.lengthen():
        raise LimitError(
            f"{limits.places - limits.reserved_places} long queries at once",
            f"the server is busy, and after {limits.short_s:g} s this query is a long one",
            hint="try again a little later",
            kind="busy",
        )


def unavailable() -> UnavailableError:
    """The failure of a request for which there is no owner."""
    return UnavailableError(
        "the graph is not available at the moment", hint="it is being loaded; try again soon"
    )
