"""The guide to joining a table: its files, its commands and what it says they print."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.cli.test_serve import answer, server

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "joining.md").read_text(encoding="utf-8")
SERVER = "http://127.0.0.1:8000"
START = "etown-kg serve"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [content for name, content in BLOCKS if name == language]


def answers() -> list[tuple[str, str, str]]:
    """Each block of commands that a block of output follows, with the output's language."""
    return [
        (command, language, output)
        for (name, command), (language, output) in pairwise(BLOCKS)
        if name == "sh" and language in ("json", "csv") and command.strip() != START
    ]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The server of the guide, on a free port."""
    with server(*START.split()[1:]) as (_, address):
        answer(f"{address}/health")
        yield address


@pytest.fixture(scope="module")
def workplace(address: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a reader has it who saved the guide's files."""
    folder = tmp_path_factory.mktemp("joining")
    (folder / "zones.csv").write_text(blocks("csv")[0], encoding="utf-8")
    (program,) = blocks("python")
    (folder / "join.py").write_text(program.replace(SERVER, address), encoding="utf-8")
    return folder


def run(command: str, address: str, folder: Path) -> str:
    """What a block of commands prints; python3 is the one that runs the tests."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command.replace(SERVER, address)],
        cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.mark.parametrize(("command", "language", "output"), answers())
def test_a_command_prints_what_the_guide_says(
    address: str, workplace: Path, command: str, language: str, output: str
) -> None:
    if shutil.which("curl") is None and "curl" in command:
        pytest.skip("curl is not installed")
    printed = run(command, address, workplace)
    if language == "csv":
        assert printed.splitlines() == output.splitlines()
    else:  # the last of several commands
        assert json.loads(printed.splitlines()[-1]) == json.loads(output)


def test_every_command_of_the_guide_is_run() -> None:
    (started, *others) = blocks("sh")
    assert started.strip() == START
    assert others == [command for command, _, _ in answers()]


def test_the_joined_table_has_a_row_for_each_name_and_says_which_to_check() -> None:
    given, joined = blocks("csv")[:2]
    assert len(given.splitlines()) == len(joined.splitlines())
    checks = [line for line in joined.splitlines() if "?" in line or "unknown" in line]
    assert len(checks) == 2
