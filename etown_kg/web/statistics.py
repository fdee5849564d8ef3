"""What is in the default graph and in each named graph, counted for the service description.

In the terms of VoID (https://www.w3.org/TR/void/#statistics): clients plan joins by the number of
triples of each property and of entities of each class. Counting a large graph takes seconds, so
each state of the data is counted once.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from etown_kg.backend import Backend, QueryRequest
from etown_kg.errors import LimitError

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
# States remembered: that of each scope of reading, and the one before.
_MOST: Final = 8


@dataclass(frozen=True)
class Property:
    """One property in the default graph: its triples and their different subjects and objects."""

    triples: int
    subjects: int
    objects: int


@dataclass(frozen=True)
class Statistics:
    """Counts of one state; what would have taken longer than a query may is None."""

    sizes: Mapping[str, int]
    default_size: int
    terms: tuple[int, int] | None
    properties: Mapping[str, Property] | None
    classes: Mapping[str, int] | None


class Counter:
    """Counts each state of a backend's data once. Safe for many threads."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Statistics] = OrderedDict()

    def statistics(self) -> tuple[str, Statistics]:
        """The version of the present state, and its counts."""
        version = self._backend.status().version
        with self._lock:
            found = self._known.get(version)
        if found is None:
            found = self._count()
            with self._lock:
                self._known[version] = found
                while len(self._known) > _MOST:
                    self._known.popitem(last=False)
        return version, found

    def _count(self) -> Statistics:
        rows = self._rows(_SIZES) or []
        sizes = {row["graph"]: int(row["size"]) for row in rows if "graph" in row}
        default_size = sum(int(row["size"]) for row in rows if "graph" not in row)
        terms = self._rows(_TERMS)
        properties = self._rows(_PROPERTIES)
        classes = self._rows(_CLASSES)
        return Statistics(
            sizes,
            default_size,
            None if terms is None else (int(terms[0]["subjects"]), int(terms[0]["objects"])),
            None
            if properties is None
            else {
                row["term"]: Property(int(row["size"]), int(row["subjects"]), int(row["objects"]))
                for row in properties
            },
            None if classes is None else {row["term"]: int(row["size"]) for row in classes},
        )

    def _rows(self, query: str) -> list[dict[str, str]] | None:
        """The solutions as texts; None when they are not to be had within a query's limits."""
        try:
            result = self._backend.query(QueryRequest(query, parameters=("json",)))
        except LimitError:
            return None
        bindings: list[dict[str, Any]] = json.loads(result.body)["results"]["bindings"]
        return [{name: term["value"] for name, term in row.items()} for row in bindings]
