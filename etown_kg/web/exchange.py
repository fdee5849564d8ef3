"""What every view does with a request and a response: bodies, tags, versions, leaving clients."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import BinaryIO, cast

from flask import Response, g, request

from etown_kg import audit
from etown_kg.backend import Begun, Change, GraphWrite, IsGone, QueryRequest, UpdateRequest
from etown_kg.web.body import read_body
from etown_kg.web.conditional import tags
from etown_kg.web.limits import RequestLimits
from etown_kg.web.rate_limit import client_of

# Answers may be kept, but asked about each time: the data may have changed.
REVALIDATE = "no-cache"
NEVER_KEEP = "no-store"
VERSION = "X-Version"
# In a request's environment: the work that the server has begun for it (`express`).
BEGUN = "etown.begun"


def body_of_request(most: int, limits: RequestLimits) -> bytes:
    """The body, unpacked, of at most `most` bytes.

    Raises:
        RequestError: see `read_body`.
    """
    return read_body(
        cast(BinaryIO, request.stream),
        request.headers.get("Content-Encoding", ""),
        request.content_length,
        most=most,
        ratio=limits.ratio,
    )


def question(asked: QueryRequest, *, is_safe: bool) -> tuple[object, ...]:
    """What an entity tag is made of, beside the version: all that the answer depends on."""
    return (
        asked.text, asked.accept, asked.parameters, asked.infer, asked.default_graphs,
        asked.named_graphs, asked.explain_empty, asked.base, asked.same_as, is_safe,
    )  # fmt: skip


def begun() -> Begun | None:
    """The work on this request's query that the server has begun already (`express`)."""
    found: Begun | None = request.environ.get(BEGUN)
    return found


def client() -> str:
    """Who asks, for shares of the work."""
    return client_of(request.remote_addr)


def is_gone() -> IsGone | None:
    """A function that tells whether the client has left, where the server knows."""
    # https://docs.pylonsproject.org/projects/waitress/en/stable/arguments.html
    found: Callable[[], bool] | None = request.environ.get("waitress.client_disconnected")
    return found


def not_modified(tag: str) -> Response | None:
    """The answer to a client that has this representation already; None to all others.

    ``*`` is no representation that a client has: whether there is one is not known yet.

    Raises:
        RequestError: 400 If-None-Match cannot be read.
    """
    if tag not in tags(request.headers.get("If-None-Match")):
        return None
    response = Response(status=HTTPStatus.NOT_MODIFIED)
    response.headers.pop("Content-Type", None)
    return tagged(response, tag)


def tagged(response: Response, tag: str) -> Response:
    """The response with its entity tag, to be kept and asked about."""
    response.set_etag(tag)
    response.headers["Cache-Control"] = REVALIDATE
    response.vary.add("Accept")
    response.vary.add("Accept-Encoding")
    return response


def audited(asked: UpdateRequest | GraphWrite, make: Callable[[], Change]) -> Change:
    """Make a change, and leave a line about it in the audit log, whatever becomes of it."""
    request_id = str(g.get("request_id", ""))
    try:
        change = make()
    except Exception as error:  # a fault of ours too: the change may have been asked for in vain
        audit.record(asked, error, client=request.remote_addr or "", request_id=request_id)
        raise
    audit.record(asked, change, client=request.remote_addr or "", request_id=request_id)
    return change


def changed(change: Change, status: HTTPStatus = HTTPStatus.NO_CONTENT) -> Response:
    """The answer to a change that was made."""
    response = Response(status=status)
    response.headers.pop("Content-Type", None)
    response.headers[VERSION] = str(change.version)
    response.headers["Cache-Control"] = NEVER_KEEP
    return response
