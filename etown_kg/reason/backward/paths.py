"""Derivations in a transitive relation: the path over which a pair came."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Set
from typing import NamedTuple

import numpy as np

from etown_kg.reason.backward.derivation import Derivation, Goal
from etown_kg.reason.backward.stages import Stages
from etown_kg.reason.dictionary import SUB_CLASS_OF, SUB_PROPERTY_OF, TYPE, number_of
from etown_kg.reason.relation import slice_of
from etown_kg.reason.rules import RULE
from etown_kg.vocab import OWL

_TRANSITIVE_PROPERTY = number_of(OWL + "TransitiveProperty")
_TRANSITIVE = {SUB_CLASS_OF: RULE["scm-sco"], SUB_PROPERTY_OF: RULE["scm-spo"]}


class _Hint(NamedTuple):
    """The next stop on a path to an end, and the latest stage of a pair on the way."""

    stop: int
    latest: int


class Paths:
    """Shortest paths in the transitive relations of one closure; what was found is kept."""

    def __init__(self, stages: Stages, symmetric: Set[int]) -> None:
        self._stages = stages
        self._symmetric = symmetric
        self._hints: dict[Goal, _Hint] = {}

    def derivations(self, goal: Goal, before: int) -> list[Derivation]:
        """A pair of a transitive relation, over a path of earlier pairs.

        The engine follows such paths within one stage. The first step of the shortest path, and
        the rest of it, are the premises; the rest may be as late as the goal, but is shorter.
        """
        start, predicate, end = goal
        rule, axiom = (
            _TRANSITIVE.get(predicate, RULE["prp-trp"]),
            (predicate, TYPE, _TRANSITIVE_PROPERTY),
        )
        premises: tuple[Goal, ...] = ()
        if rule.id == "prp-trp":
            if not self._stages.facts.has(TYPE, predicate, _TRANSITIVE_PROPERTY):
                return []
            premises = (axiom,)
        hint = self._hints.get(goal)
        if hint is None or hint.latest >= before:
            self._find_path(goal, before)
            hint = self._hints.get(goal)
        if hint is None or hint.latest >= before or hint.stop == end:
            return []
        steps = ((start, predicate, hint.stop), (hint.stop, predicate, end))
        return [Derivation(rule, (*premises, *steps), before + 1)]

    def _find_path(self, goal: Goal, before: int) -> None:
        """Keep the next stop on the shortest path over earlier pairs, for every stop on it."""
        start, predicate, end = goal
        # The start is not there yet: a path may lead back to it.
        came: dict[int, tuple[int, int]] = {}
        queue = deque([start])
        while queue and end not in came:
            number = queue.popleft()
            for next_, stage in self._near(predicate, number):
                if 0 <= stage < before and next_ not in came:
                    came[next_] = number, stage
                    queue.append(next_)
        if end not in came:
            return
        stop, latest, is_walking = end, -1, True
        while is_walking:
            previous, stage = came[stop]
            latest = max(latest, stage)
            self._hints[previous, predicate, end] = _Hint(stop, latest)
            stop = previous
            is_walking = stop != start

    def _near(self, predicate: int, number: int) -> Iterator[tuple[int, int]]:
        """What a number is one pair away from, with the pair's stage."""
        objects = slice_of(self._stages.facts.forward(predicate), number)
        stages = self._stages.of_pairs(predicate, np.full(len(objects), number), objects)
        yield from zip(objects.tolist(), stages.tolist(), strict=True)
        if predicate in self._symmetric:
            subjects = slice_of(self._stages.facts.backward(predicate), number)
            stages = self._stages.of_pairs(predicate, subjects, np.full(len(subjects), number))
            yield from zip(subjects.tolist(), stages.tolist(), strict=True)
