"""owl:sameAs by representatives: rules eq-sym, eq-trans, eq-rep-s, eq-rep-p and eq-rep-o.

Terms known to be the same form a clique; the facts name only its representative, the member with
the smallest number, so that a clique of n costs n and not n squared times its triples. Output
puts the other members back (`expand`).

Two kinds of terms do not simply merge. Literals with different values never do: that is a clash.
Two terms of the rules' own vocabulary keep their numbers, since rules name them; such a pair is
*rigid*, and the engine copies triples between its terms instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from etown_kg.reason.dictionary import TERMS, Dictionary
from etown_kg.reason.join import is_member
from etown_kg.reason.literals import Literals
from etown_kg.reason.relation import (
    EMPTY,
    Ids,
    Keys,
    distinct,
    expand,
    leading,
    pack,
    portions,
    ranges,
    slice_of,
    trailing,
)
from etown_kg.reason.rules import RULE, Rule
from etown_kg.reason.schema import Instance
from etown_kg.reason.variable import Facts

VOCABULARY_SIZE = len(TERMS)
# So few pairs are spelled out one by one, without a look at all terms.
_FEW = 1024
# Pairs of cliques are spelled out about so many at once.
_PIECE = 1 << 20


class Edges(NamedTuple):
    """Pairs that are the same, and the rule that says so (None for owl:sameAs triples)."""

    first: Ids
    second: Ids
    rule: Rule | None


class LoggedEdges(NamedTuple):
    """Edges with the stage in which they came."""

    stage: int
    edges: Edges


class LiteralClash(NamedTuple):
    """Two literals of different value that `rule` makes the same (dt-diff and eq-diff1)."""

    first: int
    second: int
    rule: Rule | None


class Equality:
    """The cliques of one closure."""

    def __init__(self, dictionary: Dictionary, literals: Literals) -> None:
        self._dictionary = dictionary
        self._literals = literals
        self._parent: dict[int, int] = {}
        self._literal_of: dict[int, int] = {}
        self._table: Ids = np.empty(0, dtype=np.int64)
        self.cliques: dict[int, list[int]] = {}
        self.rigid: dict[int, set[int]] = {}
        self.clashes: dict[tuple[int, int], LiteralClash] = {}
        self.log: list[LoggedEdges] = []
        # Whether a snapshot reads the same containers, which then are copied before a change.
        self._is_shared = False

    def snapshot(self) -> Equality:
        """The cliques as they are now, for reading."""
        copy = Equality(self._dictionary, self._literals)
        copy._parent, copy.cliques, copy._table = self._parent, self.cliques, self.table()
        copy.rigid = {number: set(others) for number, others in self.rigid.items()}
        self._is_shared = True
        return copy

    def _unshare(self) -> None:
        if self._is_shared:
            self._parent = dict(self._parent)
            self.cliques = {number: list(clique) for number, clique in self.cliques.items()}
            self._table = self._table.copy()
            self._is_shared = False

    def __bool__(self) -> bool:
        """Whether any two terms are the same."""
        return bool(self._parent)

    @property
    def has_literals(self) -> bool:
        """Whether a literal is the same as some other term."""
        return bool(self._literal_of)

    def table(self) -> Ids:
        """The representative of each term of the dictionary, by number."""
        known = len(self._table)
        if known < len(self._dictionary):
            table = np.arange(len(self._dictionary), dtype=np.int64)
            table[:known] = self._table
            self._table = table
        return self._table

    def representative(self, number: int) -> int:
        """The representative of one term."""
        parent = self._parent
        root = number
        while (above := parent.get(root, root)) != root:
            root = above
        while number != root:
            parent[number], number = root, parent.get(number, number)
        return root

    def members(self, number: int) -> list[int]:
        """The clique of a term, itself included."""
        return self.cliques.get(self.representative(number), [number])

    def renamed(self, keys: Keys) -> Keys:
        """Keys in the names of representatives, sorted and distinct."""
        if not self._parent or not len(keys):
            return keys
        table = self.table()
        return distinct(pack(table[leading(keys)], table[trailing(keys)]))

    def unite(self, edges: Edges, stage: int) -> set[int]:
        """Make the terms of each edge the same; return the terms with a new representative."""
        kinds = self._dictionary.kinds
        table = self.table()
        first, second = table[edges.first], table[edges.second]
        apart = first != second
        pairs = distinct(pack(np.minimum(first, second)[apart], np.maximum(first, second)[apart]))
        if not len(pairs):
            return set()
        self.log.append(
            LoggedEdges(stage, Edges(edges.first[apart], edges.second[apart], edges.rule))
        )
        merged: set[int] = set()
        is_plain = (kinds[pairs >> 32] < 2) & (kinds[trailing(pairs)] < 2)
        for pair, plain in zip(pairs.tolist(), is_plain.tolist(), strict=True):
            one, other = pair >> 32, pair & 0xFFFFFFFF
            if plain:
                self._join(one, other, merged, edges.rule)
            else:
                self._join_literals(one, other, merged, edges.rule)
        return self._changes(merged)

    def unite_spellings(self, literals: Ids, values: Ids, stage: int) -> set[int]:
        """Merge literals with their values (rule dt-eq); return the terms that changed."""
        self.log.append(LoggedEdges(stage, Edges(literals, values, RULE["dt-eq"])))
        merged: set[int] = set()
        for literal, value in zip(literals.tolist(), values.tolist(), strict=True):
            self._join(literal, value, merged, RULE["dt-eq"])
        return self._changes(merged)

    def _changes(self, merged: set[int]) -> set[int]:
        """The terms with a new representative, in the cliques that these terms now belong to."""
        if not merged:
            return set()
        roots = sorted({self.representative(number) for number in merged})
        cliques = [self.cliques[root] for root in roots]
        members = np.fromiter(chain.from_iterable(cliques), dtype=np.int64)
        root_of = np.repeat(roots, [len(clique) for clique in cliques])
        is_changed = self.table()[members] != root_of
        self._table[members] = root_of
        return set(members[is_changed].tolist())

    def _join(self, one: int, other: int, merged: set[int], rule: Rule | None) -> None:
        one, other = self.representative(one), self.representative(other)
        if one == other:
            return
        low, high = min(one, other), max(one, other)
        if high < VOCABULARY_SIZE:
            self.rigid.setdefault(low, set()).add(high)
            self.rigid.setdefault(high, set()).add(low)
            return
        literal, second = self._literal_of.get(low), self._literal_of.get(high)
        if literal is not None and second is not None and self._clash(literal, second, rule):
            return
        if second is not None:
            self._literal_of.setdefault(low, second)
        self._unshare()
        self._parent[high] = low
        self._parent.setdefault(low, low)
        # The shorter list joins the longer, whichever of them the representative is in.
        clique, small = self.cliques.pop(high, [high]), self.cliques.get(low, [low])
        if len(clique) < len(small):
            clique, small = small, clique
        clique += small
        self.cliques[low] = clique
        merged.add(high)

    def _join_literals(self, one: int, other: int, merged: set[int], rule: Rule | None) -> None:
        """An edge with a literal, or with the value of one."""
        literal = [number for number in (one, other) if self._dictionary.kinds[number] >= 2]
        if len(literal) == 2 and (self._clash(one, other, rule) or self._is_same(one, other)):
            return
        for number in literal:
            self._literal_of.setdefault(self.representative(number), number)
        self._join(one, other, merged, rule)
        for number in literal:
            (value,) = self._literals.value_numbers(np.array([number])).tolist()
            if value != number:
                self._literal_of.setdefault(self.representative(value), value)
                self._join(number, value, merged, rule)

    def _is_same(self, one: int, other: int) -> bool:
        return self._literals.is_same(one, other)

    def _clash(self, one: int, other: int, rule: Rule | None) -> bool:
        if not self._literals.is_different(one, other):
            return False
        low, high = sorted(self._literals.value_numbers(np.array([one, other])).tolist())
        self.clashes.setdefault((low, high), LiteralClash(one, other, rule))
        return True

    def expanded_count(self, keys: Keys) -> int:
        """The number of pairs that `expand` makes."""
        if not self.cliques:
            return len(keys)
        starts, ends, _ = self._columns()
        sizes = ends - starts
        return int((sizes[leading(keys)] * sizes[trailing(keys)]).sum())

    def expand(self, keys: Keys) -> Keys:
        """The pairs of representatives spelled out for all members, sorted."""
        pieces = list(self.expanded(keys))
        return pieces[0] if len(pieces) == 1 else distinct(np.concatenate((EMPTY, *pieces)))

    def expanded(self, keys: Keys) -> Iterator[Keys]:
        """As `expand`, in sorted pieces without common pairs.

        A piece has `_PIECE` pairs at most, or one member of a clique with all of another; all
        pairs of terms that are in no clique come in one.
        """
        if not self.cliques or not len(keys):
            yield keys
            return
        if len(keys) <= _FEW:
            named = [
                (self.members(key >> 32), self.members(key & 0xFFFFFFFF)) for key in keys.tolist()
            ]
            if sum(len(ones) * len(others) for ones, others in named) <= _FEW:
                spelled = [
                    one << 32 | other for ones, others in named for one in ones for other in others
                ]
                yield distinct(np.array(spelled, dtype=np.int64))
                return
        starts, ends, members = self._columns()
        sizes = ends - starts
        is_plain = (sizes[leading(keys)] == 1) & (sizes[trailing(keys)] == 1)
        if is_plain.all():
            yield keys
            return
        plain, keys = keys[is_plain], keys[~is_plain]
        if len(plain):
            yield plain
        counts = sizes[leading(keys)] * sizes[trailing(keys)]
        for first, last in portions(counts, _PIECE):
            one, other = leading(keys[first:last]), trailing(keys[first:last])
            rows, places = expand(starts[one], ends[one])
            one, other = members[places], other[rows]
            for start, end in portions(sizes[other], _PIECE):
                part = other[start:end]
                rows, places = expand(starts[part], ends[part])
                yield distinct(pack(one[start:end][rows], members[places]))

    def _columns(self) -> tuple[Ids, Ids, Ids]:
        """The members of each term's clique as a range of one column: itself, if in none."""
        size = len(self._dictionary)
        starts = np.arange(size)
        ends = starts + 1
        lengths = np.fromiter(map(len, self.cliques.values()), dtype=np.int64)
        members = np.fromiter(chain.from_iterable(self.cliques.values()), dtype=np.int64)
        last = size + np.cumsum(lengths)
        starts[members] = np.repeat(last - lengths, lengths)
        ends[members] = np.repeat(last, lengths)
        return starts, ends, np.concatenate((np.arange(size), members))


def neighbours(keys: Keys, rule: Rule | None) -> Edges:
    """Edges between the trailing numbers of keys with one leading number.

    Neighbours only: n values of a functional property give n - 1 edges, which join them all.
    """
    same = (keys[1:] >> 32) == (keys[:-1] >> 32)
    return Edges(trailing(keys[:-1][same]), trailing(keys[1:][same]), rule)


def edges_of(facts: Facts, instance: Instance, touched: Ids | None) -> Edges:
    """What an instance of a rule about identity concludes.

    Args:
        touched: a column: look only at these groups (subjects of a functional property, values
            of an inverse-functional one, members of a class with a key); None for all.
    """
    rule = instance.rule
    if rule.id == "prp-key":
        member = instance.body[0].subject
        properties = [
            atom.predicate for atom in instance.body if atom.subject == member and atom.object < 0
        ]
        return key_edges(facts, rule, instance.body[0].object, properties, touched)
    if rule.id == "prp-ifp":
        return neighbours(_rows(facts.backward(instance.body[0].predicate), touched), rule)
    # prp-fp and the cardinalities: values of one subject, perhaps typed, values perhaps too.
    subject = instance.head.subject
    types = [atom for atom in instance.body if atom.object >= 0]
    paths = [atom for atom in instance.body if atom.object == subject]
    keys = _rows(facts.forward(paths[0].predicate), touched)
    holder = paths[0].subject
    for atom in types:
        if atom.subject == holder:
            keys = keys[is_member(facts, facts.instances(atom.object), leading(keys))]
        elif atom.subject == subject:
            keys = keys[is_member(facts, facts.instances(atom.object), trailing(keys))]
    return neighbours(keys, rule)


def _rows(keys: Keys, touched: Ids | None) -> Keys:
    if touched is None or len(touched) * 8 > len(keys):
        return keys
    _, places = expand(*ranges(keys, touched))
    return keys[places]


def key_edges(
    facts: Facts, rule: Rule, class_: int, properties: Sequence[int], touched: Ids | None
) -> Edges:
    """Members of the class with a common value of every key property.

    Rows (member, values...) are joined property by property; the values met so far are numbered,
    so that a row stays a pair. Who shares its values with nobody is dropped on the way.
    """
    members = facts.instances(class_)
    if touched is not None and len(touched) * 8 < len(members):
        members = _sharing(facts, properties[0], touched, members)
    group = np.zeros(len(members), dtype=np.int64)
    for property_ in properties:
        if len(members) < 2:
            return Edges(EMPTY, EMPTY, rule)
        keys = facts.forward(property_)
        rows, places = expand(*ranges(keys, members))
        members = members[rows]
        combined = pack(group[rows], trailing(keys[places]))
        order = np.argsort(combined)
        combined, members = combined[order], members[order]
        is_next = combined[1:] != combined[:-1]
        group = np.cumsum(np.concatenate(([0], is_next)))[: len(members)]
        is_shared = np.bincount(group)[group] > 1
        members, group = members[is_shared], group[is_shared]
    return neighbours(distinct(pack(group, members)), rule)


def _sharing(facts: Facts, property_: int, touched: Ids, members: Ids) -> Ids:
    """The touched members, and those that share a value of the property with one."""
    values = np.concatenate(
        [slice_of(facts.forward(property_), number) for number in touched.tolist()] or [touched]
    )
    keys = facts.backward(property_)
    _, places = expand(*ranges(keys, distinct(values)))
    near = distinct(np.concatenate((touched, trailing(keys[places]))))
    return near[is_member(facts, members, near)]
