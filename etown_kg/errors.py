"""The failures this package raises, each with its culprit as data.

    EtownError
    ├── SettingError        a setting or option with a value that cannot be used
    ├── ParameterError      (a SettingError) a parameter of an address that cannot be used
    ├── MissingPathError    a file or folder that is not there
    ├── SourceError         a file that does not parse: file, line, column
    ├── QueryError          a SPARQL query that does not parse or evaluate: line, column
    ├── FormulaError        a formula of a derived figure that cannot be read or evaluated
    ├── UploadError         a graph from outside that does not parse: line, column
    ├── MediaTypeError      a body of a type that is not read
    ├── FormatError         a name, media type or file name that no format answers to
    ├── LimitError          a bound (memory, time, size) that was reached
    ├── DiskFullError       (a LimitError) no room left for a change
    ├── ReadOnlyError       a change of what may only be read
    ├── ForbiddenError      a change that this writer may not make
    ├── ConflictError       a change of a state that is no longer the current one
    ├── NoGraphError        an operation on a graph that does not exist
    ├── StorageError        a location that is in use, damaged or no location
    ├── UnavailableError    nobody to answer at the moment
    ├── RemoteError         another server, asked by SERVICE or LOAD, that does not answer well
    ├── UnsupportedError    what the store behind this server cannot do
    ├── CancelledError      a request whose client has left
    ├── InconsistentError   a graph without a model: its violations
    └── InvalidError        data refused by validation: its findings

A *finding* (a shape not met, a clash) is a value and is collected and reported; a *failure*
is one of these exceptions and ends the operation. The command line prints `str(error)` and
exits with `error.exit_code`; the web layer maps the class to a status code in one place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal


class EtownError(Exception):
    """Base of all failures that a user can cause and mend.

    `hint` says what to do; it is printed on a line of its own behind the message.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class SettingError(EtownError):
    """A setting, option or parameter whose value cannot be used."""

    exit_code = 2

    def __init__(self, name: str, problem: str, *, hint: str | None = None) -> None:
        super().__init__(f"{name}: {problem}", hint=hint)
        self.name = name


class ParameterError(SettingError):
    """A parameter of an address whose value cannot be used; `known` are values that can.

    `code` tells the kind of problem in one word, for who says it in another language.
    """

    def __init__(
        self, name: str, value: str, problem: str, *, known: Sequence[str] = (), code: str
    ) -> None:
        shown = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
        super().__init__(f"{name}={value}", problem, hint=f"known: {shown}" if known else None)
        self.name = name
        self.value = value
        self.problem = problem
        self.known = tuple(known)
        self.code = code


class MissingPathError(EtownError):
    """A file or folder that is not there."""

    def __init__(self, path: object, expected: str, *, hint: str | None = None) -> None:
        super().__init__(f"{path}: not found (expected {expected})", hint=hint)
        self.path = path


class SourceError(EtownError):
    """A source file that does not parse. `line` and `column` count from 1, or are None."""

    def __init__(
        self,
        path: object,
        problem: str,
        *,
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
    ) -> None:
        place = str(path)
        if line is not None:
            place += f":{line}"
            if column is not None:
                place += f":{column}"
        super().__init__(f"{place}: {problem}", hint=hint)
        self.path = path
        self.line = line
        self.column = column
        self.problem = problem


class QueryError(EtownError):
    """A SPARQL query that cannot be parsed or evaluated, placed in the user's own text."""

    def __init__(
        self,
        problem: str,
        *,
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
    ) -> None:
        place = "" if line is None else f"line {line}, column {column}: "
        super().__init__(f"{place}{problem}", hint=hint)
        self.line = line
        self.column = column
        self.problem = problem


class FormulaError(EtownError):
    """A formula of a derived figure that cannot be read or evaluated.

    `position` is the 0-based character of the formula at which reading stopped, or None.
    """

    def __init__(self, formula: str, problem: str, *, position: int | None = None) -> None:
        place = "" if position is None else f" at character {position}"
        super().__init__(f"formula {formula!r}{place}: {problem}")
        self.formula = formula
        self.position = position
        self.problem = problem


class FormatError(EtownError):
    """A format name, media type or file suffix that no known format answers to."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"{name!r} is not a known format", hint=f"known: {', '.join(known)}")
        self.name = name
        self.known = tuple(known)


class UploadError(EtownError):
    """A graph from outside that is refused. `line` and `column` count from 1, or are None."""

    def __init__(
        self,
        problem: str,
        *,
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
    ) -> None:
        place = "" if line is None else f"line {line}, column {column}: "
        super().__init__(f"{place}{problem}", hint=hint)
        self.line = line
        self.column = column
        self.problem = problem


class MediaTypeError(EtownError):
    """A body whose media type is not read here; `known` are those that are."""

    def __init__(self, media_type: str, known: Sequence[str], *, hint: str | None = None) -> None:
        super().__init__(f"a body of type {media_type or '(none given)'} is not read", hint=hint)
        self.media_type = media_type
        self.known = tuple(known)


LimitKind = Literal["time", "memory", "answer", "request", "busy"]


class LimitError(EtownError):
    """A bound that was reached; `limit` names it with its value and unit.

    `kind` tells what ran out: the time, the memory or the size that a query may take, the size
    that a request may have, or the places for one client's work.
    """

    def __init__(
        self, limit: str, problem: str, *, hint: str | None = None, kind: LimitKind = "memory"
    ) -> None:
        super().__init__(f"{limit}: {problem}", hint=hint)
        self.limit = limit
        self.kind: LimitKind = kind
        self.problem = problem


class DiskFullError(LimitError):
    """No room for a change of the data; reading goes on (HTTP 507)."""

    def __init__(self, limit: str, problem: str, *, hint: str | None = None) -> None:
        super().__init__(limit, problem, hint=hint)


class ReadOnlyError(EtownError):
    """A change of what may only be read: a graph that the program makes, or all of them."""


class ForbiddenError(EtownError):
    """A change that this writer may not make; `graphs` are those that it would touch."""

    def __init__(self, graphs: Sequence[str], *, hint: str | None = None) -> None:
        super().__init__(f"not allowed to change {', '.join(graphs)}", hint=hint)
        self.graphs = tuple(graphs)


class ConflictError(EtownError):
    """A change made for another state than the current one: ask again, then change."""


class NoGraphError(EtownError):
    """An operation on a graph that does not exist; `graph` is its IRI."""

    def __init__(self, graph: str, *, hint: str | None = None) -> None:
        super().__init__(f"there is no graph {graph}", hint=hint)
        self.graph = graph


class StorageError(EtownError):
    """A location that another process uses, that is damaged, or that is no location."""


class UnavailableError(EtownError):
    """Nobody can answer at the moment; the same request may succeed a little later."""


class RemoteError(EtownError):
    """Another server, asked on somebody's behalf, has no answer of use; `iri` is its address.

    `is_size` tells that there is an answer, larger than what was allowed for.
    """

    def __init__(
        self, iri: str, problem: str, *, hint: str | None = None, is_size: bool = False
    ) -> None:
        super().__init__(f"{iri}: {problem}", hint=hint)
        self.is_size = is_size
        self.iri = iri
        self.problem = problem


class UnsupportedError(EtownError):
    """What was asked for needs the graph itself, and another store has it (HTTP 501)."""


class CancelledError(EtownError):
    """A request whose client left before it was answered; its work was stopped."""


class InconsistentError(EtownError):
    """A graph that has no model. `violations` are the reasoner's findings.

    `proofs` say why, down to what was asserted, for as many of them as somebody asked for.
    """

    def __init__(self, violations: Sequence[object], proofs: Sequence[object] = ()) -> None:
        shown = "\n  ".join(str(violation) for violation in violations[:10])
        more = len(violations) - 10
        if more > 0:
            shown += f"\n  ... and {more} more"
        for proof in proofs:
            shown += "\n  " + str(proof).replace("\n", "\n  ")
        super().__init__(f"the graph is inconsistent: {len(violations)} violation(s)", hint=shown)
        self.violations = tuple(violations)
        self.proofs = tuple(proofs)


class InvalidError(EtownError):
    """Data that validation refuses. `findings` are the report's entries."""

    def __init__(self, findings: Sequence[object]) -> None:
        shown = "\n  ".join(str(finding) for finding in findings[:10])
        more = len(findings) - 10
        if more > 0:
            shown += f"\n  ... and {more} more"
        super().__init__(f"validation failed: {len(findings)} finding(s)", hint=shown)
        self.findings = tuple(findings)
