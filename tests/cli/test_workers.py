"""``etown-kg serve --workers``: several web processes that are one server to the outside."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest

from etown_kg.backend.limits import Limits
from etown_kg.cli.workers import shared_out
from etown_kg.web.rate_limit import MAX_CLIENTS, RateLimit, SharedBuckets
from tests.cli.test_serve import IS_THERE, answer, server

ASK = "/sparql?query=ASK%7B%7D"


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """The process ids of the server's workers."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            command = (entry / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == process.pid and b"cli.workers" in command:
            found.append(int(entry.name))
    return found


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


def test_workers_end_when_their_server_is_killed(on_zoo: tuple[str, ...]) -> None:
    with server(*on_zoo, "serve", "--workers", "2") as (process, address):
        answer(f"{address}/ready")
        wait_until(lambda: len(workers_of(process)) == 2)
        workers = workers_of(process)
        process.kill()
        wait_until(lambda: all(map(is_over, workers)))


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
    assert part.places > part.reserved_places
    assert part.places * workers >= whole.places
    assert 1 <= part.client_places <= whole.client_places
    assert workers > 1 or part == whole


def test_more_workers_than_a_machine_has_use_for_are_refused() -> None:
    command = [sys.executable, "-c", "from etown_kg.cli import main; main()", "serve"]
    done = subprocess.run(
        [*command, "--workers", "1000"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert "workers: 1000 is not between 1 and 64" in done.stderr
