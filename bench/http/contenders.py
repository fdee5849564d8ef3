"""The servers: how each is started on a graph, asked and changed.

All hold the same triples: the closure, which ours computes and the others are given.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

OURS = "etown-kg"
_START_TIMEOUT_S = 900.0


@dataclass(frozen=True)
class GraphFiles:
    """One graph, as each server wants it; the folders are None for the one that ships."""

    name: str
    ontology: Path | None
    data: Path | None
    closed: Path  # N-Triples


@dataclass
class Running:
    """A server that answers."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    path: str
    update_path: str | None
    update_headers: Mapping[str, str] = field(default_factory=dict)
    start_s: float = 0.0  # from its start to the first right answer
    load_s: float | None = None  # of these: until it could be asked, where data come afterwards

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def memory_mb(self) -> float:
        """The memory of all its processes, what they share counted once."""
        return sum(map(_proportional_mb, _tree(self.process.pid)))

    def processor_s(self) -> float:
        """The processor time of all its processes, and of those that have ended, in seconds."""
        return sum(map(_processor_s, _tree(self.process.pid)))

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass(frozen=True)
class Contender:
    """A kind of server; `program` is what has to be there to start it."""

    name: str
    program: str

    def start(self, graph: GraphFiles, folder: Path) -> Running:
        """Start it in an empty folder; returns when it has given the right number of triples."""
        return _STARTS[self.name](self, graph, folder)


def contenders(programs: Sequence[Path]) -> list[Contender]:
    """Those whose program is found, in these folders or on the path."""
    known = [
        Contender(OURS, "etown-kg"),
        Contender("oxigraph serve, memory", "oxigraph"),
        Contender("oxigraph serve, disk", "oxigraph"),
        Contender("rdflib-endpoint", "rdflib-endpoint"),
    ]
    where = os.pathsep.join([*map(str, programs), os.environ.get("PATH", "")])
    found = [(each, shutil.which(each.program, path=where)) for each in known]
    return [Contender(each.name, program) for each, program in found if program is not None]


def versions() -> str:
    """The versions of what the servers are made of."""
    from importlib.metadata import PackageNotFoundError, version

    found = []
    for package in ("pyoxigraph", "waitress", "flask"):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def _start_ours(contender: Contender, graph: GraphFiles, folder: Path) -> Running:
    tokens = folder / "tokens.json"
    created = subprocess.run(
        [contender.program, "token", "create", "--write", "--tokens", str(tokens)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    secret = created.stdout.strip().splitlines()[-1]
    command = [contender.program, "serve", "--ephemeral-updates", "--tokens", str(tokens)]
    if graph.ontology is not None:
        command += ["--ontology", str(graph.ontology), "--data", str(graph.data)]
    bearer = {"Authorization": f"Bearer {secret}"}
    return _started(
        contender, [*command, "--port", "{port}"], "/sparql", "/update", bearer, graph, folder
    )


def _start_in_memory(contender: Contender, graph: GraphFiles, folder: Path) -> Running:
    command = [contender.program, "serve", "--bind", "127.0.0.1:{port}"]
    return _started(contender, command, "/query", "/update", {}, graph, folder, load=True)


def _start_on_disk(contender: Contender, graph: GraphFiles, folder: Path) -> Running:
    location = folder / "store"
    started = time.perf_counter()
    subprocess.run(
        [contender.program, "load", "--location", str(location), "--file", str(graph.closed)],
        check=True, capture_output=True,
    )  # fmt: skip
    subprocess.run(
        [contender.program, "optimize", "--location", str(location)],
        check=True, capture_output=True,
    )  # fmt: skip
    load_s = time.perf_counter() - started
    command = [
        contender.program,
        "serve",
        "--location",
        str(location),
        "--bind",
        "127.0.0.1:{port}",
    ]
    running = _started(contender, command, "/query", "/update", {}, graph, folder)
    running.load_s = load_s
    return running


def _start_rdflib(contender: Contender, graph: GraphFiles, folder: Path) -> Running:
    command = [
        contender.program,
        "serve",
        str(graph.closed),
        "--host",
        "127.0.0.1",
        "--port",
        "{port}",
    ]
    return _started(contender, command, "/", None, {}, graph, folder)


_STARTS = {
    OURS: _start_ours,
    "oxigraph serve, memory": _start_in_memory,
    "oxigraph serve, disk": _start_on_disk,
    "rdflib-endpoint": _start_rdflib,
}


def _started(
    contender: Contender,
    command: Sequence[str],
    path: str,
    update_path: str | None,
    headers: Mapping[str, str],
    graph: GraphFiles,
    folder: Path,
    *,
    load: bool = False,
) -> Running:
    running = started(contender.name, command, path, graph, folder, load=load)
    running.update_path, running.update_headers = update_path, headers
    return running


def started(
    name: str,
    command: Sequence[str],
    path: str,
    graph: GraphFiles,
    folder: Path,
    *,
    load: bool = False,
    cwd: Path | None = None,
) -> Running:
    """Start a server by a command that says ``{port}`` for its port; see `Contender.start`."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    command = [each.format(port=port) for each in command]
    expected = graph.closed.read_bytes().count(b"\n")
    started = time.perf_counter()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=cwd or folder)
    running = Running(name, process, port, path, None)
    try:
        if load:
            _await(running, "ASK {}", None)
            running.load_s = time.perf_counter() - started
            request = urllib.request.Request(
                f"{running.address}/store?default", graph.closed.read_bytes(),
                {"Content-Type": "application/n-triples"},
            )  # fmt: skip
            with urllib.request.urlopen(request, timeout=_START_TIMEOUT_S):
                running.load_s = time.perf_counter() - started
        _await(running, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", str(expected))
    except BaseException:
        running.stop()
        raise
    running.start_s = time.perf_counter() - started
    return running


def _await(running: Running, query: str, expected: str | None) -> None:
    """Until the server answers, with the expected number or more.

    Raises:
        RuntimeError: it ended, or gave a smaller one.
    """
    address = f"{running.address}{running.path}?query={quote(query)}"
    request = urllib.request.Request(address, headers={"Accept": "application/sparql-results+json"})
    end = time.perf_counter() + _START_TIMEOUT_S
    while True:
        try:
            with urllib.request.urlopen(request, timeout=_START_TIMEOUT_S) as response:
                body = response.read().decode()
            break
        except (urllib.error.URLError, ConnectionError) as error:
            if running.process.poll() is not None or time.perf_counter() > end:
                raise RuntimeError(f"{running.name} did not start") from error
            time.sleep(0.01)
    # Ours counts a few more: what the graph says of itself.
    counted = max(map(int, re.findall(r'"value": ?"(\d+)"', body)), default=0)
    if expected is not None and counted < int(expected):
        raise RuntimeError(f"{running.name} has not {expected} triples: {body}")


def _tree(root: int) -> Iterator[int]:
    """A process and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    pending = [root]
    while pending:
        pid = pending.pop()
        yield pid
        pending += children.get(pid, [])


def _processor_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _proportional_mb(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    found = re.search(r"^Pss: +(\d+) kB", text, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


@contextmanager
def serving(contender: Contender, graph: GraphFiles, folder: Path) -> Iterator[Running]:
    """The server for the block; what it wrote is beside it in `folder`."""
    folder.mkdir(parents=True)
    running = contender.start(graph, folder)
    try:
        yield running
    finally:
        running.stop()


def interpreter_folder() -> Path:
    """Where the programs of this Python's packages are."""
    return Path(sys.executable).parent
