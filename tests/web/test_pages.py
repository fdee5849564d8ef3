"""The pages for people: what they say, that they need nothing from elsewhere, and health."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from etown_kg import __version__
from etown_kg.backend.local import LocalBackend
from etown_kg.config import Settings
from etown_kg.errors import SourceError
from etown_kg.graph import KnowledgeGraph
from etown_kg.web import create_app
from etown_kg.wording import read_wording
from tests.web.conftest import Zoo

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PAGES = [
    "/", "/query", "/query?question=weights", "/query?query=SELECT", "/nowhere", "/sparql",
    "/q", "/q/weights", "/q/weights?page=x", "/network", "/network?iri=http://zoo.example/robin",
]  # fmt: skip


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
    (link,) = {a for a in page(client, "/").values("a", "href") if "question=weights" in a}
    answer = client.get(link)
    assert answer.status_code == 200
    assert "2 solutions" in answer.text


def test_an_unknown_question_is_not_found(client: FlaskClient) -> None:
    assert client.get("/query?question=nonsense").status_code == 404


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


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[titel]\nen = 'x'\n", "titel"),
        ("[title\n", "not TOML"),
        ("title = 'x'\n", "by language"),
        ("[title]\nen = 3\n", "by language"),
        ("start = 3\n", "start"),
        ("[start]\nfigurs = []\n", "start"),
        ("[start]\nfigures = 'obs:F15'\n", "figures"),
        ("[start]\nfigures = ['F15']\n", "F15"),
        ("[start]\nquestions = ['weight']\n", "no named query weight"),
    ],
)
def test_a_site_that_cannot_be_read_is_refused_with_its_file(
    tmp_path: Path, content: str, problem: str
) -> None:
    (tmp_path / "site.toml").write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=r"site\.toml: .*" + problem):
        read_wording(tmp_path, ["weights"])


def test_the_start_page_shows_key_figures_with_their_words_and_source(shipped_app: Flask) -> None:
    text = shipped_app.test_client().get("/").text
    assert "more than 300" in text
    assert "<q>more than 300 autonomous driving vehicles</q>" in text
    assert 'href="/id/obs/F15"' in text
    assert text.count('<li class="card">') == 6


def test_the_start_page_answers_its_questions(shipped_app: Flask) -> None:
    text = shipped_app.test_client().get("/").text
    examples = text.split('<article class="example">')[1:]
    assert len(examples) == 3
    assert "200,000,000,000" in examples[0]
    chinese = shipped_app.test_client().get("/?lang=zh").text
    assert "北京经济技术开发区" in chinese.split('<article class="example">')[3]


def test_another_graphs_start_page_shows_what_there_is_most_of(client: FlaskClient) -> None:
    text = client.get("/").text
    ways = text.split('<ul class="ways">')[1].split("</section>")[0]
    assert 'href="/Bird"' in ways
    assert 'href="/robin"' in ways
    examples = text.split('<article class="example">')[1:]
    assert any("0.02" in example and "3.5" in example for example in examples)


def test_a_question_that_fails_says_so_and_the_rest_of_the_page_stays(
    zoo: KnowledgeGraph, tmp_path: Path
) -> None:
    queries = tmp_path / "queries" / "examples"
    queries.mkdir(parents=True)
    query = "# en: Who else?\n# zh: 还有谁？\n\nSELECT * { SERVICE <http://127.0.0.1:9/> {} }\n"
    (queries / "calls.rq").write_text(query, encoding="utf-8")
    settings = Settings(ontology=tmp_path, data=tmp_path, base="http://zoo.example/")
    text = create_app(settings, LocalBackend(zoo)).test_client().get("/").text
    assert "SERVICE" in text.split('<article class="example">')[1]
    assert "<h1>The zoo</h1>" in text
