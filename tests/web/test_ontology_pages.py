"""Axioms in words, trees of terms, and the ontology's pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import NamedNode, RdfFormat, parse
from rdflib import Dataset, Graph, compare

from etown_kg.backend.local import LocalBackend
from etown_kg.config import DefaultGraph, Settings
from etown_kg.curies import shown
from etown_kg.graph import KnowledgeGraph
from etown_kg.reason.rules import RULES
from etown_kg.vocab import OWL, RDF, RDFS
from etown_kg.web import create_app
from etown_kg.web.pages.axioms import RULES_OF, Part, Word, axioms_of, uses_of
from etown_kg.web.pages.schema import SUB_CLASS, Schema, Statement
from etown_kg.web.pages.term_tree import ROWS, Row, page_of, rows_of
from tests.web.test_pages import BROWSER, Page

HERE = Path(__file__).parent / "axioms"
NS = "http://zoo.example/ns#"
GIVEN = (HERE / "given.ttl").read_text(encoding="utf-8")


def lines(name: str) -> Iterator[list[str]]:
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


@pytest.fixture(scope="module")
def schema() -> Schema:
    quads = parse(GIVEN, RdfFormat.TURTLE)
    return Schema(tuple(Statement(q.subject, q.predicate.value, q.object) for q in quads))


@pytest.fixture(scope="module")
def ontology_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An app over the ontology of the cases, at its own address."""
    folder = tmp_path_factory.mktemp("ontology")
    trig = re.sub(r"\A((?:@prefix[^\n]*\n)+)(.*)\Z", r"\1GRAPH :g {\2}", GIVEN, flags=re.DOTALL)
    graph = KnowledgeGraph(parse(trig, RdfFormat.TRIG), base="http://zoo.example/")
    settings = Settings(ontology=folder, data=folder, base="http://zoo.example/")
    app = create_app(settings, LocalBackend(graph))
    app.testing = True
    return app


@pytest.fixture
def zoo(ontology_app: Flask) -> FlaskClient:
    return ontology_app.test_client()


def words(parts: tuple[Part, ...]) -> str:
    """An axiom's parts as a line: names without their namespace."""
    text = ""
    for part in parts:
        if isinstance(part, Word):
            text += f" {part.name} "
        elif isinstance(part, str):
            text += {",": ", ", "∘": " ∘ "}.get(part, part)
        else:
            if text and not text.endswith((" ", "(", "{")):
                text += " "
            name = shown(part, {"owl": OWL, "xsd": "http://www.w3.org/2001/XMLSchema#", "": NS})
            text += name.removeprefix(":")
    return re.sub(r" +", " ", text).strip()


@pytest.mark.parametrize(("term", "says", "of", "rules"), list(lines("cases.tsv")))
def test_an_axiom_reads_as_it_was_meant(
    schema: Schema, term: str, says: str, of: str, rules: str
) -> None:
    found = {(each.says, words(each.parts)): each.rules for each in axioms_of(schema, NS + term)}
    assert found[says, of] == tuple(rules.split())


@pytest.mark.parametrize(("term", "subject", "says", "of"), list(lines("uses.tsv")))
def test_an_axiom_is_found_from_what_it_mentions(
    schema: Schema, term: str, subject: str, says: str, of: str
) -> None:
    found = {(each.subject, each.says, words(each.parts)) for each in uses_of(schema, NS + term)}
    assert (NamedNode(NS + subject), says, of) in found


def test_the_table_of_rules_is_the_reasoners() -> None:
    """Which rules name a term in their bodies; rules about rdf:type name the class."""
    found: dict[str, set[str]] = {}
    prefixes = {"owl": OWL, "rdf": RDF, "rdfs": RDFS}
    for rule in RULES:
        for pattern in re.sub(r"LIST\[.*?\] ?\.?", "", rule.body).split(" . "):
            if not pattern.strip():
                continue
            _, p, o = pattern.split()
            name = o if p == "rdf:type" else p
            if not name.startswith("?"):
                prefix, _, local = name.partition(":")
                found.setdefault(prefixes[prefix] + local, set()).add(rule.id)
    assert {iri: set(rules) for iri, rules in RULES_OF.items()} == {
        iri: found[iri] for iri in RULES_OF
    }
    # What is left says nothing of a class or property by itself.
    assert {iri.rsplit("#")[1] for iri in found.keys() - RULES_OF.keys()} == {
        "sameAs", "differentFrom", "AllDifferent", "members", "distinctMembers", "Nothing",
        "sourceIndividual", "assertionProperty", "targetIndividual", "targetValue", "onProperty",
        "onClass", "Class", "ObjectProperty", "DatatypeProperty",
    }  # fmt: skip


def test_kinds_are_declared_or_implied(schema: Schema) -> None:
    assert schema.kinds[NS + "Animal"] == "class"
    assert schema.kinds[NS + "ring"] == "data"
    assert schema.kinds[NS + "knows"] == "property"
    assert schema.kinds[NS + "eatenBy"] == "object"
    assert NS + "sea" not in schema.kinds
    assert OWL + "Thing" not in schema.kinds


PAIRS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=25)


@given(PAIRS, st.integers(1, 40))
def test_every_term_stands_in_the_tree_and_lists_are_closed(
    pairs: list[tuple[int, int]], extra: int
) -> None:
    """Whatever is above what, in circles too."""
    names = [f"urn:c/{n}" for n in range(13 + extra * 10)]
    schema = Schema(
        tuple(Statement(NamedNode(names[a]), SUB_CLASS, NamedNode(names[b])) for a, b in pairs)
    )
    rows = rows_of(schema, names, lambda iri: True, lambda iri: iri)
    assert {row.iri for row in rows if not row.is_repeated} == set(names)
    pages = [page_of(rows, n) for n in range(1, -(-len(rows) // ROWS) + 1)]
    assert [row.iri for page in pages for row in page] == [row.iri for row in rows]
    for page in pages:
        assert_nested(page)


def assert_nested(page: list[Row]) -> None:
    """The template's tags for these rows open and close in turn."""
    tags: list[str] = []

    def close(tag: str) -> None:
        assert tags.pop() == tag

    for row in page:
        if row.opens:
            assert not tags or tags[-1] == "li"
            tags.append("ul")
        assert tags[-1] == "ul"
        tags.append("li")
        if not row.is_parent:
            close("li")
        for n in range(row.closes):
            close("ul")
            if not (row.is_last and n == row.closes - 1):
                close("li")
    assert tags == []


def test_programs_get_the_ontology_in_their_format(zoo: FlaskClient) -> None:
    expected = Graph().parse(data=GIVEN, format="turtle")
    for suffix, format in [("ttl", "turtle"), ("nt", "nt"), ("rdf", "xml")]:
        response = zoo.get(f"/ontology.{suffix}")
        found = Graph().parse(data=response.data, format=format)
        assert compare.isomorphic(found, expected)
        negotiated = zoo.get("/ontology", headers={"Accept": response.mimetype})
        assert negotiated.mimetype == response.mimetype
        assert "Accept" in negotiated.vary
        assert negotiated.headers["Content-Location"].endswith(f".{suffix}")
    json_ld = Dataset().parse(data=zoo.get("/ontology.jsonld").data, format="json-ld")
    assert len(list(json_ld.quads())) == len(expected)
    assert zoo.get("/ontology", headers=BROWSER).mimetype == "text/html"
    assert zoo.get("/ontology.html").mimetype == "text/html"
    assert zoo.get("/ontology.zip").status_code == 404


def test_an_overview_shows_versions_and_terms(zoo: FlaskClient) -> None:
    text = zoo.get("/ontology", headers=BROWSER).text
    assert ">http://zoo.example/ns/1<" in text
    links = Page(text).values("a", "href")
    assert "/ns/Bird" in links
    assert 'class="badge warning">deprecated' in text
    properties = Page(zoo.get("/ontology?show=properties", headers=BROWSER).text)
    assert "/ns/eats" in properties.values("a", "href")


@pytest.mark.parametrize("query", ["show=nonsense", "page=0", "page=2", "page=x"])
def test_parts_that_are_not_there_are_refused(zoo: FlaskClient, query: str) -> None:
    response = zoo.get(f"/ontology?{query}")
    assert response.status_code == 400
    assert response.get_json()["hint"]


def test_every_term_has_a_page_with_its_axioms(zoo: FlaskClient, schema: Schema) -> None:
    for iri in schema.kinds:
        response = zoo.get(f"/ns/{iri.removeprefix(NS)}", headers=BROWSER)
        assert response.status_code == 200, iri
        assert "What the ontology states" in response.text
    bird = zoo.get("/ns/Bird", headers=BROWSER).text
    assert 'href="https://www.w3.org/TR/owl2-profiles/#prp-key"' in bird
    assert "identified by" in bird
    chinese = zoo.get("/ns/Bird?lang=zh", headers=BROWSER).text
    assert "以此标识" in chinese


def test_a_term_is_data_too_and_has_all_its_statements(zoo: FlaskClient) -> None:
    response = zoo.get("/ns/Plant.ttl")
    found = Graph().parse(data=response.data, format="turtle")
    assert {str(s) for s in found.subjects()} >= {NS + "Plant"}
    page = Page(zoo.get("/ns/Plant", headers=BROWSER).text)
    (link,) = (a for a in page.values("a", "href") if "statements=all" in a)
    everything = zoo.get(link, headers=BROWSER)
    assert everything.status_code == 200
    assert "What the ontology states" not in everything.text


@pytest.mark.parametrize("mode", ["union", "standard"])
def test_use_is_counted_stated_and_inferred(tmp_path: Path, mode: DefaultGraph) -> None:
    trig = f"""
        PREFIX : <{NS}> PREFIX rdfs: <{RDFS}> PREFIX owl: <{OWL}>
        GRAPH :g {{ :eats a owl:ObjectProperty . :devours rdfs:subPropertyOf :eats .
          :Bird rdfs:subClassOf :Animal . :robin a :Bird ; :devours :worm ; :eats :seed . }}
        GRAPH :h {{ :robin :eats :seed . :Bird a owl:Class . :eel a :Animal . }}"""
    graph = KnowledgeGraph(
        parse(trig, RdfFormat.TRIG), base="http://zoo.example/", default_graph=mode
    )
    graph.close()
    settings = Settings(
        ontology=tmp_path, data=tmp_path, base="http://zoo.example/", default_graph=mode
    )
    client = create_app(settings, LocalBackend(graph)).test_client()
    animal = client.get("/ns/Animal", headers=BROWSER).text
    assert "Things in this class: 1 stated, 1 inferred." in animal
    eats = client.get("/ns/eats", headers=BROWSER).text
    assert "Statements with it: 1 stated, 1 inferred." in eats
    overview = client.get("/ontology?show=properties", headers=BROWSER).text
    assert re.search(r'/ns/eats"[^<]*<?[^<]*</a> <span class="count">2<', overview)


def test_a_graph_without_an_ontology_says_so(tmp_path: Path) -> None:
    graph = KnowledgeGraph(parse("<urn:a> <urn:b> <urn:c> .", RdfFormat.N_TRIPLES))
    app = create_app(Settings(ontology=tmp_path, data=tmp_path), LocalBackend(graph))
    text = app.test_client().get("/ontology", headers=BROWSER).text
    assert "declares no classes" in text
    assert app.test_client().get("/ontology.ttl").status_code == 200


def test_pages_of_a_large_ontology_stay_small(tmp_path: Path) -> None:
    text = "".join(
        f"<{NS}AClassWithAVeryLongName{n}> a <{OWL}Class> ; <{SUB_CLASS}> <{NS}Root> , [] ."
        for n in range(2500)
    )
    text = f"GRAPH <urn:g> {{ {text} }}"
    graph = KnowledgeGraph(parse(text, RdfFormat.TRIG), base="http://zoo.example/")
    settings = Settings(ontology=tmp_path, data=tmp_path, base="http://zoo.example/")
    client = create_app(settings, LocalBackend(graph)).test_client()
    for path in (
        "/ontology",
        "/ontology?page=2",
        "/ontology?page=13",
        "/ns/AClassWithAVeryLongName7",
    ):
        response = client.get(path, headers=BROWSER)
        assert response.status_code == 200
        assert len(response.data) < 100_000, path
    assert client.get("/ontology?page=14").status_code == 400


def test_the_shipped_ontology_is_whole_and_small(shipped_app: Flask) -> None:
    client = shipped_app.test_client()
    for path in ("/ontology", "/ontology?show=properties", "/ontology?lang=zh"):
        assert len(client.get(path, headers=BROWSER).data) < 100_000
    text = client.get("/ontology/Place", headers=BROWSER).text
    assert "shares no member with" in text
    assert "schema:Place" in text
    turtle = Graph().parse(data=client.get("/ontology.ttl").data, format="turtle")
    shipped = Graph()
    for file in (Path(__file__).parents[2] / "ontology").glob("*.ttl"):
        if file.name != "vocabulary.ttl":
            shipped.parse(file)
    assert set(shipped.subjects()) - set(turtle.subjects()) == {
        node for node in shipped.subjects() if not str(node).startswith("http")
    }
