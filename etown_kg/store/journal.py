"""The journal: changes on disk before anybody hears that they were made.

A file of records, one per change; they are safe when `sync` has returned, and nobody hears of them
before. A record is a head of JSON behind ``#``, the lines of a `Delta`, and a last line with the
checksum of what comes before it; so a record that was cut short by a crash is told from a whole
one, and left out. A record that is damaged with others behind it is no crash, and is reported.
"""

from __future__ import annotations

import errno
import json
import os
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from etown_kg.errors import DiskFullError, StorageError
from etown_kg.store import disk
from etown_kg.store.delta import Delta

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True)
class State:
    """One version of the data: which, since when, and what tells it from damaged ones.

    `count` is of quads as written, `checksum` their sum (`etown_kg.store.checksum`) under `scheme`.
    The remaining numbers are those of the change that made it.
    """

    version: int
    time: str
    count: int
    checksum: int
    scheme: str
    inserted: int = 0
    deleted: int = 0
    inferred_added: int = 0
    inferred_removed: int = 0
    writer: str = ""

    def to_json(self) -> str:
        """The state on one line."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> State:
        """The state that `to_json` wrote; ValueError if none did."""
        try:
            return cls(**json.loads(text))
        except TypeError as error:
            raise ValueError(f"not the fields of a state: {error}") from error


class Journal:
    """An open journal file. One process writes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        disk.sync(path.parent)
        self._is_broken = False
        # What is known to be on the disk.
        self._synced = self.size

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return os.fstat(self._descriptor).st_size

    def close(self) -> None:
        """Give the file back."""
        os.close(self._descriptor)

    def records(self) -> Iterator[tuple[State, Delta]]:
        """The changes in the file, oldest first; a last record that is cut short is taken off.

        Raises:
            StorageError: a record in the middle is damaged.
        """
        content = self.path.read_bytes()
        start = 0
        while start < len(content):
            end = _end(content, start)
            record = None if end is None else _read(content[start:end])
            if end is None or record is None:
                if end is not None and end < len(content):
                    raise StorageError(
                        f"{self.path}: the record at byte {start} is damaged",
                        hint="restore a backup: etown-kg restore BACKUP --location DIR",
                    )
                os.ftruncate(self._descriptor, start)
                os.fsync(self._descriptor)
                self._synced = start
                return
            yield record
            start = end

    def append(self, state: State, delta: Delta) -> None:
        """Write a change; it is safe after `sync`.

        Raises:
            DiskFullError: there is no room; the file is as it was before.
            StorageError: the disk failed; nothing more can be written by this process.
        """
        if self._is_broken:
            raise StorageError(f"{self.path}: the disk failed before", hint="restart the server")
        before = self.size
        record = _written(state, delta)
        try:
            position = 0
            while position < len(record):
                position += os.write(self._descriptor, record[position:])
        except OSError as error:
            self._take_back(before)
            raise self._failure(error) from error

    def sync(self) -> None:
        """Wait until the disk has what was appended.

        Raises:
            DiskFullError, StorageError: it has not; the file is as it was at the last sync.
        """
        try:
            os.fdatasync(self._descriptor)
        except OSError as error:
            self._take_back(self._synced)
            raise self._failure(error) from error
        self._synced = self.size

    def _failure(self, error: OSError) -> DiskFullError | StorageError:
        if error.errno in _NO_ROOM:
            return DiskFullError("disk", f"no room for the change at {self.path}")
        return StorageError(f"{self.path}: cannot be written: {error.strerror}")

    def clear(self) -> None:
        """Forget all records: what they say is safe elsewhere."""
        os.ftruncate(self._descriptor, 0)
        os.fsync(self._descriptor)
        self._synced = 0

    def _take_back(self, size: int) -> None:
        """Cut off what a failed write left; a record may not be there and yet refused."""
        try:
            os.ftruncate(self._descriptor, size)
            os.fsync(self._descriptor)
        except OSError:
            self._is_broken = True


def records_in(path: Path) -> Iterator[tuple[State, Delta]]:
    """The changes in a file of records that nothing depends on; what is damaged is left out."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return
    start = content.find(b"#")
    while start >= 0:
        following = content.find(b"\n#", start)
        stop = len(content) if following < 0 else following + 1
        record = _read(content[start:stop])
        if record is not None:
            yield record
        start = stop if following >= 0 else -1


def _written(state: State, delta: Delta) -> bytes:
    text = b"#" + state.to_json().encode() + b"\n" + delta.lines()
    return text + b"=%08x\n" % zlib.crc32(text)


def _end(content: bytes, start: int) -> int | None:
    """Behind the last line of the record that starts here; None if there is none."""
    found = content.find(b"\n=", start)
    if found < 0:
        return None
    line_feed = content.find(b"\n", found + 1)
    return None if line_feed < 0 else line_feed + 1


def _read(record: bytes) -> tuple[State, Delta] | None:
    """The change in a record; None if it is damaged."""
    last = record.rfind(b"\n", 0, -1) + 1
    text = record[:last]
    if record[last:] != b"=%08x\n" % zlib.crc32(text) or not text.startswith(b"#"):
        return None
    head, _, lines = text.partition(b"\n")
    try:
        state = State.from_json(head[1:])
    except ValueError:
        return None
    return state, Delta.from_lines(lines, state.version)
