"""What a round lets in: to_add becomes recent, in the names of representatives.

Admission also saturates: a new pair of a property goes to all properties above it (prp-spo1), a
new instance of a class to all classes above it (cax-sco); both closures are known by then, so each
pair is passed on once. Terms that turned out the same are merged first and what the facts say of
them is renamed (eq-rep-*); where rules compare literals, their values are put beside them (dt-eq).

Stages order derivations for `explain.py`: a triple's premises have lower stages than itself, but
for transitive relations, which grow along whole paths in one stage. A round has STAGES_PER_ROUND
of them, see `Stage`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from etown_kg.errors import LimitError
from etown_kg.reason.dictionary import (
    LITERAL,
    SAME_AS,
    SUB_CLASS_OF,
    SUB_PROPERTY_OF,
    THING,
    TYPE,
    Dictionary,
)
from etown_kg.reason.equality import VOCABULARY_SIZE, Edges, Equality
from etown_kg.reason.lists import Lists
from etown_kg.reason.literals import Literals
from etown_kg.reason.relation import (
    EMPTY,
    Ids,
    Keys,
    contains,
    difference,
    distinct,
    distinct_leading,
    distinct_sorted,
    expand,
    leading,
    merge,
    pack,
    ranges,
    slice_of,
    swapped,
    trailing,
)
from etown_kg.reason.schema import Instance, LongInstance
from etown_kg.reason.variable import Facts

STAGES_PER_ROUND = 8
# A row on its way through a join: its columns, their sorted copy, and the key made of them.
_BYTES_PER_ROW = 64
# Columns on the way take up to this many times the room of the facts themselves.
_WORKING_SPACE = 3


class Stage(IntEnum):
    """What happens in a round, in order."""

    EQUAL = 0
    RENAMED = 1
    CONCLUDED = 2
    RESTATED = 3
    PASSED_UP = 4
    TYPED = 5
    TYPED_UP = 6


class RuleCount(NamedTuple):
    """What one rule did in a round: recent rows it read, rows it concluded, known ones too."""

    rule: str
    input: int
    concluded: int


class Round(NamedTuple):
    """Statistics of one round: `new` triples admitted, and what the rules made of them."""

    number: int
    new: int
    milliseconds: float
    rules: tuple[RuleCount, ...]


class Admission:
    """The facts of one closure, and how new ones come in.

    Holds all state of a closure under way; `Consequences` and `Engine` add what to do with it.
    """

    def __init__(
        self, dictionary: Dictionary, *, is_full: bool = False, memory_limit_mb: int | None = None
    ) -> None:
        self.dictionary = dictionary
        self.is_full = is_full
        self.memory_limit_mb = memory_limit_mb
        self.literals = Literals(dictionary)
        self.equality = Equality(dictionary, self.literals)
        self.facts = Facts(TYPE)
        # Where conclusions go: the facts themselves, but for deletions.
        self._sink = self.facts
        if memory_limit_mb is not None:
            self.facts.row_limit = (memory_limit_mb << 20) // _BYTES_PER_ROW
        # What made a transitive relation whole: it need not be followed again.
        self.symmetric: set[int] = set()
        self._grown: dict[int, Keys] = {}
        self.lists = Lists({}, ())
        self.rounds: list[Round] = []
        self.round = 0
        self.instances: dict[Instance, None] = {}
        self.long: dict[LongInstance, None] = {}
        self.above: dict[int, list[int]] = {}
        self.class_edges: Keys = EMPTY
        self.has_axioms = False
        self.is_thing_open = False
        self._edges: list[Edges] = []
        # The axioms that made terms the same, as (property, -1) or (rdf:type, class).
        self._merging: set[tuple[int, int]] = set()
        self._by_predicate: dict[int, list[tuple[Instance, int]]] = {}
        self._by_class: dict[int, list[tuple[Instance, int]]] = {}
        self._long_by_predicate: dict[int, list[LongInstance]] = {}
        self._long_by_class: dict[int, list[LongInstance]] = {}
        self._is_schema_dirty = True
        self._are_lists_dirty = True
        self._compared: set[int] = set()
        self._compares_all = False
        self._restated_strings: set[int] = set()
        self._open_datatypes: set[int] = set()
        self._inert: frozenset[int] = frozenset()
        self._typed_literals: Ids = EMPTY
        self._has_literal_subjects = False
        self._is_reflexive = False
        self._is_different_open = False
        # The terms that instances and passing up name.
        self._constants: set[int] = set()
        self._counts: dict[str, list[int]] = {}

    def stage(self, part: int) -> int:
        """The number of a stage of this round."""
        return self.round * STAGES_PER_ROUND + part

    def _count(self, rule: str, read: int, concluded: int) -> None:
        count = self._counts.setdefault(rule, [0, 0])
        count[0] += read
        count[1] += concluded

    def _put_forward(self, predicate: int, keys: Keys) -> None:
        put_into(self.facts, predicate, keys)

    def put_forward(self, predicate: int, keys: Keys) -> None:
        """Put forward keys, in any order, into to_add; `run` goes on from there."""
        self._put_forward(predicate, keys)

    def restate_subjects(self, predicate: int, subjects: Ids) -> None:
        """Put the values of what the facts still say of these subjects, for deletions."""
        if predicate in self._compared or self._compares_all:
            keys = self.facts.forward(predicate)
            _, places = expand(*ranges(keys, subjects))
            self._put_forward(predicate, self._with_values(keys[places]))

    def may_have_merged(self, predicate: int, forward: Keys) -> bool:
        """Whether one of these triples may be why some terms are the same."""
        representative = self.equality.representative
        for merging, class_ in self._merging:
            if representative(merging) != predicate:
                continue
            if class_ < 0 or bool((trailing(forward) == representative(class_)).any()):
                return True
        return False

    def conclude_from(self, delta: Mapping[int, Keys], sink: Facts) -> None:
        """Put what follows from some known pairs, with all the others, into another store.

        `delta` holds sorted keys in the variables' own orientation, all of them known.
        """
        for predicate, keys in delta.items():
            variable = self.facts[predicate]
            variable.revisit(keys)
            forward = variable.recent_forward()
            for higher in self.above.get(predicate, ()):
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

    def _respecialise(self) -> None:
        raise NotImplementedError("the engine does")

    def _apply(self) -> None:
        raise NotImplementedError("the engine does")

    def run(self) -> None:
        raise NotImplementedError("the engine does")

    # Admission: to_add becomes recent.

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
            unknown = difference(keys, self.facts[predicate].keys)
            self._extend(predicate, unknown, Stage.RESTATED)
            new[predicate] = merge(new[predicate], unknown)
        passed: set[int] = set()
        for predicate, keys in new.items():
            for higher in self.above.get(predicate, ()):
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
            for higher in self.above.get(predicate, ()):
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
            variable.extend(difference(higher, variable.keys), self.stage(Stage.TYPED_UP))

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

    def _check_memory(self, triples: int) -> None:
        if self.memory_limit_mb is None:
            return
        # Both orientations, the log, and columns on the way.
        used = triples * 8 * (3 + _WORKING_SPACE)
        if used > self.memory_limit_mb << 20:
            raise LimitError(
                f"memory_limit_mb={self.memory_limit_mb}",
                f"the closure has grown to {triples} triples",
                hint="raise the limit, or leave out the axiom that multiplies triples",
            )

    # Equality.

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
        if changed:
            self._rename(changed)
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

    def _renamed(self, keys: Keys) -> Keys:
        return self.equality.renamed(keys)

    def _rename(self, changed: set[int]) -> None:
        """Rules eq-rep-s, eq-rep-p and eq-rep-o: say it of the representatives."""
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
        for higher in self.above.get(predicate, ()):
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

    # Literals by value.

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

    def _pass_up_new_properties(self) -> None:
        """Bring the closure of subproperties up to date."""
        above: dict[int, list[int]] = defaultdict(list)
        for key in self.facts.forward(SUB_PROPERTY_OF).tolist():
            lower, higher = key >> 32, key & 0xFFFFFFFF
            if lower != higher:
                above[lower].append(higher)
                self._constants.update((lower, higher))
        old, self.above = self.above, dict(above)
        for lower, highers in self.above.items():
            variable = self.facts.get(lower)
            if variable is None or not len(variable):
                continue
            for higher in set(highers) - set(old.get(lower, ())):
                self._put_forward(higher, variable.forward())
                self._count("prp-spo1", len(variable), len(variable))

    def _pass_up_new_classes(self) -> None:
        """Bring the closure of subclasses up to date."""
        edges = self.facts.forward(SUB_CLASS_OF)
        lower_classes, higher_classes = leading(edges), trailing(edges)
        is_used = lower_classes != higher_classes
        if not self.is_thing_open:
            is_used &= higher_classes != THING
        edges = edges[is_used]
        self._constants.update(leading(edges).tolist(), trailing(edges).tolist())
        fresh = difference(edges, self.class_edges)
        self.class_edges = edges
        if len(fresh):
            self.facts[TYPE].put_keys(self._classes_above(self.facts[TYPE].keys, fresh))


def put_into(facts: Facts, predicate: int, keys: Keys) -> None:
    """Put forward keys into a variable of either orientation."""
    variable = facts[predicate]
    if variable.is_class_led:
        variable.put(leading(keys), trailing(keys))
    else:
        variable.put_keys(keys)
