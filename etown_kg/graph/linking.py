"""What the IRIs of other graphs stand for here: the things that links lead to.

A link is an asserted ``skos:exactMatch``, which is symmetric and transitive
(https://www.w3.org/TR/skos-reference/#mapping, S43 to S45): links are followed both ways, over
IRIs of which the graph says nothing, until something is reached of which it does.
"""

from __future__ import annotations

from pyoxigraph import NamedNode

from etown_kg import vocab
from etown_kg.store import Dataset

_EXACT = NamedNode(vocab.SKOS + "exactMatch")
_SAME = NamedNode(vocab.OWL + "sameAs")
# Statements with these are links; those with SSSOM's terms tell of links.
_MAPPING = frozenset(
    vocab.SKOS + name
    for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch",
                 "mappingRelation")
)  # fmt: skip
# Links that are followed for one IRI; a chain of more is no link that anybody has checked.
MOST = 200


def things_linked(
    iri: str, asserted: Dataset, closed: Dataset, links: NamedNode
) -> tuple[str, ...]:
    """The things of ours that an IRI stands for, sorted; none if it stands for itself.

    Of things that the closure knows to be the same (``owl:sameAs``), one is given. `links` is the
    named graph of links: what is said there is said about links.
    """
    try:
        start = NamedNode(iri)
    except ValueError:
        return ()
    neighbours = _neighbours(start, asserted)
    if not neighbours or is_spoken_of(start, asserted, links):
        return ()
    seen, found = {start}, []
    while neighbours and len(seen) <= MOST:
        node = neighbours.pop()
        if node in seen:
            continue
        seen.add(node)
        if is_spoken_of(node, asserted, links):
            found.append(node)
        else:
            neighbours += _neighbours(node, asserted)
    kept: list[NamedNode] = []
    for node in sorted(found, key=lambda each: (len(each.value), each.value)):
        if not any(_are_same(node, other, closed) for other in kept):
            kept.append(node)
    return tuple(sorted(node.value for node in kept))


def is_spoken_of(node: NamedNode, asserted: Dataset, links: NamedNode) -> bool:
    """Whether the graph says something of a node, or with it, besides links."""
    patterns = ((node, None, None), (None, None, node), (None, node, None))
    return any(
        quad.predicate.value not in _MAPPING
        and not quad.predicate.value.startswith(vocab.SSSOM)
        and asserted.graphs_with(quad) - {links}
        for pattern in patterns
        for quad in asserted.store.quads_for_pattern(*pattern)
    )


def _neighbours(node: NamedNode, asserted: Dataset) -> list[NamedNode]:
    ahead = (quad.object for quad in asserted.store.quads_for_pattern(node, _EXACT, None))
    behind = (quad.subject for quad in asserted.store.quads_for_pattern(None, _EXACT, node))
    return [each for each in (*ahead, *behind) if isinstance(each, NamedNode)]


def _are_same(one: NamedNode, other: NamedNode, closed: Dataset) -> bool:
    return any(
        True
        for pattern in ((one, _SAME, other), (other, _SAME, one))
        for _ in closed.store.quads_for_pattern(*pattern)
    )
