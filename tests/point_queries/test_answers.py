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


@settings(max_examples=400)
@given(triples(), st.lists(queries(), min_size=1, max_size=4))
def test_an_answer_is_the_engines(said: list[Triple], asked: list[list[tuple[str, Order]]]) -> None:
    both = Both(said)
    for queries_of_one_shape in asked:
        for text, order in queries_of_one_shape:
            both.agree(text, order)


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
