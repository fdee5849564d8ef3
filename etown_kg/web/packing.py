"""Packing answers for clients that take it: ``Accept-Encoding: gzip``."""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

from etown_kg.web.conditional import PACKED

# Below this, packing costs more time than it saves; beyond the other, it holds a thread too long.
LEAST_BYTES = 1024
MOST_BYTES = 64 * 1024 * 1024
# One tenth of the time of the usual 6 for four fifths of its gain.
LEVEL = 1
_TYPES = (
    "text/", "application/sparql-results+", "application/ld+json", "application/rdf+xml",
    "application/n-triples", "application/n-quads", "application/trig", "application/json",
    "application/problem+json", "image/svg+xml",
)  # fmt: skip


def is_worth_it(media_type: str, size: int) -> bool:
    """Whether a body of this type and size is packed for who takes it."""
    return media_type.startswith(_TYPES) and LEAST_BYTES <= size <= MOST_BYTES


def packed(body: bytes) -> bytes:
    """The body in gzip, the same bytes each time: without a time stamp."""
    return gzip.compress(body, LEVEL, mtime=0)


def register(app: Flask) -> None:
    """Pack what is worth it, and say of it that it depends on Accept-Encoding."""

    @app.after_request
    def pack(response: Response) -> Response:
        # A static file is handed to the server as it is (direct passthrough); it can be packed too.
        is_endless = response.is_streamed and not response.direct_passthrough
        media_type = response.mimetype or ""
        if is_endless or not media_type.startswith(_TYPES):
            return response
        response.vary.add("Accept-Encoding")
        if (
            "Content-Encoding" in response.headers
            # RFC 9111, 5.2.2.6: a file to be taken as it is, with its checksum and its ranges.
            or response.cache_control.no_transform
            or response.status_code not in (200, 201)
            or not is_worth_it(media_type, response.content_length or 0)
            or request.accept_encodings["gzip"] <= 0
        ):
            return response
        response.direct_passthrough = False
        response.set_data(packed(response.get_data()))
        response.headers["Content-Encoding"] = "gzip"
        tag, is_weak = response.get_etag()
        if tag is not None:
            response.set_etag(tag + PACKED, weak=bool(is_weak))
        return response
