"""What went wrong, as readers see it: in their language, with the exact cause in English."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from etown_kg.web.pages.language import texts
from etown_kg.web.problems import MORE_NAMES, NAMES, Problem, response_of
from tests.web.test_pages import Page

KINDS = sorted({*NAMES.values(), *MORE_NAMES, "other"})
LONG = "SELECT ?s WHERE {"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_called_by_a_name_and_says_what_to_do(kind: str) -> None:
    assert f"problem.{kind}" in texts()
    assert f"problem.{kind}_means" in texts()


def test_no_kind_is_told_that_is_not_met() -> None:
    told = {name.split(".")[1] for name in texts() if name.startswith("problem.")}
    kinds = {each.removesuffix("_means") for each in told}
    assert kinds - set(KINDS) == {"in_detail", "whole", "place", "offered"}


@pytest.mark.parametrize(
    ("path", "status", "en", "zh"),
    [
        ("/why?s=x", 400, "cannot be understood", "无法理解此请求"),
        ("/sparql?query=SELECT", 400, "This query cannot be answered", "无法回答此查询"),
        ("/search?q=x&page=1000", 400, "cannot be understood", "无法理解此请求"),
        ("/update", 405, "does not work that way", "不支持这种请求方法"),
        ("/query?query=ASK{SERVICE<x:y>{}}", 400, "This query cannot be answered", "无法回答"),
    ],
)
def test_a_problem_is_told_in_the_readers_language(
    client: FlaskClient, path: str, status: int, en: str, zh: str
) -> None:
    for language, told in (("en", en), ("zh", zh)):
        accept = {"Accept": "text/html", "Accept-Language": language}
        response = client.get(path, headers=accept)
        assert response.status_code == status
        assert response.mimetype == "text/html"
        assert told in response.text
        assert Page(response.text).values("html", "lang") == [language]


def test_a_long_message_of_the_parser_is_folded(client: FlaskClient) -> None:
    detail = client.get("/sparql", query_string={"query": LONG}).get_json()["detail"]
    assert len(detail) > 400
    for path in ("/query", "/sparql"):
        page = client.get(path, query_string={"query": LONG}, headers={"Accept": "text/html"})
        assert "The whole message" in page.text
        shown, _, folded = page.text.partition("<details>")
        assert "expected one of" in shown
        assert "[_]" not in shown.rpartition('id="answer-title"')[2]
        assert "[_]" in folded


def test_a_problem_without_a_kind_has_words_too(app: Flask) -> None:
    problem = Problem(HTTPStatus.IM_A_TEAPOT, "short and stout")
    with app.test_request_context("/?lang=zh", headers={"Accept": "text/html"}):
        text = response_of(problem, request.accept_mimetypes).get_data(as_text=True)
    assert "<h1>操作未成功</h1>" in text
    assert "short and stout" in text
