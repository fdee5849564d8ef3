"""A served location through what happens to servers: copies, signals, a full disk, kill -9.

Real processes and real HTTP. Whatever is done to them, a client is answered or told, what was
acknowledged is there afterwards, and nobody sees half of a change.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from etown_kg.graph import KnowledgeGraph
from etown_kg.store import Location
from tests.backend.test_processes import eventually, owners
from tests.cli.test_serve import SERVE, answer, server
from tests.faults.clients import (
    BOTH,
    CLIENTS,
    Client,
    Reader,
    Writer,
    kept,
    kill_served,
    make_token,
    options,
    write_sources,
)


@pytest.fixture(autouse=True)
def _closed_clients() -> Iterator[None]:
    """Close the connections of a test behind it."""
    yield
    while CLIENTS:
        CLIENTS.pop().close()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with an ontology, data and a token that may write."""
    write_sources(tmp_path)
    return tmp_path


@pytest.fixture
def secret(place: Path) -> str:
    return make_token(place)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SERVE, *arguments], capture_output=True, text=True, timeout=120, check=False
    )


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


def test_runaways_of_one_client_leave_all_workers_to_others(place: Path) -> None:
    cross = "SELECT (COUNT(*) AS ?n) {" + " . ".join(f"?s{n} ?p{n} ?o{n}" for n in range(12)) + "}"
    runaway = "/sparql?" + urlencode({"query": cross})
    small = "/sparql?" + urlencode({"query": "ASK {}"})
    limits = ("--workers", "2", "--timeout-s", "6")
    with server(*options(place, *limits)) as (_, address), ExitStack() as connections:
        answer(f"{address}/ready")

        def asked(path: str, client: str) -> HTTPConnection:
            connection = HTTPConnection(address[7:], timeout=60, source_address=(client, 0))
            connections.enter_context(closing(connection))
            connection.request("GET", path)
            return connection

        greedy = [asked(runaway, "127.0.0.2") for _ in range(6)]
        began = time.monotonic()
        served = 0
        # Each connection may come to another worker.
        while time.monotonic() - began < 4:
            response = asked(small, "127.0.0.3").getresponse()
            assert response.status == 200
            response.read()
            served += 1
            time.sleep(0.05)
        assert served >= 8  # and none of the runaways was over yet
        # The long work of another client is not refused for want of a place: its time is over.
        other = asked(runaway + "&timeout=2", "127.0.0.4").getresponse()
        assert other.status == 503
        assert b"query time of 2 s" in other.read()
        assert {each.getresponse().status for each in greedy} == {503}


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
    tally = kill_served(place, secret, kills=12, seed=1)
    # Killed work is told as a limit or as unavailable, never as a fault, never cut short.
    assert set(tally.writes) <= {204, 503}
    assert set(tally.reads) <= {200, 503}
    assert (tally.lost, tally.torn, tally.left_over) == (0, 0, 0)
    assert tally.writes[204] > 3


def test_who_watches_is_told_while_there_is_no_owner(place: Path, secret: str) -> None:
    log = place / "location" / "audit.log"
    with server(*options(place, "--location", str(place / "location"))) as (process, address):
        answer(f"{address}/ready")
        client = Client(address, secret)
        assert client.update(BOTH.format(1))[0] == 204
        log.rename(place / "audit.log.1")  # as a rotation does
        os.kill(owners(process.pid)[0], signal.SIGKILL)
        assert eventually(lambda: client.get("/ready")[0] == 503)
        assert client.get("/health")[0] == 200
        assert eventually(lambda: client.get("/ready")[0] == 200)
        assert json.loads(client.get("/ready")[1])["number"] == 1
        assert "etown_ready 1" in client.get("/metrics")[1]
        assert client.update(BOTH.format(2))[0] == 204
    lines = [json.loads(path.read_text())["version"] for path in (place / "audit.log.1", log)]
    assert lines == [1, 2]
