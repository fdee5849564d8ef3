"""Files of a graph from every kind of backend."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse

from etown_kg.backend import Backend, DumpRequest, QueryRequest, Scope, UpdateRequest
from etown_kg.backend.client import ProcessBackend
from etown_kg.backend.local import LocalBackend
from etown_kg.errors import ConflictError, StorageError
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
