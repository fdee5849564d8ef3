"""The command as a whole: help, options, exit codes, errors without tracebacks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from etown_kg import __version__
from etown_kg.cli import COMMANDS
from tests.cli.conftest import Run

NAMES = sorted(COMMANDS)


def test_the_commands_are_those_of_the_documentation() -> None:
    assert NAMES == [
        "backup", "build", "check", "diff", "explain", "export", "links", "locate", "push",
        "query", "reason", "restore", "serve", "token", "validate",
    ]  # fmt: skip


@pytest.mark.parametrize("name", [None, *NAMES])
def test_help_has_examples(run: Run, name: str | None) -> None:
    result = run(*([name] if name else []), "--help")
    assert result.exit_code == 0
    assert "Examples:" in result.output
    assert f"etown-kg {name or ''}".strip() in result.output.split("Examples:")[1]


def test_version(run: Run) -> None:
    assert run("--version").output == f"etown-kg {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("query", "--format", "nonsense", "ASK {}"),
        ("serve", "--port", "eighty"),
        ("serve", "--port", "0"),
        ("--base", "no-iri", "build"),
        ("check", "--profile", "el"),
        ("locate", "only-one"),
        ("--reasoner", "nonsense", "build"),
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_wrong_usage_ends_with_two(run: Run, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", ["build", "validate", "check", "export", "serve"])
@pytest.mark.parametrize("option", ["--ontology", "--data"])
def test_a_missing_folder_is_one_clear_message(
    run: Run, zoo: Path, command: str, option: str
) -> None:
    folders = {"--ontology": zoo / "ontology", "--data": zoo / "data", option: zoo / "nowhere"}
    options = [part for pair in folders.items() for part in pair]
    port = ("--port", "1") if command == "serve" else ()
    result = run(*options, command, *((("--port", str(free_port()))) if port else ()))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"error: {zoo / 'nowhere'}: not found")
    assert "Traceback" not in result.stderr


def free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def test_a_syntax_error_names_file_line_and_column(
    run: Run, zoo: Path, on_zoo: tuple[str, ...]
) -> None:
    broken = zoo / "data" / "broken.ttl"
    broken.write_text("@prefix : <http://zoo.example/> .\n:eel a :Fish ;; :weight .\n")
    result = run(*on_zoo, "query", "ASK {}")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"error: {broken}:2:")


def test_settings_come_from_the_environment_and_options_win(
    run: Run, zoo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETOWN_ONTOLOGY", str(zoo / "ontology"))
    monkeypatch.setenv("ETOWN_DATA", str(zoo / "nowhere"))
    assert run("build").exit_code == 1
    assert run("build", "--data", zoo / "data").exit_code == 0
    assert run("--data", zoo / "data", "build").exit_code == 0


def test_a_wrong_variable_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETOWN_PORT", "many")
    result = run("build")
    assert result.exit_code == 2
    assert "ETOWN_PORT: 'many' is not a whole number" in result.stderr


def test_a_reader_that_leaves_is_no_error(zoo: Path, on_zoo: tuple[str, ...]) -> None:
    numbers = " ".join(map(str, range(20_000)))
    query = zoo / "long.rq"
    query.write_text(f"SELECT ?n WHERE {{ VALUES ?n {{ {numbers} }} }}")
    for format in ("table", "csv"):
        process = subprocess.Popen(
            [sys.executable, "-c", "from etown_kg.cli import main; main()", *on_zoo,
             "query", "--no-infer", "--format", format, f"@{query}"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        process.stderr.close()
        process.wait(timeout=60)
