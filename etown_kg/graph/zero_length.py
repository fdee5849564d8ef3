"""Paths of length zero, for a term that is not in the data.

``<a> ex:p* ?x`` has a solution where ?x is <a>, whether or not any triple speaks of <a>: a path of
length zero connects a term with itself (SPARQL 1.1 Query Language, section 18.4, ZeroLengthPath).
The engine finds it only for terms of the data. So where one end is a name and the other a
variable, what is missing is added: the name itself, if no triple of the graph has it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from etown_kg import query_text
from etown_kg.query_text import Edit, Token

# A mark that may stand behind a step of a path; a variable begins otherwise.
_MARK = re.compile(r"\*|\?(?!\w)(?=\s*[/|)?$<:\w])")
# Brackets within brackets that are looked into; deeper paths are left as they are.
_DEEPEST = 40
_NAMES = frozenset({"iri", "name"})
# Variables that no one else's text has.
_ANY = ("?etown_any_0", "?etown_any_1")


def may_have_paths(text: str) -> bool:
    """Whether the text may have a path that can be of length zero; quick, and true too often."""
    return any(_is_behind_a_step(text, mark.start()) for mark in _MARK.finditer(text))


def _is_behind_a_step(text: str, place: int) -> bool:
    """Whether what stands before a mark may end a step; a product looks the same."""
    before = place - 1
    while before >= 0 and text[before].isspace():
        before -= 1
    if before < 0:
        return False
    if text[before] in ">)":
        return True
    # SELECT * is no path.
    is_close = text[place] == "?" or before == place - 1
    return is_close and (text[before].isalnum() or text[before] == "_")


def with_zero_length(text: str) -> str:
    """The query with what such paths lack; itself if it has none.

    >>> print(with_zero_length("SELECT ?o { <x:a> <x:p>* ?o }"))  # doctest: +NORMALIZE_WHITESPACE
    SELECT ?o { { { <x:a> <x:p>* ?o } UNION { VALUES ?o { <x:a> } FILTER NOT EXISTS {
      { <x:a> ?etown_any_0 ?etown_any_1 } UNION { ?etown_any_0 ?etown_any_1 <x:a> } } } } }
    """
    words = list(query_text.tokens(text))
    if any(word.text.startswith("_:") for word in words):
        return text  # a label may stand in one basic graph pattern only, and this would part some
    edits = []
    for place, word in enumerate(words[:-1]):
        if word.text in ("{", "}", "."):
            edit = _added(text, words, place + 1)
            if edit is not None:
                edits.append(edit)
    return query_text.edited(text, edits)


class _Path(NamedTuple):
    """A path that was read: whether its length can be zero, and the place behind it."""

    is_nullable: bool
    end: int


def _added(text: str, words: Sequence[Token], place: int) -> Edit | None:
    """What to write for the triple at a place, if it has such a path and stands alone."""
    subject = words[place]
    path = _path(words, place + 1)
    if path is None or not path.is_nullable or path.end >= len(words):
        return None
    object_ = words[path.end]
    behind = words[path.end + 1].text if path.end + 1 < len(words) else ""
    if behind in (";", ",", "[", "("):
        return None
    if subject.kind in _NAMES and object_.kind == "variable":
        name, variable = subject.text, object_.text
    elif subject.kind == "variable" and object_.kind in _NAMES:
        name, variable = object_.text, subject.text
    else:
        return None
    one, other = _ANY
    found = text[subject.start : object_.end]
    is_there = f"{{ {{ {name} {one} {other} }} UNION {{ {one} {other} {name} }} }}"
    itself = f"{{ VALUES {variable} {{ {name} }} FILTER NOT EXISTS {is_there} }}"
    return Edit(subject.start, object_.end, f"{{ {{ {found} }} UNION {itself} }}")


def _path(words: Sequence[Token], place: int, depth: int = 0) -> _Path | None:
    """The path that begins at a place (grammar rule 89, PathAlternative); None if none does."""
    read = _sequence(words, place, depth)
    while read is not None and _text(words, read.end) == "|":
        following = _sequence(words, read.end + 1, depth)
        if following is None:
            return None
        read = _Path(read.is_nullable or following.is_nullable, following.end)
    return read


def _sequence(words: Sequence[Token], place: int, depth: int) -> _Path | None:
    read = _step(words, place, depth)
    while read is not None and _text(words, read.end) == "/":
        following = _step(words, read.end + 1, depth)
        if following is None:
            return None
        read = _Path(read.is_nullable and following.is_nullable, following.end)
    return read


def _step(words: Sequence[Token], place: int, depth: int) -> _Path | None:
    if _text(words, place) == "^":
        place += 1
    if _text(words, place) == "(":
        inner = _path(words, place + 1, depth + 1) if depth < _DEEPEST else None
        if inner is None or _text(words, inner.end) != ")":
            return None
        read = _Path(inner.is_nullable, inner.end + 1)
    elif place < len(words) and (words[place].kind in _NAMES or words[place].text == "a"):
        read = _Path(False, place + 1)
    else:
        return None  # a set of other properties (rule 95) is never of length zero by itself
    match _text(words, read.end):
        case "*" | "?":
            return _Path(True, read.end + 1)
        case "+":
            return _Path(read.is_nullable, read.end + 1)
    return read


def _text(words: Sequence[Token], place: int) -> str:
    return words[place].text if place < len(words) else ""
