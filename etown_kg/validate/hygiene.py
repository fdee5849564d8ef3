"""Hygiene queries: one rule a file, a SPARQL SELECT whose rows are findings.

A file starts with comments: ``# message: ...`` (also ``# message@zh:``) and ``# severity: ...``.
The query selects ?focus, and may select ?path, ?value and ?message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from pyoxigraph import Literal, QuerySolutions, Store

from etown_kg.errors import SourceError
from etown_kg.findings import Finding, Severity
from etown_kg.validate.rules import SparqlProblem, rule_files, shown


@dataclass(frozen=True)
class HygieneQuery:
    """One rule: a SELECT that finds what breaks it. `messages` has a text per language tag."""

    path: Path
    text: str
    severity: Severity
    messages: dict[str, str]

    @property
    def name(self) -> str:
        """What it finds, as its file is called."""
        return self.path.stem

    def run(self, store: Store, language: str = "en") -> Iterator[Finding]:
        """A finding for each row, read from ?focus, ?path, ?value and ?message."""
        message = self.messages.get(language, self.messages["en"])
        solutions = _solutions(self.path, store, self.text)
        names = {variable.value for variable in solutions.variables}
        for solution in solutions:
            row = {name: solution[name] for name in names}
            told = row.get("message")
            yield Finding(
                check=self.name,
                focus=shown(row["focus"]),
                message=told.value if isinstance(told, Literal) else message,
                path=shown(row.get("path")),
                value=shown(row.get("value")),
                severity=self.severity,
            )


def read_queries(path: Path, *, closure: bool = False) -> tuple[HygieneQuery, ...]:
    """The hygiene queries of a file or folder, sorted by path; those of the closure apart.

    Raises:
        MissingPathError: no query is there.
        SourceError: a header without severity or message, or a text that is no SELECT with ?focus.
    """
    found = rule_files(path, (".rq",), "hygiene queries (*.rq)", closure=closure)
    return tuple(_read_query(file) for file in found)


def _read_query(file: Path) -> HygieneQuery:
    text = file.read_text(encoding="utf-8")
    severity, messages = "", {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("#"):
            break
        header = re.fullmatch(r"#\s*(severity|message)(?:@([\w-]+))?:\s*(\S.*?)\s*", line)
        if header is None:
            continue
        key, language, value = header.groups()
        if key == "message":
            messages[language or "en"] = value
        elif value in get_args(Severity):
            severity = value
        else:
            raise SourceError(
                file, f"{value!r} is no severity", line=number, hint="violation, warning or info"
            )
    if not severity or "en" not in messages:
        raise SourceError(
            file,
            "a hygiene query starts with its message and severity",
            line=1,
            hint="begin with the lines '# message: ...' and '# severity: violation'",
        )
    query = HygieneQuery(file, text, cast("Severity", severity), messages)
    if not any(variable.value == "focus" for variable in _solutions(file, Store(), text).variables):
        raise SourceError(file, "a hygiene query selects ?focus, the node at fault", line=1)
    return query


def _solutions(file: Path, store: Store, text: str) -> QuerySolutions:
    try:
        solutions = store.query(text, use_default_graph_as_union=True)
    except SyntaxError as error:
        problem = SparqlProblem.of(error)
        raise SourceError(file, problem.text, line=problem.line, column=problem.column) from error
    if not isinstance(solutions, QuerySolutions):
        raise SourceError(file, "a hygiene query is a SELECT whose rows are findings")
    return solutions
