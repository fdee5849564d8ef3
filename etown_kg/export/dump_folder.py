"""A folder of dumps: files that are there whole or not at all, each with its checksum beside it.

``closure.nq.gz.sha256`` and ``SHA256SUMS`` have the form that ``sha256sum --check`` reads. A file
counts as made once its checksum is there, which is written last.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, cast

from etown_kg.errors import SettingError
from etown_kg.export.distributions import Distribution, Dumps
from etown_kg.export.packing import Counted, packed

SUMS = "SHA256SUMS"
SUM_SUFFIX = ".sha256"
# What stands in place of a checksum where a file cannot be made: the reason, in one line.
_REFUSED_SUFFIX = ".refused"
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class DumpFile:
    """A file that was made."""

    path: Path
    size_bytes: int
    sha256: str


def find_dump(folder: Path, name: str) -> DumpFile | None:
    """The file of this name; None if it was not made."""
    try:
        line = (folder / f"{name}{SUM_SUFFIX}").read_text(encoding="utf-8")
        size = (folder / name).stat().st_size
    except FileNotFoundError:
        return None
    return DumpFile(folder / name, size, line.split()[0])


def find_refusal(folder: Path, name: str) -> str | None:
    """Why the file of this name cannot be made; None if nothing says that it cannot."""
    try:
        return (folder / f"{name}{_REFUSED_SUFFIX}").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


def write_dumps(
    dumps: Dumps,
    wanted: Iterable[Distribution],
    folder: Path,
    progress: Callable[[Distribution], object] = lambda distribution: None,
    *,
    anew: bool = False,
) -> list[str]:
    """Make files with their checksums; gives what was refused, and why.

    Those that were made before stay as they are, unless all are to be made `anew`.

    Raises:
        OSError: the disk is full, or the folder is not to be written; no half file stays.
    """
    refused = []
    for distribution in wanted:
        name = distribution.name
        progress(distribution)
        if anew:
            for suffix in (SUM_SUFFIX, _REFUSED_SUFFIX):
                (folder / f"{name}{suffix}").unlink(missing_ok=True)
        elif find_dump(folder, name) is not None:
            continue
        try:
            _write(dumps, distribution, folder)
        except SettingError as error:
            (folder / name).unlink(missing_ok=True)
            _put(folder / f"{name}{_REFUSED_SUFFIX}", f"{error.message}\n")
            refused.append(f"{name}: {error.message}")
    return refused


def write_sums(folder: Path, names: Iterable[str]) -> None:
    """Write the checksums of all these files that were made to one file, sorted by name."""
    lines = []
    for name in sorted(names):
        found = find_dump(folder, name)
        if found is not None:
            lines.append(f"{found.sha256}  {name}\n")
    _put(folder / SUMS, "".join(lines))


def _write(dumps: Dumps, distribution: Distribution, folder: Path) -> None:
    path = folder / distribution.name
    descriptor, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            counted = Counted(stream)
            _fill(dumps, distribution, folder, cast(BinaryIO, counted))
        Path(beside).chmod(_mode())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
    _put(folder / f"{path.name}{SUM_SUFFIX}", f"{counted.sha256}  {path.name}\n")


def _fill(dumps: Dumps, distribution: Distribution, folder: Path, out: BinaryIO) -> None:
    """Pack the plain file where it is there; else make the content."""
    plain = find_dump(folder, replace(distribution, packing="").name)
    if not distribution.packing or plain is None:
        dumps.write(distribution, out)
        return
    with plain.path.open("rb") as content, packed(out, distribution.packing) as stream:
        shutil.copyfileobj(content, stream, _CHUNK_BYTES)


def _put(path: Path, text: str) -> None:
    """Write a small file, whole or not at all."""
    descriptor, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(beside).chmod(_mode())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _mode() -> int:
    """The permissions of any new file here; those of a temporary one are for its owner alone."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
