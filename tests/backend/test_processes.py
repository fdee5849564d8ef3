"""What is true of processes only: limits that hold, one that dies, one that leaves, one that hogs.

Bounds are generous: a test may not fail because the machine is busy.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from etown_kg import vocab
from etown_kg.backend import ProofRequest, QueryRequest, UpdateRequest
from etown_kg.backend.client import ProcessBackend, connect, start
from etown_kg.backend.confinement import run_with_deep_stack
from etown_kg.backend.executor import outcome
from etown_kg.backend.feed import MAX_BEHIND, MAX_QUADS
from etown_kg.backend.limits import MIB, Limits
from etown_kg.errors import (
    CancelledError,
    EtownError,
    LimitError,
    QueryError,
    SettingError,
    UnavailableError,
)
from etown_kg.graph import KnowledgeGraph
from tests.backend.conftest import RUNAWAY, SMALL

Start = Callable[..., ProcessBackend]
ASK = QueryRequest("ASK { ?s ?p ?o }")


def children(pid: int) -> list[int]:
    """The processes that a process has forked and not reaped."""
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):  # it has ended
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):  # a thread of it
                found += map(int, (task / "children").read_text(encoding="ascii").split())
    return found


def owners(server: int) -> list[int]:
    """The owners of graphs among the processes that a server has started."""
    found = []
    for pid in children(server):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended
            if b"backend.owner" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


def owner_of(backend: ProcessBackend) -> int:
    assert backend.supervisor is not None
    owner = backend.supervisor.owner
    assert owner is not None
    return owner


def eventually(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Whether a condition comes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")


def failure(backend: ProcessBackend, request: QueryRequest) -> EtownError:
    with pytest.raises(EtownError) as raised:
        backend.query(request)
    return raised.value


# Limits


def test_a_query_is_stopped_at_its_time_limit(processes: ProcessBackend) -> None:
    started = time.monotonic()
    error = failure(processes, QueryRequest(RUNAWAY, timeout_s=0.5))
    assert isinstance(error, LimitError)
    assert error.kind == "time"
    assert 0.5 <= time.monotonic() - started < 5
    assert processes.query(ASK).body


def test_a_client_may_not_ask_for_more_time_than_the_limit(own_processes: Start) -> None:
    backend = own_processes(replace(SMALL, query_s=0.2, longest_s=0.4))
    error = failure(backend, QueryRequest(RUNAWAY, timeout_s=1e9))
    assert isinstance(error, LimitError)
    assert error.limit == "query time of 0.4 s"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o } ORDER BY ?o",
        "SELECT ?z { " + "BIND('0123456789abcdef' AS ?x0) "
        + " ".join(f"BIND(CONCAT(?x{n}, ?x{n}) AS ?x{n + 1})" for n in range(40))
        + " BIND(STRLEN(?x40) AS ?z) }",
    ],
    ids=["order-by", "doubled-string"],
)  # fmt: skip
def test_a_query_is_stopped_at_its_memory_limit(processes: ProcessBackend, text: str) -> None:
    error = failure(processes, QueryRequest(text))
    assert isinstance(error, LimitError)
    assert (error.kind, error.limit) == ("memory", "query memory of 256 MiB")
    assert processes.query(ASK).body


def test_a_deep_stack_is_for_the_one_thread_that_needs_it() -> None:
    sizes = []

    def task() -> None:
        sizes.append(threading.stack_size())

    run_with_deep_stack(task)
    assert sizes == [threading.stack_size()] == [0]


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("can't start new thread")], ids=["memory", "thread"]
)
def test_a_want_of_memory_is_a_limit_and_no_fault(error: Exception) -> None:
    def work() -> NoReturn:
        raise error

    head, _ = outcome(work, SMALL, "update")
    assert head["error"] == "LimitError"
    assert "fault" not in head
    assert "fault" in outcome(lambda: ({"n": 1 // 0}, b""), SMALL)[0]


def test_an_executor_can_open_no_descriptor(processes: ProcessBackend) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        # An escape that the text's reader does not see through; the kernel refuses the socket.
        text = f"SELECT * {{ \\u0053ERVICE SILENT <{address}> {{ ?s ?p ?o }} }}"
        with suppress(QueryError):  # the engine does not read the escape at all
            processes.query(QueryRequest(text))
        with pytest.raises(TimeoutError):
            listener.accept()
    [*executors] = [
        pid for pid in children(owner_of(processes)) if _limit(pid, "Max open files") == "0"
    ]
    assert executors, "the executor that has answered is confined"


def _limit(pid: int, name: str) -> str:
    for line in Path(f"/proc/{pid}/limits").read_text(encoding="ascii").splitlines():
        if line.startswith(name):
            return line[len(name) :].split()[0]
    raise AssertionError(name)


def test_a_service_that_is_allowed_is_called_and_no_other(own_processes: Start) -> None:
    answer = (
        b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"literal","value":"1"}}]}}'
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/sparql-results+json\r\n"
                    b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(answer) + answer
                )

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        allowed = f"http://127.0.0.1:{port}/sparql"
        backend = own_processes(replace(SMALL, services=(allowed,)))
        call = f"SELECT ?x {{ SERVICE <{allowed}> {{ ?s ?p ?x }} }}"
        assert b'"1"' in backend.query(QueryRequest(call)).body
        thread.join(timeout=30)
        other = f"SELECT ?x {{ SERVICE <http://127.0.0.1:{port}/other> {{ ?s ?p ?x }} }}"
        assert isinstance(failure(backend, QueryRequest(other)), QueryError)
        both = f"SELECT * {{ SERVICE <{allowed}> {{}} SERVICE <http://127.0.0.1:{port}/> {{}} }}"
        assert isinstance(failure(backend, QueryRequest(both)), QueryError)


# Clients that leave, and clients that hog


def test_a_query_is_stopped_when_its_client_leaves(processes: ProcessBackend) -> None:
    gone_at = time.monotonic() + 0.3
    with pytest.raises(CancelledError):
        processes.query(QueryRequest(RUNAWAY), is_gone=lambda: time.monotonic() > gone_at)
    assert time.monotonic() - gone_at < 5
    assert eventually(lambda: not _busy(processes)), "the executor has ended"


def _busy(backend: ProcessBackend) -> list[int]:
    """The executors that use the processor now."""
    pids = children(owner_of(backend))
    before = {pid: _processor_ticks(pid) for pid in pids}
    time.sleep(0.1)
    return [pid for pid in pids if _processor_ticks(pid) - before[pid] > 2]


def _processor_ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(fields[11]) + int(fields[12])


def test_an_update_is_given_up_when_its_client_leaves(own_processes: Start) -> None:
    backend = own_processes()
    before = backend.status()
    text = f"INSERT {{ GRAPH <x:g> {{ <x:a> <x:b> ?n }} }} WHERE {{ {{ {RUNAWAY} }} }}"
    gone_at = time.monotonic() + 0.3
    with pytest.raises(CancelledError):
        backend.update(UpdateRequest(text), is_gone=lambda: time.monotonic() > gone_at)
    # The next update is not kept waiting for the one that was given up.
    change = backend.update(UpdateRequest("INSERT DATA { GRAPH <x:g> { <x:a> <x:b> 1 } }"))
    assert change.version == before.number + 1


def test_six_runaways_of_one_client_leave_the_others_served(own_processes: Start) -> None:
    backend = own_processes(replace(SMALL, query_s=4.0, places=6, client_places=3))
    with ThreadPoolExecutor(6) as threads:
        hogs = [
            threads.submit(failure, backend, QueryRequest(RUNAWAY, client="hog")) for _ in range(6)
        ]
        assert eventually(lambda: backend.at_work() == 3)
        waits: list[float] = []
        while not all(hog.done() for hog in hogs) and len(waits) < 50:
            started = time.monotonic()
            assert backend.query(replace(ASK, client="other")).body
            waits.append(time.monotonic() - started)
            time.sleep(0.02)
        errors = [hog.result() for hog in hogs]
    assert waits
    assert sorted(waits)[len(waits) // 2] < 1.0
    # The time that a query waited for a place counts: all six ended by their deadline.
    assert [error.kind for error in errors if isinstance(error, LimitError)] == ["time"] * 6


def test_long_queries_of_many_clients_leave_places_for_short_ones(own_processes: Start) -> None:
    backend = own_processes(replace(SMALL, query_s=5.0, places=3, reserved_places=1))
    with ThreadPoolExecutor(3) as threads:
        hogs = [
            threads.submit(failure, backend, QueryRequest(RUNAWAY, client=f"hog {n}"))
            for n in range(3)
        ]
        errors = [hog.result() for hog in hogs]
    kinds = sorted(error.kind for error in errors if isinstance(error, LimitError))
    assert kinds == ["busy", "time", "time"]


def test_a_runaway_update_does_not_hold_up_readers(own_processes: Start) -> None:
    backend = own_processes(replace(SMALL, update_s=3.0))
    text = f"INSERT {{ GRAPH <x:g> {{ <x:a> <x:b> ?n }} }} WHERE {{ {{ {RUNAWAY} }} }}"
    with ThreadPoolExecutor(1) as threads:
        update = threads.submit(backend.update, UpdateRequest(text))
        answered = 0
        while not update.done():
            assert backend.query(ASK).body
            answered += 1
        assert answered > 10
        with pytest.raises(LimitError) as raised:
            update.result()
    assert raised.value.kind == "time"
    assert backend.status().number == 0


# Processes that die


def test_a_killed_executor_is_replaced(own_processes: Start) -> None:
    backend = own_processes()
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(failure, backend, QueryRequest(RUNAWAY))
        assert eventually(lambda: bool(_busy(backend)))
        for pid in _busy(backend):
            os.kill(pid, signal.SIGKILL)
        assert isinstance(running.result(), LimitError)
    assert backend.query(ASK).body


def test_executors_that_stand_by_are_replaced(own_processes: Start) -> None:
    backend = own_processes()
    for pid in children(owner_of(backend)):
        os.kill(pid, signal.SIGKILL)
    assert backend.query(ASK).body


def test_a_dead_owner_is_replaced_and_told_of_meanwhile(own_processes: Start) -> None:
    backend = own_processes()
    first = owner_of(backend)
    executors = children(first)
    os.kill(first, signal.SIGKILL)
    # An executor that was idle may answer once more before it is killed.
    assert eventually(lambda: not _answers(backend))
    assert eventually(lambda: not any(map(is_alive, executors)))
    assert eventually(lambda: _answers(backend))
    assert owner_of(backend) != first
    change = backend.update(UpdateRequest("INSERT DATA { GRAPH <x:g> { <x:a> <x:b> 1 } }"))
    assert change.version == 1


def _answers(backend: ProcessBackend) -> bool:
    """Whether a query is answered, and not put off until there is an owner again."""
    try:
        return bool(backend.query(ASK).body)
    except UnavailableError:
        return False


def test_all_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    script = tmp_path / "server.py"
    script.write_text(
        textwrap.dedent(
            """
            import sys, time
            from functools import partial
            from etown_kg.backend import QueryRequest
            from etown_kg.backend.client import start
            from etown_kg.graph import KnowledgeGraph
            backend = start(partial(KnowledgeGraph, []))
            backend.query(QueryRequest("ASK {}"))
            print(backend.supervisor.owner, flush=True)
            time.sleep(600)
            """
        ),
        encoding="utf-8",
    )
    paths = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    environment = {**os.environ, "PYTHONPATH": paths, "TMPDIR": str(tmp_path)}
    server = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, env=environment
    )
    with server:
        assert server.stdout is not None
        owner = int(server.stdout.readline())
        family = [owner, *children(owner)]
        assert len(family) > 1
        server.kill()
    assert eventually(lambda: not any(map(is_alive, family)))


def test_an_owner_has_one_thread(processes: ProcessBackend) -> None:
    assert len(list(Path(f"/proc/{owner_of(processes)}/task").iterdir())) == 1


def test_sockets_are_for_this_user_alone(processes: ProcessBackend) -> None:
    assert processes.folder.stat().st_mode & 0o777 == 0o700


def test_closing_ends_all_processes_and_removes_the_folder(own_processes: Start) -> None:
    backend = own_processes()
    backend.query(ASK)
    family = [owner_of(backend), *children(owner_of(backend))]
    backend.close()
    assert eventually(lambda: not any(map(is_alive, family)))
    assert not backend.folder.exists()


def test_a_graph_that_cannot_be_built_is_reported_at_start(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    with pytest.raises(EtownError, match="nowhere"):
        start(partial(KnowledgeGraph.build, ontology=nowhere, data=nowhere))


def test_failure_while_the_graph_is_built_ends_its_owner() -> None:
    before = set(children(os.getpid()))
    owners: set[int] = set()

    def fail() -> None:
        owners.update(set(children(os.getpid())) - before)
        raise ZeroDivisionError("while it builds")

    with pytest.raises(ZeroDivisionError, match="while it builds"):
        start(partial(KnowledgeGraph, []), meanwhile=fail)
    assert len(owners) == 1
    assert eventually(lambda: not any(map(is_alive, owners)))


# Versions

# Not about limits: a busy machine must not end these queries.
UNHURRIED = Limits()


def test_a_query_sees_one_version_from_start_to_end(own_processes: Start) -> None:
    numbers = [
        Quad(NamedNode(f"x:{n}"), NamedNode("x:v"), Literal(0), NamedNode("x:g"))
        for n in range(300)
    ]
    backend = own_processes(UNHURRIED, numbers)
    swap = "DELETE {{ GRAPH <x:g> {{ ?s <x:v> ?v }} }} INSERT {{ GRAPH <x:g> {{ ?s <x:v> {0} }} }}"
    text = "SELECT (MIN(?v) AS ?least) (MAX(?v) AS ?most) (COUNT(*) AS ?n) { ?s <x:v> ?v }"
    request = QueryRequest(text, accept="text/csv")
    stopped = threading.Event()
    seen: set[bytes] = set()

    def read() -> None:
        while not stopped.is_set():
            seen.add(backend.query(request).body.splitlines()[1])

    with ThreadPoolExecutor(2) as threads:
        readers = [threads.submit(read) for _ in range(2)]
        for n in range(1, 9):
            update = swap.format(n) + " WHERE { GRAPH <x:g> { ?s <x:v> ?v } }"
            backend.update(UpdateRequest(update))
            # Who asks after the acknowledgement sees the new state.
            assert backend.query(request).body.splitlines()[1] == b"%d,%d,300" % (n, n)
        stopped.set()
        for reader in readers:
            reader.result()
    assert {row.split(b",")[0] == row.split(b",")[1] for row in seen} == {True}


def test_an_update_that_fails_leaves_those_behind_it_right(own_processes: Start) -> None:
    # They are with the worker together: what it worked out on a change that was not made is void.
    backend = own_processes(UNHURRIED)
    texts = [f"INSERT DATA {{ GRAPH <x:g{n}> {{ <x:a> <x:b> {n} }} }}" for n in range(24)]
    texts[3] = "DROP GRAPH <x:none>"
    texts[7] = "INSERT DATA { nonsense }"
    texts[11] = f"INSERT {{ GRAPH <x:g> {{ <x:a> <x:b> ?n }} }} WHERE {{ {{ {RUNAWAY} }} }}"
    texts[15] = "INSERT DATA { GRAPH <http://zoo.example/graph/inferred> { <x:a> <x:b> 1 } }"

    def outcome(text: str) -> str:
        try:
            return str(
                backend.update(UpdateRequest(text, timeout_s=30 if text != texts[11] else 1))
            )
        except EtownError as error:
            return type(error).__name__

    with ThreadPoolExecutor(len(texts)) as threads:
        outcomes = list(threads.map(outcome, texts))
    failures = {n: found for n, found in enumerate(outcomes) if not found.startswith("Change")}
    assert failures == {
        3: "NoGraphError", 7: "QueryError", 11: "LimitError", 15: "ReadOnlyError",
    }  # fmt: skip
    status = backend.status()
    assert status.number == 20
    made = {f"x:g{n}" for n in range(24) if n not in failures}
    assert made <= set(status.graphs)
    assert len(backend.versions()) == 20


def test_a_killed_worker_fails_no_more_than_one_update(own_processes: Start) -> None:
    backend = own_processes(UNHURRIED)
    before = set(children(owner_of(backend)))
    runaway = f"INSERT {{ GRAPH <x:g> {{ <x:a> <x:b> ?n }} }} WHERE {{ {{ {RUNAWAY} }} }}"
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(backend.update, UpdateRequest(runaway))
        assert eventually(lambda: bool(set(_busy(backend)) - before))
        others = [
            threads.submit(
                backend.update,
                UpdateRequest(f"INSERT DATA {{ GRAPH <x:g> {{ <x:a> <x:b> {n} }} }}"),
            )
            for n in range(3)
        ]
        time.sleep(0.2)
        for pid in set(_busy(backend)) - before:
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(LimitError):
            first.result()
        assert sorted(other.result().version for other in others) == [1, 2, 3]


def test_no_reader_fails_while_updates_stream_in(own_processes: Start) -> None:
    # Executors take over what changed, some of them while the next change is made.
    backend = own_processes(UNHURRIED)
    stopped = threading.Event()

    def read() -> int:
        count = 0
        while not stopped.is_set():
            assert backend.query(ASK).body
            count += 1
        return count

    with ThreadPoolExecutor(4) as threads:
        readers = [threads.submit(read) for _ in range(4)]
        try:
            for n in range(40):
                text = f"INSERT DATA {{ GRAPH <x:g> {{ <x:a> <x:b> {n} }} }}"
                assert backend.update(UpdateRequest(text)).version == n + 1
        finally:
            stopped.set()
        assert all(reader.result() > 0 for reader in readers)


def test_updates_of_many_writers_are_made_one_after_the_other(own_processes: Start) -> None:
    backend = own_processes()
    count = "DELETE { GRAPH <x:g> { <x:c> <x:n> ?n } } INSERT { GRAPH <x:g> { <x:c> <x:n> ?m } }"
    count += " WHERE { GRAPH <x:g> { <x:c> <x:n> ?n } BIND(?n + 1 AS ?m) }"
    backend.update(UpdateRequest("INSERT DATA { GRAPH <x:g> { <x:c> <x:n> 0 } }"))
    with ThreadPoolExecutor(4) as threads:
        changes = list(threads.map(backend.update, [UpdateRequest(count)] * 20))
    assert sorted(change.version for change in changes) == list(range(2, 22))
    body = backend.query(QueryRequest("SELECT ?n { <x:c> <x:n> ?n }", accept="text/csv")).body
    assert body == b"n\r\n20\r\n"


def test_another_process_can_share_the_owner(processes: ProcessBackend) -> None:
    other = connect(processes.folder, SMALL)
    assert other.query(ASK) == processes.query(ASK)
    assert other.status() == processes.status()
    with pytest.raises(UnavailableError):
        other.reload()
    other.close()
    assert processes.query(ASK).body


def test_an_update_through_one_client_is_seen_through_another(own_processes: Start) -> None:
    one = own_processes()
    other = connect(one.folder, SMALL)
    assert b"false" in other.query(QueryRequest("ASK { <x:a> <x:b> 1 }")).body
    one.update(UpdateRequest("INSERT DATA { GRAPH <x:g> { <x:a> <x:b> 1 } }"))
    assert b"true" in other.query(QueryRequest("ASK { <x:a> <x:b> 1 }")).body
    assert other.status().number == 1
    other.close()


def test_a_reload_drops_no_request(own_processes: Start) -> None:
    backend = own_processes()
    backend.update(UpdateRequest("INSERT DATA { GRAPH <x:g> { <x:a> <x:b> 1 } }"))
    stopped = threading.Event()

    def read() -> int:
        count = 0
        while not stopped.is_set():
            assert backend.query(ASK).body
            count += 1
        return count

    with ThreadPoolExecutor(1) as threads:
        reader = threads.submit(read)
        first = owner_of(backend)
        backend.reload()
        stopped.set()
        assert reader.result() > 0
    assert owner_of(backend) != first
    # The data are those that the builder makes; what was updated in memory alone is gone.
    assert b"false" in backend.query(QueryRequest("ASK { <x:a> <x:b> 1 }")).body


def test_limits_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(SettingError):
        Limits(places=2, reserved_places=2)
    with pytest.raises(SettingError):
        Limits(query_s=0)
    assert Limits(memory_bytes=MIB).memory_bytes == MIB


# Executors that follow changes


def _working(backend: ProcessBackend) -> set[int]:
    """The executors that this client has."""
    return {line.pid for line in backend._idle}


def test_executors_live_through_updates(own_processes: Start) -> None:
    backend = own_processes()
    assert backend.query(ASK).body
    (executor,) = _working(backend)
    text = "SELECT (COUNT(*) AS ?n) { GRAPH <x:g> { ?s ?p ?o } }"
    for n in range(1, 4):
        backend.update(UpdateRequest(f"INSERT DATA {{ GRAPH <x:g> {{ <x:a> <x:b> {n} }} }}"))
        body = backend.query(QueryRequest(text, accept="text/csv")).body
        assert body.splitlines()[1] == b"%d" % n
        assert _working(backend) == {executor}
    proof = backend.prove(ProofRequest(("<x:a>", "<x:b>", f'"3"^^<{vocab.XSD}integer>')))
    assert proof.count == 1
    assert proof.version == backend.status().version


def test_a_large_update_has_all_executors_forked_anew(own_processes: Start) -> None:
    backend = own_processes()
    assert backend.query(ASK).body
    before = _working(backend)
    quads = " ".join(f"<x:a> <x:b> {n} ." for n in range(MAX_QUADS + 1))
    backend.update(UpdateRequest(f"INSERT DATA {{ GRAPH <x:g> {{ {quads} }} }}"))
    text = "SELECT (COUNT(*) AS ?n) { GRAPH <x:g> { ?s ?p ?o } }"
    for n in (MAX_QUADS + 1, MAX_QUADS + 2):
        body = backend.query(QueryRequest(text, accept="text/csv")).body
        assert body.splitlines()[1] == b"%d" % n
        assert not _working(backend) & before
        backend.update(UpdateRequest("INSERT DATA { GRAPH <x:g> { <x:more> <x:b> 1 } }"))


def test_an_executor_far_behind_is_not_asked(own_processes: Start) -> None:
    backend = own_processes()
    assert backend.query(ASK).body
    before = _working(backend)
    for n in range(MAX_BEHIND + 1):
        backend.update(UpdateRequest(f"INSERT DATA {{ GRAPH <x:g> {{ <x:a> <x:b> {n} }} }}"))
    body = backend.query(QueryRequest("SELECT ?o { <x:a> <x:b> ?o }", accept="text/csv")).body
    assert len(body.splitlines()) == MAX_BEHIND + 2
    assert _working(backend)
    assert not _working(backend) & before
