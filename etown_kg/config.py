"""Settings: a typed table, read once from the environment, refused early.

Only the command line, ``server.py`` and the app factory hold `Settings`; everything else
receives the two or three values it needs.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from etown_kg import vocab
from etown_kg.errors import MissingPathError, SettingError

PREFIX = "ETOWN_"
REASONERS = ("etown", "owlrl")
DEFAULT_REASONER = "etown"

# name -> what it means, with its unit; `test_docs` fails when docs/settings.md lacks one.
HELP: dict[str, str] = {
    "ontology": "folder of the ontology (default: the one that ships)",
    "data": "folder of the facts (default: the one that ships)",
    "base": "IRI that graph and thing IRIs start with; ends in / or #",
    "reasoner": f"who computes the closure: {' or '.join(REASONERS)}",
    "host": "address to listen on",
    "port": "TCP port to listen on, 1 to 65535",
    "threads": "requests answered at the same time",
}


@dataclass(frozen=True)
class Settings:
    """All settings with their defaults. `None` for a folder means the shipped one."""

    ontology: Path | None = None
    data: Path | None = None
    base: str = vocab.BASE
    reasoner: str = DEFAULT_REASONER
    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 8

    def __post_init__(self) -> None:
        if self.reasoner not in REASONERS:
            raise SettingError("reasoner", f"{self.reasoner!r} is none of {', '.join(REASONERS)}")
        if not 1 <= self.port <= 65535:
            raise SettingError("port", f"{self.port} is not between 1 and 65535")
        if self.threads < 1:
            raise SettingError("threads", f"{self.threads} is not 1 or more")
        if not urlsplit(self.base).scheme or self.base[-1] not in "/#":
            raise SettingError("base", f"{self.base!r} is not an absolute IRI that ends in / or #")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """The settings with each ``ETOWN_<NAME>`` variable that is set.

        Raises:
            SettingError: a value that cannot be used; names the variable.
        """
        environment = os.environ if environment is None else environment
        given = {
            field.name: environment[PREFIX + field.name.upper()]
            for field in fields(cls)
            if environment.get(PREFIX + field.name.upper())
        }
        try:
            return cls().changed(**given)
        except SettingError as error:
            problem = error.message.removeprefix(f"{error.name}: ")
            raise SettingError(f"{PREFIX}{error.name.upper()}", problem) from error

    def changed(self, **values: Any) -> Settings:
        """A copy with these values, texts converted to the setting's type; `None` is skipped."""
        converted: dict[str, Any] = {}
        for name, value in values.items():
            if value is None:
                continue
            if name in ("ontology", "data"):
                converted[name] = Path(value)
            elif name in ("port", "threads"):
                converted[name] = _whole_number(name, value)
            else:
                converted[name] = value
        return replace(self, **converted)


def _whole_number(name: str, value: object) -> int:
    try:
        return int(str(value))
    except ValueError as error:
        raise SettingError(name, f"{value!r} is not a whole number") from error


def shipped() -> tuple[Path, Path]:
    """The folders (ontology, data) that ship: inside the wheel, or in the checkout.

    Raises:
        MissingPathError: neither is there, so the installation is broken.
    """
    package = Path(__file__).resolve().parent
    for root in (package / "shipped", package.parent):
        if (root / "ontology").is_dir() and (root / "data").is_dir():
            return root / "ontology", root / "data"
    raise MissingPathError(
        package / "shipped", "the ontology and data that ship", hint="reinstall etown-kg"
    )
