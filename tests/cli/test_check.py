"""``validate``, ``check`` and ``locate``: findings, exit codes, JSON for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
TRIPLE = f"<http://zoo.example/eel> {TYPE} <http://zoo.example/Animal>"
EEL = "<http://zoo.example/eel> a <http://zoo.example/Animal> ."


def test_valid_data_is_said_to_be_so(run: Run, on_zoo: tuple[str, ...]) -> None:
    result = run(*on_zoo, "validate")
    assert result.exit_code == 0
    assert result.stdout == "7 asserted statements: nothing found, all is well\n"


def test_a_violation_shows_focus_path_severity_and_message(
    run: Run, zoo: Path, on_zoo: tuple[str, ...]
) -> None:
    (zoo / "data" / "eel.ttl").write_text(EEL)
    result = run(*on_zoo, "validate")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["violation", "http://zoo.example/eel", "http://zoo.example/weight"]
    assert lines[1].strip().startswith("an animal has a weight")
    assert lines[-1].endswith("1 violation")


def test_findings_come_as_json(run: Run, zoo: Path, on_zoo: tuple[str, ...]) -> None:
    (zoo / "data" / "eel.ttl").write_text(EEL)
    result = run(*on_zoo, "validate", "--format", "json")
    assert result.exit_code == 1
    (finding,) = json.loads(result.stdout)
    assert finding["severity"] == "violation"
    assert finding["message"] == "an animal has a weight"
    assert "zoo.example/eel" in finding["focus"]


FILES = {
    "eel.ttl": EEL,
    "eel.nt": TRIPLE + " .",
    "eel.nq": TRIPLE + " <http://zoo.example/g> .",
    "eel.trig": f"<http://zoo.example/g> {{ {EEL} }}",
    "eel.jsonld": '{"@id": "http://zoo.example/eel", "@type": "http://zoo.example/Animal"}',
    "eel.rdf": (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://zoo.example/"><Animal rdf:about="http://zoo.example/eel"/></rdf:RDF>'
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_users_file_is_validated_beside_the_graph(
    run: Run, on_zoo: tuple[str, ...], tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    file.write_text(FILES[name])
    result = run(*on_zoo, "validate", file)
    assert result.exit_code == 1
    assert "zoo.example/eel" in result.stdout


def test_only_what_the_file_describes_is_reported(
    run: Run, zoo: Path, on_zoo: tuple[str, ...], tmp_path: Path
) -> None:
    (zoo / "data" / "eel.ttl").write_text(EEL)
    file = tmp_path / "carp.ttl"
    file.write_text(
        "<http://zoo.example/carp> a <http://zoo.example/Animal> ; <http://zoo.example/weight> 2 ."
    )
    assert run(*on_zoo, "validate", file).exit_code == 0


def test_a_file_that_does_not_parse_is_named(
    run: Run, on_zoo: tuple[str, ...], tmp_path: Path
) -> None:
    file = tmp_path / "broken.ttl"
    file.write_text("<http://zoo.example/eel> a \n\n !")
    result = run(*on_zoo, "validate", file)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"error: {file}:3:")


def test_the_profile_check_names_the_axiom(run: Run, zoo: Path, on_zoo: tuple[str, ...]) -> None:
    assert run(*on_zoo, "check", "--profile", "rl").exit_code == 0
    with (zoo / "ontology" / "zoo.ttl").open("a") as ontology:
        ontology.write(
            ":Eater a owl:Class ;\n"
            "  rdfs:subClassOf [ a owl:Class ; owl:unionOf ( :Bird :Animal ) ] .\n"
        )
    result = run(*on_zoo, "check", "--profile", "rl")
    assert result.exit_code == 1
    assert "SubClassOf(" in result.stdout
    assert "Eater" in result.stdout


def test_check_says_what_it_checked(run: Run, on_zoo: tuple[str, ...]) -> None:
    result = run(*on_zoo, "check")
    assert result.stdout == "OWL 2 RL profile, derived figures: nothing found, all is well\n"
    assert run(*on_zoo, "check", "--derived").stdout.startswith("derived figures:")


def test_check_of_the_evidence_needs_the_texts(
    run: Run, zoo: Path, on_zoo: tuple[str, ...]
) -> None:
    result = run(*on_zoo, "check", "--articles", zoo / "nowhere")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"error: {zoo / 'nowhere'}: not found")


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "2031-01-01-zoo.txt"
    path.write_text("A zoo\nUpdated: 2031-01-01\n\nIt has more than 30 eels.\n", encoding="utf-8")
    return path


def test_locate_finds_a_phrase(run: Run, article: Path) -> None:
    result = run("locate", article, "more than 30")
    assert result.exit_code == 0
    start = article.read_text().index("more")
    assert result.stdout == (f"paragraph 1, code points {start} to {start + 12} (end exclusive)\n")


def test_locate_writes_the_evidence_of_a_fact(run: Run, article: Path) -> None:
    result = run("locate", "--fact", "F99", article, "more than 30")
    assert result.exit_code == 0
    assert result.stdout.startswith("evidence:F99 a et:Evidence")
    assert "article:2031-01-01-zoo" in result.stdout


def test_locate_says_what_is_wrong_with_a_phrase(run: Run, article: Path) -> None:
    result = run("locate", article, "More than 30")
    assert result.exit_code == 1
    assert "is not in the text" in result.stderr
    assert "copy that" in result.stderr


def test_the_shipped_graph_keeps_every_promise(run: Run, articles: Path) -> None:
    assert run("validate").exit_code == 0
    result = run("check", "--profile", "rl", "--derived", "--articles", articles)
    assert result.exit_code == 0, result.stdout
