"""The answer to a query, evaluated as it is read."""

from __future__ import annotations

import io
from typing import BinaryIO, cast

from pyoxigraph import (
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    Triple,
)

from etown_kg import export
from etown_kg.errors import QueryError
from etown_kg.formats import Form, Format
from etown_kg.store.spelling import Term


class Answer:
    """The answer to one query, evaluated as it is read; it can be read once.

    `form` is SELECT, ASK or CONSTRUCT (a DESCRIBE answers as a CONSTRUCT does).
    """

    def __init__(self, result: QuerySolutions | QueryBoolean | QueryTriples) -> None:
        self._result = result
        self.form: Form = (
            "SELECT"
            if isinstance(result, QuerySolutions)
            else "ASK"
            if isinstance(result, QueryBoolean)
            else "CONSTRUCT"
        )

    @property
    def variables(self) -> list[str]:
        """The variables of a SELECT, without the question mark, in order."""
        return [variable.value for variable in self._solutions().variables]

    def rows(self) -> list[tuple[Term | None, ...]]:
        """The solutions of a SELECT, a term or None per variable."""
        solutions = self._solutions()
        variables = solutions.variables
        return [tuple(solution[name] for name in variables) for solution in solutions]

    @property
    def boolean(self) -> bool:
        """The answer to an ASK."""
        if not isinstance(self._result, QueryBoolean):
            raise TypeError(f"a {self.form} has no boolean")
        return bool(self._result)

    def triples(self) -> list[Triple]:
        """The triples of a CONSTRUCT or DESCRIBE, each once (they are a set), sorted."""
        if not isinstance(self._result, QueryTriples):
            raise TypeError(f"a {self.form} has no triples")
        return sorted(set(self._result), key=str)

    def serialize(self, format: Format) -> bytes:
        """The whole answer in a format of its form; fails as `write` does."""
        out = io.BytesIO()
        self.write(out, format)
        return out.getvalue()

    def write(self, out: BinaryIO, format: Format) -> None:
        """Write the answer in a format of its form (`formats.for_form`) as it is evaluated.

        An exception of `out.write` ends the evaluation and comes out as it is, so that a
        bounded stream stops an endless answer.

        Raises:
            TypeError: the format cannot carry this form.
            QueryError: the evaluation failed, perhaps after a part was written.
            SettingError: the format cannot hold a value, perhaps after a part was written.
        """
        if format.results is not None and not isinstance(self._result, QueryTriples):
            try:
                is_xml = format.results == QueryResultsFormat.XML
                # Under its own type: the stubs want what `BinaryIO` has and nobody calls.
                stream = cast(BinaryIO, export.XmlStream(out, format.label)) if is_xml else out
                self._result.serialize(stream, format=format.results)
            except OSError as error:
                raise QueryError(f"cannot be evaluated: {error}") from error
        elif format.rdf is None:
            raise TypeError(f"{format.label} cannot carry a {self.form}")
        else:
            export.write(self.triples(), out, format)

    def _solutions(self) -> QuerySolutions:
        if not isinstance(self._result, QuerySolutions):
            raise TypeError(f"a {self.form} has no solutions")
        return self._result
