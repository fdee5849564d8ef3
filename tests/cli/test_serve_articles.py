"""``etown-kg serve --articles``: an operator's own texts behind the pages, good files and bad."""

from __future__ import annotations

import html
import re
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.test_serve import answer, server

MADE_UP = Path(__file__).parents[1] / "data" / "made_up_article"
NAME = "2031-05-20-harbour-dock"
PAGE = f"/id/article/{NAME}"
PLACES = {
    "missing": lambda file: file.unlink(),
    "of another text": lambda file: file.write_text("Updated: today\nAnother text.\n"),
    "not UTF-8": lambda file: file.write_bytes("Updated: today\nGrüße.\n".encode("latin-1")),
    "a link out of the folder": lambda file: _linked_away(file),
    "a link to itself": lambda file: (file.unlink(), file.symlink_to(file)),
    "a folder": lambda file: (file.unlink(), file.mkdir()),
}
SAID = {
    "missing": "not in the operator’s folder",
    "of another text": "not the one that the positions were measured on",
    "not UTF-8": "cannot be read as UTF-8",
    "a link out of the folder": "not in the operator’s folder",
    "a link to itself": "not in the operator’s folder",
    "a folder": "not in the operator’s folder",
}


def _linked_away(file: Path) -> None:
    """The very text that belongs there, but in another place."""
    away = file.parent.parent / "elsewhere.txt"
    shutil.copy(MADE_UP / "texts" / file.name, away)
    file.unlink()
    file.symlink_to(away)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("operator") / "texts"


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[str]:
    """A running server with the folder; the tests change what is in it."""
    folder.mkdir()
    arguments = ("--data", str(MADE_UP / "facts"), "serve", "--articles", str(folder))
    with server(*arguments) as (_, address):
        answer(f"{address}/ready")
        yield address


@pytest.fixture
def file(folder: Path) -> Path:
    """The text as it should be, in its place."""
    shutil.rmtree(folder)
    folder.mkdir()
    return Path(shutil.copy(MADE_UP / "texts" / f"{NAME}.txt", folder))


def page(address: str) -> str:
    asked = urllib.request.Request(f"{address}{PAGE}?lang=en", headers={"Accept": "text/html"})
    with urllib.request.urlopen(asked, timeout=30) as response:
        assert response.headers["Cache-Control"] == "no-store"  # the file can change
        return str(response.read().decode())


def test_the_phrases_are_marked_in_the_text(served: str, file: Path) -> None:
    shown = page(served)
    marks = set(re.findall(r"<mark [^>]*>(.*?)</mark>", shown, re.DOTALL))
    phrases = set(re.findall(r"<q>(.*?)</q>", shown, re.DOTALL))
    assert phrases
    assert phrases <= marks
    text = file.read_text(encoding="utf-8")
    plain = html.unescape(re.sub(r"<[^>]+>", "", shown))
    for line in text.splitlines()[2:]:
        assert line in plain


@pytest.mark.parametrize("what", PLACES)
def test_a_file_that_cannot_be_used_is_said_and_the_page_stays(
    served: str, file: Path, what: str
) -> None:
    change: Callable[[Path], object] = PLACES[what]
    change(file)
    shown = page(served)
    assert SAID[what] in shown
    assert '<p class="original">' not in shown
    assert "<q>" in shown  # what the graph itself holds


def test_a_file_that_is_mended_is_shown_at_once(served: str, file: Path) -> None:
    text = file.read_bytes()
    file.write_text("Another text.", encoding="utf-8")
    assert "<mark" not in page(served)
    file.write_bytes(text)
    assert "<mark" in page(served)
