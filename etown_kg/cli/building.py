"""Building the graph that is served, in the process that owns it.

A module of its own, since that process imports nothing of the command line or the web; and the
web's process, which names `build`, nothing of the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from etown_kg.config import Settings

if TYPE_CHECKING:
    from etown_kg.graph import KnowledgeGraph


def build(settings: Settings) -> KnowledgeGraph:
    """The graph that the settings name: from its location, or closed anew from its files.

    Raises:
        EtownError: it cannot be read, has no model, or its location cannot be used.
    """
    from etown_kg.graph import KnowledgeGraph
    from etown_kg.store import Location

    location = Location.open(settings.location) if settings.location is not None else None
    return KnowledgeGraph.build(
        ontology=settings.ontology,
        data=settings.data,
        base=settings.base,
        reasoner=settings.reasoner,
        default_graph=settings.default_graph,
        location=location,
    )
