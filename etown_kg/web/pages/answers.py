"""An answer as a page shows it: rows of terms with their labels, and ways to all of it.

Evaluated by the same backend as the protocol's queries, in the same two steps: serialised whole,
then read again for the page. What a page shows is a part, for reading; the downloads are whole.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal as Choice
from urllib.parse import quote

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
)

from etown_kg import formats
from etown_kg.backend import QueryRequest, QueryResult
from etown_kg.formats import Form
from etown_kg.web import exchange
from etown_kg.web.pages.site import Site
from etown_kg.web.pages.terms import Shown, shortened

Term = NamedNode | BlankNode | Literal | Triple
Row = tuple[Term | None, ...]
Kind = Choice["table", "graph", "boolean"]

# Cells of a table on one page: with their links about 60 kB.
MOST_CELLS = 400
# Of a text in a cell; the downloads have all.
MOST_CHARACTERS = 240
# Characters of Turtle that a page shows; the download has all.
MOST_TURTLE = 20_000
# An address longer than this is refused somewhere between browser and server.
LONGEST_ADDRESS = 6000
_TRIPLE = ("s", "p", "o")


@dataclass(frozen=True)
class Download:
    """The whole answer in one format: its label, its name as a parameter, and its address.

    The address is "" when the query is too long for one; a form can post it.
    """

    label: str
    name: str
    address: str


@dataclass(frozen=True)
class Answer:
    """One page of an answer.

    Attributes:
        variables: the columns; for a graph subject, predicate and object.
        rows: the terms as they are shown, None where a variable is not bound.
        first, total: the number of the first row, from 1, and of all rows.
        page, pages: which page of the rows this is, from 1.
        boolean: what an ASK says.
        turtle: the beginning of a graph as Turtle, and whether that is all of it.
        seconds: how long the backend took.
        version: the state of the data that was asked.
        diagnosis: why there are no solutions (`etown_kg.diagnosis.Diagnosis.members`).
    """

    kind: Kind
    variables: tuple[str, ...]
    rows: tuple[tuple[Shown | None, ...], ...]
    first: int
    total: int
    page: int
    pages: int
    seconds: float
    version: str
    downloads: tuple[Download, ...]
    boolean: bool | None = None
    turtle: str = ""
    is_whole: bool = True
    diagnosis: Mapping[str, object] | None = None

    @property
    def numbers(self) -> frozenset[str]:
        """The columns that hold a number in each row that has something there."""
        found = set()
        for place, variable in enumerate(self.variables):
            kinds = {row[place].kind for row in self.rows if row[place] is not None}  # type: ignore[union-attr]
            if kinds == {"number"}:
                found.add(variable)
        return frozenset(found)

    @property
    def is_drawable(self) -> bool:
        """Whether it can be seen as nodes and edges: a graph, or two columns of names."""
        if self.kind == "graph":
            return self.total > 0
        names = [
            place
            for place in range(len(self.variables))
            if any((cell := row[place]) is not None and cell.kind == "iri" for row in self.rows)
        ]
        return len(names) >= 2


def asked(
    site: Site,
    text: str,
    language: str,
    *,
    infer: bool,
    page: int,
    address_of: Callable[[str], str],
) -> Answer:
    """The answer to a query, `page` of it; `address_of` a format's name is the whole one's.

    Raises:
        EtownError: see `Backend.query`.
    """
    # The first parameter that fits the query's form decides: Turtle for a graph.
    request = QueryRequest(
        text,
        parameters=("turtle", "json"),
        infer=infer,
        client=exchange.client(),
        explain_empty=True,
    )
    started = time.perf_counter()
    result = site.backend.query(request, exchange.is_gone())
    seconds = time.perf_counter() - started
    kind, variables, rows, boolean = _read(result)
    size = max(1, MOST_CELLS // max(1, len(variables)))
    pages = max(1, -(-len(rows) // size))
    page = min(max(1, page), pages)
    first = (page - 1) * size
    part = rows[first : first + size]
    names = site.names((term for row in part for term in row), language)
    turtle = result.body.decode() if kind == "graph" else ""
    return Answer(
        kind=kind,
        variables=variables,
        rows=tuple(
            tuple(
                None if term is None else shortened(names.shown(term), MOST_CHARACTERS)
                for term in row
            )
            for row in part
        ),
        first=first + 1,
        total=len(rows),
        page=page,
        pages=pages,
        seconds=seconds,
        version=result.version,
        downloads=downloads(result.form, text, address_of),
        boolean=boolean,
        turtle=_beginning(turtle),
        is_whole=len(turtle) <= MOST_TURTLE,
        diagnosis=result.diagnosis,
    )


def downloads(form: Form, text: str, address_of: Callable[[str], str]) -> tuple[Download, ...]:
    """The whole answer in each format of the query's form."""
    is_short = is_addressable(text)
    return tuple(
        Download(format.label, format.name, address_of(format.name) if is_short else "")
        for format in formats.for_form(form)
    )


def is_addressable(text: str) -> bool:
    """Whether a query is short enough to stand in an address."""
    return len(quote(text)) <= LONGEST_ADDRESS


def triples(site: Site, text: str, *, infer: bool) -> list[tuple[Term, Term | None, Term]]:
    """The edges of an answer: a graph's triples, or the first two names of each solution.

    Of a solution with three names or more, the second is the edge; of two, nothing is.

    Raises:
        EtownError: see `Backend.query`.
    """
    request = QueryRequest(
        text, parameters=("turtle", "json"), infer=infer, client=exchange.client()
    )
    kind, _, rows, _ = _read(site.backend.query(request, exchange.is_gone()))
    found: list[tuple[Term, Term | None, Term]] = []
    for row in rows:
        terms = [term for term in row if term is not None]
        if kind == "table":
            terms = [term for term in terms if isinstance(term, NamedNode)]
        if len(terms) >= 3:
            found.append((terms[0], terms[1], terms[2]))
        elif len(terms) == 2:
            found.append((terms[0], None, terms[1]))
    return found


def _read(result: QueryResult) -> tuple[Kind, tuple[str, ...], Sequence[Row], bool | None]:
    """What kind of answer it is, its columns and rows, and what an ASK says."""
    if result.format.results is None:
        quads = parse(result.body, RdfFormat.TURTLE)
        return "graph", _TRIPLE, [(q.subject, q.predicate, q.object) for q in quads], None
    parsed = parse_query_results(result.body, QueryResultsFormat.JSON)
    if isinstance(parsed, QueryBoolean):
        return "boolean", (), (), bool(parsed)
    variables = parsed.variables
    rows = [tuple(solution[variable] for variable in variables) for solution in parsed]
    return "table", tuple(variable.value for variable in variables), rows, None


def _beginning(turtle: str) -> str:
    """The whole lines of the text that fit on a page."""
    if len(turtle) <= MOST_TURTLE:
        return turtle
    return turtle[: turtle.rfind("\n", 0, MOST_TURTLE) + 1]
