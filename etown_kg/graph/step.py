"""A step: what came and went between two states of a graph, so that a copy can go from one to the
other without working anything out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import Quad

from etown_kg.changes import Change
from etown_kg.store import Delta, composed

_NOTHING: Final = Delta()


@dataclass(frozen=True)
class Step:
    """The changes that were made, in order, and what they come to together.

    Attributes:
        asserted: what is asserted.
        inferred: what ``graph/inferred`` says.
        described: what the graph says of itself in ``graph/meta``.
        premises: the triples that the reasoner was given and lost, as quads without a graph.
    """

    changes: tuple[Change, ...] = ()
    asserted: Delta = _NOTHING
    inferred: Delta = _NOTHING
    described: Delta = _NOTHING
    premises: Delta = _NOTHING

    @classmethod
    def composed(cls, steps: Sequence[Step]) -> Step:
        """The step that does what these do in a row."""
        if len(steps) == 1:
            return steps[0]
        return cls(
            tuple(change for step in steps for change in step.changes),
            composed(step.asserted for step in steps),
            composed(step.inferred for step in steps),
            composed(step.described for step in steps),
            composed(step.premises for step in steps),
        )

    @property
    def size(self) -> int:
        """How many quads come and go."""
        deltas = (self.asserted, self.inferred, self.described)
        return sum(len(each.deleted) + len(each.inserted) for each in deltas)


def premises(added: Iterable[Quad], removed: Iterable[Quad]) -> Delta:
    """`Step.premises` of quads that stand for their triples."""
    return Delta(frozenset(map(_without_graph, removed)), frozenset(map(_without_graph, added)))


def _without_graph(quad: Quad) -> Quad:
    return Quad(quad.subject, quad.predicate, quad.object)
