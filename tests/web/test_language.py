"""The reader's language: which it is, that it is handed on, and that no text is forgotten."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from etown_kg.web.pages.language import LANGUAGES, text, texts

TEMPLATES = sorted((Path(__file__).parents[2] / "etown_kg/web/templates").rglob("*.html"))


@pytest.mark.parametrize("name", sorted(texts()))
def test_a_text_is_there_in_every_language(name: str) -> None:
    variants = texts()[name]
    assert set(LANGUAGES) <= set(variants)
    assert set(variants) <= {*LANGUAGES, *(f"{each}_one" for each in LANGUAGES)}
    assert all(each.strip() for each in variants.values())


@pytest.mark.parametrize("name", sorted(texts()))
def test_the_languages_of_a_text_have_the_same_places(name: str) -> None:
    places = [set(re.findall(r"{(\w+)", texts()[name][language])) for language in LANGUAGES]
    assert all(each == places[0] for each in places)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_names_texts_that_there_are(template: Path) -> None:
    named = set(re.findall(r"\bt\(['\"]([\w.]+)['\"]", template.read_text(encoding="utf-8")))
    # A name that is put together in the template ends in the part that is known here.
    begun = {name for name in named if name.endswith(("_", "."))}
    assert named - begun <= set(texts())
    assert all(any(text.startswith(name) for text in texts()) for name in begun)


@pytest.mark.parametrize(
    ("path", "accept", "language"),
    [
        ("/", "", "en"),
        ("/", "zh-CN,zh;q=0.9,en;q=0.5", "zh"),
        ("/", "zh-Hant", "zh"),
        ("/", "fr,de;q=0.5", "en"),
        ("/", "zh;q=0, en", "en"),
        ("/?lang=zh", "en", "zh"),
        ("/?lang=en", "zh", "en"),
    ],
)
def test_the_address_decides_before_the_header(
    client: FlaskClient, path: str, accept: str, language: str
) -> None:
    response = client.get(path, headers={"Accept-Language": accept} if accept else {})
    assert f'<html lang="{language}">' in response.text
    assert response.headers["Content-Language"] == language
    assert "Accept-Language" in response.vary


def test_a_language_that_there_is_none_of_is_refused(client: FlaskClient) -> None:
    response = client.get("/?lang=xx", headers={"Accept": "text/html"})
    assert response.status_code == 400
    assert "lang=xx" in response.text


def test_a_chosen_language_is_handed_on_and_one_that_was_not_is_not(client: FlaskClient) -> None:
    assert 'href="/query?lang=zh"' in client.get("/?lang=zh").text
    assert 'href="/query"' in client.get("/", headers={"Accept-Language": "zh"}).text


def test_a_page_leads_to_itself_in_the_other_language(client: FlaskClient) -> None:
    page = client.get("/query?infer=false&lang=zh").text
    assert 'href="/query?infer=false&amp;lang=en"' in page


def test_what_is_put_into_a_text_is_escaped(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        assert "&lt;b&gt;" in text("frame.data_licence", licence="<b>")


def test_one_of_a_thing_has_its_own_words(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    variants = {"en": "{count:,} eels", "en_one": "one eel", "zh": "{count} 条鳗鱼"}
    monkeypatch.setattr("etown_kg.web.pages.language.texts", lambda: {"zoo.eels": variants})
    with app.test_request_context("/"):
        assert text("zoo.eels", "en", count=1) == "one eel"
        assert text("zoo.eels", "en", count=1200) == "1,200 eels"
        assert text("zoo.eels", "zh", count=1) == "1 条鳗鱼"
