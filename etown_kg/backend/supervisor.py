"""Starts the owner, starts another when it ends, and swaps it for one with fresh data.

The owner is a new interpreter, not a fork: the process that starts it has threads, and may be
asked to start one again at any time. Each owner has a folder of its own in the supervisor's,
which is nobody else's (mode 0700); the link ``current`` leads to the newest, so that other
processes find it too (`client.connect`).

When an owner ends by itself, whoever asks meanwhile gets an `UnavailableError`; what was
updated and not kept in a location is lost with it. When data are reloaded, the old owner
answers until the new one can.
"""

from __future__ import annotations

import logging
import os
import pickle
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from etown_kg.backend import wire
from etown_kg.backend.limits import Limits
from etown_kg.backend.owner import Order
from etown_kg.errors import EtownError
from etown_kg.scope import Scope

if TYPE_CHECKING:
    from etown_kg.graph import KnowledgeGraph

log = logging.getLogger(__name__)

CURRENT = "current"
# States of one owner: the number of an owner's first state is a multiple.
STATES_PER_OWNER = 1 << 32
# Pauses between attempts to start an owner again, in seconds; the last one is repeated.
_PAUSES_S = (0.1, 0.5, 2.0, 10.0, 30.0)
# How many of them count for one that could serve and then died: the data are not the fault.
_PAUSES_OF_SERVED = 3
# Its garbage collector sleeps until the graph is built (`Owner.run`): nothing of that is garbage,
# and to look through it again and again takes an eighth of the time.
_RUN = "import gc; gc.disable(); from etown_kg.backend.owner import main; main()"
# Time for an owner to end in peace, in seconds; what it has acknowledged is kept anyway.
_GRACE_S = 5.0


class OwnerError(RuntimeError):
    """An owner that could not be started, through a fault of ours."""


class Supervisor:
    """One owner at a time, kept alive until `stop`."""

    def __init__(
        self,
        build: Callable[[], KnowledgeGraph],
        limits: Limits,
        *,
        validate_updates: bool = False,
        scopes: tuple[Scope, ...] = (),
    ) -> None:
        """Take note of what to start; nothing runs before `start`.

        `build` makes the graph in the owner: a function that can be imported there, or a
        `functools.partial` of one. Views of `scopes` are made before an owner serves.
        """
        self._build = build
        self._limits = limits
        self._validates = validate_updates
        self._scopes = scopes
        self.folder = Path(tempfile.mkdtemp(prefix="etown-"))
        self._generation = 0
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = threading.Event()
        self._watch: threading.Thread | None = None
        self._retired: list[tuple[subprocess.Popen[bytes], threading.Timer]] = []

    def start(self, meanwhile: Callable[[], object] | None = None) -> None:
        """Start the owner; returns when it serves. `meanwhile` is called while it builds.

        Raises:
            EtownError: the graph cannot be built; the failure that `build` met.
            OwnerError: the owner died of a fault.
        """
        try:
            self._process = self._spawn(meanwhile)
        except BaseException:
            self.stop()
            raise
        self._watch = threading.Thread(target=self._keep_alive, name="supervisor", daemon=True)
        self._watch.start()

    def reload(self) -> None:
        """Start another owner, which builds its graph anew, and let the old one go.

        No request is dropped: executors of the old owner finish what they have. For graphs
        without a location, which only one process may have open.

        Raises:
            EtownError, OwnerError: the new graph cannot be built; the old one goes on.
        """
        fresh = self._spawn()
        with self._lock:
            old, self._process = self._process, fresh
        if old is not None:
            # Its queries may go on for as long as a query may.
            timer = threading.Timer(self._limits.longest_s, _end, (old,))
            timer.daemon = True
            timer.start()
            self._retired.append((old, timer))

    def stop(self) -> None:
        """End the owner and all it forked, and remove the folder."""
        self._stopped.set()
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            _end(process)
        for old, timer in self._retired:
            timer.cancel()
            _end(old)
        if self._watch is not None:
            self._watch.join()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def owner(self) -> int | None:
        """The process id of the owner, None when there is none at the moment."""
        with self._lock:
            process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def _keep_alive(self) -> None:
        """In a thread: start another owner when one ends that was not told to."""
        attempt = 0
        while not self._stopped.is_set():
            with self._lock:
                process = self._process
            if process is not None:
                try:
                    process.wait(timeout=1.0)
                except subprocess.TimeoutExpired:
                    attempt = 0
                    continue
                if self._stopped.is_set() or self._process is not process:
                    continue
                _close_pipes(process)
                log.error("the owner ended with status %s; starting another", process.returncode)
            if self._stopped.wait(_PAUSES_S[min(attempt, len(_PAUSES_S) - 1)]):
                return
            attempt += 1
            try:
                fresh = self._spawn()
            except (EtownError, OwnerError, OSError):
                log.exception("no owner could be started; trying again later")
                with self._lock:
                    self._process = None
                continue
            with self._lock:
                if not self._stopped.is_set():
                    self._process = fresh
                    attempt = min(attempt, _PAUSES_OF_SERVED - 1)
                    continue
            _end(fresh)

    def _spawn(self, meanwhile: Callable[[], object] | None = None) -> subprocess.Popen[bytes]:
        """Start an owner, wait until it serves, and lead ``current`` to it."""
        with self._lock:
            self._generation += 1
            generation = self._generation
        folder = self.folder / str(generation)
        folder.mkdir(mode=0o700)
        state = generation * STATES_PER_OWNER
        order = Order(self._build, self._limits, folder, state, self._validates, self._scopes)
        ours, theirs = socket.socketpair()
        with ours, theirs:
            process = subprocess.Popen(
                [sys.executable, "-c", _RUN],
                stdin=subprocess.PIPE,
                stdout=theirs.fileno(),
                # A terminal's Ctrl-C is for us; we end the owner when its requests are done.
                start_new_session=True,
                env=_environment(),
            )
            theirs.close()
            assert process.stdin is not None
            with suppress(BrokenPipeError):  # it died at once: nothing is received below
                process.stdin.write(pickle.dumps(order))
                process.stdin.flush()
            try:
                if meanwhile is not None:
                    meanwhile()
                frame = _first_frame(ours)
            except BaseException:
                _end(process)
                raise
        if frame is None or "ready" not in frame[0]:
            _end(process)
            raise _failure(frame, process.returncode)
        link = self.folder / f"{CURRENT}.{generation}"
        link.symlink_to(str(generation))
        link.replace(self.folder / CURRENT)
        return process


def _first_frame(connection: socket.socket) -> tuple[wire.Head, bytes] | None:
    try:
        return wire.receive(connection)
    except (OSError, wire.BrokenFrameError):
        return None


def _failure(frame: tuple[wire.Head, bytes] | None, status: int) -> Exception:
    """Why an owner did not come to serve."""
    if frame is not None and "error" in frame[0]:
        return wire.unpack_error(frame[0])
    if frame is not None and "fault" in frame[0]:
        return OwnerError(frame[0]["fault"])
    return OwnerError(f"the owner ended with status {status} before it served")


def _environment() -> dict[str, str]:
    """Ours, so that the owner imports what we import; no threads, and memory in huge pages.

    A process that forks must not have threads, and numerical libraries like to make some. A fork
    copies the page table: with pages of 2 MiB that takes 2 to 7 ms for a million triples, where
    it took 33 to 64 ms with pages of 4 KiB (glibc 2.35 or newer; others ignore the wish). A small
    query allocates some thousand pieces of memory and frees them again; with room for 200 of each
    size within reach of its thread, where there are 7, it takes a fifth less time.
    """
    paths = [path or os.getcwd() for path in sys.path]  # noqa: PTH109  # a string is wanted
    tunables = [
        os.environ.get("GLIBC_TUNABLES"),
        "glibc.malloc.hugetlb=1",
        "glibc.malloc.tcache_count=200",
    ]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "GLIBC_TUNABLES": ":".join(filter(None, tunables)),
    }


def _end(process: subprocess.Popen[bytes]) -> None:
    """End an owner: in peace by closing its lifeline, by force if that takes long."""
    _close_pipes(process)
    try:
        process.wait(timeout=_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _close_pipes(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        try:
            process.stdin.close()
        except BrokenPipeError:
            log.debug("the owner had ended before its order was read")
