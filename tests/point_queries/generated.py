"""Random triples of all kinds of terms, and random queries about them, right and wrong."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple, TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pyoxigraph import BaseDirection, BlankNode, Literal, NamedNode, Triple

from etown_kg.vocab import RDF, RDFS, XSD
from tests.point_queries.comparison import Order

Object: TypeAlias = NamedNode | BlankNode | Literal | Triple
NS = "http://x.example/"
IRIS = [f"{NS}{name}" for name in ("a", "b", "a.b", "c:d", "e%20f", "g,h", "1", "_z", "i-", "園")]
SUBJECTS: list[NamedNode | BlankNode] = [
    *map(NamedNode, IRIS[:8]), BlankNode("b1"), BlankNode("0f"), NamedNode("urn:x:y"),
]  # fmt: skip
PREDICATES = [NamedNode(f"{NS}p"), NamedNode(f"{NS}q"), NamedNode(f"{RDFS}label")]
PREDICATES.append(NamedNode(f"{RDF}type"))
TEXTS = [
    "", "a", "b", "A", "x\",\"xml:lang\":\"en", "\"}", "\\", "\\\"", "a\nb", "\r", "\t", "\x00",
    "\x01", "\x7f", "\x85", "\u2028", "\ufffe", "園區", "\U0001f600", "é", "e\u0301", "#", "# }",
    "{", "<http://x.example/a>", "?x", "'", "a'b", "@en", "y" * 17_000, "y" * 17_000 + "z",
    "\x01" * 2_900,
]  # fmt: skip
LANGUAGES = ["en", "EN", "en-GB", "zh", "zh-Hant-TW", "de-1996"]
TYPED = [
    Literal("01", datatype=NamedNode(f"{XSD}integer")),
    Literal(1), Literal(2), Literal(1.5), Literal(10), Literal(True),
    Literal("x", datatype=NamedNode(f"{XSD}integer")),
    Literal("2026-01-01", datatype=NamedNode(f"{XSD}date")),
    Literal("a", datatype=NamedNode(f"{XSD}string")),
    Literal("a\"b", datatype=NamedNode(f"{NS}type")),
    Literal("b", language="en", direction=BaseDirection.LTR),
    Literal("b", language="en", direction=BaseDirection.RTL),
]  # fmt: skip


# What most queries find something of.
FOUND: list[Object] = [
    *SUBJECTS[:2], Literal("a"), Literal("a", language="en"), Literal("b", language="zh"),
]  # fmt: skip
DENSE = [Triple(s, p, o) for s in SUBJECTS[:2] for p in PREDICATES for o in FOUND]
COMMON = [Literal("a"), Literal("b"), Literal("a", language="en"), Literal("a", language="zh")]


def objects() -> SearchStrategy[Object]:
    """What may be said of something."""
    texts = st.sampled_from(TEXTS) | st.text(max_size=3)
    literals = st.builds(Literal, texts) | st.builds(
        lambda text, language: Literal(text, language=language), texts, st.sampled_from(LANGUAGES)
    )
    quoted = st.builds(
        Triple, st.sampled_from(SUBJECTS), st.sampled_from(PREDICATES), st.sampled_from(SUBJECTS)
    )
    others: list[Object] = [*SUBJECTS, *TYPED]
    return st.sampled_from(others) | literals | quoted


def triples() -> SearchStrategy[list[Triple]]:
    """A few triples, about few things."""
    said_of = st.sampled_from([*SUBJECTS[:2] * 6, *SUBJECTS])
    object_ = st.sampled_from(SUBJECTS[:4]) | st.sampled_from(COMMON) | objects()
    one = st.builds(Triple, said_of, st.sampled_from(PREDICATES), object_)
    few = st.lists(one)
    return few | few.map(lambda some: [*DENSE, *some])


# Queries. What stands between two terminals, if it is no blank.
GAPS = [
    "\n", "\t", "\r\n", "  ", "\n\n", " # } { \" ' <x> \n", "#\n", " #c\r", "# c:a\n", "", "\xa0",
]  # fmt: skip
VARIABLES = ["?s", "?o", "?x", "?y", "$x"]


class Hole(Enum):
    """A place for a constant, by what is likely to stand there."""

    THING = auto()
    PREDICATE = auto()
    VALUE = auto()


THINGS = [
    f"<{NS}a>",
    "c:a",
    f"<{NS}b>",
    f"<{NS}a>",
    f"<{NS}a>",
    f"<{NS}b>",
    "c:a",
    ":b",
    "c:a.b",
    f"<{NS}c:d>",
    "<urn:x:y>",
    ":1",
]
LIKELY = {
    Hole.THING: THINGS,
    Hole.PREDICATE: [f"<{NS}p>", "c:p", ":p", "c:q", "rdfs:label", "rdf:type"],
    Hole.VALUE: [*THINGS, '"a"', "'b'", '"a"@en', '"a"@zh', '""'],
}
CONSTANTS = [
    *(f"<{iri}>" for iri in IRIS), f"<{NS}p>", f"<{NS}q>", f"<{RDF}type>", "<urn:x:y>",
    ":a", ":b", ":p", ":q", ":1", ":_z", ":i-", ":a.b", ":a.", ":", "c:a", "c:b", "c:p", "c:q",
    "c:a.b", "c:c:d", r"c:g\,h", "c:e%20f", "c:園", "c:-a", "rdfs:label", "rdf:type", "a", "_:b1",
    "nowhere:a", "<a>", "<../x>", "<x y>", "<http://x:y/>", "<http://x.example/#a#b>",
    "<http://x.example/a/../b>", "<>", "[]", "[ ?x ?y ]", "<<( ?s ?x ?y )>>", "( )", "1", "1.5",
    "true", "'a'", '"a"', '"b"@en', '"b"@EN', '"b" @en', '"b"@en--ltr', '"a"@en-GB', '""', "''",
    '"園區"', '"a"^^xsd:string', '"""a"""', r'"\""', "'\"}'", '"# }"', '"{"', '"x"', '"?x"',
    '"01"^^xsd:integer', "'<http://x.example/a>'", "'x\",\"xml:lang\":\"en'", '"a"@abcdefghijk',
    '"' + "y" * 3_000 + '"', '"' + "\x01" * 2_900 + '"', '"\x7f"', '"\t"', '"\x00"', "?s ?o",
]  # fmt: skip
LANGUAGE_TEXTS = ['"en"', '"EN"', "'zh'", '""', '"en-gb"', '"*"', '"en-"', '"en-*"', '"zh-hant"',
                  '"*-gb"', "'en\"}'", '"de-1996"', '"e n"', '"-"']  # fmt: skip
PROLOGUES = ["PREFIX c: <http://x.example/> PREFIX : <http://x.example/> "] * 100 + [
    "",
    "prefix : <http://x.example/>\n", "PREFIX c: <http://no.example/> PREFIX c: <http://x.example/>",
    "BASE <http://x.example/> ", "PREFIX c: <> ", "PREFIX rdfs: <http://x.example/> ",
    "# SELECT { \nPREFIX c: <http://x.example/>\n", "VERSION '1.2' ",
]  # fmt: skip
LANGUAGE_FILTERS = [
    "FILTER ( LANG ( V ) = § )", "FILTER(lang(V)=§)", "FILTER langMatches(lang(V), §)",
    "FILTER ( LANGMATCHES ( LANG(V) , § ) && lang(W) = § )", "FILTER(LANG(V) != §)",
    "FILTER(§ = LANG(V))", "FILTER(LANG(V) = § || LANG(W) = §)", "FILTER(! LANG(V) = §)",
    "FILTER(LANG(V) = § & & LANG(W) = §)", "FILTER LANG(V) = §", "FILTER((LANG(V) = §))",
]  # fmt: skip
OTHERS = [
    "FILTER(?x < ?y)", "FILTER(?x<?y&&?y>?x)", "BIND(1 AS ?x)", "VALUES ?s { c:a }",
    "MINUS { ?s c:p ?x }", "{ ?s c:p ?x }", "{ ?s c:p ?x } UNION { ?s c:q ?x }",
    "{ SELECT ?s { ?s c:p ?x } }", "GRAPH ?g { ?s ?x ?y }", "FILTER EXISTS { ?s c:p ?x }",
    "OPTIONAL { ?s c:q ?x . FILTER(LANG(?x) = 'en') }",
    "OPTIONAL { ?s c:q ?x OPTIONAL { ?x c:p ?y } }",
    "OPTIONAL { }", "FILTER(isIRI(?x))", "OPTIONAL { { ?s c:q ?x } }", ".", ";", ",",
    "LATERAL { ?s c:p ?x }", "FILTER(BOUND(?x))",
]  # fmt: skip


class Shape(NamedTuple):
    """A query with holes for constants."""

    prologue: str
    form: str
    pieces: tuple[str | Hole, ...]
    gaps: tuple[str, ...]
    order: tuple[str, ...]
    slice: str

    @property
    def holes(self) -> list[Hole]:
        """What is to be filled, in order."""
        return [each for each in self.pieces if isinstance(each, Hole)]

    def text(self, constants: list[str]) -> str:
        """The query with these constants in its holes."""
        return f"{self._whole(self.form, constants)} {self.slice}"

    def known(self, constants: list[str]) -> Order:
        """What the answer to that is to be compared with."""
        by = tuple(re.sub(r"\W|asc|DESC", "", each) for each in self.order)
        has_keys = bool(by) and "DISTINCT" not in self.form and "SELECT" in self.form
        keys = self._whole("SELECT *", constants) if has_keys else ""
        return Order(f"{self._whole(self.form, constants)} ", keys, by)

    def _whole(self, form: str, constants: list[str]) -> str:
        filling = iter(constants)
        words = [next(filling) if isinstance(each, Hole) else each for each in self.pieces]
        body = "".join(map("".join, zip(words, self.gaps, strict=True)))
        order = " ORDER BY " + " ".join(self.order) if self.order else ""
        return f"{self.prologue}{form} {{ {body} }}{order}"


def one_in(count: int) -> SearchStrategy[bool]:
    """True once among so many."""
    return st.sampled_from([False] * (count - 1) + [True])


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    """Queries of what is read here, and of a little more."""

    def one(*of: str) -> str:
        return draw(st.sampled_from(of))

    def term(hole: Hole) -> str | Hole:
        return hole if draw(one_in(6)) else one(*VARIABLES)

    def verb() -> list[str | Hole]:
        kind = draw(st.integers(0, 79))
        if kind < 62:
            return [Hole.PREDICATE]
        if kind < 67:
            return ["a"]
        if kind < 73:
            return [Hole.PREDICATE, "/", Hole.PREDICATE]
        if kind < 78:
            return [one("?y", "?x")]
        return [one("^", "!", ""), Hole.PREDICATE, one("*", "+", "?", "| c:q", "/")]

    def run(subject: str | Hole) -> list[str | Hole]:
        found: list[str | Hole] = [subject, *verb(), term(Hole.VALUE)]
        while draw(one_in(5)):
            found += [";", *verb()] if draw(st.booleans()) else [","]
            found += [term(Hole.VALUE)]
        return [*found, one(*["."] * 80, "", ";", ". .")]

    pieces = run(term(Hole.THING) if draw(one_in(5)) else Hole.THING)
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2]))):
        pieces += run(term(Hole.THING))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2]))):
        pieces += ["OPTIONAL", "{", *run(term(Hole.THING)), "}"]
    if draw(one_in(3)):
        text = (
            one(*LANGUAGE_FILTERS[:4] * 4, *LANGUAGE_FILTERS)
            .replace("V", one(*VARIABLES))
            .replace("W", one(*VARIABLES))
        )
        words = text.split("§")
        filter_: list[str | Hole] = [words[0]]
        for word in words[1:]:
            filter_ += [one(*['"en"'] * 6, "'zh'", *LANGUAGE_TEXTS), word]
        place = draw(st.sampled_from([0, len(pieces)]))
        pieces[place:place] = filter_
    if draw(one_in(12)):
        pieces.insert(draw(st.integers(0, len(pieces))), one(*OTHERS))
    form = one(*["SELECT *"] * 4, *FORMS)
    if not form.endswith(("*", "ASK", "WHERE", ")")):
        form += " " + " ".join(
            draw(st.lists(st.sampled_from(VARIABLES[:4]), min_size=1, unique=True))
        )
    orders = st.lists(st.sampled_from([*VARIABLES, "?z", "DESC(?x)", "asc(?o)", "DESC( ?s )"]))
    order = draw(orders)[:2] if draw(one_in(3)) else []
    gaps = [one(*GAPS) if draw(one_in(60)) else " " for _ in pieces]
    slice_ = one(*[""] * 4, *SLICES)
    return Shape(one(*PROLOGUES), form, tuple(pieces), tuple(gaps), tuple(order), slice_)


FORMS = [
    "SELECT DISTINCT *", "SELECT * WHERE", "ASK", "ASK WHERE", "SELECT", "SELECT", "select",
    "SELECT DISTINCT", "SELECT REDUCED", "SELECT (1 AS ?n)", "DESCRIBE",
]  # fmt: skip
SLICES = ["LIMIT 1", "LIMIT 0", "limit 3 offset 1", "OFFSET 99", "OFFSET 1 LIMIT 2"]


@st.composite
def queries(draw: st.DrawFn) -> list[tuple[str, Order]]:
    """Queries of one shape, with different constants in it."""
    shape = draw(shapes())
    found = []
    for _ in range(draw(st.integers(1, 4))):
        constants = [
            draw(st.sampled_from(CONSTANTS if draw(one_in(50)) else LIKELY[hole]))
            for hole in shape.holes
        ]
        found.append((shape.text(constants), shape.known(constants)))
    return found
