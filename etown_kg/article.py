"""An article's text, and the places in it.

Positions are code points of the whole file, from 0, the end exclusive
(https://www.w3.org/TR/annotation-model/#text-position-selector); the file is UTF-8 and no line
end is changed, so U+00A0 and CR count as one each.

A text has a *head* (title, section) that ends with the line starting "Updated:", and a *body*.
Paragraphs are the non-empty lines of the body, counted from 1; a text without such a line is
all body.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from etown_kg.errors import MissingPathError, SourceError

PHRASE_WORDS = 8


@dataclass(frozen=True)
class Position:
    """A place in a text: its paragraph (None: in the head) and code points, end exclusive."""

    paragraph: int | None
    start: int
    end: int


@dataclass(frozen=True)
class ArticleText:
    """One article's text: the characters of the file, its hash and its paragraphs' places."""

    path: Path
    text: str
    sha256: str
    paragraphs: tuple[Position, ...]

    def paragraph_at(self, start: int, end: int) -> int | None:
        """The paragraph that holds all of [start, end), or None."""
        for place in self.paragraphs:
            if place.start <= start and end <= place.end:
                return place.paragraph
        return None

    @property
    def body_start(self) -> int:
        """The code point where the first paragraph begins; the text's length if there is none."""
        return self.paragraphs[0].start if self.paragraphs else len(self.text)


def read_article(article_file: Path) -> ArticleText:
    """The text of one article.

    Raises:
        MissingPathError: no such file.
        SourceError: the file is not UTF-8; names the line.
    """
    try:
        content = article_file.read_bytes()
    except (FileNotFoundError, IsADirectoryError) as error:
        raise MissingPathError(article_file, "the text of an article") from error
    except OSError as error:
        raise SourceError(article_file, f"cannot be read: {error.strerror or error}") from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SourceError(
            article_file, f"is not UTF-8 at byte {error.start}", line=line, hint="save it as UTF-8"
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    return ArticleText(article_file, text, digest, tuple(_paragraphs(text)))


def locate(article_file: Path, phrase: str) -> Position:
    """Where `phrase` stands in the article: the one place, verbatim.

    Raises:
        MissingPathError: no such file.
        SourceError: the phrase is empty, too long, absent, there more than once, or not within
            one paragraph or the head.
    """
    article = read_article(article_file)
    if not phrase.strip():
        raise SourceError(article_file, "an empty phrase is no evidence")
    if word_count(phrase) > PHRASE_WORDS:
        raise SourceError(
            article_file,
            f"the phrase {phrase!r} has {word_count(phrase)} words",
            hint=f"take at most {PHRASE_WORDS} words, with the number if there is one",
        )
    starts = occurrences(article.text, phrase)
    if not starts:
        raise SourceError(
            article_file, f"the phrase {phrase!r} is not in the text", hint=_near(article, phrase)
        )
    if len(starts) > 1:
        raise SourceError(
            article_file,
            f"the phrase {phrase!r} stands {len(starts)} times in the text,"
            f" at code points {', '.join(map(str, starts))}",
            hint="lengthen it until it stands there once",
        )
    start, end = starts[0], starts[0] + len(phrase)
    paragraph = article.paragraph_at(start, end)
    if paragraph is None and end > article.body_start:
        raise SourceError(
            article_file,
            f"the phrase {phrase!r} runs over the end of a paragraph",
            hint="take a phrase within one paragraph",
        )
    return Position(paragraph, start, end)


def word_count(phrase: str) -> int:
    """How many words a phrase has: parts between spaces; two Han characters count as a word."""
    count = 0
    for part in phrase.split():
        han = len(re.findall(r"[㐀-鿿]", part))
        count += max(1, (han + 1) // 2)
    return count


def _paragraphs(text: str) -> Iterator[Position]:
    """The places of the non-empty body lines. Only LF ends a line; CR before it is left out."""
    lines = []
    start = 0
    for line in text.split("\n"):
        lines.append((start, start + len(line.removesuffix("\r"))))
        start += len(line) + 1
    dated = [number for number, (a, b) in enumerate(lines) if text[a:b].startswith("Updated:")]
    body = lines[dated[0] + 1 :] if dated else lines
    filled = ((a, b) for a, b in body if text[a:b].strip())
    for number, (a, b) in enumerate(filled, start=1):
        yield Position(number, a, b)


def occurrences(text: str, phrase: str) -> list[int]:
    """Every code point at which `phrase` stands in `text`, overlapping ones too."""
    return [found.start() for found in re.finditer(f"(?={re.escape(phrase)})", text)]


def _near(article: ArticleText, phrase: str) -> str:
    """Why a phrase that looks right is not found: letter case, spaces, quotation marks."""
    alike = str.maketrans("\u00a0‘’“”–‑\n", " ''\"\"-- ")
    folded = article.text.translate(alike).lower()
    starts = occurrences(folded, phrase.translate(alike).lower())
    # Lower case can lengthen a text; then places would lie.
    if starts and len(folded) == len(article.text):
        there = article.text[starts[0] : starts[0] + len(phrase)]
        return f"the text has {there!r} at code point {starts[0]}: copy that"
    return "copy it from the text, with the same letters, spaces and marks"
