"""A relation that grows, and the facts as one such variable per predicate.

A pair lives through three stages, named as in datafrog: it is put into *to_add* (perhaps several
times), is *recent* during the one round that follows if it was not known, and *stable* for ever
after. Here `keys` holds the stable and the recent pairs together, because a rule joins the recent
pairs of one body pattern with all pairs of the others; that repeats a few conclusions, which
costs less than keeping two sorted arrays. The log remembers the stage in which each pair came:
explanations go down along it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from etown_kg.reason.relation import (
    EMPTY,
    Ids,
    Keys,
    Mask,
    contains,
    difference,
    distinct,
    merge,
    pack,
    slice_of,
    swapped,
)


class Entry(NamedTuple):
    """One batch of new pairs (forward keys, or backward ones in a class-led variable)."""

    stage: int
    keys: Keys


# Into so many keys or more, a batch of one in so many or fewer is merged later; and so many batches
# at a time at most.
LARGE = 8192
_FEW = 16
_MOST_LATE = 32


class _Growing(NamedTuple):
    """Sorted keys, and small sorted batches that came later: no key is in two of them.

    To merge a few keys is to copy all, so that it is left until somebody reads all.
    """

    base: Keys
    late: tuple[Keys, ...] = ()

    def __len__(self) -> int:
        return len(self.base) + sum(map(len, self.late))

    def plus(self, new: Keys) -> _Growing:
        """With more sorted keys, none of them known."""
        if not len(self.base):
            return _Growing(new)
        is_small = len(self.base) >= LARGE and len(new) * _FEW <= len(self.base)
        if is_small and len(self.late) < _MOST_LATE:
            return _Growing(self.base, (*self.late, new))
        return _Growing(merge(self.merged().base, new))

    def merged(self) -> _Growing:
        """The same in one array; itself if it is."""
        if not self.late:
            return self
        return _Growing(merge(self.base, np.sort(np.concatenate(self.late))))

    def contains(self, wanted: Keys) -> Mask:
        """For each wanted key whether it is there."""
        found = contains(self.base, wanted)
        for batch in self.late:
            found |= contains(batch, wanted)
        return found

    def absent(self, new: Keys) -> Keys:
        """The sorted `new` without what is there."""
        for batch in (self.base, *self.late):
            new = difference(new, batch)
        return new


_NOTHING: Final = _Growing(EMPTY)


class Variable:
    """The pairs of one predicate.

    `is_class_led` chooses the orientation in which pairs are collected: forward (by subject), or
    backward (by object), as for rdf:type, whose columns are classes. The other orientation is
    made when first asked for, and kept up to date from then on.
    """

    def __init__(self, *, is_class_led: bool = False) -> None:
        self.is_class_led = is_class_led
        # Assigned as a whole, also by who only reads: threads may read the facts together.
        self._keys = _NOTHING
        self.recent: Keys = EMPTY
        self.log: list[Entry] = []
        # Keys that a merge of equal terms took out; explanations still look at them.
        self.retired: list[Keys] = []
        # While an edit is watched: every key that came or went, own orientation.
        self.touched: list[Keys] | None = None
        self._turned: _Growing | None = _NOTHING
        self._recent_turned: Keys | None = EMPTY
        self._to_add: list[Keys] = []
        self._offsets: dict[bool, Ids] = {}

    def __len__(self) -> int:
        known = self._keys
        return len(known) if known.late else len(known.base)  # asked for each predicate

    @property
    def keys(self) -> Keys:
        """All keys, sorted."""
        known = self._keys
        if known.late:
            self._keys = known = known.merged()
        return known.base

    def has(self, keys: Keys) -> Mask:
        """For each key (own orientation) whether it is there."""
        return self._keys.contains(keys)

    def absent(self, keys: Keys) -> Keys:
        """The sorted `keys` (own orientation) without those that are there."""
        return self._keys.absent(keys)

    def put(self, subject: Ids | int, object_: Ids | int) -> None:
        """Put pairs into to_add."""
        if self.is_class_led:
            subject, object_ = object_, subject
        self.put_keys(pack(subject, object_))

    def put_keys(self, keys: Keys) -> None:
        """Put keys of the variable's own orientation into to_add."""
        if len(keys):
            self._to_add.append(keys)

    @property
    def has_additions(self) -> bool:
        """Whether anything waits in to_add."""
        return bool(self._to_add)

    def additions(self) -> Keys:
        """What to_add holds and is not known yet, sorted; empties to_add."""
        if not self._to_add:
            return EMPTY
        batches, self._to_add = self._to_add, []
        keys = batches[0] if len(batches) == 1 else np.concatenate(batches)
        return self.absent(distinct(keys))

    def extend(self, new: Keys, stage: int) -> None:
        """Make sorted keys, none of them known, part of the relation and of `recent`."""
        if not len(new):
            return
        if self.touched is not None:
            self.touched.append(new)
        self.recent = merge(self.recent, new) if len(self.recent) else new
        self._recent_turned = None
        if self._turned is not None and len(self):
            self._turned = self._turned.plus(swapped(new))
        else:
            self._turned = None
        self._keys = self._keys.plus(new)
        self.log.append(Entry(stage, new))
        self._offsets.clear()

    def revisit(self, keys: Keys) -> None:
        """Make known keys recent once more."""
        self.recent = keys
        self._recent_turned = None

    def settle(self) -> None:
        """End the round: nothing is recent any more."""
        self.recent = EMPTY
        self._recent_turned = EMPTY

    def remove(self, gone: Keys) -> None:
        """Take sorted keys out, as if they had never come."""
        self.retire(gone, is_kept=False)
        self.forget(gone)

    def forget(self, gone: Keys) -> None:
        """Take sorted keys out of the log, whether they are still here or were retired."""
        self.log = [
            Entry(stage, left)
            for stage, keys in self.log
            if len(left := difference(keys, gone) if len(keys) else keys)
        ]
        self.retired = [left for keys in self.retired if len(left := difference(keys, gone))]

    def retire(self, gone: Keys, *, is_kept: bool = True) -> None:
        """Take sorted keys out of the relation but leave them in the log."""
        if not len(gone):
            return
        if self.touched is not None:
            self.touched.append(gone)
        if is_kept:
            self.retired.append(gone)
        self._keys = _Growing(self.keys[~contains(gone, self.keys)])
        self.recent = self.recent[~contains(gone, self.recent)]
        self._recent_turned = None
        self._turned = None
        self._offsets.clear()

    def note(self, keys: Keys, stage: int) -> None:
        """Put sorted keys into the log alone: they were concluded, and renamed before they came."""
        self.log.append(Entry(stage, keys))
        self.retired.append(keys)

    def forward(self) -> Keys:
        """All keys led by the subject."""
        return self._turned_keys() if self.is_class_led else self.keys

    def backward(self) -> Keys:
        """All keys led by the object."""
        return self.keys if self.is_class_led else self._turned_keys()

    def recent_forward(self) -> Keys:
        """The recent keys led by the subject."""
        return self._recent_turned_keys() if self.is_class_led else self.recent

    def recent_backward(self) -> Keys:
        """The recent keys led by the object."""
        return self.recent if self.is_class_led else self._recent_turned_keys()

    def _turned_keys(self) -> Keys:
        turned = self._turned
        if turned is None:
            self._turned = turned = _Growing(swapped(self.keys))
        elif turned.late:
            self._turned = turned = turned.merged()
        return turned.base

    def _recent_turned_keys(self) -> Keys:
        if self._recent_turned is None:
            whole = len(self.recent) == len(self)
            self._recent_turned = self._turned_keys() if whole else swapped(self.recent)
        return self._recent_turned

    def offsets(self, is_forward: bool, term_count: int) -> Ids:
        """Where each number's keys start: `term_count + 1` places in forward or backward keys."""
        known = self._offsets.get(is_forward)
        if known is None or len(known) <= term_count:
            keys = self.forward() if is_forward else self.backward()
            known = np.zeros(term_count + 1, dtype=np.int64)
            np.cumsum(np.bincount(keys >> 32, minlength=term_count), out=known[1:])
            self._offsets[is_forward] = known
        return known

    def stages(self, keys: Keys) -> Ids:
        """For each key (own orientation) the stage in which it first came; -1 if it never did."""
        result = np.full(len(keys), -1, dtype=np.int64)
        for stage, batch in self.log:
            left = np.flatnonzero(result < 0)
            if not len(left):
                break
            found = left[contains(batch, keys[left])]
            result[found] = stage
        return result

    def archive(self) -> Variable:
        """A variable with every pair that was ever here; itself if none was retired."""
        if not self.retired:
            return self
        whole = Variable(is_class_led=self.is_class_led)
        whole.put_keys(self.keys)
        for keys in self.retired:
            whole.put_keys(keys)
        whole.extend(whole.additions(), 0)
        whole.log = self.log
        return whole


class Facts:
    """The variables by predicate. `type_number` is the predicate whose variable is class-led."""

    def __init__(self, type_number: int) -> None:
        self.type_number = type_number
        self.variables: dict[int, Variable] = {}
        self.term_count = 0
        self.is_watched = False
        # Rows that one join may make; None for any number.
        self.row_limit: int | None = None

    def __iter__(self) -> Iterator[tuple[int, Variable]]:
        return iter(list(self.variables.items()))

    def __getitem__(self, predicate: int) -> Variable:
        """The predicate's variable; made when first asked for."""
        variable = self.variables.get(predicate)
        if variable is None:
            variable = Variable(is_class_led=predicate == self.type_number)
            variable.touched = [] if self.is_watched else None
            self.variables[predicate] = variable
        return variable

    def get(self, predicate: int) -> Variable | None:
        """The predicate's variable, None if nothing was ever said with it."""
        return self.variables.get(predicate)

    def snapshot(self) -> Facts:
        """The pairs as they are now, for reading; arrays are shared, they never change."""
        copy = Facts(self.type_number)
        copy.term_count = self.term_count
        for predicate, variable in self.variables.items():
            frozen = copy[predicate]
            frozen._keys, frozen._turned = variable._keys, variable._turned
        return copy

    def watch(self) -> None:
        """Note what comes and goes from now on, for `touched`."""
        self.is_watched = True
        for variable in self.variables.values():
            variable.touched = []

    def touched(self) -> dict[int, Keys]:
        """Forward keys by predicate of what came or went since `watch`; ends it."""
        self.is_watched = False
        found: dict[int, Keys] = {}
        for predicate, variable in self.variables.items():
            parts, variable.touched = variable.touched, None
            if parts:
                keys = distinct(np.concatenate(parts))
                found[predicate] = swapped(keys) if variable.is_class_led else keys
        return found

    def size(self, predicate: int) -> int:
        """The number of pairs of a predicate."""
        variable = self.variables.get(predicate)
        return len(variable) if variable is not None else 0

    def forward(self, predicate: int) -> Keys:
        """All keys of a predicate led by the subject."""
        variable = self.variables.get(predicate)
        return variable.forward() if variable is not None else EMPTY

    def backward(self, predicate: int) -> Keys:
        """All keys of a predicate led by the object."""
        variable = self.variables.get(predicate)
        return variable.backward() if variable is not None else EMPTY

    def instances(self, class_: int) -> Ids:
        """The column of a class's instances."""
        return slice_of(self.backward(self.type_number), class_)

    def objects(self, predicate: int, subject: int) -> Ids:
        """The column of objects of one subject."""
        return slice_of(self.forward(predicate), subject)

    def subjects(self, predicate: int, object_: int) -> Ids:
        """The column of subjects of one object."""
        return slice_of(self.backward(predicate), object_)

    def has(self, predicate: int, subject: int, object_: int) -> bool:
        """Whether one triple is there."""
        variable = self.variables.get(predicate)
        if variable is None:
            return False
        if variable.is_class_led:
            subject, object_ = object_, subject
        return bool(variable.has(np.array([subject << 32 | object_]))[0])
