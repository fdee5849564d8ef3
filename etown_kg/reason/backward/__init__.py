"""Searches backwards over a finished closure: the derivations of a triple.

A goal, a triple of term numbers, is unified with the heads of the rules; solving a rule's body
gives its derivations. Among them only those count whose premises all have a lower stage than the
goal (`stages.py`), so that every branch ends and no proof leans on itself. Terms that are the
same add three kinds of steps: a triple that was renamed, a value that a literal has, and the path
of sameAs edges between terms.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from etown_kg.reason.backward.bodies import Bodies
from etown_kg.reason.backward.cells import Cells
from etown_kg.reason.backward.clauses import clauses_of
from etown_kg.reason.backward.derivation import LATEST, MAX_DERIVATIONS, Derivation, Goal
from etown_kg.reason.backward.paths import Paths
from etown_kg.reason.backward.sameness import Sameness
from etown_kg.reason.backward.stages import Stages
from etown_kg.reason.dictionary import SAME_AS

if TYPE_CHECKING:
    from etown_kg.reason.closure import Closure

__all__ = ["LATEST", "MAX_DERIVATIONS", "Derivation", "Derivations", "Goal"]


class Derivations:
    """Finds derivations in one closure, as it is when this is made."""

    def __init__(self, closure: Closure) -> None:
        self._engine = closure.engine
        self._stages = Stages(closure)
        self.cells = Cells(self._stages)
        self._bodies = Bodies(self._stages, self.cells)
        self._paths = Paths(self._stages, closure.engine.symmetric)
        self.sameness = Sameness(closure, self._stages, self._bodies)

    def of(self, goal: Goal, before: int, limit: int = MAX_DERIVATIONS) -> list[Derivation]:
        """Ways to conclude a goal, earliest premises first.

        Args:
            before: premises must be earlier than this stage, and than the goal's own.
        """
        subject, predicate, object_ = goal
        if predicate == SAME_AS and subject != object_:
            found = self.sameness.derivations(subject, object_, before, limit)
            if found:
                return found[:limit]
        stage = self._stages.concluded(goal)
        if stage < 0 or (stage >= before and before != LATEST):
            found = clauses_of(self._engine, goal)
            return found or self.sameness.respelled(goal, before)[:limit]
        before = min(before, stage)
        found = [*clauses_of(self._engine, goal), *self._bodies.derivations(goal, before, limit)]
        if not found:
            found += self._paths.derivations(goal, before)
        found += self.sameness.by_value(goal, before) + self.sameness.renamed(goal, before)
        found.sort(key=lambda derivation: (derivation.stage, len(derivation.premises)))
        return found[:limit]

    def premises(self, goal: Goal, limit: int) -> Iterator[Goal]:
        """The premises of all derivations of a goal, whatever their stage."""
        for derivation in self._bodies.derivations(goal, LATEST, limit):
            yield from derivation.premises
        for derivation in self.sameness.by_value(goal, LATEST):
            yield from derivation.premises
        if self._engine.equality:
            yield from self.sameness.premises(goal)
