"""The closure of the graph that ships, by both reasoners."""

from __future__ import annotations

from etown_kg import vocab
from etown_kg.graph import KnowledgeGraph

# Types, axioms and their lists, and words about a node: nothing that an article would state.
UNCITED = (
    f"<{vocab.RDF}", f"<{vocab.OWL}", f"<{vocab.RDFS}label", f"<{vocab.SKOS}",
    f"<{vocab.TERMS}note", f"<{vocab.TERMS}noChineseLabel",
)  # fmt: skip
AXIOMS = {f"<{graph}>" for graph in (vocab.GRAPH_ONTOLOGY, vocab.GRAPH_VOCABULARY)}


def test_both_reasoners_infer_the_same_of_the_shipped_graph() -> None:
    graph = KnowledgeGraph.load()
    closing = graph.close("etown")
    ours = {str(quad) for quad in graph.inferred}
    graph.close("owlrl")
    assert closing.inferred == len(ours) > 0
    assert {str(quad) for quad in graph.inferred} == ours


def test_every_inferred_triple_of_the_shipped_graph_has_a_proof() -> None:
    """Its leaves are asserted, and each is an axiom, a description, or cited."""
    graph = KnowledgeGraph.build()
    assert graph.inferred
    for quad in graph.inferred:
        (proof,) = graph.explain((quad.subject, quad.predicate, quad.object))
        for leaf in proof.leaves():
            assert leaf.conclusion is not None
            assert leaf.graphs, f"{leaf.conclusion} is asserted nowhere"
            assert (
                leaf.graphs[0] in AXIOMS
                or leaf.conclusion[1].startswith(UNCITED)
                or graph.sources_of(leaf.conclusion)
            ), f"{leaf.conclusion} rests on nothing"
