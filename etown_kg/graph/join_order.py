"""The order of a join: a query's triple patterns, rewritten so that the rarest come first.

A basic graph pattern means the same in whatever order its triple patterns stand (SPARQL 1.1
Query Language, section 18.3.1). The engine orders them by their form alone, where constants are,
and leaves those of one form as they were written; it does not know that there are ten times as
many enrolments as supervisors. Here the numbers are known, so what is alike in form is written
in the order of what is to be expected of it.

What is not plain (paths, blank nodes in brackets, triple terms) is left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from etown_kg import query_text
from etown_kg.graph.triple_patterns import TYPE, Pattern, is_selective, runs
from etown_kg.reason.cardinality import Cardinalities, Cardinality

_SHOWS = frozenset({"SELECT", "DISTINCT", "REDUCED"})


def ordered(text: str, sizes: Cardinalities, prefixes: Mapping[str, str]) -> str:
    """The query with the triple patterns of each run in the order of what they give.

    Args:
        text: a query that parses.
        prefixes: those that it need not declare.
    """
    words = list(query_text.tokens(text))
    if any(one.text.upper() in _SHOWS and two.text == "*" for one, two in pairwise(words)):
        return text  # the columns stand in the order in which the text has the variables
    known = {**prefixes, **query_text.declared(words)}
    edits: list[query_text.Edit] = []
    for run in runs(words, known):
        best = _best(run, sizes)
        start, end = run[0].terms[0].start, max(each.terms[2].end for each in run)
        inside = [word for word in words if start <= word.start < end]
        if best != run and query_text.is_all_read(text, inside):
            edits.append(query_text.Edit(start, end, " . ".join(each.text for each in best)))
    return query_text.edited(text, edits)


def may_gain(text: str) -> bool:
    """Whether it is worth while to look at a query; quick, and about right.

    >>> may_gain("SELECT * { ?s a ex:Park . ?s ex:in ?o }"), may_gain("SELECT * { ex:a ex:in ?o }")
    (True, False)
    """
    start = text.find("{")
    if "\\" in text:
        return False  # an escape could spell anything
    return not is_selective(text) and text.count("?", start) > 3


def _best(run: Sequence[Pattern], sizes: Cardinalities) -> list[Pattern]:
    """Greedily: first what gives the least, then of what it is joined with what gives least."""
    rest, best = list(run), list[Pattern]()
    bound: frozenset[str] = frozenset()
    while rest:
        joined = [each for each in rest if each.variables & bound] or rest
        chosen = min(joined, key=lambda each: _expected(each, bound, sizes))  # the first of equals
        rest.remove(chosen)
        best.append(chosen)
        bound |= chosen.variables
    return best


def _expected(pattern: Pattern, bound: frozenset[str], sizes: Cardinalities) -> float:
    """The solutions to expect of a pattern for each that has the `bound` variables."""
    predicate = pattern.iris[1]
    subject, object_ = (
        pattern.iris[place] is not None or pattern.terms[place].text.replace("$", "?") in bound
        for place in (0, 2)
    )
    if predicate is None:
        relation = _whole(sizes)
    else:
        relation = sizes.relations.get(predicate, Cardinality(0, 0, 0))
    if predicate == TYPE and pattern.iris[2] is not None:
        members = sizes.members.get(pattern.iris[2], 0)
        return members / max(1, relation.subjects) if subject else members
    expected = float(relation.triples)
    if subject:
        expected /= max(1, relation.subjects)
    if object_:
        expected /= max(1, relation.objects)
    return expected


def _whole(sizes: Cardinalities) -> Cardinality:
    """All triples as one relation, which a variable predicate reads."""
    of_all = sizes.relations.values()
    return Cardinality(
        sum(each.triples for each in of_all),
        max((each.subjects for each in of_all), default=0),
        max((each.objects for each in of_all), default=0),
    )
