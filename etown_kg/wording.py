"""What a site calls itself and shows first: ``site.toml`` in the ontology's folder.

    [title]
    en = "The zoo"
    zh = "动物园"

    [description]
    en = "Who lives where, and how many."

    [start]
    figures = ["https://zoo.example/id/visitors-2031"]
    classes = ["https://zoo.example/ontology#Bird"]
    questions = ["heaviest-animals"]

The file may be missing. IRIs may be CURIEs with the project's prefixes. Titles that are left out
come from the ontology, and the start page then chooses for itself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from etown_kg import vocab
from etown_kg.errors import SourceError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = "site.toml"
_TEXTS = ("title", "description")
_CHOICES = ("figures", "classes", "questions")


@dataclass(frozen=True)
class Wording:
    """The site's own texts, by language, and what its start page shows.

    `figures` and `classes` are IRIs, `questions` the names of named queries; empty where nothing
    was chosen.
    """

    titles: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    figures: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()

    def title(self, language: str) -> str:
        """The title, in English if it has none in this language; "" without any."""
        return self.titles.get(language) or self.titles.get("en", "")

    def description(self, language: str) -> str:
        """The description, in English if it has none in this language; "" without any."""
        return self.descriptions.get(language) or self.descriptions.get("en", "")


def read_wording(ontology: Path, questions: Iterable[str] = ()) -> Wording:
    """The wording of an ontology's folder; an empty one if the folder has no such file.

    `questions` are the names of its named queries.

    Raises:
        SourceError: the file is no TOML, or has something else than is described above.
    """
    path = ontology / FILE
    if not path.is_file():
        return Wording()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(path, f"is not TOML: {error}") from error
    for name in content.keys() - {*_TEXTS, "start"}:
        hint = f"write [{'], ['.join(_TEXTS)}] or [start]"
        raise SourceError(path, f"[{name}] is not understood", hint=hint)
    start = content.get("start", {})
    if not isinstance(start, dict) or start.keys() - set(_CHOICES):
        raise SourceError(path, "[start] is not understood", hint=f"known: {', '.join(_CHOICES)}")
    chosen = {name: _list(path, name, start.get(name, [])) for name in _CHOICES}
    missing = set(chosen["questions"]) - set(questions)
    if missing:
        problem = f"[start] questions: there is no named query {', '.join(sorted(missing))}"
        raise SourceError(path, problem, hint="give the names of files without .rq")
    return Wording(
        _texts(path, "title", content),
        _texts(path, "description", content),
        tuple(_iri(path, name) for name in chosen["figures"]),
        tuple(_iri(path, name) for name in chosen["classes"]),
        tuple(chosen["questions"]),
    )


def _texts(path: Path, name: str, content: Mapping[str, Any]) -> Mapping[str, str]:
    texts = content.get(name, {})
    if not isinstance(texts, dict) or not all(isinstance(each, str) for each in texts.values()):
        hint = f'write [{name}] with lines such as en = "..."'
        raise SourceError(path, f"{name!r} is not a table of texts by language", hint=hint)
    return texts


def _list(path: Path, name: str, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise SourceError(path, f"[start] {name} is not a list of texts")
    return value


def _iri(path: Path, name: str) -> str:
    prefix, colon, local = name.partition(":")
    if not colon:
        raise SourceError(path, f"[start] {name!r} is neither an IRI nor a CURIE")
    return vocab.PREFIXES[prefix] + local if prefix in vocab.PREFIXES else name
