"""Growing a transitive relation: rules prp-trp, scm-sco and scm-spo at once, not step by step.

Joining a relation with itself until nothing is new meets every pair once for each point between
its ends, in a long chain a cube of its length. Here new pairs are followed by new pairs only
(Italiano 1986 gives the idea for one edge): in a chain every pair is met once. Once that means
more rows than a bit for each possible pair would take room, `reachability.py` finds them; and a
relation whose shape alone tells that its pairs are too many is refused before they are made.
"""

from __future__ import annotations

import numpy as np

from etown_kg.reason.reachability import (
    Condensation,
    condense,
    fewest_pairs,
    reachable,
    refuse_more,
)
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
    portions,
    ranges,
    swapped,
    trailing,
)

# Rows that a composition makes before it drops those that are the same.
_ROWS_AT_ONCE = 1 << 24
# So few rows are followed without a look at the relation's shape.
_FEW_ROWS = 1 << 14


def compose(first_backward: Keys, second: Keys, limit: int | None = None) -> Keys:
    """Pairs (x, z) with (x, y) in the first relation and (y, z) in the second; sorted.

    The first relation is given by backward keys, the second by forward keys, both sorted.
    Raises LimitError for more than `limit` pairs.
    """
    starts, ends = ranges(first_backward, leading(second))
    found: list[Keys] = []
    count = 0
    for first, last in portions(ends - starts, min(_ROWS_AT_ONCE, limit or _ROWS_AT_ONCE)):
        part = second[first:last]
        rows, places = expand(starts[first:last], ends[first:last])
        keys = distinct(pack(trailing(first_backward[places]), trailing(part)[rows]))
        for other in found:
            keys = difference(keys, other)
        count += len(keys)
        refuse_more(count, limit, is_whole=False)
        found.append(keys)
    return _merged(found)


def growth(known: Keys, fresh: Keys, limit: int | None = None) -> Keys:
    """What a transitive relation lacks once `fresh` pairs have come.

    Both are sorted forward keys without common ones; `known` is transitive, or lacks only pairs
    that two steps with a fresh one give. The result, sorted, has neither `known` nor `fresh` pairs.
    Raises LimitError for more than `limit` pairs; if the relation's shape tells, in time linear
    in `known` and `fresh`.
    """
    if not len(fresh):
        return EMPTY
    # A fresh pair, then perhaps a known one; whatever is new is a chain of such steps, perhaps
    # behind a known pair.
    steps = _with(fresh, compose(swapped(fresh), known, limit)) if len(known) else fresh
    found = _followed(steps, limit)
    if len(known):
        found = _with(found, compose(swapped(known), found, limit))
    return difference(difference(found, known), fresh)


def _followed(steps: Keys, limit: int | None) -> Keys:
    """The transitive closure of a relation; sorted."""
    steps_backward = swapped(steps)
    # Batches of what was found, each at least twice as long as the next: a long chain brings many
    # small frontiers, and one array would be copied for each.
    batches = [steps]
    frontier = steps
    ends_of_steps = (distinct_leading(steps), distinct_leading(steps_backward))
    nodes = len(distinct(np.concatenate(ends_of_steps)))
    graph: Condensation | None = None
    least = 0
    count = len(steps)
    while len(frontier):
        starts, ends = ranges(steps_backward, leading(frontier))
        rows = count + int((ends - starts).sum())
        if graph is None and rows > max(_FEW_ROWS, 8 * nodes):
            graph = condense(steps)
            least = fewest_pairs(graph)
            refuse_more(least, limit, is_whole=False)
        if graph is not None and max(rows, least) * 64 > nodes**2:
            return reachable(graph, limit)
        frontier = compose(steps_backward, frontier, limit)
        for batch in batches:
            frontier = difference(frontier, batch)
        count += len(frontier)
        refuse_more(count, limit, is_whole=False)
        batches.append(frontier)
        while len(batches) > 1 and len(batches[-2]) < 2 * len(batches[-1]):
            last = batches.pop()
            batches[-1] = merge(batches[-1], last)
    return _merged(batches)


def _merged(batches: list[Keys]) -> Keys:
    found = EMPTY
    for batch in reversed(batches):
        found = merge(batch, found)
    return found


def _with(keys: Keys, more: Keys) -> Keys:
    return merge(keys, difference(more, keys))
