"""Proofs of what a closure holds, by rule, down to what was asserted.

A proof takes one derivation (`backward`) of its goal, one of each premise, and so on until
everything is asserted. `justify.py` makes proofs minimal, and finds all of them.
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, NamedTuple

from etown_kg.reason.backward import LATEST, MAX_DERIVATIONS, Derivation, Derivations, Goal
from etown_kg.reason.backward.cells import list_triples
from etown_kg.reason.consistency import Violation
from etown_kg.reason.dictionary import DIFFERENT_FROM, SAME_AS, TYPE, VALUE
from etown_kg.reason.proof import Proof
from etown_kg.reason.rules import RULE, Members

if TYPE_CHECKING:
    from etown_kg.reason.closure import Closure

# Goals that a search for all proofs may visit.
MAX_GOALS = 5000

# A goal, and the stage before which its premises must have come.
_Wanted = tuple[Goal, int]


class Explainer:
    """Finds proofs in one closure, as it is when this is made."""

    def __init__(self, closure: Closure) -> None:
        self._closure = closure
        self._engine = closure.engine
        self._derivations = Derivations(closure)

    def prove(self, goal: Goal, before: int = LATEST) -> Proof | None:
        """One proof of a goal with premises of earlier stages; None if there is none.

        Iterative, since a proof may be deeper than Python's stack.
        """
        # Where a name of owl:sameAs is itself the same as something, a renaming may lean on
        # itself within one stage: such a derivation is dropped and another one taken.
        dropped: dict[_Wanted, list[Derivation]] = defaultdict(list)
        for _ in range(MAX_DERIVATIONS):
            chosen = self._choose((goal, before), dropped)
            if chosen is None:
                return None
            order = _order((goal, before), chosen)
            if not isinstance(order, _Circle):
                return self._build(order, chosen)
            derivation = chosen[order.at]
            assert derivation is not None
            dropped[order.at].append(derivation)
        return None

    def _choose(
        self, root: _Wanted, dropped: dict[_Wanted, list[Derivation]]
    ) -> dict[_Wanted, Derivation | None] | None:
        """A derivation for everything that a proof needs, None for what is asserted."""
        chosen: dict[_Wanted, Derivation | None] = {}
        stack = [root]
        while stack:
            wanted = stack.pop()
            if wanted in chosen:
                continue
            if self._closure.is_asserted(*wanted[0]):
                chosen[wanted] = None
                continue
            refused = dropped.get(wanted, ())
            found = self._derivations.of(*wanted, limit=1 + len(refused))
            derivation = next((each for each in found if each not in refused), None)
            if derivation is None:
                return None
            chosen[wanted] = derivation
            stack += _premises_of(derivation)
        return chosen

    def _build(self, order: list[_Wanted], chosen: dict[_Wanted, Derivation | None]) -> Proof:
        """The proof of the last of the wanted goals; `order` has premises first."""
        built: dict[_Wanted, Proof] = {}
        for wanted in order:
            derivation = chosen[wanted]
            if derivation is None:
                built[wanted] = self._leaf(wanted[0])
            else:
                rule = derivation.rule
                premises = tuple(built[item] for item in _premises_of(derivation))
                built[wanted] = Proof(self._said(wanted[0]), rule.id, rule.text, premises)
        proof = built[order[-1]]
        kinds = self._engine.dictionary.kinds
        if any(kinds[number] == VALUE for (item, _) in chosen for number in (item[0], item[2])):
            # A value is shown as one literal that has it: steps between the two say nothing.
            proof = _without_detours(proof)
        return proof

    def _leaf(self, goal: Goal) -> Proof:
        names = tuple(name.decode() for name in self._closure.graphs_of(*goal))
        return Proof(self._said(goal), "", "", (), names)

    def _said(self, goal: Goal) -> tuple[str, str, str]:
        s, p, o = (self._closure.terms.ntriples(number).decode() for number in goal)
        return s, p, o

    def prove_violation(self, violation: Violation) -> Proof | None:
        """A proof of a clash; None if its premises no longer hold."""
        rule = RULE[violation.rule]
        premises: tuple[Proof | None, ...]
        if violation.literals is not None:
            one, other = violation.literals
            same = self._prove_clash(one, other)
            differ = (one, DIFFERENT_FROM, other)
            clause = RULE["dt-diff"]
            premises = (same, Proof(self._said(differ), clause.id, clause.text))
        elif rule.id == "dt-not-type" and len(violation.premises) == 2:
            # The engine looks at a range itself instead of typing its literals.
            (_, _, datatype), (_, _, literal) = violation.premises
            below = tuple(self.prove(premise) for premise in violation.premises)
            if any(premise is None for premise in below):
                return None
            clause = RULE["prp-rng"]
            typed = self._said((literal, TYPE, datatype))
            typing = Proof(typed, clause.id, clause.text, below)  # type: ignore[arg-type]
            premises = (typing,)
        else:
            goals = violation.premises
            if rule.members is Members.TWO:
                goals = (*goals[:2], *self._cells_of(goals), *goals[2:])
            premises = tuple(self.prove(goal) for goal in goals)
        if any(premise is None for premise in premises):
            return None
        return Proof(None, rule.id, rule.text, premises)  # type: ignore[arg-type]

    def _cells_of(self, goals: tuple[Goal, ...]) -> tuple[Goal, ...]:
        """The list of a rule over two members: one that has both."""
        head = goals[1][2]
        wanted = {number for goal in goals[2:] for number in goal}
        lists = list(self._derivations.cells.lists_from(head, LATEST))
        lists.sort(key=lambda found: -sum(member in wanted for member, _ in found))
        return list_triples(lists[0]) if lists else ()

    def _prove_clash(self, one: int, other: int) -> Proof | None:
        """That two literals would be the same; the engine does not merge them."""
        goal = (one, SAME_AS, other)
        for derivation in self._derivations.sameness.identity(one, other, LATEST, MAX_DERIVATIONS):
            premises = tuple(self.prove(p, derivation.stage) for p in derivation.premises)
            if all(premises):
                rule = derivation.rule
                return Proof(self._said(goal), rule.id, rule.text, premises)  # type: ignore[arg-type]
        return self.prove(goal)

    def reach(self, goal: Goal) -> set[Goal] | None:
        """The asserted triples that any derivation of a goal can use.

        None if that is more than MAX_GOALS goals away.
        """
        leaves: set[Goal] = set()
        seen = {goal}
        queue = deque([goal])
        while queue:
            if len(seen) > MAX_GOALS:
                return None
            current = queue.popleft()
            if self._closure.is_asserted(*current):
                leaves.add(current)
            for premise in self._derivations.premises(current, MAX_GOALS):
                if premise not in seen:
                    seen.add(premise)
                    queue.append(premise)
        return leaves


class _Circle(NamedTuple):
    """A goal whose chosen derivation needs the goal itself."""

    at: _Wanted


def _premises_of(derivation: Derivation) -> list[_Wanted]:
    return [(premise, derivation.stage) for premise in derivation.premises]


def _order(root: _Wanted, chosen: dict[_Wanted, Derivation | None]) -> list[_Wanted] | _Circle:
    """What is chosen with premises first and the root last; or where it runs in a circle."""
    done: dict[_Wanted, None] = {}
    open_: set[_Wanted] = set()
    stack = [root]
    while stack:
        wanted = stack[-1]
        derivation = chosen[wanted]
        below = _premises_of(derivation) if derivation is not None else []
        missing = [item for item in below if item not in done]
        if not missing:
            stack.pop()
            open_.discard(wanted)
            done[wanted] = None
            continue
        open_.add(wanted)
        if any(item in open_ for item in missing):
            return _Circle(wanted)
        stack += missing
    return list(done)


def _without_detours(proof: Proof) -> Proof:
    """Replace a step by one below it that has the same conclusion."""
    same = [step for step in proof.walk() if step.conclusion == proof.conclusion]
    if len(same) > 1:
        return _without_detours(min(same[1:], key=lambda step: step.depth))
    premises = tuple(map(_without_detours, proof.premises))
    return Proof(proof.conclusion, proof.rule, proof.text, premises, proof.graphs)
