"""Which addresses may be called: the ones named, and never a machine inside by another name."""

from __future__ import annotations

import pytest

from etown_kg.addresses import Resolver, is_listed, is_public, locate
from etown_kg.errors import QueryError

PUBLIC = "https://query.example.org/sparql"


def resolving(*addresses: str) -> Resolver:
    return lambda host, port: addresses


def test_a_public_address_is_located() -> None:
    place = locate(PUBLIC + "?a=b", resolver=resolving("9.9.9.9", "2620:fe::fe", "9.9.9.9"))
    assert place.addresses == ("9.9.9.9", "2620:fe::fe")
    assert (place.scheme, place.host, place.port) == ("https", "query.example.org", 443)
    assert place.target == "/sparql?a=b"


@pytest.mark.parametrize("iri", ["http://127.0.0.1:7001/sparql", "http://[::1]:7001/sparql"])
def test_an_address_inside_may_be_called_when_it_is_named_itself(iri: str) -> None:
    assert locate(iri, resolver=resolving()).port == 7001


@pytest.mark.parametrize(
    ("iri", "is_found"),
    [
        ("http://a.example/b", True),
        ("https://A.Example./b", True),
        ("http://a.example:80/b", True),
        ("http://a.example:8080/b", False),
        ("http://b.example:8080/b", True),
        ("http://b.example/b", False),
        ("http://[::1]:9/b", True),
        ("http://a.example.evil.example/", False),
        ("http://evil.example/a.example", False),
        ("http://0x7f.1/", False),
    ],
)
def test_a_host_is_on_the_list_with_its_port(iri: str, is_found: bool) -> None:
    assert is_listed(iri, ["a.example", "B.example:8080", "[::1]:9"]) is is_found


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "fe80::1%eth0", "fc00::1",
        "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "2002:7f00:1::", "64:ff9b::7f00:1", "ff02::1",
    ],
)  # fmt: skip
def test_a_public_name_of_a_machine_inside_is_refused(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(QueryError, match="inside"):
        locate(PUBLIC, (), resolving("9.9.9.9", address))


@pytest.mark.parametrize(
    "iri",
    [
        "ftp://a.example/",
        "http://a.example:x/",
        "http:///sparql",
        "http://me@a.example/",
        "ftp://a.example:21/",
        "http://a.example/\u4f60",
    ],
)
def test_what_is_no_web_address_is_refused_though_it_was_named(iri: str) -> None:
    with pytest.raises(QueryError):
        locate(iri, (), resolving("9.9.9.9"))


def test_a_name_without_address_is_refused() -> None:
    with pytest.raises(QueryError, match="no address"):
        locate(PUBLIC, (), resolving())
