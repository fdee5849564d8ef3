"""The search page and its JSON, on the small zoo and on the graph that ships."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import Zoo
from tests.web.test_pages import BROWSER, Page

ROBIN = "http://zoo.example/robin"


@pytest.fixture
def shipped(shipped_app: Flask) -> FlaskClient:
    return shipped_app.test_client()


def test_a_program_gets_results_with_their_reasons(client: FlaskClient) -> None:
    found = client.get("/search.json?q=知更").get_json()
    assert found["total"] == 1
    assert found["complete"] is True
    (result,) = found["results"]
    assert result["iri"] == ROBIN
    assert result["match"]["how"] == "begins"
    assert (result["match"]["text"], result["match"]["language"]) == ("知更鸟", "zh")
    assert {each["iri"] for each in result["classes"]} == {
        "http://zoo.example/Bird", "http://zoo.example/Animal",
    }  # fmt: skip
    assert 70 <= result["score"] < 100
    assert found["classes"][0]["count"] == 1


def test_accept_and_suffix_lead_to_the_same_json(client: FlaskClient) -> None:
    negotiated = client.get("/search?q=robin", headers={"Accept": "application/json"})
    assert negotiated.get_json() == client.get("/search.json?q=robin").get_json()
    assert "Accept" in negotiated.vary
    assert client.get("/search?q=robin", headers=BROWSER).mimetype == "text/html"
    assert client.get("/search?q=robin").mimetype == "text/html"


def test_labels_come_in_the_readers_language(client: FlaskClient) -> None:
    english = client.get("/search.json?q=robin&lang=en").get_json()["results"][0]
    chinese = client.get("/search.json?q=robin&lang=zh").get_json()["results"][0]
    assert english["label"] == '100%25 "robin", really'
    assert chinese["label"] == "知更鸟"
    assert chinese["page"].endswith("lang=zh")


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=x", "page=²", "page=501", "size=101", "size=-1", "page=999999999999",
     "page=2&q=robin", "class=not+an+IRI", "class=%00", "class=a", "q=" + 501 * "a"],
)  # fmt: skip
def test_parameters_that_cannot_be_used_are_named(client: FlaskClient, query: str) -> None:
    response = client.get(f"/search.json?{query}")
    assert response.status_code == 400
    problem = response.get_json()
    assert problem["detail"].startswith(query.split("=")[0])
    assert problem["hint"]


def test_an_iri_and_a_curie_find_what_they_name(shipped: FlaskClient) -> None:
    iri = "https://w3id.org/etown/ontology#Zone"
    for typed in (iri, f"<{iri}>", "et:Zone"):
        found = shipped.get("/search.json", query_string={"q": typed}).get_json()
        assert [each["iri"] for each in found["results"]] == [iri]
        assert found["results"][0]["match"]["how"] == "iri"


@pytest.mark.parametrize(
    ("typed", "iri"),
    [
        ("beijing e-town", "id/place/beijing-e-town"),
        ("etown", "id/place/beijing-e-town"),
        ("亦庄开发", "id/place/beijing-e-town"),
        ("亦庄", "id/place/beijing-e-town"),
        ("E-Town", "id/place/beijing-e-town"),
        ("E-Town ontology", "ontology"),
        ("技术开发区", "id/place/beijing-e-town"),
        ("industrail output", "concept/indicator/industrial-output"),
        ("F15", "id/obs/F15"),
        ("110115403", "id/place/beijing-e-town"),
        ("zone", "ontology#Zone"),
        ("功能区", "ontology#Zone"),
    ],
)
def test_the_shipped_graph_is_searched_in_both_languages(
    shipped: FlaskClient, typed: str, iri: str
) -> None:
    found = shipped.get("/search.json", query_string={"q": typed}).get_json()
    assert found["results"][0]["iri"] == "https://w3id.org/etown/" + iri


def test_pages_and_kinds_are_links(shipped: FlaskClient) -> None:
    first = Page(shipped.get("/search?q=beijing&size=5", headers=BROWSER).text)
    (following,) = (a for a in first.values("a", "href") if "page=2" in a)
    second = shipped.get(following, headers=BROWSER)
    assert '<ol class="results" start="6">' in second.text
    kinds = [a for a in first.values("a", "href") if "class=" in a]
    assert kinds
    for kind in kinds:
        asked = parse_qs(urlsplit(kind).query)
        narrowed = shipped.get("/search.json", query_string=asked).get_json()
        assert 0 < narrowed["total"] < 100
        assert all(
            asked["class"][0] in {each["iri"] for each in result["classes"]}
            for result in narrowed["results"]
        )


def test_a_kind_without_results_says_so(client: FlaskClient) -> None:
    text = client.get("/search?q=robin&class=urn:no:kind", headers=BROWSER).text
    assert "Nothing of this kind is called that" in text
    assert "urn:no:kind" in text


def test_what_is_typed_and_what_is_found_are_text(own_zoo: Zoo) -> None:
    name = "<img src=x onerror=alert(1)>"
    own_zoo.update(
        "INSERT DATA { GRAPH <http://zoo.example/east> { "
        f'<javascript:alert(1)> a <http://zoo.example/Bird> ; rdfs:label "{name}" }} }}'
    )
    response = own_zoo.client.get("/search", query_string={"q": name}, headers=BROWSER)
    assert response.status_code == 200
    assert "<img src=x" not in response.text
    parsed = Page(response.text)
    assert not [a for a in parsed.values("a", "href") if a.startswith("javascript")]
    assert "&lt;" in response.text


def test_a_change_is_found_and_an_answer_of_before_is_not_kept(own_zoo: Zoo) -> None:
    assert own_zoo.client.get("/search.json?q=heron").get_json()["total"] == 0
    own_zoo.update(
        "INSERT DATA { GRAPH <http://zoo.example/east> { "
        '<http://zoo.example/heron> rdfs:label "grey heron" } }'
    )
    for _ in range(600):
        response = own_zoo.client.get("/search.json?q=heron")
        if response.get_json()["total"]:
            break
        assert response.headers["Cache-Control"] == "no-store"
    else:
        pytest.fail("the change is never found")


def test_an_answer_is_kept_until_the_data_change(client: FlaskClient) -> None:
    first = client.get("/search?q=robin", headers=BROWSER)
    again = client.get(
        "/search?q=robin", headers={**BROWSER, "If-None-Match": first.headers["ETag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize("query", ["q=e&size=100", "q=beijing", "", "q=zzzz"])
def test_a_page_of_results_is_small(shipped: FlaskClient, query: str) -> None:
    assert len(shipped.get(f"/search?{query}", headers=BROWSER).data) < 100_000


def test_every_search_field_leads_to_the_suggestions(client: FlaskClient) -> None:
    for path in ("/", "/search"):
        parsed = Page(client.get(path, headers=BROWSER).text)
        (address,) = parsed.values("input", "data-suggestions")
        assert client.get(f"{address}?q=robin").get_json()["total"] == 1


@pytest.mark.parametrize(("texts", "is_told"), [(2, True), (100, False)])
def test_an_index_of_a_part_says_so_where_it_is_searched(
    make_zoo: Callable[..., Zoo], texts: int, *, is_told: bool
) -> None:
    client = make_zoo(search_texts=texts).client
    assert client.get("/search.json?q=robin").get_json()["complete"] is not is_told
    assert ("than the 2 that this search keeps" in client.get("/search?q=robin").text) is is_told


def test_traditional_characters_find_simplified_ones(shipped: FlaskClient) -> None:
    text = shipped.get("/search?q=%E9%96%8B%E7%99%BC%E5%8D%80&lang=zh").text  # 開發區
    assert "<mark>开发区</mark>" in text
