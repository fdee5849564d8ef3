"""The W3C's SPARQL 1.1 Update suites: on a `KnowledgeGraph`, and through the endpoint.

The dataset is `standard`. Every evaluation test is also run backwards: working a change out must
leave the graph alone, and its inverse must bring back what was there. The endpoint is a whole
server that takes updates over real HTTP; nothing of the suites is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from etown_kg.errors import QueryError
from etown_kg.graph import KnowledgeGraph
from etown_kg.update import text as update_text
from tests.conformance.endpoint import Endpoint, endpoint, with_base
from tests.conformance.manifests import NEEDS_SUITES, Case, alike, cases, named, quads, short

EVALUATION = (
    "add", "basic-update", "clear", "copy", "delete", "delete-data", "delete-insert",
    "delete-where", "drop", "move", "update-silent",
)  # fmt: skip
SYNTAX = ("syntax-update-1", "syntax-update-2", *EVALUATION)

# What is right by the grammar and not done: these documents are fetched from nowhere unless the
# operator allows it, and a graph that is not there cannot be dropped (SPARQL Update, 3.2.2).
NOT_DONE = {
    **dict.fromkeys(("test_1", "test_2", "test_3", "test_4"), (400, "LOAD")),
    # Its address is relative, and its base here is that of a file.
    "test_37": (400, "file:"),
    "test_8": (404, "there is no graph"),
}

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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    with endpoint(tmp_path_factory.mktemp("endpoint")) as served:
        yield served


@pytest.mark.parametrize(
    "case",
    named(c for suite in EVALUATION for c in cases(suite) if c.kind == "UpdateEvaluationTest"),
)
def test_an_update_through_the_endpoint_leaves_that_too(case: Case, server: Endpoint) -> None:
    server.hold(quads(case.given), [name for _, name in case.given])
    reply = server.update(with_base(case.text.read_text(encoding="utf-8"), case.text.as_uri()))
    server.forget()
    assert reply.status == 204, reply.body
    assert alike(server.quads()) == alike(quads(case.expected))


@pytest.mark.parametrize(
    "case", named(c for suite in SYNTAX for c in cases(suite) if "PositiveUpdate" in c.kind)
)
def test_a_right_update_is_read(case: Case, server: Endpoint) -> None:
    text, base = case.text.read_text(encoding="utf-8"), case.text.as_uri()
    update_text.check(text, base=base, prefixes={})
    list(update_text.operations(text, base=base, prefixes={}))
    reply = server.update(with_base(text, base))
    server.forget()
    if reply.status == 204:
        return
    status, why = NOT_DONE[short(case)]
    problem = json.loads(reply.body)
    assert (reply.status, "line" in problem) == (status, False)
    assert problem["detail"].startswith(why)


@pytest.mark.parametrize(
    "case", named(c for suite in SYNTAX for c in cases(suite) if "NegativeUpdate" in c.kind)
)
def test_a_wrong_update_is_refused_with_its_place(case: Case, server: Endpoint) -> None:
    text = case.text.read_text(encoding="utf-8")
    with pytest.raises(QueryError) as caught:
        update_text.check(text, base=case.text.as_uri(), prefixes={})
    assert caught.value.line is not None
    reply = server.update(text)
    assert reply.status == 400
    assert json.loads(reply.body)["line"] == caught.value.line


def test_all_tests_of_the_suites_are_taken() -> None:
    kinds = {c.kind for suite in SYNTAX for c in cases(suite)}
    assert kinds == {
        "UpdateEvaluationTest", "PositiveUpdateSyntaxTest11", "NegativeUpdateSyntaxTest11",
        "NegativeSyntaxTest11",
    }  # fmt: skip
    assert sum(len(cases(suite)) for suite in set(SYNTAX)) > 140
