"""The text of a SPARQL 1.1 Update, cut into its operations.

Follows the grammar of https://www.w3.org/TR/sparql11-query/#sparqlGrammar (productions 29 to 52)
for a text that the engine's own parser has already accepted (`check`), so that nothing here has
to report an error: it finds where operations, templates and patterns begin and end. Templates
become quads by way of TriG (https://www.w3.org/TR/trig/), whose graph blocks read the same,
with an IRI standing in for each variable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from secrets import token_hex
from typing import Final, NamedTuple

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, parse

from etown_kg import query_text
from etown_kg.errors import QueryError
from etown_kg.store.delta import UNNAMED, GraphName

# What has to be told apart to find braces, semicolons and keywords; all else is skipped. The common
# characters stand outside of the groups that repeat: each turn of one costs memory.
_NAME_CHARS: Final = r"\w\u00B7\u0300-\u036F\u203F\u2040"
_LOCAL: Final = rf"(?:[{_NAME_CHARS}:]|%[0-9A-Fa-f]{{2}}|\\[_~.\-!$&'()*+,;=/?#@%])"
_TOKEN: Final = re.compile(
    rf"""
      (?P<skip> \#[^\r\n]* )
    | (?P<iri> <[^<>"{{}}|^`\\\x00-\x20]*
        (?:(?:\\u[0-9A-Fa-f]{{4}}|\\U[0-9A-Fa-f]{{8}})[^<>"{{}}|^`\\\x00-\x20]*)*> )
    | (?P<string> \"{{3}}[^"\\]*(?:(?:\\.|\"(?!\"\"))[^"\\]*)*\"{{3}}
        | '{{3}}[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'{{3}}
        | "[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*" | '[^'\\\r\n]*(?:\\.[^'\\\r\n]*)*' )
    | (?P<variable> [?$][{_NAME_CHARS}]+ )
    | (?P<tag> @[A-Za-z]+(?:-[A-Za-z0-9]+)* )
    | (?P<name> (?:[^\W\d_](?:[{_NAME_CHARS}.\-]*[{_NAME_CHARS}\-])?|_)?
        :(?:{_LOCAL}(?:(?:{_LOCAL}|[.\-])*(?:{_LOCAL}|-))?)? )
    | (?P<number> \d*\.?\d+(?:[eE][+-]?\d+)? )
    | (?P<word> [A-Za-z_]\w* )
    | (?P<annotation> \{{\| | \|\}} )
    | (?P<mark> [{{}};] )
    """,
    re.VERBOSE | re.DOTALL,
)
# No text of a user names this: the middle is drawn anew in every process.
_STAND_IN: Final = f"urn:x-etown:{token_hex(16)}:"
_CHECKED: Final = NamedNode("urn:x-etown:syntax-is-right")

_SHARED: Final = re.compile(r"The blank node (_:\S+) cannot be shared by multiple blocks")
_VISIBLE: Final = re.compile(r"[^\r\n]")

_Span = tuple[int, int]


@dataclass(frozen=True)
class Target:
    """The graphs that a graph management operation works on.

    `word` is GRAPH, DEFAULT, NAMED or ALL; `graph` is set for the first two.
    """

    word: str
    graph: GraphName | None = None


@dataclass(frozen=True)
class Data:
    """INSERT DATA and DELETE DATA; blank nodes are fresh."""

    deletes: tuple[Quad, ...]
    inserts: tuple[Quad, ...]


@dataclass(frozen=True)
class Modify:
    """DELETE and INSERT with a WHERE; also DELETE WHERE, whose pattern is its template.

    `where` is the group with its braces and `prologue` what stands before a query over it;
    variables of the templates are stand-ins (`variable_of`). `default` is the graph of WITH.
    """

    deletes: tuple[Quad, ...]
    inserts: tuple[Quad, ...]
    where: str
    prologue: str
    default: GraphName
    using: tuple[NamedNode, ...] | None
    using_named: tuple[NamedNode, ...]
    calls: bool


@dataclass(frozen=True)
class Manage:
    """CLEAR, DROP, CREATE, ADD, MOVE, COPY and LOAD by their word."""

    word: str
    is_silent: bool
    source: Target
    target: Target
    document: str = ""


Operation = Data | Modify | Manage


def check(text: str, *, base: str | None, prefixes: dict[str, str]) -> None:
    """Let the engine's parser judge the text; nothing of it is carried out.

    The first operation is one that must fail, so that none of the text's own is reached.

    Raises:
        QueryError: the text is no SPARQL Update, with line and column.
    """
    store = Store()
    store.add_graph(_CHECKED)
    first = f" CREATE GRAPH {_CHECKED} ; "
    for part in _parts(text):
        try:
            store.update(
                part.before + text[part.start : part.body] + first + text[part.body : part.end],
                base_iri=base,
                prefixes=prefixes,
            )
        except SyntaxError as error:
            shared = _SHARED.search(str(error))
            if shared:
                raise _sharing(text, shared[0], shared[1]) from error
            edit = query_text.Edit(part.body, part.body, first)
            raise query_text.error(text, str(error), [edit]) from error
        except RuntimeError:
            continue
        raise AssertionError("the graph exists, so the engine must not create it")


def _sharing(text: str, problem: str, label: str) -> QueryError:
    """The engine does not say where a blank node is shared: it is where it is named last."""
    places = [token.start() for token in _TOKEN.finditer(text) if token[0] == label]
    line, column = query_text.line_and_column(text, places[-1])
    return QueryError(problem, line=line, column=column, hint=query_text.at(text, line, column))


class _Part(NamedTuple):
    """A piece of an update: declarations up to `body`, then operations.

    `before` is the text before it with everything but the declarations blanked out.
    """

    before: str
    start: int
    body: int
    end: int


def _parts(text: str) -> Iterator[_Part]:
    """The text cut before each prologue.

    The grammar (production 29) allows one behind every semicolon, the engine only the first.
    """
    declarations: list[_Span] = []
    before: list[_Span] = []
    start = body = depth = 0
    expects = 0  # how many more tokens the declaration has
    is_first = True  # whether an operation or a declaration may start here
    has_operation = False
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "skip":
            continue
        if expects:
            expects -= 1
            body = token.end()
            declarations[-1] = (declarations[-1][0], body)
            continue
        upper = token[0].upper()
        if is_first and upper in ("BASE", "PREFIX") and token.lastgroup == "word":
            if has_operation:
                yield _Part(_blanked(text[:start], before), start, body, token.start())
                start, before, has_operation = token.start(), list(declarations), False
            declarations.append(token.span())
            expects = 1 if upper == "BASE" else 2
            continue
        if token[0] in ("{", "}"):
            depth += 1 if token[0] == "{" else -1
        is_first = depth == 0 and token[0] == ";"
        has_operation = has_operation or not is_first
    yield _Part(_blanked(text[:start], before), start, max(body, start), len(text))


def _blanked(text: str, kept: list[_Span]) -> str:
    """Spaces for all but some spans, line by line."""
    pieces: list[str] = []
    position = 0
    for start, end in kept:
        pieces += (_VISIBLE.sub(" ", text[position:start]), text[start:end])
        position = end
    return "".join((*pieces, _VISIBLE.sub(" ", text[position:])))


def operations(
    text: str, *, base: str | None, prefixes: dict[str, str], default: GraphName = UNNAMED
) -> Iterator[Operation]:
    """The operations of a text that `check` has accepted, one after the other.

    `default` is the graph that is meant where none is named.
    """
    return _Reader(text, base, prefixes, default).operations()


def variable_of(term: object) -> str | None:
    """The variable that a term of a template stands in for, without its mark."""
    if isinstance(term, NamedNode) and term.value.startswith(_STAND_IN):
        return term.value[len(_STAND_IN) :]
    return None


class _Reader:
    """Walks over the tokens of one text."""

    def __init__(
        self, text: str, base: str | None, prefixes: dict[str, str], default: GraphName
    ) -> None:
        self._text = text
        self._base = base
        self._default = default
        self._declared = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in prefixes.items())
        self._prologue = ""
        self._tokens = (found for found in _TOKEN.finditer(text) if found.lastgroup != "skip")
        self._next: re.Match[str] | None = next(self._tokens, None)

    def operations(self) -> Iterator[Operation]:
        while self._next is not None:
            word = self._word()
            if word in ("BASE", "PREFIX"):
                self._declare()
            elif word == "INSERT" and self._peek() == "DATA":
                self._take()
                yield Data((), self._template(self._default))
            elif word == "DELETE" and self._peek() == "DATA":
                self._take()
                yield Data(self._template(self._default), ())
            elif word in ("WITH", "INSERT", "DELETE"):
                yield self._modify(word)
            elif word:
                yield self._manage(word)

    def _declare(self) -> None:
        """A prologue's line goes before all that follows it."""
        tokens = [self._take()]
        if tokens[0].lastgroup == "name":
            tokens.append(self._take())
            self._prologue += f"PREFIX {tokens[0][0]} {tokens[1][0]}\n"
        else:
            self._prologue += f"BASE {tokens[0][0]}\n"

    def _modify(self, word: str) -> Modify:
        default = self._default
        if word == "WITH":
            default = self._iri()
            word = self._word()
        deletes: tuple[Quad, ...] = ()
        inserts: tuple[Quad, ...] = ()
        is_pattern = False
        if word == "DELETE":
            if self._peek() == "WHERE":  # DELETE WHERE: the pattern is the template
                is_pattern = True
            else:
                deletes = self._template(default)
            if not is_pattern and self._peek() == "INSERT":
                word = self._word()
        if word == "INSERT":
            inserts = self._template(default)
        using: list[NamedNode] = []
        using_named: list[NamedNode] = []
        has_using = False
        while self._peek() == "USING":
            has_using = True
            self._take()
            if self._peek() == "NAMED":
                self._take()
                using_named.append(self._iri())
            else:
                using.append(self._iri())
        if self._peek() == "WHERE":
            self._take()
        start, end, spans, calls = self._block()
        if is_pattern:
            deletes = self._quads(start + 1, end - 1, spans, default)
        return Modify(
            deletes,
            inserts,
            self._text[start:end],
            self._prologue,
            default,
            tuple(using) if has_using else None,
            tuple(using_named),
            calls,
        )

    def _manage(self, word: str) -> Manage:
        is_silent = self._peek() == "SILENT"
        if is_silent:
            self._take()
        if word == "LOAD":
            document = self._iri().value
            target = Target("DEFAULT", self._default)
            if self._peek() == "INTO":
                self._take()
                target = self._target()
            return Manage(word, is_silent, Target("DEFAULT", UNNAMED), target, document)
        source = self._target()
        if word in ("CLEAR", "DROP", "CREATE"):
            return Manage(word, is_silent, source, source)
        self._take()  # TO
        return Manage(word, is_silent, source, self._target())

    def _target(self) -> Target:
        word = self._peek()
        if word in ("DEFAULT", "NAMED", "ALL"):
            self._take()
            return Target(word, self._default if word == "DEFAULT" else None)
        if word == "GRAPH":
            self._take()
        return Target("GRAPH", self._iri())

    # Blocks

    def _template(self, default: GraphName) -> tuple[Quad, ...]:
        start, end, spans, _ = self._block()
        return self._quads(start + 1, end - 1, spans, default)

    def _block(self) -> tuple[int, int, list[_Span], bool]:
        """Where a block in braces starts and ends, its variables and graph blocks.

        The spans are those of the variables and of the braces at the second level, in order;
        the last value tells whether the word SERVICE was in it.
        """
        start = self._take().start()
        spans: list[_Span] = []
        depth = 1
        calls = False
        while depth:
            token = self._take()
            kind, text = token.lastgroup, token[0]
            if kind == "variable":
                spans.append(token.span())
            elif kind == "word":
                upper = text.upper()
                calls = calls or upper == "SERVICE"
                if depth == 1 and upper == "GRAPH":
                    spans.append(token.span())
            elif text == "{":
                depth += 1
                if depth == 2:
                    spans.append(token.span())
            elif text == "}":
                depth -= 1
                if depth == 1:
                    spans.append(token.span())
        return start, token.end(), spans, calls

    def _quads(
        self, start: int, end: int, spans: list[_Span], default: GraphName
    ) -> tuple[Quad, ...]:
        """The quads of a template; what stands outside of GRAPH goes to `default`."""
        pieces = [self._declared, self._prologue, "{"]
        position = start
        is_inside = False
        for first, last in spans:
            text = self._text[first:last]
            pieces.append(self._text[position:first])
            if text[0] in "?$":
                pieces.append(f"<{_STAND_IN}{text[1:]}>")
            elif text == "{":
                is_inside = True
                pieces.append("{")
            elif text == "}":
                is_inside = False
                pieces.append("} {")
                last = self._after_dot(last, end)
            else:  # GRAPH ends the triples before it
                assert not is_inside
                pieces.append("} GRAPH")
            position = last
        pieces += [self._text[position:end], "}"]
        found = parse("".join(pieces), RdfFormat.TRIG, base_iri=self._base, rename_blank_nodes=True)
        try:
            return tuple(_in_graph(quad, default) for quad in found)
        except SyntaxError as error:  # as "a"^^rdf:langString, which SPARQL's grammar has
            problem = str(error.msg).partition(": ")[2]  # the place is none in the user's text
            raise QueryError(f"what is to be changed are no RDF statements: {problem}") from error

    def _after_dot(self, position: int, end: int) -> int:
        """Behind the dot that SPARQL allows after a graph block, and TriG does not."""
        found = _DOT.match(self._text, position, end)
        return found.end() if found else position

    # Tokens

    def _take(self) -> re.Match[str]:
        taken = self._next
        if taken is None:
            raise AssertionError("the engine's parser accepted a text that ends too soon")
        self._next = next(self._tokens, None)
        return taken

    def _word(self) -> str:
        """The next token in upper case if it is a word, else an empty text; it is taken."""
        token = self._take()
        return token[0].upper() if token.lastgroup == "word" else ""

    def _peek(self) -> str:
        return "" if self._next is None else self._next[0].upper()

    def _iri(self) -> NamedNode:
        """The next token, an IRI in either writing, resolved."""
        token = self._take()[0]
        line = f"{self._declared}{self._prologue}{token} <urn:p> <urn:o> ."
        (quad,) = parse(line, RdfFormat.TRIG, base_iri=self._base)
        if not isinstance(quad.subject, NamedNode):
            raise QueryError(f"{token} is no IRI")
        return quad.subject


_DOT: Final = re.compile(r"(?:\s|\#[^\r\n]*)*\.")


def _in_graph(quad: Quad, default: GraphName) -> Quad:
    if isinstance(quad.graph_name, DefaultGraph) and default != UNNAMED:
        return Quad(quad.subject, quad.predicate, quad.object, default)
    return quad
