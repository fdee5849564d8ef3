"""What watches the server asks: alive, ready, which version, how much of everything."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response

from etown_kg import __version__
from etown_kg.backend import Change
from etown_kg.errors import UnavailableError
from etown_kg.web import exchange
from etown_kg.web.scoped import ScopedBackend


def blueprint(backend: ScopedBackend) -> Blueprint:
    """``/health``, ``/ready`` and ``/versions``."""
    views = Blueprint("health", __name__)

    @views.get("/health")
    def health() -> dict[str, object]:
        alive: dict[str, object] = {"status": "ok", "software": __version__}
        try:
            status = backend.status()
        except UnavailableError:
            # Alive is not ready: this process answers, and says so, while data are on their way.
            return alive
        return alive | {
            "data": status.version,
            "asserted": status.asserted,
            "inferred": status.inferred,
            "triples": status.asserted + status.inferred,
        }

    @views.get("/ready")
    def ready() -> dict[str, object]:
        status = backend.status()
        return {
            "status": "ready",
            "version": status.version,
            "number": status.number,
            "time": status.time,
            "triples": status.asserted + status.inferred,
        }

    @views.get("/versions")
    def versions() -> dict[str, object]:
        status = backend.status()
        return {
            "version": status.version,
            "number": status.number,
            "time": status.time,
            "changes": [_shown(change) for change in backend.versions()],
        }

    def _shown(change: Change) -> dict[str, object]:
        if backend.scope.is_all:
            return asdict(change)
        return {"version": change.version, "time": change.time}

    @views.after_request
    def keep_nothing(response: Response) -> Response:
        response.headers["Cache-Control"] = exchange.NEVER_KEEP
        return response

    return views
