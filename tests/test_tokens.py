"""Tokens: known by their hash, kept for their owner alone, gone when revoked."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from etown_kg.errors import SettingError, StorageError
from etown_kg.tokens import PREFIX, Token, Tokens, file_of


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return Tokens.open(tmp_path / "tokens.json")


def test_a_token_is_found_by_its_secret_and_by_nothing_else(tokens: Tokens) -> None:
    secret = tokens.create("ci", may_write=None)
    other = tokens.create("reader")
    found = tokens.find(secret)
    assert isinstance(found, Token)
    assert (found.name, found.may_write) == ("ci", None)
    reader = tokens.find(other)
    assert isinstance(reader, Token)
    assert reader.may_write == ()
    for wrong in ("", secret[:-1], secret + "x", secret.upper(), found.digest, "\udcff", "ci"):
        assert tokens.find(wrong) is None


def test_secrets_are_long_and_all_different(tokens: Tokens) -> None:
    secrets = {tokens.create(f"t{number}") for number in range(20)}
    assert len(secrets) == 20
    assert all(len(secret) >= len(PREFIX) + 43 for secret in secrets)  # 256 bits in base64


def test_the_file_has_no_secret_and_is_for_its_owner(tokens: Tokens) -> None:
    secret = tokens.create("ci")
    text = tokens.path.read_text()
    assert secret not in text
    assert secret.removeprefix(PREFIX) not in text
    assert stat.S_IMODE(tokens.path.stat().st_mode) == 0o600
    assert list(tokens.path.parent.iterdir()) == [tokens.path]


def test_scopes_are_kept(tokens: Tokens) -> None:
    secret = tokens.create("news", may_write=["http://z/b", "default"], may_read=["http://z/c"])
    found = Tokens.open(tokens.path).find(secret)
    assert isinstance(found, Token)
    assert found.may_write == ("http://z/b", "default")
    assert found.may_read == ("http://z/c",)
    everything = Tokens.open(tokens.path).find(tokens.create("auditor", may_read=None))
    assert isinstance(everything, Token)
    assert everything.may_read is None


def test_a_file_from_before_private_graphs_is_read(tokens: Tokens) -> None:
    secret = tokens.create("ci", may_write=None)
    entries = json.loads(tokens.path.read_text())
    del entries["tokens"][0]["may_read"]
    tokens.path.write_text(json.dumps(entries))
    found = Tokens.open(tokens.path).find(secret)
    assert isinstance(found, Token)
    assert (found.may_read, found.may_write) == ((), None)


def test_a_running_server_notices_what_is_created_and_revoked(tokens: Tokens) -> None:
    server = Tokens.open(tokens.path)
    secret = tokens.create("ci")
    assert server.find(secret)
    tokens.revoke("ci")
    assert server.find(secret) is None
    tokens.path.unlink()
    assert server.all() == ()


def test_names_are_unique_and_known(tokens: Tokens) -> None:
    tokens.create("ci")
    with pytest.raises(SettingError, match="taken"):
        tokens.create("ci")
    with pytest.raises(SettingError, match="no token"):
        tokens.revoke("other")


def test_a_file_that_others_may_read_is_refused(tokens: Tokens) -> None:
    tokens.create("ci")
    tokens.path.chmod(0o644)
    with pytest.raises(StorageError, match="others"):
        Tokens.open(tokens.path)


@pytest.mark.parametrize("text", ["", "[]", '{"tokens": [{"name": "x"}]}', '{"tokens": 1}'])
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "tokens.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(StorageError, match="not a file of tokens"):
        Tokens.open(path)


def test_the_file_that_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert file_of(tmp_path, tmp_path / "f") == tmp_path / "f"
    assert file_of(tmp_path) == tmp_path / "tokens.json"
    assert file_of() == tmp_path / "config/etown-kg/tokens.json"


def test_an_interrupted_write_leaves_the_file_as_it_was(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tokens.create("ci")

    def failing(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(json, "dump", failing)
        with pytest.raises(OSError, match="space"):
            tokens.create("other")
    assert tokens.find(secret)
    assert list(tokens.path.parent.iterdir()) == [tokens.path]
