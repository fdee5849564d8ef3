"""Reads an edition of the index, on the side of those who ask (`editions`)."""

from __future__ import annotations

import mmap
import os
import socket
from typing import Final

from etown_kg.backend.shared_log import SharedLog
from etown_kg.point_queries import Answered, Index, IndexChange, PointQueries

# About a thousand changes.
_FAR_BYTES: Final = 256 * 1024


class EditionReader:
    """An edition on a client's side. For one thread.

    Attributes:
        number: the edition's, which is the state that it began with.
    """

    def __init__(self, descriptors: tuple[int, int], state: int, version: str) -> None:
        """Read the memory behind these descriptors, which are closed."""
        try:
            index, log = (mmap.mmap(each, 0, access=mmap.ACCESS_READ) for each in descriptors)
        finally:
            for each in descriptors:
                os.close(each)
        self.number = state
        self._queries = PointQueries(Index(index))
        self._log = SharedLog(log)
        self._at = self._log.start
        self._state = state
        self._version = version

    def is_far_behind(self) -> bool:
        """Whether `catch_up` takes longer than a query should wait."""
        return self._log.end - self._at > _FAR_BYTES

    def answer(self, text: str, state: int) -> tuple[Answered, int, str] | None:
        """The answer to a point query in a state that is no older than this one, and the number
        and name of that state; None if it is not to be had here.
        """
        if self._log.end != self._at:
            self.catch_up()
        if self._state < state:
            return None
        answered = self._queries.answer(text)
        return None if answered is None else (answered, self._state, self._version)

    def catch_up(self) -> None:
        """Go on to the newest state: some 5 us for each triple that came or went."""
        end = self._log.end
        for record in self._log.read(self._at, end):
            head, _, lines = record.partition(b"\n")
            self._queries.change(IndexChange.of_lines(lines))
            state, self._version = head.decode().split(" ")
            self._state = int(state)
        self._at = end


def receive_edition(connection: socket.socket) -> tuple[int, int] | None:
    """The descriptors of an edition, if there is one.

    Raises:
        OSError: the owner is gone.
    """
    _, descriptors, _, _ = socket.recv_fds(connection, 1, 2)
    return (descriptors[0], descriptors[1]) if len(descriptors) == 2 else None
