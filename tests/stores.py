"""Other stores as real servers on this machine: Oxigraph's own, and Virtuoso.

Each is a context manager that gives the addresses of a fresh, empty store, and ends the process
that it started. Where the program is not installed, the test is skipped with the reason.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import urlencode

import pytest

# Seconds that a server may take to begin; Virtuoso makes its database first.
START_S = 120.0


@dataclass(frozen=True)
class StoreAddresses:
    """Where a store answers queries, takes updates, and has its graphs."""

    query: str
    update: str
    graphs: str

    def put(self, turtle: str, graph: str | None = None) -> None:
        """Make this the content of a graph, or of the one without a name."""
        name = "default" if graph is None else urlencode({"graph": graph})
        headers = {"Content-Type": "text/turtle"}
        asked = urllib.request.Request(
            f"{self.graphs}?{name}", turtle.encode(), headers, method="PUT"
        )
        urllib.request.urlopen(asked, timeout=60).close()


@contextmanager
def oxigraph(*options: str) -> Iterator[StoreAddresses]:
    """``oxigraph serve`` in memory."""
    program = _oxigraph_program()
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [str(program), "serve", "--bind", f"127.0.0.1:{port}", *options]
    with _running(command, f"{address}/query?query=ASK%7B%7D"):
        yield StoreAddresses(f"{address}/query", f"{address}/update", f"{address}/store")


def _oxigraph_program() -> Path:
    try:
        files = distribution("oxigraph").files or []
    except PackageNotFoundError:
        pytest.skip("the package oxigraph is not installed")
    found = next((Path(str(each.locate())) for each in files if each.stem == "oxigraph"), None)
    if found is None or not found.is_file():
        pytest.skip("the package oxigraph has no program for this machine")
    return found.resolve()


_VIRTUOSO = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
ErrorLogLevel = 7
FileExtend = 200
MaxCheckpointRemap = 2000
Striping = 0
TempStorage = TempDatabase
[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx
MaxCheckpointRemap = 2000
Striping = 0
[Parameters]
ServerPort = 127.0.0.1:{sql_port}
LiteMode = 0
DisableUnixSocket = 1
MaxClientConnections = 10
CheckpointInterval = 0
SchedulerInterval = 0
DirsAllowed = {folder}
NumberOfBuffers = 10000
MaxDirtyBuffers = 6000
ThreadsPerQuery = 2
[HTTPServer]
ServerPort = 127.0.0.1:{port}
ServerRoot = {folder}
MaxClientConnections = 10
ServerThreads = 10
Charset = UTF-8
[SPARQL]
ResultSetMaxRows = {most_rows}
DefaultQuery = ASK {{}}
"""


@contextmanager
def virtuoso(folder: Path, *, most_rows: int = 100_000) -> Iterator[StoreAddresses]:
    """Virtuoso with its files in a folder; anybody may change it, as it listens here alone."""
    server, sql = shutil.which("virtuoso-t"), shutil.which("isql-vt")
    if server is None or sql is None:
        pytest.skip("Virtuoso is not installed (Debian: virtuoso-opensource-7-bin)")
    port, sql_port = free_port(), free_port()
    ini = folder / "virtuoso.ini"
    ini.write_text(
        _VIRTUOSO.format(folder=folder, port=port, sql_port=sql_port, most_rows=most_rows)
    )
    address = f"http://127.0.0.1:{port}"
    command = [server, "+foreground", "+configfile", str(ini)]
    with _running(command, f"{address}/sparql?query=ASK%7B%7D"):
        grants = (
            "GRANT SPARQL_UPDATE TO \"SPARQL\"; DB.DBA.RDF_DEFAULT_USER_PERMS_SET('nobody', 7);"
        )
        subprocess.run(
            [sql, f"127.0.0.1:{sql_port}", "dba", "dba", f"exec={grants}"],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        yield StoreAddresses(
            f"{address}/sparql", f"{address}/sparql", f"{address}/sparql-graph-crud"
        )


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def _running(command: list[str], address: str) -> Iterator[None]:
    """Run a server until the block ends; it begins once the server answers at the address."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_S
        while not _answers(address):
            assert process.poll() is None, f"{command[0]} ended with {process.returncode}"
            assert time.monotonic() < deadline, f"{command[0]} does not answer"
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except OSError:
        return False
