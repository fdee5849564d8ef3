"""The dumps in the catalogue: each file in which the graph can be taken away.

In ``graph/meta`` stands which files there are. Their sizes and checksums stand where the files are
listed and in the catalogue as it is served: a dump holds ``graph/meta``, which cannot hold the
dump's own checksum.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from etown_kg import vocab
from etown_kg.catalogue.dcat import (
    DESCRIPTION,
    TITLE,
    TYPE,
    Title,
    dcat,
    licensed,
    media_type,
    texts,
)
from etown_kg.catalogue.void import dataset_of, part, void
from etown_kg.export.distributions import Content, Distribution, distributions
from etown_kg.export.packing import MEDIA_TYPES

_SHA256: Final = NamedNode(vocab.SPDX + "checksumAlgorithm_sha256")
_HAS_PART: Final = NamedNode(vocab.DCTERMS + "hasPart")
_TITLES: Final[Title] = {"en": "What is asserted", "zh": "所作陈述"}
_DESCRIPTIONS: Final[Title] = {
    "en": "The statements that were read from files or written by updates, each in its named "
    "graph, without what follows from them.",
    "zh": "从文件读入或由更新写入的陈述，各在其命名图中，不含推理所得。",
}


def node_of(base: str, distribution: Distribution) -> NamedNode:
    """The IRI of a dump, which is its address below the base."""
    return NamedNode(f"{base}dumps/{distribution.name}")


@dataclass(frozen=True)
class DumpList:
    """The section of the description that lists the dumps.

    Attributes:
        base: what the IRIs of things and graphs start with.
        licences: those of the data.
    """

    base: str
    licences: Callable[[], Iterable[NamedNode | Literal]]

    def concerns(self, changed: Collection[Quad]) -> bool:
        """What can be made depends on the software, and on the licence that the ontology names."""
        licence = NamedNode(vocab.DCTERMS + "license")
        return any(quad.predicate == licence for quad in changed)

    def triples(self) -> Iterator[Triple]:
        """The dumps of all statements, and of those that are asserted; tables are `figures`'."""
        licences = list(self.licences())
        whole, asserted = dataset_of(self.base), NamedNode(f"{self.base}id/dataset/asserted")
        yield Triple(NamedNode(f"{self.base}catalog"), dcat("dataset"), asserted)
        yield Triple(whole, _HAS_PART, asserted)
        yield Triple(asserted, TYPE, dcat("Dataset"))
        yield from texts(asserted, TITLE, _TITLES)
        yield from texts(asserted, DESCRIPTION, _DESCRIPTIONS)
        for licence in licences:
            yield from licensed(asserted, licence)
        for content, dataset in (("closure", whole), ("asserted", asserted)):
            yield from _files(self.base, dataset, content, licences)  # type: ignore[arg-type]


def files_of_figures(
    base: str, dataset: NamedNode, licences: Collection[NamedNode | Literal]
) -> Iterator[Triple]:
    """The dumps of the table of figures."""
    yield from _files(base, dataset, "figures", licences)


def _files(
    base: str, dataset: NamedNode, content: Content, licences: Collection[NamedNode | Literal]
) -> Iterator[Triple]:
    for each in distributions():
        if each.content != content:
            continue
        node = node_of(base, each)
        yield Triple(dataset, dcat("distribution"), node)
        if each.format.rdf is not None:
            yield Triple(dataset, void("dataDump"), node)
        yield Triple(node, TYPE, dcat("Distribution"))
        yield Triple(node, dcat("accessURL"), node)
        yield Triple(node, dcat("downloadURL"), node)
        yield Triple(node, dcat("mediaType"), media_type(each.format.media_type))
        if each.packing:
            yield Triple(node, dcat("compressFormat"), media_type(MEDIA_TYPES[each.packing]))
        for licence in licences:
            yield from licensed(node, licence)


def made(base: str, distribution: Distribution, size_bytes: int, sha256: str) -> Iterator[Triple]:
    """What is known of a dump once it was made."""
    node = node_of(base, distribution)
    checksum: BlankNode = part("checksum", node.value)
    size = Literal(str(size_bytes), datatype=NamedNode(vocab.XSD + "nonNegativeInteger"))
    yield Triple(node, dcat("byteSize"), size)
    yield Triple(node, NamedNode(vocab.SPDX + "checksum"), checksum)
    yield Triple(checksum, TYPE, NamedNode(vocab.SPDX + "Checksum"))
    yield Triple(checksum, NamedNode(vocab.SPDX + "algorithm"), _SHA256)
    value = Literal(sha256, datatype=NamedNode(vocab.XSD + "hexBinary"))
    yield Triple(checksum, NamedNode(vocab.SPDX + "checksumValue"), value)
