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

from collections.abc import Iterable, Sequence
from pathlib import Path

from pyoxigraph import Quad, Store

from etown_kg import load, vocab
from etown_kg.findings import Finding, Report
from etown_kg.validate.hygiene import HygieneQuery, read_queries
from etown_kg.validate.rules import CLOSURE, shown
from etown_kg.validate.shapes import Shapes

__all__ = ["HygieneQuery", "read_queries", "validate", "validate_closure", "validate_files"]


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
    described = frozenset(shown(quad.subject) for quad in given)
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
        findings += Shapes.read(shapes, closure=closure).run(quads, language)
    if hygiene is not None:
        store = Store()
        store.extend(quads)
        for query in read_queries(hygiene, closure=closure):
            findings += query.run(store, language)
    return Report.of(findings)


def _closure_part(path: Path | None) -> Path | None:
    return path / CLOSURE if path is not None and (path / CLOSURE).is_dir() else None
