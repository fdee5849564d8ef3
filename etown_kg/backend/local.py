"""LocalBackend: a KnowledgeGraph in the same process, read by many threads."""

from __future__ import annotations

import hashlib

from etown_kg import formats
from etown_kg.backend import QueryRequest, QueryResult, Status
from etown_kg.graph import KnowledgeGraph


class LocalBackend:
    """Serves a graph that does not change; safe for concurrent reads.

    The stores are built when the backend is made, so that the first query does not pay.
    """

    def __init__(self, graph: KnowledgeGraph) -> None:
        graph.prepare()
        self._graph = graph
        digest = hashlib.sha256()
        for line in sorted(str(quad) for quad in graph.quads()):
            digest.update(line.encode())
        self._status = Status(
            version=digest.hexdigest()[:16],
            asserted=len(graph.asserted),
            inferred=len(graph.inferred),
            graphs=tuple(graph.graphs()),
        )

    def query(self, request: QueryRequest) -> QueryResult:
        """See `Backend.query`; negotiation happens before anything is evaluated."""
        answer = self._graph.query(
            request.text,
            infer=request.infer,
            default_graphs=request.default_graphs,
            named_graphs=request.named_graphs,
        )
        format = formats.negotiate(answer.form, request.accept, request.parameters)
        return QueryResult(answer.form, format, answer.serialize(format))

    def status(self) -> Status:
        """See `Backend.status`; the version is a digest of all quads."""
        return self._status
