"""Client: a served graph by its address."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias, cast
from urllib.parse import urlencode, urljoin

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from etown_kg import api, formats
from etown_kg.client.connection import Connection, Reply
from etown_kg.client.figures import FigureTable
from etown_kg.client.solutions import Solutions
from etown_kg.errors import RemoteError, SettingError, UnavailableError
from etown_kg.interval import Operator, Verdict

Names: TypeAlias = str | Iterable[str] | None
Quantity: TypeAlias = str | int | float | Decimal | Fraction | None
Term: TypeAlias = str | NamedNode | BlankNode | Literal

_FORM = "application/x-www-form-urlencoded"
_TRUE_OR_SOLUTIONS = formats.JSON.media_type
# How often figures are read again from their first page when the data change meanwhile.
_ATTEMPTS = 4
_PAGE_SIZE = 1000


class Client:
    """Asks the server at an address; safe for many threads.

    Args:
        address: of the server, as ``http://127.0.0.1:8000/``.
        token: what the server calls a token, for private graphs and changes.
        timeout_s: seconds that an answer may take to begin, or to go on.
        language: of labels: a language that the server has, its own choice when None.
        endpoint, update: where queries and updates go, if not to ``sparql`` and ``update`` below
            the address: with them a client speaks to any store.
    """

    def __init__(
        self,
        address: str,
        *,
        token: str | None = None,
        timeout_s: float = 60.0,
        language: str | None = None,
        endpoint: str | None = None,
        update: str | None = None,
    ) -> None:
        if not address.startswith(("http://", "https://")):
            raise SettingError("address", f"{address!r} is no http or https address")
        self.address = address if address.endswith("/") else address + "/"
        self.endpoint = endpoint or urljoin(self.address, "sparql")
        self.update_endpoint = update or urljoin(self.address, "update")
        self.language = language
        self._connection = Connection(token, timeout_s)

    # SPARQL

    def select(self, query: str, *, infer: bool = True, graphs: Sequence[str] = ()) -> Solutions:
        """The solutions of a SELECT.

        Args:
            infer: whether inferred statements can match.
            graphs: IRIs of the graphs to ask; all where there are none.

        Raises:
            ProblemError: the query is refused; `line` and `column` say where.
            RemoteError: the server does not answer, or not with solutions.
        """
        reply = self._query(query, infer, graphs, _TRUE_OR_SOLUTIONS)
        try:
            return Solutions.parse(reply.body, _version(reply))
        except (SyntaxError, TypeError) as error:
            raise RemoteError(self.endpoint, f"its answer has no solutions: {error}") from error

    def ask(self, query: str, *, infer: bool = True, graphs: Sequence[str] = ()) -> bool:
        """The truth value of an ASK; raises as `select` does."""
        reply = self._query(query, infer, graphs, _TRUE_OR_SOLUTIONS)
        try:
            return bool(json.loads(reply.body)["boolean"])
        except (ValueError, KeyError, TypeError) as error:
            raise RemoteError(self.endpoint, "its answer is no truth value") from error

    def construct(
        self, query: str, *, infer: bool = True, graphs: Sequence[str] = ()
    ) -> list[Triple]:
        """The triples of a CONSTRUCT or DESCRIBE; raises as `select` does."""
        reply = self._query(query, infer, graphs, formats.N_TRIPLES.media_type)
        try:
            return [quad.triple for quad in parse(reply.body, RdfFormat.N_TRIPLES)]
        except SyntaxError as error:
            raise RemoteError(self.endpoint, f"its answer is no graph: {error}") from error

    def update(self, text: str) -> int | None:
        """Make the changes of a SPARQL Update; the number of the new version, if it is told.

        Raises:
            ProblemError: the change is refused; nothing was changed.
            RemoteError: the server does not answer, so the change may or may not be made.
        """
        reply = self._connection.send(
            self.update_endpoint, body=urlencode({"update": text}).encode(),
            content_type=_FORM, accept="application/problem+json",
        )  # fmt: skip
        number = reply.headers.get("x-version", "")
        return int(number) if number.isdecimal() else None

    def _query(self, query: str, infer: bool, graphs: Sequence[str], accept: str) -> Reply:
        pairs = [("query", query)]
        if not infer:
            pairs.append(("infer", "false"))
        for graph in graphs:
            pairs += [("default-graph-uri", graph), ("named-graph-uri", graph)]
        return self._connection.send(
            self.endpoint, body=urlencode(pairs).encode(), content_type=_FORM,
            accept=f"{accept}, application/problem+json;q=0.1",
        )  # fmt: skip

    # The API

    def about(self) -> api.Index:
        """What the server calls itself, and the version of its data."""
        return cast(api.Index, self._get("api"))

    def figures(
        self,
        *,
        indicator: Names = None,
        place: Names = None,
        period: Names = None,
        article: Names = None,
        unit: Names = None,
        source: str | None = None,
        threshold: Quantity = None,
        compare: Operator = ">",
        verdict: Verdict | Iterable[Verdict] | None = None,
    ) -> FigureTable:
        """All figures that pass the filters; several values of one mean any of them.

        Things are named by their IRI, or by the last part of it. With a `threshold` each figure
        has a verdict: whether it stands in `compare` to that number for certain, possibly, or
        not at all.

        Raises:
            ProblemError: a filter that no figure has, or figures of several units to compare.
            UnavailableError: the data change faster than they can be read.
        """
        asked = {
            "indicator": indicator, "place": place, "period": period, "article": article,
            "unit": unit, "source": source, "verdict": verdict,
        }  # fmt: skip
        pairs = [(name, value) for name, values in asked.items() for value in _each(values)]
        if threshold is not None:
            pairs += [("threshold", _spelled(threshold)), ("compare", compare)]
        pairs.append(("size", str(_PAGE_SIZE)))
        for _ in range(_ATTEMPTS):
            found = self._all_figures(pairs)
            if found is not None:
                return found
        raise UnavailableError("the data change faster than their figures can be read")

    def _all_figures(self, pairs: list[tuple[str, str]]) -> FigureTable | None:
        """The figures of all pages; None where the data changed between two of them."""
        figures: list[api.Figure] = []
        number, first = 1, None
        while True:
            page = cast(api.FigureList, self._get("api/figures", *pairs, ("page", str(number))))
            first = first or page
            if page["version"] != first["version"]:
                return None
            figures += page["figures"]
            if page["next"] is None:
                return FigureTable(figures, first["version"], first["unreadable"])
            number += 1

    def entity(self, iri: str, *, infer: bool = True) -> api.Entity:
        """What the graph says of a thing, by its IRI or CURIE.

        Raises:
            ProblemError: 404 the graph says nothing of it.
        """
        return cast(api.Entity, self._get("api/entity", ("iri", iri), ("infer", _truth(infer))))

    def entities(self, of_class: str, *, infer: bool = True) -> list[api.Named]:
        """All members of a class, by its IRI or CURIE, in the order of their IRIs."""
        found: list[api.Named] = []
        number = 1
        while True:
            asked = {"class": of_class, "infer": _truth(infer), "size": _PAGE_SIZE, "page": number}
            page = cast(api.EntityList, self._get("api/entities", *asked.items()))
            found += page["entities"]
            if page["next"] is None:
                return found
            number += 1

    def search(self, text: str, *, in_class: str = "", size: int = 20) -> api.SearchAnswer:
        """Things by their names and definitions, the best `size` (100 at most) first."""
        more = [("class", in_class)] if in_class else []
        answer = self._get("api/search", ("q", text), ("size", str(size)), *more)
        return cast(api.SearchAnswer, answer)

    def explain(self, s: Term, p: Term, o: Term, *, limit: int = 1) -> list[api.ProofStep]:
        """The minimal proofs of a statement, the smallest first, `limit` (10 at most) of them.

        Terms are IRIs or CURIEs as text, or terms of pyoxigraph.

        Raises:
            ProblemError: 404 the statement does not hold.
        """
        terms = {"s": _term(s), "p": _term(p), "o": _term(o), "limit": str(limit)}
        return cast(api.Explanation, self._get("api/explain", *terms.items()))["proofs"]

    def _get(self, path: str, *pairs: tuple[str, object]) -> Any:
        more = [("lang", self.language)] if self.language else []
        asked = urlencode([*pairs, *more])
        address = urljoin(self.address, path) + (f"?{asked}" if asked else "")
        reply = self._connection.send(address, accept="application/json")
        try:
            return json.loads(reply.body)
        except ValueError as error:
            raise RemoteError(
                address, "its answer is no JSON", hint="is it an etown-kg server?"
            ) from error


def _version(reply: Reply) -> str:
    """The state of the data, which begins the entity tag."""
    return reply.headers.get("etag", "").strip('W/"').rpartition(".")[0]


def _each(values: Names) -> list[str]:
    if values is None:
        return []
    return [values] if isinstance(values, str) else list(values)


def _spelled(number: Quantity) -> str:
    """A number as an address has it; `repr` of a float is the shortest that is the same."""
    return repr(number) if isinstance(number, float) else str(number)


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _term(term: Term) -> str:
    return term.value if isinstance(term, NamedNode) else str(term)
