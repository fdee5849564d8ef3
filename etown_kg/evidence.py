"""Evidence: where in an article's text a fact stands, and the proof that it stands there.

An evidence node names its article (`et:inArticle`), the part of the document, the paragraph and
two selectors of the Web Annotation model (https://www.w3.org/TR/annotation-model/#selectors):
a text quote (`oa:exact`, at most `PHRASE_WORDS` words) and a text position (`oa:start`,
`oa:end`). What a position and a paragraph are is told in `article`.

Texts stay with whoever holds them: `check_evidence` needs their folder, the graph holds only
positions and phrases.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

from pyoxigraph import Literal, Quad

from etown_kg import numerals, vocab
from etown_kg.article import (
    PHRASE_WORDS,
    ArticleText,
    locate,
    occurrences,
    read_article,
    word_count,
)
from etown_kg.errors import MissingPathError
from etown_kg.findings import Finding

__all__ = ["PHRASE_WORDS", "check_evidence", "evidence_turtle", "locate"]

_IN_ARTICLE = vocab.TERMS + "inArticle"
_HAS_EVIDENCE = vocab.TERMS + "hasEvidence"
_DOCUMENT_PART = vocab.TERMS + "documentPart"
_PARAGRAPH = vocab.TERMS + "paragraph"
_FILE_NAME = vocab.TERMS + "fileName"
_SHA256 = vocab.TERMS + "sha256"
_STATED_NUMBER = vocab.TERMS + "statedNumber"
_NUMERATOR = vocab.TERMS + "numerator"
_DENOMINATOR = vocab.TERMS + "denominator"
_FORMULA = vocab.TERMS + "formula"
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
        _STATED_NUMBER, _NUMERATOR, _DENOMINATOR, _FORMULA, _HAS_SOURCE, _HAS_SELECTOR, _EXACT,
        _START, _END,
    )
)  # fmt: skip


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
        f"    et:inArticle article:{article} ;\n"
        f"    oa:hasSource article:{article} ;\n"
        f"    et:documentPart document-part:{part} ;\n"
        f"    oa:hasSelector <evidence/{name}/quote> , <evidence/{name}/position> .\n"
        f'<evidence/{name}/quote> a oa:TextQuoteSelector ; oa:exact "{quoted}" .\n'
        f"<evidence/{name}/position> a oa:TextPositionSelector ;"
        f" oa:start {place.start} ; oa:end {place.end} .\n"
    )


def check_evidence(quads: Iterable[Quad], articles: Path) -> tuple[Finding, ...]:
    """What is wrong with the evidence of these quads, measured on the texts in `articles`.

    For each article: its file is there and has the stated SHA-256. For each evidence: one
    article, quote and position; the text at the position is the quote; the quote is short and
    lies in the stated paragraph (or head). For each figure with a stated number that is not
    derived: it has evidence, and the number is in one of its phrases. No finding means that all
    of it is proved.

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
    # A derived figure is stated by no text: its formula is proved elsewhere.
    for fact in sorted(set(graph.subjects(_STATED_NUMBER)) - set(graph.subjects(_FORMULA))):
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
            stated = _decimal(lexical)
        except ValueError:
            yield _finding("number", fact, "not a number", _STATED_NUMBER, lexical)
            continue
        if not any(_states(number, stated, lexical) for number in read):
            message = f"the number {lexical} is not in its phrase {shown!r}"
            yield _finding("number", fact, message, _STATED_NUMBER, lexical)
    tops, bottoms = graph.of(fact, _NUMERATOR), graph.of(fact, _DENOMINATOR)
    for top, bottom in zip(tops, bottoms, strict=False):
        try:
            ratio = _decimal(top) / _decimal(bottom)
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
    return places >= 3 and not _ends(number) and abs(number - stated) <= Fraction(1, 10**places)


def _ends(number: Fraction) -> bool:
    """Whether the decimal digits of `number` come to an end."""
    rest = number.denominator
    for factor in (2, 5):
        while rest % factor == 0:
            rest //= factor
    return rest == 1


def _decimal(lexical: str) -> Fraction:
    """The value of an xsd:decimal. No exponents: 1e999999999 would fill the memory.

    Raises:
        ValueError: not the lexical form of an xsd:decimal.
    """
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)", lexical, re.ASCII):
        raise ValueError(lexical)
    return Fraction(lexical)


def _misplaced(article: ArticleText, start: int, end: int, quote: str) -> str:
    starts = occurrences(article.text, quote)
    if len(starts) == 1:
        where = f"; the phrase stands at {starts[0]}-{starts[0] + len(quote)}"
    elif starts:
        where = f"; the phrase stands at {', '.join(map(str, starts))}"
    else:
        where = "; the phrase is nowhere in it"
    return f"{article.path} does not have the phrase at {start}-{end}{where}"


def _finding(part: str, focus: str, message: str, path: str = "", value: str = "") -> Finding:
    return Finding(check=f"evidence-{part}", focus=focus, message=message, path=path, value=value)
