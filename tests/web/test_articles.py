"""Articles: what each paragraph states, and an operator's own copy with the phrases marked."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from etown_kg import vocab
from etown_kg.article import Position
from etown_kg.backend.local import LocalBackend
from etown_kg.config import Settings
from etown_kg.errors import MissingPathError
from etown_kg.graph import KnowledgeGraph
from etown_kg.web import create_app
from etown_kg.web.pages.articles import marked
from etown_kg.web.pages.evidence import Evidence
from tests.web.test_pages import Page

HTML = {"Accept": "text/html"}
MADE_UP = Path(__file__).parents[1] / "data" / "made_up_article"
FLEET = "/id/article/2022-10-10-industrial-fleet"


@pytest.fixture
def shipped(shipped_app: Flask) -> FlaskClient:
    return shipped_app.test_client()


@pytest.fixture(scope="module")
def harbour() -> KnowledgeGraph:
    """The shipped ontology with the facts of a made-up article."""
    return KnowledgeGraph.build(data=MADE_UP / "facts")


def client_of(graph: KnowledgeGraph, articles: Path | None) -> FlaskClient:
    settings = Settings(data=MADE_UP / "facts", articles=articles)
    return create_app(settings, LocalBackend(graph)).test_client()


def test_the_articles_are_listed_with_their_coverage(shipped: FlaskClient) -> None:
    text = shipped.get("/articles").text
    page = Page(text)
    links = page.values("a", "href")
    assert FLEET in links
    assert f"{FLEET}#p4" in links
    assert links.index(FLEET) < links.index("/id/article/2022-09-08-innovation-ecology-conference")
    assert text.count('<li class="facts">') > 15
    assert "2022-10-10" in text


def test_a_fact_of_several_nodes_counts_once(shipped: FlaskClient) -> None:
    query = """PREFIX et: <https://w3id.org/etown/ontology#>
        SELECT (COUNT(DISTINCT ?fact) AS ?facts) (COUNT(DISTINCT ?node) AS ?nodes) WHERE {
          ?node et:factId ?fact ; et:hasEvidence/et:inArticle ?article } GROUP BY ?article"""
    answer = shipped.get("/sparql", query_string={"query": query, "format": "csv"}).text
    text = shipped.get("/articles", headers={"Accept-Language": "en"}).text
    for facts, nodes in (line.split(",") for line in answer.split()[1:]):
        assert f" {facts} facts" in text
        assert int(facts) < int(nodes)


def test_an_article_is_told_paragraph_by_paragraph(shipped: FlaskClient) -> None:
    text = shipped.get(FLEET, headers=HTML).text
    Page(text)
    paragraphs = text.split('<section class="paragraph ')[1:]
    assert len(paragraphs) == 13  # the head and twelve of the body
    fourth = next(each for each in paragraphs if 'id="p4"' in each)
    assert ">F15</a>" in fourth
    assert "<q>more than 300 autonomous driving vehicles</q>" in fourth


def test_every_fact_of_an_article_is_on_its_page(
    shipped: FlaskClient, shipped_graph: KnowledgeGraph
) -> None:
    text = shipped.get(FLEET, headers=HTML).text
    rows = shipped_graph.query(
        "SELECT DISTINCT ?id { ?f et:factId ?id ; et:hasEvidence/et:inArticle"
        " article:2022-10-10-industrial-fleet }"
    ).rows()
    assert len(rows) > 30
    for (fact_id,) in rows:
        assert f">{getattr(fact_id, 'value', '')}</a>" in text


def test_no_text_of_an_article_is_shown_beyond_its_phrases(
    shipped: FlaskClient, articles: Path
) -> None:
    page = shipped.get(FLEET, headers=HTML).text
    text = (articles / "2022-10-10-industrial-fleet.txt").read_text(encoding="utf-8")
    body = [line for line in text.splitlines() if len(line.split()) > 25]
    assert body
    for line in body:
        words = line.split()
        for start in range(0, len(words) - 12):
            assert " ".join(words[start : start + 12]) not in page


def test_an_operators_copy_is_shown_with_the_phrases_marked(harbour: KnowledgeGraph) -> None:
    client = client_of(harbour, MADE_UP / "texts")
    (address,) = (
        a for a in Page(client.get("/articles").text).values("a", "href")
        if a.startswith("/id/article/") and "#" not in a
    )  # fmt: skip
    text = client.get(address, headers=HTML).text
    assert '<p class="original">' in text
    assert "<mark title=" in text
    marks = [part.split("</mark>")[0].split(">", 1)[1] for part in text.split("<mark ")[1:]]
    phrases = [part.split("</q>")[0] for part in text.split("<q>")[1:]]
    assert set(phrases) <= set(marks)


def test_another_text_is_not_shown(harbour: KnowledgeGraph, tmp_path: Path) -> None:
    (name,) = (each.name for each in (MADE_UP / "texts").iterdir())
    (tmp_path / name).write_text("Updated: today\nAnother text.\n", encoding="utf-8")
    client = client_of(harbour, tmp_path)
    page = client.get(f"/id/article/{name.removesuffix('.txt')}", headers=HTML).text
    assert "Another text." not in page
    assert "not the one that the positions were measured on" in page
    (tmp_path / name).unlink()
    page = client.get(f"/id/article/{name.removesuffix('.txt')}", headers=HTML).text
    assert "not in the operator’s folder" in page


def test_a_file_name_leads_nowhere_else(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("Updated: today\nThe safe is behind the picture.\n", encoding="utf-8")
    folder = tmp_path / "articles"
    folder.mkdir()
    digest = hashlib.sha256(secret.read_bytes()).hexdigest()
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.ttl").write_text(
        f"@prefix et: <{vocab.TERMS}> .\n"
        f'<{vocab.ID}article/a> a et:Article ; et:fileName "../secret.txt" ;\n'
        f'  et:sha256 "{digest}" .\n'
        f"<{vocab.ID}evidence/e> et:inArticle <{vocab.ID}article/a> ; et:paragraph 1 .\n"
        f"<{vocab.ID}obs/o> et:hasEvidence <{vocab.ID}evidence/e> .\n",
        encoding="utf-8",
    )
    client = client_of(KnowledgeGraph.build(data=data), folder)
    page = client.get("/id/article/a", headers=HTML).text
    assert "behind the picture" not in page
    assert "not in the operator’s folder" in page


def test_a_folder_that_is_not_there_is_refused(zoo: KnowledgeGraph, tmp_path: Path) -> None:
    with pytest.raises(MissingPathError, match="texts of the articles"):
        create_app(Settings(articles=tmp_path / "none"), LocalBackend(zoo))


def test_a_graph_without_articles_says_so(client: FlaskClient) -> None:
    assert "This graph names no article." in client.get("/articles").text


@given(
    st.text(min_size=1, max_size=30),
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)), max_size=5),
)
def test_pieces_are_the_text_and_mark_exactly_the_phrases(
    text: str, spans: list[tuple[int, int]]
) -> None:
    evidence = [
        Evidence("n", f"F{number}", start=start, end=start + length)
        for number, (start, length) in enumerate(spans)
    ]
    pieces = list(marked(text, Position(1, 0, len(text)), evidence))
    assert "".join(piece.text for piece in pieces) == text
    place = 0
    for piece in pieces:
        for offset in range(place, place + len(piece.text)):
            covering = {f"F{number}" for number, (s, n) in enumerate(spans) if s <= offset < s + n}
            assert set(piece.facts) == covering
        place += len(piece.text)
