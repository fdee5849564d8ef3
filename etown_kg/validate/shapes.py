"""SHACL shapes: read and checked, then run by pySHACL on the union of all graphs.

pySHACL ignores what it does not know, so that a shape with a misspelt parameter holds for
everything; here each SHACL term and each SPARQL text is checked before the first run.
"""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pyshacl
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store
from pyparsing.exceptions import ParseBaseException
from pyshacl.errors import ReportableRuntimeError
from rdflib import RDF, SH
from rdflib.plugins.sparql import prepareQuery

from etown_kg import load, vocab
from etown_kg.curies import compressed
from etown_kg.errors import SourceError
from etown_kg.findings import Finding, Severity
from etown_kg.formats import RDF_FORMATS
from etown_kg.rdflib_terms import to_rdflib
from etown_kg.validate.rules import SparqlProblem, rule_files, shown

_SEVERITIES: dict[str, Severity] = {
    vocab.SH + "Violation": "violation",
    vocab.SH + "Warning": "warning",
    vocab.SH + "Info": "info",
}
_PATH_SIGNS = {
    SH.inversePath: "^{}",
    SH.zeroOrMorePath: "{}*",
    SH.oneOrMorePath: "{}+",
    SH.zeroOrOnePath: "{}?",
}
# From a shape to the node that holds its sh:select.
_OWNS = (vocab.SH + "sparql", vocab.SH + "target")
# SHACL-AF terms that rdflib's copy of the vocabulary lacks.
_ALSO_SHACL = frozenset({vocab.SH + "values"})


@dataclass(frozen=True)
class Shapes:
    """A shapes graph, and the path it was read from for messages."""

    path: Path
    graph: rdflib.Graph

    @classmethod
    def read(cls, path: Path, *, closure: bool = False) -> Shapes:
        """The shapes of a file or folder; a sub-folder ``closure`` only if asked for.

        Raises:
            MissingPathError: no RDF file is there.
            SourceError: a file does not parse, uses an unknown SHACL term, or has an
                ``sh:select`` that is no query.
        """
        suffixes = [suffix for format in RDF_FORMATS for suffix in format.suffixes]
        quads: list[Quad] = []
        written: dict[NamedNode | BlankNode, Path] = {}
        for file in rule_files(path, suffixes, "SHACL shapes", closure=closure):
            for quad in load.read(file):
                written.setdefault(cast("NamedNode | BlankNode", quad.subject), file)
                _check_term(file, quad)
                quads.append(quad)
        graph = to_rdflib(quads)
        prefixes = _declared_prefixes(graph)
        owners = {q.object: q.subject for q in quads if q.predicate.value in _OWNS}
        for quad in quads:
            if quad.predicate.value == vocab.SH + "select":
                subject = cast("NamedNode | BlankNode", quad.subject)
                owner = cast("NamedNode | BlankNode", owners.get(subject, subject))
                _check_select(written[subject], quad, shown(owner), prefixes)
        return cls(path, graph)

    def run(self, quads: Iterable[Quad], language: str = "en") -> Iterator[Finding]:
        """The results of SHACL validation, in no particular order.

        Raises:
            SourceError: a shape that pySHACL refuses, or a triple term among the quads.
        """
        with _ill_typed_literals_unlogged():
            union = to_rdflib(quads)
            graph = _PreparedGraph(store=union.store, identifier=union.identifier)
            spoken = self.spoken(language)
            try:
                # inplace spares a copy: without rules and inference pySHACL only reads the
                # graph. Its own inference stays off, it would run owlrl with its unsound rules.
                _, report, _ = pyshacl.validate(
                    graph, shacl_graph=spoken, advanced=True, inplace=True, inference="none"
                )
            except (ReportableRuntimeError, ParseBaseException, NotImplementedError) as error:
                raise SourceError(self.path, f"a shape cannot be used: {error}") from error
        if not isinstance(report, rdflib.Graph):  # pySHACL returns some failures as the report
            raise SourceError(self.path, f"a shape cannot be used: {report}")
        for result in report.objects(None, SH.result):
            yield _finding(report, result, spoken)

    def spoken(self, language: str) -> rdflib.Graph:
        """The graph with one message a shape: in `language`, or English, or any.

        Chosen before the run, because pySHACL drops the language tag of a message that it fills
        with values.
        """
        spoken = rdflib.Graph()
        for prefix, namespace in self.graph.namespaces():
            spoken.bind(prefix, namespace)
        for triple in self.graph:
            spoken.add(triple)
        for shape in set(spoken.subjects(SH.message, None)):
            messages = sorted(
                (m for m in spoken.objects(shape, SH.message) if isinstance(m, rdflib.Literal)),
                key=lambda m: (m.language != language, m.language != "en", str(m)),
            )
            for message in messages[1:]:
                spoken.remove((shape, SH.message, message))
        return spoken


class _PreparedGraph(rdflib.Graph):
    """A graph that parses each SPARQL text once.

    pySHACL asks the text of a constraint again for every focus node, and rdflib spends far
    longer on parsing it than on answering.
    """

    def query(self, query_object: Any, *args: Any, **kwargs: Any) -> rdflib.query.Result:
        if isinstance(query_object, str):
            query_object = _prepared(query_object)
        return super().query(query_object, *args, **kwargs)


@functools.lru_cache(maxsize=512)
def _prepared(text: str) -> rdflib.plugins.sparql.sparql.Query:
    return prepareQuery(text)


def _check_term(file: Path, quad: Quad) -> None:
    used = [quad.predicate]
    if quad.predicate.value == vocab.RDF + "type" and isinstance(quad.object, NamedNode):
        used.append(quad.object)
    for term in used:
        iri = term.value
        if iri.startswith(vocab.SH) and iri not in _ALSO_SHACL and rdflib.URIRef(iri) not in SH:
            raise SourceError(
                file,
                f"sh:{iri.removeprefix(vocab.SH)} (on {shown(quad.subject)}) is not a SHACL term",
                hint="a misspelt term checks nothing; see https://www.w3.org/TR/shacl/",
            )


def _declared_prefixes(graph: rdflib.Graph) -> dict[str, str]:
    # pySHACL declares these three by itself.
    declared = {"rdf": vocab.RDF, "rdfs": vocab.RDFS, "owl": vocab.OWL}
    for declaration in graph.objects(None, SH.declare):
        prefix = graph.value(declaration, SH.prefix)
        declared[str(prefix)] = str(graph.value(declaration, SH.namespace))
    return declared


def _check_select(file: Path, select: Quad, owner: str, prefixes: dict[str, str]) -> None:
    try:
        Store().query(cast("Literal", select.object).value, prefixes=prefixes)
    except SyntaxError as error:
        problem = SparqlProblem.of(error)
        place = "" if problem.line is None else f", in its line {problem.line}"
        raise SourceError(
            file,
            f"the sh:select of {owner} is not a SPARQL query{place}: {problem.text}",
            hint="sh:prefixes must name a node that declares every prefix of the query",
        ) from error


def _finding(report: rdflib.Graph, result: rdflib.term.Node, shapes: rdflib.Graph) -> Finding:
    shape = report.value(result, SH.sourceShape)
    named = isinstance(shape, rdflib.URIRef)
    check = shape if named else report.value(result, SH.sourceConstraintComponent)
    path, value = report.value(result, SH.resultPath), report.value(result, SH.value)
    focus = report.value(result, SH.focusNode)
    messages = sorted(str(message) for message in report.objects(result, SH.resultMessage))
    severity = str(report.value(result, SH.resultSeverity))
    return Finding(
        check=re.split(r"[#/]", str(check))[-1],
        focus=_term_shown(focus),
        message=" ".join(" ".join(messages).split()),
        path="" if path is None else _path_shown(path, shapes),
        value="" if value is None or value == focus else _term_shown(value),
        severity=_SEVERITIES.get(severity, "violation"),
    )


def _path_shown(path: rdflib.term.Node, shapes: rdflib.Graph) -> str:
    """A property's IRI, or a longer SHACL path (https://www.w3.org/TR/shacl/#property-paths) in
    SPARQL's notation with CURIEs."""
    return str(path) if isinstance(path, rdflib.URIRef) else _path_text(path, shapes)


def _path_text(path: rdflib.term.Node, shapes: rdflib.Graph) -> str:
    if isinstance(path, rdflib.URIRef):
        return compressed(str(path))
    if (path, RDF.first, None) in shapes:
        return "/".join(_path_text(step, shapes) for step in shapes.items(path))
    alternatives = shapes.value(path, SH.alternativePath)
    if alternatives is not None:
        return f"({'|'.join(_path_text(step, shapes) for step in shapes.items(alternatives))})"
    for operator, sign in _PATH_SIGNS.items():
        inner = shapes.value(path, operator)
        if inner is not None:
            text = _path_text(inner, shapes)
            if not isinstance(inner, rdflib.URIRef) and not text.startswith("("):
                text = f"({text})"
            return sign.format(text)
    return _term_shown(path)


def _term_shown(term: rdflib.term.Node | None) -> str:
    """An rdflib term as `shown` has it."""
    if not isinstance(term, rdflib.Literal):
        return "" if term is None else str(term) if isinstance(term, rdflib.URIRef) else f"_:{term}"
    # Not term.n3(), which warns of an ill-typed number: that is what a finding may be about.
    if term.language:
        return shown(Literal(str(term), language=term.language))
    datatype = NamedNode(str(term.datatype or vocab.XSD + "string"))
    return shown(Literal(str(term), datatype=datatype))


@contextmanager
def _ill_typed_literals_unlogged() -> Iterator[None]:
    """Keeps rdflib from writing a traceback for each ill-typed literal: they become findings."""
    logger = logging.getLogger("rdflib.term")

    def refuse(record: logging.LogRecord) -> bool:
        return False

    logger.addFilter(refuse)
    try:
        yield
    finally:
        logger.removeFilter(refuse)
