"""Terms as the SPARQL 1.1 Query Results JSON Format writes them (its section 3.2.2).

An index holds its terms in this form, so that an answer is put together of what is there. Two
terms are the same if and only if they are written alike. A term that is not written here (a long
one; of RDF 1.2 a triple, or a text with a direction) is told by a digest of it behind `OPAQUE`.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

OPAQUE: Final = b"\0"
# Longer terms, in bytes of N-Triples, are not written here.
MOST_BYTES: Final = 16 * 1024

_LITERAL: Final = re.compile(
    rb'"((?:[^"\\]|\\.)*)"(?:@([A-Za-z0-9-]+)|\^\^<([^>\\]*)>)?', re.DOTALL
)
# What JSON writes otherwise than N-Triples.
_ESCAPED: Final = re.compile(rb"[\\\x00-\x1f]")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_LETTERS: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_LANGUAGE: Final = re.compile(rb'","xml:lang":"([^"]*)"\}$')
_SIMPLE: Final = re.compile(rb'\{"type":"(literal|uri)","value":"([^"\\]*)"(,.*)?\}')


def from_n_triples(term: bytes) -> bytes:
    """A term of N-Triples (https://www.w3.org/TR/n-triples/), UTF-8, as `Store.dump` writes it.

    >>> from_n_triples(b'"a \\\\"b\\\\""@en').decode()
    '{"type":"literal","value":"a \\\\"b\\\\"","xml:lang":"en"}'
    """
    if len(term) > MOST_BYTES:
        return _opaque(term)
    if term.startswith(b"<"):
        if term.startswith(b"<<") or b"\\" in term or b'"' in term:
            return _opaque(term)
        return iri(term[1:-1])
    if term.startswith(b"_:"):
        return b'{"type":"bnode","value":"%b"}' % term[2:]
    read = _LITERAL.fullmatch(term)
    if read is None:
        return _opaque(term)
    value, language, datatype = read.groups()
    if language is not None and b"--" in language:
        return _opaque(term)
    if _ESCAPED.search(value):
        value = _written(_ESCAPE.sub(_character, value.decode()))
    if language is not None:
        return literal(value, b',"xml:lang":"%b"' % language)
    return literal(value, b"" if datatype is None else b',"datatype":"%b"' % datatype)


def from_term(term: NamedNode | BlankNode | Literal | Triple) -> bytes:
    """A term of a store; as `from_n_triples` of what the store's dump writes."""
    return from_n_triples(_n_triples(term).encode())


def iri(value: bytes) -> bytes:
    """An IRI, which has no character that JSON writes otherwise (RFC 3987, section 2.2)."""
    return b'{"type":"uri","value":"%b"}' % value


def text(value: str, language: str | None = None) -> bytes:
    """A literal that is text; the engine keeps language tags in lower case."""
    more = "" if language is None else f',"xml:lang":"{language.lower()}"'
    return literal(_written(value), more.encode())


def literal(value: bytes, more: bytes) -> bytes:
    """A literal of a value as JSON has it, and its language or datatype as a member."""
    return b'{"type":"literal","value":"%b"%b}' % (value, more)


def language(term: bytes) -> bytes | None:
    """The language tag of a literal; None for all others."""
    found = _LANGUAGE.search(term)
    return None if found is None else found[1]


def order_key(term: bytes) -> tuple[tuple[bytes, bytes], bytes] | None:
    """What kind of term it is, and what orders it among those of its kind.

    None for what is not ordered by its characters alone (SPARQL 1.1 Query, section 15.1): blank
    nodes, numbers, times, and texts with characters that JSON escapes.
    """
    found = _SIMPLE.fullmatch(term)
    if found is None:
        return None
    kind, value, more = found.groups(b"")
    if more.startswith(b',"datatype"'):
        return None
    return (kind, more), value


def _opaque(term: bytes) -> bytes:
    return OPAQUE + hashlib.blake2b(term, digest_size=16).hexdigest().encode()


def _n_triples(term: NamedNode | BlankNode | Literal | Triple) -> str:
    if isinstance(term, Triple):  # which as a string has no brackets, if it is no term
        return f"<<( {' '.join(map(_n_triples, term))} )>>"
    return str(term)


def _written(value: str) -> bytes:
    return json.dumps(value, ensure_ascii=False)[1:-1].encode()


def _character(escape: re.Match[str]) -> str:
    number = escape[1] or escape[2]
    return chr(int(number, 16)) if number else _LETTERS.get(escape[3], escape[3])
