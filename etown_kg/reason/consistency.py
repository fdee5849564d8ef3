"""The rules whose head is false: what has no model, with its culprits.

Evaluated on a finished closure, over representatives. A violation names the rule and the triples
that match its body; `Closure.explain_violation` gives the proof of each. Findings are lesser
things: malformed lists and ill-typed literals that clash with nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from etown_kg.reason.dictionary import (
    DATATYPES,
    DIFFERENT_FROM,
    LITERAL,
    RANGE,
    SAME_AS,
    TYPE,
)
from etown_kg.reason.equality import LiteralClash
from etown_kg.reason.fixpoint import Engine
from etown_kg.reason.join import Bindings, solve
from etown_kg.reason.lists import Finding
from etown_kg.reason.relation import Ids, Keys, Mask, distinct, leading, slice_of, trailing
from etown_kg.reason.rules import RULE, RULES, Condition, Members, Pattern, Rule
from etown_kg.reason.schema import atom_of
from etown_kg.reason.terms import TermReader

# More violations of one rule than this are cut; a graph so broken needs another look first.
MAX_PER_RULE = 1000

NumberTriple = tuple[int, int, int]


@dataclass(frozen=True)
class Violation:
    """A clash: the rule, and the triples (of term numbers) that match its body.

    Where two literals of different value would be the same, `literals` are these two, and
    `premises` the triples that make them so. `culprits` are the same triples as rdflib terms,
    `message` says it to people.
    """

    rule: str
    premises: tuple[NumberTriple, ...]
    message: str
    _reader: TermReader = field(repr=False, compare=False)
    literals: tuple[int, int] | None = None

    @property
    def culprits(self) -> tuple[tuple[Any, Any, Any], ...]:
        """The triples that clash, as rdflib terms."""
        return tuple(
            (self._reader.rdflib_term(s), self._reader.rdflib_term(p), self._reader.rdflib_term(o))
            for s, p, o in self.premises
        )

    def __str__(self) -> str:
        return f"{self.rule}: {self.message}"


def violations_of(engine: Engine) -> tuple[Violation, ...]:
    """All violations of a closure that has reached its fixpoint, MAX_PER_RULE of each rule."""
    reader = TermReader(engine.dictionary)
    found: dict[tuple[str, tuple[NumberTriple, ...]], Violation] = {}
    for rule in RULES:
        if not rule.is_clash:
            continue
        for premises in _first(_matches(engine, rule), MAX_PER_RULE):
            found[rule.id, premises] = _violation(rule, premises, reader)
    for clash in engine.equality.clashes.values():
        premises = _premises_of_clash(engine, clash)
        found["eq-diff1", premises] = _violation(RULE["eq-diff1"], premises, reader, clash)
    return tuple(found.values())


def findings_of(engine: Engine) -> tuple[Finding, ...]:
    """Malformed lists, and literals whose lexical form is not one of their datatype."""
    literals = engine.literals
    typed = [n for n in literals.all_literals().tolist() if literals.is_ill_typed(n)]
    return (
        *engine.lists.findings,
        *(
            Finding(
                "ill-typed-literal",
                number,
                f"{engine.dictionary.term(number).decode()[:120]} has no value of its datatype",
            )
            for number in typed
        ),
    )


def _first(
    matches: Iterator[tuple[NumberTriple, ...]], limit: int
) -> Iterator[tuple[NumberTriple, ...]]:
    for _, premises in zip(range(limit), matches, strict=False):
        yield premises


def _violation(
    rule: Rule,
    premises: tuple[NumberTriple, ...],
    reader: TermReader,
    clash: LiteralClash | None = None,
) -> Violation:
    said = "; ".join(" ".join(map(reader.text, premise)) for premise in premises)
    if clash is not None:
        one, other = reader.text(clash.first), reader.text(clash.second)
        by = clash.rule.id if clash.rule is not None else "owl:sameAs"
        said = f"{one} and {other} differ (dt-diff), but {by} makes them the same: {said}"
    literals = None if clash is None else (clash.first, clash.second)
    return Violation(rule.id, premises, f"{rule.text} But: {said}", reader, literals)


def _matches(engine: Engine, rule: Rule) -> Iterator[tuple[NumberTriple, ...]]:
    if rule.condition is Condition.NOT_IN_VALUE_SPACE:
        yield from _wrong_types(engine)
    elif rule.members is Members.TWO:
        yield from _pairs_of_members(engine, rule)
    elif rule.id == "eq-diff1":
        yield from _same_and_different(engine)
    else:
        yield from _solutions(engine, rule.patterns)


def _solutions(engine: Engine, patterns: Sequence[Pattern]) -> Iterator[tuple[NumberTriple, ...]]:
    facts = engine.facts
    index: dict[str, int] = {}
    atoms = [atom_of(pattern, index) for pattern in patterns]
    if any(atom.predicate >= 0 and not facts.size(atom.predicate) for atom in atoms):
        return
    solutions = solve(facts, atoms)
    for row in range(solutions.count):
        known = {name: int(solutions.columns[i][row]) for name, i in index.items()}
        yield tuple(
            tuple(known[t] if isinstance(t, str) else t for t in pattern)  # type: ignore[misc]
            for pattern in patterns
        )


def _same_and_different(engine: Engine) -> Iterator[tuple[NumberTriple, ...]]:
    """eq-diff1: a pair of representatives that are one, or differ only as rigid terms."""
    keys = engine.facts.forward(DIFFERENT_FROM)
    first, second = leading(keys), trailing(keys)
    literals = engine.literals
    kinds = engine.dictionary.kinds
    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        is_same = one == other or other in engine.equality.rigid.get(one, ())
        if not is_same and kinds[one] >= LITERAL and kinds[other] >= LITERAL:
            is_same = literals.is_same(one, other)
        if is_same:
            yield (one, SAME_AS, other), (one, DIFFERENT_FROM, other)


def _pairs_of_members(engine: Engine, rule: Rule) -> Iterator[tuple[NumberTriple, ...]]:
    """Rules over two places of a list: group what the members have by what must not be shared."""
    holder, link = rule.patterns[0], rule.patterns[1]
    assert isinstance(holder.object, int)
    assert isinstance(link.predicate, int)
    representative = engine.equality.representative
    for node in engine.facts.instances(holder.object).tolist():
        for head in engine.facts.objects(link.predicate, node).tolist():
            for members in engine.lists.members.get(head, ()):
                axiom = ((node, TYPE, holder.object), (node, link.predicate, head))
                current = [representative(member) for member in members]
                for clash in _shared(engine, rule, current):
                    yield (*axiom, *clash)


def _shared(
    engine: Engine, rule: Rule, members: list[int]
) -> Iterator[tuple[NumberTriple, NumberTriple] | tuple[NumberTriple]]:
    facts = engine.facts
    if rule.id in {"eq-diff2", "eq-diff3"}:
        values = engine.literals.value_numbers
        kinds = engine.dictionary.kinds
        column = np.array(members, dtype=np.int64)
        is_literal = kinds[column] == LITERAL
        column[is_literal] = values(column[is_literal])
        for one, _ in _repeated([np.array([number]) for number in column.tolist()]):
            again = np.flatnonzero(column == one)
            yield ((members[again[0]], SAME_AS, members[again[1]]),)
    elif rule.id == "cax-adc":
        for number, (i, j) in _repeated([facts.instances(member) for member in members]):
            yield (number, TYPE, members[i]), (number, TYPE, members[j])
    else:
        for key, (i, j) in _repeated([facts.forward(member) for member in members]):
            subject, object_ = key >> 32, key & 0xFFFFFFFF
            yield (subject, members[i], object_), (subject, members[j], object_)


def _repeated(columns: list[Keys]) -> Iterator[tuple[int, tuple[int, int]]]:
    """What is in two of the columns, with the places of the first two that have it."""
    if not columns:
        return
    together = np.concatenate(columns)
    place = np.repeat(np.arange(len(columns)), [len(column) for column in columns])
    order = np.argsort(together, kind="stable")
    together, place = together[order], place[order]
    again = np.flatnonzero(together[1:] == together[:-1])
    for i in again.tolist():
        yield int(together[i]), (int(place[i]), int(place[i + 1]))


def _wrong_types(engine: Engine) -> Iterator[tuple[NumberTriple, ...]]:
    """dt-not-type, for types that were derived and for ranges that nothing else reads."""
    facts = engine.facts
    kinds = engine.dictionary.kinds
    for datatype in DATATYPES:
        if len(instances := facts.instances(datatype)):  # of most datatypes there are none
            members = _literals_among(engine, instances)
            for number in members[_not_in_datatype(engine, members, datatype)].tolist():
                yield ((number, TYPE, datatype),)
        for property_ in slice_of(facts.backward(RANGE), datatype).tolist():
            keys = facts.forward(property_)
            objects = distinct(trailing(keys))
            objects = objects[kinds[objects] == LITERAL]
            for number in objects[_not_in_datatype(engine, objects, datatype)].tolist():
                for subject in facts.subjects(property_, number).tolist():
                    yield (property_, RANGE, datatype), (subject, property_, number)


def _literals_among(engine: Engine, members: Ids) -> Ids:
    """The literals of a column, and those that are the same as something in it."""
    kinds = engine.dictionary.kinds
    cliques = engine.equality.cliques
    same = [
        number
        for representative in (set(cliques) & set(members.tolist()) if cliques else ())
        for number in cliques[representative]
    ]
    found = np.concatenate((members, np.array(same, dtype=np.int64)))
    return distinct(found[kinds[found] == LITERAL])


def _not_in_datatype(engine: Engine, numbers: Ids, datatype: int) -> Mask:
    result = np.zeros(len(numbers), dtype=bool)
    if engine.literals.has_all_plain(datatype):
        unsure = np.flatnonzero(~engine.dictionary.is_plain(numbers))
    else:
        unsure = np.arange(len(numbers))
    result[unsure] = engine.literals.not_in_datatype(numbers[unsure], datatype)
    return result


def _premises_of_clash(engine: Engine, clash: LiteralClash) -> tuple[NumberTriple, ...]:
    """The triples by which a rule made two different literals the same."""
    rule = clash.rule
    if rule is None or rule.list is not None:
        return ((clash.first, SAME_AS, clash.second),)
    head = rule.heads[0]
    index: dict[str, int] = {}
    atoms = [atom_of(pattern, index) for pattern in rule.patterns]
    bound = Bindings(
        {
            index[str(head.subject)]: np.array([clash.first]),
            index[str(head.object)]: np.array([clash.second]),
        },
        1,
    )
    solutions = solve(engine.facts, atoms, bound)
    if not solutions.count:
        return ((clash.first, SAME_AS, clash.second),)
    known = {name: int(solutions.columns[i][0]) for name, i in index.items()}
    return tuple(
        tuple(known[t] if isinstance(t, str) else t for t in pattern)  # type: ignore[misc]
        for pattern in rule.patterns
    )
