"""Clients that use a served location without a pause, and what they saw while it was killed.

Each update puts its number into two graphs, so that half of one would show. Used by the tests and by
``python -m bench.faults``.
"""

# ruff: noqa: E501 - queries on one line

from __future__ import annotations

import http.client
import os
import random
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from etown_kg.graph import KnowledgeGraph
from etown_kg.store import Location
from etown_kg.tokens import Tokens
from tests.backend.test_processes import children, eventually, is_alive, owners
from tests.cli.test_serve import answer, server

_ONTOLOGY = "<http://z/> a <http://www.w3.org/2002/07/owl#Ontology> ."
BOTH = "INSERT DATA {{ GRAPH <x:one> {{ <x:s{0}> <x:n> {0} }} GRAPH <x:two> {{ <x:s{0}> <x:n> {0} }} }}"
NUMBERS = "SELECT ?n { GRAPH <%s> { ?s <x:n> ?n } }"
CLIENTS: list[Client] = []


def write_sources(place: Path) -> None:
    """Write an ontology and data of one statement each into a folder."""
    for name, content in (("ontology/z.ttl", _ONTOLOGY), ("data/z.ttl", "<x:a> <x:b> 1 .")):
        path = place / name
        path.parent.mkdir()
        path.write_text(content, encoding="utf-8")


def make_token(place: Path) -> str:
    """A token that may write everything, in the folder's file."""
    return Tokens.open(place / "tokens.json").create("test", may_write=None)


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

    def get(self, path: str) -> tuple[int, str]:
        """The status and text of what is at a path, 0 for a connection that broke."""
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
        self.longest_s = 0.0

    def run(self) -> None:
        halves = "ASK { GRAPH <x:one> { ?s <x:n> ?n } FILTER NOT EXISTS { GRAPH <x:two> { ?s <x:n> ?n } } }"
        answered = time.monotonic()
        while not self._stopping.is_set():
            status, text = self._client.ask(halves)
            if status == 200:
                self.longest_s = max(self.longest_s, time.monotonic() - answered)
                answered = time.monotonic()
            self.statuses[status] += 1
            self.torn += status == 200 and "true" in text
            if status != 200:
                time.sleep(0.02)

    def stop(self) -> None:
        self._stopping.set()
        self.join(timeout=90)
        assert not self.is_alive()


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


@dataclass
class Tally:
    """What the clients of a server saw while its processes were killed.

    `lost` are acknowledged updates that were not there afterwards, `torn` answers and states with
    half of one, `left_over` processes that outlived the server, `longest_s` the longest time
    without an answer to the reader.
    """

    kills: int = 0
    writes: Counter[int] = field(default_factory=Counter)
    reads: Counter[int] = field(default_factory=Counter)
    lost: int = 0
    torn: int = 0
    left_over: int = 0
    longest_s: float = 0.0


def kill_served(place: Path, secret: str, *, kills: int, seed: int) -> Tally:
    """Kill the owner, its executors and its worker at random under load; in the end the server."""
    chance, tally = random.Random(seed), Tally()
    location = place / "location"
    with server(*options(place, "--location", str(location))) as (process, address):
        answer(f"{address}/ready")
        writer, reader = Writer(address, secret), Reader(address)
        writer.start()
        reader.start()
        while tally.kills < kills:
            time.sleep(chance.uniform(0.0, 0.4))
            present = owners(process.pid)
            forked = [pid for owner in present for pid in children(owner)]
            victims = present if tally.kills % 4 == 0 else forked
            if victims:
                try:
                    os.kill(chance.choice(victims), signal.SIGKILL)
                except ProcessLookupError:
                    continue  # it has ended by itself since it was seen
                tally.kills += 1
        settled = len(writer.acknowledged)
        assert eventually(lambda: len(writer.acknowledged) > settled + 3, 90)
        writer.stop()
        reader.stop()
        tally.writes, tally.reads, tally.torn = writer.statuses, reader.statuses, reader.torn
        tally.longest_s = reader.longest_s
        client = Client(address)
        one, two = client.numbers("x:one"), client.numbers("x:two")
        tally.torn += one != two
        tally.lost += len(set(writer.acknowledged) - one)
        family = [*children(process.pid)]
        family += [pid for owner in family for pid in children(owner)]
        process.kill()
        process.wait(timeout=30)
        eventually(lambda: not any(map(is_alive, family)))
        tally.left_over = sum(map(is_alive, family))
    _, one, two = kept(location)
    tally.torn += one != two
    tally.lost += len(set(writer.acknowledged) - one)
    return tally
