"""The disk below a location: who has a folder, how much room is left, and what goes wrong there."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

from etown_kg.errors import DiskFullError, StorageError


def lock(path: Path) -> int:
    """Take a lock that goes when the process does, and that its children do not have.

    Raises:
        StorageError: another process has it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
        os.close(descriptor)
        raise in_use(path.parent, holder) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def expect_room(path: Path, reserve_bytes: int, needed_bytes: int = 0) -> None:
    """Expect that a disk has room for so much and keeps its reserve.

    Raises:
        DiskFullError: it has not.
    """
    found = os.statvfs(path)
    free = found.f_bavail * found.f_frsize
    if free < reserve_bytes + needed_bytes:
        raise DiskFullError(
            f"disk reserve of {reserve_bytes >> 20} MiB",
            f"{free >> 20} MiB are free at {path}",
            hint="reading goes on; make room, and changes go on too",
        )


def sync(path: Path) -> None:
    """Wait until the disk has a file, or knows which files are in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# Failures


def in_use(path: Path, holder: str = "") -> StorageError:
    """The failure of who comes second to a location."""
    by = f" (process {holder})" if holder else ""
    return StorageError(
        f"{path}: in use by another process{by}",
        hint="stop the server that has it; one process at a time may have a location",
    )


def damaged(path: Path, problem: str) -> StorageError:
    """The failure of a location that is not as it was left."""
    return StorageError(
        f"{path}: damaged: {problem}",
        hint="restore a backup: etown-kg restore BACKUP --location DIR",
    )


def is_want_of_room(error: Exception) -> bool:
    """Whether a disk had no room: what the system says, or RocksDB."""
    return getattr(error, "errno", None) == errno.ENOSPC or "no space" in str(error).lower()


def unwritable(path: Path, error: Exception) -> StorageError | DiskFullError:
    """The failure that an error of the system, or of RocksDB, comes to."""
    if is_want_of_room(error):
        return DiskFullError("disk", f"no room at {path}")
    if str(error).startswith("Corruption"):  # RocksDB's word, met when it reads before it writes
        return damaged(path, str(error))
    return StorageError(f"{path}: cannot be written: {error}")
