"""The pages for people: what they say, that they need nothing from elsewhere, and health."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from etown_kg import __version__
from etown_kg.errors import SourceError
from etown_kg.graph import KnowledgeGraph
from etown_kg.web.pages.wording import read_wording
from tests.web.conftest import Zoo

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PAGES = ["/", "/query", "/query?question=weights", "/query?query=SELECT", "/nowhere", "/sparql"]


class Page(HTMLParser):
    """The links, languages and loose ends of a page."""

    VOID = frozenset(("meta", "link", "img", "input", "br"))

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def loaded_links(self) -> list[str]:
        """The addresses of link elements that a browser fetches by itself."""
        relations = self.values("link", "rel")
        addresses = self.values("link", "href")
        return [
            address
            for relation, address in zip(relations, addresses, strict=True)
            if relation in ("stylesheet", "icon", "modulepreload")
        ]

    def values(self, tag: str, attribute: str) -> list[str]:
        return [value for t, name, value in self.attributes if (t, name) == (tag, attribute)]


def page(client: FlaskClient, path: str) -> Page:
    return Page(client.get(path, headers=BROWSER).text)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_well_formed_and_loads_nothing_from_another_site(
    client: FlaskClient, path: str
) -> None:
    parsed = page(client, path)
    assert parsed.tags.count("script") == len(parsed.values("script", "src"))  # none in the text
    assert "style" not in parsed.tags
    assert not [
        name for _, name, _ in parsed.attributes if name.startswith("on") or name == "style"
    ]
    loaded = parsed.values("img", "src") + parsed.values("script", "src") + parsed.loaded_links()
    assert loaded
    assert all(address.startswith("/static/") for address in loaded)
    for address in loaded:
        with client.get(address) as file:
            assert file.status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_a_page_says_its_language_title_and_width(client: FlaskClient, path: str) -> None:
    parsed = page(client, path)
    assert parsed.values("html", "lang") == ["en"]
    assert "title" in parsed.tags
    assert parsed.tags.count("h1") == 1
    assert "viewport" in parsed.values("meta", "name")


@pytest.mark.parametrize("path", [*PAGES, "/health"])
def test_a_browser_is_told_to_run_and_frame_nothing(client: FlaskClient, path: str) -> None:
    headers = client.get(path, headers=BROWSER).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_start_page_counts_what_is_served(client: FlaskClient, zoo: KnowledgeGraph) -> None:
    text = client.get("/").text
    assert f"<dd>{len(zoo.asserted)}</dd>" in text
    assert f"<dd>{len(zoo.inferred)}</dd>" in text


def test_another_graphs_start_page_speaks_of_it(client: FlaskClient) -> None:
    text = client.get("/").text
    assert "<h1>The zoo</h1>" in text
    assert "Who lives where &lt;b&gt;&amp;&lt;/b&gt; how many." in text
    assert "E-Town" not in text
    assert "亦庄" not in text
    assert "CC BY" not in text


def test_questions_are_listed_in_both_languages_and_run(client: FlaskClient) -> None:
    start = client.get("/").text
    assert "How heavy is &lt;each&gt; animal?" in start
    assert '<span class="also" lang="zh">每种动物有多重？</span>' in start
    (link,) = (a for a in page(client, "/").values("a", "href") if "question=" in a)
    answer = client.get(link)
    assert answer.status_code == 200
    assert "2 solutions" in answer.text


def test_an_unknown_question_is_not_found(client: FlaskClient) -> None:
    assert client.get("/query?question=nonsense").status_code == 404


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
    described = [link for link in parsed.values("a", "href") if "DESCRIBE" in link]
    assert len(described) == 2
    assert all(client.get(link).status_code == 200 for link in described)


def test_a_graph_is_shown_as_turtle(client: FlaskClient) -> None:
    text = client.get("/query", query_string={"query": "CONSTRUCT { ?s a 1 } WHERE { ?s a ?o }"})
    assert "zoo.example/robin" in text.text
    assert "N-Triples" in text.text


def test_a_truth_value_is_a_word(client: FlaskClient) -> None:
    assert ">true</p>" in client.get("/query?query=ASK{}").text


def test_a_long_answer_is_cut_on_the_page_and_says_so(client: FlaskClient) -> None:
    numbers = " ".join(map(str, range(700)))
    query = f"SELECT ?n WHERE {{ VALUES ?n {{ {numbers} }} }}"
    response = client.get("/query", query_string={"query": query})
    assert response.text.count('<td class="number">') == 500
    assert "700 solutions" in response.text
    assert "The first 500 are shown" in response.text


def test_only_what_was_asserted_can_be_asked_for(client: FlaskClient) -> None:
    query = "SELECT ?c WHERE { <http://zoo.example/robin> a ?c }"
    everything = client.get("/query", query_string={"query": query})
    asserted = client.get("/query", query_string={"query": query, "infer": "false"})
    assert "2 solutions" in everything.text
    assert "1 solution<" in asserted.text
    download = next(a for a in Page(asserted.text).values("a", "href") if "format=csv" in a)
    assert client.get(download).text.count("\r\n") == 2


def test_long_numbers_are_grouped_for_reading_only(client: FlaskClient) -> None:
    query = "SELECT (1234567.5 AS ?a) (-98765 AS ?b) (2021 AS ?c) ('1234567' AS ?d) {}"
    text = client.get("/query", query_string={"query": query}).text
    cells = re.findall(r"<td class=\"\w+\">(.*?)</td>", text)
    assert cells == ["1,234,567.5", "-98,765", "2021", "1234567"]


def test_terms_on_the_page_are_escaped(client: FlaskClient) -> None:
    query = "SELECT ('<img src=x onerror=alert(1)>' AS ?x) {}"
    text = client.get("/query", query_string={"query": query}).text
    assert "<img src=x" not in text
    assert "&lt;img src=x" in text


def test_a_query_that_fails_is_shown_with_its_place(client: FlaskClient) -> None:
    response = client.get("/query", query_string={"query": "SELECT ?s\nWHERE {"})
    assert response.status_code == 400
    assert "Line 2, column 8" in response.text
    assert "WHERE {</textarea>" in response.text


def test_a_missing_page_says_where_to_go(client: FlaskClient) -> None:
    response = client.get("/no<where", headers=BROWSER)
    assert response.status_code == 404
    assert "/no&lt;where" in response.text
    assert 'href="/"' in response.text


def test_a_program_is_told_of_a_missing_page_in_json(client: FlaskClient) -> None:
    problem = client.get("/nowhere").get_json()
    assert problem["status"] == 404
    assert problem["type"].endswith("/problem/not-found")


def test_health_says_what_is_alive(client: FlaskClient, zoo: KnowledgeGraph) -> None:
    health = client.get("/health").get_json()
    assert health["status"] == "ok"
    assert health["software"] == __version__
    assert health["triples"] == len(zoo.asserted) + len(zoo.inferred)
    assert health["data"]


def test_a_fault_of_ours_tells_the_client_nothing_else(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("/secret/path")

    monkeypatch.setattr("etown_kg.web.sparql.read_query", break_down)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    response = client.get("/sparql?query=ASK{}")
    assert response.status_code == 500
    assert response.get_json()["type"].endswith("/problem/fault")
    assert "secret" not in response.text


def test_every_question_that_ships_runs_from_the_start_page(shipped_app: Flask) -> None:
    client = shipped_app.test_client()
    links = [a for a in page(client, "/").values("a", "href") if "question=" in a]
    assert len(links) >= 30
    for link in links:
        assert client.get(link).status_code == 200, link


def test_the_shipped_start_page_says_what_it_is_in_both_languages(shipped_app: Flask) -> None:
    client = shipped_app.test_client()
    assert "<h1>Beijing E-Town knowledge graph</h1>" in client.get("/").text
    chinese = client.get("/?lang=zh").text
    assert "<h1>北京亦庄知识图谱</h1>" in chinese
    assert "creativecommons.org/licenses/by/4.0" in chinese


@pytest.mark.parametrize("path", ["/", "/query"])
def test_who_has_a_page_is_told_so_until_the_data_change(own_zoo: Zoo, path: str) -> None:
    first = own_zoo.client.get(path)
    tag = {"If-None-Match": first.headers["ETag"]}
    assert own_zoo.client.get(path, headers=tag).status_code == 304
    assert own_zoo.client.get(path, headers=tag, query_string={"lang": "zh"}).status_code == 200
    changed = own_zoo.update("INSERT DATA { GRAPH <urn:g> { <urn:a> <urn:b> <urn:c> } }")
    assert changed.status_code == 204
    assert own_zoo.client.get(path, headers=tag).status_code == 200


def test_a_static_file_may_be_kept_as_its_address_changes_with_it(client: FlaskClient) -> None:
    (sheet,) = (a for a in page(client, "/").loaded_links() if "site.css" in a)
    with client.get(sheet) as file:
        assert "immutable" in file.headers["Cache-Control"]


def test_a_site_that_cannot_be_read_is_refused_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text("[titel]\nen = 'x'\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"site\.toml: 'titel' is not understood"):
        read_wording(tmp_path)
    (tmp_path / "site.toml").write_text("[title\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"site\.toml: is not TOML"):
        read_wording(tmp_path)
