"""Representatives: what is the same, and what never becomes so."""

from __future__ import annotations

import pytest

from etown_kg.errors import LimitError
from etown_kg.reason import Closure, materialise
from etown_kg.vocab import OWL, RDF, RDFS, XSD

SAME = f"<{OWL}sameAs>"
TYPE = f"<{RDF}type>"


def closed(*lines: str) -> Closure:
    return materialise("".join(f"{line} .\n" for line in lines).encode())


def has(closure: Closure, *terms: str) -> bool:
    return tuple(term.encode() for term in terms) in closure


def inferred(closure: Closure) -> set[str]:
    return {line.removesuffix(" .") for line in closure.ntriples().decode().splitlines()}


def test_clique_shares_what_is_said_of_each() -> None:
    closure = closed(
        f"<urn:a> {SAME} <urn:b>", f"<urn:b> {SAME} <urn:c>", "<urn:c> <urn:p> <urn:x>"
    )
    assert inferred(closure) == {
        "<urn:a> <urn:p> <urn:x>",
        "<urn:b> <urn:p> <urn:x>",
        *(
            f"<urn:{one}> {SAME} <urn:{other}>"
            for one, other in ("ac", "ba", "ca", "cb")
        ),
    }  # fmt: skip
    assert len(closure) == closure.asserted_count + len(inferred(closure))


def test_clique_costs_its_size_and_not_its_square() -> None:
    size = 500
    closure = closed(
        *(f"<urn:a{i}> {SAME} <urn:a{i + 1}>" for i in range(size - 1)),
        *(f"<urn:a{i}> <urn:p> <urn:b{i}>" for i in range(size)),
    )
    kept = sum(len(variable) for _, variable in closure.engine.facts)
    assert kept < 3 * size
    assert has(closure, "<urn:a7>", "<urn:p>", f"<urn:b{size - 1}>")
    assert closure.inferred_count == size * size - size + size * (size - 1) - (size - 1)


def test_great_clique_is_counted_without_spelling_it_out() -> None:
    """Of 100,000 terms: ten billion pairs, of which the facts keep none."""
    size = 100_000
    closure = closed(
        *(f"<urn:a{i}> {SAME} <urn:a{i + 1}>" for i in range(size - 1)),
        "<urn:a5> <urn:p> <urn:x>",
    )
    kept = sum(len(variable) for _, variable in closure.engine.facts)
    assert kept < 20
    assert has(closure, "<urn:a7>", "<urn:p>", "<urn:x>")
    assert closure.inferred_count == size * (size - 1) - (size - 1) + size - 1


def test_clique_too_great_to_spell_out_is_refused() -> None:
    size = 5000
    lines = [f"<urn:a{i}> {SAME} <urn:a{i + 1}> .\n" for i in range(size - 1)]
    closure = materialise("".join(lines).encode(), memory_limit_mb=64)
    assert len(closure) == size * (size - 1)
    with pytest.raises(LimitError, match=f"{size * (size - 1) - (size - 1)} triples"):
        list(closure.sorted_ntriples())


def test_relation_within_a_clique_is_spelled_out_in_pieces() -> None:
    size = 1500
    closure = closed(
        *(f"<urn:a{i}> {SAME} <urn:a{i + 1}>" for i in range(size - 1)),
        "<urn:a5> <urn:p> <urn:a6>", "<urn:y> <urn:p> <urn:x>",
    )  # fmt: skip
    pieces = [keys for predicate, keys in closure.inferred_keys() if len(keys)]
    assert max(map(len, pieces)) < size * size
    assert sum(map(len, pieces)) == closure.inferred_count
    assert closure.inferred_count == size * (size - 1) - (size - 1) + size * size - 1


def test_cliques_join_in_any_order() -> None:
    """Small cliques joined from the highest number down: each step moves the shorter list."""
    size = 20_000
    lines = [f"<urn:a{i}> {SAME} <urn:b{i}>" for i in range(size)]
    terms = [f"<urn:b{i}>" for i in reversed(range(size))]
    order = [f"{term} <urn:seen> <urn:x>" for term in terms]
    ladder = [f"<urn:b{i}> {SAME} <urn:b{i + 1}>" for i in range(size - 1)]
    closure = closed(*order, *lines, *ladder)
    (clique,) = closure.engine.equality.cliques.values()
    assert len(clique) == 2 * size


def test_same_properties_and_classes_are_one() -> None:
    closure = closed(
        f"<urn:p> {SAME} <urn:q>", f"<urn:C> {SAME} <urn:D>",
        f"<urn:q> <{RDFS}domain> <urn:C>", "<urn:x> <urn:p> <urn:y>",
    )  # fmt: skip
    assert has(closure, "<urn:x>", TYPE, "<urn:D>")
    assert has(closure, "<urn:x>", "<urn:q>", "<urn:y>")
    assert has(closure, "<urn:p>", f"<{RDFS}domain>", "<urn:D>")


def test_terms_of_the_vocabulary_may_be_the_same() -> None:
    closure = closed(
        f"<{RDFS}subClassOf> {SAME} <{RDFS}subPropertyOf>",
        f"<urn:p> <{RDFS}subClassOf> <urn:q>",
        "<urn:x> <urn:p> <urn:y>",
    )
    assert has(closure, "<urn:x>", "<urn:q>", "<urn:y>")


@pytest.mark.parametrize(
    ("one", "other", "clashes"),
    [
        ('"1"', '"2"', True),
        (f'"1"^^<{XSD}integer>', f'"01.0"^^<{XSD}decimal>', False),
        (f'"1"^^<{XSD}integer>', f'"2"^^<{XSD}integer>', True),
        (f'"1"^^<{XSD}integer>', f'"1"^^<{XSD}double>', True),
        ('"a"@en', '"a"@de', True),
        ('"a"', f'"a"^^<{XSD}token>', False),
        ('"0"^^<urn:unit>', '"1"^^<urn:unit>', False),
        (f'"0.0"^^<{XSD}float>', f'"-0.0"^^<{XSD}float>', True),
    ],
)
def test_two_values_of_a_functional_property_clash_if_they_differ(
    one: str, other: str, clashes: bool
) -> None:
    closure = closed(
        f"<urn:p> {TYPE} <{OWL}FunctionalProperty>", f"<urn:a> <urn:p> {one}",
        f"<urn:a> <urn:p> {other}", f"<urn:b> <urn:p> {one}",
    )  # fmt: skip
    assert [violation.rule for violation in closure.violations] == ["eq-diff1"] * clashes
    if clashes:
        assert not has(closure, "<urn:b>", "<urn:p>", other), "unequal literals became the same"
        assert "urn:a" in closure.violations[0].message


def test_name_of_two_values_clashes() -> None:
    closure = closed(f'<urn:a> {SAME} "1"', f'<urn:b> {SAME} "2"', f"<urn:a> {SAME} <urn:b>")
    assert {violation.rule for violation in closure.violations} == {"eq-diff1"}
