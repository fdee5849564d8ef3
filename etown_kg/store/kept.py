"""Quads as an on-disk store keeps them: with their spelling, a version and a name.

Oxigraph spells literals in its own way (`spelling`), so a quad stands in its canonical form, with a
note in ``urn:x-etown:as-written`` where its text was another. A quad with notes was written as they
say, and as the store has it only if a note says that too. ``urn:x-etown:state`` has the version of
the state and the name of the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store, Triple

from etown_kg.store.delta import Delta, GraphName, batches
from etown_kg.store.spelling import Term, canonical, canonical_quads

_STATE: Final = NamedNode("urn:x-etown:state")
_VERSION: Final = NamedNode("urn:x-etown:version")
_NAME: Final = NamedNode("urn:x-etown:name")
_AS_WRITTEN: Final = NamedNode("urn:x-etown:as-written")
_UNNAMED: Final = NamedNode("urn:x-etown:unnamed")
_OURS: Final = frozenset({_STATE, _AS_WRITTEN})
# In front of the datatype of a literal whose text is kept: Oxigraph leaves such a one alone.
_VERBATIM: Final = "urn:x-etown:verbatim:"


def carry_out(store: Store, delta: Delta, version: int) -> None:
    """Change the store as a delta says; doing it again, or the rest of it, does no harm.

    The number comes last: a store with the number has all of the change.
    """
    for batch in batches(delta.deleted):
        for quad in batch:
            store.remove(canonical(quad))
            store.remove(_note(quad))
    for graph in delta.dropped:
        store.remove_graph(graph)
    for graph in delta.created:
        store.add_graph(graph)
    for batch in batches(delta.inserted):
        store.extend(_stored(batch))
    _number(store, version)


def _number(store: Store, version: int) -> None:
    former = list(store.quads_for_pattern(_STATE, _VERSION, None, _STATE))
    store.add(Quad(_STATE, _VERSION, Literal(version), _STATE))
    for quad in former:
        if quad.object != Literal(version):
            store.remove(quad)


def begin(store: Store, name: str) -> None:
    """Give data that are new their name, and version 0."""
    store.add(Quad(_STATE, _NAME, Literal(name), _STATE))
    _number(store, 0)


def version_of(store: Store) -> int:
    """The version that the store has all of; -1 if it has none."""
    found = store.quads_for_pattern(_STATE, _VERSION, None, _STATE)
    return max(
        (int(quad.object.value) for quad in found if isinstance(quad.object, Literal)), default=-1
    )


def name_of(store: Store) -> str:
    """The name of the data, "" if they have none."""
    found = store.quads_for_pattern(_STATE, _NAME, None, _STATE)
    return next((q.object.value for q in found if isinstance(q.object, Literal)), "")


def _stored(quads: Sequence[Quad]) -> list[Quad]:
    """What the store gets for quads to insert."""
    found: list[Quad] = []
    for quad, alike in zip(quads, canonical_quads(quads), strict=True):
        found.append(alike)
        if alike is not quad:
            found.append(_note(quad))
    return found


def spelled(forms: Iterable[tuple[Quad, tuple[Quad, ...]]]) -> Iterator[Quad]:
    """What the store gets for quads of which one may be written in several ways."""
    for alike, written in forms:
        yield alike
        if written != (alike,):
            yield from map(_note, written)


def graphs_of(store: Store) -> list[GraphName]:
    """The named graphs of the data, also the empty ones."""
    return [name for name in store.named_graphs() if name not in _OURS]


def quads_of(store: Store) -> Iterator[Quad]:
    """All quads of the store as they were written."""
    written: dict[Quad, list[Quad]] = {}
    for note in store.quads_for_pattern(None, _AS_WRITTEN, None, _AS_WRITTEN):
        quad = _noted(note)
        written.setdefault(canonical(quad), []).append(quad)
    for quad in store:
        if quad.graph_name not in _OURS:
            yield from written.get(quad, (quad,))


def _note(quad: Quad) -> Quad:
    graph = quad.graph_name
    name = _UNNAMED if isinstance(graph, DefaultGraph) else graph
    kept = Triple(quad.subject, quad.predicate, _verbatim(quad.object))
    return Quad(name, _AS_WRITTEN, kept, _AS_WRITTEN)


def _noted(note: Quad) -> Quad:
    kept = note.object
    assert isinstance(kept, Triple)  # nobody else writes to this graph
    graph = DefaultGraph() if note.subject == _UNNAMED else note.subject
    assert isinstance(graph, NamedNode | BlankNode | DefaultGraph)
    return Quad(kept.subject, kept.predicate, _unveiled(kept.object), graph)


def _verbatim(term: Term) -> Term:
    """The term with its literals in a datatype that Oxigraph does not know, and so keeps."""
    if isinstance(term, Literal) and not term.language:
        return Literal(term.value, datatype=NamedNode(_VERBATIM + term.datatype.value))
    if isinstance(term, Triple):
        return Triple(term.subject, term.predicate, _verbatim(term.object))
    return term


def _unveiled(term: Term) -> Term:
    """What `_verbatim` was given."""
    if isinstance(term, Literal) and term.datatype.value.startswith(_VERBATIM):
        return Literal(term.value, datatype=NamedNode(term.datatype.value[len(_VERBATIM) :]))
    if isinstance(term, Triple):
        return Triple(term.subject, term.predicate, _unveiled(term.object))
    return term
