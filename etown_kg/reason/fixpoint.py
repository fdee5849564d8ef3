"""Rounds until nothing is recent: the engine that runs the rules over columns of numbers.

A round *admits* what the last one put into to_add, and then *applies* every rule that reads
something recent. Admission also saturates: a new pair of a property goes to all properties above
it (prp-spo1), a new instance of a class to all classes above it (cax-sco). Both closures are known
by then, so each pair is passed on once.

The ontology's own triples are closed first; the facts then meet specialised rules (`schema.py`).
Facts may bring new schema triples all the same (a class that is the same as another, a property
below rdfs:subClassOf): instances that are new are then evaluated over everything, which makes the
result complete on any graph. No rule makes new terms, so the rounds end.

Stages order derivations for `explain.py`: a triple's premises have lower stages than itself. A
round has STAGES_PER_ROUND of them, see `_Stage`.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from etown_kg.errors import LimitError
from etown_kg.reason.dictionary import (
    ANNOTATION_PROPERTIES,
    CLASS,
    DATATYPE,
    DATATYPES,
    FIRST,
    LIST_MEMBER,
    LITERAL,
    NOTHING,
    REST,
    SAME_AS,
    SUB_CLASS_OF,
    SUB_PROPERTY_OF,
    THING,
    TYPE,
    Dictionary,
    number_of,
)
from etown_kg.reason.equality import VOCABULARY_SIZE, Edges, Equality, edges_of
from etown_kg.reason.join import UNIT, Atom, Bindings, match, solve
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
    union,
)
from etown_kg.reason.rules import Rule
from etown_kg.reason.schema import (
    GENERAL,
    LIST_PROPERTIES,
    SCHEMA_CLASSES,
    SCHEMA_PREDICATES,
    Instance,
    Lists,
    atom_of,
    read_lists,
    specialise,
)
from etown_kg.reason.transitive import growth
from etown_kg.reason.variable import Facts, Variable
from etown_kg.vocab import OWL

STAGES_PER_ROUND = 8
# A row on its way through a join: its columns, their sorted copy, and the key made of them.
_BYTES_PER_ROW = 64
# Columns on the way take up to this many times the room of the facts themselves.
_WORKING_SPACE = 3


class _Stage(IntEnum):
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


class _General(NamedTuple):
    """A rule that is evaluated as it stands."""

    rule: Rule
    body: tuple[Atom, ...]
    heads: tuple[Atom, ...]


def _general(rule: Rule) -> _General:
    index: dict[str, int] = {}
    body = tuple(atom_of(pattern, index) for pattern in rule.flat_patterns)
    return _General(rule, body, tuple(atom_of(pattern, index) for pattern in rule.heads))


GENERAL_RULES = tuple(_general(rule) for rule in GENERAL)
_ANNOTATION_PROPERTY = number_of(OWL + "AnnotationProperty")
# What makes even a reflexive pair of a property count, and the classes whose members the lean
# profile leaves out: where an ontology uses them, what is left out would have consequences.
_RESTRICTING = frozenset(
    number_of(OWL + name) for name in ("IrreflexiveProperty", "AsymmetricProperty")
)
_LEFT_OUT_CLASSES = frozenset({DATATYPE, _ANNOTATION_PROPERTY})
_CLASH_CLASS_PROPERTIES = tuple(number_of(OWL + name) for name in ("disjointWith", "complementOf"))
_ON_CLASS = number_of(OWL + "onClass")
# Rules that compare literals by value, and those clashes that do.
_CARDINALITIES = tuple(
    number_of(OWL + name) for name in ("maxCardinality", "maxQualifiedCardinality")
)
_HAS_VALUE = number_of(OWL + "hasValue")
_COMPARING = frozenset({"prp-ifp", "prp-key", "cls-hv2"})
_TURNING = frozenset({"prp-symp", "prp-inv1", "prp-inv2"})
_DISJOINT_PROPERTIES = number_of(OWL + "propertyDisjointWith")
_ALL_DISJOINT_PROPERTIES = number_of(OWL + "AllDisjointProperties")
_ASSERTION_PROPERTY = number_of(OWL + "assertionProperty")
_TARGET_VALUE = number_of(OWL + "targetValue")
_DIFFERENT = number_of(OWL + "differentFrom")
_MEMBERS = number_of(OWL + "members")


class Engine:
    """The facts of one closure and what the ontology makes of the rules.

    `is_full` runs the rules that the lean profile does without (see `profile.py`).
    `memory_limit_mb` bounds the columns; LimitError when they would outgrow it.
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
        self.above: dict[int, list[int]] = {}
        self.class_edges: Keys = EMPTY
        self.has_axioms = False
        self.is_thing_open = False
        self._edges: list[Edges] = []
        self._by_predicate: dict[int, list[tuple[Instance, int]]] = {}
        self._by_class: dict[int, list[tuple[Instance, int]]] = {}
        self._general_by_predicate: dict[int, list[tuple[_General, int]]] = {}
        for general in GENERAL_RULES:
            for i, atom in enumerate(general.body):
                self._general_by_predicate.setdefault(atom.predicate, []).append((general, i))
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

    def load(self, triples: Mapping[int, Keys]) -> None:
        """Close over these triples too: sorted forward keys by predicate."""
        # Rules cls-thing and cls-nothing1.
        self.facts[TYPE].put(np.array([THING, NOTHING]), CLASS)
        self._type_literals(set())
        schema: dict[int, Keys] = {}
        facts: dict[int, Keys] = {}
        for predicate, keys in triples.items():
            if predicate == TYPE:
                is_schema = trailing(keys) < VOCABULARY_SIZE
                schema[TYPE], facts[TYPE] = keys[is_schema], keys[~is_schema]
            elif predicate < VOCABULARY_SIZE:
                schema[predicate] = keys
            else:
                facts[predicate] = keys
        for part in (schema, facts):
            for predicate, keys in part.items():
                name = self.equality.representative(predicate)
                # Pairs of owl:sameAs stay as asserted: proofs name them.
                is_raw = predicate == SAME_AS
                self._put_forward(name, keys if is_raw else self._renamed(keys))
            self.run()

    def _put_forward(self, predicate: int, keys: Keys) -> None:
        _put(self.facts, predicate, keys)

    def run(self) -> None:
        """Rounds until nothing is left to add and the rules fit the ontology."""
        while True:
            started = time.perf_counter()
            self._counts = {}
            self.round += 1
            new = self._admit()
            if new:
                self._apply()
                for _, variable in self.facts:
                    variable.settle()
            elif self._edges or any(variable.has_additions for _, variable in self.facts):
                continue
            elif self._is_schema_dirty:
                self._respecialise()
                self._restate_strings()
            elif self.literals.has_new_strings(self._restated_strings):
                self._restate_strings()
            elif not self._add_reflexive() and not self._unite_spellings():
                return
            counts = tuple(RuleCount(rule, *count) for rule, count in self._counts.items())
            milliseconds = (time.perf_counter() - started) * 1000
            self.rounds.append(Round(self.round, new, milliseconds, counts))

    def put_forward(self, predicate: int, keys: Keys) -> None:
        """Put forward keys, in any order, into to_add; `run` goes on from there."""
        self._put_forward(predicate, keys)

    def restate_subjects(self, predicate: int, subjects: Ids) -> None:
        """Put the values of what the facts still say of these subjects, for deletions."""
        if predicate in self._compared or self._compares_all:
            keys = self.facts.forward(predicate)
            _, places = expand(*ranges(keys, subjects))
            self._put_forward(predicate, self._with_values(keys[places]))

    def conclude_from(self, delta: Mapping[int, Keys], sink: Facts) -> None:
        """Put what follows from some known pairs, with all the others, into another store.

        `delta` holds sorted keys in the variables' own orientation, all of them known.
        """
        for predicate, keys in delta.items():
            variable = self.facts[predicate]
            variable.revisit(keys)
            forward = variable.recent_forward()
            for higher in self.above.get(predicate, ()):
                _put(sink, higher, forward)
            if predicate in self._compared or self._compares_all:
                _put(sink, predicate, self._with_values(forward))
        if TYPE in delta:
            sink[TYPE].put_keys(self._classes_above(delta[TYPE], self.class_edges))
        self._sink = sink
        self._apply()
        self._sink = self.facts
        self._edges = []
        for predicate in delta:
            self.facts[predicate].settle()

    def stage(self, part: int) -> int:
        """The number of a stage of this round."""
        return self.round * STAGES_PER_ROUND + part

    def _count(self, rule: str, read: int, concluded: int) -> None:
        count = self._counts.setdefault(rule, [0, 0])
        count[0] += read
        count[1] += concluded

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
            self._extend(predicate, keys, _Stage.CONCLUDED)
        for predicate, keys in restated.items():
            unknown = difference(keys, self.facts[predicate].keys)
            self._extend(predicate, unknown, _Stage.RESTATED)
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
            self._extend(predicate, additions, _Stage.PASSED_UP)
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
        variable.extend(new, self.stage(_Stage.TYPED))
        if self._compares_all:
            for keys in self._restate({TYPE: swapped(new)}).values():
                variable.put_keys(swapped(keys))
        higher = self._classes_above(new, self.class_edges)
        if len(higher):
            variable.extend(difference(higher, variable.keys), self.stage(_Stage.TYPED_UP))

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
            changed |= self.equality.unite(batch, self.stage(_Stage.EQUAL))
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
        if is_edge.any():
            self._edges.append(Edges(first[is_edge], second[is_edge], None))
        rigid = keys[(first != second) & ~is_edge]
        for key in rigid.tolist():
            self.equality.rigid.setdefault(key >> 32, set()).add(key & 0xFFFFFFFF)
            self.equality.rigid.setdefault(key & 0xFFFFFFFF, set()).add(key >> 32)
            keys = np.append(keys, (key & 0xFFFFFFFF) << 32 | key >> 32)
        kept = self._renamed(
            keys[np.isin(keys, keys[is_edge], invert=True)] if is_edge.any() else keys
        )
        variable.extend(difference(kept, variable.keys), self.stage(_Stage.CONCLUDED))

    def _renamed(self, keys: Keys) -> Keys:
        if not self.equality or not len(keys):
            return keys
        table = self.equality.table()
        return distinct(pack(table[leading(keys)], table[trailing(keys)]))

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
                variable.note(pending, self.stage(_Stage.EQUAL))
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
                self.facts[target].extend(new, self.stage(_Stage.RENAMED))
                self._pass_renamed(target, new)
        if changed & self._constants or min(cliques) < VOCABULARY_SIZE:
            # Rules that name a term by its old number must not run again.
            self._are_lists_dirty = True
            self._respecialise()

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
                    self.stage(_Stage.RENAMED),
                )
                source = self.facts.get(one)
                if source is not None and len(source):
                    self._put_forward(other, source.forward())
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
                self._rename(self.equality.unite_spellings(*pair, self.stage(_Stage.EQUAL)))
            for predicate, variable in self.facts:
                if not self._compares_all and predicate not in self._compared:
                    continue
                subjects = slice_of(variable.backward(), string)
                self._put_forward(predicate, self._renamed(pack(subjects, value)))
                objects = slice_of(variable.forward(), string)
                self._put_forward(predicate, self._renamed(pack(value, objects)))

    # Rules on what is recent.

    def _apply(self) -> None:
        for predicate, variable in self.facts:
            if not len(variable.recent):
                continue
            is_deleting = self._sink is not self.facts
            for general, i in self._general_by_predicate.get(predicate, ()):
                if general.rule.id not in _TRANSITIVE or is_deleting:
                    self._apply_general(general, i, variable)
                elif i == 0:
                    self._grow(predicate, variable, general.rule.id)
            if predicate in SCHEMA_PREDICATES or predicate in _CARDINALITIES:
                self._is_schema_dirty = True
            if predicate in (FIRST, REST) or predicate in LIST_PROPERTIES:
                self._are_lists_dirty = True
            if predicate in _WATCHED:
                self._is_schema_dirty = True
            for instance, i in self._by_predicate.get(predicate, ()):
                if instance.rule.id in _IDENTITY:
                    self._identify(instance, i, variable.recent_forward(), None)
                elif instance.rule.id == "prp-trp" and not is_deleting:
                    if i == 0:
                        self._grow(predicate, variable, "prp-trp")
                else:
                    rows = match(instance.body[i], variable.recent_forward())
                    self._conclude_rest(instance, i, rows)
            if predicate == TYPE:
                self._apply_types(variable)

    def _grow(self, predicate: int, variable: Variable, rule: str) -> None:
        """A transitive relation: everything that its recent pairs lead to."""
        recent = variable.recent_forward()
        fresh = difference(recent, self._grown.pop(predicate, EMPTY))
        if not len(fresh):
            return
        known = difference(variable.forward(), fresh)
        if rule == "prp-trp" and predicate in self.symmetric:
            # Both directions at once: else each pair would meet all the others turned round.
            fresh = union(fresh, difference(swapped(fresh), known))
        found = growth(known, fresh, self.facts.row_limit)
        found = union(found, difference(fresh, recent))
        if len(found):
            self._grown[predicate] = found
            self._put_forward(predicate, found)
        self._count(rule, len(fresh), len(found))

    def _apply_types(self, variable: Variable) -> None:
        recent = variable.recent_backward()
        classes = distinct_leading(recent)
        starts, ends = ranges(recent, classes)
        for class_, start, end in zip(
            classes.tolist(), starts.tolist(), ends.tolist(), strict=True
        ):
            if class_ in SCHEMA_CLASSES or class_ in _WATCHED_CLASSES:
                self._is_schema_dirty = True
            triggered = self._by_class.get(class_)
            if not triggered:
                continue
            members = trailing(recent[start:end])
            for instance, i in triggered:
                if instance.rule.id in _IDENTITY:
                    self._identify(instance, i, None, members)
                else:
                    rows = Bindings({instance.body[i].subject: members}, len(members))
                    self._conclude_rest(instance, i, rows)

    def _apply_general(self, general: _General, i: int, variable: Variable) -> None:
        atom = general.body[i]
        others = (*general.body[:i], *general.body[i + 1 :])
        if any(not self.facts.size(other.predicate) for other in others):
            return
        if variable.is_class_led and atom.object >= 0 and atom.subject < 0:
            column = slice_of(variable.recent_backward(), atom.object)
            rows = Bindings({atom.subject: column}, len(column))
        else:
            rows = match(atom, variable.recent_forward())
        if not rows.count:
            return
        keep = {term for head in general.heads for term in head if term < 0}
        solutions = solve(self.facts, others, rows, keep)
        if not solutions.count:
            return
        for head in general.heads:
            self._put_head(head, solutions)
        self._count(general.rule.id, rows.count, solutions.count * len(general.heads))

    def _conclude_rest(self, instance: Instance, i: int, rows: Bindings) -> None:
        """Solve the body apart from pattern `i`, whose rows are given, and put the heads."""
        if not rows.count:
            return
        others = (*instance.body[:i], *instance.body[i + 1 :])
        head = instance.head
        keep = {term for term in head if term < 0}
        solutions = solve(self.facts, others, rows, keep) if others else rows
        if solutions.count:
            if instance.rule.id in _TURNING and not self._has_literal_subjects:
                self._watch_subjects(solutions.columns[head.subject])
            if head.object in self._inert and instance.rule.id == "prp-rng":
                solutions = self._without_literals(solutions, head.subject)
            self._put_head(head, solutions)
            self._count(instance.rule.id, rows.count, solutions.count)

    def _without_literals(self, solutions: Bindings, variable: int) -> Bindings:
        """Drop literals: their type is not read by any rule but dt-not-type, which looks itself."""
        return solutions.take(self.dictionary.kinds[solutions.columns[variable]] < LITERAL)

    def _watch_subjects(self, subjects: Ids) -> None:
        """Literals that get into a subject's place are to be compared by value everywhere."""
        if bool((self.dictionary.kinds[subjects] >= LITERAL).any()):
            self._has_literal_subjects = self._is_schema_dirty = True

    def _put_head(self, head: Atom, solutions: Bindings) -> None:
        if head.predicate < 0:
            for predicate in distinct(solutions.columns[head.predicate]).tolist():
                rows = solutions.take(solutions.columns[head.predicate] == predicate)
                self._put_head(Atom(predicate, head.subject, head.object), rows)
            return
        subject, object_ = solutions.value(head.subject), solutions.value(head.object)
        if (
            head.predicate == TYPE
            and isinstance(object_, int)
            and object_ == THING
            and not self.is_thing_open
        ):
            return
        if isinstance(subject, int) and isinstance(object_, int):
            subject = np.array([subject])
        if isinstance(subject, int):
            subject = np.full(solutions.count, subject, dtype=np.int64)
        self._sink[head.predicate].put(subject, object_)

    def _identify(
        self, instance: Instance, i: int, recent: Keys | None, members: Ids | None
    ) -> None:
        """A rule that concludes owl:sameAs: look at the groups that something recent touches."""
        atom = instance.body[i]
        rule = instance.rule
        touched: Ids | None = None
        if members is not None:
            if atom.subject == instance.body[0].subject:
                touched = members
        elif recent is not None:
            touched = distinct(trailing(recent) if rule.id == "prp-ifp" else leading(recent))
        edges = edges_of(self.facts, instance, touched)
        self._count(rule.id, len(touched) if touched is not None else 0, len(edges.first))
        if len(edges.first):
            self._edges.append(edges)

    def _evaluate(self, instance: Instance) -> None:
        """A new instance, over everything."""
        if instance.rule.id in _IDENTITY:
            edges = edges_of(self.facts, instance, None)
            if len(edges.first):
                self._edges.append(edges)
            return
        if any(not self.facts.size(atom.predicate) for atom in instance.body):
            return
        if instance.rule.id == "prp-trp":
            # Until now the relation was not followed at all.
            keys = self.facts.forward(instance.head.predicate)
            self._grown.pop(instance.head.predicate, None)
            found = growth(EMPTY, keys, self.facts.row_limit)
            self._put_forward(instance.head.predicate, found)
            return
        keep = {term for term in instance.head if term < 0}
        solutions = solve(self.facts, instance.body, UNIT, keep)
        if solutions.count:
            if instance.head.object in self._inert and instance.rule.id == "prp-rng":
                solutions = self._without_literals(solutions, instance.head.subject)
            self._put_head(instance.head, solutions)
            self._count(instance.rule.id, solutions.count, solutions.count)

    # The ontology has grown.

    def _respecialise(self) -> None:
        self._is_schema_dirty = False
        self.facts.term_count = len(self.dictionary)
        if self._are_lists_dirty:
            self._are_lists_dirty = False
            self.lists = read_lists(self.facts)
            pairs = sorted(set(self.lists.pairs()))
            if pairs:
                columns = np.array(pairs, dtype=np.int64)
                self.facts[LIST_MEMBER].put(columns[:, 0], columns[:, 1])
        instances = dict.fromkeys(specialise(self.facts, self.lists))
        fresh = [instance for instance in instances if instance not in self.instances]
        self.instances = instances
        self._index_instances()
        self._pass_up_new_properties()
        self._open_classes()
        self._pass_up_new_classes()
        for instance in fresh:
            self._evaluate(instance)
        compared = self._compared_properties()
        unseen = compared - self._compared
        self._compared |= compared
        if not self._compares_all and self._must_compare_all():
            self._compares_all = True
            unseen = {predicate for predicate, _ in self.facts}
        self._compare(unseen)

    def _index_instances(self) -> None:
        self._by_predicate, self._by_class = {}, {}
        self._constants = set()
        self.symmetric = {i.body[0].predicate for i in self.instances if i.rule.id == "prp-symp"}
        for instance in self.instances:
            self._constants.update(instance.head)
            seen = set()
            for i, atom in enumerate(instance.body):
                self._constants.update(atom)
                if instance.rule.id in _IDENTITY:
                    # y1 and y2, or the two members of a keyed class, play one role.
                    is_first = atom.subject == instance.body[0].subject
                    role = (atom.predicate, max(atom.object, -1), is_first)
                    if role in seen:
                        continue
                    seen.add(role)
                if atom.predicate == TYPE and atom.object >= 0:
                    self._by_class.setdefault(atom.object, []).append((instance, i))
                else:
                    self._by_predicate.setdefault(atom.predicate, []).append((instance, i))

    def _open_classes(self) -> None:
        """Find which of the classes that are left out by default have consequences here."""
        facts = self.facts
        below = facts.forward(SUB_CLASS_OF)
        used = set(self._by_class)
        for predicate in _CLASH_CLASS_PROPERTIES:
            used.update(leading(facts.forward(predicate)).tolist())
            used.update(trailing(facts.forward(predicate)).tolist())
        # Rules cls-maxqc2 and cls-maxqc4 do for owl:Thing without its members.
        used.update(set(trailing(facts.forward(_ON_CLASS)).tolist()) - {THING})
        used.update(member for _, member in self.lists.pairs())
        edges = below[leading(below) != trailing(below)]
        above_thing = slice_of(edges, THING)
        has_others = set(distinct_leading(edges).tolist())
        is_type_read = bool(self._by_predicate.get(TYPE) or self.above.get(TYPE))
        is_strange = bool(
            len(above_thing)
            or THING in used
            or len(self.equality.members(THING)) > 1
            or len(facts.instances(NOTHING))
            or THING in self.equality.rigid
            or is_type_read
        )
        strange_reflexive = self._is_spoken_of(SAME_AS)
        if self.is_full and self._is_spoken_of(_DIFFERENT):
            self._is_different_open = True
        strange_class = any(c in used or c in has_others for c in _LEFT_OUT_CLASSES)
        strange_class |= any(
            len(self.equality.members(number)) > 1
            for number in (*ANNOTATION_PROPERTIES, *DATATYPES, *_LEFT_OUT_CLASSES)
        )
        if (self.is_full or is_strange) and not self.is_thing_open:
            self.is_thing_open = True
            self._evaluate_over_thing()
        if (
            self.is_full or is_strange or strange_reflexive or strange_class
        ) and not self.has_axioms:
            self._add_axioms()
        self._is_reflexive |= strange_reflexive
        # A name of a literal is in all datatypes that the literal is in, and that is shown.
        is_open = self.is_full or self.equality.has_literals or is_type_read
        datatypes = {d for d in DATATYPES if is_open or d in used or d in has_others}
        self._inert = frozenset(DATATYPES) - datatypes
        self._type_literals(datatypes)

    def _is_spoken_of(self, property_: int) -> bool:
        """Whether an axiom makes pairs of this vocabulary property count elsewhere."""
        for predicate, variable in self.facts:
            if predicate == TYPE:
                if _RESTRICTING & set(self.facts.objects(TYPE, property_).tolist()):
                    return True
            elif predicate < VOCABULARY_SIZE and predicate not in ANNOTATION_PROPERTIES:
                others = np.concatenate(
                    (
                        slice_of(variable.forward(), property_),
                        slice_of(variable.backward(), property_),
                    )
                )
                if bool((others != property_).any()):
                    return True
        return bool(self.equality.rigid.get(property_))

    def _evaluate_over_thing(self) -> None:
        """Evaluate again what was left out while owl:Thing had no consequences."""
        for instance in self.instances:
            if instance.head.predicate == TYPE and instance.head.object == THING:
                self._evaluate(instance)

    def _add_axioms(self) -> None:
        """Rules prp-ap and dt-type1."""
        self.has_axioms = True
        self.facts[TYPE].put(np.array(ANNOTATION_PROPERTIES), _ANNOTATION_PROPERTY)
        self.facts[TYPE].put(np.array(DATATYPES), DATATYPE)

    def _add_reflexive(self) -> bool:
        """Rules eq-ref and dt-diff when their triples have consequences; whether any is new."""
        if not self._is_reflexive and not self._is_different_open:
            return False
        if self._is_different_open:
            numbers = self.literals.all_literals()
            known = self.facts[_DIFFERENT].keys
            found = self._renamed(self.literals.different_pairs(numbers))
            self.facts[_DIFFERENT].put_keys(difference(found, known))
        if not self._is_reflexive:
            return self.facts[_DIFFERENT].has_additions
        used = np.zeros(len(self.dictionary), dtype=bool)
        for predicate, variable in self.facts:
            if predicate != LIST_MEMBER and len(variable):
                used[predicate] = True
                used[leading(variable.keys)] = True
                used[trailing(variable.keys)] = True
        terms = np.flatnonzero(used)
        missing = difference(pack(terms, terms), self.facts[SAME_AS].keys)
        self.facts[SAME_AS].put_keys(missing)
        return any(self.facts[p].has_additions for p in (SAME_AS, _DIFFERENT))

    def _type_literals(self, datatypes: set[int]) -> None:
        """Rule dt-type2 for the datatypes that a rule reads."""
        if not datatypes and not self._open_datatypes:
            return
        literals = self.literals.all_literals()
        later = difference(literals, self._typed_literals)
        self._typed_literals = union(self._typed_literals, later)
        for datatype in datatypes | self._open_datatypes:
            unseen = later if datatype in self._open_datatypes else literals
            if len(unseen):
                members = unseen[self.literals.in_datatype(unseen, datatype)]
                self.facts[TYPE].put(members, datatype)
        self._open_datatypes |= datatypes

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

    def _compared_properties(self) -> set[int]:
        """The properties whose literals some rule compares by value."""
        facts = self.facts
        found = {*_CARDINALITIES, _HAS_VALUE, _TARGET_VALUE, _DIFFERENT}
        for instance in self.instances:
            if instance.rule.id not in _COMPARING:
                continue
            for atom in instance.body:
                # A value that is no literal is compared as it is.
                if atom.object < 0 or self.dictionary.kinds[atom.object] >= LITERAL:
                    found.add(atom.predicate)
        disjoint = facts.forward(_DISJOINT_PROPERTIES)
        found.update(leading(disjoint).tolist(), trailing(disjoint).tolist())
        found.update(trailing(facts.forward(_ASSERTION_PROPERTY)).tolist())
        for node in facts.instances(_ALL_DISJOINT_PROPERTIES).tolist():
            for head in facts.objects(_MEMBERS, node).tolist():
                found.update(facts.objects(LIST_MEMBER, head).tolist())
        return found

    def _must_compare_all(self) -> bool:
        """Whether literals may get into a subject's place, where any join may meet them."""
        if self.is_full or self._has_literal_subjects or self.equality.has_literals:
            return True
        kinds = self.dictionary.kinds
        for instance in self.instances:
            if instance.rule.id in _TURNING:
                keys = self.facts.forward(instance.body[0].predicate)
                if len(keys) and bool((kinds[trailing(keys)] >= LITERAL).any()):
                    return True
        return False


def _put(facts: Facts, predicate: int, keys: Keys) -> None:
    """Put forward keys into a variable of either orientation."""
    variable = facts[predicate]
    if variable.is_class_led:
        variable.put(leading(keys), trailing(keys))
    else:
        variable.put_keys(keys)


_TRANSITIVE = frozenset({"scm-sco", "scm-spo"})
_IDENTITY = frozenset({"prp-fp", "prp-ifp", "prp-key", "cls-maxc2", "cls-maxqc3", "cls-maxqc4"})
# Growth of these changes which classes and properties need care.
_WATCHED = frozenset(
    {*_CLASH_CLASS_PROPERTIES, _ON_CLASS, _DISJOINT_PROPERTIES, _ASSERTION_PROPERTY, _MEMBERS}
)
_WATCHED_CLASSES = frozenset({NOTHING, _ALL_DISJOINT_PROPERTIES})
