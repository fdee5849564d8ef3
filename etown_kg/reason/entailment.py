"""Whether one graph follows from another: by the rules, or by refutation.

First the conclusion is looked for in the closure of the premise (OWL 2 Profiles, theorem PR1);
its blank nodes are existential, as in RDF. What is not there is denied, one axiom at a time, and
its contrary added to the premise: a clash in every case shows that it follows after all. That
finds what forward rules cannot conclude, `a owl:differentFrom b`, a subclass axiom or a member of
a class expression for instance. Neither way shows that a conclusion does *not* follow, OWL 2 RL
rules being incomplete for that; the answer then is "unknown".

The header and the declarations of a conclusion claim nothing, see `conclusion.split`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from etown_kg.reason import source as sources
from etown_kg.reason.closure import Closure, materialise
from etown_kg.reason.conclusion import Axiom, Conclusion, is_blank, relabelled, split
from etown_kg.reason.justify import minimal_proof
from etown_kg.reason.matching import NumberTriple, TermTriple, find
from etown_kg.reason.membership import NotDeniedError
from etown_kg.reason.proof import Proof
from etown_kg.reason.refutation import contrary
from etown_kg.reason.source import Source
from etown_kg.reason.truisms import Truism, truisms


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
    found = find(closure, triples)
    if found is not None:
        return Entailment(True, tuple(_prove(closure, goal) for goal in found))
    claims, formalities = split(triples)
    proofs = [_formality(triple) for triple in formalities]
    missing: list[str] = []
    for unit in _units(claims):
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
    return relabelled({(term(s), term(p), term(o)) for s, p, o in rows})


def _formality(triple: TermTriple) -> Proof:
    text = "A header or a declaration claims nothing."
    return Proof(_decoded(triple), "declaration", text)


def _decoded(triple: TermTriple) -> tuple[str, str, str]:
    s, p, o = (term.decode() for term in triple)
    return s, p, o


def _units(triples: Sequence[TermTriple]) -> Iterator[list[TermTriple]]:
    """Parts that share no blank node: each may be shown for itself."""
    parts: dict[bytes, list[TermTriple]] = {}
    for triple in triples:
        blanks = [term for term in triple if is_blank(term)]
        if not blanks:
            yield [triple]
            continue
        # The smaller parts join the largest.
        near = {id(part): part for blank in blanks if (part := parts.get(blank)) is not None}
        together = max(near.values(), key=len, default=[])
        for part in near.values():
            if part is not together:
                together += part
                blanks += (term for other in part for term in other if is_blank(term))
        together.append(triple)
        parts.update(dict.fromkeys(blanks, together))
    yield from {id(part): part for part in parts.values()}.values()


def _show(closure: Closure, unit: list[TermTriple]) -> list[Proof] | None:
    """Proofs of one part, by the closure or axiom by axiom; None if neither shows it."""
    found = find(closure, unit)
    if found is not None:
        return [_prove(closure, goal) for goal in found]
    conclusion = Conclusion(unit)
    proofs: list[Proof] = []
    for axiom in conclusion.axioms():
        is_whole = not any(is_blank(term) for triple in axiom.triples for term in triple)
        found = find(closure, axiom.triples) if is_whole else None
        if found is not None:
            proofs += (_prove(closure, goal) for goal in found)
            continue
        proof = _refute(closure, axiom, conclusion)
        if proof is None:
            return None
        proofs.append(proof)
    return proofs


def _prove(closure: Closure, goal: NumberTriple) -> Proof:
    proof = minimal_proof(closure, goal)
    if proof is not None:
        return proof
    s, p, o = (closure.terms.ntriples(number).decode() for number in goal)
    # What no rule step says by itself: a term that is the same as itself.
    return Proof((s, p, o), "eq-ref", "Every term is the same as itself.")


def _refute(closure: Closure, axiom: Axiom, conclusion: Conclusion) -> Proof | None:
    """A clash in every case of the axiom's contrary; None if one case holds out."""
    try:
        cases = contrary(axiom, conclusion)
    except NotDeniedError:
        return None
    asserted = list(_asserted(closure))
    clashes: list[Proof] = []
    for case in cases:
        known = {truism.triple: truism for truism in truisms([*asserted, *case])}
        supposed = materialise([*asserted, *case, *known], profile="full")
        if not supposed.violations:
            return None
        proof = supposed.explain_violation(supposed.violations[0])
        if proof is None:
            return None
        clashes.append(_with_reasons(proof, set(case), known, set(asserted)))
    text = "Its contrary, added to what is asserted, leads to a clash."
    return Proof(_decoded(axiom.triples[0]), "refutation", text, tuple(clashes))


def _asserted(closure: Closure) -> Iterator[TermTriple]:
    term = closure.dictionary.term
    for predicate, keys in closure.asserted.items():
        for key in keys.tolist():
            yield term(key >> 32), term(predicate), term(key & 0xFFFFFFFF)


def _with_reasons(
    proof: Proof,
    supposed: set[TermTriple],
    known: dict[TermTriple, Truism],
    asserted: set[TermTriple],
) -> Proof:
    """Mark the leaves that were only supposed, and those that hold of everything."""
    if proof.is_asserted and proof.conclusion is not None:
        s, p, o = (term.encode() for term in proof.conclusion)
        triple = (s, p, o)
        if triple in asserted:
            return proof
        if triple in supposed:
            return Proof(proof.conclusion, "assumption", "Supposed, for the sake of the argument.")
        truism = known[triple]
        return Proof(proof.conclusion, truism.rule, truism.text)
    premises = tuple(_with_reasons(p, supposed, known, asserted) for p in proof.premises)
    return Proof(proof.conclusion, proof.rule, proof.text, premises, proof.graphs)
