"""The endpoint as a client meets it: transports, negotiation, errors, headers."""

from __future__ import annotations

import csv
import io

import pytest
import rdflib
from flask.testing import FlaskClient
from rdflib.compare import isomorphic
from werkzeug.test import TestResponse

FORM = "application/x-www-form-urlencoded"
WEIGHTS = "SELECT ?animal ?weight WHERE { ?animal <http://zoo.example/weight> ?weight }"
BIRDS = "CONSTRUCT { ?bird a ?class } WHERE { ?bird a ?class . ?bird a <http://zoo.example/Bird> }"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def ask(client: FlaskClient, query: str, accept: str | None = None, **more: str) -> TestResponse:
    headers = {} if accept is None else {"Accept": accept}
    return client.get("/sparql", query_string={"query": query, **more}, headers=headers)


def column(response: TestResponse) -> list[str]:
    """The first column of a CSV answer."""
    assert response.status_code == 200, response.text
    return [row[0] for row in list(csv.reader(io.StringIO(response.text)))[1:]]


def test_get_and_both_posts_answer_alike(client: FlaskClient) -> None:
    by_get = ask(client, WEIGHTS)
    by_form = client.post("/sparql", data={"query": WEIGHTS})
    directly = client.post("/sparql", data=WEIGHTS, content_type="application/sparql-query")
    assert by_get.status_code == by_form.status_code == directly.status_code == 200
    assert by_get.json == by_form.json == directly.json
    assert len(by_get.get_json()["results"]["bindings"]) == 2


def test_a_percent_sign_is_decoded_once(client: FlaskClient) -> None:
    query = 'ASK { ?robin ?p "100%25 \\"robin\\", really"@en }'
    for response in (
        ask(client, query),
        client.post("/sparql", data={"query": query}),
        client.post("/sparql", data=query, content_type="application/sparql-query"),
    ):
        assert response.get_json() == {"head": {}, "boolean": True}


def test_the_address_may_end_in_a_slash(client: FlaskClient) -> None:
    assert client.get("/sparql/", query_string={"query": WEIGHTS}).status_code == 200
    assert client.post("/sparql/", data={"query": WEIGHTS}).status_code == 200


def test_head_is_get_without_the_body(client: FlaskClient) -> None:
    got = ask(client, WEIGHTS)
    head = client.head("/sparql", query_string={"query": WEIGHTS})
    assert head.status_code == 200
    assert head.data == b""
    assert head.headers["Content-Length"] == got.headers["Content-Length"] == str(len(got.data))
    assert head.content_type == got.content_type


def test_head_of_an_error_has_no_body_either(client: FlaskClient) -> None:
    head = client.head("/sparql", query_string={"query": "SELECT"})
    assert (head.status_code, head.data) == (400, b"")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused_with_those_allowed(client: FlaskClient, method: str) -> None:
    response = client.open("/sparql", method=method)
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD, POST, OPTIONS"


SELECTS = [
    (None, "application/sparql-results+json"),
    ("", "application/sparql-results+json"),
    ("*/*", "application/sparql-results+json"),
    ("application/*", "application/sparql-results+json"),
    ("application/json", "application/sparql-results+json"),
    ("application/sparql-results+json", "application/sparql-results+json"),
    ("application/sparql-results+xml", "application/sparql-results+xml"),
    ("application/xml", "application/sparql-results+xml"),
    ("text/csv", "text/csv; charset=utf-8"),
    ("text/csv; header=present", "text/csv; charset=utf-8"),
    ("TEXT/CSV", "text/csv; charset=utf-8"),
    ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
    ("text/csv;q=0.5, application/sparql-results+xml;q=0.9", "application/sparql-results+xml"),
    ("application/sparql-results+json;q=0, */*", "application/sparql-results+xml"),
    ("text/csv, */*;q=0.1", "text/csv; charset=utf-8"),
    ("application/x-sparqlstar-results+json, application/sparql-results+json;q=0.9",
     "application/sparql-results+json"),
    ("application/sparql-results+json,*/*;q=0.9", "application/sparql-results+json"),
    # Only the other form's types: rdflib's connector sends one header for all forms.
    ("application/rdf+xml", "application/sparql-results+json"),
    ("text/turtle, application/n-triples", "application/sparql-results+json"),
]  # fmt: skip


@pytest.mark.parametrize(("accept", "content_type"), SELECTS)
def test_solutions_are_negotiated(
    client: FlaskClient, accept: str | None, content_type: str
) -> None:
    response = ask(client, WEIGHTS, accept)
    assert response.status_code == 200
    assert response.content_type == content_type
    assert "Accept" in response.vary


CONSTRUCTS = [
    (None, "text/turtle; charset=utf-8", "turtle"),
    ("*/*", "text/turtle; charset=utf-8", "turtle"),
    ("text/turtle", "text/turtle; charset=utf-8", "turtle"),
    ("application/x-turtle", "text/turtle; charset=utf-8", "turtle"),
    ("text/turtle;charset=utf-8", "text/turtle; charset=utf-8", "turtle"),
    ("application/n-triples,*/*;q=0.9", "application/n-triples", "nt"),
    ("application/rdf+xml", "application/rdf+xml", "xml"),
    ("application/ld+json", "application/ld+json", "json-ld"),
    ("application/json", "application/ld+json", "json-ld"),
    ("application/trig", "application/trig", "trig"),
    ("application/n-quads", "application/n-quads", "nquads"),
    ("text/turtle;q=0, */*", "application/n-triples", "nt"),
    ("application/sparql-results+json", "text/turtle; charset=utf-8", "turtle"),
]


@pytest.mark.parametrize(("accept", "content_type", "parser"), CONSTRUCTS)
def test_graphs_are_negotiated_and_say_the_same(
    client: FlaskClient, accept: str | None, content_type: str, parser: str
) -> None:
    response = ask(client, BIRDS, accept)
    assert response.content_type == content_type
    expected = rdflib.Graph().parse(data=ask(client, BIRDS, "text/turtle").data, format="turtle")
    parsed = rdflib.Dataset()
    parsed.parse(data=response.data, format=parser)
    assert len(expected) == 2
    assert isomorphic(parsed.default_graph, expected)


@pytest.mark.parametrize("accept", ["image/png", "text/html", "application/pdf, image/*"])
@pytest.mark.parametrize("query", [WEIGHTS, BIRDS, "ASK {}"], ids=["select", "construct", "ask"])
def test_a_type_outside_rdf_is_not_acceptable(client: FlaskClient, query: str, accept: str) -> None:
    response = ask(client, query, accept)
    assert response.status_code == 406


def test_406_lists_what_is_offered(client: FlaskClient) -> None:
    problem = ask(client, WEIGHTS, "image/png").get_json()
    assert problem["offered"] == [
        "application/sparql-results+json",
        "application/sparql-results+xml",
        "text/csv",
        "text/tab-separated-values",
    ]


@pytest.mark.parametrize("accept", ["text/csv", "text/tab-separated-values"])
def test_a_truth_value_asked_as_a_table_comes_as_json(client: FlaskClient, accept: str) -> None:
    response = ask(client, "ASK {}", accept)
    assert response.content_type == "application/sparql-results+json"
    assert response.get_json() == {"head": {}, "boolean": True}


@pytest.mark.parametrize(
    ("query", "parameters", "content_type"),
    [
        (WEIGHTS, {"format": "csv"}, "text/csv; charset=utf-8"),
        (WEIGHTS, {"output": "xml"}, "application/sparql-results+xml"),
        (WEIGHTS, {"results": "tsv"}, "text/tab-separated-values; charset=utf-8"),
        (WEIGHTS, {"format": "application/sparql-results+xml"}, "application/sparql-results+xml"),
        (WEIGHTS, {"format": "nonsense"}, "application/sparql-results+json"),
        (WEIGHTS, {"format": "nonsense", "output": "csv"}, "text/csv; charset=utf-8"),
        (WEIGHTS, {"format": "turtle"}, "application/sparql-results+json"),
        (BIRDS, {"format": "xml"}, "application/rdf+xml"),
        (BIRDS, {"format": "json"}, "application/ld+json"),
        (BIRDS, {"format": "nt"}, "application/n-triples"),
        (BIRDS, {"format": "rdf+xml"}, "application/rdf+xml"),
    ],
)
def test_a_format_parameter_decides_by_query_form(
    client: FlaskClient, query: str, parameters: dict[str, str], content_type: str
) -> None:
    assert ask(client, query, "text/html", **parameters).status_code in (200, 406)
    assert ask(client, query, **parameters).content_type == content_type


def test_a_format_parameter_counts_before_accept(client: FlaskClient) -> None:
    assert ask(client, WEIGHTS, BROWSER, format="csv").mimetype == "text/csv"


def test_csv_has_bare_values_and_crlf(client: FlaskClient) -> None:
    query = "SELECT ?label WHERE { ?robin rdfs:label ?label } ORDER BY LANG(?label)"
    prefixed = "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> " + query
    body = ask(client, prefixed, "text/csv").data.decode()
    assert body == 'label\r\n"100%25 ""robin"", really"\r\n知更鸟\r\n'


def test_tsv_has_terms_in_turtle_syntax(client: FlaskClient) -> None:
    body = ask(client, WEIGHTS + " ORDER BY ?weight", "text/tab-separated-values").data.decode()
    assert body.splitlines() == [
        "?animal\t?weight",
        "<http://zoo.example/robin>\t0.02",
        "<http://zoo.example/eel>\t3.5",
    ]


CLASSES = "SELECT ?class WHERE { <http://zoo.example/robin> a ?class } ORDER BY ?class"


def test_a_statement_of_two_graphs_is_one_solution(client: FlaskClient) -> None:
    assert column(ask(client, CLASSES, "text/csv")) == [
        "http://zoo.example/Animal",
        "http://zoo.example/Bird",
    ]


def test_infer_false_leaves_out_what_was_inferred(client: FlaskClient) -> None:
    answer = ask(client, CLASSES, "text/csv", infer="false")
    assert column(answer) == ["http://zoo.example/Bird"]


def test_default_graph_uri_is_honoured(client: FlaskClient) -> None:
    answer = ask(client, WEIGHTS, "text/csv", **{"default-graph-uri": "http://zoo.example/west"})
    assert column(answer) == ["http://zoo.example/eel"]


def test_a_default_graph_that_is_not_there_is_empty(client: FlaskClient) -> None:
    answer = ask(client, WEIGHTS, "text/csv", **{"default-graph-uri": "http://zoo.example/none"})
    assert column(answer) == []


GRAPHS = "SELECT DISTINCT ?graph WHERE { GRAPH ?graph { ?s ?p ?o } } ORDER BY ?graph"


def test_named_graph_uri_is_honoured(client: FlaskClient) -> None:
    answer = ask(client, GRAPHS, "text/csv", **{"named-graph-uri": "http://zoo.example/east"})
    assert column(answer) == ["http://zoo.example/east"]


def test_a_default_graph_alone_leaves_no_named_graphs(client: FlaskClient) -> None:
    answer = ask(client, GRAPHS, "text/csv", **{"default-graph-uri": "http://zoo.example/east"})
    assert column(answer) == []


def test_the_request_dataset_replaces_from(client: FlaskClient) -> None:
    query = WEIGHTS.replace("WHERE", "FROM <http://zoo.example/east> WHERE")
    assert column(ask(client, query, "text/csv")) == ["http://zoo.example/robin"]
    replaced = ask(client, query, "text/csv", **{"default-graph-uri": "http://zoo.example/west"})
    assert column(replaced) == ["http://zoo.example/eel"]


def test_a_syntax_error_is_placed_in_the_users_own_text(client: FlaskClient) -> None:
    query = "# a comment\nSELECT ?s\nWHERE {"
    response = ask(client, query)
    problem = response.get_json()
    assert response.status_code == problem["status"] == 400
    assert response.content_type == "application/problem+json"
    assert problem["type"].endswith("/problem/query")
    assert (problem["line"], problem["column"]) == (3, 8)
    assert problem["hint"] == "WHERE {\n       ^"


def test_an_error_comes_as_plain_text_to_who_prefers_it(client: FlaskClient) -> None:
    response = ask(client, "SELECT ?s WHERE {", "text/plain")
    assert response.status_code == 400
    assert response.content_type == "text/plain; charset=utf-8"
    assert response.text.startswith("line 1, column 18: ")


def test_an_error_comes_as_a_page_to_a_browser(client: FlaskClient) -> None:
    response = ask(client, "SELECT ?s WHERE { <script>", BROWSER)
    assert response.status_code == 400
    assert response.mimetype == "text/html"
    assert "<script>" not in response.text


def test_an_empty_query_is_a_bad_one(client: FlaskClient) -> None:
    assert ask(client, "").status_code == 400


def test_service_is_refused_and_calls_nobody(client: FlaskClient) -> None:
    query = "SELECT * WHERE { SERVICE <http://127.0.0.1:9/sparql> { ?s ?p ?o } }"
    response = ask(client, query)
    assert response.status_code == 400
    assert "SERVICE" in response.get_json()["detail"]


def test_a_body_too_large_to_be_a_query_is_refused(client: FlaskClient) -> None:
    body = "ASK {} #" + "x" * 1024 * 1024
    response = client.post("/sparql", data=body, content_type="application/sparql-query")
    assert response.status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/sparql?query=ASK{}", 200),
        ("GET", "/sparql?query=ASK{", 400),
        ("GET", "/sparql", 200),
        ("PUT", "/sparql", 405),
        ("POST", "/sparql", 415),
        ("GET", "/nowhere", 404),
        ("OPTIONS", "/sparql", 204),
        ("OPTIONS", "/sparql/", 204),
    ],
)
def test_every_response_may_be_read_by_other_sites_pages(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    response = client.open(path, method=method, headers={"Origin": "https://elsewhere.example"})
    assert response.status_code == status
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_a_preflight_is_answered_with_what_is_allowed(client: FlaskClient) -> None:
    response = client.options("/sparql", headers={"Access-Control-Request-Method": "POST"})
    assert response.status_code == 204
    assert response.data == b""
    assert response.headers["Allow"] == "GET, HEAD, POST, OPTIONS"
    assert response.headers["Access-Control-Allow-Methods"] == "GET, HEAD, POST, OPTIONS"
    assert "Content-Type" in response.headers["Access-Control-Allow-Headers"]


def test_options_are_told_before_anything_is_looked_up(client: FlaskClient) -> None:
    """Any path may be that of a thing, and a browser asks before it asks for the thing."""
    assert client.options("/nowhere").status_code == 204
    assert client.get("/nowhere").status_code == 404
