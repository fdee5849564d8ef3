"""Graphs over HTTP beyond the W3C's tests: guards, patches, packed and broken bodies."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest

from tests.web.conftest import Zoo

EAST = "/graphs?graph=http%3A%2F%2Fzoo.example%2Feast"
ONE = "<http://zoo.example/owl> <http://zoo.example/weight> 1.2 ."


def test_a_graph_comes_in_the_format_asked_for(own_zoo: Zoo) -> None:
    for accept in ("text/turtle", "application/n-triples", "application/ld+json"):
        response = own_zoo.client.get(EAST, headers={"Accept": accept})
        assert (response.status_code, response.mimetype) == (200, accept)
        assert "http://zoo.example/weight" in response.text
    assert own_zoo.client.get(EAST, headers={"Accept": "image/png"}).status_code == 406
    assert own_zoo.client.get(EAST + "&format=nt").mimetype == "application/n-triples"


def test_the_same_graph_is_at_its_own_address(own_zoo: Zoo) -> None:
    assert own_zoo.send("PUT", "/graph/new%20wing/%E9%B8%9F", ONE).status_code == 201
    named = "http://zoo.example/graph/new%2520wing/鸟"
    assert own_zoo.client.get(f"/graphs?graph={named}").status_code == 200
    assert own_zoo.ask("ASK { GRAPH <http://zoo.example/graph/new%20wing/鸟> { ?s ?p 1.2 } }")


def test_put_replaces_post_adds_delete_drops(own_zoo: Zoo) -> None:
    created = own_zoo.send("PUT", "/graph/x", ONE)
    assert created.status_code == 201
    assert created.headers["Location"] == "http://localhost/graph/x"
    assert own_zoo.send("POST", "/graph/x", ONE.replace("1.2", "3")).status_code == 204
    assert own_zoo.client.get("/graph/x").text.count("weight") == 1
    assert "1.2" in own_zoo.client.get("/graph/x").text
    assert own_zoo.send("PUT", "/graph/x", ONE.replace("1.2", "4")).status_code == 204
    assert "1.2" not in own_zoo.client.get("/graph/x").text
    assert own_zoo.send("DELETE", "/graph/x").status_code == 204
    assert own_zoo.client.get("/graph/x").status_code == 404
    assert own_zoo.send("DELETE", "/graph/x").status_code == 404


def test_a_graph_without_a_name_gets_one(own_zoo: Zoo) -> None:
    response = own_zoo.send("POST", "/graphs", ONE)
    assert response.status_code == 201
    assert own_zoo.client.get(response.headers["Location"]).status_code == 200


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        pytest.param("INSERT DATA { <x:a> <x:b> 1 }", "application/sparql-update", 204,
                     id="update"),
        pytest.param("TX .\nPA \"x\" <x:> .\nA x:a x:b 1 .\nTC .", "application/rdf-patch", 204,
                     id="rdf-patch"),
        pytest.param("D <x:a> <x:b> 2 .\nA <x:a> <x:b> 1 .", "application/rdf-patch", 204,
                     id="rows"),
        pytest.param("INSERT DATA { GRAPH <x:g> { <x:a> <x:b> 1 } }", "application/sparql-update",
                     403, id="another-graph"),
        pytest.param("A <x:a> <x:b> .", "application/rdf-patch", 400, id="half-a-row"),
        pytest.param("D _:n <x:b> 1 .", "application/rdf-patch", 400, id="blank-node"),
        pytest.param("TX .\nA <x:a> <x:b> 1 .\nTA .", "application/rdf-patch", 400, id="abort"),
        pytest.param("A <x:a> <x:b> 1 .\nA <x:a> <x:b> 1 . } ; DROP ALL", "application/rdf-patch",
                     400, id="injection"),
        pytest.param(ONE, "text/turtle", 415, id="no-patch"),
    ],
)  # fmt: skip
def test_a_patch_changes_its_own_graph(
    own_zoo: Zoo, body: str, content_type: str, status: int
) -> None:
    own_zoo.send("PUT", "/graph/x", ONE)
    response = own_zoo.send("PATCH", "/graph/x", body, Content_Type=content_type)
    assert response.status_code == status, response.text
    is_there = own_zoo.ask("ASK { GRAPH <http://zoo.example/graph/x> { <x:a> <x:b> 1 } }")
    assert is_there is (status == 204)
    assert own_zoo.ask("ASK { GRAPH <http://zoo.example/graph/x> { ?s ?p 1.2 } }")


def test_two_writers_do_not_undo_each_other(own_zoo: Zoo) -> None:
    own_zoo.send("PUT", "/graph/x", ONE)
    tag = own_zoo.client.get("/graph/x").headers["ETag"]
    assert own_zoo.send("PUT", "/graph/x", ONE + ONE, If_Match=tag).status_code == 204
    own_zoo.send("POST", "/graph/x", ONE.replace("1.2", "9"))
    refused = own_zoo.send("PUT", "/graph/x", " ", If_Match=tag)
    assert refused.status_code == 412
    assert refused.get_json()["type"].endswith("/problem/changed")
    assert "9" in own_zoo.client.get("/graph/x").text


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/graph/none", {"If_Match": "*"}, 412),
        (EAST, {"If_Match": "*"}, 204),
        ("/graph/none", {"If_None_Match": "*"}, 201),
        (EAST, {"If_None_Match": "*"}, 412),
        (EAST, {"If_Match": '"nonsense"'}, 412),
        (EAST, {"If_Match": "no quotation marks"}, 400),
    ],
)
def test_a_write_can_be_bound_to_what_is_there(
    own_zoo: Zoo, path: str, headers: dict[str, str], status: int
) -> None:
    assert own_zoo.send("PUT", path, ONE, **headers).status_code == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/graphs", 400),
        ("GET", "/graphs?graph=relative", 400),
        ("GET", "/graphs?graph=x:a&graph=x:b", 400),
        ("GET", "/graphs?graph=x:a&default", 400),
        ("GET", "/graphs?graph=x:none", 404),
        ("GET", "/graphs?default", 200),
        ("GET", "/graphs?graph=default", 200),
        ("HEAD", "/graphs?default=", 200),
        ("OPTIONS", "/graphs", 204),
        ("PUT", "/graphs", 400),
    ],
)
def test_a_request_names_one_graph(own_zoo: Zoo, method: str, path: str, status: int) -> None:
    response = own_zoo.send(method, path)
    assert response.status_code == status
    assert "PUT" in response.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        pytest.param(gzip.compress(ONE.encode()), {"Content_Encoding": "gzip"}, 201, id="gzip"),
        pytest.param(gzip.compress(b" " * 50_000_000), {"Content_Encoding": "gzip"}, 413,
                     id="bomb"),
        pytest.param(gzip.compress(ONE.encode())[:-9], {"Content_Encoding": "gzip"}, 400,
                     id="cut"),
        pytest.param(b"no gzip", {"Content_Encoding": "gzip"}, 400, id="no-gzip"),
        pytest.param(gzip.compress(ONE.encode()) * 2, {"Content_Encoding": "gzip"}, 400,
                     id="two-in-one"),
        pytest.param(b"x", {"Content_Encoding": "br"}, 415, id="brotli"),
        pytest.param(b"x" * (1024 * 1024 + 1), {}, 413, id="too-large"),
        pytest.param(b"<a> <b> ]", {}, 400, id="broken"),
        pytest.param(b"{}", {"Content_Type": "application/json"}, 201, id="json"),
        pytest.param(b"a,b", {"Content_Type": "text/csv"}, 415, id="csv"),
    ],
)  # fmt: skip
def test_a_body_is_read_with_suspicion(
    make_zoo: Callable[..., Zoo], body: bytes, headers: dict[str, str], status: int
) -> None:
    zoo = make_zoo(upload_mib=1)
    response = zoo.send("PUT", "/graph/x", body, **headers)
    assert response.status_code == status, response.text
    assert zoo.client.get("/graph/x").status_code == (200 if status == 201 else 404)


def test_a_broken_graph_is_told_its_place(own_zoo: Zoo) -> None:
    problem = own_zoo.send("PUT", "/graph/x", ONE + "\n<a> <b> ]").get_json()
    assert problem["type"].endswith("/problem/upload")
    assert (problem["line"], problem["column"]) == (2, 9)
