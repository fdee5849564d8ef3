"""Reads N-Triples and N-Quads into columns of numbers, a chunk of lines at a time.

Implements N-Triples 1.1 (https://www.w3.org/TR/n-triples/) and N-Quads 1.1
(https://www.w3.org/TR/n-quads/). A line in the common layout, terms parted by single spaces and
" ." at the end, is cut up by array operations over the bytes (`chunk.py`); any other line
(comments, tabs, escaped quotes) is parsed by the grammar's regular expression, which also finds
the errors. The chunks' terms are then numbered together (`numbering.py`), and every different
term is checked once, not every occurrence (`spelling.py`).

Many chunks go through two threads: NumPy lets go of the interpreter lock in its loops.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from etown_kg.errors import MissingPathError, SourceError
from etown_kg.reason import syntax
from etown_kg.reason.dictionary import Dictionary
from etown_kg.reason.ntriples.chunk import (
    LINE_FEED,
    PADDING,
    Bytes,
    Chunk,
    chunk_bounds,
    scan,
    vocabulary_chunk,
)
from etown_kg.reason.ntriples.numbering import Column, columns_of, dictionary_of, number_terms
from etown_kg.reason.ntriples.spelling import with_canonical_terms

# Fewer chunks are read sooner than threads are started.
_WORTH_THREADS = 4


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


def _read(buffer: Bytes, name: str) -> Columns:
    size = len(buffer) - PADDING
    bounds = chunk_bounds(buffer, size)
    vocabulary = vocabulary_chunk()
    if len(bounds) >= _WORTH_THREADS:
        with ThreadPoolExecutor(2) as pool:
            chunks = list(pool.map(lambda bound: scan(buffer, *bound), bounds))
    else:
        chunks = [scan(buffer, *bound) for bound in bounds]
    odd = _odd_statements(buffer, chunks, name)
    buffers = [vocabulary[0], buffer]
    parts = [vocabulary[1], *chunks]
    if odd:
        extra = np.frombuffer(odd + b"\0" * PADDING, dtype=np.uint8)
        part = scan(extra, 0, len(odd))
        assert not part.odd_lines, "a rewritten line is in the common layout"
        buffers.append(extra)
        parts.append(part)
    owners = np.repeat(
        [0, *[1] * len(chunks), *[2] * bool(odd)], [len(part.starts) for part in parts]
    )
    numbering = number_terms(parts)
    dictionary = dictionary_of(buffers, owners, parts, numbering)
    columns = columns_of(parts[1:], numbering, len(vocabulary[1].starts))
    subject, predicate, object_, graph = with_canonical_terms(dictionary, columns, name)
    assert subject is not None
    assert predicate is not None
    assert object_ is not None
    return Columns(dictionary, subject, predicate, object_, graph)


def _odd_statements(buffer: Bytes, chunks: list[Chunk], name: str) -> bytes:
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
    line = int(np.count_nonzero(buffer[:place] == LINE_FEED)) + 1
    return SourceError(name, problem, line=line, hint="each line: subject, predicate, object, dot")
