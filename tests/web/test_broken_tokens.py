"""Tokens that cannot be read: the client is told that much, the log names the file."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat, parse

from etown_kg.backend.local import LocalBackend
from etown_kg.config import Settings
from etown_kg.errors import StorageError
from etown_kg.graph import KnowledgeGraph
from etown_kg.tokens import Tokens
from etown_kg.web import create_app
from etown_kg.web.access import KEPT_BYTES
from etown_kg.web.limits import RequestLimits
from tests.web.conftest import ZOO
from tests.web.writers import bearer

ASK = "/sparql?query=ASK%7B%7D"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tokens.json"


@pytest.fixture
def app(file: Path, tmp_path: Path) -> Flask:
    graph = KnowledgeGraph(parse(ZOO, RdfFormat.TRIG), base="http://zoo.example/")
    settings = Settings(ontology=tmp_path, data=tmp_path, base="http://zoo.example/")
    return create_app(settings, LocalBackend(graph), find_token=Tokens(file).find)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def break_content(file: Path) -> None:
    file.write_text("{junk", encoding="utf-8")
    file.chmod(0o600)


def break_mode(file: Path) -> None:
    file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    file.chmod(0o644)


def break_kind(file: Path) -> None:
    file.unlink()
    file.mkdir(mode=0o700)


@pytest.mark.parametrize("broken", [break_content, break_mode, break_kind])
def test_tokens_that_cannot_be_read_are_told_so(
    app: Flask, client: FlaskClient, file: Path, broken: object, caplog: pytest.LogCaptureFixture
) -> None:
    secret = Tokens(file).create("all", may_write=None)
    update = {"data": "INSERT DATA { <x:a> <x:b> 1 }", "headers": bearer(secret)}
    kept_bytes = app.extensions[KEPT_BYTES]
    assert kept_bytes(f"Bearer {secret}") == RequestLimits().body_bytes
    assert callable(broken)
    broken(file)
    with caplog.at_level(logging.ERROR):
        response = client.post("/update", content_type="application/sparql-update", **update)
    assert response.status_code == 503
    assert response.get_json()["type"].endswith("/unavailable")
    assert "tokens" in response.get_json()["detail"]
    assert str(file) not in response.text
    assert str(file) in caplog.text
    assert kept_bytes(f"Bearer {secret}") == RequestLimits().query_body_bytes
    # Who shows none needs none.
    assert client.get(ASK).status_code == 200
    assert client.get(ASK, headers=bearer(secret)).status_code == 503


def test_a_fault_that_the_client_is_told_of_is_in_the_log(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    @app.get("/broken")
    def broken() -> str:
        raise StorageError("/srv/data is damaged")

    with caplog.at_level(logging.ERROR):
        response = client.get("/broken")
    assert response.status_code == 500
    assert "/srv/data" not in response.text
    assert "/srv/data is damaged" in caplog.text
