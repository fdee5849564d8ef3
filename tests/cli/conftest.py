"""Running the command, and a small graph of somebody else's to run it on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from etown_kg.cli import commands

Run = Callable[..., Result]

ONTOLOGY = """
@prefix : <http://zoo.example/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<http://zoo.example/> a owl:Ontology .
:Animal a owl:Class .
:Bird a owl:Class ; rdfs:subClassOf :Animal .
:weight a owl:DatatypeProperty .
"""
SHAPES = """
@prefix : <http://zoo.example/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
:AnimalShape a sh:NodeShape ; sh:targetClass :Animal ;
  sh:property [ sh:path :weight ; sh:minCount 1 ; sh:message "an animal has a weight" ] .
"""
FACTS = "@prefix : <http://zoo.example/> .\n:robin a :Bird ; :weight 0.02 .\n"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``etown-kg`` with these arguments; no setting comes from outside."""
    for name in ("ONTOLOGY", "DATA", "BASE", "REASONER", "HOST", "PORT", "THREADS"):
        monkeypatch.delenv(f"ETOWN_{name}", raising=False)

    def run(*arguments: object, stdin: str | None = None) -> Result:
        return CliRunner().invoke(commands, [str(each) for each in arguments], input=stdin)

    return run


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    """A folder with ``ontology/`` and ``data/`` of three animals."""
    for name, content in (
        ("ontology/zoo.ttl", ONTOLOGY),
        ("ontology/shapes/animal.ttl", SHAPES),
        ("data/birds.ttl", FACTS),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return tmp_path


@pytest.fixture
def on_zoo(zoo: Path) -> tuple[str, ...]:
    """The options that name the zoo's graph."""
    return (
        "--ontology", str(zoo / "ontology"), "--data", str(zoo / "data"),
        "--base", "http://zoo.example/",
    )  # fmt: skip
