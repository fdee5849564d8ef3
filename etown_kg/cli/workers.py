"""Several web processes on one address, around one owner of the graph.

Each worker is a fresh interpreter that has the listening socket from its parent and its backend
by `connect`. What must hold over all of them is shared: the limits of places are divided, rates
are counted in a table that all map (`web.rate_limit`), metrics in files that whoever is asked
adds up (`web.metrics`). A worker ends when it is told to, or when its parent is gone.
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
import time
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Final

from etown_kg.backend import Backend
from etown_kg.backend.client import connect
from etown_kg.backend.limits import Limits
from etown_kg.config import Settings
from etown_kg.web.metrics import FOLDER_VARIABLE

log = logging.getLogger(__name__)

_RUN: Final = "from etown_kg.cli.workers import main; main()"
# Pauses before a worker that ended is replaced, in seconds; the last one is repeated.
_PAUSES_S: Final = (0.0, 0.1, 1.0, 10.0)
# A worker that lived so long, in seconds, is replaced without a pause.
_LIVED_S: Final = 10.0
# What a worker gets beside its requests' time to end, in seconds.
_GRACE_S: Final = 5.0
_LOOK_S: Final = 0.5


@dataclass(frozen=True)
class Order:
    """What a worker is started with, pickled on its standard input."""

    settings: Settings
    limits: Limits
    folder: Path
    listener: int


def shared_out(limits: Limits, workers: int) -> Limits:
    """The limits of one of so many workers: a share of the places, rounded up."""
    if workers == 1:
        return limits
    places = max(math.ceil(limits.places / workers), limits.reserved_places + 1)
    client_places = math.ceil(limits.client_places / workers)
    return replace(limits, places=places, client_places=client_places)


class Crew:
    """The workers of one server, kept at their number until `stop`."""

    def __init__(
        self, settings: Settings, limits: Limits, folder: Path, listener: socket.socket
    ) -> None:
        self._order = Order(
            settings, shared_out(limits, settings.workers), folder, listener.fileno()
        )
        self._stopped = threading.Event()
        self._force_at = math.inf
        self._lock = threading.Lock()
        self._workers: list[subprocess.Popen[bytes]] = []
        self._metrics = folder / "metrics"
        self._metrics.mkdir(exist_ok=True)

    def run(self) -> None:
        """Start the workers, replace those that end, and return when they have all ended."""
        keepers = [
            threading.Thread(target=self._keep, name=f"worker {number}")
            for number in range(self._order.settings.workers)
        ]
        for keeper in keepers:
            keeper.start()
        for keeper in keepers:
            keeper.join()

    def stop(self, grace_s: float = 0.0) -> None:
        """Give the workers so many seconds to answer what they are at, then end them.

        May be called by a signal handler.
        """
        self._force_at = time.monotonic() + grace_s + _GRACE_S
        self._stopped.set()
        for worker in list(self._workers):
            worker.send_signal(signal.SIGTERM)

    def pids(self) -> list[int]:
        """The process ids of the workers."""
        return [worker.pid for worker in list(self._workers)]

    def _keep(self) -> None:
        """In a thread: have one worker at all times."""
        attempt = 0
        while not self._stopped.wait(_PAUSES_S[min(attempt, len(_PAUSES_S) - 1)]):
            started = time.monotonic()
            worker = self._start()
            self._wait(worker)
            attempt = 0 if time.monotonic() - started > _LIVED_S else attempt + 1
            if not self._stopped.is_set():
                log.error("a worker ended with status %s; starting another", worker.returncode)

    def _start(self) -> subprocess.Popen[bytes]:
        worker = subprocess.Popen(
            [sys.executable, "-c", _RUN],
            stdin=subprocess.PIPE,
            pass_fds=[self._order.listener],
            start_new_session=True,  # a terminal's Ctrl-C is for us
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),  # noqa: PTH109  # a string is wanted
                FOLDER_VARIABLE: str(self._metrics),
            },
        )
        assert worker.stdin is not None
        try:
            worker.stdin.write(pickle.dumps(self._order))
            worker.stdin.flush()
        except BrokenPipeError:
            log.exception("a worker ended before it read its order")
        with self._lock:
            self._workers.append(worker)
        if self._stopped.is_set():  # it was told to the others only
            worker.send_signal(signal.SIGTERM)
        return worker

    def _wait(self, worker: subprocess.Popen[bytes]) -> None:
        """Until it has ended; by force if it does not when it was told to."""
        while worker.poll() is None:
            try:
                worker.wait(_LOOK_S)
            except subprocess.TimeoutExpired:
                if self._stopped.is_set() and time.monotonic() > self._force_at:
                    worker.kill()
        with self._lock:
            self._workers.remove(worker)
        if worker.stdin is not None:
            worker.stdin.close()


def main() -> None:
    """Be the worker that the order on standard input asks for."""
    # Here, since the server's command imports this module.
    from etown_kg.cli.serve import keep_audit_log, web_server

    order: Order = pickle.load(sys.stdin.buffer)  # from who started us
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    listener = socket.socket(fileno=order.listener)
    backend: Backend
    if order.settings.backend is None:
        backend = connect(order.folder, order.limits)
    else:
        from etown_kg.cli.remote_store import remote_backend

        backend = remote_backend(order.settings, order.limits)
    keep_audit_log(order.settings)
    server = web_server(order.settings, backend, order.limits, listener, shared=order.folder)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.stop(order.settings.token_timeout_s)

    def stop_with_parent() -> None:
        while os.read(0, 4096):  # nothing more comes but the end
            pass
        server.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=stop_with_parent, name="parent", daemon=True).start()
    server.run()
    backend.close()
