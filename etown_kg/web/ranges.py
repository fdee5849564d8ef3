"""Parts of a file: what a request for a range of bytes gets, so that a download can be resumed.

RFC 9110, section 14 (https://www.rfc-editor.org/rfc/rfc9110#section-14). One range is honoured;
several at once are answered with the whole, which the standard allows (14.2).
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import BinaryIO

from etown_kg.web.protocol import RequestError

_RANGE = re.compile(r"\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class ByteRange:
    """The bytes from `start` to before `stop`, counted from 0."""

    start: int
    stop: int

    def content_range(self, size_bytes: int) -> str:
        """The value of Content-Range for a part of a file of this size."""
        return f"bytes {self.start}-{self.stop - 1}/{size_bytes}"


def requested_range(
    header: str | None, if_range: str | None, tag: str, size_bytes: int
) -> ByteRange | None:
    """The range that a request asks for; None if it is to get the whole file.

    >>> requested_range("bytes=-2", None, "tag", 10)
    ByteRange(start=8, stop=10)

    Args:
        header: the value of Range; one that cannot be read counts for nothing (14.2).
        if_range: the value of If-Range: where it is not the file's own strong tag, the file is
            another one by now, and all of it is sent (13.1.5).
        tag: the file's entity tag, without quotation marks.

    Raises:
        RequestError: 416 the file has none of these bytes.
    """
    match = _RANGE.fullmatch(header or "")
    if match is None or (if_range is not None and if_range.strip() != f'"{tag}"'):
        return None
    first, last = match[1], match[2]
    if first:
        start, stop = int(first), size_bytes
        if last:
            if int(last) < start:
                return None  # no range at all (14.1.1)
            stop = min(int(last) + 1, size_bytes)
    elif last:
        start, stop = max(0, size_bytes - int(last)), size_bytes
    else:
        return None
    if start >= stop:
        raise RequestError(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            f"the file has {size_bytes} bytes, and none from there",
            headers={"Content-Range": f"bytes */{size_bytes}"},
        )
    return ByteRange(start, stop)


class Part(io.RawIOBase):
    """Some bytes of a file as a stream of their own. Closing it closes the file.

    It can be told how long it is by seeking, which is how servers send a file without a thread
    that waits for the client.
    """

    def __init__(self, file: BinaryIO, part: ByteRange) -> None:
        super().__init__()
        self._file = file
        self._part = part
        self._file.seek(part.start)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell() - self._part.start

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        length = self._part.stop - self._part.start
        place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.tell(), io.SEEK_END: length}[whence]
        self._file.seek(self._part.start + place)
        return place

    def read(self, size: int = -1, /) -> bytes:
        left = max(0, self._part.stop - self._file.tell())
        return self._file.read(left if size < 0 else min(size, left))

    def close(self) -> None:
        self._file.close()
        super().close()
