"""Quads to bytes: deterministic serialisations, with only the prefixes that are used.

The same quads give the same bytes, in whatever order they come: statements are sorted, and a
graph format gets the union of the graphs without repetitions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import BinaryIO, cast

from pyoxigraph import Literal, NamedNode, Quad, Triple, serialize

from etown_kg import vocab
from etown_kg.formats import RDF_XML, TRIG, TURTLE, Format

# What follows the last / or # of an IRI, when Turtle can write it behind a prefix as it is.
_LOCAL_NAME = re.compile(r"[A-Za-z0-9_](?:[\w.-]*[\w-])?\Z")


def write(statements: Iterable[Quad | Triple], out: BinaryIO, format: Format) -> int:
    """Write quads or triples, sorted, to an open binary stream; returns how many.

    A graph format cannot name graphs: it gets each triple once, whatever graphs hold it.
    """
    if format.kind == "graph":
        statements = {
            statement.triple if isinstance(statement, Quad) else statement
            for statement in statements
        }
    ordered = sorted(set(statements), key=_order)
    # The stubs allow a list of quads or one of triples; at run time both may be mixed.
    serialized = serialize(
        cast(Iterable[Quad], ordered), format=format.rdf, prefixes=used_prefixes(ordered)
    )
    out.write(_with_sorted_prefixes(serialized or b"", format))
    return len(ordered)


def _with_sorted_prefixes(serialized: bytes, format: Format) -> bytes:
    """The serializer declares prefixes in the order of a hash map; here they are sorted."""
    if format in (TURTLE, TRIG):
        lines = serialized.split(b"\n")
        count = next((n for n, line in enumerate(lines) if not line.startswith(b"@prefix ")), 0)
        return b"\n".join(sorted(lines[:count]) + lines[count:])
    if format is RDF_XML:
        opening = re.search(rb"<rdf:RDF((?: xmlns:[\w.-]+=\"[^\"]*\")*)", serialized)
        if opening is not None:
            declared = b" ".join(sorted(opening[1].split()))
            return serialized[: opening.start(1)] + b" " + declared + serialized[opening.end(1) :]
    return serialized


def used_prefixes(statements: Iterable[Quad | Triple]) -> dict[str, str]:
    """The known prefixes that abbreviate at least one IRI of these statements."""
    namespaces = {iri: prefix for prefix, iri in vocab.PREFIXES.items()}
    used: set[str] = set()
    for statement in statements:
        for term in statement:
            if isinstance(term, Literal):
                term = term.datatype
            if isinstance(term, NamedNode):
                cut = max(term.value.rfind("/"), term.value.rfind("#")) + 1
                if term.value[:cut] in namespaces and _LOCAL_NAME.match(term.value[cut:]):
                    used.add(term.value[:cut])
    return {prefix: iri for iri, prefix in namespaces.items() if iri in used}


def _order(statement: Quad | Triple) -> tuple[str, ...]:
    graph = str(statement.graph_name) if isinstance(statement, Quad) else ""
    return (graph, str(statement.subject), str(statement.predicate), str(statement.object))
