"""A process that changes a location for ever, in a way that anybody can work out.

``python -m tests.store.writing DIR`` goes on from the version that it finds and prints a line for
each change that was acknowledged; without DIR it forks such processes (`fork_writers`). What
version *n* holds follows from *n* alone (`contents`), so that whoever killed the process can tell
what must be there.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from etown_kg.graph import KnowledgeGraph
from etown_kg.store import Delta, Location
from etown_kg.vocab import XSD

GRAPHS = tuple(NamedNode(f"http://z/graph/{name}") for name in "abc")
_FORMS = ("1", "01", "1.50", "1.5", "x")


def contents(version: int) -> set[Quad]:
    """The quads of a version."""
    *_, last = states(version)
    return last


def states(version: int) -> Iterator[set[Quad]]:
    """The quads of every version up to one, from the seed on."""
    quads = set(seed())
    yield set(quads)
    for number in range(1, version + 1):
        delta = step(number, quads)
        quads = (quads - delta.deleted) | delta.inserted
        yield set(quads)


def seed() -> list[Quad]:
    """What an empty location is filled with."""
    return [_quad(random.Random(0), number) for number in range(50)]


def step(version: int, quads: set[Quad]) -> Delta:
    """The change that makes a version out of the one before: one of five kinds."""
    chance = random.Random(version)
    ordered = sorted(quads, key=str)
    kind = version % 5
    if kind == 0 and len(ordered) > 200:  # much goes at once
        return Delta(deleted=frozenset(ordered[:-100]))
    if kind == 1 and version % 3 == 0:  # much comes at once
        return _inserting(quads, [_quad(chance, version * 10_000 + n) for n in range(1_000)])
    if kind == 2 and ordered:  # another spelling, or another value
        old = chance.choice(ordered)
        new = Quad(old.subject, old.predicate, _literal(chance), old.graph_name)
        if new not in quads:
            return Delta(frozenset({old}), frozenset({new}))
    if kind == 3 and ordered:
        return Delta(deleted=frozenset(chance.sample(ordered, min(3, len(ordered)))))
    return _inserting(quads, [_quad(chance, version * 10_000 + n) for n in range(3)])


def run(location: Location, count: int | None = None) -> Iterator[int]:
    """Make changes, yielding each version when it is acknowledged."""
    graph = KnowledgeGraph(seed() if location.is_empty else location.quads(), base="http://z/")
    graph.keep_in(location)
    quads = set(graph.asserted)
    made = 0
    while count is None or made < count:
        delta = step(graph.version + 1, quads)
        change = graph.apply(delta)
        quads = (quads - delta.deleted) | delta.inserted
        made += 1
        yield change.version


def _inserting(quads: set[Quad], fresh: list[Quad]) -> Delta:
    return Delta(inserted=frozenset(fresh) - quads)


def _quad(chance: random.Random, number: int) -> Quad:
    subject = NamedNode(f"http://z/{number}") if number % 7 else BlankNode(f"b{number}")
    return Quad(subject, NamedNode("http://z/p"), _literal(chance), chance.choice(GRAPHS))


def _literal(chance: random.Random) -> Literal:
    form = chance.choice(_FORMS)
    if form == "x":
        return Literal(f'"x"\n{chance.random()}', language="en")
    return Literal(form, datatype=NamedNode(XSD + ("decimal" if "." in form else "integer")))


def write(folder: str) -> None:
    """Make changes for ever, and print the version of each."""
    for acknowledged in run(Location.open(Path(folder), reserve_bytes=0)):
        # In one piece: a print may be killed before its line's end.
        os.write(sys.stdout.fileno(), b"%d\n" % acknowledged)


def fork_writers() -> None:
    """Let a writer of its own process work on each folder that standard input names, a line each.

    Prints ``pid N`` for its process, a line for each version that it acknowledged, and ``over``
    when it has ended. Forking takes milliseconds where a fresh interpreter takes a second.
    """
    while folder := sys.stdin.readline().strip():
        pid = os.fork()
        if pid == 0:
            write(folder)
        print("pid", pid, flush=True)
        os.waitpid(pid, 0)
        print("over", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        write(sys.argv[1])
    fork_writers()
