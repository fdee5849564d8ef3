"""``same-as=on`` over HTTP: on every way through the server, with tags of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat, parse
from werkzeug.test import TestResponse

from etown_kg.backend.client import start
from etown_kg.backend.limits import MIB, Limits
from etown_kg.backend.local import LocalBackend
from etown_kg.cli import express_lane
from etown_kg.config import Settings
from etown_kg.graph import KnowledgeGraph
from etown_kg.web import create_app
from etown_kg.web.express import EXTENSION
from tests.web import writers
from tests.web.serving import HttpClient, serving

BASE = "http://zoo.example/"
LINKS = BASE + "graph/links"
DATA = f"""
@prefix : <{BASE}> . @prefix w: <http://their/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
GRAPH :east {{ :robin a :Bird ; :weight 0.02 . }}
GRAPH <{LINKS}> {{ :robin skos:exactMatch w:Q25334 . }}
"""
QUERY = "SELECT ?weight { <http://their/Q25334> <http://zoo.example/weight> ?weight }"
LIMITS = Limits(query_s=10.0, longest_s=10.0, memory_bytes=256 * MIB, answer_bytes=2 * MIB)
Make = Callable[..., FlaskClient]


def build() -> KnowledgeGraph:
    graph = KnowledgeGraph(parse(DATA, RdfFormat.TRIG), base=BASE)
    graph.close()
    return graph


@pytest.fixture(scope="module", params=["local", "processes"])
def client(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FlaskClient]:
    """The zoo with a link, on a real server, for each kind of backend."""
    folder = tmp_path_factory.mktemp("zoo")
    backend = LocalBackend(build()) if request.param == "local" else start(build, LIMITS)
    settings = Settings(ontology=folder, data=folder, base=BASE)
    app = create_app(settings, backend, find_token=writers.find_token, limits=LIMITS)
    try:
        with pytest.MonkeyPatch.context() as patch, serving(app) as address:
            # On a busy machine too a quick query is to go the quick way.
            patch.setattr(express_lane, "PATIENCE_S", 5.0)
            yield HttpClient(app, address)
    finally:
        backend.close()


def ask(client: FlaskClient, query: str = QUERY, **parameters: str) -> TestResponse:
    return client.get("/sparql", query_string={"query": query, **parameters})


def rows(response: TestResponse) -> list[list[str]]:
    assert response.status_code == 200, response.text
    found = json.loads(response.text)
    return [
        [row[name]["value"] for name in found["head"]["vars"] if name in row]
        for row in found["results"]["bindings"]
    ]


def test_a_linked_iri_finds_our_facts_when_it_is_asked_for(client: FlaskClient) -> None:
    assert rows(ask(client)) == []
    assert rows(ask(client, **{"same-as": "off"})) == []
    assert rows(ask(client, **{"same-as": "on"})) == [["0.02"]]
    form = client.post("/sparql", data={"query": QUERY, "same-as": "on"})
    assert rows(form) == [["0.02"]]
    direct = client.post("/sparql?same-as=on", data=QUERY, content_type="application/sparql-query")
    assert rows(direct) == [["0.02"]]


def test_both_answers_have_tags_and_places_in_memory_of_their_own(client: FlaskClient) -> None:
    for _ in range(3):  # again, from memory where there is one
        off, on = ask(client), ask(client, **{"same-as": "on"})
        assert (rows(off), rows(on)) == ([], [["0.02"]])
    assert off.headers["ETag"] != on.headers["ETag"]
    assert on.headers["Vary"] == off.headers["Vary"] == "Accept, Accept-Encoding"
    tag = {"If-None-Match": on.headers["ETag"]}
    query = {"query": QUERY, "same-as": "on"}
    assert client.get("/sparql", query_string=query, headers=tag).status_code == 304
    assert client.get("/sparql", query_string={"query": QUERY}, headers=tag).status_code == 200


def test_it_takes_the_quick_way_too(client: FlaskClient) -> None:
    express = client.application.extensions[EXTENSION]
    tag = {"If-None-Match": ask(client, **{"same-as": "on"}).headers["ETag"]}
    before = express.answered
    query = {"query": QUERY, "same-as": "on"}
    assert client.get("/sparql", query_string=query, headers=tag).status_code == 304
    assert express.answered == before + 1


def test_a_link_that_goes_takes_its_answers_along(client: FlaskClient) -> None:
    assert rows(ask(client, **{"same-as": "on"})) == [["0.02"]]
    response = client.post(
        "/update", data=f"CLEAR GRAPH <{LINKS}>", content_type="application/sparql-update",
        headers=writers.bearer(writers.SECRET),
    )  # fmt: skip
    assert response.status_code == 204, response.text
    assert rows(ask(client, **{"same-as": "on"})) == []
    link = "<http://zoo.example/robin> skos:exactMatch <http://their/Q25334>"
    again = client.post(
        "/update", data=f"INSERT DATA {{ GRAPH <{LINKS}> {{ {link} }} }}",
        content_type="application/sparql-update", headers=writers.bearer(writers.SECRET),
    )  # fmt: skip
    assert again.status_code == 204, again.text
    assert rows(ask(client, **{"same-as": "on"})) == [["0.02"]]


def test_a_construct_speaks_of_what_was_asked_for(client: FlaskClient) -> None:
    query = QUERY.replace("SELECT ?weight", "CONSTRUCT { <http://their/Q25334> <x:w> ?weight }")
    response = ask(client, query, **{"same-as": "on"}, format="ntriples")
    assert response.text.startswith("<http://their/Q25334> <x:w>")


def test_an_empty_answer_is_explained_in_our_iris(client: FlaskClient) -> None:
    query = QUERY.replace("weight>", "wait>")
    response = ask(client, query, **{"same-as": "on", "explain-empty": "true"})
    diagnosis = json.loads(response.text)["diagnosis"]
    assert [each["iri"] for each in diagnosis["unknown"]] == [BASE + "wait"]


@pytest.mark.parametrize("value", ["true", "", "on,off", "1"])
def test_anything_but_on_and_off_is_refused(client: FlaskClient, value: str) -> None:
    response = ask(client, **{"same-as": value})
    assert response.status_code == 400
    assert response.get_json()["detail"].startswith("same-as=")


def test_a_private_link_is_not_followed_for_who_may_not_see_it(tmp_path: Path) -> None:
    settings = Settings(ontology=tmp_path, data=tmp_path, base=BASE, private=(LINKS,))
    app = create_app(settings, LocalBackend(build()), find_token=writers.find_token)
    client = app.test_client()
    assert rows(ask(client, **{"same-as": "on"})) == []
    seen = client.get(
        "/sparql", query_string={"query": QUERY, "same-as": "on"},
        headers=writers.bearer(writers.SECRET),
    )  # fmt: skip
    assert rows(seen) == [["0.02"]]


def test_the_shipped_graph_answers_in_wikidatas_iris(shipped: FlaskClient) -> None:
    query = (
        "PREFIX wd: <http://www.wikidata.org/entity/> "
        "SELECT DISTINCT ?zone { ?zone a et:Zone ; et:locatedIn wd:Q956 }"
    )
    assert rows(ask(shipped, query)) == []
    found = rows(ask(shipped, query, **{"same-as": "on"}))
    assert ["https://w3id.org/etown/id/place/beijing-e-town"] in found
