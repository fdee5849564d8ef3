"""The worker: a forked process that works out what updates come to, one after the other.

It has a copy of the graph of its own, so that a runaway update holds up nobody. Each `Delta` that
it finds goes to the owner, which makes the change; the worker takes it over as well, so that the
next update, which may be here already, is worked out on the state that the owner will have by then.
When the owner could not make a change, this copy is ahead of it and the worker is ended.
"""

from __future__ import annotations

import os
import socket
import time
from functools import partial
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode, Quad

from etown_kg import remote, vocab
from etown_kg.backend import wire
from etown_kg.backend.confinement import (
    clear_alarm,
    close_descriptors,
    confine,
    default_signals,
    die_with_parent,
    open_descriptors,
    run_with_deep_stack,
    set_alarm,
)
from etown_kg.backend.executor import GROWN_BYTES, outcome, resident_bytes
from etown_kg.backend.limits import Limits
from etown_kg.backend.relay import calls
from etown_kg.changes import GraphWrite, UpdateRequest
from etown_kg.store import Delta

if TYPE_CHECKING:
    from etown_kg.graph import KnowledgeGraph

# Of the time that an update has left when its change is known, what a rehearsal may take; the
# owner, which cannot be stopped, does the same again and makes the change.
_OWN_SHARE = 0.25
_MOST_UNREHEARSED = 100
_ONTOLOGICAL = (vocab.OWL, vocab.RDFS, vocab.RDF)
_OF_FACTS = frozenset(
    {vocab.RDF + "type", vocab.RDFS + "label", vocab.RDFS + "comment", vocab.RDFS + "seeAlso"}
)
# Quads of a change that a worker takes over; after a larger one another is forked, more quickly.
_MOST_FOLLOWED = 10_000


def frame_of(
    request: UpdateRequest | GraphWrite, deadline: float | None = None
) -> tuple[wire.Head, bytes]:
    """A request as a client sends it to the owner, and the owner to the worker.

    `deadline` is a time of `time.monotonic`, which all processes of a machine share; the owner
    sets it.
    """
    members = wire.pack(request)
    if isinstance(request, GraphWrite):
        return {"task": "write", "deadline": deadline, "request": members}, request.body
    text = members.pop("text").encode(errors="surrogatepass")
    return {"task": "update", "deadline": deadline, "request": members}, text


def request_of(head: wire.Head, body: bytes) -> UpdateRequest | GraphWrite:
    """The request in a frame of `frame_of`."""
    if head["task"] == "write":
        return wire.unpack(GraphWrite, head["request"], body=bytes(body))
    return wire.unpack(UpdateRequest, head["request"], text=body.decode(errors="surrogatepass"))


def work(graph: KnowledgeGraph, limits: Limits, connection: socket.socket, owner: int) -> None:
    """Be a worker until the owner closes the connection, or a limit is reached.

    Each reply is the lines of a delta with the version it was found on, or a failure.
    """
    default_signals()
    die_with_parent(owner)
    statm = os.open("/proc/self/statm", os.O_RDONLY)
    confine(limits)
    close_descriptors(limits)
    run_with_deep_stack(partial(_serve, graph, limits, connection, statm))


def _serve(graph: KnowledgeGraph, limits: Limits, connection: socket.socket, statm: int) -> None:
    started_bytes = resident_bytes(statm)
    while (frame := wire.receive(connection, in_a_row=True)) is not None:
        head, body = frame
        set_alarm(head["deadline"] - time.monotonic())
        request = request_of(head, body)
        work = partial(_worked_out, graph, request, limits, head["deadline"])
        reply, lines = outcome(work, limits, "update")
        clear_alarm()
        close_descriptors(limits)
        # What was interrupted by a want of memory is not trusted to be as it was before.
        is_spent = (
            reply.get("error") == "LimitError"
            or "fault" in reply
            or reply.pop("is_large", False)
            or resident_bytes(statm) > started_bytes + GROWN_BYTES
        )
        wire.send(connection, {**reply, "is_spent": is_spent}, lines)


def _worked_out(
    graph: KnowledgeGraph, request: UpdateRequest | GraphWrite, limits: Limits, deadline: float
) -> tuple[wire.Head, bytes]:
    seen = graph.view(request.scope)
    if isinstance(request, GraphWrite):
        found = seen.write_delta(request)
    else:
        with calls(request.text, limits, open_descriptors) as services:
            found = seen.delta(request, services=services, loader=partial(_load, limits))
    is_large = len(found.deleted) + len(found.inserted) > _MOST_FOLLOWED
    if _is_far_reaching(found):
        set_alarm((deadline - time.monotonic()) * _OWN_SHARE)
        graph.rehearse(found)
        is_large = True  # this copy is not to be used any more
    if not is_large:
        graph.advance(found)
    reply = {"lines": True, "version": found.version, "is_large": is_large}
    return reply, found.lines()


def _is_far_reaching(delta: Delta) -> bool:
    """Whether much may follow from a change: it is no small one, or one of the ontology.

    From a few facts follows no more than a few times what there is already.
    """
    changed = delta.inserted | delta.deleted
    return len(changed) > _MOST_UNREHEARSED or any(
        term.value.startswith(_ONTOLOGICAL)
        for quad in changed
        for term in (quad.predicate, quad.object)
        if isinstance(term, NamedNode) and term.value not in _OF_FACTS
    )


def _load(limits: Limits, iri: str) -> list[Quad]:
    """The document of a LOAD; looking up its host needs descriptors already."""
    if limits.load_hosts:
        open_descriptors()
    return remote.load(iri, limits.load_hosts, limits.networks, limits.remote)
