"""Growing a transitive relation: rules prp-trp, scm-sco and scm-spo at once, not step by step.

Joining a relation with itself until nothing is new meets every pair once for each point between
its ends, in a long chain a cube of its length. Here new pairs are followed by new pairs only
(Italiano 1986 gives the idea for one edge): in a chain every pair is met once. Once the pairs found
take as much room as a bit for each possible one, `reachability.py` finds the rest.
"""

from __future__ import annotations

import numpy as np

from etown_kg.errors import LimitError
from etown_kg.reason.reachability import reachable
from etown_kg.reason.relation import (
    EMPTY,
    Keys,
    difference,
    distinct,
    distinct_leading,
    expand,
    leading,
    merge,
    pack,
    ranges,
    swapped,
    trailing,
)


def compose(first_backward: Keys, second: Keys, limit: int | None = None) -> Keys:
    """Pairs (x, z) with (x, y) in the first relation and (y, z) in the second; sorted.

    The first relation is given by backward keys, the second by forward keys, both sorted.
    Raises LimitError for more than `limit` rows.
    """
    rows, places = expand(*ranges(first_backward, leading(second)), limit)
    return distinct(pack(trailing(first_backward[places]), trailing(second)[rows]))


def growth(known: Keys, fresh: Keys, limit: int | None = None) -> Keys:
    """What a transitive relation lacks once `fresh` pairs have come.

    Both are sorted forward keys without common ones; `known` is transitive, or lacks only pairs
    that two steps with a fresh one give. The result, sorted, has neither `known` nor `fresh` pairs.
    Raises LimitError if a step takes more than `limit` rows, or all of them find more pairs.
    """
    if not len(fresh):
        return EMPTY
    # A fresh pair, then perhaps a known one; whatever is new is a chain of such steps, perhaps
    # behind a known pair.
    steps = _with(fresh, compose(swapped(fresh), known, limit))
    steps_backward = swapped(steps)
    # Batches of what was found, each at least twice as long as the next: a long chain brings many
    # small frontiers, and one array would be copied for each.
    batches = [steps]
    frontier = steps
    node_count = len(distinct(np.concatenate((leading(steps), distinct_leading(steps_backward)))))
    count = 0
    while len(frontier):
        if count > len(steps) and count * 64 > node_count**2:
            return _lacking(known, fresh, reachable(steps, limit), limit)
        frontier = compose(steps_backward, frontier, limit)
        for batch in batches:
            frontier = difference(frontier, batch)
        count += len(frontier)
        if limit is not None and count > limit:
            raise LimitError(
                f"{limit} rows",
                f"a transitive relation has grown by {count} pairs and is not whole yet",
                hint="raise memory_limit_mb, or leave out the chain that multiplies triples",
            )
        batches.append(frontier)
        while len(batches) > 1 and len(batches[-2]) < 2 * len(batches[-1]):
            last = batches.pop()
            batches[-1] = merge(batches[-1], last)
    found = EMPTY
    for batch in reversed(batches):
        found = merge(batch, found)
    return _lacking(known, fresh, found, limit)


def _lacking(known: Keys, fresh: Keys, found: Keys, limit: int | None) -> Keys:
    """What `found` pairs, perhaps behind a known one, add to both."""
    if len(known):
        found = _with(found, compose(swapped(known), found, limit))
    return difference(difference(found, known), fresh)


def _with(keys: Keys, more: Keys) -> Keys:
    return merge(keys, difference(more, keys))
