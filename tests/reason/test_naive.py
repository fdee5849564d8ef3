"""The judge is held to the cases written by hand, rule by rule."""

from __future__ import annotations

import pytest
from rdflib import RDF, RDFS, XSD, Literal, URIRef

from tests.reason.case_files import list_cases, read_case, read_triples, rule_of
from tests.reason.naive import RULES, close
from tests.reason.values import is_in, value_of

DATATYPE_RULES = ["dt-eq", "dt-diff", "eq-sym", "eq-trans", "eq-rep-s", "eq-rep-p", "eq-rep-o"]


def test_every_rule_has_a_case() -> None:
    assert {rule for rule in RULES if RULES[rule].head} <= set(list_cases("given"))
    assert {rule for rule in RULES if not RULES[rule].head} <= set(list_cases("clash"))
    assert {rule_of(case) for case in list_cases("given") + list_cases("clash")} == set(RULES)


@pytest.mark.parametrize("case", list_cases("given"))
def test_closure_has_what_follows_and_nothing_more(case: str) -> None:
    closure = close(read_case(case, "given"))
    assert read_case(case, "entailed") <= closure.triples
    assert not read_case(case, "not_entailed") & closure.triples


@pytest.mark.parametrize("case", [case for case in list_cases("given") if "+" not in case])
def test_rule_alone_derives_its_case(case: str) -> None:
    given = read_case(case, "given")
    entailed = read_case(case, "entailed")
    assert not entailed <= given
    assert entailed <= close(given, [case]).triples


@pytest.mark.parametrize("case", list_cases("clash"))
def test_clash_is_found_by_its_rule(case: str) -> None:
    assert rule_of(case) in close(read_case(case, "clash")).clash_ids
    assert not close(read_case(case, "no_clash")).clashes


@pytest.mark.parametrize("case", [case for case in list_cases("clash") if "+" not in case])
def test_clash_needs_no_other_rule(case: str) -> None:
    assert close(read_case(case, "clash"), [case]).clash_ids == {case}


def test_premises_of_a_clash_are_the_triples_that_matched() -> None:
    given = read_triples(
        "@prefix : <urn:x:> . @prefix owl: <http://www.w3.org/2002/07/owl#> ."
        ":C owl:disjointWith :D . :x a :C, :D . :y a :C ."
    )
    (clash,) = close(given, ["cax-dw"]).clashes
    assert clash.premises == {triple for triple in given if triple[0] != URIRef("urn:x:y")}


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (("1", XSD.integer), ("1.0", XSD.decimal), True),
        (("1", XSD.integer), ("1", XSD.double), False),
        (("+0", XSD.float), ("-0", XSD.float), False),
        (("NaN", XSD.double), ("NaN", XSD.double), True),
        (("0.1", XSD.float), ("0.1", XSD.double), False),
        (("1e400", XSD.double), ("INF", XSD.double), True),
        (("0F", XSD.hexBinary), ("0f", XSD.hexBinary), True),
        (("Dw==", XSD.base64Binary), ("0f", XSD.hexBinary), False),
        (("a", XSD.string), ("a", XSD.anyURI), False),
        (("a@", RDF.PlainLiteral), ("a", XSD.string), True),
        (("2020-02-28T24:00:00", XSD.dateTime), ("2020-02-29T00:00:00", XSD.dateTime), True),
        (("2020-01-01T00:00:00Z", XSD.dateTime), ("2020-01-01T00:00:00", XSD.dateTime), False),
    ],
)  # fmt: skip
def test_literals_are_compared_by_value(
    left: tuple[str, URIRef], right: tuple[str, URIRef], same: bool
) -> None:
    values = [
        value_of(Literal(text, datatype=datatype, normalize=False))
        for text, datatype in (left, right)
    ]
    assert None not in values
    assert (values[0] == values[1]) == same


@pytest.mark.parametrize(
    ("lexical", "datatype"),
    [
        (" 1", XSD.integer),
        ("1.0", XSD.integer),
        ("-1", XSD.unsignedInt),
        ("128", XSD.byte),
        ("yes", XSD.boolean),
        ("1,5", XSD.decimal),
        ("0fa", XSD.hexBinary),
        ("a b", XSD.language),
        ("1a", XSD.NCName),
        ("a:b", XSD.NCName),
        ("2019-02-29T00:00:00", XSD.dateTime),
        ("2020-01-01T00:00:00", XSD.dateTimeStamp),
        ("2020-01-01T24:00:01", XSD.dateTime),
        ("<a>", RDF.XMLLiteral),
    ],
)
def test_ill_typed_literal_has_no_value(lexical: str, datatype: URIRef) -> None:
    literal = Literal(lexical, datatype=datatype, normalize=False)
    assert value_of(literal) is None
    assert not is_in(literal, RDFS.Literal)
