"""Treat a server badly and write down what came of it: `python -m bench.faults -o FILE`.

Sends every hostile request and query of ``tests/faults`` to a running server, lets crowds of bad
clients at it, kills a writing process and a served location's processes at random moments, and
writes what was tried and what was lost as a page. Ends with 1 if anything was lost or a server did
not survive. The page in ``docs/reliability.md`` is one run of it.
"""

# ruff: noqa: E501 - the page is written in its own width

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from tests.faults import hostile
from tests.faults.clients import CLIENTS, Tally, kill_served, make_token, write_sources
from tests.faults.target import LIMITS, target_in
from tests.faults.test_queries import Meter
from tests.faults.test_requests import ASK, CASES, connected, exchange, get, put, query
from tests.store.killing import Tally as WriterTally
from tests.store.killing import kill_many

# What a request is about, by where it goes.
_KINDS = (
    (re.compile(rb"[A-Z]+ " + re.escape(ASK.encode()) + rb" HTTP/1\.1"), "headers and framing"),
    (re.compile(rb"[A-Z]+ /sparql"), "queries: forms, encodings, federation, limits"),
    (re.compile(rb"[A-Z]+ /update"), "updates"),
    (re.compile(rb"[A-Z]+ /graph"), "uploads: bombs, entities, nesting, wrong types"),
    (re.compile(rb"[A-Z]+ /\S* HTTP/1\.1"), "other addresses"),
)
_NO_HTTP = "what is no HTTP request"
_QUERIES = "query texts: nesting, lists, regex, paths, cross products"


@dataclass
class Row:
    """What became of the requests of one kind."""

    statuses: Counter[int] = field(default_factory=Counter)
    slowest_s: float = 0.0
    next_s: float = 0.0
    dead: int = 0

    @property
    def sent(self) -> int:
        """How many there were."""
        return self.statuses.total()

    def between(self, least: int, most: int) -> int:
        """How many got a status in this range."""
        return sum(n for status, n in self.statuses.items() if least <= status <= most)


@dataclass
class Crowd:
    """What a bystander saw beside many bad clients: the times of small queries, sorted."""

    what: str
    waits_s: list[float]
    unanswered: int


def main() -> int:
    """Do what the command line asks for; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200, help="kills of a writing process")
    parser.add_argument("--served-kills", type=int, default=60, help="kills in a served location")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, help="write the page to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with target_in(folder / "target") as (address, backend):
            assert backend.supervisor is not None
            owner = backend.supervisor.owner
            assert owner is not None
            meter = Meter(owner)
            meter.start()
            rows = _hostile(address)
            crowds = list(_crowds(address))
            meter.stop()
            survived = backend.supervisor.owner == owner
        writer = kill_many(folder / "written", options.kills, options.seed)
        place = folder / "served"
        place.mkdir()
        write_sources(place)
        served = kill_served(
            place, make_token(place), kills=options.served_kills, seed=options.seed
        )
        for client in CLIENTS:
            client.close()
    page = _page(rows, crowds, meter.most_bytes, survived, writer, served)
    print(page, end="")
    if options.output:
        options.output.write_text(page, encoding="utf-8")
    dead = sum(row.dead for row in rows.values())
    lost = writer.lost + writer.torn + served.lost + served.torn + served.left_over
    return 1 if dead or lost or not survived else 0


def _hostile(address: str) -> dict[str, Row]:
    """Send everything, one after the other, with a small query behind each."""
    rows: dict[str, Row] = {}
    ring = "".join(f"{quad.subject} {quad.predicate} {quad.object} .\n" for quad in hostile.ring())
    exchange(address, put(ring.encode(), "application/n-triples"))
    requests = [(_kind_of(sent), sent, 0 in statuses) for sent, statuses in CASES.values()]
    requests += [(_QUERIES, query(case.text), False) for case in hostile.cases()]
    for kind, sent, is_half_closed in requests:
        row = rows.setdefault(kind, Row())
        began = time.monotonic()
        received = exchange(address, sent, is_half_closed=is_half_closed)
        row.slowest_s = max(row.slowest_s, time.monotonic() - began)
        row.statuses[_status(received)] += 1
        waited = _asked(address)
        row.dead += waited is None
        row.next_s = max(row.next_s, waited or 0.0)
    return rows


def _kind_of(sent: bytes) -> str:
    return next((kind for pattern, kind in _KINDS if pattern.match(sent)), _NO_HTTP)


def _status(received: bytes) -> int:
    return int(received.split(b" ", 2)[1]) if received.startswith(b"HTTP/") else 0


def _asked(address: str) -> float | None:
    """The seconds that a small query took; None if it was not answered."""
    began = time.monotonic()
    try:
        received = exchange(address, get(ASK))
    except OSError:
        return None
    body = received.partition(b"\r\n\r\n")[2]
    is_answered = _status(received) == 200 and json.loads(body)["boolean"] is True
    return time.monotonic() - began if is_answered else None


def _crowds(address: str) -> Iterator[Crowd]:
    """Crowds of bad clients, and what the others notice."""
    halves = [b"GET /sparql HTTP/1.1\r\nHost: a\r\nX: ", query("ASK {}")[:-3], put(b"<x:a> ")[:-2]]
    runaway, _ = CASES["cross-product"]
    large = query("SELECT * { ?a <x:weight> ?c . ?d <x:weight> ?f } LIMIT 5000")
    for what, sent, count, source in (
        ("150 clients that send half a request", halves, 150, "127.0.0.4"),
        ("20 clients that never read their answer", [large], 20, "127.0.0.3"),
        ("one client with 12 runaway queries at once", [runaway], 12, "127.0.0.2"),
        ("12 clients with a runaway query each", [runaway], 12, "127.0.1.{}"),
    ):
        with _crowd(address, sent, count, source):
            waits = [_asked(address) for _ in range(50)]
        answered = sorted(wait for wait in waits if wait is not None)
        yield Crowd(what, answered, len(waits) - len(answered))
        time.sleep(LIMITS.query_s)


@contextmanager
def _crowd(address: str, sent: list[bytes], count: int, source: str) -> Iterator[None]:
    with ExitStack() as stack:
        for number in range(count):
            connection = connected(address, source.format(number + 1))
            stack.enter_context(connection).sendall(sent[number % len(sent)])
        yield


def _page(
    rows: dict[str, Row],
    crowds: list[Crowd],
    most_bytes: int,
    survived: bool,
    writer: WriterTally,
    served: Tally,
) -> str:
    """The page of one run."""
    total = sum(row.sent for row in rows.values())
    dead = sum(row.dead for row in rows.values())
    lines = [
        "| kind of request | sent | answered 2xx, 3xx | refused 4xx | stopped 503 | refused 5xx,"
        " not 503 | 500 | closed | slowest | the next client waited at most |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for kind, row in sorted(rows.items(), key=lambda each: -each[1].sent):
        other = row.between(501, 502) + row.between(504, 599)
        lines.append(
            f"| {kind} | {row.sent} | {row.between(200, 399)} | {row.between(400, 499)}"
            f" | {row.statuses[503]} | {other} | {row.statuses[500]} | {row.statuses[0]}"
            f" | {row.slowest_s:.2f} s | {row.next_s:.2f} s |"
        )
    bystanders = [
        f"| {crowd.what} | {len(crowd.waits_s) + crowd.unanswered} | {crowd.unanswered}"
        f" | {_at(crowd.waits_s, 0.5)} | {_at(crowd.waits_s, 1.0)} |"
        for crowd in crowds
    ]
    return _PAGE.format(
        date=datetime.now(timezone.utc).date().isoformat(),
        machine=f"Python {platform.python_version()}, {os.cpu_count()} processors",
        load=f"{os.getloadavg()[0]:.1f}",
        limits=f"{LIMITS.query_s:g} s and {LIMITS.memory_bytes >> 20} MiB a query",
        total=total,
        dead=dead,
        hostile="\n".join(lines),
        memory=most_bytes >> 20,
        survived="the owner at the end was the one of the beginning" if survived
        else "the owner had to be started again",
        crowds="\n".join(bystanders),
        writer=writer,
        served=served,
        writes=_counts(served.writes),
        reads=_counts(served.reads),
    )  # fmt: skip


def _at(waits_s: list[float], share: float) -> str:
    if not waits_s:
        return "-"
    return f"{waits_s[min(len(waits_s) - 1, int(len(waits_s) * share))] * 1000:.0f} ms"


def _counts(statuses: Counter[int]) -> str:
    return ", ".join(
        f"{number:,} × {status or 'connection closed'}"
        for status, number in sorted(statuses.items())
    )


_PAGE = """# What was tried to break it

What happens to a server that is treated badly, and what is lost when its processes are killed. The
figures are of one run of `python -m bench.faults -o docs/reliability.md` ({date}; {machine}; load of the
machine at the end {load}); nothing on this page is written by hand. The same requests are tests
(`tests/faults`), so a change that lets one through fails the build.

[Hostile requests](#hostile-requests) · [Crowds](#crowds) · [Killed processes](#killed-processes) ·
[What is promised](#what-is-promised) · [What is not](#what-is-not)

## Hostile requests

{total} requests to one server with limits of {limits}, one after the other, each followed by a small query
of another client. Servers that died: {dead}; {survived}. Memory of its processes at most {memory} MiB.

{hostile}

Closed is a connection that the server closed without an answer, as is right for what is no HTTP. A
stopped query is told as `503` with the limit that it met; none was answered in part.

## Crowds

Fifty small queries of a bystander while bad clients have the server in their hands:

| crowd | queries | unanswered | median | longest |
|---|--:|--:|--:|--:|
{crowds}

## Killed processes

A process that changes a location without a pause is killed with SIGKILL at random moments; each time
the location is opened, read whole and compared with what its version must hold:

| what | number |
|---|--:|
| kills | {writer.kills} |
| acknowledged changes | {writer.acknowledged:,} |
| acknowledged changes lost | {writer.lost} |
| states that were no version's | {writer.torn} |
| changes kept that nobody had been told of | {writer.unacknowledged_kept} |

A server with a location, one client that writes and one that reads without a pause; its owner, executors
and worker are killed at random, in the end the server itself:

| what | number |
|---|--:|
| kills | {served.kills} |
| updates | {writes} |
| reads | {reads} |
| acknowledged updates lost | {served.lost} |
| answers and states with half an update | {served.torn} |
| longest time without an answer | {served.longest_s:.2f} s |
| processes left over when the server was killed | {served.left_over} |

A `503` is what a client hears whose work was killed; it may ask again at once. An update that was told
`503` because a process died may have been made: `X-Version` and `/versions` tell.

Power cuts are simulated in `tests/store/test_location.py`: files are cut back to what was synced, the
store's own log anywhere, the journal at every byte behind its last sync.

## What is promised

| promise | held by |
|---|---|
| no request ends the server, and the next client is served | `tests/faults/test_requests.py`, `test_queries.py` |
| a limit that is met is an error status, never a part of an answer under `200` | the same |
| an acknowledged update survives kill -9 and a power cut; none is half there | `tests/store/test_location.py`, `tests/faults/test_serving.py` |
| a query sees one state from its start to its end | `tests/backend/test_processes.py` |
| on a full disk updates are refused (`507`) and reading goes on | `tests/faults/test_serving.py` |
| a backup taken while updates come in is one state | the same |
| a reload, and SIGTERM, drop no request | the same, `tests/cli/test_serve.py` |
| a private graph is not there for who has no token for it | `tests/web/test_private.py`, `tests/test_views.py` |

## What is not

- Updates without a location (`--ephemeral-updates`) end with the process that has them, also when only
  that process is killed.
- The disk itself: what it loses after it said that it was synced is noticed at the next start (count and
  checksum), not brought back. That is what `etown-kg backup` is for.
- While an owner that was killed is started again, which takes as long as building the graph, queries are
  answered `503`.
"""


if __name__ == "__main__":
    sys.exit(main())
