"""The guide to links: its table, its commands and what it says they print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from etown_kg.cli import commands
from etown_kg.links import State, mappings_of, read_table
from etown_kg.load import read

GUIDE = (Path(__file__).parents[1] / "docs" / "linking.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def test_the_guides_commands_print_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ((table),) = [content for name, content in BLOCKS if name == "tsv"]
    Path("candidates.sssom.tsv").write_text(table, encoding="utf-8")
    console = [content for name, content in BLOCKS if name == "console"]
    typed = [piece.partition("\n") for each in console for piece in each.split("$ ")[1:]]
    assert [command.split()[2] for command, _, _ in typed] == ["preview", "import", "export"]
    for command, _, expected in typed:
        name, *arguments = shlex.split(command)
        assert name == "etown-kg"
        done = CliRunner().invoke(commands, arguments)
        assert done.exit_code == 0, done.output
        assert done.stdout == expected
    states = [each.state for each in mappings_of(read(Path("links.ttl")))]
    assert states.count(State.CANDIDATE) == 2
    assert State.ACCEPTED in states
    assert len(read_table(Path("links.sssom.tsv")).rows) == states.count(State.ACCEPTED)


def test_every_state_is_explained() -> None:
    assert re.findall(r"^\| (\w+) \| (?!`)", GUIDE, re.MULTILINE)[:3] == [
        state.value for state in State
    ]
