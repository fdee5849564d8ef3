"""One term in N-Triples, read and written: the form in which the dictionary keeps terms.

Implements the terms of N-Triples 1.1 (https://www.w3.org/TR/n-triples/#n-triples-grammar) and the
canonical form of section 4: no escapes but those for quote, backslash, line feed and carriage
return, no datatype on an xsd:string, and, as RDF 1.1 section 3.3 allows, language tags in lower
case. Equal terms have equal canonical bytes, and the other way round.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from etown_kg.vocab import RDF, XSD

XSD_STRING = XSD + "string"
RDF_LANG_STRING = RDF + "langString"

# The common characters stand outside of the groups that repeat: each turn of one costs memory, and
# a literal may have millions.
_CODE = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
_IRI = rf'<[^\x00-\x20<>"{{}}|^`\\]*(?:(?:{_CODE})[^\x00-\x20<>"{{}}|^`\\]*)*>'
_BLANK = r"_:[^\W_]?[\w:](?:[\w:.\-\u00b7]*[\w:\-\u00b7])?"
_LITERAL = (
    rf'"[^"\\\n\r]*(?:(?:\\[tbnrf"\'\\]|{_CODE})[^"\\\n\r]*)*"'
    rf"(?:\^\^{_IRI}|@[a-zA-Z]+(?:-[a-zA-Z0-9]+)*)?"
)
STATEMENT = re.compile(
    rf"[ \t]*(?P<s>{_IRI}|{_BLANK})[ \t]*(?P<p>{_IRI})[ \t]*(?P<o>{_IRI}|{_BLANK}|{_LITERAL})"
    rf"[ \t]*(?P<g>{_IRI}|{_BLANK})?[ \t]*\.[ \t]*(?:#[^\n\r]*)?"
)
NO_STATEMENT = re.compile(r"[ \t]*(?:#[^\n\r]*)?")
IRI = re.compile(_IRI)
BLANK = re.compile(_BLANK)
LITERAL = re.compile(_LITERAL)

_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_SHORT = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_TO_ESCAPE = str.maketrans({'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r"})


class LiteralParts(NamedTuple):
    """A literal taken apart; `language` is empty unless `datatype` is rdf:langString."""

    lexical: str
    datatype: str
    language: str


def iri(text: str) -> bytes:
    """The canonical bytes of an IRI: `iri("http://a")` is `b"<http://a>"`."""
    return f"<{text}>".encode()


def blank(label: str) -> bytes:
    """The canonical bytes of a blank node with this label."""
    return f"_:{label}".encode()


def literal(lexical: str, datatype: str | None = None, language: str | None = None) -> bytes:
    """The canonical bytes of a literal; without datatype and language it is an xsd:string."""
    body = f'"{lexical.translate(_TO_ESCAPE)}"'
    if language:
        return f"{body}@{language.lower()}".encode()
    if datatype is None or datatype == XSD_STRING:
        return body.encode()
    return f"{body}^^<{datatype}>".encode()


def split_literal(term: bytes) -> LiteralParts:
    """Take the canonical bytes of a literal apart: `b'"5"@en'` is `("5", rdf:langString, "en")`."""
    text = term.decode()
    quote = text.rindex('"')
    lexical = unescape(text[1:quote])
    tail = text[quote + 1 :]
    if tail.startswith("^^"):
        return LiteralParts(lexical, tail[3:-1], "")
    if tail.startswith("@"):
        return LiteralParts(lexical, RDF_LANG_STRING, tail[1:])
    return LiteralParts(lexical, XSD_STRING, "")


def canonical(term: bytes) -> bytes:
    """The canonical bytes of any term written in N-Triples."""
    if term[:1] == b"<":
        return iri(unescape(term[1:-1].decode())) if b"\\" in term else term
    if term[:1] == b"_":
        return term
    parts = split_literal(term)
    return literal(parts.lexical, parts.datatype, parts.language)


def unescape(text: str) -> str:
    """Resolve the escapes of N-Triples, section 6.4 of Turtle being the same."""
    return _ESCAPE.sub(_escaped_character, text) if "\\" in text else text


def _escaped_character(match: re.Match[str]) -> str:
    digits = match[1] or match[2]
    if digits is None:
        return _SHORT[match[3]]
    return chr(int(digits, 16))
