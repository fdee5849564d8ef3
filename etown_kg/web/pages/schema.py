"""The ontology as the pages read it: classes, properties, and what is stated of them.

Read by one query, without inference: what the ontology's authors wrote, not what follows. Kept for
a version of the data.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from etown_kg import vocab
from etown_kg.vocab import OWL, RDF, RDFS

Term = NamedNode | BlankNode | Literal | Triple
Ask = Callable[[str], Sequence[Mapping[str, Term]]]

# More statements than a page can be made of in time; what is left out is said.
MOST_STATEMENTS = 200_000
_VERSIONS_KEPT = 4
# Counts of one page's terms each; they take the longest where a graph is large.
_COUNTS_KEPT = 200

CLASS, OBJECT, DATA, ANNOTATION, PROPERTY = "class", "object", "data", "annotation", "property"
KINDS = (CLASS, OBJECT, DATA, ANNOTATION, PROPERTY)
# What a declaration says of a term; the first kind that is said counts.
KIND_OF: Mapping[str, str] = {
    OWL + "Class": CLASS,
    RDFS + "Class": CLASS,
    OWL + "ObjectProperty": OBJECT,
    OWL + "DatatypeProperty": DATA,
    OWL + "AnnotationProperty": ANNOTATION,
    **{
        OWL + name: OBJECT
        for name in (
            "InverseFunctionalProperty", "TransitiveProperty", "SymmetricProperty",
            "AsymmetricProperty", "ReflexiveProperty", "IrreflexiveProperty",
        )
    },
    OWL + "FunctionalProperty": PROPERTY,
    RDF + "Property": PROPERTY,
}  # fmt: skip
# Types that are axioms without being declarations of a term.
_AXIOM_TYPES = (
    "AllDisjointClasses", "AllDisjointProperties", "Restriction", "DeprecatedClass",
    "DeprecatedProperty",
)  # fmt: skip
SUB_CLASS, SUB_PROPERTY = RDFS + "subClassOf", RDFS + "subPropertyOf"
_PREDICATES = (
    SUB_CLASS, SUB_PROPERTY, RDFS + "domain", RDFS + "range", RDFS + "isDefinedBy",
    RDF + "first", RDF + "rest", vocab.DCTERMS + "isReplacedBy",
    *(
        OWL + name
        for name in (
            "equivalentClass", "disjointWith", "disjointUnionOf", "hasKey", "intersectionOf",
            "unionOf", "complementOf", "oneOf", "onProperty", "onClass", "onDataRange",
            "someValuesFrom", "allValuesFrom", "hasValue", "hasSelf", "minCardinality",
            "maxCardinality", "cardinality", "minQualifiedCardinality", "maxQualifiedCardinality",
            "qualifiedCardinality", "equivalentProperty", "propertyDisjointWith", "inverseOf",
            "propertyChainAxiom", "members", "deprecated", "datatypeComplementOf",
        )
    ),
)  # fmt: skip
# What the second term of a statement with this predicate must be, and the first.
_IMPLIED: Mapping[str, tuple[str | None, str | None]] = {
    SUB_CLASS: (CLASS, CLASS),
    OWL + "equivalentClass": (CLASS, CLASS),
    OWL + "disjointWith": (CLASS, CLASS),
    OWL + "hasKey": (CLASS, None),
    RDFS + "domain": (PROPERTY, CLASS),
    RDFS + "range": (PROPERTY, None),
    SUB_PROPERTY: (PROPERTY, PROPERTY),
    OWL + "inverseOf": (OBJECT, OBJECT),
    OWL + "propertyChainAxiom": (OBJECT, None),
}
_READ = """
SELECT ?s ?p ?o WHERE {{
  {{ VALUES ?p {{ {predicates} }} ?s ?p ?o }}
  UNION {{ VALUES ?o {{ {types} }} ?s a ?o BIND(<{type}> AS ?p) }}
}} LIMIT {limit}
"""
_BUILT_IN = (RDF, RDFS, OWL, vocab.XSD)
TYPE = RDF + "type"
_NIL = NamedNode(RDF + "nil")
_TRUE = frozenset(
    Literal(text, datatype=NamedNode(vocab.XSD + "boolean")) for text in ("true", "1")
)
_DEPRECATED = frozenset(NamedNode(OWL + name) for name in _AXIOM_TYPES[-2:])


@dataclass(frozen=True)
class Statement:
    """One triple of the ontology."""

    s: Term
    p: str
    o: Term


@dataclass(frozen=True)
class Schema:
    """What is stated of classes and properties, by subject and by object.

    `is_whole` is False where there is more than a page is made of.
    """

    statements: tuple[Statement, ...] = ()
    is_whole: bool = True

    @cached_property
    def by_subject(self) -> Mapping[Term, tuple[Statement, ...]]:
        """The statements of each subject."""
        return _grouped((each.s, each) for each in self.statements)

    @cached_property
    def by_object(self) -> Mapping[Term, tuple[Statement, ...]]:
        """The statements that point to each term."""
        return _grouped((each.o, each) for each in self.statements)

    @cached_property
    def kinds(self) -> Mapping[str, str]:
        """Each class and property by IRI with its kind; the standards' own are left out."""
        found: dict[str, str] = {}
        for each in self.statements:
            if each.p == TYPE and isinstance(each.o, NamedNode) and each.o.value in KIND_OF:
                _better(found, each.s, KIND_OF[each.o.value])
        for each in self.statements:
            for term, kind in zip((each.s, each.o), _IMPLIED.get(each.p, ()), strict=False):
                if kind is not None and isinstance(term, NamedNode):
                    _better(found, term, kind)
        return found

    def objects(self, subject: Term, predicate: str) -> list[Term]:
        """The values of a property of a subject."""
        return [each.o for each in self.by_subject.get(subject, ()) if each.p == predicate]

    def subjects(self, predicate: str, value: Term) -> list[Term]:
        """The subjects that have a value."""
        return [each.s for each in self.by_object.get(value, ()) if each.p == predicate]

    def members(self, head: Term) -> list[Term]:
        """The members of an RDF list; it may have no end, or come back to itself."""
        found: list[Term] = []
        seen: set[Term] = {_NIL}
        while head not in seen:
            seen.add(head)
            found += self.objects(head, RDF + "first")[:1]
            head = next(iter(self.objects(head, RDF + "rest")), _NIL)
        return found

    def parents(self, iri: str) -> list[str]:
        """The named classes or properties directly above a term."""
        return sorted(
            {
                each.value
                for predicate in (SUB_CLASS, SUB_PROPERTY)
                for each in self.objects(NamedNode(iri), predicate)
                if isinstance(each, NamedNode) and each.value != iri and not is_built_in(each.value)
            }
        )

    def children(self, iri: str) -> list[str]:
        """The named classes or properties directly below a term."""
        return sorted(
            {
                each.value
                for predicate in (SUB_CLASS, SUB_PROPERTY)
                for each in self.subjects(predicate, NamedNode(iri))
                if isinstance(each, NamedNode) and each.value != iri
            }
        )

    def is_deprecated(self, iri: str) -> bool:
        """Whether a term is not to be used any more."""
        node = NamedNode(iri)
        marks = self.objects(node, OWL + "deprecated")
        return not _TRUE.isdisjoint(marks) or not _DEPRECATED.isdisjoint(self.objects(node, TYPE))


class Schemas:
    """The schemas, and counts, of the versions that were asked for last; safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Schema] = {}
        self._counts: dict[tuple[str, Hashable], Mapping[str, int]] = {}

    def counts(
        self, version: str, key: Hashable, count: Callable[[], Mapping[str, int]]
    ) -> Mapping[str, int]:
        """What `count` gives for this key in the data of `version`, counted once."""
        place = (version, key)
        with self._lock:
            known = self._counts.get(place)
        if known is None:
            known = count()
            with self._lock:
                self._counts[place] = known
                for oldest in list(self._counts)[:-_COUNTS_KEPT]:
                    del self._counts[oldest]
        return known

    def of(self, version: str, ask: Ask) -> Schema:
        """The schema of the data of `version`, asked for if it is not known."""
        with self._lock:
            known = self._known.get(version)
        if known is None:
            known = read(ask)
            with self._lock:
                self._known[version] = known
                for oldest in list(self._known)[:-_VERSIONS_KEPT]:
                    del self._known[oldest]
        return known


def read(ask: Ask) -> Schema:
    """The schema that a query without inference finds."""
    types = [*KIND_OF, *(OWL + name for name in _AXIOM_TYPES)]
    rows = ask(
        _READ.format(
            predicates=_listed(_PREDICATES), types=_listed(types), type=TYPE,
            limit=MOST_STATEMENTS + 1,
        )
    )  # fmt: skip
    statements = (
        Statement(row["s"], row["p"].value, row["o"])
        for row in rows[:MOST_STATEMENTS]
        if isinstance(row["p"], NamedNode)
    )
    return Schema(tuple(dict.fromkeys(statements)), len(rows) <= MOST_STATEMENTS)


def is_built_in(iri: str) -> bool:
    """Whether a term is of RDF, RDFS, OWL or XML Schema, which no ontology defines."""
    return iri.startswith(_BUILT_IN)


def _listed(iris: Iterable[str]) -> str:
    return " ".join(f"<{iri}>" for iri in iris)


def _better(found: dict[str, str], term: Term, kind: str) -> None:
    """Note a term's kind, unless a more telling one is known."""
    if isinstance(term, NamedNode) and not is_built_in(term.value):
        known = found.get(term.value)
        if known is None or KINDS.index(kind) < KINDS.index(known):
            found[term.value] = kind


def _grouped(pairs: Iterable[tuple[Term, Statement]]) -> dict[Term, tuple[Statement, ...]]:
    found: dict[Term, list[Statement]] = {}
    for term, statement in pairs:
        found.setdefault(term, []).append(statement)
    return {term: tuple(statements) for term, statements in found.items()}
