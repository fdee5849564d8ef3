"""What ``diff`` compares: a file, a folder of files, of dumps or of a location, or its past."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from pyoxigraph import Quad

from etown_kg import load
from etown_kg.errors import MissingPathError, SourceError
from etown_kg.export.dump_folder import SUMS
from etown_kg.export.packing import packing_of, unpack
from etown_kg.formats import RDF_FORMATS
from etown_kg.store import Location

# A location in a former version: DIR@7.
_VERSION = re.compile(r"(.+)@(\d+)")


def quads_of(operand: str, base: str) -> list[Quad]:
    """The statements that an operand names.

    A file is RDF, plain or packed as gzip or zstd. A folder is a location, the files of
    ``etown-kg export --all`` (what is asserted counts), one with ``ontology/`` and ``data/``, or
    any folder, whose RDF files become graphs named after them below `base`. ``DIR@7`` is version 7
    of a location.

    Raises:
        MissingPathError: there is nothing of that name.
        FormatError, SourceError, UploadError: a file is of no known format, or does not parse.
        StorageError: a location is in use or damaged, or its version is not kept.
    """
    path = Path(operand)
    version = _VERSION.fullmatch(operand)
    if not path.exists() and version is not None:
        return list(_of_location(Path(version[1]), int(version[2])))
    if path.is_file():
        return _of_file(path)
    if not path.is_dir():
        raise MissingPathError(path, "a file, a folder, or DIR@VERSION of a location")
    if (path / "store").is_dir():
        return list(_of_location(path))
    if (path / SUMS).is_file():
        return _of_file(_asserted_dump(path))
    if (path / "ontology").is_dir() and (path / "data").is_dir():
        return list(load.read_all(load.sources(path / "ontology", path / "data", base)))
    return list(_of_folder(path, base))


def _of_location(path: Path, version: int | None = None) -> Iterator[Quad]:
    location = Location.open(path, create=False)
    try:
        yield from location.quads() if version is None else location.quads_at(version)
    finally:
        location.close()


def _asserted_dump(folder: Path) -> Path:
    """The file of a folder of dumps that holds all that is asserted, in graphs."""
    for format in RDF_FORMATS:
        if format.kind == "dataset":
            for suffix in ("", ".gz", ".zst"):
                path = folder / f"asserted{format.suffixes[0]}{suffix}"
                if path.is_file():
                    return path
    raise MissingPathError(folder / "asserted.nq", "what is asserted, among the dumps")


def _of_file(path: Path) -> list[Quad]:
    packing = packing_of(path.name)
    if not packing:
        return load.read(path)
    try:
        content = unpack(path.read_bytes(), packing)
    except ValueError as error:
        raise SourceError(path, str(error), hint="fetch it again, and check its SHA-256") from error
    return load.read(path.with_suffix(""), content=content)


def _of_folder(folder: Path, base: str) -> Iterator[Quad]:
    suffixes = {suffix for format in RDF_FORMATS for suffix in format.suffixes}
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in suffixes)
    if not paths:
        raise MissingPathError(folder, "RDF files in this folder")
    return chain.from_iterable(load.read(path, f"{base}graph/{path.stem}") for path in paths)
