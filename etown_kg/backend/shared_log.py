"""Records in memory that processes share: one appends, others read from a place on."""

from __future__ import annotations

import mmap
import struct
import sys
from collections.abc import Iterator

_END = 8  # bytes at the beginning: how far the log is written
_LENGTH = struct.Struct("=I")


class SharedLog:
    """A log in a memory that is zero at first; its readers have the same memory."""

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory

    @property
    def start(self) -> int:
        """Where the first record is, or will be."""
        return _END

    @property
    def end(self) -> int:
        """Where the next record will be."""
        return int.from_bytes(self._memory[:_END], sys.byteorder) or _END

    def append(self, record: bytes) -> bool:
        """Write a record; False, with nothing written, if it has no room."""
        start = self.end
        behind = start + _LENGTH.size + len(record)
        if behind > len(self._memory):
            return False
        self._memory[start:behind] = _LENGTH.pack(len(record)) + record
        # Behind the record itself: a reader that sees the end sees what is before it.
        self._memory[:_END] = behind.to_bytes(_END, sys.byteorder)
        return True

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """The records from one place to another, both between two records."""
        while start < end:
            (length,) = _LENGTH.unpack_from(self._memory, start)
            start += _LENGTH.size
            yield self._memory[start : start + length]
            start += length

    def close(self) -> None:
        """Let go of the memory; others that have it keep it."""
        self._memory.close()
