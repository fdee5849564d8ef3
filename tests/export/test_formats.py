"""Every format reads back as what was written, by readers of others, and bytes repeat."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest
import rdflib
from hypothesis import example, given, settings
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from etown_kg import vocab
from etown_kg.blank_nodes import blank_nodes_of, named
from etown_kg.errors import SettingError
from etown_kg.export import SortedQuads, XmlStream, read_context, write, write_sorted
from etown_kg.formats import JSON_LD, RDF_FORMATS, RDF_XML, TURTLE, Format
from etown_kg.rdflib_terms import from_triple
from tests.export.statements import ONTOLOGY, ZOO, datasets

CONTEXT = read_context(quad.triple for quad in parse(ONTOLOGY, RdfFormat.TURTLE))
by_name = pytest.mark.parametrize("format", RDF_FORMATS, ids=lambda format: format.name)


def written(quads: set[Quad], format: Format, *, run_lines: int = 1000) -> bytes:
    out = io.BytesIO()
    with SortedQuads(quads, is_union=format.kind == "graph", run_lines=run_lines) as ordered:
        count = write_sorted(ordered, out, format, CONTEXT)
        assert count == len(list(ordered))
    return out.getvalue()


def expected(quads: set[Quad], format: Format) -> set[Quad]:
    if format.kind == "graph":
        return {Quad(quad.subject, quad.predicate, quad.object) for quad in quads}
    return quads


@contextmanager
def lexical_forms() -> Iterator[None]:
    """rdflib keeps what is written instead of writing its own form of a value."""
    before, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
    try:
        yield
    finally:
        rdflib.NORMALIZE_LITERALS = before


def read_by_rdflib(document: bytes, format: str) -> set[Quad]:
    dataset = rdflib.Dataset()
    dataset.parse(data=document, format=format)
    default = dataset.default_graph.identifier
    found = set()
    for s, p, o, g in dataset.quads():
        triple = from_triple((s, p, o))
        graph = DefaultGraph() if g in (None, default) else NamedNode(str(g))
        found.add(Quad(triple.subject, triple.predicate, triple.object, graph))
    return found


@by_name
@settings(max_examples=60, deadline=None)
@given(quads=datasets)
@example(quads=set())
@example(
    quads={
        Quad(BlankNode("a"), NamedNode(ZOO + "eats"), BlankNode("b")),
        Quad(BlankNode("b"), NamedNode(ZOO + "eats"), BlankNode("a"), NamedNode(ZOO + "east")),
    }
)
@example(
    quads={
        Quad(NamedNode("geo:1,2"), NamedNode(vocab.RDFS + "label"), Literal("x")),
        Quad(NamedNode("geo:1,2"), NamedNode(vocab.RDFS + "label"), Literal("x", language="en")),
        Quad(NamedNode("geo:1,2"), NamedNode(ZOO + "legs"), Literal("02")),
        Quad(NamedNode("geo:1,2"), NamedNode(ZOO + "legs"), Literal(2)),
    }
)
def test_a_format_reads_back_equal(format: Format, quads: set[Quad]) -> None:
    document = written(quads, format)
    assert set(named(parse(document, format.rdf), "z")) == set(named(expected(quads, format), "z"))
    assert _named_only(parse(document, format.rdf)) == _named_only(expected(quads, format))


@by_name
def test_the_shipped_graph_reads_back_equal_by_rdflib(
    format: Format, shipped_quads: set[Quad]
) -> None:
    names = {"jsonld": "json-ld", "rdf": "xml", "ntriples": "nt"}
    quads = expected(shipped_quads, format)
    with lexical_forms():
        found = read_by_rdflib(written(quads, format), names.get(format.name, format.name))
    assert set(named(found)) == set(named(quads))
    assert _named_only(found) == _named_only(quads)


@by_name
@settings(max_examples=25, deadline=None)
@given(quads=datasets)
def test_the_order_and_names_that_come_do_not_count(format: Format, quads: set[Quad]) -> None:
    others = {label: BlankNode(f"other{label}") for label in "abc"}
    shuffled = [_renamed(quad, others) for quad in quads]
    random.Random(7).shuffle(shuffled)
    assert written(quads, format) == written(set(shuffled), format, run_lines=3)


@settings(max_examples=25, deadline=None)
@given(quads=datasets)
def test_what_is_sorted_in_runs_is_what_is_sorted_at_once(quads: set[Quad]) -> None:
    twice = [*quads, *quads]
    with SortedQuads(twice, run_lines=2) as in_runs, SortedQuads(twice) as at_once:
        assert list(in_runs) == list(at_once) == list(in_runs)


def test_prefixes_are_sorted_and_only_those_that_are_used() -> None:
    quads = {
        Quad(NamedNode(vocab.ID + "place/a"), NamedNode(vocab.RDFS + "label"), Literal("a")),
        Quad(NamedNode(vocab.ID + "place/a"), NamedNode(vocab.TERMS + "industry"), Literal("b")),
    }
    for format in (TURTLE, RDF_XML):
        text = written(quads, format).decode()
        found = [p for p in ("et", "place", "rdfs", "skos") if f"xmlns:{p}=" in text]
        found += [p for p in ("et", "place", "rdfs", "skos") if f"@prefix {p}: " in text]
        assert found in (["et", "rdfs"], ["et", "place", "rdfs"])


def test_json_ld_has_short_names_and_maps_of_languages() -> None:
    turtle = f"""
    <{ZOO}robin> a <{ZOO}Bird> ; <{vocab.RDFS}label> "robin"@en , "知更鸟"@zh ;
      <{ZOO}eats> <{ZOO}worm> ; <{ZOO}legs> 2 ; <{ZOO}weight> 0.020 ; <{ZOO}tame> true .
    """
    document = json.loads(written(set(parse(turtle, RdfFormat.TURTLE)), JSON_LD))
    assert document["@graph"] == [
        {
            "id": ZOO + "robin",
            "type": "Bird",
            "label": {"en": "robin", "zh": "知更鸟"},
            "eats": ZOO + "worm",
            "legs": 2,
            "tame": True,
            "weight": "0.020",
        }
    ]


@pytest.mark.parametrize(
    ("format", "path", "value"),
    [
        (JSON_LD, ZOO + "says", Triple(NamedNode("a:a"), NamedNode("a:b"), NamedNode("a:c"))),
        (RDF_XML, ZOO + "123", Literal("x")),
        (RDF_XML, ZOO + "name", Literal("a\x01b")),
        (RDF_XML, ZOO + "name", Literal("a\rb")),
        (RDF_XML, ZOO + "says", Triple(NamedNode("a:a"), NamedNode("a:b"), Literal("\x00"))),
        (RDF_XML, ZOO + "says", Triple(NamedNode("a:a"), NamedNode("a:1"), Literal("x"))),
    ],
    ids=[
        "triple term", "property", "control character", "carriage return",
        "control character in a triple term", "property in a triple term",
    ],
)  # fmt: skip
def test_what_a_format_cannot_hold_is_refused(
    format: Format, path: str, value: Literal | Triple
) -> None:
    with pytest.raises(SettingError, match="cannot hold"):
        written({Quad(NamedNode(ZOO + "a"), NamedNode(path), value)}, format)
    with pytest.raises(SettingError, match="cannot hold"):
        write([Quad(NamedNode(ZOO + "a"), NamedNode(path), value)], io.BytesIO(), format)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize(
    ("text", "is_held"),
    [
        ("a\tb\nc \x7f\x85\u2028 亦庄 \ufffd \U0010ffff \uffee", True),
        ("a\x00", False),
        ("\x1f", False),
        ("\ufffe", False),
        ("亦\uffff庄", False),
    ],
)
def test_a_stream_of_xml_stops_at_what_xml_does_not_have(
    text: str, is_held: bool, size: int
) -> None:
    out = io.BytesIO()
    stream = XmlStream(out, "XML")
    encoded = text.encode()
    pieces = [encoded[start : start + size] for start in range(0, len(encoded), size)]
    if is_held:
        assert sum(map(stream.write, pieces)) == len(encoded)
        assert out.getvalue() == encoded
    else:
        with pytest.raises(SettingError, match="cannot hold"):
            stream.writelines(pieces)


def _named_only(quads: Iterable[Quad]) -> set[Quad]:
    return {quad for quad in quads if not any(blank_nodes_of(quad))}


def _renamed(quad: Quad, names: dict[str, BlankNode]) -> Quad:
    s, o = (
        names.get(term.value, term) if isinstance(term, BlankNode) else term
        for term in (quad.subject, quad.object)
    )
    assert isinstance(s, NamedNode | BlankNode)
    graph = quad.graph_name
    return Quad(s, quad.predicate, o, graph if isinstance(graph, NamedNode) else DefaultGraph())
