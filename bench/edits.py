"""Editing and explaining a closed graph: `python -m bench.edits WORKLOAD FILE`.

Started by `bench.reason` in a process of its own, like `bench.engines`; prints one line of JSON
with milliseconds. An addition is one article's worth, 200 triples that refer to what is there;
it is withdrawn again. Explanations are of inferred triples taken evenly from the closure.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from bench.generate import WORKLOADS
from etown_kg.reason import materialise, read_ntriples

ADDED = 200
EXPLAINED = 20


def elapsed_ms(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def measure(workload: str, file: Path, repeats: int) -> dict[str, Any]:
    """Lists of milliseconds: `add`, `remove` and `explain`."""
    closure = materialise(read_ntriples(file))
    add: list[float] = []
    remove: list[float] = []
    for repeat in range(repeats):
        lines = WORKLOADS[workload].write_addition(repeat)[:ADDED]
        addition = "".join(lines).encode()
        before = len(closure)
        add.append(elapsed_ms(lambda addition=addition: closure.add(addition)))  # type: ignore[misc]
        assert len(closure) >= before + len(lines)
        remove.append(elapsed_ms(lambda addition=addition: closure.remove(addition)))  # type: ignore[misc]
        assert len(closure) == before
    step = max(1, closure.inferred_count // EXPLAINED)
    chosen = list(islice(closure.inferred(), 0, None, step))[:EXPLAINED]
    explain = [elapsed_ms(lambda triple=triple: closure.explain(triple)) for triple in chosen]  # type: ignore[misc]
    return {"add": add, "remove": remove, "explain": explain}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.edits", description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("file", type=Path, help="N-Triples, written by bench.generate")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args(arguments)
    print(json.dumps(measure(options.workload, options.file, options.repeats)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
