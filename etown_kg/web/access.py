"""Who may read and change what: bearer tokens (RFC 6750, https://www.rfc-editor.org/rfc/rfc6750).

Reading needs a token for private graphs only: without one they are not there (`scoped`). Where
every graph is private, a request without a token is told to bring one. A token that is sent must
be a good one: a client that believes it is somebody should hear that it is not.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from http import HTTPStatus
from typing import Protocol

from flask import Flask, Response, g, request

from etown_kg.errors import StorageError, UnavailableError
from etown_kg.scope import EVERY_GRAPH, Scope, granted
from etown_kg.web.limits import RequestLimits
from etown_kg.web.protocol import RequestError
from etown_kg.web.rate_limit import EXEMPT

log = logging.getLogger(__name__)

REALM = "etown-kg"


class Token(Protocol):
    """What a token allows: the IRIs of graphs, or None for all of them."""

    @property
    def name(self) -> str:
        """Who has it, for the log."""

    @property
    def may_read(self) -> tuple[str, ...] | None:
        """The graphs that may be read beside those that all may read."""

    @property
    def may_write(self) -> tuple[str, ...] | None:
        """The graphs that may be changed, and read; none for a token that only reads."""


# Where an app says how long a body is kept of who sends this Authorization, or none; in bytes.
KEPT_BYTES = "etown_kept_bytes"
# A secret -> its token, or None when it is unknown or was revoked.
FindToken = Callable[[str], Token | None]


def readable(private: Collection[str], token: Token | None) -> Scope:
    """What the bearer of a token may read: what all may, what it opens, what it may change."""
    return granted(private, *((token.may_read, token.may_write) if token else ()))


def register(app: Flask, find: FindToken | None, private: Collection[str]) -> None:
    """Find out for each request what it may read, before any view runs."""
    if not private:
        return

    @app.before_request
    def look_at_token() -> None:
        if request.method == "OPTIONS":  # a browser's question before it sends a token
            return
        token = token_of_request(find)
        g.scope = readable(private, token)
        # What watches the server learns no more than that it is there.
        is_open = request.path in EXEMPT or request.path.startswith("/static/")
        if token is None and EVERY_GRAPH in private and not is_open:
            raise _unauthorized("nothing here can be read without a token", reading=True)

    @app.after_request
    def tell_caches(response: Response) -> Response:
        response.vary.add("Authorization")
        return response


def token_of_request(find: FindToken | None) -> Token | None:
    """The token that the request carries; None when it carries none.

    Raises:
        RequestError: 401 it is not a good one, or not a bearer token.
        UnavailableError: what tokens there are cannot be read.
    """
    header = request.headers.get("Authorization")
    if header is None:
        return None
    secret = _secret(header)
    if not secret:
        raise _unauthorized("only bearer tokens are known here")
    try:
        token = find(secret) if find is not None else None
    except StorageError as error:
        log.error("%s", error.message)  # noqa: TRY400  # the message says all, to the operator
        raise UnavailableError(
            "tokens cannot be looked up at the moment", hint="the server's log has the cause"
        ) from error
    if token is None:
        raise _unauthorized("the token is unknown or was revoked", error="invalid_token")
    g.token_name = token.name
    return token


def kept_bytes(
    find: FindToken | None, limits: RequestLimits, *, is_writable: bool
) -> Callable[[str | None], int]:
    """How long a body is kept before a view sees the request, for `KEPT_BYTES`.

    Without a token that may change something no body is read that is longer than a query's. So
    nobody else fills the server's disk, where bodies wait until they are whole.
    """

    def kept(authorization: str | None) -> int:
        secret = _secret(authorization or "")
        if find is None or not is_writable or not secret:
            return limits.query_body_bytes
        try:
            token = find(secret)
        except StorageError:  # is told by `token_of_request`
            return limits.query_body_bytes
        return (
            limits.query_body_bytes if token is None or not may_change(token) else limits.body_bytes
        )

    return kept


def writer(find: FindToken | None, *, is_writable: bool) -> Token:
    """The token of a request that wants to change something.

    Raises:
        RequestError: 401 there is none, or not a good one; 403 nobody may, or it only reads.
    """
    if find is None or not is_writable:
        raise RequestError(
            HTTPStatus.FORBIDDEN,
            "this server is read-only",
            hint="its operator can allow changes: etown-kg serve --location DIR",
        )
    token = token_of_request(find)
    if token is None:
        raise _unauthorized("changes need a token")
    if not may_change(token):
        raise RequestError(
            HTTPStatus.FORBIDDEN,
            f"the token of {token.name} may only read",
            headers={"WWW-Authenticate": f'Bearer realm="{REALM}", error="insufficient_scope"'},
        )
    return token


def may_change(token: Token) -> bool:
    """Whether a token may change any graph at all."""
    return token.may_write is None or bool(token.may_write)


def _secret(authorization: str) -> str:
    """The secret of a bearer token, "" if it is none."""
    scheme, _, secret = authorization.strip().partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _unauthorized(problem: str, *, error: str = "", reading: bool = False) -> RequestError:
    option = "--read" if reading else "--write"
    challenge = f'Bearer realm="{REALM}"' + (f', error="{error}"' if error else "")
    return RequestError(
        HTTPStatus.UNAUTHORIZED,
        problem,
        hint=f"send Authorization: Bearer TOKEN; etown-kg token create {option} makes one",
        headers={"WWW-Authenticate": challenge},
    )
