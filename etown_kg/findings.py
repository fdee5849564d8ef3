"""A finding: what a check found, as a value.

Every check of the package (shapes, hygiene queries, evidence, OWL 2 RL grammar, derived
figures) returns findings, so that the command line, the web pages and programs print and
count them in one way. The words are SHACL's validation report
(https://www.w3.org/TR/shacl/#validation-report): focus node, path, value, severity, message.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["violation", "warning", "info"]


@dataclass(frozen=True, order=True)
class Finding:
    """One result of one check.

    `check` names the shape, query or rule; `focus` and `path` are IRIs, N-Triples terms or
    file names as the check has them ("" where it has none); `value` is what was found there.
    """

    check: str
    focus: str
    message: str
    path: str = ""
    value: str = ""
    severity: Severity = "violation"

    def __str__(self) -> str:
        place = " ".join(part for part in (self.focus, self.path) if part)
        shown = f" (found {self.value})" if self.value else ""
        return f"{self.severity} [{self.check}] {place}: {self.message}{shown}"


@dataclass(frozen=True)
class Report:
    """The findings of one run. A report *conforms* when none of them is a violation."""

    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Report:
        """The report of these findings, sorted and without duplicates."""
        return cls(tuple(sorted(set(findings))))

    @property
    def conforms(self) -> bool:
        """Whether no finding is a violation."""
        return not any(finding.severity == "violation" for finding in self.findings)

    def __len__(self) -> int:
        return len(self.findings)
