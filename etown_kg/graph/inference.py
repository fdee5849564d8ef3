"""What follows from the asserted quads, kept up to date as they change.

One interface over the two reasoners: the engine, which goes on from what has changed
(`etown_kg.reason`), and owlrl, the reference, which starts again each time. Inferred triples
come and go as pyoxigraph's; nobody above has to know how a reasoner numbers its terms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final, NamedTuple, Protocol

from pyoxigraph import Quad, RdfFormat, Triple, parse, serialize

from etown_kg.reason import Proof, materialise
from etown_kg.reason.cardinality import Cardinalities, cardinalities
from etown_kg.reason.dictionary import LITERAL
from etown_kg.reason.relation import EMPTY, Keys, difference, leading
from etown_kg.store.delta import GraphName


class InferredChange(NamedTuple):
    """Triples that follow now and did not before, and the other way round."""

    added: Sequence[Triple]
    removed: Sequence[Triple]


class Inference(Protocol):
    """The closure of some premises. Quads stand for their triples; graphs do not matter."""

    @property
    def violations(self) -> Sequence[object]:
        """Why the premises have no model; empty when they have one."""
        ...

    @property
    def sizes(self) -> Cardinalities:
        """How much each predicate and class has, about; nothing where that is not counted."""
        ...

    def proofs(self) -> Sequence[Proof]:
        """Why there are violations, a proof each, as far as the reasoner knows."""
        ...

    def inferred(self) -> Iterable[Triple]:
        """All that follows and was not asserted."""
        ...

    def change(
        self, added: Iterable[Quad], removed: Iterable[Quad], premises: Iterable[Quad]
    ) -> InferredChange:
        """Follow a change of the premises; `premises` are what they are after it.

        Raises:
            LimitError: memory ran out; this object is not to be used any more.
        """
        ...


class EngineInference:
    """The closure that our engine keeps."""

    def __init__(self, premises: Iterable[Quad]) -> None:
        # The rules have none for triple terms (RDF 1.2): these premises, and some that were, are
        # passed over.
        self.passed_over: list[Quad] = []
        self.closure = materialise(_n_triples(self._read(premises)))
        # Triples that have come and gone since `sizes` were counted.
        self._changed = 0

    def _read(self, premises: Iterable[Quad]) -> Iterator[Quad]:
        for quad in premises:
            if isinstance(quad.object, Triple):
                self.passed_over.append(quad)
            else:
                yield quad

    @property
    def violations(self) -> Sequence[object]:
        """See `Inference.violations`."""
        return self.closure.violations

    @cached_property
    def sizes(self) -> Cardinalities:
        """See `Inference.sizes`; counted again when a quarter has changed."""
        self._changed = 0
        return cardinalities(self.closure)

    def proofs(self) -> Sequence[Proof]:
        """See `Inference.proofs`."""
        found = map(self.closure.explain_violation, self.closure.violations[:MAX_PROOFS])
        return [proof for proof in found if proof is not None]

    def inferred(self) -> Iterable[Triple]:
        """See `Inference.inferred`."""
        return self._triples(self.closure.inferred_keys())

    def change(
        self, added: Iterable[Quad], removed: Iterable[Quad], premises: Iterable[Quad]
    ) -> InferredChange:
        """See `Inference.change`; `premises` are not read."""
        gone, come = _n_triples(removed), _n_triples(self._read(added))
        if not gone and not come:
            return InferredChange((), ())
        nothing: dict[int, Keys] = {}
        first = self.closure.remove(gone) if gone else (nothing, nothing)
        second = self.closure.add(come) if come else (nothing, nothing)
        # What the removal took and the addition brought back has not changed, and vice versa.
        (came, went), (came_back, went_again) = first, second
        change = InferredChange(
            self._triples([*_without(came, went_again), *_without(came_back, went)]),
            self._triples([*_without(went, came_back), *_without(went_again, came)]),
        )
        told = gone.count(b"\n") + come.count(b"\n")
        self._recount(told + len(change.added) + len(change.removed))
        return change

    def _recount(self, changed: int) -> None:
        self._changed += changed
        counted = self.__dict__.get("sizes")
        if counted is None:
            return
        if self._changed * 4 > sum(each.triples for each in counted.relations.values()):
            del self.__dict__["sizes"]
            _ = self.sizes  # now, as processes may part afterwards

    def _triples(self, keys: Iterable[tuple[int, Keys]]) -> list[Triple]:
        """The triples of term numbers as triples of terms; those that RDF can say."""
        dictionary = self.closure.dictionary
        kinds = dictionary.kinds
        lines: list[bytes] = []
        for predicate, forward in keys:
            middle = b" %b " % dictionary.term(predicate)
            for key in forward[kinds[leading(forward)] < LITERAL].tolist():
                subject, object_ = dictionary.term(key >> 32), dictionary.term(key & 0xFFFFFFFF)
                lines.append(b"%b%b%b .\n" % (subject, middle, object_))
        return [quad.triple for quad in parse(b"".join(lines), RdfFormat.N_TRIPLES)]


class ReferenceInference:
    """The closure that owlrl computes, anew for every change."""

    def __init__(self, premises: Iterable[Quad]) -> None:
        self.violations: Sequence[object] = ()
        self.sizes = Cardinalities({}, {})
        self._inferred: frozenset[Triple] = frozenset()
        self._close(premises)

    def proofs(self) -> Sequence[Proof]:
        """None: owlrl does not say why."""
        return ()

    def inferred(self) -> Iterable[Triple]:
        """See `Inference.inferred`."""
        return sorted(self._inferred, key=str)

    def change(
        self, added: Iterable[Quad], removed: Iterable[Quad], premises: Iterable[Quad]
    ) -> InferredChange:
        """See `Inference.change`."""
        before = self._inferred
        self._close(premises)
        return InferredChange(tuple(self._inferred - before), tuple(before - self._inferred))

    def _close(self, premises: Iterable[Quad]) -> None:
        # Seldom asked for, and slow to load: rdflib, and owlrl as long again.
        from etown_kg.rdflib_terms import from_triple, to_rdflib
        from etown_kg.reason.reference import close_with_owlrl

        closure = close_with_owlrl(to_rdflib(premises))
        self._inferred = frozenset(from_triple(triple) for triple in closure.inferred)
        self.violations = closure.clashes


INFERENCES: Final[dict[str, Callable[[Iterable[Quad]], Inference]]] = {
    "etown": EngineInference,
    "owlrl": ReferenceInference,
}
# A change that clashes once often clashes in the same way many times.
MAX_PROOFS = 3


def with_graphs(proof: Proof, graphs: Mapping[tuple[str, str, str], Iterable[GraphName]]) -> Proof:
    """The proof with the named graphs of each asserted triple filled in."""
    if proof.is_asserted and proof.conclusion is not None:
        names = sorted(str(name) for name in graphs.get(proof.conclusion, ()))
        return replace(proof, graphs=tuple(name for name in names if name[0] in "<_"))
    return replace(proof, premises=tuple(with_graphs(each, graphs) for each in proof.premises))


def said(conclusion: tuple[str, str, str]) -> Triple:
    """A proof's triple, in N-Triples terms, as pyoxigraph's."""
    quad: Quad = next(parse(" ".join(conclusion) + " .", RdfFormat.N_TRIPLES))
    return quad.triple


def _n_triples(quads: Iterable[Quad]) -> bytes:
    """The triples as text; the rules have none for triple terms (RDF 1.2)."""
    triples = (quad.triple for quad in quads if not isinstance(quad.object, Triple))
    return serialize(triples, format=RdfFormat.N_TRIPLES) or b""


def _without(keys: Mapping[int, Keys], others: Mapping[int, Keys]) -> list[tuple[int, Keys]]:
    """What is in `keys` and not in `others`, by predicate."""
    return [(p, difference(mine, others.get(p, EMPTY))) for p, mine in keys.items()]
