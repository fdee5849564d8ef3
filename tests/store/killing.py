"""Kill a writing process at random moments and see what is left (used by tests and bench)."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from etown_kg.store import Location
from tests.store.writing import contents

ROOT = Path(__file__).parents[2]


@dataclass
class Tally:
    """What many kills came to."""

    kills: int = 0
    acknowledged: int = 0
    unacknowledged_kept: int = 0
    lost: int = 0
    torn: int = 0


def kill_many(folder: Path, kills: int, seed: int) -> Tally:
    """Start, kill and reopen, over and over, on one location."""
    tally = Tally()
    chance = random.Random(seed)
    with forking() as forker:
        for _ in range(kills):
            last = _kill_once(forker, folder, chance.uniform(0, 0.3), tally)
            location = Location.open(folder, reserve_bytes=0)
            try:
                if location.is_empty:
                    tally.lost += last is not None
                    continue
                version = location.state.version
                tally.lost += last is not None and version < last
                tally.unacknowledged_kept += last is not None and version > last
                tally.torn += set(location.quads()) != contents(version)
            finally:
                location.close()
    return tally


@contextmanager
def forking() -> Iterator[subprocess.Popen[str]]:
    """The process that forks writers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.store.writing"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    with process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def _kill_once(
    forker: subprocess.Popen[str], folder: Path, delay_s: float, tally: Tally
) -> int | None:
    """Let a writer run, kill it, and return the last version it acknowledged."""
    assert forker.stdin is not None
    assert forker.stdout is not None
    forker.stdin.write(f"{folder}\n")
    forker.stdin.flush()
    pid: int | None = None
    versions: list[int] = []
    while pid is None or not versions:
        line = forker.stdout.readline()
        if line.startswith("pid "):
            pid = int(line.removeprefix("pid "))
        else:
            versions.append(int(line))
    time.sleep(delay_s)
    os.kill(pid, signal.SIGKILL)
    while (line := forker.stdout.readline()) != "over\n":
        versions.append(int(line))
    tally.kills += 1
    tally.acknowledged += len(versions)
    return versions[-1]
