"""When each triple of a closure came: the stages that `fixpoint.py` keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from etown_kg.reason.backward.derivation import Goal
from etown_kg.reason.dictionary import SAME_AS
from etown_kg.reason.join import Atom, Bindings
from etown_kg.reason.relation import EMPTY, Ids, contains, pack
from etown_kg.reason.variable import Facts

if TYPE_CHECKING:
    from etown_kg.reason.closure import Closure


class Stages:
    """The stages of the triples of one closure, -1 for what it does not have."""

    def __init__(self, closure: Closure) -> None:
        self.facts = _archive(closure.engine.facts)
        self._closure = closure

    def of(self, goal: Goal) -> int:
        """The stage of a triple; an asserted one is there from the start."""
        return int(self.of_pairs(goal[1], np.array([goal[0]]), np.array([goal[2]]))[0])

    def concluded(self, goal: Goal) -> int:
        """The stage in which the rules put a triple into the facts."""
        variable = self.facts.get(goal[1])
        if variable is None:
            return -1
        lead, trail = (goal[2], goal[0]) if variable.is_class_led else (goal[0], goal[2])
        return int(variable.stages(np.array([lead << 32 | trail]))[0])

    def of_pairs(self, predicate: int, subjects: Ids, objects: Ids) -> Ids:
        """Stages of many pairs of one predicate; an asserted one is there from the start."""
        variable = self.facts.get(predicate)
        if variable is None:
            return np.full(len(subjects), -1)
        forward = pack(subjects, objects)
        keys = pack(objects, subjects) if variable.is_class_led else forward
        stages = variable.stages(keys)
        asserted = self._closure.asserted.get(predicate, EMPTY)
        stages[contains(asserted, forward)] = 0
        if predicate == SAME_AS:
            stages[subjects == objects] = 0
        return stages

    def of_atom(self, atom: Atom, solutions: Bindings) -> Ids:
        """The stage of an atom of a body in each of its solutions."""

        def column(term: int) -> Ids:
            value = solutions.value(term)
            return np.full(solutions.count, value) if isinstance(value, int) else value

        predicates, subjects, objects = map(column, atom)
        if atom.predicate >= 0:
            return self.of_pairs(atom.predicate, subjects, objects)
        stages = np.empty(solutions.count, dtype=np.int64)
        for predicate in np.unique(predicates).tolist():
            rows = predicates == predicate
            stages[rows] = self.of_pairs(predicate, subjects[rows], objects[rows])
        return stages


def _archive(facts: Facts) -> Facts:
    """The facts with everything that was ever known under other names."""
    if not any(variable.retired for _, variable in facts):
        return facts
    whole = Facts(facts.type_number)
    whole.term_count = facts.term_count
    whole.variables = {predicate: variable.archive() for predicate, variable in facts}
    return whole
