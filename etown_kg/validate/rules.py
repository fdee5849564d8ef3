"""What shapes and queries share: where rules are kept, and how findings show terms."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from etown_kg.errors import MissingPathError

# The sub-folder of rules that hold in the closure only.
CLOSURE = "closure"


def rule_files(path: Path, suffixes: Iterable[str], what: str, *, closure: bool) -> list[Path]:
    """`path` itself, or the files below it in sorted order, those of the closure left out."""
    if path.is_file():
        return [path]
    wanted = frozenset(suffixes)
    found = sorted(
        file
        for file in path.rglob("*")
        if file.suffix.lower() in wanted
        and (closure or CLOSURE not in file.relative_to(path).parts[:-1])
    )
    if not found:
        raise MissingPathError(path, what)
    return found


@dataclass(frozen=True)
class SparqlProblem:
    """What Oxigraph says of a query text: where, and one line of what."""

    line: int | None
    column: int | None
    text: str

    @classmethod
    def of(cls, error: SyntaxError) -> SparqlProblem:
        """Read from its message, ``error at LINE:COLUMN: ...``, without the lists of every
        character that it would have taken."""
        text = " ".join(str(error).split())
        text = text if len(text) <= 160 else text[:157] + "..."
        place = re.match(r"error at (\d+):(\d+): ", text)
        if place is None:
            return cls(None, None, text)
        return cls(int(place[1]), int(place[2]), text[place.end() :])


def shown(term: NamedNode | BlankNode | Literal | Triple | None) -> str:
    """An IRI bare, a blank node or literal as N-Triples writes it, nothing as ""."""
    if term is None:
        return ""
    return term.value if isinstance(term, NamedNode) else str(term)
