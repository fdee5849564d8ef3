"""The text of a SPARQL query, looked at before an engine gets it.

One regular expression cuts the text into the terminals of the SPARQL 1.1 grammar
(https://www.w3.org/TR/sparql11-query/#sparqlGrammar, section 19.8), so that a keyword is told
from the same letters in a string, comment, IRI, prefixed name or variable. The cut takes time
in proportion to the text, whatever the text is, and never fails: what is no terminal is a
`mark` of one character.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Literal, NamedTuple

from etown_kg.errors import QueryError

Kind = Literal["iri", "string", "variable", "language", "name", "number", "word", "mark"]

# A character of a prefixed name behind its colon.
_LOCAL = r"""[^\s<>"'{}()\[\],;|^/*+?!=&\\] | \\[_~.\-!$&'()*+,;=/?\#@%]"""
# A terminal at a place; white space and whatever else is not told apart are skipped.
# Each alternative, once begun, succeeds: a string or a name that is looked for to the end of the
# text and not found there would be looked for again from the next character.
_TOKEN = re.compile(
    r"""
      (?P<comment> \#[^\r\n]* )
    | (?P<iri> <[^<>"{}|^`\\\x00-\x20]*> )
    | (?P<string> \"{3}(?:[^"\\]|\\.|\"(?!\"\"))*(?:\"{3})? | '{3}(?:[^'\\]|\\.|'(?!''))*(?:'{3})?
        | "(?:[^"\\\r\n]|\\.)*"? | '(?:[^'\\\r\n]|\\.)*'? )
    | (?P<variable> [?$][^\W]\w* )
    | (?P<number> (?: \d+ (?: \.\d*[eE][+-]?\d+ | \.\d+ )? | \.\d+ ) (?: [eE][+-]?\d+ )? )
    | (?P<language> @[A-Za-z-]+ )
    | (?P<name> (?<![\w.-]): (?:LOCAL)* )
    | (?P<words> [^\W\d][\w.-]* (?P<colon> : (?:LOCAL)* )? )
    | (?P<mark> <<\(? | \)?>> | [(){}\[\]!+\-^|/*.;,=<>&?~] )
    """.replace("LOCAL", _LOCAL),
    re.VERBOSE | re.DOTALL,
)
# What a run of letters, dots and hyphens without a colon comes to.
_WORD = re.compile(r"(?P<word>\w+)|(?P<mark>[.-])")
_KINDS: Mapping[str | None, Kind] = {
    "iri": "iri", "string": "string", "variable": "variable", "language": "language",
    "name": "name", "number": "number", "word": "word", "mark": "mark",
}  # fmt: skip
_LAST_COMMENT = re.compile(r"#[^#\r\n\"'<>{}]*\Z")
# A word may begin behind a number.
_GRAPHS = re.compile(r"(?<![^\W\d])(?:graph|from)\b")
_GAP = re.compile(r"(?:\s|#[^\r\n]*)*")
_OPENING = frozenset({"(", "{", "[", "<<", "<<("})
_CLOSING = frozenset({")", "}", "]", ">>", ")>>"})
# A place that the engine knows no way to: a call of it fails without reaching out.
NOWHERE = "<x:>"
# Operators that may stand before their only operand, and so nest by being repeated.
_PREFIX_OPERATORS = frozenset({"!", "+", "-", "^"})
# The first characters of all that makes a text deeper.
_DEEPENING = ("(", "{", "[", "<<", *sorted(_PREFIX_OPERATORS))


# Characters of a line that an error repeats.
MOST_SHOWN = 160


class Token(NamedTuple):
    """One terminal of the text; `start` is its 0-based character."""

    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        """The character behind the last one."""
        return self.start + len(self.text)


class Service(NamedTuple):
    """One SERVICE clause: the IRI it calls, None where a variable names it.

    `start` and `end` are the characters of that name; one that `is_inner` is in the group of
    another, whose server calls it.
    """

    iri: str | None
    is_silent: bool
    start: int
    end: int
    is_inner: bool = False


class Edit(NamedTuple):
    """`text` in place of the characters of another from `start` to `end`, in one line."""

    start: int
    end: int
    text: str


def tokens(text: str) -> Iterator[Token]:
    """The terminals of the text in order, without white space and comments.

    >>> [token.text for token in tokens('ASK { ?s ex:from "a # b" } # end')]
    ['ASK', '{', '?s', 'ex:from', '"a # b"', '}']
    """
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if match["colon"] is not None or kind == "name":
            yield from _name(match[0], match.start())
        elif kind == "words":
            for part in _WORD.finditer(match[0]):
                yield Token(_KINDS[part.lastgroup], part[0], match.start() + part.start())
        elif kind != "comment":
            yield Token(_KINDS[kind], match[0], match.start())


def _name(text: str, start: int) -> Iterator[Token]:
    """A prefixed name, and the full stops behind it, with which none ends (PN_LOCAL)."""
    end = len(text.rstrip("."))
    if text[:end].endswith("\\") and end < len(text):
        end += 1  # an escaped one is a letter of the name
    yield Token("name", text[:end], start)
    for place in range(end, len(text)):
        yield Token("mark", ".", start + place)


def is_all_read(text: str, words: Sequence[Token]) -> bool:
    """Whether nothing but white space and comments stands between these terminals of a text.

    The cut passes over what is no terminal, as the mark of ``:p?``.
    """
    return all(
        _GAP.fullmatch(text, one.end, other.start) is not None for one, other in pairwise(words)
    )


def keywords(text: str) -> frozenset[str]:
    """The bare words of a query in upper case: keywords and function names.

    >>> sorted(keywords('SELECT ?service { ?s ex:from "SERVICE" } # GRAPH'))
    ['SELECT']
    """
    return frozenset(token.text.upper() for token in tokens(text) if token.kind == "word")


def without_last_comment(text: str) -> str:
    """The text without a comment that ends it, if it can be told from a string or an IRI at once.

    >>> without_last_comment("ASK {} # 'why'"), without_last_comment("ASK {} # why")
    ("ASK {} # 'why'", 'ASK {} ')
    """
    return _LAST_COMMENT.sub("", text) if "#" in text else text


def names_graphs(text: str) -> bool:
    """Whether a query may look at named graphs: what does not can be asked of triples alone.

    >>> names_graphs("ASK { GRAPH ?g { ?s ?p ?o } }"), names_graphs("ASK { ?graph ex:from ?o }")
    (True, False)
    """
    lowered = text.lower()
    if _GRAPHS.search(lowered) is None:
        return "\\u" in lowered  # an escape could spell a keyword
    return bool(keywords(without_escapes(text)) & {"GRAPH", "FROM"})


def depth(text: str) -> int:
    """How deep the text nests: brackets that are open at once, and operators before operators.

    An engine that works by recursion needs a stack in proportion to this; what stands behind
    operators and opens a bracket counts once.

    >>> depth("SELECT * { ?s ?p ?o FILTER(!!(?o > 1)) }")
    4
    """
    return max(_depths(text), default=0)


def _depths(text: str) -> Iterator[int]:
    """How deep each terminal of the text stands, itself counted."""
    brackets = operators = 0
    for token in tokens(text):
        if token.text in _PREFIX_OPERATORS:
            operators += 1
        else:
            operators = 0
            if token.text in _OPENING:
                brackets += 1
            elif token.text in _CLOSING:
                brackets -= 1
        yield brackets + operators


def nests_deeper(text: str, most: int) -> bool:
    """Whether `depth` is more than `most`, found out without reading farther than needed.

    >>> nests_deeper("ASK {}", 1), nests_deeper("ASK { { } }", 1)
    (False, True)
    """
    if sum(map(text.count, _DEEPENING)) <= most:
        return False
    return any(reached > most for reached in _depths(text))


def services(text: str, prefixes: Mapping[str, str]) -> list[Service]:
    """The SERVICE clauses of a query; `prefixes` are those that it need not declare.

    A name whose prefix is declared nowhere, or a relative IRI, counts as unknown (None).

    >>> services("ASK { SERVICE SILENT ex:s { ?s ?p ?o } }", {"ex": "http://example.org/"})
    [Service(iri='http://example.org/s', is_silent=True, start=21, end=25, is_inner=False)]
    """
    if "service" not in text.lower():
        return []
    words = list(tokens(text))
    known = {**prefixes, **declared(words)}
    found: list[Service] = []
    depth = 0
    outer: int | None = None  # the depth that a SERVICE's group is in
    for place, token in enumerate(words):
        if token.text in ("{", "}"):
            depth += 1 if token.text == "{" else -1
            outer = None if depth == outer else outer
        following = words[place + 1 : place + 3]
        if token.kind != "word" or token.text.upper() != "SERVICE" or not following:
            continue
        is_silent = following[0].text.upper() == "SILENT"
        name = following[-1 if is_silent else 0]
        iri = iri_of(name, known)
        found.append(Service(iri, is_silent, name.start, name.end, outer is not None))
        outer = depth if outer is None else outer
    return found


def declared(words: Sequence[Token]) -> dict[str, str]:
    """The prefixes that PREFIX declarations among these tokens give a namespace."""
    return {
        name.text.removesuffix(":"): iri.text[1:-1]
        for word, name, iri in zip(words, words[1:], words[2:], strict=False)
        if word.kind == "word"
        and word.text.upper() == "PREFIX"
        and (name.kind, iri.kind) == ("name", "iri")
    }


def prefixes_in(text: str, known: Mapping[str, str]) -> dict[str, str]:
    """Those of the known prefixes that the text may use, perhaps more.

    An engine reads the IRI of each prefix that it is given, which for all that a project has
    takes as long as a small query.

    >>> prefixes_in("ASK { ?s a ex:Park }", {"ex": "http://example.org/", "no": "http://no.org/"})
    {'ex': 'http://example.org/'}
    """
    if "\\" in text:  # an escape could spell a prefix in a way that is not seen here
        return dict(known)
    by_end = _by_end(tuple(known))
    # Few of the prefixes end as something does that stands before a colon.
    ends = {before[-_END:] for before in text.split(":")} | {""}
    candidates = (prefix for end in ends for prefix in by_end.get(end, ()))
    return {prefix: known[prefix] for prefix in candidates if f"{prefix}:" in text}


_END = 2


@cache
def _by_end(prefixes: tuple[str, ...]) -> dict[str, list[str]]:
    """The prefixes by their last characters; under "" those that have fewer."""
    found: dict[str, list[str]] = {}
    for prefix in prefixes:
        found.setdefault(prefix[-_END:] if len(prefix) >= _END else "", []).append(prefix)
    return found


def iri_of(token: Token, prefixes: Mapping[str, str]) -> str | None:
    """The IRI that a token names; None if it is relative, of an unknown prefix, or no name."""
    if token.kind == "iri":
        return token.text[1:-1] if ":" in token.text else None
    if token.kind == "name":
        prefix, _, local = token.text.partition(":")
        namespace = prefixes.get(prefix)
        return None if namespace is None else namespace + re.sub(r"\\(.)", r"\1", local)
    return None


def at(text: str, line: int, column: int) -> str:
    """That line of the text with a caret under the column; both count from 1.

    Of a line longer than `MOST_SHOWN` characters the part around the column is shown.

    >>> print(at("SELECT ?s\\n{ ?s }", 2, 6))
    { ?s }
         ^
    """
    lines = text.splitlines() or [""]
    shown = lines[min(line, len(lines)) - 1]
    column = min(column, len(shown) + 1)
    first = max(0, column - 1 - MOST_SHOWN // 2)
    before, behind = "…" if first else "", "…" if len(shown) > first + MOST_SHOWN else ""
    shown = before + shown[first : first + MOST_SHOWN] + behind
    return f"{shown}\n{' ' * (len(before) + column - 1 - first)}^"


def error(text: str, problem: str, edits: Sequence[Edit] = ()) -> QueryError:
    """The engine's complaint about a text as an error placed in it.

    `edits`, from first to last, were made before the engine read it.
    """
    place = re.match(r"error at (\d+):(\d+): (.*)", problem, re.DOTALL)
    if place is None:
        return QueryError(problem)
    line, column = int(place[1]), int(place[2])
    for edit in edits:
        at_line, at_column = line_and_column(text, edit.start)
        if line == at_line and column > at_column:
            column = max(at_column, column - len(edit.text) + edit.end - edit.start)
    expected = place[3]
    if "Prefix not found" in expected:
        expected = "a prefixed name whose prefix is not declared"
    return QueryError(expected, line=line, column=column, hint=at(text, line, column))


def edited(text: str, edits: Sequence[Edit]) -> str:
    """The text with edits that do not overlap, from first to last."""
    pieces: list[str] = []
    position = 0
    for edit in edits:
        pieces += (text[position : edit.start], edit.text)
        position = edit.end
    return "".join((*pieces, text[position:]))


def calls(
    text: str, prefixes: Mapping[str, str], addresses: Mapping[str, str] | None = None
) -> list[Edit]:
    """What to change in a text so that it calls only what it may.

    `addresses` has the IRIs that may be called, each with the address to call in its place. A
    SERVICE SILENT that calls another is turned to nowhere, so that it ends as one empty
    solution (SPARQL 1.1 Federated Query, section 3.1).

    >>> text = "SELECT * { SERVICE SILENT <http://example.org/> { ?s ?p ?o } }"
    >>> edited(text, calls(text, {}))
    'SELECT * { SERVICE SILENT <x:> { ?s ?p ?o } }'

    Raises:
        QueryError: a SERVICE without SILENT calls what it may not.
    """
    addresses = addresses or {}
    edits: list[Edit] = []
    for service in services(text, prefixes):
        if service.is_inner:
            continue  # it is for the server of the other to read
        if service.iri is not None and service.iri in addresses:
            edits.append(Edit(service.start, service.end, f"<{addresses[service.iri]}>"))
        elif service.is_silent:
            edits.append(Edit(service.start, service.end, NOWHERE))
        else:
            raise not_allowed(text, service, addresses)
    return edits


def not_allowed(text: str, service: Service, offered: Collection[str]) -> QueryError:
    """The refusal of a call, where an endpoint calls only the IRIs that are `offered`."""
    line, column = line_and_column(text, service.start)
    named = "an address that a variable names" if service.iri is None else f"<{service.iri}>"
    others = f"only {', '.join(sorted(offered))}" if offered else "no other"
    return QueryError(
        f"SERVICE {named} is not allowed: this endpoint calls {others}",
        line=line,
        column=column,
        hint="its operator can allow an address: etown-kg serve --allow-service IRI;"
        " SERVICE SILENT goes on without it",
    )


def without_escapes(text: str) -> str:
    """The text with its codepoint escapes written out (SPARQL 1.1 Query, section 19.2).

    >>> without_escapes(r"\\u0053ERVICE")
    'SERVICE'
    """
    return _ESCAPE.sub(_character, text)


_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")


def _character(escape: re.Match[str]) -> str:
    number = int(escape[1] or escape[2], 16)
    return chr(number) if number < 0x110000 else escape[0]


def line_and_column(text: str, position: int) -> tuple[int, int]:
    """The line and column, from 1, of a character."""
    before = text[:position]
    return before.count("\n") + 1, position - before.rfind("\n")
