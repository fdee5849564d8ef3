"""Whatever somebody writes into a graph is text: in every page, and in every format."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyoxigraph import NamedNode, RdfFormat, parse

from etown_kg.formats import RDF_FORMATS, Format
from etown_kg.graph import KnowledgeGraph
from etown_kg.web.pages.addresses import path_of
from tests.web.harm import BASE, LARGE, hostile_app, hostile_graph
from tests.web.page_kinds import hostile_files, hostile_pages
from tests.web.serving import HttpClient, serving
from tests.web.test_pages import Page

HTML = {"Accept": "text/html"}
# An answer of many cells is heavier than the pages that have to load at once.
MOST_BYTES, MOST_BYTES_OF_ANSWERS = 100_000, 250_000
# Elements that run, load, frame or send what the data says.
NEVER = {"iframe", "object", "embed", "base", "style", "math", "audio", "video", "frame", "applet"}


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    return hostile_graph()


@pytest.fixture(scope="module")
def app(graph: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return hostile_app(tmp_path_factory.mktemp("hostile"), graph)


@pytest.fixture(scope="module")
def client(app: Flask) -> Iterator[FlaskClient]:
    with serving(app) as address:
        yield HttpClient(app, address)


def check(text: str, path: str) -> None:
    """A page runs nothing but our own files, loads nothing else, and leads nowhere else."""
    page = Page(text)
    assert NEVER.isdisjoint(page.tags), path
    assert "h1" in page.tags or path.startswith("/reconcile/preview"), path
    sources = page.values("script", "src")
    assert all(source.startswith("/static/") for source in sources), path
    data = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    assert page.tags.count("script") == len(sources) + len(data), path
    for each in data:
        json.loads(each)
    for tag, name, value in page.attributes:
        assert not name.startswith("on"), path
        assert name not in ("style", "srcdoc", "formaction", "http-equiv"), path
        if name in ("href", "src", "action", "poster", "background") or name.endswith(":href"):
            assert re.match(r"/(?!/)|\?|#|https?://[^/@]+(/|$)|$", value), (path, tag, value)
            if tag not in ("a", "link"):
                assert value.startswith("/"), (path, tag, value)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", hostile_pages())
def test_a_page_of_every_kind_shows_it_as_text(
    client: FlaskClient, path: str, language: str
) -> None:
    response = client.get(path, headers={**HTML, "Accept-Language": language})
    assert response.status_code in (200, 400, 404)
    assert response.mimetype == "text/html"
    is_answer = path.startswith(("/query?", "/q/"))
    assert len(response.data) < (MOST_BYTES_OF_ANSWERS if is_answer else MOST_BYTES)
    check(response.text, path)


def iris(graph: KnowledgeGraph) -> list[str]:
    """Every IRI of the graph."""
    terms = {
        term.value
        for quad in graph.quads()
        for term in (quad.subject, quad.predicate, quad.object, quad.graph_name)
        if isinstance(term, NamedNode)
    }
    return sorted(terms)


def test_every_iri_has_a_page_that_shows_it_as_text(app: Flask, graph: KnowledgeGraph) -> None:
    client = app.test_client()
    for iri in iris(graph):
        path = path_of(iri, BASE)
        for query in ("", f"{'&' if '?' in path else '?'}statements"):
            response = client.get(path + query, headers=HTML)
            assert response.status_code == 200, iri
            assert len(response.data) < MOST_BYTES, iri
            check(response.text, iri)
            assert "\n" not in response.headers["Link"]


@pytest.mark.parametrize("format", RDF_FORMATS, ids=lambda each: each.name)
def test_its_rdf_is_read_again(app: Flask, graph: KnowledgeGraph, format: Format) -> None:
    client = app.test_client()
    name, rdf = format.name, format.rdf
    assert rdf is not None
    for iri in iris(graph)[::3]:
        path = f"/describe?iri={quote(iri, safe='')}&format={name}"
        response = client.get(path)
        assert response.mimetype != "text/html"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        told = client.get("/sparql", query_string={"query": f"DESCRIBE <{iri}>", "format": "nt"})
        if name == "rdf" and b"\\u0000" in told.data:  # which no XML can hold
            assert response.status_code == 400
            continue
        assert response.status_code == 200, iri
        assert len(list(parse(response.data, rdf))) == told.data.count(b"\n"), iri


@pytest.mark.parametrize("path", hostile_files())
def test_its_files_are_well_formed(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers=HTML)
    assert response.status_code == 200
    assert response.mimetype != "text/html"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    READERS[str(response.mimetype)](response.text)


def _csv(text: str) -> None:
    usual = csv.field_size_limit(len(text))
    rows = list(csv.reader(io.StringIO(text, newline="")))
    csv.field_size_limit(usual)
    assert {len(row) for row in rows} == {len(rows[0])}


READERS: dict[str, Callable[[str], object]] = {
    "application/json": json.loads,
    "application/ld+json": json.loads,
    "application/xml": ElementTree.fromstring,
    "text/csv": _csv,
    "text/plain": str,
    "text/turtle": lambda text: list(parse(text.encode(), RdfFormat.TURTLE)),
}


def test_the_proof_of_a_statement_with_a_long_text_has_an_address(client: FlaskClient) -> None:
    """Too long for an address, the text is named by its digest."""
    page = client.get("/same'&lt;", headers=HTML).text
    addresses = [a for a in Page(page).values("a", "href") if "o-sha256=" in a]
    assert len(addresses) >= 3
    for address in addresses:
        assert "Why this holds" in client.get(address, headers=HTML).text
        (tree,) = client.get(address.replace("/why?", "/why.json?")).get_json()
        told = hashlib.sha256(tree["conclusion"][2].encode()).hexdigest()
        assert f"o-sha256={told}" in address
    unknown = client.get(re.sub("o-sha256=[0-9a-f]+", "o-sha256=00", address))
    assert unknown.status_code == 404
    blank = client.get("/why?s=_:b&p=urn:p&o-sha256=00")
    assert blank.status_code == 400


def test_the_rest_of_a_long_text_is_told_and_stands_in_the_data(client: FlaskClient) -> None:
    path = "/x'onmouseover='alert(31)"
    text = client.get(path, headers={**HTML, "Accept-Language": "zh"}).text
    assert "（数据中另有 160,800 个字符）" in text
    data = client.get(f"{path}.json").get_json()
    (comments,) = (row for row in data["facts"] if row["property"].endswith("#comment"))
    assert LARGE["LONG"] in [value["value"] for value in comments["values"]]
