"""The terms of all chunks together: a number each, a dictionary, and columns of the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from etown_kg.errors import LimitError
from etown_kg.reason.dictionary import MAX_TERMS, Bulk, Dictionary
from etown_kg.reason.ntriples.chunk import Bytes, Chunk, Places

Column = npt.NDArray[np.int32]

_COPIED_AT_ONCE = 1 << 16


class Numbering(NamedTuple):
    """The terms of all chunks together.

    `numbers` maps the concatenated chunk codes to term numbers, `chosen` holds for each term the
    place (in that concatenation) where it came first; hashes are sorted, with their terms.
    """

    numbers: npt.NDArray[np.int32]
    chosen: Places
    hashes: npt.NDArray[np.uint64]
    by_hash: npt.NDArray[np.int32]


def number_terms(parts: list[Chunk]) -> Numbering:
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
    return Numbering(numbers, leaders[rank_order], first[group_starts], by_hash)


def dictionary_of(
    buffers: list[Bytes], owners: Places, parts: list[Chunk], numbering: Numbering
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


def columns_of(parts: list[Chunk], numbering: Numbering, skip: int) -> list[Column | None]:
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
