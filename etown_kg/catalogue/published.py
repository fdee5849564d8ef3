"""A catalogue as who publishes it shows it: what ``graph/meta`` says, at the server's addresses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store, Triple

from etown_kg import vocab
from etown_kg.catalogue.dcat import LABEL, LICENSE, TITLE, dcat
from etown_kg.catalogue.void import dataset_of, void
from etown_kg.figures.selection import last_part

Term = NamedNode | BlankNode | Literal | Triple
Node = NamedNode | BlankNode

# Statements whose object is an address to be fetched, and no name.
ADDRESSES: Final = frozenset(
    {
        *(
            dcat(name)
            for name in (
                "accessURL", "downloadURL", "endpointURL", "endpointDescription", "landingPage",
            )
        ),
        void("sparqlEndpoint"),
        void("dataDump"),
    }
)  # fmt: skip
TRIPLES: Final = void("triples")
# All that a graph says of itself.
QUERY: Final = "CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH {meta} {{ ?s ?p ?o }} }}"


def query(base: str) -> str:
    """What to ask for the description of the data whose IRIs start with `base`."""
    return QUERY.format(meta=NamedNode(f"{base}graph/meta"))


def at_address(triples: Iterable[Triple], base: str, root: str) -> list[Triple]:
    """The triples with the addresses below `base` as addresses below `root`, where a server is."""
    found = []
    for triple in triples:
        s, p, o = triple
        if p in ADDRESSES and isinstance(o, NamedNode) and o.value.startswith(base):
            triple = Triple(s, p, NamedNode(root + o.value.removeprefix(base)))
        found.append(triple)
    return found


@dataclass(frozen=True)
class File:
    """A distribution: where it is, its media type, and what it is called, by language; a file's
    own name, without a language, where nothing calls it otherwise.

    `packed` are the suffixes and addresses of the same in fewer bytes.
    """

    iri: str
    address: str
    media_type: str
    titles: dict[str, str]
    size_bytes: int | None = None
    sha256: str = ""
    packed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Counted:
    """Something and how many there are: of a class its members, of a graph its triples."""

    iri: str
    count: int


class Published:
    """The description of one state of the data, for looking things up in it."""

    def __init__(self, triples: Iterable[Triple], base: str) -> None:
        self._store = Store()
        self._store.extend(Quad(s, p, o) for s, p, o in triples)
        self.base = base
        self.dataset = dataset_of(base)

    def all(self, subject: Node, predicate: NamedNode) -> list[Term]:
        """The objects, in an order that repeats."""
        found = self._store.quads_for_pattern(subject, predicate, None, None)
        return sorted((quad.object for quad in found), key=str)

    def subjects(self, predicate: NamedNode, object_: Term) -> list[Node]:
        """What is said to have this, in an order that repeats."""
        found = self._store.quads_for_pattern(None, predicate, object_, None)
        nodes = {quad.subject for quad in found}
        return sorted((each for each in nodes if isinstance(each, NamedNode | BlankNode)), key=str)

    def value(self, subject: Node, predicate: NamedNode) -> str:
        """The text or IRI of one object; "" where there is none."""
        found = [each for each in self.all(subject, predicate) if not isinstance(each, Triple)]
        return found[0].value if found else ""

    def texts(self, subject: Node, predicate: NamedNode) -> dict[str, str]:
        """A text in its languages."""
        found = self.all(subject, predicate)
        return {each.language or "": each.value for each in found if isinstance(each, Literal)}

    def licence(self, subject: Node) -> str:
        """The address or name of a licence; "" where none is named."""
        found = self.all(subject, LICENSE)[:1]
        if found and isinstance(found[0], BlankNode):
            return self.value(found[0], LABEL)
        return self.value(subject, LICENSE)

    def count(self, subject: Node, name: str) -> int | None:
        """A number in terms of VoID."""
        found = self.value(subject, void(name))
        return int(found) if found else None

    @cached_property
    def graphs(self) -> tuple[Counted, ...]:
        """The named graphs with their sizes, by name."""
        subsets = self.all(self.dataset, void("subset"))
        return tuple(
            Counted(each.value, self.count(each, "triples") or 0)
            for each in subsets
            if isinstance(each, NamedNode)
        )

    @cached_property
    def classes(self) -> tuple[Counted, ...]:
        """The classes with their members, the largest first."""
        return self._parts("classPartition", "class", "entities")

    @cached_property
    def properties(self) -> tuple[Counted, ...]:
        """The properties with their triples, the largest first."""
        return self._parts("propertyPartition", "property", "triples")

    @cached_property
    def linksets(self) -> tuple[tuple[str, str, int], ...]:
        """Property, namespace and number of the links to other datasets, the most first."""
        found = []
        for each in self.subjects(NamedNode(vocab.RDF + "type"), void("Linkset")):
            targets = [t for t in self.all(each, void("objectsTarget")) if isinstance(t, BlankNode)]
            space = self.value(targets[0], void("uriSpace")) if targets else ""
            predicate = self.value(each, void("linkPredicate"))
            found.append((predicate, space, self.count(each, "triples") or 0))
        return tuple(sorted(found, key=lambda each: (-each[2], each[1], each[0])))

    @cached_property
    def vocabularies(self) -> tuple[str, ...]:
        """The namespaces of the classes and properties."""
        found = self.all(self.dataset, void("vocabulary"))
        return tuple(each.value for each in found if isinstance(each, NamedNode))

    @property
    def datasets(self) -> list[NamedNode]:
        """The datasets of the catalogue, the whole first."""
        listed = self.all(NamedNode(f"{self.base}catalog"), dcat("dataset"))
        others = [each for each in listed if isinstance(each, NamedNode) and each != self.dataset]
        return [self.dataset, *others]

    @property
    def figures(self) -> NamedNode | None:
        """The dataset of the figures; None where there are none."""
        node = NamedNode(f"{self.base}id/dataset/figures")
        return node if node in self.datasets else None

    def files(self, dataset: NamedNode) -> list[File]:
        """The distributions of a dataset that are files; packed ones are told with the others."""
        nodes = [n for n in self.all(dataset, dcat("distribution")) if isinstance(n, NamedNode)]
        packed = [node for node in nodes if self.value(node, dcat("compressFormat"))]
        found = []
        for node in nodes:
            if node in packed:
                continue
            size = self.value(node, dcat("byteSize"))
            sums = [
                each for each in self.all(node, NamedNode(vocab.SPDX + "checksum"))
                if isinstance(each, NamedNode | BlankNode)
            ]  # fmt: skip
            found.append(
                File(
                    node.value,
                    self.value(node, dcat("downloadURL")),
                    self.value(node, dcat("mediaType")).removeprefix(vocab.MEDIA_TYPES),
                    self.texts(node, TITLE) or {"": last_part(node.value)},
                    int(size) if size else None,
                    self.value(sums[0], NamedNode(vocab.SPDX + "checksumValue")) if sums else "",
                    tuple(
                        (suffix, self.value(each, dcat("downloadURL")))
                        for each in packed
                        if (suffix := each.value.removeprefix(node.value)) != each.value
                    ),
                )
            )
        return found

    def _parts(self, link: str, about: str, number: str) -> tuple[Counted, ...]:
        nodes = self.all(self.dataset, void(link))
        found = [
            Counted(self.value(node, void(about)), self.count(node, number) or 0)
            for node in nodes
            if isinstance(node, NamedNode | BlankNode)
        ]
        return tuple(sorted(found, key=lambda each: (-each.count, each.iri)))
