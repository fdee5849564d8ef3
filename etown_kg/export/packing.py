"""Packed streams whose bytes depend on the content alone, and their checksums."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Literal, cast

import zstandard

Packing = Literal["", "gzip", "zstd"]
# Suffix and media type of each packing (RFC 6713, RFC 8878).
SUFFIXES: dict[Packing, str] = {"": "", "gzip": ".gz", "zstd": ".zst"}
MEDIA_TYPES: dict[Packing, str] = {
    "": "", "gzip": "application/gzip", "zstd": "application/zstd",
}  # fmt: skip
_GZIP_LEVEL = 6
_ZSTD_LEVEL = 9


@contextmanager
def packed(out: BinaryIO, packing: Packing) -> Iterator[BinaryIO]:
    """A stream whose content goes packed to `out`; whole when the block has ended well.

    No time and no file name is in it (RFC 1952, 2.3.1), so the same content gives the same bytes.
    """
    if packing == "gzip":
        with gzip.GzipFile("", "wb", _GZIP_LEVEL, out, mtime=0) as stream:
            yield cast(BinaryIO, stream)
    elif packing == "zstd":
        compressor = zstandard.ZstdCompressor(level=_ZSTD_LEVEL, write_checksum=True)
        with compressor.stream_writer(out, closefd=False) as stream:
            yield cast(BinaryIO, stream)
    else:
        yield out


def unpack(content: bytes, packing: Packing) -> bytes:
    """What was packed, whole.

    Raises:
        ValueError: it is damaged, or was cut short.
    """
    try:
        if packing == "gzip":
            return gzip.decompress(content)
        if packing == "zstd":
            return _unpack_zstd(content)
    except (EOFError, OSError, zlib.error, zstandard.ZstdError) as error:
        raise ValueError(f"the {packing} data are damaged or were cut short: {error}") from error
    return content


def _unpack_zstd(content: bytes) -> bytes:
    frames = []
    while content:
        frame = zstandard.ZstdDecompressor().decompressobj()
        frames.append(frame.decompress(content))
        if not frame.eof:
            raise EOFError("the last frame has no end")
        content = frame.unused_data
    return b"".join(frames)


def packing_of(name: str) -> Packing:
    """The packing that a file's suffix tells.

    >>> packing_of("closure.nq.gz"), packing_of("closure.nq")
    ('gzip', '')
    """
    for packing, suffix in SUFFIXES.items():
        if suffix and name.lower().endswith(suffix):
            return packing
    return ""


class Counted(io.RawIOBase):
    """A stream that counts and sums what goes through it to another."""

    def __init__(self, out: BinaryIO) -> None:
        super().__init__()
        self._out = out
        self._digest = hashlib.sha256()
        self.size_bytes = 0

    def writable(self) -> bool:
        return True

    def write(self, chunk: object) -> int:
        content = bytes(memoryview(chunk))  # type: ignore[arg-type]  # any buffer
        self._out.write(content)
        self._digest.update(content)
        self.size_bytes += len(content)
        return len(content)

    def tell(self) -> int:
        return self.size_bytes

    @property
    def sha256(self) -> str:
        """The SHA-256 of all that was written, in hexadecimal digits."""
        return self._digest.hexdigest()
