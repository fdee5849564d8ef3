"""``diff``: files, folders, dumps and former versions, in words, as RDF Patch and as JSON."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from etown_kg.graph import KnowledgeGraph
from etown_kg.store import Location
from tests.cli.conftest import Run

FIGURES = """
@prefix : <http://zoo.example/> .
@prefix et: <https://w3id.org/etown/ontology#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix oa: <http://www.w3.org/ns/oa#> .
:eels et:factId "Z1" ; et:indicator :count ; et:lowerBound 300.0 ; et:lowerInclusive false ;
  et:hasEvidence :e1 .
:e1 et:inArticle :monday ; et:paragraph 4 ; oa:hasSelector :s1 . :s1 oa:exact "more than 300" .
:count rdfs:label "eels in the pond"@en , "池中鳗鱼"@zh .
:monday rdfs:label "The Monday News"@en , "周一新闻"@zh .
:tuesday rdfs:label "The Tuesday News"@en .
"""
LATER = FIGURES.replace("lowerBound 300.0", "lowerBound 350.0").replace(
    ":e1 et:inArticle :monday ; et:paragraph 4",
    ":e1 et:inArticle :tuesday ; et:paragraph 2",
)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """The same figures on two days."""
    first, second = tmp_path / "monday.ttl", tmp_path / "tuesday.ttl"
    first.write_text(FIGURES, encoding="utf-8")
    second.write_text(LATER, encoding="utf-8")
    return first, second


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            "Z1 (eels in the pond): more than 300 became more than 350; new source: "
            "The Tuesday News, paragraph 2; source gone: The Monday News, paragraph 4",
        ),
        (
            "zh",
            "Z1 (池中鳗鱼): 由超过300变为超过350；新来源：The Tuesday News，第2段；"
            "来源已删除：周一新闻，第4段",
        ),
    ],
)
def test_a_figure_that_changed_is_told_in_words(
    run: Run, pair: tuple[Path, Path], language: str, words: str
) -> None:
    result = run("diff", *pair, "--language", language)
    assert result.exit_code == 0, result.stderr
    assert words in result.stdout
    assert '- <http://zoo.example/eels> et:lowerBound "300.0"^^xsd:decimal' in result.stdout
    assert "3 statements gone, 3 new" in result.stdout


def test_figures_that_come_and_go_are_told(run: Run, pair: tuple[Path, Path]) -> None:
    empty = pair[0].parent / "empty.ttl"
    empty.touch()
    come = run("diff", empty, pair[0]).stdout
    gone = run("diff", pair[0], empty).stdout
    assert "Z1 (eels in the pond): new: more than 300; new source: The Monday News" in come
    assert "Z1 (eels in the pond): gone: was more than 300; source gone: The Monday" in gone


def test_what_programs_get(run: Run, pair: tuple[Path, Path]) -> None:
    members = json.loads(run("diff", *pair, "--format", "json").stdout)
    assert len(members["deleted"]) == len(members["inserted"]) == 3
    (figure,) = members["figures"]
    assert figure["kind"] == "changed"
    assert figure["figure"] == "http://zoo.example/eels"
    nothing = json.loads(run("diff", pair[0], pair[0], "--format", "json").stdout)
    assert nothing == {"deleted": [], "inserted": [], "figures": []}


def test_nothing_differs(run: Run, pair: tuple[Path, Path]) -> None:
    result = run("diff", pair[0], pair[0], "--exit-code")
    assert (result.exit_code, result.stdout) == (0, "no difference\n")
    assert run("diff", *pair, "--exit-code").exit_code == 1
    assert run("diff", pair[0], pair[0], "--format", "patch").stdout == "TX .\nTC .\n"


def pack_gzip(content: bytes) -> bytes:
    return gzip.compress(content)


def pack_zstd(content: bytes) -> bytes:
    return zstandard.compress(content)


@pytest.mark.parametrize(
    ("suffix", "pack"), [(".gz", pack_gzip), (".zst", pack_zstd)], ids=["gzip", "zstd"]
)
def test_packed_files_are_read(
    run: Run, pair: tuple[Path, Path], suffix: str, pack: Callable[[bytes], bytes]
) -> None:
    packed = pair[0].with_name(f"packed.ttl{suffix}")
    packed.write_bytes(pack(pair[0].read_bytes()))
    assert run("diff", pair[0], packed).stdout == "no difference\n"
    packed.write_bytes(packed.read_bytes()[:-20])
    result = run("diff", pair[0], packed)
    assert result.exit_code == 1
    assert "cut short" in result.stderr


def test_folders_are_compared(
    run: Run, zoo: Path, on_zoo: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The sources of a graph, its dumps, and any folder of files."""
    dumps = tmp_path_factory.mktemp("dumps")
    assert run(*on_zoo, "export", "--all", dumps / "all").exit_code == 0
    base = ("--base", "http://zoo.example/")
    assert run(*base, "diff", zoo, dumps / "all").stdout == "no difference\n"
    changed = (zoo / "data" / "birds.ttl").read_text().replace("0.02", "0.03")
    (zoo / "data" / "birds.ttl").write_text(changed)
    result = run(*base, "diff", dumps / "all", zoo)
    assert "<http://zoo.example/graph/birds>: 1 gone, 1 new" in result.stdout
    assert "no difference" in run(*base, "diff", zoo / "data", zoo / "data").stdout


def located(path: Path, *updates: str) -> None:
    """A location, changed by these updates, closed in between as a server does that stops."""
    for number in range(max(1, len(updates))):
        location = Location.open(path, reserve_bytes=0)
        graph = KnowledgeGraph([], base="http://zoo.example/")
        if not location.is_empty:
            graph = KnowledgeGraph(location.quads(), base="http://zoo.example/")
        graph.keep_in(location)
        for update in updates[number : number + 1]:
            graph.apply(graph.delta(update))
        location.close()


def test_versions_of_a_location_are_compared(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "zoo"
    located(
        path,
        "INSERT DATA { <urn:a> <urn:b> 1.0 , 2 }",
        "DELETE DATA { <urn:a> <urn:b> 2 } ; INSERT DATA { <urn:a> <urn:b> 4.0 }",
        "INSERT DATA { <urn:a> <urn:b> 3 }",
    )
    patch = run("diff", f"{path}@1", path, "--format", "patch").stdout
    rows = [line.split(" ", 1) for line in patch.splitlines()[1:-1]]
    assert [(sign, row.split('"')[1]) for sign, row in rows] == [
        ("D", "2"),
        ("A", "3"),
        ("A", "4.0"),
    ]
    assert run("diff", f"{path}@3", path).stdout == "no difference\n"
    assert "2 new" in run("diff", f"{path}@0", f"{path}@1").stdout
    result = run("diff", f"{path}@9", path)
    assert result.exit_code == 1
    assert "kept: 0 to 3" in result.stderr


def test_a_damaged_history_is_a_gap_and_no_failure(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "zoo"
    located(path, *(f"INSERT DATA {{ <urn:a> <urn:b> {n} }}" for n in range(3)))
    history = (path / "history").read_bytes()
    middle = history.index(b"\n#") + 30
    (path / "history").write_bytes(history[:middle] + b"X" + history[middle + 1 :])
    assert "1 new" in run("diff", f"{path}@2", path).stdout
    result = run("diff", f"{path}@1", path)
    assert result.exit_code == 1
    assert "kept: 2 to 3" in result.stderr


@pytest.mark.parametrize("operand", ["nothing.ttl", "nothing@3", "notes.docx", "bad.ttl", "empty"])
def test_what_cannot_be_compared_is_said(
    run: Run, pair: tuple[Path, Path], tmp_path: Path, operand: str
) -> None:
    (tmp_path / "notes.docx").touch()
    (tmp_path / "bad.ttl").write_text("<urn:a> <urn:b> .")
    (tmp_path / "empty").mkdir()
    result = run("diff", pair[0], tmp_path / operand)
    assert result.exit_code == 1
    assert operand.split("@")[0] in result.stderr
    assert result.stdout == ""


def test_the_patch_of_one_graph_has_triples(
    run: Run, zoo: Path, on_zoo: tuple[str, ...], tmp_path: Path
) -> None:
    before = tmp_path / "before.nq"
    assert run(*on_zoo, "export", "--no-infer", "--output", before).exit_code == 0
    changed = (zoo / "data" / "birds.ttl").read_text().replace("0.02", "0.03")
    (zoo / "data" / "birds.ttl").write_text(changed)
    patch = run(*on_zoo, "diff", before, zoo, "--graph", "birds", "--format", "patch").stdout
    assert patch.splitlines() == [
        "TX .",
        'D <http://zoo.example/robin> <http://zoo.example/weight> "0.02"'
        "^^<http://www.w3.org/2001/XMLSchema#decimal> .",
        'A <http://zoo.example/robin> <http://zoo.example/weight> "0.03"'
        "^^<http://www.w3.org/2001/XMLSchema#decimal> .",
        "TC .",
    ]
