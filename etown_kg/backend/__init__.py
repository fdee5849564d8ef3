"""What the web layer asks for answers, whoever computes them.

One interface (`Backend`), so that the pages and the protocol do not know whether a query runs
in this process, in a forked executor or in another store. `local` is the first of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from etown_kg.formats import Form, Format


@dataclass(frozen=True)
class QueryRequest:
    """One query as the protocol carries it; the answer's format depends on its form.

    `accept` is the Accept header, `parameters` the values of ``format``, ``output`` and
    ``results``; `default_graphs` and `named_graphs` are IRIs of the protocol's dataset.
    """

    text: str
    accept: str | None = None
    parameters: tuple[str, ...] = ()
    infer: bool = True
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()


@dataclass(frozen=True)
class QueryResult:
    """A whole answer: it was evaluated to the end before anyone sees its first byte."""

    form: Form
    format: Format
    body: bytes


@dataclass(frozen=True)
class Status:
    """What is being served. `version` changes with every change of the data."""

    version: str
    asserted: int
    inferred: int
    graphs: tuple[str, ...]


class Backend(Protocol):
    """Answers queries about one knowledge graph."""

    def query(self, request: QueryRequest) -> QueryResult:
        """The whole answer.

        Raises:
            QueryError: the query does not parse or cannot be evaluated.
            FormatError: no acceptable format is offered.
        """
        ...

    def status(self) -> Status:
        """The version and size of what is served."""
        ...
