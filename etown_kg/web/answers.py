"""Answers that were given already, kept for who asks the same of the same data.

An answer is kept under its entity tag, which names the version of the data: what is found was
computed from the present state, and an older state's answers are dropped as soon as a newer one
is met. Only answers that depend on nothing but the data may be put here.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from etown_kg.web.conditional import version_of

# An answer that takes more than this share of the room is not kept.
SHARE = 8
# What an answer takes beside its body, in bytes, about.
_OVERHEAD_BYTES = 500


class Answer(NamedTuple):
    """An answer as it is sent; `packed` is its body in gzip, where that was wanted before."""

    content_type: str
    body: bytes
    packed: bytes | None = None

    @property
    def size(self) -> int:
        """The bytes of memory that it takes, about."""
        return len(self.body) + len(self.packed or b"") + _OVERHEAD_BYTES


class Answers:
    """Answers by entity tag, `capacity_bytes` of them at most; the one not asked for longest goes.

    Not safe for two threads.
    """

    def __init__(self, capacity_bytes: int) -> None:
        self._capacity = capacity_bytes
        self._kept: OrderedDict[str, Answer] = OrderedDict()
        self._version = ""
        self.size = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, tag: str) -> Answer | None:
        """The answer with this tag, if it is here."""
        found = self._kept.get(tag)
        if found is not None:
            self._kept.move_to_end(tag)
        return found

    def keep(self, tag: str, answer: Answer) -> None:
        """Keep an answer for as long as there is room and no newer version."""
        if answer.size > self._capacity // SHARE:
            return
        if version_of(tag) != self._version:
            self._kept.clear()
            self.size = 0
            self._version = version_of(tag)
        former = self._kept.pop(tag, None)
        self.size += answer.size - (former.size if former is not None else 0)
        self._kept[tag] = answer
        while self.size > self._capacity:
            _, gone = self._kept.popitem(last=False)
            self.size -= gone.size
