"""Literals of a dictionary by number: their values, and who shares one.

A value is kept as a term of its own kind (`VALUE`): the bytes `=` and then one literal that has
it. Where a rule compares values, the engine restates a triple `x p "01"` with the value's number,
so that `"1"`, `"01"` and `"1.0"^^xsd:decimal` meet there. A value is never put out as such: the
lean profile drops those triples, the full profile spells them out for every literal in the graph
with that value (rules dt-eq and eq-rep-o).

Only literals that are asked about are parsed, once each. A plain string and a string with a
language tag are their own value, unless a literal of another datatype has the same one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import numpy as np

from etown_kg.errors import LimitError
from etown_kg.reason.datatypes import (
    LEXICAL_SPACES,
    SUPPORTED,
    Value,
    canonical_literal,
    is_in_space,
    value_of,
)
from etown_kg.reason.dictionary import DATATYPES, LITERAL, Dictionary
from etown_kg.reason.relation import Ids, Keys, Mask, pack
from etown_kg.reason.syntax import XSD_STRING, LiteralParts, split_literal
from etown_kg.vocab import RDF, RDFS

RDF_PLAIN_LITERAL = RDF + "PlainLiteral"
RDFS_LITERAL = RDFS + "Literal"


@cache
def _own_form(datatype: str) -> re.Pattern[bytes] | None:
    """The terms that are well-typed literals of a datatype; None where the form does not tell."""
    lexical = LEXICAL_SPACES.get(datatype)
    if lexical is None:
        return None
    tail = re.escape(f'"^^<{datatype}>'.encode())
    return re.compile(b'"(?:' + lexical.pattern.encode() + b")" + tail)


class Literals:
    """The values of a dictionary's literals, found when first asked for."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        # The literals in use, where the dictionary remembers others.
        self.in_use: Callable[[], Ids] | None = None
        self._values: dict[int, Value | None] = {}
        self._numbers: dict[int, int] = {}
        # Values of strings that some literal spells with another datatype.
        self._shared_strings: set[int] = set()
        self.datatype_iri = {number: dictionary.term(number)[1:-1].decode() for number in DATATYPES}

    def parts(self, number: int) -> LiteralParts:
        """A literal taken apart."""
        return split_literal(self._dictionary.term(number).lstrip(b"="))

    def value(self, number: int) -> Value | None:
        """A literal's value, None if it is ill-typed."""
        if number not in self._values:
            self._values[number] = value_of(self.parts(number))
        return self._values[number]

    def is_supported(self, number: int) -> bool:
        """Whether the literal's datatype is in the datatype map."""
        return self.parts(number).datatype in SUPPORTED

    def is_ill_typed(self, number: int) -> bool:
        """Whether the lexical form is none of its datatype's."""
        return self.value(number) is None

    def is_different(self, first: int, second: int) -> bool:
        """Whether two literals are known to have different values (rule dt-diff)."""
        one, other = self.value(first), self.value(second)
        if one is None or other is None or one == other:
            return False
        return self.is_supported(first) and self.is_supported(second)

    def is_same(self, first: int, second: int) -> bool:
        """Whether two literals have the same value (rule dt-eq)."""
        value = self.value(first)
        return first == second or (value is not None and value == self.value(second))

    def different_pairs(self, numbers: Ids, limit: int | None = None) -> Keys:
        """Rule dt-diff: keys of all pairs of literals with different values, sorted.

        Quadratic in the literals: raises LimitError for more than `limit` pairs, before any
        room is taken for them.
        """
        group_of: dict[Value, int] = {}
        rows = [
            (number, group_of.setdefault(value, len(group_of)))
            for number in sorted(numbers.tolist())
            if self.is_supported(number) and (value := self.value(number)) is not None
        ]
        known, groups = np.array(rows, dtype=np.int64).reshape(-1, 2).T
        count = len(rows) ** 2 - int((np.bincount(groups) ** 2).sum())
        if limit is not None and count > limit:
            raise LimitError(
                f"{limit} triples",
                f"the full profile tells {len(rows)} literals apart, in {count} triples",
                hint="use the lean profile, or raise memory_limit_mb",
            )
        return np.concatenate(
            [
                np.empty(0, dtype=np.int64),
                *(
                    pack(number, known[groups != group])
                    for number, group in zip(known.tolist(), groups.tolist(), strict=True)
                ),
            ]
        )

    def value_numbers(self, numbers: Ids) -> Ids:
        """The number of each literal's value; its own number if it needs no other.

        Adds the values to the dictionary. Cost: a parse for each typed literal not seen before.
        """
        numbers_of = self._numbers
        return np.fromiter(
            (
                numbers_of[number] if number in numbers_of else self._value_number(number)
                for number in numbers.tolist()
            ),
            dtype=np.int64,
            count=len(numbers),
        )

    def _value_number(self, number: int) -> int:
        term = self._dictionary.term(number)
        if not term.endswith(b">"):
            # A plain or tagged string. Its value may get a number later, so nothing is kept.
            return self._dictionary.find(b"=" + term) or number if self._shared_strings else number
        value = self.value(number)
        if value is None or not self.is_supported(number):
            result = number
        else:
            (result,) = self._dictionary.encode([b"=" + canonical_literal(value)])
            if value.space in {"string", "langString"}:
                self._shared_strings.add(result)
        self._numbers[number] = result
        return result

    def has_new_strings(self, known: set[int]) -> bool:
        """Whether strings got numbered values that are not in `known`."""
        return not self._shared_strings <= known

    def strings_to_restate(self, known: set[int]) -> list[tuple[int, int]]:
        """Plain strings whose value got a number since `known`, which is brought up to date."""
        found = []
        for value in self._shared_strings - known:
            string = self._dictionary.find(self._dictionary.term(value)[1:])
            if string is not None:
                found.append((string, value))
        known |= self._shared_strings
        return found

    def in_datatype(self, numbers: Ids, datatype: int) -> Mask:
        """For each literal whether the supported datatype has its value.

        An ill-typed literal is in none, not even in its own.
        """
        return self._map_values(numbers, self.datatype_iri[datatype], is_unknown_in=False)

    def not_in_datatype(self, numbers: Ids, datatype: int) -> Mask:
        """For each literal whether the supported datatype is known not to have its value.

        Nothing is known of a literal whose own datatype is outside the map.
        """
        return ~self._map_values(numbers, self.datatype_iri[datatype], is_unknown_in=True)

    def _map_values(self, numbers: Ids, datatype: str, *, is_unknown_in: bool) -> Mask:
        def holds(number: int) -> bool:
            if not self.is_supported(number):
                return is_unknown_in
            value = self.value(number)
            return value is not None and is_in_space(value, datatype)

        own_form = _own_form(datatype)
        known = numbers.tolist()
        if own_form is None:
            return np.fromiter(map(holds, known), dtype=bool, count=len(known))
        # Most literals that are asked about have the datatype itself: their form says all.
        matches = own_form.fullmatch
        named = zip(known, self._dictionary.terms(known), strict=True)
        return np.fromiter(
            (matches(term) is not None or holds(number) for number, term in named),
            dtype=bool,
            count=len(known),
        )

    def has_all_plain(self, datatype: int) -> bool:
        """Whether the datatype has the value of every plain literal, so that none needs a look."""
        return self.datatype_iri[datatype] in {XSD_STRING, RDF_PLAIN_LITERAL, RDFS_LITERAL}

    def all_literals(self) -> Ids:
        """The numbers of all literals in use, ascending."""
        if self.in_use is not None:
            return self.in_use()
        return np.flatnonzero(self._dictionary.kinds == LITERAL)

    def by_value(self) -> dict[int, list[int]]:
        """For each value's number the literals of the dictionary that have it."""
        groups: dict[int, list[int]] = {}
        literals = self.all_literals()
        # Twice: a string's value has a number only after another spelling was seen.
        self.value_numbers(literals)
        for number, value in zip(
            literals.tolist(), self.value_numbers(literals).tolist(), strict=True
        ):
            groups.setdefault(value, []).append(number)
        return groups
