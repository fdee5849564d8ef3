"""What an operation of the Graph Store Protocol comes to, and who may make a change.

SPARQL 1.1 Graph Store HTTP Protocol, https://www.w3.org/TR/sparql11-http-rdf-update/.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from pyoxigraph import NamedNode

from etown_kg import update, vocab
from etown_kg.changes import GraphWrite
from etown_kg.errors import (
    ConflictError,
    ForbiddenError,
    MediaTypeError,
    ReadOnlyError,
    UploadError,
)
from etown_kg.graph.names import names_of
from etown_kg.store import UNNAMED, Dataset, Delta, GraphName
from etown_kg.uploads import read_upload

SPARQL_UPDATE: Final = "application/sparql-update"


def written(
    write: GraphWrite,
    asserted: Dataset,
    state: str,
    read_only: Collection[GraphName],
    base: str | None,
    graph_base: str,
) -> Delta:
    """What a write changes; `KnowledgeGraph.write_delta` says how.

    Args:
        state: what ``If-Match`` has to name.
        base: the IRI that relative ones in the body are resolved against; else the graph's own
            IRI, or `graph_base` for the unnamed one.

    Raises:
        ConflictError, MediaTypeError, UploadError, NoGraphError, QueryError, ReadOnlyError,
        ForbiddenError: see `KnowledgeGraph.write_delta`.
    """
    graph: GraphName = UNNAMED if write.graph is None else NamedNode(write.graph)
    _match(write, graph, asserted, state)
    if graph in read_only:
        raise ReadOnlyError(f"the graph {graph} may only be read")
    if write.kind == "patch":
        options = update.Options(
            prefixes=vocab.PREFIXES, base=base, default=graph, read_only=frozenset(read_only)
        )
        delta = update.evaluate(_update_text(write), asserted, options)
        others = delta.graphs - {graph}
        if others:
            raise ForbiddenError(names_of(others), hint="a PATCH changes its own graph only")
        return delta
    if write.kind == "delete":
        return update.removal(asserted, graph)
    quads = read_upload(write.body, write.content_type, base or write.graph or graph_base)
    make = update.replacement if write.kind == "put" else update.addition
    return make(asserted, graph, quads)


def permitted(delta: Delta, may_write: Collection[str] | None) -> Delta:
    """The delta, if its writer may write what it changes; None may write all.

    Raises:
        ForbiddenError: it changes a graph that is not among them; the unnamed graph is called
            ``default``.
    """
    if may_write is not None:
        refused = [name for name in names_of(delta.graphs) if name not in may_write]
        if refused:
            raise ForbiddenError(refused)
    return delta


def _match(write: GraphWrite, graph: GraphName, asserted: Dataset, state: str) -> None:
    """The guard of ``If-Match``."""
    if write.if_match is None:
        return
    if write.if_match == "*":
        if graph != UNNAMED and graph not in asserted.graphs:
            raise ConflictError(f"the graph {write.graph} does not exist")
    elif write.if_match != state:
        raise ConflictError(f"the state is {state}, not {write.if_match}")


def _update_text(write: GraphWrite) -> str:
    """The update in the body of a PATCH.

    Raises:
        MediaTypeError: the body is none.
        UploadError: it is not UTF-8.
    """
    media_type = write.content_type.partition(";")[0].strip().lower()
    if media_type != SPARQL_UPDATE:
        raise MediaTypeError(write.content_type, [SPARQL_UPDATE])
    try:
        return write.body.decode()
    except UnicodeDecodeError as error:
        raise UploadError(f"the update is not UTF-8 at byte {error.start}") from error
