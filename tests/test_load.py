"""Files to quads: graphs, blank nodes, places of syntax errors."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import BlankNode, DefaultGraph, NamedNode
from rdflib.compare import isomorphic

from etown_kg import load
from etown_kg.errors import FormatError, MissingPathError, SourceError
from etown_kg.rdflib_terms import to_rdflib

TRIPLE = "<http://example.org/s> <http://example.org/p> _:x ."
SAME_GRAPH = {
    "a.ttl": TRIPLE,
    "a.nt": TRIPLE,
    "a.trig": TRIPLE,
    "a.nq": TRIPLE,
    "a.jsonld": '{"@id": "http://example.org/s", "http://example.org/p": {"@id": "_:x"}}',
    "a.rdf": """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
        xmlns:e="http://example.org/"><rdf:Description rdf:about="http://example.org/s">
        <e:p rdf:nodeID="x"/></rdf:Description></rdf:RDF>""",
}


@pytest.mark.parametrize("name", SAME_GRAPH)
def test_every_format_is_read_into_the_given_graph(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(SAME_GRAPH[name], encoding="utf-8")
    quads = load.read(path, "http://example.org/g")
    assert [quad.graph_name for quad in quads] == [NamedNode("http://example.org/g")]
    reference = tmp_path / "reference.ttl"
    reference.write_text(TRIPLE, encoding="utf-8")
    assert isomorphic(to_rdflib(quads), to_rdflib(load.read(reference)))


def test_a_graph_named_in_the_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.trig"
    path.write_text("<http://e/g> { <http://e/s> <http://e/p> 1 } <http://e/s> <http://e/p> 2 .")
    names = [quad.graph_name for quad in load.read(path, "http://e/default")]
    assert names == [NamedNode("http://e/g"), NamedNode("http://e/default")]


def test_blank_nodes_of_two_files_stay_apart_and_keep_their_labels(tmp_path: Path) -> None:
    for name in ("a.ttl", "b.ttl"):
        (tmp_path / name).write_text("_:x <http://e/p> [] .")
    first, second = load.read(tmp_path / "a.ttl"), load.read(tmp_path / "b.ttl")
    assert {quad.subject for quad in first}.isdisjoint({quad.subject for quad in second})
    assert first == load.read(tmp_path / "a.ttl")
    assert all(isinstance(quad.object, BlankNode) for quad in first)
    assert first[0].graph_name == DefaultGraph()


@pytest.mark.parametrize(
    ("name", "text", "line", "column"),
    [
        ("a.ttl", "@prefix a: <http://a/> .\na:b c:d 'x' .", 2, 5),
        ("a.ttl", '<http://a> <http://b> "open', 1, 23),
        ("a.jsonld", '{"@id": ', 1, 9),
        ("a.rdf", "<rdf", None, None),
    ],
)
def test_a_syntax_error_names_file_line_and_column(
    tmp_path: Path, name: str, text: str, line: int | None, column: int | None
) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(SourceError) as caught:
        load.read(path)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert str(caught.value).startswith(str(path))


def test_a_missing_file_and_an_unknown_suffix_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(MissingPathError):
        load.read(tmp_path / "absent.ttl")
    (tmp_path / "a.docx").write_text("")
    with pytest.raises(FormatError):
        load.read(tmp_path / "a.docx")


def test_a_literal_beyond_the_parsers_buffer_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.nt"
    path.write_text(f'<urn:x> <urn:p> "{"x" * (17 << 20)}" .\n', encoding="utf-8")
    with pytest.raises(SourceError, match="16 MiB"):
        load.read(path)


def test_lexical_forms_survive_the_way_to_rdflib(tmp_path: Path) -> None:
    path = tmp_path / "a.ttl"
    path.write_text('<http://e/s> <http://e/p> 01.50, "x"@en-GB, "005"^^<http://e/own> .')
    terms = {term.n3() for term in to_rdflib(load.read(path)).objects()}
    assert '"01.50"^^<http://www.w3.org/2001/XMLSchema#decimal>' in terms
    assert '"005"^^<http://e/own>' in terms


def test_sources_map_files_to_graphs(tmp_path: Path) -> None:
    ontology, data = tmp_path / "o", tmp_path / "d"
    names = ["o/zone.ttl", "o/vocabulary.ttl", "o/alignments/org.ttl", "d/background.ttl"]
    for name in [*names, "d/articles/2024-news.ttl", "d/articles/notes.txt"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    graphs = {s.path.name: s.graph for s in load.sources(ontology, data, "http://z/")}
    assert graphs == {
        "zone.ttl": "http://z/graph/ontology",
        "org.ttl": "http://z/graph/ontology",
        "vocabulary.ttl": "http://z/graph/vocabulary",
        "background.ttl": "http://z/graph/background",
        "2024-news.ttl": "http://z/graph/2024-news",
    }


def test_sources_refuse_missing_empty_and_reserved(tmp_path: Path) -> None:
    with pytest.raises(MissingPathError, match="a folder with an ontology"):
        load.sources(tmp_path / "none", tmp_path)
    with pytest.raises(MissingPathError, match="RDF files in this folder"):
        load.sources(tmp_path, tmp_path)
    (tmp_path / "inferred.ttl").touch()
    with pytest.raises(SourceError, match="made by the program"):
        load.sources(tmp_path, tmp_path)
