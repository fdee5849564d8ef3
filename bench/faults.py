"""Kill a writing process over and over: `python -m bench.faults --kills 200 -o FILE`.

Writes what was tried and what was lost as a table; ends with 1 if anything was. The writer makes
five kinds of change (`tests/store/writing.py`) on one location, is killed with SIGKILL after a
random while, and each time the location is opened, read whole and compared with what its version
must hold.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.store.killing import kill_many


def main() -> int:
    """Run the kills that the command line asks for; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, help="append the table to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tally = kill_many(Path(folder) / "location", options.kills, options.seed)
    table = (
        "| what | number |\n|---|---|\n"
        f"| kills (SIGKILL at a random moment) | {tally.kills} |\n"
        f"| acknowledged changes | {tally.acknowledged} |\n"
        f"| acknowledged changes lost | {tally.lost} |\n"
        f"| states that were no version's | {tally.torn} |\n"
        f"| changes kept that nobody had been told of | {tally.unacknowledged_kept} |\n"
    )
    print(table, end="")
    if options.output:
        with options.output.open("a", encoding="utf-8") as stream:
            stream.write(table)
    return 1 if tally.lost or tally.torn else 0


if __name__ == "__main__":
    sys.exit(main())
