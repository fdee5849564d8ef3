"""Settings: a typed table, read once from the environment, refused early.

Only the command line, ``server.py`` and the app factory hold `Settings`; everything else
receives the two or three values it needs.
"""

from __future__ import annotations

import ipaddress
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from etown_kg import vocab
from etown_kg.errors import MissingPathError, SettingError
from etown_kg.scope import EVERY_GRAPH, UNNAMED_GRAPH

PREFIX = "ETOWN_"
DefaultGraph = Literal["union", "standard"]
DEFAULT_GRAPHS: tuple[DefaultGraph, ...] = ("union", "standard")
REASONERS = ("etown", "owlrl")
DEFAULT_REASONER = "etown"

# name -> what it means, with its unit; `test_docs` fails when docs/settings.md lacks one.
HELP: dict[str, str] = {
    "ontology": "folder of the ontology (default: the one that ships)",
    "data": "folder of the facts (default: the one that ships)",
    "articles": "folder with your own copies of the articles, shown with their phrases marked",
    "base": "IRI that graph and thing IRIs start with; ends in / or #",
    "reasoner": f"who computes the closure: {' or '.join(REASONERS)}",
    "default_graph": "what a query sees without GRAPH: union of all graphs, or standard",
    "host": "address to listen on",
    "port": "TCP port to listen on, 1 to 65535",
    "workers": "web processes; 0 for one a processor, but no more than four",
    "threads": "requests answered at the same time in threads of each worker",
    "location": "folder that keeps the data and their changes (default: none, the files are all)",
    "ephemeral_updates": "take updates without a location; they end with the server",
    "validate_updates": "refuse an update that breaks a SHACL shape",
    "tokens": "file of the tokens (default: tokens.json of the location)",
    "private": "graph that only a token may read (an IRI, default, or all); may be repeated",
    "backend": "address of another store's queries, to serve its graphs instead of files",
    "backend_update": "address of its updates (etown-kg push; changes through the server)",
    "backend_graphs": "address of its graphs (Graph Store Protocol), for whole graphs",
    "backend_authorization": "file with the value of the header Authorization for that store",
    "backend_fresh_s": "seconds after which what others change in that store is seen",
    "audit_log": "file that gets a line of JSON for each update (default: in the location)",
    "timeout_s": "seconds that a query may take",
    "token_timeout_s": "seconds that a query may take whose client shows a token",
    "update_s": "seconds that an update may take",
    "memory_mib": "memory that a query or update may take beside the graph, in MiB",
    "answer_mib": "largest answer, in MiB",
    "answer_cache_mib": "memory for answers that may be asked for again, in MiB; 0 for none",
    "search_texts": "names and definitions that the search keeps; it says if there are more",
    "nesting": "how deep a query may nest",
    "places": "queries and updates at work at the same time",
    "client_places": "how many of them one client may have",
    "allow_service": "address that SERVICE may call; may be repeated, in the variable with spaces",
    "allow_load": "host, or HOST:PORT, that LOAD may fetch from; may be repeated",
    "allow_network": "range of addresses (CIDR) inside that SERVICE and LOAD may reach; repeatable",
    "remote_s": "seconds that a call of another server by SERVICE or LOAD may take",
    "remote_mib": "largest answer of another server, in MiB",
    "query_kib": "longest query, in KiB",
    "update_kib": "longest update, in KiB",
    "update_data_mib": "longest update that is INSERT DATA and DELETE DATA only, in MiB",
    "upload_mib": "largest graph that can be uploaded, unpacked, in MiB",
    "parameters": "parameters that one request may have",
    "requests_per_minute": "requests that one client may make a minute; 0 for no limit",
    "proxies": "reverse proxies before the server whose X-Forwarded-For is believed",
    "access_log": "file that gets a line of JSON for each request; - for standard error",
}
# The least value of each number; the greatest where there is one.
BOUNDS: dict[str, tuple[int, int | None]] = {
    "port": (1, 65535),
    "workers": (0, 64),
    "threads": (1, None),
    "memory_mib": (16, None),
    "answer_mib": (1, None),
    "answer_cache_mib": (0, None),
    "search_texts": (1, None),
    "nesting": (1, None),
    "places": (3, None),
    "client_places": (1, None),
    "remote_mib": (1, None),
    "query_kib": (1, None),
    "update_kib": (1, None),
    "update_data_mib": (1, None),
    "upload_mib": (1, None),
    "parameters": (1, None),
    "requests_per_minute": (0, None),
    "proxies": (0, None),
}
# A name, an IPv4 address or an IPv6 one in brackets, perhaps with a port.
_HOST = re.compile(r"(?:[^\s/:@\[\]]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")


@dataclass(frozen=True)
class Settings:
    """All settings with their defaults. `None` for a folder means the shipped one."""

    ontology: Path | None = None
    data: Path | None = None
    articles: Path | None = None
    base: str = vocab.BASE
    reasoner: str = DEFAULT_REASONER
    default_graph: DefaultGraph = "union"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 0
    threads: int = 32
    location: Path | None = None
    ephemeral_updates: bool = False
    validate_updates: bool = False
    tokens: Path | None = None
    private: tuple[str, ...] = ()
    backend: str | None = None
    backend_update: str | None = None
    backend_graphs: str | None = None
    backend_authorization: Path | None = None
    backend_fresh_s: float = 300.0
    audit_log: Path | None = None
    timeout_s: float = 10.0
    token_timeout_s: float = 60.0
    update_s: float = 60.0
    memory_mib: int = 1024
    answer_mib: int = 256
    answer_cache_mib: int = 64
    search_texts: int = 100_000
    nesting: int = 400
    places: int = 8
    client_places: int = 4
    allow_service: tuple[str, ...] = ()
    allow_load: tuple[str, ...] = ()
    allow_network: tuple[str, ...] = ()
    remote_s: float = 5.0
    remote_mib: int = 16
    query_kib: int = 256
    update_kib: int = 256
    update_data_mib: int = 64
    upload_mib: int = 64
    parameters: int = 1000
    requests_per_minute: int = 0
    proxies: int = 0
    access_log: str | None = None

    def __post_init__(self) -> None:
        if self.reasoner not in REASONERS:
            raise SettingError("reasoner", f"{self.reasoner!r} is none of {', '.join(REASONERS)}")
        if self.default_graph not in DEFAULT_GRAPHS:
            known = ", ".join(DEFAULT_GRAPHS)
            raise SettingError("default_graph", f"{self.default_graph!r} is none of {known}")
        for name in ("timeout_s", "token_timeout_s", "update_s", "remote_s", "backend_fresh_s"):
            if not 0 < getattr(self, name) < math.inf:
                raise SettingError(name, f"{getattr(self, name)} is no number of seconds above 0")
        for address in self.allow_service:
            if urlsplit(address).scheme not in ("http", "https"):
                raise SettingError("allow_service", f"{address!r} is no http or https address")
        for name in ("backend", "backend_update", "backend_graphs"):
            address = getattr(self, name)
            if address is not None and urlsplit(address).scheme not in ("http", "https"):
                raise SettingError(name, f"{address!r} is no http or https address")
        if self.backend is not None:
            self._check_backend()
        for graph in self.private:
            if graph not in (EVERY_GRAPH, UNNAMED_GRAPH) and not urlsplit(graph).scheme:
                known = f"{UNNAMED_GRAPH} nor {EVERY_GRAPH}"
                raise SettingError("private", f"{graph!r} is no IRI of a graph, not {known}")
        for host in self.allow_load:
            if not _HOST.fullmatch(host):
                raise SettingError("allow_load", f"{host!r} is no host, nor HOST:PORT")
        for network in self.allow_network:
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                raise SettingError("allow_network", str(error)) from error
        for name, (least, greatest) in BOUNDS.items():
            value = getattr(self, name)
            if greatest is not None and not least <= value <= greatest:
                raise SettingError(name, f"{value} is not between {least} and {greatest}")
            if value < least:
                raise SettingError(name, f"{value} is not {least} or more")
        if not urlsplit(self.base).scheme or self.base[-1] not in "/#":
            raise SettingError("base", f"{self.base!r} is not an absolute IRI that ends in / or #")

    def _check_backend(self) -> None:
        """Refuse what another store cannot keep for us."""
        kept = {
            "location": "the other store keeps the data",
            "ephemeral_updates": "the other store keeps what is changed",
            "validate_updates": "no shapes are checked in the other store; etown-kg push does",
            "private": "the other store shows all that this server's account may read",
        }
        for name, reason in kept.items():
            if getattr(self, name):
                raise SettingError(name, f"not with a backend: {reason}")

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
        kinds = {field.name: str(field.type) for field in fields(self)}
        converted = {
            name: _CONVERSIONS[kinds[name]](name, value)
            for name, value in values.items()
            if value is not None
        }
        return replace(self, **converted)


def _whole_number(name: str, value: object) -> int:
    try:
        return int(str(value))
    except ValueError as error:
        raise SettingError(name, f"{value!r} is not a whole number") from error


def _text(_name: str, value: object) -> str:
    return str(value)


def _path(_name: str, value: object) -> Path:
    return Path(str(value))


def _number(name: str, value: object) -> float:
    try:
        return float(str(value))
    except ValueError as error:
        raise SettingError(name, f"{value!r} is not a number") from error


def _truth(name: str, value: object) -> bool:
    known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    try:
        return known[str(value).lower()]
    except KeyError as error:
        raise SettingError(name, f"{value!r} is neither true nor false") from error


def _texts(_name: str, value: object) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, tuple | list) else tuple(str(value).split())


# By the annotation of the field, which is a text in this module.
_CONVERSIONS: dict[str, Callable[[str, object], Any]] = {
    "int": _whole_number,
    "str": _text,
    "DefaultGraph": _text,
    "float": _number,
    "bool": _truth,
    "tuple[str, ...]": _texts,
    "str | None": _text,
    "Path | None": _path,
}


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
