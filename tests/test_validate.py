"""validate: reports from shapes and queries, on graphs and on somebody's files."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pyoxigraph import Quad, RdfFormat, Store, parse, serialize

from etown_kg.errors import FormatError, MissingPathError, SourceError
from etown_kg.findings import Finding
from etown_kg.validate import read_queries, validate, validate_closure, validate_files

SHAPES = """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix : <http://e/shapes#> .
@prefix e: <http://e/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:prefixes sh:declare [ sh:prefix "e" ; sh:namespace "http://e/"^^xsd:anyURI ] .
:size a sh:PropertyShape ; sh:targetClass e:Park ; sh:path e:size ; sh:minCount 1 ;
    sh:datatype xsd:decimal ; sh:message "A park has a size: give it e:size."@en ,
    "园区须有面积：请给出 e:size。"@zh .
:advice a sh:PropertyShape ; sh:targetClass e:Park ; sh:minCount 1 ; sh:severity sh:Info ;
    sh:path ( e:owner [ sh:inversePath e:knows ] ) ; sh:message "An owner is known."@en .
:large a sh:NodeShape ; sh:targetClass e:Park ; sh:severity sh:Warning ;
    sh:message "{?value} is large."@en ; sh:sparql [ sh:prefixes :prefixes ;
    sh:select "SELECT $this (e:size AS ?path) ?value { $this e:size ?value FILTER(?value > 5) }" ] .
"""
QUERY = """# message: A park has a name: give it e:name.
# message@zh: 园区须有名称。
# severity: warning
PREFIX e: <http://e/>
SELECT ?focus (e:name AS ?path) WHERE { ?focus a e:Park FILTER NOT EXISTS { ?focus e:name ?n } }
"""
CONTEXT = "@prefix e: <http://e/> . e:old a e:Park ; e:owner e:anna . e:bob e:knows e:anna ."
PARK = "@prefix e: <http://e/> . e:new a e:Park ; e:owner e:anna ."


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    put(tmp_path / "shapes" / "park.ttl", SHAPES)
    put(tmp_path / "hygiene" / "park-without-name.rq", QUERY)
    return tmp_path


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def quads(turtle: str) -> list[Quad]:
    return list(parse(turtle.encode(), RdfFormat.TRIG))


def checks(report_findings: tuple[Finding, ...]) -> list[str]:
    return [finding.check for finding in report_findings]


# --- findings -------------------------------------------------------------------------------


def test_a_finding_has_focus_path_value_severity_and_message(rules: Path) -> None:
    graph = quads(PARK + " e:new e:size 7.50 . e:bob e:knows e:anna .")
    report = validate(graph, rules / "shapes", rules / "hygiene")
    value = '"7.50"^^<http://www.w3.org/2001/XMLSchema#decimal>'
    assert report.findings == (
        Finding("large", "http://e/new", "7.50 is large.", "http://e/size", value, "warning"),
        Finding(
            "park-without-name", "http://e/new", "A park has a name: give it e:name.",
            "http://e/name", "", "warning",
        ),
    )  # fmt: skip
    assert report.conforms


def test_a_violation_does_not_conform(rules: Path) -> None:
    report = validate(quads(PARK), rules / "shapes")
    assert [(f.check, f.severity) for f in report.findings] == [
        ("advice", "info"),
        ("size", "violation"),
    ]
    assert not report.conforms


def test_a_longer_path_is_shown_as_sparql_writes_it(rules: Path) -> None:
    (advice, _) = validate(quads(PARK), rules / "shapes").findings
    assert advice.path == "<http://e/owner>/^<http://e/knows>"


def test_messages_come_in_the_language_asked_for_else_in_english(rules: Path) -> None:
    report = validate(quads(PARK), rules / "shapes", rules / "hygiene", language="zh")
    assert {finding.check: finding.message for finding in report.findings} == {
        "size": "园区须有面积：请给出 e:size。",
        "park-without-name": "园区须有名称。",
        "advice": "An owner is known.",
    }


def test_a_report_does_not_depend_on_the_order_of_the_graph(rules: Path) -> None:
    graph = quads(PARK + " e:a a e:Park . e:b a e:Park ; e:size 9.0 . e:c a e:Park .")
    reports = [validate(g, rules / "shapes", rules / "hygiene") for g in (graph, graph[::-1])]
    assert reports[0] == reports[1]
    assert len(reports[0]) == 12


def test_all_named_graphs_are_validated_as_one(rules: Path) -> None:
    graph = quads("@prefix e: <http://e/> . e:g { e:p a e:Park } e:h { e:p e:size 3.0 }")
    assert "size" not in checks(validate(graph, rules / "shapes").findings)


def test_an_ill_typed_literal_is_a_finding_and_not_a_log_entry(
    rules: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    graph = quads(PARK + ' e:new e:size "big"^^<http://www.w3.org/2001/XMLSchema#decimal> .')
    assert "size" in checks(validate(graph, rules / "shapes").findings)
    assert caplog.records == []
    assert capfd.readouterr().err == ""


def test_nothing_to_run_finds_nothing() -> None:
    assert validate(quads(PARK), None, None).findings == ()


# --- the closure ----------------------------------------------------------------------------


def test_the_closure_has_rules_of_its_own(rules: Path) -> None:
    put(rules / "shapes" / "closure" / "size.ttl", SHAPES.replace(":size a", ":closed-size a"))
    put(rules / "hygiene" / "closure" / "closed-park.rq", QUERY)
    asserted = validate(quads(PARK), rules / "shapes", rules / "hygiene")
    closed = validate_closure(quads(PARK), rules / "shapes", rules / "hygiene")
    assert checks(asserted.findings) == ["advice", "park-without-name", "size"]
    assert checks(closed.findings) == ["advice", "closed-park", "closed-size"]


def test_rules_without_any_for_the_closure_find_nothing_there(rules: Path) -> None:
    assert validate_closure(quads(PARK), rules / "shapes", rules / "hygiene").findings == ()


# --- files ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "format"),
    [
        ("ttl", RdfFormat.TURTLE),
        ("trig", RdfFormat.TRIG),
        ("nt", RdfFormat.N_TRIPLES),
        ("nq", RdfFormat.N_QUADS),
        ("jsonld", RdfFormat.JSON_LD),
        ("rdf", RdfFormat.RDF_XML),
    ],
)
def test_a_file_of_any_syntax_is_validated(
    rules: Path, tmp_path: Path, suffix: str, format: RdfFormat
) -> None:
    triples = [quad.triple for quad in quads(PARK)]
    prefixes = {"e": "http://e/"}  # RDF/XML cannot write a predicate without one
    data = serialize(triples, format=format, prefixes=prefixes)
    assert data is not None
    file = tmp_path / f"park.{suffix}"
    file.write_bytes(data)
    report = validate_files([file], rules / "shapes", rules / "hygiene", context=quads(CONTEXT))
    assert checks(report.findings) == ["park-without-name", "size"]


def test_only_what_the_files_describe_is_reported(rules: Path, tmp_path: Path) -> None:
    file = put(tmp_path / "park.ttl", PARK)
    report = validate_files([file], rules / "shapes", context=quads(CONTEXT))
    assert {finding.focus for finding in report.findings} == {"http://e/new"}


def test_a_file_is_the_graph_of_its_name(rules: Path, tmp_path: Path) -> None:
    put(
        rules / "hygiene" / "graph.rq",
        "# message: m\n# severity: info\nSELECT ?focus ?value { GRAPH ?value { ?focus ?p ?o } }",
    )
    file = put(tmp_path / "news.ttl", PARK)
    report = validate_files([file], None, rules / "hygiene" / "graph.rq", base="http://z/")
    assert {finding.value for finding in report.findings} == {"http://z/graph/news"}


def test_blank_nodes_are_named_alike_in_every_run(rules: Path, tmp_path: Path) -> None:
    file = put(tmp_path / "park.ttl", "@prefix e: <http://e/> . [] a e:Park . [] a e:Park .")
    runs = [validate_files([file], rules / "shapes", rules / "hygiene") for _ in range(2)]
    assert runs[0] == runs[1]
    assert len({finding.focus for finding in runs[0].findings}) == 2


def test_a_file_with_a_syntax_error_is_a_failure_with_its_place(
    rules: Path, tmp_path: Path
) -> None:
    file = put(tmp_path / "park.ttl", "@prefix e: <http://e/> .\ne:new a e:Park")
    with pytest.raises(SourceError) as raised:
        validate_files([file], rules / "shapes")
    assert raised.value.path == file
    assert raised.value.line == 2


def test_a_file_that_is_not_there_or_not_rdf_is_a_failure(rules: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingPathError):
        validate_files([tmp_path / "none.ttl"], rules / "shapes")
    with pytest.raises(FormatError):
        validate_files([put(tmp_path / "park.docx", "")], rules / "shapes")


def test_a_triple_term_is_refused(rules: Path, tmp_path: Path) -> None:
    file = put(tmp_path / "park.ttl", PARK + " e:new e:said <<( e:a e:b e:c )>> .")
    with pytest.raises(SourceError, match="triple term"):
        validate_files([file], rules / "shapes")


# --- shapes that cannot be used -------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ("sh:minCount 1 ;\n    sh:datatype", "sh:minCont 1 ; sh:datatype", "sh:minCont"),
        ("a sh:NodeShape", "a sh:NodeShap", "sh:NodeShap"),
        ("SELECT $this", "SELEKT $this", "http://e/shapes#large"),
        ('sh:prefix "e"', 'sh:prefix "f"', "http://e/shapes#large"),
        ("sh:path e:size ;", "", "path"),
        ("{ $this e:size ?value ", "{ $this e:size ?value MINUS { $this a e:B } ", "MINUS"),
        ("sh:targetClass e:Park ; sh:path e:size", "sh:path e:size ; . ]", ""),
    ],
    ids=["parameter", "type", "query", "prefixes", "path", "minus", "syntax"],
)
def test_a_shape_that_cannot_be_used_is_a_failure_that_names_it(
    rules: Path, before: str, after: str, named: str
) -> None:
    assert before in SHAPES
    put(rules / "shapes" / "park.ttl", SHAPES.replace(before, after))
    with pytest.raises(SourceError) as raised:
        validate(quads(PARK), rules / "shapes")
    assert str(rules / "shapes") in str(raised.value)
    assert named in str(raised.value)


def test_a_folder_without_shapes_or_queries_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(MissingPathError, match="SHACL shapes"):
        validate([], tmp_path)
    with pytest.raises(MissingPathError, match="hygiene queries"):
        validate([], None, tmp_path)
    with pytest.raises(MissingPathError, match="SHACL shapes"):
        validate([], tmp_path / "none")


# --- hygiene queries that cannot be used ----------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "line", "named"),
    [
        ("# message: A", "# A", 1, "message"),
        ("# severity: warning\n", "", 1, "severity"),
        ("severity: warning", "severity: bad", 3, "bad"),
        ("?focus (", "?node (", 1, "?focus"),
        ("WHERE {", "WHERE", 5, ""),
        ("SELECT ?focus (e:name AS ?path)", "ASK", None, "SELECT"),
    ],
    ids=["message", "severity", "unknown-severity", "focus", "syntax", "form"],
)
def test_a_query_that_cannot_be_used_is_a_failure_with_its_place(
    rules: Path, before: str, after: str, line: int | None, named: str
) -> None:
    assert before in QUERY
    file = put(rules / "hygiene" / "park-without-name.rq", QUERY.replace(before, after))
    with pytest.raises(SourceError) as raised:
        read_queries(rules / "hygiene")
    assert raised.value.path == file
    assert raised.value.line == line
    assert named in str(raised.value)
    assert len(str(raised.value)) < 500


def test_a_query_may_speak_for_each_row(rules: Path) -> None:
    text = QUERY.replace("(e:name AS ?path)", '(CONCAT("no name: ", STR(?focus)) AS ?message)')
    file = put(rules / "hygiene" / "park-without-name.rq", text)
    store = Store()
    store.bulk_load(io.BytesIO(PARK.encode()), RdfFormat.TURTLE)
    (query,) = read_queries(file)
    (finding,) = query.run(store)
    assert finding.message == "no name: http://e/new"
