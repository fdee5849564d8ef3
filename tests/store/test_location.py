"""Location: what was acknowledged is there, whatever happened; and what is damaged is refused."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Quad

from etown_kg.errors import DiskFullError, MissingPathError, StorageError
from etown_kg.graph import KnowledgeGraph
from etown_kg.store import Delta, Location, restore, verify
from etown_kg.store import location as location_module
from etown_kg.store.journal import Journal
from tests.store.killing import ROOT, kill_many
from tests.store.writing import contents, run


def opened(path: Path) -> Location:
    return Location.open(path, reserve_bytes=0)


def written(path: Path, changes: int) -> int:
    """Make changes in a location and close it; returns the last version."""
    location = opened(path)
    try:
        *_, version = run(location, changes)
    finally:
        location.close()
    return version


def test_a_location_gives_back_what_it_was_given(tmp_path: Path) -> None:
    assert written(tmp_path / "l", 30) == 30
    location = opened(tmp_path / "l")
    assert set(location.quads()) == contents(30)
    assert (location.state.version, location.state.count) == (30, len(contents(30)))
    assert [change.version for change in location.versions()] == list(range(31))
    name = location.name
    location.close()
    assert written(tmp_path / "l", 5) == 35
    location = opened(tmp_path / "l")
    assert location.name == name
    location.close()


def test_the_first_start_fills_it_and_later_ones_read_it(tmp_path: Path) -> None:
    for folder, text in (("o", ":p a :Q ."), ("d", ":a :size 1.50 . _:b :size 007 , 7 .")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.ttl").write_text(f"@prefix : <http://e/> . {text}")
    location = opened(tmp_path / "l")
    assert location.is_empty
    build = partial(
        KnowledgeGraph.build, ontology=tmp_path / "o", data=tmp_path / "d", base="http://z/"
    )
    graph = build(location=location)
    first = set(graph.asserted)
    graph.apply(graph.delta("CREATE GRAPH <http://z/graph/empty>"))
    state = graph.state
    location.close()
    (tmp_path / "d/x.ttl").write_text("@prefix : <http://e/> . :other :than :before .")
    location = opened(tmp_path / "l")
    graph = build(location=location)
    assert set(graph.asserted) == first
    assert "http://z/graph/empty" in graph.graphs()
    assert (graph.version, graph.state) == (1, state)
    assert [change.version for change in graph.versions()] == [0, 1]
    location.close()


def test_a_second_process_is_told_that_it_is_in_use(tmp_path: Path) -> None:
    location = opened(tmp_path / "l")
    command = [sys.executable, "-m", "tests.store.writing", str(tmp_path / "l")]
    found = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert f"in use by another process (process {os.getpid()})" in found.stderr
    location.close()


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(StorageError, match=r"thesis\.txt"):
        opened(tmp_path)
    with pytest.raises(MissingPathError):
        Location.open(tmp_path / "none", create=False)


def test_a_crash_while_filling_leaves_nothing(tmp_path: Path) -> None:
    location = opened(tmp_path / "l")

    def failing() -> Iterator[tuple[Quad, tuple[Quad, ...]]]:
        quad = next(iter(contents(0)))
        yield quad, (quad,)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        location.seed(failing())
    location.close()
    assert written(tmp_path / "l", 1) == 1


def test_orphans_of_a_bulk_load_are_removed(tmp_path: Path) -> None:
    written(tmp_path / "l", 1)
    orphan = tmp_path / "l/store/bulk-123.sst"
    orphan.write_bytes(b"?")
    opened(tmp_path / "l").close()
    assert not orphan.exists()


@pytest.mark.parametrize("checkpoint_bytes", [1 << 30, 20_000], ids=["never", "often"])
def test_a_power_cut_loses_nothing_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checkpoint_bytes: int
) -> None:
    """Files are cut back to what was synced; RocksDB's log, which nobody syncs, anywhere."""
    monkeypatch.setattr(location_module, "CHECKPOINT_BYTES", checkpoint_bytes)
    synced: dict[str, int] = {}

    def noting(sync: object) -> object:
        def note(descriptor: int) -> None:
            sync(descriptor)  # type: ignore[operator]
            path = Path(f"/proc/self/fd/{descriptor}").readlink()
            # A file written whole beside its name has the name by the time it counts.
            synced[str(path).removesuffix(".new")] = os.fstat(descriptor).st_size

        return note

    monkeypatch.setattr(os, "fsync", noting(os.fsync))
    monkeypatch.setattr(os, "fdatasync", noting(os.fdatasync))
    chance = random.Random(1)
    location = opened(tmp_path / "l")
    for version in run(location, 60):
        if version % 4:
            continue
        cut = tmp_path / f"cut{version}"
        _copy_as_it_is(tmp_path / "l", cut)
        for path in [cut / "journal", cut / "versions.jsonl"]:
            was = tmp_path / "l" / path.name
            os.truncate(path, min(path.stat().st_size, synced.get(str(was), 0)))
        for log in (cut / "store").glob("*.log"):
            os.truncate(log, chance.randint(0, log.stat().st_size))
        after = opened(cut)
        assert after.state.version == version
        assert set(after.quads()) == contents(version)
        after.close()
        shutil.rmtree(cut)
    location.close()


def _copy_as_it_is(folder: Path, target: Path) -> None:
    """Copy a folder at one moment, though RocksDB tidies up in the background."""
    while True:
        before = _listing(folder)
        try:
            shutil.copytree(folder, target)
        except shutil.Error:
            before = {}
        if before == _listing(folder):
            return
        shutil.rmtree(target)


def _listing(folder: Path) -> dict[Path, tuple[int, int]]:
    found = {}
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            found[path] = (path.stat().st_size, path.stat().st_mtime_ns)
    return found


def test_a_record_that_was_cut_short_was_not_acknowledged(tmp_path: Path) -> None:
    location = opened(tmp_path / "l")
    *_, version = run(location, 7)
    shutil.copytree(tmp_path / "l", tmp_path / "cut")
    location.close()
    journal = tmp_path / "cut/journal"
    with journal.open("ab") as stream:
        stream.write(b'#{"version": 8, "time"')
    after = opened(tmp_path / "cut")
    assert after.state.version == version
    after.close()


def test_a_tail_that_was_not_synced_is_cut_at_any_byte(tmp_path: Path) -> None:
    """A power cut may leave any part of what was written behind the last sync."""
    location = opened(tmp_path / "l")
    *_, version = run(location, 4)
    graph = KnowledgeGraph(location.quads(), base="http://z/")
    graph.keep_in(location)
    synced = (tmp_path / "l/journal").stat().st_size
    ends = [synced]
    states = [set(graph.asserted)]
    for number in range(3):
        graph.apply(graph.delta(f"INSERT DATA {{ <x:{number}> <x:p> '{number}' }}"), sync=False)
        ends.append((tmp_path / "l/journal").stat().st_size)
        states.append(set(graph.asserted))
    shutil.copytree(tmp_path / "l", tmp_path / "before")
    location.close()
    record_ends = {end + step for end in ends for step in (-1, 0, 1)}
    for length in range(synced, ends[-1] + 1):
        whole = sum(end <= length for end in ends) - 1
        journal_file = tmp_path / "journal"
        shutil.copy(tmp_path / "before/journal", journal_file)
        os.truncate(journal_file, length)
        journal = Journal(journal_file)
        found = [state.version for state, _ in journal.records() if state.version > version]
        assert found == list(range(version + 1, version + 1 + whole))
        assert journal.size == ends[whole]
        journal.close()
        if length in record_ends:  # opening all of it takes a hundred times as long
            cut = tmp_path / f"cut{length}"
            shutil.copytree(tmp_path / "before", cut)
            os.truncate(cut / "journal", length)
            after = opened(cut)
            assert after.state.version == version + whole
            assert set(after.quads()) == states[whole]
            after.close()


def test_killing_the_writer_loses_nothing(tmp_path: Path) -> None:
    tally = kill_many(tmp_path / "l", kills=int(os.environ.get("ETOWN_KILLS", "20")), seed=7)
    assert (tally.lost, tally.torn) == (0, 0)
    assert tally.acknowledged > tally.kills


# Damage


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A copy of a location in use, so that the journal has something."""
    written(tmp_path / "l", 20)
    location = opened(tmp_path / "l")
    for _ in run(location, 10):
        pass
    shutil.copytree(tmp_path / "l", tmp_path / "copy")
    location.close()
    return tmp_path / "copy"


def _flip(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 0x40
    path.write_bytes(content)


def test_a_flipped_bit_in_the_journal_is_noticed(damaged: Path) -> None:
    _flip(damaged / "journal", 200)
    with pytest.raises(StorageError, match="damaged"):
        verify(damaged)


def test_logs_that_were_taken_away_are_noticed(damaged: Path) -> None:
    (damaged / "journal").unlink()
    for log in (damaged / "store").glob("*.log"):
        log.unlink()
    with pytest.raises(StorageError, match="version 30 was acknowledged"):
        verify(damaged)


@pytest.mark.parametrize("part", [3, 5, 7])
def test_a_flipped_bit_in_the_store_is_noticed(damaged: Path, part: int) -> None:
    """In every table of RocksDB: one order of the quads is enough to read them all."""
    for table in (damaged / "store").glob("*.sst"):
        _flip(table, table.stat().st_size // part)
    with pytest.raises(StorageError, match="damaged"):
        verify(damaged)


def test_a_quad_that_somebody_took_out_is_noticed(damaged: Path) -> None:
    from pyoxigraph import Store

    verify(damaged)
    store = Store(damaged / "store")
    store.remove(next(iter(store.quads_for_pattern(None, NamedNode("http://z/p"), None, None))))
    del store
    with pytest.raises(StorageError, match="had 1"):
        verify(damaged)


def test_a_list_of_versions_that_was_damaged_is_noticed(damaged: Path) -> None:
    _flip(damaged / "versions.jsonl", 0)
    with pytest.raises(StorageError, match=r"versions\.jsonl"):
        verify(damaged)


# Room


def test_below_the_reserve_nothing_is_written_and_reading_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = Location.open(tmp_path / "l", reserve_bytes=1 << 20)
    for _ in run(location, 3):
        pass
    graph = KnowledgeGraph(location.quads(), base="http://z/")
    graph.keep_in(location)
    real = os.statvfs(tmp_path)
    little = os.statvfs_result((*real[:3], 10, 10, *real[5:]))
    with monkeypatch.context() as patch:
        patch.setattr(os, "statvfs", lambda path: little)
        with pytest.raises(DiskFullError, match="reserve"):
            graph.apply(graph.delta("INSERT DATA { <a:a> <a:b> 1 }"))
        assert set(graph.asserted) == contents(3)
        assert graph.query("ASK { ?s ?p ?o }").boolean
    assert graph.apply(graph.delta("INSERT DATA { <a:a> <a:b> 1 }")).version == 4
    location.close()


def _fill(path: Path) -> None:
    """Write a file until no block is free."""
    with path.open("wb", buffering=0) as stream:
        try:
            while True:
                stream.write(bytes(1 << 12))
        except OSError as error:
            assert error.errno == errno.ENOSPC  # noqa: PT017


def test_changes_that_share_a_sync_are_kept_together_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = opened(tmp_path / "l")
    graph = KnowledgeGraph([Quad(NamedNode("x:s"), NamedNode("x:p"), NamedNode("x:o"))])
    graph.keep_in(location)
    syncs: list[int] = []

    def counted(descriptor: int) -> None:
        syncs.append(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", counted)
        for number in range(3):
            graph.apply(graph.delta(f"INSERT DATA {{ <x:a> <x:b> {number} }}"), sync=False)
        assert syncs == []
        graph.sync()
        assert len(syncs) == 1
    length = (tmp_path / "l" / "journal").stat().st_size

    def failing(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    for number in range(3, 5):
        graph.apply(graph.delta(f"INSERT DATA {{ <x:a> <x:b> {number} }}"), sync=False)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", failing)
        with pytest.raises(StorageError, match="Input/output"):
            graph.sync()
    assert location.state.version == 3
    assert (tmp_path / "l" / "journal").stat().st_size == length
    location.close()
    again = opened(tmp_path / "l")
    assert again.state.version == 3
    assert len(list(again.quads())) == 4
    again.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a small file system can only be mounted by the administrator")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_refuses_changes_until_there_is_room(small_disk: Path) -> None:
    location = opened(small_disk / "l")
    *_, version = run(location, 5)
    graph = KnowledgeGraph(location.quads(), base="http://z/")
    graph.keep_in(location)
    ballast = small_disk / "ballast"
    _fill(ballast)
    refused = 0
    for number in range(20):
        name = NamedNode(f"http://z/refused/{number}")
        try:
            graph.apply(Delta(inserted=frozenset({Quad(name, name, name)})))
        except DiskFullError:
            refused += 1
    assert refused
    kept = set(graph.asserted)
    assert graph.query("ASK { ?s ?p ?o }").boolean
    ballast.unlink()
    graph.apply(graph.delta("INSERT DATA { <a:a> <a:b> 1 }"))
    assert graph.version == version + 21 - refused
    location.close()
    again = opened(small_disk / "l")
    assert len(set(again.quads())) == len(kept) + 1
    assert again.state.version == graph.version
    again.close()


# Backups


def test_a_backup_is_a_location_of_that_moment(tmp_path: Path) -> None:
    location = opened(tmp_path / "l")
    for version in run(location, 20):
        if version == 12:
            location.backup(tmp_path / "b")
    with pytest.raises(StorageError, match="exists"):
        location.backup(tmp_path / "b")
    location.close()
    assert verify(tmp_path / "b").version == 12
    assert restore(tmp_path / "b", tmp_path / "r").version == 12
    after = opened(tmp_path / "r")
    assert set(after.quads()) == contents(12)
    after.close()
    assert written(tmp_path / "r", 3) == 15
    assert verify(tmp_path / "b").version == 12
    with pytest.raises(StorageError, match="not empty"):
        restore(tmp_path / "b", tmp_path / "r")


def test_a_damaged_backup_is_not_restored(tmp_path: Path) -> None:
    location = opened(tmp_path / "l")
    for _ in run(location, 3):
        pass
    location.backup(tmp_path / "b")
    location.close()
    (tmp_path / "b/versions.jsonl").write_text("{}\n")
    with pytest.raises(StorageError):
        restore(tmp_path / "b", tmp_path / "r")
    assert not (tmp_path / "r").exists()
