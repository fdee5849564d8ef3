"""``etown-kg explain``: the proof of a triple, for people and for programs."""

from __future__ import annotations

import json

import pytest
import rdflib

from etown_kg.vocab import PROV
from tests.cli.conftest import Run

LOCATED = ("place:beijing-e-town", "et:locatedIn", "place:china")
SERVES = ("agent:guo-meng", "et:servesZone", "place:beijing-e-town")


def test_the_text_ends_in_rules_graphs_and_the_words_of_an_article(run: Run) -> None:
    result = run("explain", *LOCATED)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].startswith("place:beijing-e-town et:locatedIn place:china  [prp-trp]")
    assert any("graph/ontology" in line for line in lines)
    cited = next(line for line in lines if "F41" in line)
    assert "southeast Beijing" in cited
    assert "paragraph 12" in cited


def test_an_asserted_triple_is_its_own_proof(run: Run) -> None:
    result = run("explain", "obs:F15", "et:lowerBound", "300.0")
    assert "asserted in" in result.output
    assert '"more than 300 autonomous driving vehicles"' in result.output


def test_json_has_evidence_at_the_leaves(run: Run) -> None:
    tree = json.loads(run("explain", *LOCATED, "--format", "json").output)
    assert tree["rule"] == "prp-trp"
    leaves = [tree]
    sources = []
    while leaves:
        node = leaves.pop()
        leaves += node.get("premises", [])
        sources += node.get("sources", [])
    assert {"fact_id": "F41", "paragraph": 12}.items() <= next(
        source.items() for source in sources if "fact_id" in source
    )


def test_turtle_is_prov_and_names_the_evidence(run: Run) -> None:
    graph = rdflib.Graph().parse(data=run("explain", *SERVES, "-f", "turtle").output)
    sources = {str(o) for o in graph.objects(None, rdflib.URIRef(PROV + "hadPrimarySource"))}
    assert "https://w3id.org/etown/id/evidence/F48" in sources
    assert (None, rdflib.URIRef(PROV + "wasDerivedFrom"), None) in graph


def test_all_proofs_stay_apart_in_one_turtle_document(run: Run) -> None:
    output = run("explain", *SERVES, "--all", "-f", "turtle").output
    graph = rdflib.Graph().parse(data=output)
    alone = rdflib.Graph().parse(data=run("explain", *SERVES, "-f", "turtle").output)
    assert len(graph) >= len(alone)
    assert len(json.loads(run("explain", *SERVES, "--all", "-f", "json").output)) >= 1


def test_what_does_not_follow_is_said_and_exits_with_one(run: Run) -> None:
    result = run("explain", "place:china", "et:locatedIn", "place:beijing")
    assert result.exit_code == 1
    assert "does not follow" in result.output


@pytest.mark.parametrize(
    "terms",
    [
        ("nowhere:x", "a", "et:Zone"),
        ("place:beijing . <urn:a> <urn:b> <urn:c>", "a", "et:Zone"),
        ("place:beijing", '"text"', "et:Zone"),
        ("place:beijing", "a", "(1 2)"),
    ],
    ids=["unknown prefix", "another statement", "literal predicate", "list"],
)
def test_what_is_no_term_is_refused(run: Run, terms: tuple[str, str, str]) -> None:
    result = run("explain", *terms)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
