"""One query on two SPARQL engines, with answers that can be compared as multisets of values.

A cell is the text of its term behind a mark for its kind, with numbers reduced to their value:
`300.0`, `300` and `3.0E2` are one cell. So the answers of both engines and a CSV file meet.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pyoxigraph as ox
import rdflib

from etown_kg import vocab
from etown_kg.graph import KnowledgeGraph
from etown_kg.interval import shown

ENGINES = ("oxigraph", "rdflib")

NUMERIC = {vocab.XSD + name for name in ("decimal", "integer", "double", "float", "int", "long")}
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")

Row = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Variables in order, and the rows as a multiset."""

    variables: tuple[str, ...]
    rows: Counter[Row]


def ask(
    engine: str,
    graph: KnowledgeGraph | rdflib.Graph,
    text: str,
    *,
    infer: bool,
    prefixes: bool = False,
) -> Table:
    """Evaluate a SELECT; an rdflib graph holds what it holds, whatever `infer` says.

    The project's prefixes are known only with `prefixes`: a file must stand on its own.
    """
    if engine == "oxigraph":
        assert isinstance(graph, KnowledgeGraph)
        answer = graph.query(text, infer=infer, prefixes=prefixes)
        return _table(answer.variables, answer.rows())
    assert isinstance(graph, rdflib.Graph)
    result = graph.query(text, initNs=vocab.PREFIXES if prefixes else {})
    assert result.vars is not None
    rows = [[solution.get(name) for name in result.vars] for solution in result.bindings]
    return _table([str(name) for name in result.vars], rows)


def read_expected(path: Path) -> Table:
    """An expected answer: the SPARQL 1.1 CSV format, where a cell that is empty is unbound."""
    return parse_expected(path.read_text(encoding="utf-8"))


def parse_expected(text: str) -> Table:
    header, *rows = csv.reader(text.splitlines())
    return Table(tuple(header), Counter(tuple(map(_expected_cell, row)) for row in rows))


def names_in(text: str) -> set[str]:
    """The IRIs that a query names by a prefix, but for those of RDF, RDFS, OWL and XSD.

    Those four vocabularies are not described in the graph; every other name should be in it.
    """
    code = re.sub(r'^ *#.*|"[^"]*"', "", text, flags=re.MULTILINE)
    found = re.findall(r"(?<![\w-])([a-z-]+):([\w-]+)", code)
    logic = {"rdf", "rdfs", "owl", "xsd"}
    return {vocab.PREFIXES[prefix] + name for prefix, name in found if prefix not in logic}


def _table(variables: Sequence[str], rows: Iterable[Iterable[object]]) -> Table:
    return Table(tuple(variables), Counter(tuple(_cell(term) for term in row) for row in rows))


def _cell(term: object) -> str:
    match term:
        case None:
            return ""
        case ox.NamedNode() | rdflib.URIRef():
            return f"<{term.value if isinstance(term, ox.NamedNode) else term}>"
        case ox.Literal():
            return _literal(term.value, term.datatype.value)
        case rdflib.Literal():
            return _literal(str(term), str(term.datatype or ""))
    raise AssertionError(f"a competency answer has no place for {term!r}")


def _literal(text: str, datatype: str) -> str:
    number = datatype in NUMERIC
    return "'" + (shown(Fraction(Decimal(text))) if number else text)


def _expected_cell(text: str) -> str:
    if not text:
        return ""
    if re.match("https?://", text):
        return f"<{text}>"
    return "'" + (shown(Fraction(text)) if _NUMBER.fullmatch(text) else text)
