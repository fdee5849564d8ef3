"""What the graph says of one thing, as a page shows it: by property, with marks and evidence."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from etown_kg import vocab
from etown_kg.curies import compressed
from etown_kg.web.pages.evidence import Evidence, PageEvidence, read_evidence
from etown_kg.web.pages.excerpts import NAME_CHARACTERS
from etown_kg.web.pages.site import Site, Solution
from etown_kg.web.pages.terms import Names, Shown, shortened

Term = NamedNode | BlankNode | Literal | Triple

# Statements that one page reads, in each direction, and values that it shows of a property.
MOST_STATEMENTS = 2000
MOST_VALUES = 12
# A longer literal is named by its digest in the address of a proof.
LONGEST_IN_ADDRESS = 1_000
OBJECT_DIGEST = "o-sha256"
# Things that the page of a named graph names.
MOST_CONTENTS = 100

# The graph without a name can hold statements too; they come without ?g.
OUT = """
SELECT ?p ?o ?g WHERE {{
  {{ GRAPH ?g {{ {iri} ?p ?o }} }}
  UNION {{ {iri} ?p ?o FILTER NOT EXISTS {{ GRAPH ?named {{ {iri} ?p ?o }} }} }}
}} LIMIT {limit}
"""
INTO = """
SELECT ?s ?p ?g WHERE {{
  {{ GRAPH ?g {{ ?s ?p {iri} }} }}
  UNION {{ ?s ?p {iri} FILTER NOT EXISTS {{ GRAPH ?named {{ ?s ?p {iri} }} }} }}
}} LIMIT {limit}
"""
_NESTED = """
SELECT ?s ?p ?o ?g WHERE {{
  {iri} ?property ?s FILTER(ISBLANK(?s))
  {{ GRAPH ?g {{ ?s ?p ?o }} }}
  UNION {{ ?s ?p ?o FILTER NOT EXISTS {{ GRAPH ?named {{ ?s ?p ?o }} }} }}
}} LIMIT {limit}
"""

_TYPE = vocab.RDF + "type"
NAMING = frozenset((*vocab.LABEL_PROPERTIES, vocab.SKOS + "altLabel", vocab.SKOS + "hiddenLabel"))
# Texts that tell what a thing is, the best first.
TELLING = (
    vocab.SKOS + "definition",
    vocab.DCTERMS + "description",
    vocab.RDFS + "comment",
    vocab.SCHEMA + "description",
)
LINKING = frozenset(
    (
        *(vocab.SKOS + f"{kind}Match" for kind in ("exact", "close", "broad", "narrow", "related")),
        vocab.OWL + "sameAs",
        vocab.RDFS + "seeAlso",
        "http://xmlns.com/foaf/0.1/page",
    )
)
# How statements are recorded, which the page shows as evidence already.
RECORDING = frozenset(
    (
        *(vocab.TERMS + name for name in ("subject", "predicate", "object", "value")),
        vocab.RDF + "first",
        vocab.RDF + "subject",
        vocab.RDF + "object",
        vocab.OWL + "annotatedSource",
        vocab.OWL + "annotatedTarget",
    )
)


@dataclass(frozen=True)
class Value:
    """One end of a statement: the other term, whether it was inferred, and who says so.

    `triple` is the statement; `graphs` are the named graphs that assert it.
    """

    shown: Shown
    is_inferred: bool
    triple: tuple[Term, Term, Term]
    graphs: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    nested: tuple[Row, ...] = ()

    @property
    def why(self) -> str:
        """The address of the proof, without the server's prefix."""
        return why_path(*self.triple)


@dataclass(frozen=True)
class Row:
    """The values of one property, the asserted ones first.

    `more` are read but not shown; `curie` tells the property from another with the same label.
    """

    predicate: Shown
    values: tuple[Value, ...]
    more: int = 0
    curie: str = ""

    @property
    def is_inferred(self) -> bool:
        """Whether no value was asserted."""
        return all(value.is_inferred for value in self.values)


@dataclass(frozen=True)
class Description:
    """One thing's page.

    Attributes:
        types: the classes that it is said to be in; those that follow are among the facts.
        names: labels in all languages and other names.
        telling: its best definition or description for the reader, None if there is none.
        facts: what is said of it, rows without an asserted value last.
        links: the same thing, or one like it, in other graphs.
        incoming: what is said of it elsewhere: the rows' values are subjects.
        records: the same, for the nodes that record statements.
        contents: for a named graph, what it says most of.
        asserted, inferred: how many statements of each kind have it as subject.
        is_whole: False if there are more statements than a page reads.
    """

    iri: str
    title: Shown
    types: tuple[Value, ...]
    names: tuple[Row, ...]
    telling: Shown | None
    facts: tuple[Row, ...]
    links: tuple[Row, ...]
    incoming: tuple[Row, ...]
    records: tuple[Row, ...]
    asserted: int
    inferred: int
    is_whole: bool
    evidence: PageEvidence
    labels: Names
    contents: tuple[Shown, ...] = ()

    @property
    def kinds(self) -> tuple[Shown, ...]:
        """The classes for a reader: of those with one name the graph's own."""
        own = sorted(self.types, key=lambda value: not value.shown.iri.startswith(self.labels.base))
        named = {value.shown.text: value.shown for value in reversed(own)}
        return tuple(reversed(named.values()))

    @property
    def other_names(self) -> tuple[Shown, ...]:
        """What it is called besides, each name once: labels in other languages come first."""
        rows = sorted(self.names, key=lambda row: row.predicate.iri not in vocab.LABEL_PROPERTIES)
        shown = [shortened(value.shown, NAME_CHARACTERS) for row in rows for value in row.values]
        by_text = {each.text: each for each in reversed(shown) if each.text != self.title.text}
        return tuple(reversed(by_text.values()))

    @property
    def own_evidence(self) -> tuple[Evidence, ...]:
        """What every asserted statement rests on that names no other evidence."""
        return self.evidence.of_node.get(f"<{self.iri}>", ())


@dataclass(frozen=True)
class Statement:
    """One triple with the graphs that it is in."""

    s: Term
    p: NamedNode
    o: Term
    graphs: frozenset[str]


def describe(site: Site, iri: NamedNode, language: str) -> Description | None:
    """What the graph says of a thing; None if it does not mention it."""
    limit = MOST_STATEMENTS + 1
    out = [row | {"s": iri} for row in site.ask(OUT.format(iri=iri, limit=limit))]
    into = [row | {"o": iri} for row in site.ask(INTO.format(iri=iri, limit=limit))]
    if not out and not into and not _is_property(site, iri):
        return None
    nested: list[Solution] = []
    if any(isinstance(row["o"], BlankNode) for row in out):
        nested = site.ask(_NESTED.format(iri=iri, limit=limit))
    into = uncounted(into, site.base)
    is_whole = max(len(out), len(into), len(nested)) <= MOST_STATEMENTS
    evidence = read_evidence(site, iri)
    out, into, nested = (rows[:MOST_STATEMENTS] for rows in (out, into, nested))
    contents = _contents(site, iri) if iri.value in site.backend.status().graphs else ()
    terms = {row[part] for row in (*out, *into, *nested) for part in ("s", "p", "o")}
    labels = site.names([iri, *terms, *contents, *sorted(evidence.articles)], language)
    page = _Page(site, iri, labels, evidence).description(out, into, nested, is_whole=is_whole)
    return replace(page, contents=tuple(map(labels.shown, contents)))


def uncounted(rows: Iterable[Solution], base: str) -> list[Solution]:
    """Statements about a thing, without those by which ``graph/meta`` counts and covers it: their
    subjects are parts of the description, and have no name.
    """
    meta = f"{base}graph/meta"
    return [
        row
        for row in rows
        if not isinstance(row["s"], BlankNode)
        or not isinstance(graph := row.get("g"), NamedNode)
        or graph.value != meta
    ]


def _contents(site: Site, graph: NamedNode) -> tuple[NamedNode, ...]:
    """What a named graph says most of."""
    rows = site.ask(
        f"SELECT ?s (COUNT(*) AS ?n) WHERE {{ GRAPH {graph} {{ ?s ?p ?o }} FILTER(ISIRI(?s)) }}"
        f" GROUP BY ?s ORDER BY DESC(?n) ?s LIMIT {MOST_CONTENTS}"
    )
    return tuple(row["s"] for row in rows if isinstance(row["s"], NamedNode))


def _is_property(site: Site, iri: NamedNode) -> bool:
    """Whether the graph uses a name that it says nothing of: for a property, or for a graph."""
    found = site.ask(
        f"SELECT ?s WHERE {{ {{ ?s {iri} ?o }} UNION {{ GRAPH {iri} {{ ?s ?p ?o }} }} }} LIMIT 1"
    )
    return bool(found)


class _Page:
    """Puts the statements of one page in order."""

    def __init__(self, site: Site, iri: NamedNode, labels: Names, evidence: PageEvidence) -> None:
        self._inferred = f"{site.base}graph/inferred"
        self._iri = iri
        self._labels = labels
        self._evidence = evidence
        self._own = evidence.of_node.get(str(iri), ())

    def description(
        self,
        out: Sequence[Solution],
        into: Sequence[Solution],
        nested: Sequence[Solution],
        *,
        is_whole: bool,
    ) -> Description:
        below: dict[Term, list[Statement]] = {}
        for statement in merged(nested):
            below.setdefault(statement.s, []).append(statement)
        said = merged(out)
        rows = {row.predicate.iri: row for row in self._rows(said, below)}
        types = rows.get(_TYPE, Row(self._labels.shown(_TYPE), ()))
        stated = tuple(value for value in types.values if not value.is_inferred)
        rows[_TYPE] = replace(
            types, values=tuple(each for each in types.values if each.is_inferred)
        )
        facts = [
            row
            for iri, row in rows.items()
            if row.values and iri not in NAMING and iri not in LINKING
        ]
        incoming = list(self._rows(merged(into), {}, is_incoming=True))
        return Description(
            iri=self._iri.value,
            title=self._labels.shown(self._iri),
            types=stated,
            names=tuple(row for iri, row in rows.items() if iri in NAMING),
            telling=self._telling(said),
            facts=tuple(sorted(facts, key=lambda row: row.is_inferred)),
            links=tuple(row for iri, row in rows.items() if iri in LINKING),
            incoming=tuple(row for row in incoming if row.predicate.iri not in RECORDING),
            records=tuple(row for row in incoming if row.predicate.iri in RECORDING),
            asserted=sum(self._is_asserted(each) for each in said),
            inferred=sum(not self._is_asserted(each) for each in said),
            is_whole=is_whole,
            evidence=self._evidence,
            labels=self._labels,
        )

    def _is_asserted(self, statement: Statement) -> bool:
        return statement.graphs != {self._inferred}

    def _telling(self, said: Iterable[Statement]) -> Shown | None:
        wanted = (self._labels.language, "", "en")
        found = [
            (TELLING.index(each.p.value), wanted.index(tag), self._labels.shown(each.o))
            for each in said
            if each.p.value in TELLING and isinstance(each.o, Literal)
            if (tag := (each.o.language or "").split("-")[0]) in wanted
        ]
        return min(found, key=lambda each: each[:2])[2] if found else None

    def _rows(
        self,
        statements: Iterable[Statement],
        below: dict[Term, list[Statement]],
        *,
        is_incoming: bool = False,
    ) -> Iterator[Row]:
        """The statements by property, sorted by its label."""
        by_property: dict[str, list[Statement]] = {}
        for statement in statements:
            by_property.setdefault(statement.p.value, []).append(statement)
        properties = {iri: self._labels.shown(iri) for iri in by_property}
        texts = Counter(shown.text for shown in properties.values())
        for iri in sorted(by_property, key=lambda iri: (properties[iri].text.casefold(), iri)):
            found = [(each, each.s if is_incoming else each.o) for each in by_property[iri]]
            found.sort(key=lambda each: self._order(*each))
            curie = compressed(iri) if texts[properties[iri].text] > 1 else ""
            values = tuple(self._value(each, end, below) for each, end in found[:MOST_VALUES])
            yield Row(properties[iri], values, len(found) - len(values), curie)

    def _order(self, statement: Statement, end: Term) -> tuple[bool, bool, str]:
        shown = self._labels.shown(end)
        is_other = shown.language.split("-")[0] not in ("", self._labels.language)
        is_other = is_other and shown.kind == "text"
        return not self._is_asserted(statement), is_other, shown.text.casefold()

    def _value(self, statement: Statement, end: Term, below: dict[Term, list[Statement]]) -> Value:
        is_inferred = not self._is_asserted(statement)
        found = () if is_inferred else self._evidence.of(statement.s, statement.p, statement.o)
        if found == self._own:  # the page says once what all of the thing's statements rest on
            found = ()
        # One level: a blank node in a blank node is shown as its name.
        nested = tuple(self._rows(below.get(end, ()), {})) if isinstance(end, BlankNode) else ()
        return Value(
            self._labels.shown(end),
            is_inferred,
            (statement.s, statement.p, statement.o),
            tuple(sorted(statement.graphs - {self._inferred})),
            found,
            nested,
        )


def merged(rows: Iterable[Solution]) -> list[Statement]:
    """One statement for each triple, however many graphs it is in; none is that without a name."""
    graphs: dict[tuple[Term, Term, Term], set[str]] = {}
    for row in rows:
        found = graphs.setdefault((row["s"], row["p"], row["o"]), set())
        if (graph := row.get("g")) is not None:
            found.add(graph.value if isinstance(graph, NamedNode) else str(graph))
    return [
        Statement(s, p, o, frozenset(found))
        for (s, p, o), found in graphs.items()
        if isinstance(p, NamedNode)
    ]


def why_path(s: Term, p: Term, o: Term) -> str:
    """The address of a triple's proof: IRIs bare, other terms in N-Triples.

    A literal that is too long for an address is named by its digest, as `why.py` has it.
    """
    terms = {
        name: term.value if isinstance(term, NamedNode) else str(term)
        for name, term in (("s", s), ("p", p), ("o", o))
    }
    if isinstance(o, Literal) and len(terms["o"]) > LONGEST_IN_ADDRESS:
        terms[OBJECT_DIGEST] = digest(o)
        del terms["o"]
    return f"/why?{urlencode(terms)}"


def digest(literal: Literal) -> str:
    """What names a literal in an address that it is too long for: SHA-256 of its N-Triples."""
    return hashlib.sha256(str(literal).encode()).hexdigest()
