"""What each node of a directed graph leads to, by a row of bits a node.

For long chains and dense relations: with n nodes and m edges it takes m operations on n bits each,
however long the paths are, and n * n bits of room.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from etown_kg.errors import LimitError
from etown_kg.reason.relation import Ids, Keys, distinct, leading, pack, trailing


class Condensation(NamedTuple):
    """A directed graph and its strongly connected components.

    Nodes are places in `nodes`, a column. The edges of place n lead to the places
    `targets[starts[n]:starts[n + 1]]`; each component comes after those that it leads to.
    """

    nodes: Ids
    starts: list[int]
    targets: Ids
    components: list[list[int]]


def condense(edges: Keys) -> Condensation:
    """The components of a graph given by sorted forward keys; takes time linear in their number."""
    nodes = distinct(np.concatenate((leading(edges), trailing(edges))))
    sources = np.searchsorted(nodes, leading(edges))
    targets = np.searchsorted(nodes, trailing(edges))
    starts = np.searchsorted(sources, np.arange(len(nodes) + 1)).tolist()
    return Condensation(nodes, starts, targets, _components(starts, targets.tolist()))


def fewest_pairs(graph: Condensation) -> int:
    """A number of pairs that the transitive closure has at least; exact for a chain or a ring.

    A node leads to all of its component, if that is a cycle, and to all nodes on the fullest path
    of components below it. Takes time linear in the number of edges.
    """
    component_of = [0] * len(graph.nodes)
    targets = graph.targets.tolist()
    # The nodes on the fullest path from each component, its own among them.
    fullest: list[int] = []
    total = 0
    for number, component in enumerate(graph.components):
        for node in component:
            component_of[node] = number
        below = 0
        is_cycle = False
        for node in component:
            for target in targets[graph.starts[node] : graph.starts[node + 1]]:
                if component_of[target] == number:
                    is_cycle = True
                else:
                    below = max(below, fullest[component_of[target]])
        fullest.append(below + len(component))
        total += len(component) * (fullest[-1] if is_cycle else below)
    return total


def reachable(graph: Condensation, limit: int | None = None) -> Keys:
    """The transitive closure as sorted forward keys; it has the edges themselves.

    A node leads to itself only on a cycle. Raises LimitError, before any room is taken for them,
    if there are more than `limit` pairs.
    """
    starts = graph.starts
    width = -(-len(graph.nodes) // 8)
    bits = np.zeros((len(graph.nodes), width), dtype=np.uint8)
    for component in graph.components:
        # What the component leads to was complete before it: all share the row of the first.
        row = bits[component[0]]
        for node in component:
            start, end = starts[node], starts[node + 1]
            targets = graph.targets[start:end]
            if len(targets) < 8:
                for target in targets.tolist():
                    row |= bits[target]
                    row[target >> 3] |= 128 >> (target & 7)
                continue
            # So many rows at once that their copies stay in the processor's cache.
            step = max(1, (1 << 18) // width)
            for first in range(0, len(targets), step):
                row |= np.bitwise_or.reduce(bits[targets[first : first + step]], axis=0)
            np.bitwise_or.at(row, targets >> 3, (128 >> (targets & 7)).astype(np.uint8))
        for node in component[1:]:
            bits[node] = row
    return _pairs(graph.nodes, bits, limit)


def _pairs(nodes: Ids, bits: npt.NDArray[np.uint8], limit: int | None) -> Keys:
    ones = np.array([bin(byte).count("1") for byte in range(256)], dtype=np.uint8)
    counts = [int(ones[row].sum(dtype=np.int64)) for row in bits]
    refuse_more(sum(counts), limit)
    keys = np.empty(sum(counts), dtype=np.int64)
    end = 0
    for node, row, count in zip(nodes.tolist(), bits, counts, strict=True):
        places = np.flatnonzero(np.unpackbits(row, count=len(nodes)))
        keys[end : end + count] = pack(node, nodes[places])
        end += count
    return keys


def refuse_more(pairs: int, limit: int | None, *, is_whole: bool = True) -> None:
    """Raise LimitError if a transitive relation has more than `limit` pairs, perhaps not all."""
    if limit is not None and pairs > limit:
        raise LimitError(
            f"{limit} rows",
            f"a transitive relation has {'' if is_whole else 'at least '}{pairs} pairs",
            hint="raise memory_limit_mb, or leave out the chain that multiplies triples",
        )


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
