"""RemoteBackend: the pages and the protocol over another store's graphs.

The store answers; here the request is made what the store understands (prefixes, dataset,
inference), the answer is read whole, and it is written in the format that the client wants. What
needs the graph itself (proofs, the closure of changed data) is refused, never left out. The graph
of what was inferred is one of the store's: `etown-kg push` puts it there.

docs/decisions/0016-another-store-behind-the-server.md has the reasons.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from etown_kg import export, formats, query_text, uploads, vocab
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
from etown_kg.backend.dumping import check_state, write
from etown_kg.backend.evaluation import EXPLAIN_S, Spool, is_empty
from etown_kg.backend.limits import Limits, check_text
from etown_kg.backend.places import Places
from etown_kg.backend.query_form import form_of
from etown_kg.backend.sparql_store import SparqlStore
from etown_kg.backend.store_source import StoreSource
from etown_kg.changes import Change, GraphWrite, UpdateRequest
from etown_kg.diagnosis import diagnose
from etown_kg.errors import (
    ConflictError,
    ForbiddenError,
    NoGraphError,
    QueryError,
    ReadOnlyError,
    SettingError,
    UnsupportedError,
)
from etown_kg.export import Dumps
from etown_kg.figures.reading import QUERY
from etown_kg.formats import Form
from etown_kg.graph import Answer
from etown_kg.remote import Bounds
from etown_kg.scope import ALL, Scope

# Graphs that a store has for itself: Virtuoso's.
OWN_GRAPHS: Final = frozenset(
    (
        "http://www.openlinksw.com/schemas/virtrdf#",
        "http://www.w3.org/ns/ldp#",
        "http://www.w3.org/2002/07/owl#",
        "http://localuriqaserver/sparql",
        "http://localhost:8890/sparql",
        "http://localhost:8890/DAV/",
        "urn:activitystreams-owl:map",
    )
)
_SIZES: Final = """
SELECT ?graph (COUNT(*) AS ?size) WHERE { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph
"""
_NO_FOLLOWING: Final = (
    "push the graphs without what follows (etown-kg push --asserted), or change the data and push"
    " them again"
)


@dataclass(frozen=True)
class _Seen:
    """What the store has, as it was at the beginning of a span of time."""

    span: tuple[int, int]
    sizes: dict[str, int]
    time: str


class RemoteBackend:
    """See `Backend`. Safe for many threads.

    Args:
        store: who answers.
        base: what the IRIs of graphs start with; ``graph/inferred`` below it is what follows.
        is_union: whether queries without a dataset are asked of the union of the named graphs, by
            naming them all; else of the store's own default graph, whatever it is.
        fresh_s: seconds for which a `Status` is believed.
        clock: the time in seconds, the same for all processes of a machine.
        figures_query: finds the figures for their files (`etown_kg.figures.reading`).
    """

    def __init__(
        self,
        store: SparqlStore,
        limits: Limits | None = None,
        *,
        base: str = vocab.BASE,
        is_union: bool = True,
        fresh_s: float = 300.0,
        clock: Callable[[], float] = time.time,
        figures_query: str = QUERY,
    ) -> None:
        self._store = store
        self._limits = limits or Limits()
        self._inferred = f"{base}graph/inferred"
        self._is_union = is_union
        self._fresh_s = fresh_s
        self._clock = clock
        self._figures_query = figures_query
        self._places = Places(self._limits)
        self._lock = threading.Lock()
        self._seen: _Seen | None = None
        self._changes: list[Change] = []
        self._name = hashlib.sha256(store.addresses.query.encode()).hexdigest()[:16]

    # Queries

    def query(self, request: QueryRequest, is_gone: IsGone | None = None) -> QueryResult:
        """See `Backend.query`; a store cannot be told that the client has left."""
        started = time.monotonic()
        limit_s = self._limits.granted_s(request.timeout_s)
        check_text(request.text, self._limits)
        _check_calls(request.text, self._limits.services)
        if request.same_as:
            raise UnsupportedError(
                "same-as=on is not for the store behind this server",
                hint="write the graph's own IRIs; the links are in graph/links",
            )
        form = form_of(request.text)
        # So that one client cannot hold all the threads that wait for the store.
        with self._places.take(request.client, started + limit_s, limit_s, is_gone):
            result = self._asked_and_written(request, form, started + limit_s)
            if not request.explain_empty or not is_empty(result):
                return result
            return replace(result, diagnosis=self._diagnosis(request))

    def _asked_and_written(self, request: QueryRequest, form: Form, deadline: float) -> QueryResult:
        """The store's answer in the client's format."""
        version = self.status().version
        bounds = self._bounds(deadline - time.monotonic())
        spool = Spool(self._limits.answer_bytes)
        # The store is asked first: what is no query is that, whatever format is wanted.
        if form == "CONSTRUCT":
            triples = self._store.triples(*self._asked(request, bounds))
            format = formats.negotiate(form, request.accept, request.parameters)
            export.write(triples, spool, format)
        else:
            answer = self._answer(request, form, bounds)
            format = formats.negotiate(form, request.accept, request.parameters)
            answer.write(spool, format)
        return QueryResult(form, format, spool.getvalue(), version)

    def _answer(self, request: QueryRequest, form: Form, bounds: Bounds) -> Answer:
        """The answer to a SELECT or ASK."""
        ask = self._store.boolean if form == "ASK" else self._store.solutions
        return Answer(ask(*self._asked(request, bounds)))

    def _diagnosis(self, request: QueryRequest) -> dict[str, object]:
        def ask(text: str) -> Answer:
            bounds = self._bounds(EXPLAIN_S)
            return self._answer(replace(request, text=text), form_of(text), bounds)

        found = diagnose(request.text, ask, prefixes=vocab.PREFIXES, seconds=EXPLAIN_S)
        return found.members()

    def _asked(
        self, request: QueryRequest, bounds: Bounds
    ) -> tuple[str, Bounds, list[tuple[str, str]], str]:
        """The text and the dataset as the store is to read them: arguments of its methods.

        Declarations go before the first line, so that lines count as the client counts them.

        Raises:
            UnsupportedError: ``infer=false`` of a dataset that the store alone knows.
        """
        text = request.text
        dataset = self._dataset(request)
        if dataset:
            # Virtuoso adds the two; the protocol (2.1.4) has the request's dataset alone.
            text = _without_from(text)
        return text, bounds, dataset, _head(text, request.base)

    def _dataset(self, request: QueryRequest) -> list[tuple[str, str]]:
        default, named = request.default_graphs, request.named_graphs
        if not default and not named:
            if "FROM" in query_text.keywords(request.text):
                return []
            if not self._is_union:
                if request.infer or self._inferred not in self._sizes():
                    return []
                raise UnsupportedError(
                    "the store's own default graph cannot be asked without what was inferred",
                    hint="name graphs with FROM or default-graph-uri",
                )
            default = named = tuple(self._sizes())
        if not request.infer:
            default = tuple(graph for graph in default if graph != self._inferred)
            named = tuple(graph for graph in named if graph != self._inferred)
        # Where there is none the store might take all that it has: no graph has this name.
        nothing = (f"{self._inferred}/none",)
        pairs = [("default-graph-uri", graph) for graph in default or nothing]
        return pairs + [("named-graph-uri", graph) for graph in named or nothing]

    def lookup(self, request: QueryRequest) -> QueryResult | None:
        """See `Backend.lookup`: the store is another program."""
        return None

    def begin(self, request: QueryRequest, client: str) -> Begun | None:
        """See `Backend.begin`: asking a store is waiting for it."""
        return None

    def prove(self, request: ProofRequest, is_gone: IsGone | None = None) -> ProofResult:
        """See `Backend.prove`.

        Raises:
            UnsupportedError: always; a proof needs the rules and all that is asserted.
        """
        raise UnsupportedError(
            "the store behind this server has the statements, not their proofs",
            hint="etown-kg explain, with the files that were pushed, or a server without --backend",
        )

    # What is there

    def status(self, scope: Scope = ALL) -> Status:
        """See `Backend.status`; the counts are of named graphs, as old as `fresh_s` at most."""
        seen = self._present()
        inferred = seen.sizes.get(self._inferred, 0)
        return Status(
            version=f"{self._name}-{seen.span[0]}.{seen.span[1]}",
            asserted=sum(seen.sizes.values()) - inferred,
            inferred=inferred,
            graphs=tuple(sorted(seen.sizes)),
            number=len(self._changes),
            time=seen.time,
        )

    def known_version(self) -> str | None:
        """See `Backend.known_version`."""
        seen = self._seen
        if seen is None or seen.span != self._span():
            return None
        return f"{self._name}-{seen.span[0]}.{seen.span[1]}"

    def _sizes(self) -> dict[str, int]:
        return self._present().sizes

    def _span(self) -> tuple[int, int]:
        """Which span of time this is, and how many changes were made through us."""
        return int(self._clock() // self._fresh_s), len(self._changes)

    def _present(self) -> _Seen:
        """The graphs with their sizes; one thread asks, the others wait for it."""
        span = self._span()
        seen = self._seen
        if seen is not None and seen.span == span:
            return seen
        with self._lock:
            if self._seen is not None and self._seen.span == span:
                return self._seen
            found = self._store.solutions(_SIZES, self._bounds(self._limits.longest_s))
            sizes = {
                row["graph"].value: int(row["size"].value)
                for row in found
                if isinstance(row["graph"], NamedNode)
                and isinstance(row["size"], Literal)
                and row["graph"].value not in OWN_GRAPHS
            }
            self._seen = _Seen(span, sizes, _now())
            return self._seen

    def _bounds(self, seconds: float) -> Bounds:
        return Bounds(max(seconds, 0.001), self._limits.answer_bytes)

    # Changes

    def update(self, request: UpdateRequest, is_gone: IsGone | None = None) -> Change:
        """See `Backend.update`; `Change` has no counts, as stores tell none.

        Raises:
            UnsupportedError: the store has what follows from its graphs, which would no longer.
            ...and what `Backend.update` raises.
        """
        if not self._store.addresses.update:
            raise ReadOnlyError("this server has no address for updates of the store behind it")
        _check_writer(request.may_write)
        self._check_following()
        check_text(request.text, replace(self._limits, text_bytes=len(request.text) * 4 + 1))
        if "LOAD" in query_text.keywords(query_text.without_escapes(request.text)):
            raise QueryError("LOAD is not for the store behind this server", hint="send the data")
        _check_calls(request.text, ())
        if request.using_graphs or request.using_named_graphs:
            raise UnsupportedError(
                "using-graph-uri is not sent on to the store", hint="write USING in the update"
            )
        bounds = self._bounds(self._limits.update_s)
        self._store.update(request.text, bounds, _head(request.text, request.base))
        return self._changed()

    def write_graph(self, write: GraphWrite, is_gone: IsGone | None = None) -> Change:
        """See `Backend.write_graph`; raises as `update` does.

        Raises:
            UnsupportedError: PATCH, or If-Match with a tag: a store cannot be held to them.
        """
        if not (self._store.addresses.update or self._store.addresses.graphs):
            raise ReadOnlyError("this server has no address for changes of the store behind it")
        _check_writer(write.may_write)
        self._check_following()
        if write.kind == "patch" or write.if_match not in (None, "*"):
            what = "PATCH" if write.kind == "patch" else "If-Match"
            raise UnsupportedError(f"{what} is not for the store behind this server")
        exists = write.graph is None or write.graph in self._sizes()
        if write.if_match == "*" and not exists:
            raise ConflictError("the graph does not exist", hint="If-Match: * was sent")
        bounds = self._bounds(self._limits.update_s)
        if write.kind == "delete":
            if not exists and write.graph is not None:
                raise NoGraphError(write.graph)
            self._store.drop(write.graph, bounds)
            return self._changed()
        base = write.base or write.graph or vocab.BASE
        quads = uploads.read_upload(write.body, write.content_type, base)
        triples = [quad.triple for quad in quads]
        if write.kind == "put":
            self._store.put(write.graph, triples, bounds)
        else:
            self._store.add(write.graph, triples, bounds)
        return self._changed()

    def _check_following(self) -> None:
        """Refuse a change where the store has what follows from the data as they are."""
        if self._inferred in self._sizes():
            raise UnsupportedError(
                "the store has what follows from its graphs, and cannot bring it up to date",
                hint=_NO_FOLLOWING,
            )

    def _changed(self) -> Change:
        with self._lock:
            change = Change(len(self._changes) + 1, _now())
            self._changes.append(change)
        return change

    def versions(self) -> Sequence[Change]:
        """See `Backend.versions`: the changes made through this server."""
        return tuple(self._changes)

    def dump(self, request: DumpRequest) -> None:
        """See `Backend.dump`; graph by graph, in the thread that asks.

        Raises:
            RemoteError: the store sent another number of statements than it counts.
            ...and what `Backend.dump` raises.
        """
        seen = self._present()
        check_state(self.status().version, request)
        source = StoreSource(
            seen.sizes, self._inferred, self._triples_of, self._answer_of, self._figures_query
        )
        with Dumps(source, Path(request.folder)) as dumps:
            write(dumps, request)

    def _triples_of(self, text: str, graphs: tuple[str, ...]) -> list[Triple]:
        asked = QueryRequest(text, default_graphs=graphs, named_graphs=graphs)
        return self._store.triples(*self._asked(asked, self._bounds(self._limits.longest_s)))

    def _answer_of(self, text: str, graphs: tuple[str, ...]) -> Answer:
        asked = QueryRequest(text, default_graphs=graphs, named_graphs=graphs)
        return self._answer(asked, "SELECT", self._bounds(self._limits.longest_s))

    def backup(self, folder: str) -> None:
        """See `Backend.backup`.

        Raises:
            SettingError: always; the store has its own way.
        """
        raise SettingError("backend", "the store behind this server has to be asked for a backup")

    def close(self) -> None:
        """Nothing is held between requests."""


def _head(text: str, base: str | None) -> str:
    """The declarations of prefixes and a base that a text may leave out."""
    declared = query_text.declared(list(query_text.tokens(text)))
    known = query_text.prefixes_in(text, vocab.PREFIXES)
    head = [f"PREFIX {name}: <{iri}> " for name, iri in known.items() if name not in declared]
    return "".join([f"BASE <{base}> " if base else "", *head])


def _without_from(text: str) -> str:
    """A query without its FROM clauses, of which spaces are left, so that columns stay.

    >>> _without_from("ASK FROM NAMED <x:g> { GRAPH <x:from> {} }")
    'ASK                  { GRAPH <x:from> {} }'
    """
    words = list(query_text.tokens(text))
    for place, token in enumerate(words):
        if token.kind != "word" or token.text.upper() != "FROM":
            continue
        is_named = words[place + 1 : place + 2] and words[place + 1].text.upper() == "NAMED"
        last = words[min(place + (2 if is_named else 1), len(words) - 1)]
        text = text[: token.start] + " " * (last.end - token.start) + text[last.end :]
    return text


def _check_calls(text: str, allowed: Sequence[str]) -> None:
    """Let a query call only servers on the list; the store would call any, from where it is.

    Raises:
        QueryError: it calls another, or one that cannot be told.
    """
    written = query_text.without_escapes(text)
    for service in query_text.services(written, vocab.PREFIXES):
        if service.iri is None or service.iri not in allowed:
            raise query_text.not_allowed(written, service, allowed)


def _check_writer(may_write: tuple[str, ...] | None) -> None:
    if may_write is not None:
        raise ForbiddenError(
            ["any graph of the store behind this server"],
            hint="which graphs an update changes is known to the store alone: it takes a token"
            " that may write all of them",
        )


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
