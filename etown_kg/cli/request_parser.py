"""Reading requests: waitress's parser, where it is too patient, and where it is not patient enough.

RFC 9112 (https://www.rfc-editor.org/rfc/rfc9112). A request that states its length and is chunked
as well is an attempt to have two servers in a row see different requests (section 6.1), and so is
a chunked one of HTTP/1.0; here they are none. Nor is one without exactly one good ``Host``
(section 3.2). What stands between chunks and behind them (sections 7.1.1 and 7.1.2) is bounded:
it is looked through from its beginning whenever more of it comes.

An address has to be in ASCII (RFC 3986, section 2), but ``curl 'http://.../search?q=亦庄'`` sends
it as it was typed: what is valid UTF-8 is taken for what its author should have written.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote_from_bytes

from waitress.buffers import OverflowableBuffer
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import ChunkedReceiver, FixedStreamReceiver
from waitress.utilities import BadRequest, Error

log = logging.getLogger(__name__)

# A chunk's size and extensions in one line; the fields behind the last chunk.
_MAX_CHUNK_LINE_BYTES: Final = 4 * 1024
_MAX_TRAILER_BYTES: Final = 16 * 1024
# RFC 3986, section 3.2.2, and a port. It may be empty, for targets without an authority.
_HOST: Final = re.compile(
    r"(?:\[[0-9A-Za-z:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::[0-9]{0,5})?"
)
_CODINGS: Final = re.compile(rb"(?im)^transfer-encoding:[ \t]*(.*?)[ \t]*\r?$")
# What is told to the client in these words; waitress's own are for its developers.
_NO_HOST: Final = "the header Host is missing"
_BAD_HOST: Final = "the header Host is not one name or address, with or without a port"
_BAD_LENGTH: Final = "Transfer-Encoding is not chunked alone, or where none may be"
_BAD_CHUNKS: Final = "chunk extensions or trailer fields without end"
_NO_ROOM: Final = "there is no room to keep the body until it is whole"
REASONS: Final = frozenset((_NO_HOST, _BAD_HOST, _BAD_LENGTH, _BAD_CHUNKS, _NO_ROOM))


class RequestParser(HTTPRequestParser):
    """Reads one request; what cannot be read is answered with 400.

    `kept_bytes` says for an ``Authorization``, or none, how long a body is kept. A longer one is
    read to its end, so that its sender takes the answer, and forgotten on the way; the app is
    told its length alone.
    """

    kept_bytes: Callable[[str | None], int] | None = None

    def received(self, data: bytes) -> int:
        """Read on; gives how many of these bytes were this request's."""
        try:
            consumed: int = super().received(data)
        except OSError as error:  # a long body waits in a file
            log.warning("a body is not read: no temporary file: %s", error)
            self.error, self.completed, consumed = _FullError(_NO_ROOM), True, len(data)
        if self.completed:
            # Nothing more is to come (RFC 9110, section 10.1.1): who was told to go on would
            # wait for the answer, and the server for a body.
            self.expect_continue = False
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Read the first line and the headers.

        Raises:
            ParsingError: they are no request.
        """
        try:
            super().parse_header(_in_ascii(header_plus))
        except ValueError as error:  # an address that is none, as http://[::1/
            raise ParsingError(str(error)) from error
        headers: Any = self.headers  # waitress's stubs take it for one that is only read
        # As they were sent: waitress takes away what it has understood, and be it nothing.
        codings = [coding.lower() for coding in _CODINGS.findall(header_plus)]
        if codings and (
            codings != [b"chunked"] or self.version != "1.1" or "CONTENT_LENGTH" in headers
        ):
            raise ParsingError(_BAD_LENGTH)
        host = headers.get("HOST")
        if host is None and self.version == "1.1":
            raise ParsingError(_NO_HOST)
        # Several lines of one name have become one, with a space between.
        if host is not None and _HOST.fullmatch(host) is None:
            raise ParsingError(_BAD_HOST)
        options = {option.strip().lower() for option in headers.get("CONNECTION", "").split(",")}
        if "close" in options:  # whatever else stands there; waitress looks for it alone
            headers["CONNECTION"] = "close"
            self.connection_close = True
        if self.body_rcv is not None:
            self.body_rcv = self._receiver(headers.get("AUTHORIZATION"))

    def _receiver(self, authorization: str | None) -> ChunkedReceiver | FixedStreamReceiver:
        most = None if self.kept_bytes is None else self.kept_bytes(authorization)
        body = _Body(self.adj.inbuf_overflow, most)
        return _Chunks(body) if self.chunked else FixedStreamReceiver(self.content_length, body)


class _FullError(Error):
    code = HTTPStatus.INSUFFICIENT_STORAGE
    reason = HTTPStatus.INSUFFICIENT_STORAGE.phrase


class _Chunks(ChunkedReceiver):
    """A chunked body whose framing has to be short."""

    def received(self, s: bytes) -> int:
        consumed: int = super().received(s)
        if len(self.control_line) > _MAX_CHUNK_LINE_BYTES or len(self.trailer) > _MAX_TRAILER_BYTES:
            self.error = BadRequest(_BAD_CHUNKS)
        return consumed


class _Body(OverflowableBuffer):
    """What was received of a body: all of it, or if it is longer than `most` bytes its length."""

    def __init__(self, overflow: int, most: int | None) -> None:
        super().__init__(overflow)
        self._most = most
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, s: bytes) -> None:
        self._length += len(s)
        if self._is_kept():
            super().append(s)
        elif self.buf is not None or self.strbuf:
            self.close()
            self.buf, self.strbuf = None, b""

    def getfile(self) -> Any:  # a file in memory or on disk, whatever waitress's stubs say
        return super().getfile() if self._is_kept() else io.BytesIO()

    def _is_kept(self) -> bool:
        return self._most is None or self._length <= self._most


def _in_ascii(header_plus: bytes) -> bytes:
    """The same with the UTF-8 of the first line percent-encoded, if it is that."""
    line, end, rest = header_plus.partition(b"\r\n")
    if line.isascii():
        return header_plus
    try:
        line.decode()
    except UnicodeDecodeError:
        return header_plus  # and so refused
    return quote_from_bytes(line, safe=_ASCII).encode() + end + rest


_ASCII = "".join(map(chr, range(128)))
