"""Graphs that come from outside, read with suspicion.

A leaf that knows no server: bytes and their media type in, triples out. The parser is
pyoxigraph's, which fetches nothing (no JSON-LD context, no ``owl:imports``) and refuses broken
IRIs; what it does not bound is looked at before it starts: nesting, which would overflow its
stack, and document type declarations (`doctype`), whose entities it would expand without end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.parser import BytesHeaderParser
from typing import Final

from pyoxigraph import DefaultGraph, Quad, RdfFormat, parse

from etown_kg import doctype, formats
from etown_kg.errors import MediaTypeError, UploadError
from etown_kg.formats import Format

MULTIPART: Final = "multipart/form-data"
# How deep JSON values and triple terms may nest. Parsers fail some ten times deeper.
MAX_JSON_DEPTH: Final = 500
MAX_TERM_DEPTH: Final = 100
MAX_XML_DEPTH: Final = 500
MAX_PARTS: Final = 100

# What opens and closes, and what only looks so: strings, IRIs, comments. The common characters
# stand outside of the groups that repeat: each turn of one costs memory, and a string may have
# millions.
_JSON_MARKS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|(?P<open>[\[{])|(?P<close>[\]}])', re.DOTALL)
_TURTLE_MARKS = re.compile(
    rb'"{3}[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"{3}'
    rb"|'{3}[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'{3}"
    rb'|"[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*"'
    rb"|'[^'\\\r\n]*(?:\\.[^'\\\r\n]*)*'"
    rb'|<[^<>\s"{}]*>|#[^\r\n]*'
    rb"|(?P<open><<\(?|\{\||[\[({])|(?P<close>\)?>>|\|\}|[\])}])",
    re.DOTALL,
)
_QUOTED = rb"\"[^\"]*\"|'[^']*'"
_XML_MARKS = re.compile(
    rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>"
    rb"|<![^<>\"']*(?:(?:" + _QUOTED + rb")[^<>\"']*)*>|(?P<close></)"
    rb"|<[^<>\"'/]*(?:(?:" + _QUOTED + rb"|/(?!>))[^<>\"'/]*)*(?:/>|(?P<open>>))",
    re.DOTALL,
)


def read_upload(body: bytes, content_type: str, base: str) -> list[Quad]:
    """The triples of an uploaded graph, as quads of the default graph.

    `base` is the IRI that relative ones are resolved against. A form (``multipart/form-data``)
    brings the graphs of all its files together; blank nodes of different files stay apart.

    Raises:
        MediaTypeError: no RDF format has this media type, or it is in another charset.
        UploadError: the body does not parse, nests too deep, declares more of a document type
            than plain entities, or names graphs of its own.
    """
    media_type, parameters = _parsed_type(content_type)
    if media_type != MULTIPART:
        return list(_triples(body, content_type, base))
    boundary = parameters.get("boundary", "")
    if not 1 <= len(boundary) <= 70:  # RFC 2046, 5.1.1
        raise UploadError("the form's boundary is missing or longer than 70 characters")
    return [
        quad
        for part, part_type in _parts(body, boundary.encode("latin-1", "replace"))
        for quad in _triples(part, part_type, base)
    ]


def format_of(content_type: str) -> Format:
    """The RDF format of a media type, whatever its case and parameters.

    >>> format_of("Text/Turtle; charset=UTF-8").name
    'turtle'

    Raises:
        MediaTypeError: there is none, or the charset is not UTF-8.
    """
    media_type, parameters = _parsed_type(content_type)
    known = [format.media_type for format in formats.RDF_FORMATS]
    if parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8", "us-ascii"):
        raise MediaTypeError(content_type, known, hint="send it in UTF-8")
    for format in formats.RDF_FORMATS:
        if media_type in (format.media_type, *format.accepted):
            return format
    raise MediaTypeError(content_type, known)


def _triples(body: bytes, content_type: str, base: str) -> Iterator[Quad]:
    format = format_of(content_type)
    assert format.rdf is not None  # by the table: these are the RDF formats
    body = _checked(body, format)
    try:
        for quad in parse(body, format.rdf, base_iri=base, rename_blank_nodes=True):
            if quad.graph_name != DefaultGraph():
                raise UploadError(
                    f"the body names the graph {quad.graph_name}",
                    hint="a graph is uploaded without graphs of its own; send each to its address",
                )
            yield quad
    except SyntaxError as error:
        problem = re.sub(r"^Parser error at line \d+ column \d+: ", "", str(error.msg))
        raise UploadError(problem, line=error.lineno, column=error.offset) from error
    except (ValueError, OSError) as error:
        raise UploadError(str(error)) from error


def _checked(body: bytes, format: Format) -> bytes:
    """The body as the parser may see it.

    Raises:
        UploadError: nesting beyond the bound, or a dangerous document type declaration.
    """
    if format.rdf == RdfFormat.RDF_XML:
        checked = doctype.checked(body)
        if isinstance(checked, doctype.Refusal):
            raise UploadError(checked.problem, hint=checked.hint)
        body = checked
        depth, most = _depth(_XML_MARKS, body), MAX_XML_DEPTH
    elif format.rdf == RdfFormat.JSON_LD:
        depth, most = _depth(_JSON_MARKS, body), MAX_JSON_DEPTH
    elif format.rdf in (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS) and b"<<" not in body:
        return body
    else:
        depth, most = _depth(_TURTLE_MARKS, body), MAX_TERM_DEPTH
    if depth > most:
        raise UploadError(f"the body nests {depth} deep; at most {most} is read")
    return body


def _depth(marks: re.Pattern[bytes], body: bytes) -> int:
    """How many of the marks are open at once."""
    deepest = depth = 0
    for match in marks.finditer(body):
        if match["open"]:
            depth += 1
            deepest = max(deepest, depth)
        elif match["close"]:
            depth -= 1
    return deepest


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[bytes, str]]:
    """The files of a form and their media types (RFC 7578, RFC 2046)."""
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise UploadError("the form does not end with its boundary: it is not whole")
    if len(pieces) > MAX_PARTS + 2:
        raise UploadError(f"the form has more than {MAX_PARTS} parts")
    for piece in pieces[1:-1]:
        head, separator, content = piece.partition(b"\r\n\r\n")
        if not separator:
            raise UploadError("a part of the form has no empty line behind its headers")
        headers = BytesHeaderParser().parsebytes(head.lstrip(b" \t").removeprefix(b"\r\n"))
        part_type = headers.get("Content-Type")
        if part_type is None:
            raise UploadError("a part of the form does not say its media type")
        yield content, str(part_type)


def _parsed_type(content_type: str) -> tuple[str, dict[str, str]]:
    """The media type in lower case and its parameters, quotes taken off."""
    media_type, *rest = content_type.split(";")
    parameters = {}
    for each in rest:
        name, _, value = each.partition("=")
        parameters[name.strip().lower()] = value.strip().strip('"')
    return media_type.strip().lower(), parameters
