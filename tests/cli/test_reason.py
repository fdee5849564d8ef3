"""``etown-kg reason``: the closure of somebody's files."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import rdflib

from tests.cli.conftest import Run

GIVEN = """@prefix : <http://e/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
:in a owl:TransitiveProperty . :a :in :b . :b :in :c ."""
INFERRED = (rdflib.URIRef("http://e/a"), rdflib.URIRef("http://e/in"), rdflib.URIRef("http://e/c"))


@pytest.fixture
def given(tmp_path: Path) -> Path:
    path = tmp_path / "given.ttl"
    path.write_text(GIVEN)
    return path


@pytest.mark.parametrize("engine", ["etown", "owlrl"])
@pytest.mark.parametrize("suffix", [".nt", ".ttl", ".rdf", ".jsonld"])
def test_a_file_holds_what_was_asserted_and_what_follows(
    run: Run, given: Path, engine: str, suffix: str
) -> None:
    out = given.with_name("closed" + suffix)
    assert run("reason", str(given), "-o", str(out), "--engine", engine).exit_code == 0
    closed = rdflib.Dataset(default_union=True)
    closed.parse(out)
    assert {(s, p, o) for s, p, o, _ in closed.quads()} == {*rdflib.Graph().parse(given), INFERRED}


def test_inferred_only(run: Run, given: Path) -> None:
    output = run("reason", str(given), "--inferred-only").output
    assert output == "<http://e/a> <http://e/in> <http://e/c> .\n"


def test_the_full_profile_says_more(run: Run, given: Path) -> None:
    lean = run("reason", str(given)).output.splitlines()
    full = run("reason", str(given), "--profile", "full").output.splitlines()
    assert set(lean) < set(full)


def test_stats_list_the_rules_that_concluded(run: Run, given: Path) -> None:
    result = run("reason", str(given), "--stats", "-o", str(given.with_name("out.nt")))
    assert "prp-trp" in result.output


def test_a_contradiction_is_told_and_nothing_is_written(run: Run, given: Path) -> None:
    given.write_text(
        GIVEN + " :A owl:disjointWith :B . :x a :A , :B .",
    )
    out = given.with_name("out.nt")
    result = run("reason", str(given), "-o", str(out))
    assert result.exit_code == 1
    assert "cax-dw" in result.output
    assert not out.exists()


def test_a_missing_file_and_a_wrong_suffix_are_refused(run: Run, given: Path) -> None:
    assert run("reason", str(given.with_name("absent.ttl"))).exit_code == 1
    assert run("reason", str(given), "-o", str(given.with_name("out.docx"))).exit_code == 1
    assert run("reason", str(given), "--engine", "owlrl", "--stats").exit_code == 2


def test_a_long_chain_is_written_in_order(run: Run, given: Path) -> None:
    names = [f"<http://e/{n:04}>" for n in range(400)]
    below = "<http://www.w3.org/2000/01/rdf-schema#subClassOf>"
    steps = pairwise(names)
    given.write_text("".join(f"{one} {below} {other} .\n" for one, other in steps))
    lines = run("reason", str(given)).output.splitlines()
    assert [line for line in lines if below in line] == [
        f"{one} {below} {other} ." for n, one in enumerate(names) for other in names[n + 1 :]
    ]


def test_what_memory_does_not_hold_is_refused(
    run: Run, given: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("etown_kg.cli.reason.free_memory_mb", lambda: 0)
    result = run("reason", str(given), "-f", "turtle")
    assert result.exit_code == 1
    assert "1 triples do not fit" in result.output
    assert "-f ntriples" in result.output
    assert run("reason", str(given), "-f", "ntriples").exit_code == 0
