"""How a derived figure follows from others: its formula, its inputs, its result."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from etown_kg.errors import FormulaError
from etown_kg.figures.figure import Figure
from etown_kg.formula import Formula
from etown_kg.interval import Interval

# A name in a formula; what stands before a parenthesis is a function.
_NAME = re.compile(r"([A-Za-z_]\w*)(?!\w*\s*\()", re.ASCII)


@dataclass(frozen=True)
class Working:
    """A formula taken apart for reading.

    `parts` are pieces of its text, each with the figure that it names, if it names one; `inputs`
    are the figures by the name that the formula calls them. `result` is what the formula gives,
    computed now; None when it cannot be computed, and then `problem` says why.
    """

    figure: Figure
    parts: tuple[tuple[str, Figure | None], ...]
    inputs: tuple[tuple[str, Figure], ...]
    result: Interval | None
    problem: str = ""


def working(figure: Figure, figures: Mapping[str, Figure]) -> Working:
    """The working of a derived figure; `figures` are all that there are, by IRI."""
    inputs = {figures[iri].name: figures[iri] for iri in figure.inputs if iri in figures}
    pieces = _NAME.split(figure.formula)
    parts = tuple((piece, inputs.get(piece)) for piece in pieces if piece)
    result, problem = None, ""
    try:
        result = Formula.parse(figure.formula).interval(
            {name: each.interval for name, each in inputs.items()},
            {name: each.number for name, each in inputs.items() if each.number is not None},
        )
    except FormulaError as error:
        problem = error.problem
    return Working(figure, parts, tuple(inputs.items()), result, problem)
