"""The triples of each predicate as sorted keys, led by the subject and by the object.

For who reads a closure in any order; the relations of the fixpoint itself are `variable.py`. A
relation never changes: after a change there is another one, which copies as late as it can.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from etown_kg.reason.relation import (
    EMPTY,
    Keys,
    Mask,
    contains,
    difference,
    leading,
    merge,
    pack,
    swapped,
    trailing,
)


class Relation:
    """The triples of one predicate: sorted keys in one direction, and in the other when asked."""

    def __init__(self, forward: Keys | None, backward: Keys | None = None) -> None:
        """One of both is enough."""
        directions = ((True, forward), (False, backward))
        self._keys = {which: keys for which, keys in directions if keys is not None}
        # What this one is a change of, and the forward keys that have come and gone since.
        self._before: tuple[Relation, Keys, Keys] | None = None
        self._fan_out: dict[bool, float] = {}
        self.count = len(next(iter(self._keys.values())))

    def changed(self, come: Keys, gone: Keys) -> Relation:
        """The relation with some triples and without others: sorted forward keys, all different.

        What comes may be there, and what goes may not. Each direction is changed when it is asked
        for, as a long one takes milliseconds to copy.
        """
        for is_forward in (True, False):
            if self._is_at_hand(is_forward):
                self.keys(is_forward=is_forward)
        self._before = None  # so that no chain of them grows
        come, gone = come[~self._has(come)], gone[self._has(gone)]
        result = Relation(EMPTY)
        result._keys.clear()
        result._before = (self, come, gone)
        result.count = self.count + len(come) - len(gone)
        return result

    def keys(self, *, is_forward: bool) -> Keys:
        """All keys, led by the subject or by the object."""
        found = self._keys.get(is_forward)
        if found is None:
            change = self._before  # which another thread may let go meanwhile
            if change is not None and change[0]._is_at_hand(is_forward):
                before, come, gone = change
                if not is_forward:
                    come, gone = swapped(come), swapped(gone)
                found = merge(difference(before.keys(is_forward=is_forward), gone), come)
            else:
                found = swapped(self.keys(is_forward=not is_forward))
            self._keys[is_forward] = found
            if len(self._keys) == 2:
                self._before = None
        return found

    def at_hand(self, *, is_forward: bool = True) -> tuple[Keys, bool]:
        """The keys in that direction if they are made, else in the other; whether forward."""
        which = is_forward if self._is_at_hand(is_forward) else not is_forward
        return self.keys(is_forward=which), which

    def _is_at_hand(self, is_forward: bool) -> bool:
        change = self._before
        return is_forward in self._keys or (
            change is not None and change[0]._is_at_hand(is_forward)
        )

    def _has(self, forward: Keys) -> Mask:
        keys, is_forward = self.at_hand()
        return contains(keys, forward if is_forward else pack(trailing(forward), leading(forward)))

    def fan_out(self, *, is_forward: bool) -> float:
        """How many triples a subject, or an object, has on average; counted once."""
        known = self._fan_out.get(is_forward)
        if known is None:
            leads = leading(self.keys(is_forward=is_forward))
            different = 1 + int(np.count_nonzero(leads[1:] != leads[:-1]))
            known = self._fan_out[is_forward] = self.count / different
        return known


class Relations(NamedTuple):
    """The relations by predicate, without empty ones; all numbers are below `term_count`."""

    by_predicate: Mapping[int, Relation]
    term_count: int
