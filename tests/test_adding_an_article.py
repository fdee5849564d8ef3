"""The guide to adding an article: its blocks are the files, and its commands do what it says."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pyoxigraph import RdfFormat, parse

from etown_kg.cli import commands
from etown_kg.evidence import evidence_turtle

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "adding-an-article.md").read_text(encoding="utf-8")
FILES = Path(__file__).parent / "data" / "made_up_article"
ARTICLE = Path("facts/articles/2031-05-20-harbour-dock.ttl")
TEXT = Path("texts/2031-05-20-harbour-dock.txt")


def blocks(language: str) -> list[tuple[str, str]]:
    """The fenced blocks of a language: (what stands behind its name, content)."""
    found = re.findall(rf"^```{language} ?(.*)\n((?s:.*?))^```$", GUIDE, re.MULTILINE)
    return [(str(name), str(content)) for name, content in found]


def described() -> dict[str, str]:
    """The files that the guide builds, put together from its blocks."""
    files: dict[str, str] = {}
    for name, content in blocks("turtle"):
        files[name] = files.get(name, "") + content
    return files


def console() -> list[tuple[list[str], str]]:
    """The commands of the guide with the output it shows ("" where it shows none)."""
    pieces = [piece for _, content in blocks("console") for piece in content.split("$ ")[1:]]
    split = [piece.partition("\n") for piece in pieces]
    return [(shlex.split(command), output) for command, _, output in split]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as a reader has it who typed in the guide's blocks."""
    (tmp_path / "facts" / "articles").mkdir(parents=True)
    (tmp_path / "texts").mkdir()
    for name, content in described().items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    ((name, content),) = blocks("text")
    (tmp_path / name).write_text(content, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments)


def test_guide_describes_every_file_of_the_example(workplace: Path) -> None:
    def names(folder: Path) -> set[Path]:
        return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}

    assert names(workplace) == names(FILES)


@pytest.mark.parametrize("name", sorted(described()))
def test_turtle_of_the_guide_is_that_of_the_example(name: str) -> None:
    shown = set(parse(described()[name], RdfFormat.TURTLE))
    assert shown == set(parse(path=FILES / name))


def test_text_of_the_guide_is_that_of_the_example(workplace: Path) -> None:
    assert (workplace / TEXT).read_bytes() == (FILES / TEXT).read_bytes()


def test_commands_of_the_guide_succeed_and_print_what_it_shows(workplace: Path) -> None:
    ran = []
    for (program, *arguments), shown in console():
        ran.append(program)
        if program == "sha256sum":
            digest = hashlib.sha256((workplace / arguments[0]).read_bytes()).hexdigest()
            assert shown == f"{digest}  {arguments[0]}\n"
            continue
        result = run(*arguments)
        assert result.exit_code == 0, result.output
        if shown:
            assert result.stdout == shown
    assert ran == ["sha256sum", *["etown-kg"] * (len(ran) - 1)]
    assert len(ran) == 6


def test_questions_of_the_guide_have_the_answers_it_promises(workplace: Path) -> None:
    number, place = [arguments for (_, *arguments), _ in console() if "query" in arguments]
    variable, value = run(*number, "--format", "csv").stdout.split()
    assert (variable, Decimal(value)) == ("number", Decimal(1200))
    for options, answer in ([], True), (["--no-infer"], False):
        result = run(*place, "--format", "json", *options)
        assert json.loads(result.stdout)["boolean"] is answer


def test_every_evidence_of_the_example_is_what_locate_prints() -> None:
    turtle = (FILES / ARTICLE).read_text(encoding="utf-8")
    found = re.findall(
        r'<evidence/(\S+)/quote> a oa:TextQuoteSelector ; oa:exact "(.*)" \.', turtle
    )
    assert len(found) == 11
    for name, phrase in found:
        assert evidence_turtle(FILES / TEXT, TEXT.stem, name, phrase) in turtle


# What a reader gets wrong, and that the two checks of step 10 tell it. The first argument is what
# stands in the article's file, the second what stands there instead.
SLIPS: dict[str, tuple[str, str, str]] = {
    "a fact without evidence": ("    et:hasEvidence evidence:H07 ;\n", "", "evidence"),
    "a statement left out": ("fact:H04-2 a et:Statement", "fact:H04-2 a et:Note", "H04"),
    "an id left out": ('et:lastFactId "H08"', 'et:lastFactId "H09"', "H09"),
    "no Chinese label and no reason": (
        '    et:noChineseLabel "A made-up dock."@en .\n',
        '    rdfs:comment "None"@en .\n',
        "second-repair-dock",
    ),
    "an exact number called a bound": (
        "et:boundKind bound-kind:exact",
        "et:boundKind bound-kind:moreThan",
        "H07",
    ),
    "a wrong offset": ("oa:start 206", "oa:start 207", "H06"),
    "another number": ("et:statedNumber 1200.0", "et:statedNumber 1300.0", "1300.0"),
}


@pytest.mark.parametrize(("right", "wrong", "told"), SLIPS.values(), ids=SLIPS)
def test_slip_is_told_by_one_of_the_checks(
    workplace: Path, right: str, wrong: str, told: str
) -> None:
    shutil.copytree(FILES, workplace, dirs_exist_ok=True)
    path = workplace / ARTICLE
    turtle = path.read_text(encoding="utf-8")
    assert turtle.count(right) == 1
    path.write_text(turtle.replace(right, wrong), encoding="utf-8")
    valid = run("--data", "facts", "validate")
    proved = run("--data", "facts", "check", "--articles", "texts")
    assert 1 in (valid.exit_code, proved.exit_code)
    assert told in valid.output + proved.output
