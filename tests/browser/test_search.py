"""Searching in a browser: as you type, with the keyboard, without JavaScript, in Chinese."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage

Axe = Callable[[Page], list[str]]


def test_suggestions_lead_to_a_page_by_keyboard(open_page: OpenPage, axe: Axe) -> None:
    page = open_page()
    page.goto("/search")
    field = page.get_by_role("combobox")
    field.press_sequentially("etow")
    option = page.get_by_role("option", name="Beijing E-Town zone", exact=True)
    expect(option).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("status")).to_contain_text("suggestions")
    assert axe(page) == []
    field.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", option.get_attribute("id") or "")
    field.press("ArrowUp")
    expect(option).to_have_attribute("aria-selected", "false")
    assert field.get_attribute("aria-activedescendant") is None
    field.press("ArrowDown")
    with page.expect_navigation():
        field.press("Enter")
    assert page.url.endswith("/id/place/beijing-e-town")


def test_escape_closes_and_enter_sends_what_was_typed(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/")
    field = page.get_by_role("combobox")
    field.press_sequentially("zone")
    expect(page.get_by_role("listbox")).to_be_visible()
    field.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(field).to_have_value("zone")
    field.press("Enter")
    expect(page).to_have_url("/search?q=zone")


def test_a_click_on_a_suggestion_opens_it(open_page: OpenPage) -> None:
    page = open_page(locale="zh-CN", width=360)
    page.goto("/?lang=zh")
    page.get_by_role("combobox").press_sequentially("开发区")
    with page.expect_navigation():
        page.get_by_role("option").first.click()
    assert "/id/" in page.url
    assert page.url.endswith("lang=zh")


def test_all_results_are_the_last_suggestion(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/")
    page.get_by_role("combobox").press_sequentially("beijing")
    page.get_by_role("option", name="All results for “beijing”").click()
    expect(page).to_have_url("/search?q=beijing")


def test_leaving_the_field_closes_the_list(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/search")
    page.get_by_role("combobox").press_sequentially("zone")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("listbox")).to_be_hidden()


def test_search_works_without_scripts(page: Page) -> None:
    page.goto("/?lang=zh")
    field = page.get_by_role("searchbox")
    field.fill("产业集群")
    field.press("Enter")
    expect(page.get_by_role("heading", level=3).first).to_contain_text("产业集群")
    expect(page.locator("mark").first).to_have_text("产业集群")
    assert "lang=zh" in page.url
    page.get_by_role("navigation", name="类别").get_by_role("link").nth(1).click()
    expect(page.get_by_role("navigation", name="类别").locator("[aria-current]")).to_have_count(1)
