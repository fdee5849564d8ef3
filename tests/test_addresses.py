"""Which addresses may be called: the ones named, and never a machine inside by another name."""

from __future__ import annotations

import pytest

from etown_kg.addresses import Resolver, check, is_public
from etown_kg.errors import QueryError

PUBLIC = "https://query.example.org/sparql"


def resolving(*addresses: str) -> Resolver:
    return lambda host, port: addresses


def test_a_named_public_address_may_be_called() -> None:
    check(PUBLIC, {PUBLIC}, resolving("9.9.9.9", "2620:fe::fe"))


def test_an_address_inside_may_be_called_when_it_is_named_itself() -> None:
    check("http://127.0.0.1:7001/sparql", {"http://127.0.0.1:7001/sparql"}, resolving())


@pytest.mark.parametrize(
    "iri",
    [
        None,
        "https://query.example.org/sparql/",
        "https://query.example.org:444/sparql",
        "https://QUERY.example.org/sparql",
        "http://query.example.org/sparql",
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::1]/",
        "file:///etc/passwd",
    ],
)
def test_an_address_that_was_not_named_is_refused(iri: str | None) -> None:
    with pytest.raises(QueryError, match="not allowed"):
        check(iri, {PUBLIC}, resolving("9.9.9.9"))


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
        check(PUBLIC, {PUBLIC}, resolving("9.9.9.9", address))


@pytest.mark.parametrize(
    "iri", ["ftp://a.example/", "http://a.example:x/", "http:///sparql", "http://me@a.example/"]
)
def test_what_is_no_web_address_is_refused_though_it_was_named(iri: str) -> None:
    with pytest.raises(QueryError):
        check(iri, {iri}, resolving("9.9.9.9"))


def test_a_name_without_address_is_refused() -> None:
    with pytest.raises(QueryError, match="no address"):
        check(PUBLIC, {PUBLIC}, resolving())
