"""What machines look for: robots.txt, the sitemap, the icon."""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from flask.testing import FlaskClient

NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def addresses(client: FlaskClient, path: str) -> list[str]:
    response = client.get(path)
    assert response.status_code == 200
    assert response.mimetype == "application/xml"
    found = [each.text or "" for each in ET.fromstring(response.data).iter(f"{NAMESPACE}loc")]
    assert all(address.startswith("http://localhost/") for address in found)
    return [urlsplit(address).path for address in found]


def test_the_sitemap_leads_to_pages(shipped_app: Flask) -> None:
    client = shipped_app.test_client()
    (part,) = addresses(client, "/sitemap.xml")
    found = addresses(client, part)
    assert found[0] == "/"
    assert "/id/place/beijing" in found
    assert len(found) == len(set(found)) > 500
    for path in found[::40]:
        assert client.get(path, headers={"Accept": "text/html"}).status_code == 200, path


def test_a_large_graph_has_several_sitemaps(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = addresses(client, "/sitemap/1.xml")
    monkeypatch.setattr("etown_kg.web.pages.crawlers.MOST_ADDRESSES", 2)
    parts = addresses(client, "/sitemap.xml")
    assert len(parts) > 1
    assert [path for part in parts for path in addresses(client, part)] == whole
    assert client.get("/sitemap/99.xml").status_code == 404


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
