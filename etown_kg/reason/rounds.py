"""What happens in a round, in order, and what it came to.

Stages order derivations for `backward`: a triple's premises have lower stages than itself, but
for transitive relations, which grow along whole paths in one stage. A round has STAGES_PER_ROUND
of them, see `Stage`.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

STAGES_PER_ROUND = 8


class Stage(IntEnum):
    """What happens in a round, in order."""

    EQUAL = 0
    RENAMED = 1
    CONCLUDED = 2
    RESTATED = 3
    PASSED_UP = 4
    TYPED = 5
    TYPED_UP = 6


class RuleCount(NamedTuple):
    """What one rule did in a round: recent rows it read, rows it concluded, known ones too."""

    rule: str
    input: int
    concluded: int


class Round(NamedTuple):
    """Statistics of one round: `new` triples admitted, and what the rules made of them."""

    number: int
    new: int
    milliseconds: float
    rules: tuple[RuleCount, ...]
