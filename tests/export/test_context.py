"""The JSON-LD context: short names, which of two terms gets one, and what values are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyoxigraph import RdfFormat, Triple, parse

from etown_kg import vocab
from etown_kg.export import CONTEXT_QUERY, read_context
from etown_kg.graph import KnowledgeGraph
from tests.export.statements import ONTOLOGY, ZOO


def triples(turtle: str) -> Iterator[Triple]:
    for quad in parse(turtle, RdfFormat.TURTLE):
        yield quad.triple


MEMBERS = read_context(triples(ONTOLOGY)).members()


@pytest.mark.parametrize(
    ("name", "definition"),
    [
        ("Bird", ZOO + "Bird"),
        ("eats", {"@id": ZOO + "eats", "@type": "@id"}),
        ("weight", {"@id": ZOO + "weight", "@type": vocab.XSD + "decimal"}),
        ("name", ZOO + "name"),
        ("note", ZOO + "note"),
        ("label", {"@id": vocab.RDFS + "label", "@container": "@language"}),
        ("indicator", {"@id": vocab.TERMS + "indicator", "@type": "@id"}),
        ("place", vocab.ID + "place/"),
        ("dcterms", vocab.DCTERMS),
        ("type", "@type"),
    ],
)
def test_a_name_stands_for(name: str, definition: object) -> None:
    assert MEMBERS[name] == definition


def test_the_ontologys_own_term_comes_before_a_standard_one() -> None:
    assert vocab.SKOS + "note" not in {MEMBERS["note"]}
    assert read_context(()).members()["note"]["@id"] == vocab.SKOS + "note"


def test_a_prefix_gives_way_to_a_term_of_its_name() -> None:
    assert vocab.PREFIXES["indicator"] not in MEMBERS.values()
    assert vocab.PREFIXES["indicator"] in read_context(()).members().values()


def test_a_property_of_texts_is_known_by_its_values() -> None:
    note = f"<{ZOO}robin> <{ZOO}note> 'shy'@en ; <{ZOO}remark> 'shy' ."
    remark = f"<{ZOO}remark> a <{vocab.OWL}DatatypeProperty> ."
    graph = KnowledgeGraph(parse(ONTOLOGY + note + remark, RdfFormat.TURTLE))
    terms = graph.context().terms
    assert terms[ZOO + "note"].kind == "text"
    assert terms[ZOO + "remark"].kind == "literal"


def test_names_do_not_depend_on_the_facts(shipped_graph: KnowledgeGraph) -> None:
    """But for texts without a declared range, whose values tell that they are texts."""
    asked = shipped_graph.query(CONTEXT_QUERY, infer=False).triples()
    from_all = read_context(shipped_graph.asserted)
    assert {t.name for t in read_context(asked).terms.values()} == {
        t.name for t in from_all.terms.values()
    }
    assert read_context(asked).prefixes == from_all.prefixes


@pytest.mark.parametrize("graphs", ["union", "standard"])
def test_the_context_is_the_same_whatever_the_default_graph(graphs: str) -> None:
    trig = f"GRAPH <{ZOO}terms> {{ <{ZOO}Bird> a <{vocab.OWL}Class> }}"
    graph = KnowledgeGraph(
        parse(trig, RdfFormat.TRIG),
        default_graph=graphs,  # type: ignore[arg-type]
    )
    assert graph.context().terms[ZOO + "Bird"].name == "Bird"
