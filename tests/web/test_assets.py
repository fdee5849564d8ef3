"""The JavaScript libraries: pinned, bundled, kept by browsers, and done without."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import pytest
from flask import Flask

from etown_kg.web import assets

FRONTEND = Path(__file__).parents[2] / "frontend"
VENDOR = Path(assets.__file__).parent / "static" / assets.FOLDER


@pytest.fixture
def bundled(tmp_path: Path) -> Flask:
    """An app whose folder of libraries holds one."""
    folder = tmp_path / assets.FOLDER
    folder.mkdir()
    (folder / "vega-ABC.js").write_text("export {};", encoding="utf-8")
    (folder / assets.MANIFEST).write_text(
        json.dumps({"inputs": "", "files": {"vega.js": "vega-ABC.js"}}), encoding="utf-8"
    )
    app = Flask(__name__, static_folder=str(tmp_path), static_url_path="/static")
    assets.register(app)
    return app


def test_a_library_has_an_address_that_a_browser_keeps_for_ever(bundled: Flask) -> None:
    with bundled.test_request_context():
        address = bundled.jinja_env.globals["asset"]("vega.js")  # type: ignore[operator]
    assert address == "/static/vendor/vega-ABC.js"
    with bundled.test_client().get(address) as response:
        assert response.status_code == 200
        assert "immutable" in response.headers["Cache-Control"]
        assert response.headers["Content-Type"].startswith("text/javascript")


def test_what_is_not_there_is_not_kept(bundled: Flask) -> None:
    response = bundled.test_client().get("/static/vendor/vega-OLD.js")
    assert response.status_code == 404
    assert "immutable" not in response.headers.get("Cache-Control", "")


def test_a_library_that_was_not_bundled_has_no_address(tmp_path: Path) -> None:
    app = Flask(__name__, static_folder=str(tmp_path), static_url_path="/static")
    assets.register(app)
    with app.test_request_context():
        assert app.jinja_env.globals["asset"]("vega.js") is None  # type: ignore[operator]


def test_every_library_is_pinned_by_version_and_hash_and_by_no_address() -> None:
    package = json.loads((FRONTEND / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((FRONTEND / "package-lock.json").read_text(encoding="utf-8"))
    wanted = package["dependencies"] | package["devDependencies"]
    for name, version in wanted.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    for place, described in lock["packages"].items():
        if place:
            assert described["integrity"].startswith("sha512-"), place
            assert "resolved" not in described, place


def test_every_entry_is_bundled() -> None:
    build = runpy.run_path(str(FRONTEND / "build.py"))
    entries = {entry.stem for entry in (FRONTEND / "entries").glob("*.js")}
    assert entries == {*build["_FOR_PAGES"], *build["_FOR_TESTS"]}


@pytest.mark.skipif(not VENDOR.exists(), reason="no libraries: python frontend/build.py")
def test_what_was_bundled_is_there_with_its_licences() -> None:
    files = assets.bundled(VENDOR)
    assert {"cytoscape.js", "vega.js", "yasqe.css", "yasqe.js"} <= set(files)
    for file in files.values():
        assert (VENDOR / file).stat().st_size > 1000
    licences = (VENDOR / "licences.txt").read_text(encoding="utf-8")
    for library in ("@zazuko/yasqe", "codemirror", "vega-lite", "cytoscape"):
        assert re.search(rf"^{re.escape(library)} [\d.]+ \(", licences, re.MULTILINE)


def test_a_machine_without_node_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    build = runpy.run_path(str(FRONTEND / "build.py"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(build["find_node"].__globals__, "find_spec", lambda name: None)
    assert not build["has_node"]()
    with pytest.raises(build["BuildError"], match="install Node"):
        build["find_node"]()
