"""The examples of docs/examples run against a real server, where their interpreter is at hand."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from etown_kg.client import Client
from tests.web.serving import serving

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
INTERPRETERS = {".py": sys.executable, ".mjs": "node", ".R": "Rscript", ".sh": "sh"}


@pytest.fixture(scope="module")
def address(shipped_app: Flask) -> Iterator[str]:
    with serving(shipped_app) as found:
        yield f"{found}/"


def ran(name: str, address: str) -> str:
    """What an example prints, given the address."""
    path = EXAMPLES / name
    interpreter = shutil.which(INTERPRETERS[path.suffix])
    if interpreter is None:
        pytest.skip(f"{INTERPRETERS[path.suffix]} is not installed")
    if path.suffix == ".sh" and shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    done = subprocess.run(
        [interpreter, str(path), address], capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.fixture(scope="module")
def certain(address: str) -> set[str]:
    """The ids of the figures that the examples look for."""
    found = Client(address).figures(unit="NUM", threshold=300, verdict="certain")
    ids = {each["id"] for each in found if each["id"]}
    assert ids
    return ids


def test_every_example_is_run() -> None:
    assert {path.suffix for path in EXAMPLES.iterdir()} == set(INTERPRETERS)


@pytest.mark.parametrize("name", ["figures.py", "figures.mjs", "figures.R"])
def test_an_example_finds_the_figures(name: str, address: str, certain: set[str]) -> None:
    words = set(ran(name, address).split())
    assert certain <= words
    others = {each["id"] for each in Client(address).figures() if each["id"]} - certain
    assert not others & words


def test_the_example_of_curl_gets_all_that_it_asks_for(address: str, certain: set[str]) -> None:
    out = ran("figures.sh", address)
    answer, end = json.JSONDecoder().raw_decode(out)
    assert {each["id"] for each in answer["figures"] if each["id"]} == certain
    assert out[end:].strip().startswith("figure,fact_id,")
    assert "F15" in out[end:]
    assert '"rule": "prp-trp"' in out


def test_the_python_of_the_docs_runs(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    page = (EXAMPLES.parent / "programs.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert code is not None
    assert 'Client("http://127.0.0.1:8000/"' in code[1]
    names: dict[str, object] = {}
    exec(compile(code[1].replace("http://127.0.0.1:8000/", address), "programs.md", "exec"), names)
    assert names["figures"]
