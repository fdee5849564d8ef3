"""Comunica, which reads the service description first and plans its queries from it.

It is installed from the npm registry into a cache folder on the first run; without Node.js, or
without a registry, these tests are skipped, unless ETOWN_KG_FRONTEND=require says otherwise.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

from frontend.build import BuildError, Node, find_node, npm_environment
from tests.stores import oxigraph

PACKAGE = "@comunica/query-sparql"
# Later ones need a newer Node.js than many machines have.
VERSION = "4.5.0"
SCRIPT = Path(__file__).with_name("comunica.mjs")


def lacking(reason: str) -> NoReturn:
    """Skip, where nobody requires what npm installs; else fail."""
    if os.environ.get("ETOWN_KG_FRONTEND") == "require":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def node() -> Node:
    try:
        return find_node()
    except BuildError as error:
        lacking(str(error))


@pytest.fixture(scope="session")
def comunica(node: Node) -> Path:
    """A folder whose ``node_modules`` has Comunica."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "etown-kg" / f"comunica-{VERSION}"
    if not (folder / "node_modules" / PACKAGE / "package.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = [*node.npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund"]
        command += ["--ignore-scripts", f"{PACKAGE}@{VERSION}"]
        try:
            subprocess.run(
                command, capture_output=True, timeout=300, check=True, env=npm_environment()
            )
        except subprocess.TimeoutExpired:
            lacking("the npm registry does not answer in time")
        except subprocess.CalledProcessError as error:
            shutil.rmtree(folder, ignore_errors=True)
            lacking(f"{PACKAGE} cannot be installed from the npm registry: {error.stderr.decode()}")
    return folder


@pytest.mark.parametrize("source", ["sparql", "auto"])
def test_comunica_answers_every_query_form(
    served: str, node: Node, comunica: Path, source: str
) -> None:
    done = subprocess.run(
        [node.node, str(SCRIPT), str(comunica), f"{served}/sparql", source],
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == {
        "animals": ["http://zoo.example/eel", "http://zoo.example/robin"],
        "birds": ["http://zoo.example/robin"],
        "isThere": True,
    }


def test_comunica_joins_our_endpoint_with_another(served: str, node: Node, comunica: Path) -> None:
    query = """
        SELECT ?animal ?food ?weight {
          ?animal <http://zoo.example/weight> ?weight . ?animal <x:eats> ?food
        } ORDER BY ?animal
    """
    with oxigraph() as theirs:
        theirs.put('<http://zoo.example/eel> <x:eats> "shrimps" . <x:dodo> <x:eats> "fruit" .')
        script = SCRIPT.with_name("federated.mjs")
        done = subprocess.run(
            [node.node, str(script), str(comunica), query, f"{served}/sparql", theirs.query],
            capture_output=True, timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == [
        {"animal": "http://zoo.example/eel", "food": "shrimps", "weight": "3.5"}
    ]
