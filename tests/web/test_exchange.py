"""What goes with every answer: tags, packing, names of requests, limits, logs, counts."""

from __future__ import annotations

import csv
import gzip
import http.client
import io
import json
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

import etown_kg.web
from etown_kg.web.conditional import entity_tag, is_repeatable, tags, version_of
from etown_kg.web.csv_safety import without_formulas
from etown_kg.web.protocol import RequestError
from etown_kg.web.rate_limit import MAX_CLIENTS, RateLimit
from tests.web import writers
from tests.web.conftest import Zoo

ASK = "/sparql?query=ASK%7B%7D"
ALL = "/sparql?query=SELECT%20*%7B%3Fs%20%3Fp%20%3Fo%7D"
Make = Callable[..., Zoo]


@pytest.mark.parametrize("path", [ALL, "/sparql", "/graphs?default"])
def test_who_has_the_answer_is_told_so(own_zoo: Zoo, path: str) -> None:
    first = own_zoo.client.get(path)
    tag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "no-cache"
    again = own_zoo.client.get(path, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == tag
    assert again.headers["Access-Control-Allow-Origin"] == "*"
    assert {"Accept", "Accept-Encoding"} <= set(again.vary)
    own_zoo.update("INSERT DATA { <x:a> <x:b> 1 }")
    changed = own_zoo.client.get(path, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


def test_another_question_has_another_tag(client: FlaskClient) -> None:
    asked = [ALL, ALL + "&infer=false", ALL + "&format=csv", ALL + "&format=csv&csv-safe=true"]
    asked += [ALL + "&default-graph-uri=x:a", ASK, "/graphs?default", "/sparql"]
    found = {client.get(path).headers["ETag"] for path in asked}
    assert len(found) == len(asked)


@pytest.mark.parametrize("query", ["SELECT (NOW() AS ?x) {}", "SELECT (uuid() AS ?x) {}"])
def test_what_changes_by_itself_is_never_kept(client: FlaskClient, query: str) -> None:
    response = client.get("/sparql", query_string={"query": query})
    assert "ETag" not in response.headers
    assert response.headers["Cache-Control"] == "no-store"


def test_an_error_is_never_kept(client: FlaskClient) -> None:
    response = client.get("/sparql?query=nonsense", headers={"If-None-Match": "*"})
    assert "ETag" not in response.headers


def test_tags_know_their_version() -> None:
    assert version_of(entity_tag("ab-12", "x")) == "ab-12"
    assert tags('"a", W/"b+gzip" ,"c"') == ["a", "b", "c"]
    assert tags(None) == []
    with pytest.raises(RequestError):
        tags('"a" "b')


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ASK {}", True),
        ("ASK { FILTER(RAND() < 1) }", False),
        ("ASK { FILTER(raNd() < 1) }", False),
        ("ASK { ?now ex:rand 'UUID()' } # NOW", True),
        ("ASK { SERVICE <x:a> {} }", False),
    ],
)
def test_a_query_is_repeatable_unless_it_asks_for_time_or_chance(
    query: str, expected: bool
) -> None:
    assert is_repeatable(query) is expected


def test_long_answers_are_packed_for_who_takes_it(client: FlaskClient) -> None:
    plain = client.get(ALL)
    packed = client.get(ALL, headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data)
    assert packed.headers["ETag"] != plain.headers["ETag"]
    again = client.get(ALL, headers={"If-None-Match": packed.headers["ETag"]})
    assert again.status_code == 304
    refused = client.get(ALL, headers={"Accept-Encoding": "gzip;q=0, *;q=0.1"})
    assert "Content-Encoding" not in refused.headers
    assert "Content-Encoding" not in client.get(ASK, headers={"Accept-Encoding": "gzip"}).headers


STYLE = "/static/site.css"


@pytest.mark.parametrize(
    ("method", "headers", "status", "is_packed"),
    [
        ("GET", {}, 200, False),
        ("GET", {"Accept-Encoding": "gzip"}, 200, True),
        ("HEAD", {"Accept-Encoding": "gzip"}, 200, True),
        ("GET", {"Accept-Encoding": "gzip", "Range": "bytes=0-1999"}, 206, False),
        ("GET", {"If-None-Match": "*", "Accept-Encoding": "gzip"}, 304, False),
    ],
)
def test_a_static_file_arrives_over_http(
    served: str, method: str, headers: dict[str, str], status: int, is_packed: bool
) -> None:
    # The test client reads a file in a way that the real server does not.
    connection = http.client.HTTPConnection(served.removeprefix("http://"), timeout=10)
    with closing(connection):
        connection.request(method, STYLE, headers=headers)
        response = connection.getresponse()
        body = response.read()
    assert (response.status, response.headers["Content-Encoding"] == "gzip") == (status, is_packed)
    whole = (Path(etown_kg.web.__file__).parent / STYLE.lstrip("/")).read_bytes()
    if method == "GET" and status != 304:
        expected = whole[:2000] if status == 206 else whole
        assert (gzip.decompress(body) if is_packed else body) == expected
    else:
        assert body == b""


def test_a_packed_query_is_read(client: FlaskClient) -> None:
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/sparql-query"}
    response = client.post("/sparql", data=gzip.compress(b"ASK {}"), headers=headers)
    assert response.get_json()["boolean"] is True


@pytest.mark.parametrize(
    ("given", "is_kept"), [("abc-1.2_3", True), ("", False), ("a b", False), ("x" * 129, False)]
)
def test_a_request_has_a_name(client: FlaskClient, given: str, is_kept: bool) -> None:
    for path in (ASK, "/nowhere"):
        name = client.get(path, headers={"X-Request-ID": given}).headers["X-Request-ID"]
        assert name
        assert (name == given) is is_kept


def test_each_request_is_a_line_of_the_log(make_zoo: Make, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    zoo = make_zoo(access_log=str(log))
    zoo.update("INSERT DATA { <x:a> <x:b> 1 }")
    zoo.client.get("/nowhere\u2028?token=secret", headers={"User-Agent": 'a"b'})
    for handler in zoo.app.extensions["etown_access_log"].handlers:
        handler.close()
    update, nowhere = (json.loads(line) for line in log.read_text().split("\n")[:-1])
    assert (update["method"], update["path"], update["status"]) == ("POST", "/update", 204)
    assert (update["token"], nowhere["token"]) == ("all", None)
    assert (nowhere["status"], nowhere["agent"]) == (404, 'a"b')
    assert nowhere["ms"] >= 0
    assert writers.SECRET not in log.read_text()
    assert "secret" not in log.read_text()


def test_metrics_count_by_route_and_status(own_zoo: Zoo) -> None:
    own_zoo.client.get(ASK)
    own_zoo.client.get("/graph/some-name")
    own_zoo.client.open("/nowhere", method="BREW")
    text = own_zoo.client.get("/metrics").text
    assert 'etown_requests_total{method="GET",route="/sparql",status="200"} 1.0' in text
    assert 'route="/graph/<path:name>",status="404"' in text
    assert "some-name" not in text
    assert "BREW" not in text
    assert "etown_ready 1.0" in text
    assert 'etown_triples{kind="inferred"}' in text
    assert 'etown_request_seconds_bucket{le="0.01",route="/sparql"}' in text


def test_who_asks_too_often_has_to_wait(make_zoo: Make) -> None:
    zoo = make_zoo(requests_per_minute=3)
    assert [zoo.client.get(ASK).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = zoo.client.get(ASK)
    assert 1 <= int(refused.headers["Retry-After"]) <= 20
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    assert refused.get_json()["type"].endswith("/problem/too-many")
    assert zoo.client.get("/health").status_code == 200
    other = zoo.client.get(ASK, environ_overrides={"REMOTE_ADDR": "127.0.0.7"})
    assert other.status_code == 200


def test_a_bucket_fills_with_time_and_is_forgotten() -> None:
    now = [0.0]
    limit = RateLimit(2, lambda: now[0])
    assert [limit.wait_s("a") for _ in range(3)] == [0, 0, 30]
    now[0] = 30
    assert limit.wait_s("a") == 0
    assert limit.wait_s("a") == 30
    for number in range(MAX_CLIENTS):
        limit.wait_s(str(number))
    assert limit.wait_s("a") == 0


def test_a_proxys_word_counts_only_when_it_is_expected(make_zoo: Make) -> None:
    headers = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}
    believed = make_zoo(proxies=1).client.get("/sparql", headers=headers)
    assert "<https://localhost/sparql>" in believed.text
    assert "https://localhost" not in make_zoo().client.get("/sparql", headers=headers).text
    limited = make_zoo(proxies=1, requests_per_minute=1).client
    asked = [{"X-Forwarded-For": f"192.0.2.{each}"} for each in (1, 2, 1)]
    assert [limited.get(ASK, headers=each).status_code for each in asked] == [200, 200, 429]


@pytest.mark.parametrize(
    ("method", "data", "query", "status"),
    [
        pytest.param("GET", None, "#" * 1025, 414, id="address"),
        pytest.param("POST", {"query": "#" * 1025}, "", 413, id="form"),
        pytest.param("POST", {"query": "ASK{}" + " " * 1019}, "", 200, id="just-so"),
        pytest.param("POST", {"query": "ASK{}", "x": "y" * 80_000}, "", 413, id="padding"),
    ],
)
def test_a_query_has_a_length(
    make_zoo: Make, method: str, data: dict[str, str] | None, query: str, status: int
) -> None:
    zoo = make_zoo(query_kib=1)
    asked = {"query": query} if query else {}
    response = zoo.client.open("/sparql", method=method, data=data, query_string=asked)
    assert response.status_code == status


def test_data_alone_may_be_longer_than_an_update(make_zoo: Make) -> None:
    zoo = make_zoo(update_kib=1)
    data = "".join(f"<x:where> <x:b> 'WHERE {number}' .\n" for number in range(99))
    assert zoo.update(f"PREFIX x: <x:> INSERT DATA {{ {data} }}").status_code == 204
    assert zoo.update(f"INSERT {{ {data} }} WHERE {{}}").status_code == 413


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "soon", ""])
def test_a_time_limit_is_a_number_of_seconds(client: FlaskClient, value: str) -> None:
    assert client.get(f"{ASK}&timeout={value}").status_code == 400
    assert client.get(f"{ASK}&timeout=2.5").status_code == 200


def test_csv_is_safe_for_spreadsheets_on_request(client: FlaskClient) -> None:
    values = ["=1+1", "@x", "-cmd|' /C calc'!A0", "-5", "+3.5e2", "a=b", '="a,b"', "\tx", "", "z"]
    rows = " ".join(f'"""{value}"""' if '"' not in value else "'=\"a,b\"'" for value in values)
    query = f"SELECT ?v (1 AS ?n) {{ VALUES ?v {{ {rows} }} }}"
    safe = client.get("/sparql", query_string={
        "query": query, "format": "csv", "csv-safe": "true",
    })  # fmt: skip
    plain = client.post("/sparql", data={"query": query, "format": "csv"})
    form = client.post("/sparql", data={"query": query, "format": "csv", "csv-safe": "true"})
    assert safe.data == form.data
    read = [row[0] for row in csv.reader(io.StringIO(plain.text, newline=""))][1:]
    kept = [row[0] for row in csv.reader(io.StringIO(safe.text, newline=""))][1:]
    assert read == values
    dangerous = {"=1+1", "@x", "-cmd|' /C calc'!A0", '="a,b"', "\tx"}
    assert kept == [f"'{value}" if value in dangerous else value for value in values]


def test_a_long_cell_is_kept_whole() -> None:
    body = b'x\r\n"' + b"a," * 500_000 + b'"\r\n'
    assert without_formulas(body) == body


@given(
    st.lists(
        st.lists(
            st.text(st.sampled_from("=+-@1.e\"',\r\n\t ＝ax"), max_size=6), min_size=2, max_size=3
        ),
        max_size=4,
    )
)
def test_formulas_and_nothing_else_become_texts(rows: list[list[str]]) -> None:
    table = io.StringIO()
    csv.writer(table, lineterminator="\r\n").writerows(rows)
    safe = without_formulas(table.getvalue().encode()).decode()

    def expected(cell: str) -> str:
        is_number = re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", cell)
        is_formula = cell[:1] in set("=+-@\t\r＝") and not is_number
        return f"'{cell}" if is_formula else cell

    assert list(csv.reader(io.StringIO(safe, newline=""))) == [
        [expected(cell) for cell in row] for row in rows
    ]


def test_a_token_that_is_none_is_told_so_even_when_none_is_needed(own_zoo: Zoo) -> None:
    assert own_zoo.client.get(ASK, headers=writers.bearer("wrong")).status_code == 401
    assert own_zoo.client.get(ASK, headers=writers.bearer(writers.READER)).status_code == 200


EMPTY = (
    "SELECT * { ?animal <http://zoo.example/weight> ?weight ; <http://zoo.example/wieght> ?other }"
)


@pytest.mark.parametrize("format", ["json", "csv"])
def test_an_empty_answer_is_explained_on_request(client: FlaskClient, format: str) -> None:
    asked = {"query": EMPTY, "format": format}
    plain = client.get("/sparql", query_string=asked)
    explained = client.get("/sparql", query_string={**asked, "explain-empty": "true"})
    assert "X-Diagnosis" not in plain.headers
    assert "http://zoo.example/wieght" in explained.headers["X-Diagnosis"]
    if format == "json":
        assert explained.get_json()["results"]["bindings"] == []
        assert explained.get_json()["diagnosis"] == json.loads(explained.headers["X-Diagnosis"])
    else:
        assert explained.data == plain.data
