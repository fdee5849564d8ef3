"""Rounds until nothing is recent: the engine that runs the rules over columns of numbers.

A round *admits* what the last one put into to_add, and then *applies* every rule that reads
something recent; admission is `admission.py`.

The ontology's own triples are closed first; the facts then meet specialised rules (`schema.py`).
Facts may bring new schema triples all the same (a class that is the same as another, a property
below rdfs:subClassOf): instances that are new are then evaluated over everything, which makes the
result complete on any graph. No rule makes new terms, so the rounds end.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from etown_kg.reason.consequences import (
    CARDINALITIES,
    TURNING,
    WATCHED,
    WATCHED_CLASSES,
    Consequences,
)
from etown_kg.reason.dictionary import (
    CLASS,
    FIRST,
    LIST_MEMBER,
    LITERAL,
    NOTHING,
    REST,
    SAME_AS,
    THING,
    TYPE,
    Dictionary,
)
from etown_kg.reason.equality import VOCABULARY_SIZE, Edges, edges_of
from etown_kg.reason.join import UNIT, Atom, Bindings, match, match_recent, solve
from etown_kg.reason.lists import LIST_PROPERTIES, read_lists
from etown_kg.reason.long_lists import INTERSECTION, KEY, chain_pairs, common_members, identities
from etown_kg.reason.progress import put_into
from etown_kg.reason.relation import (
    EMPTY,
    Ids,
    Keys,
    difference,
    distinct,
    distinct_leading,
    leading,
    ranges,
    slice_of,
    swapped,
    trailing,
    union,
)
from etown_kg.reason.rounds import Round, RuleCount
from etown_kg.reason.rules import Rule
from etown_kg.reason.schema import (
    GENERAL,
    SCHEMA_CLASSES,
    SCHEMA_PREDICATES,
    Instance,
    LongInstance,
    atom_of,
    specialise,
    specialise_long,
)
from etown_kg.reason.transitive import growth
from etown_kg.reason.variable import Variable


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


class Engine(Consequences):
    """Runs the rules on the facts until nothing is new.

    `is_full` runs the rules that the lean profile does without (see `profile.py`).
    `memory_limit_mb` bounds the columns; LimitError when they would outgrow it.
    """

    def __init__(
        self, dictionary: Dictionary, *, is_full: bool = False, memory_limit_mb: int | None = None
    ) -> None:
        super().__init__(dictionary, is_full=is_full, memory_limit_mb=memory_limit_mb)
        # Axioms with long lists, and what is recent about them.
        self._touched: dict[int, tuple[LongInstance, list[Ids]]] = {}
        self._made: dict[tuple[object, ...], Instance] = {}
        self._general_by_predicate: dict[int, list[tuple[_General, int]]] = {}
        for general in GENERAL_RULES:
            for i, atom in enumerate(general.body):
                self._general_by_predicate.setdefault(atom.predicate, []).append((general, i))

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

    # Rules on what is recent.

    def _apply(self) -> None:
        self._touched.clear()
        for predicate, variable in self.facts:
            if not len(variable.recent):
                continue
            is_deleting = self._sink is not self.facts
            for general, i in self._general_by_predicate.get(predicate, ()):
                if general.rule.id not in _TRANSITIVE or is_deleting:
                    self._apply_general(general, i, variable)
                elif i == 0:
                    self._grow(predicate, variable, general.rule.id)
            if predicate in SCHEMA_PREDICATES or predicate in CARDINALITIES:
                self._is_schema_dirty = True
            if predicate in (FIRST, REST) or predicate in LIST_PROPERTIES:
                self._are_lists_dirty = True
            if predicate in WATCHED:
                self._is_schema_dirty = True
            triggered = self._by_predicate.get(predicate, ())
            is_often = len(triggered) > _OFTEN
            for instance, i in triggered:
                if instance.rule.id in _IDENTITY:
                    self._identify(instance, i, variable.recent_forward(), None)
                elif instance.rule.id == "prp-trp" and not is_deleting:
                    if i == 0:
                        self._grow(predicate, variable, "prp-trp")
                else:
                    rows = match_recent(instance.body[i], variable, is_often=is_often)
                    self._conclude_rest(instance, i, rows)
            for long in self._long_by_predicate.get(predicate, ()):
                column = leading(variable.recent_forward())
                self._touch(long, column)
            if predicate == TYPE:
                self._apply_types(variable)
        for long, columns in self._touched.values():
            self._evaluate_long(long, distinct(np.concatenate(columns)))

    def _touch(self, instance: LongInstance, column: Ids) -> None:
        # By identity: to hash an instance is to hash its list.
        self._touched.setdefault(id(instance), (instance, []))[1].append(column)

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
            if class_ in SCHEMA_CLASSES or class_ in WATCHED_CLASSES:
                self._is_schema_dirty = True
            triggered = self._by_class.get(class_, ())
            longs = self._long_by_class.get(class_, ())
            if not triggered and not longs:
                continue
            members = trailing(recent[start:end])
            for long in longs:
                self._touch(long, members)
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
            if instance.rule.id in TURNING and not self._has_literal_subjects:
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
            self._merge_by(instance, edges)

    def _merge_by(self, instance: Instance, edges: Edges) -> None:
        self._edges.append(edges)
        for atom in instance.body:
            class_ = atom.object if atom.predicate == TYPE else -1
            self._merging.add((atom.predicate, class_))

    def _evaluate(self, instance: Instance) -> None:
        """A new instance, over everything."""
        if instance.rule.id in _IDENTITY:
            edges = edges_of(self.facts, instance, None)
            if len(edges.first):
                self._merge_by(instance, edges)
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

    def _evaluate_long(self, instance: LongInstance, touched: Ids | None = None) -> None:
        """An axiom with a long list, over everything or over what something recent touches."""
        name, subject = instance.rule.id, instance.subject
        if name == KEY:
            edges = identities(self.facts, instance, touched)
            concluded = len(edges.first)
            if concluded:
                self._edges.append(edges)
                self._merging.add((TYPE, subject))
                self._merging.update((member, -1) for member in instance.members)
        elif name == INTERSECTION:
            members = common_members(self.facts, instance, touched)
            concluded = len(members)
            if concluded:
                self._put_head(Atom(TYPE, -1, subject), Bindings({-1: members}, concluded))
        else:
            pairs = chain_pairs(self.facts, instance)
            concluded = len(pairs)
            if concluded:
                put_into(self._sink, subject, pairs)
        self._count(name, len(touched) if touched is not None else 0, concluded)

    # The ontology has grown.

    def _respecialise(self) -> None:
        self._is_schema_dirty = False
        self.facts.term_count = len(self.dictionary)
        if self._are_lists_dirty:
            self._are_lists_dirty = False
            self.lists = read_lists(self.facts)
            self.facts[LIST_MEMBER].put_keys(self.lists.pairs())
        instances = dict.fromkeys(specialise(self.facts, self.lists, self._made))
        fresh = [instance for instance in instances if instance not in self.instances]
        self.instances = instances
        long = dict.fromkeys(specialise_long(self.facts, self.lists))
        fresh_long = [instance for instance in long if instance not in self.long]
        self.long = long
        self._index_instances()
        self._pass_up_new_properties()
        self._open_classes()
        self._pass_up_new_classes()
        for instance in fresh:
            self._evaluate(instance)
        for long_instance in fresh_long:
            self._evaluate_long(long_instance)
        compared = self._compared_properties()
        unseen = compared - self._compared
        self._compared |= compared
        if not self._compares_all and self._must_compare_all():
            self._compares_all = True
            unseen = {predicate for predicate, _ in self.facts}
        self._compare(unseen)

    def _index_instances(self) -> None:
        self._by_predicate, self._by_class = {}, {}
        self._long_by_predicate, self._long_by_class = {}, {}
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

        for long in self.long:
            self._constants.add(long.subject)
            self._constants.update(long.members)
            by_class, by_predicate = self._long_by_class, self._long_by_predicate
            if long.rule.id == KEY:
                by_class.setdefault(long.subject, []).append(long)
            for member in set(long.members):
                index = by_class if long.rule.id == INTERSECTION else by_predicate
                index.setdefault(member, []).append(long)


# From so many rules on one predicate its recent pairs are worth sorting by object too.
_OFTEN = 16
_TRANSITIVE = frozenset({"scm-sco", "scm-spo"})
_IDENTITY = frozenset({"prp-fp", "prp-ifp", "prp-key", "cls-maxc2", "cls-maxqc3", "cls-maxqc4"})
