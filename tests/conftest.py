"""What several test folders need: the shipped graph, closed once a run, and the articles."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings

from etown_kg.backend.local import LocalBackend
from etown_kg.config import Settings
from etown_kg.graph import KnowledgeGraph
from etown_kg.web import create_app

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"

# No property may fail because the machine is slow or busy.
settings.register_profile(
    "any-machine", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any-machine")


@pytest.fixture(scope="session")
def shipped_graph() -> KnowledgeGraph:
    """The graph that ships, with its closure. Read it only."""
    return KnowledgeGraph.build()


@pytest.fixture(scope="session")
def articles() -> Path:
    """The folder with the texts of the articles, which the project does not contain."""
    folder = SHARED / "articles"
    if not folder.is_dir():
        pytest.skip("the articles' texts are not beside the checkout")
    return folder


@pytest.fixture(scope="session")
def shipped_app(shipped_graph: KnowledgeGraph) -> Flask:
    """The app over the graph that ships."""
    app = create_app(Settings(), LocalBackend(shipped_graph))
    app.testing = True
    return app
