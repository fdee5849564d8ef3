"""The web server: waitress, with a stop that lets answers end and errors that speak like ours.

Plain queries are answered on the thread that reads the sockets (`express_lane`), all else in
threads, by the app.

waitress keeps answering under half-sent headers, half-sent bodies and idle connections, since
only whole requests reach a thread. What it does not do by itself is end gracefully: its own stop
drops the answers that are on their way.
"""

from __future__ import annotations

import gc
import json
import logging
import resource
import select
import socket
import threading
import time
from collections import deque
from heapq import nsmallest
from http import HTTPStatus
from typing import Any, Final

from flask import Flask
from waitress import wasyncore
from waitress.channel import ClientDisconnected
from waitress.server import BaseWSGIServer, create_server
from waitress.task import ErrorTask, WSGITask

from etown_kg.cli.express_lane import READABLE, Lane, Ride
from etown_kg.cli.half_closed import HalfClosedChannel
from etown_kg.cli.request_parser import REASONS, RequestParser
from etown_kg.cli.room import RoomyBuffer
from etown_kg.web.access import KEPT_BYTES
from etown_kg.web.exchange import BEGUN
from etown_kg.web.express import EXTENSION
from etown_kg.web.headers import ALWAYS
from etown_kg.web.message import may_become_one
from etown_kg.web.problems import DETAILS, Problem
from etown_kg.web.rate_limit import COUNTED

log = logging.getLogger(__name__)

MAX_HEADER_BYTES: Final = 64 * 1024
# Connections at the same time, idle ones included.
MAX_CONNECTIONS: Final = 1000
# Descriptors of one connection at most: itself, and files for a long body and a long answer.
_DESCRIPTORS_EACH: Final = 3
# Descriptors that are no connection's: executors, logs, files that are sent.
_OTHER_DESCRIPTORS: Final = 128
# When so many connections in a hundred are left, idle ones are closed until twice as many are,
_SPARE_PERCENT: Final = 5
# those that have been silent for so many seconds: a new one gets the time to send its request.
_SILENT_S: Final = 1.0
# Seconds after which a connection that sends and takes nothing is closed.
IDLE_S: Final = 60
# The loop's timer counts in whole milliseconds.
_TICK_S: Final = 0.001
# Further requests of one connection that are read while one is answered. With one at least, a
# client that leaves is noticed while its query runs.
LOOKAHEAD: Final = 1
# waitress's own reasons are for its developers.
_REASONS: Final = {
    HTTPStatus.BAD_REQUEST: "this is no HTTP request that can be read",
    HTTPStatus.NOT_IMPLEMENTED: "no transfer coding but chunked is known here",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: (
        f"the request's line and headers are longer than {MAX_HEADER_BYTES:,} bytes"
    ),
}


class _ProblemTask(ErrorTask):
    """The answer to what is no request: a problem document with the headers of every response."""

    def execute(self) -> None:
        request: Any = self.request  # waitress's stubs take it for the error itself
        status = HTTPStatus(request.error.code)
        told = request.error.body
        known = _REASONS.get(status) or DETAILS.get(status, status.phrase)
        detail = told if told in REASONS else known
        body = json.dumps(Problem(status, detail).members()).encode()
        self.status = f"{int(status)} {status.phrase}"
        self.response_headers = [*ALWAYS.items(), ("Content-Type", "application/problem+json")]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Task(WSGITask):
    """One request that goes the ordinary way; its app sees what was begun before."""

    def get_environment(self) -> dict[str, Any]:
        environment: dict[str, Any] = super().get_environment()
        channel: Any = self.channel
        ride: Ride | None = channel.serving
        if ride is not None:
            environment[COUNTED] = True
            if ride.begun is not None:
                environment[BEGUN] = ride.begun
        return environment


class _Channel(HalfClosedChannel):
    """A connection. What it receives goes the quick way if it can (`express_lane`)."""

    error_task_class = _ProblemTask
    task_class = _Task
    parser_class = RequestParser
    lane: Lane | None = None
    # The server's: responses that are sent when all that has come was read. To wake a client for
    # each of them costs as much as to answer it.
    departing: deque[tuple[_Channel, bytes]]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        # The request that is on the quick way, the one that has changed over from there, and
        # the one that a thread has taken over.
        self.ride: Ride | None = None
        self._changed: Ride | None = None
        self.serving: Ride | None = None
        # What has come of a request before its end, and what has come behind it.
        self._early = b""
        self._later = b""
        super().__init__(*arguments, **named)
        self.outbufs: Any = [RoomyBuffer(self.adj.outbuf_overflow)]

    def write_soon(self, data: Any) -> int:
        """Have these bytes sent, or this file; called by the thread that answers."""
        with self.outbuf_lock:
            is_ours = isinstance(self.outbufs[-1], RoomyBuffer)
            if not is_ours or self.current_outbuf_count >= self.adj.outbuf_high_watermark:
                self.outbufs.append(RoomyBuffer(self.adj.outbuf_overflow))
                self.current_outbuf_count = 0
        try:
            return int(super().write_soon(data))
        except OSError as error:
            # The file that it waits in has no room for more. What was sent is a part, and all that
            # says so is the connection's end.
            log.warning("an answer is cut: %s", error)
            self.will_close = True
            self.server.pull_trigger()
            raise ClientDisconnected from error

    def is_idle(self) -> bool:
        """Whether no request is whole and no answer on its way."""
        return not (self.is_at_work() or self.total_outbufs_len)

    def is_at_work(self) -> bool:
        return self.ride is not None or bool(self._later) or super().is_at_work()

    def readable(self) -> bool:
        return not self._later and super().readable()

    def events(self) -> int:
        """What the loop is to wait for: `_events` in less time where nothing is to be done."""
        if self._ended_at is None and not (
            self._later
            or self.requests
            or self.total_outbufs_len
            or self.will_close
            or self.close_when_flushed
        ):
            return READABLE
        return _events(self)

    def received(self, data: bytes) -> bool:
        if self.ride is not None:
            self._later += data
            return True
        is_free = not (
            self.request is not None
            or self.requests
            or self.total_outbufs_len
            or self.will_close
            or self.close_when_flushed
        )
        if is_free and self.lane is not None:
            data, self._early = self._early + data, b""
            if may_become_one(data):
                self._early = data
                return True
            if self.lane.take(self, data, self.addr[0]):
                return True
        return bool(super().received(data))

    def depart(self, response: bytes) -> None:
        """See `Passenger.depart`."""
        self.ride = None
        self.departing.append((self, response))

    def send_off(self, response: bytes) -> None:
        """Send what departs."""
        if not self.connected or self.socket is None:
            return
        try:
            sent = self.socket.send(response)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.handle_close()  # the client has left
            return
        if sent < len(response):
            with self.outbuf_lock:
                self.outbufs[-1].append(response[sent:])
                self.total_outbufs_len += len(response) - sent
        self.last_activity = time.time()
        self._go_on()

    def change(self, ride: Ride) -> None:
        """See `Passenger.change`."""
        self.ride = None
        if not self.connected:
            _abandon(ride)
            return
        self._changed = ride
        super().received(ride.received)
        self._go_on()

    def service(self) -> None:
        """Answer the first request that waits, in a thread."""
        # Taken now: when this request is answered, another thread may begin with the next.
        ride, self._changed = self._changed, None
        self.serving = ride
        try:
            super().service()
        finally:
            if ride is not None:
                _abandon(ride)  # for nothing, unless the app did not come to it

    def _go_on(self) -> None:
        """Read what came meanwhile."""
        later, self._later = self._later, b""
        if later:
            self.received(later)


def _events(channel: Any) -> int:
    """What one of waitress's dispatchers waits for, as flags of a poll."""
    flags = READABLE if channel.readable() else 0
    if channel.writable() and not channel.accepting:
        flags |= select.POLLOUT
    return flags


def room_for_connections() -> int:
    """How many connections this process has descriptors for, after asking for as many as it may.

    Most systems give a process 1,024 and let it take more.
    """
    wanted = MAX_CONNECTIONS * _DESCRIPTORS_EACH + _OTHER_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return MAX_CONNECTIONS
    return max(1, (soft - _OTHER_DESCRIPTORS) // _DESCRIPTORS_EACH)


def _abandon(ride: Ride) -> None:
    if ride.begun is not None:
        ride.begun.abandon()


class WebServer:
    """An app on a socket that listens already.

    `run` answers requests until `stop`, which may be called from a signal handler or thread.
    """

    def __init__(
        self,
        app: Flask,
        listener: socket.socket,
        *,
        threads: int,
        max_body_bytes: int,
        max_connections: int = MAX_CONNECTIONS,
    ) -> None:
        self._most = max_connections
        self._spare = max(1, max_connections * _SPARE_PERCENT // 100)
        self._channels: dict[int, Any] = {}
        server = create_server(
            app,
            map=self._channels,
            sockets=[listener],
            threads=threads,
            ident=None,
            max_request_header_size=MAX_HEADER_BYTES,
            max_request_body_size=max_body_bytes,
            # Of descriptors that its loop watches, where it would take no more.
            connection_limit=max_connections + _OTHER_DESCRIPTORS,
            channel_timeout=IDLE_S,
            channel_request_lookahead=LOOKAHEAD,
            # What a proxy says is the app's to believe or not, by its setting `proxies`.
            clear_untrusted_proxy_headers=False,
        )
        assert isinstance(server, BaseWSGIServer)  # as for any single socket
        express = app.extensions.get(EXTENSION)
        self._departing: deque[tuple[_Channel, bytes]] = deque()
        self._lane = Lane(express, self._channels) if express is not None else None
        kept_bytes = app.extensions.get(KEPT_BYTES)
        parser_class = type(
            "Parser",
            (RequestParser,),
            {"kept_bytes": staticmethod(kept_bytes) if kept_bytes else None},
        )
        server.channel_class = type(
            "Channel",
            (_Channel,),
            {"lane": self._lane, "departing": self._departing, "parser_class": parser_class},
        )
        self._server: Any = server
        self._poll = select.poll()
        # What is registered with the poll: descriptor -> flags, 0 for none.
        self._watched: dict[int, int] = {}
        self._stopping = threading.Event()
        # Of one thread many times: a signal's handler runs in the midst of `run`.
        self._trigger = threading.RLock()
        self._grace_s = 0.0

    def run(self) -> None:
        """Answer requests; returns after `stop`, when those at work are answered or time is up."""
        gc.freeze()  # what is here stays: it need not be looked through again and again
        while not self._stopping.is_set():
            self._turn()
        with self._trigger:
            pass  # whoever stops it has written to the trigger, which is closed below
        # Nobody new: the system refuses connections from here on.
        self._server.del_channel()
        self._server.socket.close()
        end = time.monotonic() + self._grace_s
        while self._is_busy() and time.monotonic() < end:
            self._turn(0.1)
        self._server.task_dispatcher.shutdown(timeout=1)
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()  # what it has not sent may be in files
        wasyncore.close_all(self._channels, ignore_all=True)

    def stop(self, grace_s: float = 0.0) -> None:
        """Take no new connections, and give the requests at work so many seconds."""
        self._grace_s = grace_s
        with self._trigger:
            if not self._stopping.is_set():
                self._stopping.set()
                self._server.pull_trigger()

    def _turn(self, timeout_s: float = 1.0) -> None:
        patience_s = self._lane.patience_s() if self._lane is not None else None
        if patience_s is not None:
            timeout_s = min(timeout_s, patience_s + _TICK_S)
        self._make_room()
        self._watch()
        for descriptor, flags in self._poll.poll(timeout_s * 1000):
            channel = self._channels.get(descriptor)
            if channel is not None:
                wasyncore.readwrite(channel, flags)
        if self._lane is not None:
            self._lane.hurry()
        while self._departing:  # a response may be followed by the next request's
            channel, response = self._departing.popleft()
            try:
                channel.send_off(response)
            except Exception:  # noqa: BLE001  # as `readwrite` does: it is logged, and others go on
                channel.handle_error()

    def _make_room(self) -> None:
        """Close the connections that have been silent for longest, if hardly any are left.

        Whoever holds many and says nothing would keep everybody else out for `IDLE_S` seconds, and
        then begin again. A connection may be closed while nothing is asked on it (RFC 9112, 9.5).
        """
        channels = self._server.active_channels
        if len(channels) <= self._most - self._spare:
            return
        silent_before = time.time() - _SILENT_S
        idle = [
            channel
            for channel in list(channels.values())
            if channel.last_activity < silent_before and channel.is_idle()
        ]
        too_many = len(channels) - self._most + 2 * self._spare
        for channel in nsmallest(too_many, idle, key=lambda each: each.last_activity):
            channel.handle_close()

    def _watch(self) -> None:
        """Have the poll wait for what the channels wait for.

        As `wasyncore.poll2` does, which makes a new poll each time; most channels wait for the
        same as before.
        """
        for descriptor, channel in self._channels.items():
            own = isinstance(channel, (_Channel, Ride))  # most, and asked anew each time
            flags = channel.events() if own else _events(channel)
            if self._watched.get(descriptor, 0) == flags:
                continue
            self._watched[descriptor] = flags
            if flags:
                self._poll.register(descriptor, flags)
            else:
                self._poll.unregister(descriptor)
        if len(self._watched) > len(self._channels):
            for descriptor in self._watched.keys() - self._channels.keys():
                if self._watched.pop(descriptor):
                    self._poll.unregister(descriptor)

    def _is_busy(self) -> bool:
        return (self._lane is not None and self._lane.is_busy()) or any(
            channel.requests or channel.total_outbufs_len or channel.will_close
            for channel in list(self._server.active_channels.values())
        )
