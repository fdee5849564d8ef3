"""rdflib's terms and graphs from pyoxigraph's, and back: for the libraries that want those.

rdflib takes as long to load as a small graph takes to close, so who answers queries does without.
"""

from __future__ import annotations

from collections.abc import Iterable

import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple
from rdflib.term import Node

from etown_kg import vocab
from etown_kg.errors import SourceError


def to_rdflib(quads: Iterable[Quad]) -> rdflib.Graph:
    """The union of the quads' graphs as an rdflib graph, lexical forms unchanged."""
    graph = rdflib.Graph()
    for prefix, iri in vocab.PREFIXES.items():
        graph.bind(prefix, iri)
    for quad in quads:
        graph.add((to_term(quad.subject), to_term(quad.predicate), to_term(quad.object)))
    return graph


def to_term(term: NamedNode | BlankNode | Literal | Triple) -> Node:
    """One pyoxigraph term as rdflib's; the lexical form is kept, not normalised.

    Raises:
        SourceError: a triple term, which RDF 1.1 and rdflib do not have.
    """
    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, BlankNode):
        return rdflib.BNode(term.value)
    if isinstance(term, Triple):
        raise SourceError(term, "a triple term (RDF 1.2) cannot be used here")
    if term.language:
        return rdflib.Literal(term.value, lang=term.language)
    if term.datatype.value == vocab.XSD + "string":
        return rdflib.Literal(term.value)
    return rdflib.Literal(term.value, datatype=rdflib.URIRef(term.datatype.value), normalize=False)


def from_triple(triple: tuple[Node, Node, Node]) -> Triple:
    """One rdflib triple as pyoxigraph's; `to_term` undoes it term by term."""
    s, p, o = triple
    subject = BlankNode(str(s)) if isinstance(s, rdflib.BNode) else NamedNode(str(s))
    return Triple(subject, NamedNode(str(p)), _from_object(o))


def _from_object(term: Node) -> NamedNode | BlankNode | Literal:
    if isinstance(term, rdflib.Literal):
        datatype = None if term.datatype is None else NamedNode(str(term.datatype))
        return Literal(str(term), language=term.language, datatype=datatype)
    return BlankNode(str(term)) if isinstance(term, rdflib.BNode) else NamedNode(str(term))
