"""``etown-kg query``: where a query comes from and in what it is answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import rdflib

from tests.cli.conftest import Run

CLASSES = "SELECT ?class WHERE { <http://zoo.example/robin> a ?class } ORDER BY ?class"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "classes.rq"
    path.write_text("\ufeff# 鸟\n" + CLASSES, encoding="utf-8")
    return path


def test_inline(run: Run, on_zoo: tuple[str, ...]) -> None:
    result = run(*on_zoo, "query", "--format", "csv", CLASSES)
    assert result.exit_code == 0
    assert result.stdout_bytes == (
        b"class\r\nhttp://zoo.example/Animal\r\nhttp://zoo.example/Bird\r\n"
    )
    assert result.stderr == ""


def test_from_a_file_with_and_without_at(run: Run, on_zoo: tuple[str, ...], file: Path) -> None:
    for argument in (f"@{file}", file):
        result = run(*on_zoo, "query", "--format", "csv", argument)
        assert result.stdout.count("zoo.example") == 2


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_from_standard_input(run: Run, on_zoo: tuple[str, ...], arguments: tuple[str]) -> None:
    result = run(*on_zoo, "query", "--format", "csv", *arguments, stdin=CLASSES)
    assert result.stdout.count("zoo.example") == 2


def test_no_infer_answers_from_what_is_asserted(run: Run, on_zoo: tuple[str, ...]) -> None:
    result = run(*on_zoo, "query", "--no-infer", "--format", "csv", CLASSES)
    assert result.stdout_bytes == b"class\r\nhttp://zoo.example/Bird\r\n"


def test_a_table_for_people(run: Run, on_zoo: tuple[str, ...]) -> None:
    query = 'SELECT ?a ?b ?c WHERE { VALUES (?a ?b) { (owl:Class "[red]北京[/red]"@zh) } }'
    lines = run(*on_zoo, "query", query).stdout.splitlines()
    assert lines[0].split() == ["a", "b", "c"]
    assert lines[2].split() == ["owl:Class", "[red]北京[/red]"]


def test_a_table_is_not_folded_off_a_terminal(run: Run, on_zoo: tuple[str, ...]) -> None:
    long = "x" * 300
    assert long in run(*on_zoo, "query", f"SELECT ('{long}' AS ?x) {{}}").stdout


def test_a_truth_value(run: Run, on_zoo: tuple[str, ...]) -> None:
    assert run(*on_zoo, "query", "ASK { ?s ?p ?o }").stdout == "true\n"
    assert run(*on_zoo, "query", "ASK { ?s ?p 17.5 }").stdout == "false\n"
    answer = run(*on_zoo, "query", "--format", "json", "ASK {}").stdout
    assert json.loads(answer)["boolean"] is True


@pytest.mark.parametrize(
    ("format", "parser"),
    [
        ("table", "turtle"),
        ("turtle", "turtle"),
        ("json", "json-ld"),
        ("xml", "xml"),
        ("ntriples", "nt"),
    ],
)
def test_a_graph_in_formats_of_its_own(
    run: Run, on_zoo: tuple[str, ...], format: str, parser: str
) -> None:
    query = "CONSTRUCT WHERE { ?bird a <http://zoo.example/Bird> }"
    result = run(*on_zoo, "query", "--format", format, query)
    assert result.exit_code == 0
    graph = rdflib.Dataset()
    graph.parse(data=result.stdout, format=parser)
    assert len(graph.default_graph) == 1


def test_a_graph_is_no_csv(run: Run, on_zoo: tuple[str, ...]) -> None:
    result = run(*on_zoo, "query", "--format", "csv", "DESCRIBE <http://zoo.example/robin>")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "turtle" in result.stderr


def test_an_error_shows_the_place(run: Run, on_zoo: tuple[str, ...]) -> None:
    result = run(*on_zoo, "query", "SELECT ?s\nWHERE {")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: line 2, column 8: ")
    assert result.stderr.endswith("  WHERE {\n         ^\n")


def test_a_missing_query_file_is_said_to_be_missing(run: Run, on_zoo: tuple[str, ...]) -> None:
    for argument in ("@nowhere.rq", "nowhere.rq"):
        result = run(*on_zoo, "query", argument)
        assert result.exit_code == 1
        assert result.stderr.startswith("error: nowhere.rq: not found")


def test_a_query_that_is_not_utf8_is_refused(
    run: Run, on_zoo: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "latin.rq"
    path.write_bytes(b"# first\n# \xe9\nASK {}")
    result = run(*on_zoo, "query", path)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"error: {path}:2: not UTF-8")


def test_same_as_reads_the_iris_of_linked_graphs(run: Run) -> None:
    asked = "SELECT ?x { ?x et:directlyWithin <http://www.wikidata.org/entity/Q148> }"
    arguments = ("query", "--no-infer", "--format", "csv", asked)
    assert run(*arguments).stdout.splitlines() == ["x"]
    found = run(*arguments, "--same-as").stdout.splitlines()
    assert found == ["x", "https://w3id.org/etown/id/place/beijing"]
