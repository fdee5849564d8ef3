"""Take the pictures that the documentation shows, from the app as it is.

``make screenshot``; needs Chromium. The pictures are small PNG files in docs/pictures/.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Literal, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import sync_playwright  # noqa: E402  (after the path is set)

from etown_kg.backend.local import LocalBackend  # noqa: E402
from etown_kg.config import Settings  # noqa: E402
from etown_kg.graph import KnowledgeGraph  # noqa: E402
from etown_kg.web import create_app  # noqa: E402
from tests.browser.conftest import ARGUMENTS  # noqa: E402
from tests.web.serving import serving  # noqa: E402

ZONE = "https://w3id.org/etown/id/place/beijing-e-town"
DESK, PHONE = (1200, 900), (390, 780)


class Picture(NamedTuple):
    """What to take: its address, its size in CSS pixels, its reader, and what has to be there."""

    path: str
    size: tuple[int, int] = DESK
    locale: str = "en-GB"
    scheme: Literal["light", "dark"] = "light"
    drawn: str = "h1"
    scroll_to: str = ""


PICTURES = {
    "start.png": Picture("/"),
    "answer.png": Picture(
        "/query?question=cq-03-more-than-300-vehicles",
        (1200, 1140),
        drawn=".CodeMirror",
        scroll_to="form[data-desk]",
    ),
    "thing.png": Picture("/id/place/beijing-e-town"),
    "why.png": Picture(
        f"/why?s={ZONE}&p=https://w3id.org/etown/ontology%23locatedIn"
        "&o=https://w3id.org/etown/id/place/china"
    ),
    "article.png": Picture("/id/article/2022-10-10-industrial-fleet", locale="zh-CN"),
    "figures.png": Picture("/figures?unit=NUM&threshold=300", scroll_to=".summary"),
    "network.png": Picture(f"/network?iri={ZONE}", drawn=".canvas canvas"),
    "ontology.png": Picture("/ontology", scroll_to="#terms"),
    "search.png": Picture("/search?q=产业", locale="zh-CN"),
    "dark.png": Picture("/id/derived/X4", scheme="dark"),
    "phone.png": Picture("/", PHONE, "zh-CN", "dark"),
}


def main() -> None:
    """Write each picture into docs/pictures/."""
    folder = ROOT / "docs" / "pictures"
    folder.mkdir(exist_ok=True)
    program = shutil.which("chromium")
    app = create_app(Settings(), LocalBackend(KnowledgeGraph.build()))
    with serving(app) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        for name, picture in PICTURES.items():
            width, height = picture.size
            page = browser.new_page(
                viewport={"width": width, "height": height},
                locale=picture.locale,
                color_scheme=picture.scheme,
            )
            page.goto(address + picture.path, wait_until="networkidle")
            page.locator(picture.drawn).first.wait_for()
            if picture.scroll_to:
                page.locator(picture.scroll_to).first.evaluate(
                    "element => scrollTo(0, element.getBoundingClientRect().top + scrollY - 24)"
                )
            page.screenshot(path=folder / name)
            page.close()
            print(folder / name)
        browser.close()


if __name__ == "__main__":
    main()
