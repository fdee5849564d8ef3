"""Kill a writing process at random moments and see what is left (used by tests and bench)."""

from __future__ import annotations

import random
import subprocess
import sys
import time
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
    for _ in range(kills):
        last = _kill_once(folder, chance.uniform(0, 0.3), tally)
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


def _kill_once(folder: Path, delay_s: float, tally: Tally) -> int | None:
    """Let a writer run, kill it, and return the last version it acknowledged."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.store.writing", str(folder)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(delay_s)
    process.kill()
    lines = [first, *process.stdout.readlines()]
    process.wait()
    process.stdout.close()
    versions = [int(line) for line in lines if line.endswith("\n")]
    tally.kills += 1
    tally.acknowledged += len(versions)
    return versions[-1] if versions else None
