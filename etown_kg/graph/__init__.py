"""KnowledgeGraph: the asserted quads, their closure, and the stores that answer queries.

The only module that brings `load`, `validate` and `reason` together. Asserted and inferred
stay apart: every asserted quad keeps its named graph, everything inferred is in
``graph/inferred``, and a query says with ``infer`` whether it may see the latter.

The default graph of a query is the union of the named graphs, held as a *set*: a triple that
two articles state is one solution, not two (`docs/decisions/0001-default-graph-is-a-set.md`).

A graph changes in two steps. `delta` works out what an update comes to and changes nothing, so
that a process that may be killed can do it. `apply` makes the change whole or not at all: what
follows is brought up to date and checked, the change is written to the location (if there is
one), and only then the stores that answer queries are touched. One thread may change a graph,
and none may read it meanwhile.

Who may not read every graph gets a `view`: a graph of its own, of the quads that he may read and
what follows from those alone. Nothing has to be filtered in it, since nothing else is there.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

from pyoxigraph import NamedNode, Quad, Store, Triple

from etown_kg import export, load, questions, update, vocab, wording
from etown_kg.catalogue.description import Presentation, SelfDescription
from etown_kg.changes import Change, GraphWrite, UpdateRequest
from etown_kg.citation import Citations
from etown_kg.config import DEFAULT_REASONER, shipped
from etown_kg.errors import (
    ConflictError,
    EtownError,
    InconsistentError,
    InvalidError,
    ReadOnlyError,
    SettingError,
)
from etown_kg.export import Context, Dumps
from etown_kg.figures.reading import figures_query
from etown_kg.findings import Finding, Report
from etown_kg.formats import JSON_LD, Format
from etown_kg.graph.answer import Answer
from etown_kg.graph.asking import Setting, ask
from etown_kg.graph.conclusions import Conclusions
from etown_kg.graph.counts import FEW_QUADS
from etown_kg.graph.describing import description
from etown_kg.graph.inference import InferredChange
from etown_kg.graph.linking import is_spoken_of, things_linked
from etown_kg.graph.names import name_of, names_of, within
from etown_kg.graph.shapes import Shapes
from etown_kg.graph.source import GraphSource
from etown_kg.graph.step import Step, premises
from etown_kg.graph.writing import permitted, written
from etown_kg.reason.proof import LeafSource, Proof
from etown_kg.scope import ALL, UNNAMED_GRAPH, Scope
from etown_kg.store import (
    UNNAMED,
    Dataset,
    DefaultGraphMode,
    Delta,
    GraphName,
    Location,
    checksum,
)
from etown_kg.store.spelling import Term, canonical_quads

__all__ = ["Answer", "Closing", "KnowledgeGraph", "Step"]

# Views that are kept and kept up to date; the one made first is let go for one more.
MAX_VIEWS: Final = 16

# What looks for violations, and gives them.
Check = Callable[[], frozenset[Finding]]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Closing:
    """What one computation of the closure did."""

    reasoner: str
    asserted: int
    inferred: int
    seconds: float


class KnowledgeGraph:
    """Asserted quads and, once closed, what follows from them.

    >>> graph = KnowledgeGraph.build()
    >>> graph.query("ASK { obs:F15 et:lowerBound 300.0 }").boolean
    True

    Attributes:
        asserted: the asserted quads as they were written.
        version: how many changes were made; a location goes on counting where it stopped.
        time: when the present state came to be, ISO 8601 in UTC.
        conclusions: what follows from the asserted quads; only this graph changes them.
    """

    def __init__(
        self,
        asserted: Iterable[Quad],
        *,
        base: str = vocab.BASE,
        ontology: Path | None = None,
        default_graph: DefaultGraphMode = "union",
        presentation: Presentation | None = None,
    ) -> None:
        """Take over the quads; `ontology` is the folder with ``shapes/`` and ``queries/``.

        With a `presentation` the graph describes itself in ``graph/meta`` once it is closed.
        """
        self.asserted = Dataset(asserted, default_graph)
        self._default_graph: DefaultGraphMode = default_graph
        self.base = base
        self.ontology = ontology
        self.version = 0
        self.time = _now()
        self.conclusions = Conclusions(self.asserted, base)
        self._changes: list[Change] = []
        self._location: Location | None = None
        self._views: dict[Scope, KnowledgeGraph] = {}
        self._presentation = presentation
        self._shapes = Shapes(ontology, base)
        self._description: SelfDescription | None = None
        # What has changed since `record` was called; None if it was not.
        self._steps: list[Step] | None = None
        # What the views of a copy have yet to follow.
        self._missed: dict[Scope, list[Step]] = {}

    @classmethod
    def load(
        cls,
        *,
        ontology: Path | None = None,
        data: Path | None = None,
        base: str = vocab.BASE,
        default_graph: DefaultGraphMode = "union",
        location: Location | None = None,
    ) -> KnowledgeGraph:
        """The asserted quads of two folders; a folder that is None is the one that ships.

        The graph describes itself.

        A location that holds something is read instead of the folders; one that is empty gets
        what they hold.

        Raises:
            MissingPathError, SourceError: a folder is not there, a file does not parse.
            StorageError, LimitError: the location is damaged or full.
        """
        default_ontology, default_data = shipped()
        ontology = ontology or default_ontology
        asserted: Iterable[Quad]
        named = questions.read_reader_questions(ontology / "queries")
        if location is not None and not location.is_empty:
            # The named queries are those of the ontology's folder as it is today.
            meta = NamedNode(f"{base}graph/meta")
            asserted = (quad for quad in location.quads() if quad.graph_name != meta)
        else:
            asserted = load.read_all(load.sources(ontology, data or default_data, base))
        asserted = chain(asserted, questions.described(named, base))
        names = [question.name for folder in named.values() for question in folder]
        site = wording.read_wording(ontology, names)
        graph = cls(
            asserted,
            base=base,
            ontology=ontology,
            default_graph=default_graph,
            presentation=Presentation(site.titles, site.descriptions, figures_query(ontology)),
        )
        if location is not None:
            graph.keep_in(location)
        return graph

    @classmethod
    def build(
        cls,
        *,
        ontology: Path | None = None,
        data: Path | None = None,
        base: str = vocab.BASE,
        reasoner: str = DEFAULT_REASONER,
        default_graph: DefaultGraphMode = "union",
        location: Location | None = None,
    ) -> KnowledgeGraph:
        """`load` and `close` in one step.

        Raises:
            InconsistentError: the graph has no model.
        """
        graph = cls.load(
            ontology=ontology,
            data=data,
            base=base,
            default_graph=default_graph,
            location=location,
        )
        graph.close(reasoner)
        return graph

    def keep_in(self, location: Location) -> None:
        """Keep every change from now on in a location; an empty one is filled first.

        A location that is not empty is the one that the asserted quads came from.

        Raises:
            DiskFullError, StorageError: it cannot be filled.
        """
        if location.is_empty:
            graphs = [UNNAMED, *sorted(self.asserted.graphs, key=str)]
            forms = (form for graph in graphs for form in self.asserted.forms(graph))
            location.seed(forms, self.asserted.graphs)
        for name in location.graphs:
            self.asserted.create(name)
        self.version, self.time = location.state.version, location.state.time
        self._location = location

    # What is there

    @property
    def graph_inferred(self) -> str:
        """The IRI of the named graph of everything inferred."""
        return f"{self.base}graph/inferred"

    @property
    def inferred(self) -> Collection[Quad]:
        """The inferred quads, all in `graph_inferred`; none before `close`."""
        return self.conclusions.inferred

    @inferred.setter
    def inferred(self, quads: Iterable[Quad]) -> None:
        """Take over what somebody else inferred; ``graph/meta`` tells of it from now on."""
        self.conclusions.take(quads)
        self.conclusions.inference = None
        if self._description is not None:
            self._describe()

    @property
    def state(self) -> str:
        """A name for the present state, different from that of any other data or version."""
        return f"{self._origin}-{self.version}"

    @property
    def described(self) -> Iterator[Quad]:
        """The quads of ``graph/meta`` in which the graph describes itself; none before `close`."""
        return iter(()) if self._description is None else self._description.quads()

    def quads(self, *, infer: bool = True) -> Iterator[Quad]:
        """All quads, the asserted ones first, without those of `described`."""
        yield from self.asserted
        if infer:
            yield from self.inferred

    def graphs(self, *, infer: bool = True) -> list[str]:
        """The IRIs of the named graphs, sorted; also of those that are empty."""
        names = set(self.asserted.graphs)
        if infer and self.inferred:
            names.add(NamedNode(self.graph_inferred))
        if infer and self._description is not None:
            names.add(self._description.graph)
        return sorted(name.value for name in names if isinstance(name, NamedNode))

    @property
    def triples(self) -> Store:
        """A store whose default graph is the one that a query sees which names none."""
        return self.conclusions.closed.triples

    def seen(self, step: Step) -> Iterator[tuple[Triple, bool]]:
        """The triples of that graph that a step concerns, as the store has them, and whether they
        are there now.
        """
        deltas = (step.asserted, step.inferred, step.described)
        quads = [quad for each in deltas for quad in (*each.deleted, *each.inserted)]
        for triple in dict.fromkeys(quad.triple for quad in canonical_quads(quads)):
            yield triple, Quad(triple.subject, triple.predicate, triple.object) in self.triples

    def versions(self) -> Sequence[Change]:
        """The changes that led here, oldest first; those of a location reach back farther."""
        return self._location.versions() if self._location else tuple(self._changes)

    def validate(self) -> Report:
        """The shapes and hygiene queries of the ontology folder, on what is asserted.

        Raises:
            MissingPathError: the graph has no ontology folder with ``shapes/``.
        """
        return self._shapes.report(self.asserted)

    # Parts of it

    def has_view(self, scope: Scope) -> bool:
        """Whether `view` gives the view at once."""
        return scope.is_all or scope in self._views

    def view(self, scope: Scope) -> KnowledgeGraph:
        """The graph as far as `scope` shows it; itself if nothing is hidden.

        A view is closed by itself, so that what follows from a hidden graph is hidden too; it has
        no closure where the scope hides ``graph/inferred`` by name. It is made when it is first
        asked for, which takes about as long as closing the graph, and follows every change of
        this graph from then on. Read it, or work out a `delta` on it; only this graph is changed.
        """
        if scope.is_all:
            return self
        for step in self._missed.pop(scope, ()):
            self._show_in(scope, step.asserted, step.changes[-1])
            if scope in self._views:
                self._views[scope]._refresh_description()
        found = self._views.get(scope)
        if found is None:
            while len(self._views) >= MAX_VIEWS:
                del self._views[next(iter(self._views))]
            found = self._views[scope] = self._made_view(scope)
        return found

    def _made_view(self, scope: Scope) -> KnowledgeGraph:
        shown = [name for name in self.asserted.graphs if name_of(name) in scope]
        if UNNAMED_GRAPH in scope:
            shown.append(UNNAMED)
        view = KnowledgeGraph(
            (quad for name in shown for quad in self.asserted.quads(name)),
            base=self.base,
            ontology=self.ontology,
            default_graph=self._default_graph,
            presentation=self._presentation if f"{self.base}graph/meta" in scope else None,
        )
        for name in shown:
            view.asserted.create(name)
        view.version, view.time = self.version, self.time
        origin = f"{checksum(view.asserted):016x}" if self._location is None else self._origin
        view.__dict__["_origin"] = f"{origin}~{scope.tag}"
        hides_inferences = scope.is_all_but and self.graph_inferred not in scope
        if self.conclusions.inference is not None and not hides_inferences:
            view.close(self.conclusions.reasoner)
        elif self._description is not None:
            view.conclusions.take(())
            view._describe()
        return view

    def _describe(self) -> None:
        """Let ``graph/meta`` say what there is, from now on."""
        if self._presentation is None:
            return
        self._description = description(
            self.base, self._presentation, self.asserted, self.conclusions,
            lambda: self.time if self.version else "", self.stated_solutions,
        )  # fmt: skip

    def _refresh_description(self) -> None:
        """Bring ``graph/meta`` up to date, in the views too."""
        if self._description is not None:
            described = self._description.refresh()
            if self._steps is not None and described:
                self._steps.append(Step(described=described))
        for view in self._views.values():
            view._refresh_description()

    def stated_solutions(self, text: str) -> Iterator[dict[str, Term]]:
        """The solutions of a SELECT over all that is asserted, as the pages ask."""
        graphs = () if self.asserted.is_union else tuple(self.graphs(infer=False))
        answer = self.query(text, infer=False, default_graphs=graphs, named_graphs=graphs)
        names = answer.variables
        for row in answer.rows():
            yield {name: term for name, term in zip(names, row, strict=True) if term is not None}

    def _show(self, delta: Delta, change: Change) -> None:
        """Let the views follow a change that was made."""
        for scope in list(self._views):
            self._show_in(scope, delta, change)

    def _show_in(self, scope: Scope, delta: Delta, change: Change) -> None:
        """Let a view, if it is still there, follow a change that was made."""
        if scope not in self._views:
            return
        try:
            self._views[scope]._follow_whole(within(delta, scope), change)
        except EtownError as error:
            # The change stands; the view is made anew for who asks next.
            _log.warning("a view could not follow version %s: %s", change.version, error)
            del self._views[scope]

    def _follow_whole(self, delta: Delta, change: Change) -> None:
        if delta:
            follows = self.conclusions.follow(*self.conclusions.premise_change(delta), delta)
            self._make(delta, follows)
        self.version, self.time = change.version, change.time

    def prepare(self) -> None:
        """Name the data (`state`) now, before they change or processes part (1 us a quad)."""
        _ = self._origin

    def count(self) -> None:
        """Count what the order of joins goes by, and make the columns that answer queries which
        count, before processes part; else each does so once.
        """
        if self.conclusions.inference is not None:
            _ = self.conclusions.inference.sizes
        if len(self.conclusions.closed) < FEW_QUADS:
            return
        if (columns := self.conclusions.columns) is not None:
            columns.prepare()

    # What follows

    def close(self, reasoner: str = DEFAULT_REASONER) -> Closing:
        """Compute the OWL 2 RL closure of what is asserted, without ``graph/links``.

        Links to other graphs stay outside: an exactMatch must not copy facts about things that
        are only similar.

        Raises:
            InconsistentError: the graph has no model; it is left without a closure.
        """
        started = time.perf_counter()
        self.conclusions.compute(reasoner)
        self._describe()
        self._views.clear()
        return Closing(
            reasoner, len(self.asserted), len(self.inferred), time.perf_counter() - started
        )

    def explain(self, triple: tuple[Term, NamedNode, Term], *, limit: int = 1) -> tuple[Proof, ...]:
        """The minimal proofs of a triple, smallest first, `limit` at most; none if it is not so.

        Their leaves are asserted triples with their named graphs; `sources_of` tells where each
        was read. Proofs are our own engine's, whichever reasoner closed the graph. A literal may
        be spelled as queries give it: the proof is of what was written.

        Raises:
            LimitError: more proofs than one were asked for and cannot all be searched.
        """
        return self.conclusions.explain(triple, limit)

    def sources_of(self, triple: tuple[str, str, str]) -> list[LeafSource]:
        """Where an asserted triple, in N-Triples terms, was read: the `sources` of a proof."""
        return [
            LeafSource(str(one), one.as_dict(), (one.evidence,) if one.evidence else ())
            for one in self._citations.of(triple)
        ]

    # Reading

    def query(
        self,
        text: str,
        *,
        infer: bool = True,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        prefixes: bool = True,
        services: Mapping[str, str] | None = None,
        base: str | None = None,
        same_as: bool = False,
    ) -> Answer:
        """Evaluate a SPARQL 1.1 query.

        Args:
            text: the query; the project's prefixes need not be declared unless `prefixes` is
                False, and a declaration in the text wins.
            infer: whether inferred triples can match.
            default_graphs, named_graphs: the dataset of the protocol's ``default-graph-uri``
                and ``named-graph-uri``; it replaces the query's own FROM clauses.
            services: the IRIs that SERVICE may call, with the address that the engine is to
                call instead. A SERVICE SILENT of another comes to nothing, any other is refused.
            base: the IRI that relative ones in the text are resolved against.
            same_as: whether IRIs of linked graphs mean the things they are linked with
                (`etown_kg.same_as`).

        Raises:
            QueryError: the text does not parse, or asks for something that is not offered.
        """
        setting = Setting(
            default_graphs, named_graphs, prefixes, services, base,
            self.things_linked if same_as else None,
        )  # fmt: skip
        dataset = self.conclusions.closed if infer else self.asserted
        has_columns = infer and len(dataset) >= FEW_QUADS
        return ask(
            text,
            setting,
            dataset,
            partial(self.graphs, infer=infer),
            self.conclusions.sizes,
            (lambda: self.conclusions.columns) if has_columns else None,
        )

    def things_linked(self, iri: str) -> tuple[str, ...]:
        """The things of ours that an IRI of another graph stands for; none for one of ours."""
        return things_linked(iri, self.asserted, self.conclusions.closed, self._links)

    def speaks_of(self, iri: str) -> bool:
        """Whether the graph says something of a thing, or with it, besides links."""
        return is_spoken_of(NamedNode(iri), self.asserted, self._links)

    def export(
        self, out: BinaryIO, format: Format, *, graph: str | None = None, infer: bool = True
    ) -> int:
        """Write all graphs, or the one with the IRI `graph`; returns how many statements.

        The same statements give the same bytes. Memory does not grow with the graph. Of
        ``graph/meta`` the graph's description of itself is written if it is asked for by name.

        Raises:
            SettingError: no graph has that IRI, or the format cannot hold a statement.
        """
        if graph is not None and graph not in self.graphs(infer=infer):
            raise SettingError(
                "graph", f"no graph {graph}", hint="graphs: " + ", ".join(self.graphs(infer=infer))
            )
        quads = self.quads(infer=infer)
        if graph is not None:
            name = NamedNode(graph)
            every = chain(quads, self.described) if infer else quads
            quads = (quad for quad in every if quad.graph_name == name)
        context = self.context() if format is JSON_LD else None
        with export.SortedQuads(quads, is_union=format.kind == "graph") as ordered:
            return export.write_statements(ordered, out, format, context)

    def dumps(self, folder: Path | None = None) -> Dumps:
        """What makes the files of this graph; temporary ones go to `folder`."""
        return export.Dumps(GraphSource(self), folder)

    def context(self) -> Context:
        """The JSON-LD context of what is asserted."""
        graphs = () if self.asserted.is_union else tuple(self.graphs(infer=False))
        found = self.query(export.CONTEXT_QUERY, infer=False, default_graphs=graphs)
        return export.read_context(found.triples())

    # Changing

    def delta(
        self,
        request: UpdateRequest | str,
        *,
        infer: bool = False,
        base: str | None = None,
        loader: update.Loader | None = None,
        services: Mapping[str, str] | None = None,
        prefixes: bool = True,
    ) -> Delta:
        """What a SPARQL 1.1 Update comes to; the graph is left as it was.

        While this runs the stores are changed and changed back, so nothing else may read them:
        call it in a process or thread that has the graph to itself.

        Args:
            request: the update; a text alone may write all graphs.
            infer: whether a WHERE sees inferred triples too, as they are before the update.
            base: the IRI that relative ones in the text are resolved against.
            loader: fetches the document of a LOAD; without one LOAD is refused.
            services: see `query`.
            prefixes: whether the project's prefixes need no declaration.

        Raises:
            QueryError: the text does not parse, asks for what is not offered, or fails.
            NoGraphError: an operation without SILENT names a graph that is not there.
            ReadOnlyError, ForbiddenError: a graph that may not be changed would be.
        """
        if isinstance(request, str):
            request = UpdateRequest(request)
        options = update.Options(
            prefixes=vocab.PREFIXES if prefixes else {},
            base=base or request.base,
            using=request.using_graphs,
            using_named=request.using_named_graphs,
            load=loader,
            services=services or {},
            read_only=self._read_only,
        )
        closed = self.conclusions.closed
        where = closed if infer and closed is not self.asserted else None
        delta = update.evaluate(request.text, self.asserted, options, where=where)
        return replace(permitted(delta, request.may_write), version=self.version)

    def write_delta(self, write: GraphWrite, *, base: str | None = None) -> Delta:
        """What an operation of the Graph Store Protocol comes to; the graph is left as it was.

        PUT makes the body the content of the graph, POST adds it, DELETE drops the graph, and
        PATCH carries out a SPARQL Update that means this graph where it names none, and may
        change no other. A body in the form of a dataset is its default graph.

        Raises:
            ConflictError: `if_match` is neither `state` nor ``*`` with a graph that exists.
            MediaTypeError, UploadError: the body is in no known format, or does not parse.
            NoGraphError: DELETE of a graph that is not there.
            QueryError, ReadOnlyError, ForbiddenError: as `delta` has them.
        """
        delta = written(
            write, self.asserted, self.state, self._read_only, base or write.base, self.base
        )
        return replace(permitted(delta, write.may_write), version=self.version)

    def apply(
        self,
        delta: Delta,
        *,
        validate: bool = False,
        writer: str = "",
        scope: Scope = ALL,
        sync: bool = True,
        within_limits: Callable[[Check], frozenset[Finding]] | None = None,
    ) -> Change:
        """Make a change, whole or not at all.

        Args:
            delta: what `delta` or `write_delta` gave, of this graph or of a view of it; or any
                delta without a version.
            validate: refuse a change that brings a violation of the shapes.
            writer: who makes the change, for the location's list of versions.
            scope: what the writer may read, and so be shown of why a change is refused.
            sync: wait until the location has the change on its disk, and describe it; else
                nobody may be told that it was made before `sync` has returned.
            within_limits: calls what looks for violations, and gives what that gives; a failure of
                its own leaves the graph as it was.

        Raises:
            ConflictError: the delta was worked out on another version.
            InconsistentError: the graph would have no model; with the proofs of the clash.
            InvalidError: the shapes would be broken.
            ReadOnlyError: it changes a graph that the program makes.
            DiskFullError, StorageError: the location cannot keep it.
            LimitError: the closure would outgrow the memory.
        """
        self.prepare()
        if delta.version is None:
            delta = update.effective(self.asserted, delta)
        elif delta.version != self.version:
            raise ConflictError(
                f"the change was worked out on version {delta.version}; it is {self.version} now"
            )
        read_only = delta.graphs & self._read_only
        if read_only:
            raise ReadOnlyError(f"{', '.join(names_of(read_only))} may only be read")
        if not delta:
            return Change(self.version, self.time)
        added, removed = self.conclusions.premise_change(delta)
        try:
            follows = self.conclusions.follow(added, removed, delta)
        except InconsistentError:
            if not scope.is_all:
                self.view(scope)._refuse_clash(within(delta, scope))
            raise
        try:
            findings = None
            if validate:
                check = partial(self._check_shapes, delta, scope)
                findings = check() if within_limits is None else within_limits(check)
            now = _now()
            change = Change(
                self.version + 1,
                now,
                len(delta.inserted),
                len(delta.deleted),
                len(follows.added),
                len(follows.removed),
            )
            if self._location is not None:
                self._location.commit(delta, change, writer, sync=sync)
        except BaseException:
            self.conclusions.follow_back(added, removed)
            raise
        inferred = self._make(delta, follows)
        if self._steps is not None:
            self._steps.append(Step((change,), delta, inferred, premises=premises(added, removed)))
        self._shapes.known = findings
        self.version, self.time = change.version, change.time
        self._changes.append(change)
        self._show(delta, change)
        if sync:
            self._refresh_description()
        return change

    def sync(self) -> None:
        """Wait until the location has all changes on its disk; then ``graph/meta`` tells of them.

        Raises:
            StorageError: the disk failed. The changes since the last time are not kept, but this
                graph has them: it is of no more use.
        """
        if self._location is not None:
            self._location.sync()
        self._refresh_description()

    def rehearse(self, delta: Delta) -> None:
        """Find out what follows from a change, as `apply` does: in a process that has limits, so
        that a closure beyond them is not begun where all changes are made.

        The graph is not to be changed any more behind that. What has no model is for `apply` to
        refuse, which tells why.
        """
        self.conclusions.rehearse(delta)

    def advance(self, delta: Delta) -> None:
        """Take over what a change asserts, not what follows from it: for a copy of a graph that
        somebody else changes, on which nothing but deltas is worked out.
        """
        if not delta:
            return
        self.asserted.apply(delta)
        self.version += 1
        for scope, view in self._views.items():
            view.asserted.apply(within(delta, scope))
            view.version = self.version

    def record(self) -> None:
        """Keep what every change from now on comes to, for `recorded`."""
        self._steps = []

    def recorded(self) -> Step:
        """What has changed since this was last called, or since `record` was."""
        steps, self._steps = self._steps or [], []
        return Step.composed(steps)

    def follow(self, step: Step) -> None:
        """Take over what another copy of this graph has `recorded`: a few microseconds a quad.

        A copy that follows answers queries, proves, and has views, all as the other one. It is
        neither to be changed nor exported any more.
        """
        self.asserted.apply(step.asserted)
        self.conclusions.follow_made(step.asserted, step.inferred, step.premises)
        self.conclusions.closed.apply(step.described)
        self.__dict__.pop("_citations", None)
        for change in step.changes:
            self.version, self.time = change.version, change.time
        if step.changes:
            for scope in self._views:
                self._missed.setdefault(scope, []).append(step)

    def backup(self, target: Path) -> None:
        """Copy the location, as it is now, to a new folder; a few milliseconds on one disk.

        Raises:
            SettingError: the graph has no location.
            StorageError: the folder exists, or cannot be written.
        """
        if self._location is None:
            raise SettingError("location", "the graph has none, so there is nothing to back up")
        self._location.backup(target)

    def _make(self, delta: Delta, follows: InferredChange) -> Delta:
        """Change the stores that answer queries; gives the change of the inferred quads."""
        self.asserted.apply(delta)
        inferred = self.conclusions.as_delta(follows)
        described = self._description
        with described.following(delta, inferred) if described else nullcontext():
            self.conclusions.make(delta, inferred)
        self.__dict__.pop("_citations", None)
        return inferred

    def _refuse_clash(self, delta: Delta) -> NoReturn:
        """Say, in a view, why a change is refused that leaves the whole graph without a model.

        Raises:
            InconsistentError: always; with the proofs, if the view alone has no model either.
        """
        added, removed = self.conclusions.premise_change(delta)
        self.conclusions.follow(added, removed, delta)
        self.conclusions.follow_back(added, removed)
        raise _unshown(InconsistentError(())) from None

    # Checking

    def _check_shapes(self, delta: Delta, scope: Scope) -> frozenset[Finding]:
        """The violations after a change.

        Raises:
            InvalidError: some were not there before it; with those that can be seen in `scope`.
        """
        try:
            return self._shapes.check(self.asserted, delta)
        except InvalidError:
            if not scope.is_all:
                view = self.view(scope)
                view._shapes.known = None
                view._shapes.check(view.asserted, within(delta, scope))
                raise _unshown(InvalidError(())) from None
            raise

    @cached_property
    def _citations(self) -> Citations:
        return Citations(self.asserted)

    @cached_property
    def _links(self) -> NamedNode:
        """The graph of links, which says nothing of our things themselves."""
        return NamedNode(f"{self.base}graph/links")

    @cached_property
    def _read_only(self) -> frozenset[GraphName]:
        return frozenset(NamedNode(f"{self.base}graph/{name}") for name in load.RESERVED)

    @cached_property
    def _origin(self) -> str:
        """What tells the versions of these data from those of others."""
        if self._location is not None:
            return self._location.name
        return f"{checksum(self.asserted):016x}"


def _unshown(error: EtownError) -> EtownError:
    """The refusal of a change for what its writer may not read."""
    error.hint = "what it contradicts is in graphs that this token may not read"
    return error


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
