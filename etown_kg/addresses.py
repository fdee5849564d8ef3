"""Which addresses the server may call: only those that its operator named.

SERVICE and LOAD turn a query into a request from inside the operator's network, so an address
counts as allowed when its IRI is on a list, and the machine that it names today is not one of
ours: a public name that resolves to a loopback, link-local or private address is refused, unless
the list has that very address (https://www.rfc-editor.org/rfc/rfc6890 has the registry).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Collection
from urllib.parse import urlsplit

from etown_kg.errors import QueryError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Host and port -> the addresses of that host.
Resolver = Callable[[str, int], Collection[str]]
_PORTS = {"http": 80, "https": 443}


def resolve(host: str, port: int) -> list[str]:
    """The addresses that the system finds for a host; none when it finds none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(address[0]) for *_, address in found]


def check(iri: str | None, allowed: Collection[str], resolver: Resolver = resolve) -> None:
    """Refuse an address that may not be called; None is one that is not known beforehand.

    An IRI is allowed by its exact text, so another port, path or spelling is another address.

    Raises:
        QueryError: it is not on the list, or leads to a machine inside the operator's network.
    """
    if iri is None or iri not in allowed:
        raise QueryError(
            f"calling {'an address that a variable names' if iri is None else iri} is not allowed",
            hint=(
                "this endpoint calls no other"
                if not allowed
                else "it calls only " + ", ".join(sorted(allowed))
            ),
        )
    try:
        parts = urlsplit(iri)
        host, port = parts.hostname, parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError) as error:
        raise QueryError(f"{iri} is no http or https address") from error
    if host is None or parts.username is not None:
        raise QueryError(f"{iri} names no host, or a user beside it")
    if _is_literal(host):
        return  # the operator wrote this very address down
    addresses = resolver(host, port)
    if not addresses:
        raise QueryError(f"{host} has no address at the moment")
    for address in addresses:
        if not is_public(address):
            raise QueryError(
                f"{host} leads to {address}, which is inside the operator's network",
                hint="the operator can allow that by naming the address itself",
            )


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet.

    >>> is_public("127.0.0.1"), is_public("::ffff:10.0.0.1"), is_public("9.9.9.9")
    (False, False, True)
    """
    found: Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        # An IPv4 address in IPv6's clothes leads where the IPv4 address does.
        inner = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
