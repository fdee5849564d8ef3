"""The pages in a browser, with JavaScript switched off: they are all there is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

WIDTHS = {"phone": 360, "tablet": 820, "desktop": 1440}
PATHS = ["/", "/query", "/query?question=cq-01-output-value", "/query?query=SELECT", "/nowhere"]


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page that may load nothing from elsewhere, and reports what it tried or complained of."""
    context = browser.new_context(base_url=address, java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith(address) else complaints.append(request.url),
    )
    yield page
    context.close()
    assert [each for each in complaints if "Failed to load resource" not in each] == []


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("path", PATHS)
def test_nothing_sticks_out_at_any_width(page: Page, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(path)
    for selector in ("h1", "main", "footer", ".bar"):
        box = page.locator(selector).first.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    full = page.screenshot(full_page=True)
    assert int.from_bytes(full[16:20], "big") == width  # the picture's own width in its header


def test_a_reader_gets_from_the_front_to_an_answer_and_its_csv(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Beijing E-Town knowledge graph")
    page.get_by_role("link", name="What was the total industrial output value").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("2 solutions")
    expect(page.get_by_role("cell", name="600,000,000,000")).to_be_visible()
    response = page.request.get(page.get_by_role("link", name="CSV").get_attribute("href") or "")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert "600000000000" in response.text()


def test_a_changed_query_is_run(page: Page) -> None:
    page.goto("/query")
    page.get_by_label("SPARQL").fill('ASK { ?figure et:factId "F15" ; et:lowerBound 300.0 }')
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".boolean")).to_have_text("true")
    expect(page.get_by_label("SPARQL")).to_contain_text("F15")


def test_only_what_was_asserted_is_a_tick_away(page: Page) -> None:
    page.goto("/query")
    page.get_by_label("SPARQL").fill("ASK { place:beijing-e-town et:locatedIn place:china }")
    page.get_by_label("only what was asserted").check()
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".boolean")).to_have_text("false")
    expect(page.get_by_label("only what was asserted")).to_be_checked()


def test_a_mistake_is_shown_where_it_is_and_the_query_kept(page: Page) -> None:
    page.goto("/query")
    page.get_by_label("SPARQL").fill("SELECT ?s\nWHERE {")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("alert")).to_contain_text("Line 2, column 8")
    assert page.get_by_label("SPARQL").input_value() == "SELECT ?s\nWHERE {"


def test_more_questions_unfold_without_a_script(page: Page) -> None:
    page.goto("/")
    hidden = page.get_by_role("link", name="Which facilities support innovation?")
    expect(hidden).to_be_hidden()
    page.get_by_text("more questions").click()
    expect(hidden).to_be_visible()


def test_the_keyboard_reaches_the_content_first(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(browser: Browser, address: str, scheme: str) -> None:
    """WCAG 2.1, 1.4.3: a contrast of at least 4.5 to 1, for each colour that text is set in."""
    context = browser.new_context(base_url=address, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/")
    colours = {
        name: page.evaluate(
            "name => getComputedStyle(document.documentElement).getPropertyValue(name)", f"--{name}"
        )
        for name in ("ink", "quiet", "accent", "accent-ink", "alarm", "paper", "sheet")
    }
    context.close()
    pairs = [
        (ink, ground)
        for ink in ("ink", "quiet", "accent", "alarm")
        for ground in ("paper", "sheet")
    ]
    for ink, ground in [*pairs, ("accent-ink", "accent")]:
        assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colours ``#rrggbb``."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance: https://www.w3.org/TR/WCAG21/#dfn-relative-luminance."""
    parts = [int(colour.strip()[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
