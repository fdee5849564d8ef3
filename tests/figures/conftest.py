"""Figures read from a few lines of Turtle, by the query that a server asks."""

from __future__ import annotations

from pyoxigraph import QuerySolutions, RdfFormat, Store

from etown_kg.figures.figure import Figures
from etown_kg.figures.reading import QUERY, read_figures

PREFIXES = """
@prefix : <http://zoo.example/> .
@prefix et: <https://w3id.org/etown/ontology#> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix sdmx-attribute: <http://purl.org/linked-data/sdmx/2009/attribute#> .
@prefix sdmx-dimension: <http://purl.org/linked-data/sdmx/2009/dimension#> .
@prefix sdmx-measure: <http://purl.org/linked-data/sdmx/2009/measure#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
ZOO = "http://zoo.example/"


def figures_in(turtle: str) -> Figures:
    """The figures in some Turtle; the prefixes above need no declaration."""
    store = Store()
    store.load((PREFIXES + turtle).encode(), RdfFormat.TURTLE)
    found = store.query(QUERY)
    assert isinstance(found, QuerySolutions)
    names = [variable.value for variable in found.variables]
    return read_figures(
        [{name: term for name in names if (term := row[name]) is not None} for row in found]
    )


COUNTS = """
:lions et:factId "F10" ; et:indicator :big-cats ; sdmx-attribute:unitMeasure :heads ;
  sdmx-dimension:refArea :east ; sdmx-dimension:refPeriod :y2021 ; et:reportedIn :gazette ;
  et:statedNumber 300.0 ; et:boundKind :moreThan ; et:lowerBound 300.0 ; et:lowerInclusive false ;
  et:hasEvidence :e10 .
:e10 et:inArticle :gazette ; et:paragraph 4 ; oa:hasSelector [ oa:exact "more than 300 lions" ] .
:y2021 et:startDate "2021-01-01"^^xsd:date ; et:endDate "2021-12-31"^^xsd:date .
:lions-again et:factId "F9" ; et:indicator :big-cats ; sdmx-attribute:unitMeasure :heads ;
  sdmx-dimension:refArea :east ; sdmx-dimension:refPeriod :year-2021 ; et:reportedIn :herald ;
  et:statedNumber 280.0 ; et:boundKind :exact ;
  et:lowerBound 280.0 ; et:lowerInclusive true ; et:upperBound 280.0 ; et:upperInclusive true .
:year-2021 et:startDate "2021-01-01"^^xsd:date ; et:endDate "2021-12-31"^^xsd:date .
:tigers et:factId "F11" ; et:indicator :tigers-kept ; sdmx-attribute:unitMeasure :heads ;
  sdmx-dimension:refArea :west ; et:statedNumber 40.0 ; et:boundKind :nearly ;
  et:upperBound 40.0 ; et:upperInclusive false .
:share et:factId "F12" ; et:indicator :share-kept ; sdmx-attribute:unitMeasure :percent ;
  et:statedNumber 0.333333 ; et:numerator 1 ; et:denominator 3 ; et:boundKind :fraction .
:more et:formula "F10 - F11" ; prov:wasDerivedFrom :lions , :tigers ; et:indicator :surplus ;
  sdmx-attribute:unitMeasure :heads ; et:statedNumber 260.0 ;
  et:lowerBound 260.0 ; et:lowerInclusive false .
:remark a et:TensionNote ; et:relates :lions , :lions-again ; et:explanation "Who counted?"@en .
"""
