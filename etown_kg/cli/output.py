"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from etown_kg.errors import MissingPathError


@contextmanager
def written(path: Path | None) -> Iterator[BinaryIO]:
    """A binary stream that becomes the file `path` when the block ends well.

    Until then the bytes are in a temporary file beside it, which a failure removes: a reader
    finds the old file or the new one, whole and synced. None is standard output; a pipe or a
    device is written to as it is.

    Raises:
        MissingPathError: the folder is not there.
    """
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            yield stream
        return
    target = path.resolve()  # through a link, to the file itself
    if not target.parent.is_dir():
        raise MissingPathError(target.parent, "a folder to write into", hint="make it first")
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        beside.chmod(_mode(target))
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or those of any new file here."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
