"""Files of a graph from every kind of backend."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Quad, RdfFormat, parse

from etown_kg.backend import Backend, DumpRequest, QueryRequest, Scope, UpdateRequest
from etown_kg.backend.client import ProcessBackend
from etown_kg.backend.local import LocalBackend
from etown_kg.errors import ConflictError, EtownError, StorageError, UnavailableError
from etown_kg.export.distributions import distributions
from etown_kg.export.dump_folder import find_dump
from tests.backend.conftest import SMALL, zoo

ALL = tuple(each.name for each in distributions())
BUT_WEST = Scope(is_all_but=True, graphs=("http://zoo.example/west",))


def test_all_files_are_made_and_summed(backend: Backend, tmp_path: Path) -> None:
    backend.dump(DumpRequest(str(tmp_path), ALL, backend.status().version))
    for name in ALL:
        found = find_dump(tmp_path, name)
        assert found is not None
        assert hashlib.sha256(found.path.read_bytes()).hexdigest() == found.sha256
    quads = set(parse((tmp_path / "closure.nq").read_bytes(), RdfFormat.N_QUADS))
    assert quads == set(zoo().quads())


def test_processes_make_the_same_bytes(processes: ProcessBackend, tmp_path: Path) -> None:
    for name, backend in (("one", LocalBackend(zoo(), SMALL)), ("other", processes)):
        (tmp_path / name).mkdir()
        backend.dump(DumpRequest(str(tmp_path / name), ALL, backend.status().version))
    for name in ALL:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_files_of_another_state_are_not_made(own_backend: Backend, tmp_path: Path) -> None:
    before = own_backend.status().version
    own_backend.update(UpdateRequest("INSERT DATA { <urn:a> <urn:b> <urn:c> }"))
    with pytest.raises(ConflictError):
        own_backend.dump(DumpRequest(str(tmp_path), ("closure.nq",), before))
    assert list(tmp_path.iterdir()) == []
    own_backend.dump(DumpRequest(str(tmp_path), ("closure.nq",), own_backend.status().version))
    assert b"<urn:a>" in (tmp_path / "closure.nq").read_bytes()


def test_what_is_hidden_is_in_no_file(backend: Backend, tmp_path: Path) -> None:
    version = backend.status(BUT_WEST).version
    backend.dump(DumpRequest(str(tmp_path), ALL, version, BUT_WEST))
    content = (tmp_path / "closure.nq").read_bytes()
    assert b"robin" in content
    for name in ALL:
        if not name.endswith((".gz", ".zst", ".parquet")):
            assert b"eel" not in (tmp_path / name).read_bytes(), name


def test_a_folder_that_is_not_there_is_said(backend: Backend, tmp_path: Path) -> None:
    request = DumpRequest(str(tmp_path / "none"), ("closure.nq",), backend.status().version)
    with pytest.raises(StorageError, match="cannot be written"):
        backend.dump(request)
    assert backend.query(QueryRequest("ASK {}")).body


def test_a_process_that_is_killed_gives_no_file_and_harms_nobody(
    own_processes: Callable[..., ProcessBackend], tmp_path: Path
) -> None:
    quads = [
        Quad(NamedNode(f"urn:s:{n}"), NamedNode("urn:p"), NamedNode(f"urn:o:{n}"))
        for n in range(30_000)
    ]
    backend = own_processes(quads=quads)
    while backend.lookup(QueryRequest("ASK { <urn:s:1> ?p ?o }")) is None:
        time.sleep(0.02)  # another nice process writes the index
    request = DumpRequest(str(tmp_path), ("asserted.jsonld.zst",), backend.status().version)
    failures: list[EtownError] = []

    def dump() -> None:
        try:
            backend.dump(request)
        except EtownError as error:
            failures.append(error)

    thread = threading.Thread(target=dump)
    thread.start()
    os.kill(_process_that_dumps(thread), signal.SIGKILL)
    thread.join()
    assert [type(failure) for failure in failures] == [UnavailableError]
    assert find_dump(tmp_path, "asserted.jsonld.zst") is None
    assert backend.query(QueryRequest("ASK { <urn:s:1> ?p ?o }")).body
    backend.dump(request)
    assert find_dump(tmp_path, "asserted.jsonld.zst") is not None


def _process_that_dumps(asking: threading.Thread) -> int:
    """The nice grandchild of this process, once there is one."""
    while asking.is_alive():
        stats = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            with suppress(FileNotFoundError, ProcessLookupError):
                _, _, fields = path.read_text().rpartition(")")
                values = fields.split()  # proc(5): state, parent, ... nice is the 17th from here
                stats[int(path.parent.name)] = (int(values[1]), int(values[16]))
        for pid, (parent, nice) in stats.items():
            if parent in stats and stats[parent][0] == os.getpid() and nice > stats[parent][1]:
                return pid
    raise AssertionError("the files were there before the process was found")
