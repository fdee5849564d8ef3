"""Conclusions: what follows from asserted quads, in one dataset with them, kept up to date.

Everything inferred is in ``graph/inferred``. What the graphs ``links`` and ``meta`` say is not
reasoned with: a link says that something is alike, not that it is the same, and the other is about
the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from pyoxigraph import Literal, NamedNode, Quad, Triple

from etown_kg.config import DEFAULT_REASONER
from etown_kg.errors import InconsistentError, SettingError
from etown_kg.graph.columns import Columns
from etown_kg.graph.inference import (
    INFERENCES,
    EngineInference,
    Inference,
    InferredChange,
    said,
    with_graphs,
)
from etown_kg.reason.cardinality import Cardinalities
from etown_kg.reason.proof import Proof
from etown_kg.store import Dataset, Delta, GraphName, GraphQuads, composed
from etown_kg.store.spelling import Term


class Conclusions:
    """What follows from `asserted`, which somebody else changes.

    Attributes:
        closed: the asserted quads with the inferred ones; `asserted` itself until they are taken.
        reasoner: the name of who computes it.
        graph: where everything inferred is.
        outside: the graphs that are not reasoned with.
    """

    def __init__(self, asserted: Dataset, base: str) -> None:
        self.asserted = asserted
        self.closed = asserted
        self._inference: Inference | None = None
        # What the premises gained and lost that `_inference` has not been told.
        self._missed: list[Delta] = []
        self.reasoner = DEFAULT_REASONER
        self.graph = NamedNode(f"{base}graph/inferred")
        self.outside: frozenset[GraphName] = frozenset(
            NamedNode(f"{base}graph/{name}") for name in ("links", "meta")
        )
        self._close_anew: Callable[[Iterable[Quad]], Inference] = EngineInference
        self._count = 0
        self._columns: Columns | None = None

    @property
    def columns(self) -> Columns | None:
        """The default graph of `closed` as columns; None if that is no union, or not our engine's
        closure.
        """
        inference, found = self._inference, self._columns
        if not isinstance(inference, EngineInference) or not self.closed.is_union:
            return None
        if found is None or found.inference is not inference or found.dataset is not self.closed:
            if self.inference is not inference:  # which catches up, to know all terms
                return None
            found = self._columns = Columns(
                inference, self.closed, self.outside, lambda: self.inference
            )
        return found

    @property
    def inference(self) -> Inference | None:
        """What keeps the closure, None before `compute`.

        In a copy that has followed changes (`follow_made`) it catches up now, which takes about
        as long as it took to make them.
        """
        missed, self._missed = self._missed, []
        if missed and self._inference is not None:
            # What was interrupted is not to be used any more.
            found, self._inference = self._inference, None
            change = composed(missed)
            found.change(change.inserted, change.deleted, self._premises())
            self._inference = found
        return self._inference

    @inference.setter
    def inference(self, inference: Inference | None) -> None:
        self._inference, self._missed = inference, []

    @property
    def sizes(self) -> Callable[[], Cardinalities] | None:
        """Gives `Inference.sizes`, where there are any: of the present state, or not long before.

        Unlike `inference` it does not catch up: who puts joins in order asks about orders of
        magnitude.
        """
        inference = self._inference
        return None if inference is None else lambda: inference.sizes

    @property
    def inferred(self) -> Collection[Quad]:
        """The inferred quads."""
        return GraphQuads(self.closed, self.graph, self._count)

    def compute(self, reasoner: str) -> None:
        """Compute the closure.

        Raises:
            SettingError: there is no such reasoner.
            InconsistentError: there is no model; nothing has changed.
        """
        if reasoner not in INFERENCES:
            raise SettingError("reasoner", f"{reasoner!r} is none of {', '.join(INFERENCES)}")
        self.reasoner, self._close_anew = reasoner, INFERENCES[reasoner]
        inference = self._close_anew(self._premises())
        if inference.violations:
            raise InconsistentError(inference.violations)
        self.take(Quad(s, p, o, self.graph) for s, p, o in inference.inferred())
        self.inference = inference

    def take(self, quads: Iterable[Quad]) -> None:
        """Let queries see these inferred quads and no others."""
        closed = self.asserted.copy(for_queries=True)
        closed.extend(quads)
        self.closed = closed
        self._count = len(closed) - len(self.asserted)

    # Changes

    def premise_change(self, delta: Delta) -> tuple[list[Quad], list[Quad]]:
        """The triples that the premises gain and lose by a change, a quad for each."""
        outside = self.outside
        deleted = {quad.triple: quad for quad in delta.deleted if quad.graph_name not in outside}
        inserted = {quad.triple: quad for quad in delta.inserted if quad.graph_name not in outside}
        added = [
            quad
            for quad in inserted.values()
            if not self.asserted.graphs_with(quad).difference(outside)
        ]
        removed = [
            quad
            for triple, quad in deleted.items()
            if triple not in inserted
            and all(
                Quad(quad.subject, quad.predicate, quad.object, graph) in delta.deleted
                for graph in self.asserted.graphs_with(quad).difference(outside)
            )
        ]
        return added, removed

    def follow(
        self, added: Sequence[Quad], removed: Sequence[Quad], delta: Delta
    ) -> InferredChange:
        """What follows from changed premises; `closed` is as it was until `make`.

        Raises:
            InconsistentError: there is no model; what follows is as it was before.
        """
        if self.inference is None or not (added or removed):
            return InferredChange((), ())
        try:
            follows = self.inference.change(added, removed, self._premises(delta))
        except BaseException:
            self.inference = self._close_anew(self._premises())
            raise
        violations = self.inference.violations
        if violations:
            proofs = [self._in_graphs(proof, delta) for proof in self.inference.proofs()]
            self.follow_back(added, removed)
            raise InconsistentError(violations, proofs)
        return follows

    def follow_back(self, added: Sequence[Quad], removed: Sequence[Quad]) -> None:
        """Undo `follow`."""
        if self.inference is not None:
            self.inference.change(removed, added, self._premises())

    def rehearse(self, delta: Delta) -> None:
        """See `KnowledgeGraph.rehearse`."""
        if self.inference is not None:
            self.inference.change(*self.premise_change(delta), self._premises(delta))

    def as_delta(self, follows: InferredChange) -> Delta:
        """What has come and gone among the inferred quads."""
        gone = frozenset(Quad(s, p, o, self.graph) for s, p, o in follows.removed)
        come = frozenset(Quad(s, p, o, self.graph) for s, p, o in follows.added)
        # Said, as a delta is: it stays there when all has gone again.
        made = {self.graph} - self.closed.graphs if come else frozenset()
        return Delta(deleted=gone, inserted=come, created=frozenset(made))

    def make(self, delta: Delta, inferred: Delta) -> None:
        """Change `closed` as `asserted` was changed, and by what follows."""
        self.__dict__.pop("_own_engine", None)
        if self.closed is self.asserted:
            return
        self.closed.apply(delta)
        self.closed.apply(inferred)
        self._count += len(inferred.inserted) - len(inferred.deleted)
        if self._columns is not None:
            self._columns.keep_up()

    def follow_made(self, asserted: Delta, inferred: Delta, premises: Delta) -> None:
        """`make` what somebody else has worked out on another copy; `inference` is told of the
        premises when it is asked for.
        """
        if premises and self._inference is not None:
            self._missed.append(premises)
        self.make(asserted, inferred)

    def _premises(self, delta: Delta | None = None) -> Iterator[Quad]:
        """What the reasoner gets; with a delta, what it will get after the change."""
        for quad in delta.after(self.asserted) if delta else self.asserted:
            if quad.graph_name not in self.outside:
                yield quad

    # Proofs

    def explain(self, triple: tuple[Term, NamedNode, Term], limit: int) -> tuple[Proof, ...]:
        """See `KnowledgeGraph.explain`."""
        closure = self._engine.closure
        s, p, o = triple
        if isinstance(o, Literal) and not isinstance(s, Literal):
            spellings = [quad.triple for quad in self.closed.spellings(Quad(s, p, o))]
            if spellings and Triple(s, p, o) not in spellings:
                triple = spellings[0].subject, spellings[0].predicate, spellings[0].object
        if limit > 1:
            found = closure.explain(triple, all=True, limit=limit)
        else:
            proof = closure.explain(triple)
            found = () if proof is None else (proof,)
        return tuple(map(self._in_graphs, found))

    def _in_graphs(self, proof: Proof, delta: Delta | None = None) -> Proof:
        """The proof with the graphs that assert its leaves, after the change `delta`."""
        graphs: dict[tuple[str, str, str], set[GraphName]] = {}
        fresh: Mapping[Triple, set[GraphName]] = {}
        if delta is not None:
            fresh = {quad.triple: set() for quad in delta.inserted}
            for quad in delta.inserted:
                fresh[quad.triple].add(quad.graph_name)
        for leaf in proof.leaves():
            if leaf.conclusion is not None:
                triple = said(leaf.conclusion)
                found = self.asserted.graphs_with(Quad(*triple)) | fresh.get(triple, set())
                graphs[leaf.conclusion] = found
        return with_graphs(proof, graphs)

    @property
    def _engine(self) -> EngineInference:
        """Our own engine, whichever reasoner closed the graph."""
        if isinstance(self.inference, EngineInference):
            return self.inference
        return self._own_engine

    @cached_property
    def _own_engine(self) -> EngineInference:
        return EngineInference(self._premises())
