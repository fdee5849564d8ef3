"""Columns of numbers as sorted N-Triples, in pieces: no object is made for a triple."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np

from etown_kg.reason.dictionary import LITERAL, Dictionary
from etown_kg.reason.relation import Ids, Keys, leading, pack, trailing

# About this many triples make a piece.
_PIECE = 1 << 17


def sorted_ntriples(dictionary: Dictionary, *parts: Iterable[tuple[int, Keys]]) -> Iterator[bytes]:
    """Lines of N-Triples, sorted by the bytes of subject, predicate and object.

    The parts are forward keys by predicate, in any order, no pair of a predicate twice. Triples
    with a literal as subject, which N-Triples cannot say, are left out.
    """
    kinds = dictionary.kinds
    gathered: dict[int, list[Keys]] = {}
    used = np.zeros(len(dictionary), dtype=bool)
    for part in parts:
        for predicate, keys in part:
            is_sayable = kinds[leading(keys)] < LITERAL
            if not is_sayable.all():
                keys = keys[is_sayable]
            if len(keys):
                gathered.setdefault(predicate, []).append(keys)
                used[leading(keys)] = used[trailing(keys)] = used[predicate] = True
    numbers = np.flatnonzero(used)
    names = dict(zip(numbers.tolist(), dictionary.terms(numbers.tolist()), strict=True))
    order = sorted(names, key=names.__getitem__)
    terms = [names[number] for number in order]
    rank = np.zeros(len(dictionary), dtype=np.int64)
    rank[order] = np.arange(len(order))
    ranked: list[tuple[int, Keys]] = []
    while gathered:
        predicate, batches = gathered.popitem()
        keys = batches[0] if len(batches) == 1 else np.concatenate(batches)
        keys = pack(rank[leading(keys)], rank[trailing(keys)])
        keys.sort()
        ranked.append((int(rank[predicate]), keys))
    ranked.sort(key=lambda item: item[0])
    for first, last in _windows(ranked, len(terms)):
        yield _lines(ranked, terms, first, last)


def _windows(ranked: list[tuple[int, Keys]], term_count: int) -> Iterator[tuple[int, int]]:
    """Ranges of subjects with about `_PIECE` triples each, or with one subject."""
    counts = np.zeros(term_count, dtype=np.int64)
    for _, keys in ranked:
        counts += np.bincount(leading(keys), minlength=term_count)
    subjects = np.flatnonzero(counts)
    pieces = np.cumsum(counts[subjects]) // _PIECE
    starts = subjects[np.flatnonzero(np.diff(pieces, prepend=-1))].tolist()
    yield from pairwise([*starts, term_count])


def _lines(ranked: list[tuple[int, Keys]], terms: list[bytes], first: int, last: int) -> bytes:
    columns: list[tuple[Ids, Ids, Ids]] = []
    for predicate, keys in ranked:
        start, end = np.searchsorted(keys, (first << 32, last << 32))
        if start < end:
            part = keys[start:end]
            columns.append((leading(part), np.full(len(part), predicate), trailing(part)))
    subject, predicates, object_ = map(np.concatenate, zip(*columns, strict=True))
    if len(columns) > 1:
        order = np.lexsort((object_, predicates, subject))
        subject, predicates, object_ = subject[order], predicates[order], object_[order]
    return b"".join(
        [
            b"%b %b %b .\n" % (terms[s], terms[p], terms[o])
            for s, p, o in zip(subject.tolist(), predicates.tolist(), object_.tolist(), strict=True)
        ]
    )
