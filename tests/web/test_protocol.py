"""Reading protocol requests: what is understood, what is refused and with which status."""

from __future__ import annotations

import socket
from urllib.parse import quote, urlencode

import pytest
from flask.testing import FlaskClient

from etown_kg.backend import QueryRequest
from etown_kg.web.protocol import DescriptionRequest, RequestError, read_query

FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
ASK = "ASK {}"
AWKWARD = 'ASK { ?s ?p "100%25 + 知更鸟 & ;=#" }'


def get(**parameters: object) -> QueryRequest | DescriptionRequest:
    return read_query("GET", urlencode(parameters, doseq=True).encode())


@pytest.mark.parametrize(
    ("method", "query_string", "content_type", "body"),
    [
        pytest.param("GET", f"query={quote(AWKWARD)}", "", "", id="get"),
        pytest.param("HEAD", f"query={quote(AWKWARD)}", "", "", id="head"),
        pytest.param("POST", "", FORM, f"query={quote(AWKWARD)}", id="form"),
        pytest.param("POST", "", "Application/X-WWW-Form-URLencoded; charset=UTF-8",
                     f"query={quote(AWKWARD)}", id="form-with-charset"),
        pytest.param("POST", "", DIRECT, AWKWARD, id="direct"),
        pytest.param("POST", "", 'Application/SPARQL-Query ; charset="utf-8"', AWKWARD,
                     id="direct-with-charset"),
    ],
)  # fmt: skip
def test_every_transport_carries_the_query_unchanged(
    served: str, method: str, query_string: str, content_type: str, body: str
) -> None:
    asked = read_query(
        method, query_string.encode(), content_type=content_type, body=body.encode(), accept="a/b"
    )
    assert asked == QueryRequest(AWKWARD, accept="a/b")
    assert status_of(served, method, query_string.encode(), content_type, body.encode()) == 200


def test_plus_is_a_space_in_a_form_and_itself_in_a_direct_query() -> None:
    assert read_query("GET", b"query=ASK+%7B%7D") == QueryRequest("ASK {}")
    direct = read_query("POST", content_type=DIRECT, body=b"SELECT (1+1 AS ?x) {}")
    assert direct == QueryRequest("SELECT (1+1 AS ?x) {}")


def test_bare_utf8_in_the_query_string_is_read() -> None:
    assert read_query("GET", 'query=ASK{?s ?p "知"}'.encode()) == QueryRequest('ASK{?s ?p "知"}')


def test_the_dataset_is_kept_in_order() -> None:
    asked = get(query=ASK, **{"default-graph-uri": ["x:1", "x:2"], "named-graph-uri": "x:3"})
    assert asked == QueryRequest(ASK, default_graphs=("x:1", "x:2"), named_graphs=("x:3",))


def test_a_direct_query_takes_its_dataset_from_the_address() -> None:
    asked = read_query(
        "POST", b"default-graph-uri=x:1&infer=false", content_type=DIRECT, body=ASK.encode()
    )
    assert asked == QueryRequest(ASK, infer=False, default_graphs=("x:1",))


def test_unknown_parameters_are_ignored(client: FlaskClient) -> None:
    unknown = {"soft_limit": "5", "debug": "on", "reasoning": "x"}
    assert get(query=ASK, **unknown) == QueryRequest(ASK)
    answer = client.get("/sparql", query_string={"query": ASK, **unknown})
    assert (answer.status_code, answer.get_json()["boolean"]) == (200, True)


def test_all_spellings_of_the_format_parameter_are_kept() -> None:
    asked = get(format="json", output="json", results="xml", query=ASK)
    assert asked == QueryRequest(ASK, parameters=("json", "json", "xml"))


@pytest.mark.parametrize(("value", "infer"), [("true", True), ("FALSE", False), ("false", False)])
def test_infer_says_whether_inferred_triples_count(value: str, infer: bool) -> None:
    assert get(query=ASK, infer=value) == QueryRequest(ASK, infer=infer)


@pytest.mark.parametrize("query_string", [b"", b"format=turtle", b"unknown=1"])
def test_a_get_without_a_query_asks_for_the_description(query_string: bytes) -> None:
    assert isinstance(read_query("GET", query_string), DescriptionRequest)


@pytest.mark.parametrize(
    ("method", "query_string", "content_type", "body", "status"),
    [
        pytest.param("GET", b"query=ASK{}&query=ASK{}", "", b"", 400, id="two-queries"),
        pytest.param("GET", b"default-graph-uri=x:1", "", b"", 400, id="dataset-only"),
        pytest.param("GET", b"update=CLEAR+ALL", "", b"", 400, id="update"),
        pytest.param("GET", b"query=ASK{}&update=CLEAR+ALL", "", b"", 400, id="query-and-update"),
        pytest.param("POST", b"", FORM, b"", 400, id="empty-form"),
        pytest.param("POST", b"", FORM, b"query=ASK{}&query=ASK{}", 400, id="two-in-form"),
        pytest.param("POST", b"query=ASK{}", FORM, b"query=ASK{}", 400, id="address-and-form"),
        pytest.param("POST", b"query=ASK{}", DIRECT, b"ASK{}", 400, id="address-and-body"),
        pytest.param("POST", b"", FORM, b"update=CLEAR+ALL", 400, id="update-in-form"),
        pytest.param("GET", b"query=ASK{}&infer=maybe", "", b"", 400, id="infer-maybe"),
        pytest.param("GET", b"query=ASK{}&infer=true&infer=false", "", b"", 400, id="infer-both"),
        pytest.param("GET", b"query=ASK{}&default-graph-uri=east", "", b"", 400, id="relative"),
        pytest.param("GET", b"query=ASK{}&named-graph-uri=x:%20", "", b"", 400, id="space-in-iri"),
        pytest.param("GET", b"query=ASK{}&named-graph-uri=http://[", "", b"", 400, id="broken-iri"),
        pytest.param("GET", b"query=%FF", "", b"", 400, id="not-utf8-encoded"),
        pytest.param("GET", b"query=\xff", "", b"", 400, id="not-utf8-bare"),
        pytest.param("POST", b"", FORM, b"query=%C3%28", 400, id="not-utf8-in-form"),
        pytest.param("POST", b"", DIRECT, b"ASK {} # \xff", 400, id="not-utf8-direct"),
        pytest.param("GET", b"a=1&" * 1001, "", b"", 400, id="too-many-parameters"),
        pytest.param("POST", b"", "", b"ASK{}", 415, id="no-type"),
        pytest.param("POST", b"", "text/plain", b"ASK{}", 415, id="plain-text"),
        pytest.param("POST", b"", "application/sparql-update", b"CLEAR ALL", 415, id="update-type"),
        pytest.param("POST", b"", f"{DIRECT}; charset=utf-16", b"ASK{}", 415, id="utf-16"),
        pytest.param("POST", b"", "multipart/form-data; boundary=x", b"--x--", 415, id="multipart"),
    ],
)  # fmt: skip
def test_a_request_that_is_none_is_refused(
    served: str, method: str, query_string: bytes, content_type: str, body: bytes, status: int
) -> None:
    with pytest.raises(RequestError) as caught:
        read_query(method, query_string, content_type=content_type, body=body)
    assert caught.value.status == status
    assert status_of(served, method, query_string, content_type, body) == status


def status_of(served: str, method: str, query_string: bytes, content_type: str, body: bytes) -> int:
    """What a server answers to just these bytes, some of which no HTTP client would send."""
    host = served.removeprefix("http://")
    lines = [f"Host: {host}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"Content-Type: {content_type}"] * bool(content_type)
    head = "\r\n".join(lines).encode() + b"\r\n\r\n"
    name, _, port = host.partition(":")
    with socket.create_connection((name, int(port)), timeout=30) as connection:
        connection.sendall(method.encode() + b" /sparql?" + query_string + b" HTTP/1.1\r\n")
        connection.sendall(head + body)
        with connection.makefile("rb") as answer:
            return int(answer.readline().split()[1])
