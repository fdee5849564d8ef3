"""Reading a request's body, unpacked and bounded.

A packed body (RFC 9110, section 8.4) of a few kilobytes can unpack to gigabytes, so it is
unpacked piece by piece and refused as soon as it outgrows its bound or its own size too far.
"""

from __future__ import annotations

import zlib
from http import HTTPStatus
from typing import BinaryIO

from etown_kg.web.protocol import RequestError

# zlib's window bits: gzip or zlib by its header.
_ENCODINGS = {"gzip": 15 + 32, "x-gzip": 15 + 32, "deflate": 15 + 32}
_PIECE = 64 * 1024
# Bodies up to here may have any ratio: small texts pack well.
_SMALL = 1024 * 1024


def read_body(
    stream: BinaryIO, encoding: str, length: int | None, *, most: int, ratio: int
) -> bytes:
    """The body of a request, at most `most` bytes of it unpacked.

    `length` is what Content-Length says, or None; a body that ends before is refused.

    Raises:
        RequestError: 400 a body that is cut or broken; 413 too large, or unpacking to more
            than `ratio` times its size; 415 an encoding that is not offered.
    """
    wanted = encoding.strip().lower()
    if length is not None and length > most:
        raise _too_large(most)  # packed or not; the server may have kept nothing of it
    if wanted in ("", "identity"):
        body = stream.read(most + 1)
        if len(body) > most:
            raise _too_large(most)
        _check_whole(len(body), length)
        return body
    if wanted not in _ENCODINGS:
        raise RequestError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"a body packed as {encoding!r} is not read",
            hint="send it unpacked, or with gzip",
            headers={"Accept-Encoding": "gzip, deflate"},
        )
    return _unpacked(stream, _ENCODINGS[wanted], length, most, ratio)


def _unpacked(stream: BinaryIO, window: int, length: int | None, most: int, ratio: int) -> bytes:
    unpacker = zlib.decompressobj(window)
    body = bytearray()
    packed = 0
    try:
        while piece := stream.read(_PIECE):
            packed += len(piece)
            if packed > most:
                raise _too_large(most)
            if unpacker.eof:
                raise _broken("something follows its end")
            while piece:
                body += unpacker.decompress(piece, _PIECE)
                piece = unpacker.unconsumed_tail
                if len(body) > most:
                    raise _too_large(most)
                if len(body) > _SMALL and len(body) > ratio * packed:
                    raise RequestError(
                        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                        f"the body unpacks to more than {ratio} times its size",
                        hint="send it unpacked",
                    )
            if unpacker.unused_data:
                raise _broken("something follows its end")
    except zlib.error as error:
        raise _broken(str(error)) from error
    _check_whole(packed, length)
    if not unpacker.eof:
        raise _broken("it ends before its end")
    return bytes(body)


def _check_whole(received: int, length: int | None) -> None:
    if length is not None and received < length:
        raise RequestError(
            HTTPStatus.BAD_REQUEST, f"{length} bytes were announced, {received} came"
        )


def _too_large(most: int) -> RequestError:
    return RequestError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body of more than {most:,} bytes is not read"
    )


def _broken(problem: str) -> RequestError:
    return RequestError(HTTPStatus.BAD_REQUEST, f"the packed body cannot be read: {problem}")
