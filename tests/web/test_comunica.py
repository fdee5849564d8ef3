"""Comunica, which reads the service description first and plans its queries from it.

It is installed from the npm registry into a cache folder on the first run; without Node.js, or
without a registry, these tests are skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGE = "@comunica/query-sparql"
# Later ones need a newer Node.js than many machines have.
VERSION = "4"
SCRIPT = Path(__file__).with_name("comunica.mjs")
NODE, NPM = shutil.which("node"), shutil.which("npm")


@pytest.fixture(scope="session")
def comunica() -> Path:
    """A folder whose ``node_modules`` has Comunica."""
    if NODE is None or NPM is None:
        pytest.skip("Node.js is not installed")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "etown-kg" / "comunica"
    if not (folder / "node_modules" / PACKAGE / "package.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = [NPM, "install", "--no-audit", "--no-fund", "--ignore-scripts"]
        command.append(f"{PACKAGE}@{VERSION}")
        command[2:2] = ["--prefix", str(folder)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=300, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip("the npm registry does not answer in time")
        if done.returncode:
            shutil.rmtree(folder / "node_modules", ignore_errors=True)
            pytest.skip(f"{PACKAGE} could not be installed from the npm registry")
    return folder


@pytest.mark.parametrize("source", ["sparql", "auto"])
def test_comunica_answers_every_query_form(served: str, comunica: Path, source: str) -> None:
    assert NODE is not None
    done = subprocess.run(
        [NODE, str(SCRIPT), str(comunica), f"{served}/sparql", source],
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == {
        "animals": ["http://zoo.example/eel", "http://zoo.example/robin"],
        "birds": ["http://zoo.example/robin"],
        "isThere": True,
    }
