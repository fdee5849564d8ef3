"""Short names for people: IRIs as CURIEs, terms as a reader wants to see them.

For display only: what is shown here is never parsed again (a number loses its datatype, a
text its quotes). What programs read goes through `formats`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from etown_kg import vocab

Term = NamedNode | BlankNode | Literal | Triple

# The local names that Turtle takes without escapes (PN_LOCAL, the plain part of it):
# https://www.w3.org/TR/turtle/#grammar-production-PN_LOCAL
_LOCAL_NAME = re.compile(r"[\w](?:[\w.-]*[\w-])?", re.UNICODE)

# A scheme, and none of the characters that no IRI holds (RFC 3987, 2.2, as SPARQL's IRIREF).
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*")


def compressed(iri: str, prefixes: Mapping[str, str] = vocab.PREFIXES) -> str:
    """The CURIE of an IRI by its longest matching prefix, or the IRI in angle brackets.

    >>> compressed("http://www.w3.org/2004/02/skos/core#Concept")
    'skos:Concept'
    >>> compressed("https://example.org/a b")
    '<https://example.org/a b>'
    """
    matching = [(len(space), name) for name, space in prefixes.items() if iri.startswith(space)]
    for length, name in sorted(matching, reverse=True):
        local = iri[length:]
        if _LOCAL_NAME.fullmatch(local):
            return f"{name}:{local}"
    return f"<{iri}>"


def expanded(text: str, prefixes: Mapping[str, str] = vocab.PREFIXES) -> str | None:
    """The IRI that a CURIE, or an IRI with or without angle brackets, stands for; None for others.

    >>> expanded("skos:Concept"), expanded("<https://example.org/a>"), expanded("a name")
    ('http://www.w3.org/2004/02/skos/core#Concept', 'https://example.org/a', None)
    """
    bare = text[1:-1] if text.startswith("<") and text.endswith(">") else text
    if _IRI.fullmatch(bare) is None:
        return None
    prefix, _, local = bare.partition(":")
    if prefix in prefixes and not local.startswith("//"):
        bare = prefixes[prefix] + local
    return bare if is_iri(bare) else None


def is_iri(text: str) -> bool:
    """Whether a text is an absolute IRI, as the engine reads it.

    >>> is_iri("urn:a"), is_iri("a"), is_iri("http://a b")
    (True, False, False)
    """
    try:
        NamedNode(text)
    except ValueError:
        return False
    return True


def shown(term: Term | None, prefixes: Mapping[str, str] = vocab.PREFIXES) -> str:
    """A term for a table cell: a CURIE, a literal's bare text, nothing for an unbound variable.

    >>> shown(Literal("亦庄", language="zh"))
    '亦庄'
    >>> shown(None)
    ''
    """
    if term is None:
        return ""
    if isinstance(term, NamedNode):
        return compressed(term.value, prefixes)
    if isinstance(term, Literal):
        return term.value
    if isinstance(term, BlankNode):
        return f"_:{term.value}"
    parts = (term.subject, term.predicate, term.object)
    return f"<<( {' '.join(shown(part, prefixes) for part in parts)} )>>"
