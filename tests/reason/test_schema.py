"""Lists, and what the ontology makes of the rules."""

from __future__ import annotations

import pytest

from etown_kg.reason import RULES, Closure, materialise
from etown_kg.reason.schema import GENERAL, SATURATED, SPECIALISED
from etown_kg.vocab import OWL, RDF, RDFS

TYPE = f"<{RDF}type>"
FIRST, REST, NIL = f"<{RDF}first>", f"<{RDF}rest>", f"<{RDF}nil>"


def closed(*lines: str) -> Closure:
    return materialise("".join(f"{line} .\n" for line in lines).encode())


def list_of(*members: str) -> list[str]:
    nodes = [*(f"_:l{i}" for i in range(len(members))), NIL]
    return [
        line
        for i, member in enumerate(members)
        for line in (f"{nodes[i]} {FIRST} {member}", f"{nodes[i]} {REST} {nodes[i + 1]}")
    ]


def test_every_rule_with_a_head_is_run_or_covered_by_rules_that_are() -> None:
    run = {split.rule.id for split in SPECIALISED} | {rule.id for rule in GENERAL} | SATURATED
    for rule in RULES:
        if rule.is_clash or rule.table in (4, 8) or not rule.body:
            continue
        assert rule.id in run or set(rule.covered_by) <= run, rule.id


def test_rule_ids_are_those_of_the_tables() -> None:
    per_table = {table: sum(rule.table == table for rule in RULES) for table in range(4, 10)}
    assert per_table == {4: 9, 5: 20, 6: 19, 7: 5, 8: 5, 9: 20}
    assert len({rule.id for rule in RULES}) == 78


def test_instances_name_the_terms_of_the_axiom() -> None:
    closure = closed(f"<urn:p> <{RDFS}domain> <urn:C>")
    (instance,) = closure.engine.instances
    term = closure.terms.text
    assert instance.rule.id == "prp-dom"
    assert term(instance.body[0].predicate) == "<urn:p>"
    assert term(instance.head.object) == "<urn:C>"


def test_implied_domains_make_no_instances() -> None:
    closure = closed(
        f"<urn:q> <{RDFS}domain> <urn:C>", f"<urn:C> <{RDFS}subClassOf> <urn:D>",
        f"<urn:p> <{RDFS}subPropertyOf> <urn:q>", "<urn:x> <urn:p> <urn:y>",
    )  # fmt: skip
    assert [i.rule.id for i in closure.engine.instances] == ["prp-dom"]
    for class_ in (b"<urn:C>", b"<urn:D>"):
        assert (b"<urn:x>", TYPE.encode(), class_) in closure


def test_long_list_is_read() -> None:
    size = 5000
    members = [f"<urn:m{i}>" for i in range(size)]
    closure = closed(f"<urn:C> <{OWL}oneOf> _:l0", *list_of(*members))
    assert closure.inferred_count == size
    assert (f"<urn:m{size - 1}>".encode(), TYPE.encode(), b"<urn:C>") in closure


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([f"_:l0 {REST} {NIL}"], "no rdf:first"),
        ([f"_:l0 {FIRST} <urn:m>"], "no rdf:rest"),
        ([f"_:l0 {FIRST} <urn:m>", f"_:l0 {REST} _:l0"], "circle"),
    ],
    ids=["no-first", "no-rest", "circle"],
)
def test_malformed_list_is_a_finding_and_concludes_nothing(lines: list[str], problem: str) -> None:
    closure = closed(f"<urn:C> <{OWL}oneOf> _:l0", *lines)
    assert [finding.code for finding in closure.findings] == ["malformed-list"]
    assert problem in closure.findings[0].message
    assert not closure.inferred_count
    assert not closure.violations


def test_list_with_two_values_in_a_cell_is_read_both_ways() -> None:
    closure = closed(
        f"<urn:C> <{OWL}oneOf> _:l0", f"_:l0 {FIRST} <urn:m>", f"_:l0 {FIRST} <urn:n>",
        f"_:l0 {REST} {NIL}",
    )  # fmt: skip
    for member in (b"<urn:m>", b"<urn:n>"):
        assert (member, TYPE.encode(), b"<urn:C>") in closure
    assert closure.findings[0].code == "malformed-list"


def test_schema_that_facts_bring_about_is_followed() -> None:
    closure = closed(
        f"<urn:below> <{RDFS}subPropertyOf> <{RDFS}subClassOf>", "<urn:C> <urn:below> <urn:D>",
        f"<urn:x> {TYPE} <urn:C>", f"<urn:kind> <{RDFS}subPropertyOf> {TYPE}",
        f"<urn:p> <urn:kind> <{OWL}SymmetricProperty>", "<urn:x> <urn:p> <urn:y>",
    )  # fmt: skip
    assert (b"<urn:x>", TYPE.encode(), b"<urn:D>") in closure
    assert (b"<urn:y>", b"<urn:p>", b"<urn:x>") in closure


@pytest.mark.parametrize("word", ["someValuesFrom", "allValuesFrom"])
def test_many_restrictions_on_one_property_are_compared_by_class(word: str) -> None:
    """Rules scm-svf1 and scm-avf1: of 36 million pairs on the property, two are comparable."""
    size = 6000
    lines = [
        line
        for i in range(size)
        for line in (
            f"<urn:r{i}> <{OWL}onProperty> <urn:p>",
            f"<urn:r{i}> <{OWL}{word}> <urn:c{i}>",
        )
    ]
    below = [f"<urn:c{i}> <{RDFS}subClassOf> <urn:d{i}>" for i in range(1, size)]
    text = "".join(
        f"{line} .\n" for line in [*lines, *below, f"<urn:c1> <{RDFS}subClassOf> <urn:c0>"]
    )
    closure = materialise(text.encode(), memory_limit_mb=512)
    assert closure.inferred_count == 1
    assert (b"<urn:r1>", f"<{RDFS}subClassOf>".encode(), b"<urn:r0>") in closure
