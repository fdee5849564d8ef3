"""Numbers as terms that people and other libraries read."""

from __future__ import annotations

from typing import Any

from etown_kg.reason.dictionary import Dictionary
from etown_kg.reason.syntax import XSD_STRING, split_literal
from etown_kg.vocab import PREFIXES


class TermReader:
    """Terms of a dictionary as rdflib terms or as text; each is made once."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        self._terms: dict[int, Any] = {}

    def rdflib_term(self, number: int) -> Any:
        """The rdflib term; a value shows as one literal that has it."""
        term = self._terms.get(number)
        if term is None:
            term = self._terms[number] = rdflib_term(self.ntriples(number))
        return term

    def ntriples(self, number: int) -> bytes:
        """The term in N-Triples."""
        return self._dictionary.term(number).removeprefix(b"=")

    def text(self, number: int) -> str:
        """The term for people: a CURIE where a prefix fits, else N-Triples."""
        return short(self.ntriples(number))


def rdflib_term(term: bytes) -> Any:
    """Canonical N-Triples bytes as an rdflib term, literals as they are written."""
    import rdflib

    text = term.decode()
    if text.startswith("<"):
        return rdflib.URIRef(text[1:-1])
    if text.startswith("_:"):
        return rdflib.BNode(text[2:])
    parts = split_literal(term)
    if parts.language:
        return rdflib.Literal(parts.lexical, lang=parts.language)
    if parts.datatype == XSD_STRING:
        return rdflib.Literal(parts.lexical)
    return rdflib.Literal(parts.lexical, datatype=rdflib.URIRef(parts.datatype), normalize=False)


def short(term: bytes) -> str:
    """A term with a prefix instead of a namespace: `<...rdf-syntax-ns#type>` is `rdf:type`."""
    text = term.decode()
    if text.startswith("<"):
        return _curie(text[1:-1]) or text
    head, sep, datatype = text.rpartition('"^^')
    if sep:
        return f'{head}"^^{_curie(datatype[1:-1]) or datatype}'
    return text


def _curie(iri: str) -> str | None:
    best = max(
        (item for item in PREFIXES.items() if iri.startswith(item[1])),
        key=lambda item: len(item[1]),
        default=None,
    )
    if best is None:
        return None
    local = iri[len(best[1]) :]
    return f"{best[0]}:{local}" if local and "/" not in local and "#" not in local else None
