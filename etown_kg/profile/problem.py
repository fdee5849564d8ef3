"""What a check of the profile finds, before it is written out as a finding."""

from __future__ import annotations

from dataclasses import dataclass

from rdflib.term import Node

from etown_kg.profile.axiom import Axiom
from etown_kg.profile.expression import Expression


@dataclass(frozen=True)
class Problem:
    """What one check found: an axiom, or an expression or term where no axiom is at fault."""

    check: str
    culprit: Axiom | Expression | Node
    message: str
    hint: str = ""
