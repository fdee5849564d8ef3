"""What the pages of figures show: lines by unit, filters, comparisons and workings, in words.

Everything here is made from `etown_kg.figures` for a reader of one language; the templates only
set it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flask import url_for

from etown_kg.figures.axis import Axis, axis
from etown_kg.figures.chart import Panel, Row
from etown_kg.figures.comparison import Comparison
from etown_kg.figures.figure import Evidence, Figure, Figures, Note, Text
from etown_kg.figures.selection import (
    DERIVED,
    FILTERS,
    STATED,
    Selection,
    Threshold,
    last_part,
    names_of_values,
    short_names,
    values_of,
)
from etown_kg.figures.working import Working, working
from etown_kg.interval import Verdict
from etown_kg.web.pages.excerpts import excerpt
from etown_kg.web.pages.frame import linked
from etown_kg.web.pages.intervals import Picture, in_words, interval_in_words, picture, ticks
from etown_kg.web.pages.labels import Label
from etown_kg.web.pages.language import plain
from etown_kg.web.pages.terms import Names, Shown

# Values that a filter offers; a list of more is no choice, and heavier than the page.
MOST_OPTIONS = 100


@dataclass(frozen=True)
class Read:
    """Where a figure was read: the article, the places in it, the phrases."""

    article: Shown
    places: str
    phrases: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """One figure in words. `verdict` is there when a threshold was given.

    `address` is that of all figures of its indicator, `working` that of how it follows.
    """

    figure: Figure
    shown: Shown
    indicator: Shown | None
    period: Shown | None
    where: tuple[Shown, ...]
    words: str
    bound: str
    picture: Picture
    read: tuple[Read, ...]
    verdict: Verdict | None
    address: str
    working: str

    @property
    def title(self) -> Shown:
        """What it is a figure of."""
        return self.indicator or self.shown


@dataclass(frozen=True)
class Group:
    """Figures in one unit on one axis."""

    unit: Shown | None
    axis: Axis
    ticks: list[tuple[str, str]]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Option:
    """A value that a filter offers, with the number of figures that have it."""

    value: str
    label: str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class Filter:
    """A filter of the form. One with too many values to choose from is typed: `options` is None."""

    name: str
    label: str
    options: tuple[Option, ...] | None
    typed: str = ""


@dataclass(frozen=True)
class Pair:
    """Two figures that measure the same."""

    lines: tuple[Line, Line]
    agrees: bool
    measured: tuple[Shown, ...]


@dataclass(frozen=True)
class Remark:
    """A note on figures and on what else it relates."""

    kind: Shown
    explanation: tuple[str, str]
    lines: tuple[Line, ...]
    others: tuple[Shown, ...]


@dataclass(frozen=True)
class Followed:
    """A derived figure with its working in words. `result` is "" when it cannot be computed."""

    line: Line
    working: Working
    inputs: tuple[tuple[str, Line], ...]
    result: str
    explanation: tuple[str, str]

    @property
    def anchor(self) -> str:
        return anchor(self.line.figure)


class Lines:
    """Makes lines of figures for one reader.

    `figures` are all that there are; `workings` the IRIs of those of which the page shows how they
    follow, so that a line can lead there: others lead to their own page.
    """

    def __init__(
        self,
        figures: Figures,
        names: Names,
        threshold: Threshold | None = None,
        *,
        workings: Collection[str] = (),
    ) -> None:
        self.figures = figures
        self.names = names
        self.threshold = threshold
        self.workings_here = frozenset(workings)

    def groups(self, figures: Sequence[Figure]) -> list[Group]:
        """The figures by unit, in the order in which the units come, each unit on one axis."""
        by_unit: dict[str, list[Figure]] = {}
        for figure in figures:
            by_unit.setdefault(figure.unit, []).append(figure)
        return [self.group(unit, members) for unit, members in by_unit.items()]

    def group(self, unit: str, figures: Sequence[Figure]) -> Group:
        """Figures of one unit on an axis of their own."""
        more = () if self.threshold is None else (self.threshold.value,)
        scale = axis(figures, *more)
        return Group(
            self.names.shown(unit) if unit else None,
            scale,
            ticks(scale, self.names.language),
            tuple(self.line(figure, scale) for figure in figures),
        )

    def line(self, figure: Figure, scale: Axis) -> Line:
        """One figure on an axis."""
        shown = self.names.shown
        value: Fraction | None = self.threshold.value if self.threshold else None
        words = in_words(figure, self.names)
        bound = self.names.label(figure.bound_kind) if figure.bound_kind else ""
        return Line(
            figure,
            shown(figure.iri),
            shown(figure.indicator) if figure.indicator else None,
            shown(figure.period.iri) if figure.period else None,
            tuple(shown(iri) for iri in (*figure.places, *figure.groups)),
            words,
            "" if figure.interval.is_exact or words.startswith(bound) else bound,
            picture(figure, scale, self.names, value),
            tuple(self._read(figure)),
            self.threshold.verdict(figure) if self.threshold else None,
            self.indicator_address(figure.indicator),
            self._working_address(figure),
        )

    def indicator_address(self, indicator: str) -> str:
        """The page of an indicator's figures; "" for one that has none."""
        called = names_of_values("indicator", self.figures)
        return url_for("figures.indicator", name=called[indicator]) if indicator in called else ""

    def _working_address(self, figure: Figure) -> str:
        here = f"#{anchor(figure)}"
        if not figure.is_derived or figure.iri in self.workings_here:
            return here
        if path := self.names.shown(figure.iri).path:
            return linked(path) + here
        # A blank node has no page of its own.
        return (self.indicator_address(figure.indicator) or url_for("figures.index")) + here

    def _read(self, figure: Figure) -> Iterator[Read]:
        by_article: dict[str, list[Evidence]] = {}
        for evidence in figure.evidence:
            by_article.setdefault(evidence.article, []).append(evidence)
        for article, found in by_article.items():
            yield Read(
                self.names.shown(article),
                ", ".join(dict.fromkeys(self._place(each) for each in found)),
                tuple(dict.fromkeys(each.phrase for each in found if each.phrase)),
            )

    def _place(self, evidence: Evidence) -> str:
        language = self.names.language
        if evidence.paragraph is None:
            return plain("figures.head", language)
        return plain("figures.paragraph", language, number=evidence.paragraph)

    def pairs(self, compared: Sequence[Comparison]) -> list[Pair]:
        """Figures that measure the same, two by two."""
        found = []
        for each in compared:
            group = self.group(each.first.unit, (each.first, each.second))
            first, second = group.lines
            measured = (first.title, *first.where, *([first.period] if first.period else ()))
            found.append(Pair((first, second), each.agrees, measured))
        return found

    def remarks(self, chosen: Iterable[Figure]) -> list[Remark]:
        """The notes that say something of the chosen figures."""
        wanted = {figure.iri for figure in chosen}
        return [
            self._remark(note) for note in self.figures.notes if wanted.intersection(note.related)
        ]

    def _remark(self, note: Note) -> Remark:
        figures = self.figures
        related = [figures.by_iri[iri] for iri in note.related if iri in figures.by_iri]
        units = {figure.unit for figure in related}
        # Figures in different units share no axis: each gets its own.
        groups = (
            [self.group(related[0].unit, related)]
            if len(units) == 1
            else [self.group(figure.unit, [figure]) for figure in related]
        )
        return Remark(
            self.names.shown(note.kind or note.iri),
            best(note.explanations, self.names.language),
            tuple(line for group in groups for line in group.lines),
            tuple(self.names.shown(iri) for iri in note.related if iri not in figures.by_iri),
        )

    def workings(self, chosen: Iterable[Figure]) -> list[Followed]:
        """How the derived ones of the chosen figures follow."""
        return [self._followed(each) for each in chosen if each.is_derived]

    def _followed(self, figure: Figure) -> Followed:
        shown = working(figure, self.figures.by_iri)
        result = interval_in_words(shown.result, figure.unit, self.names) if shown.result else ""
        return Followed(
            self.line(figure, axis([figure])),
            shown,
            tuple((name, self.line(each, axis([each]))) for name, each in shown.inputs),
            result,
            best(figure.explanations, self.names.language),
        )

    def panels(self, groups: Iterable[Group]) -> list[Panel]:
        """The same figures for a chart."""
        return [
            Panel(
                group.unit.text if group.unit else "",
                group.axis,
                [number for _, number in group.ticks],
                [self._row(line) for line in group.lines],
            )
            for group in groups
        ]

    def _row(self, line: Line) -> Row:
        language = self.names.language
        period = line.period.text if line.period else plain("figures.undated", language)
        source = (
            plain("figures.derived", language)
            if line.figure.is_derived
            else " · ".join(
                dict.fromkeys(f"{read.article.text}, {read.places}" for read in line.read)
            )
        )
        label = f"{line.title.text} ({line.figure.name})"
        return Row(line.figure, label, line.words, period, source, line.verdict)


def filters(
    figures: Collection[Figure], selection: Selection, names: Names, without: tuple[str, ...] = ()
) -> list[Filter]:
    """The filters that make a difference: those of which the figures have several values."""
    found = []
    for name in FILTERS:
        values = values_of(name, figures)
        if name in without or (len(values) < 2 and name not in selection.filters):
            continue
        chosen = selection.filters.get(name, ())
        label = plain(f"figures.{name}", names.language)
        if len(values) > MOST_OPTIONS:
            found.append(Filter(name, label, None, next(iter(chosen), "")))
            continue
        called = short_names(values)
        options = [
            Option(called[value], value_label(name, value, names), count, value in chosen)
            for value, count in values.items()
        ]
        options.sort(key=lambda option: option.label.casefold())
        found.append(Filter(name, label, tuple(options)))
    return found


def value_label(name: str, value: str, names: Names) -> str:
    """What a reader calls a value of a filter."""
    if name == "source" and value in (STATED, DERIVED):
        return plain(f"figures.{value}", names.language)
    return names.label(value)


def best(texts: tuple[Text, ...], language: str) -> Text:
    """What a page shows of the text for a reader of a language, with its own tag; else empty."""
    text, tag = Label(texts).best(language) or ("", "")
    return excerpt(text), tag


def anchor(figure: Figure) -> str:
    """The fragment of a figure's working on a page."""
    return f"working-{last_part(figure.iri)}"
