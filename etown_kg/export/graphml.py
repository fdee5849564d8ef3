"""GraphML for network tools: things are nodes, statements between two things are edges.

http://graphml.graphdrawing.org/specification.html. A node has its IRI, its labels in English and
Chinese and its classes; an edge has the property. Of the literals only labels are there: GraphML
is for looking at the network, not for reading all statements back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import BinaryIO
from xml.sax.saxutils import escape, quoteattr

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from etown_kg import vocab
from etown_kg.curies import compressed
from etown_kg.export.sorting import SortedLines
from etown_kg.export.xml_characters import NOT_XML

_TYPE = vocab.RDF + "type"
# What separates several classes of a node.
SEPARATOR = " | "
# Keys of node and edge data: id, element, name, type.
_KEYS = (
    ("iri", "node", "iri"),
    ("en", "node", "label"),
    ("zh", "node", "label_zh"),
    ("class", "node", "class"),
    ("property", "edge", "property"),
    ("predicate", "edge", "predicate"),
)
_NAMESPACE = "http://graphml.graphdrawing.org/xmlns"


def write_graphml(quads: Iterable[Quad], out: BinaryIO, folder: Path | None = None) -> int:
    """Write triples that are sorted and can be read twice; returns how many edges there are.

    `folder` is for temporary files, where the nodes do not fit in memory.
    """
    out.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="{_NAMESPACE}">\n'.encode())
    for key, element, name in _KEYS:
        key_line = f'<key id="{key}" for="{element}" attr.name="{name}" attr.type="string"/>\n'
        out.write(key_line.encode())
    out.write(b'<graph edgedefault="directed">\n')
    with SortedLines(folder) as objects:
        for quad in quads:
            if _is_edge(quad):
                objects.add(f"{quad.object}\n".encode())
        for subject, statements in _nodes(quads, objects):
            out.write(_node(subject, statements).encode())
    count = 0
    for quad in quads:
        if _is_edge(quad):
            out.write(_edge(quad).encode())
            count += 1
    out.write(b"</graph>\n</graphml>\n")
    return count


def _is_edge(quad: Quad) -> bool:
    """Whether a statement is between two things; a class is told with its node."""
    is_between = isinstance(quad.object, NamedNode | BlankNode)
    return is_between and quad.predicate.value != _TYPE


def _nodes(quads: Iterable[Quad], objects: Iterable[bytes]) -> Iterator[tuple[str, Sequence[Quad]]]:
    """Each node, in N-Triples, with what is said of it; both inputs are sorted by bytes."""
    pending = iter(objects)
    other = next(pending, None)
    for subject, statements in groupby(quads, key=lambda quad: str(quad.subject)):
        here = subject.encode()
        while other is not None and other[:-1] < here:
            yield other[:-1].decode(), ()
            other = next(pending, None)
        if other is not None and other[:-1] == here:
            other = next(pending, None)
        yield subject, list(statements)
    while other is not None:
        yield other[:-1].decode(), ()
        other = next(pending, None)


def _node(subject: str, statements: Sequence[Quad]) -> str:
    labels: dict[str, tuple[int, str]] = {}
    classes = []
    for quad in statements:
        value, path = quad.object, quad.predicate.value
        if path == _TYPE and isinstance(value, NamedNode):
            classes.append(compressed(value.value))
        if path in vocab.LABEL_PROPERTIES and isinstance(value, Literal):
            language = "zh" if (value.language or "").startswith("zh") else "en"
            found = (vocab.LABEL_PROPERTIES.index(path), value.value)
            labels[language] = min(found, labels.get(language, found))
    data = {
        "iri": "" if subject.startswith("_:") else subject[1:-1],
        **{language: text for language, (_, text) in labels.items()},
        "class": SEPARATOR.join(classes),
    }
    return f"<node id={quoteattr(_id(subject))}>{_data(data)}</node>\n"


def _edge(quad: Quad) -> str:
    path = quad.predicate.value
    ends = f"source={quoteattr(_id(str(quad.subject)))} target={quoteattr(_id(str(quad.object)))}"
    return f"<edge {ends}>{_data({'property': compressed(path), 'predicate': path})}</edge>\n"


def _data(values: dict[str, str]) -> str:
    return "".join(
        f'<data key="{key}">{escape(_in_xml(text))}</data>' for key, text in values.items() if text
    )


def _in_xml(text: str) -> str:
    """The text with a mark in place of each character that XML does not have."""
    return NOT_XML.sub("\ufffd", text)


def _id(term: str) -> str:
    return term if term.startswith("_:") else term[1:-1]
