"""Pages of things, proofs and articles in a browser: from a figure to its words."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage

WITHIN = (
    "/why?s=https://w3id.org/etown/id/place/beijing-e-town"
    "&p=https://w3id.org/etown/ontology%23locatedIn&o=https://w3id.org/etown/id/place/china"
)
PATHS = {
    "start": "/",
    "place": "/id/place/beijing-e-town",
    "figure": "/id/obs/F15",
    "concept": "/concept/indicator/gdp",
    "article": "/id/article/2022-10-10-industrial-fleet",
    "articles": "/articles",
    "why": WITHIN,
    "elsewhere": "/describe?iri=http://www.w3.org/ns/prov%23Entity",
    "graph": "/graph/ontology",
    "problem": "/why?s=x",
}


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_reader_gets_from_a_place_by_why_to_the_words_of_an_article(
    open_page: OpenPage, *, scripts: bool
) -> None:
    page = open_page(scripts=scripts)
    page.goto("/id/place/beijing-e-town")
    row = page.locator(".facts .row", has_text="located in").filter(has_text="China").first
    row.get_by_role("link", name="why?").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Why this holds")
    expect(page.locator(".leaf q").first).to_have_text("in southeast Beijing")
    page.locator(".leaf .evidence a").first.click()
    expect(page.locator("#p12")).to_be_in_viewport()
    expect(page.locator("#p12 q").first).to_be_visible()


def test_a_proof_folds_without_a_script(page: Page) -> None:
    page.goto(WITHIN)
    step = page.locator(".proof details").nth(1)
    leaf = step.locator(".leaf").first
    expect(leaf).to_be_visible()
    step.locator("summary").first.press("Enter")
    expect(leaf).to_be_hidden()


def test_a_reader_of_chinese_follows_a_figure(open_page: OpenPage) -> None:
    page = open_page(scripts=False, locale="zh-CN")
    page.goto("/")
    page.get_by_role("link", name="每日上路自动驾驶车辆数").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("超过300辆")
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("more than 300")


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_a_page_is_light(open_page: OpenPage, path: str) -> None:
    """Bytes and requests, which do not depend on the machine."""
    page = open_page()
    loaded: list[int] = []
    page.on("response", lambda response: loaded.append(len(response.body())))
    page.goto(path, wait_until="networkidle")
    assert len(loaded) <= 8
    assert loaded[0] < 100_000
    assert sum(loaded) < 250_000


def test_a_page_can_be_printed(page: Page) -> None:
    page.goto("/id/obs/F15")
    page.emulate_media(media="print")
    expect(page.locator("header.bar")).to_be_hidden()
    expect(page.locator("svg.interval .bar").first).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
