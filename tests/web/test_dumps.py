"""Dump files over HTTP: made when asked for, resumed, checked, of the present data only."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat, parse

from etown_kg.backend import DumpRequest
from etown_kg.backend.client import start
from etown_kg.backend.local import LocalBackend
from etown_kg.config import Settings
from etown_kg.difference import difference
from etown_kg.errors import ConflictError, DiskFullError
from etown_kg.export.distributions import distributions
from etown_kg.graph import KnowledgeGraph
from etown_kg.web import create_app, dumps
from tests.web.conftest import ZOO, Zoo
from tests.web.serving import HttpClient, serving
from tests.web.writers import Known, bearer

NAMES = [each.name for each in distributions()]
WEST = "http://zoo.example/west"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, no file takes too long."""
    monkeypatch.setattr(dumps, "WAIT_S", 120.0)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_what_its_checksum_says(client: FlaskClient, name: str) -> None:
    response = client.get(f"/dumps/{name}", headers={"Accept-Encoding": "gzip"})
    assert response.status_code == 200
    sha256 = hashlib.sha256(response.data).hexdigest()
    assert response.headers["ETag"] == f'"{sha256}"'
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    assert response.headers["Repr-Digest"] == f"sha-256=:{digest}:"
    assert response.headers["Accept-Ranges"] == "bytes"
    assert "Content-Encoding" not in response.headers
    assert int(response.headers["Content-Length"]) == len(response.data)
    assert client.get(f"/dumps/{name}.sha256").text == f"{sha256}  {name}\n"


def test_all_checksums_are_read_by_the_tool_that_everybody_has(
    client: FlaskClient, tmp_path: Path
) -> None:
    (tmp_path / "SHA256SUMS").write_bytes(client.get("/dumps/SHA256SUMS").data)
    for name in NAMES:
        (tmp_path / name).write_bytes(client.get(f"/dumps/{name}").data)
    check = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    checked = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 0
    assert checked.stdout.count(": OK") == len(NAMES)


def test_a_download_that_broke_off_goes_on(client: FlaskClient) -> None:
    whole = client.get("/dumps/closure.nq")
    tag = whole.headers["ETag"]
    rest = client.get("/dumps/closure.nq", headers={"Range": "bytes=100-", "If-Range": tag})
    assert rest.status_code == 206
    assert rest.headers["Content-Range"] == f"bytes 100-{len(whole.data) - 1}/{len(whole.data)}"
    assert rest.data == whole.data[100:]
    assert rest.headers["ETag"] == tag
    some = client.get("/dumps/closure.nq", headers={"Range": "bytes=-7"})
    assert (some.status_code, some.data) == (206, whole.data[-7:])
    other = client.get("/dumps/closure.nq", headers={"Range": "bytes=9-", "If-Range": '"other"'})
    assert (other.status_code, other.data) == (200, whole.data)
    none = client.get("/dumps/closure.nq", headers={"Range": f"bytes={len(whole.data)}-"})
    assert none.status_code == 416
    assert none.headers["Content-Range"] == f"bytes */{len(whole.data)}"
    same = client.get("/dumps/closure.nq", headers={"If-None-Match": tag})
    assert (same.status_code, same.data) == (304, b"")
    head = client.head("/dumps/closure.nq", headers={"Range": "bytes=0-9"})
    assert (head.data, head.headers["Content-Length"]) == (b"", str(len(whole.data)))


def test_the_list_tells_what_was_made(own_zoo: Zoo) -> None:
    client = own_zoo.client
    before = {each["name"]: each for each in client.get("/dumps/index.json").get_json()["files"]}
    assert list(before) == NAMES
    assert {each["sha256"] for each in before.values()} == {None}
    file = client.get("/dumps/asserted.trig.gz")
    response = client.get("/dumps/", headers={"Accept": "application/json"})
    listed = response.get_json()
    (entry,) = (each for each in listed["files"] if each["name"] == "asserted.trig.gz")
    assert entry["size_bytes"] == len(file.data)
    assert entry["sha256"] == file.headers["ETag"].strip('"')
    assert entry["media_type"] == file.mimetype == "application/gzip"
    assert entry["content_media_type"] == "application/trig"
    assert listed["version"] == file.headers["X-Version"]
    again = client.get("/dumps/index.json", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    assert client.get(entry["url"]).data == file.data


@pytest.mark.parametrize(
    ("language", "piece"), [("en", "With what follows from it"), ("zh", "连同推理结果")]
)
def test_the_list_is_a_page_in_both_languages(
    client: FlaskClient, language: str, piece: str
) -> None:
    client.get("/dumps/figures.csv")
    page = client.get("/dumps/", headers={"Accept": "text/html", "Accept-Language": language})
    assert piece in page.text
    for name in NAMES:
        assert f'href="/dumps/{name}"' in page.text
    assert 'href="/dumps/figures.csv.sha256"' in page.text
    assert client.get("/dumps").status_code == 200


def test_after_a_change_the_files_are_of_the_new_data(own_zoo: Zoo) -> None:
    names = ("asserted.nq", "figures.csv")
    before = {name: own_zoo.client.get(f"/dumps/{name}") for name in names}
    added = "INSERT DATA { GRAPH <urn:g> { <http://zoo.example/owl> a <urn:Owl> } }"
    assert own_zoo.update(added).status_code == 204
    after = own_zoo.client.get(
        "/dumps/asserted.nq",
        headers={"Range": "bytes=5-", "If-Range": before["asserted.nq"].headers["ETag"]},
    )
    assert after.status_code == 200
    assert b"<http://zoo.example/owl>" in after.data
    assert after.headers["X-Version"] != before["asserted.nq"].headers["X-Version"]
    # What the change does not touch has the same bytes, so a download of it goes on.
    same = own_zoo.client.get(
        "/dumps/figures.csv",
        headers={"Range": "bytes=5-", "If-Range": before["figures.csv"].headers["ETag"]},
    )
    assert (same.status_code, same.data) == (206, before["figures.csv"].data[5:])


def test_the_patch_of_a_graph_makes_it_the_other_one(own_zoo: Zoo) -> None:
    """What `etown-kg diff --graph --format patch` writes, sent to the graph's address."""
    address = "/graph/animals"
    first = "<urn:a> <urn:b> 1.5 , 'x\\ny'@en ; <urn:gone> <urn:c> ."
    second = "<urn:a> <urn:b> 1.5 , 'x\\nz'@en ; <urn:new> [ <urn:d> <urn:e> ] ."
    assert own_zoo.send("PUT", address, first).status_code == 201
    before, after = (set(parse(each, RdfFormat.TURTLE)) for each in (first, second))
    patch = difference(before, after).patch()
    sent = own_zoo.send("PATCH", address, patch, Content_Type="application/rdf-patch")
    assert sent.status_code == 204, sent.text
    found = own_zoo.client.get(address, headers={"Accept": "application/n-triples"}).data
    assert not difference(after, parse(found, RdfFormat.N_TRIPLES))


@pytest.mark.parametrize("name", ["closure.docx", "none.nq", "closure", "..%2Fsecret", ".sha256"])
def test_what_is_no_file_is_not_there(client: FlaskClient, name: str) -> None:
    assert client.get(f"/dumps/{name}").status_code == 404


def test_what_a_format_cannot_hold_is_refused_with_the_reason(own_zoo: Zoo) -> None:
    odd = "INSERT DATA { GRAPH <http://zoo.example/east> { <urn:a> <http://zoo.example/1> 1 } }"
    own_zoo.update(odd)
    response = own_zoo.client.get("/dumps/closure.rdf")
    assert response.status_code == 409
    assert "RDF/XML cannot hold the property" in response.get_json()["detail"]
    sums = own_zoo.client.get("/dumps/SHA256SUMS").text
    assert "closure.rdf" not in sums
    assert "closure.nq" in sums
    page = own_zoo.client.get("/dumps/", headers={"Accept": "text/html"})
    assert "RDF/XML cannot hold the property" in page.text


class Slow(LocalBackend):
    """A backend whose dumps wait until they may go on, or fail."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        super().__init__(graph)
        self.may_go_on = threading.Event()
        self.failures: list[Exception] = []
        self.begun = 0

    def dump(self, request: DumpRequest) -> None:
        self.begun += 1
        assert self.may_go_on.wait(60)
        if self.failures:
            raise self.failures.pop()
        super().dump(request)


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[tuple[Slow, FlaskClient]]:
    graph = KnowledgeGraph(parse(ZOO, RdfFormat.TRIG), base="http://zoo.example/")
    backend = Slow(graph)
    settings = Settings(ontology=tmp_path, data=tmp_path, base="http://zoo.example/")
    app = create_app(settings, backend)
    with serving(app) as address:
        yield backend, HttpClient(app, address)
        backend.may_go_on.set()


def test_a_file_that_takes_long_is_asked_for_again(
    slow: tuple[Slow, FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    backend, client = slow
    monkeypatch.setattr(dumps, "WAIT_S", 0.05)
    for _ in range(3):
        response = client.get("/dumps/closure.nq")
        assert response.status_code == 503
        assert int(response.headers["Retry-After"]) >= 1
        assert response.headers["Cache-Control"] == "no-store"
    assert client.get("/sparql", query_string={"query": "ASK {}"}).status_code == 200
    backend.may_go_on.set()
    monkeypatch.setattr(dumps, "WAIT_S", 60.0)
    assert client.get("/dumps/closure.nq").status_code == 200
    assert backend.begun == 1, "it was made once"


def test_a_failure_is_told_and_tried_again(
    slow: tuple[Slow, FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    backend, client = slow
    backend.may_go_on.set()
    backend.failures.append(DiskFullError("disk", "no room"))
    assert client.get("/dumps/closure.nq").status_code == 507
    assert client.get("/dumps/closure.nq").status_code == 200


def test_data_that_change_meanwhile_are_not_mixed(slow: tuple[Slow, FlaskClient]) -> None:
    backend, client = slow
    backend.may_go_on.set()
    backend.failures.append(ConflictError("the state is another one"))
    assert client.get("/dumps/closure.nq").status_code == 200
    assert backend.begun == 2


TOKENS = {"west": Known("west", (), (WEST,))}


def test_a_private_graph_is_in_no_public_file(tmp_path: Path) -> None:
    graph = KnowledgeGraph(parse(ZOO, RdfFormat.TRIG), base="http://zoo.example/")
    graph.close()
    settings = Settings(
        ontology=tmp_path, data=tmp_path, base="http://zoo.example/", private=(WEST,)
    )
    app = create_app(settings, LocalBackend(graph), find_token=TOKENS.get)
    client = app.test_client()
    with_token = client.get("/dumps/closure.nq", headers=bearer("west"))
    without = client.get("/dumps/closure.nq")
    assert b"eel" in with_token.data
    assert b"eel" not in without.data
    assert b"robin" in without.data
    assert with_token.headers["ETag"] != without.headers["ETag"]
    assert "Authorization" in without.headers["Vary"]
    # Who has a token leaves nothing behind for who has none, and the other way round.
    assert client.get("/dumps/closure.nq", headers=bearer("west")).data == with_token.data
    assert client.get("/dumps/closure.nq").data == without.data
    listed = client.get("/dumps/index.json").get_json()
    shown = {each["sha256"] for each in listed["files"]}
    assert without.headers["ETag"].strip('"') in shown
    assert with_token.headers["ETag"].strip('"') not in shown


def test_a_server_with_processes_makes_files_beside_its_queries(tmp_path: Path) -> None:
    quads = list(parse(ZOO, RdfFormat.TRIG))
    backend = start(partial(KnowledgeGraph, quads, base="http://zoo.example/"))
    try:
        settings = Settings(ontology=tmp_path, data=tmp_path, base="http://zoo.example/")
        app = create_app(settings, backend)
        with serving(app) as address:
            client = HttpClient(app, address)
            got = client.get("/dumps/closure.nq.zst")
            assert got.status_code == 200
            assert client.get("/dumps/SHA256SUMS").text.count("\n") == len(NAMES)
            assert client.get("/sparql", query_string={"query": "ASK {}"}).status_code == 200
    finally:
        backend.close()


@pytest.mark.parametrize(
    ("kept_s", "lingering", "expected"), [(-1.0, 8, 4), (3600.0, 8, 7), (3600.0, 1, 5)]
)
def test_files_of_former_states_are_let_go(
    make_zoo: Callable[..., Zoo],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    kept_s: float,
    lingering: int,
    expected: int,
) -> None:
    monkeypatch.setattr(dumps, "KEPT_S", kept_s)
    monkeypatch.setattr(dumps, "MOST_LINGERING", lingering)
    monkeypatch.setattr(tempfile, "mkdtemp", lambda prefix: str(_made(tmp_path / "dumps")))
    zoo = make_zoo()
    for number in range(dumps.MOST_KEPT + 3):
        zoo.update(f"INSERT DATA {{ GRAPH <urn:g> {{ <urn:a> <urn:b> {number} }} }}")
        assert zoo.client.get("/dumps/asserted.nq").status_code == 200
    assert len(list((tmp_path / "dumps").iterdir())) == expected


def _made(path: Path) -> Path:
    path.mkdir()
    return path
