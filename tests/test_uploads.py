"""Graphs from outside: what is read, what is refused before a parser sees it."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal, NamedNode, Quad, serialize

from etown_kg.errors import MediaTypeError, UploadError
from etown_kg.formats import RDF_FORMATS, Format
from etown_kg.uploads import read_upload

BASE = "http://zoo.example/"
A, B = NamedNode(BASE + "a"), NamedNode(BASE + "b")
QUAD = Quad(A, B, Literal("<!-- [[{{<<(<< not nesting -->"))
TURTLE = "text/turtle"
BOMB = b"""<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><r>&b;</r></rdf:RDF>"""


@pytest.mark.parametrize("format", RDF_FORMATS, ids=lambda format: format.name)
def test_every_rdf_format_is_read(format: Format) -> None:
    assert format.rdf is not None
    triples = [QUAD] if format.rdf.supports_datasets else [QUAD.triple]
    body = serialize(triples, format=format.rdf)
    assert body is not None
    assert read_upload(body, format.content_type, BASE) == [QUAD]


def test_relative_iris_count_from_the_base() -> None:
    assert read_upload(b"<a> <b> <a> .", "TEXT/turtle; charset=UTF-8", BASE) == [Quad(A, B, A)]


def test_a_form_brings_its_files_together_and_keeps_their_blank_nodes_apart() -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="f"\r\nContent-Type: text/turtle\r\n\r\n%s'
    body = b"\r\n".join((part % b"_:n <b> 1 .", part % b"_:n <b> 2 .", b"--x--\r\n"))
    quads = read_upload(body, "multipart/form-data; boundary=x", BASE)
    assert sorted(str(quad.object.value) for quad in quads) == ["1", "2"]  # type: ignore[union-attr]
    assert len({quad.subject for quad in quads}) == 2


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(b"<a> <b>", TURTLE, id="cut"),
        pytest.param(b"<a> <b> '\xff' .", TURTLE, id="not-utf8"),
        pytest.param(b"<a> <b> <c d> .", TURTLE, id="space-in-iri"),
        pytest.param(b"<a> <b> " + b"[ <b> " * 101 + b"]" * 101 + b" .", TURTLE, id="deep-nodes"),
        pytest.param(b"<a> <b> " + b"(" * 101 + b")" * 101 + b" .", TURTLE, id="deep-lists"),
        pytest.param(b"<a> <b> " + b"<<( <a> <b> " * 20_000, TURTLE, id="deep-terms"),
        pytest.param(b"<http://a> <http://b> " + b"<<( <http://a> <http://b> " * 20_000,
                     "application/n-triples", id="deep-terms-nt"),
        pytest.param(b'{"a":' * 501 + b"1" + b"}" * 501, "application/ld+json", id="deep-json"),
        pytest.param(b"[" * 1_000_000, "application/ld+json", id="a-million-brackets"),
        pytest.param(b'{"@context": "http://127.0.0.1:9/", "@id": "a", "b": 1}',
                     "application/ld+json", id="remote-context"),
        pytest.param(b'<a xmlns="http://a/">' * 100_000, "application/rdf+xml", id="deep-xml"),
        pytest.param(BOMB, "application/rdf+xml", id="entities"),
        pytest.param(BOMB.decode().encode("utf-16"), "application/rdf+xml", id="entities-utf16"),
        pytest.param(b"<a> { <a> <b> 1 }", "application/trig", id="names-a-graph"),
        pytest.param(b"--x\r\n\r\n<a> <b> 1 .\r\n--x--", "multipart/form-data; boundary=x",
                     id="part-without-type"),
        pytest.param(b"--x\r\nContent-Type: text/turtle\r\n\r\n<a> <b> 1 .",
                     "multipart/form-data; boundary=x", id="cut-form"),
        pytest.param(b"", "multipart/form-data", id="no-boundary"),
        pytest.param(b"\r\n--x\r\n" * 200 + b"--x--", "multipart/form-data; boundary=x",
                     id="too-many-parts"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_graph_is_refused(body: bytes, content_type: str) -> None:
    with pytest.raises(UploadError):
        read_upload(body, content_type, BASE)


def test_a_syntax_error_has_its_place() -> None:
    with pytest.raises(UploadError) as caught:
        read_upload(b"<a> <b> 1 .\n<a> <b> ]", TURTLE, BASE)
    assert (caught.value.line, caught.value.column) == (2, 9)
    assert "Parser error" not in caught.value.problem


@pytest.mark.parametrize(
    "content_type", ["", "text/html", "text/csv", "text/turtle; charset=utf-16"]
)
def test_another_type_is_refused(content_type: str) -> None:
    with pytest.raises(MediaTypeError):
        read_upload(b"<a> <b> 1 .", content_type, BASE)
