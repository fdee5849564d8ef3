"""Derivations by terms that are the same (rules eq-* and dt-eq).

A triple may have been renamed, a literal has a value, and between two terms that are the same
there is a path of sameAs edges.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from etown_kg.reason.backward.bodies import Bodies
from etown_kg.reason.backward.clauses import clauses_of
from etown_kg.reason.backward.derivation import Derivation, Goal
from etown_kg.reason.backward.stages import Stages
from etown_kg.reason.dictionary import DATATYPES, LITERAL, SAME_AS, TYPE, VALUE
from etown_kg.reason.relation import EMPTY, contains, pack, slice_of
from etown_kg.reason.rules import RULE, Rule

if TYPE_CHECKING:
    from etown_kg.reason.closure import Closure


class Sameness:
    """Which terms of one closure are the same, and why."""

    def __init__(self, closure: Closure, stages: Stages, bodies: Bodies) -> None:
        self._closure = closure
        self._engine = closure.engine
        self._stages = stages
        self._bodies = bodies
        self._neighbours: dict[int, list[tuple[int, int, Goal, Rule | None]]] | None = None

    # Triples in other names

    def by_value(self, goal: Goal, before: int) -> list[Derivation]:
        """A triple with a value, from the literal that has it (dt-eq and eq-rep-o)."""
        subject, predicate, object_ = goal
        kinds = self._engine.dictionary.kinds
        candidates: list[tuple[str, int, int, Goal]] = []
        if self._has_value(object_):
            objects = slice_of(self._stages.facts.forward(predicate), subject)
            for literal in objects[kinds[objects] == LITERAL].tolist():
                premise = (subject, predicate, literal)
                candidates.append(("eq-rep-o", literal, object_, premise))
        if self._has_value(subject):
            subjects = slice_of(self._stages.facts.backward(predicate), object_)
            for literal in subjects[kinds[subjects] == LITERAL].tolist():
                premise = (literal, predicate, object_)
                candidates.append(("eq-rep-s", literal, subject, premise))
        found = []
        if predicate == TYPE and object_ in DATATYPES and kinds[subject] < LITERAL:
            # What is the same as a literal is in the literal's datatypes (dt-type2).
            for literal in self._engine.equality.members(subject):
                typed = (literal, TYPE, object_)
                same = (literal, SAME_AS, subject)
                if clauses_of(self._engine, typed) and self._are_same(literal, subject, before):
                    found.append(Derivation(RULE["eq-rep-s"], (same, typed), before))
        for rule, literal, value, premise in candidates:
            stage = self._stages.of(premise)
            if 0 <= stage < before and self._are_same(literal, value, before):
                same = (literal, SAME_AS, value)
                # The way to the value may take edges as late as the goal allows.
                found.append(Derivation(RULE[rule], (same, premise), before))
        return found

    def _has_value(self, number: int) -> bool:
        """Whether a term is a literal's value, or the same as one."""
        kinds = self._engine.dictionary.kinds
        return any(kinds[member] == VALUE for member in self._engine.equality.members(number))

    def renamed(self, goal: Goal, before: int) -> list[Derivation]:
        """A triple that came by renaming terms, from an earlier one."""
        if not self._engine.equality:
            return []
        found = []
        for variant, stage in self._variants(goal):
            if variant != goal and stage < before:
                found += self._rename_step(goal, variant, max(stage + 1, 1), before)
        return found

    def respelled(self, goal: Goal, before: int) -> list[Derivation]:
        """A triple that the facts hold in other names only."""
        found: list[Derivation] = []
        for variant, stage in sorted(self._variants(goal), key=lambda item: item[1]):
            if variant != goal and 0 <= stage < before:
                found += self._rename_step(goal, variant, before, before)
                if found:
                    break
        return found

    def _variants(self, goal: Goal) -> Iterator[tuple[Goal, int]]:
        """The triple in the names of its terms' cliques, where it is known, with its stage."""
        names = [self._names(number) for number in goal]
        for predicate in names[1]:
            variable = self._stages.facts.get(predicate)
            asserted = self._closure.asserted.get(predicate, EMPTY)
            if variable is None and not len(asserted):
                continue
            subjects = np.repeat(names[0], len(names[2]))
            objects = np.tile(names[2], len(names[0]))
            stages = self._stages.of_pairs(predicate, subjects, objects)
            stages[contains(asserted, pack(subjects, objects))] = 0
            for i in np.flatnonzero(stages >= 0).tolist():
                yield (int(subjects[i]), predicate, int(objects[i])), int(stages[i])

    def _names(self, number: int) -> list[int]:
        names = list(self._engine.equality.members(number))
        if self._engine.dictionary.kinds[number] == LITERAL:
            values = self._engine.literals.value_numbers(np.array([number])).tolist()
            names += [value for value in values if value not in names]
        return names

    def _rename_step(self, goal: Goal, variant: Goal, stage: int, before: int) -> list[Derivation]:
        """One eq-rep step from a variant towards the goal; the rest is for the next step."""
        rules = ("eq-rep-s", "eq-rep-p", "eq-rep-o")
        for place in (2, 1, 0):
            if variant[place] == goal[place]:
                continue
            same = (variant[place], SAME_AS, goal[place])
            middle = list(goal)
            middle[place] = variant[place]
            if not self._are_same(variant[place], goal[place], before):
                return []
            premises = (same, (middle[0], middle[1], middle[2]))
            return [Derivation(RULE[rules[place]], premises, before)]
        return []

    def premises(self, goal: Goal) -> Iterator[Goal]:
        """A goal in other names, and the edges that may have renamed it."""
        for variant, _ in self._variants(goal):
            yield variant
        edges = self._edges()
        for number in goal:
            for member in self._names(number):
                for _, _, edge, _ in edges.get(member, ()):
                    yield edge

    # Two terms that are the same

    def derivations(self, one: int, other: int, before: int, limit: int) -> list[Derivation]:
        """Two terms are the same: by dt-eq, by an edge, or over a third term."""
        clauses = clauses_of(self._engine, (one, SAME_AS, other))
        if clauses:
            return clauses
        path = self._path(one, other, before)
        if path is None:
            return []
        if len(path) > 1:
            middle = path[-1][0]
            latest = max(step[2] for step in path) + 1
            premises = ((one, SAME_AS, middle), (middle, SAME_AS, other))
            return [Derivation(RULE["eq-trans"], premises, latest)]
        _, _, stage, edge = path[0]
        if edge != (one, SAME_AS, other):
            return [Derivation(RULE["eq-sym"], (edge,), stage + 1)]
        return self.identity(one, other, stage, limit)

    def identity(self, one: int, other: int, before: int, limit: int) -> list[Derivation]:
        """The rules that conclude owl:sameAs of this very pair."""
        found = self._bodies.derivations((one, SAME_AS, other), before, limit)
        found += self._by_alias(one, other, before)
        if not found:
            # Rules about identity join neighbours; either order of a pair may be the one.
            turned = self._bodies.derivations((other, SAME_AS, one), before, limit)
            turned += self._by_alias(other, one, before)
            found = [
                Derivation(RULE["eq-sym"], ((other, SAME_AS, one),), before) for _ in turned[:1]
            ]
        return found

    def _by_alias(self, one: int, other: int, before: int) -> list[Derivation]:
        """That two terms are the same, said by a property that is the same as owl:sameAs."""
        found = []
        for name in self._engine.equality.members(SAME_AS):
            if name == SAME_AS:
                continue
            stage = self._stages.of((one, name, other))
            is_asserted = self._closure.is_asserted(one, name, other)
            if is_asserted or 0 <= stage <= before:
                premises = ((name, SAME_AS, SAME_AS), (one, name, other))
                found.append(Derivation(RULE["eq-rep-p"], premises, before))
        return found

    def _are_same(self, one: int, other: int, before: int) -> bool:
        kinds = self._engine.dictionary.kinds
        is_literals = bool(kinds[one] >= LITERAL and kinds[other] >= LITERAL)
        if is_literals and self._engine.literals.is_same(one, other):
            return True
        return self._path(one, other, before) is not None

    def _path(self, start: int, end: int, before: int) -> list[tuple[int, int, int, Goal]] | None:
        """The shortest way over edges earlier than a stage: (from, to, stage, edge) of each."""
        edges = self._edges()
        came: dict[int, tuple[int, int, Goal] | None] = {start: None}
        queue = deque([start])
        literals, kinds = self._engine.literals, self._engine.dictionary.kinds
        while queue:
            number = queue.popleft()
            if number == end:
                break
            steps = [(other, stage, edge) for other, stage, edge, _ in edges.get(number, ())]
            if kinds[number] >= LITERAL:
                # dt-eq joins the spellings of a value without an edge of its own.
                steps += [
                    (other, -1, (number, SAME_AS, other))
                    for other in self._engine.equality.members(number)
                    if kinds[other] >= LITERAL and literals.is_same(number, other)
                ]
            if kinds[number] == LITERAL:
                (value,) = literals.value_numbers(np.array([number])).tolist()
                steps.append((value, -1, (number, SAME_AS, value)))
            for other, stage, edge in steps:
                if other not in came and stage < before:
                    came[other] = (number, stage, edge)
                    queue.append(other)
        if end not in came:
            return None
        path: list[tuple[int, int, int, Goal]] = []
        number = end
        while (step := came[number]) is not None:
            path.append((step[0], number, step[1], step[2]))
            number = step[0]
        return path[::-1]

    def _edges(self) -> dict[int, list[tuple[int, int, Goal, Rule | None]]]:
        """The sameAs edges by term: (other term, stage, the edge as concluded, by which rule)."""
        if self._neighbours is None:
            table: dict[int, list[tuple[int, int, Goal, Rule | None]]] = defaultdict(list)
            for stage, edges in self._engine.equality.log:
                pairs = zip(edges.first.tolist(), edges.second.tolist(), strict=True)
                for one, other in pairs:
                    edge = (one, SAME_AS, other)
                    table[one].append((other, stage, edge, edges.rule))
                    table[other].append((one, stage, edge, edges.rule))
            self._neighbours = table
        return self._neighbours
