"""Updates: who may, what is refused whole, what the client hears."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.web import writers
from tests.web.conftest import Zoo

HEN = (
    "INSERT DATA { GRAPH <http://zoo.example/east> "
    "{ <http://zoo.example/hen> a <http://zoo.example/Bird> } }"
)
IS_HEN = "ASK { <http://zoo.example/hen> a <http://zoo.example/Bird> }"
IS_ANIMAL = "ASK { <http://zoo.example/hen> a <http://zoo.example/Animal> }"


def test_an_update_is_seen_with_what_follows_from_it(own_zoo: Zoo) -> None:
    before = own_zoo.client.get("/ready").get_json()
    response = own_zoo.update(HEN)
    assert (response.status_code, response.data) == (204, b"")
    after = own_zoo.client.get("/ready").get_json()
    assert response.headers["X-Version"] == str(after["number"])
    assert after["version"] != before["version"]
    assert own_zoo.ask(IS_HEN)
    assert own_zoo.ask(IS_ANIMAL)
    assert not own_zoo.ask(IS_ANIMAL, infer="false")


def test_what_followed_goes_with_what_is_deleted(own_zoo: Zoo) -> None:
    own_zoo.update(HEN)
    assert own_zoo.update(HEN.replace("INSERT", "DELETE")).status_code == 204
    assert not own_zoo.ask(IS_ANIMAL)


def test_a_form_carries_an_update(own_zoo: Zoo) -> None:
    headers = writers.bearer(writers.SECRET)
    assert own_zoo.client.post("/update", data={"update": HEN}, headers=headers).status_code == 204
    assert own_zoo.ask(IS_HEN)


def test_using_graphs_are_what_the_where_sees(own_zoo: Zoo) -> None:
    text = "INSERT { GRAPH <x:copy> { ?s ?p ?o } } WHERE { ?s ?p ?o }"
    response = own_zoo.update(text, **{"using-graph-uri": "http://zoo.example/west"})
    assert response.status_code == 204
    assert own_zoo.ask("ASK { GRAPH <x:copy> { <http://zoo.example/eel> ?p ?o } }")
    assert not own_zoo.ask("ASK { GRAPH <x:copy> { ?bird rdfs:subClassOf ?o } }")


@pytest.mark.parametrize(
    ("headers", "status", "challenge"),
    [
        pytest.param({}, 401, 'Bearer realm="etown-kg"', id="none"),
        pytest.param(
            writers.bearer("wrong"), 401, 'Bearer realm="etown-kg", error="invalid_token"',
            id="unknown",
        ),
        pytest.param({"Authorization": "Basic YTpi"}, 401, 'Bearer realm="etown-kg"', id="basic"),
        pytest.param({"Authorization": "Bearer"}, 401, 'Bearer realm="etown-kg"', id="empty"),
        pytest.param(
            writers.bearer(writers.READER), 403,
            'Bearer realm="etown-kg", error="insufficient_scope"', id="reader",
        ),
    ],
)  # fmt: skip
def test_who_may_not_write_is_told_how(
    own_zoo: Zoo, headers: dict[str, str], status: int, challenge: str
) -> None:
    for method, path in (("POST", "/update"), ("PUT", "/graph/x"), ("DELETE", "/graphs?default")):
        response = own_zoo.client.open(path, method=method, data={"update": HEN}, headers=headers)
        assert response.status_code == status
        assert response.headers["WWW-Authenticate"] == challenge
        assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert not own_zoo.ask(IS_HEN)


def test_without_tokens_the_server_is_read_only(client: FlaskClient) -> None:
    response = client.post("/update", data={"update": HEN})
    assert response.status_code == 403
    assert "read-only" in response.get_json()["detail"]


def test_a_token_of_one_graph_changes_that_graph_alone(own_zoo: Zoo) -> None:
    assert own_zoo.update(HEN, writers.EAST_ONLY).status_code == 204
    refused = own_zoo.update(HEN.replace("/east", "/west"), writers.EAST_ONLY)
    assert refused.status_code == 403
    assert "http://zoo.example/west" in refused.get_json()["detail"]


@pytest.mark.parametrize("graph", ["inferred", "meta"])
def test_what_the_program_makes_may_only_be_read(own_zoo: Zoo, graph: str) -> None:
    text = f"INSERT DATA {{ GRAPH <http://zoo.example/graph/{graph}> {{ <x:a> <x:b> 1 }} }}"
    assert own_zoo.update(text).status_code == 403
    assert own_zoo.send("PUT", f"/graph/{graph}", "<x:a> <x:b> 1 .").status_code == 403


def test_a_contradiction_is_refused_whole_with_its_proof(own_zoo: Zoo) -> None:
    text = HEN + "; " + HEN.replace("Bird", "Fish")
    response = own_zoo.update(text)
    problem = response.get_json()
    assert response.status_code == problem["status"] == 409
    assert problem["type"].endswith("/problem/refused")
    (finding,) = problem["findings"]
    assert finding["rule"] == "cax-dw"
    assert any("zoo.example/hen" in statement for statement in finding["statements"])
    assert any("disjointWith" in statement for statement in finding["statements"])
    assert not own_zoo.ask(IS_HEN)


@pytest.mark.parametrize(
    ("text", "line"), [("INSERT DATA {\n<x:a> <x:b> ]", 2), ("CLEAR XYZ", 1), ("ASK {}", 1)]
)
def test_an_update_that_does_not_parse_is_placed(own_zoo: Zoo, text: str, line: int) -> None:
    response = own_zoo.update(text)
    problem = response.get_json()
    assert response.status_code == 400
    assert problem["type"].endswith("/problem/query")
    assert problem["line"] == line


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("LOAD <http://127.0.0.1:9/data.ttl>", 400),
        ("LOAD SILENT <http://127.0.0.1:9/data.ttl>", 204),
        ("LOAD <file:///etc/passwd>", 400),
        ("INSERT { <x:a> <x:b> ?o } WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", 400),
        ("INSERT { <x:a> <x:b> ?o } WHERE { SERVICE SILENT <http://127.0.0.1:9/> { ?s ?p ?o } }",
         204),
    ],
)  # fmt: skip
def test_an_update_calls_nobody(own_zoo: Zoo, text: str, status: int) -> None:
    size = own_zoo.client.get("/ready").get_json()["triples"]
    assert own_zoo.update(text).status_code == status
    assert own_zoo.client.get("/ready").get_json()["triples"] == size


def test_versions_list_what_was_done(own_zoo: Zoo) -> None:
    own_zoo.update(HEN)
    versions = own_zoo.client.get("/versions").get_json()
    assert versions["changes"][-1]["inserted"] == 1
    assert versions["changes"][-1]["inferred_added"] >= 1
    assert versions["changes"][-1]["version"] == versions["number"]


def test_get_is_no_way_to_update(own_zoo: Zoo) -> None:
    response = own_zoo.client.get("/update", query_string={"update": HEN})
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST, OPTIONS"
