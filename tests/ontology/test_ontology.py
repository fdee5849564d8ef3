"""The ontology's own order: header, labels, definitions, examples, declarations, use."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from rdflib import OWL, RDF, RDFS, SKOS, Graph, URIRef
from rdflib.namespace import DCTERMS, VANN
from rdflib.term import BNode, Literal, Node

from etown_kg import vocab
from etown_kg.graph import KnowledgeGraph
from etown_kg.profile import check_profile
from etown_kg.rdflib_terms import to_rdflib

ROOT = Path(__file__).parents[2]
ONTOLOGY = ROOT / "ontology"
ALIGNMENTS = sorted((ONTOLOGY / "alignments").glob("*.ttl"))
HEADER = URIRef(vocab.ONTOLOGY)
KINDS = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
LANGUAGES = {"en", "zh"}

# Terms that no data and no question uses, each with the reason why it is here.
UNUSED = {
    "Company": "F30 counts companies and names none; a named one needs a class",
    "District": "shape S12 refuses a zone in a district, and so needs the class of districts",
}


@cache
def ontology() -> Graph:
    """etown.ttl and the alignments."""
    graph = Graph()
    for path in [ONTOLOGY / "etown.ttl", *ALIGNMENTS]:
        graph.parse(path)
    return graph


@cache
def vocabulary() -> Graph:
    return Graph().parse(ONTOLOGY / "vocabulary.ttl")


@cache
def data() -> Graph:
    graph = Graph()
    for path in [*(ROOT / "data").glob("*.ttl"), *(ROOT / "data" / "articles").glob("*.ttl")]:
        graph.parse(path)
    return graph


@cache
def queries() -> str:
    """All queries and shapes as one text."""
    paths = [
        *(ONTOLOGY / "queries").rglob("*.rq"),
        *(ONTOLOGY / "shapes").rglob("*.ttl"),
    ]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def own_terms() -> list[URIRef]:
    return terms(own=True)


def borrowed_terms() -> list[URIRef]:
    return terms(own=False)


def terms(own: bool) -> list[URIRef]:
    found = {s for kind in KINDS for s in ontology().subjects(RDF.type, kind)}
    named = [s for s in found if isinstance(s, URIRef)]
    return sorted(s for s in named if s.startswith(vocab.TERMS) == own)


def values(subject: Node, predicate: URIRef, graph: Graph | None = None) -> list[Literal]:
    found = list((graph or ontology()).objects(subject, predicate))
    assert all(isinstance(value, Literal) for value in found)
    return [value for value in found if isinstance(value, Literal)]


def text(subject: Node, predicate: URIRef) -> str:
    """The one English value."""
    (value,) = (value for value in values(subject, predicate) if value.language == "en")
    return str(value)


def local(term: Node) -> str:
    return str(term).removeprefix(vocab.TERMS)


# -- header


def test_header_names_the_ontology_and_its_version() -> None:
    graph = Graph().parse(ONTOLOGY / "etown.ttl")
    assert set(graph.subjects(RDF.type, OWL.Ontology)) == {HEADER}
    version = graph.value(HEADER, OWL.versionInfo)
    assert re.fullmatch(r"\d+\.\d+\.\d+", str(version))
    assert graph.value(HEADER, OWL.versionIRI) == URIRef(f"{HEADER}/{version}")
    assert graph.value(HEADER, DCTERMS.license) == URIRef(
        "https://creativecommons.org/licenses/by/4.0/"
    )
    assert str(graph.value(HEADER, VANN.preferredNamespacePrefix)) == "et"
    assert str(graph.value(HEADER, VANN.preferredNamespaceUri)) == vocab.TERMS
    for predicate in (DCTERMS.creator, DCTERMS.created, DCTERMS.modified):
        assert graph.value(HEADER, predicate) is not None
    for predicate in (DCTERMS.title, DCTERMS.description):
        assert {value.language for value in values(HEADER, predicate, graph)} == LANGUAGES


def test_header_says_that_the_base_does_not_resolve() -> None:
    notes = values(HEADER, SKOS.editorialNote)
    assert {note.language for note in notes} == LANGUAGES
    assert any("not registered" in note for note in notes)


def test_nothing_is_imported() -> None:
    assert not list(ontology().triples((None, OWL.imports, None)))


# -- terms


def in_both_languages(found: list[Literal]) -> bool:
    """Whether there is one tidy text in English and one in Chinese, and nothing else."""
    texts = {value.language: str(value) for value in found}
    return (
        len(found) == 2
        and set(texts) == LANGUAGES
        and all(t == t.strip() and "  " not in t for t in texts.values())
        and re.search(r"[\u4e00-\u9fff]", texts["zh"]) is not None
    )


@pytest.mark.parametrize("predicate", [RDFS.label, SKOS.definition], ids=["label", "definition"])
def test_term_has_one_text_in_each_language(predicate: URIRef) -> None:
    terms = [*own_terms(), *borrowed_terms()]
    assert [t for t in terms if not in_both_languages(values(t, predicate))] == []


def test_own_term_has_an_example_with_a_fact_id() -> None:
    for term in own_terms():
        (example,) = values(term, SKOS.example)
        ids = re.findall(r"\b([FX])(\d+)\b", example)
        assert ids, term
        assert all(int(number) <= {"F": 86, "X": 14}[letter] for letter, number in ids), term


def test_own_term_is_defined_by_the_ontology() -> None:
    assert {o for t in own_terms() for o in ontology().objects(t, RDFS.isDefinedBy)} == {HEADER}
    assert all((term, RDFS.isDefinedBy, HEADER) in ontology() for term in own_terms())


def test_borrowed_term_points_to_its_own_home() -> None:
    for term in borrowed_terms():
        (home,) = ontology().objects(term, RDFS.isDefinedBy)
        assert isinstance(home, URIRef)
        assert not home.startswith(vocab.BASE)
        # The home is the namespace, or a document that it starts with (PROV-O, SKOS, SDMX).
        stem = re.sub(r"prov-o#$", "prov", home).rstrip("#/")
        assert term.startswith(stem)


def test_class_is_defined_by_its_parent() -> None:
    wrong = []
    for term in own_terms():
        if (term, RDF.type, OWL.Class) not in ontology():
            continue
        parents = [s for s in ontology().objects(term, RDFS.subClassOf) if isinstance(s, URIRef)]
        ours = [p for p in parents if str(p).startswith((vocab.TERMS, str(SKOS)))]
        start = re.match(r"(?:A|An) (.*)", text(term, SKOS.definition))
        labels = [text(parent, RDFS.label) for parent in ours]
        if not start or (labels and not start[1].startswith(tuple(labels))):
            wrong.append((local(term), labels))
    assert wrong == []


def test_property_definition_says_what_it_does() -> None:
    verbs = ("Relates ", "Gives ", "Says ", "Names ")
    wrong = [
        local(term)
        for term in own_terms()
        if (term, RDF.type, OWL.Class) not in ontology()
        and not text(term, SKOS.definition).startswith(verbs)
    ]
    assert wrong == []


def test_definition_is_not_circular() -> None:
    wrong = []
    for term in own_terms():
        if (term, RDF.type, OWL.Class) not in ontology():
            continue
        label = text(term, RDFS.label)
        parents = " ".join(
            text(p, RDFS.label)
            for p in ontology().objects(term, RDFS.subClassOf)
            if isinstance(p, URIRef) and p.startswith(vocab.TERMS)
        )
        definition = text(term, SKOS.definition).replace(parents, "", 1)
        if re.search(rf"\b{re.escape(label)}\b", definition, re.IGNORECASE):
            wrong.append(local(term))
    assert wrong == []


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_no_two_terms_of_a_kind_share_a_label(language: str) -> None:
    seen = Counter(
        ((term, RDF.type, OWL.Class) in ontology(), str(label).lower())
        for term in own_terms()
        for label in values(term, RDFS.label)
        if label.language == language
    )
    assert [key for key, count in seen.items() if count > 1] == []


def test_names_follow_the_convention() -> None:
    for term in own_terms():
        is_class = (term, RDF.type, OWL.Class) in ontology()
        assert re.fullmatch(r"[A-Z][A-Za-z]+" if is_class else r"[a-z][A-Za-z0-9]+", local(term))


# -- declarations and use


def test_every_used_term_is_declared() -> None:
    declared = set(own_terms())
    used = {
        term
        for graph in (ontology(), vocabulary(), data())
        for triple in graph
        for term in triple
        if isinstance(term, URIRef) and term.startswith(vocab.TERMS)
    }
    assert used - declared == set()


def test_every_term_in_a_query_or_shape_is_declared() -> None:
    named = set(re.findall(r"(?<![\w:-])et:([A-Za-z]\w*)", queries()))
    assert named - {local(term) for term in own_terms()} == set()


def test_every_concept_in_data_is_in_the_vocabulary() -> None:
    used = {t for triple in data() for t in triple if str(t).startswith(vocab.CONCEPT)}
    assert used - set(vocabulary().subjects()) == set()


def test_every_term_is_used_or_has_a_reason(shipped_graph: KnowledgeGraph) -> None:
    # The closed graph: a term that only inference gives is used as well.
    closed = to_rdflib(shipped_graph.quads(infer=True))
    used = {*closed.predicates(), *closed.objects(None, RDF.type)}
    used |= {URIRef(vocab.TERMS + name) for name in re.findall(r"et:(\w+)", queries())}
    assert {local(term) for term in own_terms() if term not in used} <= set(UNUSED)


def test_reasons_for_unused_terms_are_still_needed() -> None:
    used = {term for t in data() for term in t}
    assert [name for name in UNUSED if URIRef(vocab.TERMS + name) in used] == []


def test_ontology_is_in_the_rl_profile() -> None:
    assert check_profile(ontology() + vocabulary()) == ()


def test_facts_use_the_ontology_as_it_declares_its_terms() -> None:
    findings = check_profile(ontology() + vocabulary() + data())
    # Dates are xsd:date, which RL keeps as a term: ranges are left open and shapes check them.
    assert [(f.check, f.severity) for f in findings] == [("rl-literal", "info")]


# -- alignments


def test_nothing_is_the_same_as_a_thing_elsewhere() -> None:
    for graph in (ontology(), vocabulary(), data()):
        for triple in graph.triples((None, OWL.sameAs, None)):
            assert all(str(term).startswith(vocab.BASE) for term in triple[::2])


@pytest.mark.parametrize("path", ALIGNMENTS, ids=lambda path: path.stem)
def test_alignment_leads_from_ours_to_theirs(path: Path) -> None:
    graph = Graph().parse(path)
    aligning = (RDFS.subClassOf, RDFS.subPropertyOf)
    for s, p, o in graph:
        if p in aligning and str(s).startswith(vocab.TERMS):
            assert not str(o).startswith(vocab.TERMS)
        if str(o).startswith(vocab.TERMS):
            # Ours stands behind theirs only as a range, or as a component of the cube.
            assert p == RDFS.range or str(p).startswith(vocab.QB)
    assert not any(isinstance(term, BNode) for triple in graph for term in triple)


def test_every_vocabulary_of_the_issue_has_a_file() -> None:
    expected = {"org", "prov", "qb", "sdmx", "schema", "skos", "oa", "dcat", "geosparql"}
    assert expected <= {path.stem for path in ALIGNMENTS}


@pytest.mark.parametrize(
    "path",
    [ONTOLOGY / "etown.ttl", ONTOLOGY / "vocabulary.ttl", *ALIGNMENTS],
    ids=lambda path: path.stem,
)
def test_prefixes_are_the_projects(path: Path) -> None:
    declared = re.findall(r"^@prefix ([\w-]+): <(.*)> \.$", path.read_text("utf-8"), re.MULTILINE)
    own = {"concept": vocab.CONCEPT, "vann": str(VANN)}
    assert {prefix: {**vocab.PREFIXES, **own}.get(prefix) for prefix, _ in declared} == dict(
        declared
    )


# -- code lists


def schemes() -> set[Node]:
    return set(vocabulary().subjects(RDF.type, SKOS.ConceptScheme))


def concepts() -> list[Node]:
    return sorted(vocabulary().subjects(SKOS.inScheme, None), key=str)


def test_each_code_list_is_a_scheme() -> None:
    assert {str(scheme) for scheme in schemes()} == {vocab.CONCEPT + s for s in vocab.SCHEMES}


def test_concept_is_whole() -> None:
    graph = vocabulary()
    for concept in concepts():
        (scheme,) = graph.objects(concept, SKOS.inScheme)
        assert scheme in schemes(), concept
        assert str(concept).startswith(f"{scheme}/")
        is_top = (concept, SKOS.topConceptOf, scheme) in graph
        assert is_top != bool(list(graph.objects(concept, SKOS.broader))), concept
        for predicate in (SKOS.prefLabel, SKOS.definition):
            assert in_both_languages(values(concept, predicate, graph)), concept
        labels = set(graph.objects(concept, RDFS.label))
        assert labels == set(graph.objects(concept, SKOS.prefLabel)), concept


def test_no_two_concepts_of_a_list_share_a_label() -> None:
    for scheme in schemes():
        members = vocabulary().subjects(SKOS.inScheme, scheme)
        labels = [label for c in members for label in vocabulary().objects(c, SKOS.prefLabel)]
        assert len(labels) == len(set(labels)), scheme


def test_each_indicator_kind_has_a_unit_and_each_indicator_a_kind() -> None:
    graph = vocabulary()
    kinds = set(graph.subjects(SKOS.inScheme, URIRef(vocab.CONCEPT + "indicator-kind")))
    assert set(graph.objects(None, URIRef(vocab.TERMS + "measuresKind"))) == kinds
    types = set(graph.subjects(SKOS.inScheme, URIRef(vocab.CONCEPT + "measure-type")))
    for indicator in graph.subjects(RDF.type, URIRef(vocab.TERMS + "Indicator")):
        (kind,) = graph.objects(indicator, URIRef(vocab.TERMS + "indicatorKind"))
        (measure,) = graph.objects(indicator, URIRef(vocab.TERMS + "measureType"))
        assert kind in kinds
        assert measure in types


# -- documentation


def test_model_page_names_every_term() -> None:
    page = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`et:(\w+)`", page))
    assert {local(term) for term in own_terms()} - named == set()
    assert named - {local(term) for term in own_terms()} == set()
