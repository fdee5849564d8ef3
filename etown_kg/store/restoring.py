"""Locations made of their backups, which are verified before."""

from __future__ import annotations

import shutil
from pathlib import Path

from etown_kg.errors import StorageError
from etown_kg.store import disk
from etown_kg.store.journal import State
from etown_kg.store.location import SERVED_BY, Location


def verify(path: Path) -> State:
    """Open a location, read all of it, and compare; its state if nothing is wrong.

    Raises:
        MissingPathError, StorageError: there is none, it is in use, or it is damaged.
    """
    location = Location.open(path, create=False)
    try:
        for _ in location.quads():
            pass
        return location.state
    finally:
        location.close()


def restore(backup: Path, path: Path) -> State:
    """Make a location of a backup that was verified; the backup stays as it is.

    Raises:
        MissingPathError: no backup is there.
        StorageError: the backup is damaged, or `path` is not empty.
    """
    state = verify(backup)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise StorageError(f"{path}: not empty", hint="restore to a new folder, then move it")
    fresh = path.with_name(path.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        shutil.copytree(backup, fresh, ignore=shutil.ignore_patterns("LOCK", SERVED_BY))
        for entry in [*fresh.rglob("*"), fresh]:
            disk.sync(entry)
    except OSError as error:
        shutil.rmtree(fresh, ignore_errors=True)
        raise disk.unwritable(path, error) from error
    if path.exists():
        path.rmdir()
    fresh.rename(path)
    disk.sync(path.parent)
    return state
