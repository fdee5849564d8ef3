"""What a SPARQL 1.1 Update changes, worked out without changing it.

`evaluate` takes an update's text to the `Delta` of quads that it comes to
(https://www.w3.org/TR/sparql11-update/). A WHERE is evaluated by the engine as a SELECT of the
variables that the templates use, so that the cost follows the solutions and the change, not the
size of the data. A later operation sees what the earlier ones did: their changes are made, and
taken back at the end. The caller therefore owns the data meanwhile: a forked process does, and a
single-threaded owner does.

The unnamed graph is a graph of its own here, whatever the default graph of queries is: DEFAULT
and templates without GRAPH mean it, while a WHERE without GRAPH sees the default graph of
queries. Quads are compared by value, as the store does: ``DELETE DATA { :a :size 1.5 }`` deletes
what was written as ``1.50``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Final

from pyoxigraph import BlankNode, NamedNode, Quad, QuerySolutions

from etown_kg import query_text
from etown_kg.blank_nodes import has_blank_node
from etown_kg.errors import EtownError, NoGraphError, QueryError, ReadOnlyError
from etown_kg.store.dataset import Dataset
from etown_kg.store.delta import UNNAMED, Delta, GraphName, composed
from etown_kg.store.spelling import canonical
from etown_kg.update import text as update_text
from etown_kg.update.pending import Pending, iri_of, moved
from etown_kg.update.template import Solution, Template, variables_of
from etown_kg.update.text import Data, Manage, Modify, Operation, Target

# The document at an IRI as quads of the default graph; for LOAD.
Loader = Callable[[str], Iterable[Quad]]


@dataclass(frozen=True)
class Options:
    """How an update is read.

    Attributes:
        prefixes: prefixes that need no declaration.
        base: the IRI that relative ones are resolved against.
        using, using_named: the protocol's ``using-graph-uri`` and ``using-named-graph-uri``.
        load: fetches a document; None refuses LOAD.
        services: the IRIs that SERVICE may call, with the address to call instead.
        default: the graph that is meant where none is named.
        read_only: graphs that no operation may name as its target; CLEAR ALL leaves them alone.
    """

    prefixes: Mapping[str, str]
    base: str | None = None
    using: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()
    load: Loader | None = None
    services: Mapping[str, str] = field(default_factory=dict)
    default: GraphName = UNNAMED
    read_only: frozenset[GraphName] = frozenset()


def evaluate(
    text: str, dataset: Dataset, options: Options, *, where: Dataset | None = None
) -> Delta:
    """The change that an update makes to `dataset`, which is left as it was.

    `where` is what the patterns see, when that is more than `dataset` (inferred triples).

    Raises:
        QueryError: the text does not parse, asks for something that is not offered, or fails.
        ReadOnlyError: it is to change a graph that may only be read.
        NoGraphError: it needs a graph that is not there, without SILENT.
    """
    prefixes = dict(options.prefixes)
    update_text.check(text, base=options.base, prefixes=prefixes)
    text = query_text.edited(text, query_text.calls(text, prefixes, options.services))
    todo = list(
        update_text.operations(text, base=options.base, prefixes=prefixes, default=options.default)
    )
    evaluation = _Evaluation(dataset, where, options)
    try:
        for operation in todo:
            evaluation.run(operation)
        return composed([*evaluation.made, evaluation.pending.delta()])
    finally:
        evaluation.undo()


class _Evaluation:
    """Runs operations; changes wait in `pending` until something has to see them."""

    def __init__(self, dataset: Dataset, where: Dataset | None, options: Options) -> None:
        self._dataset = dataset
        self._where = where
        self._options = options
        self.pending = Pending(dataset)
        self.made: list[Delta] = []

    def undo(self) -> None:
        """Leave the data as they were."""
        for delta in reversed(self.made):
            self._apply(delta.inverse)

    def run(self, operation: Operation) -> None:
        """Add what one operation changes to the pending changes."""
        if isinstance(operation, Data | Modify):
            for quad in operation.deletes + operation.inserts:
                self._refuse_read_only(quad.graph_name)
        if isinstance(operation, Data):
            for quad in operation.deletes:
                self.pending.delete(canonical(quad))
            for quad in operation.inserts:
                self.pending.insert(quad)
        elif isinstance(operation, Modify):
            self._make_visible()
            self._modify(operation)
        else:
            self._make_visible()
            try:
                self._refuse_read_only(operation.target.graph)
                if operation.word == "MOVE":
                    self._refuse_read_only(operation.source.graph)
                _MANAGE[operation.word](self, operation)
            except EtownError:
                if not operation.is_silent:
                    raise

    def _refuse_read_only(self, graph: GraphName | None) -> None:
        if graph in self._options.read_only:
            raise ReadOnlyError(f"the graph {graph} may only be read")

    def _make_visible(self) -> None:
        """Make the pending changes, so that what comes next sees them."""
        if self.pending:
            delta = self.pending.delta()
            self._apply(delta)
            self.made.append(delta)
            self.pending = Pending(self._dataset)

    def _apply(self, delta: Delta) -> None:
        self._dataset.apply(delta)
        if self._where is not None:
            self._where.apply(delta)

    # DELETE and INSERT with a WHERE

    def _modify(self, operation: Modify) -> None:
        quads = operation.deletes + operation.inserts
        variables = sorted({name for quad in quads for name in variables_of(quad)})
        places = {name: place for place, name in enumerate(variables)}
        deletes = [Template(quad, places) for quad in operation.deletes]
        inserts = [Template(quad, places) for quad in operation.inserts]
        has_fresh = any(map(has_blank_node, operation.inserts))
        deleted: dict[Quad, None] = {}
        inserted: dict[Quad, bool] = {}
        for solution in self._solutions(operation, variables, is_bag=has_fresh) if quads else ():
            for template in deletes:
                quad = template.filled(solution, {})
                if quad is not None:
                    deleted[canonical(quad)] = None
            fresh: dict[BlankNode, BlankNode] = {}
            for template in inserts:
                quad = template.filled(solution, fresh)
                if quad is not None:
                    inserted.setdefault(quad, template.is_as_written)
        for quad in deleted:
            self.pending.delete(quad)
        for quad, is_as_written in inserted.items():
            self.pending.insert(quad, as_written=is_as_written)

    def _solutions(
        self, operation: Modify, variables: Sequence[str], *, is_bag: bool
    ) -> Iterator[Solution]:
        """The solutions of the WHERE; repetitions only matter where blank nodes are made."""
        if variables:
            head = "SELECT " if is_bag else "SELECT DISTINCT "
            head += " ".join(f"?{name}" for name in variables)
        else:
            head = f"SELECT (1 AS ?{_NO_VARIABLE})" if is_bag else "ASK"
        store = (self._where or self._dataset).store
        default, named = self._dataset_of(operation)
        try:
            answer = store.query(
                f"{operation.prologue}{head} WHERE {operation.where}",
                base_iri=self._options.base,
                prefixes=dict(self._options.prefixes),
                default_graph=default,
                named_graphs=named,
            )
            if isinstance(answer, QuerySolutions):
                for solution in answer:
                    yield tuple(solution)
            elif answer:
                yield ()
        except (SyntaxError, OSError, RuntimeError) as error:
            raise QueryError(f"the WHERE cannot be evaluated: {error}") from error

    def _dataset_of(
        self, operation: Modify
    ) -> tuple[list[GraphName] | None, list[NamedNode | BlankNode] | None]:
        """The default graphs and named graphs that a WHERE sees; None for the usual ones."""
        options = self._options
        if options.using or options.using_named:
            if operation.using is not None or operation.default != options.default:
                raise QueryError(
                    "using-graph-uri and using-named-graph-uri exclude USING and WITH in the text",
                    hint="SPARQL 1.1 Protocol, section 2.2.3; leave out the one or the other",
                )
            default = [NamedNode(iri) for iri in options.using]
            return [*default], [NamedNode(iri) for iri in options.using_named]
        if operation.using is not None:
            return [*operation.using], [*operation.using_named]
        return (None if operation.default == UNNAMED else [operation.default]), None

    # Graph management; the unnamed graph always exists

    def _clear(self, operation: Manage) -> None:
        for graph in self._targets(operation.target):
            self.pending.clear(graph)

    def _drop(self, operation: Manage) -> None:
        for graph in self._targets(operation.target):
            self.pending.drop(graph)

    def _create(self, operation: Manage) -> None:
        graph = operation.target.graph
        assert graph is not None  # by the grammar
        if self.pending.has_graph(graph):
            raise QueryError(f"CREATE GRAPH: the graph {graph} exists", hint="say CREATE SILENT")
        self.pending.create(graph)

    def _copy(self, operation: Manage) -> None:
        source, target = self._pair(operation)
        if source != target:
            if operation.word != "ADD":
                self.pending.clear(target)
            self.pending.create(target)
            for quad in self._dataset.quads(source):
                self.pending.insert(moved(quad, target))
            if operation.word == "MOVE":
                self.pending.drop(source)

    def _load(self, operation: Manage) -> None:
        if self._options.load is None:
            raise QueryError("LOAD is not offered: send the data to the graph store instead")
        target = operation.target.graph
        assert target is not None
        found = list(self._options.load(operation.document))  # before anything is changed
        self.pending.create(target)
        for quad in found:
            self.pending.insert(moved(quad, target))

    def _targets(self, target: Target) -> list[GraphName]:
        """The graphs a target names; all that is pending has been made before."""
        if target.graph is not None:
            self._expect(target.graph)
            return [target.graph]
        named = sorted(self._dataset.graphs - self._options.read_only, key=str)
        return named if target.word == "NAMED" else [UNNAMED, *named]

    def _pair(self, operation: Manage) -> tuple[GraphName, GraphName]:
        source, target = operation.source.graph, operation.target.graph
        assert source is not None
        assert target is not None
        self._expect(source)
        return source, target

    def _expect(self, graph: GraphName) -> None:
        if not self.pending.has_graph(graph):
            raise NoGraphError(iri_of(graph), hint="say SILENT if that is no mistake")


_MANAGE: Final = {
    "CLEAR": _Evaluation._clear,
    "DROP": _Evaluation._drop,
    "CREATE": _Evaluation._create,
    "ADD": _Evaluation._copy,
    "COPY": _Evaluation._copy,
    "MOVE": _Evaluation._copy,
    "LOAD": _Evaluation._load,
}
# No query of a user has it.
_NO_VARIABLE: Final = f"etown_{token_hex(8)}"
