"""The form of a query, told from its text, for a store that has to be asked in the one it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from etown_kg import query_text
from etown_kg.errors import QueryError
from etown_kg.formats import Form
from etown_kg.query_text import Token


def form_of(text: str) -> Form:
    """The form of a query, by the first word behind its prologue.

    >>> form_of("PREFIX ask: <x:> # ASK\\n SELECT * {}")
    'SELECT'

    Raises:
        QueryError: it is none; an update, or an extension of a store that is not SPARQL.
    """
    return _FORMS[_keyword(text).text.upper()]


def as_rows(text: str) -> str | None:
    """A SELECT with a row for each solution of a CONSTRUCT or DESCRIBE.

    None for a DESCRIBE without a pattern, which has no solutions.

    >>> as_rows("CONSTRUCT { ?s <x:p> [] } WHERE { ?s ?p ?o } LIMIT 3")
    'SELECT (1 AS ?solutionOfIt)  WHERE { ?s ?p ?o } LIMIT 3'

    Raises:
        QueryError: as `form_of`.
    """
    keyword = _keyword(text)
    following = [token for token in query_text.tokens(text) if token.start >= keyword.end]
    end = keyword.end
    if keyword.text.upper() == "DESCRIBE":
        pattern = (each for each in following if each.text.upper() in ("FROM", "WHERE", "{"))
        first = next(pattern, None)
        if first is None:
            return None
        end = first.start
    elif following and following[0].text == "{":
        depth = 0
        for token in following:
            depth += {"{": 1, "}": -1}.get(token.text, 0)
            if depth == 0:
                end = token.end
                break
    return f"{text[: keyword.start]}SELECT (1 AS ?solutionOfIt) {text[end:]}"


_FORMS: Final[Mapping[str, Form]] = {
    "SELECT": "SELECT", "ASK": "ASK", "CONSTRUCT": "CONSTRUCT", "DESCRIBE": "CONSTRUCT",
}  # fmt: skip


def _keyword(text: str) -> Token:
    """The word that tells the form of a query.

    Raises:
        QueryError: there is none.
    """
    words = query_text.tokens(text)
    for token in words:
        word = token.text.upper()
        if token.kind == "word" and word in ("BASE", "PREFIX", "VERSION"):
            for _ in range(2 if word == "PREFIX" else 1):
                next(words, None)
        elif token.kind == "word" and word in _FORMS:
            return token
        else:
            line, column = query_text.line_and_column(text, token.start)
            raise QueryError(
                "expected SELECT, ASK, CONSTRUCT or DESCRIBE", line=line, column=column,
                hint=query_text.at(text, line, column),
            )  # fmt: skip
    raise QueryError("the query is empty", hint="expected SELECT, ASK, CONSTRUCT or DESCRIBE")
