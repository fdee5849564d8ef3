"""What is in the default graph and in each named graph, for the service description.

The data's own description has the numbers where there is one (`etown_kg.catalogue`); other data
are counted, which takes seconds for a large graph, so each state is counted once.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Final

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryResultsFormat,
    QuerySolutions,
    Triple,
    parse_query_results,
)

from etown_kg.backend import Backend, QueryRequest
from etown_kg.catalogue.statistics import Statistics, counted, stated
from etown_kg.errors import LimitError

Term = NamedNode | BlankNode | Literal | Triple

# States remembered: that of each scope of reading, and the one before.
_MOST: Final = 8


class Counter:
    """Tells the counts of each state of a backend's data, finding them once. Safe for threads.

    `base` is what the IRIs of things and graphs start with. The data's description is believed
    where it follows every change (`is_followed`), which one in another store does not; and where
    the default graph is the union of all (`is_union`), of which it speaks.
    """

    def __init__(
        self, backend: Backend, base: str, *, is_union: bool = True, is_followed: bool = True
    ) -> None:
        self._backend = backend
        self._base = base
        self._is_believed = is_union and is_followed
        self.is_followed = is_followed
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Statistics] = OrderedDict()

    def statistics(self) -> tuple[str, Statistics]:
        """The version of the present state, and its counts."""
        version = self._backend.status().version
        with self._lock:
            found = self._known.get(version)
        if found is None:
            found = stated(self._ask, self._base) if self._is_believed else None
            found = found or counted(self._ask)
            with self._lock:
                self._known[version] = found
                while len(self._known) > _MOST:
                    self._known.popitem(last=False)
        return version, found

    def _ask(self, query: str) -> Sequence[Mapping[str, Term]] | None:
        """The solutions; None when they are not to be had within a query's limits."""
        try:
            result = self._backend.query(QueryRequest(query, parameters=("json",)))
        except LimitError:
            return None
        solutions = parse_query_results(result.body, QueryResultsFormat.JSON)
        assert isinstance(solutions, QuerySolutions)
        names = [(variable.value, variable) for variable in solutions.variables]
        return [
            {name: term for name, variable in names if (term := row[variable]) is not None}
            for row in solutions
        ]
