"""Document type declarations of XML, judged before a parser sees them.

RDF/XML from ontology editors begins with ``<!DOCTYPE rdf:RDF [<!ENTITY owl "...">]>``: internal
general entities that stand for namespaces (https://www.w3.org/TR/xml/#sec-internal-ent). Those
are let through. What else a declaration may hold fetches files (external entities and subsets),
rewrites the declaration itself (parameter entities) or grows without end (entities of entities),
and parsers defend themselves badly against it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple
from xml.parsers import expat

# Real ontologies have some twenty entities of at most a hundred bytes.
MAX_ENTITIES: Final = 500
MAX_VALUE_BYTES: Final = 1024
# How much longer a document may get: so many times, and so many bytes on top for small ones.
MAX_GROWTH: Final = 4
MORE_BYTES: Final = 1 << 20

_SPACE: Final = rb"[ \t\r\n]"
# Written with the common case outside of the group that repeats: a repeated group costs memory for
# each of its turns, and a comment may have millions of characters.
_COMMENT: Final = rb"<!--[^-]*(?:-(?!-)[^-]*)*-->"
_INSTRUCTION: Final = rb"<\?[^?]*(?:\?(?!>)[^?]*)*\?>"
_NAME: Final = rb"[A-Za-z_:\x80-\xff][\w.:\-\x80-\xff]*"
# XML 1.0, productions 22 and 28: what may stand before the root element.
_BEFORE: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:" + _SPACE + rb"+|" + _COMMENT + rb"|" + _INSTRUCTION + rb")*"
)
_START: Final = re.compile(
    rb"<!DOCTYPE" + _SPACE + rb"+" + _NAME + _SPACE + rb"*(?:(?P<end>>)|(?P<subset>\[))"
)
_ENTITY: Final = re.compile(
    rb"<!ENTITY" + _SPACE + rb"+(?P<name>" + _NAME + rb")" + _SPACE + rb"+"
    rb"(?P<value>\"[^\"]*\"|'[^']*')" + _SPACE + rb"*>"
)
_ENTITY_OR_COMMENT: Final = re.compile(_ENTITY.pattern + rb"|" + _COMMENT)
_VISIBLE: Final = re.compile(rb"[^\r\n]")
_BETWEEN: Final = re.compile(rb"(?:" + _SPACE + rb"+|" + _COMMENT + rb")*")
_END: Final = re.compile(rb"\]" + _SPACE + rb"*>")
# A value that no other entity and no markup is in; characters by number are.
_PLAIN: Final = re.compile(rb"[^&%<]*(?:&(?:#\d+|#x[0-9A-Fa-f]+|amp|lt|gt|quot|apos);[^&%<]*)*")
# A declaration where none may be, and what only looks like one.
_LATER: Final = re.compile(
    _COMMENT + rb"|<!\[CDATA\[.*?\]\]>|(?P<declaration><!)", re.DOTALL | re.IGNORECASE
)
_ENDS_EARLY: Final = frozenset(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
)
_REFERENCE: Final = re.compile(rb"&(" + _NAME + rb");")


class Refusal(NamedTuple):
    """Why a document is not to be parsed, and what to do about it."""

    problem: str
    hint: str


def checked(document: bytes) -> bytes | Refusal:
    r"""An XML document as the parser reads it, of the same length, or why it is not to be parsed.

    The engine's parser takes entities in double quotes only, so those in single ones get them; and
    it takes those in comments too, so comments between declarations become white space.

    >>> checked(b"<!DOCTYPE a [<!ENTITY b 'http://b.example/'>]><a b='&b;c'/>")
    b'<!DOCTYPE a [<!ENTITY b "http://b.example/">]><a b=\'&b;c\'/>'
    >>> checked(b"<!DOCTYPE a SYSTEM 'http://b.example/a.dtd'><a/>").problem
    'the document type refers to a file, or has no end'
    """
    if b"\0" in document[:4]:
        return Refusal("the document is not in UTF-8", "send it in UTF-8")
    before = _BEFORE.match(document)
    position = subset = before.end() if before else 0
    entities: dict[bytes, re.Match[bytes]] = {}
    if document[position : position + 9].upper() == b"<!DOCTYPE":
        start = _START.match(document, position)
        if start is None:
            return _refusal("the document type refers to a file, or has no end")
        position = subset = start.end()
        if start["subset"]:
            found = _declared(document, position)
            if isinstance(found, Refusal):
                return found
            entities, position = found
    end = position
    for later in _LATER.finditer(document, position):
        if later["declaration"]:
            return _refusal("a declaration stands within the document")
    grown = sum(
        len(entities[name]["value"]) - 2
        for name in _REFERENCE.findall(document, position)
        if name in entities
    )
    if grown > MAX_GROWTH * len(document) + MORE_BYTES:
        return _refusal(f"its entities make the document more than {MAX_GROWTH} times as long")
    cut = _cut(document)
    if cut is not None:
        return cut
    return _spelt_out(document, entities.values(), subset, end)


def _declared(document: bytes, position: int) -> tuple[dict[bytes, re.Match[bytes]], int] | Refusal:
    """Each entity by its name, and where the declaration ends."""
    entities: dict[bytes, re.Match[bytes]] = {}
    while True:
        between = _BETWEEN.match(document, position)
        position = between.end() if between else position
        end = _END.match(document, position)
        if end:
            return entities, end.end()
        entity = _ENTITY.match(document, position)
        if entity is None:
            return _refusal("the document type declares more than plain internal entities")
        value = entity["value"][1:-1]
        name = entity["name"].decode(errors="replace")
        if not _PLAIN.fullmatch(value):
            return _refusal(f"the entity {name} holds markup or other entities")
        if len(value) > MAX_VALUE_BYTES:
            return _refusal(f"the entity {name} is longer than {MAX_VALUE_BYTES} bytes")
        if len(entities) == MAX_ENTITIES:
            return _refusal(f"the document type declares more than {MAX_ENTITIES} entities")
        # The first declaration of a name is the one that holds (XML 1.0, section 4.2).
        entities.setdefault(entity["name"], entity)
        position = entity.end()


def _spelt_out(document: bytes, entities: Iterable[re.Match[bytes]], start: int, end: int) -> bytes:
    """The document as the parser reads declarations, which are from `start` to `end`."""
    single = [each for each in entities if each["value"][:1] == b"'" and b'"' not in each["value"]]
    has_comments = b"<!--" in document[start:end]
    if not single and not has_comments:
        return document
    changed = bytearray(document)
    for entity in single:
        changed[entity.start("value")] = changed[entity.end("value") - 1] = ord('"')
    if has_comments:
        changed[start:end] = _ENTITY_OR_COMMENT.sub(
            lambda found: found[0] if found["name"] else _VISIBLE.sub(b" ", found[0]),
            bytes(changed[start:end]),
        )
    return bytes(changed)


def _cut(document: bytes) -> Refusal | None:
    """Why the document is not whole, if it is not.

    The engine's parser takes one that is cut, as if all that stands open were closed there: half
    of a graph would pass for the whole. Whatever else is wrong with a document is its to say.
    """
    try:
        expat.ParserCreate("utf-8").Parse(document, True)
    except expat.ExpatError as error:
        if error.code in _ENDS_EARLY:
            return Refusal(
                f"the document ends in line {error.lineno}, before what was begun in it does",
                "send all of it; it may have been cut on its way",
            )
    return None


def _refusal(problem: str) -> Refusal:
    return Refusal(problem, "write its entities out and remove <!DOCTYPE ...>")
