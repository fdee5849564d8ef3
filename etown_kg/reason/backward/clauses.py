"""Rules without premises: what holds of literals by their values, and the axiomatic triples."""

from __future__ import annotations

import numpy as np

from etown_kg.reason.backward.derivation import Derivation, Goal
from etown_kg.reason.dictionary import (
    ANNOTATION_PROPERTIES,
    DATATYPES,
    DIFFERENT_FROM,
    LITERAL,
    SAME_AS,
    TYPE,
)
from etown_kg.reason.fixpoint import Engine
from etown_kg.reason.rules import RULE


def clauses_of(engine: Engine, goal: Goal) -> list[Derivation]:
    """The rule without premises that concludes a goal, [] if none does."""
    subject, predicate, object_ = goal
    kinds = engine.dictionary.kinds
    literals = engine.literals
    is_literals = kinds[subject] >= LITERAL and kinds[object_] >= LITERAL
    rule = ""
    if predicate == SAME_AS and subject == object_:
        rule = "eq-ref"
    elif predicate == SAME_AS and is_literals and literals.is_same(subject, object_):
        rule = "dt-eq"
    elif predicate == DIFFERENT_FROM and is_literals and literals.is_different(subject, object_):
        rule = "dt-diff"
    elif predicate == TYPE and kinds[subject] >= LITERAL and object_ in DATATYPES:
        if literals.in_datatype(np.array([subject]), object_)[0]:
            rule = "dt-type2"
    elif goal in _axioms():
        rule = _axioms()[goal]
    return [Derivation(RULE[rule], (), 0)] if rule else []


def _axioms() -> dict[Goal, str]:
    """The triples of the rules without a body, and their rules."""
    if not _AXIOMS:
        for rule_id in ("cls-thing", "cls-nothing1"):
            s, p, o = RULE[rule_id].heads[0]
            assert isinstance(s, int)
            assert isinstance(p, int)
            assert isinstance(o, int)
            _AXIOMS[s, p, o] = rule_id
        for numbers, rule_id in ((ANNOTATION_PROPERTIES, "prp-ap"), (DATATYPES, "dt-type1")):
            class_ = RULE[rule_id].heads[0].object
            assert isinstance(class_, int)
            _AXIOMS.update(((number, TYPE, class_), rule_id) for number in numbers)
    return _AXIOMS


_AXIOMS: dict[Goal, str] = {}
