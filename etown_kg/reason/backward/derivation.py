"""What a search backwards finds: a rule, and the triples that match its body."""

from __future__ import annotations

from typing import NamedTuple

from etown_kg.reason.rules import Rule

Goal = tuple[int, int, int]

# Beyond any stage.
LATEST = 1 << 62
# Derivations of one goal by one rule that are looked at.
MAX_DERIVATIONS = 64


class Derivation(NamedTuple):
    """One way to conclude a goal: the rule, and the triples that match its body."""

    rule: Rule
    premises: tuple[Goal, ...]
    stage: int
