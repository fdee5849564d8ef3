"""The text of an article: its paragraphs, and where a phrase stands in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etown_kg.article import PHRASE_WORDS, locate, read_article, word_count
from etown_kg.errors import MissingPathError, SourceError

# Paragraph 1 ends in U+00A0; a line of U+00A0 alone and an empty one are no paragraphs.
TEXT = (
    "Home> News\n\nA dock opens\n\nUpdated: 2031-05-20\n\n"
    "The zone opened a dock.\u00a0\n\u00a0\n\n"
    "More than 1,200 people work there, in 38 companies.\n\n"
    "One-third of them, as the office says, came in 2030."
)
CROSSING = "a dock.\u00a0\n\u00a0\n\nMore than 1,200 people"


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "a.txt"
    path.write_bytes(TEXT.encode())
    return path


def test_phrase_is_located_with_its_paragraph(article: Path) -> None:
    place = locate(article, "38 companies")
    assert (place.paragraph, place.end - place.start) == (2, 12)
    assert TEXT[place.start : place.end] == "38 companies"
    assert locate(article, "A dock opens").paragraph is None


def test_positions_count_code_points_and_keep_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("Updated: 2031\r\n\r\n中文😀\r\nhere\r\n".encode())
    assert locate(path, "here").start == len("Updated: 2031\r\n\r\n中文😀\r\n")
    assert locate(path, "here").paragraph == 2
    assert [place.end - place.start for place in read_article(path).paragraphs] == [3, 4]


def test_a_text_without_a_date_line_is_all_body(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("first\n\nsecond\n", encoding="utf-8")
    assert [locate(path, word).paragraph for word in ("first", "second")] == [1, 2]


REFUSED: dict[str, tuple[str, str]] = {
    "absent": ("40 companies", "not in the text"),
    "more than once": ("the", "times"),
    "empty": (" ", "empty"),
    "nine words": ("More than 1,200 people work there, in 38 companies.", "9 words"),
    "a space for U+00A0": ("a dock. \n", "xa0"),
    "other letters": ("more Than 1,200", "More than 1,200"),
    "across two paragraphs": (CROSSING, "within one paragraph"),
}


@pytest.mark.parametrize(("phrase", "message"), REFUSED.values(), ids=REFUSED)
def test_phrase_is_refused_with_the_reason(article: Path, phrase: str, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        locate(article, phrase)
    assert message in str(caught.value)
    assert str(article) in str(caught.value)


def test_missing_article_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingPathError, match=r"nothing\.txt"):
        locate(tmp_path / "nothing.txt", "x")


def test_text_that_is_not_utf8_is_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"a\nb\n\xff")
    with pytest.raises(SourceError, match="UTF-8") as caught:
        read_article(path)
    assert caught.value.line == 3


WORDS: dict[str, int] = {
    "": 0,
    "more than 300": 3,
    "self-driving taxis": 2,
    "\u00a0a\u00a0b ": 2,
    "超过三百辆": 3,
}


@pytest.mark.parametrize(("phrase", "count"), WORDS.items(), ids=range(len(WORDS)))
def test_words_are_counted(phrase: str, count: int) -> None:
    assert word_count(phrase) == count


@given(st.text(alphabet="ab \n\u00a0\r中😀", max_size=60), st.data())
def test_located_phrase_is_at_its_position_within_one_paragraph_or_the_head(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "random.txt"
    path.write_bytes(("Title ab\nUpdated: x\n" + text).encode())
    article = read_article(path)
    start = data.draw(st.integers(0, len(article.text)))
    phrase = article.text[start : data.draw(st.integers(start, len(article.text)))]
    try:
        place = locate(path, phrase)
    except SourceError:
        ends = range(len(article.text) + 1)
        occurrences = sum(article.text.startswith(phrase, begin) for begin in ends)
        end = start + len(phrase)
        in_body = article.paragraph_at(start, end) is not None
        in_head = end <= article.body_start
        assert (
            occurrences > 1
            or not phrase.strip()
            or word_count(phrase) > PHRASE_WORDS
            or not (in_head or in_body)
        )
    else:
        assert (place.start, article.text[place.start : place.end]) == (start, phrase)
        assert place.paragraph == article.paragraph_at(start, start + len(phrase))
