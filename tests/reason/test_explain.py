"""Proofs: minimal, complete, and sound step by step."""

from __future__ import annotations

import pytest

from etown_kg.errors import LimitError
from etown_kg.reason import Closure, Proof, materialise
from etown_kg.reason import justify as justify_module
from etown_kg.vocab import OWL, RDF, RDFS

TYPE = f"<{RDF}type>"
SUB = f"<{RDFS}subClassOf>"
Triple = tuple[bytes, bytes, bytes]


def closed(*lines: str) -> Closure:
    return materialise("".join(f"{line} .\n" for line in lines).encode())


def triple(text: str) -> Triple:
    s, p, o = text.encode().split(b" ")
    return s, p, o


def leaves(proof: Proof) -> set[str]:
    return {" ".join(leaf.conclusion) for leaf in proof.leaves() if leaf.conclusion}


def test_asserted_triple_proves_itself() -> None:
    proof = closed("<urn:a> <urn:p> <urn:b>").explain(triple("<urn:a> <urn:p> <urn:b>"))
    assert proof is not None
    assert proof.is_asserted
    assert proof.depth == 0


def test_what_does_not_hold_has_no_proof() -> None:
    closure = closed("<urn:a> <urn:p> <urn:b>")
    assert closure.explain(triple("<urn:b> <urn:p> <urn:a>")) is None
    assert closure.explain(triple("<urn:new> <urn:p> <urn:a>")) is None
    assert closure.explain(triple("<urn:b> <urn:p> <urn:a>"), all=True) == ()


def test_all_minimal_proofs_are_found() -> None:
    closure = closed(
        f"<urn:A> {SUB} <urn:B>", f"<urn:B> {SUB} <urn:D>", f"<urn:A> {SUB} <urn:C>",
        f"<urn:C> {SUB} <urn:D>", f"<urn:x> {TYPE} <urn:A>", f"<urn:D> {SUB} <urn:A>",
    )  # fmt: skip
    proofs = closure.explain(triple(f"<urn:x> {TYPE} <urn:D>"), all=True)
    assert {frozenset(leaves(proof)) for proof in proofs} == {
        frozenset(
            {f"<urn:x> {TYPE} <urn:A>", f"<urn:A> {SUB} <urn:{m}>", f"<urn:{m}> {SUB} <urn:D>"}
        )
        for m in "BC"
    }


def test_number_of_proofs_is_limited() -> None:
    lines = [f"<urn:A> {SUB} <urn:B{i}>" for i in range(5)]
    lines += [f"<urn:B{i}> {SUB} <urn:D>" for i in range(5)]
    assert len(closed(*lines).explain(triple(f"<urn:A> {SUB} <urn:D>"), all=True, limit=3)) == 3


def test_search_for_all_proofs_that_goes_too_far_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("etown_kg.reason.explain.MAX_GOALS", 10)
    lines = [f"<urn:A{i}> {SUB} <urn:A{i + 1}>" for i in range(30)]
    with pytest.raises(LimitError, match="all its proofs"):
        closed(*lines).explain(triple(f"<urn:A0> {SUB} <urn:A30>"), all=True)


def test_proof_over_equal_terms_names_the_edges() -> None:
    same = f"<{OWL}sameAs>"
    closure = closed(
        f"<urn:p> {TYPE} <{OWL}FunctionalProperty>", "<urn:x> <urn:p> <urn:a>",
        "<urn:x> <urn:p> <urn:b>", f"<urn:c> {same} <urn:b>", "<urn:a> <urn:q> <urn:y>",
    )  # fmt: skip
    proof = closure.explain(triple("<urn:c> <urn:q> <urn:y>"))
    assert proof is not None
    rules = {step.rule for step in proof.walk()}
    assert {"eq-rep-s", "prp-fp", "eq-trans"} <= rules
    assert leaves(proof) == {
        f"<urn:p> {TYPE} <{OWL}FunctionalProperty>", "<urn:x> <urn:p> <urn:a>",
        "<urn:x> <urn:p> <urn:b>", f"<urn:c> {same} <urn:b>", "<urn:a> <urn:q> <urn:y>",
    }  # fmt: skip


def test_list_is_part_of_the_proof() -> None:
    closure = closed(
        f"<urn:C> <{OWL}unionOf> _:l", f"_:l <{RDF}first> <urn:A>",
        f"_:l <{RDF}rest> <{RDF}nil>", f"<urn:x> {TYPE} <urn:A>",
    )  # fmt: skip
    proof = closure.explain(triple(f"<urn:x> {TYPE} <urn:C>"))
    assert proof is not None
    assert proof.rule == "cls-uni"
    assert len(leaves(proof)) == 4


def test_long_path_has_a_proof_deeper_than_the_stack() -> None:
    length = 1200
    lines = [f"<urn:p> {TYPE} <{OWL}TransitiveProperty>"]
    lines += [f"<urn:a{i}> <urn:p> <urn:a{i + 1}>" for i in range(length)]
    proof = justify_module.minimal_proof(
        closure := closed(*lines),
        closure.find(triple(f"<urn:a0> <urn:p> <urn:a{length}>")) or (0, 0, 0),
    )
    assert proof is not None
    assert sum(1 for _ in proof.leaves()) == length + 1


def test_proof_rests_on_no_triple_to_spare() -> None:
    closure = closed(
        f"<urn:p> <{RDFS}domain> <urn:C>", f"<urn:p> <{RDFS}range> <urn:C>",
        "<urn:x> <urn:p> <urn:x>", f"<urn:p> <{RDFS}subPropertyOf> <urn:q>",
        f"<urn:q> <{RDFS}domain> <urn:C>",
    )  # fmt: skip
    proof = closure.explain(triple(f"<urn:x> {TYPE} <urn:C>"))
    assert proof is not None
    assert len(leaves(proof)) == 2
