"""The shapes of a graph: what they find in its quads, and whether a change brings what was not
there before.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pyoxigraph import NamedNode, Quad

from etown_kg.errors import InvalidError, MissingPathError
from etown_kg.findings import Finding, Report
from etown_kg.store import Dataset, Delta


class Shapes:
    """The SHACL shapes and hygiene queries in an ontology's folder.

    Attributes:
        known: the violations that the data have as they are; None if that is not known.
    """

    def __init__(self, ontology: Path | None, base: str) -> None:
        self._ontology = ontology
        self._base = base
        self.known: frozenset[Finding] | None = None

    def report(self, quads: Iterable[Quad]) -> Report:
        """What is found in these quads.

        Raises:
            MissingPathError: there are no shapes.
        """
        # Here, not at the top: pySHACL takes 0.1 s to import, and a server does not need it.
        from etown_kg.validate import validate

        if self._ontology is None or not (self._ontology / "shapes").is_dir():
            raise MissingPathError(
                "shapes" if self._ontology is None else self._ontology / "shapes",
                "a folder with SHACL shapes",
            )
        hygiene = self._ontology / "queries" / "hygiene"
        # What the program makes itself is not for the authors of data to mend.
        meta = NamedNode(f"{self._base}graph/meta")
        quads = (quad for quad in quads if quad.graph_name != meta)
        return validate(quads, self._ontology / "shapes", hygiene if hygiene.is_dir() else None)

    def check(self, asserted: Dataset, delta: Delta) -> frozenset[Finding]:
        """The violations after a change of the data that `known` is about.

        Raises:
            InvalidError: some were not there before it.
        """
        if self.known is None:
            self.known = _violations(self.report(asserted))
        found = _violations(self.report(delta.after(asserted)))
        if fresh := found - self.known:
            raise InvalidError(sorted(fresh))
        return found


def prepare() -> None:
    """Load what checks: for a process that forks others to do so."""
    import etown_kg.validate  # noqa: F401


def _violations(report: Report) -> frozenset[Finding]:
    return frozenset(each for each in report.findings if each.severity == "violation")
