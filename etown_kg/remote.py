"""Asking another server: bounded in time and size, at an address that was looked at before.

`fetch` is one request over HTTP/1.1 (https://www.rfc-editor.org/rfc/rfc9110) to the addresses of
a `Place` and to no other: the name is not resolved again, redirects are given back and not
followed, nothing is unpacked. The time counts for the whole exchange, so that a server that sends
a byte now and then ends it as well. `load` is what LOAD needs: a document as triples, by way of
redirects that lead to allowed hosts.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from pyoxigraph import Quad

from etown_kg import formats
from etown_kg.addresses import Place, is_listed, locate
from etown_kg.errors import FormatError, MediaTypeError, QueryError, RemoteError, UploadError
from etown_kg.uploads import format_of, read_upload

MAX_REDIRECTS: Final = 5
_PIECE: Final = 64 * 1024
# Media types that servers send for files that they know nothing about.
_UNKNOWN_TYPES: Final = ("", "text/plain", "application/octet-stream", "binary/octet-stream")


@dataclass(frozen=True)
class Bounds:
    """What one exchange with another server may take: seconds, and bytes of its answer."""

    seconds: float = 5.0
    size_bytes: int = 16 << 20


@dataclass(frozen=True)
class Reply:
    """The answer of another server; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def fetch(
    place: Place,
    bounds: Bounds,
    *,
    method: str = "GET",
    headers: Mapping[str, str],
    body: bytes | None = None,
) -> Reply:
    """One request and its whole answer, whatever its status.

    Raises:
        RemoteError: there is no whole answer within the bounds.
    """
    deadline = time.monotonic() + bounds.seconds
    connection = _Connection(place, deadline)
    try:
        # No packing: what is sent is what is counted.
        sent = {"User-Agent": "etown-kg", "Accept-Encoding": "identity", "Connection": "close"}
        connection.request(method, place.target, body=body, headers={**sent, **headers})
        with connection.getresponse() as response:
            received = _whole(response, place, bounds)
    except TimeoutError as error:
        raise RemoteError(
            place.iri,
            f"it has not answered within {bounds.seconds:g} s",
            hint="the operator can allow more with --remote-s",
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise RemoteError(place.iri, str(error) or type(error).__name__) from error
    finally:
        connection.close()
    found = {name.lower(): value for name, value in response.getheaders()}
    packed = found.get("content-encoding", "identity").lower()
    if packed != "identity":
        raise RemoteError(place.iri, f"its answer is packed as {packed}, which was not asked for")
    return Reply(response.status, found, received)


def _whole(response: http.client.HTTPResponse, place: Place, bounds: Bounds) -> bytes:
    received = bytearray()
    while piece := response.read(_PIECE):
        received += piece
        if len(received) > bounds.size_bytes:
            raise RemoteError(
                place.iri,
                f"its answer is larger than {bounds.size_bytes / (1 << 20):g} MiB",
                hint="the operator can allow more with --remote-mib",
                is_size=True,
            )
    if response.length:
        raise RemoteError(place.iri, f"its answer ends {response.length} bytes too soon")
    return bytes(received)


def load(iri: str, hosts: Collection[str], networks: Collection[str], bounds: Bounds) -> list[Quad]:
    """The triples of a document at one of the hosts that LOAD may ask.

    Each step of a redirect (RFC 9110, section 15.4) is looked at like the first address.

    Raises:
        QueryError: a host is not allowed, or inside the operator's network.
        RemoteError: there is no document, or none that can be read.
    """
    address = iri
    for _ in range(MAX_REDIRECTS + 1):
        if not is_listed(address, hosts):
            raise QueryError(
                f"LOAD <{address}> is not allowed: documents are fetched "
                + (f"only from {', '.join(sorted(hosts))}" if hosts else "from nowhere"),
                hint="send the data to the graph store instead; the operator can allow a host:"
                " etown-kg serve --allow-load HOST",
            )
        place = locate(address.partition("#")[0], networks)
        reply = fetch(place, bounds, headers={"Accept": _ACCEPT})
        if reply.status not in _REDIRECTS:
            return _triples(place, reply)
        try:
            address = urljoin(address, reply.headers.get("location", ""))
        except ValueError as error:
            raise RemoteError(place.iri, f"it leads on to what is no address: {error}") from error
    raise RemoteError(iri, f"it leads on more than {MAX_REDIRECTS} times")


_REDIRECTS: Final = (301, 302, 303, 307, 308)
_ACCEPT: Final = ", ".join(
    f"{format.media_type};q={1 - number / 10:g}" if number else format.media_type
    for number, format in enumerate(formats.RDF_FORMATS)
)


def _triples(place: Place, reply: Reply) -> list[Quad]:
    if reply.status != HTTPStatus.OK:
        raise RemoteError(place.iri, f"it answers {reply.status}")
    try:
        return read_upload(reply.body, _type_of(place, reply), place.iri)
    except (UploadError, MediaTypeError) as error:
        raise RemoteError(place.iri, error.message, hint=error.hint) from error


def _type_of(place: Place, reply: Reply) -> str:
    """The document's media type; by its name's ending where the server knows none."""
    stated = reply.headers.get("content-type", "")
    media_type = stated.partition(";")[0].strip().lower()
    if media_type not in _UNKNOWN_TYPES:
        format_of(stated)
        return stated
    try:
        return formats.by_suffix(urlsplit(place.iri).path, formats.RDF_FORMATS).media_type
    except FormatError:
        return stated


class _Connection(http.client.HTTPConnection):
    """A connection to the addresses of a place, whose operations all end by a deadline."""

    def __init__(self, place: Place, deadline: float) -> None:
        super().__init__(place.host, place.port)
        # Without the port where it is the usual one, as a server expects it in Host.
        self.default_port = 443 if place.scheme == "https" else 80
        self._place = place
        self._deadline = deadline

    def connect(self) -> None:
        """Connect to the first address that answers."""
        for number, address in enumerate(self._place.addresses, start=1):
            try:
                plain = socket.create_connection(
                    (address, self._place.port), timeout=_remaining(self._deadline)
                )
                break
            except OSError:
                if number == len(self._place.addresses):
                    raise
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._place.scheme == "https":
            plain = _certificates().wrap_socket(plain, server_hostname=self._place.host)
        self.sock: Any = _Timed(plain, self._deadline)


@cache
def _certificates() -> ssl.SSLContext:
    return ssl.create_default_context()


def _remaining(deadline: float) -> float:
    """The seconds that are left.

    Raises:
        TimeoutError: there are none.
    """
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


class _Timed:
    """A socket for `http.client` that waits until a deadline in all, not for each operation."""

    def __init__(self, plain: socket.socket, deadline: float) -> None:
        self._plain = plain
        self._deadline = deadline
        self._has_reader = False

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        self._plain.settimeout(_remaining(self._deadline))
        self._plain.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What is received, to be read."""
        self._has_reader = True
        return io.BufferedReader(_Received(self._plain, self._deadline))

    def close(self) -> None:
        """Close the connection; when something is being read, that does it at its end."""
        if not self._has_reader:
            self._plain.close()


class _Received(io.RawIOBase):
    def __init__(self, plain: socket.socket, deadline: float) -> None:
        self._plain = plain
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._plain.settimeout(_remaining(self._deadline))
        return self._plain.recv_into(buffer)

    def close(self) -> None:
        self._plain.close()
        super().close()
