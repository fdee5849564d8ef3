"""The web server: waitress, with a stop that lets answers end and errors that speak like ours.

waitress keeps answering under half-sent headers, half-sent bodies and idle connections, since
only whole requests reach a thread. What it does not do by itself is end gracefully: its own stop
drops the answers that are on their way.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from http import HTTPStatus
from typing import Any, Final

from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server
from waitress.task import ErrorTask

from etown_kg.web.headers import ALWAYS
from etown_kg.web.problems import DETAILS, Problem

MAX_HEADER_BYTES: Final = 64 * 1024
# Connections at the same time, idle ones included.
MAX_CONNECTIONS: Final = 1000
# Seconds after which a connection that sends and takes nothing is closed.
IDLE_S: Final = 60
# Further requests of one connection that are read while one is answered. With one at least, a
# client that leaves is noticed while its query runs.
LOOKAHEAD: Final = 1
# waitress's own reasons are for its developers.
_REASONS: Final = {
    HTTPStatus.BAD_REQUEST: "this is no HTTP request that can be read",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: (
        f"the request's line and headers are longer than {MAX_HEADER_BYTES:,} bytes"
    ),
}


class _ProblemTask(ErrorTask):
    """The answer to what is no request: a problem document with the headers of every response."""

    def execute(self) -> None:
        request: Any = self.request  # waitress's stubs take it for the error itself
        status = HTTPStatus(request.error.code)
        detail = _REASONS.get(status) or DETAILS.get(status, status.phrase)
        body = json.dumps(Problem(status, detail).members()).encode()
        self.status = f"{int(status)} {status.phrase}"
        self.response_headers = [*ALWAYS.items(), ("Content-Type", "application/problem+json")]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):
    error_task_class = _ProblemTask


class WebServer:
    """An app on a socket that listens already.

    `run` answers requests until `stop`, which may be called from a signal handler or thread.
    """

    def __init__(
        self, app: Flask, listener: socket.socket, *, threads: int, max_body_bytes: int
    ) -> None:
        self._channels: dict[int, Any] = {}
        server = create_server(
            app,
            map=self._channels,
            sockets=[listener],
            threads=threads,
            ident=None,
            max_request_header_size=MAX_HEADER_BYTES,
            max_request_body_size=max_body_bytes,
            connection_limit=MAX_CONNECTIONS,
            channel_timeout=IDLE_S,
            channel_request_lookahead=LOOKAHEAD,
        )
        assert isinstance(server, BaseWSGIServer)  # as for any single socket
        server.channel_class = _Channel
        self._server: Any = server
        self._stopping = threading.Event()
        self._grace_s = 0.0

    def run(self) -> None:
        """Answer requests; returns after `stop`, when those at work are answered or time is up."""
        while not self._stopping.is_set():
            self._turn()
        # Nobody new: the system refuses connections from here on.
        self._server.del_channel()
        self._server.socket.close()
        end = time.monotonic() + self._grace_s
        while self._is_busy() and time.monotonic() < end:
            self._turn(0.1)
        self._server.task_dispatcher.shutdown(timeout=1)
        wasyncore.close_all(self._channels, ignore_all=True)

    def stop(self, grace_s: float = 0.0) -> None:
        """Take no new connections, and give the requests at work so many seconds."""
        self._grace_s = grace_s
        self._stopping.set()
        self._server.pull_trigger()

    def _turn(self, timeout_s: float = 1.0) -> None:
        wasyncore.loop(timeout=timeout_s, use_poll=True, map=self._channels, count=1)

    def _is_busy(self) -> bool:
        return any(
            channel.requests or channel.total_outbufs_len or channel.will_close
            for channel in list(self._server.active_channels.values())
        )
