"""What is known of each candidate, judged: its score, and whether it is the thing.

The score is the product of three factors, each sent as a feature of its own, times 100: how alike
the names are; whether it is of the types that were asked for; and how much of what else was given
is true of it. A candidate is the thing (`match`) only where that is beyond doubt: its name, code
or IRI is what was asked for, everything else fits, and no other candidate's does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from etown_kg.reconcile.request import Query

# The factors of a thing of other types where types were wished for (`should`), of a property that
# has other values than those given, and of one of which nothing is known.
OTHER_TYPE, OTHER_VALUE, NO_VALUE = 0.5, 0.4, 0.8
# Of less than this many points is what only looks a little alike.
LEAST_SCORE = 35.0


@dataclass(frozen=True)
class Evidence:
    """What is known of one thing that a query may mean.

    Attributes:
        iri: the thing.
        name: how alike its best name is, from 0 to 1; 1 where no name was asked for.
        is_named: whether it has the very name, code or IRI that was asked for.
        types: how many of the types that were asked for it has.
        agreeing: of each property that was given, whether a value agrees; None where it has none.
        mentions: how many statements speak of it, to part what is called the same.
    """

    iri: str
    name: float
    is_named: bool
    types: int = 0
    agreeing: tuple[bool | None, ...] = ()
    mentions: int = 0


@dataclass(frozen=True)
class Candidate:
    """A thing with its score, from 0 to 100, and the factors that it is the product of."""

    iri: str
    score: float
    name: float
    type: float
    properties: float
    is_match: bool
    is_named: bool


def judged(query: Query, known: Iterable[Evidence]) -> list[Candidate]:
    """The candidates of a query, best first, as many as it wants; at most one is the thing."""
    scored = sorted(
        ((_candidate(query, each), each) for each in known if _is_admitted(query, each)),
        key=lambda pair: (-pair[0].score, -pair[1].mentions, len(pair[1].iri), pair[1].iri),
    )
    scored = [(candidate, each) for candidate, each in scored if candidate.score >= LEAST_SCORE]
    certain = [candidate for candidate, each in scored if _fits(query, candidate, each)]
    match = certain[0] if len(certain) == 1 else None
    return [
        Candidate(
            each.iri, each.score, each.name, each.type, each.properties, each is match,
            each.is_named,
        )
        for each, _ in scored[: query.limit]
    ]  # fmt: skip


def _is_admitted(query: Query, known: Evidence) -> bool:
    if query.strictness == "all":
        return known.types == len(query.types)
    return query.strictness == "should" or not query.types or known.types > 0


def _candidate(query: Query, known: Evidence) -> Candidate:
    of_type = 1.0 if not query.types or known.types else OTHER_TYPE
    properties = _agreement(known.agreeing)
    score = round(100 * known.name * of_type * properties, 1)
    return Candidate(known.iri, score, known.name, of_type, properties, False, known.is_named)


def _agreement(agreeing: Sequence[bool | None]) -> float:
    """The mean over the properties that were given; 1 where none were."""
    if not agreeing:
        return 1.0
    worth = {True: 1.0, False: OTHER_VALUE, None: NO_VALUE}
    return sum(worth[each] for each in agreeing) / len(agreeing)


def _fits(query: Query, candidate: Candidate, known: Evidence) -> bool:
    """Whether nothing speaks against the candidate."""
    is_named = known.is_named if query.text else all(known.agreeing)
    return is_named and candidate.type == 1.0 and False not in known.agreeing
