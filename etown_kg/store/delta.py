"""A change of the asserted quads, as a value: what goes, what comes, which graphs are made.

A delta is exact: `deleted` are quads as they were written (not as a store spells them), and a
delta with its two sides swapped undoes it. It travels between processes and into the journal as
lines of N-Quads (https://www.w3.org/TR/n-quads/), each behind a sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, RdfFormat, parse, serialize

from etown_kg.errors import SourceError

GraphName = NamedNode | BlankNode | DefaultGraph
UNNAMED = DefaultGraph()

_Value = TypeVar("_Value")

_SIGNS = ("-", "+", "<", ">")


@dataclass(frozen=True)
class Delta:
    """Quads that are deleted and inserted, graphs that are dropped and created.

    `deleted` are all asserted, `inserted` are not; a graph that an inserted quad brings into
    being is among `created`. `version` is the state that the delta was computed on, None for
    one that fits any state.
    """

    deleted: frozenset[Quad] = frozenset()
    inserted: frozenset[Quad] = frozenset()
    created: frozenset[GraphName] = frozenset()
    dropped: frozenset[GraphName] = frozenset()
    version: int | None = None

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return bool(self.deleted or self.inserted or self.created or self.dropped)

    @property
    def inverse(self) -> Delta:
        """The delta that undoes this one."""
        return Delta(self.inserted, self.deleted, self.dropped, self.created)

    def after(self, quads: Iterable[Quad]) -> Iterator[Quad]:
        """What asserted quads are behind the change."""
        yield from (quad for quad in quads if quad not in self.deleted)
        yield from self.inserted

    @property
    def graphs(self) -> frozenset[GraphName]:
        """The graphs that are changed, made or dropped."""
        quads = self.deleted | self.inserted
        return frozenset(quad.graph_name for quad in quads) | self.created | self.dropped

    def lines(self) -> bytes:
        """The delta as text, one quad or graph a line, in an order that repeats."""
        quads = (
            sign + line
            for sign, side in ((b"-", self.deleted), (b"+", self.inserted))
            for line in sorted(n_quads(side))
        )
        graphs = (
            f"{sign}{name}\n".encode()
            for sign, names in (("<", self.dropped), (">", self.created))
            for name in sorted(map(str, names))
        )
        return b"".join((*quads, *graphs))

    @classmethod
    def from_lines(cls, text: bytes, version: int | None = None) -> Delta:
        """The delta that `lines` wrote.

        Raises:
            SourceError: a line is none of a delta's.
        """
        sides: dict[str, list[bytes]] = {sign: [] for sign in _SIGNS}
        for number, line in enumerate(text.splitlines(keepends=True), start=1):
            side = sides.get(chr(line[0]))
            if side is None:
                raise SourceError("delta", "a line without a sign", line=number)
            side.append(line[1:])
        try:
            return cls(
                frozenset(parse(b"".join(sides["-"]), RdfFormat.N_QUADS)),
                frozenset(parse(b"".join(sides["+"]), RdfFormat.N_QUADS)),
                frozenset(map(_graph_name, sides[">"])),
                frozenset(map(_graph_name, sides["<"])),
                version,
            )
        except (SyntaxError, ValueError) as error:
            raise SourceError("delta", str(error)) from error


def composed(deltas: Iterable[Delta]) -> Delta:
    """One delta that does what these do in a row."""
    deleted: set[Quad] = set()
    inserted: set[Quad] = set()
    created: set[GraphName] = set()
    dropped: set[GraphName] = set()
    for delta in deltas:
        _follow(delta.deleted, inserted, deleted)
        _follow(delta.dropped, created, dropped)
        _follow(delta.created, dropped, created)
        _follow(delta.inserted, deleted, inserted)
    return Delta(frozenset(deleted), frozenset(inserted), frozenset(created), frozenset(dropped))


def _follow(changed: Iterable[_Value], undone: set[_Value], done: set[_Value]) -> None:
    """Each change takes back its opposite, or else counts."""
    for each in changed:
        if each in undone:
            undone.remove(each)
        else:
            done.add(each)


def n_quads(quads: Iterable[Quad]) -> Sequence[bytes]:
    """Each quad as a line of N-Quads with its line feed."""
    return (serialize(quads, format=RdfFormat.N_QUADS) or b"").splitlines(keepends=True)


def batches(values: Iterable[_Value], size: int = 65536) -> Iterator[list[_Value]]:
    """The values in lists of at most `size`."""
    batch: list[_Value] = []
    for value in values:
        batch.append(value)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _graph_name(line: bytes) -> GraphName:
    text = line.decode().strip()
    return BlankNode(text[2:]) if text.startswith("_:") else NamedNode(text[1:-1])
