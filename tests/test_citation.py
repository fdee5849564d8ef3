"""Citations: every stated triple of an article leads to its words."""

from __future__ import annotations

import pytest

from etown_kg import vocab
from etown_kg.citation import Citation, Citations
from etown_kg.graph import KnowledgeGraph

# What describes a node rather than stating something the article says.
DESCRIPTIVE = {
    vocab.RDF + "type", vocab.RDFS + "label", vocab.SKOS + "hiddenLabel", vocab.TERMS + "note",
    vocab.TERMS + "noChineseLabel",
}  # fmt: skip
# Nodes that no article states: the periods, the articles' own records, selectors of evidence.
MACHINERY = ("/id/period/", "/id/article/", "/id/evidence/")


@pytest.fixture(scope="module")
def citations(shipped_graph: KnowledgeGraph) -> Citations:
    return Citations(shipped_graph.asserted)


def iri(kind: str, name: str) -> str:
    return f"<{vocab.PREFIXES[kind]}{name}>"


def test_a_statement_cites_its_triple(citations: Citations) -> None:
    (cited,) = citations.of(
        (iri("place", "beijing-e-town"), iri("et", "directlyWithin"), iri("place", "beijing"))
    )
    assert (cited.fact_id, cited.paragraph, cited.phrase) == ("F41", 12, "in southeast Beijing")


def test_a_fact_node_cites_all_that_is_said_of_it(citations: Citations) -> None:
    (cited,) = citations.of((iri("obs", "F15"), iri("et", "lowerBound"), '"300.0"'))
    assert (cited.start, cited.end) == (710, 751)


def test_a_background_triple_cites_its_source(citations: Citations) -> None:
    (cited,) = citations.of(
        (iri("place", "beijing"), iri("et", "directlyWithin"), iri("place", "china"))
    )
    assert "ISO 3166-2" in cited.source
    assert cited.as_dict() == {"source": cited.source}


def test_evidence_cites_itself(citations: Citations) -> None:
    (cited,) = citations.of((iri("evidence", "F15"), iri("et", "inArticle"), "?"))
    assert cited.fact_id == "F15"


def test_a_derived_figure_cites_its_formula_and_its_inputs(citations: Citations) -> None:
    cited = citations.of((iri("derived", "X1"), iri("et", "statedNumber"), '"364.0"'))
    assert cited[0].source == "formula: F56 + F57"
    assert {one.fact_id for one in cited[1:]} == {"F56", "F57"}


def test_what_nobody_stated_has_none(citations: Citations) -> None:
    assert citations.of((iri("et", "Zone"), iri("rdfs", "label"), '"zone"@en')) == ()


def test_every_stated_triple_of_the_articles_is_cited(
    shipped_graph: KnowledgeGraph, citations: Citations
) -> None:
    articles = [quad for quad in shipped_graph.asserted if "/graph/20" in str(quad.graph_name)]
    uncited = [
        str(quad)
        for quad in articles
        if quad.predicate.value not in DESCRIPTIVE
        and not any(part in str(quad.subject) for part in MACHINERY)
        and not citations.of((str(quad.subject), str(quad.predicate), str(quad.object)))
    ]
    assert len(articles) > 1000
    assert uncited == []


def test_a_citation_reads_as_one_line() -> None:
    cited = Citation("F1", "e", "http://e/id/article/news", 2, 10, 20, "six hundred")
    assert str(cited) == 'F1: "six hundred", news, paragraph 2, 10-20'
    assert "head" in str(Citation("F1", "e", "news", None, 1, 2, "x"))
