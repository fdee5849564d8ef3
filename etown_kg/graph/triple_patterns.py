"""Plain triple patterns of a query, read from its terminals.

Plain is a pattern of variables, names and literals (SPARQL 1.1 Query Language, rules 75 to 83 of
its grammar without paths, brackets and triple terms); predicate and object lists are written out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from etown_kg import query_text
from etown_kg.query_text import Token
from etown_kg.vocab import RDF

TYPE: Final = f"{RDF}type"
_TERMS = frozenset({"variable", "iri", "name"})
_BOOLEANS = frozenset({"true", "false"})
# Two constants in a row, behind the prologue. A name is looked for where a word begins only: else
# a long word costs the square of its length.
_SELECTIVE = re.compile(
    r"(?:<[^<>\s]*>|(?<![\w-])[\w-]*:[\w.-]+)\s+(?:<[^<>\s]*>|[\w-]*:[\w.-]+|[\"'])"
)


class Pattern(NamedTuple):
    """A triple pattern: its terms as they stand, and as IRIs, None for variables.

    A literal is one token with its language or datatype; in place of its IRI is its text.
    """

    terms: tuple[Token, Token, Token]
    iris: tuple[str | None, str | None, str | None]

    @property
    def variables(self) -> frozenset[str]:
        """What it binds, a blank node's label included."""
        pairs = zip(self.terms, self.iris, strict=True)
        return frozenset(term.text.replace("$", "?") for term, iri in pairs if iri is None)

    @property
    def text(self) -> str:
        """The pattern as it stands."""
        return " ".join(term.text for term in self.terms)


class Run(NamedTuple):
    """Patterns that nothing else stands between, and the place behind them."""

    patterns: list[Pattern]
    end: int


def runs(words: Sequence[Token], prefixes: Mapping[str, str]) -> Iterator[list[Pattern]]:
    """The runs of two and more plain triple patterns of a text."""
    place = 0
    begins = False
    while place < len(words):
        if begins:
            patterns, behind = run_at(words, place, prefixes)
            if len(patterns) > 1:
                yield patterns
            if behind > place:
                place = behind
                # Behind a full stop something else stands, which may be the end of a pattern.
                begins = words[place - 1].text == "."
                continue
        begins = words[place].text in ("{", "}", ".")
        place += 1


def run_at(words: Sequence[Token], place: int, prefixes: Mapping[str, str]) -> Run:
    """The longest run of plain triple patterns from a place on; it may have none."""
    patterns: list[Pattern] = []
    while (found := _block(words, place, prefixes)) is not None:
        patterns += found.patterns
        place = found.end
        if place >= len(words) or words[place].text != ".":
            break
        place += 1  # the next block may belong to it
    return Run(patterns, place)


def is_selective(text: str) -> bool:
    """Whether a query has a pattern with two constants in a row: the engine begins with it, and
    what follows is small.

    It is told without cutting the text, which takes as long as a small query.
    """
    return _SELECTIVE.search(text, text.find("{")) is not None


def _block(words: Sequence[Token], place: int, prefixes: Mapping[str, str]) -> Run | None:
    """The patterns of one subject from a place on, and the place behind them.

    None if they are not plain to their end, which is a full stop, a brace or a keyword.
    """
    patterns: list[Pattern] = []
    verb: Token | None = None
    subject = _at(words, place)
    place += 1
    while subject is not None and subject.kind in _TERMS:
        following = _at(words, place)
        if following is not None and following.text == ";":
            place, verb = place + 1, None
            continue
        if verb is None:
            if following is None or not (following.kind in _TERMS or following.text == "a"):
                # A semicolon may stand before the end.
                return Run(patterns, place) if patterns and _ends(words, place) else None
            verb, place = following, place + 1
        read = _object(words, place)
        if read is None:
            return None
        object_, place = read
        terms = (subject, verb, object_)
        patterns.append(Pattern(terms, _iris(terms, prefixes)))
        if _ends(words, place):
            return Run(patterns, place)
        following = _at(words, place)
        if following is None or following.text not in (",", ";"):
            return None
        if following.text == ",":
            place += 1
        else:
            verb = None
    return None


def _object(words: Sequence[Token], place: int) -> tuple[Token, int] | None:
    """The object at a place, a literal as one token, and the place behind it."""
    word = _at(words, place)
    if word is None:
        return None
    if word.kind in _TERMS or word.kind == "number" or word.text in _BOOLEANS:
        return word, place + 1
    if word.kind != "string":
        return None
    parts = [word]
    following = words[place + 1 : place + 4]
    if following and following[0].kind == "language":
        parts += following[:1]
    elif [each.text for each in following[:2]] == ["^", "^"]:
        parts += following
    if any(one.end != other.start for one, other in pairwise(parts)):
        return None
    text = "".join(each.text for each in parts)
    return Token("string", text, word.start), place + len(parts)


def _at(words: Sequence[Token], place: int) -> Token | None:
    return words[place] if place < len(words) else None


def _ends(words: Sequence[Token], place: int) -> bool:
    """Whether a block ends before this place; at the end of the text, or before an annotation,
    none does.
    """
    word, behind = _at(words, place), _at(words, place + 1)
    if word is None or (word.text == "{" and behind is not None and behind.text == "|"):
        return False
    return word.text in (".", "}", "{") or word.kind == "word"


def _iris(
    terms: tuple[Token, Token, Token], prefixes: Mapping[str, str]
) -> tuple[str | None, str | None, str | None]:
    subject, verb, object_ = terms
    return (
        _iri(subject, prefixes),
        TYPE if verb.kind == "word" else _iri(verb, prefixes),
        _iri(object_, prefixes),
    )


def _iri(term: Token, prefixes: Mapping[str, str]) -> str | None:
    """What a term names; its text if that is not known here, None for what binds."""
    if term.kind == "variable" or term.text.startswith("_:"):
        return None
    return query_text.iri_of(term, prefixes) or term.text
