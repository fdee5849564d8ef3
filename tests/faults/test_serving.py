"""A served location through what happens to servers: copies, signals, a full disk, kill -9.

Real processes and real HTTP. Whatever is done to them, a client is answered or told, what was
acknowledged is there afterwards, and nobody sees half of a change.
"""

# ruff: noqa: E501 - queries on one line

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from etown_kg.graph import KnowledgeGraph
from etown_kg.store import Location
from etown_kg.tokens import Tokens
from tests.backend.test_processes import children, eventually, is_alive
from tests.cli.test_serve import SERVE, answer, server

ONTOLOGY = "<http://z/> a <http://www.w3.org/2002/07/owl#Ontology> ."
# Each update puts its number into two graphs, so that half of one would show.
BOTH = "INSERT DATA {{ GRAPH <x:one> {{ <x:s{0}> <x:n> {0} }} GRAPH <x:two> {{ <x:s{0}> <x:n> {0} }} }}"
NUMBERS = "SELECT ?n { GRAPH <%s> { ?s <x:n> ?n } }"


CLIENTS: list[Client] = []


@pytest.fixture(autouse=True)
def _closed_clients() -> Iterator[None]:
    """Close the connections of a test behind it."""
    yield
    while CLIENTS:
        CLIENTS.pop().close()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with an ontology, data and a token that may write."""
    for name, content in (("ontology/z.ttl", ONTOLOGY), ("data/z.ttl", "<x:a> <x:b> 1 .")):
        path = tmp_path / name
        path.parent.mkdir()
        path.write_text(content, encoding="utf-8")
    return tmp_path


def options(place: Path, *more: str) -> tuple[str, ...]:
    return (
        "--ontology", str(place / "ontology"), "--data", str(place / "data"), "--base", "http://z/",
        "serve", "--tokens", str(place / "tokens.json"), *more,
    )  # fmt: skip


class Client:
    """One client with one connection, which it opens again when it breaks."""

    def __init__(self, address: str, secret: str = "") -> None:
        self._host = address.removeprefix("http://")
        self._headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        self._connection = http.client.HTTPConnection(self._host, timeout=60)
        CLIENTS.append(self)

    def close(self) -> None:
        self._connection.close()

    def ask(self, query: str) -> tuple[int, str]:
        """The status of a query, 0 for a connection that broke, and its CSV."""
        path = "/sparql?" + urlencode({"query": query, "format": "csv"})
        return self._send("GET", path, "", {})

    def update(self, text: str) -> tuple[int, str]:
        """The status of an update, 0 for a connection that broke."""
        kind = {"Content-Type": "application/sparql-update"}
        return self._send("POST", "/update", text, kind | self._headers)

    def _send(self, method: str, path: str, body: str, headers: dict[str, str]) -> tuple[int, str]:
        try:
            self._connection.request(method, path, body.encode() or None, headers)
            response = self._connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return 0, ""

    def numbers(self, graph: str) -> set[int]:
        """The numbers that a graph has."""
        status, text = self.ask(NUMBERS % graph)
        assert status == 200, text
        return {int(line) for line in text.split()[1:]}


class Writer(threading.Thread):
    """Sends numbered updates for as long as it may."""

    def __init__(self, address: str, secret: str, start: int = 1) -> None:
        super().__init__(daemon=True)
        self._client = Client(address, secret)
        self._number = start
        self._stopping = threading.Event()
        self.acknowledged: list[int] = []
        self.statuses: Counter[int] = Counter()

    def run(self) -> None:
        while not self._stopping.is_set():
            status, _ = self._client.update(BOTH.format(self._number))
            self.statuses[status] += 1
            if status == 204:
                self.acknowledged.append(self._number)
            else:
                time.sleep(0.02)
            self._number += 1

    def stop(self) -> None:
        self._stopping.set()
        self.join(timeout=90)
        assert not self.is_alive()


class Reader(threading.Thread):
    """Reads both graphs for as long as it may; each answer has to be of one state."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self._client = Client(address)
        self._stopping = threading.Event()
        self.statuses: Counter[int] = Counter()
        self.torn = 0

    def run(self) -> None:
        halves = "ASK { GRAPH <x:one> { ?s <x:n> ?n } FILTER NOT EXISTS { GRAPH <x:two> { ?s <x:n> ?n } } }"
        while not self._stopping.is_set():
            status, text = self._client.ask(halves)
            self.statuses[status] += 1
            self.torn += status == 200 and "true" in text
            if status != 200:
                time.sleep(0.02)

    def stop(self) -> None:
        self._stopping.set()
        self.join(timeout=90)
        assert not self.is_alive()


@pytest.fixture
def secret(place: Path) -> str:
    return Tokens.open(place / "tokens.json").create("test", may_write=None)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SERVE, *arguments], capture_output=True, text=True, timeout=120, check=False
    )


def kept(location: Path) -> tuple[int, set[int], set[int]]:
    """The version of a location and the numbers in its two graphs."""
    opened = Location.open(location, reserve_bytes=0, create=False)
    try:
        graph = KnowledgeGraph(opened.quads(), base="http://z/")
        one, two = (
            {int(row[0].value) for row in graph.query(NUMBERS % name).rows()}  # type: ignore[union-attr]
            for name in ("x:one", "x:two")
        )
        return opened.state.version, one, two
    finally:
        opened.close()


def test_a_backup_is_one_state_of_a_server_that_takes_updates(place: Path, secret: str) -> None:
    location = place / "location"
    with server(*options(place, "--location", str(location))) as (process, address):
        answer(f"{address}/ready")
        writer = Writer(address, secret)
        writer.start()
        assert eventually(lambda: len(writer.acknowledged) >= 5)
        before = list(writer.acknowledged)
        copied = command("backup", str(place / "copy"), "--location", str(location))
        assert copied.returncode == 0, copied.stderr
        after = len(before)
        assert eventually(lambda: len(writer.acknowledged) > after)
        writer.stop()
        assert set(writer.statuses) == {204}
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    restored = command("restore", str(place / "copy"), "--location", str(place / "again"))
    assert restored.returncode == 0, restored.stderr
    version, one, two = kept(place / "again")
    # All that was acknowledged before the copy was asked for, in order, and no half of anything.
    assert one == two == set(range(1, version + 1))
    assert version >= before[-1]
    with server(*options(place, "--location", str(place / "again"))) as (_, address):
        answer(f"{address}/ready")
        assert Client(address).numbers("x:one") == one
        assert Client(address, secret).update(BOTH.format(10**6))[0] == 204


def test_a_reload_under_load_fails_nobody(place: Path) -> None:
    with server(*options(place)) as (process, address):
        answer(f"{address}/ready")
        readers = [Reader(address) for _ in range(3)]
        for reader in readers:
            reader.start()
        client = Client(address)
        for number in range(3):
            (place / "data" / "z.ttl").write_text(f"<x:a> <x:b> {number + 2} .", encoding="utf-8")
            process.send_signal(signal.SIGHUP)
            asks = f"ASK {{ <x:a> <x:b> {number + 2} }}"
            assert eventually(lambda asks=asks: "true" in client.ask(asks)[1], 60)  # type: ignore[misc]
        for reader in readers:
            reader.stop()
        assert [set(reader.statuses) for reader in readers] == [{200}] * 3


def test_a_reload_of_a_location_says_that_there_is_none(place: Path, secret: str) -> None:
    with server(*options(place, "--location", str(place / "location"))) as (process, address):
        answer(f"{address}/ready")
        process.send_signal(signal.SIGHUP)
        assert Client(address, secret).update(BOTH.format(1))[0] == 204
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        assert "kept in" in err
        assert "Traceback" not in err


def test_an_update_at_work_is_kept_or_told_when_the_server_ends(place: Path, secret: str) -> None:
    location = place / "location"
    with server(*options(place, "--location", str(location))) as (process, address):
        answer(f"{address}/ready")
        writers = [Writer(address, secret, 1 + n * 10**6) for n in range(3)]
        for writer in writers:
            writer.start()
        assert eventually(lambda: sum(len(writer.acknowledged) for writer in writers) > 5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
        for writer in writers:
            writer.stop()
    _, one, two = kept(location)
    assert one == two
    acknowledged = {number for writer in writers for number in writer.acknowledged}
    assert acknowledged <= one
    # At most the one that each had on its way is there without having been acknowledged.
    assert len(one - acknowledged) <= 3


@pytest.fixture
def small_disk(place: Path) -> Iterator[Path]:
    folder = place / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32m", "none", str(folder)],
        capture_output=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip("a small file system can only be mounted by the administrator")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_on_a_full_disk_updates_are_refused_and_reading_goes_on(
    place: Path, secret: str, small_disk: Path
) -> None:
    location = Location.open(small_disk / "location", reserve_bytes=0)
    KnowledgeGraph([], base="http://z/").keep_in(location)
    location.close()
    # So small a disk has less than the reserve that a server leaves free.
    with server(*options(place, "--location", str(small_disk / "location"))) as (_, address):
        answer(f"{address}/ready")
        client = Client(address, secret)
        for number in range(3):
            status, text = client.update(BOTH.format(number))
            assert status == 507, text
            assert json.loads(text)["hint"]
        assert client.numbers("x:one") == set()
        assert json.loads(answer(f"{address}/ready"))["number"] == 0


def test_killed_processes_lose_nothing_that_was_acknowledged(place: Path, secret: str) -> None:
    """The owner and its executors and worker are killed at random under load."""
    chance = random.Random(1)
    location = place / "location"
    with server(*options(place, "--location", str(location))) as (process, address):
        answer(f"{address}/ready")
        writer, reader = Writer(address, secret), Reader(address)
        writer.start()
        reader.start()
        kills = 0
        while kills < 12:
            time.sleep(chance.uniform(0.0, 0.4))
            owners = children(process.pid)
            forked = [pid for owner in owners for pid in children(owner)]
            victims = owners if kills % 4 == 0 else forked
            if victims:
                os.kill(chance.choice(victims), signal.SIGKILL)
                kills += 1
        settled = len(writer.acknowledged)
        assert eventually(lambda: len(writer.acknowledged) > settled + 3, 90)
        writer.stop()
        reader.stop()
        # Killed work is told as a limit or as unavailable, never as a fault, never cut short.
        assert set(writer.statuses) <= {204, 503}
        assert set(reader.statuses) <= {200, 503}
        assert reader.torn == 0
        client = Client(address)
        one = client.numbers("x:one")
        assert one == client.numbers("x:two")
        assert set(writer.acknowledged) <= one
        everybody = [*children(process.pid)]
        everybody += [pid for owner in everybody for pid in children(owner)]
        process.kill()
        process.wait(timeout=30)
        assert eventually(lambda: not any(map(is_alive, everybody)))
    _, one, two = kept(location)
    assert one == two
    assert set(writer.acknowledged) <= one
