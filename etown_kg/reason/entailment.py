"""Whether one graph follows from another: by the rules, or by refutation.

First the conclusion is looked for in the closure of the premise (OWL 2 Profiles, theorem PR1);
its blank nodes are existential, as in RDF. What is not there is negated, one axiom at a time, and
added to the premise: a clash shows that it follows after all. That finds what forward rules
cannot conclude, `a owl:differentFrom b` or a subclass axiom for instance. Neither way shows that
a conclusion does *not* follow, OWL 2 RL rules being incomplete for that; the answer then is
"unknown".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from etown_kg.reason import source as sources
from etown_kg.reason.closure import Closure, materialise
from etown_kg.reason.dictionary import DIFFERENT_FROM, LITERAL, SAME_AS
from etown_kg.reason.explain import Goal
from etown_kg.reason.join import Atom, solve
from etown_kg.reason.justify import minimal_proof
from etown_kg.reason.proof import Proof
from etown_kg.reason.source import Source
from etown_kg.reason.syntax import iri
from etown_kg.vocab import OWL, RDF, RDFS

TermTriple = tuple[bytes, bytes, bytes]


@dataclass(frozen=True)
class Entailment:
    """The answer: `holds` is True or "unknown", with a proof of each triple that was shown.

    `missing` are the triples (in N-Triples) for which nothing was found.
    """

    holds: Literal[True, "unknown"]
    proofs: tuple[Proof, ...] = ()
    missing: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.holds is True

    @property
    def proof(self) -> Proof | None:
        """The proofs as one tree; None unless the conclusion holds."""
        if self.holds is not True:
            return None
        if len(self.proofs) == 1:
            return self.proofs[0]
        return Proof(None, "conjunction", "All of these hold.", self.proofs)


class Refutation(NamedTuple):
    """How to deny an axiom: the axiom's triples, and those that say its contrary.

    `?x` stands for a term of the axiom, `_:x` for a fresh one; several contraries must all clash,
    as for an equivalence, which is two claims.
    """

    axiom: str
    contraries: tuple[str, ...]


_SUBCLASS = "_:a a {0} . _:a a _:n . _:n owl:complementOf {1}"
_SUBPROPERTY = (
    "_:a {0} _:b . _:n owl:sourceIndividual _:a . _:n owl:assertionProperty {1} . "
    "_:n owl:targetIndividual _:b"
)
_INVERSE = (
    "_:a {0} _:b . _:n owl:sourceIndividual _:b . _:n owl:assertionProperty {1} . "
    "_:n owl:targetIndividual _:a"
)

# The most particular first; the first whose axiom fits is taken.
REFUTATIONS: tuple[Refutation, ...] = (
    Refutation("?p a owl:FunctionalProperty",
               ("_:a ?p _:b . _:a ?p _:c . _:b owl:differentFrom _:c",)),
    Refutation("?p a owl:InverseFunctionalProperty",
               ("_:b ?p _:a . _:c ?p _:a . _:b owl:differentFrom _:c",)),
    Refutation("?p a owl:IrreflexiveProperty", ("_:a ?p _:a",)),
    Refutation("?p a owl:AsymmetricProperty", ("_:a ?p _:b . _:b ?p _:a",)),
    Refutation("?p a owl:SymmetricProperty", (_INVERSE.format("?p", "?p"),)),
    Refutation("?p a owl:TransitiveProperty",
               ("_:a ?p _:b . _:b ?p _:c . _:n owl:sourceIndividual _:a . "
                "_:n owl:assertionProperty ?p . _:n owl:targetIndividual _:c",)),
    Refutation("?x a ?c", ("?x a _:n . _:n owl:complementOf ?c",)),
    Refutation("?c rdfs:subClassOf ?d", (_SUBCLASS.format("?c", "?d"),)),
    Refutation("?c owl:equivalentClass ?d",
               (_SUBCLASS.format("?c", "?d"), _SUBCLASS.format("?d", "?c"))),
    Refutation("?c owl:disjointWith ?d", ("_:a a ?c . _:a a ?d",)),
    Refutation("?p rdfs:domain ?c", ("_:a ?p _:b . _:a a _:n . _:n owl:complementOf ?c",)),
    Refutation("?p rdfs:range ?c", ("_:a ?p _:b . _:b a _:n . _:n owl:complementOf ?c",)),
    Refutation("?p rdfs:subPropertyOf ?q", (_SUBPROPERTY.format("?p", "?q"),)),
    Refutation("?p owl:equivalentProperty ?q",
               (_SUBPROPERTY.format("?p", "?q"), _SUBPROPERTY.format("?q", "?p"))),
    Refutation("?p owl:inverseOf ?q", (_INVERSE.format("?p", "?q"), _INVERSE.format("?q", "?p"))),
    Refutation("?p owl:propertyDisjointWith ?q", ("_:a ?p _:b . _:a ?q _:b",)),
    Refutation("?x owl:sameAs ?y", ("?x owl:differentFrom ?y",)),
    Refutation("?x owl:differentFrom ?y", ("?x owl:sameAs ?y",)),
    Refutation("?n owl:sourceIndividual ?x . ?n owl:assertionProperty ?p . "
               "?n owl:targetIndividual ?y", ("?x ?p ?y",)),
    Refutation("?n owl:sourceIndividual ?x . ?n owl:assertionProperty ?p . "
               "?n owl:targetValue ?y", ("?x ?p ?y",)),
    Refutation("?x ?p ?y",
               ("_:n owl:sourceIndividual ?x . _:n owl:assertionProperty ?p . "
                "_:n owl:targetIndividual ?y",)),
)  # fmt: skip
# The lists whose members are pairwise something: holder class, list property, what each pair is.
_PAIRWISE = {
    OWL + "AllDifferent": "owl:differentFrom",
    OWL + "AllDisjointClasses": "owl:disjointWith",
    OWL + "AllDisjointProperties": "owl:propertyDisjointWith",
}
_PREFIXES = {"rdf": RDF, "rdfs": RDFS, "owl": OWL}
# Longer lists have too many pairs to refute each.
MAX_PAIRWISE = 64
_NPA_TYPE = iri(OWL + "NegativePropertyAssertion")
_TYPE = iri(RDF + "type")


def entails(premise: Source | Closure, conclusion: Source) -> Entailment:
    """Whether the conclusion follows from the premise.

    >>> subclass = b"<urn:C> <http://www.w3.org/2000/01/rdf-schema#subClassOf> <urn:D> ."
    >>> member = b"<urn:x> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "
    >>> entails(subclass + member + b"<urn:C> .", member + b"<urn:D> .").holds
    True

    Args:
        premise: what `materialise` takes, or a closure (best a full one).
        conclusion: what `materialise` takes; its blank nodes are existential.

    Raises:
        SourceError, LimitError: as `materialise`.
    """
    closure = premise if isinstance(premise, Closure) else materialise(premise, profile="full")
    if closure.violations:
        # A graph without a model entails everything.
        proof = closure.explain_violation(closure.violations[0])
        return Entailment(True, () if proof is None else (proof,))
    triples = _triples_of(conclusion)
    found = _find(closure, triples)
    if found is not None:
        return Entailment(True, tuple(_prove(closure, goal) for goal in found))
    proofs: list[Proof] = []
    missing: list[str] = []
    for unit in _units(triples):
        shown = _show(closure, unit)
        if shown is None:
            missing += (b" ".join(triple).decode() for triple in unit)
        else:
            proofs += shown
    if missing:
        return Entailment("unknown", tuple(proofs), tuple(missing))
    return Entailment(True, tuple(proofs))


def _triples_of(conclusion: Source) -> list[TermTriple]:
    columns = sources.read(conclusion)
    term = columns.dictionary.term
    rows = zip(
        columns.subject.tolist(), columns.predicate.tolist(), columns.object.tolist(), strict=True
    )
    return sorted({(term(s), term(p), term(o)) for s, p, o in rows})


def _units(triples: Sequence[TermTriple]) -> Iterator[list[TermTriple]]:
    """Parts that share no blank node: each may be shown for itself."""
    left = list(triples)
    while left:
        unit = [left.pop(0)]
        blanks = {term for term in unit[0] if term.startswith(b"_:")}
        grown = True
        while grown:
            near = [triple for triple in left if blanks & set(triple)]
            grown = bool(near)
            for triple in near:
                left.remove(triple)
                unit.append(triple)
                blanks |= {term for term in triple if term.startswith(b"_:")}
        yield unit


def _show(closure: Closure, unit: list[TermTriple]) -> list[Proof] | None:
    """Proofs of one part, by the closure or by refutation; None if neither shows it."""
    found = _find(closure, unit)
    if found is not None:
        return [_prove(closure, goal) for goal in found]
    pairs = _pairwise(unit)
    if pairs is not None:
        shown = [_show(closure, [pair]) for pair in pairs]
        if any(proofs is None for proofs in shown):
            return None
        return [proof for proofs in shown for proof in proofs or ()]
    for refutation in REFUTATIONS:
        known = _fit(refutation.axiom, unit)
        if known is not None:
            return _refute(closure, refutation, known, unit)
    return None


def _prove(closure: Closure, goal: Goal) -> Proof:
    proof = minimal_proof(closure, goal)
    if proof is not None:
        return proof
    s, p, o = (closure.terms.ntriples(number).decode() for number in goal)
    # What no rule step says by itself: a term that is the same as itself.
    return Proof((s, p, o), "eq-ref", "Every term is the same as itself.")


def _find(closure: Closure, triples: Sequence[TermTriple]) -> list[Goal] | None:
    """Triples of the closure that the pattern, with variables for blank nodes, maps to."""
    engine = closure.engine
    dictionary = closure.dictionary
    blanks: dict[bytes, int] = {}
    goals: list[Goal] = []
    for triple in triples:
        numbers = []
        for term in triple:
            if term.startswith(b"_:"):
                numbers.append(blanks.setdefault(term, -1 - len(blanks)))
            else:
                numbers += dictionary.encode([term])
        goals.append((numbers[0], numbers[1], numbers[2]))
    engine.facts.term_count = len(dictionary)
    named: dict[int, int] = {}

    def key(number: int) -> int:
        if number < 0:
            return key(named[number]) if number in named else number
        if dictionary.kinds[number] == LITERAL:
            (number,) = engine.literals.value_numbers(np.array([number])).tolist()
        return engine.equality.representative(number)

    atoms = []
    for goal in goals:
        s, p, o = goal
        one, other = key(s), key(o)
        if p == SAME_AS and one != other and min(one, other) < 0:
            # Same as what is not known yet: it may be that very term.
            named[min(one, other)] = max(one, other)
        elif not (p == SAME_AS and one == other) and not _is_different(closure, goal):
            atoms.append((p, s, o))
    solved = solve(engine.facts, [Atom(key(p), key(s), key(o)) for p, s, o in atoms])
    if not solved.count:
        return None

    def value(number: int) -> int:
        while number in named:
            number = named[number]
        return number if number >= 0 else int(solved.columns[number][0])

    unbound = {n for goal in goals for n in goal if n < 0 and n not in named}
    if not unbound <= set(solved.columns):
        return None
    return [(value(s), value(p), value(o)) for s, p, o in goals]


def _is_different(closure: Closure, goal: Goal) -> bool:
    """Whether rule dt-diff says it."""
    one, predicate, other = goal
    if predicate != DIFFERENT_FROM or min(one, other) < 0:
        return False
    kinds = closure.dictionary.kinds
    is_literals = kinds[one] == LITERAL and kinds[other] == LITERAL
    return bool(is_literals) and closure.engine.literals.is_different(one, other)


def _pairwise(unit: list[TermTriple]) -> list[TermTriple] | None:
    """The pairs that an AllDifferent or AllDisjoint axiom stands for; None if it is none."""
    for class_, relation in _PAIRWISE.items():
        holders = [s for s, p, o in unit if p == _TYPE and o == iri(class_)]
        if not holders:
            continue
        table = {(s, p): o for s, p, o in unit}
        head = table.get((holders[0], iri(OWL + "members"))) or table.get(
            (holders[0], iri(OWL + "distinctMembers"))
        )
        members: list[bytes] = []
        while head is not None and head != iri(RDF + "nil") and len(members) <= MAX_PAIRWISE:
            member = table.get((head, iri(RDF + "first")))
            if member is None or member.startswith(b"_:"):
                return None
            members.append(member)
            head = table.get((head, iri(RDF + "rest")))
        if head is None or len(members) > MAX_PAIRWISE:
            return None
        predicate = _constant(relation)
        return [
            (one, predicate, other) for i, one in enumerate(members) for other in members[i + 1 :]
        ]
    return None


def _constant(word: str) -> bytes:
    if word == "a":
        return _TYPE
    prefix, _, name = word.partition(":")
    return iri(_PREFIXES[prefix] + name)


def _patterns(text: str) -> list[list[str]]:
    return [part.split() for part in text.split(" . ")]


def _fit(axiom: str, unit: list[TermTriple]) -> dict[str, bytes] | None:
    """What the axiom's variables stand for if it is the whole unit; None if it is not."""
    patterns = _patterns(axiom)
    triples = [t for t in unit if t[1:] != (_TYPE, _NPA_TYPE)]
    if len(patterns) != len(triples):
        return None
    known: dict[str, bytes] = {}
    by_predicate = {p: (s, p, o) for s, p, o in triples}
    for pattern in patterns:
        is_open = pattern[1].startswith("?")
        triple = triples[0] if is_open else by_predicate.get(_constant(pattern[1]))
        if triple is None:
            return None
        for word, term in zip(pattern, triple, strict=True):
            if word.startswith("?"):
                if known.setdefault(word, term) != term:
                    return None
            elif _constant(word) != term:
                return None
    # A blank node that is not the axiom's own name would be existential: no term to deny of.
    own = known.get("?n") if len(patterns) > 1 else None
    if any(term.startswith(b"_:") and term != own for term in known.values()):
        return None
    return known


def _refute(
    closure: Closure, refutation: Refutation, known: dict[str, bytes], unit: list[TermTriple]
) -> list[Proof] | None:
    clashes: list[Proof] = []
    for number, contrary in enumerate(refutation.contraries):
        assumed = [_filled(pattern, known, number) for pattern in _patterns(contrary)]
        if any(term.startswith(b'"') for triple in assumed for term in triple[:1]):
            return None
        supposed = materialise([*_asserted(closure), *assumed], profile="full")
        if not supposed.violations:
            return None
        proof = supposed.explain_violation(supposed.violations[0])
        if proof is None:
            return None
        clashes.append(_with_assumptions(proof, set(assumed)))
    s, p, o = (term.decode() for term in unit[0])
    text = "Its contrary, added to what is asserted, leads to a clash."
    return [Proof((s, p, o), "refutation", text, tuple(clashes))]


def _filled(pattern: list[str], known: dict[str, bytes], number: int) -> TermTriple:
    is_value = pattern[1] == "owl:targetIndividual" and known.get(pattern[2], b"").startswith(b'"')
    words = [pattern[0], "owl:targetValue" if is_value else pattern[1], pattern[2]]
    terms = [
        known[word] if word.startswith("?")
        else f"_:refuted-{number}-{word[2:]}".encode() if word.startswith("_:")
        else _constant(word)
        for word in words
    ]  # fmt: skip
    return terms[0], terms[1], terms[2]


def _asserted(closure: Closure) -> Iterator[TermTriple]:
    term = closure.dictionary.term
    for predicate, keys in closure.asserted.items():
        for key in keys.tolist():
            yield term(key >> 32), term(predicate), term(key & 0xFFFFFFFF)


def _with_assumptions(proof: Proof, assumed: set[TermTriple]) -> Proof:
    """Mark the leaves that were only supposed."""
    if proof.is_asserted and proof.conclusion is not None:
        s, p, o = (term.encode() for term in proof.conclusion)
        if (s, p, o) in assumed:
            return Proof(proof.conclusion, "assumption", "Supposed, for the sake of the argument.")
        return proof
    premises = tuple(_with_assumptions(premise, assumed) for premise in proof.premises)
    return Proof(proof.conclusion, proof.rule, proof.text, premises, proof.graphs)
