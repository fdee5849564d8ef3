"""The contrary of an axiom, in triples that OWL 2 RL rules can lead to a clash.

A contrary is a disjunction of cases, each a list of triples: the axiom follows if every case
clashes with the premise. `REFUTATIONS` has the contraries of the axioms; that an individual is in
a class expression, or outside it, is spelled out by `membership.py`.
"""

from __future__ import annotations

from typing import NamedTuple

from etown_kg.reason.conclusion import (
    ASSERTION_PROPERTY,
    BOOLEANS,
    TYPE,
    Axiom,
    Conclusion,
    is_blank,
    term_of,
)
from etown_kg.reason.matching import TermTriple
from etown_kg.reason.membership import DIFFERENT, Cases, Membership, NotDeniedError, all_of
from etown_kg.reason.syntax import iri
from etown_kg.vocab import OWL


class Refutation(NamedTuple):
    """How to deny an axiom: its triples, and the cases that say its contrary.

    `?x` stands for a term of the axiom, `_:x` for a fresh one. Beside triples a case may say
    `in` and `out` of an individual and a class expression, and `not` of a triple of properties.
    """

    axiom: str
    cases: tuple[str, ...]


# The most particular first; the first whose axiom fits is taken.
REFUTATIONS: tuple[Refutation, ...] = (
    Refutation("?p a owl:FunctionalProperty",
               ("_:a ?p _:b . _:a ?p _:c . _:b owl:differentFrom _:c",)),
    Refutation("?p a owl:InverseFunctionalProperty",
               ("_:b ?p _:a . _:c ?p _:a . _:b owl:differentFrom _:c",)),
    Refutation("?p a owl:IrreflexiveProperty", ("_:a ?p _:a",)),
    Refutation("?p a owl:ReflexiveProperty", ("_:a not ?p _:a",)),
    Refutation("?p a owl:AsymmetricProperty", ("_:a ?p _:b . _:b ?p _:a",)),
    Refutation("?p a owl:SymmetricProperty", ("_:a ?p _:b . _:b not ?p _:a",)),
    Refutation("?p a owl:TransitiveProperty", ("_:a ?p _:b . _:b ?p _:c . _:a not ?p _:c",)),
    Refutation("?x a ?c", ("?x out ?c",)),
    Refutation("?c rdfs:subClassOf ?d", ("_:a in ?c . _:a out ?d",)),
    Refutation("?c owl:equivalentClass ?d", ("_:a in ?c . _:a out ?d", "_:a in ?d . _:a out ?c")),
    Refutation("?c owl:disjointWith ?d", ("_:a in ?c . _:a in ?d",)),
    Refutation("?c owl:complementOf ?d", ("_:a in ?c . _:a in ?d", "_:a out ?c . _:a out ?d")),
    Refutation("?p rdfs:domain ?c", ("_:a ?p _:b . _:a out ?c",)),
    Refutation("?p rdfs:range ?c", ("_:a ?p _:b . _:b out ?c",)),
    Refutation("?p rdfs:subPropertyOf ?q", ("_:a ?p _:b . _:a not ?q _:b",)),
    Refutation("?p owl:equivalentProperty ?q",
               ("_:a ?p _:b . _:a not ?q _:b", "_:a ?q _:b . _:a not ?p _:b")),
    Refutation("?p owl:inverseOf ?q",
               ("_:a ?p _:b . _:b not ?q _:a", "_:a ?q _:b . _:b not ?p _:a")),
    Refutation("?p owl:propertyDisjointWith ?q", ("_:a ?p _:b . _:a ?q _:b",)),
    Refutation("?x owl:sameAs ?y", ("?x owl:differentFrom ?y",)),
    Refutation("?x owl:differentFrom ?y", ("?x owl:sameAs ?y",)),
    Refutation("?n owl:sourceIndividual ?x . ?n owl:assertionProperty ?p . "
               "?n owl:targetIndividual ?y", ("?x ?p ?y",)),
    Refutation("?n owl:sourceIndividual ?x . ?n owl:assertionProperty ?p . "
               "?n owl:targetValue ?y", ("?x ?p ?y",)),
    Refutation("?x ?p ?y", ("?x not ?p ?y",)),
)  # fmt: skip
_NPA_TYPE = iri(OWL + "NegativePropertyAssertion")
_CHAIN, _KEY = term_of("owl:propertyChainAxiom"), term_of("owl:hasKey")


def contrary(axiom: Axiom, conclusion: Conclusion) -> Cases:
    """The cases of an axiom's contrary.

    Raises NotDeniedError for an axiom of unknown form, one about individuals without a name, or
    one with too many cases.
    """
    cases = _Denial(conclusion).cases(axiom)
    return [[*case, *conclusion.inverses()] for case in cases]


class _Denial:
    """Makes the contrary of one axiom; fresh terms are its own."""

    def __init__(self, conclusion: Conclusion) -> None:
        self._membership = Membership(conclusion)

    def cases(self, axiom: Axiom) -> Cases:
        """See `contrary`."""
        if len(axiom.triples) == 1:
            s, p, o = axiom.triples[0]
            if p == _CHAIN:
                return self._chain(s, self._membership.members(o))
            if p == _KEY:
                return self._key(s, self._membership.members(o))
            if p in BOOLEANS and not is_blank(s) and p != term_of("owl:complementOf"):
                return self._definition(s, p, o)
        for refutation in REFUTATIONS:
            known = self._fit(refutation.axiom, axiom)
            if known is not None:
                return [
                    case for text in refutation.cases for case in self._filled(text, dict(known))
                ]
        raise NotDeniedError(axiom)

    def _fit(self, pattern: str, axiom: Axiom) -> dict[str, bytes] | None:
        """What the variables stand for if the pattern is the whole axiom; None if it is not."""
        patterns = [part.split() for part in pattern.split(" . ")]
        triples = [t for t in axiom.triples if t[1:] != (TYPE, _NPA_TYPE)]
        if len(patterns) != len(triples):
            return None
        known: dict[str, bytes] = {}
        by_predicate = {t[1]: t for t in triples}
        for words in patterns:
            is_open = words[1].startswith("?")
            triple = triples[0] if is_open else by_predicate.get(term_of(words[1]))
            if triple is None:
                return None
            for word, term in zip(words, triple, strict=True):
                if word.startswith("?"):
                    if known.setdefault(word, term) != term:
                        return None
                elif term_of(word) != term:
                    return None
        own = known.get("?n") if ASSERTION_PROPERTY in by_predicate else None
        for term in known.values():
            if is_blank(term) and term != own and not self._membership.is_described(term):
                # Existential: there is no one term to deny it of.
                raise NotDeniedError(axiom)
        return known

    def _filled(self, text: str, known: dict[str, bytes]) -> Cases:
        parts: list[Cases] = []
        for pattern in text.split(" . "):
            words = pattern.split()
            terms: list[bytes] = []
            for word in words:
                if word.startswith(("?", "_:")):
                    if word not in known:
                        known[word] = self._membership.fresh()
                    terms.append(known[word])
                else:
                    terms.append(word.encode() if word in {"in", "out", "not"} else term_of(word))
            if words[1] == "in":
                parts.append(self._membership.inside(terms[0], terms[2]))
            elif words[1] == "out":
                parts.append(self._membership.outside(terms[0], terms[2]))
            elif words[1] == "not":
                parts.append([self._membership.denied(terms[0], terms[2], terms[3])])
            else:
                parts.append([[(terms[0], terms[1], terms[2])]])
        return all_of(parts)

    def _chain(self, property_: bytes, steps: list[bytes]) -> Cases:
        if is_blank(property_) and not self._membership.is_described(property_):
            raise NotDeniedError(property_)
        stops = [self._membership.fresh() for _ in range(len(steps) + 1)]
        way = list(zip(stops, steps, stops[1:], strict=False))
        return [[*way, *self._membership.denied(stops[0], property_, stops[-1])]]

    def _key(self, class_: bytes, properties: list[bytes]) -> Cases:
        one, other = self._membership.fresh(), self._membership.fresh()
        agreed: list[TermTriple] = [(one, DIFFERENT, other)]
        for property_ in properties:
            value = self._membership.fresh()
            agreed += ((one, property_, value), (other, property_, value))
        members = (self._membership.inside(number, class_) for number in (one, other))
        return all_of([[agreed], *members])

    def _definition(self, class_: bytes, constructor: bytes, head: bytes) -> Cases:
        """A named class that is said to be an expression: two claims."""
        member = self._membership.fresh()
        place = self._membership
        return [
            *all_of(
                [
                    place.inside(member, class_),
                    place.boolean(member, constructor, head, is_inside=False),
                ]
            ),
            *all_of(
                [
                    place.outside(member, class_),
                    place.boolean(member, constructor, head, is_inside=True),
                ]
            ),
        ]
