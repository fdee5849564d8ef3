"""The table of hostile queries (`queries.txt`), read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad

_REPEATED = re.compile(r"⟦(\d+)×([^⟦⟧]*)⟧")
_INNER = re.compile(r"⟦⟦(\d+)×([^⟦⟧]*)⟧⟧")


@dataclass(frozen=True)
class Case:
    """One query: its name, its text written out, and what may become of it."""

    name: str
    outcome: str
    value: str
    text: str


def cases() -> list[Case]:
    """All queries of the table in order."""
    table = (Path(__file__).parent / "queries.txt").read_text(encoding="utf-8")
    found = []
    for block in re.split(r"^== ", table, flags=re.MULTILINE)[1:]:
        head, _, text = block.partition("\n")
        name, outcome = (piece.strip() for piece in head.split("|"))
        outcome, _, value = outcome.partition(" ")
        found.append(Case(name, outcome, value, written_out(text.strip())))
    return found


def written_out(text: str) -> str:
    """The text with its repetitions.

    >>> written_out("⟦3×?x§ ⟧ ⟦2×(⟧")
    '?x0 ?x1 ?x2  (('
    """

    def repeated(match: re.Match[str]) -> str:
        piece = match[2]
        return "".join(
            piece.replace("§+", str(n + 1)).replace("§", str(n)) for n in range(int(match[1]))
        )

    text = text.replace("␀", "\0")
    text = _INNER.sub(lambda match: match[2] * int(match[1]), text)
    return _REPEATED.sub(repeated, text)


def ring() -> list[Quad]:
    """The data: a ring of 100 nodes with numbers."""
    graph = NamedNode("x:g")
    nodes = [NamedNode(f"x:n{n}") for n in range(100)]
    return [
        quad
        for n, node in enumerate(nodes)
        for quad in (
            Quad(node, NamedNode("x:next"), nodes[(n + 1) % 100], graph),
            Quad(node, NamedNode("x:v"), Literal(n), graph),
        )
    ]
