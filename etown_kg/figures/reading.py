"""Figures from the solutions of one query: triples about figures and what hangs on them.

The query asks for triples (`?subject ?property ?value`) in the terms of the figure model, so a
graph with another model of its numbers needs another query only, not another program: put it
into the ontology's folder as `queries/pages/figures.rq`. It is asked without inference: a copy
of a number under an inferred name would count as a second value.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from etown_kg import vocab
from etown_kg.errors import SourceError
from etown_kg.figures.figure import Evidence, Figure, Figures, Note, Period, Text, Unreadable
from etown_kg.interval import Interval

Term = NamedNode | BlankNode | Literal | Triple

# The query of a graph that describes its figures otherwise, below the ontology's folder.
FILE = Path("queries") / "pages" / "figures.rq"

QUERY = f"""
PREFIX et: <{vocab.TERMS}>
PREFIX rdf: <{vocab.RDF}>
PREFIX oa: <{vocab.OA}>
PREFIX prov: <{vocab.PROV}>
PREFIX sdmx-attribute: <{vocab.SDMX_ATTRIBUTE}>
PREFIX sdmx-dimension: <{vocab.SDMX_DIMENSION}>
PREFIX sdmx-measure: <{vocab.SDMX_MEASURE}>
SELECT DISTINCT ?subject ?property ?value WHERE {{
  {{
    SELECT DISTINCT ?figure WHERE {{
      VALUES ?measure {{
        et:statedNumber et:lowerBound et:upperBound et:formula sdmx-measure:obsValue
      }}
      ?figure ?measure ?any
    }}
  }}
  {{
    VALUES ?property {{
      et:factId et:statedNumber et:numerator et:denominator sdmx-measure:obsValue
      et:lowerBound et:lowerInclusive et:upperBound et:upperInclusive et:boundKind
      et:indicator et:ofGroup et:reportedIn et:hasEvidence et:glossOf
      et:formula et:explanation prov:wasDerivedFrom
      sdmx-dimension:refArea sdmx-dimension:refPeriod sdmx-attribute:unitMeasure
    }}
    ?figure ?property ?value
    BIND(?figure AS ?subject)
  }}
  UNION {{
    ?figure sdmx-dimension:refPeriod ?subject .
    ?subject ?property ?value
    FILTER(?property IN (et:startDate, et:endDate))
  }}
  UNION {{
    ?figure et:hasEvidence ?subject .
    ?subject ?property ?value
    FILTER(?property IN (et:inArticle, et:paragraph))
  }}
  UNION {{
    ?figure et:hasEvidence ?subject .
    ?subject oa:hasSelector/oa:exact ?value
    BIND(oa:exact AS ?property)
  }}
  UNION {{
    ?subject et:relates ?figure ; ?property ?value
    FILTER(?property IN (et:relates, et:explanation, rdf:type))
  }}
}}
"""

_TYPE = vocab.RDF + "type"
_FACT_ID = vocab.TERMS + "factId"
_STATED = vocab.TERMS + "statedNumber"
_EXACT = vocab.SDMX_MEASURE + "obsValue"
_NUMERATOR = vocab.TERMS + "numerator"
_DENOMINATOR = vocab.TERMS + "denominator"
_LOWER = vocab.TERMS + "lowerBound"
_LOWER_INCLUSIVE = vocab.TERMS + "lowerInclusive"
_UPPER = vocab.TERMS + "upperBound"
_UPPER_INCLUSIVE = vocab.TERMS + "upperInclusive"
_BOUND_KIND = vocab.TERMS + "boundKind"
_INDICATOR = vocab.TERMS + "indicator"
_UNIT = vocab.SDMX_ATTRIBUTE + "unitMeasure"
_PERIOD = vocab.SDMX_DIMENSION + "refPeriod"
_AREA = vocab.SDMX_DIMENSION + "refArea"
_GROUP = vocab.TERMS + "ofGroup"
_ARTICLE = vocab.TERMS + "reportedIn"
_EVIDENCE = vocab.TERMS + "hasEvidence"
_FORMULA = vocab.TERMS + "formula"
_DERIVED_FROM = vocab.PROV + "wasDerivedFrom"
_GLOSS_OF = vocab.TERMS + "glossOf"
_EXPLANATION = vocab.TERMS + "explanation"
_START = vocab.TERMS + "startDate"
_END = vocab.TERMS + "endDate"
_IN_ARTICLE = vocab.TERMS + "inArticle"
_PARAGRAPH = vocab.TERMS + "paragraph"
_QUOTE = vocab.OA + "exact"
_RELATES = vocab.TERMS + "relates"

_MEASURES = (_STATED, _LOWER, _UPPER, _FORMULA, _EXACT)


def figures_query(ontology: Path) -> str:
    """The query that finds the figures of a graph with this ontology.

    Raises:
        SourceError: the ontology's own query cannot be read.
    """
    path = ontology / FILE
    if not path.is_file():
        return QUERY
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(path, f"cannot be read: {error}") from error


def read_figures(rows: Iterable[Mapping[str, Term]]) -> Figures:
    """The figures, and the notes on them, in the solutions of the figures' query.

    A figure that contradicts itself (two lower bounds, a lower bound above the upper one, a bound
    that is no number) is not read: it comes back as `Unreadable` with the reason.
    """
    nodes: dict[str, _Node] = defaultdict(_Node)
    for row in rows:
        subject, path, value = row.get("subject"), row.get("property"), row.get("value")
        if isinstance(subject, NamedNode | BlankNode) and isinstance(path, NamedNode):
            nodes[_name(subject)].values[path.value].append(value)
    figures, unreadable = [], []
    for iri in [iri for iri, node in nodes.items() if any(m in node.values for m in _MEASURES)]:
        try:
            figures.append(_figure(iri, nodes))
        except _UnreadableError as error:
            unreadable.append(Unreadable(iri, str(error)))
    notes = [_note(iri, node) for iri, node in nodes.items() if _RELATES in node.values]
    return Figures(
        {figure.iri: figure for figure in sorted(figures, key=_order)},
        tuple(sorted(notes, key=lambda note: _natural(note.iri))),
        tuple(sorted(unreadable, key=lambda each: each.iri)),
    )


class _UnreadableError(Exception):
    """A value that cannot be used."""


class _Node:
    """The values of each property of one node."""

    def __init__(self) -> None:
        self.values: dict[str, list[Term | None]] = defaultdict(list)

    def all(self, path: str) -> list[Term | None]:
        return self.values.get(path, [])

    def iris(self, path: str) -> tuple[str, ...]:
        found = {_name(v) for v in self.all(path) if isinstance(v, NamedNode | BlankNode)}
        return tuple(sorted(found, key=_natural))

    def iri(self, path: str) -> str:
        found = self.iris(path)
        if len(found) > 1:
            raise _UnreadableError(f"{_short(path)} has {len(found)} values: {found}")
        return found[0] if found else ""

    def texts(self, path: str) -> tuple[Text, ...]:
        found = {(v.value, v.language or "") for v in self.all(path) if isinstance(v, Literal)}
        return tuple(sorted(found))

    def text(self, path: str) -> str:
        found = sorted({text for text, _ in self.texts(path)})
        if len(found) > 1:
            listed = ", ".join(found)
            raise _UnreadableError(f"{_short(path)} has {len(found)} values: {listed}")
        return found[0] if found else ""

    def number(self, path: str) -> Fraction | None:
        found = {_fraction(text, path) for text, _ in self.texts(path)}
        if len(found) > 1:
            listed = ", ".join(text for text, _ in self.texts(path))
            raise _UnreadableError(f"{_short(path)} has {len(found)} values: {listed}")
        return found.pop() if found else None

    def flag(self, path: str) -> bool:
        text = self.text(path)
        if text not in {"", "true", "false", "1", "0"}:
            raise _UnreadableError(f"{_short(path)} is neither true nor false: {text}")
        return text in {"true", "1"}


def _figure(iri: str, nodes: Mapping[str, _Node]) -> Figure:
    node = nodes[iri]
    evidence = tuple(_evidence(each, nodes[each]) for each in node.iris(_EVIDENCE) if each in nodes)
    articles = {each.article for each in evidence if each.article} | set(node.iris(_ARTICLE))
    period = node.iri(_PERIOD)
    ratio = node.number(_NUMERATOR), node.number(_DENOMINATOR)
    return Figure(
        iri,
        fact_id=node.text(_FACT_ID),
        interval=_interval(node),
        stated=node.number(_STATED),
        ratio=_ratio(*ratio),
        indicator=node.iri(_INDICATOR),
        unit=node.iri(_UNIT),
        bound_kind=node.iri(_BOUND_KIND),
        period=_period(period, nodes) if period else None,
        places=node.iris(_AREA),
        groups=node.iris(_GROUP),
        articles=tuple(sorted(articles)),
        evidence=evidence,
        formula=node.text(_FORMULA),
        inputs=node.iris(_DERIVED_FROM),
        gloss_of=node.iris(_GLOSS_OF),
        explanations=node.texts(_EXPLANATION),
    )


def _interval(node: _Node) -> Interval:
    """The written bounds; where there are none, the exact value of a plain observation."""
    lower, upper = node.number(_LOWER), node.number(_UPPER)
    exact = node.number(_EXACT)
    if lower is None and upper is None and exact is not None:
        return Interval.exactly(exact)
    try:
        return Interval(
            lower,
            lower is not None and node.flag(_LOWER_INCLUSIVE),
            upper,
            upper is not None and node.flag(_UPPER_INCLUSIVE),
        )
    except ValueError as error:
        raise _UnreadableError(str(error)) from error


def _ratio(numerator: Fraction | None, denominator: Fraction | None) -> tuple[int, int] | None:
    if numerator is None or denominator is None:
        return None
    if denominator == 0 or numerator.denominator != 1 or denominator.denominator != 1:
        raise _UnreadableError(f"{numerator}/{denominator} is no fraction")
    return int(numerator), int(denominator)


def _period(iri: str, nodes: Mapping[str, _Node]) -> Period:
    if iri not in nodes:
        return Period(iri)
    return Period(iri, nodes[iri].text(_START), nodes[iri].text(_END))


def _evidence(iri: str, node: _Node) -> Evidence:
    paragraph = node.number(_PARAGRAPH)
    return Evidence(
        iri,
        article=node.iri(_IN_ARTICLE),
        paragraph=None if paragraph is None else int(paragraph),
        phrase=" … ".join(text for text, _ in node.texts(_QUOTE)),
    )


def _note(iri: str, node: _Node) -> Note:
    kinds = node.iris(_TYPE)
    return Note(iri, kinds[0] if kinds else "", node.iris(_RELATES), node.texts(_EXPLANATION))


# Digits beyond which a number in the data is taken for a mistake: 1E999999 would fill the memory.
_MOST_DIGITS = 60


def _fraction(text: str, path: str) -> Fraction:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise _UnreadableError(f"{_short(path)} is no number: {text}") from error
    if not number.is_finite():
        raise _UnreadableError(f"{_short(path)} is not finite: {text}")
    if number and abs(number.adjusted()) > _MOST_DIGITS:
        raise _UnreadableError(f"{_short(path)} is beyond 10^{_MOST_DIGITS}: {text}")
    return Fraction(number)


def _name(term: NamedNode | BlankNode) -> str:
    return term.value if isinstance(term, NamedNode) else f"_:{term.value}"


def _short(path: str) -> str:
    return re.split("[/#]", path)[-1]


def _order(figure: Figure) -> tuple[bool, list[tuple[int, str]]]:
    """What is stated comes before what is derived, each in the order of its name."""
    return figure.is_derived, _natural(figure.name)


def _natural(name: str) -> list[tuple[int, str]]:
    """A key that puts F9 before F10."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
