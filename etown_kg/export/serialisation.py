"""Statements in the RDF formats, sorted, with only the prefixes that are used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import BinaryIO, cast

from pyoxigraph import Literal, NamedNode, Quad, Triple, serialize

from etown_kg import vocab
from etown_kg.export.context import Context
from etown_kg.export.json_ld import not_in_json_ld, write_json_ld
from etown_kg.export.xml_characters import NOT_XML, not_in_xml
from etown_kg.formats import JSON_LD, RDF_XML, TRIG, TURTLE, Format

# What follows the last / or # of an IRI, when Turtle can write it behind a prefix as it is.
_LOCAL_NAME = re.compile(r"[A-Za-z0-9_](?:[\w.-]*[\w-])?\Z")
# RDF/XML has a property as an element, whose name ends the property's IRI.
_ELEMENT_NAME = re.compile(r"[^\W\d][\w.-]*\Z")
_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def write(statements: Iterable[Quad | Triple], out: BinaryIO, format: Format) -> int:
    """Write quads or triples, sorted, to an open binary stream; returns how many.

    A graph format cannot name graphs: it gets each triple once, whatever graphs hold it.
    """
    if format.kind == "graph":
        statements = {
            statement.triple if isinstance(statement, Quad) else statement
            for statement in statements
        }
    return write_sorted(sorted(set(statements), key=_order), out, format)


def write_sorted(
    statements: Iterable[Quad | Triple],
    out: BinaryIO,
    format: Format,
    context: Context | None = None,
) -> int:
    """Write statements that are sorted and can be read twice, as they come; returns how many.

    Args:
        context: how JSON-LD is compacted; without one it is in expanded form.

    Raises:
        SettingError: a statement that the format cannot hold.
    """
    if format is JSON_LD and context is not None:
        quads = (each if isinstance(each, Quad) else Quad(*each) for each in statements)
        return write_json_ld(quads, out, context.without(schemes(statements)))
    prefixes = used_prefixes(statements)
    count = 0

    def counted() -> Iterable[Quad]:
        nonlocal count
        for statement in statements:
            count += 1
            if format in _CHECKS:
                _CHECKS[format](statement)
            # The stubs allow quads or triples; at run time both may be mixed.
            yield cast(Quad, statement)

    head = _Head(out, format)
    serialize(counted(), cast(BinaryIO, head), format=format.rdf, prefixes=prefixes)
    head.end()
    return count


def _check_for_xml(statement: Quad | Triple) -> None:
    """Refuse what the serializer would write in a way that no reader reads as it was.

    Raises:
        SettingError: a property without a name, or a character that XML does not have.
    """
    if not _ELEMENT_NAME.search(statement.predicate.value):
        raise not_in_xml(
            RDF_XML.label, f"the property {statement.predicate}, whose end is no name in XML"
        )
    value = statement.object
    if isinstance(value, Triple):  # RDF 1.2 writes it as a statement of its own
        _check_for_xml(value)
    elif isinstance(value, Literal):
        wrong = NOT_XML.search(value.value)
        if wrong is not None:
            raise not_in_xml(RDF_XML.label, f"U+{ord(wrong[0]):04X}, a character in a literal")


def _check_for_json_ld(statement: Quad | Triple) -> None:
    """Refuse what JSON-LD 1.1 does not have.

    Raises:
        SettingError: a triple term (RDF 1.2).
    """
    if isinstance(statement.object, Triple):
        raise not_in_json_ld(statement.object)


_CHECKS: dict[Format, Callable[[Quad | Triple], None]] = {
    RDF_XML: _check_for_xml,
    JSON_LD: _check_for_json_ld,
}


class _Head:
    """A stream that sorts the prefixes at the start of a document.

    The serializer declares them in the order of a hash map.
    """

    def __init__(self, out: BinaryIO, format: Format) -> None:
        self._out = out
        self._is_turtle = format in (TURTLE, TRIG)
        self._held: bytes | None = b"" if self._is_turtle or format is RDF_XML else None

    def write(self, chunk: bytes) -> int:
        if self._held is None:
            self._out.write(chunk)
            return len(chunk)
        self._held += chunk
        if self._is_over():
            self.end()
        return len(chunk)

    def flush(self) -> None:
        """Nothing: who opened the stream flushes it."""

    def _is_over(self) -> bool:
        """Whether all prefixes are in what is held."""
        held = self._held or b""
        if self._is_turtle:
            last = held.rfind(b"\n") + 1
            return any(not line.startswith(b"@prefix ") for line in held[:last].splitlines())
        start = held.find(b"<rdf:RDF")
        return start >= 0 and held.find(b">", start) >= 0

    def end(self) -> None:
        """Write what is held."""
        if self._held is not None:
            held, self._held = self._held, None
            self._out.write(_with_sorted_prefixes(held, is_turtle=self._is_turtle))


def _with_sorted_prefixes(start: bytes, *, is_turtle: bool) -> bytes:
    if is_turtle:
        lines = start.split(b"\n")
        count = next((n for n, line in enumerate(lines) if not line.startswith(b"@prefix ")), 0)
        return b"\n".join(sorted(lines[:count]) + lines[count:])
    opening = re.search(rb"<rdf:RDF((?: xmlns:[\w.-]+=\"[^\"]*\")*)", start)
    if opening is None:
        return start
    declared = b" ".join(sorted(opening[1].split()))
    return start[: opening.start(1)] + b" " + declared + start[opening.end(1) :]


def used_prefixes(statements: Iterable[Quad | Triple]) -> dict[str, str]:
    """The known prefixes that abbreviate at least one IRI of these statements."""
    namespaces = {iri: prefix for prefix, iri in vocab.PREFIXES.items()}
    used: set[str] = set()
    for statement in statements:
        for term in statement:
            if isinstance(term, Literal):
                term = term.datatype
            if isinstance(term, NamedNode):
                value = term.value
                space = value[: max(value.rfind("/"), value.rfind("#")) + 1]
                is_new = space not in used and space in namespaces
                if is_new and _LOCAL_NAME.match(value[len(space) :]):
                    used.add(space)
    return {prefix: iri for iri, prefix in namespaces.items() if iri in used}


def schemes(statements: Iterable[Quad | Triple]) -> set[str]:
    """What the IRIs begin with that could be taken for CURIEs, such as ``geo:39.8,116.5``."""
    found = set()
    for statement in statements:
        for term in statement:
            if isinstance(term, Literal):
                term = term.datatype
            if isinstance(term, NamedNode) and not _AUTHORITY.match(term.value):
                found.add(term.value.partition(":")[0])
    return found


def _order(statement: Quad | Triple) -> tuple[str, ...]:
    graph = str(statement.graph_name) if isinstance(statement, Quad) else ""
    return (graph, str(statement.subject), str(statement.predicate), str(statement.object))
