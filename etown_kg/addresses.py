"""Which addresses the server may call: only those that its operator named.

SERVICE and LOAD turn a query into a request from inside the operator's network, so an address
counts as allowed when it is on a list, and the machine that it names today is not one of ours: a
public name that resolves to a loopback, link-local or private address is refused, unless the
operator named that very address or its network (https://www.rfc-editor.org/rfc/rfc6890 has the
registry). A name is resolved once (`locate`), and who calls it uses the addresses found then, so
that a second answer of the name server (DNS rebinding) cannot lead elsewhere.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from etown_kg.errors import QueryError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Host and port -> the addresses of that host.
Resolver = Callable[[str, int], Collection[str]]
PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Place:
    """Where an IRI is to be asked for: the host by name for the server, by addresses for us."""

    iri: str
    scheme: str
    host: str
    port: int
    addresses: tuple[str, ...]
    target: str


def resolve(host: str, port: int) -> list[str]:
    """The addresses that the system finds for a host; none when it finds none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(address[0]) for *_, address in found]


def locate(iri: str, networks: Collection[str] = (), resolver: Resolver = resolve) -> Place:
    """Where an allowed IRI leads, resolved now.

    `networks` are address ranges (CIDR) inside the operator's network that it may lead to.

    Raises:
        QueryError: it is no web address, or leads to a machine inside the operator's network.
    """
    parts, host, port = _parsed(iri)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not target.isascii():
        raise QueryError(f"{iri} has characters that no address on the web has: escape them")
    if _literal(host) is not None:
        # The operator wrote this very address down.
        return Place(iri, parts.scheme, host, port, (host,), target)
    addresses = tuple(dict.fromkeys(resolver(host, port)))
    if not addresses:
        raise QueryError(f"{host} has no address at the moment")
    inside = [ipaddress.ip_network(network) for network in networks]
    for address in addresses:
        if not is_public(address) and not _is_meant(host, address, inside):
            raise QueryError(
                f"{host} leads to {address}, which is inside the operator's network",
                hint="the operator can allow that by naming the address itself, or its network"
                " with --allow-network",
            )
    return Place(iri, parts.scheme, host, port, addresses, target)


def is_listed(iri: str, hosts: Collection[str]) -> bool:
    """Whether an IRI's host is on a list of hosts, each with a port unless it is the usual one.

    >>> [is_listed(f"https://A.example{rest}", ["a.example"]) for rest in ("/b", ":8443/b")]
    [True, False]

    Raises:
        QueryError: it is no web address.
    """
    parts, host, port = _parsed(iri)
    shown = f"[{host}]" if ":" in host else host
    listed = {each.lower() for each in hosts}
    return f"{shown}:{port}" in listed or (shown in listed and port == PORTS[parts.scheme])


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet.

    >>> is_public("127.0.0.1"), is_public("::ffff:10.0.0.1"), is_public("9.9.9.9")
    (False, False, True)
    """
    found = _plain(address)
    return found.is_global and not found.is_multicast


def _is_meant(host: str, address: str, inside: Collection[Network]) -> bool:
    """Whether a machine inside is one that the operator named.

    ``localhost`` and what ends so is this machine for everybody (RFC 6761, section 6.3).
    """
    found = _plain(address)
    is_local = host == "localhost" or host.endswith(".localhost")
    return (is_local and found.is_loopback) or any(found in network for network in inside)


def _plain(address: str) -> Address:
    """The address; one of IPv4 in IPv6's clothes leads where the IPv4 address does."""
    found: Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return inner
    return found


_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


def _parsed(iri: str) -> tuple[SplitResult, str, int]:
    """The parts of a web address, its host in lower case and its port.

    Raises:
        QueryError: it is no web address.
    """
    try:
        parts = urlsplit(iri)
        usual = PORTS[parts.scheme]
        host, port = parts.hostname, parts.port or usual
    except (ValueError, KeyError) as error:
        raise QueryError(f"{iri} is no http or https address") from error
    if not host or parts.username is not None:
        raise QueryError(f"{iri} names no host, or a user beside it")
    return parts, host.rstrip("."), port


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
