"""Reads an edition of the index, on the side of those who ask (`editions`)."""

from __future__ import annotations

import logging
import mmap
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from etown_kg.backend import wire
from etown_kg.backend.shared_log import SharedLog
from etown_kg.point_queries import Answered, Index, IndexChange, PointQueries

log = logging.getLogger(__name__)

# Seconds that the owner may take for its reply; an update may be in its way.
_TIMEOUT_S: Final = 30.0
# About a thousand changes.
_FAR_BYTES: Final = 256 * 1024


class EditionReader:
    """An edition on a client's side. For one thread.

    Attributes:
        number: the edition's, which is the state that it began with.
    """

    def __init__(self, index: mmap.mmap, log: mmap.mmap, state: int, version: str) -> None:
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
        """Go on to the newest state.

        Some 5 us for each triple that came or went, and ten times that where one of its terms is
        in half a million others.
        """
        end = self._log.end
        for record in self._log.read(self._at, end):
            head, _, lines = record.partition(b"\n")
            self._queries.change(IndexChange.of_lines(lines))
            state, self._version = head.decode().split(" ")
            self._state = int(state)
        self._at = end


class CurrentEdition:
    """The newest edition of an owner. Safe for any number of threads."""

    def __init__(self, control: Path, wake: Callable[[], object]) -> None:
        """Get editions by the owner's control socket; `wake` is called to have `refresh` called."""
        self._control = control
        self._wake = wake
        self._reader: EditionReader | None = None
        self._reading = threading.Lock()
        # The edition that could not be read to its end.
        self._broken = 0

    def answer(self, text: str, state: int, edition: int) -> tuple[Answered, int, str] | None:
        """See `EditionReader.answer`; `edition` is the number of the newest, 0 for none.

        None, without waiting, also where another thread reads, or this edition is not there yet.
        """
        reader = self._reader
        if reader is None or reader.number != edition:
            if edition not in (0, self._broken):
                self._wake()
            return None
        if not self._reading.acquire(blocking=False):
            return None
        try:
            if reader.is_far_behind():
                self._wake()
                return None
            return reader.answer(text, state)
        except Exception:  # noqa: BLE001  # it is told, and executors answer
            self._give_up(reader)
            return None
        finally:
            self._reading.release()

    def refresh(self, edition: int) -> None:
        """Read the edition with this number from now on, in its newest state: what has changed is
        taken over, lest a query has to.
        """
        number = 0 if self._reader is None else self._reader.number
        if edition not in (number, self._broken):
            self._reader = self._fetched() if edition else None
        with self._reading:
            reader = self._reader
            try:
                if reader is not None:
                    reader.catch_up()
            except Exception:  # noqa: BLE001  # it is told, and executors answer
                assert reader is not None
                self._give_up(reader)

    def _fetched(self) -> EditionReader | None:
        """The owner's edition; None if it has none, or there is no owner."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            try:
                connection.settimeout(_TIMEOUT_S)
                connection.connect(str(self._control))
                wire.send(connection, {"task": "edition"})
                return receive_edition(connection)
            except (OSError, wire.BrokenFrameError):
                return None  # executors are asked, which tells of it

    def _give_up(self, reader: EditionReader) -> None:
        """Read an edition no more, through a fault of ours."""
        log.exception("the index of edition %d is read no more", reader.number)
        self._reader, self._broken = None, reader.number


def receive_edition(connection: socket.socket) -> EditionReader | None:
    """The edition that an owner gives (`editions.send_edition`), if it has one.

    Raises:
        OSError, BrokenFrameError: the owner is gone, or there is no memory to read it.
    """
    _, descriptors, _, _ = socket.recv_fds(connection, 1, 2)
    try:
        frame = wire.receive(connection)
        if frame is None or len(descriptors) < 2:
            return None
        index, changes = (mmap.mmap(each, 0, access=mmap.ACCESS_READ) for each in descriptors)
    finally:
        for each in descriptors:
            os.close(each)
    return EditionReader(index, changes, frame[0]["state"], frame[0]["version"])
