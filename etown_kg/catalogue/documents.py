"""The catalogue for who does not read RDF: schema.org's Dataset, and Croissant.

schema.org (https://schema.org/Dataset) is what search engines of datasets read, Croissant
(https://docs.mlcommons.org/croissant/docs/croissant-spec.html, version 1.0) what tools of machine
learning load tables by. Both are JSON-LD.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pyoxigraph import BlankNode, NamedNode

from etown_kg import vocab
from etown_kg.catalogue.dcat import DESCRIPTION, TITLE, dcat
from etown_kg.catalogue.published import File, Published

_DCTERMS = vocab.DCTERMS
Document = dict[str, Any]


def schema_org(published: Published, dataset: NamedNode, language: str, root: str) -> Document:
    """One dataset of a catalogue as a ``schema:Dataset``; `root` is the server's address."""
    whole = published.dataset
    found: Document = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": dataset.value,
        "url": f"{root}catalog",
        **_common(published, dataset, language),
        "inLanguage": sorted(published.texts(whole, TITLE).keys() - {""}),
        "isAccessibleForFree": True,
        "includedInDataCatalog": {
            "@type": "DataCatalog", "@id": f"{published.base}catalog", "url": f"{root}catalog",
            "name": _text(published.texts(whole, TITLE), language),
        },
        "distribution": [_download(each, language) for each in published.files(dataset)],
    }  # fmt: skip
    found["distribution"].append(
        {
            "@type": "DataDownload", "name": "SPARQL 1.1", "contentUrl": f"{root}sparql",
            "encodingFormat": "application/sparql-results+json",
        }
    )  # fmt: skip
    parts = [each for each in published.datasets if dataset == whole and each != whole]
    if parts:
        found["hasPart"] = [
            {
                "@type": "Dataset", "@id": part.value, "url": f"{root}catalog",
                **_common(published, part, language),
            }
            for part in parts
        ]  # fmt: skip
    measured = published.subjects(NamedNode(vocab.RDF + "type"), _GROUP)
    variables = sorted({published.value(cell, _MEASURED) for cell in measured} - {""})
    if variables:
        found["variableMeasured"] = variables
    return _without_empty(found)


@dataclass(frozen=True)
class Table:
    """A table as a file: the address, size and checksum of a CSV, and its columns with their types
    (``text``, ``iri``, ``number``, ``truth`` or ``date``) and meanings.
    """

    name: str
    address: str
    size_bytes: int
    sha256: str
    columns: Mapping[str, tuple[str, str]]
    key: str


def croissant(
    published: Published, dataset: NamedNode, table: Table, *, language: str, version: str
) -> Document:
    """A dataset with one table, in Croissant 1.0. `version` is for data without one."""
    file, rows = f"{table.name}.csv", table.name
    return _without_empty(
        {
            "@context": _CONTEXT,
            "@type": "sc:Dataset",
            "conformsTo": "http://mlcommons.org/croissant/1.0",
            "@id": dataset.value,
            **_common(published, dataset, language),
            "url": dataset.value,
            "citeAs": _citation(published, dataset, language),
            "version": published.value(published.dataset, dcat("version")) or version,
            "distribution": [
                {
                    "@type": "cr:FileObject",
                    "@id": file,
                    "name": file,
                    "contentUrl": table.address,
                    "contentSize": f"{table.size_bytes} B",
                    "encodingFormat": "text/csv",
                    "sha256": table.sha256,
                }
            ],
            "recordSet": [
                {
                    "@type": "cr:RecordSet",
                    "@id": rows,
                    "name": rows,
                    "key": {"@id": f"{rows}/{table.key}"},
                    "field": list(_fields(table, file)),
                }
            ],
        }
    )


def _citation(published: Published, dataset: NamedNode, language: str) -> str:
    """How to name the dataset in a text."""
    whole = _text(published.texts(published.dataset, TITLE), language)
    return f"{whole}: {_text(published.texts(dataset, TITLE), language)}. {dataset.value}"


def _fields(table: Table, file: str) -> Iterator[Document]:
    for column, (kind, meaning) in table.columns.items():
        yield {
            "@type": "cr:Field",
            "@id": f"{table.name}/{column}",
            "name": column,
            "description": meaning,
            "dataType": _TYPES[kind],
            "source": {"fileObject": {"@id": file}, "extract": {"column": column}},
        }


_TYPES: Final = {
    "text": "sc:Text", "iri": "sc:URL", "number": "sc:Float", "truth": "sc:Boolean",
    "date": "sc:Date",
}  # fmt: skip
_GROUP: Final = NamedNode(vocab.QB + "ObservationGroup")
_MEASURED: Final = NamedNode(vocab.SCHEMA + "variableMeasured")
# What Croissant's documents abbreviate, as its specification lists it (section "JSON-LD context").
_CONTEXT: Final = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{
        name: f"cr:{name}"
        for name in (
            "citeAs", "column", "extract", "field", "fileProperty", "fileObject", "fileSet",
            "format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path",
            "recordSet", "references", "regex", "repeated", "replace", "separator", "source",
            "subField", "transform",
        )
    },
}  # fmt: skip


def _common(published: Published, dataset: NamedNode, language: str) -> Document:
    """What every kind of document says of a dataset."""
    titles = published.texts(dataset, TITLE)
    publishers = [
        each for each in published.all(published.dataset, NamedNode(_DCTERMS + "publisher"))
        if isinstance(each, NamedNode | BlankNode)
    ]  # fmt: skip
    name = published.value(publishers[0], NamedNode(vocab.FOAF + "name")) if publishers else ""
    described = published.texts(dataset, DESCRIPTION)
    periods = [
        each for each in published.all(dataset, NamedNode(_DCTERMS + "temporal"))
        if isinstance(each, NamedNode | BlankNode)
    ]  # fmt: skip
    dates = [published.value(each, dcat(name)) for each in periods for name in _PERIOD]
    told = {
        "name": _text(titles, language),
        "alternateName": _others(titles, language),
        "description": _text(described, language),
        "license": published.licence(dataset),
        "creator": {"@type": "Organization", "name": name} if name else None,
        "datePublished": published.value(published.dataset, NamedNode(_DCTERMS + "issued")),
        "dateModified": published.value(dataset, NamedNode(_DCTERMS + "modified")),
        "version": published.value(dataset, dcat("version")),
        "temporalCoverage": "/".join(dates),
    }
    return _without_empty(told)


_PERIOD: Final = ("startDate", "endDate")


def _download(file: File, language: str) -> Document:
    return _without_empty(
        {
            "@type": "DataDownload",
            "name": _text(file.titles, language),
            "contentUrl": file.address,
            "encodingFormat": file.media_type,
            "contentSize": "" if file.size_bytes is None else f"{file.size_bytes} B",
            "sha256": file.sha256,
        }
    )


def _text(said: Mapping[str, str], language: str) -> str:
    """The text for a reader of a language, then one without a language, then English."""
    found = (said.get(each) for each in (language, "", "en"))
    return next((text for text in found if text), next(iter(said.values()), ""))


def _others(said: Mapping[str, str], language: str) -> Sequence[str]:
    chosen = _text(said, language)
    return sorted({text for text in said.values() if text != chosen})


def _without_empty(document: Document) -> Document:
    return {name: value for name, value in document.items() if _is_told(value)}


def _is_told(value: object) -> bool:
    return value is not None and value != "" and not (isinstance(value, Iterable) and not value)
