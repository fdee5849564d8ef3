"""That an individual is in a class expression, or outside it, said in plain triples.

Spelled out by the form of the expression (OWL 2 Direct Semantics, tables 3 to 5:
https://www.w3.org/TR/owl2-direct-semantics/#Class_Expressions). What is said is a disjunction of
cases, each a list of triples; terms without a name stand for what there must be.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations, product

from etown_kg.reason.conclusion import (
    ASSERTION_PROPERTY,
    BOOLEANS,
    THING,
    TYPE,
    Conclusion,
    fresh_label,
    is_blank,
    term_of,
)
from etown_kg.reason.matching import TermTriple
from etown_kg.reason.syntax import split_literal
from etown_kg.vocab import XSD

Cases = list[list[TermTriple]]
# More cases than this are not tried.
MAX_CASES = 64
DIFFERENT, _SAME = term_of("owl:differentFrom"), term_of("owl:sameAs")


class NotDeniedError(Exception):
    """It cannot be said in triples that the rules could make use of."""


class Membership:
    """Says who is where, with the expressions of one conclusion; fresh terms are its own."""

    def __init__(self, conclusion: Conclusion) -> None:
        self._conclusion = conclusion
        self._label = fresh_label("supposed")
        self._count = 0

    def fresh(self) -> bytes:
        """A term without a name that nothing else has."""
        self._count += 1
        return self._label + b"-%d" % self._count

    def is_described(self, term: bytes) -> bool:
        """Whether a blank node stands for an expression, not for some individual."""
        return self._conclusion.is_expression(term) or self._conclusion.is_inverse(term)

    def members(self, head: bytes) -> list[bytes]:
        """The members of a list of names and expressions."""
        members = self._conclusion.members(head)
        if members is None or any(is_blank(m) and not self.is_described(m) for m in members):
            raise NotDeniedError(head)
        return members

    def denied(self, subject: bytes, property_: bytes, object_: bytes) -> list[TermTriple]:
        """A negative property assertion."""
        node = self.fresh()
        target = "owl:targetValue" if object_.startswith(b'"') else "owl:targetIndividual"
        return [
            (node, term_of("owl:sourceIndividual"), subject),
            (node, ASSERTION_PROPERTY, property_),
            (node, term_of(target), object_),
        ]

    def inside(self, member: bytes, class_: bytes) -> Cases:
        """The cases of an individual being in a class expression."""
        return self._placed(member, class_, is_inside=True)

    def outside(self, member: bytes, class_: bytes) -> Cases:
        """The cases of an individual not being in a class expression."""
        return self._placed(member, class_, is_inside=False)

    def _placed(self, member: bytes, class_: bytes, *, is_inside: bool) -> Cases:
        if not self._conclusion.is_expression(class_):
            if is_blank(class_):
                raise NotDeniedError(class_)
            return [[(member, TYPE, class_)]] if is_inside else [self._complement(member, class_)]
        for constructor in sorted(BOOLEANS):
            head = self._conclusion.value(class_, "owl:" + constructor[:-1].decode().split("#")[1])
            if head is not None:
                return self.boolean(member, constructor, head, is_inside=is_inside)
        return self._restriction(member, class_, is_inside=is_inside)

    def _complement(self, member: bytes, class_: bytes) -> list[TermTriple]:
        node = self.fresh()
        return [(member, TYPE, node), (node, term_of("owl:complementOf"), class_)]

    def boolean(self, member: bytes, constructor: bytes, head: bytes, *, is_inside: bool) -> Cases:
        if constructor == term_of("owl:complementOf"):
            return self._placed(member, head, is_inside=not is_inside)
        members = self.members(head)
        if constructor == term_of("owl:oneOf"):
            relation = _SAME if is_inside else DIFFERENT
            parts: list[Cases] = [[[(member, relation, one)]] for one in members]
        else:
            parts = [self._placed(member, one, is_inside=is_inside) for one in members]
        is_conjunction = (constructor == term_of("owl:intersectionOf")) == is_inside
        return all_of(parts) if is_conjunction else any_of(parts)

    def _restriction(self, member: bytes, class_: bytes, *, is_inside: bool) -> Cases:
        value = self._conclusion.value
        property_ = value(class_, "owl:onProperty")
        if property_ is None or (
            is_blank(property_) and not self._conclusion.is_inverse(property_)
        ):
            raise NotDeniedError(class_)
        some, only = value(class_, "owl:someValuesFrom"), value(class_, "owl:allValuesFrom")
        constant = value(class_, "owl:hasValue")
        if some is not None:
            return (
                self._some(member, property_, some, is_inside=True)
                if is_inside
                else self._only(member, property_, some, is_inside=False)
            )
        if only is not None:
            return (
                self._only(member, property_, only, is_inside=True)
                if is_inside
                else self._some(member, property_, only, is_inside=False)
            )
        if value(class_, "owl:hasSelf") is not None:
            constant = member
        if constant is not None:
            if is_inside:
                return [[(member, property_, constant)]]
            return [self.denied(member, property_, constant)]
        return self._cardinality(member, property_, class_, is_inside=is_inside)

    def _some(self, member: bytes, property_: bytes, filler: bytes, *, is_inside: bool) -> Cases:
        """There is a value inside (or outside) the filler."""
        value = self.fresh()
        placed = self._placed(value, filler, is_inside=is_inside)
        return all_of([[[(member, property_, value)]], placed])

    def _only(self, member: bytes, property_: bytes, filler: bytes, *, is_inside: bool) -> Cases:
        """Every value is inside (or outside) the filler, which is a plain class."""
        if self._conclusion.is_expression(filler):
            raise NotDeniedError(filler)
        node, restriction = filler, self.fresh()
        triples: list[TermTriple] = []
        if not is_inside:
            node = self.fresh()
            triples = [(node, term_of("owl:complementOf"), filler)]
            if filler == THING:
                # The rules know owl:Nothing better than the complement of owl:Thing.
                node, triples = term_of("owl:Nothing"), []
        return [
            [
                *triples,
                (member, TYPE, restriction),
                (restriction, term_of("owl:onProperty"), property_),
                (restriction, term_of("owl:allValuesFrom"), node),
            ]
        ]

    def _cardinality(
        self, member: bytes, property_: bytes, class_: bytes, *, is_inside: bool
    ) -> Cases:
        value = self._conclusion.value
        filler = value(class_, "owl:onClass") or value(class_, "owl:onDataRange")
        for name, has_least, has_most in (
            ("minCardinality", True, False), ("maxCardinality", False, True),
            ("cardinality", True, True), ("minQualifiedCardinality", True, False),
            ("maxQualifiedCardinality", False, True), ("qualifiedCardinality", True, True),
        ):  # fmt: skip
            literal = value(class_, "owl:" + name)
            if literal is None:
                continue
            try:
                number = int(split_literal(literal).lexical)
            except ValueError as error:
                raise NotDeniedError(class_) from error
            parts: list[Cases] = []
            if has_least:
                parts.append(
                    self._least(member, property_, filler, number)
                    if is_inside
                    else self._most(member, property_, filler, number - 1)
                )
            if has_most:
                parts.append(
                    self._most(member, property_, filler, number)
                    if is_inside
                    else self._least(member, property_, filler, number + 1)
                )
            return all_of(parts) if is_inside else any_of(parts)
        raise NotDeniedError(class_)

    def _least(self, member: bytes, property_: bytes, filler: bytes | None, number: int) -> Cases:
        """There are so many different values, in the filler."""
        if number > MAX_CASES:
            raise NotDeniedError(filler)
        values = [self.fresh() for _ in range(number)]
        triples = [(member, property_, value) for value in values]
        triples += [(one, DIFFERENT, other) for one, other in combinations(values, 2)]
        parts: list[Cases] = [[triples]]
        parts += (self.inside(value, filler) for value in values if filler is not None)
        return all_of(parts)

    def _most(self, member: bytes, property_: bytes, filler: bytes | None, number: int) -> Cases:
        """There are at most so many values in the filler; the rules know of 0 and 1."""
        if number < 0:
            return []
        if filler is not None and self._conclusion.is_expression(filler):
            raise NotDeniedError(filler)
        node = self.fresh()
        literal = b'"%d"^^<%bnonNegativeInteger>' % (number, XSD.encode())
        triples = [(member, TYPE, node), (node, term_of("owl:onProperty"), property_)]
        if filler is None:
            return [[*triples, (node, term_of("owl:maxCardinality"), literal)]]
        return [
            [
                *triples,
                (node, term_of("owl:maxQualifiedCardinality"), literal),
                (node, term_of("owl:onClass"), filler),
            ]
        ]


def all_of(parts: Iterable[Cases]) -> Cases:
    """A conjunction of disjunctions, multiplied out."""
    cases: Cases = [[]]
    for part in parts:
        cases = [[*one, *other] for one, other in product(cases, part)]
        if len(cases) > MAX_CASES:
            raise NotDeniedError(part)
    return cases


def any_of(parts: Iterable[Cases]) -> Cases:
    return [case for part in parts for case in part]
