"""The text of a SPARQL query, looked at before an engine gets it.

One regular expression cuts the text into the tokens of the SPARQL 1.1 grammar
(https://www.w3.org/TR/sparql11-query/#sparqlGrammar) that matter here, so that a keyword is
told from the same letters in a string, comment, IRI, prefixed name or variable.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
      (?P<skip> \#[^\r\n]* | <[^<>"{}|^`\\\x00-\x20]*>
        | \"{3}(?:[^"\\]|\\.|\"(?!\"\"))*\"{3} | '{3}(?:[^'\\]|\\.|'(?!''))*'{3}
        | "(?:[^"\\\r\n]|\\.)*" | '(?:[^'\\\r\n]|\\.)*' | [?$][^\W]\w* | @[A-Za-z-]+
        | [^\W\d_][\w.-]*:[^\s<>"'{}()\[\],;|^]* | (?<![\w.-]):[^\s<>"'{}()\[\],;|^]* )
    | (?P<word> [A-Za-z_][\w]* )
    """,
    re.VERBOSE | re.DOTALL,
)


def keywords(text: str) -> frozenset[str]:
    """The bare words of a query in upper case: keywords and function names.

    >>> sorted(keywords('SELECT ?service { ?s ex:from "SERVICE" } # GRAPH'))
    ['SELECT']
    """
    return frozenset(
        match["word"].upper() for match in _TOKEN.finditer(text) if match["word"] is not None
    )


def at(text: str, line: int, column: int) -> str:
    """That line of the text with a caret under the column; both count from 1.

    >>> print(at("SELECT ?s\\n{ ?s }", 2, 6))
    { ?s }
         ^
    """
    lines = text.splitlines() or [""]
    shown = lines[min(line, len(lines)) - 1]
    return f"{shown}\n{' ' * (min(column, len(shown) + 1) - 1)}^"
