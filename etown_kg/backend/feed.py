"""The feed: what has changed since executors were forked, in memory that they share with the owner.

A fork for each change would be dear: a new executor's memory is cold, and each page that the owner
writes afterwards is copied. So executors live on. The owner appends a `Step` to the feed before it
tells anybody of a change, and whoever is asked something takes over what is new there first. An
executor so far behind that a fork is cheaper is given up, and so are all of them by a change too
large for the feed: the owner begins another feed with the executors that it forks then.
"""

from __future__ import annotations

import json
import mmap
import resource
import struct
from typing import TYPE_CHECKING

from etown_kg.backend import wire
from etown_kg.backend.shared_log import SharedLog
from etown_kg.changes import Change
from etown_kg.store import Delta

if TYPE_CHECKING:
    from etown_kg.graph import KnowledgeGraph, Step

FEED_BYTES = 16 << 20
# A step of more quads is followed less quickly than a process is forked.
MAX_QUADS = 2_000
# States that an executor may be behind by when it is asked something.
MAX_BEHIND = 128
_LENGTHS = struct.Struct("=5I")


class Feed:
    """The steps from one state on. One process appends; those that it forks read."""

    def __init__(self, state: int) -> None:
        """A feed of what comes after `state`, the owner's number of the present state."""
        self.since = state
        self._log = SharedLog(mmap.mmap(-1, FEED_BYTES))

    @property
    def end(self) -> int:
        """Where the next step will be."""
        return self._log.end

    def append(self, step: Step) -> bool:
        """Write what leads to the next state; False, with nothing written, if it has no room."""
        if step.size > MAX_QUADS:
            return False
        parts = [
            json.dumps([wire.pack(change) for change in step.changes]).encode(),
            *(
                each.lines()
                for each in (step.asserted, step.inferred, step.described, step.premises)
            ),
        ]
        return self._log.append(_LENGTHS.pack(*map(len, parts)) + b"".join(parts))

    def read(self, start: int, end: int) -> tuple[Step, int]:
        """What leads from one place to another, both between two steps; and how many steps."""
        from etown_kg.graph import Step  # who reads has it; a client of executors needs none

        steps: list[Step] = []
        for record in self._log.read(start, end):
            place = _LENGTHS.size
            parts: list[bytes] = []
            for length in _LENGTHS.unpack_from(record):
                parts.append(record[place : place + length])
                place += length
            changes = tuple(wire.unpack(Change, each) for each in json.loads(parts[0]))
            steps.append(Step(changes, *map(Delta.from_lines, parts[1:])))
        return Step.composed(steps), len(steps)

    def close(self) -> None:
        """Let go of the memory; others that have it keep it."""
        self._log.close()


class Follower:
    """A graph that takes over what a feed says. Made before the process is forked that uses it.

    Attributes:
        state: the number of the state that the graph is in.
        since: that of the state in which the feed began.
        is_broken: whether it stopped halfway, so that the graph is in no state.
    """

    def __init__(self, graph: KnowledgeGraph, feed: Feed, state: int) -> None:
        self.graph = graph
        self.state = state
        self.since = feed.since
        self.is_broken = False
        self._feed = feed
        self._at = feed.end
        self._copied_pages = 0

    @property
    def copied_bytes(self) -> int:
        """How much memory, about, is no longer shared because the graph has changed."""
        return self._copied_pages * resource.getpagesize()

    def catch_up(self) -> None:
        """Go on to the newest state.

        Raises:
            MemoryError: there is not enough; see `is_broken`.
        """
        end = self._feed.end
        if end == self._at:
            return
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        self.is_broken = True
        step, count = self._feed.read(self._at, end)
        self.graph.follow(step)
        self.is_broken = False
        self._copied_pages += resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
        self._at, self.state = end, self.state + count
