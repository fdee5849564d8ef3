"""Who may import whom: ``web -> backend -> graph -> reason, load, validate, export``, no back.

The layers are those of the design. A module is judged by its source, so that an import inside
a function counts as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "etown_kg"

# A unit is a module or package directly below etown_kg. It may import the units of its line;
# a unit of the same line only if it is named there too.
LEAVES = frozenset(
    {
        "vocab", "errors", "findings", "config", "formats", "curies", "numerals", "formula",
        "query_text", "interval", "api", "article", "changes",
        "doctype", "uploads", "addresses", "remote", "tokens", "audit", "scope",
        "blank_nodes", "wording", "rdflib_terms",
    }
)  # fmt: skip
TOOLS = frozenset(
    {
        "difference", "load", "export", "validate", "evidence", "derived", "profile", "questions",
    }
)  # fmt: skip
ALLOWED: dict[str, frozenset[str]] = {
    "vocab": frozenset(),
    "errors": frozenset(),
    "findings": frozenset(),
    "numerals": frozenset(),
    "query_text": frozenset({"errors"}),
    "blank_nodes": frozenset(),
    "difference": frozenset({"blank_nodes"}),
    "changes": frozenset({"scope"}),
    "scope": frozenset(),
    "config": frozenset({"vocab", "errors", "scope"}),
    "formats": frozenset({"vocab", "errors"}),
    "curies": frozenset({"vocab"}),
    "article": frozenset({"errors"}),
    "tokens": frozenset({"errors"}),
    "audit": frozenset({"changes"}),
    "doctype": frozenset(),
    "rdflib_terms": frozenset({"vocab", "errors"}),
    "wording": frozenset({"vocab", "errors"}),
    "uploads": frozenset({"errors", "formats", "doctype"}),
    "addresses": frozenset({"errors"}),
    "remote": frozenset({"errors", "formats", "addresses", "uploads"}),
    "interval": frozenset(),
    "api": frozenset({"interval"}),
    "formula": frozenset({"errors", "interval"}),
    "diagnosis": frozenset({"query_text", "errors"}),
    "same_as": frozenset({"query_text", "errors"}),
    "load": LEAVES,
    "export": LEAVES | {"figures"},
    "questions": LEAVES,
    "citation": LEAVES,
    "figures": LEAVES,
    "evidence": LEAVES,
    "derived": LEAVES,
    "profile": LEAVES,
    "validate": LEAVES | {"load"},
    "point_queries": frozenset({"errors", "vocab", "query_text", "formats"}),
    "search": frozenset({"errors"}),
    "reconcile": frozenset({"errors", "search"}),
    "reason": frozenset({"vocab", "errors", "findings"}),
    "store": LEAVES,
    "update": LEAVES | {"store"},
    "catalogue": LEAVES | {"figures", "store", "export"},
    "graph": (
        LEAVES
        | {
            "load",
            "export",
            "validate",
            "reason",
            "citation",
            "store",
            "update",
            "questions",
            "same_as",
            "catalogue",
            "figures",
        }
    ),
    "links": LEAVES | {"graph"},
    "client": LEAVES,
    "backend": LEAVES
    | {"reason", "store", "graph", "export", "diagnosis", "figures", "point_queries"},
    "web": (
        LEAVES
        | {
            "audit",
            "backend",
            "catalogue",
            "export",
            "figures",
            "questions",
            "reconcile",
            "search",
            "__version__",
        }
    ),
    "cli": (
        LEAVES
        | TOOLS
        | {"audit", "tokens", "reason", "store", "graph", "backend", "links", "figures", "web"}
        | {"__version__"}
    ),
}
# What a layer must not know at all, whoever provides it.
FORBIDDEN_PACKAGES = {
    "reason": {"pyoxigraph", "flask", "werkzeug", "click", "rich"},
    "graph": {"flask", "werkzeug", "click", "rich"},
    "load": {"flask", "click", "rich"},
    "validate": {"flask", "werkzeug", "click", "rich"},
    "figures": {"flask", "werkzeug", "click", "rich"},
    "reconcile": {"flask", "werkzeug", "click", "rich", "pyoxigraph"},
    "backend": {"flask", "click", "rich"},
    "web": {"click", "rich", "waitress"},
}
# Only these hold the settings; everything else receives the two or three values it needs.
SETTINGS_HOLDERS = {"config", "cli", "web"}

MODULES = sorted(PACKAGE.rglob("*.py"))


def unit_of(path: Path) -> str:
    """``etown_kg/web/pages.py`` belongs to ``web``, ``etown_kg/load.py`` to ``load``."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """(module, name) of every import of a file; the name is empty for a whole module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write the import with its full name"
            yield from ((node.module or "", alias.name) for alias in node.names)


def units_imported(path: Path) -> set[str]:
    """The units of ours that a file imports, ``__version__`` for the package's own number."""
    found = set()
    for module, name in imports(path):
        first, _, rest = module.partition(".")
        if first == "etown_kg":
            found.add((rest or name).split(".")[0])
    return found - {""}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_layer_may(path: Path) -> None:
    unit = unit_of(path)
    if unit == "__init__":
        assert units_imported(path) <= {"graph", "errors", "findings"}
        return
    assert unit in ALLOWED, f"{unit} has no place in the layers: add it to ALLOWED"
    assert units_imported(path) - {unit} <= ALLOWED[unit]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_layer_knows_no_package_of_another(path: Path) -> None:
    known = {module.split(".")[0] for module, _ in imports(path)}
    assert not known & FORBIDDEN_PACKAGES.get(unit_of(path), set())


def test_settings_are_held_at_the_edge_only() -> None:
    holders = {
        unit_of(path) for path in MODULES if ("etown_kg.config", "Settings") in imports(path)
    }
    assert holders <= SETTINGS_HOLDERS


def test_the_layers_have_no_circle() -> None:
    """So that 'never the other way' follows from the table, not from luck."""
    order: list[str] = []
    remaining = {unit: set(allowed) - {unit} for unit, allowed in ALLOWED.items()}
    while remaining:
        free = sorted(unit for unit, allowed in remaining.items() if not allowed & set(remaining))
        assert free, f"these import each other: {sorted(remaining)}"
        order += free
        remaining = {unit: allowed for unit, allowed in remaining.items() if unit not in free}
    assert order.index("web") > order.index("backend") > order.index("graph")


def test_every_line_of_the_table_is_a_module() -> None:
    assert set(ALLOWED) <= {unit_of(path) for path in MODULES}
