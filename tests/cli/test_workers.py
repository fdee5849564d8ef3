"""``etown-kg serve --workers``: several web processes that are one server to the outside."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest

from etown_kg.backend.limits import Limits
from etown_kg.backend.places import Places
from etown_kg.cli.workers import METRICS_VARIABLE, number_of_workers, shared_out
from etown_kg.config import Settings
from etown_kg.web.metrics import FOLDER_VARIABLE
from etown_kg.web.rate_limit import MAX_CLIENTS, RateLimit, SharedBuckets
from tests.cli.test_serve import IS_THERE, SERVE, answer, server

ASK = "/sparql?query=ASK%7B%7D"


def children_of(parent: int) -> dict[int, bytes]:
    """The command lines of a process's children, by their process ids."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            state, its_parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            command = (entry / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(its_parent) == parent and state != "Z":
            found[int(entry.name)] = command
    return found


def foreman_of(process: subprocess.Popen[str]) -> int:
    """The process id of the server's foreman."""
    [found] = [pid for pid, line in children_of(process.pid).items() if b"cli.foreman" in line]
    return found


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """The process ids of the server's workers."""
    return list(children_of(foreman_of(process)))


def wait_until(is_so: Callable[[], bool], timeout_s: float = 60) -> None:
    end = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_over(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_workers_serve_together_are_replaced_and_end_together(
    on_zoo: tuple[str, ...], zoo: Path
) -> None:
    with server(*on_zoo, "serve", "--workers", "3") as (process, address):
        answer(f"{address}/ready")
        wait_until(lambda: len(workers_of(process)) == 3)
        before = workers_of(process)
        os.kill(before[0], signal.SIGKILL)
        for _ in range(30):
            assert json.loads(answer(address + ASK))["boolean"] is True
        wait_until(lambda: len(workers_of(process)) == 3)
        assert set(workers_of(process)) & set(before) == set(before[1:])
        (zoo / "data" / "more.ttl").write_text("<x:a> <x:b> 1 .", encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: bool(json.loads(answer(address + IS_THERE))["boolean"]))
        # Each connection may come to another worker: none has kept the old answer.
        assert all(json.loads(answer(address + IS_THERE))["boolean"] for _ in range(30))
        workers = workers_of(process)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0
        assert f"on {address}/" in out
        assert re.fullmatch(r"a worker ended with status -9; starting another\n", err)
        assert all(map(is_over, workers))


def test_no_two_workers_give_requests_the_same_names(on_zoo: tuple[str, ...]) -> None:
    with server(*on_zoo, "serve", "--workers", "2") as (process, address), ExitStack() as stack:
        answer(f"{address}/ready")
        wait_until(lambda: len(workers_of(process)) == 2)
        names = []
        for _ in range(8):  # at once, so that both workers have some
            connection = http.client.HTTPConnection(address[7:], timeout=60)
            stack.enter_context(closing(connection))
            for path in (ASK, "/ready") * 3:
                connection.request("GET", path)
                response = connection.getresponse()
                response.read()
                names.append(response.headers["X-Request-ID"])
    assert len(set(names)) == len(names) == 48
    assert len({name[:8] for name in names}) == 2


def test_connections_wait_while_no_worker_is_there(on_zoo: tuple[str, ...]) -> None:
    with server(*on_zoo, "serve", "--workers", "2") as (process, address):
        answer(f"{address}/ready")
        wait_until(lambda: len(workers_of(process)) == 2)
        for _ in range(3):
            before = workers_of(process)
            for worker in before:
                os.kill(worker, signal.SIGKILL)
            wait_until(lambda before=before: all(map(is_over, before)))  # type: ignore[misc]
            with closing(http.client.HTTPConnection(address[7:], timeout=60)) as connection:
                connection.request("GET", ASK)
                assert connection.getresponse().status == 200
            wait_until(lambda: len(workers_of(process)) == 2)


def test_a_foreman_that_is_killed_is_replaced_with_its_workers(on_zoo: tuple[str, ...]) -> None:
    with server(*on_zoo, "serve", "--workers", "2") as (process, address):
        answer(f"{address}/ready")
        wait_until(lambda: len(workers_of(process)) == 2)
        before = [foreman_of(process), *workers_of(process)]
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: all(map(is_over, before)))
        assert json.loads(answer(address + ASK))["boolean"] is True
        wait_until(lambda: len(workers_of(process)) == 2)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0
        assert err == "the workers' foreman ended with status -9; starting another\n"


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder with a short name: that of a socket has room for 107 bytes."""
    with TemporaryDirectory(prefix="etown-") as name:
        yield Path(name)


@pytest.mark.parametrize(
    ("reason", "workers"),
    [
        (signal.SIGTERM, "1"),
        (signal.SIGTERM, "2"),
        (signal.SIGINT, "2"),
        (signal.SIGHUP, "2"),
        (signal.SIGKILL, "2"),
    ],
)
def test_nothing_is_left_of_a_server_that_is_ended_while_it_starts(
    on_zoo: tuple[str, ...], temporary: Path, reason: signal.Signals, workers: str
) -> None:
    mark = f"ETOWN_TEST_MARK={uuid4()}"
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = str(found.getsockname()[1])
    for tenth in (3, 6, 10):
        process = subprocess.Popen(
            [*SERVE, *on_zoo, "serve", "--workers", workers, "--port", port],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "TMPDIR": str(temporary), **dict([mark.split("=")])},
        )  # fmt: skip
        with suppress(subprocess.TimeoutExpired):
            process.wait(tenth / 10)
        process.send_signal(reason)
        if reason == signal.SIGHUP:  # if it served already, it goes on
            process.terminate()
        _, err = process.communicate(timeout=60)
        assert reason != signal.SIGTERM or err == ""
        wait_until(lambda: not marked(mark))
    if reason != signal.SIGKILL:
        assert list(temporary.iterdir()) == []


def marked(mark: str) -> list[int]:
    """The processes that have this in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


@pytest.mark.parametrize("case", ["broken data", "no log", "broken query"])
def test_what_is_in_the_way_is_told_alike_with_one_worker_and_with_many(
    on_zoo: tuple[str, ...], zoo: Path, case: str
) -> None:
    options: tuple[str, ...] = ()
    if case == "broken data":
        (zoo / "data" / "more.ttl").write_text("<x:a> <x:b>", encoding="utf-8")
    elif case == "no log":
        options = ("--access-log", str(zoo / "nowhere" / "access.log"))
    else:
        query = zoo / "ontology" / "queries" / "competency" / "cq-01-broken.rq"
        query.parent.mkdir(parents=True)
        query.write_text("SELECT * {", encoding="utf-8")
    told = []
    for workers in ("1", "2"):
        with server(*on_zoo, "serve", *options, "--workers", workers) as (process, _):
            out, err = process.communicate(timeout=60)
            told.append((process.returncode, out, err))
    assert told[0] == told[1]
    assert told[0][0] == 1
    assert told[0][1] == ""
    assert told[0][2].startswith("error: ")


def test_workers_end_when_their_server_is_killed(
    on_zoo: tuple[str, ...], temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(temporary))
    with server(*on_zoo, "serve", "--workers", "2") as (process, address):
        answer(f"{address}/ready")
        wait_until(lambda: len(workers_of(process)) == 2)
        workers = workers_of(process)
        process.kill()
        wait_until(lambda: all(map(is_over, workers)))
        wait_until(lambda: not list(temporary.glob("etown-kg-*")))


def test_metrics_are_those_of_all_workers(on_zoo: tuple[str, ...]) -> None:
    with server(*on_zoo, "serve", "--workers", "2") as (process, address):
        answer(f"{address}/ready")
        wait_until(lambda: len(workers_of(process)) == 2)
        for _ in range(40):
            answer(address + ASK)
        counted = [
            re.search(rb'etown_requests_total{.*route="/sparql",status="200"} (.*)', metrics)
            for metrics in (answer(f"{address}/metrics") for _ in range(6))
        ]
        assert [float(each[1]) for each in counted if each] == [40.0] * 6


def test_a_client_is_limited_over_all_workers(on_zoo: tuple[str, ...]) -> None:
    limit = ("--workers", "2", "--requests-per-minute", "30")
    with server(*on_zoo, "serve", *limit) as (_, address):
        answer(f"{address}/health")  # not counted
        statuses = []
        for _ in range(50):
            connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
            connection.request("GET", ASK)
            statuses.append(connection.getresponse().status)
            connection.close()
        # One more is allowed each two seconds.
        assert 30 <= statuses.count(200) <= 40
        assert statuses.count(200) + statuses.count(429) == 50


def test_the_variable_of_the_metrics_is_the_one_that_they_read() -> None:
    assert METRICS_VARIABLE == FOLDER_VARIABLE


def pour_out(path: Path, times: int) -> int:
    """How many of so many requests are allowed."""
    limit = RateLimit(1000, lambda: 1.0, SharedBuckets(path))
    return sum(limit.wait_s("a") == 0 for _ in range(times))


def test_processes_share_buckets(tmp_path: Path) -> None:
    with get_context("spawn").Pool(3) as pool:
        allowed = pool.map(partial(pour_out, tmp_path / "rates"), [600] * 3)
    assert sum(allowed) == 1000


def test_shared_buckets_fill_and_are_forgotten(tmp_path: Path) -> None:
    now = [0.0]
    limit = RateLimit(2, lambda: now[0], SharedBuckets(tmp_path / "rates"))
    assert [limit.wait_s("a") for _ in range(3)] == [0, 0, 30]
    assert limit.wait_s("b") == 0
    now[0] = 30
    assert limit.wait_s("a") == 0
    assert limit.wait_s("a") == 30
    assert limit.wait_s("b") == 0
    now[0] = 31
    for number in range(20 * MAX_CLIENTS):
        limit.wait_s(str(number))
    assert limit.wait_s("a") == 0  # forgotten: there are more clients than places


@pytest.mark.parametrize("workers", range(1, 12))
def test_workers_share_the_places(workers: int) -> None:
    whole = Limits(places=8, reserved_places=2, client_places=4)
    part = shared_out(whole, workers)
    assert part.places * workers >= whole.places
    assert part.reserved_places * workers >= whole.reserved_places
    assert part.client_places * workers >= whole.client_places
    assert 1 <= part.client_places <= whole.client_places
    assert workers > 1 or part == whole


def test_shares_of_the_standard_places() -> None:
    shares = {
        workers: (part.places, part.client_places, part.reserved_places)
        for workers in (2, 3, 4)
        for part in [shared_out(Limits(), workers)]
    }
    assert shares == {2: (4, 2, 1), 3: (4, 2, 1), 4: (3, 1, 1)}


@pytest.mark.parametrize("workers", range(1, 5))
def test_one_client_never_has_all_places_for_long_work(workers: int) -> None:
    places = Places(shared_out(Limits(), workers))
    greedy = [found for _ in range(20) if (found := places.take_now("greedy")) is not None]
    assert all(place.lengthen() for place in greedy)
    other = places.take_now("other")
    assert other is not None
    assert other.lengthen()
    assert places.take_now("third") is not None


def test_as_many_workers_as_processors_but_no_more_than_four(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for processors, workers in ((1, 1), (2, 2), (4, 4), (64, 4)):
        found = set(range(processors))
        monkeypatch.setattr(os, "sched_getaffinity", lambda _pid, found=found: found)
        assert number_of_workers(Settings()) == workers
        assert number_of_workers(Settings(workers=7)) == 7


def test_more_workers_than_a_machine_has_use_for_are_refused() -> None:
    command = [sys.executable, "-c", "from etown_kg.cli import main; main()", "serve"]
    done = subprocess.run(
        [*command, "--workers", "1000"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert "workers: 1000 is not between 0 and 64" in done.stderr
