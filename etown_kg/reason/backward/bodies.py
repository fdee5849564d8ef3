"""Derivations by the rules of the table: heads unified with a goal, bodies solved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from etown_kg.reason.backward.cells import Cells, list_triples
from etown_kg.reason.backward.derivation import LATEST, Derivation, Goal
from etown_kg.reason.backward.stages import Stages
from etown_kg.reason.dictionary import LIST_MEMBER, TYPE
from etown_kg.reason.join import Atom, solve
from etown_kg.reason.long_lists import INTERSECTION, KEY
from etown_kg.reason.relation import intersection, slice_of
from etown_kg.reason.rules import RULES, Condition, Members, Pattern, Rule
from etown_kg.reason.schema import atom_of, is_long


def _rules_by_head() -> dict[int | None, list[tuple[Rule, Pattern]]]:
    """Rules and heads by the predicate of the head, None for a variable."""
    table: dict[int | None, list[tuple[Rule, Pattern]]] = defaultdict(list)
    for rule in RULES:
        if rule.is_clash or rule.id.startswith("eq-") or rule.condition is not Condition.NONE:
            continue
        for head in rule.heads:
            table[head.predicate if isinstance(head.predicate, int) else None].append((rule, head))
    return table


_BY_HEAD = _rules_by_head()


class Bodies:
    """The bodies of the rules, solved in the facts of one closure."""

    def __init__(self, stages: Stages, cells: Cells) -> None:
        self._stages = stages
        self._cells = cells

    def derivations(self, goal: Goal, before: int, limit: int) -> list[Derivation]:
        """Ways to conclude a goal by rules with a body, `limit` of each rule and list at most."""
        found: list[Derivation] = []
        for rule, head in (*_BY_HEAD[goal[1]], *_BY_HEAD[None]):
            known = _unify(head, goal)
            if known is None:
                continue
            if rule.members in (Members.EVERY, Members.PATH):
                found += self._by_list_rule(rule, head, goal, before, limit)
            else:
                found += self._solved(rule, rule.flat_patterns, known, before, limit)
        return found

    def _by_list_rule(
        self, rule: Rule, head: Pattern, goal: Goal, before: int, limit: int
    ) -> Iterator[Derivation]:
        """Rules over every member of a list: once for each list that an axiom names."""
        assert rule.list is not None
        axiom = rule.patterns[0]
        known = _unify(head, goal) or {}
        start = axiom.subject if isinstance(axiom.subject, int) else known.get(axiom.subject, -1)
        heads = Atom(int(axiom.predicate), start, -2)
        if not self._stages.facts.size(heads.predicate):
            return
        solutions = solve(self._stages.facts, [heads])
        for row in range(solutions.count):
            node = int(solutions.columns[-2][row])
            for found_list in self._cells.lists_from(node, before):
                if is_long(found_list):
                    yield from self._by_long_list(rule, goal, node, found_list, before)
                    continue
                body, written = rule.for_members([member for member, _ in found_list])
                bound = _unify(written[0], goal)
                if bound is None:
                    continue
                bound[rule.list[0]] = node
                cells = list_triples(found_list)
                stage = self._cells.latest(cells) + 1
                for found in self._solved(rule, body, bound, before, limit):
                    premises = (found.premises[0], *cells, *found.premises[1:])
                    yield Derivation(rule, premises, max(found.stage, stage))

    def _by_long_list(
        self, rule: Rule, goal: Goal, head: int, found: list[tuple[int, int]], before: int
    ) -> Iterator[Derivation]:
        """The same for a list too long for its patterns to be solved together."""
        members = [member for member, _ in found]
        axiom = rule.patterns[0]
        assert isinstance(axiom.predicate, int)
        # The class of a key does not occur in the conclusion.
        subject = goal[2] if rule.id == INTERSECTION else goal[1]
        owners = slice_of(self._stages.facts.backward(axiom.predicate), head).tolist()
        for owner in owners if rule.id == KEY else [subject] if subject in owners else []:
            if rule.id == INTERSECTION:
                premises = [(goal[0], TYPE, member) for member in members]
            elif rule.id == KEY:
                premises = self._shared_values(goal, owner, members, before)
            else:
                premises = self._steps(goal, members, before)
            cells = list_triples(found)
            stages = [self._stages.of((owner, axiom.predicate, head))]
            stages += map(self._stages.of, premises)
            if premises and min(stages) >= 0 and max(stages) < before:
                stage = max(*stages, self._cells.latest(cells)) + 1
                whole = ((owner, axiom.predicate, head), *cells, *premises)
                yield Derivation(rule, whole, stage)

    def _shared_values(
        self, goal: Goal, class_: int, properties: list[int], before: int
    ) -> list[Goal]:
        """Types of two things, and what they have in common by each property; [] if not all."""
        one, _, other = goal
        premises = [(one, TYPE, class_), (other, TYPE, class_)]
        for property_ in properties:
            keys = self._stages.facts.forward(property_)
            values = intersection(slice_of(keys, one), slice_of(keys, other))
            first = self._stages.of_pairs(property_, np.full(len(values), one), values)
            second = self._stages.of_pairs(property_, np.full(len(values), other), values)
            early = values[(np.maximum(first, second) < before) & (np.minimum(first, second) >= 0)]
            if not len(early):
                return []
            value = int(early[0])
            premises += ((one, property_, value), (other, property_, value))
        return premises

    def _steps(self, goal: Goal, properties: list[int], before: int) -> list[Goal]:
        """A path along a chain of properties; [] if there is none over early pairs."""
        came: list[dict[int, int]] = [{goal[0]: -1}]
        for property_ in properties:
            step: dict[int, int] = {}
            for number in came[-1]:
                objects = slice_of(self._stages.facts.forward(property_), number)
                stages = self._stages.of_pairs(property_, np.full(len(objects), number), objects)
                early = objects[(stages >= 0) & (stages < before)]
                step.update((next_, number) for next_ in early.tolist() if next_ not in step)
            came.append(step)
        if goal[2] not in came[-1]:
            return []
        steps: list[Goal] = []
        stop = goal[2]
        for property_, step in zip(reversed(properties), reversed(came[1:]), strict=True):
            steps.append((step[stop], property_, stop))
            stop = step[stop]
        return steps[::-1]

    def _solved(
        self,
        rule: Rule,
        patterns: Sequence[Pattern],
        known: dict[str, int],
        before: int,
        limit: int,
    ) -> list[Derivation]:
        """Solve a body; keep the solutions whose premises are early enough, earliest first."""
        index: dict[str, int] = {}
        filled = [
            Pattern(*(known.get(t, t) if isinstance(t, str) else t for t in pattern))
            for pattern in patterns
        ]
        atoms = [atom_of(pattern, index) for pattern in filled]
        if any(
            atom.predicate >= 0 and not self._stages.facts.size(atom.predicate) for atom in atoms
        ):
            return []
        solutions = solve(self._stages.facts, atoms)
        if not solutions.count:
            return []
        stages = np.zeros(solutions.count, dtype=np.int64)
        for atom in atoms:
            part = self._stages.of_atom(atom, solutions)
            stages = np.maximum(stages, np.where(part < 0, LATEST, part))
        early = np.flatnonzero(stages < before)
        early = early[np.argsort(stages[early], kind="stable")][:limit]
        found = []
        for row in early.tolist():
            values = {name: int(solutions.columns[i][row]) for name, i in index.items()}
            premises: list[Goal] = []
            for pattern in filled:
                s, p, o = (values[t] if isinstance(t, str) else t for t in pattern)
                if p == LIST_MEMBER:
                    premises += self._cells.to_member(s, o, before)
                else:
                    premises.append((s, p, o))
            found.append(Derivation(rule, tuple(premises), int(stages[row]) + 1))
        return found


def _unify(head: Pattern, goal: Goal) -> dict[str, int] | None:
    """The variables of a head that is this goal; None if it cannot be."""
    known: dict[str, int] = {}
    for term, number in zip(head, goal, strict=True):
        if isinstance(term, int):
            if term != number:
                return None
        elif known.setdefault(term, number) != number:
            return None
    return known
