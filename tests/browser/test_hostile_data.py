"""Whatever somebody writes into a graph is text to a browser too: nothing of it runs or breaks out.

A ``Content-Security-Policy`` would hide that something was let through, so its reports count as
complaints, as everything on the console does.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.web.harm import hostile_app, hostile_graph
from tests.web.page_kinds import hostile_pages
from tests.web.serving import serving

# Texts with a bidirectional control turn those beside them unless they are kept apart: the nearest
# element around each has to be a block or to isolate (CSS Writing Modes 4, 2.2).
LOOSE = """() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const parent = text.parentElement;
    if (!/[\\u202a-\\u202e\\u2066-\\u2069]/.test(text.data) || !parent.checkVisibility()) continue;
    if (parent.closest("svg, script, textarea, option, .CodeMirror")) continue;
    const style = getComputedStyle(parent);
    const alone = parent.childNodes.length === 1 && style.display !== "inline";
    if (!alone && !/isolate|plaintext/.test(style.unicodeBidi)) found.push(parent.outerHTML);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an app over the hostile graph, in the place of the shipped one."""
    with serving(hostile_app(tmp_path_factory.mktemp("hostile"), hostile_graph())) as address:
        yield address


@pytest.mark.parametrize("path", hostile_pages())
def test_nothing_runs_turns_or_sticks_out(open_page: OpenPage, path: str) -> None:
    page = open_page(width=360, locale="zh-CN")
    page.goto(path, wait_until="load")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate(LOOSE) == []


def test_suggestions_and_drawings_show_it_as_text(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/")
    page.get_by_role("combobox").press_sequentially("script")
    expect(page.get_by_role("option").first).to_contain_text("<script>alert(")
    page.goto("/network?iri=http://zoo.example/x'onmouseover='alert(31)")
    if page.locator("[data-library='']").count() == 0:
        expect(page.locator(".network .canvas canvas").first).to_be_visible(timeout=20_000)
        with page.expect_download() as caught:
            page.get_by_role("button", name="SVG").click()
        drawn = caught.value.path().read_text(encoding="utf-8")
        assert "<script" not in drawn
        assert "javascript:" not in drawn.replace(">javascript:", "")
    page.goto("/figures")
    button = page.get_by_role("button", name="Interactive chart")
    if button.count():
        button.click()
        expect(page.locator("#chart svg")).to_contain_text("<script>")
