"""A headless Chromium on the shipped app, without any connection but to it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Error, Page, sync_playwright

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
