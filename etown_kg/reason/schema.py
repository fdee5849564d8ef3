"""What the ontology makes of the rules: lists read, and rules specialised by its axioms.

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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from etown_kg.reason.dictionary import (
    FIRST,
    NIL,
    REST,
    SUB_CLASS_OF,
    SUB_PROPERTY_OF,
    THING,
    TYPE,
    number_of,
)
from etown_kg.reason.join import Atom, solve
from etown_kg.reason.relation import Keys
from etown_kg.reason.rules import RULES, Pattern, Rule, Term
from etown_kg.reason.variable import Facts
from etown_kg.vocab import OWL

# The properties whose objects are lists.
LIST_PROPERTIES = tuple(
    number_of(OWL + name)
    for name in (
        "intersectionOf", "unionOf", "oneOf", "propertyChainAxiom", "hasKey", "members",
        "distinctMembers",
    )
)  # fmt: skip
# More different lists than this from one head: a list gone wild through equal cells.
MAX_BRANCHES = 256

# Rules that the engine applies where new pairs come in, not as instances.
SATURATED = frozenset({"cax-sco", "prp-spo1"})
# Equality has a module of its own; the datatype rules too.
_ELSEWHERE = frozenset({"eq-ref", "eq-sym", "eq-trans", "eq-rep-s", "eq-rep-p", "eq-rep-o"})


class Finding(NamedTuple):
    """Something wrong with the input that is not a clash: what, and the term it is about."""

    code: str
    term: int
    message: str


@dataclass(frozen=True)
class Lists:
    """The well-formed lists by head; a head has several if a cell has several values."""

    members: dict[int, list[tuple[int, ...]]]
    findings: tuple[Finding, ...]

    def pairs(self) -> Iterator[tuple[int, int]]:
        """(head, member) for each list and each of its members."""
        for head, lists in self.members.items():
            for members in lists:
                for member in members:
                    yield head, member


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


def read_lists(facts: Facts) -> Lists:
    """All lists that an axiom refers to. Malformed ones are findings and take part in no rule.

    Cost: linear in the cells, for lists of any length. A cell with several values gives one list
    for each way through, without visiting a cell twice.
    """
    heads = {head for p in LIST_PROPERTIES for head in (facts.backward(p) >> 32).tolist()}
    if not heads:
        return Lists({}, ())
    first, rest = _table(facts.forward(FIRST)), _table(facts.forward(REST))
    found: dict[int, list[tuple[int, ...]]] = {}
    findings: list[Finding] = []
    for head in sorted(heads):
        if head == NIL:
            continue
        lists, problem = _walk(head, first, rest)
        if problem:
            findings.append(Finding("malformed-list", head, problem))
        if lists:
            found[head] = lists
    return Lists(found, tuple(findings))


def _table(keys: Keys) -> dict[int, list[int]]:
    table: dict[int, list[int]] = {}
    for key in keys.tolist():
        table.setdefault(key >> 32, []).append(key & 0xFFFFFFFF)
    return table


def _walk(
    head: int, first: dict[int, list[int]], rest: dict[int, list[int]]
) -> tuple[list[tuple[int, ...]], str]:
    """The lists from a head, and what is wrong with it ("" if nothing)."""
    members: list[int] = []
    seen: set[int] = set()
    cell = head
    while cell != NIL:
        values, nexts = first.get(cell, ()), rest.get(cell, ())
        if cell in seen:
            return [], "the list runs in a circle"
        if not values:
            return [], "a cell has no rdf:first"
        if not nexts:
            return [], "a cell has no rdf:rest"
        if len(values) > 1 or len(nexts) > 1:
            return _branches(head, first, rest), "a cell has several values"
        seen.add(cell)
        members.append(values[0])
        cell = nexts[0]
    return [tuple(members)], ""


def _branches(
    head: int, first: dict[int, list[int]], rest: dict[int, list[int]]
) -> list[tuple[int, ...]]:
    """Every list from the head that visits no cell twice, MAX_BRANCHES at most."""
    found: dict[tuple[int, ...], None] = {}
    stack: list[tuple[int, tuple[int, ...], tuple[int, ...]]] = [(head, (), ())]
    while stack and len(found) < MAX_BRANCHES:
        cell, path, members = stack.pop()
        if cell == NIL and members:
            found[members] = None
        if cell in path:
            continue
        for value in first.get(cell, ()):
            stack += ((next_, (*path, cell), (*members, value)) for next_ in rest.get(cell, ()))
    return list(found)


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
            solutions = _without_implied(facts, split.rule, solutions)
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
                body, heads = split.rule.for_members(members)
                data = tuple(pattern for pattern in body if pattern not in split.schema)
                yield _instance(split.rule, data, heads[0], known)


def _schema_solutions(facts: Facts, split: Split) -> Iterator[dict[str, int]]:
    names = sorted({t for pattern in split.schema for t in pattern if isinstance(t, str)})
    index = {name: -1 - i for i, name in enumerate(names)}
    atoms = [atom_of(pattern, index) for pattern in split.schema]
    if any(not facts.size(atom.predicate) for atom in atoms):
        return
    solutions = solve(facts, atoms)
    columns = [solutions.columns[index[name]].tolist() for name in names]
    for row in zip(*columns, strict=True):
        yield dict(zip(names, row, strict=True))


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
    index: dict[str, int] = {}

    def fill(pattern: Pattern) -> Atom:
        return atom_of(Pattern(*(known.get(t, t) for t in pattern)), index)  # type: ignore[arg-type]

    body = tuple(map(fill, data))
    return Instance(rule, body, fill(head))


def _without_implied(
    facts: Facts, rule: Rule, solutions: Iterable[dict[str, int]]
) -> Iterator[dict[str, int]]:
    """Only the lowest domains (ranges) of the highest properties.

    The others follow from these by prp-spo1 and cax-sco, which the engine applies to every new
    pair; leaving them out spares most repeated conclusions.
    """
    classes_of: dict[int, set[int]] = defaultdict(set)
    rows = list(solutions)
    for row in rows:
        classes_of[row["?p"]].add(row["?c"])
    above_class = _table(facts.forward(SUB_CLASS_OF)) if rows else {}
    above_property = _table(facts.forward(SUB_PROPERTY_OF)) if rows else {}
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
