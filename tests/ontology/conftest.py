"""The shipped graph as both engines see it."""

from __future__ import annotations

import pytest

from etown_kg.graph import KnowledgeGraph
from tests.ontology.shipped import Shipped


@pytest.fixture(scope="session")
def shipped(shipped_graph: KnowledgeGraph) -> Shipped:
    """The shipped graph, closed once per run, for every test that asks it something."""
    return Shipped(shipped_graph)
