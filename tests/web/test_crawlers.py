"""What machines look for: robots.txt, the sitemap, the icon."""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient

from etown_kg import vocab
from etown_kg.graph import KnowledgeGraph
from etown_kg.questions import read_reader_questions

NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def addresses(client: FlaskClient, path: str) -> list[str]:
    response = client.get(path)
    assert response.status_code == 200
    assert response.mimetype == "application/xml"
    found = [each.text or "" for each in ET.fromstring(response.data).iter(f"{NAMESPACE}loc")]
    assert all(address.startswith("http://localhost/") for address in found)
    return [urlsplit(address).path for address in found]


def test_the_sitemap_leads_to_pages(shipped: FlaskClient) -> None:
    (part,) = addresses(shipped, "/sitemap.xml")
    found = addresses(shipped, part)
    assert found[0] == "/"
    assert "/id/place/beijing" in found
    assert len(found) == len(set(found)) > 500
    for path in found[::40]:
        assert shipped.get(path, headers={"Accept": "text/html"}).status_code == 200, path


def test_a_large_graph_has_several_sitemaps(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = addresses(client, "/sitemap/1.xml")
    monkeypatch.setattr("etown_kg.web.pages.crawlers.MOST_ADDRESSES", 2)
    parts = addresses(client, "/sitemap.xml")
    assert len(parts) > 1
    assert [path for part in parts for path in addresses(client, part)] == whole
    for number in (0, 99, 10**30):
        assert client.get(f"/sitemap/{number}.xml").status_code == 404


def test_robots_may_read_pages_and_not_ask_without_end(client: FlaskClient) -> None:
    response = client.get("/robots.txt")
    assert response.mimetype == "text/plain"
    parser = RobotFileParser()
    parser.parse(response.text.splitlines())
    assert parser.can_fetch("*", "http://localhost/robin")
    assert not parser.can_fetch("*", "http://localhost/sparql?query=ASK{}")
    assert parser.site_maps() == ["http://localhost/sitemap.xml"]


@pytest.mark.parametrize("path", ["/favicon.ico", "/static/preview.png", "/static/icon.png"])
def test_pictures_are_there_for_who_asks_by_name(client: FlaskClient, path: str) -> None:
    with client.get(path) as response:
        assert response.mimetype in ("image/png", "image/vnd.microsoft.icon")
        assert response.data.startswith(b"\x89PNG")


EXAMPLES = """
PREFIX sh: <http://www.w3.org/ns/shacl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?example ?text WHERE {
  ?example a sh:SPARQLExecutable ; sh:select|sh:ask|sh:construct|sh:describe ?text .
  FILTER EXISTS { ?example rdfs:comment ?comment }
}
"""
PREFIXES = """
PREFIX sh: <http://www.w3.org/ns/shacl#>
SELECT ?prefix ?namespace WHERE {
  ?graph sh:declare [ sh:prefix ?prefix ; sh:namespace ?namespace ]
}
"""


def solutions(client: FlaskClient, query: str) -> dict[str, str]:
    """The solutions of two variables, by the first."""
    answer = client.get("/sparql", query_string={"query": query, "format": "json"}).get_json()
    first, second = answer["head"]["vars"]
    rows = answer["results"]["bindings"]
    return {row[first]["value"]: row[second]["value"] for row in rows}


def test_examples_are_in_the_default_graph_and_run(
    shipped: FlaskClient, shipped_graph: KnowledgeGraph
) -> None:
    """As the query editors of other endpoints look for them, without GRAPH."""
    examples = solutions(shipped, EXAMPLES)
    assert shipped_graph.ontology is not None
    folders = read_reader_questions(shipped_graph.ontology / "queries").values()
    assert len(examples) == sum(map(len, folders)) > 10
    for name, text in examples.items():
        assert shipped.get("/sparql", query_string={"query": text}).status_code == 200, name


def test_prefixes_are_in_the_default_graph(shipped: FlaskClient) -> None:
    assert solutions(shipped, PREFIXES).items() >= vocab.PREFIXES.items()
