"""The parts of a SELECT's WHERE, cut out of its text.

A part is what a solution has to pass on its own: one triple pattern, a nested group, GRAPH,
VALUES, BIND; or what takes solutions away, FILTER and MINUS; or OPTIONAL, which does neither.
Parts are pieces of the user's own text, so that they can be shown and asked about
(SPARQL 1.1 Query Language, section 5, https://www.w3.org/TR/sparql11-query/#GraphPattern).
Text that is in an unusual form stays together in one part rather than be cut wrongly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from etown_kg import query_text
from etown_kg.query_text import Token

Kind = Literal["pattern", "filter", "optional"]
Role = Literal["predicate", "class", "graph", "term"]

_OPENING = {"(": ")", "{": "}", "[": "]", "<<": ">>", "<<(": ")>>"}
_GROUP_WORDS = frozenset({"OPTIONAL", "MINUS", "FILTER", "BIND", "VALUES", "GRAPH", "SERVICE"})
_RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


class UnreadableError(Exception):
    """A text that is not cut into parts, because its form is not known here."""


@dataclass(frozen=True)
class Part:
    """One part: its text, where in the query it begins, and what it does.

    `before` and `after` are the group that it stands in, if it was taken out of one. `roles`
    are the terms of the part that are names, each with the role it has.
    """

    text: str
    start: int
    kind: Kind
    roles: tuple[tuple[Token, Role], ...] = ()
    before: str = ""
    after: str = ""
    group: tuple[Token, ...] = field(default=(), compare=False)

    @property
    def is_pattern(self) -> bool:
        """Whether it has to match."""
        return self.kind == "pattern"

    @property
    def is_filter(self) -> bool:
        """Whether it only takes solutions away."""
        return self.kind == "filter"

    def names(self, prefixes: Mapping[str, str]) -> Iterator[tuple[str, Role]]:
        """The IRIs of the part with their roles; names with an unknown prefix are left out."""
        for token, role in self.roles:
            iri = query_text.iri_of(token, prefixes)
            if iri is not None:
                yield iri, role


@dataclass(frozen=True)
class SelectQuery:
    """A SELECT in pieces.

    Attributes:
        prologue: its BASE and PREFIX declarations.
        datasets: its FROM clauses.
        parts: the parts of its WHERE, in order.
        modifiers: what follows the WHERE.
        prefixes: all prefixes that may be used in it.
    """

    text: str
    prologue: str
    datasets: str
    parts: tuple[Part, ...]
    modifiers: str
    prefixes: Mapping[str, str]

    @classmethod
    def read(cls, text: str, prefixes: Mapping[str, str]) -> SelectQuery | None:
        """Cut up a query that parses; None if it is no SELECT, or of a form not known here."""
        words = list(query_text.tokens(text))
        try:
            select = next(n for n, word in enumerate(words) if _is(word, "SELECT"))
            start = _where(words, select)
            end = _close(words, start)
            parts = tuple(_parts(text, words[start + 1 : end]))
        except (StopIteration, UnreadableError):
            return None
        return cls(
            text,
            text[: words[select].start],
            _datasets(text, words[select:start]),
            parts,
            text[words[end].end :].strip(),
            {**prefixes, **query_text.declared(words[:select])},
        )

    def ask(self, parts: Iterable[Part]) -> str:
        """An ASK for some parts together, with the OPTIONALs that a FILTER may speak of."""
        chosen = list(parts)
        if any(part.is_filter for part in chosen):
            chosen += [part for part in self.parts if part.kind == "optional"]
        return self.ask_pattern(
            "\n".join(
                f"{part.before}{part.text}{part.after} ."
                if part.is_pattern and not part.group and not part.before
                else f"{part.before}{part.text}{part.after}"
                for part in sorted(chosen, key=lambda part: part.start)
            )
        )

    def ask_pattern(self, pattern: str) -> str:
        """An ASK for a pattern on this query's dataset."""
        return f"{self.prologue}\nASK {self.datasets} WHERE {{\n{pattern}\n}}"

    def select(self, text: str) -> str:
        """A SELECT without prologue, put on this query's dataset."""
        head, brace, rest = text.partition("{")
        return f"{self.prologue}\n{head}{self.datasets} WHERE {brace}{rest}"

    def place(self, part: Part) -> tuple[int, int]:
        """The line and column, from 1, where a part begins."""
        return query_text.line_and_column(self.text, part.start)


def expanded(part: Part) -> tuple[Part, ...] | None:
    """The parts of a nested group or GRAPH, each asked about inside it; None for other parts."""
    if not part.group:
        return None
    opening = part.group[0].start - part.start
    before, after = part.before + part.text[: opening + 1] + " ", " }" + part.after
    try:
        inner = _parts(part.text, part.group[1:-1], part.start)
    except UnreadableError:
        return None
    graphs = tuple(each for each in part.roles if each[1] == "graph")
    return tuple(
        replace(each, before=before, after=after, roles=graphs + each.roles) for each in inner
    )


def _where(words: Sequence[Token], select: int) -> int:
    """The index of the brace that opens the WHERE."""
    place = select + 1
    while place < len(words) and words[place].text != "{":
        place = _close(words, place) + 1 if words[place].text in _OPENING else place + 1
    if place == len(words):
        raise UnreadableError
    return place


def _close(words: Sequence[Token], place: int) -> int:
    """The index of the bracket that closes the one at `place`."""
    open_now: list[str] = []
    for index in range(place, len(words)):
        text = words[index].text
        if text in _OPENING:
            open_now.append(_OPENING[text])
        elif open_now and text == open_now[-1]:
            open_now.pop()
            if not open_now:
                return index
    raise UnreadableError


def _datasets(text: str, words: Sequence[Token]) -> str:
    """The FROM clauses among the words between SELECT and WHERE."""
    clauses = []
    for place, word in enumerate(words):
        if _is(word, "FROM"):
            last = place + (2 if _is(words[place + 1], "NAMED") else 1)
            clauses.append(text[word.start : words[last].end])
    return " ".join(clauses)


def _parts(text: str, words: Sequence[Token], offset: int = 0) -> list[Part]:
    """The parts of a group, given the tokens between its braces.

    Args:
        offset: where in the whole query `text` begins; tokens count from the query's start.
    """
    if words and _is(words[0], "SELECT"):
        raise UnreadableError  # a sub-select
    found: list[Part] = []
    place = 0
    while place < len(words):
        word = words[place]
        if word.text == ".":
            place += 1
            continue
        if word.kind == "word" and word.text.upper() in _GROUP_WORDS:
            part, place = _clause(text, words, place, offset)
            found.append(part)
        elif word.text == "{":
            part, place = _groups(text, words, place, offset)
            found.append(part)
        else:
            end = _end_of_triples(words, place)
            found += _triples(text, words[place:end], offset)
            place = end
    return found


def _cut(
    text: str, words: Sequence[Token], offset: int, kind: Kind = "pattern", **more: object
) -> Part:
    """The part that runs from the first of the tokens to the last."""
    start = words[0].start
    return Part(text[start - offset : words[-1].end - offset], start, kind, **more)  # type: ignore[arg-type]


def _clause(text: str, words: Sequence[Token], place: int, offset: int) -> tuple[Part, int]:
    """The part that a keyword begins, and the index behind it."""
    keyword = words[place].text.upper()
    end = place + 1
    while end < len(words) and words[end].text not in ("{", "("):
        end += 1
    if end == len(words):
        raise UnreadableError
    end = _close(words, end)
    if keyword == "VALUES" and words[end].text == ")":
        end = _close(words, end + 1)
    clause = words[place : end + 1]
    if keyword == "GRAPH":
        group = tuple(clause[2:])
        graph: tuple[tuple[Token, Role], ...] = ((clause[1], "graph"),)
        roles = graph + tuple(_terms(group))
        return _cut(text, clause, offset, roles=roles, group=group), end + 1
    kinds: Mapping[str, Kind] = {"OPTIONAL": "optional", "MINUS": "filter", "FILTER": "filter"}
    part_roles = tuple(_terms(clause)) if keyword == "VALUES" else ()
    return _cut(text, clause, offset, kinds.get(keyword, "pattern"), roles=part_roles), end + 1


def _groups(text: str, words: Sequence[Token], place: int, offset: int) -> tuple[Part, int]:
    """One nested group, or several with UNION between them, and the index behind."""
    end = _close(words, place)
    is_union = False
    while end + 2 < len(words) and _is(words[end + 1], "UNION"):
        is_union = True
        end = _close(words, end + 2)
    groups = words[place : end + 1]
    is_select = len(groups) > 1 and _is(groups[1], "SELECT")
    group = () if is_union or is_select else tuple(groups)
    return _cut(text, groups, offset, roles=tuple(_terms(groups)), group=group), end + 1


def _end_of_triples(words: Sequence[Token], place: int) -> int:
    """The index behind the triples with one subject."""
    while place < len(words):
        word = words[place]
        if word.text in (".", "{") or (word.kind == "word" and word.text.upper() in _GROUP_WORDS):
            return place
        place = _close(words, place) + 1 if word.text in _OPENING else place + 1
    return place


def _triples(text: str, words: Sequence[Token], offset: int) -> list[Part]:
    """One part for each triple pattern; one for all if they are not of the plain form."""
    try:
        return _plain_triples(text, words, offset)
    except (UnreadableError, IndexError):
        return [_cut(text, words, offset, roles=tuple(_terms(words)))]


def _plain_triples(text: str, words: Sequence[Token], offset: int) -> list[Part]:
    if words[0].text in _OPENING:
        raise UnreadableError  # its triples speak of one node that has no name
    subject = words[:1]
    found = []
    place = 1
    while place < len(words):
        verb_end = _end_of_verb(words, place)
        verb = words[place:verb_end]
        place = verb_end
        while True:
            end = _end_of_term(words, place)
            value = words[place:end]
            pieces = [
                text[piece[0].start - offset : piece[-1].end - offset]
                for piece in (subject, verb, value)
            ]
            roles = (*_terms(subject), *_verbs(verb), *_objects(verb, value))
            found.append(Part(" ".join(pieces), value[0].start, "pattern", roles))
            place = end
            if place == len(words) or words[place].text != ",":
                break
            place += 1
        if place < len(words) and words[place].text != ";":
            raise UnreadableError
        while place < len(words) and words[place].text == ";":
            place += 1
    if not found:
        raise UnreadableError
    return [replace(found[0], start=words[0].start), *found[1:]]


def _end_of_verb(words: Sequence[Token], place: int) -> int:
    """The index behind a variable, a name or a property path."""
    if words[place].kind == "variable":
        return place + 1
    while True:
        while words[place].text in ("^", "!"):
            place += 1
        place = _close(words, place) + 1 if words[place].text == "(" else place + 1
        while words[place].text in ("*", "+"):
            place += 1
        if words[place].text not in ("/", "|"):
            return place
        place += 1


def _end_of_term(words: Sequence[Token], place: int) -> int:
    """The index behind one object."""
    word = words[place]
    if word.text in _OPENING:
        return _close(words, place) + 1
    if word.text in ("+", "-"):
        return place + 2
    if word.kind == "mark":
        raise UnreadableError
    following = [each.text for each in words[place + 1 : place + 3]]
    if word.kind == "string" and following == ["^", "^"]:
        return place + 4
    if word.kind == "string" and len(words) > place + 1 and words[place + 1].kind == "language":
        return place + 2
    return place + 1


def _verbs(words: Sequence[Token]) -> Iterator[tuple[Token, Role]]:
    return ((word, "predicate") for word in words if word.kind in ("iri", "name"))


def _objects(verb: Sequence[Token], value: Sequence[Token]) -> Iterator[tuple[Token, Role]]:
    is_type = len(verb) == 1 and verb[0].text in ("a", "rdf:type", f"<{_RDF_TYPE}>")
    if is_type and len(value) == 1 and value[0].kind in ("iri", "name"):
        return iter(((value[0], "class"),))
    return _terms(value)


def _terms(words: Sequence[Token]) -> Iterator[tuple[Token, Role]]:
    """The names among some tokens, except datatypes and functions."""
    for place, word in enumerate(words):
        is_datatype = place > 1 and words[place - 1].text == words[place - 2].text == "^"
        is_function = place + 1 < len(words) and words[place + 1].text == "("
        if word.kind in ("iri", "name") and not is_datatype and not is_function:
            yield word, "term"


def _is(word: Token, keyword: str) -> bool:
    return word.kind == "word" and word.text.upper() == keyword
