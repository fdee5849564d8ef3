"""The facts of the two articles: all of them, with the right numbers, evidence and speakers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode, QuerySolutions, Store, parse
from rdflib.compare import isomorphic

from etown_kg import vocab
from etown_kg.derived import check_derived
from etown_kg.evidence import PHRASE_WORDS, check_evidence
from etown_kg.load import read
from etown_kg.rdflib_terms import to_rdflib

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data"
FILES = sorted(DATA.rglob("*.ttl"))
SHARED = ROOT.parent / "shared"
A, B = "2022-10-10-industrial-fleet", "2022-09-08-innovation-ecology-conference"
STORE = Store()
for _file in FILES:
    STORE.extend(read(_file, vocab.GRAPH + _file.stem))

needs_articles = pytest.mark.skipif(
    not (SHARED / "articles").is_dir(), reason="the articles' texts are not beside the project"
)
needs_fact_sheet = pytest.mark.skipif(
    not (SHARED / "facts.md").is_file(), reason="the fact sheet is not beside the project"
)
needs_links = pytest.mark.skipif(
    not (SHARED / "modelling.md").is_file(), reason="the list of links is not beside the project"
)


def select(pattern: str, *, graph: str | None = None) -> Iterator[tuple[str, ...]]:
    """The solutions of a SELECT over the union or one graph, terms as text, IRIs shortened."""
    union = graph is None
    default = None if graph is None else NamedNode(vocab.GRAPH + graph)
    found = STORE.query(
        pattern,
        prefixes=vocab.PREFIXES,
        use_default_graph_as_union=union,
        default_graph=default,
    )
    assert isinstance(found, QuerySolutions)
    for solution in found:
        yield tuple(short(term) for term in solution)


def short(term: object) -> str:
    value = str(getattr(term, "value", term))
    if isinstance(term, NamedNode):
        for prefix, iri in vocab.PREFIXES.items():
            if value.startswith(iri):
                return f"{prefix}:{value.removeprefix(iri)}"
    return value


def ids(*numbers: int | range) -> set[str]:
    found: set[int] = set()
    for number in numbers:
        found |= {number} if isinstance(number, int) else set(number)
    return {f"F{number:02d}" for number in found}


def fact_sheet() -> dict[str, tuple[str, str]]:
    """Of each fact of the sheet: its article's letter and its place ("head", or a number)."""
    sheet = (SHARED / "facts.md").read_text(encoding="utf-8")
    rows = re.findall(r"^(F\d\d) \|.*\| ([AB]) ?(head|\d+)$", sheet, re.MULTILINE)
    return {fact: (letter, place) for fact, letter, place in rows}


# Files


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_both_parsers_read_the_same_graph(path: Path) -> None:
    assert isomorphic(rdflib.Graph().parse(path), to_rdflib(read(path)))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_declares_the_prefixes_it_uses_and_no_other(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    declared = dict(re.findall(r"^@prefix ([\w-]+): <([^>]*)> \.$", text, re.MULTILINE))
    body = re.sub(r'"[^"]*"', '""', re.sub(r"^(@prefix|#).*$", "", text, flags=re.MULTILINE))
    body = re.sub(r"<[^>]*>", "<>", body)
    assert set(re.findall(r"([\w-]+):", body)) == set(declared)
    known = {name: iri for name, iri in vocab.PREFIXES.items() if name in declared}
    assert {name: declared[name] for name in known} == known


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_only_the_axiom_of_difference_has_blank_nodes(path: Path) -> None:
    predicates = {
        short(quad.predicate)
        for quad in parse(path=path)
        if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode)
    }
    allowed = {"rdf:type", "owl:distinctMembers", "rdf:first", "rdf:rest"}
    assert predicates == (allowed if path.stem == "background" else set())


def test_numbers_are_decimals_and_flags_booleans() -> None:
    kinds = {
        (short(quad.predicate), short(quad.object.datatype))
        for quad in STORE
        if isinstance(quad.object, Literal)
        and short(quad.object.datatype) not in ("xsd:string", "rdf:langString")
    }
    decimals = ["statedNumber", "lowerBound", "upperBound", "numerator", "denominator"]
    flags = ["lowerInclusive", "upperInclusive", "roundingSuspected", "showsDriver"]
    assert kinds == {
        *((f"et:{name}", "xsd:decimal") for name in decimals),
        *((f"et:{name}", "xsd:boolean") for name in flags),
        *((f"et:{name}", "xsd:date") for name in ("startDate", "endDate", "value")),
        ("sdmx-measure:obsValue", "xsd:decimal"),
        ("sssom:confidence", "xsd:decimal"),
        ("sssom:mapping_date", "xsd:date"),
        ("sssom:reviewer_agreement", "xsd:decimal"),
        ("sssom:review_date", "xsd:date"),
        ("dcterms:modified", "xsd:date"),
        ("et:value", "xsd:boolean"),
        *((f"et:{name}", "xsd:integer") for name in ("paragraph", "paragraphCount")),
        ("oa:start", "xsd:integer"),
        ("oa:end", "xsd:integer"),
    }


# Completeness


@pytest.mark.parametrize(("article", "numbers"), [(A, range(1, 42)), (B, range(42, 87))])
def test_every_fact_is_in_the_graph_of_its_article(article: str, numbers: range) -> None:
    rows = select("SELECT DISTINCT ?id { ?fact et:factId ?id }", graph=article)
    assert {fact for (fact,) in rows} == ids(numbers)
    rows = select(
        "SELECT DISTINCT ?id ?a { ?fact et:factId ?id ; et:hasEvidence/et:inArticle ?a }",
        graph=article,
    )
    assert set(rows) == {(fact, f"article:{article}") for fact in ids(numbers)}


@needs_fact_sheet
def test_facts_and_their_paragraphs_are_those_of_the_fact_sheet() -> None:
    letters = {f"article:{A}": "A", f"article:{B}": "B"}
    places: dict[str, set[tuple[str, str]]] = {}
    for fact, article, part, paragraph in select(
        """SELECT ?id ?article ?part ?paragraph {
            ?fact et:factId ?id ; et:hasEvidence ?evidence .
            ?evidence et:inArticle ?article ; et:documentPart ?part
            OPTIONAL { ?evidence et:paragraph ?paragraph } }"""
    ):
        place = "head" if part == "document-part:head" else paragraph
        places.setdefault(fact, set()).add((letters[article], place))
    sheet = fact_sheet()
    assert len(sheet) == 86
    assert set(places) == set(sheet)
    # A second phrase may stand in another paragraph: a date before, a name that is taken up.
    elsewhere = {fact for fact in places if places[fact] != {sheet[fact]}}
    assert elsewhere == ids(86)
    assert all(sheet[fact] in places[fact] for fact in places)


# Figures

KINDS = {
    "moreThan": ids(4, 10, 15, 27, 30, 31, 64, 82),
    "nearly": ids(6),
    "exact": ids(21, 28, 29, range(55, 64), 65, 69, 71, 83),
    "gloss": ids(5),
    "fraction": ids(70),
}
STATED = {
    "F04": "2E11", "F05": "28E9", "F06": "6E11", "F10": "90", "F15": "300", "F21": "4",
    "F27": "26E10", "F28": "96.7", "F29": "97.7", "F30": "90", "F31": "140", "F55": "364",
    "F56": "25", "F57": "339", "F58": "50", "F59": "1748", "F60": "34.8", "F61": "8", "F62": "7",
    "F63": "59", "F64": "1E6", "F65": "59", "F69": "285", "F70": "0.333333", "F71": "2212",
    "F82": "600", "F83": "1200",
}  # fmt: skip
UNITS = {
    "CCY_CNY": ids(4, 6, 27),
    "CCY_USD": ids(5),
    "PERCENT": ids(10, 28, 29, 60),
    "M2": ids(64),
    "UNITLESS": ids(70),
}


def observations(pattern: str = "") -> set[str]:
    rows = select(f"SELECT ?id {{ ?figure a et:Observation ; et:factId ?id {pattern} }}")
    return {fact for (fact,) in rows}


def test_every_number_has_the_stated_value() -> None:
    rows = select("SELECT ?id ?n { ?f a et:Observation ; et:factId ?id ; et:statedNumber ?n }")
    assert {fact: Decimal(number) for fact, number in rows} == {
        fact: Decimal(number) for fact, number in STATED.items()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_kind_of_bound_of_every_number(kind: str) -> None:
    assert observations(f"; et:boundKind bound-kind:{kind}") == KINDS[kind]


def test_eight_one_sixteen_one_one() -> None:
    assert [len(facts) for facts in KINDS.values()] == [8, 1, 16, 1, 1]
    assert set().union(*KINDS.values()) == set(STATED) == observations()


def test_bounds_say_what_the_kind_says() -> None:
    lower = "; et:statedNumber ?n ; et:lowerBound ?n ; et:lowerInclusive {}"
    upper = "; et:statedNumber ?n ; et:upperBound ?n ; et:upperInclusive {}"
    assert observations(lower.format("false")) == KINDS["moreThan"]
    assert observations(upper.format("false")) == KINDS["nearly"]
    both = lower.format("true") + " " + upper.format("true")
    assert observations(both + " ; sdmx-measure:obsValue ?n") == KINDS["exact"]
    assert observations("; et:lowerBound ?any") == KINDS["moreThan"] | KINDS["exact"]
    assert observations("; et:upperBound ?any") == KINDS["nearly"] | KINDS["exact"]
    assert observations("; sdmx-measure:obsValue ?any") == KINDS["exact"]


@pytest.mark.parametrize("unit", UNITS)
def test_unit_of_every_number_that_is_no_count(unit: str) -> None:
    assert observations(f"; sdmx-attribute:unitMeasure unit:{unit}") == UNITS[unit]


def test_all_other_numbers_are_counts() -> None:
    counts = set(STATED) - set().union(*UNITS.values())
    assert observations("; sdmx-attribute:unitMeasure unit:NUM") == counts
    assert len(counts) == 17


def test_money_is_money() -> None:
    rows = select("SELECT ?id { ?f a et:MoneyObservation ; et:factId ?id }")
    assert {fact for (fact,) in rows} == UNITS["CCY_CNY"] | UNITS["CCY_USD"]


def test_eleven_figures_in_article_a_and_sixteen_in_article_b() -> None:
    in_b = ids(range(55, 66), range(69, 72), 82, 83)
    assert observations(f"; et:reportedIn article:{B}") == in_b
    assert observations(f"; et:reportedIn article:{A}") == set(STATED) - in_b
    assert (len(in_b), len(set(STATED) - in_b)) == (16, 11)


def test_only_the_gloss_has_no_period_and_is_in_no_dataset() -> None:
    assert set(STATED) - observations("; sdmx-dimension:refPeriod ?any") == {"F05"}
    assert set(STATED) - observations("; qb:dataSet dataset:figures") == {"F05"}
    assert observations("; et:glossOf obs:F04") == {"F05"}


BASES = {
    "explicit": ids(4, 6, 27, 28, range(55, 61), 82),
    "context": ids(21, 29, 30, 31, 69, 70, 71, 83),
    "publication": ids(15, range(61, 66)),
    "unknown": ids(10),
}


@pytest.mark.parametrize("basis", BASES)
def test_basis_of_the_date_of_every_number(basis: str) -> None:
    path = f"; sdmx-dimension:refPeriod/et:dateBasis date-basis:{basis}"
    assert observations(path) == BASES[basis]


def test_only_the_unknown_date_has_no_start() -> None:
    rows = select("SELECT ?p { ?p a et:Period FILTER NOT EXISTS { ?p et:startDate ?any } }")
    assert set(rows) == {("period:undated-2022-10-10",)}
    rows = select("SELECT ?p { ?p et:startDate ?a ; et:endDate ?b FILTER (?a > ?b) }")
    assert set(rows) == set()


def test_key_of_a_figure_tells_the_two_counts_of_59_apart() -> None:
    keys = list(
        select(
            """SELECT ?area ?indicator ?period ?article ?kind {
                ?f a et:Observation ; sdmx-dimension:refArea ?area ; et:indicator ?indicator ;
                    et:reportedIn ?article ; et:boundKind ?kind
                OPTIONAL { ?f sdmx-dimension:refPeriod ?period } }"""
        )
    )
    assert len(keys) == len(set(keys)) == 27


# Statements and claims

DESCRIPTIVE = {
    "rdf:type", "rdfs:label", "rdfs:comment", "skos:hiddenLabel", "et:note", "et:noChineseLabel",
}  # fmt: skip
OF_ARTICLES = {
    "et:fileName", "et:sha256", "et:paragraphCount", "et:firstFactId", "et:lastFactId",
}  # fmt: skip


def plain_triples(graph: str) -> set[tuple[str, str, str]]:
    """The triples of a graph that only a statement can vouch for."""
    rows = select(
        """SELECT ?s ?p ?o { ?s ?p ?o
            FILTER NOT EXISTS { ?s et:factId ?id }
            FILTER NOT EXISTS { ?s a ?kind
                VALUES ?kind { et:Evidence et:Period et:Statement et:BackgroundStatement
                               oa:TextQuoteSelector oa:TextPositionSelector owl:AllDifferent } }
            FILTER (!isBlank(?s) && !isBlank(?o)) }""",
        graph=graph,
    )
    return {(s, p, o) for s, p, o in rows if p not in DESCRIPTIVE | OF_ARTICLES}


def stated_triples(graph: str) -> list[tuple[str, ...]]:
    rows = select(
        "SELECT ?s ?p ?o { ?f et:subject ?s ; et:predicate ?p ; et:object|et:value ?o }",
        graph=graph,
    )
    return list(rows)


@pytest.mark.parametrize("article", [A, B])
def test_every_plain_triple_has_a_statement_and_the_reverse(article: str) -> None:
    stated = stated_triples(article)
    assert len(stated) == len(set(stated))
    of_facts = {(s, p, o) for s, p, o in stated if s.startswith("obs:")}
    assert of_facts == (set() if article == A else {stated_means()})
    assert set(stated) - of_facts == plain_triples(article)


def stated_means() -> tuple[str, str, str]:
    """F84 is about a figure, which is a fact itself."""
    return "obs:F83", "et:means", "means:industry-university-research-cooperation"


@pytest.mark.parametrize("article", [A, B])
def test_what_a_statement_states_is_asserted_in_the_same_graph(article: str) -> None:
    rows = select(
        """SELECT ?f { ?f et:subject ?s ; et:predicate ?p ; et:object|et:value ?o
            FILTER NOT EXISTS { ?s ?p ?o } }""",
        graph=article,
    )
    assert list(rows) == []


CLAIMS = {
    "RankClaim": ids(8, 12, 34, 52, 67),
    "Evaluation": ids(9, 32, 33, 39, 68),
    "Goal": ids(40),
}


@pytest.mark.parametrize("kind", CLAIMS)
def test_claims_of_each_kind(kind: str) -> None:
    rows = select(
        f"""SELECT ?id {{ ?c a et:{kind} ; et:factId ?id ; et:claimSubject ?s ;
            et:claimStatus claim-status:asserted ; et:assertedBy [ a et:Article ] }}"""
    )
    assert {fact for (fact,) in rows} == CLAIMS[kind]


def test_content_of_a_claim_is_never_asserted() -> None:
    rows = select(
        """SELECT ?id ?p { ?c et:claimSubject ?s ; et:claimAbout ?o ; et:factId ?id .
            { ?s ?p ?o } UNION { ?o ?p ?s FILTER NOT EXISTS { ?o et:factId ?any } } }"""
    )
    assert list(rows) == []
    of_claims = set().union(*CLAIMS.values())
    rows = select("SELECT ?id { ?f a et:Statement ; et:factId ?id }")
    assert of_claims & {fact for (fact,) in rows} == set()


def test_rank_claims_have_the_scope_that_the_text_has() -> None:
    rows = select("SELECT ?id ?s { ?c et:rankScope ?s ; et:factId ?id ; et:rankPosition ?r }")
    assert set(rows) == {
        ("F08", "rank-scope:beijing"),
        ("F12", "rank-scope:china"),
        ("F34", "rank-scope:beijing"),
        ("F52", "rank-scope:china"),
        ("F67", "rank-scope:world"),
    }


SPEAKERS = {
    ("attributedTo", "explicit"): ids(range(73, 78)),
    ("attributedContext", "probable"): ids(range(55, 73)),
    ("attributedContext", "possible"): ids(range(78, 85)),
}


@pytest.mark.parametrize(("relation", "basis"), SPEAKERS)
def test_every_fact_of_a_speaker_says_how_sure_that_is(relation: str, basis: str) -> None:
    # All nodes of the fact have it, so that no answer depends on which one is asked.
    rows = select(
        f"""SELECT ?id (COUNT(?f) AS ?all) (SUM(?attributed) AS ?some) {{ ?f et:factId ?id
            BIND (IF(EXISTS {{ ?f et:{relation} agent:guo-meng ;
                et:attributionBasis attribution:{basis} }}, 1, 0) AS ?attributed) }} GROUP BY ?id"""
    )
    counts = {fact: (some, every) for fact, every, some in rows if some != "0"}
    assert set(counts) == SPEAKERS[relation, basis]
    assert all(some == every for some, every in counts.values())


def test_open_lists_are_marked() -> None:
    rows = select("SELECT ?list ?how { ?list et:listCompleteness ?how }")
    assert set(rows) == {
        ("cohort:autonomous-vehicle-fleet", "completeness:open"),
        ("cohort:industrial-clusters", "completeness:open"),
        ("cohort:reforms", "completeness:open"),
        ("cohort:three-science-cities", "completeness:complete"),
    }


def test_what_has_no_chinese_label_is_on_this_list() -> None:
    rows = select("SELECT ?thing { ?thing et:noChineseLabel ?reason }")
    assert {thing for (thing,) in rows} == {
        f"article:{A}",
        f"article:{B}",
        "agent:guo-meng",
        "agent:science-and-technology-innovation-bureau",
        "event:guo-meng-presentation",
        "event:innovation-ecology-conference",
        "facility:metaverse-experience-hall",
        "post:deputy-director-science-and-technology-innovation-bureau",
        "reform:one-integrated-license",
    }


# Evidence


@needs_articles
def test_evidence_is_proved_by_the_articles() -> None:
    assert check_evidence(STORE, SHARED / "articles") == ()


@needs_articles
def test_no_sentence_of_an_article_is_in_the_data() -> None:
    def runs(text: str) -> set[tuple[str, ...]]:
        words = [word.strip(".,:;\"'()") for word in text.lower().split()]
        return {
            tuple(words[begin : begin + PHRASE_WORDS + 1])
            for begin in range(len(words) - PHRASE_WORDS)
        }

    texts = [path.read_text(encoding="utf-8") for path in (SHARED / "articles").glob("*.txt")]
    of_articles = set().union(*map(runs, texts))
    titles = {title for (title,) in select("SELECT ?title { ?article dcterms:title ?title }")}
    copied = {
        quad.object.value
        for quad in STORE
        if isinstance(quad.object, Literal)
        and quad.object.value not in titles
        and runs(quad.object.value) & of_articles
    }
    assert copied == set()


def test_evidence_has_its_selectors_under_its_own_name() -> None:
    rows = select(
        """SELECT ?evidence { ?evidence a et:Evidence ; oa:hasSelector ?q , ?p .
            ?q a oa:TextQuoteSelector . ?p a oa:TextPositionSelector .
            FILTER (STR(?q) = CONCAT(STR(?evidence), "/quote")
                 && STR(?p) = CONCAT(STR(?evidence), "/position")) }"""
    )
    named = {evidence for (evidence,) in rows}
    assert named == {node for (node,) in select("SELECT ?e { ?e a et:Evidence }")}
    used = {node for (node,) in select("SELECT DISTINCT ?e { ?f et:hasEvidence ?e }")}
    assert named == used


def test_evidence_is_that_of_its_own_fact() -> None:
    rows = select("SELECT ?e ?id { ?f et:hasEvidence ?e ; et:factId ?id }")
    of_others = {
        (evidence, fact)
        for evidence, fact in rows
        if evidence.removeprefix("evidence:").split("-")[0] != fact
    }
    # The two measures in one pair of quotation marks; the bureau's name; who speaks in B10.
    assert of_others == {
        ("evidence:F35-3", "F36"),
        ("evidence:F48-2", "F49"),
        *(("evidence:F73-2", fact) for fact in ids(range(74, 78))),
    }


# Background, derived figures, notes, links


def test_every_background_triple_has_a_source() -> None:
    stated = stated_triples("background")
    assert len(stated) == len(set(stated))
    differences = {
        triple for triple in plain_triples("background") if triple[1] == "owl:differentFrom"
    }
    assert len(differences) == 10
    assert set(stated) == plain_triples("background") - differences
    rows = select(
        "SELECT ?f { ?f a et:BackgroundStatement FILTER NOT EXISTS { ?f dcterms:source ?any } }"
    )
    assert list(rows) == []
    assert list(select("SELECT ?f { ?f et:factId ?id }", graph="background")) == []


def test_curated_codes_say_that_they_are_ours() -> None:
    rows = select(
        """SELECT ?zone { ?f et:predicate et:divisionCode ; et:subject ?zone ;
            et:identityBasis identity-basis:curatedKey }"""
    )
    curated = {zone for (zone,) in rows}
    assert curated == {
        "place:beijing-economic-and-technology-development-area",
        "place:economic-and-technological-development-zone",
    }
    rows = select("SELECT ?zone ?code { ?zone a et:Zone ; et:divisionCode ?code }")
    assert set(rows) == {(zone, "110115403") for zone in curated | {"place:beijing-e-town"}}


def test_no_district_is_in_the_data() -> None:
    assert list(select("SELECT ?d { ?d a et:District }")) == []


def test_derived_figures_follow_from_their_inputs() -> None:
    rows = select("SELECT ?d { ?d a et:DerivedFigure }")
    names = {f"derived:X{number}" for number in (1, 4, 6, 7, 8, 12, 13, 14)}
    assert {figure for (figure,) in rows} == names
    assert check_derived(STORE) == ()


def test_notes_relate_the_facts_they_are_about() -> None:
    rows = select("SELECT ?n ?kind ?id { ?n a ?kind ; et:relates/et:factId ?id }")
    assert set(rows) == {
        (f"note:X{number}", f"et:{kind}Note", fact)
        for number, kind, facts in (
            (2, "Corroboration", ids(10, 28)),
            (3, "Corroboration", ids(11, 51)),
            (5, "Comparability", ids(6, 27)),
            (9, "Comparability", ids(63, 65)),
            (10, "Tension", ids(14, 53)),
            (11, "Comparability", ids(28, 29)),
        )
        for fact in facts
    }


def test_every_link_has_a_mapping_and_the_reverse() -> None:
    links = set(
        select("SELECT ?s ?p ?o { ?s ?p ?o FILTER (?p IN (skos:exactMatch, skos:closeMatch)) }")
    )
    rows = select(
        """SELECT ?s ?p ?o { ?m a sssom:Mapping ; sssom:subject_id ?s ; sssom:predicate_id ?p ;
            sssom:object_id ?o ; sssom:mapping_justification ?how ; sssom:mapping_source ?where ;
            sssom:mapping_date ?when }"""
    )
    assert links == set(rows)
    assert list(select("SELECT ?s { ?s owl:sameAs ?o }")) == []
    outside = {short(quad.graph_name) for quad in STORE if "Match" in quad.predicate.value}
    assert outside == {short(NamedNode(vocab.GRAPH_LINKS))}


@needs_links
def test_only_verified_identifiers_are_linked() -> None:
    text = (SHARED / "modelling.md").read_text(encoding="utf-8")
    verified = text.split("## Links")[1].split("**Unverified")[0] + text.split("## Links")[0]
    for _, target in select("SELECT ?s ?o { ?s skos:exactMatch|skos:closeMatch ?o }"):
        if target.startswith("cohort:"):
            continue
        name = target.rstrip("/").rpartition("/")[2]
        assert re.search(rf"\b{re.escape(name)}\b", verified), target


def test_a_thing_has_at_most_one_exact_link_per_graph() -> None:
    links = list(select("SELECT ?s ?o { ?s skos:exactMatch ?o }"))
    hosts = [(thing, target.split("/")[2]) for thing, target in links]
    assert len(hosts) == len(set(hosts))
