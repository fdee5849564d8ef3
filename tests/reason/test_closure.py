"""The public door: sources in, graphs and triples out."""

from __future__ import annotations

import io
from pathlib import Path

import pyoxigraph
import pytest
import rdflib
from rdflib import OWL, RDF, RDFS, BNode, Dataset, Graph, Literal, URIRef

from etown_kg import export
from etown_kg.errors import SettingError, SourceError
from etown_kg.formats import N_TRIPLES
from etown_kg.reason import Closure, entails, materialise, read_ntriples, serialisation
from etown_kg.reason.profile import PROFILES, Profile

TURTLE = """
@prefix : <urn:> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:C rdfs:subClassOf :D . :x a :C ; :name "亦庄\\n\\"x\\""@zh, "y" ; :n 01 .
"""
X, C, D = URIRef("urn:x"), URIRef("urn:C"), URIRef("urn:D")
INFERRED = (X, RDF.type, D)


@pytest.fixture
def graph() -> Graph:
    return Graph().parse(data=TURTLE)


def store() -> pyoxigraph.Store:
    result = pyoxigraph.Store()
    result.load(TURTLE.encode(), format=pyoxigraph.RdfFormat.TURTLE)
    return result


def test_every_kind_of_source_gives_the_same_closure(graph: Graph, tmp_path: Path) -> None:
    dataset = Dataset()
    dataset.graph(URIRef("urn:g")).parse(data=TURTLE)
    path = tmp_path / "x.nt"
    path.write_bytes(graph.serialize(format="nt", encoding="utf-8"))
    sources = [
        graph,
        dataset,
        list(graph),
        store(),
        list(store()),
        [pyoxigraph.Triple(quad.subject, quad.predicate, quad.object) for quad in store()],
        path.read_bytes(),
        read_ntriples(path),
    ]
    expected = materialise(graph).ntriples(inferred_only=False).splitlines()
    assert b"<urn:x> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <urn:D> ." in expected
    for source in sources:
        closure = materialise(source)
        assert sorted(closure.ntriples(inferred_only=False).splitlines()) == sorted(expected)
        assert list(closure.inferred()) == [INFERRED]


def test_graph_holds_asserted_and_inferred_triples(graph: Graph) -> None:
    closure = materialise(graph)
    assert set(closure.graph()) == {*graph, INFERRED}
    assert (len(closure), closure.asserted_count, closure.inferred_count) == (6, 5, 1)
    assert INFERRED in closure
    assert (X, RDF.type, URIRef("urn:E")) not in closure
    assert "x" not in closure


def test_written_triples_can_be_loaded(graph: Graph) -> None:
    loaded = pyoxigraph.Store()
    loaded.bulk_load(materialise(graph, profile="full").ntriples(), pyoxigraph.RdfFormat.N_TRIPLES)
    assert len(loaded) > 0


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("piece", [1, 3, 1 << 17])
def test_pieces_are_what_export_writes(
    profile: Profile, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serialisation, "_PIECE", piece)
    closure = materialise(
        """<urn:p> <http://www.w3.org/2000/01/rdf-schema#subPropertyOf> <urn:o> .
        <urn:\u00e9> <urn:p> "a\\nb"@en .
        <urn:p> <urn:p> "1"^^<urn:t> .
        _:b <urn:p> _:b .
        <urn:p1> <urn:p> "a" .
        <urn:p/1> <urn:o> <urn:\U0001f600> .
        <urn:p#1> <urn:p> "\u4ea6" .
        """.encode(),
        profile,
    )
    for inferred_only in (True, False):
        triples = pyoxigraph.parse(closure.ntriples(inferred_only), pyoxigraph.RdfFormat.N_TRIPLES)
        expected = io.BytesIO()
        export.write(triples, expected, N_TRIPLES)
        assert b"".join(closure.sorted_ntriples(inferred_only)) == expected.getvalue()


def test_nothing_inferred_is_no_piece() -> None:
    assert list(materialise(b"<urn:a> <urn:b> <urn:c> .").sorted_ntriples()) == []


@pytest.mark.parametrize(
    "source",
    [3, ["no triple"], [(X, RDF.type)], [(X, RDF.type, 3)]],
    ids=["number", "text", "pair", "no-term"],
)
def test_what_is_no_graph_is_refused(source: object) -> None:
    with pytest.raises(SourceError):
        materialise(source)


def test_unknown_profile_is_refused() -> None:
    with pytest.raises(SettingError, match="lean, full"):
        materialise([], profile="rdfs")  # type: ignore[arg-type]


def test_proof_names_the_graphs_of_its_leaves() -> None:
    quads = [
        (C, RDFS.subClassOf, D, URIRef("urn:ontology")),
        (X, RDF.type, C, URIRef("urn:one")),
        (X, RDF.type, C, URIRef("urn:two")),
    ]
    proof = materialise(quads).explain(INFERRED)
    assert proof is not None
    assert proof.rule == "cax-sco"
    graphs = {leaf.conclusion[1]: leaf.graphs for leaf in proof.leaves() if leaf.conclusion}
    assert graphs[f"<{RDF.type}>"] == ("<urn:one>", "<urn:two>")
    assert graphs[f"<{RDFS.subClassOf}>"] == ("<urn:ontology>",)


def test_triple_stays_while_one_graph_asserts_it() -> None:
    one, two = URIRef("urn:one"), URIRef("urn:two")
    closure = materialise([(X, RDF.type, C, one), (X, RDF.type, C, two)])
    closure.remove([(X, RDF.type, C, one)])
    assert (X, RDF.type, C) in closure
    closure.remove([(X, RDF.type, C, two)])
    assert (X, RDF.type, C) not in closure
    closure.add([(X, RDF.type, C, one), (X, RDF.type, C, two)])
    closure.remove([(X, RDF.type, C)])
    assert (X, RDF.type, C) not in closure


def test_blank_nodes_keep_their_names() -> None:
    node = BNode("thing")
    closure = materialise([(node, RDF.type, C), (C, RDFS.subClassOf, D)])
    assert (node, RDF.type, D) in set(closure.graph())


def violated() -> Closure:
    return materialise([(C, OWL.disjointWith, D), (X, RDF.type, C), (X, RDF.type, D)])


def test_violation_has_culprits_and_a_proof() -> None:
    closure = violated()
    (violation,) = closure.violations
    assert violation.rule == "cax-dw"
    assert set(violation.culprits) == set(closure.graph())
    proof = closure.explain_violation(violation)
    assert proof is not None
    assert proof.conclusion is None
    assert {leaf.triple for leaf in proof.leaves()} == set(closure.graph())


def test_edit_brings_violations_up_to_date() -> None:
    closure = violated()
    closure.remove([(X, RDF.type, D)])
    assert not closure.violations
    closure.add([(X, RDF.type, D)])
    assert [violation.rule for violation in closure.violations] == ["cax-dw"]


@pytest.mark.parametrize(
    ("premise", "conclusion", "holds"),
    [
        (":C rdfs:subClassOf :D . :x a :C .", "[] a :D .", True),
        (":x a :C .", ":x a :D .", "unknown"),
        (":C owl:disjointWith :D . :x a :C . :y a :D .", ":x owl:differentFrom :y .", True),
        (":C owl:intersectionOf (:A :B) . :E rdfs:subClassOf :A , :B .",
         ":E rdfs:subClassOf :C .", True),
        (":p a owl:FunctionalProperty . :x :p 1 . :y :p 2 .", ":x owl:differentFrom :y .", True),
        (":C owl:disjointWith :D . :x a :C , :D .", ":anything :at :all .", True),
        (":x :p :y .", ":x owl:sameAs :x .", True),
        (":x :p '1'^^xsd:integer .", ":x :p '01'^^xsd:short .", True),
    ],
    ids=["existential", "unknown", "different", "subclass", "by-value", "inconsistent", "same",
         "spelling"],
)  # fmt: skip
def test_entailment_is_shown_or_unknown(premise: str, conclusion: str, holds: bool | str) -> None:
    prefixes = "".join(
        f"@prefix {prefix}: <{iri}> .\n"
        for prefix, iri in {
            "": "urn:", "rdfs": RDFS, "owl": OWL, "xsd": rdflib.XSD,
        }.items()
    )  # fmt: skip
    entailment = entails(
        Graph().parse(data=prefixes + premise), Graph().parse(data=prefixes + conclusion)
    )
    assert entailment.holds == holds
    assert (entailment.proof is not None) == (holds is True)
    assert bool(entailment.missing) == (holds != True)  # noqa: E712 - holds may be "unknown"


def test_literals_come_back_as_they_were_written() -> None:
    written = Literal("01", datatype=rdflib.XSD.integer, normalize=False)
    p, q = URIRef("urn:p"), URIRef("urn:q")
    closure = materialise([(p, RDFS.subPropertyOf, q), (X, p, written)])
    ((_, _, value),) = [triple for triple in closure.inferred() if triple[0] == X]
    assert str(value) == "01"


def test_lean_hides_only_the_built_in_annotation_properties() -> None:
    closure = materialise(
        [
            (RDFS.Class, RDFS.subClassOf, OWL.AnnotationProperty),
            (OWL.onProperty, RDF.type, RDFS.Class),
            (RDFS.label, RDF.type, RDFS.Class),
        ]
    )
    found = {s for s, _, o in closure.inferred() if o == OWL.AnnotationProperty}
    assert found == {OWL.onProperty}
