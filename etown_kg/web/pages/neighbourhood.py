"""Parts of the graph as nodes and edges: what is around a thing, and how the classes hang together.

Edges are statements between two IRIs. Types are no edges but the colour of a node, since otherwise
everything would hang on a few classes. Each edge says whether a source states it or it only
follows by rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from etown_kg import vocab
from etown_kg.curies import compressed
from etown_kg.web.pages.site import Site
from etown_kg.web.pages.terms import Names, Shown

Term = NamedNode | BlankNode | Literal | Triple

# Edges of one answer; a drawing of more is not read by anybody.
MOST_EDGES = 60
# Edges of one property in one direction: enough to see what it is like.
MOST_ALIKE = 8
# Edges in one direction that are looked at, and so counted when they are not shown: a country may
# have a million.
MOST_COUNTED = 1000
# Classes and properties of the view of the ontology.
MOST_SCHEMA = 600

# Vocabularies whose classes say what kind of RDF something is, not what kind of thing.
_BUILT_IN = (vocab.RDF, vocab.RDFS, vocab.OWL, vocab.SKOS, vocab.PROV)

# Types are colours, names of one thing are one thing, and a statement about a statement is
# evidence: the entity's page has all of them.
_LEFT_OUT = (
    vocab.RDF + "type", vocab.OWL + "sameAs",
    vocab.RDF + "subject", vocab.RDF + "predicate", vocab.RDF + "object",
)  # fmt: skip

_AROUND = """
SELECT DISTINCT ?s ?p ?o ?asserted ?named WHERE {{
  {{ SELECT ({term} AS ?s) ?p ?o WHERE {{
       {term} ?p ?o FILTER(isIRI(?o) && ?o != {term} && ?p NOT IN ({left_out}))
     }} LIMIT {limit} }}
  UNION
  {{ SELECT ?s ?p ({term} AS ?o) WHERE {{
       ?s ?p {term} FILTER(isIRI(?s) && ?s != {term} && ?p NOT IN ({left_out}))
     }} LIMIT {limit} }}
  BIND(EXISTS {{ GRAPH ?graph {{ ?s ?p ?o }} FILTER(?graph != {inferred}) }}
       || NOT EXISTS {{ GRAPH {inferred} {{ ?s ?p ?o }} }} AS ?asserted)
  BIND(IF(?s = {term}, ?o, ?s) AS ?other)
  BIND(EXISTS {{ ?other {labels} ?label }} AS ?named)
}} ORDER BY DESC(?named) DESC(?asserted) ?p ?s ?o
"""
_TYPES = """
SELECT DISTINCT ?s ?class WHERE {{ VALUES ?s {{ {terms} }} ?s a ?class FILTER(isIRI(?class)) }}
ORDER BY ?s ?class
"""
_SCHEMA = f"""
PREFIX rdfs: <{vocab.RDFS}>
PREFIX owl: <{vocab.OWL}>
SELECT DISTINCT ?s ?p ?o WHERE {{
  {{ ?s rdfs:subClassOf ?o BIND(rdfs:subClassOf AS ?p) }}
  UNION
  {{ ?p rdfs:domain ?s ; rdfs:range ?o FILTER(!STRSTARTS(STR(?o), "{vocab.XSD}")) }}
  UNION
  {{ ?s a owl:Class }}
  UNION
  {{ ?s a rdfs:Class }}
  FILTER(isIRI(?s) && (!BOUND(?o) || isIRI(?o)))
}} ORDER BY ?s ?p ?o LIMIT {MOST_SCHEMA}
"""


@dataclass(frozen=True)
class Node:
    """One thing. `group` and `group_label` are what its colour stands for, "" for nothing."""

    shown: Shown
    group: str = ""
    group_label: str = ""


@dataclass(frozen=True)
class Edge:
    """One statement between two nodes."""

    source: str
    property: Shown
    target: str
    is_inferred: bool = False


@dataclass(frozen=True)
class Drawing:
    """Nodes and edges; `left_out` counts the edges that were too many to show."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    left_out: int = 0

    def node(self, iri: str) -> Node | None:
        return next((node for node in self.nodes if node.shown.iri == iri), None)

    def groups(self) -> list[tuple[str, str, int]]:
        """The colours: IRI, label and number of nodes, the most frequent first."""
        counts = Counter((node.group, node.group_label) for node in self.nodes)
        return [(*group, count) for group, count in counts.most_common()]


def around(site: Site, iri: str, language: str, *, infer: bool = True) -> Drawing:
    """The statements that a thing has with others, in both directions.

    Raises:
        LimitError, UnavailableError: see `Backend.query`.
    """
    term = NamedNode(iri)
    left_out = ", ".join(f"<{each}>" for each in _LEFT_OUT)
    rows = site.ask(
        _AROUND.format(
            term=term,
            left_out=left_out,
            labels="|".join(f"<{each}>" for each in vocab.LABEL_PROPERTIES),
            inferred=NamedNode(f"{site.base}graph/inferred"),
            limit=MOST_COUNTED,
        ),
        infer=infer,
    )  # fmt: skip
    counts: Counter[tuple[str, bool]] = Counter()
    kept: list[tuple[Term, Term, Term, bool]] = []
    # What has a name comes first, and what is said of the thing before what others say of it.
    for row in sorted(rows, key=lambda row: (_text(row["named"]) != "true", row["s"] != term)):
        s, p, o = row["s"], row["p"], row["o"]
        direction = (_text(p), s == term)
        counts[direction] += 1
        if counts[direction] <= MOST_ALIKE and len(kept) < MOST_EDGES:
            kept.append((s, p, o, _text(row["asserted"]) == "true"))
    drawing = drawn(
        site, [(s, p, o) for s, p, o, _ in kept], language, are_asserted=[each[3] for each in kept],
        more=[term],
    )  # fmt: skip
    return Drawing(drawing.nodes, drawing.edges, len(rows) - len(kept))


def schema(site: Site, language: str) -> Drawing:
    """The classes and the properties between them, as the ontology asserts them.

    The colour of a class is its vocabulary.
    """
    rows = site.ask(_SCHEMA, infer=False)
    terms = {row[name] for row in rows for name in ("s", "p", "o") if name in row}
    names = site.names(terms, language)
    classes = {row[name] for row in rows for name in ("s", "o") if name in row}
    nodes = []
    for each in sorted(classes, key=_text):
        shown = names.shown(each)
        prefix = compressed(shown.iri).partition(":")[0].strip("<")
        nodes.append(Node(shown, prefix, prefix))
    edges = [
        Edge(_text(row["s"]), names.shown(row["p"]), _text(row["o"]))
        for row in rows
        if "p" in row and "o" in row
    ]
    return Drawing(tuple(nodes), tuple(edges))


def drawn(
    site: Site,
    triples: Sequence[tuple[Term, Term | None, Term]],
    language: str,
    *,
    are_asserted: Sequence[bool] | None = None,
    more: Iterable[Term] = (),
) -> Drawing:
    """Triples as nodes and edges, those between IRIs; `more` are nodes even without an edge.

    A triple without a predicate is an edge without a name.
    """
    flags = are_asserted if are_asserted is not None else [True] * len(triples)
    kept = [
        (s, p, o, is_asserted)
        for (s, p, o), is_asserted in zip(triples, flags, strict=True)
        if isinstance(s, NamedNode) and isinstance(p, NamedNode | None) and isinstance(o, NamedNode)
    ]
    left_out = max(0, len(kept) - MOST_EDGES)
    kept = kept[:MOST_EDGES]
    things = list(dict.fromkeys([*more, *(term for s, _, o, _ in kept for term in (s, o))]))
    types = _types(site, things)
    names = site.names([*things, *(p for _, p, _, _ in kept), *types.values()], language)
    nodes = tuple(_node(names, thing, types) for thing in things)
    edges = tuple(
        Edge(s.value, Shown("", "iri") if p is None else names.shown(p), o.value, not is_asserted)
        for s, p, o, is_asserted in kept
    )
    return Drawing(nodes, edges, left_out)


def _node(names: Names, thing: Term, types: Mapping[str, str]) -> Node:
    group = types.get(_text(thing), "")
    return Node(names.shown(thing), group, names.label(group) if group else "")


def _types(site: Site, things: Iterable[Term]) -> dict[str, str]:
    """The class that tells most about each thing: the first that it is asserted to be in."""
    listed = " ".join(str(thing) for thing in things if isinstance(thing, NamedNode))
    found: dict[str, str] = {}
    if not listed:
        return found
    for row in site.ask(_TYPES.format(terms=listed), infer=False):
        thing, group = _text(row["s"]), _text(row["class"])
        known = found.get(thing)
        if known is None or (known.startswith(_BUILT_IN) and not group.startswith(_BUILT_IN)):
            found[thing] = group
    return found


def _text(term: object) -> str:
    return str(getattr(term, "value", term))
