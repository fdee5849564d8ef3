"""Which left-out triples have consequences here, and are therefore needed after all.

The lean profile does without some rules: whole classes of triples that say nothing anybody would
ask for (`profile.py`). An ontology may still build on them, with a superclass of owl:Thing or a
domain of owl:sameAs. This is looked up whenever the ontology has grown; what is needed is then
derived, and the profile only hides it. The same goes for values of literals: they are compared
where a rule meets them, not everywhere.
"""

from __future__ import annotations

import numpy as np

from etown_kg.reason.admission import Admission
from etown_kg.reason.dictionary import (
    ANNOTATION_PROPERTIES,
    DATATYPE,
    DATATYPES,
    LIST_MEMBER,
    LITERAL,
    NOTHING,
    SAME_AS,
    SUB_CLASS_OF,
    THING,
    TYPE,
    number_of,
)
from etown_kg.reason.equality import VOCABULARY_SIZE
from etown_kg.reason.long_lists import INTERSECTION, KEY
from etown_kg.reason.profile import REFLEXIVE
from etown_kg.reason.relation import (
    Ids,
    difference,
    distinct_leading,
    leading,
    pack,
    slice_of,
    trailing,
    union,
)
from etown_kg.reason.schema import Instance, LongInstance
from etown_kg.vocab import OWL

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
CARDINALITIES = tuple(
    number_of(OWL + name) for name in ("maxCardinality", "maxQualifiedCardinality")
)
_HAS_VALUE = number_of(OWL + "hasValue")
_COMPARING = frozenset({"prp-ifp", "prp-key", "cls-hv2"})
TURNING = frozenset({"prp-symp", "prp-inv1", "prp-inv2"})
_DISJOINT_PROPERTIES = number_of(OWL + "propertyDisjointWith")
_ALL_DISJOINT_PROPERTIES = number_of(OWL + "AllDisjointProperties")
_ASSERTION_PROPERTY = number_of(OWL + "assertionProperty")
_TARGET_VALUE = number_of(OWL + "targetValue")
_DIFFERENT = number_of(OWL + "differentFrom")
_MEMBERS = number_of(OWL + "members")


# Growth of these changes which classes and properties need care.
WATCHED = frozenset(
    {*_CLASH_CLASS_PROPERTIES, _ON_CLASS, _DISJOINT_PROPERTIES, _ASSERTION_PROPERTY, _MEMBERS}
)
WATCHED_CLASSES = frozenset({NOTHING, _ALL_DISJOINT_PROPERTIES, *_RESTRICTING})


class Consequences(Admission):
    """Decides what has to be derived although it is not shown."""

    def _evaluate(self, instance: Instance) -> None:
        raise NotImplementedError("the engine does")

    def _evaluate_long(self, instance: LongInstance, touched: Ids | None = None) -> None:
        raise NotImplementedError("the engine does")

    def _open_classes(self) -> None:
        """Find which of the classes that are left out by default have consequences here."""
        facts = self.facts
        below = facts.forward(SUB_CLASS_OF)
        used = {*self._by_class, *self._long_by_class}
        for predicate in _CLASH_CLASS_PROPERTIES:
            used.update(leading(facts.forward(predicate)).tolist())
            used.update(trailing(facts.forward(predicate)).tolist())
        # Rules cls-maxqc2 and cls-maxqc4 do for owl:Thing without its members.
        used.update(set(trailing(facts.forward(_ON_CLASS)).tolist()) - {THING})
        used.update(trailing(self.lists.pairs()).tolist())
        edges = below[leading(below) != trailing(below)]
        above_thing = slice_of(edges, THING)
        has_others = set(distinct_leading(edges).tolist())
        is_type_read = bool(self._by_predicate.get(TYPE) or self.properties_above(TYPE))
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
                # That it is the same as, below or equivalent to itself says nothing new.
                is_told = predicate not in REFLEXIVE or others != property_
                if len(others) and bool(np.any(is_told)):
                    return True
        # Under another name its pairs are shown.
        return bool(self.equality.rigid.get(property_) or len(self.equality.members(property_)) > 1)

    def _evaluate_over_thing(self) -> None:
        """Evaluate again what was left out while owl:Thing had no consequences."""
        for instance in self.instances:
            if instance.head.predicate == TYPE and instance.head.object == THING:
                self._evaluate(instance)
        for long in self.long:
            if long.rule.id == INTERSECTION and long.subject == THING:
                self._evaluate_long(long)

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
            found = self._renamed(self.literals.different_pairs(numbers, self.facts.row_limit))
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
                self.facts[TYPE].put(self.equality.table()[members], datatype)
        self._open_datatypes |= datatypes

    def _compared_properties(self) -> set[int]:
        """The properties whose literals some rule compares by value."""
        facts = self.facts
        found = {*CARDINALITIES, _HAS_VALUE, _TARGET_VALUE, _DIFFERENT}
        for instance in self.instances:
            if instance.rule.id not in _COMPARING:
                continue
            for atom in instance.body:
                # A value that is no literal is compared as it is.
                if atom.object < 0 or self.dictionary.kinds[atom.object] >= LITERAL:
                    found.add(atom.predicate)
        for long in self.long:
            if long.rule.id == KEY:
                found.update(long.members)
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
            if instance.rule.id in TURNING:
                keys = self.facts.forward(instance.body[0].predicate)
                if len(keys) and bool((kinds[trailing(keys)] >= LITERAL).any()):
                    return True
        return False
