"""The example queries of the start page: each answers, with no column that is always empty."""

from __future__ import annotations

import re

import pytest
from pyoxigraph import NamedNode

from etown_kg import vocab
from etown_kg.questions import Question, read_questions
from tests.ontology.engines import names_in
from tests.ontology.shipped import QUERIES, Shipped

EXAMPLES = read_questions(QUERIES / "examples")
# Not for rdflib's union graph: the one is no SELECT, the other names a graph.
OXIGRAPH_ONLY = {"everything-about", "inferred-types"}

RDF_TYPE, LABEL = vocab.RDF + "type", vocab.RDFS + "label"

of_tables = pytest.mark.parametrize(
    "example", [e for e in EXAMPLES if e.name != "everything-about"], ids=lambda e: e.name
)


@of_tables
def test_example_fills_every_column(shipped: Shipped, example: Question) -> None:
    table = shipped.ask("oxigraph", example.text)
    assert table.rows
    for column, name in enumerate(table.variables):
        assert any(row[column] for row in table.rows), name


@pytest.mark.parametrize(
    "example", [e for e in EXAMPLES if e.name not in OXIGRAPH_ONLY], ids=lambda e: e.name
)
def test_example_has_one_answer_on_both_engines(shipped: Shipped, example: Question) -> None:
    table = shipped.ask("oxigraph", example.text)
    assert shipped.ask("rdflib", example.text) == table


@of_tables
def test_example_changes_without_inference_exactly_when_it_says_so(
    shipped: Shipped, example: Question
) -> None:
    asserted = shipped.ask("oxigraph", example.text, infer=False)
    closed = shipped.ask("oxigraph", example.text)
    assert (asserted != closed) == bool(example.inference)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_example_uses_names_that_the_graph_has(shipped: Shipped, example: Question) -> None:
    assert names_in(example.text) <= shipped.known_iris
    assert re.search("[\u4e00-\u9fff]", example.titles["zh"])


@pytest.mark.parametrize("thing", ["facility:pilot-base", "place:beijing-e-town"])
def test_everything_about_a_thing_is_a_graph(shipped: Shipped, thing: str) -> None:
    example = next(e for e in EXAMPLES if e.name == "everything-about")
    triples = shipped.graph.query(example.bind({"thing": thing})).triples()
    # A type without a name (a class expression) is described with it.
    described = {t.subject for t in triples if isinstance(t.subject, NamedNode)}
    prefix, name = thing.split(":")
    assert described == {NamedNode(vocab.PREFIXES[prefix] + name)}
    assert {RDF_TYPE, LABEL} <= {t.predicate.value for t in triples}
