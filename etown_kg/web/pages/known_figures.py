"""All figures of the graph, read once for each state of the data."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from etown_kg.figures.figure import Figures
from etown_kg.figures.reading import QUERY, read_figures

Term = NamedNode | BlankNode | Literal | Triple
Ask = Callable[[str], Sequence[Mapping[str, Term]]]

# States that are kept: readers with different rights see different data.
MOST_KEPT = 4


class KnownFigures:
    """The figures by version of the data; safe for many threads. `query` is what finds them."""

    def __init__(self, query: str = QUERY) -> None:
        self.query = query
        self._lock = threading.Lock()
        self._known: dict[str, Figures] = {}

    def of(self, version: Callable[[], str], ask: Ask) -> Figures:
        """The figures of the present version; asks where they are not known yet."""
        present = version()
        known = self._known.get(present)
        if known is not None:
            return known
        found = read_figures(ask(self.query))
        if version() == present:  # else the answer may be of the version in between
            with self._lock:
                while len(self._known) >= MOST_KEPT:
                    del self._known[next(iter(self._known))]
                self._known[present] = found
        return found
