"""The lists of a closure, cell by cell, with the stages of their triples."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from etown_kg.reason.backward.derivation import Goal
from etown_kg.reason.backward.stages import Stages
from etown_kg.reason.dictionary import FIRST, NIL, REST
from etown_kg.reason.lists import MAX_BRANCHES

# Values of each list cell with their stages.
_Cells = dict[int, list[tuple[int, int]]]


class Cells:
    """The list cells of one closure."""

    def __init__(self, stages: Stages) -> None:
        self._stages = stages
        self._found: tuple[_Cells, _Cells] | None = None

    def lists_from(self, head: int, before: int) -> Iterator[list[tuple[int, int]]]:
        """The lists from a head whose cells are early enough, as (member, cell) in order."""
        first, rest = self._tables()
        stack: list[tuple[int, list[tuple[int, int]]]] = [(head, [])]
        count = 0
        while stack and count < MAX_BRANCHES:
            cell, path = stack.pop()
            # One way onward is walked in place: a long list is not copied cell by cell.
            while cell != NIL:
                values = [value for value, stage in first.get(cell, ()) if stage < before]
                nexts = [value for value, stage in rest.get(cell, ()) if stage < before]
                if len(values) != 1 or len(nexts) != 1 or len(path) > len(first):
                    break
                path.append((values[0], cell))
                cell = nexts[0]
            if cell == NIL and path:
                count += 1
                yield path
                continue
            if len(path) > len(first) or any(cell == known for _, known in path):
                continue
            stack += ((next_, [*path, (value, cell)]) for value in values for next_ in nexts)

    def to_member(self, head: int, member: int, before: int) -> tuple[Goal, ...]:
        """The cells of the first list from a head with this member."""
        for found in self.lists_from(head, before):
            if any(value == member for value, _ in found):
                return list_triples(found)
        return ()

    def latest(self, cells: Sequence[Goal]) -> int:
        """The latest stage of the triples of a list."""
        tables = dict(zip((FIRST, REST), self._tables(), strict=True))
        return max(stage for s, p, o in cells for value, stage in tables[p][s] if value == o)

    def _tables(self) -> tuple[_Cells, _Cells]:
        """rdf:first and rdf:rest by cell: values with their stages."""
        if self._found is None:
            tables: list[_Cells] = []
            for predicate in (FIRST, REST):
                keys = self._stages.facts.forward(predicate)
                subjects, objects = keys >> 32, keys & 0xFFFFFFFF
                stages = self._stages.of_pairs(predicate, subjects, objects)
                table: _Cells = defaultdict(list)
                rows = zip(subjects.tolist(), objects.tolist(), stages.tolist(), strict=True)
                for cell, value, stage in rows:
                    table[cell].append((value, stage))
                tables.append(table)
            self._found = tables[0], tables[1]
        return self._found


def list_triples(found: Sequence[tuple[int, int]]) -> tuple[Goal, ...]:
    """The rdf:first and rdf:rest triples of a list of (member, cell)."""
    triples: list[Goal] = []
    nexts = [*(cell for _, cell in found[1:]), NIL]
    for (member, cell), rest in zip(found, nexts, strict=True):
        triples += ((cell, FIRST, member), (cell, REST, rest))
    return tuple(triples)
