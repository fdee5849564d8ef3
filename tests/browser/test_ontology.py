"""The ontology's pages in a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage

Axe = Callable[[Page], list[str]]
PATHS = ["/ontology", "/ontology?show=properties", "/ontology/Place", "/ontology/locatedIn",
         "/ontology/FirstInBeijingClaim"]  # fmt: skip


@pytest.mark.parametrize(
    ("width", "locale", "scheme"),
    [(360, "zh-CN", "light"), (360, "en-GB", "dark"), (1280, "en-GB", "light"),
     (1280, "zh-CN", "dark")],
)  # fmt: skip
def test_the_pages_are_accessible_and_fit(
    open_page: OpenPage, axe: Axe, width: int, locale: str, scheme: str
) -> None:
    page = open_page(width=width, locale=locale, color_scheme=scheme)
    for path in PATHS:
        page.goto(path)
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", ["Zone", "locatedIn"])
def test_a_terms_own_name_leads_to_its_page(open_page: OpenPage, name: str) -> None:
    page = open_page()
    page.goto(f"/ontology#{name}")
    expect(page).to_have_url(f"/ontology/{name}")


def test_without_scripts_a_name_leads_to_its_line(page: Page) -> None:
    page.goto("/ontology#Zone")
    expect(page.locator("li:target")).to_contain_text("zone")
    page.locator("li:target").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("zone")
    page.get_by_role("link", name="division code").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("division code")
