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


def register(app: Flask) -> None:
    """Pack what is worth it, and say of it that it depends on Accept-Encoding."""

    @app.after_request
    def pack(response: Response) -> Response:
        # A static file is handed to the server as it is (direct passthrough); it can be packed too.
        is_endless = response.is_streamed and not response.direct_passthrough
        if is_endless or not (response.mimetype or "").startswith(_TYPES):
            return response
        response.vary.add("Accept-Encoding")
        if (
            "Content-Encoding" in response.headers
            or response.status_code not in (200, 201)
            or not LEAST_BYTES <= (response.content_length or 0) <= MOST_BYTES
            or request.accept_encodings["gzip"] <= 0
        ):
            return response
        response.direct_passthrough = False
        # No time stamp, so that the same answer is packed into the same bytes.
        response.set_data(gzip.compress(response.get_data(), LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        tag, is_weak = response.get_etag()
        if tag is not None:
            response.set_etag(tag + PACKED, weak=bool(is_weak))
        return response
