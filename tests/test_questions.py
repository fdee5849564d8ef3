"""Named queries: their headers, and terms put in place of their parameters."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st

from etown_kg import query_text, vocab
from etown_kg.errors import MissingPathError, ReadOnlyError, SettingError, SourceError
from etown_kg.graph import KnowledgeGraph
from etown_kg.questions import (
    Parameter,
    Question,
    described,
    read_question,
    read_questions,
    read_reader_questions,
)

ONTOLOGY = Path(__file__).parents[1] / "ontology"

TEXT = """\
# question: 7
# en: Which figure is above a number?
# zh: 哪个数值大于某个数？
# inference: [R: transitive] because
# parameter: threshold decimal | the number to compare with
# parameter: kind iri | what is measured | 测量的指标
# parameter: name string | what it is called
# note: One.
# note: Two. | 二。

SELECT ?threshold ?kind ?name WHERE {
  VALUES ?threshold { 300.0 }
  VALUES ?kind { <http://e/kind> }
  VALUES ?name { "x" }
}
"""


@pytest.fixture
def question(tmp_path: Path) -> Question:
    path = tmp_path / "above.rq"
    path.write_text(TEXT, encoding="utf-8")
    return read_question(path)


def row(text: str) -> list[object]:
    solutions = ox.Store().query(text)
    assert isinstance(solutions, ox.QuerySolutions)
    return list(next(solutions))


def test_header_is_read(question: Question) -> None:
    assert question.name == "above"
    assert question.number == 7
    assert question.titles == {
        "en": "Which figure is above a number?",
        "zh": "哪个数值大于某个数？",
    }
    assert question.inference == "[R: transitive] because"
    assert question.notes == ({"en": "One."}, {"en": "Two.", "zh": "二。"})
    assert question.parameters == (
        Parameter("threshold", "decimal", {"en": "the number to compare with"}, "300"),
        Parameter("kind", "iri", {"en": "what is measured", "zh": "测量的指标"}, "http://e/kind"),
        Parameter("name", "string", {"en": "what it is called"}, "x"),
    )
    assert question.text == TEXT


def test_query_runs_as_it_stands(question: Question) -> None:
    decimal = ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal")
    expected = [
        ox.Literal("300", datatype=decimal), ox.NamedNode("http://e/kind"), ox.Literal("x")
    ]  # fmt: skip
    assert row(question.text) == expected
    assert question.bind({}) == question.text


@pytest.mark.parametrize(
    ("name", "value", "term"),
    [
        ("threshold", "350", "350"),
        ("threshold", "34.8", "34.8"),
        ("threshold", "-1", "-1"),
        ("kind", "https://example.org/a?b=c", "https://example.org/a?b=c"),
        ("kind", "indicator:gdp", "https://w3id.org/etown/concept/indicator/gdp"),
        ("kind", "urn:isbn:1", "urn:isbn:1"),
        ("name", '" } } # \\', '" } } # \\'),
        ("name", "two\nlines\t\r", "two\nlines\t\r"),
        ("name", "\\1 {braces}", "\\1 {braces}"),
    ],
)
def test_term_takes_the_place_of_the_default(
    question: Question, name: str, value: str, term: str
) -> None:
    text = question.bind({name: value})
    position = ["threshold", "kind", "name"].index(name)
    found = row(text)[position]
    assert isinstance(found, (ox.NamedNode, ox.Literal))
    assert found.value == term
    # The same text means the same to the other engine, which keeps 350.0 as it is written.
    solution = rdflib.Graph().query(text).bindings[0]
    assert str(solution[rdflib.Variable(name)]).removesuffix(".0") == term


def test_none_means_any_term(question: Question) -> None:
    assert row(question.bind({"kind": None}))[1] is None


def test_several_parameters_are_bound_at_once(question: Question) -> None:
    found = row(question.bind({"threshold": "1", "name": "VALUES ?kind { <http://e/other> }"}))
    assert isinstance(found[0], ox.Literal)
    assert (found[0].value, found[1]) == ("1", ox.NamedNode("http://e/kind"))


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("treshold", "1", "no parameter of above"),
        ("threshold", "many", "is no number"),
        ("threshold", "1e3", "is no number"),
        ("threshold", "٣", "is no number"),
        ("threshold", "1 } UNION {", "is no number"),
        ("kind", "gdp", "is no IRI"),
        ("kind", "http://e/> } #", "is no IRI"),
        ("kind", "indicator:g dp", "is no IRI"),
        ("kind", "", "is no IRI"),
    ],
)
def test_value_that_does_not_fit_is_refused(
    question: Question, name: str, value: str, problem: str
) -> None:
    with pytest.raises(SettingError, match=problem) as caught:
        question.bind({name: value})
    assert caught.value.name == name


@pytest.mark.parametrize(
    ("old", "new", "problem", "line"),
    [
        ("# en: Which", "# fr: Quel", "unknown header", 2),
        ("# en: Which figure is above a number?\n", "", "expected one header line '# en", 1),
        ("# zh: 哪个数值大于某个数？\n", "", "expected one header line '# zh", 1),
        ("# note: One.", "# note: One. | 一。 | Un.", "unreadable note", 8),
        ("# note: One.", "# note: | 一。", "unreadable note", 8),
        ("# note: One.", "# en: Again?", "expected one header line '# en", 1),
        ("# question: 7", "# question: seven", "expected one number", 1),
        ("# note: One.", "# question: 8", "expected one number", 1),
        ("threshold decimal |", "threshold float |", "unreadable parameter", 5),
        ("threshold decimal |", "threshold decimal", "unreadable parameter", 5),
        ("VALUES ?threshold { 300.0 }", "", "expected one line 'VALUES ?threshold { ... }'", 5),
        ("# note: Two. | 二。", "#", "unknown header", 9),
        ("{ 300.0 }", "{ 300.0, }", "unreadable terms for ?threshold", 12),
    ],
)
def test_unreadable_header_is_refused_with_its_place(
    tmp_path: Path, old: str, new: str, problem: str, line: int
) -> None:
    path = tmp_path / "wrong.rq"
    assert old in TEXT
    path.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        read_question(path)
    assert problem in str(caught.value)
    assert (caught.value.path, caught.value.line) == (path, line)


@pytest.mark.parametrize(
    ("terms", "default"),
    [
        ("UNDEF", None),
        ("1 2", None),
        ("indicator:gdp", "https://w3id.org/etown/concept/indicator/gdp"),
        ("own:a", "http://own/a"),
        (r'"a\n\"b\""', 'a\n"b"'),
    ],
)
def test_default_is_what_the_file_has(tmp_path: Path, terms: str, default: str | None) -> None:
    path = tmp_path / "one.rq"
    path.write_text(
        "# en: What?\n# zh: 什么？\n# parameter: x iri | a thing\nPREFIX own: <http://own/>\n"
        f"SELECT ?x {{\n  VALUES ?x {{ {terms} }}\n}}\n",
        encoding="utf-8",
    )
    assert read_question(path).parameters[0].default == default


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_value_changes_more_than_its_own_term(value: str) -> None:
    """Whatever is typed is one literal: all other terminals of the query stay as they are."""
    question = Question(Path("a.rq"), {}, TEXT, parameters=(Parameter("name", "string", {}, "x"),))
    bound = question.bind({"name": value})
    terms = [token.text for token in query_text.tokens(bound) if token.kind != "string"]
    assert terms == [token.text for token in query_text.tokens(TEXT) if token.kind != "string"]
    assert row(bound)[2] == ox.Literal(value)


@given(st.text())
def test_no_iri_changes_more_than_its_own_term(value: str) -> None:
    question = Question(Path("a.rq"), {}, TEXT, parameters=(Parameter("kind", "iri", {}, "x"),))
    try:
        bound = question.bind({"kind": value})
    except SettingError:
        return
    terms = [token.text for token in query_text.tokens(bound) if token.kind != "iri"]
    assert terms == [token.text for token in query_text.tokens(TEXT) if token.kind != "iri"]


def test_questions_come_by_file_name_and_other_files_are_left(tmp_path: Path) -> None:
    for name in ("b.rq", "a.rq", "a.csv"):
        (tmp_path / name).write_text("# en: What?\n# zh: 什么？\nASK {}\n", encoding="utf-8")
    found = read_questions(tmp_path)
    assert [question.name for question in found] == ["a", "b"]
    assert found[0].number is None
    assert found[0].inference is None


def test_every_note_of_the_shipped_queries_is_in_both_languages() -> None:
    folders = read_reader_questions(ONTOLOGY / "queries")
    notes = [note for folder in folders.values() for question in folder for note in question.notes]
    assert len(notes) > 20
    assert all(note.keys() == {"en", "zh"} for note in notes)


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingPathError):
        read_questions(tmp_path / "none")


def test_queries_for_readers_are_data_that_editors_look_for(shipped_graph: KnowledgeGraph) -> None:
    """The patterns by which query editors and crawlers ask an endpoint for its examples."""
    found = shipped_graph.query(
        "PREFIX sh: <http://www.w3.org/ns/shacl#> SELECT ?query ?comment ?text WHERE {"
        " ?query a sh:SPARQLExecutable ; rdfs:comment ?comment ;"
        " sh:select|sh:ask|sh:construct|sh:describe ?text }"
    ).rows()
    texts = {str(text.value) for _, _, text in found}  # type: ignore[union-attr]
    folders = read_reader_questions(ONTOLOGY / "queries")
    assert texts == {question.text for folder in folders.values() for question in folder}
    languages = {comment.language for _, comment, _ in found}  # type: ignore[union-attr]
    assert languages == {"en", "zh"}
    prefixes = shipped_graph.query(
        "PREFIX sh: <http://www.w3.org/ns/shacl#>"
        " SELECT ?prefix ?namespace WHERE { [] sh:namespace ?namespace ; sh:prefix ?prefix }"
    ).rows()
    assert {(p.value, n.value) for p, n in prefixes} == set(vocab.PREFIXES.items())  # type: ignore[union-attr]


def test_nothing_is_inferred_from_the_queries_and_nobody_has_to_mend_them(
    shipped_graph: KnowledgeGraph,
) -> None:
    assert not shipped_graph.query(
        f"ASK {{ GRAPH <{shipped_graph.graph_inferred}> {{ ?s ?p ?o }}"
        " FILTER(STRSTARTS(STR(?s), 'https://w3id.org/etown/id/query/')) }"
    ).boolean
    with pytest.raises(ReadOnlyError):
        KnowledgeGraph.load().delta(
            f"INSERT DATA {{ GRAPH <{vocab.GRAPH_META}> {{ <x:a> <x:b> <x:c> }} }}"
        )


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("ASK {}", "ask"),
        ("\n# SELECT\nPREFIX select: <x:>\nconstruct where { ?s ?p 'ASK' }", "construct"),
        ("DESCRIBE <x:a>", "describe"),
        ("SELECT * { { SELECT * {} } }", "select"),
    ],
)
def test_a_query_is_described_by_its_form(tmp_path: Path, text: str, form: str) -> None:
    folder = tmp_path / "examples"
    folder.mkdir()
    (folder / "one.rq").write_text(f"# en: What?\n# zh: 什么？\n{text}\n", encoding="utf-8")
    quads = list(described(read_reader_questions(tmp_path), "http://zoo.example/"))
    properties = {quad.predicate.value for quad in quads}
    assert f"http://www.w3.org/ns/shacl#{form}" in properties
    assert {quad.graph_name for quad in quads} == {ox.NamedNode("http://zoo.example/graph/meta")}


def test_without_queries_nothing_is_said_of_them(tmp_path: Path) -> None:
    assert list(described(read_reader_questions(tmp_path), "http://zoo.example/")) == []
