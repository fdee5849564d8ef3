"""Compare WSGI servers in front of our app: `python -m bench.http.servers` prints a table.

The same app (``server:app``, the graph that ships) behind waitress, gunicorn and granian with as
many threads, and `etown-kg serve`, which answers plain queries before they reach a thread. What
docs/decisions has of it was printed by this.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median

from bench.http.__main__ import write_closed
from bench.http.contenders import GraphFiles, Running, started
from bench.http.load import Sample, measure
from bench.http.questions import Question, target
from etown_kg.graph import KnowledgeGraph

ROOT = Path(__file__).parents[2]
THREADS = 32
QUESTION = Question(
    "one figure", "shipped", "small",
    [f'SELECT ?figure ?number {{ ?figure et:factId "F{n:02d}" ; et:lowerBound ?number }}'
     for n in range(1, 87)],
)  # fmt: skip


# Long enough that a server that takes the closed half for a client that has left finds out.
_HALF_A_SECOND = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d rdfs:label ?e }"


def commands() -> dict[str, list[str]]:
    """How each server is started."""
    module = [sys.executable, "-m"]
    return {
        f"waitress {version('waitress')}": [
            *module, "waitress", f"--threads={THREADS}", "--host=127.0.0.1",
            "--port={port}", "server:app",
        ],
        f"gunicorn {version('gunicorn')}, gthread": [
            *module, "gunicorn", "--worker-class", "gthread", f"--threads={THREADS}",
            "--bind=127.0.0.1:{port}", "server:app",
        ],
        f"granian {version('granian')}, WSGI": [
            *module, "granian", "--interface", "wsgi", "--no-ws",
            f"--blocking-threads={THREADS}", "--port={port}", "server:app",
        ],
        "etown-kg serve": [
            sys.executable, "-c", "from etown_kg.cli import main; main()",
            "serve", "--port", "{port}",
        ],
    }  # fmt: skip


def answers_half_closed(running: Running) -> bool:
    """Whether a client that has closed its sending half gets its answer."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as connection:
        path = target(running.path, _HALF_A_SECOND)
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        connection.shutdown(socket.SHUT_WR)
        found = b""
        try:
            while b"HTTP/1.1 200" not in found and (piece := connection.recv(4096)):
                found += piece  # an interim response may come before
        except (TimeoutError, ConnectionResetError):
            return False
    return b"HTTP/1.1 200" in found


def row(name: str, samples: Sequence[Sample], is_half: bool) -> str:
    rate = median(each.requests_s for each in samples)
    p50 = median(each.p50_ms for each in samples)
    p99 = median(each.p99_ms for each in samples)
    processor = median(each.processor_us for each in samples)
    return (
        f"| {name} | {rate:,.0f} | {p50:.1f} | {p99:.1f} | {processor:,.0f} |"
        f" {'yes' if is_half else 'no'} |"
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.http.servers", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    samples: dict[str, list[Sample]] = {}
    half: dict[str, bool] = {}
    os.chdir(ROOT)  # where server.py is
    with tempfile.TemporaryDirectory(prefix="bench-servers-") as name:
        closed = Path(name) / "closed.nt"
        write_closed(KnowledgeGraph.build(), closed)
        graph = GraphFiles("shipped", None, None, closed)
        running: list[Running] = []
        try:
            for place, (server, command) in enumerate(commands().items()):
                folder = Path(name) / str(place)
                folder.mkdir()
                running.append(started(server, command, "/sparql", graph, folder, cwd=ROOT))
                half[server] = answers_half_closed(running[-1])
            for number in range(options.rounds):
                for each in running:
                    samples.setdefault(each.name, []).append(
                        measure(
                            each, QUESTION, seconds=options.seconds, connections=8,
                            start=number * 1_000_000,
                        )
                    )  # fmt: skip
        finally:
            for each in running:
                each.stop()
    print("| server | requests/s | p50 ms | p99 ms | CPU µs | answers half-closed clients |")
    print("|---|---:|---:|---:|---:|---|")
    for server, found in samples.items():
        print(row(server, found, half[server]))
    busy = median(each.busy_elsewhere for found in samples.values() for each in found)
    print(f"Other programs used {busy:.2f} processors meanwhile.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
