"""Connections whose client has sent all that it will send, and may still wait for its answer.

TCP tells a server alike of a client that has left and of one that has shut down its sending half
only (``nc -N``, some proxies and scripts do). The second has a right to its answer, the first
costs a query that nobody reads. Once something is sent, the two differ: the system of a client
that has left answers with a reset. So while a query runs whose client has sent its end, an
interim response is sent, ``100 Continue``, which clients of HTTP/1.1 have to skip (RFC 9110,
section 15.2, https://www.rfc-editor.org/rfc/rfc9110#section-15.2). To those of HTTP/1.0 none may
be sent; they get the answers that are ready soon.
"""

from __future__ import annotations

import select
import time
from typing import Any, Final

from waitress.channel import HTTPChannel

# Answers that are ready before need no interim response, which some clients have never met.
PATIENCE_S: Final = 0.4
_INTERIM: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class HalfClosedChannel(HTTPChannel):
    """A connection that outlives the end of what is received, until all is answered."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._ended_at: float | None = None
        self._is_probed = False
        super().__init__(*arguments, **named)

    def is_at_work(self) -> bool:
        """Whether a request is being answered."""
        return bool(self.requests)

    def readable(self) -> bool:
        return self._ended_at is None and bool(super().readable())

    def writable(self) -> bool:
        if self._ended_at is not None and not self.is_at_work() and not self.total_outbufs_len:
            self.will_close = True
        return bool(super().writable())

    def handle_read(self) -> None:
        plain = self.socket
        if plain is None:
            return
        try:
            data = plain.recv(self.adj.recv_bytes)
        except OSError:
            self.handle_close()
            return
        if data:
            self.last_activity = time.time()
            self.received(data)
        elif self.is_at_work() or self.total_outbufs_len:
            self._ended_at = time.monotonic()
        else:
            self.handle_close()

    def check_client_disconnected(self) -> bool:  # type: ignore[override]  # waitress's stubs say None
        """Whether nobody waits for the answer any more; called by the thread that makes it."""
        ended_at, plain = self._ended_at, self.socket
        if not self.connected or plain is None:
            return True
        if ended_at is None or time.monotonic() - ended_at < PATIENCE_S:
            return False
        if self.requests and self.requests[0].version == "1.0":
            return True
        with self.outbuf_lock:
            if not self._is_probed and not self.total_outbufs_len:
                self._is_probed = True
                try:
                    plain.send(_INTERIM)
                except OSError:
                    return True
        poll = select.poll()
        poll.register(plain, 0)  # errors and hang-ups are told unasked
        return bool(poll.poll(0))
