"""``etown-kg token``, ``backup`` and ``restore`` as a person uses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from etown_kg.graph import KnowledgeGraph
from etown_kg.store import Location
from etown_kg.tokens import Token, Tokens
from tests.cli.conftest import Run


@pytest.fixture
def location(zoo: Path, tmp_path: Path) -> Path:
    """A location with the zoo in it, closed."""
    opened = Location.open(tmp_path / "location", reserve_bytes=0)
    graph = KnowledgeGraph.load(ontology=zoo / "ontology", data=zoo / "data", location=opened)
    graph.apply(graph.delta("INSERT DATA { <http://z/a> <http://z/p> 1.50 }"))
    opened.close()
    return tmp_path / "location"


@pytest.mark.parametrize("place", ["before", "behind", "variable"])
def test_a_token_is_printed_alone_on_the_last_line(
    run: Run, tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = ("--location", tmp_path)
    if place == "before":
        result = run("token", *named, "create", "--write")
    elif place == "behind":
        result = run("token", "create", "--write", *named)
    else:
        monkeypatch.setenv("ETOWN_LOCATION", str(tmp_path))
        result = run("token", "create", "--write")
    assert result.exit_code == 0
    found = Tokens.open(tmp_path / "tokens.json").find(result.stdout.splitlines()[-1])
    assert isinstance(found, Token)
    assert found.may_write is None


def test_a_token_without_write_may_write_nothing(run: Run, tmp_path: Path) -> None:
    file = ("--tokens", tmp_path / "t.json")
    secret = run("token", "create", "reader", *file).stdout.splitlines()[-1]
    graph = "http://z/graph/g"
    narrow = run("token", "create", "narrow", "--write-graph", graph, *file)
    tokens = Tokens.open(tmp_path / "t.json")
    reader, writer = tokens.find(secret), tokens.find(narrow.stdout.splitlines()[-1])
    assert isinstance(reader, Token)
    assert isinstance(writer, Token)
    assert (reader.may_write, writer.may_write) == ((), (graph,))


@pytest.mark.parametrize(
    ("options", "name", "may_read", "may_write"),
    [
        (["--write"], "token-1", (), None),
        (["--write", "ci"], "ci", (), None),
        (["ci", "--write"], "ci", (), None),
        (["--read"], "token-1", None, ()),
        (["ci", "--read", "x:a", "--read", "default"], "ci", ("x:a", "default"), ()),
        (["--read", "x:a", "--write", "x:b", "ci"], "ci", ("x:a",), ("x:b",)),
        (["--read", "--write", "x:b"], "token-1", None, ("x:b",)),
        (["--read", "all", "ci"], "ci", None, ()),
    ],
)  # fmt: skip
def test_a_token_is_for_the_graphs_that_are_named(
    run: Run,
    tmp_path: Path,
    options: list[str],
    name: str,
    may_read: tuple[str, ...] | None,
    may_write: tuple[str, ...] | None,
) -> None:
    result = run("token", "create", *options, "--tokens", tmp_path / "t.json")
    found = Tokens.open(tmp_path / "t.json").find(result.stdout.splitlines()[-1])
    assert isinstance(found, Token)
    assert (found.name, found.may_read, found.may_write) == (name, may_read, may_write)


def test_a_token_has_one_name(run: Run, tmp_path: Path) -> None:
    result = run("token", "create", "--write", "one", "two", "--tokens", tmp_path / "t.json")
    assert result.exit_code == 2
    assert "one is enough: two, one" in result.stderr


def test_tokens_are_listed_without_what_they_are_and_revoked(run: Run, tmp_path: Path) -> None:
    file = ("--tokens", tmp_path / "t.json")
    secret = run("token", "create", "ci", "--write", *file).stdout.splitlines()[-1]
    listed = run("token", "list", *file).stdout
    assert listed.startswith("ci\t")
    assert "write all graphs" in listed
    assert "read what all may" in listed
    assert secret not in listed
    assert run("token", "revoke", "ci", *file).exit_code == 0
    assert run("token", "list", *file).stdout == ""
    assert run("token", "revoke", "ci", *file).exit_code == 2


def test_a_backup_can_be_restored(run: Run, location: Path, tmp_path: Path) -> None:
    result = run("backup", tmp_path / "b", "--location", location)
    assert result.exit_code == 0, result.output
    assert "version 1 " in result.stdout
    result = run("restore", tmp_path / "b", "--location", tmp_path / "again")
    assert result.exit_code == 0, result.output
    restored = Location.open(tmp_path / "again", reserve_bytes=0)
    assert '"1.50"' in "".join(map(str, restored.quads()))
    restored.close()
    assert run("restore", tmp_path / "b", "--location", tmp_path / "again").exit_code == 1
    assert run("backup", tmp_path / "b", "--location", location).exit_code == 1


def test_a_location_that_nobody_can_be_asked_about_is_said_to_be_in_use(
    run: Run, location: Path, tmp_path: Path
) -> None:
    opened = Location.open(location, reserve_bytes=0)
    result = run("backup", tmp_path / "b", "--location", location)
    opened.close()
    assert result.exit_code == 1
    assert "in use" in result.stderr


def test_a_folder_without_a_location_cannot_be_backed_up(run: Run, tmp_path: Path) -> None:
    result = run("backup", tmp_path / "b", "--location", tmp_path / "none")
    assert result.exit_code == 1
    assert "not found" in result.stderr
    assert not (tmp_path / "none").exists()
