"""The catalogue meets what DCAT and VoID want, of whatever graph it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pyshacl
import pytest
import rdflib
from rdflib import RDF, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, FOAF, VOID

from etown_kg.catalogue.void import dataset_of
from etown_kg.graph import KnowledgeGraph
from etown_kg.rdflib_terms import to_rdflib
from tests.catalogue.farm import BASE, farm

DCAT = Namespace("http://www.w3.org/ns/dcat#")
SHAPES = Path(__file__).parent / "shapes.ttl"


def description_of(graph: KnowledgeGraph) -> rdflib.Graph:
    return to_rdflib(graph.described)


@cache
def shapes() -> rdflib.Graph:
    return rdflib.Graph().parse(SHAPES)


def check(data: rdflib.Graph) -> str:
    """What the shapes find wrong; "" if nothing."""
    conforms, _, text = pyshacl.validate(data, shacl_graph=shapes())
    return "" if conforms else text


def test_the_shipped_catalogue_meets_the_constraints(shipped_graph: KnowledgeGraph) -> None:
    found = description_of(shipped_graph)
    assert check(found) == ""
    # The shapes had something to look at.
    for kind in (
        DCAT.Catalog, DCAT.Dataset, DCAT.Distribution, DCAT.DataService, VOID.Linkset, FOAF.Agent,
        DCTERMS.PeriodOfTime,
    ):  # fmt: skip
        assert (None, RDF.type, kind) in found, kind


@pytest.mark.parametrize("header", ["full", "names", "none"])
def test_another_catalogue_meets_them_also_after_a_change(tmp_path: Path, header: str) -> None:
    graph = farm(tmp_path, header)
    assert check(description_of(graph)) == ""
    graph.apply(
        graph.delta(
            "BASE <http://farm.example/> INSERT DATA { GRAPH <graph/new> { <id/hen>"
            " a <ontology#Animal> ; skos:exactMatch <http://out.example/hen> } }"
        )
    )
    found = description_of(graph)
    assert check(found) == ""
    (space,) = found.objects(None, VOID.objectsTarget)
    assert found.value(space, VOID.uriSpace) == Literal("http://out.example/")
    catalogue = URIRef(f"{BASE}catalog")
    assert str(found.value(catalogue, DCTERMS.modified)).startswith("20")


BROKEN = {
    "a dataset without a title": ("DELETE WHERE { ?s a dcat:Dataset ; dcterms:title ?title }"),
    "a distribution without an address": "DELETE WHERE { ?s dcat:accessURL ?o }",
    "a count that is a text": (
        "DELETE { ?s void:triples ?n } INSERT { ?s void:triples 'many' }"
        " WHERE { ?s void:triples ?n }"
    ),
    "two counts": "INSERT { ?s void:triples 1, 2 } WHERE { ?s a dcat:Dataset, void:Dataset }",
    "a partition of no class": "DELETE WHERE { ?s void:class ?c }",
    "a linkset to nowhere": "DELETE WHERE { ?s void:objectsTarget ?o }",
    "a period that ends before it begins": (
        "DELETE { ?s dcat:endDate ?o } INSERT { ?s dcat:endDate '1900-01-01'^^xsd:date }"
        " WHERE { ?s dcat:endDate ?o }"
    ),
}


@pytest.mark.parametrize("update", BROKEN.values(), ids=BROKEN)
def test_the_shapes_find_what_is_wrong(shipped_graph: KnowledgeGraph, update: str) -> None:
    found = description_of(shipped_graph)
    found.update(
        f"PREFIX dcat: <{DCAT}> PREFIX dcterms: <{DCTERMS}> PREFIX void: <{VOID}> {update}"
    )
    assert check(found) != ""


def test_the_wording_comes_before_the_ontology(tmp_path: Path) -> None:
    (tmp_path / "ontology").mkdir()
    (tmp_path / "ontology" / "site.toml").write_text(
        '[title]\nen = "Our farm"\nzh = "我们的农场"\n', encoding="utf-8"
    )
    found = description_of(farm(tmp_path, "full"))
    whole = URIRef(dataset_of(BASE).value)
    titles = set(found.objects(whole, DCTERMS.title))
    assert titles == {Literal("Our farm", lang="en"), Literal("我们的农场", lang="zh")}
    described = set(found.objects(whole, DCTERMS.description))
    assert described == {Literal("Terms for animals.", lang="en")}
    assert found.value(whole, DCAT.version) == Literal("7")


def test_a_graph_without_figures_has_no_dataset_of_them(tmp_path: Path) -> None:
    graph = farm(tmp_path, "full", figures=False)
    found = description_of(graph)
    listed = {str(each) for each in found.objects(None, DCAT.dataset)}
    assert listed == {dataset_of(BASE).value, f"{BASE}id/dataset/asserted"}


def test_a_change_of_the_header_changes_the_catalogue(tmp_path: Path) -> None:
    graph = farm(tmp_path, "full")
    graph.apply(
        graph.delta(
            "DELETE { GRAPH ?g { ?o dcterms:title ?t } }"
            " INSERT { GRAPH ?g { ?o dcterms:title 'Stable'@en } }"
            " WHERE { GRAPH ?g { ?o a owl:Ontology ; dcterms:title ?t } }"
        )
    )
    whole = URIRef(dataset_of(BASE).value)
    found = description_of(graph)
    assert set(found.objects(whole, DCTERMS.title)) == {Literal("Stable", lang="en")}
