"""An axiom with a very long list: `python -m bench.lists AXIOM`.

Started by `bench.reason` in a process of its own; prints one line of JSON with the milliseconds
that `materialise` takes on the numbered triples. Something concludes from every member: the
list's members are individuals, classes with a common instance, or pairwise different.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from etown_kg.reason import materialise, read_ntriples
from etown_kg.vocab import OWL, RDF

MEMBERS = 1_000_000
REPEATS = 3
TYPE = f"<{RDF}type>"


def _nothing(members: int) -> Iterator[str]:
    yield from ()


def _instances(members: int) -> Iterator[str]:
    yield from (f"<x:i> {TYPE} <x:m{number}> .\n" for number in range(members))


# The property that has the list for its value, and the facts beside it.
AXIOMS: dict[str, Callable[[int], Iterator[str]]] = {
    "oneOf": _nothing,
    "unionOf": _instances,
    "intersectionOf": _instances,
    "members": _nothing,
}


def write(axiom: str, members: int) -> Iterator[str]:
    """N-Triples of one axiom about a list of so many members, and what it concludes from."""
    yield f"<x:axiom> <{OWL}{axiom}> _:c0 .\n"
    if axiom == "members":
        yield f"<x:axiom> {TYPE} <{OWL}AllDifferent> .\n"
    for number in range(members):
        rest = f"_:c{number + 1}" if number + 1 < members else f"<{RDF}nil>"
        yield f"_:c{number} <{RDF}first> <x:m{number}> .\n_:c{number} <{RDF}rest> {rest} .\n"
    yield from AXIOMS[axiom](members)


def measure(axiom: str, members: int = MEMBERS, repeats: int = REPEATS) -> dict[str, Any]:
    """Lists of milliseconds: `close`; and how many triples were asserted and inferred."""
    columns = read_ntriples("".join(write(axiom, members)).encode())
    close = []
    for _ in range(repeats):
        start = time.perf_counter()
        closure = materialise(columns)
        close.append((time.perf_counter() - start) * 1000)
    return {
        "asserted": closure.asserted_count, "inferred": closure.inferred_count, "close": close,
    }  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.lists", description=__doc__)
    parser.add_argument("axiom", choices=sorted(AXIOMS))
    parser.add_argument("--members", type=int, default=MEMBERS)
    options = parser.parse_args(arguments)
    print(json.dumps(measure(options.axiom, options.members)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
