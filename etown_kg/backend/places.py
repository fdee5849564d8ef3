"""Who may work now: places for queries, shared out so that one client cannot hold them all.

There are so many places, some of them reserved for short work. A query that works longer than
`short_s` has to leave a reserved place: it goes on in another if one is free, else it is
stopped. So reserved places come free every moment, whatever is asked. Who waits is admitted in
order of arrival, but first those whose client has the least at work.

No clock runs here and nothing is killed: callers say when they have become long.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import cached_property
from types import TracebackType

from etown_kg.backend.limits import Limits, time_over
from etown_kg.errors import CancelledError, LimitError

# How often somebody who waits looks whether his client is still there, in seconds.
LOOK_S = 0.1


class Places:
    """The places of one process."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._waiting: list[Place] = []
        self._working: set[Place] = set()

    def take(
        self, client: str, deadline: float, limit_s: float, is_gone: Callable[[], bool] | None
    ) -> Place:
        """A place for a query of `client` ("" is held to no share), as soon as there is one.

        Args:
            deadline: when waiting is over (`time.monotonic`); `limit_s` is for the message.

        Raises:
            LimitError: too much of this client waits already, or the deadline passed.
            CancelledError: the client has left.
        """
        place = Place(self, client)
        with self._lock:
            if client:
                waiting = sum(1 for other in self._waiting if other.client == client)
                if waiting >= self._limits.client_waiting:
                    raise LimitError(
                        f"{self._limits.client_places} queries at once and"
                        f" {self._limits.client_waiting} more waiting",
                        "this client has as many already",
                        hint="wait for an answer before asking more",
                        kind="busy",
                    )
            self._waiting.append(place)
            self._admit()
        try:
            place.wait(deadline, limit_s, is_gone)
        except BaseException:
            self.leave(place)
            raise
        return place

    def take_now(self, client: str) -> Place | None:
        """A place for a query of `client` if it can have one without waiting."""
        place = Place(self, client)
        with self._lock:
            if self._waiting:
                return None
            free = self._limits.places - len(self._working)
            own = [other for other in self._working if other.client == client] if client else []
            if free <= 0 or len(own) >= self._limits.client_places:
                return None
            if free <= self._limits.reserved_places and any(other.is_long for other in own):
                return None  # as in `_admit`
            self._working.add(place)
            return place

    def leave(self, place: Place) -> None:
        """Give a place back, or give up waiting for it."""
        with self._lock:
            self._working.discard(place)
            if place in self._waiting:
                self._waiting.remove(place)
            self._admit()

    def lengthen(self, place: Place) -> bool:
        """Whether a query that is no longer short may go on."""
        with self._lock:
            long = sum(1 for other in self._working if other.is_long)
            place.is_long = long < self._limits.places - self._limits.reserved_places
            return place.is_long

    def are_wanted(self) -> bool:
        """Whether somebody waits for a place."""
        return bool(self._waiting)

    def at_work(self) -> int:
        """How many have a place."""
        with self._lock:
            return len(self._working)

    def _admit(self) -> None:
        """Let in as many of those who wait as may come in; the lock is held."""
        if not self._waiting:
            return
        working = Counter(place.client for place in self._working)
        long = Counter(place.client for place in self._working if place.is_long)
        while len(self._working) < self._limits.places:
            allowed = [
                place
                for place in self._waiting
                if not place.client or working[place.client] < self._limits.client_places
            ]
            free = self._limits.places - len(self._working)
            if free <= self._limits.reserved_places:
                # Who has long work is not expected to bring short work.
                allowed = [place for place in allowed if not long[place.client]]
            if not allowed:
                return
            # Anonymous queries count each for itself; min keeps the order of arrival.
            chosen = min(allowed, key=lambda place: working[place.client] if place.client else 0)
            self._waiting.remove(chosen)
            self._working.add(chosen)
            working[chosen.client] += 1
            chosen.admitted.set()


class Place:
    """One query's claim on a place; leave it by leaving the ``with`` block."""

    def __init__(self, places: Places, client: str) -> None:
        self._places = places
        self.client = client
        self.is_long = False

    def wait(self, deadline: float, limit_s: float, is_gone: Callable[[], bool] | None) -> None:
        """Wait to be admitted; raises as `Places.take` does."""
        while not self.admitted.is_set():
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise time_over(limit_s)
            if is_gone is not None and is_gone():
                raise CancelledError("the client has left before its query was begun")
            self.admitted.wait(min(remaining, LOOK_S) if is_gone else remaining)

    @cached_property
    def admitted(self) -> threading.Event:
        """Set when the place may be used; who got it without waiting needs none."""
        return threading.Event()

    def lengthen(self) -> bool:
        """Whether the query may go on, though it is no longer short."""
        return self._places.lengthen(self)

    def is_wanted(self) -> bool:
        """Whether others wait for a place."""
        return self._places.are_wanted()

    def leave(self) -> None:
        """Give the place back."""
        self._places.leave(self)

    def __enter__(self) -> Place:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._places.leave(self)
