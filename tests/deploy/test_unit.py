"""The systemd unit and the Containerfile: what they name is there, and their tools accept them."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from etown_kg.cli import COMMANDS
from etown_kg.config import HELP, PREFIX, Settings

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy"
UNIT = (DEPLOY / "etown-kg.service").read_text(encoding="utf-8")
CONTAINERFILE = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
# The instructions of https://docs.docker.com/reference/dockerfile/ that stand alone on a line.
INSTRUCTIONS = {
    "FROM", "COPY", "RUN", "USER", "VOLUME", "ENV", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "CMD",
    "WORKDIR", "LABEL", "ARG", "ENTRYPOINT",
}  # fmt: skip


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Containerfile with what follows them, continued lines joined."""
    text = re.sub(r"^#.*\n", "", CONTAINERFILE, flags=re.MULTILINE).replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [(line.partition(" ")[0], line.partition(" ")[2].strip()) for line in lines]


def settings_in(text: str) -> dict[str, str]:
    return dict(re.findall(rf"\b{PREFIX}([A-Z_]+)=(\S+)", text))


@pytest.mark.parametrize("text", [UNIT, CONTAINERFILE], ids=["unit", "container"])
def test_every_setting_is_one_and_has_a_value_that_can_be_used(text: str) -> None:
    given = {name: value for name, value in settings_in(text).items() if value != "value"}
    assert given
    assert {name.lower() for name in given} <= set(HELP)
    environment = {f"{PREFIX}{name}": value for name, value in given.items()}
    Settings.from_environment(environment)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is absent")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    # The command need not be installed where this runs; its arguments are another test's.
    unit = tmp_path / "etown-kg.service"
    unit.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", UNIT), encoding="utf-8")
    found = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stderr) == (0, "")


def test_the_unit_starts_a_command_there_is() -> None:
    command = re.search(r"^ExecStart=(.*)$", UNIT, re.MULTILINE)
    assert command is not None
    program, name = shlex.split(command[1])
    assert program.endswith("/bin/etown-kg")
    assert name in COMMANDS


def test_the_unit_lets_queries_end() -> None:
    stop = re.search(r"^TimeoutStopSec=(\d+)$", UNIT, re.MULTILINE)
    assert stop is not None
    assert int(stop[1]) > Settings().token_timeout_s


def test_the_container_has_instructions_that_there_are() -> None:
    names = [name for name, _ in instructions()]
    assert set(names) <= INSTRUCTIONS
    assert names[0] == "FROM"
    assert names[-1] == "CMD"


def test_the_container_starts_a_command_there_is() -> None:
    found = dict(instructions())
    command = re.findall(r'"([^"]*)"', found["CMD"])
    assert command[0] == "etown-kg"
    assert command[1] in COMMANDS
    assert f"EXPOSE {Settings().port}" in CONTAINERFILE
    health = re.findall(r'"([^"]*)"', found["HEALTHCHECK"])
    compile(health[-1], "Containerfile", "exec")
    assert f":{Settings().port}/ready" in health[-1]
