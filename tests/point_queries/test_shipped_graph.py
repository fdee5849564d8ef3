"""Point queries of the graph that ships: as `KnowledgeGraph.query` answers, with all it does."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from pyoxigraph import NamedNode

from etown_kg import formats
from etown_kg.graph import KnowledgeGraph
from etown_kg.point_queries import PointQueries
from tests.conftest import ROOT
from tests.point_queries.comparison import index_of

# What the pages of a thing and programs ask of it.
OF_A_THING = (
    "SELECT * {{ {} ?p ?o }}",
    "SELECT DISTINCT ?p {{ {} ?p ?o }} ORDER BY ?p",
    "SELECT ?s ?p {{ ?s ?p {} }}",
    "ASK {{ {} a owl:Class }}",
    "SELECT ?l {{ {} rdfs:label ?l FILTER(LANG(?l) = 'zh') }}",
    "SELECT ?l {{ {} rdfs:label ?l FILTER(LANGMATCHES(LANG(?l), '*')) }}",
    "SELECT ?l {{ {} a/rdfs:label ?l }}",
    "SELECT * {{ {} a ?c OPTIONAL {{ ?c rdfs:label ?l }} OPTIONAL {{ ?c rdfs:comment ?d }} }}",
)


@pytest.fixture(scope="module")
def queries(shipped_graph: KnowledgeGraph) -> PointQueries:
    return PointQueries(index_of(shipped_graph.triples), meetings=1)


def agree(graph: KnowledgeGraph, queries: PointQueries, text: str) -> bool:
    """Whether there is an answer, which has to be the graph's."""
    answered = queries.answer(text)
    if answered is None:
        return False
    answer = graph.query(text)
    assert answered.form == answer.form
    wanted = json.loads(answer.serialize(formats.negotiate(answer.form, None, ("json",))))
    found = json.loads(answered.body)
    assert found["head"] == wanted["head"], text
    if answered.form == "ASK":
        assert found == wanted, text
    elif "LIMIT" not in text.upper():
        assert rows(found) == rows(wanted), text
    return True


def rows(answer: dict[str, dict[str, list[object]]]) -> Counter[str]:
    return Counter(json.dumps(row, sort_keys=True) for row in answer["results"]["bindings"])


def test_what_is_asked_of_a_thing(shipped_graph: KnowledgeGraph, queries: PointQueries) -> None:
    things = {
        quad.subject.value
        for quad in shipped_graph.triples
        if isinstance(quad.subject, NamedNode) and "%" not in quad.subject.value
    }
    answered: Counter[str] = Counter()
    asked = sorted(things)[::3]
    for thing in asked:
        for text in OF_A_THING:
            answered[text] += agree(shipped_graph, queries, text.format(f"<{thing}>"))
    for text, count in answered.items():
        assert count > len(asked) / 2, text


@pytest.mark.parametrize("folder", ["ontology", "tests"])
def test_queries_that_ship(
    folder: str, shipped_graph: KnowledgeGraph, queries: PointQueries
) -> None:
    for path in sorted((ROOT / folder).rglob("*.rq")):
        agree(shipped_graph, queries, path.read_text(encoding="utf-8"))
