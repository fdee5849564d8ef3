"""The statements that ship, asserted and inferred."""

from __future__ import annotations

import pytest
from pyoxigraph import Quad

from etown_kg.graph import KnowledgeGraph


@pytest.fixture(scope="session")
def shipped_quads(shipped_graph: KnowledgeGraph) -> set[Quad]:
    return set(shipped_graph.quads())
