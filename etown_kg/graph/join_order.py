"""The order of a join: a query's triple patterns, rewritten so that the rarest come first.

A basic graph pattern means the same in whatever order its triple patterns stand (SPARQL 1.1
Query Language, section 18.3.1). The engine orders them by their form alone, where constants are,
and leaves those of one form as they were written; it does not know that there are ten times as
many enrolments as supervisors. Here the numbers are known, so what is alike in form is written
in the order of what is to be expected of it.

What is not plain (paths, blank nodes in brackets, literals) is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from etown_kg import query_text
from etown_kg.query_text import Token
from etown_kg.reason.cardinality import Cardinalities, Cardinality
from etown_kg.vocab import RDF

_TYPE: Final = f"{RDF}type"
_TERMS = frozenset({"variable", "iri", "name"})
_SHOWS = frozenset({"SELECT", "DISTINCT", "REDUCED"})
# Two constants in a row, behind the prologue: the engine begins with such a pattern, and what
# follows is small. It is told without cutting the text, which takes as long as a small query.
# A name is looked for where a word begins only: else a long word costs the square of its length.
_SELECTIVE = re.compile(
    r"(?:<[^<>\s]*>|(?<![\w-])[\w-]*:[\w.-]+)\s+(?:<[^<>\s]*>|[\w-]*:[\w.-]+|[\"'])"
)


class _Pattern(NamedTuple):
    """A triple pattern: its terms as they stand, and as IRIs, None for variables."""

    terms: tuple[Token, Token, Token]
    iris: tuple[str | None, str | None, str | None]

    @property
    def variables(self) -> frozenset[str]:
        """What it binds, a blank node's label included."""
        pairs = zip(self.terms, self.iris, strict=True)
        return frozenset(term.text.replace("$", "?") for term, iri in pairs if iri is None)

    @property
    def text(self) -> str:
        return " ".join(term.text for term in self.terms)


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
    for run in _runs(words, known):
        best = _best(run, sizes)
        start, end = run[0].terms[0].start, max(each.terms[2].end for each in run)
        if best != run and _is_all_read(text, start, end, words):
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
    return _SELECTIVE.search(text, start) is None and text.count("?", start) > 3


def _best(run: Sequence[_Pattern], sizes: Cardinalities) -> list[_Pattern]:
    """Greedily: first what gives the least, then of what it is joined with what gives least."""
    rest, best = list(run), list[_Pattern]()
    bound: frozenset[str] = frozenset()
    while rest:
        joined = [each for each in rest if each.variables & bound] or rest
        chosen = min(joined, key=lambda each: _expected(each, bound, sizes))  # the first of equals
        rest.remove(chosen)
        best.append(chosen)
        bound |= chosen.variables
    return best


def _expected(pattern: _Pattern, bound: frozenset[str], sizes: Cardinalities) -> float:
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
    if predicate == _TYPE and pattern.iris[2] is not None:
        members = sizes.members.get(pattern.iris[2], 0)
        return members / max(1, relation.subjects) if subject else members
    expected = float(relation.triples)
    if subject:
        expected /= max(1, relation.subjects)
    if object_:
        expected /= max(1, relation.objects)
    return expected


def _is_all_read(text: str, start: int, end: int, words: Sequence[Token]) -> bool:
    """Whether nothing stands between the terminals there; the mark of ``:p?`` would."""
    inside = [word for word in words if start <= word.start < end]
    ends = [start, *(word.end for word in inside)]
    return not any(
        text[before : word.start].strip() for before, word in zip(ends, inside, strict=False)
    )


def _whole(sizes: Cardinalities) -> Cardinality:
    """All triples as one relation, which a variable predicate reads."""
    of_all = sizes.relations.values()
    return Cardinality(
        sum(each.triples for each in of_all),
        max((each.subjects for each in of_all), default=0),
        max((each.objects for each in of_all), default=0),
    )


def _runs(words: Sequence[Token], prefixes: Mapping[str, str]) -> Iterator[list[_Pattern]]:
    """The runs of two and more plain triple patterns that nothing else stands between."""
    run: list[_Pattern] = []
    place = 0
    begins = False
    while place < len(words):
        found = _block(words, place, prefixes) if begins else None
        if found is not None:
            patterns, place = found
            run += patterns
            if place < len(words) and words[place].text == ".":
                place += 1
                continue  # the next block may belong to it
        if len(run) > 1:
            yield run
        run = []
        if found is None:
            begins = words[place].text in ("{", "}", ".")
            place += 1
        else:
            begins = False
    if len(run) > 1:
        yield run


def _block(
    words: Sequence[Token], place: int, prefixes: Mapping[str, str]
) -> tuple[list[_Pattern], int] | None:
    """The patterns of one subject from a place on, and the place behind them.

    None if they are not plain to their end, which is a full stop, a brace or a keyword.
    """
    patterns: list[_Pattern] = []
    verb: Token | None = None
    subject = _at(words, place)
    place += 1
    while subject is not None and subject.kind in _TERMS:
        following = _at(words, place)
        if following is not None and following.text == ";":
            place, verb = place + 1, None
            continue
        if verb is None:
            if following is None or not (following.kind in _TERMS or following.text == "a"):
                # A semicolon may stand before the end.
                return (patterns, place) if patterns and _ends(words, place) else None
            verb, place = following, place + 1
        object_ = _at(words, place)
        if object_ is None or object_.kind not in _TERMS:
            return None
        terms = (subject, verb, object_)
        patterns.append(_Pattern(terms, _iris(terms, prefixes)))
        place += 1
        if _ends(words, place):
            return patterns, place
        if words[place].text == ",":
            place += 1
        elif words[place].text == ";":
            verb = None
        else:
            return None
    return None


def _at(words: Sequence[Token], place: int) -> Token | None:
    return words[place] if place < len(words) else None


def _ends(words: Sequence[Token], place: int) -> bool:
    """Whether a block ends before this place; at the end of the text, or before an annotation,
    none does.
    """
    word, behind = _at(words, place), _at(words, place + 1)
    if word is None or (word.text == "{" and behind is not None and behind.text == "|"):
        return False
    return word.text in (".", "}", "{") or word.kind == "word"


def _iris(
    terms: tuple[Token, Token, Token], prefixes: Mapping[str, str]
) -> tuple[str | None, str | None, str | None]:
    subject, verb, object_ = terms
    return (
        _iri(subject, prefixes),
        _TYPE if verb.kind == "word" else _iri(verb, prefixes),
        _iri(object_, prefixes),
    )


def _iri(term: Token, prefixes: Mapping[str, str]) -> str | None:
    """What a term names; its text if that is not known here, None for what binds."""
    if term.kind == "variable" or term.text.startswith("_:"):
        return None
    return query_text.iri_of(term, prefixes) or term.text
