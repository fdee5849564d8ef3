"""KnowledgeGraph: datasets, inference on request, answers and exports."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import Literal, NamedNode
from rdflib.compare import isomorphic

from etown_kg import formats, vocab
from etown_kg.errors import InconsistentError, MissingPathError, QueryError, SettingError
from etown_kg.formats import Format
from etown_kg.graph import KnowledgeGraph

FILES = {
    "o/zone.ttl": """@prefix : <http://e/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
        :in a owl:TransitiveProperty . :alone a owl:Class ; owl:disjointWith :together .""",
    "d/background.ttl": """@prefix : <http://e/> . @prefix skos:
        <http://www.w3.org/2004/02/skos/core#> . :a :in :b . :a :size 1.50 .""",
    "d/articles/news.ttl": "@prefix : <http://e/> . :a :in :b . :b :in :c .",
    "d/links.ttl": """@prefix : <http://e/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
        :c owl:sameAs <http://elsewhere/c> .""",
}
IN = "SELECT ?s ?o { ?s <http://e/in> ?o }"


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def graph(folders: Path) -> KnowledgeGraph:
    return KnowledgeGraph.build(ontology=folders / "o", data=folders / "d", base="http://z/")


def pairs(graph: KnowledgeGraph, text: str, **options: object) -> list[str]:
    rows = graph.query(text, **options).rows()  # type: ignore[arg-type]
    return sorted(
        " ".join(term.value.rsplit("/", 1)[1] for term in row if isinstance(term, NamedNode))
        for row in rows
    )


def test_a_triple_of_two_graphs_is_one_solution(graph: KnowledgeGraph) -> None:
    assert pairs(graph, IN) == ["a b", "a c", "b c"]


def test_infer_false_answers_from_what_is_asserted(graph: KnowledgeGraph) -> None:
    assert pairs(graph, IN, infer=False) == ["a b", "b c"]
    named = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
    assert "inferred" in pairs(graph, named)
    assert "inferred" not in pairs(graph, named, infer=False)


def test_a_from_clause_is_honoured(graph: KnowledgeGraph) -> None:
    text = IN.replace("{", "FROM <http://z/graph/news> {", 1)
    assert pairs(graph, text) == ["a b", "b c"]
    named = "SELECT ?s ?o FROM NAMED <http://z/graph/news> { GRAPH ?g { ?s <http://e/in> ?o } }"
    assert pairs(graph, named) == ["a b", "b c"]


def test_the_protocol_dataset_replaces_the_default_one(graph: KnowledgeGraph) -> None:
    inferred = "http://z/graph/inferred"
    assert pairs(graph, IN, default_graphs=[inferred]) == ["a c"]
    assert pairs(graph, IN, named_graphs=[inferred]) == []
    named = "SELECT ?g ?s ?o { GRAPH ?g { ?s <http://e/in> ?o } }"
    assert pairs(graph, named, default_graphs=[inferred]) == []
    assert pairs(graph, named, named_graphs=[inferred]) == ["inferred a c"]


def test_links_to_other_graphs_are_not_reasoned_with(graph: KnowledgeGraph) -> None:
    assert all("elsewhere" not in str(quad) for quad in graph.inferred)
    assert graph.query("ASK { <http://e/c> ?p <http://elsewhere/c> }").boolean


def test_inferred_triples_are_not_asserted_ones(graph: KnowledgeGraph) -> None:
    assert {quad.triple for quad in graph.inferred}.isdisjoint(q.triple for q in graph.asserted)
    assert {quad.graph_name for quad in graph.inferred} == {NamedNode("http://z/graph/inferred")}


def test_an_inconsistent_graph_is_refused_with_its_clash(folders: Path) -> None:
    (folders / "d/articles/clash.ttl").write_text(
        "@prefix : <http://e/> . :x a :alone , :together ."
    )
    graph = KnowledgeGraph.load(ontology=folders / "o", data=folders / "d")
    with pytest.raises(InconsistentError, match="http://e/x"):
        graph.close()
    assert len(graph.inferred) == 0


def test_an_unknown_reasoner_is_refused(graph: KnowledgeGraph) -> None:
    with pytest.raises(SettingError, match="none of"):
        graph.close("hermit")


def test_validation_without_shapes_says_what_is_missing(graph: KnowledgeGraph) -> None:
    with pytest.raises(MissingPathError, match="SHACL"):
        graph.validate()


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("SELECT ?s\n WHERE { ?s ?p }", 2, 17),
        ("SELECT * { ?s nowhere:bar 1 }", 1, 26),
        ("", 1, 1),
    ],
    ids=["incomplete pattern", "unknown prefix", "empty"],
)
def test_a_query_error_names_line_and_column(
    graph: KnowledgeGraph, text: str, line: int, column: int
) -> None:
    with pytest.raises(QueryError) as caught:
        graph.query(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert "^" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "select * {service<http://127.0.0.1:9/>{?s ?p ?o}}",
        "SELECT * { #\n SERVICE # ?\n ?where { ?s ?p ?o } }",
        'SELECT * { ?s ?p "a\\"" . SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }',
    ],
)
def test_no_query_calls_another_server(graph: KnowledgeGraph, text: str) -> None:
    with pytest.raises(QueryError, match="this endpoint calls no other"):
        graph.query(text)


@pytest.mark.parametrize(
    "call",
    [
        "SERVICE SILENT <http://127.0.0.1:9/>",
        "service silent<http://127.0.0.1:9/>",
        "SERVICE # ?\n SILENT ?where",
    ],
)
def test_a_silent_call_comes_to_nothing(graph: KnowledgeGraph, call: str) -> None:
    """One solution that binds nothing, as section 3.1 of Federated Query has it."""
    rows = graph.query(f"SELECT ?s ?where {{ {call} {{ ?s ?p ?o }} }}").rows()
    assert rows == [(None, None)]


@pytest.mark.parametrize(
    "text",
    [
        'ASK { ?service ?p "SERVICE <http://x/>" }',
        "ASK { ?s <http://e/SERVICE> '''SERVICE ' SERVICE''' } # SERVICE",
        "PREFIX e: <http://e/> ASK { ?s e:SERVICE ?o }",
        "PREFIX : <http://e/> ASK { ?s :SERVICE $SERVICE }",
    ],
)
def test_the_word_service_elsewhere_is_no_call(graph: KnowledgeGraph, text: str) -> None:
    assert graph.query(text).boolean is False


def test_project_prefixes_need_no_declaration_and_yield_to_one(graph: KnowledgeGraph) -> None:
    assert graph.query("ASK { ?p a owl:TransitiveProperty }").boolean
    assert not graph.query("PREFIX owl: <http://e/> ASK { ?p a owl:TransitiveProperty }").boolean
    with pytest.raises(QueryError, match="prefix"):
        graph.query("ASK { ?p a owl:TransitiveProperty }", prefixes=False)


@pytest.mark.parametrize("format", formats.RDF_FORMATS, ids=lambda entry: entry.name)
def test_every_export_reads_back_and_repeats_its_bytes(
    graph: KnowledgeGraph, format: Format
) -> None:
    first, second = io.BytesIO(), io.BytesIO()
    graph.export(first, format)
    reversed_graph = KnowledgeGraph(reversed(list(graph.asserted)), base="http://z/")
    reversed_graph.inferred = graph.inferred
    reversed_graph.export(second, format)
    assert first.getvalue() == second.getvalue()
    read = rdflib.Dataset(default_union=True)
    read.parse(data=first.getvalue(), format=format.media_type)
    expected = rdflib.Graph()
    for quad in graph.quads():
        expected.parse(data=f"{quad.triple} .", format="nt")
    back = rdflib.Graph()
    for s, p, o, _ in read.quads():
        back.add((s, p, o))
    assert isomorphic(back, expected)


def test_one_graph_can_be_exported_alone(graph: KnowledgeGraph) -> None:
    out = io.BytesIO()
    assert graph.export(out, formats.N_TRIPLES, graph="http://z/graph/news") == 2
    with pytest.raises(SettingError, match="no graph"):
        graph.export(out, formats.N_TRIPLES, graph="http://z/graph/none")
    with pytest.raises(SettingError, match="no graph"):
        graph.export(out, formats.N_TRIPLES, graph="http://z/graph/inferred", infer=False)


def test_a_construct_has_each_triple_once(graph: KnowledgeGraph) -> None:
    answer = graph.query("CONSTRUCT { ?s a <http://e/T> } WHERE { ?s <http://e/in> ?o }")
    assert len(answer.triples()) == 2


def test_an_answer_refuses_what_its_form_cannot_give(graph: KnowledgeGraph) -> None:
    assert graph.query("ASK {}").form == "ASK"
    with pytest.raises(TypeError):
        graph.query("ASK {}").rows()
    with pytest.raises(TypeError):
        graph.query(IN).serialize(formats.TURTLE)
    with pytest.raises(TypeError):
        graph.query("CONSTRUCT WHERE { ?s ?p ?o }").serialize(formats.CSV)


def test_a_literal_is_proved_however_it_is_spelled(shipped_graph: KnowledgeGraph) -> None:
    """Queries give 300 for what the file calls 300.0."""
    figure = NamedNode(vocab.ID + "obs/F15")
    bound = NamedNode(vocab.TERMS + "lowerBound")
    decimal = NamedNode(vocab.XSD + "decimal")
    proofs = [
        shipped_graph.explain((figure, bound, Literal(text, datatype=decimal)))
        for text in ("300", "300.0", "0300.00")
    ]
    assert proofs[0] == proofs[1] == proofs[2]
    assert proofs[0][0].is_asserted
    assert not shipped_graph.explain((figure, bound, Literal("301", datatype=decimal)))
