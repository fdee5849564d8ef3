"""LocalBackend: a KnowledgeGraph in the same process.

For embedded use, tests and machines without `fork`. It keeps the limits of text and answer
size; one of time or memory it cannot keep, since nothing in Python stops a running query.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from etown_kg.backend import (
    Begun,
    DumpRequest,
    IsGone,
    ProofRequest,
    ProofResult,
    QueryRequest,
    QueryResult,
    Status,
)
from etown_kg.backend.dumping import dump
from etown_kg.backend.evaluation import EXPLAIN_S, evaluate, explain, is_empty, prove, status_of
from etown_kg.backend.limits import Limits
from etown_kg.backend.sharing import Sharing
from etown_kg.changes import Change, GraphWrite, UpdateRequest
from etown_kg.graph import KnowledgeGraph
from etown_kg.scope import ALL, Scope
from etown_kg.store import Delta


class LocalBackend:
    """Serves a graph to many threads: readers at the same time, a writer alone.

    The stores are built when the backend is made, so that the first query does not pay.
    """

    def __init__(
        self, graph: KnowledgeGraph, limits: Limits | None = None, *, validate_updates: bool = False
    ) -> None:
        graph.prepare()
        self._graph = graph
        self._limits = limits or Limits()
        self._validates = validate_updates
        self._sharing = Sharing()

    def query(self, request: QueryRequest, is_gone: IsGone | None = None) -> QueryResult:
        """See `Backend.query`; negotiation happens before anything is evaluated."""
        graph = self._seen(request.scope)
        with self._sharing.reading():
            result = evaluate(graph, request, self._limits, graph.state)
            if not request.explain_empty or not is_empty(result):
                return result
            diagnosis = explain(graph, request, self._limits, EXPLAIN_S)
            return replace(result, diagnosis=diagnosis)

    def prove(self, request: ProofRequest, is_gone: IsGone | None = None) -> ProofResult:
        """See `Backend.prove`."""
        graph = self._seen(request.scope)
        with self._sharing.reading():
            return prove(graph, request, self._limits)

    def _seen(self, scope: Scope) -> KnowledgeGraph:
        """The graph as far as `scope` shows it."""
        if scope.is_all:
            return self._graph
        with self._sharing.writing():
            return self._graph.view(scope)

    def lookup(self, request: QueryRequest) -> QueryResult | None:
        """See `Backend.lookup`: there is no index here."""
        return None

    def begin(self, request: QueryRequest, client: str) -> Begun | None:
        """See `Backend.begin`: there is nobody here to work meanwhile."""
        return None

    def known_version(self) -> str | None:
        """See `Backend.known_version`."""
        return self.status().version

    def update(self, request: UpdateRequest, is_gone: IsGone | None = None) -> Change:
        """See `Backend.update`."""
        with self._sharing.writing():
            delta = self._graph.view(request.scope).delta(request)
            return self._apply(delta, request)

    def write_graph(self, write: GraphWrite, is_gone: IsGone | None = None) -> Change:
        """See `Backend.write_graph`."""
        with self._sharing.writing():
            delta = self._graph.view(write.scope).write_delta(write)
            return self._apply(delta, write)

    def _apply(self, delta: Delta, asked: UpdateRequest | GraphWrite) -> Change:
        return self._graph.apply(
            delta, validate=self._validates, writer=asked.writer, scope=asked.scope
        )

    def status(self, scope: Scope = ALL) -> Status:
        """See `Backend.status`."""
        graph = self._seen(scope)
        with self._sharing.reading():
            return status_of(graph)

    def versions(self) -> Sequence[Change]:
        """See `Backend.versions`."""
        return tuple(self._graph.versions())

    def dump(self, request: DumpRequest) -> None:
        """See `Backend.dump`; writers wait meanwhile."""
        self._seen(request.scope)
        with self._sharing.reading():
            dump(self._graph, request)

    def backup(self, folder: str) -> None:
        """See `Backend.backup`."""
        with self._sharing.reading():
            self._graph.backup(Path(folder))

    def close(self) -> None:
        """Nothing is held but memory."""
