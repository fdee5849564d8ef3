"""The other store that the settings name, for `serve` and `push`."""

from __future__ import annotations

from pathlib import Path

from etown_kg.backend.limits import Limits
from etown_kg.backend.remote import RemoteBackend
from etown_kg.backend.sparql_store import Addresses, SparqlStore
from etown_kg.config import Settings, shipped
from etown_kg.errors import MissingPathError, SettingError
from etown_kg.figures.reading import figures_query


def remote_store(settings: Settings) -> SparqlStore:
    """The store at the addresses of the settings.

    Raises:
        MissingPathError, SettingError: the file with the authorization cannot be used.
    """
    file = settings.backend_authorization
    return SparqlStore(
        Addresses(
            settings.backend or "",
            settings.backend_update or "",
            settings.backend_graphs or "",
            _authorization(file) if file is not None else "",
        )
    )


def remote_backend(settings: Settings, limits: Limits) -> RemoteBackend:
    """The backend around that store."""
    return RemoteBackend(
        remote_store(settings),
        limits,
        base=settings.base,
        is_union=settings.default_graph == "union",
        fresh_s=settings.backend_fresh_s,
        figures_query=figures_query(settings.ontology or shipped()[0]),
    )


def _authorization(file: Path) -> str:
    """The value of the header: one line, as ``Basic dXNlcjpwYXNz`` or ``Bearer TOKEN``."""
    try:
        value = file.read_text(encoding="ascii").strip()
    except FileNotFoundError as error:
        raise MissingPathError(file, "the value of the header Authorization") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError("backend_authorization", f"{file} cannot be read: {error}") from error
    scheme, _, credentials = value.partition(" ")
    if not scheme or not credentials or not value.isprintable():
        raise SettingError(
            "backend_authorization",
            f"{file} has no value of the header Authorization",
            hint="one line: a scheme, a space, the credentials, as Bearer TOKEN",
        )
    return value
