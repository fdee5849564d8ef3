"""The judge: OWL 2 RL/RDF evaluated one rule at a time over Python sets.

`TABLES` is our own transcription of tables 4 to 9 of OWL 2 Profiles, section 4.3
(https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules). It
shares nothing with the engine it judges, neither rules nor code nor ideas of speed: every round
evaluates every rule on all triples, until a whole round adds nothing.

A rule is written `id: condition, condition => triple, triple`, `=> false` for a violation. A
condition is a triple pattern (`?x a ?c`) or one of

    LIST ?h ?e        LIST[?h, ?e1 ... ?en], n >= 1: binds ?e to the tuple of members
    IN ?i ?e          ?i is a member of ?e
    PAIR ?i ?j ?e     ?i and ?j are members of ?e, i < j
    EACH ?i ?e (...)  the patterns hold for each member ?i; `?z_` is a fresh variable per member
    CHAIN ?u ?e ?v    T(?u, ?e1, u2), T(u2, ?e2, u3) ... T(un, ?en, ?v)
    LITERAL ?l        ?l is a literal that occurs in a triple
    DATATYPE ?d, ANNOTATION ?p   each supported datatype, each built-in annotation property
    VALUE ?l ?d, NOT-VALUE ?l ?d     the value of ?l is (not) in the value space of ?d
    SAME ?l ?m, DIFFERENT ?l ?m      the two literals have the same, have different data values

Decisions where the tables leave freedom:
- The tables speak of all literals; here they are those that occur in the triples. Conditions on
  "0" and "1" of max cardinalities compare values (`?x owl:maxCardinality =1`), which is what
  dt-eq with eq-rep-o gives when all literals are meant.
- A list is followed along every rdf:first and rdf:rest (a node with several is what eq-rep-o
  makes of a list with a sameAs), but over distinct nodes, so that a cycle ends.
- A literal with a datatype outside OWL 2 RL has no known value: no dt-* rule but eq-ref.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import NamedTuple

from rdflib import OWL, RDF, RDFS, XSD, BNode, Literal, URIRef

from tests.reason.values import DATATYPES, has_known_datatype, is_in, value_of

Term = URIRef | BNode | Literal
Triple = tuple[Term, Term, Term]
Binding = dict[str, "Term | tuple[Term, ...]"]

TABLES = {
    4: """
    eq-ref: ?s ?p ?o => ?s owl:sameAs ?s, ?p owl:sameAs ?p, ?o owl:sameAs ?o
    eq-sym: ?x owl:sameAs ?y => ?y owl:sameAs ?x
    eq-trans: ?x owl:sameAs ?y, ?y owl:sameAs ?z => ?x owl:sameAs ?z
    eq-rep-s: ?s owl:sameAs ?t, ?s ?p ?o => ?t ?p ?o
    eq-rep-p: ?p owl:sameAs ?q, ?s ?p ?o => ?s ?q ?o
    eq-rep-o: ?o owl:sameAs ?t, ?s ?p ?o => ?s ?p ?t
    eq-diff1: ?x owl:sameAs ?y, ?x owl:differentFrom ?y => false
    eq-diff2: ?x a owl:AllDifferent, ?x owl:members ?y, LIST ?y ?z,
              PAIR ?i ?j ?z, ?i owl:sameAs ?j => false
    eq-diff3: ?x a owl:AllDifferent, ?x owl:distinctMembers ?y, LIST ?y ?z,
              PAIR ?i ?j ?z, ?i owl:sameAs ?j => false
    """,
    5: """
    prp-ap: ANNOTATION ?p => ?p a owl:AnnotationProperty
    prp-dom: ?p rdfs:domain ?c, ?x ?p ?y => ?x a ?c
    prp-rng: ?p rdfs:range ?c, ?x ?p ?y => ?y a ?c
    prp-fp: ?p a owl:FunctionalProperty, ?x ?p ?y, ?x ?p ?z => ?y owl:sameAs ?z
    prp-ifp: ?p a owl:InverseFunctionalProperty, ?x ?p ?y, ?z ?p ?y => ?x owl:sameAs ?z
    prp-irp: ?p a owl:IrreflexiveProperty, ?x ?p ?x => false
    prp-symp: ?p a owl:SymmetricProperty, ?x ?p ?y => ?y ?p ?x
    prp-asyp: ?p a owl:AsymmetricProperty, ?x ?p ?y, ?y ?p ?x => false
    prp-trp: ?p a owl:TransitiveProperty, ?x ?p ?y, ?y ?p ?z => ?x ?p ?z
    prp-spo1: ?p rdfs:subPropertyOf ?q, ?x ?p ?y => ?x ?q ?y
    prp-spo2: ?p owl:propertyChainAxiom ?x, LIST ?x ?e, CHAIN ?u ?e ?v => ?u ?p ?v
    prp-eqp1: ?p owl:equivalentProperty ?q, ?x ?p ?y => ?x ?q ?y
    prp-eqp2: ?p owl:equivalentProperty ?q, ?x ?q ?y => ?x ?p ?y
    prp-pdw: ?p owl:propertyDisjointWith ?q, ?x ?p ?y, ?x ?q ?y => false
    prp-adp: ?x a owl:AllDisjointProperties, ?x owl:members ?y, LIST ?y ?e,
             PAIR ?p ?q ?e, ?u ?p ?v, ?u ?q ?v => false
    prp-inv1: ?p owl:inverseOf ?q, ?x ?p ?y => ?y ?q ?x
    prp-inv2: ?p owl:inverseOf ?q, ?x ?q ?y => ?y ?p ?x
    prp-key: ?c owl:hasKey ?u, LIST ?u ?e, ?x a ?c, ?y a ?c,
             EACH ?p ?e (?x ?p ?z_, ?y ?p ?z_) => ?x owl:sameAs ?y
    prp-npa1: ?x owl:sourceIndividual ?i, ?x owl:assertionProperty ?p,
              ?x owl:targetIndividual ?j, ?i ?p ?j => false
    prp-npa2: ?x owl:sourceIndividual ?i, ?x owl:assertionProperty ?p,
              ?x owl:targetValue ?l, ?i ?p ?l => false
    """,
    6: """
    cls-thing: => owl:Thing a owl:Class
    cls-nothing1: => owl:Nothing a owl:Class
    cls-nothing2: ?x a owl:Nothing => false
    cls-int1: ?c owl:intersectionOf ?x, LIST ?x ?e,
              EACH ?i ?e (?y a ?i) => ?y a ?c
    cls-int2: ?c owl:intersectionOf ?x, LIST ?x ?e, ?y a ?c, IN ?i ?e => ?y a ?i
    cls-uni: ?c owl:unionOf ?x, LIST ?x ?e, IN ?i ?e, ?y a ?i => ?y a ?c
    cls-com: ?c owl:complementOf ?d, ?x a ?c, ?x a ?d => false
    cls-svf1: ?x owl:someValuesFrom ?y, ?x owl:onProperty ?p, ?u ?p ?v, ?v a ?y => ?u a ?x
    cls-svf2: ?x owl:someValuesFrom owl:Thing, ?x owl:onProperty ?p, ?u ?p ?v => ?u a ?x
    cls-avf: ?x owl:allValuesFrom ?y, ?x owl:onProperty ?p, ?u a ?x, ?u ?p ?v => ?v a ?y
    cls-hv1: ?x owl:hasValue ?y, ?x owl:onProperty ?p, ?u a ?x => ?u ?p ?y
    cls-hv2: ?x owl:hasValue ?y, ?x owl:onProperty ?p, ?u ?p ?y => ?u a ?x
    cls-maxc1: ?x owl:maxCardinality =0, ?x owl:onProperty ?p, ?u a ?x, ?u ?p ?y => false
    cls-maxc2: ?x owl:maxCardinality =1, ?x owl:onProperty ?p, ?u a ?x,
               ?u ?p ?y, ?u ?p ?z => ?y owl:sameAs ?z
    cls-maxqc1: ?x owl:maxQualifiedCardinality =0, ?x owl:onProperty ?p, ?x owl:onClass ?c,
                ?u a ?x, ?u ?p ?y, ?y a ?c => false
    cls-maxqc2: ?x owl:maxQualifiedCardinality =0, ?x owl:onProperty ?p, ?x owl:onClass owl:Thing,
                ?u a ?x, ?u ?p ?y => false
    cls-maxqc3: ?x owl:maxQualifiedCardinality =1, ?x owl:onProperty ?p, ?x owl:onClass ?c,
                ?u a ?x, ?u ?p ?y, ?y a ?c, ?u ?p ?z, ?z a ?c => ?y owl:sameAs ?z
    cls-maxqc4: ?x owl:maxQualifiedCardinality =1, ?x owl:onProperty ?p, ?x owl:onClass owl:Thing,
                ?u a ?x, ?u ?p ?y, ?u ?p ?z => ?y owl:sameAs ?z
    cls-oo: ?c owl:oneOf ?x, LIST ?x ?e, IN ?i ?e => ?i a ?c
    """,
    7: """
    cax-sco: ?c rdfs:subClassOf ?d, ?x a ?c => ?x a ?d
    cax-eqc1: ?c owl:equivalentClass ?d, ?x a ?c => ?x a ?d
    cax-eqc2: ?c owl:equivalentClass ?d, ?x a ?d => ?x a ?c
    cax-dw: ?c owl:disjointWith ?d, ?x a ?c, ?x a ?d => false
    cax-adc: ?x a owl:AllDisjointClasses, ?x owl:members ?y, LIST ?y ?e,
             PAIR ?c ?d ?e, ?z a ?c, ?z a ?d => false
    """,
    8: """
    dt-type1: DATATYPE ?d => ?d a rdfs:Datatype
    dt-type2: LITERAL ?l, DATATYPE ?d, VALUE ?l ?d => ?l a ?d
    dt-eq: LITERAL ?l, LITERAL ?m, SAME ?l ?m => ?l owl:sameAs ?m
    dt-diff: LITERAL ?l, LITERAL ?m, DIFFERENT ?l ?m => ?l owl:differentFrom ?m
    dt-not-type: ?l a ?d, NOT-VALUE ?l ?d => false
    """,
    9: """
    scm-cls: ?c a owl:Class => ?c rdfs:subClassOf ?c, ?c owl:equivalentClass ?c,
             ?c rdfs:subClassOf owl:Thing, owl:Nothing rdfs:subClassOf ?c
    scm-sco: ?c rdfs:subClassOf ?d, ?d rdfs:subClassOf ?e => ?c rdfs:subClassOf ?e
    scm-eqc1: ?c owl:equivalentClass ?d => ?c rdfs:subClassOf ?d, ?d rdfs:subClassOf ?c
    scm-eqc2: ?c rdfs:subClassOf ?d, ?d rdfs:subClassOf ?c => ?c owl:equivalentClass ?d
    scm-op: ?p a owl:ObjectProperty => ?p rdfs:subPropertyOf ?p, ?p owl:equivalentProperty ?p
    scm-dp: ?p a owl:DatatypeProperty => ?p rdfs:subPropertyOf ?p, ?p owl:equivalentProperty ?p
    scm-spo: ?p rdfs:subPropertyOf ?q, ?q rdfs:subPropertyOf ?r => ?p rdfs:subPropertyOf ?r
    scm-eqp1: ?p owl:equivalentProperty ?q => ?p rdfs:subPropertyOf ?q, ?q rdfs:subPropertyOf ?p
    scm-eqp2: ?p rdfs:subPropertyOf ?q, ?q rdfs:subPropertyOf ?p => ?p owl:equivalentProperty ?q
    scm-dom1: ?p rdfs:domain ?c, ?c rdfs:subClassOf ?d => ?p rdfs:domain ?d
    scm-dom2: ?q rdfs:domain ?c, ?p rdfs:subPropertyOf ?q => ?p rdfs:domain ?c
    scm-rng1: ?p rdfs:range ?c, ?c rdfs:subClassOf ?d => ?p rdfs:range ?d
    scm-rng2: ?q rdfs:range ?c, ?p rdfs:subPropertyOf ?q => ?p rdfs:range ?c
    scm-hv: ?c owl:hasValue ?i, ?c owl:onProperty ?p, ?d owl:hasValue ?i, ?d owl:onProperty ?q,
            ?p rdfs:subPropertyOf ?q => ?c rdfs:subClassOf ?d
    scm-svf1: ?c owl:someValuesFrom ?y, ?c owl:onProperty ?p, ?d owl:someValuesFrom ?z,
              ?d owl:onProperty ?p, ?y rdfs:subClassOf ?z => ?c rdfs:subClassOf ?d
    scm-svf2: ?c owl:someValuesFrom ?y, ?c owl:onProperty ?p, ?d owl:someValuesFrom ?y,
              ?d owl:onProperty ?q, ?p rdfs:subPropertyOf ?q => ?c rdfs:subClassOf ?d
    scm-avf1: ?c owl:allValuesFrom ?y, ?c owl:onProperty ?p, ?d owl:allValuesFrom ?z,
              ?d owl:onProperty ?p, ?y rdfs:subClassOf ?z => ?c rdfs:subClassOf ?d
    scm-avf2: ?c owl:allValuesFrom ?y, ?c owl:onProperty ?p, ?d owl:allValuesFrom ?y,
              ?d owl:onProperty ?q, ?p rdfs:subPropertyOf ?q => ?d rdfs:subClassOf ?c
    scm-int: ?c owl:intersectionOf ?x, LIST ?x ?e, IN ?i ?e => ?c rdfs:subClassOf ?i
    scm-uni: ?c owl:unionOf ?x, LIST ?x ?e, IN ?i ?e => ?i rdfs:subClassOf ?c
    """,
}

# Section 4.3, rule prp-ap: the annotation properties built into OWL 2 that RL supports.
ANNOTATION_PROPERTIES = (
    RDFS.label,
    RDFS.comment,
    RDFS.seeAlso,
    RDFS.isDefinedBy,
    OWL.deprecated,
    OWL.versionInfo,
    OWL.priorVersion,
    OWL.backwardCompatibleWith,
    OWL.incompatibleWith,
)

_PREFIXES = {"rdf": str(RDF), "rdfs": str(RDFS), "owl": str(OWL), "xsd": str(XSD)}


class Rule(NamedTuple):
    """One entry of a table: conditions and head as tuples of words; an empty head is `false`."""

    id: str
    table: int
    conditions: tuple[tuple[str, ...], ...]
    head: tuple[tuple[str, ...], ...]


class Clash(NamedTuple):
    """A match of a rule whose head is false, with the triples that its patterns matched."""

    rule: str
    premises: frozenset[Triple]


def _split(text: str) -> tuple[tuple[str, ...], ...]:
    """Conditions of one side of a rule, split at the commas outside parentheses."""
    parts = re.findall(r"(?:[^,()]|\([^)]*\))+", text)
    return tuple(tuple(re.findall(r"\([^)]*\)|\S+", part)) for part in parts if part.strip())


def _read_tables() -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    for table, text in TABLES.items():
        for entry in re.split(r"\n(?=    \S)", text):
            if not entry.strip():
                continue
            name, rest = entry.strip().split(":", 1)
            body, head = rest.split("=>")
            heads = () if head.strip() == "false" else _split(head)
            rules[name] = Rule(name, table, _split(body), heads)
    return rules


RULES = _read_tables()


def _constant(word: str) -> Term:
    if word == "a":
        return RDF.type
    prefix, name = word.split(":")
    return URIRef(_PREFIXES[prefix] + name)


_CONSTANTS = {
    word: _constant(word)
    for rule in RULES.values()
    for condition in rule.conditions + rule.head
    for part in condition
    for word in re.findall(r"[\w?=:]+", part)
    if word == "a" or ":" in word
}


@dataclass
class Triples:
    """A growing set of triples with an index for every combination of known positions."""

    all: set[Triple] = field(default_factory=set)
    literals: set[Literal] = field(default_factory=set)
    _index: dict[tuple[Term | None, Term | None, Term | None], list[Triple]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, triple: Triple) -> bool:
        if triple in self.all:
            return False
        self.all.add(triple)
        self.literals |= {term for term in triple if isinstance(term, Literal)}
        for known in product((True, False), repeat=3):
            s, p, o = (term if use else None for term, use in zip(triple, known, strict=True))
            self._index[s, p, o].append(triple)
        return True

    def match(self, s: Term | None, p: Term | None, o: Term | None) -> Iterable[Triple]:
        if s is not None and p is not None and o is not None:
            return [(s, p, o)] if (s, p, o) in self.all else []
        return self._index.get((s, p, o), ())


def read_lists(
    triples: Triples, head: Term
) -> Iterator[tuple[tuple[Term, ...], tuple[Triple, ...]]]:
    """Every way to read `head` as a list: its members, and the triples that make it."""

    def follow(
        node: Term, seen: frozenset[Term]
    ) -> Iterator[tuple[tuple[Term, ...], tuple[Triple, ...]]]:
        if node in seen:
            return
        for first in triples.match(node, RDF.first, None):
            for rest in triples.match(node, RDF.rest, None):
                if rest[2] == RDF.nil:
                    yield (first[2],), (first, rest)
                for members, used in follow(rest[2], seen | {node}):
                    yield (first[2], *members), (first, rest, *used)

    yield from follow(head, frozenset())


class _Match(NamedTuple):
    binding: Binding
    premises: tuple[Triple, ...]


def _match_pattern(triples: Triples, words: tuple[str, ...], match: _Match) -> Iterator[_Match]:
    known: list[Term | None] = []
    for word in words:
        if word in _CONSTANTS:
            known.append(_CONSTANTS[word])
        else:
            bound = match.binding.get(word)
            assert not isinstance(bound, tuple)
            known.append(bound)
    for triple in triples.match(*known):
        binding = dict(match.binding)
        for word, term in zip(words, triple, strict=True):
            if word.startswith("="):
                if not _is_number(term, int(word[1:])):
                    break
            elif word.startswith("?") and binding.setdefault(word, term) != term:
                break
        else:
            yield _Match(binding, (*match.premises, triple))


def _is_number(term: Term, number: int) -> bool:
    return isinstance(term, Literal) and value_of(term) == value_of(
        Literal(str(number), datatype=XSD.integer)
    )


def _bind(match: _Match, **terms: Term | tuple[Term, ...]) -> _Match | None:
    """The match with more variables bound; None when one is bound to another term."""
    binding = dict(match.binding)
    for name, term in terms.items():
        if binding.setdefault(f"?{name}", term) != term:
            return None
    return _Match(binding, match.premises)


def _members(match: _Match, word: str) -> tuple[Term, ...]:
    members = match.binding[word]
    assert isinstance(members, tuple)
    return members


def _literal(match: _Match, word: str) -> Literal | None:
    term = match.binding[word]
    return term if isinstance(term, Literal) else None


def _condition_list(triples: Triples, words: tuple[str, ...], match: _Match) -> Iterator[_Match]:
    head = match.binding[words[1]]
    assert not isinstance(head, tuple)
    for members, used in read_lists(triples, head):
        yield _Match({**match.binding, words[2]: members}, (*match.premises, *used))


def _condition_in(triples: Triples, words: tuple[str, ...], match: _Match) -> Iterator[_Match]:
    for member in _members(match, words[2]):
        bound = _bind(match, **{words[1][1:]: member})
        if bound:
            yield bound


def _condition_pair(triples: Triples, words: tuple[str, ...], match: _Match) -> Iterator[_Match]:
    for i, j in combinations(_members(match, words[3]), 2):
        yield _Match({**match.binding, words[1]: i, words[2]: j}, match.premises)


def _condition_each(triples: Triples, words: tuple[str, ...], match: _Match) -> Iterator[_Match]:
    conditions: list[tuple[str, ...]] = []
    binding = dict(match.binding)
    for number, member in enumerate(_members(match, words[2])):
        binding[f"{words[1]}{number}"] = member
        for pattern in _split(words[3].strip("()")):
            words_of_member = (
                f"{word}{number}" if word == words[1] or word.endswith("_") else word
                for word in pattern
            )
            conditions.append(tuple(words_of_member))
    yield from _match_all(triples, tuple(conditions), _Match(binding, match.premises))


def _condition_chain(triples: Triples, words: tuple[str, ...], match: _Match) -> Iterator[_Match]:
    properties = _members(match, words[2])
    binding = dict(match.binding)
    conditions = []
    for number, member in enumerate(properties):
        binding[f"?chain{number}"] = member
        start = words[1] if number == 0 else f"?step{number}"
        end = words[3] if number == len(properties) - 1 else f"?step{number + 1}"
        conditions.append((start, f"?chain{number}", end))
    yield from _match_all(triples, tuple(conditions), _Match(binding, match.premises))


def _condition_literal(triples: Triples, words: tuple[str, ...], match: _Match) -> Iterator[_Match]:
    for literal in triples.literals:
        yield _Match({**match.binding, words[1]: literal}, match.premises)


def _condition_datatype(
    triples: Triples, words: tuple[str, ...], match: _Match
) -> Iterator[_Match]:
    for datatype in DATATYPES:
        yield _Match({**match.binding, words[1]: datatype}, match.premises)


def _condition_annotation(
    triples: Triples, words: tuple[str, ...], match: _Match
) -> Iterator[_Match]:
    for iri in ANNOTATION_PROPERTIES:
        yield _Match({**match.binding, words[1]: iri}, match.premises)


def _condition_value(triples: Triples, words: tuple[str, ...], match: _Match) -> Iterator[_Match]:
    literal, datatype = _literal(match, words[1]), match.binding[words[2]]
    if literal is not None and datatype in DATATYPES and isinstance(datatype, URIRef):
        known = has_known_datatype(literal)
        if known and is_in(literal, datatype) == (words[0] == "VALUE"):
            yield match


def _condition_compare(triples: Triples, words: tuple[str, ...], match: _Match) -> Iterator[_Match]:
    left, right = _literal(match, words[1]), _literal(match, words[2])
    assert left is not None
    assert right is not None
    value, other = value_of(left), value_of(right)
    if value is not None and other is not None and (value == other) == (words[0] == "SAME"):
        yield match


_CONDITIONS: dict[str, Callable[[Triples, tuple[str, ...], _Match], Iterator[_Match]]] = {
    "LIST": _condition_list,
    "IN": _condition_in,
    "PAIR": _condition_pair,
    "EACH": _condition_each,
    "CHAIN": _condition_chain,
    "LITERAL": _condition_literal,
    "DATATYPE": _condition_datatype,
    "ANNOTATION": _condition_annotation,
    "VALUE": _condition_value,
    "NOT-VALUE": _condition_value,
    "SAME": _condition_compare,
    "DIFFERENT": _condition_compare,
}


def _match_all(
    triples: Triples, conditions: tuple[tuple[str, ...], ...], match: _Match
) -> Iterator[_Match]:
    if not conditions:
        yield match
        return
    first, *rest = conditions
    for found in _CONDITIONS.get(first[0], _match_pattern)(triples, first, match):
        yield from _match_all(triples, tuple(rest), found)


def _instantiate(pattern: tuple[str, ...], binding: Binding) -> Triple:
    terms: list[Term] = []
    for word in pattern:
        term = _CONSTANTS[word] if word in _CONSTANTS else binding[word]
        assert not isinstance(term, tuple)
        terms.append(term)
    return (terms[0], terms[1], terms[2])


def derive(rule: Rule, triples: Triples) -> set[Triple]:
    """What one application of the rule yields, known or not."""
    return {
        _instantiate(pattern, found.binding)
        for found in _match_all(triples, rule.conditions, _Match({}, ()))
        for pattern in rule.head
    }


def find_clashes(rule: Rule, triples: Triples) -> set[Clash]:
    """The matches of a rule whose head is false."""
    return {
        Clash(rule.id, frozenset(found.premises))
        for found in _match_all(triples, rule.conditions, _Match({}, ()))
    }


def index(triples: Iterable[Triple]) -> Triples:
    indexed = Triples()
    for triple in triples:
        indexed.add(triple)
    return indexed


class Fixpoint(NamedTuple):
    """All triples, asserted and derived, and the clashes among them."""

    triples: set[Triple]
    clashes: set[Clash]

    @property
    def clash_ids(self) -> set[str]:
        return {clash.rule for clash in self.clashes}


class TooLargeError(Exception):
    """The closure outgrew what the caller wants to wait for."""


def close(
    triples: Iterable[Triple], rules: Iterable[str] = RULES, *, most: int | None = None
) -> Fixpoint:
    """The least fixpoint of the named rules (default: all) over the triples.

    Raises:
        TooLargeError: there are more than `most` triples.
    """
    chosen = [RULES[name] for name in rules]
    closure = index(unify_string(triple) for triple in triples)
    grew = True
    while grew:
        grew = False
        for rule in chosen:
            for triple in derive(rule, closure) if rule.head else ():
                grew = closure.add(triple) or grew
            if most is not None and len(closure.all) > most:
                raise TooLargeError
    clashes = {clash for rule in chosen if not rule.head for clash in find_clashes(rule, closure)}
    return Fixpoint(closure.all, clashes)


def unify_string(triple: Triple) -> Triple:
    """RDF 1.1: `"a"` and `"a"^^xsd:string` are one literal, which rdflib tells apart."""
    s, p, o = (
        Literal(str(term)) if isinstance(term, Literal) and term.datatype == XSD.string else term
        for term in triple
    )
    return s, p, o
