"""A small graph that is not the one that ships: another base, ontology and figures."""

from __future__ import annotations

from pathlib import Path

from etown_kg.graph import KnowledgeGraph

BASE = "http://farm.example/"
# What its ontology says of itself.
HEADERS = {
    "full": """
<http://farm.example/ontology> a owl:Ontology ; dcterms:title "Farm"@en ; owl:versionInfo "7" ;
    dcterms:description "Terms for animals."@en ; dcterms:license <http://licence.example/by> ;
    dcterms:publisher <http://farm.example/id/us> .
""",
    "names": """
<http://farm.example/ontology> a owl:Ontology ; dcterms:title "Farm" ;
    dcterms:license "do as you like" ; dcterms:creator "The farmers"@en .
""",
    "none": "",
}
_PREFIXES = """
@prefix : <http://farm.example/id/> .
@prefix f: <http://farm.example/ontology#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix et: <https://w3id.org/etown/ontology#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix qb: <http://purl.org/linked-data/cube#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sdmx-dimension: <http://purl.org/linked-data/sdmx/2009/dimension#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
_TERMS = """
f:Hen rdfs:subClassOf f:Animal .
f:Animal a owl:Class .
"""
_FACTS = ":hen a f:Hen ; rdfs:label 'the hen'@en ; f:weight 2.50 .\n"
# Eggs were counted in 2030 and 2031, where there were none; nobody counted feathers.
FIGURES = """
:eggs skos:inScheme :indicators ; skos:prefLabel "eggs"@en .
:milk skos:inScheme :indicators ; skos:prefLabel "milk"@en .
:feathers skos:inScheme :indicators ; skos:prefLabel "feathers"@en .
:y2030 et:startDate "2030-01-01"^^xsd:date ; et:endDate "2030-12-31"^^xsd:date .
:y2031 et:startDate "2031-01-01"^^xsd:date ; et:endDate "2031-12-31"^^xsd:date .
:yard rdfs:label "the yard"@en .
:many et:statedNumber 300 ; et:lowerBound 300 ; et:indicator :eggs ; et:reportedIn :diary ;
    sdmx-dimension:refArea :yard ; sdmx-dimension:refPeriod :y2030 .
:none et:statedNumber 0 ; et:lowerBound 0 ; et:lowerInclusive true ; et:upperBound 0 ;
    et:upperInclusive true ; et:indicator :eggs ; et:reportedIn :diary ;
    sdmx-dimension:refArea :yard ; sdmx-dimension:refPeriod :y2031 .
:some et:statedNumber 5 ; et:indicator :milk ; et:reportedIn :letter ;
    sdmx-dimension:refArea :yard ; sdmx-dimension:refPeriod :y2030 .
:sum et:formula "many + none" ; et:lowerBound 300 ; et:indicator :eggs ;
    <http://www.w3.org/ns/prov#wasDerivedFrom> :many , :none ; sdmx-dimension:refArea :yard .
"""


def write_farm(folder: Path, header: str = "full", *, figures: bool = True) -> tuple[Path, Path]:
    """Write the folders of the ontology and of the facts."""
    ontology, data = folder / "ontology", folder / "data"
    ontology.mkdir(exist_ok=True)
    data.mkdir(exist_ok=True)
    terms = _PREFIXES + HEADERS[header] + _TERMS
    (ontology / "farm.ttl").write_text(terms, encoding="utf-8")
    (data / "animals.ttl").write_text(_PREFIXES + _FACTS, encoding="utf-8")
    if figures:
        (data / "figures.ttl").write_text(_PREFIXES + FIGURES, encoding="utf-8")
    return ontology, data


def farm(folder: Path, header: str = "full", *, figures: bool = True) -> KnowledgeGraph:
    """The graph, closed."""
    ontology, data = write_farm(folder, header, figures=figures)
    return KnowledgeGraph.build(ontology=ontology, data=data, base=BASE)
