"""The W3C's SPARQL 1.1 query suites: on `KnowledgeGraph.query`, and through the endpoint.

The dataset is `standard`. The endpoint is a whole server that is asked over real HTTP, by each
transport and in each results format. Answers are compared as bags of solutions, by value of the
literals and up to the labels of blank nodes; with ORDER BY as sequences too.

Not run here: `entailment` (other regimes than OWL 2 RL, and its OWL tests speak of Direct
Semantics), `service` (its tests need the servers that they call; refusal is tested elsewhere), the
result formats (`test_results_formats`) and the protocols.
"""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Iterable, Iterator, Mapping

import pytest
import rdflib
from _pytest.mark import ParameterSet
from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    QueryResultsFormat,
    QuerySolutions,
    Triple,
    parse_query_results,
)
from rdflib import RDF, Namespace

from etown_kg.errors import QueryError
from etown_kg.graph import KnowledgeGraph
from etown_kg.rdflib_terms import from_triple
from tests.conformance.endpoint import TRANSPORTS, Endpoint, endpoint, form_of, with_base
from tests.conformance.manifests import (
    NEEDS_SUITES,
    Case,
    alike,
    cases,
    quads,
    short,
)

RS = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/result-set#")
SUITES = (
    "aggregates", "bind", "bindings", "cast", "construct", "exists", "functions", "grouping",
    "negation", "project-expression", "property-path", "subquery", "syntax-query",
)  # fmt: skip
# What is right by the grammar and yet not evaluated.
NOT_OFFERED = {"syntax-query-test_4": "custom function"}

Term = NamedNode | BlankNode | Literal | Triple
Row = dict[str, Term]
pytestmark = NEEDS_SUITES


def of_kind(kind: str) -> list[ParameterSet]:
    """The cases of a kind, by name."""
    return [
        pytest.param(case, id=f"{suite}-{short(case)}")
        for suite in SUITES
        for case in cases(suite)
        if kind in case.kind
    ]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    gc.collect()  # answers that failed tests have left may be dropped by this thread only
    with endpoint(tmp_path_factory.mktemp("endpoint")) as served:
        yield served


@pytest.mark.parametrize("case", of_kind("QueryEvaluationTest"))
def test_a_query_has_the_answer_that_the_suite_expects(case: Case) -> None:
    graph = KnowledgeGraph(quads(case.given), default_graph="standard")
    text = case.text.read_text(encoding="utf-8")
    answer = graph.query(text, prefixes=False, base=case.text.as_uri())
    if answer.form == "CONSTRUCT":
        expect_triples(case, [Quad(*triple) for triple in answer.triples()])
    elif answer.form == "ASK":
        assert answer.boolean == expected_boolean(case)
    else:
        variables = answer.variables
        rows = [dict(zip(variables, row, strict=True)) for row in answer.rows()]
        expect_rows(case, [bound(row) for row in rows])


@pytest.mark.parametrize("case", of_kind("QueryEvaluationTest"))
def test_the_endpoint_gives_that_answer_in_each_format(case: Case, server: Endpoint) -> None:
    given = list(case.given)
    server.hold(quads(given), [name for _, name in given])
    text = with_base(case.text.read_text(encoding="utf-8"), case.text.as_uri())
    assert case.result is not None
    for transport in TRANSPORTS:
        if form_of(text) in ("CONSTRUCT", "DESCRIBE"):
            expect_triples(case, server.triples(text, transport))
            continue
        answer = server.solutions(text, transport)
        if isinstance(answer, bool):
            assert answer == expected_boolean(case)
        else:
            expect_rows(case, list(map(bound, answer)))


@pytest.mark.parametrize("case", of_kind("PositiveSyntaxTest"))
def test_a_right_query_is_read(case: Case, server: Endpoint) -> None:
    graph = KnowledgeGraph([], default_graph="standard")
    text = case.text.read_text(encoding="utf-8")
    reply = server.ask(with_base(text, case.text.as_uri()), TRANSPORTS[0], "*/*")
    missing = NOT_OFFERED.get(f"{case.suite}-{short(case)}")
    if missing:
        with pytest.raises(QueryError, match=missing) as caught:
            graph.query(text, prefixes=False, base=case.text.as_uri())
        assert caught.value.line is None  # no fault of the text
        assert reply.status == 400
        assert missing in json.loads(reply.body)["detail"]
    else:
        graph.query(text, prefixes=False, base=case.text.as_uri())
        assert reply.status == 200, reply.body


@pytest.mark.parametrize("case", of_kind("NegativeSyntaxTest"))
def test_a_wrong_query_is_refused(case: Case, server: Endpoint) -> None:
    graph = KnowledgeGraph([], default_graph="standard")
    text = case.text.read_text(encoding="utf-8")
    with pytest.raises(QueryError):
        graph.query(text, prefixes=False, base=case.text.as_uri())
    reply = server.ask(text, TRANSPORTS[2], "*/*")
    assert (reply.status, reply.media_type) == (400, "application/problem+json")


def bound(row: Mapping[str, Term | None]) -> Row:
    return {name: term for name, term in row.items() if term is not None}


def expect_triples(case: Case, found: Iterable[Quad]) -> None:
    assert case.result is not None
    assert alike(found) == alike(quads([(case.result, None)]))


def expect_rows(case: Case, found: list[Row]) -> None:
    """Compare solutions with the suite's: as a bag, and with ORDER BY as a sequence."""
    wanted = list(expected_rows(case))
    assert len(found) == len(wanted)
    assert alike(as_quads(found)) == alike(as_quads(wanted))
    if re.search(r"\bORDER\s+BY\b", case.text.read_text(encoding="utf-8"), re.IGNORECASE):
        assert alike(as_quads(found, ordered=True)) == alike(as_quads(wanted, ordered=True))


def as_quads(rows: list[Row], *, ordered: bool = False) -> Iterator[Quad]:
    """Solutions as triples: a blank node each, or a numbered one if their order matters."""
    for number, row in enumerate(rows):
        subject = NamedNode(f"row:{number}") if ordered else BlankNode(f"row{number}")
        yield Quad(subject, NamedNode("urn:is"), NamedNode("urn:solution"))
        for name, term in row.items():
            yield Quad(subject, NamedNode(f"var:{name}"), term)


def expected_rows(case: Case) -> Iterator[Row]:
    """The solutions in a result file: XML, JSON, a result set in Turtle, or TSV."""
    path = case.result
    assert path is not None
    if path.suffix in (".srx", ".srj", ".tsv"):
        format = QueryResultsFormat.from_extension(path.suffix[1:])
        answer = parse_query_results(path=path, format=format)
        assert isinstance(answer, QuerySolutions)
        for solution in answer:
            bound = ((v.value, solution[v]) for v in answer.variables)
            yield {name: term for name, term in bound if term is not None}
        return
    graph = rdflib.Graph()
    graph.parse(path)
    places = dict(graph.subject_objects(RS["index"]))
    solutions = graph.objects(predicate=RS.solution)
    for node in sorted(solutions, key=lambda node: int(str(places.get(node, 0)))):
        row: Row = {}
        for binding in graph.objects(node, RS.binding):
            value = graph.value(binding, RS.value)
            assert value is not None
            stated = from_triple((RDF.nil, RDF.value, value))
            row[str(graph.value(binding, RS.variable))] = stated.object
        yield row


def expected_boolean(case: Case) -> bool:
    """The answer to an ASK in a result file."""
    path = case.result
    assert path is not None
    if path.suffix in (".srx", ".srj"):
        return bool(
            parse_query_results(
                path=path, format=QueryResultsFormat.from_extension(path.suffix[1:])
            )
        )
    graph = rdflib.Graph()
    graph.parse(path)
    return str(next(graph.objects(predicate=RS.boolean))) == "true"
