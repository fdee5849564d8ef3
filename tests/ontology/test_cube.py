"""The observations as an RDF Data Cube: the integrity constraints that apply to one data set.

https://www.w3.org/TR/vocab-data-cube/#wf: IC-1 to IC-5, IC-11, IC-12, IC-14. The data set has
no slices and its code lists are SKOS schemes of this project (IC-19).
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

from rdflib import RDF, RDFS, SKOS, Graph, Namespace, URIRef
from rdflib.term import Node

from etown_kg import vocab

ROOT = Path(__file__).parents[2]
QB = Namespace(vocab.QB)
ET = Namespace(vocab.TERMS)
FIGURES = URIRef(vocab.ID + "dataset/figures")


@cache
def graph() -> Graph:
    found = Graph()
    for folder in ("ontology", "ontology/alignments", "data", "data/articles"):
        for path in (ROOT / folder).glob("*.ttl"):
            found.parse(path)
    return found


def components(kind: URIRef) -> list[Node]:
    (structure,) = graph().objects(FIGURES, QB.structure)
    return [p for c in graph().objects(structure, QB.component) for p in graph().objects(c, kind)]


def observations() -> list[Node]:
    return list(graph().subjects(QB.dataSet, FIGURES))


def test_every_reported_figure_but_the_gloss_is_in_the_data_set() -> None:
    all_of_them = set(graph().subjects(RDF.type, ET.Observation))
    (gloss,) = all_of_them - set(observations())
    assert (gloss, ET.glossOf, None) in graph()
    assert len(all_of_them) == 27


def test_observation_is_in_one_data_set() -> None:  # IC-1
    assert all(list(graph().objects(o, QB.dataSet)) == [FIGURES] for o in observations())


def test_components_are_declared_with_their_kind() -> None:
    for kind, declared in (
        (QB.dimension, QB.DimensionProperty),
        (QB.attribute, QB.AttributeProperty),
        (QB.measure, QB.MeasureProperty),
    ):
        assert components(kind)
        assert all((prop, RDF.type, declared) in graph() for prop in components(kind))


def test_structure_has_a_measure() -> None:  # IC-3
    assert components(QB.measure) == [ET.statedNumber]


def test_dimension_has_a_range_and_a_coded_one_a_code_list() -> None:  # IC-4, IC-5
    for dimension in components(QB.dimension):
        ranges = list(graph().objects(dimension, RDFS.range))
        assert ranges
        if SKOS.Concept in ranges:
            assert list(graph().objects(dimension, QB.codeList))


def test_observation_has_every_dimension_once() -> None:  # IC-11
    for observation in observations():
        for dimension in components(QB.dimension):
            assert len(list(graph().objects(observation, dimension))) == 1, observation


def test_no_two_observations_share_all_dimensions() -> None:  # IC-12
    keys = Counter(
        tuple(graph().value(observation, dimension) for dimension in components(QB.dimension))
        for observation in observations()
    )
    assert [key for key, count in keys.items() if count > 1] == []


def test_observation_has_its_measure_and_required_attributes() -> None:  # IC-6, IC-14
    (structure,) = graph().objects(FIGURES, QB.structure)
    required = [
        prop
        for component in graph().objects(structure, QB.component)
        if str(graph().value(component, QB.componentRequired)) == "true"
        for prop in graph().objects(component, QB.attribute)
    ]
    assert len(required) == 3
    for observation in observations():
        for prop in (*required, ET.statedNumber):
            assert len(list(graph().objects(observation, prop))) == 1, (observation, prop)


def test_codes_come_from_their_list() -> None:  # IC-19
    for prop in (*components(QB.dimension), *components(QB.attribute)):
        for scheme in graph().objects(prop, QB.codeList):
            codes = set(graph().subjects(SKOS.inScheme, scheme))
            used = {o for observation in observations() for o in graph().objects(observation, prop)}
            assert used <= codes
