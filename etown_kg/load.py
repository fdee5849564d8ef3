"""Files to quads: which file goes to which named graph, and where a syntax error stands.

A folder of facts is laid out as the project's own: ``articles/<name>.ttl`` is one article and
one named graph ``graph/<name>``, every other file ``<name>.ttl`` is ``graph/<name>``. A folder
of an ontology is ``graph/ontology`` as a whole (with ``alignments/``), apart from
``vocabulary.*``, the code lists, which is ``graph/vocabulary``. Files that name graphs
themselves (TriG, N-Quads, JSON-LD) keep those names; what they leave in the default graph goes
to the file's graph.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    parse,
)

from etown_kg import doctype, vocab
from etown_kg.errors import MissingPathError, SettingError, SourceError
from etown_kg.formats import RDF_FORMATS, by_suffix

_Term = TypeVar("_Term", bound=NamedNode | BlankNode | Literal | Triple | DefaultGraph)

# Made by the program; a file of that name would be mixed up with it.
RESERVED = ("inferred", "meta")


@dataclass(frozen=True)
class Source:
    """One file and the IRI of the named graph that its triples belong to."""

    path: Path
    graph: str


def sources(ontology: Path, data: Path, base: str = vocab.BASE) -> tuple[Source, ...]:
    """The files of an ontology folder and a facts folder with their graphs, in sorted order.

    Raises:
        MissingPathError: a folder is not there or holds no RDF file.
        SourceError: a file has the name of a graph that the program makes.
    """
    graphs = base + "graph/"
    found = [
        Source(path, graphs + ("vocabulary" if path.stem == "vocabulary" else "ontology"))
        for folder in (ontology, ontology / "alignments")
        for path in _rdf_files(folder)
    ]
    if not found:
        raise _missing(ontology, "an ontology")
    facts = [
        Source(path, graphs + path.stem)
        for folder in (data, data / "articles")
        for path in _rdf_files(folder)
    ]
    if not facts:
        raise _missing(data, "facts")
    for source in facts:
        if source.path.stem in RESERVED:
            raise SourceError(
                source.path,
                f"graph/{source.path.stem} is made by the program",
                hint="give the file another name",
            )
    return (*found, *facts)


def read(path: Path, graph: str | None = None, content: bytes | None = None) -> list[Quad]:
    """The quads of one RDF file, in the file's order, its format by its suffix.

    `content` is what the file would hold, where that is known already: of a file that is packed.

    Triples go to `graph`, or stay in the default graph when it is None. Blank nodes get labels
    made from the file's name and their order in it: no two files share one, and reading a file
    again gives the same labels.

    Raises:
        MissingPathError: no such file.
        FormatError: the suffix is not one of an RDF format.
        SourceError: the file does not parse; with line and column where the parser knows them.
    """
    if content is None and not path.is_file():
        raise MissingPathError(path, "an RDF file")
    format = by_suffix(path)
    target = DefaultGraph() if graph is None else NamedNode(graph)
    labels = _BlankNodeLabels(path)
    quads: list[Quad] = []
    try:
        with path.open("rb") if content is None else io.BytesIO(content) as stream:
            document: bytes | BinaryIO = stream
            if format.rdf == RdfFormat.RDF_XML:
                checked = doctype.checked(stream.read())
                if isinstance(checked, doctype.Refusal):
                    raise SourceError(path, checked.problem, hint=checked.hint)
                document = checked
            for quad in parse(document, format.rdf, base_iri=path.resolve().as_uri()):
                subject, object_ = labels.renamed(quad.subject), labels.renamed(quad.object)
                name = labels.renamed(quad.graph_name)
                named = target if isinstance(name, DefaultGraph) else name
                quads.append(Quad(subject, quad.predicate, object_, named))
    except SyntaxError as error:
        raise _source_error(path, error) from error
    except MemoryError as error:
        # pyoxigraph's word for one token beyond its parsers' buffer.
        raise SourceError(
            path,
            "a literal or another token is longer than 16 MiB",
            hint="keep such a text in a file of its own and link to it",
        ) from error
    except OSError as error:
        raise SourceError(path, f"cannot be read: {error.strerror or error}") from error
    return quads


def read_all(found: Iterable[Source]) -> Iterator[Quad]:
    """The quads of all sources, file by file."""
    for source in found:
        yield from read(source.path, source.graph)


def read_term(text: str) -> NamedNode | BlankNode | Literal | Triple:
    """One term as Turtle writes it, with the project's prefixes; ``a`` is rdf:type.

    >>> read_term("place:beijing")
    <NamedNode value=https://w3id.org/etown/id/place/beijing>

    Raises:
        SettingError: the text is not one term.
    """
    if text.strip() == "a":
        return NamedNode(vocab.RDF + "type")
    prefixes = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in vocab.PREFIXES.items())
    try:
        quads = list(parse(f"{prefixes}<urn:s> <urn:p> {text}\n.", RdfFormat.TURTLE))
    except SyntaxError as error:
        raise _no_term(text) from error
    # A list or a nested description would be several triples, and a full stop other ones.
    if len(quads) != 1:
        raise _no_term(text)
    term: NamedNode | BlankNode | Literal | Triple = quads[0].object
    return term


def _no_term(text: str) -> SettingError:
    return SettingError(
        text, "not one RDF term", hint='expected prefix:name, <IRI>, "text", "text"@en or 300.0'
    )


class _BlankNodeLabels:
    """Labels ``<folder>x<file>n<k>``, k in order of first mention."""

    def __init__(self, path: Path) -> None:
        self._scope = re.sub(r"[^A-Za-z0-9]", "", f"{path.parent.name}x{path.stem}")
        self._renamed: dict[BlankNode, BlankNode] = {}

    def renamed(self, term: _Term) -> _Term:
        """The term with its blank nodes renamed; any other term as it is."""
        renamed: object = term
        if isinstance(term, Triple):
            renamed = Triple(self.renamed(term.subject), term.predicate, self.renamed(term.object))
        elif isinstance(term, BlankNode):
            label = f"{self._scope}n{len(self._renamed)}"
            renamed = self._renamed.setdefault(term, BlankNode(label))
        return cast(_Term, renamed)


def _rdf_files(folder: Path) -> list[Path]:
    suffixes = {suffix for format in RDF_FORMATS for suffix in format.suffixes}
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in suffixes)


def _missing(folder: Path, what: str) -> MissingPathError:
    if folder.is_dir():
        return MissingPathError(folder / "*.ttl", f"{what} as RDF files in this folder")
    return MissingPathError(folder, f"a folder with {what}", hint="name it with --ontology/--data")


def _source_error(path: Path, error: SyntaxError) -> SourceError:
    # The parser repeats the place in its sentence; we say it once, in front.
    problem = re.sub(r"^Parser error at line .*?: ", "", error.msg or str(error))
    return SourceError(path, problem, line=error.lineno, column=error.offset)
