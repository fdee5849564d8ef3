"""Reads a small query: triple patterns, OPTIONAL, languages, order and slice.

SPARQL 1.1 Query Language, section 19.8. Read is what a query that asks for a thing and what is
around it is made of; whatever else stands in one makes it a query for the engine. That a text has
no error is for the engine to say: what is read here of a correct text is what it means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from etown_kg import query_text
from etown_kg.point_queries import terms
from etown_kg.query_text import Token
from etown_kg.vocab import RDF

_CONSTANTS: Final = ("iri", "name", "string")
_TYPE: Final = terms.iri(f"{RDF}type".encode())
_END: Final = Token("mark", "", -1)

# A variable by its name with a question mark, or the place of a constant.
Slot = str | int


class Pattern(NamedTuple):
    """A triple pattern."""

    subject: Slot
    predicate: Slot
    object: Slot

    @property
    def variables(self) -> frozenset[str]:
        """The variables that it binds."""
        return frozenset(slot for slot in self if isinstance(slot, str))


class LanguageFilter(NamedTuple):
    """A literal's language is that of a constant, or, for `is_range`, matches it (RFC 4647)."""

    variable: str
    constant: int
    is_range: bool


@dataclass
class SmallQuery:
    """A query as it is read here.

    Attributes:
        required, optionals: the patterns of the group, and of each OPTIONAL in it.
        order: variables, and whether the last comes first.
        languages: those of constants that are texts with one.
        further: terms that follow the constants of the text.
    """

    is_ask: bool = False
    is_distinct: bool = False
    required: list[Pattern] = field(default_factory=list)
    optionals: list[list[Pattern]] = field(default_factory=list)
    filters: list[LanguageFilter] = field(default_factory=list)
    order: list[tuple[str, bool]] = field(default_factory=list)
    limit: int | None = None
    offset: int = 0
    languages: dict[int, str] = field(default_factory=dict)
    further: list[bytes] = field(default_factory=list)


def read(text: str, constants: Sequence[str]) -> SmallQuery | None:
    """The query; None if it has anything that is not read here.

    Args:
        text: a query in which nothing is escaped.
        constants: what `shape.cut` has found in it.
    """
    words = list(query_text.tokens(text))
    if not query_text.is_all_read(text, words):
        return None
    brace = next((n for n, word in enumerate(words) if word.text == "{"), None)
    if brace is None or words[brace].start != text.find("{"):
        return None
    found = [word for word in words[brace:] if word.kind in _CONSTANTS]
    if [word.text for word in found] != [*constants]:
        return None
    places = {word.start: place for place, word in enumerate(found)}
    try:
        return _Reader(words, places).query()
    except _OtherError:
        return None


class _OtherError(Exception):
    """Something stands here that is not read."""


class _Reader:
    """Reads terminals from first to last; `places` are those of constants by their start."""

    def __init__(self, words: Sequence[Token], places: Mapping[int, int]) -> None:
        self._words = words
        self._places = places
        self._at = 0
        self._query = SmallQuery()
        self._hidden = 0
        self._type: int | None = None

    def query(self) -> SmallQuery:
        while self._takes_word("PREFIX"):
            self._at += 2
        query = self._query
        if self._takes_word("ASK"):
            query.is_ask = True
        else:
            self._expect_word("SELECT")
            query.is_distinct = self._takes_word("DISTINCT")
            if not self._takes("*"):
                while self._next.kind == "variable":
                    self._variable()  # which of them there are the engine tells
        self._takes_word("WHERE")
        self._expect("{")
        self._group()
        if not query.is_ask:
            self._modifiers()
        if self._next is not _END:
            raise _OtherError
        self._check_optionals()
        return query

    def _group(self) -> None:
        query = self._query
        while not self._takes("}"):
            if self._takes("."):
                continue
            if self._takes_word("OPTIONAL"):
                self._expect("{")
                patterns: list[Pattern] = []
                while not self._takes("}"):
                    if not self._takes("."):
                        self._triples(patterns)
                query.optionals.append(patterns)
            elif self._takes_word("FILTER"):
                is_in_brackets = self._takes("(")
                self._condition()
                while is_in_brackets and self._takes("&"):
                    self._expect("&")
                    self._condition()
                if is_in_brackets:
                    self._expect(")")
            elif query.optionals:
                raise _OtherError  # the order of joining counts
            else:
                self._triples(query.required)

    def _triples(self, patterns: list[Pattern]) -> None:
        """Triples of the same subject."""
        subject = self._slot()
        while True:
            path = [self._verb()]
            while self._takes("/"):
                path.append(self._verb())
            while True:
                self._add(patterns, subject, path, self._slot())
                if not self._takes(","):
                    break
            if not self._takes(";"):
                break
            while self._takes(";"):
                pass
            if self._next.text in (".", "}"):
                break
        if self._next.text not in (".", "}") and self._next.kind != "word":
            raise _OtherError

    def _add(
        self, patterns: list[Pattern], subject: Slot, path: Sequence[Slot], object_: Slot
    ) -> None:
        """The patterns of a path of predicates (section 9.3: a join over what no name has)."""
        for predicate in path[:-1]:
            self._hidden += 1
            between = f" {self._hidden}"
            patterns.append(Pattern(subject, predicate, between))
            subject = between
        patterns.append(Pattern(subject, path[-1], object_))

    def _verb(self) -> Slot:
        if self._next.kind == "word" and self._next.text == "a":
            self._at += 1
            if self._type is None:
                self._type = len(self._places) + len(self._query.further)
                self._query.further.append(_TYPE)
            return self._type
        if self._next.kind == "string":
            raise _OtherError
        return self._slot()

    def _slot(self) -> Slot:
        if self._next.kind == "variable":
            return self._variable()
        place = self._constant()
        if self._next.kind == "language":
            if "--" in self._next.text:  # RDF 1.2: with a direction
                raise _OtherError
            self._query.languages[place] = self._next.text[1:]
            self._at += 1
        return place

    def _variable(self) -> str:
        word = self._next
        if word.kind != "variable":
            raise _OtherError
        self._at += 1
        return f"?{word.text[1:]}"

    def _constant(self) -> int:
        place = self._places.get(self._next.start)
        if place is None:
            raise _OtherError
        self._at += 1
        return place

    def _condition(self) -> None:
        """``LANG(?v) = "en"`` or ``LANGMATCHES(LANG(?v), "en")``."""
        is_range = self._takes_word("LANGMATCHES")
        if is_range:
            self._expect("(")
        self._expect_word("LANG")
        self._expect("(")
        variable = self._variable()
        self._expect(")")
        self._expect("," if is_range else "=")
        if self._next.kind != "string":
            raise _OtherError
        self._query.filters.append(LanguageFilter(variable, self._constant(), is_range))
        if is_range:
            self._expect(")")

    def _modifiers(self) -> None:
        query = self._query
        if self._takes_word("ORDER"):
            self._expect_word("BY")
            while self._next.kind == "variable" or self._next.text.upper() in ("ASC", "DESC"):
                is_down = self._takes_word("DESC")
                is_called = is_down or self._takes_word("ASC")
                if is_called:
                    self._expect("(")
                query.order.append((self._variable(), is_down))
                if is_called:
                    self._expect(")")
        while self._next.kind == "word":
            if self._takes_word("LIMIT"):
                query.limit = self._number()
            else:
                self._expect_word("OFFSET")
                query.offset = self._number()

    def _number(self) -> int:
        word = self._next
        if not word.text.isdecimal():
            raise _OtherError
        self._at += 1
        return int(word.text)

    def _check_optionals(self) -> None:
        """An OPTIONAL that shares with another what is not certain is not read here."""
        required = frozenset().union(*(pattern.variables for pattern in self._query.required))
        own = [
            frozenset().union(*(pattern.variables for pattern in patterns)) - required
            for patterns in self._query.optionals
        ]
        if len(frozenset().union(*own)) < sum(map(len, own)):
            raise _OtherError

    @property
    def _next(self) -> Token:
        return self._words[self._at] if self._at < len(self._words) else _END

    def _takes(self, mark: str) -> bool:
        is_there = self._next.kind == "mark" and self._next.text == mark
        self._at += is_there
        return is_there

    def _takes_word(self, word: str) -> bool:
        is_there = self._next.kind == "word" and self._next.text.upper() == word
        self._at += is_there
        return is_there

    def _expect(self, mark: str) -> None:
        if not self._takes(mark):
            raise _OtherError

    def _expect_word(self, word: str) -> None:
        if not self._takes_word(word):
            raise _OtherError
