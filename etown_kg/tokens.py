"""Bearer tokens: who may read and write which graphs (RFC 6750).

A token is 256 random bits. The file has its SHA-256 only, so that who reads the file cannot use
it; a slow hash protects words that can be guessed, and this cannot. The file is written whole,
by a rename, and only its owner may read it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

from etown_kg.errors import SettingError, StorageError

# Makes a token that leaked recognisable to whoever searches for it.
PREFIX: Final = "etown_"
_SECRET_BYTES: Final = 32
FILE_NAME: Final = "tokens.json"


@dataclass(frozen=True)
class Token:
    """What a token allows; the token itself is known to nobody but its bearer.

    `may_write` are IRIs of graphs, ``default`` for the unnamed one; None is all graphs and () is
    none. `may_read` are the same, beside what all may read; what may be written may be read.
    """

    name: str
    digest: str
    created: str
    may_write: tuple[str, ...] | None = ()
    may_read: tuple[str, ...] | None = ()


class Tokens:
    """The tokens of one file, read again whenever the file has changed.

    >>> import tempfile
    >>> tokens = Tokens(Path(tempfile.mkdtemp()) / "tokens.json")
    >>> secret = tokens.create("ci", may_write=None)
    >>> tokens.find(secret).name
    'ci'
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_at: tuple[int, int, int] | None = None
        self._tokens: tuple[Token, ...] = ()

    @classmethod
    def open(cls, path: Path) -> Tokens:
        """The tokens of a file that need not exist yet.

        Raises:
            StorageError: the file is not one of tokens, or others may read it.
        """
        tokens = cls(path)
        tokens.all()
        return tokens

    def all(self) -> tuple[Token, ...]:
        """All tokens, oldest first.

        Raises:
            StorageError: the file is not one of tokens, or others may read it.
        """
        try:
            found = self.path.stat()
        except FileNotFoundError:
            self._read_at, self._tokens = None, ()
            return ()
        read_at = (found.st_mtime_ns, found.st_size, found.st_ino)
        if read_at != self._read_at:
            if found.st_mode & 0o077:
                raise StorageError(
                    f"{self.path}: others may read it", hint=f"chmod 600 {self.path}"
                )
            self._tokens = tuple(_read(self.path))
            self._read_at = read_at
        return self._tokens

    def find(self, secret: str) -> Token | None:
        """What a bearer's token allows; None if it is unknown or revoked.

        Takes the same time for every wrong token.
        """
        digest = _digest(secret)
        found = None
        for token in self.all():
            if hmac.compare_digest(token.digest, digest):
                found = token
        return found

    def create(
        self,
        name: str,
        *,
        may_write: Iterable[str] | None = (),
        may_read: Iterable[str] | None = (),
    ) -> str:
        """Make a token and return it; it cannot be shown again.

        Raises:
            SettingError: the name is taken, or empty.
        """
        known = self.all()
        if not name or any(token.name == name for token in known):
            raise SettingError("name", f"{name!r} is taken or empty", hint="choose another")
        secret = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        created = datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
        token = Token(
            name,
            _digest(secret),
            created,
            None if may_write is None else tuple(may_write),
            None if may_read is None else tuple(may_read),
        )
        self._write([*known, token])
        return secret

    def revoke(self, name: str) -> None:
        """Forget a token; from now on it is unknown.

        Raises:
            SettingError: there is none of that name.
        """
        known = self.all()
        left = [token for token in known if token.name != name]
        if len(left) == len(known):
            raise SettingError("name", f"no token {name!r}", hint="etown-kg token list")
        self._write(left)

    def _write(self, tokens: Iterable[Token]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        # Created for its owner alone: no moment in which others could read it.
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                json.dump({"tokens": [asdict(token) for token in tokens]}, stream, indent=1)
                stream.flush()
                os.fsync(stream.fileno())
            fresh.rename(self.path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise


def file_of(location: Path | None = None, file: Path | None = None) -> Path:
    """The file of tokens that is meant: the one named, the location's, or the user's own."""
    if file is not None:
        return file
    if location is not None:
        return location / FILE_NAME
    home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(home) / "etown-kg" / FILE_NAME


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _graphs(entry: list[str] | None) -> tuple[str, ...] | None:
    return None if entry is None else tuple(entry)


def _read(path: Path) -> list[Token]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["tokens"]
        return [
            Token(
                entry["name"],
                entry["digest"],
                entry["created"],
                _graphs(entry["may_write"]),
                # Files from before there were private graphs have none.
                _graphs(entry.get("may_read", ())),
            )
            for entry in entries
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{path}: not a file of tokens: {error}") from error
