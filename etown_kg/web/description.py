"""The service description: what this endpoint offers, in RDF, and nothing it does not.

SPARQL 1.1 Service Description (https://www.w3.org/TR/sparql11-service-description/), with
sizes in VoID terms (https://www.w3.org/TR/void/#statistics).
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from etown_kg import export, vocab
from etown_kg.backend import Backend, QueryRequest
from etown_kg.formats import RDF_FORMATS, SOLUTION_FORMATS, Format

_FORMATS = "http://www.w3.org/ns/formats/"
# The W3C's names of the formats: https://www.w3.org/ns/formats/
_FORMAT_NAMES = {
    "turtle": "Turtle",
    "ntriples": "N-Triples",
    "rdf": "RDF_XML",
    "jsonld": "JSON-LD",
    "trig": "TriG",
    "nquads": "N-Quads",
    "json": "SPARQL_Results_JSON",
    "xml": "SPARQL_Results_XML",
    "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV",
}
_ENTAILMENT = NamedNode("http://www.w3.org/ns/entailment/OWL-RDF-Based")
_PROFILE = NamedNode("http://www.w3.org/ns/owl-profile/RL")
_INTEGER = NamedNode(vocab.XSD + "integer")
_TYPE = NamedNode(vocab.RDF + "type")

_SIZES = """
SELECT ?graph ?size WHERE {
  { SELECT ?graph (COUNT(*) AS ?size) WHERE { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph }
  UNION
  { SELECT (COUNT(*) AS ?size) WHERE { ?s ?p ?o } }
} ORDER BY ?graph
"""


def service_description(endpoint: str, backend: Backend, format: Format) -> bytes:
    """The description of the service at the address `endpoint`, serialised."""
    out = io.BytesIO()
    export.write(list(_statements(endpoint, graph_sizes(backend))), out, format)
    return out.getvalue()


def graph_sizes(backend: Backend) -> dict[str | None, int]:
    """The triples of each named graph by IRI, and of the default graph by None."""
    result = backend.query(QueryRequest(_SIZES, parameters=("json",)))
    solutions = json.loads(result.body)["results"]["bindings"]
    return {
        solution["graph"]["value"] if "graph" in solution else None: int(solution["size"]["value"])
        for solution in solutions
    }


def _statements(endpoint: str, sizes: dict[str | None, int]) -> Iterator[Triple]:
    service, dataset, default = NamedNode(endpoint), BlankNode("dataset"), BlankNode("default")
    yield Triple(service, _TYPE, _sd("Service"))
    yield Triple(service, _sd("endpoint"), service)
    yield Triple(service, _sd("supportedLanguage"), _sd("SPARQL11Query"))
    yield Triple(service, _sd("feature"), _sd("UnionDefaultGraph"))
    for format in (*SOLUTION_FORMATS, *RDF_FORMATS):
        name = NamedNode(_FORMATS + _FORMAT_NAMES[format.name])
        yield Triple(service, _sd("resultFormat"), name)
    # The default graph holds the closure by the OWL 2 RL/RDF rules (OWL 2 Profiles, 4.3).
    yield Triple(service, _sd("defaultEntailmentRegime"), _ENTAILMENT)
    yield Triple(service, _sd("defaultSupportedEntailmentProfile"), _PROFILE)
    yield Triple(service, _sd("defaultDataset"), dataset)
    yield Triple(dataset, _TYPE, _sd("Dataset"))
    yield Triple(dataset, _sd("defaultGraph"), default)
    yield Triple(default, _TYPE, _sd("Graph"))
    yield Triple(default, _VOID_TRIPLES, _number(sizes[None]))
    for number, (iri, size) in enumerate(sizes.items()):
        if iri is None:
            continue
        named, graph = BlankNode(f"named{number}"), BlankNode(f"graph{number}")
        yield Triple(dataset, _sd("namedGraph"), named)
        yield Triple(named, _TYPE, _sd("NamedGraph"))
        yield Triple(named, _sd("name"), NamedNode(iri))
        yield Triple(named, _sd("graph"), graph)
        yield Triple(graph, _TYPE, _sd("Graph"))
        yield Triple(graph, _VOID_TRIPLES, _number(size))


_VOID_TRIPLES = NamedNode(vocab.VOID + "triples")


def _sd(name: str) -> NamedNode:
    return NamedNode(vocab.SD + name)


def _number(value: int) -> Literal:
    return Literal(str(value), datatype=_INTEGER)
