"""What the web layer asks for answers, whoever computes them.

One interface (`Backend`), so that the pages and the protocol do not know whether a query runs
in this process (`local`), in a forked executor (`client`, `owner`, `executor`) or in another
store. `start` gives the second, which is what a server wants: no query can stop it, starve it
or outlive its client.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from etown_kg.changes import Change, GraphWrite, UpdateRequest
from etown_kg.formats import Form, Format
from etown_kg.scope import ALL, Scope

__all__ = [
    "ALL", "Backend", "Begun", "Change", "DumpRequest", "GraphWrite", "IsGone", "QueryRequest",
    "QueryResult", "Scope", "Status", "UpdateRequest",
]  # fmt: skip

# Whether the client that waits for an answer has left; asked a few times a second at most.
IsGone = Callable[[], bool]


@dataclass(frozen=True)
class QueryRequest:
    """One query as the protocol carries it; the answer's format depends on its form.

    `accept` is the Accept header, `parameters` the values of ``format``, ``output`` and
    ``results``; `default_graphs` and `named_graphs` are IRIs of the protocol's dataset.
    `timeout_s` is what the client asks for; the backend grants no more than its limits.
    `client` names who asks, so that nobody gets more than a share; "" is not held to one.
    `explain_empty` asks for a diagnosis of a SELECT without solutions. Relative IRIs are resolved
    against `base`. What `scope` hides, and what follows from that, is not there for the query.
    `same_as` reads IRIs of linked graphs as the things that they are linked with.
    """

    text: str
    accept: str | None = None
    parameters: tuple[str, ...] = ()
    infer: bool = True
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    timeout_s: float | None = None
    client: str = ""
    explain_empty: bool = False
    base: str | None = None
    same_as: bool = False
    scope: Scope = ALL


@dataclass(frozen=True)
class ProofRequest:
    """Asks why a triple holds; its terms are in N-Triples.

    `limit` proofs at most are given, the smallest first; `as_turtle` asks for PROV-O in Turtle
    instead of JSON. The rest is as in `QueryRequest`.
    """

    triple: tuple[str, str, str]
    limit: int = 1
    as_turtle: bool = False
    timeout_s: float | None = None
    client: str = ""
    scope: Scope = ALL


@dataclass(frozen=True)
class ProofResult:
    """Minimal proofs of a triple, none if it does not hold.

    `body` is a JSON array with a tree for each proof (`etown_kg.reason.proof.as_dict`), or one
    Turtle document; leaves are asserted triples with their graphs and where they were read.
    """

    count: int
    body: bytes
    version: str = ""


@dataclass(frozen=True)
class DumpRequest:
    """Asks for files of the graph (`etown_kg.export.distributions`) in a folder that is there.

    `names` are those of distributions; `version` is the state that they are to be made of
    (`Status.version`), as far as `scope` shows it.
    """

    folder: str
    names: tuple[str, ...]
    version: str
    scope: Scope = ALL


@dataclass(frozen=True)
class QueryResult:
    """A whole answer: it was evaluated to the end before anyone sees its first byte.

    `version` is the state it was computed on (`Status.version`). `diagnosis` is there when an
    empty SELECT was to be explained: `etown_kg.diagnosis.Diagnosis.members`.
    """

    form: Form
    format: Format
    body: bytes
    version: str = ""
    diagnosis: Mapping[str, object] | None = None


@dataclass(frozen=True)
class Status:
    """What is being served.

    `version` changes with every change of the data, and differs between different data: the
    part of an ETag. `number` counts the changes; `time` is when the last was made (ISO 8601).
    """

    version: str
    asserted: int
    inferred: int
    graphs: tuple[str, ...]
    number: int = 0
    time: str = ""


class Begun(Protocol):
    """A query that somebody works on while its asker does other things.

    Exactly one of `result` and `abandon` has an effect, the first that is called.
    """

    def fileno(self) -> int:
        """A descriptor with something to read as soon as the answer begins to arrive."""
        ...

    def answer_bytes(self) -> int | None:
        """About how long the answer is that has begun to arrive; None if it has not."""
        ...

    def result(self, is_gone: IsGone | None = None) -> QueryResult:
        """Wait for the answer; raises as `Backend.query` does."""
        ...

    def abandon(self) -> None:
        """Stop the work: nobody wants its answer any more."""
        ...


class Backend(Protocol):
    """Answers queries about one knowledge graph, and changes it."""

    def query(self, request: QueryRequest, is_gone: IsGone | None = None) -> QueryResult:
        """The whole answer.

        Raises:
            QueryError: the query does not parse, nests too deep or cannot be evaluated.
            FormatError: no acceptable format is offered.
            LimitError: it took more time, memory or room than a query may take.
            UnavailableError: nobody can answer at the moment.
            CancelledError: `is_gone` said that the client has left.
        """
        ...

    def lookup(self, request: QueryRequest) -> QueryResult | None:
        """The answer, if it is to be had within microseconds, without anybody's help.

        None where it is not, or the query has an error: then the others are the way.
        """
        ...

    def begin(self, request: QueryRequest, client: str) -> Begun | None:
        """Begin a query of `client`, if that takes no waiting for anybody.

        Its time counts from here; `request.client` does not count.

        None where it would: then `query` is the way.
        """
        ...

    def known_version(self) -> str | None:
        """`Status.version` of what is served to who may read everything, if asking nobody tells."""
        ...

    def prove(self, request: ProofRequest, is_gone: IsGone | None = None) -> ProofResult:
        """Why a triple holds.

        Raises:
            QueryError: the terms are no triple.
            LimitError, UnavailableError, CancelledError: see `query`.
        """
        ...

    def update(self, request: UpdateRequest, is_gone: IsGone | None = None) -> Change:
        """Make the change that an update asks for, whole or not at all.

        Raises:
            QueryError, LimitError, UnavailableError, CancelledError: see `query`.
            NoGraphError, ReadOnlyError, ForbiddenError: a graph is not there, or not his.
            InconsistentError, InvalidError: the graph would have no model, or break a shape.
            DiskFullError, StorageError: the change cannot be kept.
        """
        ...

    def write_graph(self, write: GraphWrite, is_gone: IsGone | None = None) -> Change:
        """Make an operation of the Graph Store Protocol, whole or not at all.

        Raises:
            ConflictError: the graph is not what `if_match` says.
            MediaTypeError, UploadError: the body is of no known type, or does not parse.
            ...and what `update` raises.
        """
        ...

    def status(self, scope: Scope = ALL) -> Status:
        """The version and size of what is served to who may read `scope`.

        Raises:
            UnavailableError: nobody can answer at the moment.
        """
        ...

    def versions(self) -> Sequence[Change]:
        """The changes since the data were first served, as far as they are known."""
        ...

    def dump(self, request: DumpRequest) -> None:
        """Make files of the graph in a folder; it may take minutes, and other work goes on.

        Raises:
            ConflictError: the graph is in another state by now.
            DiskFullError, StorageError: the folder has no room, or cannot be written.
            LimitError, UnavailableError: see `query`.
        """
        ...

    def backup(self, folder: str) -> None:
        """Copy the location to a new folder while serving.

        Raises:
            SettingError: the graph has no location.
            StorageError: the folder exists, or cannot be written.
        """
        ...

    def close(self) -> None:
        """Let go of processes and files; the backend answers no more."""
        ...
