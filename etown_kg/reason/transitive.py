"""Growing a transitive relation: rules prp-trp, scm-sco and scm-spo at once, not step by step.

Joining a relation with itself until nothing is new meets every pair once for each point between
its ends, in a long chain a cube of its length. Here new pairs are followed by new pairs only
(Italiano 1986 gives the idea for one edge): in a chain every pair is met once.
"""

from __future__ import annotations

from etown_kg.reason.relation import (
    EMPTY,
    Keys,
    difference,
    distinct,
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
    Raises LimitError if a step takes more than `limit` rows.
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
    while len(frontier):
        frontier = compose(steps_backward, frontier, limit)
        for batch in batches:
            frontier = difference(frontier, batch)
        batches.append(frontier)
        while len(batches) > 1 and len(batches[-2]) < 2 * len(batches[-1]):
            last = batches.pop()
            batches[-1] = merge(batches[-1], last)
    found = EMPTY
    for batch in reversed(batches):
        found = merge(batch, found)
    found = _with(found, compose(swapped(known), found, limit))
    return difference(difference(found, known), fresh)


def _with(keys: Keys, more: Keys) -> Keys:
    return merge(keys, difference(more, keys))
