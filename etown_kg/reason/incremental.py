"""Additions and deletions on a finished closure; both end where a closure from scratch would.

(But for a graph that makes two different literals the same: it has no model, and which names are
merged before the clash is met depends on the order.)

An addition goes on with the rounds from what is new. A deletion first takes away everything with a
derivation through what is gone (*over-deletion*), then puts back what has another derivation or
was asserted (*re-derivation*), and lets the rounds go on from there (Gupta, Mumick and
Subrahmanian 1993).

Merged terms cannot be told apart again, and instances of rules are not withdrawn. So a deletion
that touches the ontology, or what may have made terms the same, or any deletion while a literal
has a name or the full profile asks for every literal, closes what is left from scratch: the
columns are in memory, and it takes about as long as sorting them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from etown_kg.reason.dictionary import SAME_AS, SUB_CLASS_OF, TYPE
from etown_kg.reason.equality import VOCABULARY_SIZE
from etown_kg.reason.fixpoint import GENERAL_RULES, Engine
from etown_kg.reason.join import Atom, Bindings, solve
from etown_kg.reason.long_lists import is_concluded
from etown_kg.reason.relation import (
    EMPTY,
    Ids,
    Keys,
    Mask,
    contains,
    difference,
    distinct_leading,
    intersection,
    leading,
    swapped,
    trailing,
    union,
)
from etown_kg.reason.source import Grouped, Quads
from etown_kg.reason.variable import Facts

# Variables that no instance uses: the row of a candidate, and a class between.
_ROW = -(1 << 30)
_BETWEEN = _ROW - 1


class Change(NamedTuple):
    """Asserted triples after an edit, and those that the edit brought or took."""

    asserted: Grouped
    changed: Grouped


def with_triples(asserted: Grouped, more: Grouped) -> Change:
    """Asserted triples and more of them; `changed` holds what was not asserted before."""
    result, changed = dict(asserted), {}
    for predicate, keys in more.items():
        known = asserted.get(predicate, EMPTY)
        fresh = difference(keys, known)
        if len(fresh):
            result[predicate] = union(known, fresh)
            changed[predicate] = fresh
    return Change(result, changed)


def without_triples(asserted: Grouped, fewer: Grouped) -> Change:
    """Asserted triples without some; `changed` holds what was asserted before."""
    result, changed = dict(asserted), {}
    for predicate, keys in fewer.items():
        known = asserted.get(predicate, EMPTY)
        gone = intersection(known, keys)
        if len(gone):
            left = known[~contains(gone, known)]
            changed[predicate] = gone
            if len(left):
                result[predicate] = left
            else:
                del result[predicate]
    return Change(result, changed)


class QuadEdit(NamedTuple):
    """Statements left, and the triples that no graph asserts any more."""

    quads: list[Quads]
    gone: Grouped


def remove_quads(quads: list[Quads], removed: Quads) -> QuadEdit:
    """Take statements out of named graphs.

    A statement given without a graph goes from all graphs; one with a graph only from it, and its
    triple is gone if no other graph has it.
    """
    everywhere = removed.graph is None
    left = [_without(part, removed, everywhere) for part in quads]
    gone = removed.grouped()
    for part in left:
        remaining = part.grouped()
        for predicate in list(gone):
            gone[predicate] = difference(gone[predicate], remaining.get(predicate, EMPTY))
    return QuadEdit([part for part in left if len(part.subject)], gone)


def _without(part: Quads, removed: Quads, everywhere: bool) -> Quads:
    keep = np.ones(len(part.subject), dtype=bool)
    graphs = np.full(len(removed.subject), -1) if removed.graph is None else removed.graph
    rows = zip(
        removed.subject.tolist(), removed.predicate.tolist(), removed.object.tolist(),
        graphs.tolist(), strict=True,
    )  # fmt: skip
    for s, p, o, g in rows:
        same = (part.subject == s) & (part.predicate == p) & (part.object == o)
        if not everywhere and part.graph is not None:
            same &= part.graph == g
        keep &= ~same
    graph = None if part.graph is None else part.graph[keep]
    return Quads(part.subject[keep], part.predicate[keep], part.object[keep], graph)


def can_withdraw(engine: Engine, gone: Grouped) -> bool:
    """Whether over-deletion can deal with these triples; else close from scratch."""
    equality = engine.equality
    if engine.is_full or equality.rigid or equality.clashes or equality.has_literals:
        return False
    return all(_is_data(predicate, keys) for predicate, keys in gone.items())


def _is_data(predicate: int, forward: Keys) -> bool:
    if predicate == TYPE:
        return not bool((trailing(forward) < VOCABULARY_SIZE).any())
    return predicate >= VOCABULARY_SIZE


def withdraw(engine: Engine, gone: Grouped, asserted: Grouped) -> bool:
    """Delete and re-derive. `asserted` is what is left.

    Returns False, with the engine untouched, if the deletion turns out to reach the ontology or
    what made terms the same.
    """
    over = _over_delete(engine, _of_representatives(engine, gone))
    if over is None:
        return False
    for predicate, variable in over:
        engine.facts[predicate].remove(variable.keys)
        if engine.equality:
            _forget_other_names(engine, predicate, variable.forward())
    for predicate, variable in over:
        if not len(variable):
            continue
        forward = variable.forward()
        derivable = _is_derivable(engine, predicate, forward)
        derivable |= _is_asserted(engine, asserted, predicate, forward)
        engine.put_forward(predicate, forward[derivable])
        engine.restate_subjects(predicate, distinct_leading(forward))
    engine.run()
    return True


def _of_representatives(engine: Engine, triples: Grouped) -> Grouped:
    """Triples in the names by which the facts know them."""
    if not engine.equality:
        return triples
    found: dict[int, Keys] = {}
    for name, keys in triples.items():
        predicate = engine.equality.representative(name)
        found[predicate] = union(found.get(predicate, EMPTY), engine.equality.renamed(keys))
    return found


def _is_asserted(engine: Engine, asserted: Grouped, predicate: int, forward: Keys) -> Mask:
    """For each triple of representatives whether it is asserted in some names of its terms."""
    equality = engine.equality
    if not equality:
        return contains(asserted.get(predicate, EMPTY), forward)
    found = np.zeros(len(forward), dtype=bool)
    spelled_count = equality.expanded_count(forward)
    for name in equality.members(predicate):
        known = asserted.get(name, EMPTY)
        if spelled_count < len(known):
            spelled = equality.expand(forward)
            known = spelled[contains(known, spelled)]
        found |= contains(equality.renamed(known), forward)
    return found


def _forget_other_names(engine: Engine, predicate: int, forward: Keys) -> None:
    """Take what was known under other names out of the logs: explanations go by them."""
    spelled = engine.equality.expand(forward)
    for name in engine.equality.members(predicate):
        variable = engine.facts.get(name)
        if variable is not None and (variable.log or variable.retired):
            variable.forget(swapped(spelled) if variable.is_class_led else spelled)


def _over_delete(engine: Engine, gone: Grouped) -> Facts | None:
    """Everything with a derivation through what is gone.

    None if that reaches the ontology, or what may have made terms the same.
    """
    facts = engine.facts
    over = Facts(TYPE)
    over.term_count = facts.term_count
    for predicate, keys in gone.items():
        variable = over[predicate]
        if variable.is_class_led:
            variable.put(leading(keys), trailing(keys))
        else:
            variable.put_keys(keys)
    while True:
        delta: dict[int, Keys] = {}
        for predicate, variable in over:
            known = facts.get(predicate)
            new = variable.additions()
            if predicate == SAME_AS and len(new):
                return None
            if known is None or not len(new):
                continue
            new = intersection(known.keys, new)
            if not len(new):
                continue
            forward = swapped(new) if variable.is_class_led else new
            if not _is_data(predicate, forward) or engine.may_have_merged(predicate, forward):
                return None
            variable.extend(new, 0)
            delta[predicate] = new
        if not delta:
            return over
        engine.conclude_from(delta, over)


def _is_derivable(engine: Engine, predicate: int, forward: Keys) -> Mask:
    """For each candidate whether one rule concludes it from the facts as they are now."""
    result = np.zeros(len(forward), dtype=bool)
    facts = engine.facts
    for lower in engine.properties_below(predicate):
        result |= contains(facts.forward(lower), forward)
    if predicate == TYPE:
        step = (Atom(SUB_CLASS_OF, _BETWEEN, -2), Atom(TYPE, -1, _BETWEEN))
        is_edge = Atom(TYPE, -1, -2)
        result |= _has_solution(facts, is_edge, step, forward)
    ways = [(instance.head, instance.body) for instance in engine.instances]
    ways += [(head, general.body) for general in GENERAL_RULES for head in general.heads]
    for head, body in ways:
        if head.predicate == predicate:
            left = np.flatnonzero(~result)
            if not len(left):
                break
            found = _has_solution(facts, head, body, forward[left])
            result[left[found]] = True
    for long in engine.long:
        found_keys = is_concluded(facts, long, predicate, forward)
        result |= contains(found_keys, forward)
    return result


def _has_solution(facts: Facts, head: Atom, body: tuple[Atom, ...], forward: Keys) -> Mask:
    """For each candidate whether the body has a solution with the head made equal to it."""
    subjects, objects = leading(forward), trailing(forward)
    rows: Ids = np.arange(len(forward))
    fits = np.ones(len(forward), dtype=bool)
    columns: dict[int, Ids] = {}
    for term, column in ((head.subject, subjects), (head.object, objects)):
        if term >= 0:
            fits &= column == term
        elif term in columns:
            fits &= columns[term] == column
        else:
            columns[term] = column
    bindings = Bindings({**columns, _ROW: rows}, len(rows)).take(fits)
    result = np.zeros(len(forward), dtype=bool)
    if bindings.count:
        result[solve(facts, body, bindings, keep=(_ROW,)).columns[_ROW]] = True
    return result
