"""Whatever holds triples, as columns of numbers.

Knows rdflib and pyoxigraph by the shape of their objects only: neither is imported here, so that
the engine runs, and starts, without them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from etown_kg.errors import SourceError
from etown_kg.reason import syntax
from etown_kg.reason.dictionary import Dictionary
from etown_kg.reason.ntriples import Columns, read_ntriples
from etown_kg.reason.relation import Keys, distinct

# rdflib.Graph, pyoxigraph.Store, N-Triples bytes, `Columns`, or an iterable of triples or quads.
Source: TypeAlias = Any
Grouped: TypeAlias = dict[int, Keys]


class Quads(NamedTuple):
    """Statements as columns of numbers, in order of arrival; `graph` is None without graphs."""

    subject: npt.NDArray[np.int32]
    predicate: npt.NDArray[np.int32]
    object: npt.NDArray[np.int32]
    graph: npt.NDArray[np.int32] | None

    def grouped(self) -> Grouped:
        """Forward keys by predicate: sorted, without duplicates."""
        return group(self.subject, self.predicate, self.object)


def group(
    subject: npt.NDArray[np.int32],
    predicate: npt.NDArray[np.int32],
    object_: npt.NDArray[np.int32],
) -> Grouped:
    """Sort statements into one relation per predicate."""
    if not len(predicate):
        return {}
    counts = np.bincount(predicate)
    present = np.flatnonzero(counts)
    codes = np.empty(len(counts), dtype=np.int64)
    codes[present] = np.arange(len(present))
    code = codes[predicate]
    # NumPy sorts 16-bit numbers by radix, in linear time.
    order = np.argsort(code.astype(np.uint16) if len(present) < 2**16 else code, kind="stable")
    keys = subject[order].astype(np.int64)
    keys <<= 32
    keys |= object_[order]
    parts = np.split(keys, np.cumsum(counts[present])[:-1])
    return {p: distinct(part) for p, part in zip(present.tolist(), parts, strict=True)}


def read(source: Source) -> Columns:
    """Any source as columns with a dictionary of their own.

    Raises SourceError for something that holds no triples.
    """
    if isinstance(source, Columns):
        return source
    if isinstance(source, bytes):
        return read_ntriples(source)
    dump = _quads_dump(source)
    if dump is not None:
        return read_ntriples(dump)
    dictionary = Dictionary()
    quads = encode(source, dictionary)
    return Columns(dictionary, *quads)


def encode(source: Source, dictionary: Dictionary) -> Quads:
    """Number the statements of a source; new terms go into the dictionary."""
    if isinstance(source, Columns | bytes) or _quads_dump(source) is not None:
        return _translated(read(source), dictionary)
    number = _numberer(dictionary)
    numbers: list[int] = []
    has_graph = False
    for s, p, o, g in _statements(source):
        numbers += (number(s), number(p), number(o), -1 if g is None else number(g))
        has_graph = has_graph or g is not None
    table = np.array(numbers, dtype=np.int32).reshape(-1, 4)
    columns = [np.ascontiguousarray(table[:, i]) for i in range(4)]
    return Quads(columns[0], columns[1], columns[2], columns[3] if has_graph else None)


def _translated(columns: Columns, dictionary: Dictionary) -> Quads:
    """Columns of another dictionary in the numbers of this one."""
    used = np.zeros(len(columns.dictionary) + 1, dtype=bool)
    parts = [c for c in columns[1:] if c is not None]
    for column in parts:
        used[column] = True
    used[-1] = False
    terms = np.flatnonzero(used)
    table = np.full(len(used), -1, dtype=np.int32)
    table[terms] = dictionary.encode(columns.dictionary.terms(terms.tolist()))
    graph = None if columns.graph is None else table[columns.graph]
    return Quads(table[columns.subject], table[columns.predicate], table[columns.object], graph)


def _quads_dump(source: Source) -> bytes | None:
    """N-Quads of what pyoxigraph has: a text is read quicker than terms one by one.

    Of a Store, a Dataset, and a list of its quads or of its triples.
    """
    module = sys.modules.get("pyoxigraph")
    if module is None:
        return None
    if isinstance(source, module.Store):
        return source.dump(format=module.RdfFormat.N_QUADS)  # type: ignore[no-any-return]
    if isinstance(source, module.Dataset):
        return module.serialize(source, format=module.RdfFormat.N_QUADS)  # type: ignore[no-any-return]
    if isinstance(source, list) and source:
        for kind, format_ in (
            (module.Quad, module.RdfFormat.N_QUADS),
            (module.Triple, module.RdfFormat.N_TRIPLES),
        ):
            if set(map(type, source)) == {kind} and not _has_triple_terms(source, module.Triple):
                return module.serialize(source, format=format_)  # type: ignore[no-any-return]
    return None


def _has_triple_terms(statements: list[Any], triple: type) -> bool:
    """Whether a statement is about a triple (RDF 1.2), which is refused term by term."""
    return triple in set(map(type, map(attrgetter("object"), statements)))


def _statements(source: Source) -> Iterator[tuple[Any, Any, Any, Any]]:
    """(subject, predicate, object, graph or None) of each statement."""
    rdflib = sys.modules.get("rdflib")
    if rdflib is not None and isinstance(source, rdflib.Graph):
        if isinstance(source, rdflib.ConjunctiveGraph | rdflib.Dataset):
            default = _default_graph_name(source)
            for s, p, o, g in source.quads((None, None, None, None)):
                name = getattr(g, "identifier", g)
                yield s, p, o, None if name is None or name == default else name
        else:
            for s, p, o in source:
                yield s, p, o, None
        return
    if not isinstance(source, Iterable):
        raise SourceError(
            type(source).__name__,
            "holds no triples",
            hint="give a graph, a store, N-Triples bytes or an iterable of triples or quads",
        )
    for statement in source:
        if isinstance(statement, tuple):
            if len(statement) == 3:
                yield (*statement, None)
            elif len(statement) == 4:
                s, p, o, g = statement
                yield s, p, o, _graph_name(g)
            else:
                raise SourceError("statement", f"neither triple nor quad: {statement!r:.80}")
        elif hasattr(statement, "subject"):
            graph = getattr(statement, "graph_name", None)
            yield statement.subject, statement.predicate, statement.object, _graph_name(graph)
        else:
            raise SourceError("statement", f"neither triple nor quad: {statement!r:.80}")


def _default_graph_name(source: Any) -> Any:
    default = getattr(source, "default_graph", None) or getattr(source, "default_context", None)
    return getattr(default, "identifier", None)


def _graph_name(graph: Any) -> Any:
    """The name of a graph; None for the default graph in rdflib's or pyoxigraph's writing."""
    name = getattr(graph, "identifier", graph)
    if type(name).__name__ == "DefaultGraph" or str(name) == "urn:x-rdflib:default":
        return None
    return name


def _numberer(dictionary: Dictionary) -> Callable[[Any], int]:
    """A function from terms to numbers that remembers IRIs, the most repeated terms."""
    iris: dict[str, int] = {}
    encode_terms = dictionary.encode

    def number(term: Any) -> int:
        kind = type(term).__name__
        if kind == "URIRef" or kind == "NamedNode":
            text = str(term) if kind == "URIRef" else term.value
            known = iris.get(text)
            if known is None:
                known = iris[text] = encode_terms([syntax.iri(text)])[0]
            return known
        return encode_terms([term_bytes(term)])[0]

    return number


def term_bytes(term: Any) -> bytes:
    """The canonical bytes of a term of rdflib or pyoxigraph, or of N-Triples text.

    Raises SourceError for anything else, quoted triples among them: OWL 2 RL has no rule for them.
    """
    kind = type(term).__name__
    if isinstance(term, bytes):
        return syntax.canonical(term)
    if kind == "NamedNode":
        return syntax.iri(term.value)
    if kind == "BlankNode":
        return syntax.blank(term.value)
    rdflib = sys.modules.get("rdflib")
    if rdflib is not None:
        if isinstance(term, rdflib.URIRef):
            return syntax.iri(str(term))
        if isinstance(term, rdflib.BNode):
            return syntax.blank(str(term))
        if isinstance(term, rdflib.Literal):
            datatype = None if term.datatype is None else str(term.datatype)
            return syntax.literal(str(term), datatype, term.language)
    if kind == "Literal" and hasattr(term, "language"):
        return syntax.literal(term.value, term.datatype.value, term.language)
    raise SourceError("term", f"no IRI, blank node or literal: {term!r:.80}")
