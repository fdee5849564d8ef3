"""The competency questions: each on two engines, on what is asserted and on the closure.

A question file stands beside its expected answer (``.csv``) and, where it needs some, extra data
(``.given.ttl``). A question whose header says ``inference: [R: pattern]`` must lose answers
when nothing may be inferred, else it proves nothing about the pattern.
"""

from __future__ import annotations

import re

import pytest

from etown_kg.questions import Question, read_questions
from tests.ontology.engines import ENGINES, Table, names_in, read_expected
from tests.ontology.shipped import QUERIES, Shipped

FOLDER = QUERIES / "competency"
FACT_SHEET = QUERIES.parents[2] / "shared" / "facts.md"

QUESTIONS = read_questions(FOLDER)
NUMBERS = {1, 3, 4, 5, 8, 9, 10, *range(12, 16), *range(17, 32), 33, 34, 35, 37, 38, 40}

# Questions that rdflib's engine cannot answer within ten seconds, with the reason. All can.
BEYOND_RDFLIB: dict[str, str] = {}

of_questions = pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.name)
of_inference = pytest.mark.parametrize(
    "question", [q for q in QUESTIONS if q.inference], ids=lambda q: q.name
)
on_engines = pytest.mark.parametrize("engine", ENGINES)


def answer(shipped: Shipped, question: Question, engine: str, *, infer: bool) -> Table:
    if engine == "rdflib" and question.name in BEYOND_RDFLIB:
        pytest.skip(BEYOND_RDFLIB[question.name])
    with_given = (FOLDER / f"{question.name}.given.ttl").exists()
    graph = shipped.with_given if with_given else shipped
    return graph.ask(engine, question.text, infer=infer)


def expected(question: Question) -> Table:
    return read_expected(FOLDER / f"{question.name}.csv")


@on_engines
@of_questions
def test_closed_graph_gives_the_expected_answer(
    shipped: Shipped, question: Question, engine: str
) -> None:
    assert answer(shipped, question, engine, infer=True) == expected(question)


@on_engines
@pytest.mark.parametrize(
    "question", [q for q in QUESTIONS if not q.inference], ids=lambda q: q.name
)
def test_asserted_graph_is_enough_where_no_inference_is_needed(
    shipped: Shipped, question: Question, engine: str
) -> None:
    assert answer(shipped, question, engine, infer=False) == expected(question)


@on_engines
@of_inference
def test_asserted_graph_gives_less_where_inference_is_needed(
    shipped: Shipped, question: Question, engine: str
) -> None:
    found, whole = answer(shipped, question, engine, infer=False), expected(question)
    assert found.variables == whole.variables
    assert found.rows < whole.rows


def test_every_question_has_an_answer_and_every_file_a_question() -> None:
    names = [question.name for question in QUESTIONS]
    stems = {path.name.split(".")[0] for path in FOLDER.iterdir()}
    assert stems == set(names)
    assert {path.stem for path in FOLDER.glob("*.csv")} == set(names)
    assert set(BEYOND_RDFLIB) <= set(names)


def test_questions_are_those_of_the_list() -> None:
    assert [question.number for question in QUESTIONS] == sorted(NUMBERS)
    for question in QUESTIONS:
        assert question.name.startswith(f"cq-{question.number:02d}-")


@pytest.mark.skipif(not FACT_SHEET.exists(), reason="the fact sheet is not beside the project")
def test_list_and_patterns_are_those_of_the_fact_sheet() -> None:
    text = FACT_SHEET.read_text(encoding="utf-8")
    section = text.split("## Competency questions")[1].split("\n## ")[0]
    listed = {
        int(number): pattern or None
        for number, pattern in re.findall(r"^(\d+)\. (?:\*\*(\[R: [^\]]+\])\*\*)?", section, re.M)
    }
    ours = {
        question.number: question.inference and question.inference.split("]")[0] + "]"
        for question in QUESTIONS
    }
    assert ours == listed


@of_questions
def test_query_uses_names_that_the_graph_has(shipped: Shipped, question: Question) -> None:
    """A misspelt term would only make an OPTIONAL empty; nobody would see it."""
    assert names_in(question.text) <= shipped.known_iris


@of_questions
def test_question_is_asked_in_both_languages(question: Question) -> None:
    assert re.search("[a-z]", question.titles["en"])
    assert re.search("[\u4e00-\u9fff]", question.titles["zh"])


@pytest.mark.parametrize(
    "iri",
    [
        "place:some-other-zone",
        "place:zone-without-a-code",
        "article:some-other-article",
        "article:2022-09-08-innovation-ecology-conference",
    ],
)
def test_key_merges_nothing_else(shipped: Shipped, iri: str) -> None:
    text = f"ASK {{ ?other owl:sameAs {iri} FILTER(?other != {iri}) }}"
    assert not shipped.with_given.graph.query(text).boolean
