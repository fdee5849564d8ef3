"""A page of every kind, in both languages, with JavaScript on and off, on a phone and on a desk.

The kinds are those of ``tests/web/page_kinds.tsv``, which is held against the app's own rules. The
four readers meet each two of language, script, width and colours at least once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.web.page_kinds import shipped_pages

Axe = Callable[[Page], list[str]]

READERS: dict[str, dict[str, Any]] = {
    "at a desk": {"locale": "en-GB", "scripts": True, "width": 1280, "color_scheme": "light"},
    "电话": {"locale": "zh-CN", "scripts": True, "width": 360, "color_scheme": "dark"},
    "phone, no scripts": {
        "locale": "en-GB", "scripts": False, "width": 360, "color_scheme": "light",
    },
    "桌面，无脚本": {"locale": "zh-CN", "scripts": False, "width": 1280, "color_scheme": "dark"},
}  # fmt: skip
# How far things moved while the page came (https://www.w3.org/TR/layout-instability/), and what
# still counts as good (https://web.dev/articles/cls).
SHIFTED = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) sum += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => setTimeout(() => done(sum), 50));
})"""
MOST_SHIFTED = 0.1
# The editor of queries is a library of its own, which is loaded after the page.
EDITOR = ("/query", "/sparql")


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize("path", shipped_pages())
def test_a_page_is_whole_accessible_and_within_its_width(
    open_page: OpenPage, axe: Axe, path: str, reader: dict[str, Any]
) -> None:
    page = open_page(**reader)
    response = page.goto(path)
    assert response is not None
    assert len(response.body()) < 100_000
    if (
        path.startswith(EDITOR)
        and reader["scripts"]
        and not page.locator("[data-editor='']").count()
    ):
        expect(page.locator(".CodeMirror")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", reader["locale"][:2])
    expect(page.locator("h1")).to_be_visible()
    assert page.title()
    assert page.evaluate("document.documentElement.scrollWidth") <= reader["width"]
    if reader["scripts"]:  # axe is a script itself
        assert page.evaluate(SHIFTED) < MOST_SHIFTED
        assert axe(page) == []
