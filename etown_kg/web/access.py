"""Who may change what: bearer tokens (RFC 6750, https://www.rfc-editor.org/rfc/rfc6750).

Reading needs no token. A token that is sent must be a good one, though: a client that believes
it is somebody should hear that it is not.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Protocol

from flask import g, request

from etown_kg.web.protocol import RequestError

REALM = "etown-kg"


class Token(Protocol):
    """What a token allows: the IRIs of graphs, or None for all of them."""

    @property
    def name(self) -> str:
        """Who has it, for the log."""

    @property
    def may_write(self) -> tuple[str, ...] | None:
        """The graphs that may be changed; none for a token that only reads."""


# A secret -> its token, or None when it is unknown or was revoked.
FindToken = Callable[[str], Token | None]


def token_of_request(find: FindToken | None) -> Token | None:
    """The token that the request carries; None when it carries none.

    Raises:
        RequestError: 401 it is not a good one, or not a bearer token.
    """
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, secret = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise _unauthorized("only bearer tokens are known here")
    token = find(secret.strip()) if find is not None else None
    if token is None:
        raise _unauthorized("the token is unknown or was revoked", error="invalid_token")
    g.token_name = token.name
    return token


def writer(find: FindToken | None) -> Token:
    """The token of a request that wants to change something.

    Raises:
        RequestError: 401 there is none, or not a good one; 403 nobody may, or it only reads.
    """
    if find is None:
        raise RequestError(
            HTTPStatus.FORBIDDEN,
            "this server is read-only",
            hint="its operator can allow changes: etown-kg serve --location DIR",
        )
    token = token_of_request(find)
    if token is None:
        raise _unauthorized("changes need a token")
    if token.may_write == ():
        raise RequestError(
            HTTPStatus.FORBIDDEN,
            f"the token of {token.name} may only read",
            headers={"WWW-Authenticate": f'Bearer realm="{REALM}", error="insufficient_scope"'},
        )
    return token


def _unauthorized(problem: str, *, error: str = "") -> RequestError:
    challenge = f'Bearer realm="{REALM}"' + (f', error="{error}"' if error else "")
    return RequestError(
        HTTPStatus.UNAUTHORIZED,
        problem,
        hint="send Authorization: Bearer TOKEN; etown-kg token create --write makes one",
        headers={"WWW-Authenticate": challenge},
    )
