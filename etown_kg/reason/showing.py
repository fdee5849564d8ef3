"""What a closure shows at one time: inferred pairs, spelled out by profile and by equality.

The facts name representatives and values; a reader sees every name of a term, and of literals what
the profile says (`profile.py`). Two states of one closure are compared where they differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from etown_kg.errors import LimitError
from etown_kg.reason.dictionary import DIFFERENT_FROM, LITERAL, SAME_AS, VALUE, Dictionary
from etown_kg.reason.equality import Equality
from etown_kg.reason.literals import Literals
from etown_kg.reason.profile import Profile, is_shown_predicate, shown
from etown_kg.reason.relation import (
    EMPTY,
    Keys,
    Mask,
    contains,
    difference,
    distinct,
    leading,
    pack,
    swapped,
    trailing,
    union,
)
from etown_kg.reason.source import Grouped
from etown_kg.reason.variable import Facts


class InferredChange(NamedTuple):
    """Inferred pairs by predicate: those shown now and not before, and the other way round.

    Forward keys, sorted. A triple that is asserted is not inferred, whatever follows.
    """

    added: Grouped
    removed: Grouped


class State(NamedTuple):
    """The state of a closure; `snapshot` keeps it while the closure goes on."""

    dictionary: Dictionary
    literals: Literals
    profile: Profile
    facts: Facts
    equality: Equality
    asserted: Grouped
    # Pairs that may be spelled out; None for any number.
    pair_limit: int | None = None
    # All that is shown, where it could not be told later.
    gathered: Grouped | None = None

    def snapshot(self) -> State:
        """The state as it is now. Costs a little for each predicate, nothing for each pair.

        But the full profile compares the literals in use, which change: it is spelled out at once.
        """
        return self._replace(
            facts=self.facts.snapshot(),
            equality=self.equality.snapshot(),
            gathered=_gathered(self) if self.profile == "full" else None,
        )

    def is_inferred(self, name: int, forward: Keys) -> Mask:
        """For each pair of a predicate whether it was inferred and is shown; lean profile only."""
        kinds = self.dictionary.kinds
        variable = self.facts.get(self.equality.representative(name))
        if variable is None or not is_shown_predicate(name, kinds):
            return np.zeros(len(forward), dtype=bool)
        table = self.equality.table()
        subjects, objects = table[leading(forward)], table[trailing(forward)]
        keys = pack(objects, subjects) if variable.is_class_led else pack(subjects, objects)
        mask = variable.has(keys) & shown(name, forward, kinds, self.profile)
        return np.asarray(mask & ~contains(self.asserted.get(name, EMPTY), forward))

    def predicates(self) -> set[int]:
        """The predicates of all triples that are shown, perhaps more."""
        names = {name for root, _ in self.facts for name in self.equality.members(root)}
        return names | self.asserted.keys() | set(self.equality.members(SAME_AS))

    def pairs(self, name: int) -> tuple[Keys, bool]:
        """The pairs of a predicate, asserted or inferred and shown.

        Sorted keys, and whether they are forward: they are as the facts have them.
        """
        asserted = self.asserted.get(name, EMPTY)
        root = self.equality.representative(name)
        variable = self.facts.get(root)
        if self.profile == "full" or root == self.equality.representative(SAME_AS):
            parts = [keys for predicate, keys in self.inferred_keys() if predicate == name]
            return distinct(np.concatenate((asserted, *parts))), True
        kinds = self.dictionary.kinds
        if variable is None or not is_shown_predicate(name, kinds):
            return asserted, True
        if not variable.is_class_led:
            forward = self.equality.expand(variable.keys)
            return union(forward[shown(name, forward, kinds, self.profile)], asserted), True
        backward = self.equality.expand(variable.keys)
        mask = shown(name, pack(trailing(backward), leading(backward)), kinds, self.profile)
        return union(backward[mask], swapped(asserted)), False

    def inferred_keys(self) -> Iterator[tuple[int, Keys]]:
        """(predicate, forward keys) of what was inferred and is shown; sorted, in pieces.

        A predicate may come in several pieces, without common keys. Raises LimitError for more
        than `pair_limit` pairs: who reads them keeps them.
        """
        count = 0
        for predicate, keys in chain(self._stated_keys(), self._sameness_keys()):
            count += len(keys)
            if self.pair_limit is not None and count > self.pair_limit:
                raise LimitError(
                    f"{self.pair_limit} triples",
                    f"spelled out, what was inferred are {self.inferred_count()} triples",
                    hint="raise memory_limit_mb, or leave out what makes so many terms the same",
                )
            yield predicate, keys

    def inferred_count(self) -> int:
        """The number of pairs that `inferred_keys` has; those of a clique are not spelled out."""
        count = sum(len(keys) for _, keys in self._stated_keys())
        if self.profile == "full":
            return count + sum(len(keys) for _, keys in self._sameness_keys())
        kinds, table = self.dictionary.kinds, self.equality.table()
        in_cliques = 0
        for clique in self.equality.cliques.values():
            kinds_of = kinds[clique]
            subjects = int(np.count_nonzero(kinds_of < LITERAL))
            in_cliques += subjects * (int(np.count_nonzero(kinds_of < VALUE)) - 1)
        for name in self.equality.members(SAME_AS):
            if is_shown_predicate(name, kinds):
                asserted = self.asserted.get(name, EMPTY)
                asserted = asserted[table[leading(asserted)] == table[trailing(asserted)]]
                known = int(np.count_nonzero(shown(SAME_AS, asserted, kinds, self.profile)))
                count += in_cliques - known + len(self._stored_same_as_keys(name))
        return count

    def _stated_keys(self) -> Iterator[tuple[int, Keys]]:
        """Pairs of all predicates but owl:sameAs."""
        kinds = self.dictionary.kinds
        values: dict[int, list[int]] | None = None
        for predicate, variable in self.facts:
            if predicate == SAME_AS or not len(variable):
                continue
            names = [n for n in self.equality.members(predicate) if is_shown_predicate(n, kinds)]
            if not names:
                continue
            pieces: Iterable[Keys] = self.equality.expanded(variable.forward())
            if self.profile == "full":
                values = self.literals.by_value() if values is None else values
                kinds = self.dictionary.kinds
                # Spellings of one value may come from several pieces.
                pieces = [_spelled_out(distinct(np.concatenate(list(pieces))), values, kinds)]
            for keys in pieces:
                for name in names:
                    mask = shown(name, keys, kinds, self.profile)
                    visible = keys if mask.all() else keys[mask]
                    yield name, difference(visible, self.asserted.get(name, EMPTY))
        if self.profile == "full":
            known = self.equality.expand(self.facts.forward(DIFFERENT_FROM))
            yield DIFFERENT_FROM, self._different_keys(known)

    def _sameness_keys(self) -> Iterator[tuple[int, Keys]]:
        for name in self.equality.members(SAME_AS):
            if is_shown_predicate(name, self.dictionary.kinds):
                yield from ((name, keys) for keys in self._same_as_keys(name))

    def _stored_same_as_keys(self, name: int) -> Keys:
        """The pairs of owl:sameAs that are not within one clique."""
        stored = self.equality.expand(self._stored_same_as())
        mask = shown(name, stored, self.dictionary.kinds, self.profile)
        return difference(stored[mask], self.asserted.get(name, EMPTY))

    def _same_as_keys(self, name: int) -> Iterator[Keys]:
        """The pairs of owl:sameAs in pieces: those of a clique are quadratic in number."""
        asserted = self.asserted.get(name, EMPTY)
        kinds = self.dictionary.kinds
        is_full = self.profile == "full"
        equality = self.equality
        yield self._stored_same_as_keys(name)
        roots = np.array(sorted(equality.cliques), dtype=np.int64)
        for keys in equality.expanded(pack(roots, roots)):
            visible = keys[shown(SAME_AS, keys, kinds, self.profile)]
            yield difference(visible, asserted)
        if is_full:
            yield difference(self._reflexive(), asserted)
            known = equality.table()
            for group in self.literals.by_value().values():
                pairs = [
                    one << 32 | other
                    for one in group
                    for other in group
                    if one != other and known[one] != known[other]
                ]
                keys = distinct(np.array(pairs, dtype=np.int64))
                yield difference(keys[kinds[leading(keys)] < VALUE], asserted)

    def _has_different_literals(self) -> bool:
        literals = self.literals
        numbers = literals.all_literals().tolist()
        values = {literals.value(n) for n in numbers if literals.is_supported(n)}
        return len(values - {None}) > 1

    def _different_keys(self, known: Keys) -> Keys:
        """Rule dt-diff, which only the full profile spells out: quadratic in the literals."""
        literals = self.literals
        keys = literals.different_pairs(literals.all_literals(), self.pair_limit)
        table = self.equality.table()
        keys = distinct(pack(table[leading(keys)], table[trailing(keys)]))
        keys = self.equality.expand(keys)
        keys = keys[shown(DIFFERENT_FROM, keys, self.dictionary.kinds, self.profile)]
        return difference(keys, union(known, self.asserted.get(DIFFERENT_FROM, EMPTY)))

    def _stored_same_as(self) -> Keys:
        """The pairs that are not within one clique: those of rigid terms, and single terms."""
        keys = self.facts.forward(SAME_AS)
        cliques = np.array(sorted(self.equality.cliques), dtype=np.int64)
        is_stored = (leading(keys) != trailing(keys)) | ~np.isin(leading(keys), cliques)
        return np.asarray(keys[is_stored], dtype=np.int64)

    def _reflexive(self) -> Keys:
        """Rule eq-ref for every term in a triple that is in no clique and not stored."""
        used = np.zeros(len(self.dictionary), dtype=bool)
        for predicate, variable in self.facts:
            keys = variable.keys
            used[leading(keys)] = used[trailing(keys)] = True
            used[predicate] = len(keys) > 0
        # What eq-ref, dt-eq and dt-diff conclude names these two themselves.
        used[SAME_AS] = used.any()
        used[DIFFERENT_FROM] |= self._has_different_literals()
        used &= self.dictionary.kinds < VALUE
        terms = np.flatnonzero(used & (self.equality.table() == np.arange(len(used))))
        in_clique = np.array(
            [n for clique in self.equality.cliques.values() for n in clique], dtype=np.int64
        )
        terms = np.setdiff1d(terms, in_clique)
        return difference(pack(terms, terms), self._stored_same_as())


def _spelled_out(keys: Keys, values: dict[int, list[int]], kinds: Any) -> Keys:
    """Rules dt-eq and eq-rep-o: a pair with a value, for every literal that has it."""
    parts = [keys]
    objects = trailing(keys)
    rows = np.flatnonzero(kinds[objects] == VALUE)
    for key in keys[rows].tolist():
        subject, value = key >> 32, key & 0xFFFFFFFF
        spellings = values.get(value, ())
        parts.append(np.array([subject << 32 | literal for literal in spellings], dtype=np.int64))
    keys = distinct(np.concatenate(parts))
    rows = np.flatnonzero(kinds[leading(keys)] == VALUE)
    if not len(rows):
        return keys
    parts = [keys]
    for key in keys[rows].tolist():
        value, object_ = key >> 32, key & 0xFFFFFFFF
        parts.append(
            np.array([literal << 32 | object_ for literal in values.get(value, ())], dtype=np.int64)
        )
    return distinct(np.concatenate(parts))


def compare(before: State, after: State, touched: Grouped, asserted: Grouped) -> InferredChange:
    """What an edit changed among the inferred pairs that are shown.

    Args:
        before: a snapshot of the state before the edit.
        touched: forward keys of the facts that came or went, perhaps both.
        asserted: the pairs that the edit asserted or withdrew.
    """
    if not _is_local(before, after, touched, asserted):
        return _compare_all(before, after)
    candidates = dict(asserted)
    for predicate, keys in touched.items():
        spelled = after.equality.expand(distinct(keys))
        for name in after.equality.members(predicate):
            candidates[name] = union(candidates.get(name, EMPTY), spelled)
    added: dict[int, Keys] = {}
    removed: dict[int, Keys] = {}
    for name, keys in candidates.items():
        was, now = before.is_inferred(name, keys), after.is_inferred(name, keys)
        if (now & ~was).any():
            added[name] = keys[now & ~was]
        if (was & ~now).any():
            removed[name] = keys[was & ~now]
    return InferredChange(added, removed)


def _is_local(before: State, after: State, touched: Grouped, asserted: Grouped) -> bool:
    """Whether all that is shown differs by the touched pairs alone."""
    return (
        after.profile == "lean"
        and after.equality.cliques is before.equality.cliques
        and not after.equality.rigid
        and not before.equality.rigid
        and SAME_AS not in touched
        and SAME_AS not in asserted
        and len(after.equality.members(SAME_AS)) == 1
    )


def _compare_all(before: State, after: State) -> InferredChange:
    was, now = _gathered(before), _gathered(after)
    return InferredChange(_subtracted(now, was), _subtracted(was, now))


def _gathered(state: State) -> Grouped:
    if state.gathered is not None:
        return state.gathered
    pieces: dict[int, list[Keys]] = {}
    for predicate, keys in state.inferred_keys():
        if len(keys):
            pieces.setdefault(predicate, []).append(keys)
    return {predicate: distinct(np.concatenate(parts)) for predicate, parts in pieces.items()}


def _subtracted(keys: Grouped, others: Grouped) -> dict[int, Keys]:
    left = {p: difference(mine, others.get(p, EMPTY)) for p, mine in keys.items()}
    return {p: mine for p, mine in left.items() if len(mine)}
