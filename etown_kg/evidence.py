"""Evidence: where in an article's text a fact stands, and the proof that it stands there.

An evidence node names its article (`et:inArticle`), the part of the document, the paragraph and
two selectors of the Web Annotation model (https://www.w3.org/TR/annotation-model/#selectors):
a text quote (`oa:exact`, at most `PHRASE_WORDS` words) and a text position (`oa:start`,
`oa:end`). Positions are code points of the whole file, from 0, the end exclusive (clause
4.2.5); the file is UTF-8 and no line end is changed, so U+00A0 and CR count as one each.

An article's text is a *head* (title, section) that ends with the line starting "Updated:", and
a *body*. Paragraphs are the non-empty lines of the body, counted from 1; a text without such a
line is all body. Texts stay with whoever holds them: `check_evidence` needs the folder, the
graph needs only positions and phrases.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from pyoxigraph import Literal, Quad

from etown_kg import numerals, vocab
from etown_kg.errors import MissingPathError, SourceError
from etown_kg.findings import Finding

PHRASE_WORDS = 8

_IN_ARTICLE = vocab.TERMS + "inArticle"
_HAS_EVIDENCE = vocab.TERMS + "hasEvidence"
_DOCUMENT_PART = vocab.TERMS + "documentPart"
_PARAGRAPH = vocab.TERMS + "paragraph"
_FILE_NAME = vocab.TERMS + "fileName"
_SHA256 = vocab.TERMS + "sha256"
_STATED_NUMBER = vocab.TERMS + "statedNumber"
_NUMERATOR = vocab.TERMS + "numerator"
_DENOMINATOR = vocab.TERMS + "denominator"
_HAS_SOURCE = vocab.OA + "hasSource"
_HAS_SELECTOR = vocab.OA + "hasSelector"
_EXACT = vocab.OA + "exact"
_START = vocab.OA + "start"
_END = vocab.OA + "end"
_HEAD = vocab.CONCEPT + "document-part/head"
_BODY = vocab.CONCEPT + "document-part/body"
_READ = frozenset(
    (
        _IN_ARTICLE, _HAS_EVIDENCE, _DOCUMENT_PART, _PARAGRAPH, _FILE_NAME, _SHA256,
        _STATED_NUMBER, _NUMERATOR, _DENOMINATOR, _HAS_SOURCE, _HAS_SELECTOR, _EXACT, _START, _END,
    )
)  # fmt: skip


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
        SourceError: the phrase is empty, too long, absent, or stands there more than once.
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
    starts = _occurrences(article.text, phrase)
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
    return Position(article.paragraph_at(start, end), start, end)


def evidence_turtle(article_file: Path, article: str, name: str, phrase: str) -> str:
    """The Turtle of one evidence node, to paste into an article's file.

    `article` is the article's local name (``2022-10-10-industrial-fleet``) and `name` the
    evidence's (``F15``). The block uses the prefixes `et`, `oa`, `article`, `evidence`,
    `document-part` and, for the selectors, ``@base <.../id/>``. Raises like `locate`.
    """
    place = locate(article_file, phrase)
    part = "head" if place.paragraph is None else f"body ; et:paragraph {place.paragraph}"
    quoted = phrase.replace("\\", "\\\\").replace('"', '\\"')
    return (
        f"evidence:{name} a et:Evidence , oa:SpecificResource ;\n"
        f"    et:inArticle article:{article} ; oa:hasSource article:{article} ;\n"
        f"    et:documentPart document-part:{part} ;\n"
        f"    oa:hasSelector <evidence/{name}/quote> , <evidence/{name}/position> .\n"
        f'<evidence/{name}/quote> a oa:TextQuoteSelector ; oa:exact "{quoted}" .\n'
        f"<evidence/{name}/position> a oa:TextPositionSelector ;"
        f" oa:start {place.start} ; oa:end {place.end} .\n"
    )


def word_count(phrase: str) -> int:
    """How many words a phrase has: parts between spaces; two Han characters count as a word."""
    count = 0
    for part in phrase.split():
        han = len(re.findall(r"[㐀-鿿]", part))
        count += max(1, (han + 1) // 2)
    return count


def check_evidence(quads: Iterable[Quad], articles: Path) -> tuple[Finding, ...]:
    """What is wrong with the evidence of these quads, measured on the texts in `articles`.

    For each article: its file is there and has the stated SHA-256. For each evidence: one
    article, quote and position; the text at the position is the quote; the quote is short and
    lies in the stated paragraph (or head). For each fact with a stated number: it has evidence,
    and the number is in one of its phrases. No finding means that all of it is proved.

    Raises:
        MissingPathError: `articles` is not a folder.
        SourceError: an article's file is not UTF-8.
    """
    if not articles.is_dir():
        raise MissingPathError(articles, "a folder with the texts of the articles")
    graph = _Statements(quads)
    findings: list[Finding] = []
    texts: dict[str, ArticleText | None] = {}
    named = set(graph.subjects(_IN_ARTICLE)) | graph.values(_HAS_EVIDENCE)
    for article in sorted(graph.values(_IN_ARTICLE) | set(graph.subjects(_SHA256))):
        texts[article], found = _checked_article(graph, article, articles)
        findings += found
    for evidence in sorted(named):
        findings += _checked(graph, evidence, texts)
    for fact in sorted(graph.subjects(_STATED_NUMBER)):
        findings += _checked_number(graph, fact)
    return tuple(sorted(set(findings)))


class _Statements:
    """The triples that the check reads, by predicate and subject; graph names are dropped."""

    def __init__(self, quads: Iterable[Quad]) -> None:
        self._by: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for quad in quads:
            predicate = quad.predicate.value
            if predicate in _READ:
                term = quad.object
                value = term.value if isinstance(term, Literal) else _name(term)
                values = self._by[predicate][_name(quad.subject)]
                if value not in values:
                    values.append(value)

    def subjects(self, predicate: str) -> Iterable[str]:
        return self._by[predicate].keys()

    def values(self, predicate: str) -> set[str]:
        return {value for values in self._by[predicate].values() for value in values}

    def of(self, subject: str, *path: str) -> list[str]:
        """The values at the end of a path of predicates from `subject`."""
        ends = [subject]
        for predicate in path:
            ends = [value for end in ends for value in self._by[predicate].get(end, ())]
        return ends


def _name(term: object) -> str:
    return str(getattr(term, "value", term))


def _checked_article(
    graph: _Statements, article: str, articles: Path
) -> tuple[ArticleText | None, list[Finding]]:
    """The article's text, or None where there is none to check on, and the article's findings."""
    names = graph.of(article, _FILE_NAME)
    if len(names) != 1:
        return None, [
            _finding("file", article, f"expected one et:fileName, found {len(names)}", _FILE_NAME)
        ]
    name = names[0]
    if Path(name).name != name or name in (".", ".."):
        message = "et:fileName is a file's name in the folder of texts, without a path"
        return None, [_finding("file", article, message, _FILE_NAME, name)]
    path = articles / name
    if not path.is_file():
        message = f"{path} is not there, so its evidence cannot be checked"
        return None, [_finding("file", article, message, _FILE_NAME, name)]
    text = read_article(path)
    stated = graph.of(article, _SHA256)
    if stated != [text.sha256]:
        message = f"{path} has the SHA-256 {text.sha256}: the text changed or is another one"
        return text, [_finding("sha256", article, message, _SHA256, ", ".join(stated))]
    return text, []


def _checked(
    graph: _Statements, evidence: str, texts: dict[str, ArticleText | None]
) -> Iterator[Finding]:
    """The findings of one evidence node."""
    articles = graph.of(evidence, _IN_ARTICLE)
    quotes = graph.of(evidence, _HAS_SELECTOR, _EXACT)
    starts = graph.of(evidence, _HAS_SELECTOR, _START)
    ends = graph.of(evidence, _HAS_SELECTOR, _END)
    for values, path in (
        (articles, _IN_ARTICLE),
        (quotes, _EXACT),
        (starts, _START),
        (ends, _END),
    ):
        if len(values) != 1:
            yield _finding("parts", evidence, f"expected one value, found {len(values)}", path)
    sources = graph.of(evidence, _HAS_SOURCE)
    if sources and sources != articles:
        message = "oa:hasSource and et:inArticle name different articles"
        yield _finding("parts", evidence, message, _HAS_SOURCE, ", ".join(sources))
    for quote in quotes:
        if word_count(quote) > PHRASE_WORDS:
            message = f"the phrase has {word_count(quote)} words, at most {PHRASE_WORDS} may be"
            yield _finding("words", evidence, message, _EXACT, quote)
    if not len(articles) == len(quotes) == len(starts) == len(ends) == 1:
        return
    article = texts.get(articles[0])
    if article is None:
        return
    try:
        start, end = int(starts[0]), int(ends[0])
    except ValueError:
        message = "oa:start and oa:end are whole numbers"
        yield _finding("position", evidence, message, _START, f"{starts[0]}, {ends[0]}")
        return
    if not 0 <= start < end <= len(article.text):
        message = f"the position is not within the {len(article.text)} code points of the text"
        yield _finding("position", evidence, message, _START, f"{start}-{end}")
        return
    if article.text[start:end] != quotes[0]:
        yield _finding(
            "phrase", evidence, _misplaced(article, start, end, quotes[0]), _EXACT, quotes[0]
        )
    yield from _checked_paragraph(graph, evidence, article, start, end)


def _checked_paragraph(
    graph: _Statements, evidence: str, article: ArticleText, start: int, end: int
) -> Iterator[Finding]:
    parts = graph.of(evidence, _DOCUMENT_PART)
    paragraphs = graph.of(evidence, _PARAGRAPH)
    actual = article.paragraph_at(start, end)
    if parts == [_HEAD]:
        if paragraphs:
            message = "evidence in the head has no paragraph"
            yield _finding("paragraph", evidence, message, _PARAGRAPH, ", ".join(paragraphs))
        if end > article.body_start:
            message = f"the position is not in the head, which ends at {article.body_start}"
            yield _finding("paragraph", evidence, message, _DOCUMENT_PART, f"{start}-{end}")
    elif parts == [_BODY]:
        if len(paragraphs) != 1:
            message = f"evidence in the body has one paragraph, found {len(paragraphs)}"
            yield _finding("paragraph", evidence, message, _PARAGRAPH)
        elif paragraphs != [str(actual)]:
            where = "in no one paragraph" if actual is None else f"in paragraph {actual}"
            message = f"the position {start}-{end} is {where}"
            yield _finding("paragraph", evidence, message, _PARAGRAPH, paragraphs[0])
    else:
        message = "expected document-part/head or document-part/body"
        yield _finding("paragraph", evidence, message, _DOCUMENT_PART, ", ".join(parts))


def _checked_number(graph: _Statements, fact: str) -> Iterator[Finding]:
    """The findings about the stated numbers of one fact."""
    evidence = graph.of(fact, _HAS_EVIDENCE)
    if not evidence:
        yield _finding("number", fact, "a stated number without evidence", _HAS_EVIDENCE)
        return
    phrases = graph.of(fact, _HAS_EVIDENCE, _HAS_SELECTOR, _EXACT)
    read = frozenset(number for phrase in phrases for number in numerals.numbers(phrase))
    shown = " | ".join(phrases)
    for lexical in graph.of(fact, _STATED_NUMBER):
        try:
            stated = Fraction(lexical)
        except (ValueError, ZeroDivisionError):
            yield _finding("number", fact, "not a number", _STATED_NUMBER, lexical)
            continue
        if not any(_states(number, stated, lexical) for number in read):
            message = f"the number {lexical} is not in its phrase {shown!r}"
            yield _finding("number", fact, message, _STATED_NUMBER, lexical)
    tops, bottoms = graph.of(fact, _NUMERATOR), graph.of(fact, _DENOMINATOR)
    for top, bottom in zip(tops, bottoms, strict=False):
        try:
            ratio = Fraction(top) / Fraction(bottom)
        except (ValueError, ZeroDivisionError):
            yield _finding("number", fact, "not a fraction", _NUMERATOR, f"{top}/{bottom}")
            continue
        if ratio not in read:
            message = f"the fraction {top}/{bottom} is not in its phrase {shown!r}"
            yield _finding("number", fact, message, _NUMERATOR, f"{top}/{bottom}")


def _states(number: Fraction, stated: Fraction, lexical: str) -> bool:
    """Whether a phrase's number is the stated one; one-third may be written 0.333333."""
    if number == stated:
        return True
    places = len(lexical.partition(".")[2])
    endless = set(_prime_factors(number.denominator)) - {2, 5}
    return bool(endless) and places >= 3 and abs(number - stated) <= Fraction(1, 10**places)


def _prime_factors(number: int) -> Iterator[int]:
    factor = 2
    while number > 1:
        while number % factor == 0:
            yield factor
            number //= factor
        factor += 1


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


def _occurrences(text: str, phrase: str) -> list[int]:
    return [found.start() for found in re.finditer(f"(?={re.escape(phrase)})", text)]


def _near(article: ArticleText, phrase: str) -> str:
    """Why a phrase that looks right is not found: letter case, spaces, quotation marks."""
    alike = str.maketrans("\u00a0‘’“”–‑\n", " ''\"\"-- ")
    folded = article.text.translate(alike).lower()
    starts = _occurrences(folded, phrase.translate(alike).lower())
    # Lower case can lengthen a text; then places would lie.
    if starts and len(folded) == len(article.text):
        there = article.text[starts[0] : starts[0] + len(phrase)]
        return f"the text has {there!r} at code point {starts[0]}: copy that"
    return "copy it from the text, with the same letters, spaces and marks"


def _misplaced(article: ArticleText, start: int, end: int, quote: str) -> str:
    starts = _occurrences(article.text, quote)
    if len(starts) == 1:
        where = f"; the phrase stands at {starts[0]}-{starts[0] + len(quote)}"
    elif starts:
        where = f"; the phrase stands at {', '.join(map(str, starts))}"
    else:
        where = "; the phrase is nowhere in it"
    return f"{article.path} does not have the phrase at {start}-{end}{where}"


def _finding(part: str, focus: str, message: str, path: str = "", value: str = "") -> Finding:
    return Finding(check=f"evidence-{part}", focus=focus, message=message, path=path, value=value)
