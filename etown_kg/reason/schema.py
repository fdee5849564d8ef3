"""What the ontology makes of the rules: rules specialised by its axioms.

A rule of tables 5 and 6 has *schema patterns* (`?p rdfs:domain ?c`) and *data patterns*
(`?x ?p ?y`). The solutions of the schema patterns each give an `Instance`: the data patterns with
constants filled in. Instances are plain values without arrays; the engine, or another backend,
evaluates them. A rule without data patterns, or whose patterns name only fixed predicates, is
evaluated as it stands; the ontology is small.

rdfs:subPropertyOf and rdfs:subClassOf are not specialised: the engine applies their closure as a
whole where new pairs come in (`fixpoint.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from etown_kg.reason.dictionary import (
    FIRST,
    REST,
    SUB_CLASS_OF,
    SUB_PROPERTY_OF,
    THING,
    TYPE,
)
from etown_kg.reason.join import Atom, solve
from etown_kg.reason.lists import LIST_PROPERTIES, Lists, table_of
from etown_kg.reason.rules import RULES, Pattern, Rule, Term
from etown_kg.reason.variable import Facts

# Longer lists are not written out, see `long_lists.py`.
LONG = 12

# Rules that the engine applies where new pairs come in, not as instances.
SATURATED = frozenset({"cax-sco", "prp-spo1"})
# Equality has a module of its own; the datatype rules too.
_ELSEWHERE = frozenset({"eq-ref", "eq-sym", "eq-trans", "eq-rep-s", "eq-rep-p", "eq-rep-o"})


class Instance(NamedTuple):
    """A rule with its schema patterns solved.

    `body` and `head` are atoms over the variables that are left (`head` of an equality rule is
    its sameAs atom). `key` tells instances apart.
    """

    rule: Rule
    body: tuple[Atom, ...]
    head: Atom

    def __str__(self) -> str:
        return f"{self.rule.id}: {self.body} => {self.head}"


class LongInstance(NamedTuple):
    """An axiom with a long list: `subject` is the class or, of a chain, the property."""

    rule: Rule
    subject: int
    members: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.rule.id}: {self.subject} with {len(self.members)} members"


def is_long(members: Sequence[object]) -> bool:
    """Whether a list is too long for its patterns to be solved together."""
    return len(members) > LONG


def _data_patterns(rule: Rule) -> tuple[Pattern, ...]:
    """The patterns over facts: with a variable predicate, or a type whose class is a variable."""
    return tuple(
        pattern
        for pattern in rule.patterns
        if isinstance(pattern.predicate, str)
        or (pattern.predicate == TYPE and isinstance(pattern.object, str))
    )


class Split(NamedTuple):
    """A rule's schema patterns and data patterns."""

    rule: Rule
    schema: tuple[Pattern, ...]
    data: tuple[Pattern, ...]


def _is_run(rule: Rule) -> bool:
    return not (
        rule.is_clash
        or rule.covered_by
        or rule.table == 8
        or rule.id in SATURATED
        or rule.id in _ELSEWHERE
        or not rule.body
    )


SPECIALISED: tuple[Split, ...] = tuple(
    Split(rule, tuple(p for p in rule.patterns if p not in data), data)
    for rule in RULES
    if _is_run(rule) and (data := _data_patterns(rule))
)
"""The rules that the ontology specialises."""

GENERAL: tuple[Rule, ...] = tuple(
    rule for rule in RULES if _is_run(rule) and not _data_patterns(rule)
)
"""The rules that are evaluated as they stand."""

# Rules with a twin for owl:Thing, which concludes more: the twin's cases are left to it.
_THING_CASE = {"cls-svf1": "?y", "cls-maxqc3": "?c"}

# What, when it grows, may bring new instances.
SCHEMA_PREDICATES: frozenset[int] = frozenset(
    (
        *(
            pattern.predicate
            for split in SPECIALISED
            for pattern in split.schema
            if isinstance(pattern.predicate, int) and pattern.predicate != TYPE
        ),
        *LIST_PROPERTIES,
        FIRST,
        REST,
        SUB_CLASS_OF,
        SUB_PROPERTY_OF,
    )
)
SCHEMA_CLASSES: frozenset[int] = frozenset(
    pattern.object
    for split in SPECIALISED
    for pattern in split.schema
    if pattern.predicate == TYPE and isinstance(pattern.object, int)
)


def specialise(
    facts: Facts, lists: Lists, made: dict[tuple[object, ...], Instance] | None = None
) -> Iterator[Instance]:
    """All instances of the rules under the ontology in `facts`.

    `made` remembers the instances from one call to the next, which saves most of the work when
    the ontology has grown a little.
    """
    made = {} if made is None else made
    for split in SPECIALISED:
        solutions = _schema_solutions(facts, split)
        if split.rule.id in {"prp-dom", "prp-rng"}:
            solutions = list(_without_implied(facts, solutions))
        if split.rule.list is None:
            for known in solutions:
                if known.get(_THING_CASE.get(split.rule.id, "")) == THING:
                    continue
                key = (split.rule.id, *known.values())
                if key not in made:
                    made[key] = _instance(split.rule, split.data, split.rule.heads[0], known)
                yield made[key]
            continue
        head_variable = split.rule.list[0]
        for known in solutions:
            for members in lists.members.get(known[head_variable], ()):
                if is_long(members):
                    continue
                body, heads = split.rule.for_members(members)
                data = tuple(pattern for pattern in body if pattern not in split.schema)
                yield _instance(split.rule, data, heads[0], known)


def specialise_long(facts: Facts, lists: Lists) -> Iterator[LongInstance]:
    """The instances of the rules over every member whose lists have more than LONG members."""
    for split in SPECIALISED:
        if split.rule.list is None or all(
            not is_long(members) for found in lists.members.values() for members in found
        ):
            continue
        axiom = split.rule.patterns[0]
        assert isinstance(axiom.subject, str)
        for known in _schema_solutions(facts, split):
            for members in lists.members.get(known[split.rule.list[0]], ()):
                if is_long(members):
                    yield LongInstance(split.rule, known[axiom.subject], members)


def _schema_solutions(facts: Facts, split: Split) -> list[dict[str, int]]:
    names, atoms = _schema_atoms(split.schema)
    if any(not facts.size(atom.predicate) for atom in atoms):
        return []
    solutions = solve(facts, atoms)
    columns = [solutions.columns[-1 - i].tolist() for i in range(len(names))]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


@cache
def _schema_atoms(patterns: tuple[Pattern, ...]) -> tuple[tuple[str, ...], tuple[Atom, ...]]:
    """The patterns as atoms, whose variables are numbered by their names in order."""
    names = tuple(sorted({t for pattern in patterns for t in pattern if isinstance(t, str)}))
    index = {name: -1 - i for i, name in enumerate(names)}
    return names, tuple(atom_of(pattern, index) for pattern in patterns)


def atom_of(pattern: Pattern, index: dict[str, int]) -> Atom:
    """A pattern as an atom: variables by the (negative) numbers in `index`, which grows."""

    def number(term: Term) -> int:
        if isinstance(term, int):
            return term
        return index.setdefault(term, -1 - len(index))

    return Atom(number(pattern.predicate), number(pattern.subject), number(pattern.object))


def _instance(
    rule: Rule, data: tuple[Pattern, ...], head: Pattern, known: dict[str, int]
) -> Instance:
    terms = dict(known)
    atoms: list[Atom] = []
    for subject, predicate, object_ in (*data, head):
        # Variables that are left get -1, -2 and so on, as they come.
        numbers = [
            term if isinstance(term, int) else terms.setdefault(term, len(known) - len(terms) - 1)
            for term in (predicate, subject, object_)
        ]
        atoms.append(Atom(*numbers))
    return Instance(rule, tuple(atoms[:-1]), atoms[-1])


def _without_implied(facts: Facts, rows: Sequence[dict[str, int]]) -> Iterator[dict[str, int]]:
    """Only the lowest domains (ranges) of the highest properties.

    The others follow from these by prp-spo1 and cax-sco, which the engine applies to every new
    pair; leaving them out spares most repeated conclusions.
    """
    classes_of: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        classes_of[row["?p"]].add(row["?c"])
    above_class = table_of(facts.forward(SUB_CLASS_OF)) if rows else {}
    above_property = table_of(facts.forward(SUB_PROPERTY_OF)) if rows else {}
    for row in rows:
        property_, class_ = row["?p"], row["?c"]
        implied = any(
            class_ != lower
            and class_ in above_class.get(lower, ())
            and (lower not in above_class.get(class_, ()) or lower < class_)
            for lower in classes_of[property_]
        ) or any(
            property_ != higher
            and class_ in classes_of.get(higher, ())
            and (property_ not in above_property.get(higher, ()) or higher < property_)
            for higher in above_property.get(property_, ())
        )
        if not implied:
            yield row
