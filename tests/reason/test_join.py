"""Solutions of bodies against an evaluation by nested loops."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etown_kg.errors import LimitError
from etown_kg.reason import join
from etown_kg.reason.dictionary import TYPE
from etown_kg.reason.join import Atom, match_recent, solve
from etown_kg.reason.variable import Facts

Triple = tuple[int, int, int]
P, Q = 900, 901
TERMS = st.integers(0, 4)
TRIPLES = st.sets(st.tuples(TERMS, st.sampled_from([P, Q, TYPE]), TERMS), max_size=25)
PLACES = TERMS | st.integers(-3, -1)
ATOMS = st.lists(
    st.builds(Atom, st.sampled_from([P, Q, TYPE, -4]), PLACES, PLACES), min_size=1, max_size=3
)


def facts_of(triples: set[Triple]) -> Facts:
    facts = Facts(TYPE)
    facts.term_count = 1000
    for s, p, o in triples:
        facts[p].put(np.array([s]), np.array([o]))
    for _, variable in facts:
        variable.extend(variable.additions(), 0)
    return facts


def by_loops(triples: set[Triple], atoms: list[Atom]) -> set[tuple[tuple[int, int], ...]]:
    found = set()
    for chosen in product(sorted(triples), repeat=len(atoms)):
        known: dict[int, int] = {}
        fits = True
        for (s, p, o), atom in zip(chosen, atoms, strict=True):
            for term, number in zip(atom, (p, s, o), strict=True):
                fits &= (known.setdefault(term, number) if term < 0 else term) == number
        if fits:
            found.add(tuple(sorted(known.items())))
    return found


def rows_of(bindings: join.Bindings) -> set[tuple[tuple[int, int], ...]]:
    names = sorted(bindings.columns)
    return {
        tuple((name, int(bindings.columns[name][row])) for name in names)
        for row in range(bindings.count)
    }


@pytest.mark.parametrize("many", [0, join.MANY], ids=["indexed", "searched"])
@given(triples=TRIPLES, atoms=ATOMS)
def test_solutions_are_those_of_nested_loops(
    many: int, triples: set[Triple], atoms: list[Atom]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(join, "MANY", many)
        assert rows_of(solve(facts_of(triples), atoms)) == by_loops(triples, atoms)


@pytest.mark.parametrize("is_often", [False, True])
@given(triples=TRIPLES, predicate=st.sampled_from([P, TYPE]), subject=PLACES, object_=PLACES)
def test_recent_rows_are_those_of_the_pattern(
    is_often: bool, triples: set[Triple], predicate: int, subject: int, object_: int
) -> None:
    atom = Atom(predicate, subject, object_)
    found = match_recent(atom, facts_of(triples)[predicate], is_often=is_often)
    assert rows_of(found) == by_loops(triples, [atom])


@given(triples=TRIPLES, atoms=ATOMS)
def test_unneeded_variables_change_nothing_for_the_needed(
    triples: set[Triple], atoms: list[Atom]
) -> None:
    variables = sorted(set().union(*(atom.variables() for atom in atoms)))[:1]
    expected = {
        tuple(item for item in row if item[0] in variables) for row in by_loops(triples, atoms)
    }
    assert rows_of(solve(facts_of(triples), atoms, keep=variables)) == expected


def test_join_that_would_not_fit_is_refused() -> None:
    facts = facts_of({(i, P, 0) for i in range(1, 50)} | {(0, Q, i) for i in range(50)})
    facts.row_limit = 100
    with pytest.raises(LimitError, match="a join would make 2450 rows"):
        solve(facts, [Atom(P, -1, -2), Atom(Q, -2, -3)])
