"""Changes of a graph as values: what is asked for and what was done.

A leaf, so that the graph, the processes around it and the web layer speak of the same things.
An update is asked for as SPARQL Update text (`UpdateRequest`) or as an operation on one graph
(`GraphWrite`), comes to a `Delta` of asserted quads (`etown_kg.store`), and is done as a
`Change`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from etown_kg.scope import ALL, Scope


@dataclass(frozen=True)
class UpdateRequest:
    """One request of the SPARQL 1.1 Update language; its operations succeed or fail as one.

    `using_graphs` and `using_named_graphs` are the protocol's ``using-graph-uri`` and
    ``using-named-graph-uri``. `writer` names who asks, for the audit log. `may_write` are the
    IRIs of the graphs that the writer may change; None is all of them. What `scope` hides is not
    there for the update: no WHERE sees it and nothing copies it. Relative IRIs are resolved
    against `base`.
    """

    text: str
    using_graphs: tuple[str, ...] = ()
    using_named_graphs: tuple[str, ...] = ()
    writer: str = ""
    may_write: tuple[str, ...] | None = None
    timeout_s: float | None = None
    base: str | None = None
    scope: Scope = ALL


GraphOperation = Literal["put", "post", "delete", "patch"]


@dataclass(frozen=True)
class GraphWrite:
    """One writing operation of the Graph Store Protocol on one graph.

    `graph` is an IRI, or None for the default graph. `body` is in the media type
    `content_type`, its relative IRIs are resolved against `base` or else the graph's own IRI.
    `if_match` is the version that the writer believes the graph has. For `scope` see
    `UpdateRequest`.
    """

    kind: GraphOperation
    graph: str | None
    body: bytes = b""
    content_type: str = ""
    if_match: str | None = None
    writer: str = ""
    may_write: tuple[str, ...] | None = None
    timeout_s: float | None = None
    base: str | None = None
    scope: Scope = ALL


@dataclass(frozen=True)
class Change:
    """One committed change: the version it made, and when (ISO 8601, UTC).

    The counts are of quads; a change that did nothing has zeros and the version of before.
    """

    version: int
    time: str
    inserted: int = 0
    deleted: int = 0
    inferred_added: int = 0
    inferred_removed: int = 0
