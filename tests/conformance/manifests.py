"""The W3C's SPARQL 1.1 test manifests, read as cases.

The suites stand beside the checkout (``shared/w3c/sparql11``, the working group's own files); a
machine without them skips. The vocabulary is that of
https://www.w3.org/2009/sparql/docs/tests/README.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    NamedNode,
    Quad,
    RdfFormat,
    parse,
)
from rdflib import RDF, RDFS, Namespace
from rdflib.collection import Collection
from rdflib.term import Node

from etown_kg.store.spelling import canonical

SUITES = Path(__file__).parents[3] / "shared" / "w3c" / "sparql11"
NEEDS_SUITES = pytest.mark.skipif(not SUITES.is_dir(), reason="the W3C suites are not here")

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")

_FORMATS = {".ttl": RdfFormat.TURTLE, ".rdf": RdfFormat.RDF_XML, ".nt": RdfFormat.N_TRIPLES}


@dataclass(frozen=True)
class Case:
    """One entry of a manifest.

    `given` and `expected` are (file, graph IRI or None); `text` is the file of the query or
    update, and `result` the one with a query's answer.
    """

    iri: str
    kind: str
    name: str
    text: Path
    given: tuple[tuple[Path, str | None], ...] = ()
    expected: tuple[tuple[Path, str | None], ...] = ()
    result: Path | None = None

    @property
    def suite(self) -> str:
        """The folder of the manifest."""
        return self.text.parent.name


@cache
def cases(suite: str) -> tuple[Case, ...]:
    """The entries of one suite in the manifest's order; none where the suites are not there."""
    path = SUITES / suite / "manifest.ttl"
    if not path.is_file():
        return ()
    graph = rdflib.Graph()
    graph.parse(path, publicID=path.as_uri())
    (listed,) = graph.objects(predicate=MF.entries)
    entries = Collection(graph, listed)
    return tuple(_case(graph, entry) for entry in entries)


def named(cases: Iterable[Case]) -> list[object]:
    """The cases for `pytest.mark.parametrize`, each under its suite and the end of its IRI."""
    return [pytest.param(case, id=f"{case.suite}-{short(case)}") for case in cases]


def short(case: Case) -> str:
    """The end of a test's IRI."""
    return case.iri.rsplit("#", 1)[-1]


def quads(files: Iterable[tuple[Path, str | None]]) -> Iterator[Quad]:
    """The contents of data files in the graphs they belong to."""
    for path, name in files:
        graph = DefaultGraph() if name is None else NamedNode(name)
        scope = path.name.encode().hex()
        for quad in parse(path=path, format=_FORMATS[path.suffix], base_iri=path.as_uri()):
            s, o = _scoped(quad.subject, scope), _scoped(quad.object, scope)
            yield Quad(s, quad.predicate, o, graph)  # type: ignore[arg-type]


def alike(quads: Iterable[Quad]) -> set[Quad]:
    """The quads with literals by value and blank nodes by their place: equal if isomorphic."""
    dataset = Dataset(canonical(quad) for quad in quads)
    dataset.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return set(dataset)


def _case(graph: rdflib.Graph, entry: Node) -> Case:
    kind = str(graph.value(entry, RDF.type)).rsplit("#", 1)[-1]
    action, result = graph.value(entry, MF.action), graph.value(entry, MF.result)
    assert action is not None
    text = graph.value(action, QT.query) or graph.value(action, UT.request) or action
    is_update = kind == "UpdateEvaluationTest"
    return Case(
        str(entry),
        kind,
        str(graph.value(entry, MF.name)),
        _path(text),
        tuple(_files(graph, action)),
        tuple(_files(graph, result)) if is_update and result else (),
        None if is_update or result is None else _path(result),
    )


def _files(graph: rdflib.Graph, node: Node) -> Iterator[tuple[Path, str | None]]:
    for vocabulary in (QT, UT):
        for file in graph.objects(node, vocabulary.data):
            yield _path(file), None
        for data in graph.objects(node, vocabulary.graphData):
            named = graph.value(data, vocabulary.graph) or data
            yield _path(named), str(graph.value(data, RDFS.label) or data)


def _path(node: Node) -> Path:
    return Path(str(node).removeprefix("file://"))


def _scoped(term: object, scope: str) -> object:
    return BlankNode(f"{term.value}x{scope}") if isinstance(term, BlankNode) else term
