"""Statements in one order, more of them than memory holds.

Sorted runs go to temporary files as lines of N-Quads, and a merge reads them back
(https://www.w3.org/TR/n-quads/): memory is that of one run, whatever the size of the graph. Only
the statements with blank nodes are in memory all at once, since their names are made from all of
them together (`blank_nodes`).
"""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from pyoxigraph import DefaultGraph, Quad, RdfFormat, Triple, parse

from etown_kg.blank_nodes import has_blank_node, named

# Lines that are sorted in memory, some 60 MB of them.
RUN_LINES = 200_000
# Lines that are parsed at a time.
_BATCH = 4096
# A tab is in no graph's name, and sorts before all that is.
_TAB = b"\t"


class SortedLines:
    """Lines in the order of their bytes, each once; what does not fit in memory is in files.

    Use it as a context manager: the files end with the block.
    """

    def __init__(self, folder: Path | None = None, run_lines: int = RUN_LINES) -> None:
        """The files go to `folder`, or where the system has its temporary ones."""
        self._folder = folder
        self._run_lines = run_lines
        self._pending: set[bytes] = set()
        self._runs: list[BinaryIO] = []

    def __enter__(self) -> SortedLines:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for run in self._runs:
            run.close()

    def add(self, line: bytes) -> None:
        """Take a line, which ends with a line feed and has no other.

        Raises:
            OSError: the disk is full.
        """
        self._pending.add(line)
        if len(self._pending) >= self._run_lines:
            self._spill()

    def _spill(self) -> None:
        run = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115  # closed by __exit__
        self._runs.append(run)
        run.writelines(sorted(self._pending))
        run.flush()
        self._pending = set()

    def __iter__(self) -> Iterator[bytes]:
        """All lines from the start; one reader at a time."""
        if not self._runs:
            yield from sorted(self._pending)
            return
        if self._pending:
            self._spill()
        for run in self._runs:
            run.seek(0)
        last = b""
        for line in heapq.merge(*self._runs):
            if line != last:
                yield line
            last = line


class SortedQuads:
    """Quads in the order of graph, subject, predicate and object, each once.

    Their blank nodes have canonical names. Without graphs (`is_union`) they are triples, in the
    default graph. A context manager, as `SortedLines`.
    """

    def __init__(
        self,
        statements: Iterable[Quad | Triple],
        *,
        is_union: bool = False,
        folder: Path | None = None,
        run_lines: int = RUN_LINES,
    ) -> None:
        """Read all statements, each once."""
        self._lines = SortedLines(folder, run_lines)
        unnamed: list[Quad] = []
        for statement in statements:
            if is_union or isinstance(statement, Triple):
                s, p, o = statement.subject, statement.predicate, statement.object
                quad = Quad(s, p, o)
            else:
                quad = statement
            if has_blank_node(quad):
                unnamed.append(quad)
            else:
                self._lines.add(_line(quad))
        for quad in named(unnamed):
            self._lines.add(_line(quad))

    def __enter__(self) -> SortedQuads:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lines.__exit__(kind, error, trace)

    def __iter__(self) -> Iterator[Quad]:
        batch: list[bytes] = []
        for line in self._lines:
            graph, _, triple = line.partition(_TAB)
            batch.append(triple[:-1] + b" " + graph + b" .\n" if graph else triple[:-1] + b" .\n")
            if len(batch) == _BATCH:
                yield from _parsed(batch)
                batch = []
        yield from _parsed(batch)


def _line(quad: Quad) -> bytes:
    name = quad.graph_name
    graph = "" if isinstance(name, DefaultGraph) else str(name)
    return f"{graph}\t{quad.triple}\n".encode()


def _parsed(lines: list[bytes]) -> Iterator[Quad]:
    # They were terms already: what a lenient parser lets through came from one.
    return parse(b"".join(lines), RdfFormat.N_QUADS, lenient=True)
