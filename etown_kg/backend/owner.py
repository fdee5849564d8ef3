"""The owner: a single-threaded process that holds the graph, forks executors and makes updates.

It is started as a fresh interpreter (`supervisor`), builds the graph, and then only waits:

- executors stand by, forked ahead, on a listening socket of their own, so that a client that
  connects waits for nobody; when one is taken, the owner forks anew;
- updates are worked out in a forked worker under limits (`worker`), so that a runaway one holds
  up no reader, and what they come to is made here, one at a time; those that come in a row are
  kept by one sync and then told. What they came to goes into the feed, which executors read before
  they answer; then the new state's number is written to a file that clients have in their memory;
  then the update is acknowledged. So whoever asks after that is answered from its result. After a
  change that is too large for that, executors are forked anew, and those of before are let go;
- it reaps the processes it forked and remembers what they died of.

It ends when the process that started it does (its standard input closes), and with it end all
that it forked.
"""

from __future__ import annotations

import gc
import logging
import mmap
import os
import pickle
import selectors
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from etown_kg import formats
from etown_kg.backend import DumpRequest, wire
from etown_kg.backend.checking import CheckEndedError, CheckFaultError, checked
from etown_kg.backend.confinement import (
    cause,
)
from etown_kg.backend.dumping import dump_in_process
from etown_kg.backend.editions import Editions, send_edition
from etown_kg.backend.evaluation import status_of
from etown_kg.backend.executor import outcome, stand_by
from etown_kg.backend.feed import MAX_BEHIND, Feed, Follower
from etown_kg.backend.limits import Limits
from etown_kg.backend.updating import Result, Updating, late
from etown_kg.backend.worker import request_of
from etown_kg.errors import EtownError
from etown_kg.scope import Scope
from etown_kg.store import Delta

if TYPE_CHECKING:
    from etown_kg.graph import KnowledgeGraph

log = logging.getLogger(__name__)

EXECUTORS, CONTROL, STATE = "executors.sock", "control.sock", "state"
# The present state, that in which the present executors' feed began, and that in which the
# present edition did, 0 for none.
NUMBERS = struct.Struct("3Q")
_NUMBER = struct.Struct("Q")
BACKLOG = 128
# What a client on the control socket may keep the owner waiting for.
_CONTROL_TIMEOUT_S = 10.0
# How long to wait before another executor is forked, when one ended that had done nothing.
_AFTER_A_FAILURE_S = 0.5
# The most seconds for which changes are gathered before they are kept and told.
_GROUP_S = 0.05
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
        if order.validate_updates:
            from etown_kg.graph import shapes  # clients, who import this module, need no graph

            shapes.prepare()
        formats.prepare()
        for scope in order.scopes:
            graph.view(scope)
        self._graph = graph
        self._limits = order.limits
        self._validates = order.validate_updates
        graph.record()
        self._state = order.state
        self._feed = Feed(self._state)
        self._editions = Editions(graph, partial(self._fork, keep=()))
        self._status = status_of(graph)
        self._executors = _listener(order.folder / EXECUTORS)
        self._control = _listener(order.folder / CONTROL)
        self._cell = _cell(order.folder.parent / STATE)
        self._executors.setblocking(False)
        self._taken, self._taking = os.pipe()
        os.set_blocking(self._taken, False)
        # Executors that stand by watch the first; closing the second retires them.
        self._retired, self._retiring = os.pipe()
        self._woken, self._waking = socket.socketpair()
        self._spares: set[int] = set()
        self._spares_from = 0.0
        self._spares_state = order.state
        # How many were taken since the feed began.
        self._demand = 0
        self._clients: set[socket.socket] = set()
        self._updating = Updating(self._fork, order.limits)
        self._watched: socket.socket | None = None
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
        gc.freeze()  # what the graph is made of stays
        gc.enable()
        self._fork_spares()
        self._publish()
        ready()
        self._graph.count()  # nobody waits for it any more
        while not self._is_over:
            for key, _ in self._selector.select(self._idle_s()):
                key.data()
            self._fork_spares()
            self._begin_updates()
            self._editions.begin(self._state)
        self._updating.end_worker()
        for pid in self._spares:
            os.kill(pid, signal.SIGKILL)

    # Executors

    def _fork_spares(self, count: int | None = None) -> None:
        """Have so many executors stand by, or as many as the limits say."""
        count = count or self._limits.spares
        while len(self._spares) < count and time.monotonic() >= self._spares_from:
            self._spares.add(
                self._fork(
                    partial(
                        stand_by, Follower(self._graph, self._feed, self._state), self._limits,
                        self._executors, self._taking, self._retired, os.getpid(),
                    ),
                    keep=(self._executors, self._taking, self._retired),
                )
            )  # fmt: skip

    def _note_taken(self) -> None:
        try:
            report = os.read(self._taken, 8 * 64)
        except BlockingIOError:
            return
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
        if self._updating.connection is not None:
            sockets.add(self._updating.connection)
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
            # Who was taken and has ended since did not fail to stand by; its note is there by now.
            self._note_taken()
            if pid in self._spares:
                self._spares.discard(pid)
                self._spares_from = time.monotonic() + _AFTER_A_FAILURE_S
                log.warning("an executor that stood by ended: %s", _ending(status))
            elif status:
                log.info("process %d ended: %s", pid, _ending(status))
            self._updating.reaped(pid)
            if self._editions.reaped(pid, status):
                self._publish()
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
            case "edition":
                self._give_edition(client)
            case "fate":
                self._tell_fate(client, head["pid"])
            case "backup":
                self._reply(client, *outcome(partial(self._backup, head["folder"]), self._limits))
            case "dump":
                self._begin_dump(client, wire.unpack(DumpRequest, head["request"]))
            case "update" | "write":
                self._updating.add(client, request_of(head, body))

    def _give_edition(self, client: socket.socket) -> None:
        edition = self._editions.current
        try:
            send_edition(client, edition)
        except OSError:
            self._forget(client)
            return
        state, version = (0, "") if edition is None else (edition.state, edition.version)
        self._reply(client, {"state": state, "version": version})

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
            self._editions.follow(self._graph.recorded(), self._state + 1)
            self._renew()
        return {"done": True}, b""

    def _backup(self, folder: str) -> tuple[wire.Head, bytes]:
        self._graph.backup(Path(folder))
        return {"done": True}, b""

    def _begin_dump(self, client: socket.socket, request: DumpRequest) -> None:
        """Leave the client to a process that makes the files and answers."""
        task = partial(dump_in_process, self._graph, request, self._limits, client, os.getpid())
        self._fork(task, keep=(client,))
        self._forget(client)

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
        self._updating.forget(client)
        self._watch_worker()

    # Updates

    def _begin_updates(self) -> None:
        """Give the worker what it may have."""
        for update in self._updating.begin(self._graph):
            self._reply(update.client, late(update))
        self._watch_worker()

    def _watch_worker(self) -> None:
        if self._watched is self._updating.connection:
            return
        if self._watched is not None:
            self._selector.unregister(self._watched)
        self._watched = self._updating.connection
        if self._watched is not None:
            self._selector.register(self._watched, selectors.EVENT_READ, self._make_updates)

    def _make_updates(self) -> None:
        """Make the changes that the worker has worked out; those that are there in a row share a
        sync, and nobody is told of one before it.
        """
        before = self._graph.version
        told: list[tuple[socket.socket, wire.Head]] = []
        until = time.monotonic() + _GROUP_S
        while (result := self._updating.next()) is not None:
            told.append((result.update.client, self._made(result)))
            if not self._updating.has_reply() or time.monotonic() >= until:
                break
        try:
            self._graph.sync()
        except EtownError as error:
            # The graph has what its location has not: the next owner reads it from there.
            for client, _ in told:
                self._reply(client, wire.pack_error(error))
            raise
        if self._graph.version != before:
            self._status = status_of(self._graph)
            self._advance()
        for client, head in told:
            self._reply(client, head)
        self._watch_worker()

    def _made(self, result: Result) -> wire.Head:
        """Make the change that was worked out; the answer to who asked for it."""
        update = result.update
        if result.reply is None:
            status = self._ending_of(result.worker)
            over = cause(status, self._limits, update.limit_s, "update")
            if over is not None:
                return wire.pack_error(over)
            return {"fault": f"the worker of an update ended: {_ending(status)}"}
        head, lines = result.reply
        if "lines" not in head:
            return head
        try:
            change = self._graph.apply(
                Delta.from_lines(lines, head["version"]),
                validate=self._validates,
                writer=update.request.writer,
                scope=update.request.scope,
                sync=False,
                within_limits=partial(
                    checked, fork=self._fork, limits=self._limits, deadline=update.deadline
                ),
            )
        except CheckEndedError as error:
            self._updating.end_worker()
            status = self._ending_of(error.pid)
            over = cause(status, self._limits, update.limit_s, "update")
            return wire.pack_error(over) if over is not None else {"fault": str(error)}
        except CheckFaultError as error:
            self._updating.end_worker()
            return {"fault": str(error)}
        except EtownError as error:
            self._updating.end_worker()  # it has taken over what was not made
            return wire.pack_error(error)
        except BaseException:
            # Whether the graph is whole is not known: the next owner builds it from its source.
            self._reply(update.client, {"fault": traceback.format_exc()})
            raise
        return {"change": wire.pack(change)}

    def _advance(self) -> None:
        """Let whoever asks from now on be answered from the present state."""
        step = self._graph.recorded()
        self._editions.follow(step, self._state + 1)
        if not self._feed.append(step):
            self._renew()
            return
        self._state += 1
        self._publish()
        if self._state - self._spares_state > MAX_BEHIND // 2:
            self._retire_spares()

    def _renew(self) -> None:
        """Let whoever asks from now on be answered by executors that are forked now.

        As many stand by before anybody hears of it as were taken of the former ones: readers that
        all come back at once wait for no fork.
        """
        self._graph.recorded()
        self._state += 1
        self._feed.close()
        self._feed = Feed(self._state)
        self._retire_spares()
        self._fork_spares(max(self._limits.spares, min(self._demand, self._limits.places)))
        self._demand = 0
        self._publish()

    def _retire_spares(self) -> None:
        """Have those that stand by end; who forks others does so from now on."""
        os.close(self._retiring)
        os.close(self._retired)
        self._retired, self._retiring = os.pipe()
        self._spares.clear()
        self._spares_state = self._state

    def _publish(self) -> None:
        """Tell the clients which state is the current one; a newer owner has had the last word."""
        present, _, _ = NUMBERS.unpack_from(self._cell)
        if self._state >= present:
            edition = self._editions.current
            write_numbers(
                self._cell,
                (self._state, self._feed.since, 0 if edition is None else edition.state),
            )

    def _idle_s(self) -> float | None:
        """Seconds to wait for events, for ever if there is nothing to do without one."""
        waits = [self._editions.wait_s()]
        if len(self._spares) < self._limits.spares:
            waits.append(max(0.0, self._spares_from - time.monotonic()))
        return min((wait for wait in waits if wait is not None), default=None)

    def _end(self) -> None:
        self._is_over = True


def _listener(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen(BACKLOG)
    return listener


def write_numbers(cell: mmap.mmap, numbers: tuple[int, int, int]) -> None:
    """Write `NUMBERS` for whoever looks at any moment.

    From last to first: who sees the new state asks nobody who cannot follow to it. Each by a copy
    of its bytes: `pack_into` writes zeros before a number, and others see them.
    """
    for place, number in reversed([*enumerate(numbers)]):
        start = place * _NUMBER.size
        cell[start : start + _NUMBER.size] = _NUMBER.pack(number)


def _cell(path: Path) -> mmap.mmap:
    """The file with the number of the current state, mapped to be written."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if os.fstat(descriptor).st_size < NUMBERS.size:
            os.ftruncate(descriptor, NUMBERS.size)
        return mmap.mmap(descriptor, NUMBERS.size)
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
        with answer, suppress(BrokenPipeError):  # who started us is gone: the lifeline says so too
            wire.send(answer, head)
