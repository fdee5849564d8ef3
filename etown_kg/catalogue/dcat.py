"""The catalogue in terms of DCAT 3 (https://www.w3.org/TR/vocab-dcat-3/): what there is to have.

What it says of title, licence and the like is what the ontology's header says, and the site's
wording where there is one. Addresses are written below the base of the IRIs; whoever shows the
catalogue puts the server's own in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store, Triple

from etown_kg import vocab
from etown_kg.catalogue.void import dataset_of, part, void
from etown_kg.formats import RDF_FORMATS

TYPE: Final = NamedNode(vocab.RDF + "type")
TITLE: Final = NamedNode(vocab.DCTERMS + "title")
DESCRIPTION: Final = NamedNode(vocab.DCTERMS + "description")
LICENSE: Final = NamedNode(vocab.DCTERMS + "license")
LABEL: Final = NamedNode(vocab.RDFS + "label")
_ONTOLOGY: Final = NamedNode(vocab.OWL + "Ontology")
_VERSION_INFO: Final = NamedNode(vocab.OWL + "versionInfo")
_PUBLISHERS: Final = (
    NamedNode(vocab.DCTERMS + "publisher"), NamedNode(vocab.DCTERMS + "creator"),
)  # fmt: skip
_ISSUED: Final = (NamedNode(vocab.DCTERMS + "issued"), NamedNode(vocab.DCTERMS + "created"))
_PROTOCOL: Final = NamedNode("https://www.w3.org/TR/sparql11-protocol/")
# The W3C's names of the formats: https://www.w3.org/ns/formats/
FORMAT_NAMES: Final = {
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
_SERVICE_TITLES: Final = {"en": "SPARQL 1.1 endpoint", "zh": "SPARQL 1.1 查询端点"}

Title = Mapping[str, str]


def dcat(name: str) -> NamedNode:
    """A term of DCAT."""
    return NamedNode(vocab.DCAT + name)


def media_type(name: str) -> NamedNode:
    """The IRI of a media type, as DCAT wants it.

    >>> media_type("text/csv").value
    'https://www.iana.org/assignments/media-types/text/csv'
    """
    return NamedNode(vocab.MEDIA_TYPES + name)


def texts(subject: NamedNode | BlankNode, predicate: NamedNode, said: Title) -> Iterator[Triple]:
    """A text in its languages; "" is the tag of one without a language."""
    for language, text in sorted(said.items()):
        literal = Literal(text, language=language) if language else Literal(text)
        yield Triple(subject, predicate, literal)


@dataclass(frozen=True)
class Distribution:
    """One form in which a dataset can be had, at `path` below the base."""

    path: str
    media_type: str
    titles: Title

    def triples(
        self, base: str, dataset: NamedNode, licences: Collection[NamedNode | Literal]
    ) -> Iterator[Triple]:
        node = NamedNode(base + self.path)
        yield Triple(dataset, dcat("distribution"), node)
        yield Triple(node, TYPE, dcat("Distribution"))
        yield from texts(node, TITLE, self.titles)
        yield Triple(node, dcat("accessURL"), node)
        yield Triple(node, dcat("downloadURL"), node)
        yield Triple(node, dcat("mediaType"), media_type(self.media_type))
        for licence in licences:
            yield from licensed(node, licence)


def licensed(node: NamedNode | BlankNode, licence: NamedNode | Literal) -> Iterator[Triple]:
    """Under which licence something is: a document, also where the data have but its name."""
    if isinstance(licence, NamedNode):
        yield Triple(node, LICENSE, licence)
        return
    nameless = part("licence", licence.value)
    yield Triple(node, LICENSE, nameless)
    yield Triple(nameless, TYPE, NamedNode(vocab.DCTERMS + "LicenseDocument"))
    yield Triple(nameless, LABEL, licence)


@dataclass(frozen=True)
class Catalogue:
    """The section of the description that is the catalogue.

    Attributes:
        base: what the IRIs of things and graphs start with.
        store: where the ontology's header is looked up.
        changed: when the data last changed, ISO 8601; "" if they did not since they were read.
        titles, descriptions: the site's wording by language; empty for what the header says.
    """

    base: str
    store: Store
    changed: Callable[[], str] = lambda: ""
    titles: Title = field(default_factory=dict)
    descriptions: Title = field(default_factory=dict)

    def concerns(self, changed: Collection[Quad]) -> bool:
        """It tells when the last change was made."""
        return True

    def triples(self) -> Iterator[Triple]:
        """The catalogue, the dataset of all graphs, and the endpoint."""
        catalogue, service = NamedNode(f"{self.base}catalog"), NamedNode(f"{self.base}sparql")
        dataset, header = dataset_of(self.base), self._header()
        for node, kind in ((catalogue, "Catalog"), (dataset, "Dataset")):
            yield Triple(node, TYPE, dcat(kind))
            yield from self._common(node, header)
        yield Triple(dataset, TYPE, void("Dataset"))
        yield Triple(catalogue, dcat("dataset"), dataset)
        yield Triple(catalogue, dcat("service"), service)
        yield Triple(dataset, dcat("landingPage"), NamedNode(self.base))
        yield Triple(dataset, void("uriSpace"), Literal(self.base))
        yield Triple(dataset, void("sparqlEndpoint"), service)
        for format in RDF_FORMATS:
            feature = NamedNode(vocab.FORMATS + FORMAT_NAMES[format.name])
            yield Triple(dataset, void("feature"), feature)
        if header is not None:
            yield Triple(dataset, NamedNode(vocab.DCTERMS + "conformsTo"), header)
            for term in [each for name in _ISSUED for each in self._of(header, name)][:1]:
                yield Triple(dataset, NamedNode(vocab.DCTERMS + "issued"), term)
            for term in self._of(header, _VERSION_INFO):
                if isinstance(term, Literal):
                    yield Triple(dataset, dcat("version"), term)
        access = part("distribution", service.value)
        yield Triple(dataset, dcat("distribution"), access)
        yield Triple(access, TYPE, dcat("Distribution"))
        yield from texts(access, TITLE, _SERVICE_TITLES)
        yield Triple(access, dcat("accessURL"), service)
        yield Triple(access, dcat("accessService"), service)
        yield Triple(service, TYPE, dcat("DataService"))
        yield from texts(service, TITLE, _SERVICE_TITLES)
        yield Triple(service, dcat("endpointURL"), service)
        yield Triple(service, dcat("endpointDescription"), service)
        yield Triple(service, dcat("servesDataset"), dataset)
        yield Triple(service, NamedNode(vocab.DCTERMS + "conformsTo"), _PROTOCOL)
        for licence in self.licences():
            yield from licensed(service, licence)

    def licences(self) -> list[NamedNode | Literal]:
        """The licences that the ontology names."""
        header = self._header()
        return [] if header is None else self._of(header, LICENSE)

    def _common(self, node: NamedNode, header: NamedNode | BlankNode | None) -> Iterator[Triple]:
        """What the catalogue and the dataset have in common."""
        for predicate, own in ((TITLE, self.titles), (DESCRIPTION, self.descriptions)):
            if own:
                yield from texts(node, predicate, own)
            elif header is not None:
                for text in self._of(header, predicate):
                    yield Triple(node, predicate, text)
        if not self.titles and (header is None or not self._of(header, TITLE)):
            yield Triple(node, TITLE, Literal(self.base))
        if header is not None:
            for licence in self._of(header, LICENSE):
                yield from licensed(node, licence)
            yield from self._publisher(node, header)
        if changed := self.changed():
            time = Literal(changed, datatype=NamedNode(vocab.XSD + "dateTime"))
            yield Triple(node, NamedNode(vocab.DCTERMS + "modified"), time)

    def _publisher(self, node: NamedNode, header: NamedNode | BlankNode) -> Iterator[Triple]:
        """Who publishes it: an agent, also where the header has but a name."""
        found = [term for predicate in _PUBLISHERS for term in self._of(header, predicate)]
        predicate, agent = _PUBLISHERS[0], NamedNode(vocab.FOAF + "Agent")
        for term in found[:1]:
            if isinstance(term, NamedNode):
                yield Triple(node, predicate, term)
                continue
            nameless = part("agent", term.value)
            yield Triple(node, predicate, nameless)
            yield Triple(nameless, TYPE, agent)
            yield Triple(nameless, NamedNode(vocab.FOAF + "name"), term)

    def _header(self) -> NamedNode | BlankNode | None:
        """The ontology that the data follow: the first that has a title, or the first."""
        quads = self.store.quads_for_pattern(None, TYPE, _ONTOLOGY, None)
        subjects = {quad.subject for quad in quads}
        found = sorted((s for s in subjects if isinstance(s, NamedNode | BlankNode)), key=str)
        titled = [each for each in found if self._of(each, TITLE)]
        return next(iter(titled or found), None)

    def _of(
        self, subject: NamedNode | BlankNode, predicate: NamedNode
    ) -> list[NamedNode | Literal]:
        """What the header says by one property, in an order that repeats."""
        quads = self.store.quads_for_pattern(subject, predicate, None, None)
        found = {quad.object for quad in quads if isinstance(quad.object, NamedNode | Literal)}
        return sorted(found, key=str)
