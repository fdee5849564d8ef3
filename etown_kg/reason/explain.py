"""Proofs of what a closure holds, by rule, down to what was asserted.

Works backwards over the finished closure. A goal, a triple of term numbers, is unified with the
heads of the rules; solving a rule's body gives its derivations. Among them only those count whose
premises all have a lower stage than the goal (`fixpoint.py` keeps the stages), so that every
branch ends and no proof leans on itself. Terms that are the same add three kinds of steps: a
triple that was renamed, a value that a literal has, and the path of sameAs edges between terms.

A proof is then made minimal: the closure of its leaves but one must lack the goal, else the proof
starts anew from the fewer leaves. All minimal proofs come from the hitting-set tree (Reiter 1987):
what one proof needs is taken away, triple by triple, and another proof is asked for, within the
asserted triples that any derivation of the goal can reach.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from etown_kg.reason.consistency import Violation
from etown_kg.reason.dictionary import (
    ANNOTATION_PROPERTIES,
    DATATYPES,
    DIFFERENT_FROM,
    FIRST,
    LIST_MEMBER,
    LITERAL,
    NIL,
    REST,
    SAME_AS,
    SUB_CLASS_OF,
    SUB_PROPERTY_OF,
    TYPE,
    VALUE,
    number_of,
)
from etown_kg.reason.join import Atom, Bindings, solve
from etown_kg.reason.lists import MAX_BRANCHES
from etown_kg.reason.long_lists import INTERSECTION, KEY
from etown_kg.reason.proof import Proof
from etown_kg.reason.relation import EMPTY, Ids, contains, intersection, pack, slice_of
from etown_kg.reason.rules import RULE, RULES, Condition, Members, Pattern, Rule
from etown_kg.reason.schema import atom_of, is_long
from etown_kg.reason.variable import Facts
from etown_kg.vocab import OWL

if TYPE_CHECKING:
    from etown_kg.reason.closure import Closure

Goal = tuple[int, int, int]
# Values of each list cell with their stages.
_Cells = dict[int, list[tuple[int, int]]]

_TRANSITIVE_PROPERTY = number_of(OWL + "TransitiveProperty")
# Beyond any stage.
LATEST = 1 << 62
# Derivations of one goal by one rule that are looked at.
MAX_DERIVATIONS = 64
# Goals that a search for all proofs may visit.
MAX_GOALS = 5000
# Larger proofs are left as found: shrinking them would close their leaves once for each.
MAX_SHRINK = 24


class Derivation(NamedTuple):
    """One way to conclude a goal: the rule, and the triples that match its body."""

    rule: Rule
    premises: tuple[Goal, ...]
    stage: int


# A goal, and the stage before which its premises must have come.
_Wanted = tuple[Goal, int]


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


class _Hint(NamedTuple):
    """The next stop on a path to an end, and the latest stage of a pair on the way."""

    stop: int
    latest: int


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
_TRANSITIVE = {SUB_CLASS_OF: RULE["scm-sco"], SUB_PROPERTY_OF: RULE["scm-spo"]}


class Explainer:
    """Finds proofs in one closure, as it is when this is made."""

    def __init__(self, closure: Closure) -> None:
        self._closure = closure
        self._engine = closure.engine
        self._facts = _archive(closure.engine.facts)
        self._hints: dict[Goal, _Hint] = {}
        self._cells: tuple[_Cells, _Cells] | None = None
        self._neighbours: dict[int, list[tuple[int, int, Goal, Rule | None]]] | None = None

    # Proofs

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
            found = self.derivations(*wanted, limit=1 + len(refused))
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
        lists = list(self._lists_from(head, LATEST))
        lists.sort(key=lambda found: -sum(member in wanted for member, _ in found))
        return _list_triples(lists[0]) if lists else ()

    def _prove_clash(self, one: int, other: int) -> Proof | None:
        """That two literals would be the same; the engine does not merge them."""
        goal = (one, SAME_AS, other)
        for derivation in self._identity(one, other, LATEST, MAX_DERIVATIONS):
            premises = tuple(self.prove(p, derivation.stage) for p in derivation.premises)
            if all(premises):
                rule = derivation.rule
                return Proof(self._said(goal), rule.id, rule.text, premises)  # type: ignore[arg-type]
        return self.prove(goal)

    # Derivations

    def derivations(
        self, goal: Goal, before: int, limit: int = MAX_DERIVATIONS
    ) -> list[Derivation]:
        """Ways to conclude a goal, earliest premises first.

        Args:
            before: premises must be earlier than this stage, and than the goal's own.
        """
        subject, predicate, object_ = goal
        if predicate == SAME_AS and subject != object_:
            found = self._same_as(subject, object_, before, limit)
            if found:
                return found[:limit]
        stage = self._stage(goal)
        if stage < 0 or (stage >= before and before != LATEST):
            found = self._clauses(goal)
            return found or self._respelled(goal, before)[:limit]
        before = min(before, stage)
        found = [*self._clauses(goal), *self._by_rules(goal, before, limit)]
        if not found:
            found += self._by_path(goal, before)
        found += self._by_value(goal, before) + self._renamed(goal, before)
        found.sort(key=lambda derivation: (derivation.stage, len(derivation.premises)))
        return found[:limit]

    def _stage(self, goal: Goal) -> int:
        variable = self._facts.get(goal[1])
        if variable is None:
            return -1
        lead, trail = (goal[2], goal[0]) if variable.is_class_led else (goal[0], goal[2])
        return int(variable.stages(np.array([lead << 32 | trail]))[0])

    def _stages(self, predicate: int, subjects: Ids, objects: Ids) -> Ids:
        """Stages of many pairs of one predicate; an asserted one is there from the start."""
        variable = self._facts.get(predicate)
        if variable is None:
            return np.full(len(subjects), -1)
        forward = pack(subjects, objects)
        keys = pack(objects, subjects) if variable.is_class_led else forward
        stages = variable.stages(keys)
        asserted = self._closure.asserted.get(predicate, EMPTY)
        stages[contains(asserted, forward)] = 0
        if predicate == SAME_AS:
            stages[subjects == objects] = 0
        return stages

    def _clauses(self, goal: Goal) -> list[Derivation]:
        """Rules without premises."""
        subject, predicate, object_ = goal
        kinds = self._engine.dictionary.kinds
        literals = self._engine.literals
        is_literals = kinds[subject] >= LITERAL and kinds[object_] >= LITERAL
        rule = ""
        if predicate == SAME_AS and subject == object_:
            rule = "eq-ref"
        elif predicate == SAME_AS and is_literals and literals.is_same(subject, object_):
            rule = "dt-eq"
        elif (
            predicate == DIFFERENT_FROM and is_literals and literals.is_different(subject, object_)
        ):
            rule = "dt-diff"
        elif predicate == TYPE and kinds[subject] >= LITERAL and object_ in DATATYPES:
            if literals.in_datatype(np.array([subject]), object_)[0]:
                rule = "dt-type2"
        elif goal in _axioms():
            rule = _axioms()[goal]
        return [Derivation(RULE[rule], (), 0)] if rule else []

    def _by_rules(self, goal: Goal, before: int, limit: int) -> list[Derivation]:
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
        if not self._facts.size(heads.predicate):
            return
        solutions = solve(self._facts, [heads])
        for row in range(solutions.count):
            node = int(solutions.columns[-2][row])
            for found_list in self._lists_from(node, before):
                if is_long(found_list):
                    yield from self._by_long_list(rule, goal, node, found_list, before)
                    continue
                body, written = rule.for_members([member for member, _ in found_list])
                bound = _unify(written[0], goal)
                if bound is None:
                    continue
                bound[rule.list[0]] = node
                cells = _list_triples(found_list)
                stage = self._latest(cells) + 1
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
        owners = slice_of(self._facts.backward(axiom.predicate), head).tolist()
        for owner in owners if rule.id == KEY else [subject] if subject in owners else []:
            if rule.id == INTERSECTION:
                premises = [(goal[0], TYPE, member) for member in members]
            elif rule.id == KEY:
                premises = self._shared_values(goal, owner, members, before)
            else:
                premises = self._steps(goal, members, before)
            cells = _list_triples(found)
            stages = [self._stage_of((owner, axiom.predicate, head))]
            stages += map(self._stage_of, premises)
            if premises and min(stages) >= 0 and max(stages) < before:
                stage = max(*stages, self._latest(cells)) + 1
                whole = ((owner, axiom.predicate, head), *cells, *premises)
                yield Derivation(rule, whole, stage)

    def _stage_of(self, goal: Goal) -> int:
        return int(self._stages(goal[1], np.array([goal[0]]), np.array([goal[2]]))[0])

    def _shared_values(
        self, goal: Goal, class_: int, properties: list[int], before: int
    ) -> list[Goal]:
        """Types of two things, and what they have in common by each property; [] if not all."""
        one, _, other = goal
        premises = [(one, TYPE, class_), (other, TYPE, class_)]
        for property_ in properties:
            keys = self._facts.forward(property_)
            values = intersection(slice_of(keys, one), slice_of(keys, other))
            first = self._stages(property_, np.full(len(values), one), values)
            second = self._stages(property_, np.full(len(values), other), values)
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
                objects = slice_of(self._facts.forward(property_), number)
                stages = self._stages(property_, np.full(len(objects), number), objects)
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

    def _latest(self, cells: Sequence[Goal]) -> int:
        """The latest stage of the triples of a list."""
        tables = dict(zip((FIRST, REST), self._cell_tables(), strict=True))
        return max(stage for s, p, o in cells for value, stage in tables[p][s] if value == o)

    def _cell_tables(self) -> tuple[_Cells, _Cells]:
        """rdf:first and rdf:rest by cell: values with their stages."""
        if self._cells is None:
            tables: list[_Cells] = []
            for predicate in (FIRST, REST):
                keys = self._facts.forward(predicate)
                subjects, objects = keys >> 32, keys & 0xFFFFFFFF
                stages = self._stages(predicate, subjects, objects)
                table: _Cells = defaultdict(list)
                rows = zip(subjects.tolist(), objects.tolist(), stages.tolist(), strict=True)
                for cell, value, stage in rows:
                    table[cell].append((value, stage))
                tables.append(table)
            self._cells = tables[0], tables[1]
        return self._cells

    def _lists_from(self, head: int, before: int) -> Iterator[list[tuple[int, int]]]:
        """The lists from a head whose cells are early enough, as (member, cell) in order."""
        first, rest = self._cell_tables()
        stack: list[tuple[int, list[tuple[int, int]]]] = [(head, [])]
        count = 0
        while stack and count < MAX_BRANCHES:
            cell, path = stack.pop()
            # One way onward is walked in place: a long list is not copied cell by cell.
            while cell != NIL:
                values = [value for value, stage in first.get(cell, ()) if stage < before]
                nexts = [value for value, stage in rest.get(cell, ()) if stage < before]
                if len(values) != 1 or len(nexts) != 1 or len(path) > len(first):
                    break
                path.append((values[0], cell))
                cell = nexts[0]
            if cell == NIL and path:
                count += 1
                yield path
                continue
            if len(path) > len(first) or any(cell == known for _, known in path):
                continue
            stack += ((next_, [*path, (value, cell)]) for value in values for next_ in nexts)

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
        if any(atom.predicate >= 0 and not self._facts.size(atom.predicate) for atom in atoms):
            return []
        solutions = solve(self._facts, atoms)
        if not solutions.count:
            return []
        stages = np.zeros(solutions.count, dtype=np.int64)
        for atom in atoms:
            part = self._atom_stages(atom, solutions)
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
                    premises += self._member_triples(s, o, before)
                else:
                    premises.append((s, p, o))
            found.append(Derivation(rule, tuple(premises), int(stages[row]) + 1))
        return found

    def _member_triples(self, head: int, member: int, before: int) -> tuple[Goal, ...]:
        """The cells of the first list from a head with this member."""
        for found in self._lists_from(head, before):
            if any(value == member for value, _ in found):
                return _list_triples(found)
        return ()

    def _atom_stages(self, atom: Atom, solutions: Bindings) -> Ids:
        def column(term: int) -> Ids:
            value = solutions.value(term)
            return np.full(solutions.count, value) if isinstance(value, int) else value

        predicates, subjects, objects = map(column, atom)
        if atom.predicate >= 0:
            return self._stages(atom.predicate, subjects, objects)
        stages = np.empty(solutions.count, dtype=np.int64)
        for predicate in np.unique(predicates).tolist():
            rows = predicates == predicate
            stages[rows] = self._stages(predicate, subjects[rows], objects[rows])
        return stages

    def _by_path(self, goal: Goal, before: int) -> list[Derivation]:
        """A pair of a transitive relation, over a path of earlier pairs.

        The engine follows such paths within one stage. The first step of the shortest path, and
        the rest of it, are the premises; the rest may be as late as the goal, but is shorter.
        """
        start, predicate, end = goal
        rule, axiom = (
            _TRANSITIVE.get(predicate, RULE["prp-trp"]),
            (predicate, TYPE, _TRANSITIVE_PROPERTY),
        )
        premises: tuple[Goal, ...] = ()
        if rule.id == "prp-trp":
            if not self._facts.has(TYPE, predicate, _TRANSITIVE_PROPERTY):
                return []
            premises = (axiom,)
        hint = self._hints.get(goal)
        if hint is None or hint.latest >= before:
            self._find_path(goal, before)
            hint = self._hints.get(goal)
        if hint is None or hint.latest >= before or hint.stop == end:
            return []
        steps = ((start, predicate, hint.stop), (hint.stop, predicate, end))
        return [Derivation(rule, (*premises, *steps), before + 1)]

    def _find_path(self, goal: Goal, before: int) -> None:
        """Keep the next stop on the shortest path over earlier pairs, for every stop on it."""
        start, predicate, end = goal
        # The start is not there yet: a path may lead back to it.
        came: dict[int, tuple[int, int]] = {}
        queue = deque([start])
        while queue and end not in came:
            number = queue.popleft()
            for next_, stage in self._near(predicate, number):
                if 0 <= stage < before and next_ not in came:
                    came[next_] = number, stage
                    queue.append(next_)
        if end not in came:
            return
        stop, latest, is_walking = end, -1, True
        while is_walking:
            previous, stage = came[stop]
            latest = max(latest, stage)
            self._hints[previous, predicate, end] = _Hint(stop, latest)
            stop = previous
            is_walking = stop != start

    def _near(self, predicate: int, number: int) -> Iterator[tuple[int, int]]:
        """What a number is one pair away from, with the pair's stage."""
        objects = slice_of(self._facts.forward(predicate), number)
        stages = self._stages(predicate, np.full(len(objects), number), objects)
        yield from zip(objects.tolist(), stages.tolist(), strict=True)
        if predicate in self._engine.symmetric:
            subjects = slice_of(self._facts.backward(predicate), number)
            stages = self._stages(predicate, subjects, np.full(len(subjects), number))
            yield from zip(subjects.tolist(), stages.tolist(), strict=True)

    # Terms that are the same

    def _by_value(self, goal: Goal, before: int) -> list[Derivation]:
        """A triple with a value, from the literal that has it (dt-eq and eq-rep-o)."""
        subject, predicate, object_ = goal
        kinds = self._engine.dictionary.kinds
        candidates: list[tuple[str, int, int, Goal]] = []
        if self._has_value(object_):
            objects = slice_of(self._facts.forward(predicate), subject)
            for literal in objects[kinds[objects] == LITERAL].tolist():
                premise = (subject, predicate, literal)
                candidates.append(("eq-rep-o", literal, object_, premise))
        if self._has_value(subject):
            subjects = slice_of(self._facts.backward(predicate), object_)
            for literal in subjects[kinds[subjects] == LITERAL].tolist():
                premise = (literal, predicate, object_)
                candidates.append(("eq-rep-s", literal, subject, premise))
        found = []
        if predicate == TYPE and object_ in DATATYPES and kinds[subject] < LITERAL:
            # What is the same as a literal is in the literal's datatypes (dt-type2).
            for literal in self._engine.equality.members(subject):
                typed = (literal, TYPE, object_)
                same = (literal, SAME_AS, subject)
                if self._clauses(typed) and self._are_same(literal, subject, before):
                    found.append(Derivation(RULE["eq-rep-s"], (same, typed), before))
        for rule, literal, value, premise in candidates:
            stage = int(self._stages(predicate, np.array([premise[0]]), np.array([premise[2]]))[0])
            if 0 <= stage < before and self._are_same(literal, value, before):
                same = (literal, SAME_AS, value)
                # The way to the value may take edges as late as the goal allows.
                found.append(Derivation(RULE[rule], (same, premise), before))
        return found

    def _has_value(self, number: int) -> bool:
        """Whether a term is a literal's value, or the same as one."""
        kinds = self._engine.dictionary.kinds
        return any(kinds[member] == VALUE for member in self._engine.equality.members(number))

    def _renamed(self, goal: Goal, before: int) -> list[Derivation]:
        """A triple that came by renaming terms, from an earlier one."""
        if not self._engine.equality:
            return []
        found = []
        for variant, stage in self._variants(goal):
            if variant != goal and stage < before:
                found += self._rename_step(goal, variant, max(stage + 1, 1), before)
        return found

    def _respelled(self, goal: Goal, before: int) -> list[Derivation]:
        """A triple that the facts hold in other names only."""
        found: list[Derivation] = []
        for variant, stage in sorted(self._variants(goal), key=lambda item: item[1]):
            if variant != goal and 0 <= stage < before:
                found += self._rename_step(goal, variant, before, before)
                if found:
                    break
        return found

    def _variants(self, goal: Goal) -> Iterator[tuple[Goal, int]]:
        """The triple in the names of its terms' cliques, where it is known, with its stage."""
        names = [self._names(number) for number in goal]
        for predicate in names[1]:
            variable = self._facts.get(predicate)
            asserted = self._closure.asserted.get(predicate, EMPTY)
            if variable is None and not len(asserted):
                continue
            subjects = np.repeat(names[0], len(names[2]))
            objects = np.tile(names[2], len(names[0]))
            stages = self._stages(predicate, subjects, objects)
            stages[contains(asserted, pack(subjects, objects))] = 0
            for i in np.flatnonzero(stages >= 0).tolist():
                yield (int(subjects[i]), predicate, int(objects[i])), int(stages[i])

    def _names(self, number: int) -> list[int]:
        names = list(self._engine.equality.members(number))
        if self._engine.dictionary.kinds[number] == LITERAL:
            values = self._engine.literals.value_numbers(np.array([number])).tolist()
            names += [value for value in values if value not in names]
        return names

    def _rename_step(self, goal: Goal, variant: Goal, stage: int, before: int) -> list[Derivation]:
        """One eq-rep step from a variant towards the goal; the rest is for the next step."""
        rules = ("eq-rep-s", "eq-rep-p", "eq-rep-o")
        for place in (2, 1, 0):
            if variant[place] == goal[place]:
                continue
            same = (variant[place], SAME_AS, goal[place])
            middle = list(goal)
            middle[place] = variant[place]
            if not self._are_same(variant[place], goal[place], before):
                return []
            premises = (same, (middle[0], middle[1], middle[2]))
            return [Derivation(RULE[rules[place]], premises, before)]
        return []

    def _edges(self) -> dict[int, list[tuple[int, int, Goal, Rule | None]]]:
        """The sameAs edges by term: (other term, stage, the edge as concluded, by which rule)."""
        if self._neighbours is None:
            table: dict[int, list[tuple[int, int, Goal, Rule | None]]] = defaultdict(list)
            for stage, edges in self._engine.equality.log:
                pairs = zip(edges.first.tolist(), edges.second.tolist(), strict=True)
                for one, other in pairs:
                    edge = (one, SAME_AS, other)
                    table[one].append((other, stage, edge, edges.rule))
                    table[other].append((one, stage, edge, edges.rule))
            self._neighbours = table
        return self._neighbours

    def _path(self, start: int, end: int, before: int) -> list[tuple[int, int, int, Goal]] | None:
        """The shortest way over edges earlier than a stage: (from, to, stage, edge) of each."""
        edges = self._edges()
        came: dict[int, tuple[int, int, Goal] | None] = {start: None}
        queue = deque([start])
        literals, kinds = self._engine.literals, self._engine.dictionary.kinds
        while queue:
            number = queue.popleft()
            if number == end:
                break
            steps = [(other, stage, edge) for other, stage, edge, _ in edges.get(number, ())]
            if kinds[number] >= LITERAL:
                # dt-eq joins the spellings of a value without an edge of its own.
                steps += [
                    (other, -1, (number, SAME_AS, other))
                    for other in self._engine.equality.members(number)
                    if kinds[other] >= LITERAL and literals.is_same(number, other)
                ]
            if kinds[number] == LITERAL:
                (value,) = literals.value_numbers(np.array([number])).tolist()
                steps.append((value, -1, (number, SAME_AS, value)))
            for other, stage, edge in steps:
                if other not in came and stage < before:
                    came[other] = (number, stage, edge)
                    queue.append(other)
        if end not in came:
            return None
        path: list[tuple[int, int, int, Goal]] = []
        number = end
        while (step := came[number]) is not None:
            path.append((step[0], number, step[1], step[2]))
            number = step[0]
        return path[::-1]

    def _are_same(self, one: int, other: int, before: int) -> bool:
        kinds = self._engine.dictionary.kinds
        is_literals = bool(kinds[one] >= LITERAL and kinds[other] >= LITERAL)
        if is_literals and self._engine.literals.is_same(one, other):
            return True
        return self._path(one, other, before) is not None

    def _same_as(self, one: int, other: int, before: int, limit: int) -> list[Derivation]:
        """Two terms are the same: by dt-eq, by an edge, or over a third term."""
        clauses = self._clauses((one, SAME_AS, other))
        if clauses:
            return clauses
        path = self._path(one, other, before)
        if path is None:
            return []
        if len(path) > 1:
            middle = path[-1][0]
            latest = max(step[2] for step in path) + 1
            premises = ((one, SAME_AS, middle), (middle, SAME_AS, other))
            return [Derivation(RULE["eq-trans"], premises, latest)]
        _, _, stage, edge = path[0]
        if edge != (one, SAME_AS, other):
            return [Derivation(RULE["eq-sym"], (edge,), stage + 1)]
        return self._identity(one, other, stage, limit)

    def _identity(self, one: int, other: int, before: int, limit: int) -> list[Derivation]:
        """The rules that conclude owl:sameAs of this very pair."""
        found = self._by_rules((one, SAME_AS, other), before, limit)
        found += self._by_alias(one, other, before)
        if not found:
            # Rules about identity join neighbours; either order of a pair may be the one.
            turned = self._by_rules((other, SAME_AS, one), before, limit)
            turned += self._by_alias(other, one, before)
            found = [
                Derivation(RULE["eq-sym"], ((other, SAME_AS, one),), before) for _ in turned[:1]
            ]
        return found

    def _by_alias(self, one: int, other: int, before: int) -> list[Derivation]:
        """That two terms are the same, said by a property that is the same as owl:sameAs."""
        found = []
        for name in self._engine.equality.members(SAME_AS):
            if name == SAME_AS:
                continue
            stage = int(self._stages(name, np.array([one]), np.array([other]))[0])
            is_asserted = self._closure.is_asserted(one, name, other)
            if is_asserted or 0 <= stage <= before:
                premises = ((name, SAME_AS, SAME_AS), (one, name, other))
                found.append(Derivation(RULE["eq-rep-p"], premises, before))
        return found

    # All proofs

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
            for premise in self._premises(current):
                if premise not in seen:
                    seen.add(premise)
                    queue.append(premise)
        return leaves

    def _premises(self, goal: Goal) -> Iterator[Goal]:
        """The premises of all derivations of a goal, whatever their stage."""
        for derivation in self._by_rules(goal, LATEST, MAX_GOALS):
            yield from derivation.premises
        for derivation in self._by_value(goal, LATEST):
            yield from derivation.premises
        if not self._engine.equality:
            return
        for variant, _ in self._variants(goal):
            yield variant
        edges = self._edges()
        for number in goal:
            for member in self._names(number):
                for _, _, edge, _ in edges.get(member, ()):
                    yield edge


def _without_detours(proof: Proof) -> Proof:
    """Replace a step by one below it that has the same conclusion."""
    same = [step for step in proof.walk() if step.conclusion == proof.conclusion]
    if len(same) > 1:
        return _without_detours(min(same[1:], key=lambda step: step.depth))
    premises = tuple(map(_without_detours, proof.premises))
    return Proof(proof.conclusion, proof.rule, proof.text, premises, proof.graphs)


def _list_triples(found: Sequence[tuple[int, int]]) -> tuple[Goal, ...]:
    """The rdf:first and rdf:rest triples of a list of (member, cell)."""
    triples: list[Goal] = []
    nexts = [*(cell for _, cell in found[1:]), NIL]
    for (member, cell), rest in zip(found, nexts, strict=True):
        triples += ((cell, FIRST, member), (cell, REST, rest))
    return tuple(triples)


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


def _archive(facts: Facts) -> Facts:
    """The facts with everything that was ever known under other names."""
    if not any(variable.retired for _, variable in facts):
        return facts
    whole = Facts(facts.type_number)
    whole.term_count = facts.term_count
    whole.variables = {predicate: variable.archive() for predicate, variable in facts}
    return whole


def _axioms() -> dict[Goal, str]:
    """The triples of the rules without a body, and their rules."""
    if not _AXIOMS:
        for rule_id in ("cls-thing", "cls-nothing1"):
            s, p, o = RULE[rule_id].heads[0]
            assert isinstance(s, int)
            assert isinstance(p, int)
            assert isinstance(o, int)
            _AXIOMS[s, p, o] = rule_id
        for numbers, rule_id in ((ANNOTATION_PROPERTIES, "prp-ap"), (DATATYPES, "dt-type1")):
            class_ = RULE[rule_id].heads[0].object
            assert isinstance(class_, int)
            _AXIOMS.update(((number, TYPE, class_), rule_id) for number in numbers)
    return _AXIOMS


_AXIOMS: dict[Goal, str] = {}
