"""Where nothing is, in a browser."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import OpenPage


def test_a_reader_gets_from_a_wrong_address_to_the_right_one(open_page: OpenPage) -> None:
    page = open_page(locale="zh-CN")
    page.goto("/search?q=zone")
    response = page.goto("/id/place/bejing-e-twon")
    assert response is not None
    assert response.status == 404
    page.locator(".near").get_by_role("link").first.click()
    expect(page).to_have_url("/id/place/beijing-e-town")
