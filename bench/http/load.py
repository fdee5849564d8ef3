"""Asking a server for a while with wrk, and what else goes on meanwhile.

wrk (https://github.com/wg/wrk) asks over a fixed number of connections, each of which sends its
next request when it has the answer to the last.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple

from bench.http.contenders import Running
from bench.http.questions import Question, target

SCRIPT = Path(__file__).with_name("ask.lua")
ACCEPT = "application/sparql-results+json"
# A client at another address than the one that wrk asks from.
OTHER_CLIENT = "127.0.0.2"
CROSS_PRODUCT = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
HOGS = 4


class Sample(NamedTuple):
    """One measurement."""

    server: str
    question: str
    requests_s: float
    p50_ms: float
    p99_ms: float
    failed: int
    busy_elsewhere: float  # processors that other programs used meanwhile
    peak_mb: float
    processor_us: float = 0.0  # of the server's processes, for each request
    changes_s: float = 0.0


def measure(
    running: Running, question: Question, *, seconds: float, connections: int, start: int
) -> Sample:
    """Ask for so many seconds over so many connections; `start` is where in the texts to begin."""
    headers = ["Accept", ACCEPT]
    if question.with_tag:
        tag = _tag(running, question.texts[0])
        headers += ["If-None-Match", tag] if tag is not None else []
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as targets:
        targets.writelines(target(running.path, text) + "\n" for text in question.texts)
        targets.flush()
        command = [
            "wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "60s",
            "-s", str(SCRIPT), running.address, "--", targets.name, str(start),
            "yes" if question.unique else "no", *headers,
        ]  # fmt: skip
        before = _Usage.of(running)
        with _watching(running) as memory:
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        after = _Usage.of(running)
    figures = json.loads(done.stdout.strip().splitlines()[-1])
    return Sample(
        running.name,
        question.name,
        figures["requests"] / (figures["us"] / 1e6),
        figures["p50_us"] / 1000,
        figures["p99_us"] / 1000,
        figures["failed"],
        after.elsewhere_since(before),
        max(memory),
        (after.server - before.server) * 1e6 / max(1, figures["requests"]),
    )


def once(running: Running, question: Question, timeout_s: float) -> float | None:
    """The seconds of one request; None if it took longer than the time-out or failed."""
    connection = HTTPConnection("127.0.0.1", running.port, timeout=timeout_s)
    started = time.perf_counter()
    try:
        connection.request("GET", target(running.path, question.texts[0]), headers=_headers())
        response = connection.getresponse()
        response.read()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    return time.perf_counter() - started if response.status == 200 else None


@contextmanager
def changing(running: Running) -> Iterator[list[float]]:
    """Make one small update after the other; gives how long each took, in seconds."""
    over = threading.Event()
    took: list[float] = []

    def change() -> None:
        number = 0
        while not over.is_set():
            number += 1
            person = f"<https://example.org/campus/added/{number}>"
            text = (
                "PREFIX c: <https://example.org/campus#> INSERT DATA { GRAPH <x:added> {"
                f'{person} a c:Lecturer ; c:fullName "Person {number}" ; c:mail "p{number}@x" ; '
                f"c:worksFor <https://example.org/campus/i0/s0/d0/g0> }} }}"
            )
            headers = {"Content-Type": "application/sparql-update", **running.update_headers}
            request = urllib.request.Request(
                f"{running.address}{running.update_path}", text.encode(), headers
            )
            started = time.perf_counter()
            with urllib.request.urlopen(request, timeout=60):
                took.append(time.perf_counter() - started)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield took
    finally:
        over.set()
        thread.join()


@contextmanager
def hogging(running: Running) -> Iterator[None]:
    """Send cross products that never end, from another client's address."""
    over = threading.Event()

    def hog() -> None:
        while not over.is_set():
            connection = HTTPConnection(
                "127.0.0.1", running.port, timeout=1, source_address=(OTHER_CLIENT, 0)
            )
            try:
                connection.request("GET", target(running.path, CROSS_PRODUCT), headers=_headers())
                while not over.is_set():
                    try:
                        connection.getresponse().read()
                        break
                    except TimeoutError:
                        continue
            except (OSError, HTTPException):
                time.sleep(0.01)
            finally:
                connection.close()

    threads = [threading.Thread(target=hog) for _ in range(HOGS)]
    for thread in threads:
        thread.start()
    time.sleep(2)  # until they are at work, whatever the server does about them
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _headers() -> dict[str, str]:
    return {"Accept": ACCEPT}


def _tag(running: Running, text: str) -> str | None:
    request = urllib.request.Request(running.address + target(running.path, text))
    request.add_header("Accept", ACCEPT)
    with urllib.request.urlopen(request, timeout=60) as response:
        found: str | None = response.headers.get("ETag")
    return found


class _Usage(NamedTuple):
    """Seconds of processor time since the machine or the process began."""

    at: float
    machine: float
    server: float
    asker: float

    @classmethod
    def of(cls, running: Running) -> _Usage:
        fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
        tick = os.sysconf("SC_CLK_TCK")
        busy = sum(map(int, fields)) - int(fields[3]) - int(fields[4])  # neither idle nor waiting
        mine = resource.getrusage(resource.RUSAGE_SELF)
        wrk = resource.getrusage(resource.RUSAGE_CHILDREN)
        asker = mine.ru_utime + mine.ru_stime + wrk.ru_utime + wrk.ru_stime
        return cls(time.perf_counter(), busy / tick, running.processor_s(), asker)

    def elsewhere_since(self, before: _Usage) -> float:
        """Processors that neither the server nor its asker used."""
        used = (self.machine - before.machine) - (self.server - before.server)
        return max(0.0, used - (self.asker - before.asker)) / (self.at - before.at)


@contextmanager
def _watching(running: Running) -> Iterator[Sequence[float]]:
    """The server's memory in MB, now and each half second."""
    over = threading.Event()
    seen = [running.memory_mb()]

    def watch() -> None:
        while not over.wait(0.5):
            seen.append(running.memory_mb())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()
