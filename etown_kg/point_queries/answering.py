"""PointQueries: the small queries of one index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from pyoxigraph import QueryBoolean, QuerySolutions, Store

from etown_kg import query_text, vocab
from etown_kg.formats import Form
from etown_kg.point_queries.index import Index, IndexChange
from etown_kg.point_queries.ordering import NotPlannedError
from etown_kg.point_queries.plan import Plan
from etown_kg.point_queries.reading import read
from etown_kg.point_queries.shape import Shape, cut

# Longer texts are not looked at: to read one takes longer than to pass it on.
MOST_CHARACTERS: Final = 4096
# Shapes that are remembered, also that there is no plan for one.
_REMEMBERED: Final = 1024
# A shape that is handed over so often in a row is looked at no more.
_PATIENCE: Final = 4


class Answered(NamedTuple):
    """The form of a query, and its answer in the JSON format."""

    form: Form
    body: bytes


class PointQueries:
    """Answers what is small. For one thread."""

    def __init__(self, index: Index, *, meetings: int = 2) -> None:
        """Read an index. A shape is planned when it is met for the second time, or so many times:
        a plan takes as long as a small query takes the engine.
        """
        self.index = index
        self._meetings = meetings
        self._met: Counter[Shape] = Counter()
        self._plans: dict[Shape, Plan | None] = {}

    def answer(self, text: str) -> Answered | None:
        """The answer to a query about the default graph, in some 10 us and 1 us a row; None if it
        is for the engine.

        The project's prefixes need no declaration. What has an error is for the engine as well.
        """
        if len(text) > MOST_CHARACTERS:
            return None
        parts = cut(text)
        if parts is None:
            return None
        shape, constants = parts
        try:
            plan = self._plans[shape]
        except KeyError:
            if not self._is_due(shape):
                return None
            plan = self._planned(text, constants)
            # What is wrong in one text may be right in the next: some more are looked at.
            if plan is not None or self._met[shape] >= self._meetings + _PATIENCE:
                self._plans[shape] = plan
        if plan is None:
            return None
        body = plan.answer(constants)
        if body is not None:
            plan.handed_over = 0
            return Answered("ASK" if plan.is_ask else "SELECT", body)
        plan.handed_over += 1
        if plan.handed_over >= _PATIENCE:
            self._plans[shape] = None
        return None

    def change(self, changes: Iterable[IndexChange]) -> None:
        """Take over what has come and gone."""
        self.index.change(changes)

    def _is_due(self, shape: Shape) -> bool:
        """Whether it is time to plan a shape, which is met once more."""
        for kept in (self._met, self._plans):
            if len(kept) >= _REMEMBERED:
                kept.clear()
        self._met[shape] += 1
        return self._met[shape] >= self._meetings

    def _planned(self, text: str, constants: tuple[str, ...]) -> Plan | None:
        query = read(text, constants)
        if query is None:
            return None
        prefixes = query_text.prefixes_in(text, vocab.PREFIXES)
        try:
            result = Store().query(text, prefixes=prefixes)
        except (SyntaxError, OSError, RuntimeError):
            return None
        names: list[str] = []
        if isinstance(result, QuerySolutions):
            names = [variable.value for variable in result.variables]
        elif not isinstance(result, QueryBoolean):
            return None
        declared = query_text.declared(list(query_text.tokens(text)))
        try:
            return Plan(query, names, {**vocab.PREFIXES, **declared}, self.index, constants)
        except NotPlannedError:
            return None
