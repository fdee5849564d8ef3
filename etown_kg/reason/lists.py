"""The lists that axioms refer to, read from rdf:first and rdf:rest.

https://www.w3.org/TR/owl2-mapping-to-rdf/#Parsing_of_RDF_Graphs, SEQ; a list of any length. What
is no list is a finding and takes part in no rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from etown_kg.reason.dictionary import FIRST, NIL, REST, number_of
from etown_kg.reason.relation import EMPTY, Keys, distinct, pack
from etown_kg.reason.variable import Facts
from etown_kg.vocab import OWL

# The properties whose objects are lists.
LIST_PROPERTIES = tuple(
    number_of(OWL + name)
    for name in (
        "intersectionOf", "unionOf", "oneOf", "propertyChainAxiom", "hasKey", "members",
        "distinctMembers",
    )
)  # fmt: skip
# More different lists than this from one head: a list gone wild through equal cells.
MAX_BRANCHES = 256


class Finding(NamedTuple):
    """Something wrong with the input that is not a clash: what, and the term it is about."""

    code: str
    term: int
    message: str


@dataclass(frozen=True)
class Lists:
    """The well-formed lists by head; a head has several if a cell has several values."""

    members: dict[int, list[tuple[int, ...]]]
    findings: tuple[Finding, ...]

    def pairs(self) -> Keys:
        """Keys of (head, member) for each list and each of its members, sorted."""
        parts = [
            pack(head, np.array(members, dtype=np.int64))
            for head, lists in self.members.items()
            for members in lists
        ]
        return distinct(np.concatenate(parts)) if parts else EMPTY


def read_lists(facts: Facts) -> Lists:
    """All lists that an axiom refers to. Malformed ones are findings and take part in no rule.

    Cost: linear in the cells, for lists of any length. A cell with several values gives one list
    for each way through, without visiting a cell twice.
    """
    heads = {head for p in LIST_PROPERTIES for head in (facts.backward(p) >> 32).tolist()}
    if not heads:
        return Lists({}, ())
    first, rest = table_of(facts.forward(FIRST)), table_of(facts.forward(REST))
    found: dict[int, list[tuple[int, ...]]] = {}
    findings: list[Finding] = []
    for head in sorted(heads):
        if head == NIL:
            continue
        lists, problem = _walk(head, first, rest)
        if problem:
            findings.append(Finding("malformed-list", head, problem))
        if lists:
            found[head] = lists
    return Lists(found, tuple(findings))


def table_of(keys: Keys) -> dict[int, list[int]]:
    """Trailing numbers by leading number."""
    table: dict[int, list[int]] = {}
    for key in keys.tolist():
        table.setdefault(key >> 32, []).append(key & 0xFFFFFFFF)
    return table


def _walk(
    head: int, first: dict[int, list[int]], rest: dict[int, list[int]]
) -> tuple[list[tuple[int, ...]], str]:
    """The lists from a head, and what is wrong with it ("" if nothing)."""
    members: list[int] = []
    seen: set[int] = set()
    cell = head
    while cell != NIL:
        values, nexts = first.get(cell, ()), rest.get(cell, ())
        if cell in seen:
            return [], "the list runs in a circle"
        if not values:
            return [], "a cell has no rdf:first"
        if not nexts:
            return [], "a cell has no rdf:rest"
        if len(values) > 1 or len(nexts) > 1:
            return _branches(head, first, rest), "a cell has several values"
        seen.add(cell)
        members.append(values[0])
        cell = nexts[0]
    return [tuple(members)], ""


def _branches(
    head: int, first: dict[int, list[int]], rest: dict[int, list[int]]
) -> list[tuple[int, ...]]:
    """Every list from the head that visits no cell twice, MAX_BRANCHES at most."""
    found: dict[tuple[int, ...], None] = {}
    stack: list[tuple[int, tuple[int, ...], tuple[int, ...]]] = [(head, (), ())]
    while stack and len(found) < MAX_BRANCHES:
        cell, path, members = stack.pop()
        if cell == NIL and members:
            found[members] = None
        if cell in path:
            continue
        for value in first.get(cell, ()):
            stack += ((next_, (*path, cell), (*members, value)) for next_ in rest.get(cell, ()))
    return list(found)
