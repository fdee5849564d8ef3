"""Counts in terms of VoID (https://www.w3.org/TR/void/): partitions, subsets, linksets.

Parts without a name of their own are blank nodes whose labels are made from what they are about,
so that the same part is the same node after every change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from etown_kg import vocab
from etown_kg.catalogue.census import Link

_TYPE: Final = NamedNode(vocab.RDF + "type")
_INTEGER: Final = NamedNode(vocab.XSD + "integer")


def dataset_of(base: str) -> NamedNode:
    """The dataset that is all graphs together."""
    return NamedNode(f"{base}id/dataset/all")


def void(name: str) -> NamedNode:
    """A term of VoID."""
    return NamedNode(vocab.VOID + name)


def number(value: int) -> Literal:
    """A count as a literal."""
    return Literal(str(value), datatype=_INTEGER)


def part(*about: str) -> BlankNode:
    """The node of what is about these, always the same one."""
    return BlankNode("void" + hashlib.sha256("\n".join(about).encode()).hexdigest()[:20])


def size(
    dataset: NamedNode | BlankNode, triples: int, subjects: int | None, objects: int | None
) -> Iterator[Triple]:
    """How many triples a dataset has, and how many terms at their ends; None is left out."""
    yield Triple(dataset, void("triples"), number(triples))
    if subjects is not None:
        yield Triple(dataset, void("distinctSubjects"), number(subjects))
    if objects is not None:
        yield Triple(dataset, void("distinctObjects"), number(objects))


def property_partition(
    dataset: NamedNode | BlankNode,
    iri: str,
    triples: int,
    subjects: int | None,
    objects: int | None,
) -> Iterator[Triple]:
    """The triples of one property."""
    node = part("property", dataset.value, iri)
    yield Triple(dataset, void("propertyPartition"), node)
    yield Triple(node, void("property"), NamedNode(iri))
    yield from size(node, triples, subjects, objects)


def class_partition(dataset: NamedNode | BlankNode, iri: str, entities: int) -> Iterator[Triple]:
    """The members of one class."""
    node = part("class", dataset.value, iri)
    yield Triple(dataset, void("classPartition"), node)
    yield Triple(node, void("class"), NamedNode(iri))
    yield Triple(node, void("entities"), number(entities))


def linkset(dataset: NamedNode, link: Link, triples: int) -> Iterator[Triple]:
    """The links by one property to the dataset whose IRIs start with one namespace."""
    node, target = (part(name, dataset.value, *link) for name in ("linkset", "target"))
    yield Triple(dataset, void("subset"), node)
    yield Triple(node, _TYPE, void("Linkset"))
    yield Triple(node, void("linkPredicate"), NamedNode(link.predicate))
    yield Triple(node, void("subjectsTarget"), dataset)
    yield Triple(node, void("objectsTarget"), target)
    yield Triple(node, void("triples"), number(triples))
    yield Triple(target, _TYPE, void("Dataset"))
    yield Triple(target, void("uriSpace"), Literal(link.namespace))


def graph_subset(dataset: NamedNode, iri: str, triples: int) -> Iterator[Triple]:
    """One named graph of the dataset."""
    graph = NamedNode(iri)
    yield Triple(dataset, void("subset"), graph)
    yield Triple(graph, _TYPE, void("Dataset"))
    yield Triple(graph, void("triples"), number(triples))
