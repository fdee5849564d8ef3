"""Literals by value: where rules compare literals, their values are put beside them (dt-eq)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from etown_kg.reason.dictionary import LITERAL
from etown_kg.reason.progress import Progress
from etown_kg.reason.relation import (
    EMPTY,
    Ids,
    Keys,
    distinct,
    expand,
    leading,
    pack,
    ranges,
    trailing,
)


class Restatement(Progress):
    """Says again with the literal's value what is said with a literal."""

    def _restate(self, new: Mapping[int, Keys]) -> dict[int, Keys]:
        """For compared properties: the pairs with a literal again, with the literal's value."""
        restated: dict[int, Keys] = {}
        if not (self._compared or self._compares_all):
            return restated
        for predicate, keys in new.items():
            if not self._compares_all and predicate not in self._compared:
                continue
            part = self._with_values(keys)
            if len(part):
                restated[predicate] = part
        return restated

    def _with_values(self, keys: Keys) -> Keys:
        kinds = self.dictionary.kinds
        parts = []
        objects = trailing(keys)
        rows = np.flatnonzero(kinds[objects] == LITERAL)
        if len(rows):
            literals = objects[rows]
            values = self.literals.value_numbers(literals)
            differs = values != literals
            parts.append(pack(leading(keys[rows][differs]), values[differs]))
        subjects = leading(keys)
        rows = np.flatnonzero(self.dictionary.kinds[subjects] == LITERAL)
        if len(rows):
            literals = subjects[rows]
            values = self.literals.value_numbers(literals)
            differs = values != literals
            parts.append(pack(values[differs], objects[rows][differs]))
        if not parts:
            return EMPTY
        return self._renamed(distinct(np.concatenate(parts)))

    def _compare(self, predicates: set[int]) -> None:
        """Restate by value from now on, and what is known already."""
        for predicate in predicates:
            variable = self.facts.get(predicate)
            if variable is not None and len(variable):
                self._put_forward(predicate, self._with_values(variable.forward()))

    def restate_subjects(self, predicate: int, subjects: Ids) -> None:
        """Put the values of what the facts still say of these subjects, for deletions."""
        if predicate in self._compared or self._compares_all:
            keys = self.facts.forward(predicate)
            _, places = expand(*ranges(keys, subjects))
            self._put_forward(predicate, self._with_values(keys[places]))
