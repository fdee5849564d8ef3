"""The backend as the client of the present request may see it.

Every view asks this one, and none can forget to: it puts what the client may read into each
request. Outside of a request (an index that is made in the background) it is what all may read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask import g, has_app_context

from etown_kg.backend import (
    Backend,
    Begun,
    Change,
    DumpRequest,
    GraphWrite,
    IsGone,
    ProofRequest,
    ProofResult,
    QueryRequest,
    QueryResult,
    Scope,
    Status,
    UpdateRequest,
)


class ScopedBackend:
    """See `Backend`; `inner` answers, and `public` is what may be read without a token."""

    def __init__(self, inner: Backend, public: Scope) -> None:
        self._inner = inner
        self.public = public

    @property
    def scope(self) -> Scope:
        """What may be read now."""
        scope: Scope = g.get("scope", self.public) if has_app_context() else self.public
        return scope

    def query(self, request: QueryRequest, is_gone: IsGone | None = None) -> QueryResult:
        """See `Backend.query`."""
        return self._inner.query(replace(request, scope=self.scope), is_gone)

    def lookup(self, request: QueryRequest) -> QueryResult | None:
        """See `Backend.lookup`."""
        return self._inner.lookup(replace(request, scope=self.scope))

    def begin(self, request: QueryRequest, client: str) -> Begun | None:
        """See `Backend.begin`."""
        return self._inner.begin(replace(request, scope=self.scope), client)

    def known_version(self) -> str | None:
        """See `Backend.known_version`."""
        return self._inner.known_version() if self.scope.is_all else None

    def prove(self, request: ProofRequest, is_gone: IsGone | None = None) -> ProofResult:
        """See `Backend.prove`."""
        return self._inner.prove(replace(request, scope=self.scope), is_gone)

    def update(self, request: UpdateRequest, is_gone: IsGone | None = None) -> Change:
        """See `Backend.update`."""
        return self._inner.update(replace(request, scope=self.scope), is_gone)

    def write_graph(self, write: GraphWrite, is_gone: IsGone | None = None) -> Change:
        """See `Backend.write_graph`."""
        return self._inner.write_graph(replace(write, scope=self.scope), is_gone)

    def status(self, scope: Scope | None = None) -> Status:
        """See `Backend.status`; whatever is asked for, no more than may be read."""
        return self._inner.status(self.scope)

    def versions(self) -> Sequence[Change]:
        """See `Backend.versions`; how much changed is told to who may read all of it."""
        changes = self._inner.versions()
        if self.scope.is_all:
            return changes
        return [Change(change.version, change.time) for change in changes]

    def dump(self, request: DumpRequest) -> None:
        """See `Backend.dump`."""
        self._inner.dump(replace(request, scope=self.scope))

    def backup(self, folder: str) -> None:
        """See `Backend.backup`."""
        self._inner.backup(folder)

    def close(self) -> None:
        """See `Backend.close`."""
        self._inner.close()
