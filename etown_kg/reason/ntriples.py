"""Reads N-Triples and N-Quads into columns of numbers, a chunk of lines at a time.

Implements N-Triples 1.1 (https://www.w3.org/TR/n-triples/) and N-Quads 1.1
(https://www.w3.org/TR/n-quads/). A line in the common layout, terms parted by single spaces and
" ." at the end, is cut up by array operations over the bytes; any other line (comments, tabs,
escaped quotes) is parsed by the grammar's regular expression, which also finds the errors.
Every different term is then checked once, not every occurrence.

Chunks go through two threads: NumPy lets go of the interpreter lock in its loops.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.ma  # np.unique loads it when it is first called, and an executor may open no file
import numpy.typing as npt

from etown_kg.errors import LimitError, MissingPathError, SourceError
from etown_kg.reason import syntax
from etown_kg.reason.dictionary import MAX_TERMS, TERMS, Bulk, Dictionary
from etown_kg.reason.hashing import hash_strings

Column = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]

# Bytes in a chunk: its columns then stay within the processor's second-level cache.
CHUNK = 1 << 20
_COPIED_AT_ONCE = 1 << 16
PADDING = 16
_SPACE, _LINE_FEED, _QUOTE, _DOT = 32, 10, 34, 46
_OPEN, _CLOSE, _UNDERSCORE, _BACKSLASH, _AT = 60, 62, 95, 92, 64
# Bytes that no IRI may have, by the production IRIREF.
_NOT_IN_IRI = np.zeros(256, dtype=bool)
_NOT_IN_IRI[[*range(0x21), *b'<>"{}|^`']] = True


# A language tag in lower case behind a closing quote, at the end of what is searched.
_PLAIN_TAG = re.compile(rb'"@[a-z]{1,8}(?:-[a-z0-9]{1,8})*\Z')


class Columns(NamedTuple):
    """What was read: the terms, and the statements as columns of their numbers.

    `graph` is None when no statement names a graph; else it holds -1 for the default graph.
    The statements are in no particular order and may repeat.
    """

    dictionary: Dictionary
    subject: Column
    predicate: Column
    object: Column
    graph: Column | None


def read_ntriples(source: str | os.PathLike[str] | bytes) -> Columns:
    """Read N-Triples or N-Quads from a file, or from bytes in memory.

    Raises MissingPathError if there is no such file, SourceError with the line at a mistake.
    """
    if isinstance(source, bytes):
        return _read(np.frombuffer(source + b"\0" * PADDING, dtype=np.uint8), "<bytes>")
    path = Path(source)
    try:
        size = path.stat().st_size
        buffer = np.empty(size + PADDING, dtype=np.uint8)
        with path.open("rb", buffering=0) as file:
            view, filled = buffer.data, 0
            while filled < size and (count := file.readinto(view[filled:size])):
                filled += count
    except FileNotFoundError as error:
        raise MissingPathError(path, "an N-Triples or N-Quads file") from error
    return _read(buffer[: filled + PADDING], str(path))


class _Chunk(NamedTuple):
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


def _read(buffer: Bytes, name: str) -> Columns:
    size = len(buffer) - PADDING
    bounds = _chunk_bounds(buffer, size)
    vocabulary = _vocabulary_chunk()
    if len(bounds) > 1:
        with ThreadPoolExecutor(2) as pool:
            chunks = list(pool.map(lambda bound: _scan(buffer, *bound), bounds))
    else:
        chunks = [_scan(buffer, *bound) for bound in bounds]
    odd = _odd_statements(buffer, chunks, name)
    buffers = [vocabulary[0], buffer]
    parts = [vocabulary[1], *chunks]
    if odd:
        extra = np.frombuffer(odd + b"\0" * PADDING, dtype=np.uint8)
        part = _scan(extra, 0, len(odd))
        assert not part.odd_lines, "a rewritten line is in the common layout"
        buffers.append(extra)
        parts.append(part)
    owners = np.repeat(
        [0, *[1] * len(chunks), *[2] * bool(odd)], [len(part.starts) for part in parts]
    )
    numbering = _number(parts)
    dictionary = _dictionary(buffers, owners, parts, numbering)
    columns = _columns(parts[1:], numbering, len(vocabulary[1].starts))
    return _with_canonical_terms(dictionary, columns, name)


def _chunk_bounds(buffer: Bytes, size: int) -> list[tuple[int, int]]:
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


def _scan(buffer: Bytes, start: int, end: int) -> _Chunk:
    """Cut the lines of `buffer[start:end]` into terms and number the terms of this chunk."""
    text = buffer[start : end + PADDING]
    size = end - start
    body = text[:size]
    feeds = np.flatnonzero(body == _LINE_FEED)
    if not len(feeds) or feeds[-1] != size - 1:
        feeds = np.append(feeds, size)
    line_starts = np.concatenate(([0], feeds[:-1] + 1))
    spaces = np.flatnonzero(body == _SPACE)
    # Room behind the last space, for lines with too few of them: they turn out odd below.
    spaces = np.concatenate((spaces, np.full(4, size)))
    quotes = np.flatnonzero(body == _QUOTE)
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
    plain &= (text[np.minimum(subject_end, size) - 1] == _CLOSE) == subject_is_iri
    plain &= text[predicate_start] == _OPEN
    plain &= text[np.minimum(predicate_end, size) - 1] == _CLOSE
    object_is_literal = object_first == _QUOTE
    object_is_iri = object_first == _OPEN
    plain &= object_is_iri | object_is_literal | (object_first == _UNDERSCORE)
    plain &= object_is_literal | ((text[last] == _CLOSE) == object_is_iri)
    plain &= text[line_end - 1] == _DOT
    graph_start = object_end + 1
    graph_end = line_end - 2
    plain &= text[graph_end] == _SPACE
    has_graph = plain & (graph_end > object_end)
    any_graph = bool(has_graph.any())
    if any_graph:
        graph_first = text[np.minimum(graph_start, size)]
        spaces_right = spaces[np.searchsorted(spaces, graph_start)] == graph_end
        is_iri = (graph_first == _OPEN) & (text[graph_end - 1] == _CLOSE)
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
    return _Chunk(
        table,
        has_graph if any_graph else None,
        first,
        second,
        all_starts[chosen] + start,
        all_lengths[chosen],
        odd_lines,
    )


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
        order = np.lexsort((length, second, first))
        order = np.lexsort((lengths, hashes.second, hashes.first))
        first, second, length = hashes.first[order], hashes.second[order], lengths[order]
        differs = (
            (first[1:] != first[:-1]) | (second[1:] != second[:-1]) | (length[1:] != length[:-1])
        )
        is_new[1:] = differs
    codes = np.empty(count, dtype=np.int32)
    codes[order] = np.cumsum(is_new) - 1
    return codes, first[is_new], second[is_new], order[is_new]


class _Numbering(NamedTuple):
    """The terms of all chunks together.

    `numbers` maps the concatenated chunk codes to term numbers, `chosen` holds for each term the
    place (in that concatenation) where it came first; hashes are sorted, with their terms.
    """

    numbers: npt.NDArray[np.int32]
    chosen: Places
    hashes: npt.NDArray[np.uint64]
    by_hash: npt.NDArray[np.int32]


def _number(parts: list[_Chunk]) -> _Numbering:
    """Number the terms in the order of their first chunk, equal terms alike.

    Terms of one neighbourhood so get neighbouring numbers, which keeps later joins in the cache.
    """
    first = np.concatenate([part.first for part in parts])
    second = np.concatenate([part.second for part in parts])
    lengths = np.concatenate([part.lengths for part in parts])
    chunk_starts = np.concatenate([part.starts for part in parts])
    order = np.argsort(first, kind="stable" if len(first) < 4096 else None)
    first, second, lengths = first[order], second[order], lengths[order]
    is_new = np.empty(len(order), dtype=bool)
    is_new[:1] = True
    np.not_equal(first[1:], first[:-1], out=is_new[1:])
    differs = (second[1:] != second[:-1]) | (lengths[1:] != lengths[:-1])
    if bool((differs & ~is_new[1:]).any()):
        # Equal 64-bit hashes of different terms: order by everything that tells them apart.
        again = np.lexsort((lengths, second, first))
        order, first, second, lengths = order[again], first[again], second[again], lengths[again]
        is_new[1:] = (
            (first[1:] != first[:-1]) | (second[1:] != second[:-1]) | (lengths[1:] != lengths[:-1])
        )
    group_starts = np.flatnonzero(is_new)
    leaders = np.minimum.reduceat(order, group_starts)
    count = len(leaders)
    if count > MAX_TERMS:
        raise LimitError(f"{MAX_TERMS} terms", "the input names more different terms")
    # Within a chunk the codes follow the hash; the place in the text decides instead.
    chunk_of = np.repeat(np.arange(len(parts)), [len(part.starts) for part in parts])
    key = (chunk_of[leaders].astype(np.int64) << 42) | chunk_starts[leaders]
    rank_order = np.argsort(key)
    by_hash = np.empty(count, dtype=np.int32)
    by_hash[rank_order] = np.arange(count, dtype=np.int32)
    numbers = np.empty(len(order), dtype=np.int32)
    numbers[order] = np.repeat(by_hash, np.diff(group_starts, append=len(order)))
    return _Numbering(numbers, leaders[rank_order], first[group_starts], by_hash)


def _dictionary(
    buffers: list[Bytes], owners: Places, parts: list[_Chunk], numbering: _Numbering
) -> Dictionary:
    """Copy every different term once, so that the text itself can be let go."""
    chosen = numbering.chosen
    starts = np.concatenate([part.starts for part in parts])[chosen]
    lengths = np.concatenate([part.lengths for part in parts])[chosen]
    offsets = np.zeros(len(chosen) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    owner = owners[chosen]
    pieces: list[bytes] = []
    # Owners ascend with the numbers: the vocabulary, the text, the rewritten lines.
    for which, buffer in enumerate(buffers):
        mine = owner == which
        pieces += _copied(buffer, starts[mine], lengths[mine])
    arena = b"".join(pieces)
    return Dictionary(Bulk(arena, offsets, numbering.hashes, numbering.by_hash))


def _copied(buffer: Bytes, starts: Places, lengths: Places) -> Iterator[bytes]:
    """The bytes of strings, one behind the other, in pieces.

    Whole words are copied, and what is behind each string's end is struck out again.
    """
    words = np.ndarray((len(buffer) - 7,), dtype="<u8", buffer=buffer, strides=(1,))
    for start in range(0, len(starts), _COPIED_AT_ONCE):
        first, length = (a[start : start + _COPIED_AT_ONCE] for a in (starts, lengths))
        counts = (length + 7) >> 3
        ends = np.cumsum(counts)
        places = np.repeat(first - ((ends - counts) << 3), counts)
        places += np.arange(0, len(places) << 3, 8)
        is_text = np.ones((len(places), 8), dtype=bool)
        is_text[ends - 1] = np.arange(8) < (length - ((counts - 1) << 3))[:, np.newaxis]
        yield words[places].view(np.uint8)[is_text.ravel()].tobytes()


def _columns(parts: list[_Chunk], numbering: _Numbering, skip: int) -> list[Column | None]:
    """The chunks' codes as term numbers: subject, predicate, object, graph."""
    total = sum(part.codes.shape[1] for part in parts)
    has_graphs = any(part.has_graph is not None for part in parts)
    columns = [np.empty(total, dtype=np.int32) for _ in range(4 if has_graphs else 3)]
    if has_graphs:
        columns[3].fill(-1)
    place = 0
    for part in parts:
        numbers = numbering.numbers[skip : skip + len(part.starts)]
        skip += len(part.starts)
        end = place + part.codes.shape[1]
        for row in range(part.codes.shape[0]):
            if row == 3:
                marked = part.has_graph
                columns[3][place:end][marked] = numbers[part.codes[3][marked]]
            else:
                numbers.take(part.codes[row], out=columns[row][place:end])
        place = end
    return [*columns, *[None] * (not has_graphs)]


@cache
def _vocabulary_chunk() -> tuple[Bytes, _Chunk]:
    """The rules' vocabulary as a chunk of its own in front, so that it gets the first numbers."""
    text = np.frombuffer(b"".join(TERMS) + b"\0" * PADDING, dtype=np.uint8)
    lengths = np.array([len(term) for term in TERMS], dtype=np.int64)
    starts = np.cumsum(lengths) - lengths
    hashes = hash_strings(text, starts, lengths)
    no_codes = np.empty((3, 0), dtype=np.int32)
    return text, _Chunk(no_codes, None, hashes.first, hashes.second, starts, lengths, [])


def _odd_statements(buffer: Bytes, chunks: list[_Chunk], name: str) -> bytes:
    """The statements of the lines in no common layout, rewritten into it."""
    rewritten = []
    for chunk in chunks:
        for start, end in chunk.odd_lines:
            line = buffer[start:end].tobytes()
            try:
                text = line.rstrip(b"\r").decode()
            except UnicodeDecodeError as error:
                raise _mistake(buffer, start, name, f"not UTF-8: {error.reason}") from error
            if "\r" in text:
                raise _mistake(buffer, start, name, "a carriage return inside a line")
            match = syntax.STATEMENT.fullmatch(text)
            if match is None:
                if syntax.NO_STATEMENT.fullmatch(text):
                    continue
                problem = f"not an N-Triples or N-Quads statement: {text[:80]!r}"
                raise _mistake(buffer, start, name, problem)
            terms = [syntax.canonical(term.encode()) for term in match.groups() if term]
            rewritten.append(b" ".join(terms).replace(b'\\"', b"\\u0022") + b" .\n")
    return b"".join(rewritten)


def _mistake(buffer: Bytes, place: int, name: str, problem: str) -> SourceError:
    line = int(np.count_nonzero(buffer[:place] == _LINE_FEED)) + 1
    return SourceError(name, problem, line=line, hint="each line: subject, predicate, object, dot")


def _with_canonical_terms(
    dictionary: Dictionary, columns: list[Column | None], name: str
) -> Columns:
    """Check every different term, and give terms that are written in several ways one number."""
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
    is_tail = (last == _CLOSE) & (arena[offsets[literals + 1] - 2] == ord("g"))
    suspects.append(literals[is_tail])
    tagged = literals[(last != _QUOTE) & (last != _CLOSE)]
    ends = zip(tagged.tolist(), offsets[tagged + 1].tolist(), strict=True)
    odd = [n for n, end in ends if not _PLAIN_TAG.search(bulk.arena, max(0, end - 32), end)]
    suspects.append(np.array(odd, dtype=np.int64))
    # A typed literal has its datatype right behind its closing quote: checked by pattern when
    # the datatype is not one of those that were checked before.
    suspects.append(_with_new_tail(bulk, arena, literals[last == _CLOSE]))
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
    subject, predicate, object_, graph = columns
    assert subject is not None
    assert predicate is not None
    assert object_ is not None
    return Columns(dictionary, subject, predicate, object_, graph)


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
