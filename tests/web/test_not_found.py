"""Where nothing is: hints for readers and for programs."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from etown_kg.errors import UnavailableError
from etown_kg.web.lookup import Lookup
from tests.web.test_pages import BROWSER, Page


@pytest.fixture
def shipped(shipped_app: Flask) -> FlaskClient:
    client = shipped_app.test_client()
    client.get("/search.json?q=x")  # the index is at hand
    return client


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/id/place/beijing-etown", "/id/place/beijing-e-town"),
        ("/id/place/bejing-e-town", "/id/place/beijing-e-town"),
        ("/id/place/Beijing_E-Town", "/id/place/beijing-e-town"),
        ("/id/agent/beijing", "/id/agent/beijing-future-science-park"),
        ("/ontology/Zones", "/ontology/Zone"),
        ("/ontology/rankclaim", "/ontology/RankClaim"),
        ("/ontolgy", "/ontology"),
        ("/figure", "/figures"),
        ("/serach", "/search"),
        ("/q/cq-01-output-valu", "/q/cq-01-output-value"),
        ("/describe?iri=https://w3id.org/etown/ontology%23Zoone", "/ontology/Zone"),
        ("/亦庄", "/id/place/beijing-e-town"),
    ],
)
def test_what_was_meant_is_among_the_hints(shipped: FlaskClient, path: str, page: str) -> None:
    problem = shipped.get(path)
    assert problem.status_code == 404
    assert problem.mimetype == "application/problem+json"
    assert page in [each["page"] for each in problem.get_json()["near"]]
    read = shipped.get(path, headers=BROWSER)
    assert read.status_code == 404
    assert page in Page(read.text).values("a", "href")
    plain = shipped.get(path, headers={"Accept": "text/plain"})
    assert f"near: {page} (" in plain.text


@pytest.mark.parametrize("path", ["/wp-login.php", "/static/nothing.css", "/" + 400 * "zone-"])
def test_nothing_is_like_what_nobody_means(shipped: FlaskClient, path: str) -> None:
    problem = shipped.get(path).get_json()
    assert problem["status"] == 404
    assert "near" not in problem


def test_hints_are_in_the_readers_language(shipped: FlaskClient) -> None:
    text = shipped.get("/ontology/Zones?lang=zh", headers=BROWSER).text
    assert "您是否要找" in text
    assert "功能区" in text
    assert 'href="/ontology/Zone?lang=zh"' in text


def test_a_path_is_text(shipped: FlaskClient) -> None:
    text = shipped.get("/id/place/<img src=x>beijing", headers=BROWSER).text
    assert "<img" not in text.split("<main")[1]
    assert "&lt;img src=x&gt;" in text


def test_without_an_index_it_is_not_found_all_the_same(
    shipped: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lookup, "at_hand", lambda self: None)
    assert "near" not in shipped.get("/id/place/bejing").get_json()

    def fail(self: Lookup) -> None:
        raise UnavailableError("nobody is there")

    monkeypatch.setattr(Lookup, "at_hand", fail)
    assert shipped.get("/id/place/bejing").status_code == 404
