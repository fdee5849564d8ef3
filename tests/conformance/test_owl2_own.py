"""OWL 2 cases of our own, after the subjects of the W3C's test suite, beyond its RL rules too.

`owl2/*.trig` holds them: a case is a graph `case:NAME`, the premise, with the graphs
`case:NAME.entailed` and `case:NAME.unknown`, what follows and what must not be said to follow,
or `case:NAME.clash`, which is empty. A case without a clash is consistent. Kinds of cases: OWL 2
Conformance, section 2.1 (https://www.w3.org/TR/owl2-conformance/#Test_Types).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from rdflib import RDF, Dataset, Graph, Literal

from etown_kg.reason import entails, materialise
from etown_kg.reason.profile import PROFILES, Profile
from tests.reason.case_files import lexical_forms_kept

CASES = Path(__file__).with_name("owl2")
NAMESPACE = "http://example.org/case/"


class Case(NamedTuple):
    premise: Graph
    entailed: Graph | None
    unknown: Graph | None
    is_clash: bool


def read_cases() -> Iterator[tuple[str, Case]]:
    prefixes = (CASES / "prefixes.ttl").read_text(encoding="utf-8")
    for path in sorted(CASES.glob("*.trig")):
        with lexical_forms_kept():
            text = prefixes + path.read_text(encoding="utf-8")
            # rdflib keeps no graph without triples; a clash has none.
            clashes = {line.split(".")[0] for line in text.splitlines() if ".clash {" in line}
            dataset = Dataset().parse(data=text, format="trig")
        graphs = {
            str(graph.identifier).removeprefix(NAMESPACE): graph for graph in dataset.graphs()
        }
        for name, graph in sorted(graphs.items()):
            if "." not in name and len(graph):
                entailed, unknown = graphs.get(f"{name}.entailed"), graphs.get(f"{name}.unknown")
                yield name, Case(graph, entailed, unknown, f"case:{name}" in clashes)


ALL = dict(read_cases())
ENTAILED = [name for name, case in ALL.items() if case.entailed is not None]
UNKNOWN = [name for name, case in ALL.items() if case.unknown is not None]


def as_rdf_xml(graph: Graph) -> Graph:
    """The graph after a way through RDF/XML, as the W3C gives its ontologies.

    Not so with XML in literals, where rdflib's writer needs it well-formed.
    """
    if any(isinstance(o, Literal) and o.datatype == RDF.XMLLiteral for o in graph.objects()):
        return graph
    with lexical_forms_kept():
        copy = Graph()
        for triple in graph:
            copy.add(triple)
        return Graph().parse(data=copy.serialize(format="xml"), format="xml")


def test_every_graph_belongs_to_a_case() -> None:
    assert len(ALL) >= 150
    for path in CASES.glob("*.trig"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("case:"):
                assert line.removeprefix("case:").split(" ")[0].split(".")[0] in ALL


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", ALL)
def test_consistency(name: str, profile: Profile) -> None:
    case = ALL[name]
    closure = materialise(as_rdf_xml(case.premise), profile=profile)
    assert bool(closure.violations) == case.is_clash
    for violation in closure.violations:
        assert closure.explain_violation(violation) is not None


@pytest.mark.parametrize("name", ENTAILED)
def test_entailment_is_shown_with_a_proof(name: str) -> None:
    case = ALL[name]
    assert case.entailed is not None
    answer = entails(as_rdf_xml(case.premise), case.entailed)
    assert answer.holds is True, answer.missing
    assert answer.proof is not None
    assert not answer.missing


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_does_not_follow_is_unknown(name: str) -> None:
    case = ALL[name]
    assert case.unknown is not None
    answer = entails(case.premise, case.unknown)
    assert answer.holds == "unknown"
    assert answer.missing
