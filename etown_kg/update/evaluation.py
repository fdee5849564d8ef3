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

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, QuerySolutions, Triple

from etown_kg import query_text
from etown_kg.errors import EtownError, NoGraphError, QueryError, ReadOnlyError
from etown_kg.store.dataset import Dataset
from etown_kg.store.delta import UNNAMED, Delta, GraphName, composed
from etown_kg.store.spelling import Term, canonical
from etown_kg.update import text as update_text
from etown_kg.update.text import Data, Manage, Modify, Operation, Target, variable_of

# The document at an IRI as quads of the default graph; for LOAD.
Loader = Callable[[str], Iterable[Quad]]
# The terms of a solution, in the order of the variables asked for.
Solution = tuple[Term | None, ...]


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


def replacement(dataset: Dataset, graph: GraphName, quads: Iterable[Quad]) -> Delta:
    """The change that makes `quads` the content of a graph, which exists from then on."""
    changes = _Changes(dataset)
    changes.clear(graph)
    changes.create(graph)
    for quad in quads:
        changes.insert(_moved(quad, graph))
    return changes.delta()


def addition(dataset: Dataset, graph: GraphName, quads: Iterable[Quad]) -> Delta:
    """The change that adds `quads` to a graph, which exists from then on."""
    changes = _Changes(dataset)
    changes.create(graph)
    for quad in quads:
        changes.insert(_moved(quad, graph))
    return changes.delta()


def removal(dataset: Dataset, graph: GraphName) -> Delta:
    """The change that drops a graph; the unnamed one is emptied.

    Raises:
        NoGraphError: it does not exist.
    """
    changes = _Changes(dataset)
    if graph != UNNAMED and not changes.has_graph(graph):
        raise NoGraphError(_iri(graph))
    changes.drop(graph)
    return changes.delta()


def effective(dataset: Dataset, delta: Delta) -> Delta:
    """What a delta made elsewhere changes here: deletes what is there, inserts what is not.

    Unlike an update it is exact: it tells spellings of one value apart.
    """
    deleted = frozenset(filter(dataset.has_written, delta.deleted))
    inserted = frozenset(
        quad
        for quad in delta.inserted - delta.deleted
        if quad.graph_name in delta.dropped or not dataset.has_written(quad)
    )
    dropped = delta.dropped & dataset.graphs
    lost = frozenset(quad for graph in dropped for quad in dataset.quads(graph))
    made = delta.created | {quad.graph_name for quad in inserted}
    return Delta(
        (deleted | lost) - inserted,
        inserted - lost,
        frozenset(made - {UNNAMED} - (dataset.graphs - dropped)) - dropped,
        frozenset(dropped - made),
    )


class _Changes:
    """What is to change in a dataset, each quad by its canonical form."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        # Canonical quad -> how it is written in the dataset; how it shall be written.
        self._deleted: dict[Quad, tuple[Quad, ...]] = {}
        self._inserted: dict[Quad, Quad] = {}
        self._created: set[GraphName] = set()
        self._dropped: set[GraphName] = set()

    def __bool__(self) -> bool:
        return bool(self._deleted or self._inserted or self._created or self._dropped)

    def delete(self, alike: Quad) -> None:
        """Delete whatever has this canonical form."""
        if self._inserted.pop(alike, None) is not None or alike in self._deleted:
            return
        if alike in self._dataset:
            self._deleted[alike] = self._dataset.written(alike)

    def insert(self, quad: Quad, *, as_written: bool = True) -> None:
        """Insert a quad, unless one of its value is there.

        One that comes from a solution is not `as_written`: if its value was deleted, the text
        that was deleted comes back.
        """
        alike = canonical(quad)
        self.create(quad.graph_name)
        if alike in self._inserted:
            return
        if alike in self._deleted:
            if not as_written or self._deleted[alike] == (quad,):
                del self._deleted[alike]
            else:
                self._inserted[alike] = quad
        elif alike not in self._dataset:
            self._inserted[alike] = quad

    def clear(self, graph: GraphName) -> None:
        """Delete all quads of a graph, which goes on to exist."""
        for alike in [alike for alike in self._inserted if alike.graph_name == graph]:
            del self._inserted[alike]
        for quad in self._dataset.quads(graph):
            self.delete(canonical(quad))

    def create(self, graph: GraphName) -> None:
        """Let a graph exist."""
        if graph in self._dropped:
            self._dropped.remove(graph)
        elif graph != UNNAMED and graph not in self._dataset.graphs:
            self._created.add(graph)

    def drop(self, graph: GraphName) -> None:
        """Delete all quads of a graph and the graph itself."""
        self.clear(graph)
        if graph in self._created:
            self._created.remove(graph)
        elif graph in self._dataset.graphs:
            self._dropped.add(graph)

    def has_graph(self, graph: GraphName) -> bool:
        """Whether the graph exists by now; the unnamed one always does."""
        if graph == UNNAMED or graph in self._created:
            return True
        return graph in self._dataset.graphs and graph not in self._dropped

    def delta(self) -> Delta:
        """The changes as quads as written."""
        return Delta(
            frozenset(quad for written in self._deleted.values() for quad in written),
            frozenset(self._inserted.values()),
            frozenset(self._created),
            frozenset(self._dropped),
        )


class _Evaluation:
    """Runs operations; changes wait in `pending` until something has to see them."""

    def __init__(self, dataset: Dataset, where: Dataset | None, options: Options) -> None:
        self._dataset = dataset
        self._where = where
        self._options = options
        self.pending = _Changes(dataset)
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
            self.pending = _Changes(self._dataset)

    def _apply(self, delta: Delta) -> None:
        self._dataset.apply(delta)
        if self._where is not None:
            self._where.apply(delta)

    # DELETE and INSERT with a WHERE

    def _modify(self, operation: Modify) -> None:
        quads = operation.deletes + operation.inserts
        variables = sorted({name for quad in quads for name in _variables(quad)})
        places = {name: place for place, name in enumerate(variables)}
        deletes = [_Template(quad, places) for quad in operation.deletes]
        inserts = [_Template(quad, places) for quad in operation.inserts]
        has_fresh = any(map(_has_blank_node, operation.inserts))
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
                self.pending.insert(_moved(quad, target))
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
            self.pending.insert(_moved(quad, target))

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
            raise NoGraphError(_iri(graph), hint="say SILENT if that is no mistake")


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


class _Template:
    """One quad of a template, to be filled in with solutions."""

    def __init__(self, quad: Quad, places: Mapping[str, int]) -> None:
        self._quad = quad
        self._places = places
        self._is_constant = not any(True for _ in _variables(quad)) and not _has_blank_node(quad)
        # Whether the object is the text's own, and not one that went through the store.
        self.is_as_written = not any(True for _ in _variables_of(quad.object))

    def filled(self, solution: Solution, fresh: dict[BlankNode, BlankNode]) -> Quad | None:
        """The quad of one solution; None where it has no term, or none that may stand there.

        `fresh` has the solution's own blank nodes.
        """
        if self._is_constant:
            return self._quad
        s, p, o, g = (self._term(term, solution, fresh) for term in self._quad)
        if not isinstance(s, NamedNode | BlankNode) or not isinstance(p, NamedNode) or o is None:
            return None
        if g is None or isinstance(g, Literal | Triple):
            return None
        return Quad(s, p, o, g)  # type: ignore[arg-type]  # o is no graph name

    def _term(
        self, term: Term | GraphName, solution: Solution, fresh: dict[BlankNode, BlankNode]
    ) -> Term | GraphName | None:
        if isinstance(term, BlankNode):
            return fresh.setdefault(term, BlankNode())
        if isinstance(term, Triple):
            s, p, o = (self._term(part, solution, fresh) for part in term)
            if not isinstance(s, NamedNode | BlankNode) or not isinstance(p, NamedNode):
                return None
            return None if o is None else Triple(s, p, o)  # type: ignore[arg-type]
        name = variable_of(term)
        return term if name is None else solution[self._places[name]]


def _variables(quad: Quad) -> Iterator[str]:
    for term in quad:
        yield from _variables_of(term)


def _variables_of(term: object) -> Iterator[str]:
    if isinstance(term, Triple):
        for part in term:
            yield from _variables_of(part)
    else:
        name = variable_of(term)
        if name is not None:
            yield name


def _has_blank_node(statement: Quad | Triple) -> bool:
    return any(
        isinstance(term, BlankNode) or (isinstance(term, Triple) and _has_blank_node(term))
        for term in statement
    )


def _moved(quad: Quad, graph: GraphName) -> Quad:
    return Quad(quad.subject, quad.predicate, quad.object, graph)


def _iri(graph: GraphName) -> str:
    return graph.value if isinstance(graph, NamedNode) else str(graph)
