"""Figures in a browser: filter, compare, take along, with and without JavaScript."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage

Axe = Callable[[Page], list[str]]


@pytest.mark.parametrize("width", [360, 1280])
def test_a_reader_filters_and_compares_without_a_script(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/figures")
    page.get_by_label("Unit", exact=True).select_option(label="yuan (renminbi) (4)")
    page.get_by_label("this number?").fill("260 billion")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("status")).to_have_text("4 of 35 figures")
    page.get_by_role("link", name="certain 1").click()
    row = page.get_by_role("row").filter(has_text="F27")
    expect(row).to_contain_text("more than 260 billion yuan")
    expect(row).to_contain_text("certain")
    expect(row.get_by_role("img")).to_have_accessible_name(
        "more than 260 billion yuan, no upper end known"
    )
    response = page.request.get(page.get_by_role("link", name="CSV").get_attribute("href") or "")
    (record,) = csv.DictReader(io.StringIO(response.text(), newline=""))
    assert (record["fact_id"], record["verdict"]) == ("F27", "certain")
    page.get_by_role("link", name="Remove Unit").click()
    expect(page.get_by_role("alert")).to_contain_text("of what?")


def test_a_number_that_is_none_is_explained_and_kept(page: Page) -> None:
    page.goto("/figures")
    page.get_by_label("this number?").fill("a lot")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("alert")).to_contain_text("“a lot” is no number")
    assert page.get_by_label("this number?").input_value() == "a lot"
    page.get_by_label("this number?").fill("300")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("alert").get_by_role("link", name="percent").click()
    expect(page.get_by_text("Is the figure > 300%?")).to_be_visible()


def test_the_language_is_kept_on_the_way(open_page: OpenPage) -> None:
    page = open_page(scripts=False)
    page.goto("/figures?lang=zh")
    page.get_by_label("单位", exact=True).select_option(index=1)
    page.get_by_role("button", name="显示").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    assert "lang=zh" in page.url


def test_nothing_but_the_button_is_missing_without_a_script(page: Page) -> None:
    page.goto("/figures")
    expect(page.get_by_role("button", name="Interactive chart")).to_have_count(0)
    expect(page.get_by_role("img", name="no upper end known").first).to_be_visible()


def test_the_chart_draws_what_the_table_holds(open_page: OpenPage, axe: Axe) -> None:
    page = open_page()
    page.goto("/figures?unit=CCY_CNY&threshold=300+billion")
    button = page.get_by_role("button", name="Interactive chart")
    if button.count() == 0:
        pytest.skip("the chart library was not bundled: python frontend/build.py")
    button.click()
    chart = page.locator("#chart")
    expect(chart.get_by_role("img", name="Chart of 4 figures")).to_be_visible()
    expect(chart.locator("svg")).to_contain_text("gross domestic product (F27)")
    assert axe(page) == []
    with page.expect_download() as download:
        chart.get_by_role("button", name="Save as SVG").click()
    assert download.value.suggested_filename == "figures.svg"
    page.get_by_role("button", name="Light or dark").click()  # the colours follow
    button.click()
    expect(chart).to_be_hidden()


def test_a_chart_that_cannot_be_loaded_says_so(open_page: OpenPage) -> None:
    page = open_page()
    page.route("**/figures.vl.json*", lambda route: route.fulfill(status=503))
    page.goto("/figures")
    button = page.get_by_role("button", name="Interactive chart")
    if button.count() == 0:
        pytest.skip("the chart library was not bundled: python frontend/build.py")
    button.click()
    expect(page.locator("#chart")).to_contain_text("chart could not be loaded")
    expect(page.locator("#chart")).to_contain_text("503")


def test_a_working_leads_to_its_inputs(page: Page) -> None:
    page.goto("/figures?indicator=output-growth-factor")
    page.get_by_role("link", name="computed: F06 / F04").click()
    working = page.locator("#working-X4")
    expect(working).to_contain_text("gives less than 3")
    expect(working).to_contain_text("more than 200 billion yuan")


def test_a_figures_page_loads_little(open_page: OpenPage) -> None:
    """The library of the chart is loaded when somebody asks for it."""
    page = open_page()
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(len(response.body())))
    page.goto("/figures", wait_until="networkidle")
    assert len(sizes) <= 10
    assert sum(sizes) < 200_000


# The dates of a table that a line ends within.
BROKEN_DATES = """cells => cells.flatMap(cell => {
  const found = [], texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  for (let text; text = texts.nextNode();) {
    for (const date of text.data.matchAll(/\\d{4}-\\d\\d-\\d\\d/g)) {
      const range = document.createRange();
      range.setStart(text, date.index);
      range.setEnd(text, date.index + date[0].length);
      const lines = new Set([...range.getClientRects()].map(each => Math.round(each.top)));
      if (lines.size > 1) found.push(date[0]);
    }
  }
  return found;
})"""


@pytest.mark.parametrize("width", [390, 1280])
def test_no_line_ends_within_a_date_of_the_coverage(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/coverage?lang=en")
    cells = page.locator("table.covered tbody td")
    assert cells.get_by_text("2022-10-10").count() > 0
    assert cells.evaluate_all(BROKEN_DATES) == []
