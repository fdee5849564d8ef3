"""``etown-kg links``: tables out, tables in, and what accepting would come to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pyoxigraph import RdfFormat, parse

from etown_kg.cli import commands
from etown_kg.errors import EtownError
from etown_kg.graph import KnowledgeGraph

ZOO = "http://zoo.example/"
ONTOLOGY = """
@prefix : <http://zoo.example/ontology#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<http://zoo.example/ontology> a owl:Ontology .
:Bird a owl:Class ; rdfs:subClassOf :Animal ; owl:disjointWith :Fish . :Fish a owl:Class .
:eats a owl:ObjectProperty . :Animal a owl:Class .
"""
ANIMALS = """
@prefix : <http://zoo.example/ontology#> . @prefix z: <http://zoo.example/id/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
z:robin a :Bird ; rdfs:label "robin"@en , "知更鸟"@zh ; :eats z:worm .
z:redbreast a :Bird . z:redbreast :eats z:beetle . z:eel a :Fish . z:worm a :Animal .
"""
LINKS = """
@prefix z: <http://zoo.example/id/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix sssom: <https://w3id.org/sssom/> . @prefix wd: <http://www.wikidata.org/entity/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix semapv: <https://w3id.org/semapv/vocab/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
z:robin skos:exactMatch wd:Q25334 .
<http://zoo.example/id/mapping/robin> a sssom:Mapping ; sssom:subject_id z:robin ;
  sssom:predicate_id skos:exactMatch ; sssom:object_id wd:Q25334 ;
  sssom:mapping_justification semapv:ManualMappingCuration ; sssom:mapping_source "a book" ;
  sssom:mapping_date "2030-01-01"^^xsd:date ; sssom:reviewer_label "A" ;
  sssom:reviewer_agreement 1.0 ; sssom:review_date "2030-01-02"^^xsd:date ;
  skos:editorialNote "书中有此编号。"@zh ; rdfs:comment "A bird."@en .
<http://zoo.example/id/mapping/eel> a sssom:Mapping ; sssom:subject_id z:eel ;
  sssom:predicate_id skos:exactMatch ; sssom:object_id wd:Q25400 ;
  sssom:mapping_justification semapv:LexicalMatching ; sssom:mapping_source "a list" ;
  sssom:mapping_date "2030-01-01"^^xsd:date .
<http://zoo.example/id/mapping/not-eel> a sssom:Mapping ; sssom:subject_id z:eel ;
  sssom:predicate_id skos:exactMatch ; sssom:object_id wd:Q1 ;
  sssom:mapping_justification semapv:LexicalMatching ; sssom:mapping_source "a list" ;
  sssom:mapping_date "2030-01-01"^^xsd:date ; sssom:reviewer_label "A" ;
  sssom:reviewer_agreement -1.0 ; sssom:review_date "2030-01-02"^^xsd:date ;
  skos:editorialNote "The universe."@en .
"""
COLUMNS = "subject_id\tpredicate_id\tobject_id\tmapping_justification\tmapping_date"
HEAD = f"#curie_map:\n#  z: http://zoo.example/id/\n{COLUMNS}"
FOUND = "semapv:LexicalMatching\t2031-01-01"


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an ontology, facts and links of its own."""
    for name, text in (
        ("ontology/zoo.ttl", ONTOLOGY), ("data/animals.ttl", ANIMALS), ("data/links.ttl", LINKS),
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    here = ("--ontology", "ontology", "--data", "data", "--base", ZOO)
    result = CliRunner().invoke(commands, [*here, "links", *arguments])
    assert not isinstance(result.exception, EtownError)
    return result


def refused(*arguments: str) -> str:
    """What a command that fails says."""
    result = run(*arguments)
    assert result.exit_code != 0, result.output
    return result.stderr


def candidates(*rows: str, head: str = HEAD) -> Path:
    path = Path("new.sssom.tsv")
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def triples(turtle: str) -> set[object]:
    return {quad.triple for quad in parse(turtle, RdfFormat.TURTLE)}


# Out and in


def test_what_is_exported_and_imported_is_the_same(zoo: Path) -> None:
    assert run("export", "-o", "links.sssom.tsv").exit_code == 0
    table = Path("links.sssom.tsv").read_text(encoding="utf-8")
    assert "#mapping_set_id: http://zoo.example/graph/links\n" in table
    assert "license/unspecified" in table
    assert "\trobin\t" in table
    imported = run("import", "links.sssom.tsv")
    assert imported.exit_code == 0, imported.stderr
    assert triples(imported.stdout) == triples(LINKS)
    assert imported.stdout == run("import", "links.sssom.tsv").stdout


def test_the_shipped_links_come_back_as_they_are(tmp_path: Path) -> None:
    table, made = tmp_path / "links.sssom.tsv", tmp_path / "links.ttl"
    runner = CliRunner()
    assert runner.invoke(commands, ["links", "export", "-o", str(table)]).exit_code == 0
    done = runner.invoke(commands, ["links", "import", str(table), "-o", str(made)])
    assert done.exit_code == 0, done.output
    shipped = Path(__file__).parents[2] / "data" / "links.ttl"
    assert made.read_text(encoding="utf-8") == shipped.read_text(encoding="utf-8")


@pytest.mark.parametrize(("state", "rows"), [("accepted", 1), ("candidate", 1), ("rejected", 1)])
def test_one_state_alone_can_be_exported(zoo: Path, state: str, rows: int) -> None:
    table = run("export", "--state", state).stdout
    assert len([line for line in table.splitlines() if not line.startswith("#")]) == rows + 1


def test_a_row_is_a_new_candidate(zoo: Path) -> None:
    path = candidates(f"z:worm\tskos:closeMatch\twd:Q47253\t{FOUND}")
    found = run("import", str(path)).stdout
    assert "skos:closeMatch wd:Q47253" not in found.replace("predicate_id skos:closeMatch", "")
    assert "http://zoo.example/id/mapping/worm-wikidata-q47253" in found
    assert 'sssom:mapping_source "new.sssom.tsv"' in found


def test_a_row_replaces_the_mapping_of_its_link_and_may_accept_it(zoo: Path) -> None:
    head = f"{HEAD}\treviewer_label\treviewer_agreement\treview_date\text_review_reason"
    row = f"z:eel\tskos:exactMatch\twd:Q25400\t{FOUND}\tB\t1\t2031-02-01\tThe names agree."
    done = run("import", str(candidates(row, head=head)), "-o", "data/links.ttl")
    assert done.exit_code == 0, done.stderr
    graph = KnowledgeGraph.load(ontology=zoo / "ontology", data=zoo / "data", base=ZOO)
    assert graph.things_linked("http://www.wikidata.org/entity/Q25400") == (ZOO + "id/eel",)
    ask = 'ASK { <http://zoo.example/id/mapping/eel> skos:editorialNote "The names agree."@en }'
    assert graph.query(ask).boolean
    kept = 'ASK { <http://zoo.example/id/mapping/robin> skos:editorialNote "书中有此编号。"@zh }'
    assert graph.query(kept).boolean


def test_a_mapping_from_outside_is_turned_round(zoo: Path) -> None:
    head = f"{HEAD}\tobject_label\tsubject_source"
    row = f"wd:Q10856\tskos:broadMatch\tz:redbreast\t{FOUND}\tredbreast\twd:Q2013"
    found = run("import", str(candidates(row, head=head))).stdout
    (block,) = [each for each in found.split("\n\n") if "Q10856" in each]
    assert "sssom:subject_id <http://zoo.example/id/redbreast>" in block
    assert "sssom:predicate_id skos:narrowMatch" in block
    assert "sssom:object_id wd:Q10856" in block
    assert 'sssom:subject_label "redbreast"' in block
    assert "sssom:object_source wd:Q2013" in block


REVIEW = "\treviewer_label\treviewer_agreement\treview_date\text_review_reason"


@pytest.mark.parametrize(
    ("head", "rows", "said"),
    [
        (HEAD, [f"z:worm\towl:sameAs\twd:Q1\t{FOUND}"], ":4: predicate_id: <http://www.w3.org"),
        (HEAD, [f"z:no\tskos:exactMatch\twd:Q1\t{FOUND}"], ":4: the graph speaks neither of"),
        (HEAD, [f"z:worm\tskos:exactMatch\twd:Q1\t{FOUND}"] * 2, ":5: is the same link as line 4"),
        (HEAD.replace("\tmapping_date", ""),
         ["z:worm\tskos:exactMatch\twd:Q1\tsemapv:LexicalMatching"], ":4: mapping_date is empty"),
        (HEAD + REVIEW, [f"z:worm\tskos:exactMatch\twd:Q1\t{FOUND}\tB\t1\t\twhy"],
         ":4: is accepted, and review_date is empty"),
        (HEAD + REVIEW, [f"z:worm\tskos:exactMatch\twd:Q1\t{FOUND}\t\t-1\t2031-01-01\twhy"],
         ":4: is rejected, and reviewer_label is empty"),
        (HEAD + REVIEW, [f"z:worm\tskos:exactMatch\twd:Q1\t{FOUND}\tB\t\t2031-01-01\t"],
         ":4: is accepted, and ext_review_reason is empty"),
        ("#curie_map:\n#  z: http://zoo.example/id/\nrecord_id\t" + COLUMNS,
         [f"z:other\tz:robin\tskos:exactMatch\twd:Q25334\t{FOUND}"],
         ":4: <http://zoo.example/id/mapping/robin> is this link already"),
    ],
    ids=["same-as", "not ours", "twice", "no date", "no review date", "no reviewer", "no reason",
         "another record"],
)  # fmt: skip
def test_a_row_that_is_no_link_is_refused_with_its_line(
    zoo: Path, head: str, rows: list[str], said: str
) -> None:
    assert f"new.sssom.tsv{said}" in refused("import", str(candidates(*rows, head=head)))


def test_a_date_may_be_given_for_all(zoo: Path) -> None:
    head = HEAD.replace("\tmapping_date", "")
    path = candidates("z:worm\tskos:exactMatch\twd:Q1\tsemapv:LexicalMatching", head=head)
    found = run("import", str(path), "--date", "2031-05-06").stdout
    assert 'sssom:mapping_date "2031-05-06"^^xsd:date' in found
    assert "--date: 'May' is no date" in refused("import", str(path), "--date", "May")
    assert "language tag" in refused("import", str(path), "--language", "e n")


def test_a_link_that_nobody_reviewed_is_not_dropped(zoo: Path) -> None:
    text = LINKS.replace("sssom:reviewer_agreement 1.0", "sssom:reviewer_agreement 0.0")
    Path("data/links.ttl").write_text(text, encoding="utf-8")
    path = candidates(f"z:worm\tskos:exactMatch\twd:Q1\t{FOUND}")
    assert "its review says candidate" in refused("import", str(path))


def test_a_column_that_is_not_read_is_told(zoo: Path) -> None:
    path = candidates(f"z:worm\tskos:exactMatch\twd:Q1\t{FOUND}\tgood", head=f"{HEAD}\tmood")
    assert "the column mood is not known" in run("import", str(path)).stderr


# Before anything is accepted


def previewed(*rows: str, head: str = HEAD) -> list[dict[str, object]]:
    result = run("preview", str(candidates(*rows, head=head)), "--format", "json")
    assert result.exit_code == 0, result.stderr
    found: list[dict[str, object]] = json.loads(result.stdout[result.stdout.index("[") :])
    return [each for each in found if not str(each["object_id"]).endswith("Q25400")]


def test_the_candidates_of_the_graph_are_previewed(zoo: Path) -> None:
    told = run("preview").output
    assert "exactMatch" in told
    assert "with same-as=on, queries about <http://www.wikidata.org/entity/Q25400> find 1" in told
    assert "1 candidate, 0 with clashes" in told


def test_what_queries_would_find_is_counted(zoo: Path) -> None:
    (found,) = previewed(f"z:worm\tskos:exactMatch\twd:Q47253\t{FOUND}")
    # That it is an animal, and that the robin eats it.
    assert (found["answers"], found["clashes"]) == (2, [])
    (close,) = previewed(f"z:worm\tskos:closeMatch\twd:Q47253\t{FOUND}")
    assert close["answers"] == 0


def test_two_things_that_would_be_one_are_tried(zoo: Path) -> None:
    (found,) = previewed(f"z:redbreast\tskos:exactMatch\twd:Q25334\t{FOUND}")
    assert found["merged"] == [ZOO + "id/robin"]
    assert found["answers"] == 0
    # Each eats what the other eats, and the labels are of both.
    assert found["following"] == 4
    assert any("zoo.example/id/robin" in each and "beetle" in each for each in found["examples"])  # type: ignore[attr-defined]
    assert any("would stand for several things" in each for each in found["clashes"])  # type: ignore[attr-defined]


def test_things_that_cannot_be_one_clash(zoo: Path) -> None:
    (found,) = previewed(f"z:eel\tskos:exactMatch\tz:robin\t{FOUND}")
    assert found["following"] == 0
    assert any("cannot be one" in each and "cax-dw" in each for each in found["clashes"])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("z:eel\tskos:closeMatch\twd:Q1", "rejected as skos:exactMatch on 2030-01-02: The uni"),
        ("z:robin\tskos:exactMatch\twd:Q999", "of the same graph already"),
        ("z:robin\tskos:broadMatch\twd:Q25334", "excludes skos:broadMatch (SKOS, S46)"),
    ],
)  # fmt: skip
def test_what_other_mappings_say_against_it_is_told(zoo: Path, row: str, said: str) -> None:
    (found,) = previewed(f"{row}\t{FOUND}")
    assert [each for each in found["clashes"] if said in each]  # type: ignore[attr-defined]


def test_a_preview_changes_nothing(zoo: Path) -> None:
    previewed(f"z:worm\tskos:exactMatch\twd:Q47253\t{FOUND}")
    assert Path("data/links.ttl").read_text(encoding="utf-8") == LINKS
