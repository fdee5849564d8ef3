"""The pages of figures: every view is an address, in HTML, CSV, JSON and Vega-Lite alike."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat, parse

from etown_kg.backend.local import LocalBackend
from etown_kg.config import Settings
from etown_kg.figures.reading import FILE
from etown_kg.graph import KnowledgeGraph
from etown_kg.web import create_app
from tests.figures.conftest import COUNTS, PREFIXES
from tests.web.conftest import Zoo
from tests.web.test_pages import Page

SELECTIONS = [
    "", "?lang=zh", "?unit=NUM", "?unit=NUM&threshold=300",
    "?unit=NUM&compare=lt&threshold=60&verdict=certain", "?source=derived",
    "?article=2022-10-10-industrial-fleet&bound=moreThan",
    "?indicator=gdp&indicator=5g-base-stations",
    "?period=2021", "?unit=CCY_CNY&threshold=5000%E4%BA%BF",
]  # fmt: skip


@pytest.fixture(scope="session")
def figures_client(shipped_app: Flask) -> FlaskClient:
    return shipped_app.test_client()


def names_in(page: str) -> list[str]:
    """The names of the figures in the tables of a page, in their order."""
    tables = "".join(re.findall(r'<table class="figures".*?</table>', page, re.DOTALL))
    return re.findall(r'class="fact-id"[^>]*>([^<]*)<', tables)


def text_of(page: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", page))


def rows(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


@pytest.mark.parametrize("query", SELECTIONS)
def test_the_files_have_exactly_the_figures_of_the_page(
    figures_client: FlaskClient, query: str
) -> None:
    page = figures_client.get("/figures" + query)
    assert page.status_code == 200
    shown = names_in(page.text)
    assert shown
    table = rows(figures_client.get("/figures.csv" + query).data)
    assert [row["fact_id"] or row["figure"].rpartition("/")[2] for row in table] == shown
    document = figures_client.get("/figures.json" + query).get_json()
    assert [each["figure"] for each in document["figures"]] == [row["figure"] for row in table]
    assert document["count"] == len(shown)
    spec = figures_client.get("/figures.vl.json" + query).get_json()
    drawn = [each["iri"] for panel in spec["vconcat"] for each in panel["data"]["values"]]
    assert drawn == [row["figure"] for row in table]
    if "threshold" in query:
        verdicts = re.findall(r'class="badge verdict (\w+)"', page.text)
        assert verdicts == [row["verdict"] for row in table]


@pytest.mark.parametrize("query", SELECTIONS)
def test_the_links_of_a_page_lead_to_its_own_files(figures_client: FlaskClient, query: str) -> None:
    page = figures_client.get("/figures" + query).text
    (link,) = re.findall(r'<link rel="alternate" type="text/csv" href="([^"]*)"', page)
    found = rows(figures_client.get(unescape(link)).data)
    assert found == rows(figures_client.get("/figures.csv" + query).data)


def test_more_than_300_is_said_and_drawn_without_an_upper_end(figures_client: FlaskClient) -> None:
    page = figures_client.get("/figures/autonomous-vehicles-daily").text
    assert 'aria-label="more than 300, no upper end known"' in page
    (drawing,) = re.findall(
        r'<svg class="interval lower"[^>]*aria-label="more than 300.*?</svg>\s*</td>',
        page,
        re.DOTALL,
    )
    assert drawing.count("<circle") == 1
    assert 'class="hollow"' in drawing
    assert "autonomous driving vehicles" in page
    assert "paragraph 4" in text_of(page)


def test_a_reader_of_chinese_gets_chinese(figures_client: FlaskClient) -> None:
    page = figures_client.get("/figures", headers={"Accept-Language": "zh-CN"}).text
    assert "不足6000亿元" in page
    assert "工业总产值" in page
    table = rows(figures_client.get("/figures.csv?lang=zh&indicator=gdp").data)
    assert table[0]["indicator_label"] == "地区生产总值"


def test_a_threshold_tells_certain_possible_and_excluded(figures_client: FlaskClient) -> None:
    table = rows(figures_client.get("/figures.csv?unit=CCY_CNY&threshold=260+billion").data)
    assert {row["fact_id"] or "X12": row["verdict"] for row in table} == {
        "F04": "possible", "F06": "possible", "F27": "certain", "X12": "possible",
    }  # fmt: skip
    page = figures_client.get("/figures?unit=CCY_CNY&threshold=260+billion").text
    assert "Is the figure > 260 billion yuan?" in text_of(page)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?threshold=many", "“many” is no number"),
        ("?threshold=300", "300 of what?"),
        ("?threshold=1e999999999", "is no number"),
        ("?indicator=dogs", "No figure has “dogs” as Indicator"),
        ("?compare=about&threshold=3", "about"),
        ("?verdict=likely", "likely"),
        ("?threshold=3&threshold=4", "given twice"),
        ("?page=2", "“2” is no page"),
        ("?page=0", "“0” is no page"),
        ("?page=%C2%B2", "is no page"),
    ],
)
def test_what_is_not_understood_is_said_in_the_page_and_refused_in_the_files(
    figures_client: FlaskClient, query: str, said: str
) -> None:
    page = figures_client.get("/figures" + query)
    assert page.status_code == 400
    assert said in text_of(page.text)
    assert names_in(page.text) == []
    assert '<form class="choose"' in page.text
    for path in ("/figures.csv", "/figures.json", "/figures.vl.json"):
        refused = figures_client.get(path + query)
        assert refused.status_code == 400
        assert refused.content_type == "application/problem+json"
        assert refused.get_json()["detail"].startswith(query[1:].partition("=")[0] + "=")


def test_a_number_without_a_unit_offers_the_units(figures_client: FlaskClient) -> None:
    page = figures_client.get("/figures?threshold=300&compare=%3C&place=beijing-e-town").text
    links = re.findall(r'<li><a href="([^"]*)">([^<]*)</a></li>', page)
    assert [label for _, label in links if label.startswith("percent")]
    address = unescape(next(href for href, label in links if label.startswith("yuan")))
    chosen = figures_client.get(address)
    assert chosen.status_code == 200
    assert names_in(chosen.text) == ["F04", "F06", "F27", "X12"]


def test_filters_that_leave_nothing_say_so(figures_client: FlaskClient) -> None:
    query = "?indicator=gdp&source=derived"
    page = figures_client.get("/figures" + query)
    assert page.status_code == 200
    assert "No figure fits all of this" in page.text
    assert rows(figures_client.get("/figures.csv" + query).data) == []
    without = re.findall(r'href="([^"]*)" aria-label="Remove Origin', page.text)
    assert names_in(figures_client.get(unescape(without[0])).text) == ["F27"]


def test_an_indicator_has_a_page_with_its_definition_and_what_follows_from_it(
    figures_client: FlaskClient,
) -> None:
    page = figures_client.get("/figures/industrial-output")
    assert names_in(page.text) == ["F04", "F06", "F05"]
    said = text_of(page.text)
    assert "gross output value of the industry" in said
    assert "Computed from these figures" in said
    assert "gives less than 3" in re.sub(r"\s+", " ", said)
    long = "/figures/https://w3id.org/etown/concept/indicator/industrial-output"
    assert names_in(figures_client.get(long).text) == ["F04", "F06", "F05"]
    assert figures_client.get("/figures/none-such").status_code == 404


def test_notes_and_equal_things_stand_side_by_side(figures_client: FlaskClient) -> None:
    page = figures_client.get("/figures?indicator=accredited-rd-institutions").text
    (beside,) = re.findall(r'<section class="beside".*?</section>', page, re.DOTALL)
    assert re.findall(r'class="fact-id"[^>]*>([^<]*)<', beside) == ["F55", "X1"]
    assert "agree" in text_of(beside)


def test_a_thing_shows_its_figures_on_its_own_page(figures_client: FlaskClient) -> None:
    page = figures_client.get("/id/place/beijing-e-town").text
    assert names_in(page)[:2] == ["F04", "F06"]
    (address,) = re.findall(r'<p class="all"><a href="([^"]*)"', page)
    assert (
        len(rows(figures_client.get(unescape(address).replace("figures?", "figures.csv?")).data))
        > 20
    )
    assert "figures-of" not in figures_client.get("/id/agent/guo-meng").text
    article = figures_client.get("/id/article/2022-10-10-industrial-fleet").text
    assert "All 11 figures" in article
    assert names_in(article) == []


def test_a_figure_is_drawn_on_its_own_page_with_what_follows_from_it(
    figures_client: FlaskClient,
) -> None:
    page = figures_client.get("/id/obs/F06").text
    assert 'aria-label="less than 600 billion yuan, no lower end known"' in page
    said = re.sub(r"\s+", " ", text_of(page))
    assert "F06 / F04 gives less than 3" in said
    derived = re.sub(r"\s+", " ", text_of(figures_client.get("/id/derived/X14").text))
    assert "F59 - X7 gives between 450.7 and 451.8" in derived


def zoo_of(folder: Path, turtle: str) -> FlaskClient:
    graph = KnowledgeGraph(parse(PREFIXES + turtle, RdfFormat.TURTLE), base="http://zoo.example/")
    settings = Settings(ontology=folder, data=folder, base="http://zoo.example/")
    return create_app(settings, LocalBackend(graph)).test_client()


def test_another_graph_works_the_same(tmp_path: Path) -> None:
    client = zoo_of(tmp_path, COUNTS)
    page = client.get("/figures")
    assert names_in(page.text) == ["F9", "F10", "F11", "more", "F12"]
    said = re.sub(r"\s+", " ", text_of(page.text))
    assert "in tension" in said
    assert "F10 - F11 gives more than 260 heads" in said
    assert client.get("/figures/big-cats?threshold=290").status_code == 200


def test_figures_that_cannot_be_read_are_listed(tmp_path: Path) -> None:
    client = zoo_of(tmp_path, COUNTS + ":odd et:lowerBound 5.0 ; et:upperBound 4.0 .")
    page = client.get("/figures").text
    assert "http://zoo.example/odd" in page
    assert "no number lies in" in page


def test_a_graph_without_figures_says_so(client: FlaskClient) -> None:
    page = client.get("/figures")
    assert page.status_code == 200
    assert "holds no figures" in page.text
    assert rows(client.get("/figures.csv").data) == []


def test_an_ontology_brings_its_own_query(tmp_path: Path) -> None:
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE).write_text(
        "SELECT ?subject ?property ?value { ?subject <http://zoo.example/weight> ?value "
        "BIND(<http://purl.org/linked-data/sdmx/2009/measure#obsValue> AS ?property) }",
        encoding="utf-8",
    )
    client = zoo_of(tmp_path, ":robin :weight 0.02 . :eel :weight 3.5 .")
    table = rows(client.get("/figures.csv").data)
    assert {(row["figure"], row["lower"]) for row in table} == {
        ("http://zoo.example/robin", "0.02"), ("http://zoo.example/eel", "3.5"),
    }  # fmt: skip


HOSTILE = """
<javascript:alert(1)> et:lowerBound 1.0 ; et:indicator <http://zoo.example/x%22%3E%3Cscript%3E> ;
  et:factId "</script><script>alert(1)</script>" ; et:statedNumber 1.0 ;
  sdmx-attribute:unitMeasure <javascript:alert(2)> ; et:formula "<b>{x}</b>" ;
  et:hasEvidence :e . :e oa:hasSelector [ oa:exact "<img src=x onerror=alert(1)>{0}" ] ;
  et:inArticle <javascript:alert(3)> .
<http://zoo.example/x%22%3E%3Cscript%3E> rdfs:label "<script>alert(1)</script>"@en .
"""


@pytest.mark.parametrize("query", ["", "?threshold=%3Cscript%3E", "?indicator=%22%3E%3Cscript%3E"])
def test_markup_in_the_data_and_in_the_address_is_text(tmp_path: Path, query: str) -> None:
    rdfs = "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> ."
    page = zoo_of(tmp_path, rdfs + HOSTILE).get("/figures" + query).text
    assert "<script>alert" not in page
    assert "<img" not in page.partition("<main")[2]
    assert not re.search(r'href="\s*javascript:', page, re.IGNORECASE)
    assert all(" src=" in tag for tag in re.findall(r"<script[^>]*>", page))


def test_a_spreadsheet_runs_nothing(tmp_path: Path) -> None:
    client = zoo_of(tmp_path, ':x et:lowerBound -5.0 ; et:factId "=1+1" .')
    assert b"'=1+1" in client.get("/figures.csv?csv-safe=true").data
    assert rows(client.get("/figures.csv").data)[0]["lower"] == "-5"
    assert rows(client.get("/figures.csv?csv-safe=true").data)[0]["lower"] == "-5"


def test_a_long_list_has_pages_and_each_is_a_file(tmp_path: Path) -> None:
    many = "".join(f':f{i} et:factId "N{i}" ; et:lowerBound {i}.0 .\n' for i in range(120))
    client = zoo_of(tmp_path, many)
    seen = []
    for page in ("", "?page=2", "?page=3"):
        shown = names_in(client.get("/figures" + page).text)
        assert shown == [row["fact_id"] for row in rows(client.get("/figures.csv" + page).data)]
        seen += shown
    assert seen == [f"N{i}" for i in range(120)]
    assert len(client.get("/figures?page=1").data) < 100_000
    assert client.get("/figures?page=4").status_code == 400


def test_every_link_to_a_working_leads_to_it(
    figures_client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also from a comparison with a figure that stands on another page of the list."""
    monkeypatch.setattr("etown_kg.web.pages.figures.PAGE_SIZE", 1)
    pages = [f"/figures?page={number}" for number in range(1, 36)]
    pages += ["/", "/id/place/beijing-e-town", "/id/derived/X4", "/id/obs/F06", "/figures/gdp"]
    links = set()
    for path in pages:
        hrefs = Page(figures_client.get(path, headers={"Accept": "text/html"}).text).values(
            "a", "href"
        )
        links |= {(path, href) for href in hrefs if "#working-" in href}
    assert {href.startswith("#") for _, href in links} == {True, False}
    for path, href in links:
        target, _, anchor = href.partition("#")
        page = Page(figures_client.get(target or path, headers={"Accept": "text/html"}).text)
        ids = [value for _, name, value in page.attributes if name == "id"]
        assert anchor in ids, (path, href)


def test_a_filter_with_very_many_values_is_typed_and_many_pairs_are_counted(
    tmp_path: Path,
) -> None:
    many = "".join(
        f":f{i} et:indicator :kind{i} ; et:lowerBound {i}.0 ; sdmx-dimension:refArea :here ."
        f":g{i} et:indicator :same ; et:lowerBound {i}.0 ; sdmx-dimension:refArea :there ."
        for i in range(110)
    )
    client = zoo_of(tmp_path, many)
    page = client.get("/figures").text
    assert re.search(r'<input type="text" id="by-indicator" name="indicator"', page)
    assert re.search(r'<select id="by-place"', page)
    assert names_in(client.get("/figures?indicator=kind7").text) == ["f7"]
    pairs = client.get("/figures/same")
    assert len(pairs.data) < 100_000
    assert "more pairs of figures measure the same" in pairs.text


def test_a_change_of_the_data_shows_at_once(make_zoo: Callable[..., Zoo]) -> None:
    zoo = make_zoo()
    assert names_in(zoo.client.get("/figures").text) == []
    added = (
        "PREFIX et: <https://w3id.org/etown/ontology#> PREFIX : <http://zoo.example/> "
        'INSERT DATA { GRAPH :east { :n et:factId "N1" ; et:lowerBound 3.0 } }'
    )
    assert zoo.update(added).status_code == 204
    assert names_in(zoo.client.get("/figures").text) == ["N1"]


def test_a_page_is_small(figures_client: FlaskClient) -> None:
    for query in ("", "?lang=zh"):
        assert len(figures_client.get("/figures" + query).data) < 100_000


def test_a_page_that_is_known_is_not_sent_again(figures_client: FlaskClient) -> None:
    first = figures_client.get("/figures")
    again = figures_client.get("/figures", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
