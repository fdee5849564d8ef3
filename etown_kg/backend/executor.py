"""An executor: a forked process that answers queries, one at a time.

It has the state that it was forked with, and before each answer takes over what has changed since
(`feed`): a query sees one state from start to end, which is no older than the query.

It stands by until a client connects to the executors' socket, tells its owner so (who then
forks the next), confines itself, and serves that one client until it leaves. One that still stands
by when newer ones do ends by itself: killing it could hit one that a client has just come to.

What the client sends and what it gets are frames (`wire`); an answer is whole in memory before its
first byte is written, and the other side of the socket is the web process, which always reads: an
executor never waits for a slow reader.

When a limit is reached the process dies, or says so and is not used again; the next request gets
another.
"""

from __future__ import annotations

import os
import resource
import select
import socket
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from etown_kg.backend import ProofRequest, QueryRequest, wire
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
from etown_kg.backend.evaluation import evaluate, explain, prove
from etown_kg.backend.feed import Follower
from etown_kg.backend.limits import MIB, Limits, Work, memory_over
from etown_kg.backend.task import request_of
from etown_kg.errors import EtownError, LimitError

if TYPE_CHECKING:
    from etown_kg.graph import KnowledgeGraph

# An executor that has grown by more is replaced: allocators keep what they once had.
GROWN_BYTES = 64 * MIB

# Of the memory that a query may take, how much of the graph may be copied as it changes: most is in
# the first few dozen steps, and whoever is replaced begins anew with them.
_COPIED_SHARE = 0.25
# A query of so few seconds is not looked at for the memory that it left.
_MOMENT_S = 0.002


def stand_by(
    follower: Follower,
    limits: Limits,
    listener: socket.socket,
    taken: int,
    retired: int,
    owner: int,
) -> None:
    """Be an executor: wait for a client, serve it, return when it has left.

    Args:
        follower: the graph, in the state of now.
        retired: descriptor of a pipe that is closed when newer executors stand by.
        taken: descriptor of the pipe that tells the owner which executor stands by no more.
        owner: the process that forked this one, whose end this one does not outlive.
    """
    default_signals()
    die_with_parent(owner)
    _hide_output()
    confine(limits)
    run_with_deep_stack(partial(_wait_and_serve, follower, limits, listener, taken, retired))


def _wait_and_serve(
    follower: Follower,
    limits: Limits,
    listener: socket.socket,
    taken: int,
    retired: int,
) -> None:
    statm = os.open("/proc/self/statm", os.O_RDONLY)
    connection = _client_of(listener, retired)
    if connection is None:
        return
    close_descriptors(limits)
    listener.close()
    os.write(taken, os.getpid().to_bytes(8, "big"))
    os.close(taken)
    with suppress(OSError, wire.BrokenFrameError):  # the client has left
        _serve(follower, limits, connection, statm)


def _client_of(listener: socket.socket, retired: int) -> socket.socket | None:
    """The next client that comes; None if the state is retired before one does."""
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    poll.register(retired, select.POLLIN)
    while True:
        ready = dict(poll.poll())
        if retired in ready:
            return None
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            continue  # another one that stands by was quicker
        connection.setblocking(True)
        os.close(retired)
        return connection


def _serve(
    follower: Follower,
    limits: Limits,
    connection: socket.socket,
    statm: int,
) -> None:
    greeting = {
        "pid": os.getpid(),
        "thread": threading.get_native_id(),
        "state": follower.state,
        "since": follower.since,
    }
    wire.send(connection, greeting)
    graph = follower.graph
    started_bytes = resident_bytes(statm)
    while (frame := wire.receive(connection)) is not None:
        request, seconds = request_of(*frame)
        begun = time.perf_counter()
        set_alarm(seconds)
        if isinstance(request, ProofRequest):
            work = partial(_prove, graph, request, limits)
        elif frame[0]["task"] == "explain":
            work = partial(_explain, graph, request, limits, seconds)
        else:
            work = partial(_answer, graph, request, limits)
        state = follower.state
        reply, body = outcome(partial(_up_to_date, follower, work), limits)
        clear_alarm()
        if limits.services:
            close_descriptors(limits)
        is_spent = (
            "fault" in reply
            or follower.is_broken
            or follower.copied_bytes > limits.memory_bytes * _COPIED_SHARE
            or (
                # No process grows by so much in so short a time, unless little by little.
                (time.perf_counter() - begun > _MOMENT_S or follower.state != state)
                and resident_bytes(statm) > started_bytes + GROWN_BYTES
            )
        )
        wire.send(connection, {**reply, "state": follower.state, "is_spent": is_spent}, body)


def _up_to_date(
    follower: Follower, work: Callable[[], tuple[wire.Head, bytes]]
) -> tuple[wire.Head, bytes]:
    """What some work comes to in the newest state."""
    follower.catch_up()
    return work()


def _answer(
    graph: KnowledgeGraph, request: QueryRequest, limits: Limits
) -> tuple[wire.Head, bytes]:
    seen = graph.view(request.scope)
    result = evaluate(seen, request, limits, seen.state, open_descriptors=open_descriptors)
    head = {"form": result.form, "format": result.format.media_type, "version": result.version}
    return head, result.body


def _explain(
    graph: KnowledgeGraph, request: QueryRequest, limits: Limits, seconds: float
) -> tuple[wire.Head, bytes]:
    return {"diagnosis": explain(graph.view(request.scope), request, limits, seconds)}, b""


def _prove(graph: KnowledgeGraph, request: ProofRequest, limits: Limits) -> tuple[wire.Head, bytes]:
    result = prove(graph.view(request.scope), request, limits)
    return {"count": result.count, "version": result.version}, result.body


def outcome(
    work: Callable[[], tuple[wire.Head, bytes]], limits: Limits, kind: Work = "query"
) -> tuple[wire.Head, bytes]:
    """What some work came to, as a frame: its result, its failure, or a fault of ours.

    This is the edge of the process: whatever goes wrong inside has to be told outside.
    """
    try:
        return work()
    except EtownError as error:
        return wire.pack_error(error), b""
    except RecursionError:
        return wire.pack_error(_too_deep(limits)), b""
    except BaseException as error:  # noqa: BLE001  # the engine's panics are no Exception
        if _is_want_of_memory(error):
            return wire.pack_error(memory_over(limits.memory_bytes, kind)), b""
        return {"fault": traceback.format_exc()}, b""


def _is_want_of_memory(error: BaseException) -> bool:
    """Whether memory ran out; Python says so of a thread's stack in words of its own."""
    return isinstance(error, MemoryError) or str(error) == "can't start new thread"


def _too_deep(limits: Limits) -> LimitError:
    return LimitError(f"nesting of {limits.nesting}", "the request nests too deep to be read")


def _hide_output() -> None:
    """Let what the engine prints when it aborts go nowhere: the owner logs how a process ended.

    A stranger's query must not fill the log of the server.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def resident_bytes(statm: int) -> int:
    """The memory that this process has in use and does not share with files.

    Args:
        statm: a descriptor of ``/proc/self/statm``, opened while that was possible.
    """
    pages = os.pread(statm, 256, 0).split()
    return (int(pages[1]) - int(pages[2])) * resource.getpagesize()
