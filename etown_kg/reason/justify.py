"""Minimal proofs: shrinking one, and finding all.

A proof is minimal if its leaves are: without any one of them the conclusion does not follow. To
know, close the other leaves; they are few. All minimal sets of leaves come from the hitting-set
tree of Reiter (1987): take away, one at a time, each triple that a known proof needs, and ask
again, until nothing follows any more.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from etown_kg.errors import LimitError
from etown_kg.reason.backward import LATEST, Goal
from etown_kg.reason.explain import MAX_GOALS, Explainer
from etown_kg.reason.proof import Proof

if TYPE_CHECKING:
    from etown_kg.reason.closure import Closure

TermTriple = tuple[bytes, bytes, bytes]

# Larger proofs are left as found: shrinking closes their leaves once for each.
MAX_SHRINK = 24
# Closures that the search for all proofs may make.
MAX_CLOSURES = 500


def minimal_proof(closure: Closure, goal: Goal) -> Proof | None:
    """A proof without a leaf to spare; None if the goal does not hold."""
    proof = Explainer(closure).prove(goal, LATEST)
    return None if proof is None else _shrunk(closure, proof)


def _shrunk(closure: Closure, proof: Proof) -> Proof:
    """The proof itself, or one from fewer of its leaves."""
    leaves = [_terms(leaf) for leaf in proof.leaves()]
    if not 1 < len(leaves) <= MAX_SHRINK or proof.conclusion is None:
        return proof
    conclusion = _terms(proof)
    for i in range(len(leaves)):
        fewer = leaves[:i] + leaves[i + 1 :]
        smaller = _prove_from(closure, fewer, conclusion)
        if smaller is not None:
            return _shrunk(closure, smaller)
    return proof


def all_proofs(closure: Closure, goal: Goal, limit: int) -> tuple[Proof, ...]:
    """Minimal proofs with different leaves, smallest first, `limit` at most.

    Raises LimitError if the goal hangs together with too much to search.
    """
    reached = Explainer(closure).reach(goal)
    if reached is None:
        raise LimitError(
            f"{MAX_GOALS} goals",
            "too many triples have to do with this one to find all its proofs",
            hint="ask for one proof instead",
        )
    reader = closure.terms.ntriples
    everything = [(reader(s), reader(p), reader(o)) for s, p, o in sorted(reached)]
    conclusion = (reader(goal[0]), reader(goal[1]), reader(goal[2]))
    found: dict[frozenset[TermTriple], Proof] = {}
    tried: set[frozenset[TermTriple]] = set()
    queue: deque[frozenset[TermTriple]] = deque([frozenset()])
    closures = 0
    while queue and len(found) < limit and closures < MAX_CLOSURES:
        without = queue.popleft()
        known = next((leaves for leaves in found if not leaves & without), None)
        if known is None:
            closures += 1
            left = [triple for triple in everything if triple not in without]
            proof = _prove_from(closure, left, conclusion)
            if proof is None:
                continue
            proof = _shrunk(closure, proof)
            known = frozenset(map(_terms, proof.leaves()))
            found[known] = proof
        for triple in known:
            more = without | {triple}
            if more not in tried:
                tried.add(more)
                queue.append(more)
    return tuple(sorted(found.values(), key=lambda proof: sum(1 for _ in proof.leaves())))


def _prove_from(
    closure: Closure, triples: list[TermTriple], conclusion: TermTriple
) -> Proof | None:
    """A proof from these triples alone, its leaves with the graphs of the whole closure."""
    from etown_kg.reason.closure import materialise

    part = materialise(triples, profile=closure.profile)
    goal = part.find(conclusion)
    if goal is None:
        return None
    proof = Explainer(part).prove(goal, LATEST)
    return None if proof is None else _with_graphs(closure, proof)


def _with_graphs(closure: Closure, proof: Proof) -> Proof:
    if proof.is_asserted:
        numbers = closure.find(_terms(proof))
        assert numbers is not None
        graphs = tuple(name.decode() for name in closure.graphs_of(*numbers))
        return Proof(proof.conclusion, "", "", (), graphs)
    premises = tuple(_with_graphs(closure, premise) for premise in proof.premises)
    return Proof(proof.conclusion, proof.rule, proof.text, premises)


def _terms(proof: Proof) -> TermTriple:
    assert proof.conclusion is not None
    s, p, o = (term.encode() for term in proof.conclusion)
    return s, p, o
