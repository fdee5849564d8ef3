"""What the graph says about one figure, with the notes that relate figures to each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from etown_kg.interval import Interval

# A text and its language tag, "" for none.
Text = tuple[str, str]


@dataclass(frozen=True)
class Evidence:
    """A phrase in an article. `paragraph` counts from 1 and is None in the article's head."""

    iri: str
    article: str = ""
    paragraph: int | None = None
    phrase: str = ""


@dataclass(frozen=True)
class Period:
    """The time that a figure speaks of; `start` and `end` are dates as written, "" if unknown."""

    iri: str
    start: str = ""
    end: str = ""


@dataclass(frozen=True)
class Figure:
    """A number that an article states, or that follows from such numbers by a formula.

    What is not known is "" (an IRI), None or empty. `interval` is what the wording allows, in
    `unit`; without bounds it is unbounded on both sides. `stated` is the number as it is written:
    it is shown, and no comparison uses it. `inputs` are the figures that `formula` uses.
    """

    iri: str
    fact_id: str = ""
    interval: Interval = field(default_factory=Interval)
    stated: Fraction | None = None
    ratio: tuple[int, int] | None = None
    indicator: str = ""
    unit: str = ""
    bound_kind: str = ""
    period: Period | None = None
    places: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    formula: str = ""
    inputs: tuple[str, ...] = ()
    gloss_of: tuple[str, ...] = ()
    explanations: tuple[Text, ...] = ()

    @property
    def is_derived(self) -> bool:
        """Whether it was computed here; else somebody states it."""
        return bool(self.formula)

    @property
    def is_bounded(self) -> bool:
        """Whether at least one of its ends is known."""
        return self.interval.lower is not None or self.interval.upper is not None

    @property
    def name(self) -> str:
        """What formulas call it: its fact id, or the last part of its IRI."""
        return self.fact_id or re.split("[/#]", self.iri)[-1]

    @property
    def number(self) -> Fraction | None:
        """The stated number; a ratio's exactly, since 0.333333 is not one third."""
        return Fraction(*self.ratio) if self.ratio else self.stated

    def iris(self) -> Iterator[str]:
        """Everything that a page may want to call by its name."""
        yield from (self.iri, self.indicator, self.unit, self.bound_kind)
        yield from (*self.places, *self.groups, *self.articles, *self.inputs, *self.gloss_of)
        yield from (evidence.article for evidence in self.evidence)
        if self.period:
            yield self.period.iri


@dataclass(frozen=True)
class Note:
    """A remark that relates figures to each other, or to other facts: `kind` is its class."""

    iri: str
    kind: str
    related: tuple[str, ...] = ()
    explanations: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Unreadable:
    """A figure whose numbers cannot be used, and why: it is listed, never left out silently."""

    iri: str
    problem: str


@dataclass(frozen=True, eq=False)  # compared and hashed as what it is: one reading of a graph
class Figures:
    """All figures of a graph, by IRI, in the order of their fact ids."""

    by_iri: dict[str, Figure] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    def __iter__(self) -> Iterator[Figure]:
        return iter(self.by_iri.values())

    def __len__(self) -> int:
        return len(self.by_iri)

    def __contains__(self, figure: object) -> bool:
        return isinstance(figure, Figure) and figure.iri in self.by_iri
