"""The quick way through the server (`etown_kg.web.express`), on the thread that reads sockets.

A `Ride` is one request on its way: its query was begun, or waits until another ride is over. An
executor's reply is one more event of the server's loop, so no thread has to be woken for it.
A ride that is not over within `PATIENCE_S` goes on the ordinary way, in a thread, and takes the
work that was begun for it along. So does one whose answer is long, or a failure.
"""

from __future__ import annotations

import logging
import os
import select
import time
from collections import deque
from collections.abc import Callable, MutableMapping
from typing import Any, Final, Protocol

from etown_kg.backend import Begun
from etown_kg.web.express import MAX_ANSWER_BYTES, Express, Question

log = logging.getLogger(__name__)

# What a poll is asked for to tell that something has come.
READABLE: Final = select.POLLIN | select.POLLPRI
# After so long a query is none of the quick ones, in seconds.
PATIENCE_S = 0.05
# Rides at work in this process. One alone in each of two answers as many aggregates a second on two
# processors, but has whoever comes behind a slow one wait for all of its patience.
MOST_AT_WORK = os.cpu_count() or 1
MOST_WAITING = 64


class Passenger(Protocol):
    """The connection that a request came by."""

    ride: Ride | None

    def depart(self, response: bytes) -> None:
        """Send the response, as soon as all that has come was read; a ride is over."""

    def change(self, ride: Ride) -> None:
        """The ride is over: take the ordinary way with what was begun."""


class Ride:
    """One request on the quick way; also what the server's loop watches while it is at work."""

    def __init__(
        self,
        lane: Lane,
        passenger: Passenger,
        question: Question,
        received: bytes,
        address: str,
        started: float,
    ) -> None:
        self.passenger = passenger
        self.question = question
        self.received = received
        self.address = address
        self.started = started
        self.begun: Begun | None = None
        self._lane = lane

    def events(self) -> int:
        """The loop is to say when the answer comes."""
        return READABLE

    def handle_read_event(self) -> None:
        """The answer comes."""
        self._lane.arrive(self)

    def handle_close(self) -> None:
        """The executor has ended: the ordinary way finds out why."""
        self._lane.leave(self)

    def handle_error(self) -> None:
        """A fault of ours: the loop goes on, and so does the request."""
        log.exception("a request has left the quick way")
        self._lane.leave(self)


class Lane:
    """All rides of one server. `watched` is the map of its loop: descriptor -> who is told."""

    def __init__(
        self,
        express: Express,
        watched: MutableMapping[int, Any],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._express = express
        self._watched = watched
        self._clock = clock
        # In the order of their coming, in which also those who wait go to work.
        self._at_work: dict[Ride, int] = {}
        self._waiting: deque[Ride] = deque()

    def take(self, passenger: Passenger, received: bytes, address: str) -> bool:
        """Whether the request that came by this connection goes the quick way."""
        started = self._clock()
        question = self._express.read(received)
        if question is None or len(self._waiting) >= MOST_WAITING:
            return False
        if not self._express.admits(address):
            return False  # the ordinary way says so
        response = self._express.at_once(question, address, started)
        if response is not None:
            passenger.depart(response)
            return True
        ride = passenger.ride = Ride(self, passenger, question, received, address, started)
        if self._waiting or len(self._at_work) >= MOST_AT_WORK:
            self._waiting.append(ride)
        elif not self._begin(ride):
            # The thread that it goes to gets another executor, which later rides can use.
            passenger.change(ride)
        return True

    def patience_s(self) -> float | None:
        """Seconds until somebody here has waited for too long; None when nobody waits."""
        oldest = next(iter(self._at_work), None) or (self._waiting[0] if self._waiting else None)
        return None if oldest is None else max(0.0, oldest.started + PATIENCE_S - self._clock())

    def hurry(self) -> None:
        """Let those who have waited for too long go the ordinary way."""
        late = self._clock() - PATIENCE_S
        while (oldest := next(iter(self._at_work), None)) and oldest.started <= late:
            self.leave(oldest)
        while self._waiting and self._waiting[0].started <= late:
            ride = self._waiting.popleft()
            ride.passenger.change(ride)

    def arrive(self, ride: Ride) -> None:
        """An answer has begun to come: send it, unless it is long."""
        assert ride.begun is not None
        size = ride.begun.answer_bytes()
        if size is None or size > MAX_ANSWER_BYTES:
            self.leave(ride)
            return
        self._release(ride)
        try:
            result = ride.begun.result()
        except Exception as error:  # noqa: BLE001  # it is raised again where it is answered
            ride.begun = _Failed(error)
            ride.passenger.change(ride)
        else:
            respond = self._express.response
            ride.passenger.depart(respond(ride.question, ride.address, ride.started, result))
        self._next()

    def leave(self, ride: Ride) -> None:
        """Go on the ordinary way with what was begun, unless the ride is over."""
        if ride not in self._at_work:
            return
        self._release(ride)
        ride.passenger.change(ride)
        self._next()

    def is_busy(self) -> bool:
        """Whether anybody is on the way."""
        return bool(self._at_work or self._waiting)

    def _begin(self, ride: Ride) -> bool:
        ride.begun = self._express.begin(ride.question, ride.address)
        if ride.begun is None:
            return False
        self._at_work[ride] = ride.begun.fileno()
        self._watched[ride.begun.fileno()] = ride
        return True

    def _release(self, ride: Ride) -> None:
        """Watch it no more; its descriptor may be another's as soon as its executor is free."""
        del self._watched[self._at_work.pop(ride)]

    def _next(self) -> None:
        while self._waiting and len(self._at_work) < MOST_AT_WORK:
            ride = self._waiting.popleft()
            if not self._begin(ride):
                ride.passenger.change(ride)


class _Failed:
    """Work that has failed already; `etown_kg.backend.Begun`."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def fileno(self) -> int:
        return -1

    def answer_bytes(self) -> int | None:
        return None

    def result(self, is_gone: object = None) -> Any:
        raise self._error

    def abandon(self) -> None:
        """Nothing is left to stop."""
