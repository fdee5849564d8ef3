"""The solutions of a SELECT: terms, Python values, and tables of pandas and polars."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from pyoxigraph import QueryResultsFormat, QuerySolutions, parse_query_results

from etown_kg.client import columns
from etown_kg.client.values import Term, Value, value_of

if TYPE_CHECKING:
    import pandas
    import polars


class Solutions(Collection[Mapping[str, Value]]):
    """Solutions in the server's order; each is a mapping, unbound variables are None.

    Attributes:
        variables: the variables without the question mark, in the query's order.
        terms: the solutions as RDF terms.
        version: the state of the data that the server answered from, "" if it does not say.
    """

    def __init__(
        self, variables: Sequence[str], terms: Sequence[tuple[Term | None, ...]], version: str = ""
    ) -> None:
        self.variables = tuple(variables)
        self.terms = list(terms)
        self.version = version

    @classmethod
    def parse(cls, body: bytes, version: str = "") -> Solutions:
        """The solutions in a JSON document of SPARQL 1.1 (results-json).

        Raises:
            SyntaxError: it is none, or is cut short.
            TypeError: it is the truth value of an ASK.
        """
        read = parse_query_results(body, QueryResultsFormat.JSON)
        if not isinstance(read, QuerySolutions):
            raise TypeError("the answer is a truth value, not solutions")
        names = read.variables
        terms = [tuple(solution[name] for name in names) for solution in read]
        return cls([name.value for name in names], terms, version)

    @cached_property
    def rows(self) -> list[dict[str, Value]]:
        """The solutions as Python values: numbers exact (`int`, `Decimal`), dates as dates."""
        return [dict(zip(self.variables, map(value_of, row), strict=True)) for row in self.terms]

    def column(self, variable: str) -> list[Value]:
        """The values of one variable.

        Raises:
            KeyError: the query has no such variable.
        """
        if variable not in self.variables:
            raise KeyError(f"{variable}; there are {', '.join(self.variables)}")
        return [row[variable] for row in self.rows]

    def to_pandas(self) -> pandas.DataFrame:
        """A data frame; see `columns` for the types of its columns."""
        return columns.to_pandas({name: self.column(name) for name in self.variables})

    def to_polars(self) -> polars.DataFrame:
        """A polars data frame."""
        return columns.to_polars({name: self.column(name) for name in self.variables})

    def __getitem__(self, index: int) -> Mapping[str, Value]:
        return self.rows[index]

    def __contains__(self, each: object) -> bool:
        return each in self.rows

    def __len__(self) -> int:
        return len(self.terms)

    def __iter__(self) -> Iterator[Mapping[str, Value]]:
        return iter(self.rows)

    def __repr__(self) -> str:
        return f"<{len(self)} solutions of {', '.join(self.variables)}>"
