"""Queries in the IRIs of other graphs: what is rewritten, and that it means the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from etown_kg import query_text
from etown_kg.errors import QueryError
from etown_kg.graph import KnowledgeGraph
from etown_kg.same_as import rewrites

THEIRS = {"http://their/a": ("x:ours",), "http://their/two": ("x:one", "x:two")}
PREFIXES = {"their": "http://their/"}
CASES = [
    line.split("\t")
    for line in (Path(__file__).parent / "rewritten.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def rewritten(text: str) -> str:
    edits = rewrites(text, PREFIXES, "http://their/x", lambda iri: THEIRS.get(iri, ()))
    return query_text.edited(text, edits)


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[case[0] for case in CASES])
def test_only_terms_of_things_are_rewritten(text: str, expected: str) -> None:
    assert rewritten(text) == expected


@pytest.mark.parametrize(
    ("text", "problem", "place"),
    [
        ("ASK {\n  ?s ?p their:two }", "several things here: <x:one>, <x:two>", (2, 9)),
        ("ASK { ?s their:a (1 2) }", "before a bracket", (1, 10)),
        ("ASK { FILTER(their:a(?x)) }", "before a bracket", (1, 14)),
    ],
)
def test_what_cannot_be_rewritten_is_refused_with_its_place(
    text: str, problem: str, place: tuple[int, int]
) -> None:
    with pytest.raises(QueryError, match=problem) as caught:
        rewritten(text)
    assert (caught.value.line, caught.value.column) == place
    assert "same-as=on" in str(caught.value.hint)


@given(st.text(alphabet="SERVICE{}<>:/a*?#\"'\\ \n^@() GRAPHFROMBASE", max_size=60))
def test_what_stands_for_nothing_is_never_changed(text: str) -> None:
    assert rewrites(text, PREFIXES, "http://their/x", lambda iri: ()) == []


# What an IRI stands for

LINKS = """
@prefix : <x:> . @prefix w: <http://their/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix sssom: <https://w3id.org/sssom/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
GRAPH <x:facts> {
  :china :has :beijing . :beijing :in :china ; rdfs:label "Beijing" . :capital :in :china .
  :e :near w:known . :p skos:closeMatch w:close .
}
GRAPH <x:graph/links> {
  :beijing skos:exactMatch w:q956 . w:dbr skos:exactMatch w:q956 . w:far skos:exactMatch w:dbr .
  :m sssom:subject_id :beijing ; sssom:object_id w:q956 . w:q956 rdfs:label "北京" .
  :in skos:exactMatch w:p131 . w:q148 skos:exactMatch :china .
  :beijing skos:closeMatch w:near . :candidate sssom:object_id w:candidate .
  :beijing skos:exactMatch w:capital . :capital skos:exactMatch w:capital .
  :e skos:exactMatch w:known .
}
"""


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    made = KnowledgeGraph(parse(LINKS, RdfFormat.TRIG), base="x:")
    made.close()
    return made


@pytest.mark.parametrize(
    ("iri", "things"),
    [
        ("http://their/q956", ["x:beijing"]),
        ("http://their/dbr", ["x:beijing"]),  # over another of theirs
        ("http://their/far", ["x:beijing"]),
        ("http://their/q148", ["x:china"]),  # a link may be written either way round
        ("http://their/p131", ["x:in"]),
        ("http://their/near", []),  # close is not exact
        ("http://their/close", []),
        ("http://their/candidate", []),  # nobody has accepted it
        ("http://their/capital", ["x:beijing", "x:capital"]),
        ("http://their/known", []),  # the graph speaks of it
        ("x:beijing", []),
        ("http://their/nothing", []),
        ("no iri", []),
    ],
)
def test_an_iri_stands_for_what_it_is_linked_with(
    graph: KnowledgeGraph, iri: str, things: list[str]
) -> None:
    assert list(graph.things_linked(iri)) == things


def test_two_names_of_one_thing_are_one(graph: KnowledgeGraph) -> None:
    same = "GRAPH <x:facts> { <x:capital> <http://www.w3.org/2002/07/owl#sameAs> <x:beijing> . }"
    made = KnowledgeGraph(parse(LINKS + same, RdfFormat.TRIG), base="x:")
    made.close()
    assert made.things_linked("http://their/capital") == ("x:beijing",)


def test_a_ring_of_links_ends() -> None:
    ring = "".join(f"w:r{n} skos:exactMatch w:r{(n + 1) % 9} ." for n in range(9))
    made = KnowledgeGraph(parse(LINKS + f"GRAPH <x:l> {{ {ring} }}", RdfFormat.TRIG), base="x:")
    assert made.things_linked("http://their/r3") == ()


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?s { ?s <http://their/p131> <http://their/q148> } ORDER BY ?s",
        "PREFIX w: <http://their/> SELECT ?s { ?s w:p131 w:q148 } ORDER BY ?s",
        r"SELECT ?s { ?s <http://their/p\u0031\u00331> <http://their/q148> } ORDER BY ?s",
    ],
)
def test_a_query_in_their_iris_finds_our_facts(graph: KnowledgeGraph, query: str) -> None:
    assert graph.query(query).rows() == []
    assert graph.query(query, same_as=True).rows() == [
        (NamedNode("x:beijing"),), (NamedNode("x:capital"),),
    ]  # fmt: skip


def test_an_error_speaks_of_the_text_that_was_given(graph: KnowledgeGraph) -> None:
    text = "SELECT ?s {\n  <http://their/q956> <http://their/p131> ?s ?t\n}"
    with pytest.raises(QueryError) as plain:
        graph.query(text)
    with pytest.raises(QueryError) as linked:
        graph.query(text, same_as=True)
    assert (linked.value.line, linked.value.column) == (plain.value.line, plain.value.column)
    assert linked.value.hint == plain.value.hint


# That it means the same: the answers to a query in their IRIs are those that a graph would give
# that had spoken in their IRIs from the beginning, as often, with theirs in the place of ours.

OURS = [f"http://our/{n}" for n in range(3)]
OF_THEM = {ours: ours.replace("our", "their") for ours in OURS}
NAMES = [*OURS, "http://our/unlinked"]
TRIPLES = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from([*NAMES, "1", "2"])),
    max_size=12,
)
CONSTANTS = st.sampled_from(
    [f"<{each}>" for each in OF_THEM.values()] + [f"w:{n}" for n in range(len(OF_THEM))]
)
TERMS = CONSTANTS | st.sampled_from(["?a", "?b", "?c"])
TRIPLE = st.tuples(TERMS, TERMS, TERMS).map(" ".join)
PATH = st.tuples(TERMS, CONSTANTS, st.sampled_from(["*", "+", "?", ""]), TERMS).map(
    lambda each: f"{each[0]} {each[1]}{each[2]} {each[3]}"
)
CONDITION = st.tuples(st.sampled_from(["?a", "?b"]), st.sampled_from(["=", "!="]), CONSTANTS).map(
    " ".join
) | st.tuples(CONSTANTS, CONSTANTS).map(lambda two: f"?a NOT IN ({two[0]}, {two[1]})")
PART = st.one_of(
    TRIPLE,
    PATH,
    TRIPLE.map("OPTIONAL {{ {} }}".format),
    TRIPLE.map("MINUS {{ {} }}".format),
    TRIPLE.map("FILTER NOT EXISTS {{ {} }}".format),
    CONDITION.map("FILTER({})".format),
    CONSTANTS.map("VALUES ?a {{ {} UNDEF }}".format),
    CONSTANTS.map("BIND({} AS ?d)".format),
    st.tuples(TRIPLE, TRIPLE).map(lambda two: f"{{ {two[0]} }} UNION {{ {two[1]} }}"),
    TRIPLE.map("{{ SELECT ?a (COUNT(*) AS ?n) {{ {} }} GROUP BY ?a }}".format),
)


def separated(parts: list[str]) -> str:
    """Parts of a group; BIND may not follow a use of its variable, so there is one at most."""
    bound = [part for part in parts if part.startswith("BIND")][:1]
    others = [part for part in parts if not part.startswith("BIND")]
    return "\n".join(f"{part}." if part[0] in "<?w" else part for part in (*others, *bound))


QUERIES = (
    st.lists(PART, min_size=1, max_size=4)
    .map(separated)
    .map("PREFIX w: <http://their/>\nSELECT * {{\n{}\n}}".format)
)


def quads(triples: list[tuple[str, str, str]], names: dict[str, str]) -> Iterator[Quad]:
    for s, p, o in triples:
        value = Literal(o) if len(o) == 1 else NamedNode(names.get(o, o))
        subject, predicate = NamedNode(names.get(s, s)), NamedNode(names.get(p, p))
        yield Quad(subject, predicate, value, NamedNode("x:facts"))


def solutions(
    graph: KnowledgeGraph, query: str, names: dict[str, str], *, same_as: bool
) -> Counter[tuple[str, ...]]:
    answer = graph.query(query, default_graphs=["x:facts"], same_as=same_as)
    order = sorted(range(len(answer.variables)), key=lambda n: answer.variables[n])
    return Counter(
        tuple(_named(row[n], names) for n in order) for row in answer.rows()
    )  # fmt: skip


def _named(term: object, names: dict[str, str]) -> str:
    return names.get(term.value, term.value) if isinstance(term, NamedNode) else str(term)


@settings(max_examples=300)
@given(TRIPLES, QUERIES)
def test_rewriting_commutes_with_renaming(triples: list[tuple[str, str, str]], query: str) -> None:
    link = NamedNode("http://www.w3.org/2004/02/skos/core#exactMatch")
    # Our things have to be ours: each is spoken of.
    spoken = [(each, "http://our/unlinked", "1") for each in OURS]
    links = [
        Quad(NamedNode(ours), link, NamedNode(theirs), NamedNode("x:graph/links"))
        for ours, theirs in OF_THEM.items()
    ]
    ours = KnowledgeGraph([*quads([*triples, *spoken], {}), *links], base="x:")
    theirs = KnowledgeGraph(quads([*triples, *spoken], OF_THEM), base="x:")
    assert solutions(ours, query, OF_THEM, same_as=True) == solutions(
        theirs, query, {}, same_as=False
    )
