"""One reasoner on one file, measured from inside: `python -m bench.engines NAME FILE [OPTIONS]`.

`bench.reason` starts this module in a process of its own for every measurement and reads one
line of JSON from it. The clock starts after imports, before the file is opened, and stops when
the closure is in memory; peak memory is read before anything is counted or compared.

What engines may differ in is left out of the comparison of closures, see `is_compared`.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from rdflib import BNode, Literal, URIRef
from rdflib.term import Node

NEMO_RULES = Path(__file__).with_name("owl2rl.rls")
_STANDARD = re.compile(
    r"<http://www\.w3\.org/(1999/02/22-rdf-syntax-ns|2000/01/rdf-schema|2002/07/owl)#"
)
_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"

# Subject, predicate, object in N-Triples syntax.
Spelled = tuple[str, str, str]


class Run(NamedTuple):
    """A closure in memory: its length and a way to spell it out; `engine` is kept alive."""

    length: Callable[[], int]
    spell: Callable[[], Iterable[Spelled]]
    engine: object


def spell_term(term: Node) -> str:
    if isinstance(term, URIRef):
        return f"<{term}>"
    return f"_:{term}" if isinstance(term, BNode) else f'"{term}"'


def spell_triples(triples: Iterable[tuple[Node, Node, Node]]) -> Iterable[Spelled]:
    for s, p, o in triples:
        if not isinstance(s, Literal):
            yield spell_term(s), spell_term(p), spell_term(o)


def spell_nemo(row: Sequence[object]) -> Spelled:
    """Nemo gives IRIs and strings in N-Triples syntax, other literals as values."""
    s, p, o = (term if isinstance(term, str) else '"a value"' for term in row)
    return s, p, o


# The imports of an engine are part of its start, not of its reasoning: each function below
# imports first and returns what is to be timed.


def prepare_engine(path: Path) -> Callable[[], Run]:
    from etown_kg.reason import materialise, read_ntriples

    def run() -> Run:
        closure = materialise(read_ntriples(path))
        return Run(lambda: len(closure), lambda: spell_triples(closure.graph()), closure)

    return run


def prepare_owlrl(path: Path) -> Callable[[], Run]:
    import owlrl
    from rdflib import Graph

    def run() -> Run:
        graph = Graph().parse(path, format="nt")
        owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
        return Run(lambda: len(graph), lambda: spell_triples(graph), graph)

    return run


def prepare_reasonable(path: Path) -> Callable[[], Run]:
    import reasonable

    # It chooses the parser by the file's name and knows no `.nt`; N-Triples is Turtle.
    folder = tempfile.mkdtemp()
    turtle = Path(folder) / "input.ttl"
    turtle.symlink_to(path.resolve())

    def run() -> Run:
        reasoner = reasonable.PyReasoner()
        reasoner.load_file(str(turtle))
        triples = reasoner.reason()
        shutil.rmtree(folder)
        return Run(lambda: len(triples), lambda: spell_triples(triples), reasoner)

    return run


def prepare_nemo(path: Path) -> Callable[[], Run]:
    import nmo_python

    program = NEMO_RULES.read_text(encoding="utf-8").replace("INPUT", str(path.resolve()))

    def run() -> Run:
        engine = nmo_python.NemoEngine(nmo_python.load_string(program))
        engine.reason()
        return Run(
            lambda: sum(1 for _ in engine.result("t")),
            lambda: (spell_nemo(row) for row in engine.result("t")),
            engine,
        )

    return run


class Engine(NamedTuple):
    prepare: Callable[[Path], Callable[[], Run]]
    package: str
    note: str


ENGINES = {
    "etown-kg": Engine(prepare_engine, "numpy", "this project, lean profile"),
    "nemo": Engine(prepare_nemo, "nemo-python", "datalog, rules of bench/owl2rl.rls"),
    "reasonable": Engine(
        prepare_reasonable, "reasonable", "Rust; ends with a list of rdflib terms"
    ),
    "owlrl": Engine(prepare_owlrl, "owlrl", "Python; with literal subjects and reflexive sameAs"),
}


def is_compared(triple: Spelled) -> bool:
    """Whether all engines should agree on the triple: facts in the ontology's own words.

    Left out are the standard vocabulary (scm-* rules and axiomatic triples differ by profile),
    classes without a name (engines name blank nodes as they like), and literals (engines spell
    values as they like).
    """
    s, p, o = triple
    if not (s.startswith("<") and p.startswith("<") and o.startswith("<")):
        return False
    if p == _TYPE:
        return not (_STANDARD.match(o) or _STANDARD.match(s))
    return not _STANDARD.match(p)


class Fingerprint(NamedTuple):
    """The number of compared triples, and the sum of their hashes, modulo 2 to the 64."""

    triples: int
    digest: int


def fingerprint(triples: Iterable[Spelled], sink: Path | None) -> Fingerprint:
    """Order does not matter; repetitions must not occur. `sink` gets the lines, unsorted."""
    count = digest = 0
    lines: list[str] = []
    for triple in triples:
        if is_compared(triple):
            line = " ".join(triple)
            count += 1
            digest += int.from_bytes(blake2b(line.encode(), digest_size=8).digest(), "big")
            if sink is not None:
                lines.append(line)
    if sink is not None:
        sink.write_text("\n".join(lines), encoding="utf-8")
    return Fingerprint(count, digest % 2**64)


def peak_memory_mb() -> float:
    """Of this process since it started (Linux: VmHWM, which an exec resets), in 10^6 bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="utf-8"))
        if found:
            return int(found[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def measure(name: str, path: Path, *, compare: bool, sink: Path | None) -> dict[str, Any]:
    run = ENGINES[name].prepare(path)
    start = time.perf_counter()
    closure = run()
    seconds = time.perf_counter() - start
    result: dict[str, Any] = {
        "engine": name,
        "version": version(ENGINES[name].package),
        "seconds": seconds,
        "peak_mb": peak_memory_mb(),
    }
    if compare:
        result["triples"] = closure.length()
        result["fingerprint"] = list(fingerprint(closure.spell(), sink))
    return result


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.engines", description=__doc__)
    parser.add_argument("engine", choices=list(ENGINES))
    parser.add_argument("file", type=Path, help="N-Triples")
    parser.add_argument("--compare", action="store_true", help="count and fingerprint the closure")
    parser.add_argument("--sink", type=Path, help="with --compare: write the compared triples here")
    options = parser.parse_args(arguments)
    result = measure(options.engine, options.file, compare=options.compare, sink=options.sink)
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
