"""The counts of one state of the data, as values: read from ``graph/meta``, or by counting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from etown_kg import vocab
from etown_kg.catalogue.void import dataset_of

Term = NamedNode | BlankNode | Literal | Triple
# The solutions of a query; None where they are not to be had within its limits.
Ask = Callable[[str], Sequence[Mapping[str, Term]] | None]

_SIZES: Final = """
SELECT ?graph ?size WHERE {
  { SELECT ?graph (COUNT(*) AS ?size) WHERE { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph }
  UNION
  { SELECT (COUNT(*) AS ?size) WHERE { ?s ?p ?o } }
} ORDER BY ?graph
"""
_TERMS: Final = """
SELECT (COUNT(DISTINCT ?s) AS ?subjects) (COUNT(DISTINCT ?o) AS ?objects) WHERE { ?s ?p ?o }
"""
_PROPERTIES: Final = """
SELECT ?term (COUNT(*) AS ?size) (COUNT(DISTINCT ?s) AS ?subjects) (COUNT(DISTINCT ?o) AS ?objects)
WHERE { ?s ?term ?o } GROUP BY ?term ORDER BY ?term
"""
_CLASSES: Final = """
SELECT ?term (COUNT(*) AS ?size) WHERE { ?s a ?term FILTER(isIRI(?term)) }
GROUP BY ?term ORDER BY ?term
"""
_STATED: Final = f"""
PREFIX void: <{vocab.VOID}>
SELECT ?graph ?property ?class ?size ?subjects ?objects WHERE {{{{
  GRAPH {{meta}} {{{{
    {{{{ {{dataset}} void:triples ?size BIND({{dataset}} AS ?part) }}}}
    UNION
    {{{{ {{dataset}} void:subset ?graph . ?graph void:triples ?size BIND(?graph AS ?part)
        FILTER(isIRI(?graph)) }}}}
    UNION
    {{{{ {{dataset}} void:propertyPartition ?part .
        ?part void:property ?property ; void:triples ?size }}}}
    UNION
    {{{{ {{dataset}} void:classPartition ?part . ?part void:class ?class ; void:entities ?size }}}}
    OPTIONAL {{{{ ?part void:distinctSubjects ?subjects }}}}
    OPTIONAL {{{{ ?part void:distinctObjects ?objects }}}}
  }}}}
}}}} ORDER BY ?graph ?property ?class
"""


@dataclass(frozen=True)
class Counts:
    """One property in the default graph: its triples and their different subjects and objects."""

    triples: int
    subjects: int | None
    objects: int | None


@dataclass(frozen=True)
class Statistics:
    """Counts of one state; what would have taken longer than a query may is None.

    `sizes` are the triples of each named graph, `default_size` those of the default graph, and
    `terms` its different subjects and objects.
    """

    sizes: Mapping[str, int]
    default_size: int
    terms: tuple[int | None, int | None] | None
    properties: Mapping[str, Counts] | None
    classes: Mapping[str, int] | None


def stated(ask: Ask, base: str) -> Statistics | None:
    """What ``graph/meta`` says of the data; None if it says nothing of them.

    It speaks of the union of all graphs.
    """
    meta, dataset = NamedNode(f"{base}graph/meta"), dataset_of(base)
    rows = ask(_STATED.format(meta=meta, dataset=dataset))
    whole = [row for row in rows or () if not row.keys() & {"graph", "property", "class"}]
    if not rows or not whole:
        return None
    return Statistics(
        {_text(row["graph"]): _number(row, "size") or 0 for row in rows if "graph" in row},
        _number(whole[0], "size") or 0,
        (_number(whole[0], "subjects"), _number(whole[0], "objects")),
        {_text(row["property"]): _property(row) for row in rows if "property" in row},
        {_text(row["class"]): _number(row, "size") or 0 for row in rows if "class" in row},
    )


def counted(ask: Ask) -> Statistics:
    """The counts of the default graph and of the named ones, by queries; slow on a large graph."""
    rows = ask(_SIZES) or []
    terms, properties, classes = ask(_TERMS), ask(_PROPERTIES), ask(_CLASSES)
    return Statistics(
        {_text(row["graph"]): _number(row, "size") or 0 for row in rows if "graph" in row},
        sum(_number(row, "size") or 0 for row in rows if "graph" not in row),
        None if terms is None else (_number(terms[0], "subjects"), _number(terms[0], "objects")),
        None if properties is None else {_text(row["term"]): _property(row) for row in properties},
        None
        if classes is None
        else {_text(row["term"]): _number(row, "size") or 0 for row in classes},
    )


def _property(row: Mapping[str, Term]) -> Counts:
    return Counts(_number(row, "size") or 0, _number(row, "subjects"), _number(row, "objects"))


def _number(row: Mapping[str, Term], name: str) -> int | None:
    term = row.get(name)
    return int(term.value) if isinstance(term, Literal) else None


def _text(term: Term) -> str:
    return "" if isinstance(term, Triple) else term.value
