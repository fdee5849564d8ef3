"""What each node of a directed graph leads to, by a row of bits a node.

For long chains and dense relations: with n nodes and m edges it takes m operations on n bits each,
however long the paths are, and n * n bits of room.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from etown_kg.errors import LimitError
from etown_kg.reason.relation import Ids, Keys, distinct, leading, pack, trailing


def reachable(edges: Keys, limit: int | None = None) -> Keys:
    """The transitive closure of sorted forward keys, sorted; it has the edges themselves.

    A node leads to itself only on a cycle. Raises LimitError, before any room is taken for them,
    if there are more than `limit` pairs.
    """
    nodes = distinct(np.concatenate((leading(edges), trailing(edges))))
    sources = np.searchsorted(nodes, leading(edges))
    targets = np.searchsorted(nodes, trailing(edges))
    starts = np.searchsorted(sources, np.arange(len(nodes) + 1))
    bits = np.zeros((len(nodes), -(-len(nodes) // 8)), dtype=np.uint8)
    for component in _components(starts.tolist(), targets.tolist()):
        # What the component leads to was complete before it: all share the row of the first.
        row = bits[component[0]]
        for node in component:
            for target in targets[starts[node] : starts[node + 1]].tolist():
                row |= bits[target]
                row[target >> 3] |= 128 >> (target & 7)
        for node in component[1:]:
            bits[node] = row
    return _pairs(nodes, bits, limit)


def _pairs(nodes: Ids, bits: npt.NDArray[np.uint8], limit: int | None) -> Keys:
    ones = np.array([bin(byte).count("1") for byte in range(256)], dtype=np.uint8)
    counts = [int(ones[row].sum(dtype=np.int64)) for row in bits]
    total = sum(counts)
    if limit is not None and total > limit:
        raise LimitError(
            f"{limit} rows",
            f"a transitive relation would have {total} pairs",
            hint="raise memory_limit_mb, or leave out the chain that multiplies triples",
        )
    keys = np.empty(total, dtype=np.int64)
    end = 0
    for node, row, count in zip(nodes.tolist(), bits, counts, strict=True):
        places = np.flatnonzero(np.unpackbits(row, count=len(nodes)))
        keys[end : end + count] = pack(node, nodes[places])
        end += count
    return keys


def _components(starts: list[int], targets: list[int]) -> list[list[int]]:
    """The strongly connected components, each after those it leads to (Tarjan 1972).

    The edges of node n lead to `targets[starts[n]:starts[n + 1]]`.
    """
    count = len(starts) - 1
    order = [-1] * count
    lowest = [0] * count
    # The next edge to follow from each node.
    edge = starts[:-1]
    is_open = [False] * count
    pending: list[int] = []
    components = []
    seen = 0
    for root in range(count):
        path = [root] if order[root] < 0 else []
        while path:
            node = path[-1]
            if order[node] < 0:
                order[node] = lowest[node] = seen
                seen += 1
                pending.append(node)
                is_open[node] = True
            if edge[node] < starts[node + 1]:
                target = targets[edge[node]]
                edge[node] += 1
                if order[target] < 0:
                    path.append(target)
                elif is_open[target]:
                    lowest[node] = min(lowest[node], order[target])
                continue
            path.pop()
            if path:
                lowest[path[-1]] = min(lowest[path[-1]], lowest[node])
            if lowest[node] == order[node]:
                start = len(pending) - 1
                while pending[start] != node:
                    start -= 1
                component = pending[start:]
                del pending[start:]
                for member in component:
                    is_open[member] = False
                components.append(component)
    return components
