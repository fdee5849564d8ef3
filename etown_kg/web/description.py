"""The service description: what this endpoint offers, in RDF, and nothing it does not.

SPARQL 1.1 Service Description (https://www.w3.org/TR/sparql11-service-description/), with
sizes in VoID terms (https://www.w3.org/TR/void/#statistics).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from etown_kg import export, vocab
from etown_kg.catalogue import void
from etown_kg.catalogue.dcat import FORMAT_NAMES
from etown_kg.catalogue.statistics import Statistics
from etown_kg.formats import RDF_FORMATS, SOLUTION_FORMATS, Format

_OWL = NamedNode("http://www.w3.org/ns/entailment/OWL-RDF-Based")
_SIMPLE = NamedNode("http://www.w3.org/ns/entailment/Simple")
_PROFILE = NamedNode("http://www.w3.org/ns/owl-profile/RL")
_INTEGER = NamedNode(vocab.XSD + "integer")
_DECIMAL = NamedNode(vocab.XSD + "decimal")
_TYPE = NamedNode(vocab.RDF + "type")

# GeoSPARQL 1.1 functions of the engine, https://docs.ogc.org/is/22-047r1/22-047r1.html
GEO = "http://www.opengis.net/def/function/geosparql/"
FUNCTIONS = tuple(
    GEO + name
    for name in (
        "distance", "sfEquals", "sfDisjoint", "sfIntersects", "sfTouches", "sfCrosses", "sfWithin",
        "sfContains", "sfOverlaps", "ehEquals", "ehDisjoint", "ehMeet", "ehOverlap", "ehCovers",
        "ehCoveredBy", "ehInside", "ehContains", "rcc8eq", "rcc8dc", "rcc8ec", "rcc8po",
        "rcc8tppi", "rcc8tpp", "rcc8ntpp", "rcc8ntppi", "relate", "envelope", "convexHull",
        "intersection", "union", "difference", "symDifference", "getSRID", "centroid",
        "coordinateDimension", "dimension", "spatialDimension", "isEmpty", "isSimple", "asGeoJSON",
    )
)  # fmt: skip
# Limits have no vocabulary of their own; these properties are described where they are used.
SERVICE = vocab.SERVICE


@dataclass(frozen=True)
class Limit:
    """One bound of the service: the local name of its property, its value, what it bounds."""

    name: str
    value: int | float
    comment: str


@dataclass(frozen=True)
class Facts:
    """What is so of the service, whatever it serves.

    `is_union` tells whether the default graph is the union of the named ones, `is_remote` whether
    another store answers, `is_writable` whether a token can change graphs; `calls` are the
    addresses that SERVICE may name, and `base` is what the IRIs of things and graphs start with.
    """

    is_union: bool = True
    is_remote: bool = False
    is_writable: bool = False
    calls: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    base: str = ""


def service_description(
    endpoint: str, statistics: Statistics, format: Format, facts: Facts
) -> bytes:
    """The description of the service at the address `endpoint`, serialised."""
    out = io.BytesIO()
    triples = [*_abilities(endpoint, facts), *_dataset(endpoint, statistics, facts)]
    export.write(triples, out, format)
    return out.getvalue()


def _abilities(endpoint: str, facts: Facts) -> Iterator[Triple]:
    """What the service can do, and what it does not do."""
    service = NamedNode(endpoint)
    yield Triple(service, _TYPE, _sd("Service"))
    yield Triple(service, _sd("endpoint"), service)
    yield Triple(service, _sd("supportedLanguage"), _sd("SPARQL11Query"))
    if facts.is_writable:
        yield Triple(service, _sd("supportedLanguage"), _sd("SPARQL11Update"))
        if not facts.is_remote:
            yield Triple(service, _sd("feature"), _sd("EmptyGraphs"))
        for format in RDF_FORMATS:
            yield Triple(
                service, _sd("inputFormat"), NamedNode(vocab.FORMATS + FORMAT_NAMES[format.name])
            )
    if facts.is_union:
        yield Triple(service, _sd("feature"), _sd("UnionDefaultGraph"))
    if facts.calls:
        yield Triple(service, _sd("feature"), _sd("BasicFederatedQuery"))
    for address in facts.calls:
        yield Triple(service, NamedNode(SERVICE + "calls"), NamedNode(address))
    for format in (*SOLUTION_FORMATS, *RDF_FORMATS):
        name = NamedNode(vocab.FORMATS + FORMAT_NAMES[format.name])
        yield Triple(service, _sd("resultFormat"), name)
    # What another store has beside the standard is not known.
    for function in () if facts.is_remote else FUNCTIONS:
        yield Triple(service, _sd("extensionFunction"), NamedNode(function))
        yield Triple(NamedNode(function), _TYPE, _sd("Function"))
    for limit in facts.limits:
        name = NamedNode(SERVICE + limit.name)
        yield Triple(service, name, _number(limit.value))
        yield Triple(name, _TYPE, NamedNode(vocab.RDF + "Property"))
        comment = Literal(limit.comment, language="en")
        yield Triple(name, NamedNode(vocab.RDFS + "comment"), comment)


def _dataset(endpoint: str, statistics: Statistics, facts: Facts) -> Iterator[Triple]:
    """The graphs with their sizes, and what is entailed in them."""
    service, dataset, default = NamedNode(endpoint), BlankNode("dataset"), BlankNode("default")
    is_closed = not facts.is_remote or f"{facts.base}graph/inferred" in statistics.sizes
    if facts.is_union and is_closed:
        # The default graph holds the closure by the OWL 2 RL/RDF rules (OWL 2 Profiles, 4.3).
        yield Triple(service, _sd("defaultEntailmentRegime"), _OWL)
        yield Triple(service, _sd("defaultSupportedEntailmentProfile"), _PROFILE)
    else:
        yield Triple(service, _sd("defaultEntailmentRegime"), _SIMPLE)
    yield Triple(service, _sd("defaultDataset"), dataset)
    yield Triple(dataset, _TYPE, _sd("Dataset"))
    yield Triple(dataset, _sd("defaultGraph"), default)
    yield Triple(default, _TYPE, _sd("Graph"))
    yield from _counts(default, statistics, facts)
    for number, (iri, size) in enumerate(statistics.sizes.items()):
        named, graph = BlankNode(f"named{number}"), BlankNode(f"graph{number}")
        yield Triple(dataset, _sd("namedGraph"), named)
        yield Triple(named, _TYPE, _sd("NamedGraph"))
        yield Triple(named, _sd("name"), NamedNode(iri))
        # What follows from a named graph is in graph/inferred, not in itself.
        yield Triple(named, _sd("entailmentRegime"), _SIMPLE)
        yield Triple(named, _sd("graph"), graph)
        yield Triple(graph, _TYPE, _sd("Graph"))
        yield from void.size(graph, size, None, None)


def _counts(default: BlankNode, statistics: Statistics, facts: Facts) -> Iterator[Triple]:
    """The default graph in numbers (VoID, section 4)."""
    yield Triple(default, _TYPE, void.void("Dataset"))
    yield from void.size(default, statistics.default_size, *(statistics.terms or (None, None)))
    if facts.base:
        yield Triple(default, void.void("uriSpace"), Literal(facts.base))
    if statistics.properties is not None:
        yield Triple(default, void.void("properties"), void.number(len(statistics.properties)))
        for iri, found in statistics.properties.items():
            yield from void.property_partition(
                default, iri, found.triples, found.subjects, found.objects
            )
    if statistics.classes is not None:
        yield Triple(default, void.void("classes"), void.number(len(statistics.classes)))
        for iri, entities in statistics.classes.items():
            yield from void.class_partition(default, iri, entities)


def _sd(name: str) -> NamedNode:
    return NamedNode(vocab.SD + name)


def _number(value: int | float) -> Literal:
    return Literal(str(value), datatype=_INTEGER if isinstance(value, int) else _DECIMAL)
