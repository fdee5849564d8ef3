"""Queries that the engine answers wrongly, rewritten into ones that it answers rightly.

What is rewritten, and what the standard says (https://www.w3.org/TR/sparql11-query/):

- ``GRAPH ?g { ... }`` around a sub-select, VALUES or MINUS. It is the union over the named graphs
  of what the pattern gives in each, joined with the graph's name (section 18.6, Definition:
  Evaluation of a Graph Pattern); the engine lets ?g take part inside, or loses it.
- ``BNODE(text)`` gives the same node for the same text within one solution, and different ones
  in different solutions (section 17.4.2.9); the engine gives one node for all.
- ``GROUP_CONCAT`` gives a simple literal (section 18.5.1.7); the engine gives one with a language
  if all that it concatenates has that language.

A text that needs none of this comes back as it is, and so does one whose rewriting would be too
long. Paths of length zero have a module of their own (`zero_length`).
"""

from __future__ import annotations

from collections.abc import Sequence

from etown_kg.query_text import Token, tokens

# A longer text is not made: nested GRAPH with many graphs multiplies.
MAX_CHARACTERS = 1 << 20
_OPENING = {"(": ")", "{": "}", "[": "]"}
_LOCAL = frozenset({"SELECT", "VALUES", "MINUS"})
_ROW = "?etown_solution"
_CONCATENATION = "group_concat"


def mended(text: str, graphs: Sequence[str]) -> str:
    """The query, rewritten where the engine would go wrong.

    Args:
        text: a query that parses.
        graphs: the IRIs of the dataset's named graphs, if the query has no FROM of its own.
    """
    lowered = text.lower()
    if "graph" in lowered and any(word.lower() in lowered for word in _LOCAL):
        words = list(tokens(text))
        text = _with_graphs(text, words, _named_in(words, graphs), 0, len(text))
    if "bnode" in lowered:
        text = _with_fresh_nodes(text, list(tokens(text)))
    if _CONCATENATION in lowered:
        text = _with_simple_literals(text, list(tokens(text)))
    return text


def needs_mending(text: str) -> bool:
    """Whether `mended` may change the text; quick, and true a little too often."""
    lowered = text.lower()
    return (
        "bnode" in lowered
        or _CONCATENATION in lowered
        or ("graph" in lowered and any(word.lower() in lowered for word in _LOCAL))
    )


# GRAPH with a variable


def _with_graphs(
    text: str, words: Sequence[Token], graphs: Sequence[Token | str], start: int, end: int
) -> str:
    """The text from `start` to `end` with each GRAPH ?g that needs it written out."""
    pieces: list[str] = []
    position, length = start, 0
    place = 0
    while place < len(words):
        last = _end_of_graph(words, place)
        if last is None:
            place += 1
            continue
        name, inner = words[place + 1].text, words[place + 3 : last]
        body = _with_graphs(text, inner, graphs, words[place + 2].end, words[last].start)
        if _is_local(inner) and (len(body) + 40) * len(graphs) < MAX_CHARACTERS:
            replacement = _written_out(name, body, graphs)
        else:
            replacement = f"GRAPH {name} {{{body}}}"
        length += len(replacement)
        if length > MAX_CHARACTERS:
            return text[start:end]
        pieces += (text[position : words[place].start], replacement)
        position = words[last].end
        place = last + 1
    return "".join((*pieces, text[position:end]))


def _end_of_graph(words: Sequence[Token], place: int) -> int | None:
    """The index of the brace that closes a ``GRAPH ?g {`` at `place`; None if there is none."""
    following = words[place : place + 3]
    is_graph = (
        len(following) == 3
        and following[0].kind == "word"
        and following[0].text.upper() == "GRAPH"
        and following[1].kind == "variable"
        and following[2].text == "{"
    )
    return _close(words, place + 2) if is_graph else None


def _is_local(words: Sequence[Token]) -> bool:
    """Whether a pattern has to be evaluated graph by graph, and may be repeated in the text."""
    needs = any(word.kind == "word" and word.text.upper() in _LOCAL for word in words)
    # A blank node's label may stand in one group only.
    return needs and not any(word.text.startswith("_:") for word in words)


def _written_out(name: str, body: str, graphs: Sequence[Token | str]) -> str:
    if not graphs:
        return f"{{ GRAPH {name} {{{body}}} VALUES {name} {{ }} }}"
    shown = [graph.text if isinstance(graph, Token) else f"<{graph}>" for graph in graphs]
    branches = (f"{{ GRAPH {iri} {{{body}}} VALUES {name} {{ {iri} }} }}" for iri in shown)
    return f"{{ {' UNION '.join(branches)} }}"


def _named_in(words: Sequence[Token], graphs: Sequence[str]) -> Sequence[Token | str]:
    """The named graphs of the query's FROM NAMED, if it has a FROM at all, or those given."""
    found: dict[str, Token] = {}
    has_dataset = False
    for place, word in enumerate(words[:-2]):
        if word.text == "{":
            break
        if word.kind == "word" and word.text.upper() == "FROM":
            has_dataset = True
            if words[place + 1].text.upper() == "NAMED":
                found[words[place + 2].text] = words[place + 2]
    return list(found.values()) if has_dataset else graphs


# BNODE with a text


def _with_fresh_nodes(text: str, words: Sequence[Token]) -> str:
    """The text with what tells a solution from others added to each BNODE(text).

    Done for the SELECT clause and the BINDs of the outermost group, where a solution is known.
    """
    where = _where(words)
    calls = _calls(words)
    is_grouped = any(word.kind == "word" and word.text.upper() == "GROUP" for word in words)
    is_star = any(
        word.text.upper() == "SELECT" and "*" in (each.text for each in words[n + 1 : n + 3])
        for n, word in enumerate(words)
    )
    if where is None or not calls or is_grouped or is_star:
        return text
    start, end = where
    before = [call for call in calls if call < start]
    binds = _binds(words, start, end)
    inside = [call for first, last in binds for call in calls if first < call < last]
    # The name of the solution has to be bound before it is used, and once.
    place = min(
        (first for first, last in binds for call in inside if first < call < last), default=end
    )
    edits = [(words[place].start, words[place].start, f" BIND(STRUUID() AS {_ROW}) ")]
    for call in before + inside:
        last = _close(words, call + 1)
        assert last is not None  # the text parses
        opening, closing = words[call + 1].end, words[last].start
        edits += [(opening, opening, "SHA256(CONCAT("), (closing, closing, f", {_ROW}))")]
    if not before and not inside:
        return text
    for first, last, replacement in sorted(edits, reverse=True):
        text = text[:first] + replacement + text[last:]
    return text


def _calls(words: Sequence[Token]) -> list[int]:
    """The indexes of the BNODEs that are called with a text."""
    return [
        place
        for place, word in enumerate(words[:-2])
        if word.kind == "word"
        and word.text.upper() == "BNODE"
        and words[place + 1].text == "("
        and words[place + 2].text != ")"
    ]


def _binds(words: Sequence[Token], start: int, end: int) -> list[tuple[int, int]]:
    """The first and last index of each BIND of the group whose braces are at start and end."""
    found = []
    place = start + 1
    while place < end:
        last: int | None = None
        if words[place].text in _OPENING:
            last = _close(words, place)
        elif words[place].kind == "word" and words[place].text.upper() == "BIND":
            last = _close(words, place + 1)
            if last is not None:
                found.append((place, last))
        place = place + 1 if last is None else last + 1
    return found


def _where(words: Sequence[Token]) -> tuple[int, int] | None:
    """The indexes of the braces of the outermost WHERE: the last group that is in no other."""
    found: tuple[int, int] | None = None
    place = 0
    while place < len(words) and words[place].text.upper() != "VALUES":
        last = _close(words, place) if words[place].text in _OPENING else None
        if last is not None and words[place].text == "{":
            found = (place, last)
        place = place + 1 if last is None else last + 1
    return found


def _close(words: Sequence[Token], place: int) -> int | None:
    """The index of the bracket that closes the one at `place`, if there is one."""
    expected: list[str] = []
    for index in range(place, len(words)):
        word = words[index].text
        if word in _OPENING:
            expected.append(_OPENING[word])
        elif expected and word == expected[-1]:
            expected.pop()
            if not expected:
                return index
    return None


# GROUP_CONCAT


def _with_simple_literals(text: str, words: Sequence[Token]) -> str:
    """The text with STR around each GROUP_CONCAT: a call stands wherever an aggregate does."""
    edits = []
    for place, word in enumerate(words[:-1]):
        if word.kind == "word" and word.text.lower() == _CONCATENATION:
            last = _close(words, place + 1)
            assert last is not None  # the text parses
            edits += [(word.start, "STR("), (words[last].end, ")")]
    for position, inserted in sorted(edits, reverse=True):
        text = text[:position] + inserted + text[position:]
    return text
