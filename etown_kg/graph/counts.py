"""Queries that count: the solutions of plain triple patterns, counted in columns of numbers.

``SELECT ?t (COUNT(*) AS ?n) { ?s a ?t } GROUP BY ?t ORDER BY ?n`` becomes
``SELECT ?t ?n { VALUES (?t ?n) { (<c> 12) ... } } ORDER BY ?n``, a table with a row for each group
(SPARQL 1.1 Query Language, section 11.2). The engine counts one solution after the other; the
reasoner's columns have them all side by side (`etown_kg.reason.tally`). What is ordered, cut,
joined with other parts of the query and written is the engine's as before.

Rewritten is a SELECT, also within another, of grouping variables and expressions over them and
COUNTs, or of different solutions, over one basic graph pattern. Whatever else stands in it
(filters, paths, other aggregates) leaves it as it is, and so do named graphs and EXISTS anywhere
in the query, which change what a pattern means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, parse

from etown_kg import query_text
from etown_kg.graph.columns import Columns
from etown_kg.graph.grouped_select import GroupedSelect, grouped_select
from etown_kg.graph.triple_patterns import TYPE, Pattern, is_selective
from etown_kg.query_text import Token
from etown_kg.reason.join import Atom
from etown_kg.reason.tally import Counted, Tally, rarest, tally
from etown_kg.reason.triple_index import Relations
from etown_kg.store.spelling import Term, canonical
from etown_kg.vocab import XSD

# A table of more rows is not made: the engine reads each from text.
MAX_GROUPS: Final = 4096
# What has fewer quads in all, or where a pattern has so few rows, the engine counts as quickly.
FEW_QUADS: Final = 50_000
FEW_ROWS: Final = 512

# Longer queries are read each time.
_REMEMBERED_LENGTH: Final = 4096
_COUNT = re.compile(r"\bcount\s*\(")
_DISTINCT = re.compile(r"\bdistinct\b")
# Words that change what the patterns of a query mean, wherever they stand.
_ELSEWHERE = frozenset({"GRAPH", "FROM", "SERVICE", "EXISTS", "BASE"})
# An absolute IRI, without the segments that resolving it against a base would take out.
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?!.*/\.)", re.DOTALL)
_ANY: Final = NamedNode("x:")
_CELL: Final = "x:column"
_NUMBERS: Final = (
    (re.compile(r"\d+"), "integer"),
    (re.compile(r"\d*\.\d+"), "decimal"),
    (re.compile(r".*[eE].*"), "double"),
)


class _Table(NamedTuple):
    """A table as a pattern that gives it, and the rows of it that no text can have."""

    pattern: str
    rows: Sequence[Quad]


class Written(NamedTuple):
    """A query with the results of its counts in their place.

    Attributes:
        rows: None, or what the text is to be asked of in place of the dataset: the rows of the
            table that no text can write, since they have blank nodes.
        is_changed: whether the text is another one than was given.
    """

    text: str
    rows: Sequence[Quad] | None
    is_changed: bool


def may_count(text: str) -> bool:
    """Whether it is worth while to look at a query; quick, and true a little too often.

    >>> may_count("SELECT (COUNT(*) AS ?n) { ?s a ?t }"), may_count("SELECT ?count { ?count ?p 1 }")
    (True, False)
    """
    lowered = text.lower()
    if "count" in lowered and _COUNT.search(lowered) is not None:
        return True
    if "distinct" not in lowered or _DISTINCT.search(lowered) is None:
        return False
    # What is different among few solutions is found as quickly by the engine.
    return not is_selective(text)


def counted(text: str, columns: Columns | None, prefixes: Mapping[str, str]) -> Written:
    """The query with its counts in their place; as it is if it has none that can be made.

    Args:
        text: a query; what does not parse comes to something that does not either, or to itself.
        prefixes: those that it need not declare.
    """
    as_it_is = Written(text, None, False)
    if columns is None or "\\" in text:
        return as_it_is  # an escape could spell anything
    edits = []
    rows: Sequence[Quad] | None = None
    read = _selects if len(text) <= _REMEMBERED_LENGTH else _selects.__wrapped__
    selects, known = read(query_text.without_last_comment(text), tuple(prefixes.items()))
    for select, is_inner in selects:
        found = _table(select, columns, known)
        if found is None or (found.rows and is_inner):
            continue
        edits += select.over(found.pattern)
        if not is_inner:
            rows = found.rows or None
    return Written(query_text.edited(text, edits), rows, bool(edits))


# The same is asked again and again, of other data or with another comment.
@lru_cache(256)
def _selects(
    text: str, prefixes: tuple[tuple[str, str], ...]
) -> tuple[list[tuple[GroupedSelect, bool]], Mapping[str, str]]:
    """What is counted in a query, and whether it is within another SELECT; the prefixes of all."""
    words = list(query_text.tokens(text))
    known = {**dict(prefixes), **query_text.declared(words)}
    found: list[tuple[GroupedSelect, bool]] = []
    if any(word.kind == "word" and word.text.upper() in _ELSEWHERE for word in words):
        return found, known
    depth = 0
    for place, word in enumerate(words):
        depth += (word.text == "{") - (word.text == "}")
        if word.kind == "word" and word.text.upper() == "SELECT":
            select = grouped_select(text, words, place, known)
            if select is not None:
                found.append((select, depth > 0))
    return found, known


# Counting


def _table(select: GroupedSelect, columns: Columns, prefixes: Mapping[str, str]) -> _Table | None:
    """The table of its groups; None if it is better left to the engine."""
    if not select.counts and "LIMIT" in select.order and select.order[0] != "ORDER":
        return None  # which stops as soon as it has so many
    terms = [_terms(pattern, prefixes) for pattern in select.patterns]
    if any(term is None for pattern in terms for term in pattern):
        return None
    predicates = [pattern[1] for pattern in terms]
    if any(isinstance(predicate, str) for predicate in predicates):
        relations = columns.of_all()
    else:
        relations = columns.of([each for each in predicates if isinstance(each, NamedNode)])
    if relations is None:
        return None
    variables: dict[str, int] = {}
    atoms = []
    for pattern in terms:
        s, p, o = (_number(term, variables, columns, relations) for term in pattern)
        atoms.append(Atom(p, s, o))
    if rarest(relations, atoms) < FEW_ROWS:
        return None
    found = tally(
        relations,
        atoms,
        [variables[f"?{name}"] for name in select.groups],
        [
            # All solutions of a basic graph pattern bind all of its variables.
            Counted(variables[f"?{each.variable}"] if each.is_distinct else None)
            for each in select.counts.values()
        ],
    )
    return None if found is None else _spelled(select, _cut(select, found), columns)


def _number(
    term: NamedNode | Literal | str | None,
    variables: dict[str, int],
    columns: Columns,
    relations: Relations,
) -> int:
    """A term's number: below 0 for a variable; above all others where nothing is said with it."""
    if isinstance(term, str):
        return variables.setdefault(term, -1 - len(variables))
    assert term is not None
    number = columns.number(term)
    return relations.term_count if number is None else number


def _terms(
    pattern: Pattern, prefixes: Mapping[str, str]
) -> Sequence[NamedNode | Literal | str | None]:
    """Subject, predicate and object; the name of what binds, None for what is not understood."""
    return [
        token.text.replace("$", "?") if iri is None else _term(token, iri, prefixes)
        for token, iri in zip(pattern.terms, pattern.iris, strict=True)
    ]


def _term(token: Token, iri: str, prefixes: Mapping[str, str]) -> NamedNode | Literal | None:
    try:
        if iri == TYPE or token.kind in ("iri", "name"):
            return NamedNode(iri) if _ABSOLUTE.match(iri) else None
        literal = _literal(token, prefixes)
        if literal is None:
            return None
        kept = canonical(Quad(_ANY, _ANY, literal)).object
    except ValueError:
        return None  # the engine says what is wrong
    return kept if isinstance(kept, Literal) else None


def _literal(token: Token, prefixes: Mapping[str, str]) -> Literal | None:
    """A literal as `triple_patterns` reads one (SPARQL grammar, rules 129 to 134)."""
    text = token.text
    if token.kind == "word":
        return Literal(text, datatype=NamedNode(f"{XSD}boolean"))
    if token.kind == "number":
        kinds = (kind for form, kind in _NUMBERS if form.fullmatch(text))
        return Literal(text, datatype=NamedNode(XSD + next(kinds)))
    quote = text[:3] if text[:3] in ('"""', "'''") else text[0]
    value, _, tail = text[len(quote) :].rpartition(quote)
    if tail.startswith("@"):
        return Literal(value, language=tail[1:])
    if not tail:
        return Literal(value)
    name = next(query_text.tokens(tail[2:]))
    iri = query_text.iri_of(name, prefixes)
    if iri is None or not _ABSOLUTE.match(iri):
        return None
    return Literal(value, datatype=NamedNode(iri))


# Writing


def _cut(select: GroupedSelect, found: Tally) -> Tally:
    """Without the groups that a LIMIT leaves out for certain."""
    words = select.order
    slices = {
        word: int(number)
        for word, number in pairwise(words)
        if word in ("LIMIT", "OFFSET") and number.isdecimal()
    }
    if "LIMIT" not in slices or not select.is_cuttable:
        return found
    most = sum(slices.values())
    size = len(found.groups[0]) if found.groups else 1
    if most >= size:
        return found
    if words[0] != "ORDER":
        rows = np.arange(most)
    elif words[2:4] == ["DESC", "("] and words[5:6] == [")"] and most:
        name = words[4][1:]
        if name not in select.counts:
            return found
        column = found.counts[list(select.counts).index(name)]
        # Those that are equal to the last one stay: what else they are ordered by is not looked at.
        rows = np.flatnonzero(column >= np.partition(column, size - most)[size - most])
    else:
        return found
    return Tally([each[rows] for each in found.groups], [each[rows] for each in found.counts])


def _spelled(select: GroupedSelect, found: Tally, columns: Columns) -> _Table | None:
    """The table as text, as far as text can have it; None if it is too long."""
    if found.groups and len(found.groups[0]) > MAX_GROUPS:
        return None
    bound = (*select.groups, *select.counts)
    texts = [columns.texts(each) for each in found.groups]
    texts += [[str(count) for count in each.tolist()] for each in found.counts]
    rows: list[Quad] = []
    lines: list[str] = []
    for number, row in enumerate(zip(*texts, strict=True)):
        if any(text.startswith("_:") for text in row):
            rows += _as_quads(number, row)
        else:
            lines.append(f"({' '.join(row)})")
    names = " ".join(f"?{name}" for name in bound)
    body = f"VALUES ({names}) {{ {' '.join(lines)} }}"
    if rows:
        cells = " ; ".join(f"<{_CELL}{place}> ?{name}" for place, name in enumerate(bound))
        body = f"{{ {body} }} UNION {{ _:etown_row {cells} }}"
    return _Table(body, rows)


def _as_quads(number: int, row: Sequence[str]) -> list[Quad]:
    """A row of terms as triples: their subject is the row, their predicates are the columns."""
    subject = NamedNode(f"x:row{number}")
    found = []
    for place, text in enumerate(row):
        if text.startswith("_:"):
            term: Term = BlankNode(text[2:])
        elif text.isdecimal():
            term = Literal(int(text))
        else:
            (quad,) = parse(f"<x:> <x:> {text} .", RdfFormat.N_TRIPLES)
            term = quad.object
        found.append(Quad(subject, NamedNode(f"{_CELL}{place}"), term))
    return found
