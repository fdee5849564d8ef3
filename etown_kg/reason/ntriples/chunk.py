"""A chunk of lines, cut up into terms by array operations over its bytes.

What is in no common layout is left over as odd lines. The terms of a chunk are numbered among
themselves; `numbering.py` brings the chunks together.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from etown_kg.reason.dictionary import TERMS
from etown_kg.reason.hashing import hash_strings

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]

# Bytes in a chunk: its columns then stay within the processor's second-level cache.
CHUNK = 1 << 20
PADDING = 16
LINE_FEED, QUOTE, CLOSE = 10, 34, 62
_SPACE, _DOT, _OPEN, _UNDERSCORE = 32, 46, 60, 95


class Chunk(NamedTuple):
    """One chunk after scanning.

    `codes` has a row per statement position (subject, predicate, object and perhaps graph) and a
    column per statement; a code is the rank of a term among the chunk's different terms, whose
    hashes, starts and lengths follow. `has_graph` marks the statements with a fourth term.
    """

    codes: npt.NDArray[np.int32]
    has_graph: npt.NDArray[np.bool_] | None
    first: npt.NDArray[np.uint64]
    second: npt.NDArray[np.uint64]
    starts: Places
    lengths: Places
    odd_lines: list[tuple[int, int]]


def chunk_bounds(buffer: Bytes, size: int) -> list[tuple[int, int]]:
    """Cut `buffer[:size]` behind line feeds into pieces of about CHUNK bytes."""
    bounds = []
    start = 0
    view = buffer.data
    while start < size:
        end = min(start + CHUNK, size)
        if end < size:
            window = CHUNK
            last = bytes(view[max(start, end - 4096) : end]).rfind(b"\n")
            if last >= 0:
                end = max(start, end - 4096) + last + 1
            else:
                while (found := bytes(view[end : end + window]).find(b"\n")) < 0 and end < size:
                    end += window
                end = min(end + found + 1, size) if found >= 0 else size
        bounds.append((start, end))
        start = end
    return bounds


def scan(buffer: Bytes, start: int, end: int) -> Chunk:
    """Cut the lines of `buffer[start:end]` into terms and number the terms of this chunk."""
    text = buffer[start : end + PADDING]
    size = end - start
    body = text[:size]
    feeds = np.flatnonzero(body == LINE_FEED)
    if not len(feeds) or feeds[-1] != size - 1:
        feeds = np.append(feeds, size)
    line_starts = np.concatenate(([0], feeds[:-1] + 1))
    spaces = np.flatnonzero(body == _SPACE)
    # Room behind the last space, for lines with too few of them: they turn out odd below.
    spaces = np.concatenate((spaces, np.full(4, size)))
    quotes = np.flatnonzero(body == QUOTE)
    space = np.searchsorted(spaces, line_starts)
    subject_end, predicate_end = spaces[space], spaces[space + 1]
    object_start = predicate_end + 1
    line_end = feeds
    plain = predicate_end < line_end - 2
    object_end, quotes_fit = _object_ends(spaces, space, quotes, line_starts, line_end)
    plain &= quotes_fit & (object_end < line_end)
    np.minimum(object_start, size, out=object_start)
    last = np.minimum(object_end, size) - 1
    subject_first, object_first = text[line_starts], text[object_start]
    predicate_start = subject_end + 1
    np.minimum(predicate_start, size, out=predicate_start)
    subject_is_iri = subject_first == _OPEN
    plain &= subject_is_iri | (subject_first == _UNDERSCORE)
    plain &= (text[np.minimum(subject_end, size) - 1] == CLOSE) == subject_is_iri
    plain &= text[predicate_start] == _OPEN
    plain &= text[np.minimum(predicate_end, size) - 1] == CLOSE
    object_is_literal = object_first == QUOTE
    object_is_iri = object_first == _OPEN
    plain &= object_is_iri | object_is_literal | (object_first == _UNDERSCORE)
    plain &= object_is_literal | ((text[last] == CLOSE) == object_is_iri)
    plain &= text[line_end - 1] == _DOT
    graph_start = object_end + 1
    graph_end = line_end - 2
    plain &= text[graph_end] == _SPACE
    has_graph = plain & (graph_end > object_end)
    any_graph = bool(has_graph.any())
    if any_graph:
        graph_first = text[np.minimum(graph_start, size)]
        spaces_right = spaces[np.searchsorted(spaces, graph_start)] == graph_end
        is_iri = (graph_first == _OPEN) & (text[graph_end - 1] == CLOSE)
        good = spaces_right & (is_iri | (graph_first == _UNDERSCORE))
        plain &= ~has_graph | good
        has_graph &= plain
    odd_lines = [
        (start + int(line_starts[i]), start + int(line_end[i])) for i in np.flatnonzero(~plain)
    ]
    if odd_lines:
        keep = np.flatnonzero(plain)
        line_starts, subject_end = line_starts[keep], subject_end[keep]
        predicate_start, predicate_end = predicate_start[keep], predicate_end[keep]
        object_start, object_end = object_start[keep], object_end[keep]
        graph_start, graph_end = graph_start[keep], graph_end[keep]
        has_graph = has_graph[keep]
    starts = [line_starts, predicate_start, object_start]
    ends = [subject_end, predicate_end, object_end]
    if any_graph:
        starts.append(graph_start[has_graph])
        ends.append(graph_end[has_graph])
    all_starts = np.concatenate(starts)
    all_lengths = np.concatenate(ends) - all_starts
    codes, first, second, chosen = _distinct(text, all_starts, all_lengths)
    count = len(line_starts)
    table = np.empty((4 if any_graph else 3, count), dtype=np.int32)
    table[:3] = codes[: 3 * count].reshape(3, count)
    if any_graph:
        table[3] = -1
        table[3, has_graph] = codes[3 * count :]
    return Chunk(
        table,
        has_graph if any_graph else None,
        first,
        second,
        all_starts[chosen] + start,
        all_lengths[chosen],
        odd_lines,
    )


@cache
def vocabulary_chunk() -> tuple[Bytes, Chunk]:
    """The rules' vocabulary as a chunk of its own in front, so that it gets the first numbers."""
    text = np.frombuffer(b"".join(TERMS) + b"\0" * PADDING, dtype=np.uint8)
    lengths = np.array([len(term) for term in TERMS], dtype=np.int64)
    starts = np.cumsum(lengths) - lengths
    hashes = hash_strings(text, starts, lengths)
    no_codes = np.empty((3, 0), dtype=np.int32)
    return text, Chunk(no_codes, None, hashes.first, hashes.second, starts, lengths, [])


def _object_ends(
    spaces: Places, space: Places, quotes: Places, line_starts: Places, line_end: Places
) -> tuple[Places, npt.NDArray[np.bool_]]:
    """Where each line's object ends, and whether its quotes are none or exactly two.

    A literal may hold spaces, so its end is the first space behind the last quote; no term that
    may follow holds a quote.
    """
    if not len(quotes):
        return spaces[space + 2], np.ones(len(space), dtype=bool)
    quote_end = np.searchsorted(quotes, line_end)
    quote_count = np.diff(quote_end, prepend=0)
    has_quote = quote_count > 0
    last_quote = quotes[np.maximum(quote_end - 1, 0)]
    behind = spaces[np.searchsorted(spaces, last_quote)]
    # The first quote opens the object: right behind the second space.
    opening = quotes[np.minimum(quote_end - quote_count, len(quotes) - 1)]
    fits = ~has_quote | ((quote_count == 2) & (opening == spaces[space + 1] + 1))
    return np.where(has_quote, behind, spaces[space + 2]), fits


def _distinct(
    text: Bytes, starts: Places, lengths: Places
) -> tuple[
    npt.NDArray[np.int32], npt.NDArray[np.uint64], npt.NDArray[np.uint64], npt.NDArray[np.int64]
]:
    """Number the different strings: (code of each, two hashes per code, an index per code)."""
    count = len(starts)
    if not count:
        empty = np.empty(0, dtype=np.uint64)
        return np.empty(0, dtype=np.int32), empty, empty, np.empty(0, dtype=np.int64)
    hashes = hash_strings(text, starts, lengths)
    # Sorting whole hashes with their index in the low bits is several times faster than an
    # argsort; the bits lost are looked at below.
    low = np.uint64((1 << int(count).bit_length()) - 1)
    keys = (hashes.first & ~low) | np.arange(count, dtype=np.uint64)
    keys.sort()
    order = (keys & low).astype(np.int64)
    first, second, length = hashes.first[order], hashes.second[order], lengths[order]
    is_new = np.empty(count, dtype=bool)
    is_new[0] = True
    np.not_equal(keys[1:] >> np.uint64(1), keys[:-1] >> np.uint64(1), out=is_new[1:])
    is_new[1:] = (keys[1:] & ~low) != (keys[:-1] & ~low)
    differs = (first[1:] != first[:-1]) | (second[1:] != second[:-1]) | (length[1:] != length[:-1])
    if bool((differs & ~is_new[1:]).any()):
        order = np.lexsort((lengths, hashes.second, hashes.first))
        first, second, length = hashes.first[order], hashes.second[order], lengths[order]
        differs = (
            (first[1:] != first[:-1]) | (second[1:] != second[:-1]) | (length[1:] != length[:-1])
        )
        is_new[1:] = differs
    codes = np.empty(count, dtype=np.int32)
    codes[order] = np.cumsum(is_new) - 1
    return codes, first[is_new], second[is_new], order[is_new]
