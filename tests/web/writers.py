"""Tokens for tests: one that may change everything, one a single graph, one nothing."""

from __future__ import annotations

from dataclasses import dataclass

SECRET = "kg-write-all"
EAST_ONLY = "kg-write-east"
READER = "kg-read"


@dataclass(frozen=True)
class Known:
    """A token as the web layer sees it."""

    name: str
    may_write: tuple[str, ...] | None
    may_read: tuple[str, ...] | None = ()


_TOKENS = {
    SECRET: Known("all", None),
    EAST_ONLY: Known("east", ("http://zoo.example/east",)),
    READER: Known("reader", ()),
}


def find_token(secret: str) -> Known | None:
    """The token of a secret; None when there is none."""
    return _TOKENS.get(secret)


def bearer(secret: str) -> dict[str, str]:
    """The header that shows a token."""
    return {"Authorization": f"Bearer {secret}"}
