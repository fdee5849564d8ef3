"""Why a SELECT has no solutions.

The group of the WHERE is cut into its parts (`pattern`); a part that finds nothing by
itself, or else a smallest set of parts that find nothing together, is what failed. It is found
by asking: each question is the query's own text with fewer parts, on the same dataset. Then the
terms of what failed are looked up: a name that stands in no triple cannot match, and its nearest
neighbours by label are often what was meant.

Three answers matter to who asked: a name is *unknown* (nothing can ever match as asked), the
parts *exclude* each other (each matches alone, so that the answer says something about the
world), or solutions were there and were *removed* by FILTER, MINUS, HAVING, LIMIT or OFFSET.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from typing import Literal, Protocol

from etown_kg.diagnosis.pattern import Part, SelectQuery, expanded
from etown_kg.errors import EtownError

Verdict = Literal["unknown-term", "no-match", "excluded", "removed", "unfinished"]

# Names that are compared with an unknown one; more take longer than who waits would like.
_MAX_NAMES = 20_000
_NEAREST = 3
# Below the first two names are not taken for alike; from the second on one is proposed.
_ALIKE, _MEANT = 0.6, 0.7


class Answer(Protocol):
    """What a question to the graph gives (`etown_kg.answer.Answer`)."""

    @property
    def boolean(self) -> bool: ...

    def rows(self) -> Sequence[Sequence[object]]: ...


Ask = Callable[[str], Answer]


@dataclass(frozen=True)
class Neighbour:
    """A name in the graph that looks like one that is not."""

    iri: str
    label: str
    likeness: float


@dataclass(frozen=True)
class UnknownTerm:
    """An IRI of the query that stands in no triple where the query has it.

    `role` is where: ``predicate``, ``class``, ``graph`` or ``term``.
    """

    iri: str
    role: str
    nearest: tuple[Neighbour, ...] = ()


@dataclass(frozen=True)
class Diagnosis:
    """Why a query has no solutions.

    Attributes:
        verdict: what the reason is like; the module's text has the kinds.
        message: the same in a sentence.
        can_match: whether the pattern, as it stands, could match something in this graph if
            its facts were other ones: False when a name in it is unknown. None if not known.
        pattern: the smallest part of the query that finds nothing, as the query has it.
        line, column: where that begins in the query, from 1.
        unknown: names in the query that the graph does not have.
        questions: how many questions were asked to find out.
    """

    verdict: Verdict
    message: str
    can_match: bool | None = None
    pattern: str = ""
    line: int | None = None
    column: int | None = None
    unknown: tuple[UnknownTerm, ...] = ()
    questions: int = 0

    def members(self) -> dict[str, object]:
        """The diagnosis as JSON has it."""
        return asdict(self)


def unfinished(why: str) -> Diagnosis:
    """The diagnosis of a query that could not be looked into; `why` is a sentence."""
    return Diagnosis("unfinished", f"the reason was not found: {why}")


def diagnose(
    text: str, ask: Ask, *, prefixes: Mapping[str, str], seconds: float = 2.0
) -> Diagnosis:
    """Why this SELECT has no solutions.

    Args:
        text: a query that parses and has no solutions.
        ask: answers a query on the same dataset.
        prefixes: those that the query need not declare.
        seconds: no question is begun after that; one that runs is not stopped.
    """
    query = SelectQuery.read(text, prefixes)
    if query is None:
        return unfinished("the query is not a SELECT of a plain form")
    questions = _Questions(query, ask, time.monotonic() + seconds)
    try:
        return _diagnosis(query, questions)
    except _TimeOverError:
        return unfinished(f"it takes longer than {seconds:g} s")
    except EtownError as error:
        return unfinished(error.message)


class _TimeOverError(Exception):
    """No time is left for another question."""


class _Questions:
    """Asks about parts of one query, and counts."""

    def __init__(self, query: SelectQuery, ask: Ask, deadline: float) -> None:
        self.query = query
        self.count = 0
        self._ask = ask
        self._deadline = deadline

    def matches(self, parts: Iterable[Part]) -> bool:
        """Whether these parts have a solution together."""
        return self._answer(self.query.ask(parts)).boolean

    def has(self, pattern: str) -> bool:
        """Whether a pattern of ours matches anything in the query's dataset."""
        return self._answer(self.query.ask_pattern(pattern)).boolean

    def rows(self, select: str) -> Sequence[Sequence[object]]:
        """The solutions of a SELECT of ours on the query's dataset."""
        return self._answer(self.query.select(select)).rows()

    def _answer(self, text: str) -> Answer:
        if time.monotonic() >= self._deadline:
            raise _TimeOverError
        self.count += 1
        return self._ask(text)


def _diagnosis(query: SelectQuery, questions: _Questions) -> Diagnosis:
    parts = query.parts
    patterns = [part for part in parts if part.is_pattern]
    if patterns and not questions.matches(patterns):
        failing = _smallest(patterns, questions)
        while len(failing) == 1 and (inner := expanded(failing[0])) is not None:
            # A group fails because of something in it, if what is in it fails by itself.
            patterns = [part for part in inner if part.is_pattern]
            if not patterns or questions.matches(patterns):
                return _removed(query, [part for part in inner if not part.is_pattern], questions)
            failing = _smallest(patterns, questions)
        return _failed(query, failing, questions)
    filters = [part for part in parts if part.is_filter]
    if filters and not questions.matches([*patterns, *filters]):
        return _removed(query, _smallest_filters(patterns, filters, questions), questions)
    return Diagnosis(
        "removed",
        "the pattern has solutions; HAVING, LIMIT or OFFSET leaves none of them",
        can_match=True,
        pattern=query.modifiers,
        questions=questions.count,
    )


def _smallest(failing: Sequence[Part], questions: _Questions) -> list[Part]:
    """A set of parts that has no solution, of which every smaller one has.

    A part that fails alone is found first; else parts are left out one by one, from the end,
    while the rest still fails.
    """
    for part in failing:
        if not questions.matches([part]):
            return [part]
    kept = list(failing)
    for part in reversed(failing):
        rest = [other for other in kept if other is not part]
        if len(rest) > 1 and not questions.matches(rest):
            kept = rest
    return kept


def _smallest_filters(
    patterns: Sequence[Part], filters: Sequence[Part], questions: _Questions
) -> list[Part]:
    for part in filters:
        if not questions.matches([*patterns, part]):
            return [part]
    kept = list(filters)
    for part in reversed(filters):
        rest = [other for other in kept if other is not part]
        if rest and not questions.matches([*patterns, *rest]):
            kept = rest
    return kept


def _removed(query: SelectQuery, filters: Sequence[Part], questions: _Questions) -> Diagnosis:
    shown = " ".join(part.text for part in filters)
    line, column = query.place(filters[0]) if filters else (None, None)
    return Diagnosis(
        "removed",
        f"the pattern has solutions, but none of them passes {_short(shown)}",
        can_match=True,
        pattern=shown,
        line=line,
        column=column,
        questions=questions.count,
    )


def _failed(query: SelectQuery, failing: Sequence[Part], questions: _Questions) -> Diagnosis:
    unknown = tuple(
        found
        for iri, role in _names(query, failing)
        if (found := _unknown(iri, role, questions)) is not None
    )
    shown = " . ".join(part.text for part in failing)
    line, column = query.place(failing[0])
    if unknown:
        names = ", ".join(f"<{term.iri}>" for term in unknown)
        verdict: Verdict = "unknown-term"
        message = f"{names} stands nowhere in this graph, so {_short(shown)} can match nothing"
        near = [
            each.iri for term in unknown for each in term.nearest[:1] if each.likeness >= _MEANT
        ]
        if near:
            message += "; perhaps " + ", ".join(f"<{iri}>" for iri in near) + " was meant"
    elif len(failing) == 1:
        verdict = "no-match"
        message = f"every name is known, but no statement matches {_short(shown)}"
    else:
        verdict = "excluded"
        message = f"each of these matches something, but nothing matches all: {_short(shown)}"
    return Diagnosis(
        verdict,
        message,
        can_match=not unknown,
        pattern=shown,
        line=line,
        column=column,
        unknown=unknown,
        questions=questions.count,
    )


_RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
# How a name is looked for in each role it can have; both as stated in any graph.
_LOOKED_FOR: Mapping[str, str] = {
    "predicate": "{{ ?s <{0}> ?o }} UNION {{ GRAPH ?g {{ ?s <{0}> ?o }} }}",
    "class": "{{ ?s a <{0}> }} UNION {{ GRAPH ?g {{ ?s a <{0}> }} }}",
    "graph": "GRAPH <{0}> {{ ?s ?p ?o }}",
    "term": (
        "{{ <{0}> ?p ?o }} UNION {{ ?s ?p <{0}> }} UNION {{ ?s <{0}> ?o }}"
        " UNION {{ GRAPH ?g {{ {{ <{0}> ?p ?o }} UNION {{ ?s ?p <{0}> }} UNION {{ ?s <{0}> ?o }}"
        " }} }}"
    ),
}
_LABEL = "|".join(
    f"<{iri}>"
    for iri in (
        "http://www.w3.org/2000/01/rdf-schema#label",
        "http://www.w3.org/2004/02/skos/core#prefLabel",
        "http://www.w3.org/2004/02/skos/core#altLabel",
        "http://purl.org/dc/terms/title",
    )
)


def _candidates(pattern: str) -> str:
    """A query for the names that match a pattern of ?x, in any graph, with their labels."""
    return (
        f"SELECT DISTINCT ?x ?label {{ {{ SELECT DISTINCT ?x {{ {{ {pattern} }}"
        f" UNION {{ GRAPH ?g {{ {pattern} }} }} FILTER(isIRI(?x)) }} LIMIT {_MAX_NAMES} }}"
        f" OPTIONAL {{ ?x {_LABEL} ?label }} }}"
    )


# Which names may be meant, by role: what is used in it, and what is declared for it.
_CANDIDATES: Mapping[str, str] = {
    "predicate": _candidates(
        "{ ?s ?x ?o } UNION { ?x a ?type FILTER(STRENDS(STR(?type), 'Property')) }"
    ),
    "class": _candidates("{ ?s a ?x } UNION { ?x a ?type FILTER(STRENDS(STR(?type), '#Class')) }"),
    "graph": f"SELECT DISTINCT ?x ?label {{ GRAPH ?x {{ }} OPTIONAL {{ ?x {_LABEL} ?label }} }}",
    "term": _candidates("?x ?p ?o"),
}


def _names(query: SelectQuery, parts: Iterable[Part]) -> list[tuple[str, str]]:
    """The IRIs of the parts, each once, with the role it has there."""
    found: dict[str, str] = {}
    for part in parts:
        for iri, role in part.names(query.prefixes):
            if iri != _RDF_TYPE:
                found.setdefault(iri, role)
    return list(found.items())


def _unknown(iri: str, role: str, questions: _Questions) -> UnknownTerm | None:
    """The IRI as an unknown term, or None when the graph has it in that role."""
    if any(char in iri for char in '<>"{}|\\^` '):
        return None  # relative or broken; not for us to look up
    if questions.has(_LOOKED_FOR[role].format(iri)):
        return None
    if role == "class" and questions.has(_LOOKED_FOR["term"].format(iri)):
        return None  # a class without members is known all the same
    return UnknownTerm(iri, role, _nearest(iri, role, questions))


def _nearest(iri: str, role: str, questions: _Questions) -> tuple[Neighbour, ...]:
    """The names of the graph that look most like this one, by local name or by label."""
    names: dict[str, list[str]] = {}
    for term, label in questions.rows(_CANDIDATES[role]):
        labels = names.setdefault(_text(term), [])
        if label is not None:
            labels.append(_text(label))
    wanted = _local(iri)
    found = [
        Neighbour(other, labels[0] if labels else "", round(likeness, 3))
        for other, labels in names.items()
        if (likeness := _likeness(wanted, [_local(other), *labels])) >= _ALIKE
    ]
    return tuple(sorted(found, key=lambda each: (-each.likeness, each.iri))[:_NEAREST])


def _likeness(wanted: str, names: Iterable[str]) -> float:
    """How alike two spellings are at best, from 0 to 1; case and word breaks do not count."""
    best = 0.0
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(_plain(wanted))
    for name in names:
        matcher.set_seq1(_plain(name))
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best:
            best = max(best, matcher.ratio())
    return best


def _text(term: object) -> str:
    """The IRI, or the text of a literal."""
    return str(getattr(term, "value", term))


def _plain(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())


def _local(iri: str) -> str:
    """What follows the last slash or hash of an IRI."""
    return iri.rstrip("/#")[max(iri.rstrip("/#").rfind("/"), iri.rfind("#")) + 1 :]


def _short(pattern: str, length: int = 200) -> str:
    plain = " ".join(pattern.split())
    return plain if len(plain) <= length else plain[: length - 3] + "..."
