"""What a site calls itself: ``site.toml`` in the ontology's folder, if there is one.

    [title]
    en = "The zoo"
    zh = "动物园"

    [description]
    en = "Who lives where, and how many."

What it leaves out comes from the title and description of the ontology.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from etown_kg.errors import SourceError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = "site.toml"
_PARTS = ("title", "description")


@dataclass(frozen=True)
class Wording:
    """The site's own texts, by language."""

    titles: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)

    def title(self, language: str) -> str:
        """The title, in English if it has none in this language; "" without any."""
        return self.titles.get(language) or self.titles.get("en", "")

    def description(self, language: str) -> str:
        """The description, in English if it has none in this language; "" without any."""
        return self.descriptions.get(language) or self.descriptions.get("en", "")


def read_wording(ontology: Path) -> Wording:
    """The wording of an ontology's folder; an empty one if the folder has no such file.

    Raises:
        SourceError: the file is no TOML, or has something else than texts by language.
    """
    path = ontology / FILE
    if not path.is_file():
        return Wording()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(path, f"is not TOML: {error}") from error
    for part, texts in content.items():
        is_known = part in _PARTS and isinstance(texts, dict)
        if not is_known or not all(isinstance(each, str) for each in texts.values()):
            hint = f'write [{"] or [".join(_PARTS)}] with lines such as en = "..."'
            raise SourceError(path, f"{part!r} is not understood", hint=hint)
    return Wording(content.get("title", {}), content.get("description", {}))
