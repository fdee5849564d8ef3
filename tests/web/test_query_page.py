"""The query page, the named queries and the graph view, as the server makes them."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from etown_kg.web.pages.answers import LONGEST_ADDRESS, MOST_CELLS
from etown_kg.web.pages.neighbourhood import MOST_ALIKE
from tests.web.test_pages import Page, page

ZOO = "http://zoo.example/"


@pytest.fixture
def shipped(shipped_app: Flask) -> FlaskClient:
    return shipped_app.test_client()


def ask(client: FlaskClient, query: str, **more: str) -> TestResponse:
    return client.get("/query", query_string={"query": query, **more})


def cells(text: str) -> list[str]:
    """The cells of the answer's table, without the marks around a term."""
    found = re.findall(r"<td class=\"[\w-]+\">(.*?)</td>", text, re.DOTALL)
    return [re.sub(r"<[^>]*>", "", cell) for cell in found]


# Answers


def test_an_answer_is_a_table_with_links_to_all_of_it(client: FlaskClient) -> None:
    parsed = page(client, "/query?question=weights")
    downloads = [link for link in parsed.values("a", "href") if link.startswith("/sparql?")]
    types = [client.get(link).mimetype for link in downloads]
    assert types == [
        "application/sparql-results+json",
        "application/sparql-results+xml",
        "text/csv",
        "text/tab-separated-values",
    ]
    assert {"/eel", "/robin"} <= set(parsed.values("a", "href"))


def test_names_are_shown_by_their_labels_in_the_readers_language(client: FlaskClient) -> None:
    query = f"SELECT ?x WHERE {{ VALUES ?x {{ <{ZOO}robin> }} }}"
    assert cells(ask(client, query, lang="zh").text) == ["知更鸟"]
    assert cells(ask(client, query, lang="en").text) == ["100%25 &#34;robin&#34;, really"]


def test_a_graph_is_shown_as_triples_and_as_turtle(client: FlaskClient) -> None:
    text = ask(client, f"CONSTRUCT WHERE {{ <{ZOO}eel> ?p ?o }}").text
    assert "1 triple<" in text.replace("\n", "")
    assert cells(text)[2] == "3.5"
    assert f"&lt;{ZOO}eel&gt;" in text
    assert "N-Triples" in text


def test_a_truth_value_is_a_word(client: FlaskClient) -> None:
    assert ">true</p>" in ask(client, "ASK {}").text


def test_a_long_answer_is_leafed_through(client: FlaskClient) -> None:
    count = 2 * MOST_CELLS + 1
    query = f"SELECT ?n WHERE {{ VALUES ?n {{ {' '.join(map(str, range(count)))} }} }}"
    first = ask(client, query)
    assert len(cells(first.text)) == MOST_CELLS
    assert f"{count} solutions" in first.text
    assert f"rows 1–{MOST_CELLS} of {count}" in first.text
    (onward,) = (link for link in Page(first.text).values("a", "href") if "page=2" in link)
    assert cells(client.get(onward).text)[0] == str(MOST_CELLS)
    assert cells(ask(client, query, page="3").text) == [str(count - 1)]
    # Beyond the end is the end.
    assert cells(ask(client, query, page="9").text) == [str(count - 1)]


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5", "٣", "9" * 20])
def test_a_page_that_is_no_number_is_refused(client: FlaskClient, number: str) -> None:
    response = ask(client, "SELECT * {}", page=number)
    assert response.status_code == 400
    assert "is no number of a page" in response.text


def test_only_what_was_asserted_can_be_asked_for(client: FlaskClient) -> None:
    query = f"SELECT ?c WHERE {{ <{ZOO}robin> a ?c }}"
    asserted = ask(client, query, infer="false")
    assert "2 solutions" in ask(client, query).text
    assert "1 solution\n" in asserted.text or "1 solution<" in asserted.text
    download = next(a for a in Page(asserted.text).values("a", "href") if "format=csv" in a)
    assert client.get(download).text.count("\r\n") == 2


def test_long_numbers_are_grouped_for_reading_only(client: FlaskClient) -> None:
    query = "SELECT (1234567.5 AS ?a) (-98765 AS ?b) (2021 AS ?c) ('1234567' AS ?d) {}"
    assert cells(ask(client, query).text) == ["1,234,567.5", "-98,765", "2021", "1234567"]


@pytest.mark.parametrize(
    "term",
    [
        "'<img src=x onerror=alert(1)>'",
        "<javascript:alert(1)>",
        "'\" data-view=\"'",
        "<http://e/%22%3E%3Cscript%3E>",
    ],
)
def test_what_is_in_an_answer_is_text(client: FlaskClient, term: str) -> None:
    response = ask(client, f"SELECT ?x {{ BIND({term} AS ?x) }}")
    parsed = Page(response.text)  # fails on loose ends
    assert "<img src=x" not in response.text
    assert not [link for link in parsed.values("a", "href") if link.startswith("javascript:")]
    assert parsed.tags.count("td") == 1
    assert parsed.tags.count("script") == len(parsed.values("script", "src"))


def test_a_query_that_fails_is_shown_with_its_place(client: FlaskClient) -> None:
    response = ask(client, "SELECT ?s\nWHERE {")
    assert response.status_code == 400
    assert "Line 2, column 8" in response.text
    assert 'data-line="2" data-column="8"' in response.text
    assert "WHERE {</textarea>" in response.text


def test_an_empty_answer_says_why(client: FlaskClient) -> None:
    unknown = ask(client, f"SELECT * {{ ?s <{ZOO}wieght> ?o }}").text
    assert "a name in the query stands nowhere in this graph" in unknown
    assert f"<code>{ZOO}wieght</code>" in unknown
    assert f'title="{ZOO}weight"' in unknown  # the nearest name
    removed = ask(client, f"SELECT * {{ ?s <{ZOO}weight> ?o FILTER(?o > 9) }}", lang="zh").text
    assert "筛选条件" in removed
    assert "0 triples" in ask(client, "CONSTRUCT { ?s a 1 } WHERE { ?s a <x:x> }").text


def test_the_receipt_names_version_time_and_inference(client: FlaskClient) -> None:
    receipt = re.search(r'class="receipt">(.*?)</p>', ask(client, "ASK {}").text, re.DOTALL)
    assert receipt is not None
    assert re.search(r"[\d.]+ ms", receipt[1])
    assert client.get("/health").get_json()["data"] in receipt[1]
    assert "with inferred statements" in receipt[1]


def test_a_query_too_long_for_an_address_is_posted(client: FlaskClient) -> None:
    query = "ASK {} #" + "x" * LONGEST_ADDRESS
    response = client.post("/query", data={"query": query, "infer": "false"})
    assert response.status_code == 200
    parsed = Page(response.text)
    assert not [link for link in parsed.values("a", "href") if "query=ASK" in link]
    assert "/sparql" in parsed.values("form", "action")
    assert parsed.values("input", "value").count(query) == 2


def test_an_answer_is_kept_by_nobody_and_the_empty_page_is_asked_about(
    client: FlaskClient,
) -> None:
    assert ask(client, "ASK {}").headers["Cache-Control"] == "no-store"
    assert client.get("/query").headers["Cache-Control"] == "no-cache"


def test_the_editor_is_told_the_graphs_own_names(client: FlaskClient) -> None:
    names = client.get("/query/terms.json?lang=en").get_json()
    counts = {each["iri"]: each["count"] for each in names["classes"]}
    assert counts[f"{ZOO}Bird"] == counts[f"{ZOO}Animal"] == 1
    assert {each["iri"]: each["count"] for each in names["properties"]}[f"{ZOO}weight"] == 2
    assert names["prefixes"]["rdfs"] == "http://www.w3.org/2000/01/rdf-schema#"
    assert {"iri", "name", "label", "count"} == set(names["classes"][0])


def test_without_the_libraries_the_pages_work_and_say_so(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(client.application.jinja_env.globals, "asset", lambda name: None)
    text = client.get("/query?question=weights").text
    assert "libraries were not built into this installation" in text
    assert "2 solutions" in text
    assert 'data-view="chart"' not in text
    network = client.get("/network").text
    assert "/static/network.js" not in network
    assert "libraries were not built into this installation" in network


# Named queries


def test_named_queries_are_listed_with_their_addresses(client: FlaskClient) -> None:
    links = page(client, "/q").values("a", "href")
    assert {"/q/weights", "/q/heavier"} <= set(links)


def test_a_named_query_is_data_by_its_suffix(client: FlaskClient) -> None:
    assert client.get("/q/weights.csv").text.startswith("animal,weight\r\n")
    solutions = client.get("/q/weights.json").get_json()["results"]["bindings"]
    assert len(solutions) == 2
    assert client.get("/q/weights.xml").mimetype == "application/sparql-results+xml"
    assert client.get("/q/weights?format=tsv").mimetype == "text/tab-separated-values"
    for missing in ("/q/nothing", "/q/nothing.csv", "/q/weights.nothing"):
        assert client.get(missing).status_code == 404


def test_its_data_are_asked_about_before_they_are_sent_again(client: FlaskClient) -> None:
    tag = client.get("/q/weights.csv").headers["ETag"]
    assert client.get("/q/weights.csv", headers={"If-None-Match": tag}).status_code == 304
    other = client.get("/q/heavier.csv?weight=9", headers={"If-None-Match": tag})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("values", "animals"),
    [
        ({}, ["eel"]),
        ({"weight": "3.5"}, []),
        ({"animal": "", "weight": "0"}, ["eel", "robin"]),
        ({"animal": f"{ZOO}robin", "weight": "0.01"}, ["robin"]),
        ({"animal": f"{ZOO}robin", "weight": "0.01", "name": '") } #'}, ["robin"]),
    ],
)
def test_parameters_are_those_of_the_address(
    client: FlaskClient, values: dict[str, str], animals: list[str]
) -> None:
    response = client.get("/q/heavier.json", query_string=values)
    found = [each["animal"]["value"] for each in response.get_json()["results"]["bindings"]]
    assert sorted(found) == [ZOO + animal for animal in animals]


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"weight": "heavy"}, "is no number"),
        ({"weight": "1 } UNION { ?s ?p ?o"}, "is no number"),
        ({"animal": "http://e/> } #"}, "is no IRI"),
        ({"wieght": "1"}, "no parameter of heavier"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(
    client: FlaskClient, values: dict[str, str], problem: str
) -> None:
    response = client.get("/q/heavier.csv", query_string=values)
    assert response.status_code == 400
    assert problem in response.get_json()["detail"]
    form = client.get("/q/heavier", query_string=values, headers={"Accept": "text/html"})
    assert form.status_code == 400
    assert problem in form.text


def test_the_form_shows_what_was_asked_and_says_what_is_wrong(client: FlaskClient) -> None:
    text = client.get("/q/heavier", query_string={"weight": "heavy", "lang": "zh"}).text
    parsed = Page(text)
    assert "用来比较的重量" in text
    assert "heavy" in parsed.values("input", "value")
    assert parsed.values("input", "aria-invalid") == ["true"]
    assert "“heavy”不是数字" in text
    # Without a value the form has what the file has.
    assert "1" in page(client, "/q/heavier").values("input", "value")


def test_the_page_and_its_data_have_the_same_parameters(client: FlaskClient) -> None:
    parsed = page(client, "/q/heavier?animal=&weight=0")
    (csv,) = (link for link in parsed.values("a", "href") if "heavier.csv" in link)
    assert client.get(csv).text.count("\r\n") == 3
    assert csv in parsed.values("link", "href")


# The graph view


def network(client: FlaskClient, **parameters: str) -> dict[str, list[dict[str, object]]]:
    response = client.get("/network.json", query_string=parameters)
    assert response.status_code == 200, response.text
    return json.loads(response.text)  # type: ignore[no-any-return]


def test_the_neighbourhood_of_a_thing_is_what_it_is_stated_with(shipped: FlaskClient) -> None:
    zone = "https://w3id.org/etown/id/place/beijing-e-town"
    found = network(shipped, iri=zone)
    states = {
        (str(edge["property"]).rpartition("#")[2], str(edge["target"]).rpartition("/")[2]): edge[
            "inferred"
        ]
        for edge in found["edges"]
        if edge["source"] == zone
    }
    assert states["directlyWithin", "beijing"] is False
    assert states["locatedIn", "china"] is True
    by_iri = {node["iri"]: node for node in found["nodes"]}
    assert {edge["target"] for edge in found["edges"]} <= set(by_iri)
    assert by_iri[zone]["label"] == "Beijing E-Town"
    alike: dict[tuple[object, bool], int] = {}
    for edge in found["edges"]:
        kind = (edge["property"], edge["source"] == zone)
        alike[kind] = alike.get(kind, 0) + 1
    assert max(alike.values()) <= MOST_ALIKE


def test_without_inference_only_stated_edges_are_there(shipped: FlaskClient) -> None:
    iri = "https://w3id.org/etown/id/place/beijing-e-town"
    assert not any(edge["inferred"] for edge in network(shipped, iri=iri, infer="false")["edges"])


def test_an_answer_can_be_drawn(client: FlaskClient) -> None:
    graph = network(client, query=f"CONSTRUCT WHERE {{ <{ZOO}robin> a ?class }}")
    assert {node["iri"] for node in graph["nodes"]} >= {f"{ZOO}robin", f"{ZOO}Bird"}
    pairs = network(client, query=f"SELECT ?a ?n ?c {{ ?a a ?c ; <{ZOO}weight> ?n }}")
    assert {(edge["source"], edge["target"]) for edge in pairs["edges"]} == {
        (f"{ZOO}robin", f"{ZOO}Bird"), (f"{ZOO}robin", f"{ZOO}Animal"),
    }  # fmt: skip


def test_the_ontology_is_drawn_where_nothing_is_named(client: FlaskClient) -> None:
    found = network(client)
    assert {"source": f"{ZOO}Bird", "target": f"{ZOO}Animal"}.items() <= found["edges"][0].items()
    text = client.get("/network").text
    assert "The ontology as a graph" in text


def test_without_a_script_the_edges_are_a_list(shipped: FlaskClient) -> None:
    iri = "https://w3id.org/etown/id/place/beijing-e-town"
    text = shipped.get("/network", query_string={"iri": iri}).text
    links = [unquote(link) for link in Page(text).values("a", "href")]
    assert "/network?iri=https://w3id.org/etown/id/place/china" in links
    assert '<li class="inferred">' in text


@pytest.mark.parametrize("path", ["/network", "/network.json"])
def test_what_is_no_iri_is_refused(client: FlaskClient, path: str) -> None:
    response = client.get(path, query_string={"iri": "<x>"})
    assert response.status_code == 400
    assert "is no IRI" in response.get_json()["detail"]


def test_a_thing_that_nothing_is_said_of_has_an_empty_page(client: FlaskClient) -> None:
    text = client.get("/network", query_string={"iri": "http://e/none"}).text
    assert "No statement connects it" in text


def test_pages_stay_small(shipped: FlaskClient) -> None:
    zone = "https://w3id.org/etown/id/place/beijing-e-town"
    for path in ("/q", "/network", f"/network?iri={zone}", "/q/everything-about"):
        assert len(shipped.get(path).data) < 100_000, path
