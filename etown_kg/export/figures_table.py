"""All figures as a table with typed columns, and what CSV on the Web says of it.

CSV on the Web (https://www.w3.org/TR/tabular-metadata/). A row is a figure, an unknown bound is
an empty cell, never a zero; a cell with several values separates them by `SEPARATOR`. Labels have
a column in each language.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from pyoxigraph import BlankNode, NamedNode, Triple
from pyoxigraph import Literal as RdfLiteral

from etown_kg import vocab
from etown_kg.figures.figure import Figure, Figures
from etown_kg.figures.reading import read_figures
from etown_kg.figures.selection import DERIVED, STATED
from etown_kg.figures.table import SEPARATOR
from etown_kg.interval import shown

Term = NamedNode | BlankNode | RdfLiteral | Triple
Ask = Callable[[str], Iterable[Mapping[str, Term]]]
Kind = Literal["iri", "iris", "text", "texts", "integers", "number", "boolean"]
LANGUAGES = ("en", "zh")

_LABELS = """
SELECT ?iri ?property ?label WHERE {{
  VALUES ?iri {{ {iris} }}
  VALUES ?property {{ {properties} }}
  ?iri ?property ?label
}}
"""
# IRIs of one query for labels.
_AT_ONCE = 500
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Column:
    """A column: what a cell holds, what it is called, and the property that it `states`, if any."""

    name: str
    kind: Kind
    titles: Mapping[str, str]
    value_of: Callable[[Figure], Any]
    states: str = ""
    language: str = ""


def _column(
    name: str, kind: Kind, en: str, zh: str, value_of: Callable[[Figure], Any], states: str = ""
) -> Column:
    return Column(name, kind, {"en": en, "zh": zh}, value_of, states)


_ET = vocab.TERMS
COLUMNS: tuple[Column, ...] = (
    _column("figure", "iri", "figure", "数据", lambda f: f.iri),
    _column("fact_id", "text", "fact id", "事实编号", lambda f: f.fact_id, _ET + "factId"),
    _column("indicator", "iri", "indicator", "指标", lambda f: f.indicator, _ET + "indicator"),
    _column("place", "iris", "places", "地点", lambda f: list(f.places),
            vocab.SDMX_DIMENSION + "refArea"),
    _column("group", "iris", "groups", "群体", lambda f: list(f.groups), _ET + "ofGroup"),
    _column("period", "iri", "period", "时期", lambda f: f.period.iri if f.period else "",
            vocab.SDMX_DIMENSION + "refPeriod"),
    _column("period_start", "text", "start of the period", "时期起始",
            lambda f: f.period.start if f.period else ""),
    _column("period_end", "text", "end of the period", "时期结束",
            lambda f: f.period.end if f.period else ""),
    _column("unit", "iri", "unit", "单位", lambda f: f.unit,
            vocab.SDMX_ATTRIBUTE + "unitMeasure"),
    _column("bound_kind", "iri", "how the source bounds it", "来源的限定方式",
            lambda f: f.bound_kind, _ET + "boundKind"),
    _column("stated_number", "number", "number as stated", "原文数字", lambda f: f.stated,
            _ET + "statedNumber"),
    _column("stated_ratio", "text", "ratio as stated", "原文比例",
            lambda f: "/".join(map(str, f.ratio)) if f.ratio else ""),
    _column("lower", "number", "lower bound", "下界", lambda f: f.interval.lower,
            _ET + "lowerBound"),
    _column("lower_inclusive", "boolean", "whether the lower bound belongs to it", "是否含下界",
            lambda f: None if f.interval.lower is None else f.interval.lower_inclusive,
            _ET + "lowerInclusive"),
    _column("upper", "number", "upper bound", "上界", lambda f: f.interval.upper,
            _ET + "upperBound"),
    _column("upper_inclusive", "boolean", "whether the upper bound belongs to it", "是否含上界",
            lambda f: None if f.interval.upper is None else f.interval.upper_inclusive,
            _ET + "upperInclusive"),
    _column("source", "text", "stated by a source, or derived", "来源陈述或推算",
            lambda f: DERIVED if f.is_derived else STATED),
    _column("formula", "text", "formula of a derived figure", "推算公式", lambda f: f.formula,
            _ET + "formula"),
    _column("article", "iris", "articles", "报道", lambda f: list(f.articles),
            _ET + "reportedIn"),
    _column("paragraph", "integers", "paragraphs, counted from 1", "段落，自1起",
            lambda f: [e.paragraph for e in f.evidence if e.paragraph is not None]),
    _column("phrase", "texts", "phrases in the articles", "原文语句",
            lambda f: [e.phrase for e in f.evidence if e.phrase]),
)  # fmt: skip
# Columns of IRIs whose labels stand behind them.
_LABELLED = ("figure", "indicator", "place", "group", "period", "unit", "bound_kind", "article")
# In CSV on the Web, the datatypes of our kinds.
_DATATYPES: Mapping[Kind, str] = {
    "iri": "anyURI", "iris": "anyURI", "text": "string", "texts": "string",
    "integers": "integer", "number": "decimal", "boolean": "boolean",
}  # fmt: skip
_MANY = frozenset({"iris", "texts", "integers"})


@dataclass(frozen=True)
class FiguresTable:
    """The table of a graph's figures: columns, and a record for each row."""

    columns: tuple[Column, ...]
    records: tuple[Mapping[str, Any], ...]

    def csv(self) -> bytes:
        """The table as CSV (RFC 4180) in UTF-8 with a header."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([column.name for column in self.columns])
        for record in self.records:
            writer.writerow([_cell(record[column.name]) for column in self.columns])
        return out.getvalue().encode()

    def metadata(self, address: str) -> bytes:
        """What CSV on the Web says of the CSV file that is at `address`, relative to it."""
        document = {
            "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
            "url": address,
            "dc:title": [
                {"@value": "Figures as intervals", "@language": "en"},
                {"@value": "以区间表示的数据", "@language": "zh"},
            ],
            "dialect": {"header": True, "encoding": "utf-8", "lineTerminators": ["\r\n"]},
            "tableSchema": {
                "aboutUrl": "{+figure}",
                "primaryKey": "figure",
                "columns": [self._described(column) for column in self.columns],
            },
        }
        return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()

    def _described(self, column: Column) -> dict[str, Any]:
        members: dict[str, Any] = {
            "name": column.name,
            "titles": column.name,
            "dc:description": [
                {"@value": text, "@language": tag} for tag, text in column.titles.items()
            ],
            "datatype": self._datatype(column),
        }
        if column.name == "figure":
            members["required"] = True
            members["suppressOutput"] = True
        if column.kind in _MANY:
            members["separator"] = SEPARATOR
        if column.states:
            members["propertyUrl"] = column.states
        if column.language:
            members["lang"] = column.language
        return members

    def _datatype(self, column: Column) -> str:
        values = [record[column.name] for record in self.records]
        is_dated = column.name.startswith("period_") and column.kind == "text"
        if is_dated and all(_DATE.fullmatch(value) for value in values if value):
            return "date"
        return _DATATYPES[column.kind]


def read_table(ask: Ask, query: str) -> FiguresTable:
    """The table of the figures that `query` finds (`etown_kg.figures.reading`).

    `ask` gives the solutions of a SELECT, without inference.
    """
    figures = read_figures(ask(query))
    labels = _labels(figures, ask)
    columns: list[Column] = []
    for column in COLUMNS:
        columns.append(column)
        if column.name in _LABELLED:
            columns += [_labelling(column, tag) for tag in LANGUAGES]
    records = [_record(figure, columns, labels) for figure in figures]
    return FiguresTable(tuple(columns), tuple(records))


def _labelling(column: Column, language: str) -> Column:
    many = column.kind in _MANY
    titles = {"en": f"{column.titles['en']}, label", "zh": f"{column.titles['zh']}名称"}
    states = vocab.RDFS + "label" if column.name == "figure" else ""
    return Column(
        f"{column.name}_label_{language}", "texts" if many else "text", titles, column.value_of,
        states, language,
    )  # fmt: skip


def _record(
    figure: Figure, columns: Sequence[Column], labels: Mapping[tuple[str, str], str]
) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for column in columns:
        value = column.value_of(figure)
        if column.language:
            if isinstance(value, list):
                value = [labels.get((each, column.language), "") for each in value]
            else:
                value = labels.get((value, column.language), "")
        record[column.name] = value
    return record


def _labels(figures: Figures, ask: Ask) -> dict[tuple[str, str], str]:
    """The best label of each IRI in each language; without one, that without a language."""
    iris = sorted({iri for figure in figures for iri in figure.iris() if _is_iri(iri)})
    properties = " ".join(f"<{iri}>" for iri in vocab.LABEL_PROPERTIES)
    found: dict[tuple[str, str], tuple[int, int, str]] = {}
    for start in range(0, len(iris), _AT_ONCE):
        listed = " ".join(f"<{iri}>" for iri in iris[start : start + _AT_ONCE])
        for row in ask(_LABELS.format(iris=listed, properties=properties)):
            iri, path, label = row["iri"], row["property"], row["label"]
            if not isinstance(iri, NamedNode) or not isinstance(label, RdfLiteral):
                continue
            assert isinstance(path, NamedNode)  # a property of the list above
            rank = vocab.LABEL_PROPERTIES.index(path.value)
            tag = (label.language or "").split("-")[0].lower()
            for language in LANGUAGES:
                if tag in (language, ""):
                    key = (iri.value, language)
                    candidate = (int(tag != language), rank, label.value)
                    found[key] = min(candidate, found.get(key, candidate))
    return {key: text for key, (*_, text) in found.items()}


def _is_iri(name: str) -> bool:
    return bool(name) and not name.startswith("_:")


def _cell(value: object) -> str:
    if isinstance(value, list):
        return SEPARATOR.join(map(_cell, value))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Fraction):
        return shown(value)
    return "" if value is None else str(value)
