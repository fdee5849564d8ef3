"""How terms are written: each different one is checked once, and gets one number.

Most terms are settled by array operations over all their bytes; a term that is suspicious is
checked by the grammar's regular expression (`syntax.py`).
"""

from __future__ import annotations

import re

import numpy as np
import numpy.ma  # np.unique loads it when it is first called, and an executor may open no file

from etown_kg.errors import SourceError
from etown_kg.reason import syntax
from etown_kg.reason.dictionary import TERMS, Bulk, Dictionary
from etown_kg.reason.ntriples.chunk import CLOSE, QUOTE, Bytes, Places
from etown_kg.reason.ntriples.numbering import Column

_BACKSLASH = 92
# Bytes that no IRI may have, by the production IRIREF.
_NOT_IN_IRI = np.zeros(256, dtype=bool)
_NOT_IN_IRI[[*range(0x21), *b'<>"{}|^`']] = True
# A language tag in lower case behind a closing quote, at the end of what is searched.
_PLAIN_TAG = re.compile(rb'"@[a-z]{1,8}(?:-[a-z0-9]{1,8})*\Z')


def with_canonical_terms(
    dictionary: Dictionary, columns: list[Column | None], name: str
) -> list[Column | None]:
    """Check every different term, and give terms that are written in several ways one number.

    Raises SourceError, with `name` as the source, for what is no term.
    """
    bulk = dictionary._bulk
    assert bulk is not None
    arena = np.frombuffer(bulk.arena, dtype=np.uint8)
    offsets = bulk.offsets
    kinds = dictionary.kinds
    try:
        bulk.arena.decode()
    except UnicodeDecodeError as error:
        number = int(np.searchsorted(offsets, error.start, side="right")) - 1
        raise SourceError(name, f"not UTF-8: {bulk.term(number)[:80]!r}") from error
    suspects = [np.searchsorted(offsets, np.flatnonzero(arena == _BACKSLASH), side="right") - 1]
    bad = np.searchsorted(offsets, np.flatnonzero(_NOT_IN_IRI[arena]), side="right") - 1
    # An IRI holds its own two brackets; a literal or blank node may have any of these bytes.
    bad = bad[kinds[bad] == 0]
    suspects.append(np.flatnonzero(np.bincount(bad, minlength=len(kinds)) != 2 * (kinds == 0)))
    suspects.append(np.flatnonzero(kinds == 1))
    literals = np.flatnonzero(kinds == 2)
    last = arena[offsets[literals + 1] - 1]
    # The rare tails: language tags, and xsd:string spelled out, which ends in "g>".
    is_tail = (last == CLOSE) & (arena[offsets[literals + 1] - 2] == ord("g"))
    suspects.append(literals[is_tail])
    tagged = literals[(last != QUOTE) & (last != CLOSE)]
    suspects.append(np.array(_with_odd_tag(bulk.arena, tagged, offsets[tagged + 1]), dtype=int))
    # A typed literal has its datatype right behind its closing quote: checked by pattern when
    # the datatype is not one of those that were checked before.
    suspects.append(_with_new_tail(bulk, arena, literals[last == CLOSE]))
    alias: dict[int, int] = {}
    skip = len(TERMS)
    for number in np.unique(np.concatenate(suspects)).tolist():
        if number < skip:
            continue
        term = bulk.term(number)
        pattern = (syntax.IRI, syntax.BLANK, syntax.LITERAL)[kinds[number]]
        if pattern.fullmatch(term.decode()) is None:
            raise SourceError(name, f"not an N-Triples term: {term.decode()[:80]}")
        canonical = syntax.canonical(term)
        if canonical != term:
            alias[number] = dictionary.encode([canonical])[0]
    if alias:
        table = np.arange(len(dictionary), dtype=np.int32)
        table[list(alias)] = list(alias.values())
        columns = [
            None if column is None else np.where(column < 0, -1, table[column]).astype(np.int32)
            for column in columns
        ]
    return columns


def _with_odd_tag(arena: bytes, tagged: Places, ends: Places) -> list[int]:
    """Of the literals with a language tag those whose tag is not plain; `ends` is where they end.

    Most end in one of a few tags: each different end is looked at once.
    """
    is_plain: dict[bytes, bool] = {}
    odd = []
    for number, end in zip(tagged.tolist(), ends.tolist(), strict=True):
        tail = arena[end - 6 : end]
        plain = is_plain.get(tail)
        if plain is None:
            if b'"@' in tail:
                plain = is_plain[tail] = _PLAIN_TAG.search(tail) is not None
            else:
                plain = _PLAIN_TAG.search(arena, max(0, end - 32), end) is not None
        if not plain:
            odd.append(number)
    return odd


def _with_new_tail(bulk: Bulk, arena: Bytes, literals: Places) -> Places:
    """Of typed literals, those whose last 24 bytes are the first of their like, or all too short.

    Literals that agree in the tail up to their closing quote agree in how the datatype is
    written; a tail without the quote is inside the datatype IRI, whose bytes are checked by the
    forbidden-byte test on literals below.
    """
    if not len(literals):
        return literals
    ends = bulk.offsets[literals + 1]
    lengths = ends - bulk.offsets[literals]
    good = np.zeros(len(literals), dtype=bool)
    left = np.arange(len(literals))
    # Each pass takes the datatype of one literal and strikes out all that end in the same way.
    passes = 0
    while len(left) and passes < 64:
        passes += 1
        term = bulk.term(int(literals[left[0]]))
        tail = np.frombuffer(term[term.rindex(b'"') :], dtype=np.uint8)
        same = lengths[left] > len(tail)
        for back in range(1, len(tail) + 1):
            candidates = left[same]
            if not len(candidates):
                break
            same[same] = arena[ends[candidates] - back] == tail[-back]
        if syntax.LITERAL.fullmatch('"' + tail.tobytes().decode()) is not None:
            good[left[same]] = True
        same[0] = True
        left = left[~same]
    return literals[~good]
