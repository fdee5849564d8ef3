"""The pages of things: every IRI has one, in every format, and nothing in the data is code."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from etown_kg import vocab
from etown_kg.backend.local import LocalBackend
from etown_kg.config import Settings
from etown_kg.formats import RDF_FORMATS
from etown_kg.graph import KnowledgeGraph
from etown_kg.web import create_app
from tests.web.conftest import Zoo
from tests.web.test_pages import Page

HTML = {"Accept": "text/html"}


@pytest.mark.parametrize("accept", [format.media_type for format in RDF_FORMATS])
def test_a_format_can_be_asked_for_by_accept(client: FlaskClient, accept: str) -> None:
    response = client.get("/robin", headers={"Accept": accept})
    assert response.status_code == 200
    assert response.mimetype == accept
    assert "Accept" in response.vary


@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        (None, "text/html"),
        ("*/*", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("text/turtle, text/html;q=0.5", "text/turtle"),
        ("application/json", "application/json"),
        ("application/ld+json, application/json;q=0.9", "application/ld+json"),
        ("application/rdf+xml, */*;q=0.1", "application/rdf+xml"),
    ],
)
def test_the_best_representation_is_chosen(
    client: FlaskClient, accept: str | None, mimetype: str
) -> None:
    headers = {} if accept is None else {"Accept": accept}
    assert client.get("/robin", headers=headers).mimetype == mimetype


def test_what_is_not_offered_is_not_acceptable(client: FlaskClient) -> None:
    response = client.get("/robin", headers={"Accept": "image/png"})
    assert response.status_code == 406
    assert "text/turtle" in response.get_json()["offered"]


def test_a_page_says_what_it_is_about_and_what_else_there_is(client: FlaskClient) -> None:
    response = client.get("/robin", headers=HTML)
    assert '<http://zoo.example/robin>; rel="describes"' in response.headers["Link"]
    assert '</robin.ttl>; rel="alternate"; type="text/turtle"' in response.headers["Link"]
    assert response.headers["Content-Location"] == "/robin.html"
    page = Page(response.text)
    alternates = [a for a in page.values("link", "href") if a.startswith("/robin.")]
    assert alternates == ["/robin.ttl", "/robin.jsonld", "/robin.json", "/robin.nt", "/robin.rdf"]
    for address in alternates:
        assert client.get(address).status_code == 200


def test_a_page_is_in_the_readers_language(client: FlaskClient) -> None:
    assert "<h1>知更鸟</h1>" in client.get("/robin?lang=zh", headers=HTML).text
    english = client.get("/robin", headers=HTML).text
    assert "<h1>100%25 &#34;robin&#34;, really</h1>" in english
    assert '<span lang="zh">知更鸟</span>' in english


def test_asserted_and_inferred_are_told_apart(client: FlaskClient) -> None:
    members = client.get("/robin.json").get_json()
    assert members["asserted"] == 4
    assert members["inferred"] == 1
    assert [each["iri"] for each in members["types"]] == ["http://zoo.example/Bird"]
    (follows,) = (row for row in members["facts"] if row["property"] == vocab.RDF + "type")
    (animal,) = follows["values"]
    assert animal["inferred"] is True
    assert animal["why"].startswith("/why?s=http%3A%2F%2Fzoo.example%2Frobin")


def test_every_asserted_figure_shows_its_words(shipped_app: Flask) -> None:
    client = shipped_app.test_client()
    text = client.get("/id/obs/F15", headers=HTML).text
    assert "<q>more than 300 autonomous driving vehicles</q>" in text
    assert 'href="/id/article/2022-10-10-industrial-fleet#p4"' in text
    assert "paragraph 4" in text


def test_json_gives_literals_as_they_are_written(shipped_app: Flask) -> None:
    """The page sets the thousands of a number apart; data has no use for that."""
    client = shipped_app.test_client()
    decimal = vocab.XSD + "decimal"
    (number,) = (
        row["values"][0]
        for row in client.get("/id/obs/F06.json").get_json()["facts"]
        if row["property"] == vocab.TERMS + "statedNumber"
    )
    assert (number["value"], number["datatype"]) == ("600000000000", decimal)
    page = client.get("/id/obs/F06", headers=HTML).text
    assert "600,000,000,000" in page
    data = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    (stated,) = json.loads(data[1])[vocab.TERMS + "statedNumber"]
    assert stated == {"@value": "600000000000", "@type": decimal}


def test_a_plain_statement_shows_its_words_too(shipped_app: Flask) -> None:
    members = shipped_app.test_client().get("/id/place/beijing-e-town.json").get_json()
    (within,) = (r for r in members["facts"] if r["property"] == vocab.TERMS + "directlyWithin")
    (evidence,) = within["values"][0]["evidence"]
    assert evidence["phrase"] == "in southeast Beijing"
    assert evidence["paragraph"] == 12


def test_an_iri_elsewhere_has_its_page_too(client: FlaskClient) -> None:
    iri = "http://www.w3.org/2002/07/owl#Class"
    response = client.get("/describe", query_string={"iri": iri}, headers=HTML)
    assert response.status_code == 200
    assert 'href="/Bird"' in response.text
    turtle = client.get("/describe", query_string={"iri": iri, "format": "ttl"})
    assert turtle.mimetype == "text/turtle"


@pytest.mark.parametrize(
    "path", ["/nothing", "/nothing.ttl", "/describe?iri=urn:nothing", "/a%20b"]
)
def test_what_the_graph_does_not_mention_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path, headers=HTML).status_code == 404


@pytest.mark.parametrize(
    "query", ["", "?iri=", "?iri=eel", "?iri=http://zoo.example/robin&format=x"]
)
def test_a_request_that_names_nothing_is_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"/describe{query}", headers=HTML).status_code in (400, 406)


def test_the_empty_path_of_a_graph_is_its_ontology(client: FlaskClient) -> None:
    response = client.get("/describe?iri=http://zoo.example/", headers=HTML)
    assert "<h1>The zoo</h1>" in response.text


def test_names_that_are_escaped_or_not_are_found(own_zoo: Zoo) -> None:
    own_zoo.update(
        "INSERT DATA { GRAPH <urn:g> { <http://zoo.example/鳗> <urn:p> 1 ."
        " <http://zoo.example/%E9%B3%97.ttl> <urn:p> 2 . <http://zoo.example/a%20b> <urn:p> 3 } }"
    )
    for path, value in (("/%E9%B3%97", "1"), ("/%E9%B3%97.ttl", "2"), ("/a%20b", "3")):
        text = own_zoo.client.get(path, headers=HTML).text
        assert f'<span class="number">{value}</span>' in text
    assert own_zoo.client.get("/%E9%B3%97.nt").mimetype == "application/n-triples"


def test_what_stands_in_no_named_graph_has_its_page_too(own_zoo: Zoo) -> None:
    assert own_zoo.update(
        "INSERT DATA { <http://zoo.example/heron> rdfs:label 'heron' ;"
        " <http://zoo.example/eats> <http://zoo.example/carp> , <http://zoo.example/eel> ;"
        " <http://zoo.example/size> [ <http://zoo.example/cm> 98 ] }"
    )
    members = own_zoo.client.get("/heron.json").get_json()
    assert members["label"] == "heron"
    assert members["asserted"] == 4
    assert members["inferred"] == 0
    (eats,) = (r for r in members["facts"] if r["property"] == "http://zoo.example/eats")
    assert [value["graphs"] for value in eats["values"]] == [[], []]
    page = own_zoo.client.get("/heron", headers=HTML)
    assert page.status_code == 200
    assert '<span class="number">98</span>' in page.text
    assert 'href="/heron"' in own_zoo.client.get("/carp", headers=HTML).text
    assert b"<http://zoo.example/eats>" in own_zoo.client.get("/heron.nt").data
    (found,) = own_zoo.client.get("/search.json?q=heron").get_json()["results"]
    assert own_zoo.client.get(found["page"], headers=HTML).status_code == 200


def test_a_statement_of_two_graphs_is_one(own_zoo: Zoo) -> None:
    """One of them may be that without a name."""
    own_zoo.update(
        "INSERT DATA { <http://zoo.example/heron> <urn:n> 1"
        " GRAPH <urn:g> { <http://zoo.example/heron> <urn:n> 1 } }"
    )
    members = own_zoo.client.get("/heron.json").get_json()
    assert members["asserted"] == 1
    assert members["facts"][0]["values"][0]["graphs"] == ["urn:g"]


def test_a_blank_node_is_shown_where_it_hangs(own_zoo: Zoo) -> None:
    own_zoo.update(
        "INSERT DATA { GRAPH <urn:g> { <http://zoo.example/eel> <urn:size> [ <urn:cm> 80 ] } }"
    )
    text = own_zoo.client.get("/eel", headers=HTML).text
    assert re.search(r'class="nested">.*<span class="number">80</span>', text, re.DOTALL)


def test_pages_see_the_whole_dataset_where_queries_do_not(
    zoo: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("standard")
    graph = KnowledgeGraph(zoo.quads(), base="http://zoo.example/", default_graph="standard")
    settings = Settings(
        ontology=folder, data=folder, base="http://zoo.example/", default_graph="standard"
    )
    client = create_app(settings, LocalBackend(graph)).test_client()
    assert "知更鸟" in client.get("/robin", headers=HTML).text
    assert client.get("/robin.nt").data.count(b"\n") == 5


def test_a_thing_with_very_many_statements_says_that_it_is_cut(
    make_zoo: Callable[..., Zoo], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("etown_kg.web.pages.statements.MOST_STATEMENTS", 30)
    zoo = make_zoo()
    values = ", ".join(map(str, range(40)))
    zoo.update(f"INSERT DATA {{ GRAPH <urn:g> {{ <http://zoo.example/eel> <urn:n> {values} }} }}")
    members = zoo.client.get("/eel.json").get_json()
    assert members["complete"] is False
    (row,) = (row for row in members["facts"] if row["property"] == "urn:n")
    assert len(row["values"]) + row["more"] == 30


def test_a_browser_gets_the_page_of_a_graph_and_a_program_the_graph(own_zoo: Zoo) -> None:
    own_zoo.update("INSERT DATA { GRAPH <http://zoo.example/graph/pond> { <urn:carp> <urn:n> 3 } }")
    page = own_zoo.client.get("/graph/pond", headers={"Accept": "text/html,*/*;q=0.8"})
    assert page.mimetype == "text/html"
    assert "carp" in page.text
    for accept in ("*/*", "text/turtle"):
        graph = own_zoo.client.get("/graph/pond", headers={"Accept": accept})
        assert graph.mimetype == "text/turtle"
        assert b"<urn:carp>" in graph.data
    assert own_zoo.client.get("/graph/none", headers=HTML).status_code == 404


@pytest.mark.parametrize("iri", ["", "eel", "http://[x", "%00", "a b", "http://zoo.example/%22"])
def test_what_is_no_iri_is_refused(client: FlaskClient, iri: str) -> None:
    response = client.get(f"/describe?iri={iri}")
    assert response.status_code == 400
    assert response.get_json()["hint"]


def test_what_happened_is_told_in_its_order(shipped_app: Flask) -> None:
    text = shipped_app.test_client().get("/id/place/beijing", headers=HTML).text
    timeline = text.split('<ol class="timeline">')[1].split("</ol>")[0]
    dates = re.findall(r'datetime="([^"]+)"', timeline)
    assert len(dates) >= 2
    assert dates == sorted(dates)
    assert "commercial" in timeline
