"""A listening socket that several processes accept from, and their connections spread evenly.

The system gives a connection to whichever process asks for it first, and who has just accepted
one is awake and first again: of eight that came at once one of two processes got six to all. A
connection may stay for hours. So each process says, in memory that all have, how many it has,
and one that has more than another leaves the next to that one - for a moment, since the other may
be at something long. No connection waits in a queue of one process, where its end would lose it.
"""

from __future__ import annotations

import errno
import mmap
import os
import socket
import threading
import time
from typing import Any, Final, NamedTuple

# How long a connection is left to a process that has fewer, in seconds.
YIELD_S: Final = 0.02
# The count of a process that is not there: nothing is left to it.
_ABSENT: Final = 0xFFFFFFFF
_NUMBER_BYTES: Final = 4
_NUMBERS: Final = 1 << 32


class Rival(NamedTuple):
    """A process as the others see it: its connections, its number, and how many it ever took."""

    connections: int
    number: int
    taken: int


class Tally:
    """How many connections each process has, by its number; shared with those forked later."""

    def __init__(self, processes: int) -> None:
        shared = memoryview(mmap.mmap(-1, 2 * processes * _NUMBER_BYTES)).cast("I")
        self._counts, self._taken = shared[:processes], shared[processes:]
        for number in range(processes):
            self.leave(number)

    def tell(self, number: int, count: int, taken: int) -> None:
        """The process with this number has so many, and took so many since it began."""
        self._taken[number] = taken % _NUMBERS
        self._counts[number] = count

    def leave(self, number: int) -> None:
        """There is no such process now."""
        self._counts[number] = _ABSENT

    def least(self) -> Rival:
        """The first of the processes that have the fewest."""
        counts = self._counts.tolist()
        smallest = min(counts)
        number = counts.index(smallest)
        return Rival(smallest, number, self._taken[number])


class SharedListener(socket.socket):
    """One process's side of a listening socket; takes over the descriptor of `listener`.

    For one thread; the connections may be closed by others.
    """

    def __init__(self, listener: socket.socket, tally: Tally, number: int) -> None:
        super().__init__(listener.family, listener.type, listener.proto, listener.detach())
        self._tally = tally
        self._number = number
        self._lock = threading.Lock()
        self._count = self._taken = 0
        # The process that this one waits for, as it was, and since when; and the one that was
        # waited for in vain.
        self._awaited: Rival | None = None
        self._slow: Rival | None = None
        self._since = 0.0
        tally.tell(number, 0, 0)

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection, and the address of its other side.

        Raises:
            BlockingIOError: there is none, or it is left to another process for now.
        """
        if self._should_leave_it():
            os.sched_yield()  # the caller asks again at once; the other may need this processor
            raise BlockingIOError(errno.EAGAIN, "left to a process with fewer connections")
        accepted, address = super().accept()
        connection = _Connection(accepted.family, accepted.type, accepted.proto, accepted.detach())
        connection.listener = self
        with self._lock:
            self._count += 1
            self._taken += 1
            self._tally.tell(self._number, self._count, self._taken)
        return connection, address

    def lose(self) -> None:
        """One of the connections is closed."""
        with self._lock:
            self._count -= 1
            self._tally.tell(self._number, self._count, self._taken)

    def _should_leave_it(self) -> bool:
        """Whether a process has fewer, and was not waited for already since it last took one."""
        least = self._tally.least()
        if least.connections >= self._count or least == self._slow:
            return False
        now = time.monotonic()
        if least != self._awaited:
            self._awaited, self._since = least, now
        if now - self._since < YIELD_S:
            return True
        self._slow = least
        return False


class _Connection(socket.socket):
    """A connection that is counted until it is closed."""

    listener: SharedListener | None = None

    def close(self) -> None:
        listener, self.listener = self.listener, None
        if listener is not None:
            listener.lose()
        super().close()
