"""Passing up: a pair to the properties above its own, an instance to the classes above its own.

Rules prp-spo1 and cax-sco. Both hierarchies are closed by then, so each pair is passed on once.
"""

from __future__ import annotations

import numpy as np

from etown_kg.reason.dictionary import SUB_CLASS_OF, SUB_PROPERTY_OF, THING, TYPE
from etown_kg.reason.progress import Progress
from etown_kg.reason.relation import (
    EMPTY,
    Keys,
    contains,
    difference,
    distinct,
    distinct_leading,
    distinct_sorted,
    expand,
    leading,
    pack,
    ranges,
    slice_of,
    trailing,
)


class Hierarchies(Progress):
    """What is above each property and class, brought up to date with the facts."""

    def _classes_above(self, types: Keys, edges: Keys) -> Keys:
        """cax-sco on class-led keys: sorted."""
        if not len(edges) or not len(types):
            return EMPTY
        parts: list[Keys] = []
        classes = distinct_leading(types) if len(types) > 64 else distinct_sorted(types >> 32)
        classes = classes[contains(distinct_leading(edges), classes)]
        if not len(classes):
            return EMPTY
        starts, ends = ranges(types, classes)
        edge_starts, edge_ends = ranges(edges, classes)
        if len(types) > 32 * len(classes):
            for start, end, first, last in zip(
                starts.tolist(), ends.tolist(), edge_starts.tolist(), edge_ends.tolist(),
                strict=True,
            ):  # fmt: skip
                members = trailing(types[start:end])
                parts += (pack(above, members) for above in trailing(edges[first:last]).tolist())
            keys = np.concatenate(parts)
        else:
            # Many classes with few members each: every member meets every edge of its class.
            counts = ends - starts
            _, places = expand(starts, ends)
            rows, edge_places = expand(np.repeat(edge_starts, counts), np.repeat(edge_ends, counts))
            keys = pack(trailing(edges[edge_places]), trailing(types[places[rows]]))
        self._count("cax-sco", len(types), len(keys))
        return distinct(keys)

    def _pass_up_new_properties(self) -> None:
        """Bring the closure of subproperties up to date."""
        edges = self.facts.forward(SUB_PROPERTY_OF)
        edges = edges[leading(edges) != trailing(edges)]
        self._constants.update(self._ends(edges))
        fresh = difference(edges, self.property_edges)
        self.property_edges = edges
        self._above.clear()
        for lower in distinct_leading(fresh).tolist():
            variable = self.facts.get(lower)
            if variable is None or not len(variable):
                continue
            for higher in slice_of(fresh, lower).tolist():
                self._put_forward(higher, variable.forward())
                self._count("prp-spo1", len(variable), len(variable))

    def _ends(self, edges: Keys) -> list[int]:
        """The numbers that the keys name, each once."""
        is_end = np.zeros(len(self.dictionary), dtype=bool)
        is_end[leading(edges)] = is_end[trailing(edges)] = True
        ends: list[int] = np.flatnonzero(is_end).tolist()
        return ends

    def _pass_up_new_classes(self) -> None:
        """Bring the closure of subclasses up to date."""
        edges = self.facts.forward(SUB_CLASS_OF)
        lower_classes, higher_classes = leading(edges), trailing(edges)
        is_used = lower_classes != higher_classes
        if not self.is_thing_open:
            is_used &= higher_classes != THING
        edges = edges[is_used]
        self._constants.update(self._ends(edges))
        fresh = difference(edges, self.class_edges)
        self.class_edges = edges
        if len(fresh):
            self.facts[TYPE].put_keys(self._classes_above(self.facts[TYPE].keys, fresh))
