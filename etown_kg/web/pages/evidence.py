"""Evidence for the statements of a page: which words of which article say so.

The terms are those of the project's evidence model (`docs/model.md`): a fact node, or an
et:Statement about a triple, has evidence, which names an article, a paragraph and the phrase there
(Web Annotation selectors, https://www.w3.org/TR/annotation-model/#selectors). A graph without
them has pages without evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from etown_kg.web.pages.site import Site, Solution

Term = NamedNode | BlankNode | Literal | Triple
# A triple with its terms in N-Triples.
Key = tuple[str, str, str]

# Nodes whose evidence one page looks up.
MOST_NODES = 1000

_PREFIXES = """
PREFIX et: <https://w3id.org/etown/ontology#>
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX dcterms: <http://purl.org/dc/terms/>
"""
_NODES = """
SELECT DISTINCT ?node ?s ?p ?o WHERE {{
  {{ ?node et:subject {iri} ; et:predicate ?p . BIND({iri} AS ?s)
     {{ ?node et:object ?o }} UNION {{ ?node et:value ?o }} }}
  UNION {{ ?node et:object {iri} ; et:predicate ?p ; et:subject ?s . BIND({iri} AS ?o) }}
  UNION {{ ?node ?any {iri} ; et:hasEvidence ?evidence }}
  UNION {{ {iri} et:hasEvidence ?evidence . BIND({iri} AS ?node) }}
}} LIMIT {limit}
"""
# The second and third read what is known of each piece of evidence as it stands: OPTIONAL parts
# would be joined over all evidence of the graph (10 times the time).
_FACTS = """
SELECT ?node ?p ?v WHERE {{
  VALUES ?node {{ {nodes} }} ?node ?p ?v FILTER(?p IN (et:factId, dcterms:source))
}}
"""
_PLACES = """
SELECT ?node ?evidence ?p ?v WHERE {{
  VALUES ?node {{ {nodes} }} ?node et:hasEvidence ?evidence . ?evidence ?p ?v
  FILTER(?p IN (et:inArticle, et:paragraph))
}}
"""
_PHRASES = """
SELECT ?evidence ?p ?v WHERE {{
  VALUES ?evidence {{ {evidence} }} ?evidence oa:hasSelector ?selector . ?selector ?p ?v
  FILTER(?p IN (oa:exact, oa:start, oa:end))
}}
"""


@dataclass(frozen=True)
class Evidence:
    """One phrase in an article, or one outside source of a statement.

    `node` is the fact or et:Statement that it speaks for; `paragraph` counts from 1 and is None
    in an article's head; `start` and `end` are code points of its text, the end exclusive.
    """

    node: str
    fact_id: str = ""
    iri: str = ""
    article: str = ""
    paragraph: int | None = None
    phrase: str = ""
    start: int | None = None
    end: int | None = None
    source: str = ""

    @property
    def anchor(self) -> str:
        """The place of the paragraph on the article's page."""
        return "head" if self.paragraph is None else f"p{self.paragraph}"


@dataclass(frozen=True)
class PageEvidence:
    """The evidence for what one page shows."""

    of_triple: Mapping[Key, tuple[Evidence, ...]] = field(default_factory=dict)
    of_node: Mapping[str, tuple[Evidence, ...]] = field(default_factory=dict)

    def of(self, s: Term, p: Term, o: Term) -> tuple[Evidence, ...]:
        """The evidence for one asserted triple: of exactly that, or else of its subject."""
        return self.of_triple.get((str(s), str(p), str(o))) or self.of_node.get(str(s), ())

    @property
    def articles(self) -> set[str]:
        """The IRIs of all articles that are named."""
        every = (one for found in self.of_node.values() for one in found)
        return {one.article for one in every if one.article}


def read_evidence(site: Site, iri: NamedNode) -> PageEvidence:
    """The evidence for the triples that `iri` is the subject or object of."""
    nodes = site.ask(_PREFIXES + _NODES.format(iri=iri, limit=MOST_NODES), infer=False)
    of_node = evidence_of(site, (row["node"] for row in nodes))
    of_triple: dict[Key, tuple[Evidence, ...]] = {}
    for row in nodes:
        if "p" in row:
            key = (str(row["s"]), str(row["p"]), str(row["o"]))
            of_triple[key] = (*of_triple.get(key, ()), *of_node.get(str(row["node"]), ()))
    return PageEvidence(of_triple, of_node)


def evidence_of(site: Site, nodes: Iterable[Term]) -> dict[str, tuple[Evidence, ...]]:
    """The evidence of these facts and statements, by node in N-Triples."""
    listed = {str(node) for node in nodes if isinstance(node, NamedNode)}
    found = site.evidence.of(
        listed, lambda: site.backend.status().version, lambda unknown: _asked(site, unknown)
    )
    return {node: every for node, every in found.items() if every}


def _asked(site: Site, nodes: set[str]) -> dict[str, tuple[Evidence, ...]]:
    listed = sorted(nodes)
    values = " ".join(listed)
    facts = _parts(site.ask(_PREFIXES + _FACTS.format(nodes=values), infer=False), "node")
    places = site.ask(_PREFIXES + _PLACES.format(nodes=values), infer=False)
    pieces = _parts(places, "evidence")
    if pieces:
        asked = _PHRASES.format(evidence=" ".join(sorted(pieces)))
        for name, parts in _parts(site.ask(_PREFIXES + asked, infer=False), "evidence").items():
            pieces[name] |= parts
    found: dict[str, set[Evidence]] = {}
    for row in places:
        if "inArticle" in pieces[str(row["evidence"])]:
            node, piece = str(row["node"]), str(row["evidence"])
            one = _evidence(node, piece, facts.get(node, {}), pieces[piece])
            found.setdefault(node, set()).add(one)
    for node, parts in facts.items():
        if "source" in parts:
            name = node.strip("<>")
            found.setdefault(node, set()).add(Evidence(name, source=parts["source"]))
    return {node: tuple(sorted(found.get(node, ()), key=_place)) for node in nodes}


def _parts(rows: Iterable[Solution], subject: str) -> dict[str, dict[str, str]]:
    """The values of each subject by the local name of their property."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        name = _local_name(str(getattr(row["p"], "value", "")))
        found.setdefault(str(row[subject]), {})[name] = str(getattr(row["v"], "value", row["v"]))
    return found


@lru_cache(maxsize=64)
def _local_name(iri: str) -> str:
    return re.split(r"[#/]", iri)[-1]


def _evidence(node: str, piece: str, fact: Mapping[str, str], parts: Mapping[str, str]) -> Evidence:
    return Evidence(
        node=node.strip("<>"),
        fact_id=fact.get("factId", ""),
        iri=piece.strip("<>"),
        article=parts["inArticle"],
        paragraph=_number(parts, "paragraph"),
        phrase=parts.get("exact", ""),
        start=_number(parts, "start"),
        end=_number(parts, "end"),
    )


def _place(one: Evidence) -> tuple[str, str, int, str]:
    """The order of reading."""
    return one.article, one.source, one.start or 0, one.iri


def _number(parts: Mapping[str, str], name: str) -> int | None:
    text = parts.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 20 else None
