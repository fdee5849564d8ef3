"""``etown-kg backup`` and ``etown-kg restore``: copies of a location that were looked at."""

from __future__ import annotations

from pathlib import Path

import click

from etown_kg.cli.console import step
from etown_kg.errors import StorageError
from etown_kg.store import SERVED_BY, Location, State, verify
from etown_kg.store import restore as restore_location

_FOLDER = click.Path(path_type=Path, file_okay=False)
_location = click.option(
    "--location", type=_FOLDER, required=True, metavar="DIR", envvar="ETOWN_LOCATION",
    help="the location that a server keeps its graph in",
)  # fmt: skip


@click.command(
    epilog="""\b
Examples:
  etown-kg backup /backups/monday --location /var/lib/etown
"""
)
@click.argument("target", type=_FOLDER)
@_location
def backup(target: Path, location: Path) -> None:
    """Copy a location to the folder TARGET, which must not exist.

    A server may be running on it: then the server makes the copy, between two updates. The copy
    is opened and read from end to end before it is called good.
    """
    with step(f"Copying {location}"):
        try:
            opened = Location.open(location, create=False)
        except StorageError:
            _ask_server(location, target)
        else:
            try:
                opened.backup(target)
            finally:
                opened.close()
    with step(f"Reading {target}"):
        _say(target, verify(target))


@click.command(
    epilog="""\b
Examples:
  etown-kg restore /backups/monday --location /var/lib/etown
"""
)
@click.argument("backup", type=_FOLDER)
@_location
def restore(backup: Path, location: Path) -> None:
    """Make a location of a backup; DIR must not exist, or be empty.

    The backup is read from end to end first, and stays as it is.
    """
    with step(f"Restoring {location}"):
        _say(location, restore_location(backup, location))


def _ask_server(location: Path, target: Path) -> None:
    """Let the server that has the location make the copy.

    Raises:
        StorageError: no server says that it has it.
        UnavailableError: the server does not answer.
    """
    try:
        folder = Path((location / SERVED_BY).read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        folder = Path()
    if not folder.is_absolute() or not folder.is_dir():
        raise StorageError(
            f"{location}: in use, and not by a server that can be asked",
            hint="stop the process that has it, or wait until it has ended",
        )
    # Here, not at the top: sockets and threads, for the one case that needs a server.
    from etown_kg.backend.client import connect
    from etown_kg.backend.limits import Limits

    backend = connect(folder, Limits())
    try:
        backend.backup(str(target.resolve()))
    finally:
        backend.close()


def _say(folder: Path, state: State) -> None:
    click.echo(f"{folder}: version {state.version} of {state.time}, {state.count:,} statements")
