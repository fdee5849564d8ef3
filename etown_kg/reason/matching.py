"""A conclusion's triples in a closure: simple entailment, the blank nodes being existential.

https://www.w3.org/TR/rdf11-mt/#simple-entailment, over terms by equality and literals by value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from etown_kg.reason.dictionary import DIFFERENT_FROM, LITERAL, SAME_AS
from etown_kg.reason.join import Atom, solve

if TYPE_CHECKING:
    from etown_kg.reason.closure import Closure

TermTriple = tuple[bytes, bytes, bytes]
NumberTriple = tuple[int, int, int]


def find(closure: Closure, triples: Sequence[TermTriple]) -> list[NumberTriple] | None:
    """Triples of the closure that these map to, in their order; None if there are none.

    Args:
        triples: canonical N-Triples terms. A blank node is a variable, the same in all triples.
    """
    engine = closure.engine
    dictionary = closure.dictionary
    blanks: dict[bytes, int] = {}
    goals: list[NumberTriple] = []
    for triple in triples:
        numbers = []
        for term in triple:
            if term.startswith(b"_:"):
                numbers.append(blanks.setdefault(term, -1 - len(blanks)))
            else:
                numbers += dictionary.encode([term])
        goals.append((numbers[0], numbers[1], numbers[2]))
    engine.facts.term_count = len(dictionary)
    named: dict[int, int] = {}

    def key(number: int) -> int:
        if number < 0:
            return key(named[number]) if number in named else number
        if dictionary.kinds[number] == LITERAL:
            (number,) = engine.literals.value_numbers(np.array([number])).tolist()
        return engine.equality.representative(number)

    atoms = []
    for goal in goals:
        s, p, o = goal
        one, other = key(s), key(o)
        if p == SAME_AS and one != other and min(one, other) < 0:
            # Same as what is not known yet: it may be that very term.
            named[min(one, other)] = max(one, other)
        elif not (p == SAME_AS and one == other) and not _is_different(closure, goal):
            atoms.append((p, s, o))
    solved = solve(engine.facts, [Atom(key(p), key(s), key(o)) for p, s, o in atoms])
    if not solved.count:
        return None

    def value(number: int) -> int:
        while number in named:
            number = named[number]
        return number if number >= 0 else int(solved.columns[number][0])

    unbound = {n for goal in goals for n in goal if n < 0 and n not in named}
    if not unbound <= set(solved.columns):
        return None
    return [(value(s), value(p), value(o)) for s, p, o in goals]


def _is_different(closure: Closure, goal: NumberTriple) -> bool:
    """Whether rule dt-diff says it."""
    one, predicate, other = goal
    if predicate != DIFFERENT_FROM or min(one, other) < 0:
        return False
    kinds = closure.dictionary.kinds
    is_literals = kinds[one] == LITERAL and kinds[other] == LITERAL
    return bool(is_literals) and closure.engine.literals.is_different(one, other)
