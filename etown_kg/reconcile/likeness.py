"""How alike two names are, from 0 to 1: the share of neighbouring characters that they share.

Dice's coefficient over pairs of characters, with the beginning and the end of each name as
characters of their own. A typing error costs two or three pairs of many, another order of the
words as many as there are words, and Chinese names are compared in the same way as English ones.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from etown_kg.search.words import runs

# What stands before the first and behind the last character of a name.
_START, _END = "\x02", "\x03"


def likeness(first: str, second: str) -> float:
    """How alike two names are: 1 for what reads the same, 0 for what has no pair in common.

    >>> likeness("Beijing E-Town", "beijing etown"), likeness("亦庄", "Beijing")
    (1.0, 0.0)
    >>> likeness("Bejing", "Beijing") > likeness("Being", "Beijing") > likeness("Bern", "Beijing")
    True
    """
    ours, theirs = _pairs(first), _pairs(second)
    size = ours.total() + theirs.total()
    return 2 * (ours & theirs).total() / size if size else 0.0


def named_same(first: str, second: str) -> bool:
    """Whether two names read the same, but for case, width, accents, spaces and punctuation.

    >>> named_same("Beijing E-Town", "BEIJING ETOWN"), named_same("E-Town", "Beijing E-Town")
    (True, False)
    """
    letters = _letters(first)
    return bool(letters) and letters == _letters(second)


def _letters(name: str) -> str:
    return "".join(word for run in runs(name) for word in run.words)


def _pairs(name: str) -> Counter[tuple[str, str]]:
    letters = _letters(name)
    return Counter(pairwise([_START, *letters, _END])) if letters else Counter()
