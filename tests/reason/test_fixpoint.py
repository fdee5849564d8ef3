"""Rounds: what they count, that they end, and what they cost."""

from __future__ import annotations

import pytest

from etown_kg.errors import LimitError
from etown_kg.reason import materialise
from etown_kg.vocab import OWL, RDF, RDFS

TYPE = f"<{RDF}type>"


def chain(length: int, *axioms: str) -> bytes:
    lines = [*axioms, *(f"<urn:a{i}> <urn:p> <urn:a{i + 1}>" for i in range(length))]
    return "".join(f"{line} .\n" for line in lines).encode()


TRANSITIVE = f"<urn:p> {TYPE} <{OWL}TransitiveProperty>"
SYMMETRIC = f"<urn:p> {TYPE} <{OWL}SymmetricProperty>"


def test_rounds_tell_what_each_rule_concluded() -> None:
    closure = materialise(chain(5, f"<urn:p> <{RDFS}domain> <urn:C>"))
    concluded = {count.rule: count.concluded for round_ in closure.rounds for count in round_.rules}
    assert concluded["prp-dom"] == 5
    assert all(round_.milliseconds >= 0 for round_ in closure.rounds)


def test_long_chain_takes_few_rounds_and_meets_each_pair_once() -> None:
    length = 400
    closure = materialise(chain(length, TRANSITIVE))
    assert closure.inferred_count == length * (length + 1) // 2 - length
    assert len(closure.rounds) < 12
    concluded = sum(
        count.concluded for r in closure.rounds for count in r.rules if count.rule == "prp-trp"
    )
    assert concluded == closure.inferred_count


def test_symmetric_and_transitive_property_relates_all() -> None:
    length = 60
    closure = materialise(chain(length, TRANSITIVE, SYMMETRIC))
    assert closure.inferred_count == (length + 1) ** 2 - length


def test_deep_class_tree_is_closed() -> None:
    depth = 150
    lines = [f"<urn:C{i}> <{RDFS}subClassOf> <urn:C{i + 1}>" for i in range(depth)]
    text = "".join(f"{line} .\n" for line in [*lines, f"<urn:x> {TYPE} <urn:C0>"])
    closure = materialise(text.encode())
    assert closure.inferred_count == depth * (depth - 1) // 2 + depth


def test_memory_limit_ends_in_an_error_that_says_what_to_do() -> None:
    with pytest.raises(LimitError, match="memory_limit_mb"):
        materialise(chain(1500, TRANSITIVE), memory_limit_mb=4)


@pytest.mark.parametrize("profile", ["lean", "full"])
def test_nothing_follows_from_nothing(profile: str) -> None:
    closure = materialise(b"", profile=profile)  # type: ignore[arg-type]
    assert not closure.violations
    assert closure.asserted_count == 0
    if profile == "lean":
        assert len(closure) == 0


def test_profile_shows_or_hides_clutter() -> None:
    text = f"<urn:C> {TYPE} <{OWL}Class> .\n<urn:x> {TYPE} <urn:C> .\n".encode()
    thing = (b"<urn:x>", TYPE.encode(), f"<{OWL}Thing>".encode())
    reflexive = (b"<urn:C>", f"<{RDFS}subClassOf>".encode(), b"<urn:C>")
    lean, full = materialise(text), materialise(text, profile="full")
    assert lean.inferred_count == 0
    for triple in (thing, reflexive):
        assert triple not in lean
        assert triple in full


def test_what_follows_from_left_out_triples_is_shown() -> None:
    text = (
        f"<urn:C> {TYPE} <{OWL}Class> .\n<urn:x> {TYPE} <urn:C> .\n"
        f"<{OWL}Thing> <{RDFS}subClassOf> <urn:All> .\n"
    ).encode()
    assert (b"<urn:x>", TYPE.encode(), b"<urn:All>") in materialise(text)
