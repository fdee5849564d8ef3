"""The owner: a single-threaded process that holds the graph, forks executors and makes updates.

It is started as a fresh interpreter (`supervisor`), builds the graph, and then only waits:

- executors stand by, forked ahead, on a listening socket of their own, so that a client that
  connects waits for nobody; when one is taken, or the data change, the owner forks anew;
- an update is worked out in a forked worker under limits, so that a runaway one holds up
  nobody, and what it comes to is made here, one update at a time. Executors that were forked
  before go on with the state they have; the new state's number is written to a file that
  clients have in their memory, so that whoever asks after an update was acknowledged is
  answered from its result;
- it reaps the processes it forked and remembers what they died of.

It ends when the process that started it does (its standard input closes), and with it end all
that it forked.
"""

from __future__ import annotations

import logging
import mmap
import os
import pickle
import selectors
import signal
import socket
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from pyoxigraph import Quad

from etown_kg import remote
from etown_kg.backend import wire
from etown_kg.backend.confinement import (
    cause,
    close_descriptors,
    confine,
    default_signals,
    die_with_parent,
    open_descriptors,
    run_with_deep_stack,
    set_alarm,
)
from etown_kg.backend.evaluation import status_of
from etown_kg.backend.executor import outcome, stand_by
from etown_kg.backend.limits import Limits
from etown_kg.backend.relay import calls
from etown_kg.changes import GraphWrite, UpdateRequest
from etown_kg.errors import EtownError
from etown_kg.graph import KnowledgeGraph
from etown_kg.scope import Scope
from etown_kg.store import Delta

log = logging.getLogger(__name__)

EXECUTORS, CONTROL, STATE = "executors.sock", "control.sock", "state"
STATE_BYTES = 8
BACKLOG = 128
# What a client on the control socket may keep the owner waiting for.
_CONTROL_TIMEOUT_S = 10.0
# How long to wait before another executor is forked, when one ended that had done nothing.
_AFTER_A_FAILURE_S = 0.5
# How many exit statuses are kept for who asks what an executor died of.
_REMEMBERED = 1024


@dataclass(frozen=True)
class Order:
    """What an owner is started with; it travels pickled through the owner's standard input.

    `build` makes the graph: a function that can be imported, or a `functools.partial` of one.
    `folder` is where the sockets go, `state` the number of the first state. `scopes` are those
    whose views are made before anything is served.
    """

    build: Callable[[], KnowledgeGraph]
    limits: Limits
    folder: Path
    state: int
    validate_updates: bool = False
    scopes: tuple[Scope, ...] = ()


@dataclass(eq=False)
class _Update:
    """An update on its way: who waits for it, until when, and what it asks for."""

    client: socket.socket
    request: UpdateRequest | GraphWrite
    deadline: float
    limit_s: float
    worker: int = 0
    results: socket.socket | None = None


@dataclass
class _Fates:
    """What the processes died of that were forked here, the newest `_REMEMBERED` of them."""

    statuses: dict[int, int] = field(default_factory=dict)
    asked: dict[int, list[socket.socket]] = field(default_factory=dict)

    def add(self, pid: int, status: int) -> list[socket.socket]:
        """Remember; gives the connections that wait to hear it."""
        self.statuses[pid] = status
        while len(self.statuses) > _REMEMBERED:
            del self.statuses[next(iter(self.statuses))]
        return self.asked.pop(pid, [])


class Owner:
    """The loop of events around one graph."""

    def __init__(self, graph: KnowledgeGraph, order: Order) -> None:
        graph.prepare()
        for scope in order.scopes:
            graph.view(scope)
        self._graph = graph
        self._limits = order.limits
        self._validates = order.validate_updates
        self._state = order.state
        self._status = status_of(graph)
        self._executors = _listener(order.folder / EXECUTORS)
        self._control = _listener(order.folder / CONTROL)
        self._cell = _cell(order.folder.parent / STATE)
        self._executors.setblocking(False)
        self._taken, self._taking = os.pipe()
        # Executors that stand by watch the first; closing the second retires them.
        self._retired, self._retiring = os.pipe()
        self._woken, self._waking = socket.socketpair()
        self._spares: set[int] = set()
        self._spares_from = 0.0
        # How many were taken since there is the present state.
        self._demand = 0
        self._clients: set[socket.socket] = set()
        self._updates: deque[_Update] = deque()
        self._working: _Update | None = None
        self._fates = _Fates()
        self._is_over = False
        self._selector = selectors.DefaultSelector()

    def run(self, lifeline: int, ready: Callable[[], object]) -> None:
        """Serve until `lifeline`, a descriptor that is never written to, closes.

        `ready` is called once executors stand by.
        """
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, self._note_signal)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started us
        self._woken.setblocking(False)
        self._waking.setblocking(False)
        signal.set_wakeup_fd(self._waking.fileno(), warn_on_full_buffer=False)
        for source, act in (
            (lifeline, self._end),
            (self._woken, self._reap),
            (self._taken, self._note_taken),
            (self._control, self._accept),
        ):
            self._selector.register(source, selectors.EVENT_READ, act)
        self._fork_spares()
        self._publish()
        ready()
        while not self._is_over:
            for key, _ in self._selector.select(self._idle_s()):
                key.data()
            self._fork_spares()
            self._begin_update()
        for pid in (*self._spares, *([self._working.worker] if self._working else [])):
            os.kill(pid, signal.SIGKILL)

    # Executors

    def _fork_spares(self, count: int | None = None) -> None:
        """Have so many executors stand by, or as many as the limits say."""
        count = count or self._limits.spares
        while len(self._spares) < count and time.monotonic() >= self._spares_from:
            self._spares.add(
                self._fork(
                    partial(
                        stand_by, self._graph, self._status, self._state, self._limits,
                        self._executors, self._taking, self._retired, os.getpid(),
                    ),
                    keep=(self._executors, self._taking, self._retired),
                )
            )  # fmt: skip

    def _note_taken(self) -> None:
        report = os.read(self._taken, 8 * 64)
        for place in range(0, len(report), 8):
            self._spares.discard(int.from_bytes(report[place : place + 8], "big"))
            self._demand += 1

    def _fork(self, task: Callable[[], None], keep: tuple[socket.socket | int, ...]) -> int:
        """Run a task in a forked process, which has of our descriptors only those kept."""
        pid = os.fork()
        if pid:
            return pid
        try:
            self._let_go(keep)
            task()
        except (OSError, wire.BrokenFrameError):
            os._exit(0)  # the other side of a connection has left
        except BaseException:  # noqa: BLE001  # the edge of a process: nothing may go further
            traceback.print_exc()
            os._exit(70)
        os._exit(0)

    def _let_go(self, keep: tuple[socket.socket | int, ...]) -> None:
        """In a forked process: close what is the owner's."""
        self._selector.close()
        sockets = {
            self._executors, self._control, self._woken, self._waking, *self._clients,
        }  # fmt: skip
        if self._working is not None and self._working.results is not None:
            sockets.add(self._working.results)
        for each in sockets - set(keep):
            each.close()
        for descriptor in {self._taken, self._taking, self._retired, self._retiring, 0} - set(keep):
            os.close(descriptor)

    # Processes that end

    def _note_signal(self, number: int, _frame: object) -> None:
        # The wake-up descriptor has told the loop, which reaps; this ends a process politely.
        if number == signal.SIGTERM:
            self._is_over = True

    def _reap(self) -> None:
        self._woken.recv(4096)
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self._spares:
                self._spares.discard(pid)
                self._spares_from = time.monotonic() + _AFTER_A_FAILURE_S
                log.warning("an executor that stood by ended: %s", _ending(status))
            elif status:
                log.info("process %d ended: %s", pid, _ending(status))
            for client in self._fates.add(pid, status):
                self._reply(client, {"status": status})

    def _ending_of(self, pid: int) -> int:
        """The exit status of a process of ours that has ended, or is about to."""
        if pid not in self._fates.statuses:
            self._fates.add(pid, os.waitpid(pid, 0)[1])
        return self._fates.statuses[pid]

    # Requests on the control socket

    def _accept(self) -> None:
        client, _ = self._control.accept()
        client.settimeout(_CONTROL_TIMEOUT_S)
        self._clients.add(client)
        self._selector.register(client, selectors.EVENT_READ, partial(self._hear, client))

    def _hear(self, client: socket.socket) -> None:
        try:
            frame = wire.receive(client)
        except (OSError, wire.BrokenFrameError):
            frame = None
        if frame is None:
            self._forget(client)
            return
        head, body = frame
        match head["task"]:
            case "status":
                status = partial(self._status_in, wire.unpack(Scope, head["scope"]))
                self._reply(client, *outcome(status, self._limits))
            case "view":
                make = partial(self._make_view, wire.unpack(Scope, head["scope"]))
                self._reply(client, *outcome(make, self._limits))
            case "versions":
                changes = [wire.pack(change) for change in self._graph.versions()]
                self._reply(client, {"versions": changes})
            case "fate":
                self._tell_fate(client, head["pid"])
            case "backup":
                self._reply(client, *outcome(partial(self._backup, head["folder"]), self._limits))
            case "update":
                request = wire.unpack(UpdateRequest, head["request"], text=body.decode())
                self._queue(client, request)
            case "write":
                self._queue(client, wire.unpack(GraphWrite, head["request"], body=body))

    def _tell_fate(self, client: socket.socket, pid: int) -> None:
        status = self._fates.statuses.get(pid)
        if status is None:
            self._fates.asked.setdefault(pid, []).append(client)
        else:
            self._reply(client, {"status": status})

    def _status_in(self, scope: Scope) -> tuple[wire.Head, bytes]:
        status = self._status if scope.is_all else status_of(self._graph.view(scope))
        return {"status": wire.pack(status)}, b""

    def _make_view(self, scope: Scope) -> tuple[wire.Head, bytes]:
        """Make a view that executors are forked with from now on."""
        if not self._graph.has_view(scope):
            self._graph.view(scope)
            self._renew()
        return {"done": True}, b""

    def _backup(self, folder: str) -> tuple[wire.Head, bytes]:
        self._graph.backup(Path(folder))
        return {"done": True}, b""

    def _reply(self, client: socket.socket, head: wire.Head, body: bytes = b"") -> None:
        if client not in self._clients:
            return
        try:
            wire.send(client, head, body)
        except OSError:
            self._forget(client)

    def _forget(self, client: socket.socket) -> None:
        """A client has left: what it waits for need not be done, unless it is being made."""
        self._clients.discard(client)
        self._selector.unregister(client)
        client.close()
        self._updates = deque(update for update in self._updates if update.client is not client)
        if self._working is not None and self._working.client is client:
            os.kill(self._working.worker, signal.SIGKILL)

    # Updates

    def _queue(self, client: socket.socket, request: UpdateRequest | GraphWrite) -> None:
        limit_s = self._limits.update_s
        if request.timeout_s is not None:
            limit_s = min(limit_s, request.timeout_s)
        self._updates.append(_Update(client, request, time.monotonic() + limit_s, limit_s))

    def _begin_update(self) -> None:
        """Fork a worker for the next update, if none is under way."""
        if self._working is not None or not self._updates:
            return
        update = self._updates.popleft()
        update.results, theirs = socket.socketpair()
        self._working = update
        work = partial(_work_out, self._graph, update, self._limits, theirs, os.getpid())
        update.worker = self._fork(work, keep=(theirs,))
        theirs.close()
        self._selector.register(update.results, selectors.EVENT_READ, self._finish_update)

    def _finish_update(self) -> None:
        """Make the change that the worker has worked out, or pass on why there is none."""
        update = self._working
        assert update is not None
        assert update.results is not None
        self._selector.unregister(update.results)
        try:
            frame = wire.receive(update.results)
        except (OSError, wire.BrokenFrameError):
            frame = None
        update.results.close()
        self._working = None
        if frame is None:
            status = self._ending_of(update.worker)
            over = cause(status, self._limits, update.limit_s)
            fault = {"fault": f"the worker of an update ended: {_ending(status)}"}
            self._reply(update.client, fault if over is None else wire.pack_error(over))
        elif "lines" in frame[0]:
            self._make(update, frame[1], frame[0]["version"])
        else:
            self._reply(update.client, frame[0])

    def _make(self, update: _Update, lines: bytes, version: int | None) -> None:
        before = self._graph.version
        try:
            delta = Delta.from_lines(lines, version)
            change = self._graph.apply(
                delta,
                validate=self._validates,
                writer=update.request.writer,
                scope=update.request.scope,
            )
        except EtownError as error:
            self._reply(update.client, wire.pack_error(error))
            return
        except BaseException:
            # Whether the graph is whole is not known: the next owner builds it from its source.
            self._reply(update.client, {"fault": traceback.format_exc()})
            raise
        if self._graph.version != before:
            self._status = status_of(self._graph)
            self._renew()
        self._reply(update.client, {"change": wire.pack(change)})

    def _renew(self) -> None:
        """Let whoever asks from now on be answered from the present state.

        As many executors stand by before anybody hears of it as were taken of the former one:
        readers that all come back at once wait for no fork.
        """
        self._state += 1
        os.close(self._retiring)
        os.close(self._retired)
        self._retired, self._retiring = os.pipe()
        self._spares.clear()
        self._fork_spares(max(self._limits.spares, min(self._demand, self._limits.places)))
        self._demand = 0
        self._publish()

    def _publish(self) -> None:
        """Tell the clients which state is the current one; a newer owner has had the last word."""
        if self._state > int.from_bytes(self._cell[:STATE_BYTES], sys.byteorder):
            self._cell[:STATE_BYTES] = self._state.to_bytes(STATE_BYTES, sys.byteorder)

    def _idle_s(self) -> float | None:
        """Seconds to wait for events: none if there is an update to begin."""
        if self._updates and self._working is None:
            return 0.0
        if len(self._spares) < self._limits.spares:
            return max(0.0, self._spares_from - time.monotonic())
        return None

    def _end(self) -> None:
        self._is_over = True


def _work_out(
    graph: KnowledgeGraph, update: _Update, limits: Limits, results: socket.socket, owner: int
) -> None:
    """In a worker: what an update comes to, sent to the owner as the lines of a delta."""
    default_signals()
    die_with_parent(owner)
    set_alarm(update.deadline - time.monotonic())
    confine(limits)
    close_descriptors(limits)

    def delta() -> tuple[wire.Head, bytes]:
        request = update.request
        seen = graph.view(request.scope)
        if isinstance(request, GraphWrite):
            found = seen.write_delta(request)
        else:
            with calls(request.text, limits, open_descriptors) as services:
                found = seen.delta(request, services=services, loader=partial(_load, limits))
        return {"lines": True, "version": found.version}, found.lines()

    run_with_deep_stack(lambda: wire.send(results, *outcome(delta, limits)))


def _load(limits: Limits, iri: str) -> list[Quad]:
    """The document of a LOAD; looking up its host needs descriptors already."""
    if limits.load_hosts:
        open_descriptors()
    return remote.load(iri, limits.load_hosts, limits.networks, limits.remote)


def _listener(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen(BACKLOG)
    return listener


def _cell(path: Path) -> mmap.mmap:
    """The file with the number of the current state, mapped to be written."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if os.fstat(descriptor).st_size < STATE_BYTES:
            os.ftruncate(descriptor, STATE_BYTES)
        return mmap.mmap(descriptor, STATE_BYTES)
    finally:
        os.close(descriptor)


def _ending(status: int) -> str:
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status)).name
    return f"exit status {os.WEXITSTATUS(status)}"


def main() -> NoReturn:
    """Be the owner that the order on standard input asks for.

    Standard output gets one frame: that executors stand by, or why not.
    """
    # Whatever a builder prints goes to the log, not into the frame.
    answer = socket.socket(fileno=os.dup(1))
    os.dup2(2, 1)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    order: Order = pickle.load(sys.stdin.buffer)  # from who started us

    def begin() -> tuple[wire.Head, bytes]:
        graph = order.build()
        owner = Owner(graph, order)
        owner.run(0, lambda: _say(answer, {"ready": True}))
        return {"over": True}, b""

    head, _ = outcome(begin, order.limits)
    if "over" not in head:
        _say(answer, head)
        if "fault" in head:
            log.error("%s", head["fault"])
        sys.exit(1)
    # Without the interpreter's farewell: no destructor has to run, and memory is given back
    # at once.
    os._exit(0)


def _say(answer: socket.socket, head: dict[str, Any]) -> None:
    if answer.fileno() >= 0:
        wire.send(answer, head)
        answer.close()
