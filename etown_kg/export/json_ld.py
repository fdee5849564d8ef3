"""JSON-LD as JavaScript likes it: compacted with the graph's own context, a node a line.

JSON-LD 1.1 (https://www.w3.org/TR/json-ld11/). The document holds the context itself, so that it
can be read without a network. Statements come sorted and go out as they come: one node is in
memory at a time.

A value that its term would misread (a plain text where the term has a map of languages, a number
of another datatype) stands under the property's compact IRI, as a value object. Numbers are
JSON's own only where JSON has the same lexical form; decimals are texts, since a double would
lose digits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, BinaryIO

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from etown_kg import vocab
from etown_kg.errors import SettingError
from etown_kg.export.context import Context

_TYPE = vocab.RDF + "type"
_STRING = vocab.XSD + "string"
_BOOLEAN = vocab.XSD + "boolean"
_INTEGERS = frozenset(
    vocab.XSD + name
    for name in (
        "integer", "nonNegativeInteger", "positiveInteger", "nonPositiveInteger",
        "negativeInteger", "long", "int", "short", "byte", "unsignedLong", "unsignedInt",
        "unsignedShort", "unsignedByte",
    )
)  # fmt: skip
_CANONICAL_INTEGER = re.compile(r"0|-?[1-9]\d*")
# The largest integer that every JSON reader keeps (RFC 8259, section 6).
_MOST = 2**53 - 1

Term = NamedNode | BlankNode | Literal | Triple


def write_json_ld(quads: Iterable[Quad], out: BinaryIO, context: Context) -> int:
    """Write quads that are sorted by graph and subject; returns how many.

    Raises:
        SettingError: a triple term (RDF 1.2), which JSON-LD 1.1 does not have.
    """
    count = 0
    out.write(b'{"@context": ' + _line(context.members()) + b',\n"@graph": [')
    is_first = True
    for name, of_graph in groupby(quads, key=lambda quad: quad.graph_name):
        if isinstance(name, DefaultGraph):
            for node, size in _nodes(of_graph, context):
                out.write((b"\n" if is_first else b",\n") + _line(node))
                count, is_first = count + size, False
            continue
        out.write((b"\n" if is_first else b",\n") + b'{"id": ' + _line(_reference(name)))
        is_first = is_first_node = False
        out.write(b', "@graph": [')
        is_first_node = True
        for node, size in _nodes(of_graph, context):
            out.write((b"\n" if is_first_node else b",\n") + _line(node))
            count, is_first_node = count + size, False
        out.write(b"\n]}")
    out.write(b"\n]}\n")
    return count


def not_in_json_ld(term: Triple) -> SettingError:
    """What to say of a triple term, which JSON-LD 1.1 has no way to write."""
    return SettingError(
        "format",
        f"JSON-LD cannot hold the triple term {term} (RDF 1.2)",
        hint="choose Turtle or another",
    )


def _nodes(quads: Iterable[Quad], context: Context) -> Iterator[tuple[dict[str, Any], int]]:
    """Each subject with its values, and how many statements that are."""
    for subject, own in groupby(quads, key=lambda quad: quad.subject):
        statements = [(quad.predicate.value, quad.object) for quad in own]
        yield _node(subject, statements, context), len(statements)


def _node(subject: Term, statements: list[tuple[str, Term]], context: Context) -> dict[str, Any]:
    node: dict[str, Any] = {"id": _reference(subject)}
    types = [context.compacted(_reference(value)) for p, value in statements if _is_type(p, value)]
    if types:
        node["type"] = types[0] if len(types) == 1 else types
    for path, value in statements:
        if not _is_type(path, value):
            _add(node, path, value, context)
    return node


def _is_type(path: str, value: Term) -> bool:
    return path == _TYPE and not isinstance(value, Literal | Triple)


def _add(node: dict[str, Any], path: str, value: Term, context: Context) -> None:
    """Put one value of a property into a node."""
    term = context.terms.get(path)
    if isinstance(value, NamedNode | BlankNode):
        if term is not None and term.kind == "reference":
            _append(node, term.name, _reference(value))
        else:
            _append(node, _untyped(path, context), {"id": _reference(value)})
        return
    if isinstance(value, Triple):
        raise not_in_json_ld(value)
    if term is not None and term.kind == "text" and value.language and not value.direction:
        _append(node.setdefault(term.name, {}), value.language, value.value)
        return
    if term is not None and term.kind == "literal":
        if term.datatype == value.datatype.value:
            _append(node, term.name, _native(value))
            return
        if not term.datatype:
            _append(node, term.name, _value(value, context))
            return
    _append(node, _untyped(path, context), _value(value, context))


def _untyped(path: str, context: Context) -> str:
    """The key under which a value stands that says itself what it is."""
    term = context.terms.get(path)
    if term is not None and term.kind == "literal" and not term.datatype:
        return term.name
    return context.prefixed(path)


def _value(literal: Literal, context: Context) -> object:
    """A literal that its key says nothing of."""
    if literal.language:
        members = {"@value": literal.value, "@language": literal.language}
        return {**members, "@direction": str(literal.direction)} if literal.direction else members
    datatype = literal.datatype.value
    if datatype == _STRING:
        return literal.value
    native = _native(literal)
    # JSON's own numbers and truth values have these datatypes where nothing else is said.
    if datatype in (_BOOLEAN, vocab.XSD + "integer") and not isinstance(native, str):
        return native
    return {"@value": literal.value, "@type": context.compacted(datatype)}


def _native(literal: Literal) -> str | int | bool:
    """The value in JSON under a term of its datatype: read back, it has the same lexical form."""
    text, datatype = literal.value, literal.datatype.value
    if datatype == _BOOLEAN and text in ("true", "false"):
        return text == "true"
    if (
        datatype in _INTEGERS
        and len(text) < 18
        and _CANONICAL_INTEGER.fullmatch(text)
        and abs(int(text)) <= _MOST
    ):
        return int(text)
    return text


def _append(members: dict[str, Any], key: str, value: object) -> None:
    """Another value: alone as it is, with others in a list."""
    present = members.get(key)
    if present is None:
        members[key] = value
    elif isinstance(present, list):
        present.append(value)
    else:
        members[key] = [present, value]


def _reference(term: Term) -> str:
    return term.value if isinstance(term, NamedNode) else str(term)


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
