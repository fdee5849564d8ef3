"""Several web processes on one address, around one owner of the graph.

A foreman (`foreman`) loads the web server while the graph is built and forks the workers. What
must hold over all of them is shared: the limits of places are divided, rates are counted in a
table that all map (`web.rate_limit`), metrics in files that whoever is asked adds up
(`web.metrics`), connections are spread by their number (`shared_listener`).
"""

from __future__ import annotations

import logging
import math
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Final

from etown_kg.backend import wire
from etown_kg.backend.limits import Limits
from etown_kg.cli.foreman import GRACE_S, PAUSES_S, Order
from etown_kg.config import Settings
from etown_kg.errors import EtownError

log = logging.getLogger(__name__)

# One more has less to do than it costs in memory: a few answer what a network card brings.
MOST_BY_DEFAULT: Final = 4
# `web.metrics` counts in this folder. prometheus-client reads the variable when it is imported.
METRICS_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
# Its garbage collector sleeps until all is loaded.
_RUN: Final = "import gc; gc.disable(); from etown_kg.cli.foreman import main; main()"
# What the foreman gets beside its workers' time to end, in seconds.
_FORCE_S: Final = 2 * GRACE_S


class CrewError(RuntimeError):
    """Workers that do not come to serve, through a fault of ours; the message is its traceback."""


def number_of_workers(settings: Settings) -> int:
    """How many web processes the settings ask for: 0 is one a processor, four at most."""
    return settings.workers or min(len(os.sched_getaffinity(0)), MOST_BY_DEFAULT)


def shared_out(limits: Limits, workers: int) -> Limits:
    """The limits of one of so many workers: a share of the places, rounded up.

    Where all the places for long work are not to be had by one client, they are not in a share
    either, which may make it larger: 8 places, 4 a client's and 2 for short work are 4, 2 and 1
    in each of two workers, and 3, 1 and 1 in each of four.
    """
    if workers == 1:
        return limits
    reserved = math.ceil(limits.reserved_places / workers)
    client = math.ceil(limits.client_places / workers)
    is_for_many = limits.places - limits.reserved_places > limits.client_places
    least = reserved + 1 + (client if is_for_many else 0)
    return replace(
        limits,
        places=max(math.ceil(limits.places / workers), least),
        reserved_places=reserved,
        client_places=client,
    )


class Crew:
    """The foreman and the workers of one server, from `load` to the end of the ``with`` block.

    Args:
        listener: the socket that listens; it is the crew's from now on.
    """

    def __init__(
        self, settings: Settings, limits: Limits, workers: int, listener: socket.socket
    ) -> None:
        self._settings = settings
        self._limits = shared_out(limits, workers)
        self._workers = workers
        self._listener = listener
        self._owner: Path | None = None
        self._folder = TemporaryDirectory(prefix="etown-kg-")
        self._metrics = Path(self._folder.name) / "metrics"
        self._metrics.mkdir()
        self._foreman: subprocess.Popen[bytes] | None = None
        self._report: socket.socket | None = None
        self._has_begun = False
        self._stopped = threading.Event()

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()
        self._folder.cleanup()

    def load(self) -> None:
        """Have the web server loaded in the foreman, which takes a while; returns at once."""
        self._has_begun = False
        self._report, theirs = socket.socketpair()
        with theirs:
            self._foreman = subprocess.Popen(
                [sys.executable, "-c", _RUN],
                stdin=subprocess.PIPE,
                pass_fds=[self._listener.fileno(), theirs.fileno()],
                start_new_session=True,  # a terminal's Ctrl-C is for us
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),  # noqa: PTH109  # a string is wanted
                    "OPENBLAS_NUM_THREADS": "1",  # who forks must have no threads
                    METRICS_VARIABLE: str(self._metrics),
                },
            )
            self._say(
                Order(
                    self._settings, self._limits, self._workers, Path(self._folder.name),
                    self._listener.fileno(), theirs.fileno(),
                )
            )  # fmt: skip

    def begin(self, owner: Path | None) -> None:
        """Have the workers serve what this owner has (`Supervisor.folder`), or another store."""
        self._owner = owner
        self._has_begun = True
        self._say(owner)

    def wait(self) -> None:
        """Return when the first worker serves, or `stop` was called.

        Raises:
            EtownError: what is in the way of the web server.
            CrewError: it died of a fault.
        """
        assert self._report is not None
        assert self._foreman is not None
        with self._report:
            try:
                frame = wire.receive(self._report)
            except (OSError, wire.BrokenFrameError):
                frame = None
        if frame is not None and "ready" in frame[0]:
            return
        self._end()
        if self._stopped.is_set():
            return
        if frame is not None and "error" in frame[0]:
            raise wire.unpack_error(frame[0])
        if frame is not None and "fault" in frame[0]:
            raise CrewError(frame[0]["fault"])
        raise CrewError(f"it ended with status {self._foreman.returncode} before it served")

    def run(self) -> None:
        """Keep a foreman who keeps the workers; returns when `stop` was called and they ended.

        For the main thread, which hears the signals.
        """
        attempt = 0
        while True:
            assert self._foreman is not None
            _wait(self._foreman)
            if self._stopped.is_set():
                return
            log.error(
                "the workers' foreman ended with status %s; starting another",
                self._foreman.returncode,
            )
            if self._stopped.wait(PAUSES_S[min(attempt, len(PAUSES_S) - 1)]):
                return
            attempt += 1
            try:
                self.load()
                if self._stopped.is_set():  # the one before was told
                    return
                self.begin(self._owner)
                self.wait()
            except (EtownError, CrewError, OSError):
                if not self._stopped.is_set():
                    log.exception("no worker could be started; trying again later")
            else:
                attempt = 0

    def stop(self, grace_s: float = 0.0) -> None:
        """Take no new connections, give the requests at work so many seconds, and end.

        May be called by a signal handler.
        """
        if self._stopped.is_set():
            return
        self._stopped.set()
        assert self._foreman is not None
        self._foreman.send_signal(signal.SIGTERM)
        force = threading.Timer(grace_s + _FORCE_S, self._foreman.kill)
        force.daemon = True
        force.start()
        self._listener.close()  # when the workers have closed it too, connections are refused

    def _say(self, what: object) -> None:
        """Write to the foreman; one that has ended is found out when its report is awaited."""
        assert self._foreman is not None
        assert self._foreman.stdin is not None
        with suppress(BrokenPipeError):
            self._foreman.stdin.write(pickle.dumps(what))
            self._foreman.stdin.flush()

    def _end(self) -> None:
        """End the foreman, if it is there, and with it the workers."""
        if self._report is not None:
            self._report.close()
        if self._foreman is None:
            return
        assert self._foreman.stdin is not None
        if not self._has_begun:
            self._foreman.terminate()  # it is loading, and has no workers
        with suppress(BrokenPipeError):
            self._foreman.stdin.close()
        try:
            self._foreman.wait(_FORCE_S)
        except subprocess.TimeoutExpired:
            self._foreman.kill()
            self._foreman.wait()


def _wait(process: subprocess.Popen[bytes]) -> None:
    """Until it has ended. Signals are heard meanwhile.

    To wait for the process alone is not enough: a signal that comes just before that would be
    heard behind it.
    """
    woken, waking = socket.socketpair()
    with woken, waking:
        waking.setblocking(False)
        before = signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
        handler = signal.signal(signal.SIGCHLD, lambda *_: None)  # to be woken
        try:
            while process.poll() is None:
                woken.recv(4096)
        finally:
            signal.signal(signal.SIGCHLD, handler)
            signal.set_wakeup_fd(before)
