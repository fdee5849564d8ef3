"""Make benchmark input: `python -m bench.generate university --triples 1000000 -o FILE`.

The output is N-Triples with exactly the asked number of triples, without repetition: first the
workload's ontology, then facts. It depends on workload, size and seed alone: the same three
give the same bytes on every machine.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from rdflib import Graph
from rdflib.compare import to_canonical_graph

from bench import university, zone


class Workload(NamedTuple):
    """An ontology, an endless supply of facts for it, and an article's worth beyond them."""

    ontology: Path  # Turtle
    write_facts: Callable[[int, int], Iterator[list[str]]]  # (triples, seed) -> N-Triples lines
    write_addition: Callable[[int], list[str]]  # (number of the addition) -> N-Triples lines


WORKLOADS = {
    "university": Workload(university.ONTOLOGY, university.write_facts, university.write_addition),
    "zone": Workload(zone.ONTOLOGY, zone.write_facts, zone.write_addition),
}


def read_ontology(path: Path) -> list[str]:
    """The Turtle file's triples as sorted N-Triples lines, blank nodes named by their place."""
    canonical = to_canonical_graph(Graph().parse(path, format="turtle"))
    return sorted(line + "\n" for line in canonical.serialize(format="nt").splitlines() if line)


def generate(workload: str, triples: int, seed: int, sink: IO[str]) -> int:
    """Write `triples` triples of `workload` to `sink`; returns how many facts are among them.

    Raises:
        ValueError: `triples` is less than the ontology has.
    """
    ontology, write_facts, *_ = WORKLOADS[workload]
    lines = read_ontology(ontology)
    left = triples - len(lines)
    if left < 0:
        raise ValueError(f"--triples {triples}: the ontology alone has {len(lines)}")
    sink.writelines(lines)
    facts = left
    for chunk in write_facts(triples, seed):
        sink.write("".join(chunk[:left]))
        left -= len(chunk)
        if left <= 0:
            break
    return facts


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.generate", description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("--triples", type=int, default=100_000, help="how many to write (exact)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "-o", "--output", type=Path, help="N-Triples file; default: standard output"
    )
    options = parser.parse_args(arguments)
    try:
        if options.output is None:
            generate(options.workload, options.triples, options.seed, sys.stdout)
        else:
            with options.output.open("w", encoding="utf-8", newline="\n") as sink:
                generate(options.workload, options.triples, options.seed, sink)
    except ValueError as error:
        parser.error(str(error))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
