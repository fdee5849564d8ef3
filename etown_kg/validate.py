"""Validation: SHACL shapes and hygiene queries over a graph, as one report.

Shapes (https://www.w3.org/TR/shacl/, with SHACL-SPARQL and the SPARQL targets of
https://www.w3.org/TR/shacl-af/) say what one node must look like and run through pySHACL on
the union of all graphs. Hygiene queries are SPARQL 1.1 SELECTs, one rule a file, that find what
shapes say badly (what is missing from a *graph*); they run on pyoxigraph, where they see the
named graphs, and no row means healthy.

Nothing is inferred here: shapes read the asserted graph, with `rdfs:subClassOf` of the ontology
for their class targets. The few rules that need the closure stand apart, in a sub-folder
``closure`` of the shapes and of the queries, and run by `validate_closure`.

A shape or query that cannot be used is a failure (`SourceError`, naming the file), never an
empty report.
"""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pyoxigraph
import pyshacl
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, QuerySolutions, Store
from pyparsing.exceptions import ParseBaseException
from pyshacl.errors import ReportableRuntimeError
from rdflib import RDF, SH
from rdflib.plugins.sparql import prepareQuery

from etown_kg import load, vocab
from etown_kg.curies import compressed
from etown_kg.errors import MissingPathError, SourceError
from etown_kg.findings import Finding, Report, Severity
from etown_kg.formats import RDF_FORMATS

CLOSURE = "closure"

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


def validate(
    quads: Iterable[Quad],
    shapes: Path | None,
    hygiene: Path | None = None,
    *,
    language: str = "en",
) -> Report:
    """What the shapes and the hygiene queries find in the asserted graph.

    Args:
        quads: the whole graph, ontology and code lists included (class targets need them).
        shapes: a file or a folder of SHACL shapes; None runs none.
        hygiene: a file or a folder of queries ``*.rq``; None runs none.
        language: the language of the messages where shapes and queries offer it, else English.

    Raises:
        MissingPathError: a path that is not there, or a folder without shapes or queries.
        SourceError: a shape or a query that cannot be used.
    """
    return _report(tuple(quads), shapes, hygiene, closure=False, language=language)


def validate_closure(
    quads: Iterable[Quad],
    shapes: Path | None,
    hygiene: Path | None = None,
    *,
    language: str = "en",
) -> Report:
    """What the second, small set (sub-folder ``closure``) finds in the closed graph.

    `quads` are the asserted and the inferred ones. A folder without the sub-folder has nothing
    to say about the closure; otherwise as `validate`.
    """
    return _report(
        tuple(quads),
        _closure_part(shapes),
        _closure_part(hygiene),
        closure=True,
        language=language,
    )


def validate_files(
    paths: Sequence[Path],
    shapes: Path | None,
    hygiene: Path | None = None,
    *,
    context: Iterable[Quad] = (),
    base: str = vocab.BASE,
    language: str = "en",
) -> Report:
    """What is found in somebody's RDF files, in any syntax, read together with a context.

    The context (the ontology, the code lists, the things that the files mention) is validated
    along, but only findings on nodes that a file describes, as a subject, are reported. A file
    without named graphs becomes the graph ``<base>graph/<file name>``, as when it is loaded.

    Raises:
        MissingPathError, FormatError, SourceError: a file that cannot be read; else as `validate`.
    """
    given = [quad for path in paths for quad in load.read(path, f"{base}graph/{path.stem}")]
    described = frozenset(_shown(quad.subject) for quad in given)
    report = _report((*context, *given), shapes, hygiene, closure=False, language=language)
    return Report.of(finding for finding in report.findings if finding.focus in described)


def _report(
    quads: tuple[Quad, ...],
    shapes: Path | None,
    hygiene: Path | None,
    *,
    closure: bool,
    language: str,
) -> Report:
    findings: list[Finding] = []
    if shapes is not None:
        findings += _shape_findings(quads, _read_shapes(shapes, closure=closure), language)
    if hygiene is not None:
        store = Store()
        store.extend(quads)
        for query in read_queries(hygiene, closure=closure):
            findings += query.run(store, language)
    return Report.of(findings)


def _closure_part(path: Path | None) -> Path | None:
    return path / CLOSURE if path is not None and (path / CLOSURE).is_dir() else None


def _files(path: Path, suffixes: Iterable[str], what: str, *, closure: bool) -> list[Path]:
    """`path` itself, or the files below it in sorted order, those of the closure left out."""
    if path.is_file():
        return [path]
    wanted = frozenset(suffixes)
    found = sorted(
        file
        for file in path.rglob("*")
        if file.suffix.lower() in wanted
        and (closure or CLOSURE not in file.relative_to(path).parts[:-1])
    )
    if not found:
        raise MissingPathError(path, what)
    return found


# --- shapes ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Shapes:
    """The shapes graph and where each of its subjects is written."""

    path: Path
    graph: rdflib.Graph

    def spoken(self, language: str) -> rdflib.Graph:
        """The graph with one message a shape: in `language`, or English, or any."""
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


def _read_shapes(path: Path, *, closure: bool) -> _Shapes:
    """The shapes of a file or folder, each term and each SPARQL text checked.

    pySHACL ignores a misspelt parameter (``sh:minCont``), so that a shape would hold for
    everything; here it is refused.
    """
    suffixes = [suffix for format in RDF_FORMATS for suffix in format.suffixes]
    quads: list[Quad] = []
    written: dict[NamedNode | BlankNode, Path] = {}
    for file in _files(path, suffixes, "SHACL shapes", closure=closure):
        for quad in load.read(file):
            subject = cast("NamedNode | BlankNode", quad.subject)
            written.setdefault(subject, file)
            _check_term(file, quad)
            quads.append(quad)
    graph = load.to_rdflib(quads)
    prefixes = _declared_prefixes(graph)
    owners = {quad.object: _shown(quad.subject) for quad in quads if quad.predicate.value in _OWNS}
    for quad in quads:
        if quad.predicate.value == vocab.SH + "select":
            subject = cast("NamedNode | BlankNode", quad.subject)
            _check_select(written[subject], quad, owners.get(subject, _shown(subject)), prefixes)
    return _Shapes(path, graph)


def _check_term(file: Path, quad: Quad) -> None:
    used = [quad.predicate]
    if quad.predicate.value == vocab.RDF + "type" and isinstance(quad.object, NamedNode):
        used.append(quad.object)
    for term in used:
        iri = term.value
        if iri.startswith(vocab.SH) and iri not in _ALSO_SHACL and rdflib.URIRef(iri) not in SH:
            raise SourceError(
                file,
                f"sh:{iri.removeprefix(vocab.SH)} (on {_shown(quad.subject)}) is not a SHACL term",
                hint="a misspelt term checks nothing; see https://www.w3.org/TR/shacl/",
            )


def _declared_prefixes(graph: rdflib.Graph) -> dict[str, str]:
    declared = {"rdf": vocab.RDF, "rdfs": vocab.RDFS, "owl": vocab.OWL}
    for declaration in graph.objects(None, SH.declare):
        prefix, namespace = (
            graph.value(declaration, SH.prefix),
            graph.value(declaration, SH.namespace),
        )
        declared[str(prefix)] = str(namespace)
    return declared


def _check_select(file: Path, select: Quad, owner: str, prefixes: dict[str, str]) -> None:
    # Oxigraph parses in microseconds; line and column count inside the sh:select text.
    text = cast("Literal", select.object).value
    try:
        Store().query(text, prefixes=prefixes)
    except SyntaxError as error:
        raise SourceError(
            file,
            f"the sh:select of {owner} is not a SPARQL query: {_one_line(error)}",
            hint="sh:prefixes must name a node that declares every prefix of the query",
        ) from error


def _one_line(error: SyntaxError) -> str:
    """Oxigraph's sentence without its lists of every character it would have taken."""
    text = " ".join((error.msg or "syntax error").split())
    return text if len(text) <= 160 else text[:157] + "..."


def _shape_findings(quads: Iterable[Quad], shapes: _Shapes, language: str) -> Iterator[Finding]:
    with _ill_typed_literals_unlogged():
        union = load.to_rdflib(quads)
        graph = _PreparedGraph(store=union.store, identifier=union.identifier)
        spoken = shapes.spoken(language)
        try:
            # inplace spares a copy: without rules and inference pySHACL only reads the graph.
            # Its own inference stays off, it would run owlrl with owlrl's unsound rules.
            _, report, _ = pyshacl.validate(
                graph, shacl_graph=spoken, advanced=True, inplace=True, inference="none"
            )
        except (ReportableRuntimeError, ParseBaseException, NotImplementedError) as error:
            raise SourceError(
                shapes.path, f"a shape cannot be used: {error}", hint="mend the shape it names"
            ) from error
    assert isinstance(report, rdflib.Graph)
    for result in report.objects(None, SH.result):
        yield _finding(report, result, spoken)


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
        focus=_rdflib_shown(focus),
        message=" ".join(" ".join(message.split()) for message in messages),
        path="" if path is None else _path_shown(path, shapes),
        value="" if value is None or value == focus else _rdflib_shown(value),
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
    return _rdflib_shown(path)


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


# --- hygiene queries ------------------------------------------------------------------------


@dataclass(frozen=True)
class HygieneQuery:
    """One rule: a SELECT that finds what breaks it. `messages` has a text per language tag."""

    path: Path
    text: str
    severity: Severity
    messages: dict[str, str]

    @property
    def name(self) -> str:
        """What it finds, as its file is called."""
        return self.path.stem

    def run(self, store: Store, language: str = "en") -> Iterator[Finding]:
        """A finding for each row, read from ?focus, ?path, ?value and ?message."""
        message = self.messages.get(language, self.messages["en"])
        solutions = _solutions(self.path, store, self.text)
        names = {variable.value for variable in solutions.variables}
        for solution in solutions:
            row = {name: solution[name] for name in names}
            told = row.get("message")
            yield Finding(
                check=self.name,
                focus=_shown(row["focus"]),
                message=told.value if isinstance(told, Literal) else message,
                path=_shown(row.get("path")),
                value=_shown(row.get("value")),
                severity=self.severity,
            )


def read_queries(path: Path, *, closure: bool = False) -> tuple[HygieneQuery, ...]:
    """The hygiene queries of a file or folder, sorted by path; those of the closure apart.

    Raises:
        MissingPathError: no query is there.
        SourceError: a header without severity or message, or a text that is no SELECT with ?focus.
    """
    found = _files(path, (".rq",), "hygiene queries (*.rq)", closure=closure)
    return tuple(_read_query(file) for file in found)


def _read_query(file: Path) -> HygieneQuery:
    text = file.read_text(encoding="utf-8")
    severity, messages = "", {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("#"):
            break
        header = re.fullmatch(r"#\s*(severity|message)(?:@([\w-]+))?:\s*(\S.*?)\s*", line)
        if header is None:
            continue
        key, language, value = header.groups()
        if key == "message":
            messages[language or "en"] = value
        elif value in _SEVERITIES.values():
            severity = value
        else:
            raise SourceError(
                file, f"{value!r} is no severity", line=number, hint="violation, warning or info"
            )
    if not severity or "en" not in messages:
        raise SourceError(
            file,
            "a hygiene query starts with its message and severity",
            line=1,
            hint="begin with the lines '# message: ...' and '# severity: violation'",
        )
    query = HygieneQuery(file, text, cast("Severity", severity), messages)
    if not any(variable.value == "focus" for variable in _solutions(file, Store(), text).variables):
        raise SourceError(file, "a hygiene query selects ?focus, the node at fault", line=1)
    return query


def _solutions(file: Path, store: Store, text: str) -> QuerySolutions:
    try:
        solutions = store.query(text, use_default_graph_as_union=True)
    except SyntaxError as error:
        raise SourceError(file, _one_line(error), line=error.lineno, column=error.offset) from error
    if not isinstance(solutions, QuerySolutions):
        raise SourceError(file, "a hygiene query is a SELECT whose rows are findings")
    return solutions


# --- terms as findings show them ------------------------------------------------------------


def _shown(term: pyoxigraph.NamedNode | BlankNode | Literal | pyoxigraph.Triple | None) -> str:
    """An IRI bare, a blank node or literal as N-Triples writes it, nothing as ""."""
    if term is None:
        return ""
    return term.value if isinstance(term, NamedNode) else str(term)


def _rdflib_shown(term: rdflib.term.Node | None) -> str:
    if term is None or isinstance(term, rdflib.URIRef):
        return "" if term is None else str(term)
    return cast("rdflib.term.Identifier", term).n3()
