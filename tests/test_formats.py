"""Negotiation: the checklist of Accept headers that real clients send."""

from __future__ import annotations

import pytest

from etown_kg import formats
from etown_kg.errors import FormatError
from etown_kg.formats import Form

CASES: list[tuple[str, Form, str | None, str]] = [
    ("none", "SELECT", None, "application/sparql-results+json"),
    ("empty", "SELECT", "", "application/sparql-results+json"),
    ("any", "SELECT", "*/*", "application/sparql-results+json"),
    ("any graph", "CONSTRUCT", "*/*", "text/turtle"),
    ("json", "SELECT", "application/json", "application/sparql-results+json"),
    ("json graph", "CONSTRUCT", "application/json", "application/ld+json"),
    ("charset", "CONSTRUCT", "text/turtle;charset=utf-8", "text/turtle"),
    ("case", "CONSTRUCT", "Text/Turtle", "text/turtle"),
    ("old turtle", "DESCRIBE", "application/x-turtle", "text/turtle"),
    ("quality", "SELECT", "text/csv;q=0.5, application/sparql-results+xml;q=0.9",
     "application/sparql-results+xml"),
    ("outright before wildcard", "SELECT", "text/csv, */*", "text/csv"),
    ("major wildcard", "SELECT", "text/*", "text/csv"),
    ("explicit q=1", "SELECT", "text/csv;q=0.8, text/tab-separated-values;q=1.0",
     "text/tab-separated-values"),
    ("excluded", "CONSTRUCT", "text/turtle;q=0, */*", "application/n-triples"),
    ("yasgui", "SELECT", "application/sparql-results+json,*/*;q=0.9",
     "application/sparql-results+json"),
    ("yasgui graph", "CONSTRUCT", "application/n-triples,*/*;q=0.9", "application/n-triples"),
    ("rdflib: other form", "CONSTRUCT", "application/sparql-results+json", "text/turtle"),
    ("rdflib: both forms", "CONSTRUCT", "application/rdf+xml, application/sparql-results+xml",
     "application/rdf+xml"),
    ("rdflib: graph type for select", "SELECT", "application/rdf+xml",
     "application/sparql-results+json"),
    ("sparqlstar first", "SELECT",
     "application/x-sparqlstar-results+json, application/sparql-results+json, application/json",
     "application/sparql-results+json"),
    ("ask csv", "ASK", "text/csv", "application/sparql-results+json"),
    ("ask xml", "ASK", "application/sparql-results+xml", "application/sparql-results+xml"),
    ("quads", "CONSTRUCT", "application/n-quads", "application/n-quads"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("form", "accept", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_accept_header(form: Form, accept: str | None, expected: str) -> None:
    assert formats.negotiate(form, accept).media_type == expected


@pytest.mark.parametrize("form", ["SELECT", "ASK", "CONSTRUCT"])
@pytest.mark.parametrize("accept", ["image/png", "text/html", "*/*;q=0"])
def test_nothing_acceptable_is_refused_with_the_offer(form: Form, accept: str) -> None:
    with pytest.raises(FormatError) as caught:
        formats.negotiate(form, accept)
    assert formats.for_form(form)[0].media_type in caught.value.known


@pytest.mark.parametrize(
    ("form", "parameters", "expected"),
    [
        ("SELECT", ["csv"], "text/csv"),
        ("SELECT", ["text/csv"], "text/csv"),
        ("CONSTRUCT", ["xml"], "application/rdf+xml"),
        ("CONSTRUCT", ["json"], "application/ld+json"),
        ("SELECT", ["nonsense", "tsv"], "text/tab-separated-values"),
        ("SELECT", ["turtle"], "application/sparql-results+json"),
        ("DESCRIBE", ["json-ld"], "application/ld+json"),
    ],
)
def test_format_parameter(form: Form, parameters: list[str], expected: str) -> None:
    assert formats.negotiate(form, None, parameters).media_type == expected


def test_a_parameter_beats_the_header() -> None:
    assert formats.negotiate("SELECT", "text/csv", ["xml"]) is formats.XML


def test_every_name_and_suffix_leads_to_its_format() -> None:
    for among in (formats.RDF_FORMATS, formats.SOLUTION_FORMATS):
        for entry in among:
            assert all(formats.by_name(name, among) is entry for name in entry.names)
            assert all(formats.by_suffix(f"a{suffix}", among) is entry for suffix in entry.suffixes)


def test_only_text_types_carry_a_charset() -> None:
    assert formats.CSV.content_type == "text/csv; charset=utf-8"
    assert formats.JSON.content_type == "application/sparql-results+json"
