"""Take the pictures that the documentation shows, from the app as it is.

``make screenshot``; needs Chromium. The pictures are small PNG files in docs/pictures/.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import sync_playwright  # noqa: E402  (after the path is set)

from etown_kg.backend.local import LocalBackend  # noqa: E402
from etown_kg.config import Settings  # noqa: E402
from etown_kg.graph import KnowledgeGraph  # noqa: E402
from etown_kg.web import create_app  # noqa: E402
from tests.browser.conftest import ARGUMENTS  # noqa: E402
from tests.web.serving import serving  # noqa: E402

PICTURES = {
    "start.png": ("/", 1200, 760),
    "answer.png": ("/query?question=cq-03-more-than-300-vehicles", 1200, 1000),
    "thing.png": ("/id/place/beijing-e-town", 1200, 1000),
    "why.png": (
        "/why?s=https://w3id.org/etown/id/place/beijing-e-town"
        "&p=https://w3id.org/etown/ontology%23locatedIn&o=https://w3id.org/etown/id/place/china",
        1200,
        900,
    ),
    "article.png": ("/id/article/2022-10-10-industrial-fleet?lang=zh", 1200, 1000),
}


def main() -> None:
    """Write each picture into docs/pictures/."""
    folder = ROOT / "docs" / "pictures"
    folder.mkdir(exist_ok=True)
    program = shutil.which("chromium")
    app = create_app(Settings(), LocalBackend(KnowledgeGraph.build()))
    with serving(app) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        for name, (path, width, height) in PICTURES.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto(address + path)
            page.screenshot(path=folder / name)
            print(folder / name)
        browser.close()


if __name__ == "__main__":
    main()
