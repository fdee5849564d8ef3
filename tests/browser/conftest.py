"""A headless Chromium on the shipped app, without any connection but to it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Dialog, Error, Page, sync_playwright

from etown_kg.web.assets import bundled
from tests.web.serving import serving

ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium as the machine has it."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        except Error as error:
            pytest.skip(f"Chromium does not start: {error.message.splitlines()[0]}")
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address(shipped_app: Flask) -> Iterator[str]:
    """The address of the shipped app on a real server."""
    with serving(shipped_app) as address:
        yield address


@pytest.fixture(scope="session")
def axe_source() -> str:
    """axe-core, bundled by ``frontend/build.py`` for the tests alone."""
    folder = Path(__file__).parents[2] / "frontend" / "testing"
    files = bundled(folder)
    if not files:
        pytest.skip("axe-core was not bundled: python frontend/build.py")
    return (folder / files["axe.js"]).read_text(encoding="utf-8")


@pytest.fixture
def axe(axe_source: str) -> Callable[[Page], list[str]]:
    """Checks a page by WCAG 2.2 AA and axe's best practices; gives what it finds, in words.

    The script is evaluated by the debugger, so the page's Content Security Policy stays as it is.
    """

    def check(page: Page) -> list[str]:
        page.evaluate(axe_source)
        violations = page.evaluate("() => axe.run().then((results) => results.violations)")
        return [
            f"{violation['id']}: {violation['help']}: {node['html']}"
            for violation in violations
            for node in violation["nodes"]
        ]

    return check


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[OpenPage]:
    """Opens pages that may load nothing from elsewhere and have nothing to complain of.

    ``open_page(scripts=False, locale="zh-CN", width=360)``; more options are Playwright's own
    for a context. Closes them all, and fails if one complained on the console, met an error, asked
    another host or opened a dialog.
    """
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def open_one(
        *, scripts: bool = True, locale: str = "en-GB", width: int = 1280, **options: Any
    ) -> Page:
        context = browser.new_context(
            base_url=address,
            java_script_enabled=scripts,
            locale=locale,
            viewport={"width": width, "height": 800},
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"{page.url}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("dialog", lambda dialog: _refuse(dialog, complaints))
        page.on("request", lambda request: _note_foreign(request.url, address, complaints))
        return page

    yield open_one
    for context in contexts:
        context.close()
    # A page that answers 404 or 400 on purpose is reported as a resource that failed to load.
    assert [each for each in complaints if "Failed to load resource" not in each] == []


def _refuse(dialog: Dialog, complaints: list[str]) -> None:
    complaints.append(f"{dialog.page and dialog.page.url}: a dialog: {dialog.message}")
    dialog.dismiss()


def _note_foreign(url: str, address: str, complaints: list[str]) -> None:
    if not url.startswith((address, "data:", "blob:")):
        complaints.append(url)


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A page without JavaScript: they all have to do without."""
    return open_page(scripts=False)
