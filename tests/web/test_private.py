"""Private graphs over HTTP: without the right token they are not there, whatever is asked.

The judge is a second server that has something else in its private graph: the same requests get
the same responses from both, byte for byte.
"""

# ruff: noqa: E501 - one case, one line: they are tables

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat, parse
from werkzeug.test import TestResponse

from etown_kg.backend.local import LocalBackend
from etown_kg.config import Settings
from etown_kg.graph import KnowledgeGraph
from etown_kg.web import create_app
from tests.web.conftest import ZOO
from tests.web.writers import Known, bearer

WEST, EAST, TERMS = (f"http://zoo.example/{name}" for name in ("west", "east", "terms"))
TOKENS = {
    "all": Known("all", None),
    "reads-all": Known("reads-all", (), None),
    "reads-west": Known("reads-west", (), (WEST,)),
    "writes-west": Known("writes-west", (WEST,), ()),
    "writes-east": Known("writes-east", (EAST,), ()),
    "reads-nothing-more": Known("reads-nothing-more", (), ()),
}
DISJOINT = ":Bird a owl:Class ; owl:disjointWith :Fish ."
# What the private graph of the second server has instead; it clashes with what is tried below.
OTHER = "GRAPH :west { :robin :shade 'secret' . :heron a :Bird , :Wader . :Wader a :Sight . }"


def client_of(
    folder: Path, *private: str, other: bool = False, read_only: bool = False
) -> FlaskClient:
    text = ZOO.replace(":Bird a owl:Class .", DISJOINT)
    if other:
        text = text[: text.index("GRAPH :west")] + OTHER
    graph = KnowledgeGraph(parse(text, RdfFormat.TRIG), base="http://zoo.example/")
    graph.close()
    settings = Settings(ontology=folder, data=folder, base="http://zoo.example/", private=private)
    app = create_app(settings, LocalBackend(graph), find_token=TOKENS.get, read_only=read_only)
    return app.test_client()


def ask(client: FlaskClient, query: str, secret: str = "", **parameters: str) -> TestResponse:
    return client.get(
        "/sparql",
        query_string={"query": query, "format": "json", **parameters},
        headers=bearer(secret) if secret else {},
    )


def boolean(client: FlaskClient, query: str, secret: str = "") -> bool:
    response = ask(client, query, secret)
    assert response.status_code == 200, response.text
    return bool(response.get_json()["boolean"])


QUERIES = {
    "union": "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o",
    "named": "SELECT * { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g ?s ?p ?o",
    "graphs": "SELECT ?g { GRAPH ?g {} } ORDER BY ?g",
    "by-name": f"SELECT * {{ GRAPH <{WEST}> {{ ?s ?p ?o }} }}",
    "from": f"SELECT * FROM <{WEST}> FROM <{TERMS}> {{ ?s ?p ?o }} ORDER BY ?s ?p ?o",
    "from-named": f"SELECT * FROM NAMED <{WEST}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
    "from-escaped": "SELECT * FROM <http://zoo.example/\\u0077est> { ?s ?p ?o }",
    "describe": "DESCRIBE <http://zoo.example/robin> <http://zoo.example/eel>",
    "describe-all": "DESCRIBE ?s { ?s ?p ?o }",
    "construct": "CONSTRUCT { ?s ?p ?o } WHERE { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }",
    "ask": "ASK { ?s <http://zoo.example/shade> ?o }",
    "path": "SELECT * { <http://zoo.example/heron> (<http://zoo.example/shade>|!<x:y>)* ?o }",
    "zero-path": "SELECT * { ?s <x:nothing>* ?o } ORDER BY ?s ?o",
    "count": "SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?p) AS ?m) { ?s ?p ?o }",
    "inferred": "SELECT * { GRAPH <http://zoo.example/graph/inferred> { ?s ?p ?o } }",
    "sub-select": "SELECT * { GRAPH ?g { SELECT * { ?s ?p ?o } } } ORDER BY ?g ?s ?p ?o",
    "minus": "SELECT * { ?s ?p ?o MINUS { GRAPH ?g { ?s ?p ?o } } } ORDER BY ?s ?p ?o",
    "exists": "SELECT ?g { VALUES ?g { <http://zoo.example/west> } FILTER EXISTS { GRAPH ?g {} } }",
    "empty": "SELECT * { ?s <http://zoo.example/shade> ?o . ?s a <http://zoo.example/Wader> }",
}  # fmt: skip


def reading(name: str) -> dict[str, object]:
    """A request that reads; its name says what is asked for."""
    kind, _, rest = name.partition(" ")
    if kind == "query":
        return {
            "path": "/sparql",
            "query_string": {"query": QUERIES[rest], "explain-empty": "true"},
        }
    if kind == "posted":
        body = QUERIES[rest]
        return {"path": "/sparql", "method": "POST", "data": body,
                "content_type": "application/sparql-query"}  # fmt: skip
    if kind == "page":
        return {"path": "/query", "query_string": {"query": QUERIES[rest]}}
    return {"path": rest, "headers": {"Accept": "text/turtle" if kind == "turtle" else "*/*"}}


READINGS = [
    *(f"query {name}" for name in QUERIES),
    *(f"page {name}" for name in ("union", "describe", "empty", "count")),
    "posted union",
    "get /", "get /health", "get /ready", "get /versions", "turtle /sparql",
    f"get /sparql?query=SELECT*{{?s?p?o}}&default-graph-uri={WEST}",
    f"get /sparql?query=SELECT*{{GRAPH?g{{?s?p?o}}}}&named-graph-uri={WEST}",
    "get /sparql?query=SELECT*{?s?p?o}&infer=false",
    f"get /graphs?graph={WEST}", f"get /graphs?graph={EAST}", "get /graphs?default",
    "get /graphs?graph=http://zoo.example/graph/inferred", "get /graph/west",
    "get /query/terms.json", "get /network", "get /network.json",
    "get /network?iri=http://zoo.example/heron", "get /network.json?iri=http://zoo.example/heron",
    "get /network.json?query=DESCRIBE<http://zoo.example/heron>",
    "get /sparql?query=SELECT*{<http://zoo.example/heron>?p?o}&same-as=on",
    "get /reconcile", 'get /reconcile?queries={"q":{"query":"heron"},"r":{"query":"robin","properties":[{"pid":"http://zoo.example/shade","v":"secret"}]}}',
    'get /reconcile?queries={"q":{"properties":[{"pid":"http://zoo.example/weight","v":3.5}]}}',
    'get /reconcile?extend={"ids":["http://zoo.example/robin","http://zoo.example/heron"],"properties":[{"id":"http://zoo.example/shade"},{"id":"http://zoo.example/weight"}]}',
    "get /reconcile/suggest/entity?prefix=heron", "get /reconcile/suggest/type", "get /reconcile/suggest/property",
    "get /reconcile/properties", "get /reconcile/properties?type=http://zoo.example/Bird",
    "get /reconcile/preview?id=http://zoo.example/heron", "get /reconcile/flyout/entity?id=http://zoo.example/eel",
]  # fmt: skip


def seen(response: TestResponse) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All of a response but its own number and time."""
    own = {"x-request-id", "date", "content-length"}  # the length of the body, which is compared
    headers = sorted((n, v) for n, v in response.headers.items() if n.lower() not in own)
    body = re.sub(rb"[0-9.,]+ m?s\b", b"", response.data)  # how long it took
    body = re.sub(rb"<lastmod>.*?</lastmod>", b"", body)  # when the server was started
    response.close()
    if (response.content_type or "").startswith("application/json") and b'"time"' in body:
        body = body[: body.index(b'"time"')]
    return response.status_code, body, headers


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[FlaskClient, FlaskClient]:
    folder = tmp_path_factory.mktemp("private")
    return client_of(folder, WEST), client_of(folder, WEST, other=True)


@pytest.mark.parametrize("secret", ["", "reads-nothing-more", "writes-east"])
@pytest.mark.parametrize("name", READINGS)
def test_nothing_read_tells_what_is_private(
    both: tuple[FlaskClient, FlaskClient], name: str, secret: str
) -> None:
    first, second = (
        seen(client.open(**_with_token(reading(name), secret)))  # type: ignore[arg-type]
        for client in both
    )
    assert first == second
    assert first[0] < 500


def _with_token(request: dict[str, object], secret: str) -> dict[str, object]:
    headers = dict(request.get("headers", {}))  # type: ignore[call-overload]
    return request | {"headers": headers | (bearer(secret) if secret else {})}


@pytest.mark.parametrize("name", ["query named", "get /", "get /health", "turtle /sparql"])
def test_who_may_read_all_sees_the_difference(
    both: tuple[FlaskClient, FlaskClient], name: str
) -> None:
    """That the test above can fail."""
    first, second = (
        seen(client.open(**_with_token(reading(name), "all")))  # type: ignore[arg-type]
        for client in both
    )
    assert first != second


UPDATES = (
    f"INSERT {{ GRAPH <{EAST}> {{ ?s <x:seen> ?o }} }} WHERE {{ ?s <http://zoo.example/weight> ?o }}",
    f"COPY <{WEST}> TO <{EAST}>",
    f"ADD <{WEST}> TO <{EAST}>",
    f"CLEAR GRAPH <{WEST}>",
    f"CREATE GRAPH <{WEST}>",
    f"DELETE DATA {{ GRAPH <{WEST}> {{ <http://zoo.example/eel> <http://zoo.example/weight> 3.5 }} }}",
    f"INSERT DATA {{ GRAPH <{WEST}> {{ <http://zoo.example/eel> <http://zoo.example/weight> 3.5 }} }}",
)


@pytest.mark.parametrize("update", UPDATES)
def test_no_update_tells_or_copies_what_is_private(tmp_path: Path, update: str) -> None:
    found = []
    for other in (False, True):
        client = client_of(tmp_path, WEST, other=other)
        response = client.post("/update", data=update, headers=bearer("writes-east"),
                               content_type="application/sparql-update")  # fmt: skip
        after = ask(client, QUERIES["named"], "writes-east")
        found.append((seen(response)[:2], seen(after)))
    assert found[0] == found[1]


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "PATCH"])
def test_a_private_graph_is_not_there_for_the_graph_store_protocol(
    tmp_path: Path, method: str
) -> None:
    found = []
    for other in (False, True):
        client = client_of(tmp_path, WEST, other=other)
        kind = "application/sparql-update" if method == "PATCH" else "text/turtle"
        body = "INSERT DATA { <x:a> <x:b> 1 }" if method == "PATCH" else "<x:a> <x:b> 1 ."
        response = client.open("/graphs", query_string={"graph": WEST}, method=method, data=body,
                               content_type=kind, headers=bearer("writes-east"))  # fmt: skip
        found.append(seen(response)[:2])
    assert found[0] == found[1]
    assert found[0][0] in (403, 404)


def test_a_clash_with_a_private_statement_shows_none_of_it(tmp_path: Path) -> None:
    client = client_of(tmp_path, WEST, other=True)
    text = f"INSERT DATA {{ GRAPH <{EAST}> {{ <http://zoo.example/heron> a <http://zoo.example/Fish> }} }}"
    response = client.post("/update", data=text, headers=bearer("writes-east"),
                           content_type="application/sparql-update")  # fmt: skip
    assert response.status_code == 409
    assert "findings" not in response.get_json()
    assert "may not read" in response.get_json()["hint"]
    assert "Bird" not in response.text
    told = client.post("/update", data=text, headers=bearer("all"),
                       content_type="application/sparql-update")  # fmt: skip
    assert told.get_json()["findings"]


@pytest.mark.parametrize(
    ("secret", "is_seen"),
    [("", False), ("reads-nothing-more", False), ("writes-east", False), ("reads-west", True),
     ("writes-west", True), ("reads-all", True), ("all", True)],
)  # fmt: skip
def test_the_right_tokens_open_a_private_graph(
    both: tuple[FlaskClient, FlaskClient], secret: str, is_seen: bool
) -> None:
    assert boolean(both[0], f"ASK {{ GRAPH <{WEST}> {{ ?s ?p ?o }} }}", secret) == is_seen
    headers = bearer(secret) if secret else {}
    response = both[0].get("/graphs", query_string={"graph": WEST}, headers=headers)
    assert response.status_code == (200 if is_seen else 404)


def test_a_tag_of_one_who_sees_more_is_none_of_one_who_sees_less(
    both: tuple[FlaskClient, FlaskClient],
) -> None:
    tags = {ask(both[0], QUERIES["ask"], secret).headers["ETag"] for secret in ("", "all")}
    assert len(tags) == 2
    response = ask(both[0], QUERIES["ask"])
    assert "Authorization" in response.vary


def test_a_wrong_token_is_refused_everywhere(both: tuple[FlaskClient, FlaskClient]) -> None:
    for path in ("/", "/query", "/health", "/sparql?query=ASK{}", "/versions"):
        response = both[0].get(path, headers=bearer("nonsense"))
        assert response.status_code == 401, path


def test_where_all_is_private_a_stranger_is_told_to_bring_a_token(tmp_path: Path) -> None:
    client = client_of(tmp_path, "all")
    for path in ("/", "/query", "/sparql?query=ASK{}", "/sparql", "/graphs?default", "/versions"):
        response = client.get(path)
        assert response.status_code == 401, path
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
    for path in ("/health", "/ready", "/metrics"):
        response = client.get(path)
        assert response.status_code == 200
    assert client.get("/health").get_json()["triples"] == 0
    assert client.options("/sparql").status_code == 204
    assert boolean(client, "ASK { GRAPH <http://zoo.example/west> { ?s ?p ?o } }", "reads-west")
    assert not boolean(client, "ASK { GRAPH <http://zoo.example/east> { ?s ?p ?o } }", "reads-west")
    assert boolean(client, "ASK { GRAPH <http://zoo.example/east> { ?s ?p ?o } }", "reads-all")


def test_a_server_that_takes_no_changes_has_private_graphs_too(tmp_path: Path) -> None:
    client = client_of(tmp_path, WEST, read_only=True)
    assert boolean(client, f"ASK {{ GRAPH <{WEST}> {{ ?s ?p ?o }} }}", "reads-west")
    response = client.post("/update", data="CLEAR ALL", headers=bearer("all"),
                           content_type="application/sparql-update")  # fmt: skip
    assert response.status_code == 403


def test_how_much_changed_is_for_who_may_read_all(tmp_path: Path) -> None:
    client = client_of(tmp_path, WEST)
    text = f"INSERT DATA {{ GRAPH <{WEST}> {{ <x:a> <x:b> 1 }} }}"
    client.post(
        "/update", data=text, headers=bearer("all"), content_type="application/sparql-update"
    )
    assert set(client.get("/versions").get_json()["changes"][0]) == {"version", "time"}
    told = client.get("/versions", headers=bearer("reads-all")).get_json()["changes"][0]
    assert told["inserted"] == 1


# Addresses with parameters, asked about things that only the private graph has.
ASKED = (
    "/search?q=secret", "/search?q=eel", "/search.json?q=heron", "/search.json?q=eel",
    "/describe?iri=http://zoo.example/eel", "/describe?iri=http://zoo.example/heron",
    "/eel", "/heron", "/robin", "/robin.ttl", "/robin.json", "/Wader", "/graph/west",
    "/why?s=%3Chttp://zoo.example/heron%3E&p=%3Chttp://www.w3.org/1999/02/22-rdf-syntax-ns%23type%3E"
    "&o=%3Chttp://zoo.example/Animal%3E",
    "/why.json?s=%3Chttp://zoo.example/heron%3E&p=%3Chttp://www.w3.org/1999/02/22-rdf-syntax-ns%23type%3E"
    "&o=%3Chttp://zoo.example/Animal%3E",
    "/network?iri=http://zoo.example/heron", "/network.json?iri=http://zoo.example/heron",
    "/network.json?iri=http://zoo.example/robin",
)  # fmt: skip


@pytest.mark.parametrize("secret", ["", "writes-east"])
def test_no_address_tells_what_is_private(
    both: tuple[FlaskClient, FlaskClient], secret: str
) -> None:
    """Every address there is, also those that are made after this test."""
    rules = both[0].application.url_map.iter_rules()
    plain = [rule.rule for rule in rules if "GET" in (rule.methods or ()) and not rule.arguments]
    differing = []
    for path in sorted({*plain, *ASKED} - {"/metrics"}):  # that counts requests and their time
        for accept in ("*/*", "text/html", "text/turtle"):
            headers = {"Accept": accept, **(bearer(secret) if secret else {})}
            first, second = (seen(client.get(path, headers=headers)) for client in both)
            if first != second or first[0] >= 500:
                differing.append((path, accept, first, second))
    assert differing == []
    assert "west" not in both[0].get("/metrics").text


def test_what_a_page_keeps_is_not_for_who_may_read_less(tmp_path: Path) -> None:
    """Search, labels, terms and figures are kept between requests; who may read all comes first."""
    clients = client_of(tmp_path, WEST), client_of(tmp_path, WEST, other=True)
    paths = (*ASKED, "/ontology", "/ontology.ttl", "/figures.json", "/query/terms.json", "/herons")
    for path in paths:
        for client in clients:
            client.get(path, headers=bearer("all"))
        first, second = (seen(client.get(path)) for client in clients)
        assert first == second, path
