"""The documentation says what there is: settings, routes, commands, problems, links, answers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from etown_kg.cli import COMMANDS
from etown_kg.config import HELP, PREFIX, Settings
from etown_kg.formats import CSV, RDF_FORMATS, SOLUTION_FORMATS
from etown_kg.graph import KnowledgeGraph
from etown_kg.web.problems import MORE_NAMES, NAMES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
USING = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
HTTP = (ROOT / "docs" / "http.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("name", HELP)
def test_a_setting_is_documented_with_its_variable_and_default(name: str) -> None:
    option = name.replace("_", "-")
    row = next(line for line in SETTINGS.splitlines() if line.startswith(f"| `--{option}` "))
    assert f"`{PREFIX}{name.upper()}`" in row
    default = getattr(Settings(), name)
    if default is None:
        expected = "the one that ships" if name in ("ontology", "data") else "| none |"
    else:
        expected = f"`{str(default).lower() if isinstance(default, bool) else default}`"
    assert expected in row


def test_every_setting_has_its_help() -> None:
    assert set(HELP) == set(Settings.__dataclass_fields__)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_is_documented(name: str) -> None:
    assert f"| `etown-kg {name}` |" in USING


def test_no_documented_command_is_missing() -> None:
    named = re.findall(r"^\| `etown-kg (\w+)` \|", USING, re.MULTILINE)
    assert sorted(named) == sorted(COMMANDS)


def test_every_route_is_documented(shipped_app: Flask) -> None:
    routes = {str(rule) for rule in shipped_app.url_map.iter_rules()} - {"/static/<path:filename>"}
    documented = set(re.findall(r"^\| `(/[^`]*)` \|", HTTP, re.MULTILINE))
    assert documented == routes


def test_every_problem_is_documented_with_its_status() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", HTTP, re.MULTILINE))
    known = {name: str(int(status)) for status, name in NAMES.items()}
    assert rows == known | {name: str(int(status)) for name, status in MORE_NAMES.items()}


@pytest.mark.parametrize("format", SOLUTION_FORMATS + RDF_FORMATS, ids=lambda f: f.name)
def test_a_format_is_documented_by_name_and_media_type(format: object) -> None:
    assert f"`{format.name}`" in HTTP  # type: ignore[attr-defined]
    assert f"`{format.media_type}`" in HTTP  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_within_the_documentation_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        linked = (page.parent / name).resolve() if name else page
        assert linked.is_relative_to(ROOT), target
        assert linked.exists(), target
        if anchor:
            assert anchor in anchors(linked), target


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_linked_from_the_first_one() -> None:
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"index.md"}
    assert pages <= set(re.findall(r"\]\(([^)#]+)[)#]", USING))


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(re.findall(r"\]\((\d{4}-[^)]+)\)", (folder / "README.md").read_text()))
    assert listed == {path.name for path in folder.glob("[0-9]*.md")}


def test_the_readmes_first_query_has_the_answer_beside_it(shipped_graph: KnowledgeGraph) -> None:
    query = re.search(r"--data-urlencode 'query=(.*?)'\n```", README, re.DOTALL)
    expected = re.search(r"```csv\n(.*?)```", README, re.DOTALL)
    assert query is not None
    assert expected is not None
    answer = shipped_graph.query(query[1]).serialize(CSV).decode()
    assert answer.splitlines() == expected[1].splitlines()


def test_the_readmes_python_runs(
    shipped_graph: KnowledgeGraph,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert code is not None
    monkeypatch.setattr(KnowledgeGraph, "build", lambda: shipped_graph)
    exec(compile(code[1], "README.md", "exec"), {})
    assert capsys.readouterr().out == "True\n"


def test_the_python_of_using_it_runs(
    shipped_graph: KnowledgeGraph,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    section = USING.split("## From Python")[1]
    code = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert code is not None
    monkeypatch.setattr(KnowledgeGraph, "build", lambda: shipped_graph)
    monkeypatch.chdir(tmp_path)
    exec(compile(code[1], "index.md", "exec"), {})
    out = capsys.readouterr().out
    assert "'id'" in out
    assert out.endswith("True\n")
    assert (tmp_path / "etown.trig").stat().st_size > 100_000


@pytest.mark.parametrize("target", ["serve", "test"])
def test_the_readmes_commands_are_targets_of_make(target: str) -> None:
    assert re.search(rf"^make {target}\b", README, re.MULTILINE)
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_both_licences_are_whole() -> None:
    assert "END OF TERMS AND CONDITIONS" in (ROOT / "LICENSE").read_text()
    assert "Section 8 -- Interpretation" in (ROOT / "LICENSE-DATA").read_text()


@pytest.mark.parametrize("name", ["etown-kg.service", "Containerfile"])
def test_deployment_names_settings_that_exist(name: str) -> None:
    text = (ROOT / "docs" / "deploy" / name).read_text(encoding="utf-8")
    named = re.findall(rf"\b{PREFIX}([A-Z_]+)=", text)
    assert named
    assert {each.lower() for each in named} - {"name"} <= set(HELP)
