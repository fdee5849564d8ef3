"""ProcessBackend: the backend of a web process, whose queries run in executors.

Safe for any number of threads. It knows three things: who may work now (`places`), which idle
executors there are, and the number of the current state, which the owner writes to memory that
both see. An executor takes over what has changed before it answers; one that cannot (`feed`)
finishes what it has and is not used again.
"""

from __future__ import annotations

import logging
import mmap
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pyoxigraph import QueryResultsFormat

from etown_kg import formats
from etown_kg.backend import (
    DumpRequest,
    IsGone,
    ProofRequest,
    ProofResult,
    QueryRequest,
    QueryResult,
    Status,
    wire,
)
from etown_kg.backend.confinement import cause
from etown_kg.backend.edition_reader import CurrentEdition
from etown_kg.backend.evaluation import EXPLAIN_S, is_empty
from etown_kg.backend.feed import MAX_BEHIND
from etown_kg.backend.limits import Limits, time_over
from etown_kg.backend.line import DiedError, Line, unavailable
from etown_kg.backend.owner import CONTROL, EXECUTORS, NUMBERS, STATE
from etown_kg.backend.places import LOOK_S, Place, Places
from etown_kg.backend.supervisor import CURRENT, STATES_PER_OWNER, Supervisor
from etown_kg.backend.task import Task
from etown_kg.backend.worker import frame_of
from etown_kg.changes import Change, GraphWrite, UpdateRequest
from etown_kg.diagnosis import unfinished
from etown_kg.errors import CancelledError, FormatError, LimitError, UnavailableError
from etown_kg.scope import ALL, Scope

if TYPE_CHECKING:
    from etown_kg.graph import KnowledgeGraph

log = logging.getLogger(__name__)

# How often idle executors that are of no use any more are let go, in seconds.
_TIDY_S = 1.0
# Scopes whose status is remembered.
_KNOWN = 1024
# Pause before the owner is asked again for an executor, in seconds.
_RETRY_S = 0.005
# Seconds within which the owner answers what costs it nothing; an update may be in its way.
_CONTROL_TIMEOUT_S = 30.0


class ExecutorFaultError(RuntimeError):
    """A fault of ours in another process; the message is its traceback."""


def start(
    build: Callable[[], KnowledgeGraph],
    limits: Limits | None = None,
    *,
    validate_updates: bool = False,
    scopes: tuple[Scope, ...] = (),
    meanwhile: Callable[[], object] | None = None,
) -> ProcessBackend:
    """Start an owner and give the backend around it; returns when it can answer.

    Args:
        build: makes the graph, in the owner's process: a function that can be imported, or a
            `functools.partial` of one.
        scopes: what is often read, made before the first query; others are made when needed.
        meanwhile: called here while the graph is built there.

    Raises:
        EtownError: the graph cannot be built; the failure that `build` met.
        OwnerError: the owner died of a fault.
    """
    limits = limits or Limits()
    supervisor = Supervisor(build, limits, validate_updates=validate_updates, scopes=scopes)
    supervisor.start(meanwhile)
    try:
        return ProcessBackend(supervisor.folder, limits, supervisor)
    except BaseException:  # such as a signal's
        supervisor.stop()
        raise


def connect(folder: Path, limits: Limits) -> ProcessBackend:
    """The backend around an owner that another process has started (`Supervisor.folder`).

    Closing it leaves the owner alone. Places are counted in each process for itself.
    """
    return ProcessBackend(folder, limits)


class ProcessBackend:
    """See `Backend`; `start` and `connect` make one."""

    def __init__(self, folder: Path, limits: Limits, supervisor: Supervisor | None = None) -> None:
        self.folder = folder
        self.supervisor = supervisor
        self._limits = limits
        self._places = Places(limits)
        self._lock = threading.Lock()
        self._idle: list[Line] = []
        # The newest state that somebody was answered from, and its version.
        self._version: tuple[int, str | None] = (-1, None)
        self._known: dict[Scope, tuple[int, Status]] = {}
        # The scopes that an owner has views of, with the number of the owner.
        self._viewed: set[tuple[int, Scope]] = set()
        with (folder / STATE).open("rb") as cell:
            self._cell = mmap.mmap(cell.fileno(), NUMBERS.size, access=mmap.ACCESS_READ)
        # Set when there is something for `_tidy` to do at once.
        self._is_stale = threading.Event()
        self._edition = CurrentEdition(folder / CURRENT / CONTROL, self._is_stale.set)
        self._closed = threading.Event()
        self._tidying = threading.Thread(target=self._tidy, name="executors", daemon=True)
        self._tidying.start()

    # Queries

    def query(self, request: QueryRequest, is_gone: IsGone | None = None) -> QueryResult:
        """See `Backend.query`; the time counts from here, waiting for a place included."""
        limit_s = self._limits.granted_s(request.timeout_s)
        deadline = time.monotonic() + limit_s
        self._expect_view(request.scope, limit_s)
        with self._places.take(request.client, deadline, limit_s, is_gone) as place:
            result = _result(*self._ask("answer", request, deadline, limit_s, place, is_gone))
            if not request.explain_empty or not is_empty(result):
                return result
            return replace(result, diagnosis=self._explain(request, place, is_gone))

    def prove(self, request: ProofRequest, is_gone: IsGone | None = None) -> ProofResult:
        """See `Backend.prove`; it takes a place as a query does."""
        limit_s = self._limits.granted_s(request.timeout_s)
        deadline = time.monotonic() + limit_s
        self._expect_view(request.scope, limit_s)
        with self._places.take(request.client, deadline, limit_s, is_gone) as place:
            head, body = self._ask("prove", request, deadline, limit_s, place, is_gone)
        return ProofResult(head["count"], body, head["version"])

    def _expect_view(self, scope: Scope, limit_s: float) -> None:
        """Have the owner make a view once, so that executors are forked with it.

        One that has none after all, for instance of an owner just begun, makes its own.
        """
        owner_and_scope = (self._state() // STATES_PER_OWNER, scope)
        if scope.is_all or owner_and_scope in self._viewed:
            return
        self._control({"task": "view", "scope": wire.pack(scope)}, timeout_s=limit_s)
        self._viewed.add(owner_and_scope)

    def _explain(
        self, request: QueryRequest, place: Place, is_gone: IsGone | None
    ) -> dict[str, object]:
        """Why there are no solutions; the answer stands, whatever comes of this."""
        deadline = time.monotonic() + EXPLAIN_S
        try:
            head, _ = self._ask("explain", request, deadline, EXPLAIN_S, place, is_gone)
        except LimitError as error:
            return unfinished(error.message).members()
        return cast("dict[str, object]", head["diagnosis"])

    def _ask(
        self,
        task: Task,
        request: QueryRequest | ProofRequest,
        deadline: float,
        limit_s: float,
        place: Place,
        is_gone: IsGone | None,
    ) -> tuple[wire.Head, bytes]:
        """One executor's reply."""
        with self._executor(deadline, limit_s) as line:
            try:
                head, body = line.ask(
                    task, request, deadline, limit_s, place, self._limits, is_gone
                )
            except DiedError as error:
                raise self._ending(line.pid, limit_s) from error
        return _good(head), body

    def begin(self, request: QueryRequest, client: str) -> BegunQuery | None:
        """See `Backend.begin`; there has to be a place, and an idle executor."""
        if request.explain_empty or not request.scope.is_all:
            return None
        place = self._places.take_now(client)
        if place is None:
            return None
        limit_s = self._limits.granted_s(request.timeout_s)
        line = self._idle_line()
        if line is not None:
            begun = BegunQuery(self, line, place, limit_s)
            try:
                line.send("answer", request, begun.deadline)
            except DiedError:
                self.give_back(line)
            else:
                return begun
        self._places.leave(place)
        return None

    def lookup(self, request: QueryRequest) -> QueryResult | None:
        """See `Backend.lookup`: from the index that the owner shares with its clients."""
        if (
            not request.infer
            or request.explain_empty
            or request.same_as
            or request.default_graphs
            or request.named_graphs
            or not request.scope.is_all
        ):
            return None
        state, _, edition = NUMBERS.unpack_from(self._cell)
        found = self._edition.answer(request.text, state, edition)
        if found is None:
            return None
        (form, body), state, version = found
        try:
            format = formats.negotiate(form, request.accept, request.parameters)
        except FormatError:
            return None
        if format.results is not QueryResultsFormat.JSON:
            return None
        self._version = (state, version)
        return QueryResult(form, format, body, version)

    def wait_for(self, begun: BegunQuery, is_gone: IsGone | None) -> QueryResult:
        """The answer to what was begun; see `Begun.result`."""
        line, limit_s = begun.line, begun.limit_s
        try:
            head, body = line.reply(
                begun.started, begun.deadline, limit_s, begun.place, self._limits, is_gone
            )
        except DiedError as error:
            raise self._ending(line.pid, limit_s) from error
        result = _result(_good(head), body)
        if line.state >= self._state():
            self._version = (line.state, result.version)
        return result

    def _ending(self, pid: int, limit_s: float) -> Exception:
        """Why an executor ended, as its owner knows."""
        status = self._control({"task": "fate", "pid": pid})[0]["status"]
        over = cause(status, self._limits, limit_s)
        if over is not None:
            return over
        return ExecutorFaultError(f"executor {pid} ended with status {status}")

    # Executors

    @contextmanager
    def _executor(self, deadline: float, limit_s: float) -> Iterator[Line]:
        """An executor of the current state, for the block; it is kept if it is still good."""
        line = self._idle_line() or self._new_line(deadline, limit_s)
        try:
            yield line
        finally:
            self.give_back(line)

    def give_back(self, line: Line) -> None:
        """Keep an executor that nobody uses now, if it is still good."""
        with self._lock:
            keeps = not line.is_spent and self._can_follow(line) and not self._closed.is_set()
            if keeps:
                self._idle.append(line)
        if not keeps:
            line.close()

    def _idle_line(self) -> Line | None:
        """An idle executor; those that are of no use are let go."""
        unfit: list[Line] = []
        found: Line | None = None
        with self._lock:
            while self._idle and found is None:
                line = self._idle.pop()  # the last one used: its memory is warm
                if self._can_follow(line) and line.is_usable():
                    found = line
                else:
                    unfit.append(line)
        for line in unfit:
            line.close()
        return found

    def _new_line(self, deadline: float, limit_s: float) -> Line:
        """A connection to an executor that nobody has asked yet.

        Raises:
            UnavailableError: there is no owner.
            LimitError: none came before the deadline.
        """
        while True:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise time_over(limit_s)
            try:
                line = Line(self.folder / CURRENT / EXECUTORS, remaining)
            except DiedError:
                time.sleep(_RETRY_S)
                continue
            except UnavailableError as error:
                if time.monotonic() >= deadline:  # it is the query's time that was too short
                    raise time_over(limit_s) from error
                raise
            if self._can_follow(line):
                return line
            line.close()
            time.sleep(_RETRY_S)

    def _state(self) -> int:
        """The number of the current state."""
        return int(NUMBERS.unpack_from(self._cell)[0])

    def _can_follow(self, line: Line) -> bool:
        """Whether an executor can go on to the current state, in less time than a fork takes.

        One of a newer owner, of which nobody has heard, can as well.
        """
        state, since, _ = NUMBERS.unpack_from(self._cell)
        return bool(line.since >= since and line.state >= state - MAX_BEHIND)

    def _tidy(self) -> None:
        """In a thread: read the newest edition, and let idle executors go that nobody will use,
        with the memory they hold.
        """
        while not self._closed.is_set():
            self._is_stale.wait(_TIDY_S)
            self._is_stale.clear()
            self._edition.refresh(NUMBERS.unpack_from(self._cell)[2])
            with self._lock:
                old: list[Line] = []
                found, self._idle = self._idle, []
                for line in found:
                    (self._idle if self._can_follow(line) else old).append(line)
            for line in old:
                line.close()

    # Updates

    def update(self, request: UpdateRequest, is_gone: IsGone | None = None) -> Change:
        """See `Backend.update`; updates are made one at a time, in order of arrival."""
        return self._change(request, is_gone)

    def write_graph(self, write: GraphWrite, is_gone: IsGone | None = None) -> Change:
        """See `Backend.write_graph`."""
        return self._change(write, is_gone)

    def _change(self, request: UpdateRequest | GraphWrite, is_gone: IsGone | None) -> Change:
        head, body = frame_of(request)
        reply, _ = self._control(head, body, is_gone=is_gone, timeout_s=None)
        return wire.unpack(Change, reply["change"])

    # The owner

    def known_version(self) -> str | None:
        """See `Backend.known_version`: it came with the last answer, unless the data changed."""
        state, version = self._version
        return version if state == self._state() else None

    def status(self, scope: Scope = ALL) -> Status:
        """See `Backend.status`; asks the owner once for each state."""
        state = self._state()
        known = self._known.get(scope)
        if known is not None and known[0] == state:
            return known[1]
        reply, _ = self._control({"task": "status", "scope": wire.pack(scope)})
        status = wire.unpack(Status, reply["status"])
        if len(self._known) > _KNOWN:  # of tokens that were revoked
            self._known = {}
        self._known[scope] = (state, status)
        return status

    def versions(self) -> Sequence[Change]:
        """See `Backend.versions`."""
        reply, _ = self._control({"task": "versions"})
        return tuple(wire.unpack(Change, each) for each in reply["versions"])

    def dump(self, request: DumpRequest) -> None:
        """See `Backend.dump`; the owner forks a process for it."""
        self._expect_view(request.scope, self._limits.query_s)
        self._control({"task": "dump", "request": wire.pack(request)}, timeout_s=None)

    def backup(self, folder: str) -> None:
        """See `Backend.backup`."""
        self._control({"task": "backup", "folder": folder}, timeout_s=None)

    def _control(
        self,
        head: wire.Head,
        body: bytes = b"",
        *,
        is_gone: IsGone | None = None,
        timeout_s: float | None = _CONTROL_TIMEOUT_S,
    ) -> tuple[wire.Head, bytes]:
        """The owner's reply to one request.

        Raises:
            UnavailableError: there is no owner, it ended, or does not answer in time.
            CancelledError: the client has left; closing the connection tells the owner.
            EtownError: what the request failed with.
        """
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            try:
                connection.settimeout(timeout_s)
                connection.connect(str(self.folder / CURRENT / CONTROL))
                wire.send(connection, head, body)
                frame = _awaited(connection, deadline, is_gone)
            except (OSError, wire.BrokenFrameError) as error:
                raise unavailable() from error
        if frame is None:
            raise unavailable()
        _good(frame[0])
        return frame

    def reload(self) -> None:
        """Build the graph anew in another owner, and go over to it without dropping a request.

        Raises:
            EtownError: it cannot be built; the old one goes on. Or this process has not
                started the owner.
        """
        if self.supervisor is None:
            raise unavailable()
        self.supervisor.reload()

    def at_work(self) -> int:
        """How many queries are at work in this process's places, for monitoring."""
        return self._places.at_work()

    def close(self) -> None:
        """Let the executors go, and end the owner if this process started it."""
        self._closed.set()
        self._is_stale.set()
        self._tidying.join()
        with self._lock:
            idle, self._idle = self._idle, []
        for line in idle:
            line.close()
        if self.supervisor is not None:
            self.supervisor.stop()


class BegunQuery:
    """See `Begun`; an executor works on it. Not safe for two threads at a time."""

    def __init__(self, backend: ProcessBackend, line: Line, place: Place, limit_s: float) -> None:
        self.line = line
        self.place = place
        self.limit_s = limit_s
        self.started = time.monotonic()
        self.deadline = self.started + limit_s
        self._backend = backend
        self._is_over = False

    def fileno(self) -> int:
        """See `Begun.fileno`."""
        return self.line.fileno()

    def answer_bytes(self) -> int | None:
        """See `Begun.answer_bytes`."""
        return self.line.reply_bytes()

    def result(self, is_gone: IsGone | None = None) -> QueryResult:
        """See `Begun.result`."""
        assert not self._is_over
        try:
            return self._backend.wait_for(self, is_gone)
        finally:
            self._end()

    def abandon(self) -> None:
        """See `Begun.abandon`."""
        if not self._is_over:
            self.line.kill()
            self._end()

    def _end(self) -> None:
        self._is_over = True
        self._backend.give_back(self.line)
        self.place.leave()


def _good(head: wire.Head) -> wire.Head:
    """The head of a reply that is no failure; raises the failure that it is."""
    if "error" in head:
        raise wire.unpack_error(head)
    if "fault" in head:
        raise ExecutorFaultError(head["fault"])
    return head


@cache
def _format(form: formats.Form, media_type: str) -> formats.Format:
    """One of the few formats that executors answer in."""
    return formats.by_name(media_type, formats.for_form(form))


def _result(head: wire.Head, body: bytes) -> QueryResult:
    format = _format(head["form"], head["format"])
    return QueryResult(head["form"], format, body, head["version"])


def _awaited(
    connection: socket.socket, deadline: float | None, is_gone: IsGone | None
) -> tuple[wire.Head, bytes] | None:
    """The next frame of a connection, while its client is there."""
    if is_gone is None:
        return wire.receive(connection)
    connection.settimeout(LOOK_S)
    while True:
        try:
            connection.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            if is_gone():
                raise CancelledError("the client has left") from None
            if deadline is not None and time.monotonic() >= deadline:
                raise
        else:
            connection.settimeout(None)
            return wire.receive(connection)
