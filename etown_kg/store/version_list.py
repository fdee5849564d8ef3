"""The list of versions: a line of JSON for each state that a location was ever in.

A witness beside the store and its journal: what was acknowledged once is listed, so that its
loss is noticed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from etown_kg.store import disk
from etown_kg.store.journal import State

NAME: Final = "versions.jsonl"

_log = logging.getLogger(__name__)


class VersionList:
    """The file in a location's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / NAME

    def read(self) -> list[State]:
        """The states listed; a last line that was cut short is left out.

        Raises:
            StorageError: another line cannot be read.
        """
        try:
            lines = self._path.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return []
        states: list[State] = []
        for number, line in enumerate(lines, start=1):
            try:
                states.append(State.from_json(line))
            except ValueError as error:
                if number < len(lines):
                    raise disk.damaged(self._folder, f"{NAME}, line {number}") from error
        return states

    def append(self, state: State) -> None:
        """List one more. Not synced: the journal has the same, and opening completes the list."""
        try:
            with self._path.open("a", encoding="utf-8") as stream:
                stream.write(state.to_json() + "\n")
        except OSError as error:
            _log.warning("%s: %s lags behind: %s", self._folder, NAME, error)

    def write(self, states: Sequence[State]) -> None:
        """List these and no others; the disk has all of it, or the list that was there."""
        fresh = self._folder / f"{NAME}.new"
        with fresh.open("w", encoding="utf-8") as stream:
            stream.writelines(state.to_json() + "\n" for state in states)
        disk.sync(fresh)
        fresh.rename(self._path)
        disk.sync(self._folder)

    def sync(self) -> None:
        """Wait until the disk has all that was listed."""
        disk.sync(self._path)
