"""A location: a folder that keeps the asserted quads and loses no change it acknowledged.

    store/           an on-disk Oxigraph (RocksDB) with the quads
    journal          changes that the store may not have safely yet (`journal`)
    history          changes that were in the journal before, as far back as there is room
    versions.jsonl   a line for each state there ever was, behind the others in time
    LOCK             held by the one process that writes
    served-by        the folder of the sockets of the server that has it, if one has
    tokens.json      who may do what (`tokens`)

A change is *committed* once the journal has it on the disk: pyoxigraph does not sync its own log.
The store gets it afterwards; opening brings the store up to the journal. The journal is cleared
when the store has flushed everything (`CHECKPOINT_BYTES`). The store numbers its state, the
journal numbers its changes, and the list of versions is a third witness: where the three and the
checksum of the quads do not agree, something was damaged or taken away, and opening says so
rather than serve less than was acknowledged.

In the store, two graphs of their own beside the quads: ``urn:x-etown:state`` has its version,
``urn:x-etown:as-written`` the text of literals that Oxigraph spells in its own way (`spelling`).
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

from pyoxigraph import Quad, Store

from etown_kg.changes import Change
from etown_kg.errors import DiskFullError, MissingPathError, StorageError
from etown_kg.store import disk, kept, version_list
from etown_kg.store.checksum import SCHEME, changed
from etown_kg.store.delta import Delta, GraphName, batches
from etown_kg.store.journal import Journal, State, records_in
from etown_kg.store.version_list import VersionList

# Below this much free room nothing is written; opening and flushing need some themselves.
RESERVE_BYTES: Final = 1 << 30
# The store is flushed, and the journal cleared, when the journal has grown to this.
CHECKPOINT_BYTES: Final = 16 << 20
# When the history has grown to this, it makes room for another, and the one before it goes.
HISTORY_BYTES: Final = 64 << 20
_HISTORIES: Final = ("history.old", "history")
# The file in which a server says where it can be asked.
SERVED_BY: Final = "served-by"

# What pyoxigraph raises when a disk or a file fails it.
_STORE_FAULTS: Final = (OSError, RuntimeError)

_log = logging.getLogger(__name__)


class Location:
    """An open location; `open` makes one. One process at a time may have it."""

    def __init__(self, path: Path, reserve_bytes: int) -> None:
        self.path = path
        self._reserve_bytes = reserve_bytes
        self._lock = disk.lock(path / "LOCK")
        self._store: Store | None = None
        self._journal: Journal | None = None
        self._versions = VersionList(path)
        self._state: State | None = None
        # What the journal has and the disk may not: the state before, the state, the change.
        self._unsynced: list[tuple[State, State, Delta]] = []
        self.name = ""

    @classmethod
    def open(
        cls, path: Path, *, reserve_bytes: int = RESERVE_BYTES, create: bool = True
    ) -> Location:
        """Open a folder, or make a new location of an empty one, to be filled by `seed`.

        Raises:
            MissingPathError: there is no location, and `create` is False.
            StorageError: another process has it, it is damaged, or it is something else.
        """
        if not create and not (path / "store").is_dir():
            raise MissingPathError(path, "a location", hint="etown-kg serve --location makes one")
        path.mkdir(parents=True, exist_ok=True)
        location = cls(path, reserve_bytes)
        try:
            location._recover()
        except BaseException:
            location.close()
            raise
        return location

    # Reading

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing yet, so that `seed` has to come first."""
        return self._store is None

    @property
    def state(self) -> State:
        """The present state."""
        if self._state is None:
            raise StorageError(f"{self.path}: empty; fill it first")
        return self._state

    @property
    def graphs(self) -> list[GraphName]:
        """The named graphs, also the empty ones."""
        return kept.graphs_of(self._opened())

    def quads(self) -> Iterator[Quad]:
        """All quads as they were written.

        Raises:
            StorageError: count or checksum are not those of the last change: damage.
        """
        state = self.state
        count = total = 0
        for batch in batches(self._read_quads()):
            count += len(batch)
            if state.scheme == SCHEME:
                total = changed(total, (), batch)
            yield from batch
        if count != state.count or (state.scheme == SCHEME and total != state.checksum):
            raise disk.damaged(
                self.path,
                f"version {state.version} had {state.count:,} quads; there are {count:,}"
                " or some are others",
            )

    def _read_quads(self) -> Iterator[Quad]:
        try:
            yield from kept.quads_of(self._opened())
        except _STORE_FAULTS as error:
            raise disk.damaged(self.path, str(error)) from error

    def quads_at(self, version: int) -> list[Quad]:
        """All quads as they were in a former version, by undoing what came after it.

        Raises:
            StorageError: there is no such version, or its changes are not kept any more.
        """
        quads = set(self.quads())
        changes = {state.version: delta for state, delta in self._kept_changes()}
        newest = self.state.version
        oldest = newest
        while oldest in changes:
            oldest -= 1
        if not oldest <= version <= newest:
            raise StorageError(
                f"{self.path}: version {version} is not kept",
                hint=f"kept: {oldest} to {newest}; older ones are in backups",
            )
        for number in range(newest, version, -1):
            quads -= changes[number].inserted
            quads |= changes[number].deleted
        return list(quads)

    def _kept_changes(self) -> Iterator[tuple[State, Delta]]:
        for name in _HISTORIES:
            yield from records_in(self.path / name)
        yield from self._opened_journal().records()

    def versions(self) -> list[Change]:
        """The changes that led here, oldest first."""
        return [
            Change(
                state.version,
                state.time,
                state.inserted,
                state.deleted,
                state.inferred_added,
                state.inferred_removed,
            )
            for state in self._versions.read()
        ]

    # Writing

    def seed(
        self, forms: Iterable[tuple[Quad, tuple[Quad, ...]]], graphs: Iterable[GraphName] = ()
    ) -> None:
        """Fill an empty location: all of it, or, after a crash, nothing.

        `forms` are quads as the store has them with how each was written (`Dataset.forms`).

        Raises:
            DiskFullError: there is no room.
        """
        if not self.is_empty:
            raise StorageError(f"{self.path}: not empty")
        disk.expect_room(self.path, self._reserve_bytes)
        fresh = self.path / "store.new"
        shutil.rmtree(fresh, ignore_errors=True)
        count = total = 0
        name = secrets.token_hex(8)
        try:
            store = Store(fresh)
            for batch in batches(forms):
                store.bulk_extend(kept.spelled(batch))
                written = [quad for _, each in batch for quad in each]
                count += len(written)
                total = changed(total, (), written)
            for graph in graphs:
                store.add_graph(graph)
            state = State(0, _now(), count, total, SCHEME, inserted=count)
            kept.begin(store, name)
            store.flush()
        except _STORE_FAULTS as error:
            raise disk.unwritable(fresh, error) from error
        del store
        self._versions.write([state])
        fresh.rename(self.path / "store")
        disk.sync(self.path)
        self._recover()

    def commit(self, delta: Delta, change: Change, writer: str = "", *, sync: bool = True) -> None:
        """Keep a change; when this returns, no crash loses it.

        Without `sync` that holds once the method of that name has returned: many changes then
        share a sync.

        Raises:
            DiskFullError: less than the reserve would be left free; nothing was changed.
            StorageError: the disk failed.
        """
        before = self.state
        lines = len(delta.deleted) + len(delta.inserted)
        disk.expect_room(self.path, self._reserve_bytes, lines * 512)
        state = State(
            change.version,
            change.time,
            before.count + len(delta.inserted) - len(delta.deleted),
            changed(before.checksum, delta.deleted, delta.inserted),
            SCHEME,
            change.inserted,
            change.deleted,
            change.inferred_added,
            change.inferred_removed,
            writer,
        )
        self._opened_journal().append(state, delta)
        self._unsynced.append((before, state, delta))
        self._state = state
        if sync:
            self.sync()

    def sync(self) -> None:
        """Wait until the disk has every change.

        Raises:
            DiskFullError, StorageError: it has none of those since the last time.
        """
        if not self._unsynced:
            return
        changes, self._unsynced = self._unsynced, []
        journal = self._opened_journal()
        try:
            journal.sync()
        except (StorageError, DiskFullError):
            self._state = changes[0][0]
            raise
        # From here on the changes are made: what fails now is mended at the next chance.
        try:
            for _, state, delta in changes:
                self._versions.append(state)
                if self._store is not None:
                    kept.carry_out(self._store, delta, state.version)
            if self._store is None:
                self._reopen()
            if journal.size > CHECKPOINT_BYTES:
                self.checkpoint()
        except (*_STORE_FAULTS, StorageError, DiskFullError) as error:
            # After a full disk an open RocksDB refuses to write for good; a new one does not.
            _log.warning("%s: the store lags behind its journal: %s", self.path, error)
            self._store = None

    def checkpoint(self) -> None:
        """Let the store write all it has to its files, and clear the journal."""
        if self._store is None:
            self._reopen()
        self._opened().flush()
        self._versions.sync()
        if self._journal is not None:
            self._keep_history(self._journal)
            self._journal.clear()

    def _keep_history(self, journal: Journal) -> None:
        """Keep what the journal has: of no use to the store, but it tells what changed when.

        Nothing depends on it, so a disk that has no room for it is no failure.
        """
        history, older = (self.path / name for name in reversed(_HISTORIES))
        try:
            if history.exists() and history.stat().st_size > HISTORY_BYTES:
                history.replace(older)
            with journal.path.open("rb") as source, history.open("ab") as target:
                shutil.copyfileobj(source, target)
        except OSError as error:
            _log.warning("%s: the history has a gap: %s", self.path, error)

    def backup(self, target: Path) -> None:
        """Copy the present state to a new folder, itself a location.

        Raises:
            StorageError: the folder is there already, or cannot be written.
        """
        if target.exists():
            raise StorageError(f"{target}: exists", hint="a backup needs a folder of its own")
        if self._store is None:
            self._reopen()
        try:
            target.mkdir(parents=True)
            self._opened().backup(target / "store")
            VersionList(target).write(self._versions.read())
            disk.sync(target)
        except _STORE_FAULTS as error:
            shutil.rmtree(target, ignore_errors=True)
            raise disk.unwritable(target, error) from error

    def close(self) -> None:
        """Flush and let go; the location can be opened again. What was not synced is not kept."""
        try:
            if self._store is not None and self._journal is not None and self._journal.size:
                self.checkpoint()
        except _STORE_FAULTS as error:
            _log.warning("%s: not flushed, the journal has it: %s", self.path, error)
        self._store = None
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    # Opening

    def _recover(self) -> None:
        """Open what is there and bring the store up to the journal."""
        shutil.rmtree(self.path / "store.new", ignore_errors=True)
        if not (self.path / "store").is_dir():
            self._refuse_strangers()
            return
        listed = self._versions.read()
        if not listed:
            raise disk.damaged(self.path, "versions.jsonl names no state")
        self._journal = Journal(self.path / "journal")
        self._reopen()
        try:
            reached = kept.version_of(self._opened())
        except _STORE_FAULTS as error:
            raise disk.damaged(self.path, str(error)) from error
        known = {state.version: state for state in listed}
        known.update((state.version, state) for state, _ in self._journal.records())
        newest = max(known)
        if newest > reached or reached not in known:
            raise disk.damaged(
                self.path,
                f"version {newest} was acknowledged; store and journal end at {reached}",
            )
        self._state = known[reached]
        if len(known) > len(listed):
            self._versions.write([known[version] for version in sorted(known)])

    def _reopen(self) -> None:
        """Open the store, and carry out what the journal has beyond it."""
        folder = self.path / "store"
        for orphan in folder.glob("bulk-*.sst"):
            orphan.unlink()  # what an interrupted bulk load leaves; no file of the store's own
        try:
            store = Store(folder)
        except _STORE_FAULTS as error:
            if "lock file" in str(error):  # and not the block of a table
                raise disk.in_use(self.path) from error
            raise disk.damaged(self.path, str(error)) from error
        if self._journal is not None:
            try:
                reached = kept.version_of(store)
                for state, delta in self._journal.records():
                    if state.version > reached:
                        kept.carry_out(store, delta, state.version)
            except _STORE_FAULTS as error:
                raise disk.unwritable(self.path, error) from error
        try:
            self.name = kept.name_of(store)
        except _STORE_FAULTS as error:
            raise disk.damaged(self.path, str(error)) from error
        self._store = store

    def _opened_journal(self) -> Journal:
        if self._journal is None:
            raise StorageError(f"{self.path}: empty or closed")
        return self._journal

    def _opened(self) -> Store:
        if self._store is None:
            raise StorageError(f"{self.path}: empty or closed")
        return self._store

    def _refuse_strangers(self) -> None:
        ours = {"LOCK", "tokens.json", "journal", version_list.NAME, SERVED_BY, *_HISTORIES}
        strangers = sorted(entry.name for entry in self.path.iterdir() if entry.name not in ours)
        if strangers:
            raise StorageError(
                f"{self.path}: no location, but not empty either ({strangers[0]})",
                hint="name an empty folder, or one that does not exist",
            )


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
