"""The closure of the graph that ships, by both reasoners."""

from __future__ import annotations

from etown_kg.graph import KnowledgeGraph


def test_both_reasoners_infer_the_same_of_the_shipped_graph() -> None:
    graph = KnowledgeGraph.load()
    closing = graph.close("etown")
    ours = {str(quad) for quad in graph.inferred}
    graph.close("owlrl")
    assert closing.inferred == len(ours) > 0
    assert {str(quad) for quad in graph.inferred} == ours
