"""Distributions: the files in which a graph can be taken away, and how each is made.

Three contents: what is *asserted*, the *closure* (that and what follows from it), and the
*figures* as a table. A file's bytes depend on the content alone: the same graph gives the same
files, on any day and whatever order its statements come in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal, Protocol

from pyoxigraph import BlankNode, NamedNode, Quad, Triple
from pyoxigraph import Literal as RdfLiteral

from etown_kg.errors import FormatError, SettingError
from etown_kg.export.context import Context
from etown_kg.export.figures_table import FiguresTable, read_table
from etown_kg.export.packing import MEDIA_TYPES, SUFFIXES, Packing, packed
from etown_kg.export.serialisation import write_sorted
from etown_kg.export.sorting import SortedQuads
from etown_kg.formats import CSV, JSON_LD, N_QUADS, N_TRIPLES, RDF_XML, TRIG, TURTLE, Format

Content = Literal["asserted", "closure", "figures"]
CONTENTS: tuple[Content, ...] = ("asserted", "closure", "figures")

# Formats of files only: nobody negotiates them.
JELLY = Format("Jelly", "application/x-jelly-rdf", "dataset", ("jelly",), (".jelly",))
PARQUET = Format(
    "Parquet", "application/vnd.apache.parquet", "dataset", ("parquet",), (".parquet",)
)
GRAPHML = Format("GraphML", "application/graphml+xml", "graph", ("graphml",), (".graphml",))
CSVW = Format(
    "CSV on the Web", "application/csvm+json", "solutions", ("csvw",), (".csv-metadata.json",)
)

STATEMENT_FORMATS = (TRIG, N_QUADS, JSON_LD, TURTLE, N_TRIPLES, RDF_XML, JELLY, PARQUET, GRAPHML)
FIGURE_FORMATS = (CSV, CSVW, PARQUET)
# These are packed inside, or too small to be.
_NOT_PACKED = (PARQUET, CSVW)

Term = NamedNode | BlankNode | RdfLiteral | Triple


class Source(Protocol):
    """A graph whose files are made. It does not change while they are."""

    @property
    def figures_query(self) -> str:
        """The query that finds its figures (`etown_kg.figures.reading`)."""
        ...

    def quads(self, *, infer: bool) -> Iterator[Quad]:
        """All asserted quads, with `infer` also the inferred ones."""
        ...

    def context(self) -> Context:
        """Its JSON-LD context."""
        ...

    def solutions(self, query: str) -> Iterable[Mapping[str, Term]]:
        """The solutions of a SELECT on what is asserted."""
        ...


@dataclass(frozen=True)
class Distribution:
    """One file: its content, format and packing."""

    content: Content
    format: Format
    packing: Packing = ""

    @property
    def name(self) -> str:
        """The file's name, such as ``closure.nq.gz``."""
        return f"{self.content}{self.format.suffixes[0]}{SUFFIXES[self.packing]}"

    @property
    def media_type(self) -> str:
        """The media type of the file as it is."""
        return MEDIA_TYPES[self.packing] or self.format.media_type

    @property
    def content_type(self) -> str:
        """The value of the Content-Type header."""
        return MEDIA_TYPES[self.packing] or self.format.content_type


@cache
def distributions() -> tuple[Distribution, ...]:
    """All files that can be made here; Parquet needs the extra ``parquet``."""
    has_parquet = _has_parquet()
    found = []
    for content in CONTENTS:
        for format in FIGURE_FORMATS if content == "figures" else STATEMENT_FORMATS:
            if format is PARQUET and not has_parquet:
                continue
            packings: tuple[Packing, ...] = ("",) if format in _NOT_PACKED else tuple(SUFFIXES)
            found += [Distribution(content, format, packing) for packing in packings]
    return tuple(found)


def _has_parquet() -> bool:
    return find_spec("pyarrow") is not None


def by_name(name: str) -> Distribution:
    """The distribution whose file has this name.

    Raises:
        FormatError: none has.
    """
    for distribution in distributions():
        if distribution.name == name:
            return distribution
    raise FormatError(name, [distribution.name for distribution in distributions()])


def write_statements(
    quads: SortedQuads,
    out: BinaryIO,
    format: Format,
    context: Context | None = None,
    folder: Path | None = None,
) -> int:
    """Write sorted statements in one of the `STATEMENT_FORMATS`; returns how many.

    Raises:
        SettingError: the format cannot hold one of them, or needs what is not installed.
    """
    # Imported where they are needed: a server that makes no such file need not load them.
    if format is JELLY:
        from etown_kg.export.jelly import write_jelly

        return write_jelly(quads, out)
    if format is PARQUET:
        if not _has_parquet():
            hint = "pip install 'etown-kg[parquet]'"
            raise SettingError("format", "Parquet needs pyarrow, which is not here", hint=hint)
        from etown_kg.export import parquet

        return parquet.write_statements(quads, out)
    if format is GRAPHML:
        from etown_kg.export.graphml import write_graphml

        return write_graphml(quads, out, folder)
    return write_sorted(quads, out, format, context)


class Dumps:
    """Makes the files of one graph; what several need is made once. A context manager."""

    def __init__(self, source: Source, folder: Path | None = None) -> None:
        """Temporary files go to `folder`, or where the system has them."""
        self._source = source
        self._folder = folder
        self._open = ExitStack()
        self._sorted: dict[tuple[Content, bool], SortedQuads] = {}

    def __enter__(self) -> Dumps:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def write(self, distribution: Distribution, out: BinaryIO) -> None:
        """Write one file.

        Raises:
            SettingError: the format cannot hold a statement of this graph.
            OSError: the disk is full.
        """
        with packed(out, distribution.packing) as stream:
            if distribution.content == "figures":
                self._write_figures(distribution, stream)
            else:
                quads = self._quads(distribution)
                context = self._context if distribution.format is JSON_LD else None
                write_statements(quads, stream, distribution.format, context, self._folder)

    def _write_figures(self, distribution: Distribution, out: BinaryIO) -> None:
        table = self._figures
        if distribution.format is PARQUET:
            from etown_kg.export import parquet

            parquet.write_table(table.columns, table.records, out)
        elif distribution.format is CSVW:
            out.write(table.metadata(Distribution("figures", CSV).name))
        else:
            out.write(table.csv())

    def _quads(self, distribution: Distribution) -> SortedQuads:
        content, is_union = distribution.content, distribution.format.kind == "graph"
        found = self._sorted.get((content, is_union))
        if found is None:
            quads = self._source.quads(infer=content == "closure")
            made = SortedQuads(quads, is_union=is_union, folder=self._folder)
            found = self._sorted[content, is_union] = self._open.enter_context(made)
        return found

    @cached_property
    def _context(self) -> Context:
        return self._source.context()

    @cached_property
    def _figures(self) -> FiguresTable:
        return read_table(self._source.solutions, self._source.figures_query)


def format_of(name: str) -> Format:
    """The statement format of this name, or of this file name.

    Raises:
        FormatError: there is none; `known` lists those that are.
    """
    wanted = name.lower()
    for format in STATEMENT_FORMATS:
        if wanted in format.names or wanted.endswith(format.suffixes):
            return format
    raise FormatError(name, [format.name for format in STATEMENT_FORMATS])
