"""Entity tags: the version of the data and what was asked of it, and requests that name them.

RFC 9110, sections 8.8.3 and 13.1 (https://www.rfc-editor.org/rfc/rfc9110#section-13.1). A tag is
known before anything is evaluated, so that a client that has the answer costs next to nothing:
the same question of the same data has the same answer, unless it asks for the time or for chance.
"""

from __future__ import annotations

import hashlib
import re
from http import HTTPStatus

from etown_kg import query_text
from etown_kg.web.protocol import RequestError

# What a packed representation adds to the tag of the plain one (`etown_kg.web.packing`).
PACKED = "+gzip"
# Answers of these change while the data does not (SPARQL 1.1, 17.4.2, 17.4.4 and 17.4.5).
_CHANGING = frozenset({"NOW", "RAND", "UUID", "STRUUID", "BNODE", "SERVICE"})
_SIGNS = tuple(sorted(word.lower() for word in _CHANGING - {"STRUUID"}))  # UUID is in it
_ESCAPE = re.compile(r"\\[uU]")
_TAG = re.compile(r'\s*(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)')


def entity_tag(version: str, *parts: object) -> str:
    """The tag of what `parts` ask of the data in this version.

    >>> entity_tag("7-0", "ASK {}", "json") == entity_tag("7-0", "ASK {}", "json")
    True
    """
    return tag_of(version, digest(*parts))


def digest(*parts: object) -> str:
    """What an entity tag says of the question, apart from the version of the data."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()


def tag_of(version: str, digest: str) -> str:
    """The entity tag of a question with this digest, asked of the data in this version."""
    return f"{version}.{digest}"


def version_of(tag: str) -> str:
    """The version of the data that a tag was made of.

    >>> version_of(entity_tag("7-0", "ASK {}"))
    '7-0'
    """
    return tag.rpartition(".")[0]


def is_repeatable(query: str) -> bool:
    """Whether the same data gives the same answer each time.

    >>> is_repeatable("SELECT (NOW() AS ?now) {}"), is_repeatable("ASK { ?s ?p 'NOW' }")
    (False, True)
    """
    if _ESCAPE.search(query):
        return False  # it could spell any of them
    lowered = query.lower()
    if not any(sign in lowered for sign in _SIGNS):
        return True  # the usual case, and told without cutting the text into terminals
    return _CHANGING.isdisjoint(query_text.keywords(query))


def tags(header: str | None) -> list[str]:
    """The tags that an If-Match or If-None-Match names; ``*`` is one of them.

    >>> tags('W/"a", "b+gzip"')
    ['a', 'b']

    Raises:
        RequestError: 400 the header cannot be read.
    """
    if header is None:
        return []
    if header.strip() == "*":
        return ["*"]
    found: list[str] = []
    place = 0
    while place < len(header):
        match = _TAG.match(header, place)
        if match is None:
            raise RequestError(
                HTTPStatus.BAD_REQUEST,
                "a list of entity tags cannot be read",
                hint='tags stand in quotation marks: If-None-Match: "..."',
            )
        found.append(match[1].removesuffix(PACKED))
        place = match.end()
    return found
