"""Proofs as pages: what they say, where they lead, and what is not proved."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyoxigraph import NamedNode, RdfFormat, parse

from etown_kg import vocab
from etown_kg.reason.rules import RULES
from etown_kg.web.pages.language import texts
from tests.web.conftest import Zoo
from tests.web.test_pages import Page

HTML = {"Accept": "text/html"}
E_TOWN = vocab.ID + "place/beijing-e-town"
CHINA = vocab.ID + "place/china"
WITHIN = {"s": E_TOWN, "p": vocab.TERMS + "locatedIn", "o": CHINA}


@pytest.fixture
def shipped(shipped_app: Flask) -> FlaskClient:
    return shipped_app.test_client()


def test_a_proof_ends_at_the_words_of_an_article(shipped: FlaskClient) -> None:
    page = shipped.get("/why", query_string=WITHIN, headers=HTML)
    assert page.status_code == 200
    Page(page.text)
    assert "A transitive property leads on: its steps add up." in page.text
    assert "https://www.w3.org/TR/owl2-profiles/#prp-trp" in page.text
    assert "<q>in southeast Beijing</q>" in page.text
    assert "#p12" in page.text
    assert "ISO 3166-2 lists CN-BJ" in page.text
    assert 'href="/graph/ontology"' in page.text


def test_a_proof_is_told_in_chinese(shipped: FlaskClient) -> None:
    page = shipped.get("/why", query_string={**WITHIN, "lang": "zh"}, headers=HTML).text
    assert "传递属性可以接续" in page
    assert "北京经济技术开发区" in page


def test_the_same_proof_is_json_and_turtle(shipped: FlaskClient) -> None:
    (tree,) = shipped.get("/why.json", query_string=WITHIN).get_json()
    assert tree["rule"] == "prp-trp"
    assert tree["conclusion"] == [f"<{term}>" for term in WITHIN.values()]
    turtle = shipped.get("/why.ttl", query_string=WITHIN)
    assert turtle.mimetype == "text/turtle"
    sources = {
        quad.object
        for quad in parse(turtle.data, RdfFormat.TURTLE)
        if quad.predicate == NamedNode(vocab.PROV + "hadPrimarySource")
    }
    assert sources == {NamedNode(vocab.ID + "evidence/F41")}


def test_all_proofs_can_be_asked_for(shipped: FlaskClient) -> None:
    zone = {"s": vocab.ID + "agent/guo-meng", "p": vocab.TERMS + "servesZone", "o": E_TOWN}
    every = shipped.get("/why.json", query_string={**zone, "all": "true"}).get_json()
    (one,) = shipped.get("/why.json", query_string=zone).get_json()
    assert len(every) >= 1
    assert one["conclusion"] == every[0]["conclusion"]


def test_what_was_asserted_says_where(shipped: FlaskClient) -> None:
    figure = {
        "s": vocab.ID + "obs/F15",
        "p": vocab.TERMS + "lowerBound",
        "o": f'"300"^^<{vocab.XSD}decimal>',
    }
    page = shipped.get("/why", query_string=figure, headers=HTML).text
    assert "<q>more than 300 autonomous driving vehicles</q>" in page


def test_every_inferred_statement_of_a_page_leads_to_its_proof(shipped: FlaskClient) -> None:
    page = Page(shipped.get("/id/place/beijing", headers=HTML).text)
    links = [address for address in page.values("a", "href") if address.startswith("/why?")]
    assert len(links) > 10
    for link in links:
        assert shipped.get(link, headers=HTML).status_code == 200, link


def test_what_does_not_hold_is_not_found(shipped: FlaskClient) -> None:
    query = {"s": CHINA, "p": WITHIN["p"], "o": E_TOWN}
    response = shipped.get("/why", query_string=query)
    assert response.status_code == 404
    assert "does not hold" in response.get_json()["detail"]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"s": E_TOWN, "p": WITHIN["p"]},
        {**WITHIN, "s": '"text"'},
        {**WITHIN, "p": "_:b"},
        {**WITHIN, "o": '"text'},
        {**WITHIN, "o": "a b"},
        {**WITHIN, "o": '"x" . <urn:a> <urn:b> <urn:c>'},
        {**WITHIN, "s": "beijing"},
        {**WITHIN, "all": "maybe"},
    ],
    ids=lambda query: urlencode(query)[-40:] or "nothing",
)
def test_a_statement_that_is_none_is_refused(shipped: FlaskClient, query: dict[str, str]) -> None:
    for address in ("/why", "/why.json", "/why.ttl"):
        assert shipped.get(address, query_string=query).status_code == 400


def test_a_proof_is_of_what_its_reader_may_see(own_zoo: Zoo) -> None:
    own_zoo.update("INSERT DATA { GRAPH <urn:g> { <urn:wren> a <http://zoo.example/Bird> } }")
    query = {"s": "urn:wren", "p": vocab.RDF + "type", "o": "http://zoo.example/Animal"}
    (tree,) = own_zoo.client.get("/why.json", query_string=query).get_json()
    assert tree["rule"] == "cax-sco"


def test_a_refused_change_says_why_as_a_tree(own_zoo: Zoo) -> None:
    response = own_zoo.update(
        "INSERT DATA { GRAPH <urn:g> { <http://zoo.example/robin> a <http://zoo.example/Fish> } }"
    )
    assert response.status_code == 409
    (proof,) = response.get_json()["proofs"]
    assert proof["rule"] == "cax-dw"
    leaves = [each["conclusion"] for each in proof["premises"]]
    assert [
        "<http://zoo.example/robin>",
        f"<{vocab.RDF}type>",
        "<http://zoo.example/Fish>",
    ] in leaves


def test_the_rules_are_told_as_the_reasoner_tells_them() -> None:
    told = {name.removeprefix("rules."): text["en"] for name, text in texts().items()
            if name.startswith("rules.")}  # fmt: skip
    assert told == {rule.id: rule.text for rule in RULES}
