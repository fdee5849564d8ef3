"""The order of joining: what is there, or is likely to be, fewest times comes next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from etown_kg.point_queries import walk
from etown_kg.point_queries.index import Index
from etown_kg.point_queries.reading import LanguageFilter, Pattern, Slot
from etown_kg.point_queries.walk import Optional, Row, Step


class NotPlannedError(Exception):
    """A query whose rows are not to be found by what it names."""


class Filter(NamedTuple):
    """See `reading.LanguageFilter`; `column` is the variable's."""

    column: int
    constant: int
    is_range: bool


class JoinOrder:
    """Chooses what to join next, by what an index has of the constants of a query.

    Attributes:
        columns: those of the variables that are bound so far.
    """

    def __init__(self, index: Index, constants: Row) -> None:
        self.columns: dict[str, int] = {}
        self._index = index
        self._constants = constants
        self._width = len(constants)

    def steps(
        self, patterns: Iterable[Pattern], filters: Iterable[LanguageFilter] = ()
    ) -> Iterator[Step | Filter]:
        """The steps for patterns; each filter as soon as it can be told.

        Raises:
            NotPlannedError: nothing is named where it would begin, or not as it is read here.
        """
        left = [*patterns]
        waiting = [*filters]
        while left:
            guesses = [(self._guess(pattern), place) for place, pattern in enumerate(left)]
            guess, place = min(guesses)
            if guess == _NOWHERE:
                raise NotPlannedError
            yield self._step(left.pop(place))
            for each in [each for each in waiting if each.variable in self.columns]:
                waiting.remove(each)
                yield Filter(self.columns[each.variable], each.constant, each.is_range)

    def optional(self, patterns: Iterable[Pattern]) -> Optional:
        """The steps of an OPTIONAL; the columns of its variables come behind all others."""
        width = self._width
        steps = tuple(step for step in self.steps(patterns) if isinstance(step, Step))
        return Optional(steps, self._width - width)

    def late_filters(self, filters: Iterable[LanguageFilter]) -> Iterator[Filter]:
        """The filters over what an OPTIONAL binds; to be asked for when all patterns are planned.

        Raises:
            NotPlannedError: a filter is over what nothing binds.
        """
        for each in filters:
            column = self.columns.get(each.variable)
            if column is None:
                raise NotPlannedError
            yield Filter(column, each.constant, each.is_range)

    def _step(self, pattern: Pattern) -> Step:
        s, p, o = (self._column(slot) for slot in pattern)
        unknown = [slot for slot, known in zip(pattern, (s, p, o), strict=True) if known is None]
        if len(set(unknown)) < len(unknown):
            raise NotPlannedError  # a variable twice
        extend, order = _WAYS[s is not None, p is not None, o is not None]
        for place in order:
            slot = pattern[place]
            assert isinstance(slot, str)
            self.columns[slot] = self._width
            self._width += 1
        return Step(extend, s or 0, p or 0, o or 0)

    def _column(self, slot: Slot) -> int | None:
        return slot if isinstance(slot, int) else self.columns.get(slot)

    def _guess(self, pattern: Pattern) -> float:
        """How many rows the pattern makes of one, about."""
        s, p, o = (self._column(slot) for slot in pattern)
        if s is not None and o is not None:
            return 0.5 if p is not None else 1.0
        if s is None and o is None:
            return _NOWHERE
        known = s if s is not None else o
        assert known is not None
        if known >= len(self._constants):
            if s is not None:
                return 2.0 if p is not None else 16.0
            return 8.0 if p is not None else 64.0
        number = self._constants[known]
        assert number is not None
        found = (self._index.of_subject if s is not None else self._index.of_object)(number)
        predicate = None if p is None else self._constant(p)
        _, start, end = found if predicate is None else walk.of_predicate(found, predicate)
        return end - start

    def _constant(self, column: int) -> int | None:
        return self._constants[column] if column < len(self._constants) else None


_NOWHERE: Final = float("inf")
# How a pattern is joined by what is known of its subject, predicate and object; and which of them
# the new columns are for.
_WAYS: Final[Mapping[tuple[bool, bool, bool], tuple[walk.Extend, tuple[int, ...]]]] = {
    (True, True, True): (walk.there, ()),
    (True, True, False): (walk.objects, (2,)),
    (False, True, True): (walk.subjects, (0,)),
    (True, False, True): (walk.predicates, (1,)),
    (True, False, False): (walk.all_of_subject, (1, 2)),
    (False, False, True): (walk.all_of_object, (1, 0)),
}
