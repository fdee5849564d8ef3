"""Editions: the index of the default graph that clients answer point queries from.

An edition is an index of one state (`etown_kg.point_queries`) and a log of what has changed since,
both in memory that the owner shares with its clients. The owner forks a process to write one when
it starts, when the log is half full, and when a change was too large for it; until that is done,
clients have the edition before, or none, and ask executors. How one is read: `edition_reader`.
"""

from __future__ import annotations

import logging
import mmap
import os
import signal
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from etown_kg.backend.confinement import default_signals, die_with_parent
from etown_kg.backend.shared_log import SharedLog
from etown_kg.point_queries import IndexChange, terms

if TYPE_CHECKING:
    from etown_kg.graph import KnowledgeGraph, Step

log = logging.getLogger(__name__)

# A larger graph has no index: what is made meanwhile takes ten times the memory of the index.
MAX_TRIPLES: Final = 8_000_000
LOG_BYTES: Final = 64 << 20
# A step of more quads is not followed: the next edition has it.
MAX_QUADS: Final = 2_000
# Seconds after a change too large for the log, and after a failure, before the next is written.
_QUIET_S: Final = 0.5
_FAILED_S: Final = 60.0
# Whoever writes an index leaves the processor to everybody else.
_NICE: Final = 19


class Edition:
    """An index and its log, on the owner's side.

    Attributes:
        state: the owner's number of the state of the index; no other edition has it.
        version: the name of that state (`Status.version`).
        descriptors: of the memory of the index and of the log.
    """

    def __init__(self, state: int, version: str) -> None:
        self.state = state
        self.version = version
        names = ("etown-index", "etown-log")
        self.descriptors = tuple(os.memfd_create(name) for name in names)
        os.ftruncate(self.descriptors[1], LOG_BYTES)
        self.log = SharedLog(mmap.mmap(self.descriptors[1], LOG_BYTES))

    def write(self, graph: KnowledgeGraph) -> None:
        """Write the index of what queries see in a graph by default.

        Raises:
            OSError: see `write_index`.
        """
        from etown_kg.point_queries.writing import write_index  # with numpy, which clients lack

        write_index(graph.triples, self._memory)

    def append(self, record: bytes) -> bool:
        """Log a change; False if there is no room for it."""
        return self.log.append(record)

    def is_half_full(self) -> bool:
        """Whether it is time to write another."""
        return self.log.end > LOG_BYTES // 2

    def close(self) -> None:
        """Let go of the memory; clients that have it keep it."""
        self.log.close()
        for descriptor in self.descriptors:
            os.close(descriptor)

    def _memory(self, size: int) -> mmap.mmap:
        os.ftruncate(self.descriptors[0], size)
        return mmap.mmap(self.descriptors[0], size)


class Editions:
    """The editions of one graph: that which clients have, and the next one while it is written."""

    def __init__(self, graph: KnowledgeGraph, fork: Callable[[Callable[[], None]], int]) -> None:
        """`fork` runs a task in a process of its own and gives its number."""
        self._graph = graph
        self._fork = fork
        self.current: Edition | None = None
        self._next: Edition | None = None
        self._writer = 0
        self._due: float | None = time.monotonic()

    def wait_s(self) -> float | None:
        """Seconds until `begin` has something to do; None if a change has to come first."""
        if self._due is None or self._next is not None:
            return None
        return max(0.0, self._due - time.monotonic())

    def begin(self, state: int) -> None:
        """Have the next edition written if it is time, of the present state."""
        if self._next is not None or self._due is None or self._due > time.monotonic():
            return
        self._due = None
        if len(self._graph.asserted) + len(self._graph.inferred) > MAX_TRIPLES:
            return
        try:
            self._next = Edition(state, self._graph.state)
            self._writer = self._fork(partial(_write, self._next, self._graph, os.getpid()))
        except OSError as error:
            log.warning("no index for point queries: %s", error)
            self._give_up()

    def follow(self, step: Step, state: int) -> bool:
        """Log what leads to a state; False if clients may read the current edition no more."""
        is_large = step.size > MAX_QUADS
        if self.current is None and self._next is None and not is_large:
            return True  # the next one will have it
        record = None if is_large else _record(self._graph, step, state)
        if record is not None and self._next is not None and not self._next.append(record):
            record = None
        if record is not None and (self.current is None or self.current.append(record)):
            if self.current is not None and self.current.is_half_full() and self._due is None:
                self._due = time.monotonic()
            return True
        self.retire()
        return False

    def retire(self) -> None:
        """Let go of all editions; the next one is written when changes pause."""
        for edition in (self.current, self._next):
            if edition is not None:
                edition.close()
        if self._writer:
            os.kill(self._writer, signal.SIGKILL)
        self.current = self._next = None
        self._writer = 0
        self._due = time.monotonic() + _QUIET_S

    def reaped(self, pid: int, status: int) -> bool:
        """Take note that a process has ended; whether there is another current edition."""
        if pid != self._writer or self._next is None:
            return False
        self._writer = 0
        if status:
            self._give_up()
            return False
        if self.current is not None:
            self.current.close()
        self.current, self._next = self._next, None
        return True

    def _give_up(self) -> None:
        """Let go of the edition that could not be written, and try again later."""
        if self._next is not None:
            self._next.close()
            self._next = None
        self._due = time.monotonic() + _FAILED_S


def _write(edition: Edition, graph: KnowledgeGraph, owner: int) -> None:
    """In a process of its own: write an edition.

    Raises:
        MemoryError: there is no room for it.
    """
    default_signals()
    die_with_parent(owner)
    os.nice(_NICE)
    try:
        edition.write(graph)
    except OSError as error:  # which otherwise says that the other side of a connection has left
        raise MemoryError("there is no memory for an index") from error


def _record(graph: KnowledgeGraph, step: Step, state: int) -> bytes:
    changes = b"".join(
        IndexChange(is_there, *map(terms.from_term, triple)).line()
        for triple, is_there in graph.seen(step)
    )
    return f"{state} {graph.state}\n".encode() + changes


def send_edition(connection: socket.socket, edition: Edition | None) -> None:
    """Give a client an edition, before the frame that tells of it.

    Raises:
        OSError: the client is gone.
    """
    socket.send_fds(connection, [b"\0"], [] if edition is None else [*edition.descriptors])
