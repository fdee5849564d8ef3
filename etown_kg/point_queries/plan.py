"""The plan of a small query: in which order its patterns are joined, and what becomes of the rows.

A plan is made of one query and answers all of its shape.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from etown_kg.point_queries import terms, walk
from etown_kg.point_queries.index import HALF, Index
from etown_kg.point_queries.ordering import Filter, JoinOrder, NotPlannedError
from etown_kg.point_queries.reading import SmallQuery
from etown_kg.point_queries.walk import Room, Row, Rows, TooMuchError, UnknownLanguageError

# Rows that a query may make and look at in all: up to 1 us each, and as much for each it shows.
MOST_ROWS: Final = 2_000
# The bytes of an answer.
MOST_BYTES: Final = 128 * 1024
# Rows that are written before their bytes are counted.
_AT_ONCE: Final = 64
# A number that no term has.
_NO_TERM: Final = (1 << HALF) - 1
# IRIs that are IRIs for certain (RFC 3987, section 2.2: one fragment, a port of digits), and that
# resolving against a base leaves as they are.
_IRI: Final = re.compile(
    r"""(?!.*/\.) [A-Za-z][A-Za-z0-9+.-]*:
        (?: //[A-Za-z0-9.-]*(?::[0-9]{1,4})?(?=[/?\#]|$) | (?!//) )
        CHARACTERS (?: \# CHARACTERS )?
    """.replace("CHARACTERS", r"[A-Za-z0-9_/:.~!$&'()*+,;=@?-]*"),
    re.VERBOSE,
)
# Longer texts may be too long for the index, however many characters of them it escapes.
_MOST_CHARACTERS: Final = terms.MOST_BYTES // 8
# What a filter may ask for: to languages that are none, "" among them, the engine has an answer.
_LANGUAGE: Final = re.compile(r"[A-Za-z]+(?:-[A-Za-z0-9]+)*")
_RANGE: Final = re.compile(rf"\*|{_LANGUAGE.pattern}")
# Constants of one plan whose numbers are remembered.
_REMEMBERED: Final = 4096
_QUOTES: Final = ("'", '"')


class Plan:
    """How queries of one shape are answered from one index.

    Attributes:
        is_ask: whether it is an ASK, else a SELECT.
        handed_over: how many answers in a row were left to the engine.
    """

    def __init__(
        self,
        query: SmallQuery,
        names: Sequence[str],
        prefixes: Mapping[str, str],
        index: Index,
        constants: Sequence[str],
    ) -> None:
        """Choose the order of joining by what the index has of these constants.

        Args:
            names: the variables of the answer, in order, without question marks.
            prefixes: those that the constants may use.

        Raises:
            NotPlannedError: nothing is named where it would begin, or not as it is read here.
        """
        self.handed_over = 0
        self.is_ask = query.is_ask
        self._query = query
        self._prefixes = prefixes
        self._index = index
        self._known: dict[str, int] = {}
        self._is_text = [constant.startswith(_QUOTES) for constant in constants]
        texts = {each.constant for each in query.filters}
        self._named = [place for place in range(len(constants)) if place not in texts]
        row = self._row(constants)
        if row is None:
            raise NotPlannedError
        order = JoinOrder(index, row)
        self._steps = [*order.steps(query.required, query.filters)]
        self._optionals = [order.optional(patterns) for patterns in query.optionals]
        self._late_filters = [
            *order.late_filters(
                each
                for each in query.filters
                if not any(each.variable in pattern.variables for pattern in query.required)
            )
        ]
        columns = order.columns
        self._shown = [columns.get(f"?{name}") for name in names]
        self._sorting = [(columns[each], down) for each, down in query.order if each in columns]
        variables = ",".join(f'"{name}"' for name in names)
        self._head = f'{{"head":{{"vars":[{variables}]}},"results":{{"bindings":['.encode()
        self._members = [f'"{name}":'.encode() for name in names]
        # Where all that is shown is bound in every row, one template writes it.
        is_certain = not query.optionals and None not in self._shown
        template = b"{" + b",".join(member + b"%b" for member in self._members) + b"}"
        self._template = template if is_certain else None

    def answer(self, constants: Sequence[str]) -> bytes | None:
        """The answer in JSON to the query with these constants; None if it is for the engine."""
        row = self._row(constants)
        if row is None:
            return None
        try:
            return self._written(self._rows(row, constants))
        except (TooMuchError, UnknownLanguageError):
            return None

    def _written(self, rows: Rows) -> bytes | None:
        """The solutions in order, as far as they are asked for.

        Raises:
            TooMuchError: they are too long.
        """
        query = self._query
        if query.is_ask:
            return b'{"head":{},"boolean":true}' if rows else b'{"head":{},"boolean":false}'
        if self._sorting and len(rows) > 1 and not self._sort(rows):
            return None
        if query.is_distinct:
            rows = self._different(rows)
        if query.offset or query.limit is not None:
            end = None if query.limit is None else query.offset + query.limit
            rows = rows[query.offset : end]
        body = b"%b%b]}}" % (self._head, b",".join(self._bindings(rows)))
        return None if terms.OPAQUE in body else body

    # Constants

    def _row(self, constants: Sequence[str]) -> Row | None:
        """The row of the constants; None if one of them is not read here."""
        row: list[int | None] = [_NO_TERM] * len(constants)
        known, languages = self._known, self._query.languages
        for place, constant in enumerate(constants):
            if constant.startswith(_QUOTES) is not self._is_text[place]:
                return None
        for each in self._query.filters:
            spelling = _RANGE if each.is_range else _LANGUAGE
            if spelling.fullmatch(constants[each.constant][1:-1]) is None:
                return None
        for place in self._named:
            constant = constants[place]
            language = languages.get(place)
            # What is remembered has no language: that is in the text behind the constant.
            number = known.get(constant) if language is None else None
            if number is None:
                term = self._term(constant, language)
                if term is None:
                    return None
                number = self._index.number(term)
                if number is None:
                    number = _NO_TERM  # nothing is said with it
                elif len(known) < _REMEMBERED and language is None:
                    known[constant] = number
            row[place] = number
        for term in self._query.further:
            number = self._index.number(term)
            row.append(_NO_TERM if number is None else number)
        return tuple(row)

    def _term(self, constant: str, language: str | None) -> bytes | None:
        """A constant as the index has it; None for what the engine has to read."""
        if constant.startswith(_QUOTES):
            if len(constant) > _MOST_CHARACTERS:
                return None
            return terms.text(constant[1:-1], language)
        if constant[0] == "<":
            iri = constant[1:-1]
        else:
            prefix, _, local = constant.partition(":")
            if prefix not in self._prefixes:
                return None
            iri = self._prefixes[prefix] + local
        return terms.iri(iri.encode()) if _IRI.fullmatch(iri) else None

    # Rows

    def _rows(self, row: Row, constants: Sequence[str]) -> Rows:
        """All solutions.

        Raises:
            TooMuchError: they, or what leads to them, are too many.
            UnknownLanguageError: see `walk.in_language`.
        """
        index = self._index
        room = Room(MOST_ROWS)
        rows = [row]
        for step in self._steps:
            if isinstance(step, Filter):
                rows = _filtered(index, rows, step, constants, room)
            else:
                rows = step.extend(index, rows, step, room)
            if not rows:
                return rows
        for optional in self._optionals:
            rows = walk.with_optional(index, rows, optional, room)
        for each in self._late_filters:
            rows = _filtered(index, rows, each, constants, room)
        return rows

    def _sort(self, rows: Rows) -> bool:
        """Order the rows in place; False where that takes more than comparing characters."""
        for column, is_down in reversed(self._sorting):
            keys: dict[int | None, bytes] = {None: b""}
            kinds = set()
            for number in {row[column] for row in rows} - {None}:
                assert number is not None
                key = terms.order_key(self._index.terms[number])
                if key is None:
                    return False
                kinds.add(key[0])
                keys[number] = b"=" + key[1]  # behind what is not bound
            if len(kinds) > 1:
                return False
            rows.sort(key=partial(_key, keys, column), reverse=is_down)
        return True

    def _different(self, rows: Rows) -> Rows:
        """The first of the rows that show the same."""
        shown = self._shown
        first: dict[tuple[int | None, ...], Row] = {}
        for row in rows:
            first.setdefault(tuple([None if n is None else row[n] for n in shown]), row)
        return [*first.values()]

    def _bindings(self, rows: Rows) -> list[bytes]:
        """Each row as a JSON object.

        Raises:
            TooMuchError: they are too long.
        """
        written: list[bytes] = []
        left = MOST_BYTES
        for start in range(0, len(rows), _AT_ONCE):
            some = self._write(rows[start : start + _AT_ONCE])
            left -= sum(map(len, some))
            if left < 0:
                raise TooMuchError
            written += some
        return written

    def _write(self, rows: Rows) -> list[bytes]:
        terms = self._index.terms
        template = self._template
        if template is not None:
            shown = self._shown
            return [template % tuple([terms[row[n]] for n in shown]) for row in rows]  # type: ignore[index]
        members = [(m, n) for m, n in zip(self._members, self._shown, strict=True) if n is not None]
        bound = ([(m, row[n]) for m, n in members] for row in rows)
        return [
            b"{%b}" % b",".join([m + terms[n] for m, n in row if n is not None]) for row in bound
        ]


def _key(keys: Mapping[int | None, bytes], column: int, row: Row) -> bytes:
    return keys[row[column]]


def _filtered(index: Index, rows: Rows, step: Filter, constants: Sequence[str], room: Room) -> Rows:
    wanted = constants[step.constant][1:-1].encode()
    return walk.in_language(index, rows, step.column, wanted, room, is_range=step.is_range)
