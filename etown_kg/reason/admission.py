"""What a round lets in: to_add becomes recent, in the names of representatives.

Admission also saturates: what is new is passed up its hierarchies at once (`hierarchies.py`).
Terms that turned out the same are merged first and what the facts say of them is renamed
(`renaming.py`); where rules compare literals, their values are put beside them
(`restatement.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

from etown_kg.reason.dictionary import SAME_AS, TYPE
from etown_kg.reason.hierarchies import Hierarchies
from etown_kg.reason.progress import put_into
from etown_kg.reason.relation import Keys, merge, swapped
from etown_kg.reason.renaming import Renaming
from etown_kg.reason.rounds import Stage
from etown_kg.reason.variable import Facts


class Admission(Renaming, Hierarchies):
    """The facts of one closure, and how new ones come in."""

    def _admit(self) -> int:
        """Make everything in to_add part of the facts; return the number of new triples."""
        self.facts.term_count = len(self.dictionary)
        self._unite()
        new: dict[int, Keys] = {}
        for predicate, variable in self.facts:
            if predicate != TYPE and predicate != SAME_AS and variable.has_additions:
                additions = self._additions(predicate)
                if len(additions):
                    new[predicate] = additions
        restated = self._restate(new)
        for predicate, keys in new.items():
            self._extend(predicate, keys, Stage.CONCLUDED)
        for predicate, keys in restated.items():
            unknown = self.facts[predicate].absent(keys)
            self._extend(predicate, unknown, Stage.RESTATED)
            new[predicate] = merge(new[predicate], unknown)
        passed: set[int] = set()
        for predicate, keys in new.items():
            for higher in self.properties_above(predicate):
                self._put_forward(higher, keys)
                self._count("prp-spo1", len(keys), len(keys))
                passed.add(higher)
        for predicate in passed - {TYPE, SAME_AS}:
            additions = self._additions(predicate)
            # What was passed up may hold values that have to be restated in their turn.
            more = self._restate({predicate: additions})
            self._extend(predicate, additions, Stage.PASSED_UP)
            for keys in more.values():
                self._put_forward(predicate, keys)
        self._admit_types()
        for predicate in (TYPE, SAME_AS):
            for higher in self.properties_above(predicate):
                self._put_forward(higher, self.facts[predicate].recent_forward())
        self.facts.term_count = len(self.dictionary)
        self._check_memory(sum(len(variable) for _, variable in self.facts))
        return sum(len(variable.recent) for _, variable in self.facts)

    def _additions(self, predicate: int) -> Keys:
        return self.facts[predicate].additions()

    def _extend(self, predicate: int, keys: Keys, part: int) -> None:
        self.facts[predicate].extend(keys, self.stage(part))

    def _admit_types(self) -> None:
        variable = self.facts[TYPE]
        new = variable.additions()
        if not len(new):
            return
        variable.extend(new, self.stage(Stage.TYPED))
        if self._compares_all:
            for keys in self._restate({TYPE: swapped(new)}).values():
                variable.put_keys(swapped(keys))
        higher = self._classes_above(new, self.class_edges)
        if len(higher):
            variable.extend(variable.absent(higher), self.stage(Stage.TYPED_UP))

    def conclude_from(self, delta: Mapping[int, Keys], sink: Facts) -> None:
        """Put what follows from some known pairs, with all the others, into another store.

        `delta` holds sorted keys in the variables' own orientation, all of them known.
        """
        for predicate, keys in delta.items():
            variable = self.facts[predicate]
            variable.revisit(keys)
            forward = variable.recent_forward()
            for higher in self.properties_above(predicate):
                put_into(sink, higher, forward)
            if predicate in self._compared or self._compares_all:
                put_into(sink, predicate, self._with_values(forward))
        if TYPE in delta:
            sink[TYPE].put_keys(self._classes_above(delta[TYPE], self.class_edges))
        self._sink = sink
        self._apply()
        self._sink = self.facts
        self._edges = []
        for predicate in delta:
            self.facts[predicate].settle()
