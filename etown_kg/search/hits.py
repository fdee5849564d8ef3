"""What is searched and what is found, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import NamedTuple


class Role(IntEnum):
    """What a text is to its resource."""

    LABEL = 0
    CODE = 1
    ALIAS = 2
    ADDRESS = 3
    DEFINITION = 4


# A definition that holds a word is a weaker answer than a name that does.
WEIGHTS: Mapping[Role, float] = {
    Role.LABEL: 1.0,
    Role.CODE: 1.0,
    Role.ALIAS: 0.95,
    Role.ADDRESS: 0.8,
    Role.DEFINITION: 0.4,
}
# What describes the graph (its ontology, its lists, its questions) carries the graph's name in
# its own; who types that name means the thing. A whole title still comes before parts of names.
ABOUT = 0.8


class How(str, Enum):
    """How a text matches, with the score of a label: its base, and what full coverage adds."""

    IRI = "iri"
    EXACT = "exact"
    BEGINS = "begins"
    WORDS = "words"
    BEGINNINGS = "beginnings"
    SIMILAR = "similar"
    SPREAD = "spread"
    SOME = "some"


SCORES: Mapping[How, tuple[float, float]] = {
    How.IRI: (100, 0),
    How.EXACT: (100, 0),
    How.BEGINS: (70, 20),
    How.WORDS: (55, 20),
    How.BEGINNINGS: (40, 20),
    How.SIMILAR: (30, 20),
    How.SPREAD: (15, 0),
    How.SOME: (10, 25),
}


class Text(NamedTuple):
    """One text of a resource; `language` is a tag or ""."""

    resource: str
    role: Role
    text: str
    language: str


@dataclass(frozen=True)
class Hit:
    """A resource that was found, by its best text. Without one (`IRI`, `SPREAD`) that is empty."""

    iri: str
    score: float
    how: How
    role: Role | None
    text: str
    language: str


@dataclass(frozen=True)
class Found:
    """A page of hits, best first, and what all of them come to.

    Attributes:
        hits: the page.
        total: how many resources match, those beyond the page included.
        classes: the classes of all matching resources with their counts, largest first; the
            class that was asked for does not narrow them.
        matching: how many match whatever their class.
        corrections: the words that were read as others.
    """

    hits: tuple[Hit, ...] = ()
    total: int = 0
    classes: tuple[tuple[str, int], ...] = ()
    matching: int = 0
    corrections: Mapping[str, Sequence[str]] = field(default_factory=dict)
