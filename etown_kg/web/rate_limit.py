"""How many requests one client may make: a bucket that fills with time and that each empties.

Only this is answered with 429 (RFC 6585, section 4); limits of one query are 503.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus

from flask import Flask, request

from etown_kg.web.protocol import RequestError

# Clients remembered; the one not seen for longest is forgotten, with a full bucket.
MAX_CLIENTS = 10_000
# In a request's environment: its client's rate was counted already (`express`).
COUNTED = "etown.counted"
# Watchers of the server's health must not be turned away.
EXEMPT = frozenset({"/health", "/ready", "/metrics"})


class RateLimit:
    """At most `per_minute` requests a minute from one client, all at once if it likes."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        # Client -> (requests left, when that was so).
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, client: str) -> int:
        """Count a request; the whole seconds that it has to wait, 0 when it may go on."""
        now = self._clock()
        with self._lock:
            left, then = self._left.pop(client, (float(self._per_minute), now))
            left = min(self._per_minute, left + (now - then) * self._per_minute / 60)
            is_allowed = left >= 1
            self._left[client] = (left - 1 if is_allowed else left, now)
            if len(self._left) > MAX_CLIENTS:
                self._left.popitem(last=False)
        return 0 if is_allowed else math.ceil((1 - left) * 60 / self._per_minute)


def client_of(address: str | None) -> str:
    """Who asks: an IPv4 address, or the network of an IPv6 one, which a single host has.

    >>> client_of("2001:db8:0:1:aaaa::1"), client_of("192.0.2.1"), client_of(None)
    ('2001:db8:0:1::/64', '192.0.2.1', '')
    """
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return address or ""
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network((found, 64), strict=False))


def register(app: Flask, per_minute: int) -> RateLimit | None:
    """Turn away who asks too often; 0 is no limit."""
    if not per_minute:
        return None
    limit = RateLimit(per_minute)

    @app.before_request
    def turn_away() -> None:
        if request.method == "OPTIONS" or request.path in EXEMPT:
            return
        if COUNTED in request.environ:
            return
        wait_s = limit.wait_s(client_of(request.remote_addr))
        if wait_s:
            raise RequestError(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"more than {per_minute} requests in a minute",
                hint=f"try again in {wait_s} s",
                headers={"Retry-After": str(wait_s)},
            )

    return limit
