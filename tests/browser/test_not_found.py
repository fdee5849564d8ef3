"""Where nothing is, in a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage


@pytest.mark.parametrize(("width", "locale"), [(360, "zh-CN"), (1280, "en-GB")])
def test_a_reader_gets_from_a_wrong_address_to_the_right_one(
    open_page: OpenPage, axe: Callable[[Page], list[str]], width: int, locale: str
) -> None:
    page = open_page(width=width, locale=locale)
    page.goto("/search?q=zone")
    response = page.goto("/id/place/bejing-e-twon")
    assert response is not None
    assert response.status == 404
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".near").get_by_role("link").first.click()
    expect(page).to_have_url("/id/place/beijing-e-town")
