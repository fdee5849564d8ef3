"""The SHACL shapes: each holds on its example, and each fires on the fault it is for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pyshacl
import pytest
import rdflib
from pyoxigraph import Quad, QuerySolutions, RdfFormat, Store
from rdflib import RDF, SH

from etown_kg import load, vocab
from etown_kg.findings import Report
from etown_kg.graph import KnowledgeGraph
from etown_kg.rdflib_terms import to_rdflib
from etown_kg.validate import validate, validate_closure, validate_files
from tests.ontology.shape_faults import CLOSED, CLOSURE_FAULTS, FAULTS

ONTOLOGY = Path(__file__).parents[2] / "ontology"
SHAPES = ONTOLOGY / "shapes"
HYGIENE = ONTOLOGY / "queries" / "hygiene"
EXAMPLES = ONTOLOGY / "examples"
RULES = [f"S{number:02}" for number in range(1, 17)]


@cache
def context() -> tuple[Quad, ...]:
    """The ontology, the code lists and the little world of the examples."""
    graph = vocab.GRAPH + "example"
    files = [*sorted(ONTOLOGY.glob("*.ttl")), *sorted((ONTOLOGY / "alignments").glob("*.ttl"))]
    return tuple(
        quad for file in [*files, EXAMPLES / "context.ttl"] for quad in load.read(file, graph)
    )


@cache
def example_report(kind: str) -> Report:
    """The findings on all examples of one kind, which share no node: one run for all."""
    files = sorted((EXAMPLES / kind).glob("*.ttl"))
    return validate_files(files, SHAPES, HYGIENE, context=context())


@cache
def shapes_graph() -> rdflib.Graph:
    files = sorted(SHAPES.rglob("*.ttl"))
    return to_rdflib(quad for file in files for quad in load.read(file))


def names_of(report: Report) -> Mapping[str, set[str]]:
    """The namespace of a focus node, up to the third slash of its path, -> the checks on it."""
    found: dict[str, set[str]] = defaultdict(set)
    for finding in report.findings:
        found["/".join(finding.focus.split("/")[:4])].add(finding.check)
    return found


# --- the examples ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["valid", "invalid"])
def test_each_rule_has_one_example_of_each_kind(kind: str) -> None:
    assert [file.name[:3] for file in sorted((EXAMPLES / kind).glob("*.ttl"))] == RULES


def test_nothing_is_found_on_the_valid_examples() -> None:
    assert example_report("valid").findings == ()


@pytest.mark.parametrize("rule", RULES)
def test_an_invalid_example_breaks_exactly_its_shape_and_says_so(rule: str) -> None:
    found = names_of(example_report("invalid"))[f"https://example.org/{rule.lower()}-invalid"]
    broken = {check[:3] for check in found if re.match(r"[SR]\d\d-", check)}
    assert broken == {rule}
    (file,) = (EXAMPLES / "invalid").glob(f"{rule}-*.ttl")
    assert file.read_text(encoding="utf-8").startswith(f"# Breaks exactly {rule}: ")


def test_an_example_validates_alone_as_in_company() -> None:
    """With nothing but the ontology, the code lists and the context, which is sound itself."""
    (file,) = (EXAMPLES / "invalid").glob("S05-*.ttl")
    files = [file, EXAMPLES / "context.ttl"]
    report = validate_files(files, SHAPES, HYGIENE, context=context())
    assert [finding.check for finding in report.findings] == ["S05-parts-sum"]
    assert not report.conforms


@pytest.mark.parametrize("number", range(1, 17))
def test_a_rule_is_documented(number: int) -> None:
    page = ONTOLOGY.parent / "docs" / "validation.md"
    assert f"\n| S{number} | " in page.read_text(encoding="utf-8")


# --- every shape, one fault each ------------------------------------------------------------


@cache
def fault_findings() -> Mapping[str, set[str]]:
    """Each fault put into a copy of its example, all copies validated in one run.

    A copy has a namespace and letters of fact ids of its own, so that no copy mends another.
    """
    quads: list[Quad] = list(context())
    for number, (shape, (example, update)) in enumerate(FAULTS.items()):
        (file,) = (EXAMPLES / "valid").glob(f"{example}-*.ttl")
        space = f"https://example.org/{example.lower()}-valid/"
        letters = "Q" + chr(ord("A") + number // 26) + chr(ord("A") + number % 26)
        store = Store()
        store.extend(load.read(file))
        prefixes = {**vocab.PREFIXES, "ex": space, "context": "https://example.org/context/"}
        header = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in prefixes.items())
        before = set(store)
        store.update(header + update)
        assert set(store) != before, f"the fault of {shape} changes nothing"
        text = "\n".join(f"{quad.subject} {quad.predicate} {quad.object} ." for quad in store)
        text = text.replace(space, f"https://example.org/{shape}/")
        text = re.sub(r"\bE(\d{3,4})\b", rf"{letters}\1", text)
        copy = Store()
        copy.load(text.encode(), RdfFormat.TURTLE)
        quads += list(copy)
    return names_of(validate(quads, SHAPES))


@pytest.mark.parametrize("shape", FAULTS)
def test_a_shape_fires_on_its_fault(shape: str) -> None:
    assert shape in fault_findings()[f"https://example.org/{shape}"]


@pytest.mark.parametrize("shape", CLOSURE_FAULTS)
def test_a_closure_shape_fires_on_its_fault(shape: str) -> None:
    assert shape in {finding.check for finding in closed(CLOSURE_FAULTS[shape]).findings}


def test_closure_shapes_hold_on_a_sound_closure() -> None:
    assert closed("").findings == ()


def closed(extra: str) -> Report:
    header = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in vocab.PREFIXES.items())
    store = Store()
    store.load((header + CLOSED + extra).encode(), RdfFormat.TURTLE)
    return validate_closure(store, SHAPES)


def test_every_shape_with_a_message_has_a_fault_that_fires_it() -> None:
    with_message = {str(shape).split("#")[1] for shape in shapes_graph().subjects(SH.message)}
    assert with_message == {*FAULTS, *CLOSURE_FAULTS}


# --- how shapes are written -----------------------------------------------------------------


def named_shapes() -> list[rdflib.URIRef]:
    graph = shapes_graph()
    return sorted(
        shape
        for kind in (SH.NodeShape, SH.PropertyShape)
        for shape in graph.subjects(RDF.type, kind)
        if isinstance(shape, rdflib.URIRef) and re.search(r"#[SRC]\d\d-", shape)
    )


@pytest.mark.parametrize("shape", named_shapes(), ids=lambda shape: str(shape).split("#")[1])
def test_a_shape_speaks_english_and_chinese(shape: rdflib.URIRef) -> None:
    graph = shapes_graph()
    for predicate in (SH.name, SH.message):
        texts = list(graph.objects(shape, predicate))
        languages = sorted(str(text.language) for text in texts if isinstance(text, rdflib.Literal))
        assert languages in (["en", "zh"], []), f"{predicate} of {shape}"
        assert languages or predicate == SH.message, f"{shape} has no name"


def test_what_checks_has_a_message() -> None:
    """A property shape, and a node shape that checks by itself, says what to do."""
    graph = shapes_graph()
    checking = {SH.sparql, SH["or"], SH.xone, SH.closed, SH.node, SH["not"]}
    silent = [
        shape
        for shape in named_shapes()
        if ((shape, RDF.type, SH.PropertyShape) in graph or checking & set(graph.predicates(shape)))
        and (shape, SH.message, None) not in graph
    ]
    assert silent == []


def test_the_folder_tells_required_from_recommended() -> None:
    for folder, letter, severities in (
        ("required", "S", {None}),
        ("recommended", "R", {SH.Warning, SH.Info}),
        ("closure", "C", {None}),
    ):
        for file in sorted((SHAPES / folder).glob("*.ttl")):
            graph = to_rdflib(load.read(file))
            for shape in graph.subjects(SH.message):
                assert str(shape).split("#")[1].startswith(letter), file
                assert graph.value(shape, SH.severity) in severities, shape


def test_the_shapes_are_well_formed_shacl() -> None:
    """The SHACL shapes of SHACL itself (https://www.w3.org/TR/shacl/#shacl-shacl)."""
    conforms, _, text = pyshacl.validate(rdflib.Graph(), shacl_graph=shapes_graph(), advanced=True)
    assert conforms, text
    conforms, _, text = pyshacl.entrypoints.meta_validate(shapes_graph())
    assert conforms, text


# --- the shipped graph ----------------------------------------------------------------------


def test_nothing_is_found_on_the_shipped_graph(shipped_graph: KnowledgeGraph) -> None:
    assert shipped_graph.validate().findings == ()


def test_nothing_is_found_on_the_shipped_closure(shipped_graph: KnowledgeGraph) -> None:
    report = validate_closure(shipped_graph.quads(), SHAPES, HYGIENE)
    assert report.findings == ()


def test_the_articles_declare_all_facts_of_the_fact_sheet(shipped_graph: KnowledgeGraph) -> None:
    store = Store()
    store.extend(shipped_graph.asserted)
    ranges = "SELECT ?first ?last { ?a <%sfirstFactId> ?first ; <%slastFactId> ?last }"
    rows = store.query(ranges % (vocab.TERMS, vocab.TERMS), use_default_graph_as_union=True)
    assert isinstance(rows, QuerySolutions)
    declared = sorted((row["first"].value, row["last"].value) for row in rows)
    assert declared == [("F01", "F41"), ("F42", "F86")]
