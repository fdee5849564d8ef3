"""Named queries: the ``.rq`` files of a folder, with what their headers say about them.

A query file is SPARQL with comment lines ``# key: value`` in front:

    # question: 15                      the number of a competency question (only those have it)
    # en: What lies in Beijing?         the question in English ...
    # zh: 北京市内有哪些地方和设施？       ... and in Chinese; both are required
    # inference: [R: transitive] why    what the answer needs from the reasoner, if anything
    # parameter: threshold decimal | the number to compare with | 用来比较的数
    # note: What to know | 须知           what a reader should know

A parameter is a line ``  VALUES ?threshold { 300.0 }`` of the query, indented by two spaces: the
file runs as it stands, and `Question.bind` puts another term between the braces. Its meaning is
told in English and, if it can be, in Chinese; so is a note.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, Store

from etown_kg import query_text, vocab
from etown_kg.errors import MissingPathError, SettingError, SourceError

# The folders of named queries that are for readers, in the order of the pages.
FOLDERS = ("competency", "examples", "compare")

_FORMS = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})
_RDF_TYPE = NamedNode(f"{vocab.RDF}type")
_RDFS_LABEL = NamedNode(f"{vocab.RDFS}label")
_RDFS_COMMENT = NamedNode(f"{vocab.RDFS}comment")
_HEADER = re.compile(r"# (?P<key>[a-z]+): (?P<value>.+)")
_KEYS = frozenset({"question", "en", "zh", "inference", "parameter", "note"})
_PARAMETER = re.compile(
    r"(?P<name>\w+) (?P<kind>\w+) \| (?P<en>[^|]*[^|\s])(?: \| (?P<zh>[^|]*[^|\s]))?"
)

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True)
class Parameter:
    """A place in a query for terms of the user: an ``iri``, ``decimal`` or ``string``.

    `meanings` are by language tag. `default` is what the file has there, the whole IRI or the
    literal's text; None if it is any term (UNDEF) or several.
    """

    name: str
    kind: str
    meanings: Mapping[str, str]
    default: str | None = None


@dataclass(frozen=True)
class Question:
    """A named query. `name` is the file's name without suffix; `titles` and each of `notes` are by
    language tag, notes perhaps in English alone.
    """

    path: Path
    titles: Mapping[str, str]
    text: str
    number: int | None = None
    inference: str | None = None
    parameters: tuple[Parameter, ...] = ()
    notes: tuple[Mapping[str, str], ...] = ()

    @property
    def name(self) -> str:
        return self.path.stem

    def bind(self, values: Mapping[str, str | None]) -> str:
        """The query with these parameters in place; None means any term, others keep theirs.

        An IRI is written out or as a CURIE with one of the project's prefixes.

        Raises:
            SettingError: a name that is no parameter, or a value that is none of its kind.
        """
        kinds = {parameter.name: parameter.kind for parameter in self.parameters}
        text = self.text
        for name, value in values.items():
            if name not in kinds:
                known = ", ".join(kinds) or "none"
                raise SettingError(name, f"no parameter of {self.name}", hint=f"known: {known}")
            term = "UNDEF" if value is None else _WRITERS[kinds[name]](name, value)
            before, after = _values(name).split(text)
            text = f"{before}VALUES ?{name} {{ {term} }}{after}"
        return text


def read_reader_questions(queries: Path) -> dict[str, tuple[Question, ...]]:
    """The named queries for readers by folder of ``queries/``, those folders that there are.

    Raises:
        SourceError: see `read_question`.
    """
    return {name: read_questions(queries / name) for name in FOLDERS if (queries / name).is_dir()}


def described(folders: Mapping[str, Sequence[Question]], base: str) -> Iterator[Quad]:
    """The named queries as data in ``graph/meta``, and the prefixes that they may use.

    Nothing where there are none.

    As SHACL's vocabulary has it (https://www.w3.org/TR/shacl/#sparql-prefixes, and
    ``sh:SPARQLExecutable`` of SHACL Advanced Features) and the query editors and crawlers of
    public endpoints look for it: ``sh:select`` and its sisters hold the text, ``rdfs:comment``
    the question.
    """
    graph = NamedNode(f"{base}graph/meta")
    for folder, questions in folders.items():
        for question in questions:
            node = NamedNode(f"{base}id/query/{question.name}")
            form = _form(question.text)
            about: list[tuple[NamedNode, NamedNode | Literal]] = [
                (_RDF_TYPE, NamedNode(f"{vocab.SH}SPARQLExecutable")),
                (_RDF_TYPE, NamedNode(f"{vocab.SH}SPARQL{form.title()}Executable")),
                (NamedNode(f"{vocab.SH}{form.lower()}"), Literal(question.text)),
                (NamedNode(f"{vocab.SH}prefixes"), graph),
                (NamedNode(f"{vocab.SCHEMA}keywords"), Literal(folder)),
            ]
            for language, title in question.titles.items():
                text = Literal(title, language=language)
                about += [(_RDFS_LABEL, text), (_RDFS_COMMENT, text)]
            yield from (Quad(node, predicate, value, graph) for predicate, value in about)
    if not any(folders.values()):
        return
    for prefix, namespace in vocab.PREFIXES.items():
        node = NamedNode(f"{graph.value}#{prefix}")
        yield Quad(graph, NamedNode(f"{vocab.SH}declare"), node, graph)
        yield Quad(node, NamedNode(f"{vocab.SH}prefix"), Literal(prefix), graph)
        iri = Literal(namespace, datatype=NamedNode(f"{vocab.XSD}anyURI"))
        yield Quad(node, NamedNode(f"{vocab.SH}namespace"), iri, graph)


def _form(text: str) -> str:
    """The query form: the first word that is one of them."""
    words = (token.text.upper() for token in query_text.tokens(text) if token.kind == "word")
    return next((word for word in words if word in _FORMS), "SELECT")


def read_questions(folder: Path) -> tuple[Question, ...]:
    """The named queries of a folder, by file name.

    Raises:
        MissingPathError: no such folder.
        SourceError: a file with a header that lacks something; names file and line.
    """
    if not folder.is_dir():
        raise MissingPathError(folder, "a folder with .rq files")
    return tuple(read_question(path) for path in sorted(folder.glob("*.rq")))


def read_question(path: Path) -> Question:
    """One named query.

    Raises:
        SourceError: the header lacks a title or has a line that is not understood.
    """
    text = path.read_text(encoding="utf-8")
    header: dict[str, list[str]] = {key: [] for key in _KEYS}
    parameters, notes = [], []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("#"):
            break
        found = _HEADER.fullmatch(line)
        if found is None or found["key"] not in _KEYS:
            hint = f"write '# key: value' with one of {', '.join(sorted(_KEYS))}"
            raise SourceError(path, f"unknown header {line!r}", line=number, hint=hint)
        header[found["key"]].append(found["value"])
        if found["key"] == "parameter":
            parameters.append(_parameter(path, number, found["value"], text))
        if found["key"] == "note":
            notes.append(_note(path, number, found["value"]))
    for key in ("en", "zh"):
        if len(header[key]) != 1:
            raise SourceError(path, f"expected one header line '# {key}: ...'", line=1)
    numbers = header["question"]
    if len(numbers) > 1 or not all(number.isdecimal() for number in numbers):
        raise SourceError(path, "expected one number in '# question: ...'", line=1)
    return Question(
        path=path,
        titles={"en": header["en"][0], "zh": header["zh"][0]},
        text=text,
        number=int(numbers[0]) if numbers else None,
        inference=" ".join(header["inference"]) or None,
        parameters=tuple(parameters),
        notes=tuple(notes),
    )


def _note(path: Path, line: int, value: str) -> Mapping[str, str]:
    texts = [text.strip() for text in value.split("|")]
    if len(texts) > 2 or not all(texts):
        problem = f"unreadable note {value!r}"
        hint = "write '# note: English | Chinese', or the English alone"
        raise SourceError(path, problem, line=line, hint=hint)
    return dict(zip(("en", "zh"), texts, strict=False))


def _parameter(path: Path, line: int, value: str, text: str) -> Parameter:
    found = _PARAMETER.fullmatch(value)
    if found is None or found["kind"] not in _WRITERS:
        hint = f"write '# parameter: name kind | meaning', kind one of {', '.join(_WRITERS)}"
        raise SourceError(path, f"unreadable parameter {value!r}", line=line, hint=hint)
    if len(_values(found["name"]).findall(text)) != 1:
        problem = f"expected one line 'VALUES ?{found['name']} {{ ... }}' for the parameter"
        raise SourceError(path, problem, line=line)
    meanings = {language: found[language] for language in ("en", "zh") if found[language]}
    return Parameter(found["name"], found["kind"], meanings, _default(path, found["name"], text))


def _default(path: Path, name: str, text: str) -> str | None:
    """The only term that the file has for a parameter, read by the engine's own parser."""
    place = _values(name).search(text)
    if place is None:
        return None
    known = {**vocab.PREFIXES, **query_text.declared(list(query_text.tokens(text)))}
    prefixes = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in known.items())
    try:
        solutions = Store().query(f"{prefixes}SELECT ?{name} {{ {place[0]} }}")
    except SyntaxError as error:
        line, _ = query_text.line_and_column(text, place.start())
        raise SourceError(path, f"unreadable terms for ?{name}: {error}", line=line) from error
    terms = [solution[name] for solution in cast(QuerySolutions, solutions)]
    if len(terms) != 1 or not isinstance(terms[0], NamedNode | Literal):
        return None
    return terms[0].value


def _values(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<=^  )VALUES \?{name} \{{[^{{}}\n]*\}}$", re.MULTILINE)


def _iri(name: str, value: str) -> str:
    prefix, colon, local = value.partition(":")
    iri = vocab.PREFIXES[prefix] + local if colon and prefix in vocab.PREFIXES else value
    try:
        return str(NamedNode(iri))
    except ValueError as error:
        hint = "write a whole IRI or a CURIE such as indicator:gdp"
        raise SettingError(name, f"{value!r} is no IRI", hint=hint) from error


def _decimal(name: str, value: str) -> str:
    if not _NUMBER.fullmatch(value):
        raise SettingError(
            name, f"{value!r} is no number", hint="write digits, such as 300 or 34.8"
        )
    digits = value if "." in value else f"{value}.0"
    # rdflib 7.6 does not read a signed decimal without quotes.
    return digits if digits[0].isdigit() else f'"{digits}"^^<{vocab.XSD}decimal>'


def _string(_name: str, value: str) -> str:
    return str(Literal(value))


_WRITERS: dict[str, Callable[[str, str], str]] = {
    "iri": _iri,
    "decimal": _decimal,
    "string": _string,
}
