"""The W3C's query suites through `PointQueries`: what is answered there is what the engine says.

Of each test the texts and the data of the default graph are taken, also of those for other
entailment regimes: both are asked for what is stated.
"""

from __future__ import annotations

from collections import Counter

import pytest
from pyoxigraph import DefaultGraph

from tests.conformance.manifests import NEEDS_SUITES, Case, cases, quads
from tests.conformance.test_sparql_query import SUITES
from tests.point_queries.comparison import Both

pytestmark = NEEDS_SUITES
FOLDERS = (*SUITES, "csv-tsv-res", "entailment", "json-res", "service")


def query_tests() -> list[Case]:
    """The tests of queries."""
    kinds = ("QueryEvaluationTest", "PositiveSyntaxTest11", "NegativeSyntaxTest11")
    return [case for suite in FOLDERS for case in cases(suite) if case.kind in kinds]


def test_the_suites_queries_are_answered_as_the_engine_answers_them() -> None:
    answered: Counter[str] = Counter()
    for case in query_tests():
        default = (quad for quad in quads(case.given) if quad.graph_name == DefaultGraph())
        both = Both(quad.triple for quad in default)
        text = case.text.read_text(encoding="utf-8")
        for _ in range(2):  # the second time from the plan that is kept
            is_answered = both.agree(text)
        if case.kind == "NegativeSyntaxTest11":
            assert not is_answered, case.iri
            with pytest.raises(SyntaxError):
                both.engine(text)
        answered[case.kind] += is_answered
    # Most of the suites is about what is not read here.
    assert answered["QueryEvaluationTest"] >= 30
    assert answered["PositiveSyntaxTest11"] >= 1
