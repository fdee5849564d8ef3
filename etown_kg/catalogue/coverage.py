"""Coverage: for which indicators, places and periods the graph has figures, and where from.

What is not there is of three kinds that must not be mixed up. A cell (an indicator, a place and a
period) is

    reported       a figure with at least one known end speaks of it
    zero           so does one, and it is exactly zero
    unknown        a figure speaks of it, but none tells a bound
    not-reported   no source that was read has a figure for it

The list of cells is complete: whatever cell it does not have is not reported. Indicators without
any figure are listed as such. In RDF a cell is a ``qb:ObservationGroup``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from pyoxigraph import BlankNode, NamedNode, Quad, Triple
from pyoxigraph import Literal as RdfLiteral

from etown_kg import vocab
from etown_kg.catalogue.dcat import (
    DESCRIPTION,
    TITLE,
    TYPE,
    Distribution,
    dcat,
    licensed,
    texts,
)
from etown_kg.catalogue.dumps import files_of_figures
from etown_kg.catalogue.void import dataset_of, number, part
from etown_kg.figures.figure import Figure, Figures
from etown_kg.figures.reading import QUERY, read_figures

Term = NamedNode | BlankNode | RdfLiteral | Triple
Ask = Callable[[str], Iterable[Mapping[str, Term]]]
Status = Literal["reported", "zero", "unknown", "not-reported"]

STATUSES: Final[dict[Status, Mapping[str, str]]] = {
    "reported": {
        "en": "At least one figure with a known bound speaks of it.",
        "zh": "至少有一个已知上限或下限的数字谈及于此。",
    },
    "zero": {
        "en": "The figures that speak of it are exactly zero.",
        "zh": "谈及于此的数字恰好为零。",
    },
    "unknown": {
        "en": "A figure speaks of it, but neither of its bounds is known.",
        "zh": "有数字谈及于此，但上下限均不可知。",
    },
    "not-reported": {
        "en": "No source that was read has a figure for it.",
        "zh": "所读来源中没有与此对应的数字。",
    },
}
_STATUS: Final = NamedNode(vocab.SERVICE + "coverageStatus")
_INDICATORS: Final = f"""
SELECT DISTINCT ?indicator WHERE {{{{
  VALUES ?used {{{{ {{used}} }}}}
  ?used <{vocab.SKOS}inScheme> ?scheme . ?indicator <{vocab.SKOS}inScheme> ?scheme
}}}}
"""
_TITLES: Final = {"en": "Figures", "zh": "数字"}
_DESCRIPTIONS: Final = {
    "en": "The figures of the graph, each an interval with its place, its period and where it was "
    "read, or computed from others. What the coverage does not list is not reported.",
    "zh": "图谱中的数字，每个都是一个区间，附有地点、时期与出处，或由其他数字计算得出。"
    "覆盖范围中未列出的，即未见报道。",
}
_FILES: Final = (
    Distribution("figures.csv", "text/csv", {"en": "Figures as CSV", "zh": "数字（CSV）"}),
    Distribution(
        "figures.json", "application/json", {"en": "Figures as JSON", "zh": "数字（JSON）"}
    ),
)


@dataclass(frozen=True)
class Cell:
    """What the graph has for one indicator, place and period; "" where a figure names none.

    `start` and `end` are the period's dates as written, `stated` and `derived` the figures;
    `articles` are where they were read, or what they were computed from.
    """

    indicator: str
    place: str = ""
    period: str = ""
    start: str = ""
    end: str = ""
    status: Status = "not-reported"
    stated: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from every other cell."""
        return self.indicator, self.place, self.period


def cells(figures: Figures, indicators: Iterable[str] = ()) -> tuple[Cell, ...]:
    """The cells that have figures, and one without place and period for each other indicator.

    `indicators` are those that the graph knows. A figure of several places is in a cell of each,
    one that cannot be read is in none: nobody knows what it speaks of.
    """
    found: dict[tuple[str, str, str], list[Figure]] = {}
    for figure in figures:
        period = figure.period.iri if figure.period else ""
        for place in figure.places or ("",):
            found.setdefault((figure.indicator, place, period), []).append(figure)
    reported = [_cell(key, members, figures) for key, members in found.items()]
    used = {cell.indicator for cell in reported}
    silent = (Cell(iri) for iri in set(indicators) - used)
    return tuple(sorted((*reported, *silent), key=lambda cell: (*cell.key[:2], *_when(cell))))


def known_indicators(ask: Ask, figures: Figures) -> set[str]:
    """The indicators in the code lists of those that have figures."""
    used = sorted({figure.indicator for figure in figures if figure.indicator})
    if not used:
        return set()
    listed = " ".join(str(NamedNode(iri)) for iri in used if not iri.startswith("_:"))
    rows = ask(_INDICATORS.format(used=listed))
    return {row["indicator"].value for row in rows if isinstance(row["indicator"], NamedNode)}


def _cell(key: tuple[str, str, str], members: Collection[Figure], figures: Figures) -> Cell:
    period = next((each.period for each in members if each.period), None)
    return Cell(
        *key,
        start=period.start if period else "",
        end=period.end if period else "",
        status=_status(members),
        stated=tuple(sorted(each.iri for each in members if not each.is_derived)),
        derived=tuple(sorted(each.iri for each in members if each.is_derived)),
        articles=tuple(sorted(_articles(members, figures))),
    )


def _articles(members: Iterable[Figure], figures: Figures) -> set[str]:
    """Where figures were read, or those that they were computed from."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = list(members)
    while waiting:
        figure = waiting.pop()
        if figure.iri not in seen:
            seen.add(figure.iri)
            found.update(figure.articles)
            waiting += (figures.by_iri[iri] for iri in figure.inputs if iri in figures.by_iri)
    return found


def _status(members: Collection[Figure]) -> Status:
    bounded = [each for each in members if each.is_bounded]
    if not bounded:
        return "unknown"
    is_zero = all(each.interval.lower == 0 == each.interval.upper for each in bounded)
    return "zero" if is_zero else "reported"


def _when(cell: Cell) -> tuple[str, str, str]:
    return cell.start, cell.end, cell.period


class Coverage:
    """The section of the description that is the coverage, with the dataset of the figures."""

    def __init__(self, base: str, ask: Ask, query: str, licences: Callable[[], Iterable[Term]]):
        """`ask` gives solutions over what is asserted, `query` finds the figures."""
        self._base = base
        self._ask = ask
        self._query = query
        self._licences = licences
        self._used = _iris(query)

    def concerns(self, changed: Collection[Quad]) -> bool:
        """Whether a property changed by which figures are found, or a code list.

        What another query than our own looks at is not known, so that every change may be.
        """
        if self._used is None:
            return bool(changed)
        return any(quad.predicate.value in self._used for quad in changed)

    def triples(self) -> Iterator[Triple]:
        """The dataset of figures and its cells; nothing where there are no figures."""
        figures = read_figures(self._ask(self._query))
        if not len(figures):
            return
        whole, dataset = dataset_of(self._base), NamedNode(f"{self._base}id/dataset/figures")
        known = cells(figures, known_indicators(self._ask, figures))
        yield Triple(NamedNode(f"{self._base}catalog"), dcat("dataset"), dataset)
        yield Triple(whole, _dcterms("hasPart"), dataset)
        yield Triple(dataset, TYPE, dcat("Dataset"))
        yield from texts(dataset, TITLE, _TITLES)
        yield from texts(dataset, DESCRIPTION, _DESCRIPTIONS)
        yield Triple(dataset, dcat("landingPage"), NamedNode(f"{self._base}coverage"))
        licences = [each for each in self._licences() if isinstance(each, NamedNode | RdfLiteral)]
        for licence in licences:
            yield from licensed(dataset, licence)
        for file in _FILES:
            yield from file.triples(self._base, dataset, licences)
        yield from files_of_figures(self._base, dataset, licences)
        yield from self._extent(dataset, known)
        for cell in known:
            yield from _said(dataset, cell)
        yield from _vocabulary()

    def _extent(self, dataset: NamedNode, known: Collection[Cell]) -> Iterator[Triple]:
        """Where, when and from what, over all cells."""
        reported = [cell for cell in known if cell.status != "not-reported"]
        for place in sorted({cell.place for cell in reported}):
            yield from _linked(dataset, _dcterms("spatial"), place)
        for article in sorted({article for cell in reported for article in cell.articles}):
            yield from _linked(dataset, _dcterms("source"), article)
        starts = sorted(cell.start for cell in reported if cell.start)
        ends = sorted(cell.end for cell in reported if cell.end)
        if starts and ends:
            period = part("temporal", dataset.value)
            yield Triple(dataset, _dcterms("temporal"), period)
            yield Triple(period, TYPE, _dcterms("PeriodOfTime"))
            for name, date in (("startDate", starts[0]), ("endDate", ends[-1])):
                literal = RdfLiteral(date, datatype=NamedNode(vocab.XSD + "date"))
                yield Triple(period, dcat(name), literal)


def _said(dataset: NamedNode, cell: Cell) -> Iterator[Triple]:
    """One cell as a group of observations."""
    node = part("cell", dataset.value, *cell.key)
    yield Triple(dataset, NamedNode(vocab.SERVICE + "coverage"), node)
    yield Triple(node, TYPE, NamedNode(vocab.QB + "ObservationGroup"))
    yield Triple(node, _STATUS, status_iri(cell.status))
    yield from _linked(node, NamedNode(vocab.SCHEMA + "variableMeasured"), cell.indicator)
    yield from _linked(node, _dcterms("spatial"), cell.place)
    yield from _linked(node, _dcterms("temporal"), cell.period)
    for article in cell.articles:
        yield from _linked(node, _dcterms("source"), article)
    for figure in (*cell.stated, *cell.derived):
        yield from _linked(node, NamedNode(vocab.QB + "observation"), figure)
    for name, found in (("statedFigures", cell.stated), ("derivedFigures", cell.derived)):
        yield Triple(node, NamedNode(vocab.SERVICE + name), number(len(found)))


def status_iri(status: Status) -> NamedNode:
    """The IRI of a status."""
    return NamedNode(vocab.SERVICE + status)


def _vocabulary() -> Iterator[Triple]:
    """What the statuses mean."""
    for status, meanings in STATUSES.items():
        yield from texts(status_iri(status), NamedNode(vocab.RDFS + "comment"), meanings)


def _linked(subject: NamedNode | BlankNode, predicate: NamedNode, name: str) -> Iterator[Triple]:
    """A statement about something by its IRI; "" and blank nodes of the data are left out."""
    if name and not name.startswith("_:"):
        yield Triple(subject, predicate, NamedNode(name))


def _dcterms(name: str) -> NamedNode:
    return NamedNode(vocab.DCTERMS + name)


def _iris(query: str) -> frozenset[str] | None:
    """The IRIs that our own query, and that of the indicators, names; None for another's."""
    if query != QUERY:
        return None
    prefixes = dict(re.findall(r"PREFIX ([\w-]+): <([^>]*)>", query))
    names = re.findall(r"([\w-]+):(\w+)", query)
    found = {prefixes[prefix] + local for prefix, local in names if prefix in prefixes}
    return frozenset({*found, vocab.SKOS + "inScheme"} - {vocab.RDF + "type"})
