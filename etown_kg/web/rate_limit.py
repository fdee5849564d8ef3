"""How many requests one client may make: a bucket that fills with time and that each empties.

Only this is answered with 429 (RFC 6585, section 4); limits of one query are 503.
"""

from __future__ import annotations

import fcntl
import ipaddress
import math
import mmap
import os
import struct
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from http import HTTPStatus
from pathlib import Path
from typing import Protocol

from flask import Flask, request

from etown_kg.web.protocol import RequestError

# Clients remembered; the one not seen for longest is forgotten, with a full bucket.
MAX_CLIENTS = 10_000
# In a request's environment: its client's rate was counted already (`express`).
COUNTED = "etown.counted"
# Watchers of the server's health must not be turned away.
EXEMPT = frozenset({"/health", "/ready", "/metrics"})


# (requests left, when that was so).
Bucket = tuple[float, float]


class Buckets(Protocol):
    """The buckets of all clients."""

    def change(self, client: str, new: Bucket, pour: Callable[[Bucket], Bucket]) -> None:
        """Replace a client's bucket, or `new` if it has none, by what `pour` makes of it."""


class OwnBuckets:
    """The buckets of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def change(self, client: str, new: Bucket, pour: Callable[[Bucket], Bucket]) -> None:
        """See `Buckets.change`."""
        with self._lock:
            self._buckets[client] = pour(self._buckets.pop(client, new))
            if len(self._buckets) > MAX_CLIENTS:
                self._buckets.popitem(last=False)


class SharedBuckets:
    """The buckets of all processes that open the same file, which is made if it is not there.

    A table of hashed names in shared memory. A client has its bucket in one of the `_PROBES`
    places from its hash on; when all are others', the one not seen for longest is forgotten.
    """

    def __init__(self, path: Path) -> None:
        """Raises OSError when the file cannot be made."""
        self._lock = threading.Lock()  # the file's keeps processes apart, not threads
        # Open for as long as the process lives.
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        size = (MAX_CLIENTS + _PROBES) * _BUCKET.size
        if os.fstat(self._file).st_size < size:
            os.ftruncate(self._file, size)
        self._table = mmap.mmap(self._file, size)

    def change(self, client: str, new: Bucket, pour: Callable[[Bucket], Bucket]) -> None:
        """See `Buckets.change`."""
        name = blake2b(client.encode(), digest_size=8).digest()
        first = int.from_bytes(name, "big") % MAX_CLIENTS
        with self._lock:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                chosen, oldest, bucket = first, float("inf"), new
                for place in range(first, first + _PROBES):
                    found, left, then = _BUCKET.unpack_from(self._table, place * _BUCKET.size)
                    if found == name:
                        chosen, bucket = place, (left, then)
                        break
                    if then < oldest:
                        chosen, oldest = place, then
                _BUCKET.pack_into(self._table, chosen * _BUCKET.size, name, *pour(bucket))
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)


_PROBES = 8
# A client's hashed name, what it has left, and when that was so.
_BUCKET = struct.Struct("8sdd")


class RateLimit:
    """At most `per_minute` requests a minute from one client, all at once if it likes."""

    def __init__(
        self,
        per_minute: int,
        clock: Callable[[], float] = time.monotonic,
        buckets: Buckets | None = None,
    ) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._buckets = buckets or OwnBuckets()

    def wait_s(self, client: str) -> int:
        """Count a request; the whole seconds that it has to wait, 0 when it may go on."""
        now = self._clock()  # the same for all processes of a machine
        found = 0.0

        def pour(bucket: Bucket) -> Bucket:
            nonlocal found
            left, then = bucket
            found = min(self._per_minute, left + max(0.0, now - then) * self._per_minute / 60)
            return (found - 1 if found >= 1 else found), max(now, then)

        self._buckets.change(client, (float(self._per_minute), now), pour)
        return 0 if found >= 1 else math.ceil((1 - found) * 60 / self._per_minute)


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


def register(app: Flask, per_minute: int, shared: Path | None = None) -> RateLimit | None:
    """Turn away who asks too often; 0 is no limit.

    `shared` is the folder of processes among which a client's requests may be spread.
    """
    if not per_minute:
        return None
    buckets = OwnBuckets() if shared is None else SharedBuckets(shared / "rates")
    limit = RateLimit(per_minute, buckets=buckets)

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
