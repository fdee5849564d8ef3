"""The pages in a browser, with JavaScript switched off unless a test says otherwise."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import OpenPage


def test_a_reader_gets_from_the_front_to_an_answer_and_its_csv(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Beijing E-Town knowledge graph")
    page.get_by_role("link", name="What was the total industrial output value").first.click()
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
    page.get_by_text("All 54 questions").click()
    expect(hidden).to_be_visible()


def test_the_keyboard_reaches_the_content_first(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()


FOCUSED = """() => {
  const element = document.activeElement, box = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  return {
    what: element.outerHTML.slice(0, 120),
    isSeen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
    isMarked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
  };
}"""


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("path", ["/", "/figures", "/id/place/beijing-e-town", "/search?q=zone"])
def test_the_keyboard_shows_where_it_is(open_page: OpenPage, path: str, width: int) -> None:
    """WCAG 2.2, 2.4.7 and 2.4.11: what has the focus is marked, and in sight."""
    page = open_page(width=width)
    page.goto(path)
    stops = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        assert focused["isSeen"], focused
        assert focused["isMarked"], focused
        stops.add(focused["what"])
    assert len(stops) > 20


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(browser: Browser, address: str, scheme: str) -> None:
    """WCAG 2.1, 1.4.3: a contrast of at least 4.5 to 1, for each colour that text is set in."""
    context = browser.new_context(base_url=address, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto("/")
    names = (
        "ink", "quiet", "accent", "accent-ink", "warm", "alarm", "inferred", "paper", "sheet",
        "sunk", "accent-soft", "warm-soft", "alarm-soft", "inferred-soft",
    )  # fmt: skip
    colours = {
        name: page.evaluate(
            """name => {
              document.body.style.color = `var(--${name})`;
              return getComputedStyle(document.body).color;
            }""",
            name,
        )
        for name in names
    }
    context.close()
    pairs = [
        (ink, ground)
        for ink in ("ink", "quiet", "accent", "alarm")
        for ground in ("paper", "sheet", "sunk")
    ]
    pairs += [(ink, f"{ink}-soft") for ink in ("accent", "warm", "alarm", "inferred")]
    for ink, ground in [*pairs, ("accent-ink", "accent"), ("warm", "paper"), ("inferred", "sheet")]:
        assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colours ``rgb(r, g, b)``."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance: https://www.w3.org/TR/WCAG21/#dfn-relative-luminance."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_reader_chooses_light_or_dark_and_the_next_page_knows(open_page: OpenPage) -> None:
    page = open_page(color_scheme="light")
    page.goto("/")
    ground = "() => getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Light or dark").click()
    dark = page.evaluate(ground)
    assert light != dark
    page.goto("/query")
    assert page.evaluate(ground) == dark
    expect(page.get_by_role("button", name="Light or dark")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_a_reader_of_chinese_reads_chinese_and_can_choose_english(open_page: OpenPage) -> None:
    page = open_page(scripts=False, locale="zh-CN")
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("北京亦庄知识图谱")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Beijing E-Town knowledge graph")
    page.get_by_role("link", name="Query", exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
