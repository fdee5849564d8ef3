"""check_profile against a table of ontologies in files: legal ones, and ones with one fault.

A file of `profile/cases/invalid` names the finding in its head: `# finds:` the check and
`# focus:` the axiom or term at fault.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rdflib import OWL, RDF, RDFS, BNode, Graph, Literal, URIRef
from rdflib.collection import Collection

from etown_kg.profile import CHECKS, check_profile
from etown_kg.profile.grammar import AXIOM_POSITIONS, CHECK_OF_POSITION, POSITIONS

CASES = Path(__file__).parent / "profile" / "cases"
ROOT = Path(__file__).parent.parent
EX = "http://example.org/"


def cases(kind: str) -> list[Path]:
    return sorted((CASES / kind).glob("*.ttl"))


@pytest.mark.parametrize("case", cases("valid"), ids=lambda path: path.stem)
def test_legal_ontology_has_no_finding(case: Path) -> None:
    assert check_profile(Graph().parse(case)) == ()


@pytest.mark.parametrize("case", cases("invalid"), ids=lambda path: path.stem)
def test_fault_is_found_once_and_named(case: Path) -> None:
    text = case.read_text(encoding="utf-8")
    expected = re.findall(r"^# (?:finds|focus): (.*)$", text, re.MULTILINE)
    findings = check_profile(Graph().parse(data=text, format="turtle"))
    assert [[finding.check, _plain(finding.focus)] for finding in findings] == [
        [expected[0], _plain(expected[1])]
    ]
    assert CHECKS[findings[0].check] in findings[0].message


def _plain(focus: str) -> str:
    """The focus without the names of blank nodes, which are not kept by a parser."""
    return re.sub(r"_:\w+", "_:", focus)


def test_every_check_has_a_case() -> None:
    named = {
        check
        for case in cases("invalid")
        for check in re.findall(r"^# finds: (.*)$", case.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert named == set(CHECKS)


def test_severity_tells_the_profile_from_this_projects_own_rule() -> None:
    severities = {
        finding.check: finding.severity
        for case in cases("invalid")
        for finding in check_profile(Graph().parse(case))
    }
    soft = {check: severity for check, severity in severities.items() if severity != "violation"}
    assert soft == {"sound-numbers": "warning", "rl-literal": "info"}


def test_each_fault_of_several_is_found() -> None:
    together = Graph()
    single = 0
    for case in ("superclass-union", "reflexive-property", "transitive-functional"):
        together.parse(CASES / "invalid" / f"{case}.ttl")
        single += 1
    assert len(check_profile(together)) == single


def test_fault_in_legal_surroundings_is_the_only_finding() -> None:
    graph = Graph().parse(CASES / "valid" / "subclass-right.ttl")
    graph.parse(CASES / "invalid" / "superclass-union.ttl")
    assert [finding.focus for finding in check_profile(graph)] == [
        "SubClassOf(:A ObjectUnionOf(:B :C))"
    ]


def test_any_order_of_triples_gives_the_same_findings() -> None:
    triples = [t for case in cases("invalid") for t in Graph().parse(case)]
    forward, backward = Graph(), Graph()
    for triple in triples:
        forward.add(triple)
    for triple in reversed(triples):
        backward.add(triple)
    assert check_profile(forward) == check_profile(backward)


def test_long_list_is_read() -> None:
    graph = Graph()
    members = [URIRef(f"{EX}C{i}") for i in range(20_000)]
    for member in members:
        graph.add((member, RDF.type, OWL.Class))
    union = BNode()
    graph.add((union, RDF.type, OWL.Class))
    graph.add((union, OWL.unionOf, BNode("list")))
    cell = BNode("list")
    for i, member in enumerate(members):
        rest = BNode(f"cell{i}") if i + 1 < len(members) else RDF.nil
        graph.add((cell, RDF.first, member))
        graph.add((cell, RDF.rest, rest))
        cell = BNode(f"cell{i}")
    graph.add((union, RDFS.subClassOf, members[0]))
    assert check_profile(graph) == ()


def test_deep_nesting_is_a_finding_not_a_crash() -> None:
    graph = Graph()
    name = URIRef(EX + "A")
    graph.add((name, RDF.type, OWL.Class))
    inner: URIRef | BNode = name
    for _ in range(3_000):
        outer = BNode()
        graph.add((outer, RDF.type, OWL.Class))
        graph.add((outer, OWL.complementOf, inner))
        inner = outer
    graph.add((name, RDFS.subClassOf, inner))
    assert [finding.check for finding in check_profile(graph)] == ["rdf-malformed"]


def test_shared_blank_nodes_do_not_multiply_the_work() -> None:
    graph = Graph()
    name = URIRef(EX + "A")
    graph.add((name, RDF.type, OWL.Class))
    inner: URIRef | BNode = name
    for _ in range(60):  # read as a tree this would have 2**60 leaves
        outer, members = BNode(), BNode()
        graph.add((outer, RDF.type, OWL.Class))
        graph.add((outer, OWL.intersectionOf, members))
        Collection(graph, members, [inner, inner])
        inner = outer
    graph.add((name, RDFS.subClassOf, inner))
    assert [finding.check for finding in check_profile(graph)] == ["rdf-malformed"]


def test_terms_are_written_with_the_prefixes_of_the_graph() -> None:
    graph = Graph()
    graph.bind("zone", EX)
    graph.add((URIRef(EX + "p"), RDF.type, OWL.ObjectProperty))
    graph.add((URIRef(EX + "p"), RDF.type, OWL.ReflexiveProperty))
    assert [finding.focus for finding in check_profile(graph)] == [
        "ReflexiveObjectProperty(zone:p)"
    ]


def test_missing_declarations_hint_at_imports() -> None:
    graph = Graph()
    graph.add((URIRef(EX), RDF.type, OWL.Ontology))
    graph.add((URIRef(EX), OWL.imports, URIRef(EX + "other")))
    graph.add((URIRef(EX + "a"), URIRef(EX + "p"), Literal("x")))
    (finding,) = check_profile(graph)
    assert "import" in finding.message


def test_empty_graph_is_in_the_profile() -> None:
    assert check_profile(Graph()) == ()


def test_grammar_tables_are_closed() -> None:
    inner = {target for table in POSITIONS.values() for target in table.values() if target}
    used = {position for positions in AXIOM_POSITIONS.values() for position in positions}
    assert inner | used == set(CHECK_OF_POSITION)
    assert set(CHECK_OF_POSITION.values()) <= set(CHECKS)


def test_shipped_ontology_is_in_the_profile() -> None:
    graph = Graph()
    for path in (ROOT / "ontology").glob("*.ttl"):
        graph.parse(path)
    for path in (ROOT / "ontology" / "alignments").glob("*.ttl"):
        graph.parse(path)
    assert check_profile(graph) == ()
