"""Literals as the store keeps them, beside the text they were written with.

Oxigraph keeps the canonical form of numbers, truth values and times: ``1.50`` comes back as
``1.5`` and an ``xsd:byte`` as an ``xsd:integer``. Values are the same, text is not. Here stands
which form a term gets (`canonical`), so that others can remember the text beside it. Relies on
the store itself for the answer; only the commonest forms that do not change are known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store, Triple

from etown_kg.vocab import RDF, XSD

Term = NamedNode | BlankNode | Literal | Triple

# Datatypes whose literals never change, and, per datatype, forms that do not.
_TEXT: Final = frozenset({XSD + "string", RDF + "langString", RDF + "dirLangString"})
_UNCHANGED: Final = {
    XSD + "integer": re.compile(r"-?[1-9][0-9]{0,17}|0"),
    XSD + "decimal": re.compile(r"-?(?:0|[1-9][0-9]{0,8})\.[0-9]{0,8}[1-9]"),
    XSD + "boolean": re.compile(r"true|false"),
    XSD + "date": re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}"),
    XSD + "gYear": re.compile(r"[12][0-9]{3}"),
    XSD + "anyURI": re.compile(r".*", re.DOTALL),
}
_CACHED: Final = 100_000
_cache: dict[Literal, Literal] = {}


def canonical(quad: Quad) -> Quad:
    """The quad as the store gives it back; the very same object when nothing changes.

    >>> name = NamedNode("http://example.org/a")
    >>> canonical(Quad(name, name, Literal("1.50", datatype=NamedNode(XSD + "decimal")))).object
    <Literal value=1.5 datatype=<NamedNode value=http://www.w3.org/2001/XMLSchema#decimal>>
    """
    term = quad.object
    if isinstance(term, Triple) or (isinstance(term, Literal) and _may_change(term)):
        return canonical_quads((quad,))[0]
    return quad


def canonical_quads(quads: Sequence[Quad]) -> list[Quad]:
    """`canonical` of each; unknown forms are asked of the store all at once."""
    unknown = {
        literal
        for quad in quads
        for literal in _literals(quad.object)
        if _may_change(literal) and literal not in _cache
    }
    if unknown:
        _learn(unknown)
    return [_rewritten(quad) for quad in quads]


def _literals(term: Term) -> Iterable[Literal]:
    if isinstance(term, Literal):
        return (term,)
    return _literals(term.object) if isinstance(term, Triple) else ()


def _may_change(literal: Literal) -> bool:
    datatype = literal.datatype.value
    if datatype in _TEXT or not datatype.startswith((XSD, "http://www.opengis.net/")):
        return False
    unchanged = _UNCHANGED.get(datatype)
    return unchanged is None or unchanged.fullmatch(literal.value) is None


def _learn(literals: Iterable[Literal]) -> None:
    if len(_cache) > _CACHED:
        _cache.clear()
    asked = {NamedNode(f"n:{number}"): literal for number, literal in zip(count(), literals)}
    has = NamedNode("n:has")
    store = Store()
    store.extend(Quad(name, has, literal) for name, literal in asked.items())
    for quad in store:
        kept = quad.object
        if isinstance(quad.subject, NamedNode) and isinstance(kept, Literal):
            _cache[asked[quad.subject]] = kept


def _rewritten(quad: Quad) -> Quad:
    term = quad.object
    if isinstance(term, NamedNode | BlankNode):
        return quad
    kept = _canonical_term(term)
    return quad if kept == term else Quad(quad.subject, quad.predicate, kept, quad.graph_name)


def _canonical_term(term: Term) -> Term:
    if isinstance(term, Literal):
        return _cache[term] if _may_change(term) else term
    if isinstance(term, Triple):
        return Triple(term.subject, term.predicate, _canonical_term(term.object))
    return term
