"""The ontology's pages in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage


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
