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
