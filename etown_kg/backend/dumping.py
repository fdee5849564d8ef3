"""Dumps of a graph into a folder, by a process that holds up nobody.

The owner forks a process for each request, as for a query: it has the graph as it was at that
moment, and nobody waits for it but who asked. It is nice, confined in memory, and answers on the
connection that the request came on.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from etown_kg.backend import DumpRequest, wire
from etown_kg.backend.confinement import confine, default_signals, die_with_parent, set_alarm
from etown_kg.backend.executor import outcome
from etown_kg.backend.limits import MIB, Limits
from etown_kg.errors import ConflictError, DiskFullError, StorageError
from etown_kg.store import is_want_of_room

if TYPE_CHECKING:
    from etown_kg.export.distributions import Dumps
    from etown_kg.graph import KnowledgeGraph

# What sorting and the libraries of the formats need, whatever a query may take.
LEAST_MEMORY_BYTES = 768 * MIB
MOST_S = 3600.0
_NICE = 10


def dump(graph: KnowledgeGraph, request: DumpRequest) -> None:
    """Make the files that are asked for, in the folder that is named.

    Raises:
        ConflictError: the graph is in another state than the one that was asked for.
        DiskFullError, StorageError: see `write`.
    """
    seen = graph.view(request.scope)
    check_state(seen.state, request)
    with seen.dumps(Path(request.folder)) as dumps:
        write(dumps, request)


def check_state(state: str, request: DumpRequest) -> None:
    """Refuse to make files of another state than the one that was asked for.

    Raises:
        ConflictError: it is another one.
    """
    if state != request.version:
        raise ConflictError(f"the state is {state}, not {request.version}")


def write(dumps: Dumps, request: DumpRequest) -> None:
    """Make the files that are asked for.

    What a format cannot hold is said beside the place of its file (`find_refusal`).

    Raises:
        DiskFullError, StorageError: the folder has no room, or cannot be written.
    """
    # The graph has loaded them; who only asks for dumps does without.
    from etown_kg.export.distributions import by_name
    from etown_kg.export.dump_folder import write_dumps

    try:
        write_dumps(dumps, map(by_name, request.names), Path(request.folder))
    except OSError as error:
        if is_want_of_room(error):
            raise DiskFullError("disk", "no room for the files of the graph") from error
        raise StorageError(f"the files of the graph cannot be written: {error.strerror}") from error


def dump_in_process(
    graph: KnowledgeGraph,
    request: DumpRequest,
    limits: Limits,
    connection: socket.socket,
    owner: int,
) -> None:
    """In a forked process: make the files, and tell who waits on `connection` how it went."""
    default_signals()
    die_with_parent(owner)
    os.nice(_NICE)
    room = max(limits.memory_bytes, LEAST_MEMORY_BYTES)
    confine(replace(limits, memory_bytes=room))
    set_alarm(MOST_S)
    reply, body = outcome(partial(_done, graph, request), limits)
    with suppress(OSError):  # nobody waits any more; the files are there all the same
        connection.settimeout(None)
        wire.send(connection, reply, body)


def _done(graph: KnowledgeGraph, request: DumpRequest) -> tuple[wire.Head, bytes]:
    dump(graph, request)
    return {"done": True}, b""
