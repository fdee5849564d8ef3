"""The W3C's SPARQL 1.1 Update suites, on a KnowledgeGraph in `standard` mode.

Every evaluation test is also run backwards: working a change out must leave the graph alone, and
its inverse must bring back what was there.
"""

from __future__ import annotations

import pytest

from etown_kg.errors import QueryError
from etown_kg.graph import KnowledgeGraph
from etown_kg.update import text as update_text
from tests.conformance.manifests import NEEDS_SUITES, Case, alike, cases, named, quads

EVALUATION = (
    "add", "basic-update", "clear", "copy", "delete", "delete-data", "delete-insert",
    "delete-where", "drop", "move", "update-silent",
)  # fmt: skip
SYNTAX = ("syntax-update-1", "syntax-update-2", *EVALUATION)

pytestmark = NEEDS_SUITES


@pytest.mark.parametrize(
    "case",
    named(c for suite in EVALUATION for c in cases(suite) if c.kind == "UpdateEvaluationTest"),
)
def test_an_update_leaves_what_the_suite_expects(case: Case) -> None:
    graph = KnowledgeGraph(quads(case.given), default_graph="standard")
    before = set(graph.asserted)
    text = case.text.read_text(encoding="utf-8")
    delta = graph.delta(text, base=case.text.as_uri(), prefixes=False)
    assert set(graph.asserted) == before
    graph.apply(delta)
    assert alike(graph.asserted) == alike(quads(case.expected))
    graph.apply(delta.inverse)
    assert set(graph.asserted) == before


@pytest.mark.parametrize(
    "case", named(c for suite in SYNTAX for c in cases(suite) if "PositiveUpdate" in c.kind)
)
def test_a_right_update_is_read(case: Case) -> None:
    text, base = case.text.read_text(encoding="utf-8"), case.text.as_uri()
    update_text.check(text, base=base, prefixes={})
    list(update_text.operations(text, base=base, prefixes={}))


@pytest.mark.parametrize(
    "case", named(c for suite in SYNTAX for c in cases(suite) if "NegativeUpdate" in c.kind)
)
def test_a_wrong_update_is_refused_with_its_place(case: Case) -> None:
    text = case.text.read_text(encoding="utf-8")
    with pytest.raises(QueryError) as caught:
        update_text.check(text, base=case.text.as_uri(), prefixes={})
    assert caught.value.line is not None


def test_all_tests_of_the_suites_are_taken() -> None:
    kinds = {c.kind for suite in SYNTAX for c in cases(suite)}
    assert kinds == {
        "UpdateEvaluationTest", "PositiveUpdateSyntaxTest11", "NegativeUpdateSyntaxTest11",
        "NegativeSyntaxTest11",
    }  # fmt: skip
    assert sum(len(cases(suite)) for suite in set(SYNTAX)) > 140
