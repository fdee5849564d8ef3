"""The process that loads the web server once and forks the workers that serve by it.

It is a fresh interpreter that `workers.Crew` starts while the graph is built. When it hears that
the graph is there it forks a first worker, and when that one serves, the others. So to load the
modules is one process's work, their memory is one for all, and a worker that dies is replaced in
the time of a fork. To fork safely it has no thread of its own.

It ends when it is told to (SIGTERM, which lets the requests at work end) or when its parent is
gone: then its standard input closes. So does, when it is gone itself, the pipe that each worker
watches; nothing outlives the server.
"""

from __future__ import annotations

import gc
import logging
import math
import os
import pickle
import selectors
import shutil
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final, NoReturn

from etown_kg.backend import Backend, wire
from etown_kg.backend.client import connect
from etown_kg.backend.limits import Limits
from etown_kg.cli.console import told
from etown_kg.cli.shared_listener import SharedListener, Tally
from etown_kg.config import Settings
from etown_kg.errors import EtownError

if TYPE_CHECKING:
    from etown_kg.cli.web_server import WebServer

log = logging.getLogger(__name__)

# Pauses before a worker that ended is replaced, in seconds; the last one is repeated.
PAUSES_S: Final = (0.0, 0.1, 1.0, 10.0)
# A worker that lived so long, in seconds, is replaced without a pause.
_LIVED_S: Final = 10.0
# What a worker gets beside its requests' time to end, in seconds.
GRACE_S: Final = 5.0
_FAULT: Final = 70


@dataclass(frozen=True)
class Order:
    """What a foreman is started with, pickled on its standard input.

    Attributes:
        limits: those of one worker.
        shared: a folder for what all workers count together.
        listener: the descriptor of the listening socket.
        report: that of the socket on which it tells, once, that the first worker serves, or why
            it does not.
    """

    settings: Settings
    limits: Limits
    workers: int
    shared: Path
    listener: int
    report: int


def main() -> None:
    """Be the foreman that the order on standard input asks for.

    The folder of the graph's owner follows when it serves, or None where another store does.
    """
    order: Order = pickle.load(sys.stdin.buffer)  # from who started us
    # Loaded here, for all workers.
    from etown_kg.cli.serve import load_web

    load_web(order.settings)
    gc.collect()
    gc.freeze()  # else the first collection of a worker writes to all pages that it shares
    gc.enable()
    try:
        owner: Path | None = pickle.load(sys.stdin.buffer)
    except EOFError:
        shutil.rmtree(order.shared, ignore_errors=True)  # who made it may be gone
        return  # there is no graph to serve
    listener, report = (socket.socket(fileno=each) for each in (order.listener, order.report))
    Foreman(order, owner, listener, report).run()


class Foreman:
    """The loop of events around the workers. It forks: it must have no thread."""

    def __init__(
        self, order: Order, owner: Path | None, listener: socket.socket, report: socket.socket
    ) -> None:
        self._order = order
        self._owner = owner
        self._listener = listener
        self._report = report
        self._tally = Tally(order.workers)
        # Process id -> number of a worker, and when it was started.
        self._workers: dict[int, tuple[int, float]] = {}
        # Number -> when a worker is to be started, and how many ended soon before it.
        self._vacant: dict[int, float] = {0: 0.0}
        self._attempts = [0] * order.workers
        # Whether the first worker serves.
        self._is_open = False
        self._is_over = False
        self._is_orphan = False
        self._force_at = math.inf
        self._woken, self._waking = socket.socketpair()
        # Workers watch the first; nobody writes to the second, it closes.
        self._lifeline, self._holding = os.pipe()
        self._selector = selectors.DefaultSelector()

    def run(self) -> None:
        """Keep the workers at their number; returns when it is over and they have ended."""
        for each in (self._woken, self._waking):
            each.setblocking(False)
        signal.set_wakeup_fd(self._waking.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # to be woken
        signal.signal(signal.SIGTERM, self._end_in_peace)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._selector.register(sys.stdin.fileno(), selectors.EVENT_READ, self._end_at_once)
        self._selector.register(self._woken, selectors.EVENT_READ, self._reap)
        while self._workers or not self._is_over:
            self._hire()
            for key, _ in self._selector.select(self._patience_s()):
                key.data()
            if time.monotonic() > self._force_at:
                self._tell(signal.SIGKILL)
        if self._is_orphan:
            shutil.rmtree(self._order.shared, ignore_errors=True)

    # Workers

    def _hire(self) -> None:
        """Start the workers whose time has come."""
        now = time.monotonic()
        for number, due in list(self._vacant.items()):
            if due <= now and not self._is_over:
                del self._vacant[number]
                self._start(number)

    def _start(self, number: int) -> None:
        is_first = not self._is_open
        ours, theirs = socket.socketpair()
        # What is told before the worker can listen would be lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        try:
            with theirs:
                pid = os.fork()
                if pid == 0:
                    ours.close()
                    self._be_worker(number, theirs if is_first else None)
        except OSError as error:
            log.error("no worker can be started: %s", told(error))  # noqa: TRY400  # no fault of ours
            self._vacate(number, 0.0)
            ours.close()
        else:
            self._workers[pid] = (number, time.monotonic())
            if self._is_over:  # it was told to the others only
                os.kill(pid, signal.SIGTERM)
            if is_first:
                self._selector.register(ours, selectors.EVENT_READ, partial(self._note, ours))
            else:
                ours.close()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    def _note(self, ours: socket.socket) -> None:
        """The first worker serves, and the others may; or it does not, and it is over."""
        try:
            frame = wire.receive(ours)
        except (OSError, wire.BrokenFrameError):
            frame = None
        self._selector.unregister(ours)
        ours.close()
        with self._report, suppress(BrokenPipeError):  # the lifeline tells of it, too
            if frame is not None:
                wire.send(self._report, frame[0])
        if frame is not None and "ready" in frame[0]:
            self._is_open = True
            self._vacant |= dict.fromkeys(range(1, self._order.workers), 0.0)
        else:
            self._is_over = True

    def _reap(self) -> None:
        self._woken.recv(4096)
        while self._workers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            number, started = self._workers.pop(pid)
            self._tally.leave(number)
            if not self._is_over:
                code = os.waitstatus_to_exitcode(status)
                log.error("a worker ended with status %s; starting another", code)
                self._vacate(number, time.monotonic() - started)

    def _vacate(self, number: int, lived_s: float) -> None:
        """Have another worker in the place of one that lived so long."""
        attempt = 0 if lived_s > _LIVED_S else self._attempts[number]
        self._vacant[number] = time.monotonic() + PAUSES_S[min(attempt, len(PAUSES_S) - 1)]
        self._attempts[number] = attempt + 1

    # The end

    def _end_in_peace(self, _signal: int, _frame: FrameType | None) -> None:
        """Let the requests at work end."""
        self._begin_end(self._order.settings.token_timeout_s)
        self._tell(signal.SIGTERM)

    def _end_at_once(self) -> None:
        """Who started us is gone."""
        self._is_orphan = True
        self._selector.unregister(sys.stdin.fileno())
        self._begin_end(0.0)
        os.close(self._holding)

    def _begin_end(self, grace_s: float) -> None:
        self._is_over = True
        self._force_at = time.monotonic() + grace_s + GRACE_S
        self._listener.close()  # when the workers have closed it too, connections are refused

    def _tell(self, number: signal.Signals) -> None:
        for pid in list(self._workers):
            os.kill(pid, number)

    def _patience_s(self) -> float | None:
        """Seconds until there is something to do that nothing else tells of."""
        due = min([self._force_at, *(() if self._is_over else self._vacant.values())])
        return None if due == math.inf else max(0.0, due - time.monotonic())

    # In a worker

    def _be_worker(self, number: int, report: socket.socket | None) -> NoReturn:
        """In a forked process: serve, and end."""
        status = _FAULT
        try:
            signal.set_wakeup_fd(-1)
            self._selector.close()
            os.close(self._holding)
            for each in (self._woken, self._waking, self._report):
                each.close()
            listener = partial(SharedListener, self._listener, self._tally, number)
            status = _work(self._order, self._owner, listener, self._lifeline, report)
        except BaseException:  # noqa: BLE001  # the edge of a process: nothing may go further
            traceback.print_exc()
        finally:
            os._exit(status)


def _work(
    order: Order,
    owner: Path | None,
    listener: Callable[[], socket.socket],
    lifeline: int,
    report: socket.socket | None,
) -> int:
    """Serve until SIGTERM, which lets requests end, or until `lifeline` closes.

    Tells `report` that it serves, or what is in the way, if anybody wants to know. Gives the exit
    status.
    """
    server: WebServer | None = None

    def stop(grace_s: float) -> None:
        if server is None:
            os._exit(0)  # nobody is served yet
        server.stop(grace_s)

    def stop_with_foreman() -> None:
        os.read(lifeline, 1)
        stop(0.0)

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, lambda *_: stop(order.settings.token_timeout_s))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    threading.Thread(target=stop_with_foreman, name="foreman", daemon=True).start()
    # Here, since the server's command imports what starts this one.
    from etown_kg.cli.serve import keep_audit_log, web_server

    backend: Backend
    try:
        if owner is not None:
            backend = connect(owner, order.limits)
        else:
            from etown_kg.cli.remote_store import remote_backend

            backend = remote_backend(order.settings, order.limits)
        keep_audit_log(order.settings)
        server = web_server(order.settings, backend, order.limits, listener(), shared=order.shared)
    except (EtownError, OSError) as error:
        known = error if isinstance(error, EtownError) else EtownError(told(error))
        _tell(report, wire.pack_error(known), str(known))
        return known.exit_code
    except Exception:  # noqa: BLE001  # it is raised where the report is read
        _tell(report, {"fault": traceback.format_exc()}, traceback.format_exc())
        return _FAULT
    if report is not None:
        wire.send(report, {"ready": os.getpid()})
        report.close()
    server.run()
    backend.close()
    return 0


def _tell(report: socket.socket | None, head: wire.Head, text: str) -> None:
    """Why a worker does not serve: to who waits for it, else to who reads the log."""
    if report is None:
        log.error("a worker cannot serve: %s", text)
    else:
        wire.send(report, head)
