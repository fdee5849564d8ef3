"""The page of a class or property: what it means, its axioms in words, where it is used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlencode

from flask import render_template, request
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from etown_kg.curies import compressed
from etown_kg.errors import LimitError
from etown_kg.vocab import DCTERMS, RDFS, SKOS
from etown_kg.web.pages.axioms import Axiom, Part, Word, axioms_of, uses_of
from etown_kg.web.pages.language import reader_language
from etown_kg.web.pages.schema import CLASS, Schema, is_built_in
from etown_kg.web.pages.site import Site
from etown_kg.web.pages.term_tree import namespace
from etown_kg.web.pages.terms import Names, Shown

Term = NamedNode | BlankNode | Literal | Triple

# Uses of a term that its page lists, and members that it names.
MOST_USES = 100
MOST_EXAMPLES = 12
MOST_TERMS = 60

_TEXTS = """
SELECT DISTINCT ?p ?o WHERE {{ {iri} ?p ?o FILTER(ISLITERAL(?o)) }} LIMIT 500
"""
_COUNT_MEMBERS = """
SELECT ?t (COUNT(DISTINCT ?s) AS ?n) WHERE {{ VALUES ?t {{ {terms} }} ?s a ?t }} GROUP BY ?t
"""
_COUNT_PAIRS = """
SELECT ?t (COUNT(*) AS ?n) WHERE {{
  SELECT {distinct} ?t ?s ?o WHERE {{ VALUES ?t {{ {terms} }} ?s ?t ?o }}
}} GROUP BY ?t
"""
_MEMBERS = "SELECT DISTINCT ?s WHERE {{ ?s a {iri} FILTER(ISIRI(?s)) }} ORDER BY ?s LIMIT {limit}"
_PAIRS = "SELECT DISTINCT ?s ?o WHERE {{ ?s {iri} ?o FILTER(ISIRI(?s)) }} ORDER BY ?s LIMIT {limit}"
DEFINITIONS = (SKOS + "definition", RDFS + "comment", DCTERMS + "description")
_NAMES = frozenset((RDFS + "label", SKOS + "prefLabel"))


@dataclass(frozen=True)
class Property:
    """What is said with one property, the texts in the reader's language first."""

    name: Shown
    values: tuple[Shown, ...]


@dataclass(frozen=True)
class Sentence:
    """Axioms that say the same kind of thing: each value as words, names and marks."""

    says: str
    values: tuple[tuple[Shown | Word | str, ...], ...]
    subject: Shown | None = None


def term_page(site: Site, iri: str, alternates: Sequence[tuple[str, str, str]]) -> str | None:
    """The page of a class or property for readers; None for anything else.

    `alternates` are its formats: label, address and media type.
    """
    schema = site.schema()
    kind = schema.kinds.get(iri)
    if kind is None:
        return None
    language = reader_language()
    axioms, uses = axioms_of(schema, iri), uses_of(schema, iri)
    texts: dict[str, list[Term]] = {}
    for row in site.ask(_TEXTS.format(iri=NamedNode(iri)), infer=False):
        if isinstance(row["p"], NamedNode):
            texts.setdefault(row["p"].value, []).append(row["o"])
    parents, children = schema.parents(iri), schema.children(iri)
    trail = _trail(schema, iri)
    replaced = [
        each.value for each in schema.objects(NamedNode(iri), DCTERMS + "isReplacedBy")
        if isinstance(each, NamedNode)
    ]  # fmt: skip
    examples = _examples(site, iri, is_class=kind == CLASS)
    parts = [part for axiom in (*axioms, *uses) for part in axiom.parts]
    mentioned: list[Term | str | None] = [
        *(part for part in parts if isinstance(part, NamedNode)),
        *(axiom.subject for axiom in uses), *texts, *parents, *children, *trail, *replaced,
        *(term for pair in examples for term in pair),
    ]  # fmt: skip
    names = site.names([iri, *mentioned], language)
    definition = next((p for p in DEFINITIONS if p in texts), None)
    left_out = {definition, *_NAMES}
    return render_template(
        "term.html",
        iri=iri,
        name=names.shown(iri),
        curie=compressed(iri),
        kind=kind,
        labels=[names.shown(value) for p in sorted(_NAMES) for value in texts.get(p, ())],
        definitions=[
            names.shown(value) for value in in_language(texts.get(definition or "", ()), language)
        ],
        notes=[
            Property(names.shown(p), tuple(map(names.shown, in_language(values, language))))
            for p, values in sorted(texts.items())
            if p not in left_out
        ],
        trail=[names.shown(each) for each in trail],
        parents=[names.shown(each) for each in parents],
        children=sorted(map(names.shown, children), key=lambda shown: shown.text.casefold()),
        is_deprecated=schema.is_deprecated(iri),
        replaced=[names.shown(each) for each in replaced],
        sentences=_sentences(axioms, names),
        uses=_sentences(uses[:MOST_USES], names),
        more_uses=max(len(uses) - MOST_USES, 0),
        foreign=_foreign(iri, names),
        rules=list(dict.fromkeys(rule for axiom in (*axioms, *uses) for rule in axiom.rules)),
        counted=_both_counts(site, iri, is_class=kind == CLASS),
        examples=[tuple(map(names.shown, pair)) for pair in examples],
        most_examples=MOST_EXAMPLES,
        query=_all_uses(iri, is_class=kind == CLASS),
        formats=alternates,
        all_statements=_all_statements(),
        is_whole=schema.is_whole,
    )


def _all_statements() -> str:
    """The address of the same thing's page as of any other thing."""
    given = [(name, value) for name, value in request.args.items(multi=True)]
    return f"{request.script_root}{request.path}?{urlencode([*given, ('statements', 'all')])}"


def _foreign(iri: str, names: Names) -> Mapping[str, str]:
    """The CURIEs of the terms on the page that are of other namespaces: labels tell them not."""
    own = namespace(iri)
    others = {each: compressed(each) for each in names.known if namespace(each) != own}
    return {each: curie for each, curie in others.items() if not curie.startswith("<")}


def _trail(schema: Schema, iri: str) -> list[str]:
    """One way from the top down to a term, itself left out: the first parent each time."""
    trail: list[str] = []
    above = schema.parents(iri)
    own = namespace(iri)
    while above:
        # The ontology's own terms tell more than those it is aligned with.
        parent = min(above, key=lambda each: (namespace(each) != own, each))
        if parent in trail or parent == iri:
            break
        trail.append(parent)
        above = schema.parents(parent)
    return [each for each in reversed(trail) if not is_built_in(each)]


def _examples(site: Site, iri: str, *, is_class: bool) -> list[tuple[Term, ...]]:
    query = (_MEMBERS if is_class else _PAIRS).format(iri=NamedNode(iri), limit=MOST_EXAMPLES)
    return [tuple(row.values()) for row in site.ask(query)]


def _both_counts(site: Site, iri: str, *, is_class: bool) -> tuple[int, int] | None:
    """How often a term is used: stated, and following from what is stated."""
    stated = counted(site, [iri], is_class=is_class, infer=False)
    everything = counted(site, [iri], is_class=is_class)
    if stated is None or everything is None:
        return None
    first, both = stated.get(iri, 0), everything.get(iri, 0)
    return first, max(both - first, 0)


def _all_uses(iri: str, *, is_class: bool) -> str:
    """The query that lists every member or pair."""
    node = NamedNode(iri)
    if is_class:
        return (
            f"SELECT ?member ?label WHERE {{\n  ?member a {node} .\n"
            f"  OPTIONAL {{ ?member <{RDFS}label> ?label }}\n}} ORDER BY ?member\n"
        )
    return f"SELECT ?subject ?value WHERE {{ ?subject {node} ?value }} ORDER BY ?subject\n"


def _sentences(axioms: Iterable[Axiom], names: Names) -> list[Sentence]:
    """Axioms that begin the same, as one sentence with several values."""

    def subject_of(axiom: Axiom) -> tuple[str, str]:
        return axiom.says, str(axiom.subject) if axiom.subject is not None else ""

    found: list[Sentence] = []
    for (says, _), group in groupby(axioms, key=subject_of):
        same = list(group)
        subject = same[0].subject
        values = sorted(
            (tuple(_part(part, names) for part in axiom.parts) for axiom in same),
            key=lambda parts: (len(parts), [getattr(part, "text", "") for part in parts]),
        )
        found.append(
            Sentence(says, tuple(values), names.shown(subject) if subject is not None else None)
        )
    return found


def _part(part: Part, names: Names) -> Shown | Word | str:
    return part if isinstance(part, Word | str) else names.shown(part)


def in_language(values: Iterable[Term], language: str) -> list[Term]:
    """Texts in the reader's language before others; everything else stays in its place."""
    return sorted(values, key=lambda value: _tag(value) not in ("", language))


def _tag(term: Term) -> str:
    return (term.language or "").split("-")[0].lower() if isinstance(term, Literal) else ""


def counted(
    site: Site, iris: Sequence[str], *, is_class: bool, infer: bool = True
) -> Mapping[str, int] | None:
    """How often each term is used; None where counting takes too long."""
    wanted = tuple(dict.fromkeys(iris))
    key = (is_class, infer, wanted)
    query = _COUNT_MEMBERS if is_class else _COUNT_PAIRS
    # A query that names several graphs meets a statement of two of them twice.
    distinct = "" if site.is_union else "DISTINCT"
    text = query.format(terms=" ".join(str(NamedNode(iri)) for iri in wanted), distinct=distinct)

    def count() -> Mapping[str, int]:
        return {
            row["t"].value: int(row["n"].value)
            for row in site.ask(text, infer=infer)
            if isinstance(row["t"], NamedNode) and isinstance(row["n"], Literal)
        }

    try:
        return site.schemas.counts(site.backend.status().version, key, count)
    except LimitError:
        return None
