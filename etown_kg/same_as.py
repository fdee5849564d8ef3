"""Queries that speak of things by the IRIs of other graphs (``same-as=on``).

An IRI that a link (``skos:exactMatch``) leads to, and that the graph itself says nothing of, is
read as the thing of ours that is linked with it. The query is rewritten, nothing is copied and no
answer is added to: what comes back is the answer to the same query in the graph's own IRIs. Left
as they are: names of graphs and of services, what a service is asked, datatypes, and the template
of a CONSTRUCT, so that its client gets triples about its own IRIs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urljoin

from etown_kg import query_text
from etown_kg.errors import QueryError
from etown_kg.query_text import Edit, Token

# The things of ours that an IRI of another graph stands for.
Things = Callable[[str], Sequence[str]]


def rewrites(
    text: str, prefixes: Mapping[str, str], base: str | None, things: Things
) -> list[Edit]:
    """What to change in a query so that it speaks of our things.

    >>> query = "SELECT * { <http://their/a> ?p ?o SERVICE <x:s> { <http://their/a> ?p ?q } }"
    >>> made = rewrites(query, {}, None, {"http://their/a": ["x:ours"]}.get)
    >>> query_text.edited(query, made)
    'SELECT * { <x:ours> ?p ?o SERVICE <x:s> { <http://their/a> ?p ?q } }'

    Args:
        text: the query; one that does not parse may be changed anyhow, but not made to parse.
        prefixes: those that it need not declare.
        base: what relative IRIs are resolved against, unless it says so itself.
        things: what an IRI stands for; none where it stands for itself.

    Raises:
        QueryError: an IRI stands for several things, or where it stands cannot be rewritten.
    """
    words = list(query_text.tokens(text))
    known = {**prefixes, **query_text.declared(words)}
    edits: list[Edit] = []
    place = 0
    while place < len(words):
        word = words[place]
        keyword = word.text.upper() if word.kind == "word" else ""
        if keyword == "BASE" and place + 1 < len(words):
            base = _resolved(words[place + 1].text[1:-1], base)
        following = _behind_names(words, place, keyword)
        if following is not None:
            place = following
            continue
        place += 1
        if word.kind not in ("iri", "name") or _is_datatype(words, place - 1):
            continue
        iri = _iri(word, known, base)
        found = things(iri) if iri is not None else None
        if not found:
            continue
        if place < len(words) and words[place].text == "(":
            raise _error(text, word, "stands before a bracket, where it may be a function's name",
                         "write the list behind it as a variable")  # fmt: skip
        if len(found) > 1:
            raise _error(text, word, "is linked with several things here: "
                         + ", ".join(f"<{each}>" for each in sorted(found)),
                         "name the one that is meant")  # fmt: skip
        edits.append(Edit(word.start, word.end, f"<{found[0]}>"))
    return edits


def _behind_names(words: Sequence[Token], place: int, keyword: str) -> int | None:
    """The index behind what a keyword begins and what is no term of a thing; None for others."""
    if keyword == "PREFIX":
        return place + 3
    if keyword in ("BASE", "GRAPH"):
        return place + 2
    if keyword == "FROM":
        return place + (3 if _text(words, place + 1) == "NAMED" else 2)
    if keyword == "SERVICE":
        name = place + (2 if _text(words, place + 1) == "SILENT" else 1)
        return _behind_group(words, name + 1)
    if keyword == "CONSTRUCT" and _text(words, place + 1) == "{":
        return _behind_group(words, place + 1)
    return None


def _behind_group(words: Sequence[Token], place: int) -> int:
    """The index behind the group that begins at an index; that of the end if it does not close."""
    depth = 0
    for index in range(place, len(words)):
        depth += {"{": 1, "}": -1}.get(words[index].text, 0)
        if depth <= 0:
            return index + 1
    return len(words)


def _text(words: Sequence[Token], place: int) -> str:
    return words[place].text.upper() if place < len(words) else ""


def _is_datatype(words: Sequence[Token], place: int) -> bool:
    return place > 1 and words[place - 1].text == words[place - 2].text == "^" and (
        words[place - 1].start == words[place - 2].end
        and place > 2
        and words[place - 3].kind == "string"
    )  # fmt: skip


def _iri(word: Token, prefixes: Mapping[str, str], base: str | None) -> str | None:
    if word.kind == "iri":
        return _resolved(word.text[1:-1], base)
    iri = query_text.iri_of(word, prefixes)
    return None if iri is None else _resolved(iri, base)  # a namespace may be relative too


def _resolved(iri: str, base: str | None) -> str:
    """An IRI reference against a base (RFC 3987, section 6.5)."""
    return urljoin(base, iri) if base is not None and ":" not in iri.split("/", 1)[0] else iri


def _error(text: str, word: Token, problem: str, hint: str) -> QueryError:
    line, column = query_text.line_and_column(text, word.start)
    return QueryError(
        f"{word.text} {problem}", line=line, column=column, hint=f"with same-as=on, {hint}"
    )
