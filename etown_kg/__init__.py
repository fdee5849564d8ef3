"""A knowledge graph of Beijing E-Town, and the tools to build, question and serve it.

>>> from etown_kg import KnowledgeGraph
>>> graph = KnowledgeGraph.build()
>>> graph.query("ASK { place:beijing-e-town et:locatedIn place:china }").boolean
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = ["KnowledgeGraph", "__version__"]

if TYPE_CHECKING:
    from etown_kg.graph import KnowledgeGraph


def __getattr__(name: str) -> object:
    # On first use (PEP 562): the command line's --help and the leaf modules need no engine.
    if name == "KnowledgeGraph":
        from etown_kg.graph import KnowledgeGraph

        return KnowledgeGraph
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
