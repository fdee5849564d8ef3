"""Why a query found nothing: the smallest part, the unknown name, and what it may have meant."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pyoxigraph import RdfFormat, parse

from etown_kg.diagnosis import Diagnosis, diagnose
from etown_kg.diagnosis.pattern import SelectQuery
from etown_kg.graph import KnowledgeGraph
from etown_kg.graph.answer import Answer

DATA = """
@prefix : <http://town.example/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
GRAPH :a {
  :Park a rdfs:Class ; rdfs:label "park"@en , "园区"@zh .
  :Lake a rdfs:Class ; rdfs:label "lake"@en .
  :east a :Park ; rdfs:label "East Park"@en ; :area 12 ; :near :river .
  :west a :Park ; rdfs:label "West Park"@en ; :area 30 .
  :river rdfs:label "river"@en ; :length 7 .
}
GRAPH :b { :north a :Park ; :opened 2020 . }
"""
PREFIXES = {"": "http://town.example/", "rdfs": "http://www.w3.org/2000/01/rdf-schema#"}
TOWN = "http://town.example/"


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    return KnowledgeGraph(parse(DATA, RdfFormat.TRIG))


PROLOGUE = "".join(f"PREFIX {prefix}: <{iri}> " for prefix, iri in PREFIXES.items())


def diagnosed(graph: KnowledgeGraph, text: str, **options: Any) -> Diagnosis:
    """The diagnosis of a query, which must parse and have no solutions."""
    query = f"{PROLOGUE}\n{text}"
    assert graph.query(query).rows() == []

    def ask(asked: str) -> Answer:
        return graph.query(asked)

    return diagnose(query, ask, prefixes={}, **options)


@pytest.mark.parametrize(
    ("text", "verdict", "pattern"),
    [
        ("SELECT * { ?p a :Park ; :aera ?a }", "unknown-term", "?p :aera ?a"),
        ("SELECT * { ?p a :Parks . ?p :area ?a }", "unknown-term", "?p a :Parks"),
        ("SELECT * { ?p a :Lake . ?p :area ?a }", "no-match", "?p a :Lake"),
        ("SELECT * { ?p a :Park ; :length ?l }", "excluded", "?p a :Park . ?p :length ?l"),
        ("SELECT * { :river ?p ?o ; a ?c }", "no-match", ":river a ?c"),
        (
            "SELECT * { ?p a :Park ; rdfs:label ?l ; :opened ?y ; :near ?n . ?n :length ?m }",
            "excluded",
            "?p rdfs:label ?l . ?p :opened ?y",
        ),
        (
            "SELECT * { ?p a :Park ; :area ?a FILTER(?a > 99) FILTER(?a < 200) }",
            "removed",
            "FILTER(?a > 99)",
        ),
        (
            "SELECT * { ?p :area ?a FILTER(?a < 20) FILTER(?a > 20) }",
            "removed",
            "FILTER(?a < 20) FILTER(?a > 20)",
        ),
        ("SELECT * { ?p a :Park MINUS { ?p a ?c } }", "removed", "MINUS { ?p a ?c }"),
        (
            "SELECT * { ?p a :Park FILTER NOT EXISTS { ?p a ?c } }",
            "removed",
            "FILTER NOT EXISTS { ?p a ?c }",
        ),
        ("SELECT * { ?p a :Park } LIMIT 0", "removed", "LIMIT 0"),
        (
            "SELECT ?p { ?p a :Park } GROUP BY ?p HAVING(COUNT(*) > 9)",
            "removed",
            "GROUP BY ?p HAVING(COUNT(*) > 9)",
        ),
        ("SELECT * { GRAPH :b { ?p a :Park ; :area ?a } }", "no-match", "?p :area ?a"),
        ("SELECT * { GRAPH :c { ?p a :Park } }", "unknown-term", "?p a :Park"),
        ("SELECT * { { { ?p :aera ?a } } }", "unknown-term", "?p :aera ?a"),
        ("SELECT * FROM :b { ?p :area ?a }", "unknown-term", "?p :area ?a"),
        (
            "SELECT * { VALUES ?p { :river } ?p a :Park }",
            "excluded",
            "VALUES ?p { :river } . ?p a :Park",
        ),
        ("SELECT * { ?p :near/:lenght ?l }", "unknown-term", "?p :near/:lenght ?l"),
        ("SELECT * { ?p rdfs:label 'East Park'@zh }", "no-match", "?p rdfs:label 'East Park'@zh"),
        ("SELECT * { ?p :area 12.5 , 30 ; a ?c }", "no-match", "?p :area 12.5"),
        (
            "SELECT * { ?p :area '12'^^<http://www.w3.org/2001/XMLSchema#string> }",
            "no-match",
            "?p :area '12'^^<http://www.w3.org/2001/XMLSchema#string>",
        ),
        ("SELECT * { ?p :near [ :aera ?a ] }", "unknown-term", "?p :near [ :aera ?a ]"),
        (
            "SELECT * { { ?p a :Lake } UNION { ?p a :Lakes } }",
            "unknown-term",
            "{ ?p a :Lake } UNION { ?p a :Lakes }",
        ),
        (
            "SELECT * { ?p a :Park OPTIONAL { ?p :area ?a } FILTER(BOUND(?a) && ?a > 99) }",
            "removed",
            "FILTER(BOUND(?a) && ?a > 99)",
        ),
    ],
)
def test_the_smallest_failing_part_is_named(
    graph: KnowledgeGraph, text: str, verdict: str, pattern: str
) -> None:
    diagnosis = diagnosed(graph, text)
    assert (diagnosis.verdict, diagnosis.pattern) == (verdict, pattern)
    assert diagnosis.can_match is (verdict != "unknown-term")
    assert pattern.split()[-1] in diagnosis.message or verdict == "removed"


@pytest.mark.parametrize(
    ("text", "iri", "role", "nearest"),
    [
        ("SELECT * { ?p :aera ?a }", "aera", "predicate", "area"),
        ("SELECT * { ?p a :Parks }", "Parks", "class", "Park"),
        ("SELECT * { ?p :near :River2 }", "River2", "term", "river"),
        ("SELECT * { :eastPark :area ?a }", "eastPark", "term", "east"),  # by its label
        ("SELECT * { ?p a <http://other.example/园区> }", "园区", "class", "Park"),
    ],
)
def test_an_unknown_name_is_shown_with_what_was_perhaps_meant(
    graph: KnowledgeGraph, text: str, iri: str, role: str, nearest: str
) -> None:
    diagnosis = diagnosed(graph, text)
    [unknown] = diagnosis.unknown
    assert unknown.iri.rpartition("/")[2] == iri
    assert unknown.role == role
    assert unknown.nearest[0].iri == TOWN + nearest
    assert TOWN + nearest in diagnosis.message


def test_a_name_that_looks_like_nothing_gets_no_neighbours(graph: KnowledgeGraph) -> None:
    [unknown] = diagnosed(graph, "SELECT * { ?p :zzzzzz ?a }").unknown
    assert unknown.nearest == ()


def test_a_class_without_members_is_known(graph: KnowledgeGraph) -> None:
    assert diagnosed(graph, "SELECT * { ?p a :Lake }").unknown == ()


def test_the_place_is_that_in_the_users_own_text(graph: KnowledgeGraph) -> None:
    diagnosis = diagnosed(graph, "SELECT *\n{\n  ?p a :Park ;\n     :aera ?a }")
    # Line 1 is the prologue; the place is that of the object that tells the triples apart.
    assert (diagnosis.line, diagnosis.column) == (5, 12)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { { SELECT ?p { ?p a :Lake } } }",
        "SELECT ?p { ?p a :Lake { ?p :area ?a } UNION { ?p :length ?a } BIND(1 AS ?x) }",
        "SELECT (EXISTS { ?x a :Lake } AS ?y) ?p { ?p a :Lake }",
        "SELECT DISTINCT ?p WHERE { ?p a :Lake . } ORDER BY ?p",
        "BASE <http://town.example/> SELECT ?p { ?p a <Lake> }",
        "SELECT * { ?p a :Lake . SERVICE SILENT <http://127.0.0.1/> { ?p a :Park } }",
        "SELECT * { (1 2) :area ?a }",
        "SELECT * { << ?s ?p ?o >> :area ?a }",
        "SELECT * { ?p a :Lake VALUES (?p ?q) { (:east 1) (UNDEF 2) } }",
    ],
)
def test_no_form_of_query_is_too_odd_to_be_answered(graph: KnowledgeGraph, text: str) -> None:
    diagnosis = diagnosed(graph, text)
    assert diagnosis.verdict in ("no-match", "excluded", "unknown-term")
    assert diagnosis.questions > 0


def test_what_is_no_select_is_left_alone(graph: KnowledgeGraph) -> None:
    assert SelectQuery.read("ASK { ?s ?p ?o }", {}) is None
    diagnosis = diagnose("DESCRIBE <x:a>", graph.query, prefixes={})
    assert diagnosis.verdict == "unfinished"


def test_time_is_a_limit(graph: KnowledgeGraph) -> None:
    diagnosis = diagnosed(graph, "SELECT * { ?p a :Lake }", seconds=0.0)
    assert (diagnosis.verdict, diagnosis.can_match) == ("unfinished", None)


def test_the_members_are_plain_values(graph: KnowledgeGraph) -> None:
    members = diagnosed(graph, "SELECT * { ?p :aera ?a }").members()
    unknown: Any = members["unknown"]
    assert unknown[0]["nearest"][0] == {"iri": TOWN + "area", "label": "", "likeness": 0.75}
    assert json.loads(json.dumps(members))["verdict"] == "unknown-term"
