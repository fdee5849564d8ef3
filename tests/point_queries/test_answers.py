"""What is answered from an index is what the engine answers, whatever the text is.

`cases.tsv` has what is answered here, what is left to the engine, and what the engine refuses;
some after another query of the same shape, whose plan is kept.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, Triple, parse

from etown_kg import vocab
from tests.point_queries.comparison import Both, Order
from tests.point_queries.generated import queries, triples

HERE = Path(__file__).parent


def cases() -> list[list[str]]:
    lines = (HERE / "cases.tsv").read_text(encoding="utf-8").split("\n")
    return [line.split("\t") for line in lines[1:-1]]


@pytest.fixture(scope="module")
def given_triples() -> Both:
    """The triples of `given.ttl`."""
    quads = parse(path=str(HERE / "given.ttl"), format=RdfFormat.TURTLE)
    return Both(quad.triple for quad in quads)


@pytest.mark.parametrize(("expected", "before", "text"), cases())
def test_a_query_is_answered_here_left_or_refused(
    expected: str, before: str, text: str, given_triples: Both
) -> None:
    both = given_triples.afresh()
    if before:
        assert both.agree(before)
    for _ in range(2):  # the second time, what is known of its shape decides
        assert both.agree(text) is (expected == "answered")
    if expected == "refused":
        with pytest.raises(SyntaxError):
            both.engine(text)
    else:
        both.engine(text)


WRONG = [
    "SELECT * { nowhere:a rdfs:label ?l FILTER(LANG(?l) = 'en') }",
    "SELECT * { <http://x:y/> rdfs:label ?l FILTER(LANG(?l) = 'en') }",
    "SELECT * { <http://x.example/a> rdfs:label ?l FILTER(LANG(?l) = '') }",
    "SELECT * { <http://x.example/a> 'label' ?l FILTER(LANG(?l) = 'en') }",
]
RIGHT = "SELECT * { <http://x.example/a> rdfs:label ?l FILTER(LANG(?l) = 'en') }"


def test_a_wrong_query_does_not_spoil_its_shape(given_triples: Both) -> None:
    both = given_triples.afresh()
    for text in (*WRONG, RIGHT, *WRONG[:3], RIGHT):
        assert both.agree(text) is (text == RIGHT)


def test_a_shape_that_is_always_wrong_is_looked_at_no_more(given_triples: Both) -> None:
    both = given_triples.afresh()
    for text in WRONG * 2:
        assert not both.agree(text)
    assert not both.agree(RIGHT)


def test_one_shape_may_have_any_prefix(given_triples: Both) -> None:
    both = given_triples.afresh()
    for prefix in vocab.PREFIXES:
        assert both.agree(f"SELECT * {{ {prefix}:nothing ?p ?o }}"), prefix


@settings(max_examples=400)
@given(triples(), st.lists(queries(), min_size=1, max_size=4))
def test_an_answer_is_the_engines(said: list[Triple], asked: list[list[tuple[str, Order]]]) -> None:
    both = Both(said)
    for queries_of_one_shape in asked:
        for text, order in queries_of_one_shape:
            both.agree(text, order)


ANSWERED = [text for expected, _, text in cases() if expected == "answered"]
PIECES = [
    *" \n#<>\"'{}()[].,;:/?$@^|*+!=&\\-_%~aA0é\u0301\xa0", "c:a", "<http://x.example/a>", "'b'",
    '"b"@en', "@en", "^^", "OPTIONAL", "{ }", "# x\n", " a ", "?s", " . ", "c:p", "''",
]  # fmt: skip


@settings(max_examples=400)
@given(
    st.sampled_from(ANSWERED),
    st.lists(st.tuples(st.integers(0), st.integers(0, 2), st.sampled_from(PIECES)), max_size=3),
)
def test_what_is_known_of_a_shape_is_not_taken_for_another(
    given_triples: Both, text: str, edits: list[tuple[int, int, str]]
) -> None:
    both = given_triples.afresh()
    assert both.agree(text)
    if edits and "LIMIT" not in text:
        for place, length, piece in edits:  # so many characters give way to a piece
            start = place % (len(text) + 1)
            text = text[:start] + piece + text[start + length :]
        both.agree(text)


@given(
    st.sampled_from(["a:", "http:", "http://", "http://a", "a://b:1", "urn:"]),
    st.text("a:/.?#@-%[]~!$&'()*+,;=1_é", max_size=8),
)
def test_an_iri_that_is_looked_up_means_itself(scheme: str, rest: str) -> None:
    both = Both([])
    text = f"SELECT ?p {{ <{scheme}{rest}> ?p ?o }}"
    if both.agree(text):
        resolved = both.engine(f"SELECT (<{scheme}{rest}> AS ?iri) {{}}")
        assert resolved["results"]["bindings"][0]["iri"]["value"] == scheme + rest
