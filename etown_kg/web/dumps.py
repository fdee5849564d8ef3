"""Dump files, made when they are first asked for and kept while the data stay as they are.

A file is of one state of the data, as far as who asks may read them: each state has a folder.
Making one is the backend's work, in a thread of ours that waits; a request waits a moment with it,
and is told to come back if that does not do. What was made for former states is let go after a
while, since somebody may be about to fetch the rest of it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import cast

from flask import Flask, current_app, g

from etown_kg.backend import DumpRequest
from etown_kg.errors import ConflictError
from etown_kg.export.distributions import Distribution, distributions
from etown_kg.export.dump_folder import SUMS, DumpFile, find_dump, find_refusal, write_sums
from etown_kg.scope import Scope
from etown_kg.web.protocol import RequestError
from etown_kg.web.scoped import ScopedBackend

# How long a request waits for a file, and how many requests may wait at a time: the others are
# told at once to come back, so that threads are left for other work.
WAIT_S = 3.0
MOST_WAITING = 4
# States whose files are kept; those of some more are kept for a while after they were last wanted.
MOST_KEPT = 4
MOST_LINGERING = 8
KEPT_S = 600.0
# How long a failure is told to who comes back for the file; then it is tried again.
TOLD_S = 60.0
# The data may change while a file is being made; then it is made of the new state.
_MOST_TRIES = 3
_LONGEST_RETRY_S = 60


@dataclass
class _Job:
    """The making of some files; `error` is there when it failed."""

    version: str
    started: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    done: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None

    def is_of_use(self) -> bool:
        """Whether it is being made, or failed so lately that who waits should hear of it."""
        return not self.done.is_set() or time.monotonic() - self.ended < TOLD_S


class DumpStore:
    """The files of a backend's data. Safe for many threads."""

    def __init__(self, backend: ScopedBackend, folder: Path | None = None) -> None:
        """Files go to `folder`, which several processes may share, else to a temporary one."""
        self._backend = backend
        self._root = folder
        self._lock = threading.Lock()
        self._jobs: dict[tuple[str, tuple[str, ...]], _Job] = {}
        self._at_work = threading.Lock()
        self._waiting = threading.Semaphore(MOST_WAITING)

    def made(self, distribution: Distribution) -> DumpFile | None:
        """The file of the present state, if it was made."""
        root = self._root
        if root is None:
            return None
        return find_dump(root / _folder_name(self._backend.status().version), distribution.name)

    def refusal(self, distribution: Distribution) -> str | None:
        """Why there is no such file of the present state; None if nothing says so."""
        root = self._root
        if root is None:
            return None
        return find_refusal(root / _folder_name(self._backend.status().version), distribution.name)

    def get(self, wanted: Sequence[Distribution]) -> tuple[str, Path]:
        """Have files made; the state that they are of, and the folder that they are in.

        A file that cannot be made is not there then (`refusal`).

        Raises:
            RequestError: 503 they are being made; Retry-After says when to ask again.
            DiskFullError, StorageError, LimitError, UnavailableError: they could not be made.
        """
        for _ in range(_MOST_TRIES):
            version = self._backend.status().version
            folder = self._folder(version)
            if all(_is_settled(folder, each) for each in wanted):
                return version, folder
            try:
                self._await(version, folder, wanted)
            except ConflictError:
                continue
            return version, folder
        raise _come_back(1, "the data change faster than their files are made")

    def sums(self, folder: Path) -> None:
        """Write the checksums of all files, once."""
        if not (folder / SUMS).exists():
            write_sums(folder, [each.name for each in distributions()])

    def _await(self, version: str, folder: Path, wanted: Sequence[Distribution]) -> None:
        missing = tuple(each.name for each in wanted if not _is_settled(folder, each))
        key = (version, missing)
        with self._lock:
            job = self._jobs.get(key)
            if job is None or not job.is_of_use():
                self._jobs = {at: each for at, each in self._jobs.items() if each.is_of_use()}
                job = self._jobs[key] = _Job(version)
                request = DumpRequest(str(folder), missing, version)
                app = cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
                make = partial(self._make, app, self._backend.scope, request, job)
                threading.Thread(target=make, name="dumps", daemon=True).start()
        if self._waiting.acquire(blocking=False):
            try:
                job.done.wait(WAIT_S)
            finally:
                self._waiting.release()
        if not job.done.is_set():
            spent = int(time.monotonic() - job.started)
            raise _come_back(max(2, min(spent, _LONGEST_RETRY_S)), "the file is being made")
        with self._lock:
            if self._jobs.get(key) is job:
                del self._jobs[key]
        if job.error is not None:
            raise job.error

    def _make(self, app: Flask, scope: Scope, request: DumpRequest, job: _Job) -> None:
        """In a thread: one at a time of this process, since each takes a processor."""
        try:
            with self._at_work, app.app_context():
                g.scope = scope
                self._backend.dump(request)
                self._let_go()
        except Exception as error:  # noqa: BLE001  # it is raised where the job is awaited
            job.error = error
        finally:
            job.ended = time.monotonic()
            job.done.set()

    def _folder(self, version: str) -> Path:
        """The folder of a state; that it was wanted is noted in its time."""
        with self._lock:
            if self._root is None:
                self._root = Path(tempfile.mkdtemp(prefix="etown-dumps-"))
                weakref.finalize(self, shutil.rmtree, self._root, ignore_errors=True)
        folder = self._root / _folder_name(version)
        folder.mkdir(exist_ok=True, parents=True)
        os.utime(folder)
        return folder

    def _let_go(self) -> None:
        """Remove the files of states that nobody has wanted for a while."""
        assert self._root is not None  # a file was made
        folders = [(each.stat().st_mtime, each) for each in self._root.iterdir()]
        for place, (wanted, folder) in enumerate(sorted(folders, reverse=True)):
            lingers = place < MOST_KEPT + MOST_LINGERING and time.time() - wanted <= KEPT_S
            if place >= MOST_KEPT and not lingers:
                shutil.rmtree(folder, ignore_errors=True)


def _folder_name(version: str) -> str:
    return hashlib.sha256(version.encode()).hexdigest()[:24]


def _is_settled(folder: Path, distribution: Distribution) -> bool:
    """Whether there is nothing left to do for a file: it is made, or known to be impossible."""
    name = distribution.name
    return find_dump(folder, name) is not None or find_refusal(folder, name) is not None


def _come_back(seconds: int, problem: str) -> RequestError:
    return RequestError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        problem,
        hint=f"ask again in {seconds} seconds",
        headers={"Retry-After": str(seconds)},
    )
