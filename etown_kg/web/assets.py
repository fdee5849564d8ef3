"""The JavaScript libraries of the pages, where they were bundled (``frontend/build.py``).

Their file names carry a hash of the content, so browsers may keep them for ever. A page asks
``asset("vega.js")`` for an address and does without when there is none.
"""

from __future__ import annotations

import json
from pathlib import Path

from flask import Flask, Response, request, url_for

FOLDER = "vendor"
MANIFEST = "manifest.json"
_PREFIX = f"/static/{FOLDER}/"
# RFC 9111, 5.2.2 and RFC 8246: what lies at such an address never changes.
FOR_EVER = "public, max-age=31536000, immutable"


def bundled(folder: Path) -> dict[str, str]:
    """The file of each library by its plain name, ``vega.js``; empty where none were bundled."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {str(name): str(file) for name, file in manifest["files"].items()}


def register(app: Flask) -> None:
    """Give templates ``asset(name)`` and let browsers keep what it names."""
    files = bundled(Path(str(app.static_folder)) / FOLDER)

    def asset(name: str) -> str | None:
        """The address of a library's file; None when it was not bundled."""
        file = files.get(name)
        return url_for("static", filename=f"{FOLDER}/{file}") if file is not None else None

    app.jinja_env.globals["asset"] = asset

    @app.after_request
    def keep(response: Response) -> Response:
        if request.path.startswith(_PREFIX) and response.status_code in (200, 304):
            response.headers["Cache-Control"] = FOR_EVER
        return response
