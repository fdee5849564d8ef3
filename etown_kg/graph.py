"""KnowledgeGraph: the asserted quads, their closure, and the stores that answer queries.

The only module that brings `load`, `validate` and `reason` together. Asserted and inferred
stay apart: every asserted quad keeps its named graph, everything inferred is in
``graph/inferred``, and a query says with ``infer`` whether it may see the latter.

The default graph of a query is the union of the named graphs, held as a *set*: a triple that
two articles state is one solution, not two (`docs/decisions/0001-default-graph-is-a-set.md`).
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    parse,
)

from etown_kg import export, load, query_text, vocab
from etown_kg.citation import Citations
from etown_kg.config import DEFAULT_REASONER, shipped
from etown_kg.errors import InconsistentError, MissingPathError, QueryError, SettingError
from etown_kg.findings import Report
from etown_kg.formats import Form, Format
from etown_kg.reason import Closure, materialise
from etown_kg.reason.proof import LeafSource, Proof

Term = NamedNode | BlankNode | Literal | Triple
# Quads of the premises -> (inferred triples, violations).
Reasoner = Callable[[Sequence[Quad]], tuple[Iterable[Triple], Sequence[object]]]


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
    """

    def __init__(
        self, asserted: Iterable[Quad], *, base: str = vocab.BASE, ontology: Path | None = None
    ) -> None:
        """Take over the quads; `ontology` is the folder with ``shapes/`` and ``queries/``."""
        self.asserted: tuple[Quad, ...] = tuple(dict.fromkeys(asserted))
        self.inferred: tuple[Quad, ...] = ()
        self.base = base
        self.ontology = ontology

    @classmethod
    def load(
        cls, *, ontology: Path | None = None, data: Path | None = None, base: str = vocab.BASE
    ) -> KnowledgeGraph:
        """The asserted quads of two folders; a folder that is None is the one that ships.

        Raises:
            MissingPathError, SourceError: a folder is not there, a file does not parse.
        """
        default_ontology, default_data = shipped()
        ontology = ontology or default_ontology
        found = load.sources(ontology, data or default_data, base)
        return cls(load.read_all(found), base=base, ontology=ontology)

    @classmethod
    def build(
        cls,
        *,
        ontology: Path | None = None,
        data: Path | None = None,
        base: str = vocab.BASE,
        reasoner: str = DEFAULT_REASONER,
    ) -> KnowledgeGraph:
        """`load` and `close` in one step.

        Raises:
            InconsistentError: the graph has no model.
        """
        graph = cls.load(ontology=ontology, data=data, base=base)
        graph.close(reasoner)
        return graph

    @property
    def graph_inferred(self) -> str:
        """The IRI of the named graph of everything inferred."""
        return f"{self.base}graph/inferred"

    def quads(self, *, infer: bool = True) -> Iterator[Quad]:
        """All quads, the asserted ones first."""
        yield from self.asserted
        if infer:
            yield from self.inferred

    def validate(self) -> Report:
        """The shapes and hygiene queries of the ontology folder, on what is asserted.

        Raises:
            MissingPathError: the graph has no ontology folder with ``shapes/``.
        """
        # Here, not at the top: pySHACL takes 0.1 s to import, and a server does not need it.
        from etown_kg.validate import validate

        if self.ontology is None or not (self.ontology / "shapes").is_dir():
            raise MissingPathError(
                "shapes" if self.ontology is None else self.ontology / "shapes",
                "a folder with SHACL shapes",
            )
        hygiene = self.ontology / "queries" / "hygiene"
        return validate(
            self.asserted, self.ontology / "shapes", hygiene if hygiene.is_dir() else None
        )

    def close(self, reasoner: str = DEFAULT_REASONER) -> Closing:
        """Compute the OWL 2 RL closure of what is asserted, without ``graph/links``.

        Links to other graphs stay outside: an exactMatch must not copy facts about things that
        are only similar.

        Raises:
            InconsistentError: the graph has no model; it is left without a closure.
        """
        started = time.perf_counter()
        premises = self._premises()
        if reasoner not in REASONERS:
            raise SettingError("reasoner", f"{reasoner!r} is none of {', '.join(REASONERS)}")
        triples, violations = REASONERS[reasoner](premises)
        if violations:
            raise InconsistentError(violations)
        target = NamedNode(self.graph_inferred)
        self.inferred = tuple(Quad(s, p, o, target) for s, p, o in triples)
        self.__dict__.pop("_closed", None)
        return Closing(
            reasoner, len(self.asserted), len(self.inferred), time.perf_counter() - started
        )

    def explain(self, triple: tuple[Term, NamedNode, Term], *, limit: int = 1) -> tuple[Proof, ...]:
        """The minimal proofs of a triple, smallest first, `limit` at most; none if it is not so.

        Their leaves are asserted triples with their named graphs; `sources_of` tells where each
        was read. Proofs are our own engine's, whichever reasoner closed the graph.

        Raises:
            LimitError: more proofs than one were asked for and cannot all be searched.
        """
        if limit > 1:
            return self._closure.explain(triple, all=True, limit=limit)
        proof = self._closure.explain(triple)
        return () if proof is None else (proof,)

    def sources_of(self, triple: tuple[str, str, str]) -> list[LeafSource]:
        """Where an asserted triple, in N-Triples terms, was read: the `sources` of a proof."""
        return [
            LeafSource(str(one), one.as_dict(), (one.evidence,) if one.evidence else ())
            for one in self._citations.of(triple)
        ]

    def query(
        self,
        text: str,
        *,
        infer: bool = True,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
        prefixes: bool = True,
        services: bool = False,
    ) -> Answer:
        """Evaluate a SPARQL 1.1 query.

        Args:
            text: the query; the project's prefixes need not be declared unless `prefixes` is
                False, and a declaration in the text wins.
            infer: whether inferred triples can match.
            default_graphs, named_graphs: the dataset of the protocol's ``default-graph-uri``
                and ``named-graph-uri``; it replaces the query's own FROM clauses.
            services: whether SERVICE is left to the engine, which calls any address: only for
                a process that can open no socket, or whose query was looked through before.

        Raises:
            QueryError: the text does not parse, or asks for something that is not offered.
        """
        if not services and "SERVICE" in query_text.keywords(text):
            raise QueryError("SERVICE is not offered: this endpoint calls no other")
        store = self._closed if infer else self._asserted
        # Either list makes the dataset: what is not named in it is not there.
        chosen = bool(default_graphs or named_graphs)
        try:
            result = store.query(
                text,
                prefixes=vocab.PREFIXES if prefixes else None,
                default_graph=[NamedNode(iri) for iri in default_graphs] if chosen else None,
                named_graphs=[NamedNode(iri) for iri in named_graphs] if chosen else None,
            )
        except SyntaxError as error:
            raise _query_error(text, str(error)) from error
        except OSError as error:
            raise QueryError(f"cannot be evaluated: {error}") from error
        return Answer(result)

    def export(
        self, out: BinaryIO, format: Format, *, graph: str | None = None, infer: bool = True
    ) -> int:
        """Write all graphs, or the one with the IRI `graph`; returns how many statements.

        Raises:
            SettingError: no graph has that IRI.
        """
        quads = self.quads(infer=infer)
        if graph is None:
            return export.write(quads, out, format)
        name = NamedNode(graph)
        chosen = [quad for quad in quads if quad.graph_name == name]
        if not chosen:
            raise SettingError(
                "graph", f"no graph {graph}", hint="graphs: " + ", ".join(self.graphs(infer=infer))
            )
        return export.write(chosen, out, format)

    def graphs(self, *, infer: bool = True) -> list[str]:
        """The IRIs of the named graphs, sorted."""
        names = {quad.graph_name for quad in self.quads(infer=infer)}
        return sorted(name.value for name in names if isinstance(name, NamedNode))

    def _premises(self) -> list[Quad]:
        outside = {NamedNode(f"{self.base}graph/{name}") for name in ("links", "meta")}
        return [quad for quad in self.asserted if quad.graph_name not in outside]

    @cached_property
    def _closure(self) -> Closure:
        return materialise(self._premises())

    @cached_property
    def _citations(self) -> Citations:
        return Citations(self.asserted)

    def prepare(self) -> None:
        """Build the stores now rather than at the first query (about 3 s a million triples)."""
        _ = self._closed, self._asserted

    @cached_property
    def _asserted(self) -> Store:
        return _stored(self.asserted)

    @cached_property
    def _closed(self) -> Store:
        return _stored(self.quads())


class Answer:
    """The answer to one query, evaluated as it is read; it can be read once.

    `form` is SELECT, ASK or CONSTRUCT (a DESCRIBE answers as a CONSTRUCT does).
    """

    def __init__(self, result: QuerySolutions | QueryBoolean | QueryTriples) -> None:
        self._result = result
        self.form: Form = (
            "SELECT"
            if isinstance(result, QuerySolutions)
            else "ASK"
            if isinstance(result, QueryBoolean)
            else "CONSTRUCT"
        )

    @property
    def variables(self) -> list[str]:
        """The variables of a SELECT, without the question mark, in order."""
        return [variable.value for variable in self._solutions().variables]

    def rows(self) -> list[tuple[Term | None, ...]]:
        """The solutions of a SELECT, a term or None per variable."""
        solutions = self._solutions()
        variables = solutions.variables
        return [tuple(solution[name] for name in variables) for solution in solutions]

    @property
    def boolean(self) -> bool:
        """The answer to an ASK."""
        if not isinstance(self._result, QueryBoolean):
            raise TypeError(f"a {self.form} has no boolean")
        return bool(self._result)

    def triples(self) -> list[Triple]:
        """The triples of a CONSTRUCT or DESCRIBE, each once (they are a set), sorted."""
        if not isinstance(self._result, QueryTriples):
            raise TypeError(f"a {self.form} has no triples")
        return sorted(set(self._result), key=str)

    def serialize(self, format: Format) -> bytes:
        """The whole answer in a format of its form; fails as `write` does."""
        out = io.BytesIO()
        self.write(out, format)
        return out.getvalue()

    def write(self, out: BinaryIO, format: Format) -> None:
        """Write the answer in a format of its form (`formats.for_form`) as it is evaluated.

        An exception of `out.write` ends the evaluation and comes out as it is, so that a
        bounded stream stops an endless answer.

        Raises:
            TypeError: the format cannot carry this form.
            QueryError: the evaluation failed, perhaps after a part was written.
        """
        if format.results is not None and not isinstance(self._result, QueryTriples):
            try:
                self._result.serialize(out, format=format.results)
            except OSError as error:
                raise QueryError(f"cannot be evaluated: {error}") from error
        elif format.rdf is None:
            raise TypeError(f"{format.label} cannot carry a {self.form}")
        else:
            export.write(self.triples(), out, format)

    def _solutions(self) -> QuerySolutions:
        if not isinstance(self._result, QuerySolutions):
            raise TypeError(f"a {self.form} has no solutions")
        return self._result


def _stored(quads: Iterable[Quad]) -> Store:
    """A store with each quad in its named graph and its triple, once, in the default graph."""
    named = list(quads)
    store = Store()
    store.extend(named)
    store.extend(Quad(quad.subject, quad.predicate, quad.object) for quad in named)
    return store


def _query_error(text: str, problem: str) -> QueryError:
    place = re.match(r"error at (\d+):(\d+): (.*)", problem, re.DOTALL)
    if place is None:
        return QueryError(problem)
    line, column = int(place[1]), int(place[2])
    expected = place[3]
    if "Prefix not found" in expected:
        expected = "a prefixed name whose prefix is not declared"
    hint = query_text.at(text, line, column)
    return QueryError(expected, line=line, column=column, hint=hint)


def _close_with_engine(premises: Sequence[Quad]) -> tuple[Iterable[Triple], Sequence[object]]:
    closure = materialise(premises)
    inferred = parse(closure.ntriples(inferred_only=True), RdfFormat.N_TRIPLES)
    return (quad.triple for quad in inferred), closure.violations


def _close_with_owlrl(premises: Sequence[Quad]) -> tuple[Iterable[Triple], Sequence[object]]:
    from etown_kg.reason.reference import close_with_owlrl  # owlrl: 0.1 s, seldom asked for

    closure = close_with_owlrl(load.to_rdflib(premises))
    triples = [load.from_triple(triple) for triple in closure.inferred]
    return sorted(triples, key=str), closure.clashes


REASONERS: dict[str, Reasoner] = {"etown": _close_with_engine, "owlrl": _close_with_owlrl}
