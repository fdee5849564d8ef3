"""Mappings as SSSOM TSV: a table with a block of metadata before it.

https://mapping-commons.github.io/sssom/spec-formats-tsv/. The metadata are YAML behind a number
sign on each line; names are CURIEs by its ``curie_map``, several values of a cell are parted by a
vertical bar. Columns that SSSOM does not know are read only where the metadata declare them.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Members
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

import yaml

from etown_kg import vocab
from etown_kg.curies import is_iri
from etown_kg.errors import MissingPathError, SettingError, SourceError
from etown_kg.links.mapping import EXTENSIONS, KINDS, PROPAGATED, SEVERAL, Mapping
from etown_kg.links.statements import PREFIXES, SEMAPV, decimal

# Prefixes that every table has (the specification's built-in ones).
BUILT_IN: dict[str, str] = {
    "owl": vocab.OWL, "rdf": vocab.RDF, "rdfs": vocab.RDFS, "semapv": SEMAPV,
    "skos": vocab.SKOS, "sssom": vocab.SSSOM, "xsd": vocab.XSD, "linkml": "https://w3id.org/linkml/",
}  # fmt: skip
VERSION = "1.1"
REQUIRED = ("subject_id", "predicate_id", "object_id", "mapping_justification")
# A table is for people to review; one of more is made by a program, for a program.
MAX_BYTES = 64 * 1024 * 1024
_CURIE = re.compile(r"([A-Za-z_][\w.-]*):(.*)")
_LOCAL = re.compile(r"[^\s|/#?][^\s|#?]*")
# Parts of a cell: a vertical bar behind a backslash is one of a value.
_BAR = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Row:
    """One mapping of a table, with the number of its line; its IRI is the table's, or ""."""

    line: int
    mapping: Mapping


@dataclass(frozen=True)
class Table:
    """What a file holds: its rows, what was said of all of them, and columns that were not read."""

    rows: tuple[Row, ...]
    metadata: Members[str, object] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


def read_table(path: Path) -> Table:
    """The mappings of an SSSOM TSV file.

    Raises:
        MissingPathError: there is no such file.
        SourceError: it is no SSSOM TSV; with the line.
    """
    if not path.is_file():
        raise MissingPathError(path, "an SSSOM TSV file")
    if path.stat().st_size > MAX_BYTES:
        raise SourceError(path, f"is larger than {MAX_BYTES:,} bytes")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(path, f"is not UTF-8 at byte {error.start}") from error
    lines = text.splitlines(keepends=True)
    head = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return _Reader(path, _metadata(path, lines[:head]), head).read("".join(lines[head:]))


def write_table(mappings: Iterable[Mapping], metadata: Members[str, object]) -> str:
    """The table of mappings; columns that none of them uses are left out.

    Args:
        mappings: in the order of the rows.
        metadata: what is said of all of them; the prefixes and extensions are added.

    Raises:
        SettingError: a cell would not be read back as it is.
    """
    listed = list(mappings)
    columns = [
        name
        for name in KINDS
        if name in REQUIRED or name == "record_id" or any(name in each.values for each in listed)
    ]
    used: set[str] = set()
    rows = [[_cell(each, column, used) for column in columns] for each in listed]
    block: dict[str, object] = {
        "sssom_version": VERSION,
        **metadata,
        "curie_map": {name: PREFIXES[name] for name in sorted(used - set(BUILT_IN))},
    }
    extensions = [name for name in columns if name in EXTENSIONS]
    if extensions:
        block["extension_definitions"] = [
            {"slot_name": name, "property": EXTENSIONS[name][0], "type_hint": vocab.XSD + "string"}
            for name in extensions
        ]
    dumped = yaml.safe_dump(block, sort_keys=False, allow_unicode=True, width=1000)
    out = io.StringIO()
    out.writelines(f"#{line}\n" for line in dumped.splitlines())
    writer = csv.writer(out, delimiter="\t", lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


class _Reader:
    def __init__(self, path: Path, metadata: Members[str, object], lines_before: int) -> None:
        self._path = path
        self._metadata = metadata
        self._before = lines_before
        self._prefixes = {**PREFIXES, **self._curie_map(), **BUILT_IN}
        self._extensions = self._declared()

    def read(self, text: str) -> Table:
        """The table behind the metadata."""
        reader = csv.reader(io.StringIO(text), delimiter="\t", strict=True)
        try:
            columns = [name.strip() for name in next(reader, [])]
            missing = [name for name in REQUIRED if name not in columns]
            if missing or len(set(columns)) < len(columns):
                raise self._wrong(
                    f"has no column {missing[0]}" if missing else "has a column twice", 1,
                    hint="the first line behind the metadata names the columns",
                )  # fmt: skip
            names = {column: self._extensions.get(column, column) for column in columns}
            known = [names[column] if names[column] in KINDS else "" for column in columns]
            shared = self._shared(known)
            rows = [
                self._row(known, cells, shared, reader.line_num)
                for cells in reader
                if any(cell.strip() for cell in cells)
            ]
        except csv.Error as error:
            raise self._wrong(f"no TSV: {error}", reader.line_num) from error
        unread = tuple(c for c, name in zip(columns, known, strict=True) if not name)
        return Table(tuple(rows), self._metadata, unread)

    def _row(
        self, known: list[str], cells: list[str], shared: Members[str, tuple[str, ...]], line: int
    ) -> Row:
        if len(cells) > len(known):
            raise self._wrong(f"{len(cells)} cells in a table of {len(known)} columns", line)
        values: dict[str, tuple[str, ...]] = dict(shared)
        for name, cell in zip(known, cells, strict=False):
            if name and cell.strip():
                values[name] = tuple(
                    self._value(name, part, line) for part in _parts(name, cell.strip())
                )
        for name in REQUIRED:
            if name not in values:
                raise self._wrong(f"{name} is empty", line)
        iri = next(iter(values.pop("record_id", ())), "")
        return Row(
            self._before + line,
            Mapping(iri, {name: values[name] for name in KINDS if name in values}),
        )

    def _value(self, name: str, text: str, line: int) -> str:
        """A value of a column, checked by the column's kind."""
        kind = KINDS[name]
        if kind == "entity":
            return self._entity(name, text, line)
        if kind == "date" and not is_date(text):
            raise self._wrong(f"{name}: {text!r} is no date", line, hint="write 2030-12-31")
        if kind == "number":
            try:
                number = Decimal(text)
            except InvalidOperation:
                number = Decimal("NaN")
            low = -1 if name == "reviewer_agreement" else 0
            if not (number.is_finite() and low <= number <= 1):
                raise self._wrong(f"{name}: {text!r} is no number from {low} to 1", line)
            return decimal(text)
        return text

    def _entity(self, name: str, text: str, line: int) -> str:
        """The IRI of a CURIE; whole IRIs are taken as well, since many tables have them."""
        bare = text[1:-1] if text.startswith("<") and text.endswith(">") else text
        curie = _CURIE.fullmatch(bare)
        iri = bare
        if curie and curie[1] in self._prefixes and not curie[2].startswith("//"):
            iri = self._prefixes[curie[1]] + curie[2]
        elif not curie or not re.match(r"(?:https?:|urn:)", bare):
            raise self._wrong(
                f"{name}: {text!r} has no known prefix", line,
                hint="known: " + ", ".join(sorted(self._prefixes)) + "; more go into curie_map",
            )  # fmt: skip
        if not is_iri(iri):
            raise self._wrong(f"{name}: {text!r} is no IRI", line)
        return iri

    def _curie_map(self) -> dict[str, str]:
        found = self._metadata.get("curie_map") or {}
        if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
            raise SourceError(self._path, "curie_map: is no map of prefixes to namespaces")
        return {str(name): str(space) for name, space in found.items()}

    def _declared(self) -> dict[str, str]:
        """Our own extension columns by what the file calls them."""
        by_property = {
            iri: name for name, (iri, _) in EXTENSIONS.items()
            if iri != vocab.SSSOM + "mapping_source"
        }  # fmt: skip
        found: dict[str, str] = {}
        definitions = self._metadata.get("extension_definitions") or []
        for each in definitions if isinstance(definitions, list) else []:
            if isinstance(each, dict):
                called, means = str(each.get("slot_name")), str(each.get("property"))
                found[called] = called if called in EXTENSIONS else by_property.get(means, called)
        return found

    def _shared(self, columns: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """What the metadata say for all mappings, unless the table has the column."""
        found: dict[str, tuple[str, ...]] = {}
        for name in PROPAGATED.difference(columns):
            given = self._metadata.get(name)
            if given not in (None, "", []):
                several = given if isinstance(given, list) else [given]
                found[name] = tuple(self._value(name, str(each), 0) for each in several)
        return found

    def _wrong(self, problem: str, line: int, hint: str | None = None) -> SourceError:
        place = self._before + line if line else None
        return SourceError(self._path, problem, line=place, hint=hint)


def is_date(text: str) -> bool:
    """Whether a text is a day as ISO 8601 writes it.

    >>> is_date("2028-02-29"), is_date("2030-02-29"), is_date("20300228")
    (True, False, False)
    """
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _metadata(path: Path, lines: list[str]) -> Members[str, object]:
    try:
        found = yaml.safe_load("".join(line.removeprefix("#") for line in lines))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else None
        raise SourceError(
            path, f"the metadata are no YAML: {getattr(error, 'problem', error)}", line=line
        ) from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise SourceError(path, "the metadata are no YAML map", line=1)
    return {str(name): value for name, value in found.items()}


def _parts(name: str, cell: str) -> Iterator[str]:
    if name not in SEVERAL:
        yield cell
        return
    for part in _BAR.split(cell):
        if part.strip():
            yield part.strip().replace("\\|", "|")


def _cell(mapping: Mapping, column: str, used: set[str]) -> str:
    """A cell; `used` gets the prefixes of its CURIEs."""
    values = (mapping.iri,) if column == "record_id" else mapping.values.get(column, ())
    texts = [_short(each, used) if KINDS[column] == "entity" else each for each in values]
    if column in SEVERAL:
        if any(each.endswith("\\") for each in texts[:-1]):
            raise SettingError(
                f"{_short(mapping.iri, used)} {column}",
                "a text ends in a backslash, which a table cannot part from the next text",
            )
        texts = [each.replace("|", "\\|") for each in texts]
    return "|".join(texts)


def _short(iri: str, used: set[str]) -> str:
    """The CURIE by the longest prefix, or the whole IRI."""
    spaces = {**PREFIXES, **BUILT_IN}
    matching = [(len(space), name) for name, space in spaces.items() if iri.startswith(space)]
    for length, name in sorted(matching, reverse=True):
        if _LOCAL.fullmatch(iri[length:]):
            used.add(name)
            return f"{name}:{iri[length:]}"
    return iri
