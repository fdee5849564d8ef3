"""The rules that ask something of every member of a list, for lists too long to write out.

cls-int1, prp-key and prp-spo2 are instances with a pattern for each member (`schema.py`); solving
n patterns in the best order costs n squared, and each of them may be the recent one. From
`LONG` members on a list is one operator instead, which goes over it once.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from etown_kg.reason.dictionary import TYPE
from etown_kg.reason.equality import Edges, key_edges
from etown_kg.reason.join import is_member
from etown_kg.reason.relation import (
    EMPTY,
    Ids,
    Keys,
    Mask,
    contains,
    distinct,
    expand,
    leading,
    pack,
    ranges,
    trailing,
)
from etown_kg.reason.schema import LongInstance
from etown_kg.reason.variable import Facts

INTERSECTION: Final = "cls-int1"
KEY: Final = "prp-key"
CHAIN: Final = "prp-spo2"
# With more classes than this it is cheaper to count the classes of each candidate.
_FEW_CLASSES = 64
_BATCH = 65536


def common_members(facts: Facts, instance: LongInstance, among: Ids | None = None) -> Ids:
    """cls-int1: what is in every class of the list, sorted; only `among` these, if given.

    Cost: the smallest class times the classes, or, for many classes, the types of its members.
    """
    classes = distinct(np.array(instance.members))
    types = facts.backward(TYPE)
    starts, ends = ranges(types, classes)
    smallest = int(np.argmin(ends - starts))
    found = trailing(types[starts[smallest] : ends[smallest]])
    if among is not None:
        found = found[contains(distinct(among), found)]
    if not len(found):
        return EMPTY
    if len(classes) > _FEW_CLASSES:
        parts = [
            _in_all(facts, classes, found[start : start + _BATCH])
            for start in range(0, len(found), _BATCH)
        ]
        return np.concatenate(parts)
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        found = found[is_member(facts, trailing(types[start:end]), found)]
    return found


def _in_all(facts: Facts, classes: Ids, members: Ids) -> Ids:
    """Those of the members that have all the classes, by counting."""
    types = facts.forward(TYPE)
    rows, places = expand(*ranges(types, members), facts.row_limit)
    hits = contains(classes, trailing(types[places]))
    counts = np.bincount(rows[hits], minlength=len(members))
    is_in_all: Mask = counts == len(classes)
    return members[is_in_all]


def chain_pairs(facts: Facts, instance: LongInstance) -> Keys:
    """prp-spo2: forward keys of the first and the last on each path, sorted."""
    if any(not facts.size(member) for member in instance.members):
        return EMPTY
    first, *others = instance.members
    keys = facts.forward(first)
    for member in others:
        if not len(keys):
            break
        steps = facts.forward(member)
        rows, places = expand(*ranges(steps, trailing(keys)), facts.row_limit)
        keys = distinct(pack(leading(keys)[rows], trailing(steps[places])))
    return keys


def identities(facts: Facts, instance: LongInstance, touched: Ids | None = None) -> Edges:
    """prp-key: members of the class that agree in every property; see `key_edges`."""
    if any(not facts.size(member) for member in instance.members):
        return Edges(EMPTY, EMPTY, instance.rule)
    return key_edges(facts, instance.rule, instance.subject, instance.members, touched)


def is_concluded(facts: Facts, instance: LongInstance, predicate: int, forward: Keys) -> Keys:
    """Of these candidates (forward keys of a predicate) those that the axiom concludes."""
    if instance.rule.id == INTERSECTION and predicate == TYPE:
        own = forward[trailing(forward) == instance.subject]
        members = common_members(facts, instance, leading(own)) if len(own) else EMPTY
        return distinct(pack(members, instance.subject))
    if instance.rule.id == CHAIN and predicate == instance.subject:
        pairs = chain_pairs(facts, instance)
        return forward[contains(pairs, forward)]
    return EMPTY
