"""Equality in the facts: what is said of terms that are the same is said of one of them.

Terms that turned out the same are merged (`equality.py`), and what the facts say of them is
renamed to their representative (rules eq-rep-s, eq-rep-p and eq-rep-o).
"""

from __future__ import annotations

import numpy as np

from etown_kg.reason.dictionary import SAME_AS, TYPE
from etown_kg.reason.equality import VOCABULARY_SIZE, Edges
from etown_kg.reason.relation import (
    EMPTY,
    Keys,
    contains,
    difference,
    distinct,
    leading,
    pack,
    slice_of,
    swapped,
    trailing,
)
from etown_kg.reason.restatement import Restatement
from etown_kg.reason.rounds import Stage


class Renaming(Restatement):
    """Merges terms, and renames what the facts say of them."""

    def _unite(self) -> None:
        """Merge terms that are the same, and rename what the facts say of them."""
        self._take_same_as()
        edges, self._edges = self._edges, []
        changed: set[int] = set()
        had_literals = self.equality.has_literals
        for batch in edges:
            changed |= self.equality.unite(batch, self.stage(Stage.EQUAL))
            name = batch.rule.id if batch.rule is not None else "eq-trans"
            self._count(name, len(batch.first), len(batch.first))
        self._is_schema_dirty |= self.equality.has_literals != had_literals
        self._rename(changed)
        if changed:
            self._take_same_as()
        if self.equality.rigid:
            self._copy_rigid()

    def _unite_spellings(self) -> bool:
        """Rule dt-eq where a value is the same as some other term; whether that is anything new.

        The lean profile shows one spelling of a value, and needs this not.
        """
        if not self.is_full or not self.equality:
            return False
        found = [
            (literal, value)
            for value, literals in self.literals.by_value().items()
            if len(self.equality.members(value)) > 1
            for literal in literals
            if self.equality.representative(literal) != self.equality.representative(value)
        ]
        if found:
            pairs = np.array(found, dtype=np.int64)
            changed = self.equality.unite_spellings(pairs[:, 0], pairs[:, 1], self.stage(0))
            self._rename(changed)
        return bool(found)

    def _take_same_as(self) -> None:
        """Turn new owl:sameAs pairs of different terms into edges; keep pairs of one term."""
        variable = self.facts.get(SAME_AS)
        if variable is None or not variable.has_additions:
            return
        keys = variable.additions()
        first, second = leading(keys), trailing(keys)
        is_edge = (first != second) & ((first >= VOCABULARY_SIZE) | (second >= VOCABULARY_SIZE))
        edges = keys[is_edge]
        if len(edges):
            self._edges.append(Edges(first[is_edge], second[is_edge], None))
        rigid = keys[(first != second) & ~is_edge]
        for key in rigid.tolist():
            self.equality.rigid.setdefault(key >> 32, set()).add(key & 0xFFFFFFFF)
            self.equality.rigid.setdefault(key & 0xFFFFFFFF, set()).add(key >> 32)
            keys = np.append(keys, (key & 0xFFFFFFFF) << 32 | key >> 32)
        kept = self._renamed(keys[np.isin(keys, edges, invert=True)] if len(edges) else keys)
        variable.extend(difference(kept, variable.keys), self.stage(Stage.CONCLUDED))

    def _rename(self, changed: set[int]) -> None:
        """Rules eq-rep-s, eq-rep-p and eq-rep-o: say it of the representatives."""
        if not changed:
            return
        table = self.equality.table()
        is_changed = np.zeros(len(table), dtype=bool)
        is_changed[list(changed)] = True
        cliques = {int(table[number]) for number in changed}
        roots = np.array(sorted(cliques))
        self.facts[SAME_AS].put_keys(pack(roots, roots))
        for predicate, variable in self.facts:
            target = int(table[predicate])
            pending = EMPTY if predicate == SAME_AS else variable.additions()
            if target != predicate:
                moved = variable.keys
            else:
                keys = variable.keys
                moved = keys[is_changed[leading(keys)] | is_changed[trailing(keys)]]
            if len(moved):
                variable.retire(moved)
                self._count("eq-rep", len(moved), len(moved))
            if target == predicate and len(pending):
                is_old = is_changed[leading(pending)] | is_changed[trailing(pending)]
                variable.put_keys(pending[~is_old])
                pending = pending[is_old]
            if len(pending):
                # Concluded under the old names: proofs go through them.
                variable.note(pending, self.stage(Stage.EQUAL))
            both = np.concatenate((moved, pending)) if len(pending) else moved
            if not len(both):
                continue
            renamed = pack(table[leading(both)], table[trailing(both)])
            if variable.is_class_led != (target == TYPE):
                renamed = swapped(renamed)
            new = difference(distinct(renamed), self.facts[target].keys)
            if target in (SAME_AS, TYPE):
                self.facts[target].put_keys(new)
            else:
                self.facts[target].extend(new, self.stage(Stage.RENAMED))
                self._pass_renamed(target, new)
        if changed & self._constants or min(cliques) < VOCABULARY_SIZE:
            # Rules that name a term by its old number must not run again.
            self._are_lists_dirty = True
            self._respecialise()
            # Some renamed triples are still to come.
            self._is_schema_dirty = True

    def _pass_renamed(self, predicate: int, keys: Keys) -> None:
        """Renamed pairs skip the common admission; what follows from them at once is put here."""
        for higher in self.properties_above(predicate):
            self._put_forward(higher, keys)
        for restated in self._restate({predicate: keys}).values():
            self._put_forward(predicate, restated)

    def _copy_rigid(self) -> None:
        """The same rules for two terms of the vocabulary: triples are copied, not renamed."""
        for one, others in list(self.equality.rigid.items()):
            for other in others:
                pair = np.array([one << 32 | other, one << 32 | one])
                self.facts[SAME_AS].extend(
                    difference(np.sort(pair), self.facts[SAME_AS].keys),
                    self.stage(Stage.RENAMED),
                )
                source = self.facts.get(one)
                if source is not None and len(source):
                    # Only what is unknown: `run` goes on for as long as anything was put.
                    unknown = difference(source.forward(), self.facts.forward(other))
                    self._put_forward(other, unknown)
                for predicate, variable in self.facts:
                    for keys, is_forward in (
                        (variable.forward(), True),
                        (variable.backward(), False),
                    ):
                        column = slice_of(keys, one)
                        copied = pack(other, column)
                        known = contains(keys, copied)
                        if known.all():
                            continue
                        copied = copied[~known]
                        self._put_forward(predicate, copied if is_forward else swapped(copied))

    def _restate_strings(self) -> None:
        """Restate plain strings whose value another spelling made known since."""
        for string, value in self.literals.strings_to_restate(self._restated_strings):
            if len(self.equality.members(string)) > 1:
                pair = np.array([string]), np.array([value])
                self._rename(self.equality.unite_spellings(*pair, self.stage(Stage.EQUAL)))
            for predicate, variable in self.facts:
                if not self._compares_all and predicate not in self._compared:
                    continue
                subjects = slice_of(variable.backward(), string)
                self._put_forward(predicate, self._renamed(pack(subjects, value)))
                objects = slice_of(variable.forward(), string)
                self._put_forward(predicate, self._renamed(pack(value, objects)))

    def may_have_merged(self, predicate: int, forward: Keys) -> bool:
        """Whether one of these triples may be why some terms are the same."""
        representative = self.equality.representative
        for merging, class_ in self._merging:
            if representative(merging) != predicate:
                continue
            if class_ < 0 or bool((trailing(forward) == representative(class_)).any()):
                return True
        return False
