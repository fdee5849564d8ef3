"""Axioms for reading: in the manner of the Manchester syntax, in words of the reader's language.

https://www.w3.org/TR/owl2-manchester-syntax/. An axiom is seen from one term: what is said of it
(`axioms_of`), and where it helps to say something of another (`uses_of`). Each names the rules of
OWL 2 RL that read it; the table of these is compared with the reasoner's by a test.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from etown_kg.vocab import OWL, RDF, RDFS
from etown_kg.web.pages.schema import SUB_CLASS, SUB_PROPERTY, TYPE, Schema, Statement

Term = NamedNode | BlankNode | Literal | Triple

# Expressions nest; one that holds itself, or is deeper than anybody reads, ends in "...".
MOST_DEPTH = 8
MOST_MEMBERS = 60


@dataclass(frozen=True)
class Word:
    """A word of the axiom language: the name of its text."""

    name: str


# What an axiom is read as: words, terms, and marks such as brackets as they are.
Part = Word | Term | str


@dataclass(frozen=True)
class Axiom:
    """One axiom about a term: what it says (`says`, the name of a text), and of what.

    `rules` are the ids of the rules that read it; `subject` is another term that the axiom is
    about, if it is.
    """

    says: str
    parts: tuple[Part, ...]
    rules: tuple[str, ...]
    subject: Term | None = None


# The rules whose bodies name a term of OWL or RDFS, in the order of the W3C's tables.
RULES_OF: Mapping[str, tuple[str, ...]] = {
    SUB_CLASS: (
        "cax-sco",
        "scm-sco",
        "scm-eqc2",
        "scm-dom1",
        "scm-rng1",
        "scm-svf1",
        "scm-avf1",
    ),
    SUB_PROPERTY: (
        "prp-spo1",
        "scm-spo",
        "scm-eqp2",
        "scm-dom2",
        "scm-rng2",
        "scm-hv",
        "scm-svf2",
        "scm-avf2",
    ),
    RDFS + "domain": ("prp-dom", "scm-dom1", "scm-dom2"),
    RDFS + "range": ("prp-rng", "scm-rng1", "scm-rng2"),
    OWL + "equivalentClass": ("cax-eqc1", "cax-eqc2", "scm-eqc1"),
    OWL + "equivalentProperty": ("prp-eqp1", "prp-eqp2", "scm-eqp1"),
    OWL + "disjointWith": ("cax-dw",),
    OWL + "propertyDisjointWith": ("prp-pdw",),
    OWL + "inverseOf": ("prp-inv1", "prp-inv2"),
    OWL + "propertyChainAxiom": ("prp-spo2",),
    OWL + "hasKey": ("prp-key",),
    OWL + "intersectionOf": ("cls-int1", "cls-int2", "scm-int"),
    OWL + "unionOf": ("cls-uni", "scm-uni"),
    OWL + "complementOf": ("cls-com",),
    OWL + "oneOf": ("cls-oo",),
    OWL + "someValuesFrom": ("cls-svf1", "cls-svf2", "scm-svf1", "scm-svf2"),
    OWL + "allValuesFrom": ("cls-avf", "scm-avf1", "scm-avf2"),
    OWL + "hasValue": ("cls-hv1", "cls-hv2", "scm-hv"),
    OWL + "maxCardinality": ("cls-maxc1", "cls-maxc2"),
    OWL + "maxQualifiedCardinality": ("cls-maxqc1", "cls-maxqc2", "cls-maxqc3", "cls-maxqc4"),
    OWL + "FunctionalProperty": ("prp-fp",),
    OWL + "InverseFunctionalProperty": ("prp-ifp",),
    OWL + "IrreflexiveProperty": ("prp-irp",),
    OWL + "SymmetricProperty": ("prp-symp",),
    OWL + "AsymmetricProperty": ("prp-asyp",),
    OWL + "TransitiveProperty": ("prp-trp",),
    OWL + "AllDisjointClasses": ("cax-adc",),
    OWL + "AllDisjointProperties": ("prp-adp",),
}
# The axioms of one statement: its predicate, what it says of its subject and of its object.
_SAID: Mapping[str, tuple[str, str]] = {
    SUB_CLASS: ("is_a", "includes"),
    OWL + "equivalentClass": ("same_as", "same_as"),
    OWL + "disjointWith": ("disjoint", "disjoint"),
    SUB_PROPERTY: ("implies", "implied_by"),
    OWL + "equivalentProperty": ("same_property", "same_property"),
    OWL + "propertyDisjointWith": ("disjoint_property", "disjoint_property"),
    RDFS + "domain": ("domain", "domain_of"),
    RDFS + "range": ("range", "range_of"),
    OWL + "inverseOf": ("inverse", "inverse"),
}
# Class expressions of a list: its word between the members.
_LISTS = {OWL + "intersectionOf": "and", OWL + "unionOf": "or"}
_QUANTIFIERS = {
    OWL + "someValuesFrom": "some",
    OWL + "allValuesFrom": "only",
    OWL + "hasValue": "value",
}
_CARDINALITIES = {
    OWL + "minCardinality": "min",
    OWL + "minQualifiedCardinality": "min",
    OWL + "maxCardinality": "max",
    OWL + "maxQualifiedCardinality": "max",
    OWL + "cardinality": "exactly",
    OWL + "qualifiedCardinality": "exactly",
}
CHARACTERISTICS = (
    "FunctionalProperty", "InverseFunctionalProperty", "TransitiveProperty", "SymmetricProperty",
    "AsymmetricProperty", "ReflexiveProperty", "IrreflexiveProperty",
)  # fmt: skip


def axioms_of(schema: Schema, iri: str) -> list[Axiom]:
    """What is stated of a class or property, and in which statements it is the second term."""
    node = NamedNode(iri)
    found = [
        *(axiom for each in schema.by_subject.get(node, ()) for axiom in _own(schema, each)),
        *(axiom for each in schema.by_object.get(node, ()) for axiom in _turned(schema, each)),
        *_together(schema, node),
    ]
    order = {says: place for place, says in enumerate(_ORDER)}
    return sorted(dict.fromkeys(found), key=lambda axiom: order[axiom.says])


def uses_of(schema: Schema, iri: str) -> list[Axiom]:
    """The axioms of other terms whose expressions, keys or chains name a term."""
    start = NamedNode(iri)
    found: list[Axiom] = []
    seen: set[Term] = {start}
    waiting: list[Term] = [start]
    while waiting:
        node = waiting.pop()
        for each in schema.by_object.get(node, ()):
            if isinstance(each.s, BlankNode):
                if each.s not in seen:
                    seen.add(each.s)
                    waiting.append(each.s)
            elif node != start:
                found += [replace(axiom, subject=each.s) for axiom in _own(schema, each)]
        if isinstance(node, BlankNode):
            found += _about_expression(schema, node)
    return [axiom for axiom in dict.fromkeys(found) if axiom.subject != start]


def _own(schema: Schema, statement: Statement) -> Iterator[Axiom]:
    """What a statement says of its subject."""
    p, o = statement.p, statement.o
    if p in _SAID:
        yield Axiom(_SAID[p][0], tuple(expression(schema, o)), rules_of(schema, p, o))
    elif p == OWL + "hasKey":
        yield Axiom("key", tuple(_joined(schema, o, ",")), RULES_OF[p])
    elif p == OWL + "propertyChainAxiom":
        yield Axiom("chain", tuple(_joined(schema, o, "∘")), RULES_OF[p])
    elif p in _LISTS or p in (OWL + "complementOf", OWL + "oneOf", OWL + "disjointUnionOf"):
        says = "disjoint_union" if p == OWL + "disjointUnionOf" else "same_as"
        parts = _of_statement(schema, statement, 1, frozenset((statement.s,)))
        yield Axiom(says, tuple(parts), rules_of(schema, p, o))
    elif p == TYPE and isinstance(o, NamedNode):
        name = o.value.removeprefix(OWL)
        if name in CHARACTERISTICS:
            yield Axiom("characteristic", (Word(name),), RULES_OF.get(o.value, ()))


def _turned(schema: Schema, statement: Statement) -> Iterator[Axiom]:
    """What a statement says of its object."""
    if statement.p in _SAID and statement.s != statement.o:
        parts = tuple(expression(schema, statement.s))
        yield Axiom(
            _SAID[statement.p][1], parts, rules_of(schema, statement.p, statement.s, statement.o)
        )


def _together(schema: Schema, node: NamedNode) -> Iterator[Axiom]:
    """The axioms that name all their terms in one list: pairwise disjoint classes, properties."""
    for head in _lists_with(schema, node):
        for owner in schema.subjects(OWL + "members", head):
            for kind, says in (
                ("AllDisjointClasses", "disjoint"), ("AllDisjointProperties", "disjoint_property"),
            ):  # fmt: skip
                if NamedNode(OWL + kind) in schema.objects(owner, TYPE):
                    others = [each for each in schema.members(head) if each != node]
                    parts = _listed(schema, others, ",", 1, frozenset())
                    yield Axiom(says, tuple(parts), RULES_OF[OWL + kind])


def _about_expression(schema: Schema, node: BlankNode) -> Iterator[Axiom]:
    """What is stated of an expression without a name, such as "what has ... is a ..."."""
    for each in schema.by_subject.get(node, ()):
        if each.p in _SAID and isinstance(each.o, NamedNode):
            says = _SAID[each.p][1]
            rules = rules_of(schema, each.p, each.s)
            yield Axiom(says, tuple(expression(schema, node)), rules, each.o)


def _lists_with(schema: Schema, member: Term) -> Iterator[Term]:
    """The heads of the lists that have a member."""
    for cell in schema.subjects(RDF + "first", member):
        head, seen = cell, {cell}
        while before := [each for each in _before(schema, head) if each not in seen]:
            head = before[0]
            seen.add(head)
        yield head


def _before(schema: Schema, cell: Term) -> list[Term]:
    return schema.subjects(RDF + "rest", cell)


# Reading expressions


def expression(
    schema: Schema, term: Term, depth: int = 0, within: frozenset[Term] = frozenset()
) -> list[Part]:
    """A class, a property, a value, or an expression in their place."""
    if not isinstance(term, BlankNode):
        return [term]
    if depth >= MOST_DEPTH or term in within:
        return ["…"]
    within |= {term}
    restricted = schema.objects(term, OWL + "onProperty")
    if restricted:
        parts = _restriction(schema, term, restricted[0], depth, within)
        return ["(", *parts, ")"] if depth else parts
    for each in schema.by_subject.get(term, ()):
        parts = _of_statement(schema, each, depth + 1, within)
        if parts:
            return ["(", *parts, ")"] if depth and each.p in _LISTS else parts
    return [Word("something")]


def _of_statement(
    schema: Schema, statement: Statement, depth: int, within: frozenset[Term]
) -> list[Part]:
    """The expression that a statement about an unnamed class makes; nothing for any other."""
    p, o = statement.p, statement.o
    if p in _LISTS:
        return _listed(schema, schema.members(o), _LISTS[p], depth, within)
    if p == OWL + "oneOf":
        return ["{", *_listed(schema, schema.members(o), ",", depth, within), "}"]
    if p == OWL + "disjointUnionOf":
        return _listed(schema, schema.members(o), ",", depth, within)
    if p in (OWL + "complementOf", OWL + "datatypeComplementOf"):
        return [Word("not"), *expression(schema, o, depth, within)]
    if p == OWL + "inverseOf":
        return [Word("inverse_of"), *expression(schema, o, depth, within)]
    return []


def _restriction(
    schema: Schema, node: Term, on: Term, depth: int, within: frozenset[Term]
) -> list[Part]:
    name = expression(schema, on, depth + 1, within)
    for each in schema.by_subject.get(node, ()):
        if each.p in _QUANTIFIERS:
            return [
                *name,
                Word(_QUANTIFIERS[each.p]),
                *expression(schema, each.o, depth + 1, within),
            ]
        if each.p in _CARDINALITIES:
            fillers = [
                filler
                for which in ("onClass", "onDataRange")
                for filler in schema.objects(node, OWL + which)
            ]
            filler = expression(schema, fillers[0], depth + 1, within) if fillers else []
            return [*name, Word(_CARDINALITIES[each.p]), each.o, *filler]
        if each.p == OWL + "hasSelf":
            return [*name, Word("self")]
    return [*name, "…"]


def _joined(schema: Schema, head: Term, sign: str) -> list[Part]:
    return _listed(schema, schema.members(head), sign, 1, frozenset())


def _listed(
    schema: Schema, members: Iterable[Term], sign: str, depth: int, within: frozenset[Term]
) -> list[Part]:
    """Members with a sign or the word of that name between them."""
    parts: list[Part] = []
    for place, member in enumerate(members):
        if place:
            parts.append(Word(sign) if sign.isalpha() else sign)
        if place == MOST_MEMBERS:
            return [*parts, "…"]
        parts += expression(schema, member, depth, within)
    return parts


# Which rules read an axiom


def rules_of(schema: Schema, predicate: str, *terms: Term) -> tuple[str, ...]:
    """The rules that read a statement, and the expressions that it is about."""
    found = dict.fromkeys(RULES_OF.get(predicate, ()))
    waiting, seen = [*terms], set(terms)
    while waiting:
        for each in schema.by_subject.get(waiting.pop(), ()):
            if isinstance(each.s, BlankNode):
                found |= dict.fromkeys(_of_expression(each))
                if isinstance(each.o, BlankNode) and each.o not in seen:
                    seen.add(each.o)
                    waiting.append(each.o)
    return tuple(found)


def _of_expression(statement: Statement) -> Iterator[str]:
    """The rules for a part of an expression: some are for one class or number alone."""
    thing = NamedNode(OWL + "Thing")
    for rule in RULES_OF.get(statement.p, ()):
        if rule == "cls-svf2" and statement.o != thing:
            continue
        if rule.startswith("cls-max") and statement.o.value not in _NUMBERS[rule]:  # type: ignore[union-attr]
            continue
        yield rule


_NUMBERS = {
    "cls-maxc1": "0", "cls-maxc2": "1", "cls-maxqc1": "0", "cls-maxqc2": "0",
    "cls-maxqc3": "1", "cls-maxqc4": "1",
}  # fmt: skip
_ORDER = (
    "is_a", "same_as", "disjoint_union", "includes", "disjoint", "key", "implies", "implied_by",
    "same_property", "inverse", "characteristic", "chain", "disjoint_property", "domain", "range",
    "domain_of", "range_of",
)  # fmt: skip
