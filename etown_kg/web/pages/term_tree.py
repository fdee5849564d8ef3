"""The classes, or the properties, as a tree of rows that can be parted into pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from etown_kg.web.pages.schema import Schema

ROWS = 200
# Deeper ones are shown at this depth: a phone has no more room.
MOST_DEPTH = 8


@dataclass(frozen=True)
class Row:
    """One line: a term and how deep it stands; `group` begins the terms of another namespace.

    `opens` tells whether a list begins before the row, `is_parent` whether one follows below it,
    `closes` how many end behind it; `is_last` ends the last of its tree. `is_repeated` tells a term
    that stands, with what is below it, under another parent already.
    """

    iri: str
    depth: int = 0
    group: str = ""
    is_repeated: bool = False
    opens: bool = False
    is_parent: bool = False
    closes: int = 0
    is_last: bool = False


def rows_of(
    schema: Schema, iris: Iterable[str], is_own: Callable[[str], bool], name: Callable[[str], str]
) -> list[Row]:
    """The terms that are the ontology's own as a tree, then the others by their namespaces.

    `name` gives what a term is ordered by.
    """
    known = set(iris)
    own = {iri for iri in known if is_own(iri)}
    found: list[Row] = []
    seen: set[str] = set()

    def add(roots: Iterable[str]) -> None:
        # With a stack: an ontology may be deeper than Python recurses.
        waiting = [(iri, 0) for iri in sorted(roots, key=name, reverse=True)]
        while waiting:
            iri, depth = waiting.pop()
            found.append(Row(iri, min(depth, MOST_DEPTH), is_repeated=iri in seen))
            if iri not in seen:
                seen.add(iri)
                below = [child for child in schema.children(iri) if child in own]
                waiting += [(each, depth + 1) for each in sorted(below, key=name, reverse=True)]

    add(iri for iri in own if own.isdisjoint(schema.parents(iri)))
    while left := own - seen:  # terms that stand above themselves
        add([min(left, key=name)])
    for space, members in _by_namespace(known - own).items():
        found += [Row(iri, group=space) for iri in sorted(members, key=name)]
    return found


def page_of(rows: Sequence[Row], page: int) -> list[Row]:
    """A page of the rows, with the lists that it opens and closes; the first one is page 1."""
    part = list(rows[(page - 1) * ROWS : page * ROWS])
    if not part:
        return []
    # Each page is a tree of its own: where it begins inside of one, that is its outermost depth.
    depths = [row.depth for row in part]
    least, before = depths[0], -1
    shown: list[Row] = []
    for place, row in enumerate(part):
        is_new_group = place == 0 or row.group != part[place - 1].group
        least = row.depth if is_new_group else min(least, row.depth)
        depth = min(row.depth - least, (0 if is_new_group else before + 1))
        shown.append(replace(row, depth=depth))
        before = depth
    for place, row in enumerate(shown):
        begins = place == 0 or row.group != shown[place - 1].group
        ends = place == len(shown) - 1 or row.group != shown[place + 1].group
        above = -1 if begins else shown[place - 1].depth
        below = -1 if ends else shown[place + 1].depth
        shown[place] = replace(
            row,
            opens=row.depth > above,
            is_parent=below > row.depth,
            closes=max(row.depth - below, 0),
            is_last=ends,
        )
    return shown


def namespace(iri: str) -> str:
    """An IRI up to its last ``#`` or ``/``.

    >>> namespace("http://www.w3.org/ns/org#Post"), namespace("urn:a")
    ('http://www.w3.org/ns/org#', '')
    """
    return iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]


def _by_namespace(iris: Iterable[str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for iri in sorted(iris):
        found.setdefault(namespace(iri) or iri, []).append(iri)
    return found
