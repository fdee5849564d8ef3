"""The query page, the named queries and the graph view in a browser, with and without scripts."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Page, expect

from etown_kg.web import assets
from tests.browser.conftest import OpenPage

ZONE = "https://w3id.org/etown/id/place/beijing-e-town"
NETWORK = f"/network?iri={quote(ZONE)}"

pytestmark = pytest.mark.skipif(
    not assets.bundled(Path(assets.__file__).parent / "static" / assets.FOLDER),
    reason="no libraries: python frontend/build.py",
)


def write(page: Page, query: str) -> None:
    """Put a query into the editor, as if it had been pasted."""
    page.locator(".CodeMirror").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(query)


def is_drawn(page: Page, selector: str = ".network .canvas canvas") -> None:
    expect(page.locator(selector).first).to_be_visible(timeout=20_000)


def test_a_query_runs_without_leaving_the_page_and_can_be_shared(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/query")
    write(page, 'ASK { ?figure et:factId "F15" ; et:lowerBound 300.0 }')
    page.keyboard.press("Control+Enter")
    expect(page.locator(".boolean")).to_have_text("true")
    shared = page.get_by_role("link", name="Link to this query").get_attribute("href")
    assert shared == page.url
    for scripts in (True, False):
        other = open_page(scripts=scripts)
        other.goto(str(shared))
        expect(other.locator(".boolean")).to_have_text("true")


def test_going_back_shows_the_query_before(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/query?query=ASK{}")
    write(page, "ASK { ?s a ?s , <x:none> }")
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".boolean")).to_have_text("false")
    page.go_back()
    expect(page.locator(".boolean")).to_have_text("true")


def test_a_link_that_yasgui_made_is_run(open_page: OpenPage) -> None:
    page = open_page()
    page.goto(f"/query#query={quote('ASK { }')}&endpoint={quote('http://elsewhere.example/')}")
    expect(page.locator(".boolean")).to_have_text("true")


def test_a_mistake_is_marked_in_the_editor(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/query")
    write(page, "SELECT ?s\nWHERE {")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("alert")).to_contain_text("Line 2, column 8")
    expect(page.locator(".failing-line")).to_have_count(1)
    write(page, "ASK { }")
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".boolean")).to_have_text("true")
    expect(page.locator(".failing-line")).to_have_count(0)


def test_the_graphs_own_names_are_completed_by_label_too(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/query")
    write(page, "SELECT * WHERE { ?s a ")
    page.keyboard.type("Observ", delay=20)
    page.keyboard.press("Control+Space")
    hint = page.locator(".CodeMirror-hint", has_text="et:Observation").first
    expect(hint).to_be_visible()
    hint.click()
    text = page.evaluate("() => document.querySelector('.CodeMirror').CodeMirror.getValue()")
    assert "?s a et:Observation" in text
    assert "PREFIX et: <https://w3id.org/etown/ontology#>" in text


def test_a_query_too_long_for_an_address_runs(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/query")
    write(page, "ASK { } #" + "x" * 7000)
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".boolean")).to_have_text("true")
    expect(page.get_by_text("too long for a link")).to_be_visible()
    with page.expect_response("**/sparql") as caught:
        page.get_by_role("button", name="SPARQL results JSON").click()
    assert caught.value.json()["boolean"] is True


def test_an_answer_is_drawn_as_a_chart(
    open_page: OpenPage, axe: Callable[[Page], list[str]]
) -> None:
    page = open_page()
    page.goto("/query?question=cq-01-output-value")
    page.get_by_role("button", name="Chart").click()
    expect(page.locator(".chart svg")).to_be_visible(timeout=20_000)
    page.locator("[name=mark]").select_option("point")
    page.locator("[name=y]").select_option(label="upper")
    expect(page.locator(".chart svg").get_by_text("upper", exact=True)).to_be_visible()
    # One of the two figures has no upper bound, and so no point.
    expect(page.locator(".chart svg [aria-roledescription=point]")).to_have_count(1)
    assert axe(page) == []
    page.get_by_role("button", name="Table").click()
    expect(page.get_by_role("cell", name="600,000,000,000")).to_be_visible()


def test_an_answer_is_drawn_as_a_graph(open_page: OpenPage) -> None:
    page = open_page()
    page.goto(f"/query?query=DESCRIBE+{quote(f'<{ZONE}>')}")
    page.get_by_role("button", name="Graph").click()
    is_drawn(page, "[data-panel=network] canvas")


def test_a_named_query_is_asked_with_other_values(page: Page) -> None:
    page.goto("/q/certainly-at-least")
    expect(page.get_by_role("heading", level=2, name="1 solution")).to_be_visible()
    page.get_by_label("what is measured").select_option("")
    page.get_by_label("the number to compare with").fill("90")
    page.get_by_role("button", name="Run").click()
    assert "threshold=90" in page.url
    expect(page.locator("#answer-title")).not_to_have_text("1 solution")
    csv = page.get_by_role("link", name="CSV").get_attribute("href") or ""
    rows = page.request.get(csv).text().strip().splitlines()
    assert len(rows) - 1 == page.locator("#answer tbody tr").count()


def test_a_value_that_does_not_fit_is_told_at_its_field(page: Page) -> None:
    page.goto("/q/certainly-at-least?lang=zh")
    page.locator("[name=threshold]").fill("many")
    page.get_by_role("button", name="运行").click()
    expect(page.locator("[name=threshold]")).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".wrong")).to_contain_text("“many”不是数字")


def test_the_graph_view_is_used_by_keyboard(open_page: OpenPage) -> None:
    page = open_page()
    page.goto(NETWORK)
    is_drawn(page)
    page.locator(".network .canvas").focus()
    status = page.locator(".network .status")
    page.keyboard.press("ArrowRight")
    expect(status).to_contain_text("Beijing E-Town")
    page.keyboard.press("ArrowRight")
    expect(status).not_to_be_empty()
    name = (status.text_content() or "").partition(",")[0]
    assert name != "Beijing E-Town"
    page.keyboard.press("Enter")
    expect(status).to_contain_text("more things")
    page.keyboard.press("Escape")
    expect(status).to_be_empty()


def test_the_list_marks_what_is_looked_at_in_the_drawing(open_page: OpenPage) -> None:
    page = open_page()
    page.goto(NETWORK)
    is_drawn(page)
    link = page.locator("[data-node]").first
    link.focus()
    expect(page.locator(".network .status")).to_contain_text(link.text_content() or "?")


def test_the_drawing_is_exported(open_page: OpenPage) -> None:
    page = open_page()
    page.goto(NETWORK)
    is_drawn(page)
    with page.expect_download() as caught:
        page.get_by_role("button", name="SVG").click()
    root = ElementTree.parse(caught.value.path()).getroot()
    texts = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert "Beijing E-Town" in texts
    with page.expect_download() as caught:
        page.get_by_role("button", name="PNG").click()
    assert caught.value.path().read_bytes().startswith(b"\x89PNG")


def test_around_one_thing_no_name_lies_on_another(open_page: OpenPage) -> None:
    """In the exported drawing: each name has a line of its own on its side."""
    page = open_page()
    page.goto(NETWORK)
    is_drawn(page)
    with page.expect_download() as caught:
        page.get_by_role("button", name="SVG").click()
    root = ElementTree.parse(caught.value.path()).getroot()
    lines: dict[str, list[float]] = {"start": [], "end": []}
    for text in root.iter("{http://www.w3.org/2000/svg}text"):
        if text.get("text-anchor") in lines:
            lines[str(text.get("text-anchor"))].append(float(text.get("y", "nan")))
    assert len(lines["start"]) + len(lines["end"]) > 20
    for places in lines.values():
        places.sort()
        assert all(after - before >= 20 for before, after in pairwise(places))


def test_without_a_script_one_goes_from_list_to_list(page: Page) -> None:
    page.goto(NETWORK)
    assert page.locator(".canvas").bounding_box() is None  # nor is room kept for it
    page.get_by_role("link", name="Huairou Science City").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Around Huairou Science City")
    page.get_by_role("link", name="The whole ontology").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The ontology as a graph")
