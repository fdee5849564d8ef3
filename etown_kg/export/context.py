"""The JSON-LD context of a graph, made from what its ontology says of its terms.

JSON-LD 1.1 (https://www.w3.org/TR/json-ld11/#context-definitions). It is made for people who
read JSON and not RDF: a term is called by the last part of its IRI, texts are maps from language
to text, references are IRIs in full. No name depends on which facts there are, so that data that
come later change no name.

Where two terms would have one name, the ontology's own comes before those of standard
vocabularies, which keep their prefix (``dcterms:type``).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pyoxigraph import NamedNode, Quad, Triple

from etown_kg import vocab

# What a program asks a graph, without inference, to make its context with `read_context`. A
# property without a range whose values have languages is taken for one of texts.
CONTEXT_QUERY = f"""
PREFIX owl: <{vocab.OWL}>
PREFIX rdf: <{vocab.RDF}>
PREFIX rdfs: <{vocab.RDFS}>
CONSTRUCT {{ ?term ?property ?value }} WHERE {{
  {{
    VALUES ?kind {{
      owl:Class rdfs:Class owl:ObjectProperty owl:DatatypeProperty owl:AnnotationProperty
      rdf:Property
    }}
    VALUES ?property {{ rdf:type rdfs:range }}
    ?term a ?kind ; ?property ?value
  }}
  UNION
  {{
    ?term a owl:DatatypeProperty
    FILTER NOT EXISTS {{ ?term rdfs:range ?range }}
    FILTER EXISTS {{ ?subject ?term ?text FILTER(LANG(?text) != "") }}
    BIND(rdfs:range AS ?property)
    BIND(rdf:langString AS ?value)
  }}
}}
"""

Kind = Literal["class", "reference", "text", "literal"]

_TYPE = NamedNode(vocab.RDF + "type")
_RANGE = NamedNode(vocab.RDFS + "range")
_CLASSES = frozenset({vocab.OWL + "Class", vocab.RDFS + "Class"})
_OBJECT = vocab.OWL + "ObjectProperty"
_ANNOTATION = vocab.OWL + "AnnotationProperty"
_PROPERTIES = frozenset(
    {
        _OBJECT, _ANNOTATION, vocab.OWL + "DatatypeProperty", vocab.RDF + "Property",
    }
)  # fmt: skip
# Ranges that say no more than that there is a literal: a text in some language, as a rule.
_ANY_LITERAL = frozenset({vocab.RDFS + "Literal", vocab.RDF + "langString"})

# Terms of the standards themselves, which no ontology needs to declare.
_STANDARD_TEXTS = (
    *(vocab.RDFS + name for name in ("label", "comment")),
    *(
        vocab.SKOS + name
        for name in (
            "prefLabel", "altLabel", "hiddenLabel", "definition", "note", "scopeNote", "example",
            "editorialNote", "historyNote", "changeNote",
        )
    ),
    *(vocab.DCTERMS + name for name in ("title", "description")),
)  # fmt: skip
_STANDARD_REFERENCES = (
    *(
        vocab.RDFS + name
        for name in ("subClassOf", "subPropertyOf", "domain", "range", "seeAlso", "isDefinedBy")
    ),
    *(
        vocab.OWL + name
        for name in (
            "sameAs", "differentFrom", "inverseOf", "equivalentClass", "equivalentProperty",
            "disjointWith", "imports", "versionIRI",
        )
    ),
    *(
        vocab.SKOS + name
        for name in (
            "broader", "narrower", "related", "inScheme", "topConceptOf", "hasTopConcept",
            "exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch",
        )
    ),
)  # fmt: skip

# Aliases of keywords, which no term may be called.
KEYWORDS: Mapping[str, str] = {"id": "@id", "type": "@type"}
# A name that is neither a keyword (@...) nor a compact IRI.
_NAME = re.compile(r"[^\W\d_][\w.-]*")


@dataclass(frozen=True)
class ContextTerm:
    """What a context says of one IRI.

    `kind` tells what its values are: nothing for a class, IRIs and blank nodes (``reference``),
    texts with a language (``text``), or literals of `datatype`, "" for any.
    """

    name: str
    iri: str
    kind: Kind
    datatype: str = ""

    @property
    def definition(self) -> str | dict[str, Any]:
        """The value in the context (JSON-LD 1.1, 9.15.1, expanded term definition)."""
        if self.kind == "class":
            return self.iri
        if self.kind == "text":
            return {"@id": self.iri, "@container": "@language"}
        if self.kind == "reference":
            return {"@id": self.iri, "@type": "@id"}
        return {"@id": self.iri, "@type": self.datatype} if self.datatype else self.iri


@dataclass(frozen=True)
class Context:
    """Names of terms by IRI, and the prefixes of all other names."""

    terms: Mapping[str, ContextTerm] = field(default_factory=dict)
    prefixes: Mapping[str, str] = field(default_factory=dict)

    def members(self) -> dict[str, Any]:
        """The context as JSON: the value of ``@context``."""
        properties = [term for term in self.terms.values() if term.kind != "class"]
        classes = [term for term in self.terms.values() if term.kind == "class"]
        return {
            "@version": 1.1,
            **KEYWORDS,
            **dict(self.prefixes),
            **{term.name: term.definition for term in sorted(properties, key=lambda t: t.name)},
            **{term.name: term.definition for term in sorted(classes, key=lambda t: t.name)},
        }

    def without(self, prefixes: Collection[str]) -> Context:
        """The context without these prefixes: an IRI of a scheme with such a name is no CURIE."""
        kept = {name: iri for name, iri in self.prefixes.items() if name not in prefixes}
        return replace(self, prefixes=kept)

    def compacted(self, iri: str) -> str:
        """The name of a class or datatype, or its compact IRI, or the IRI where there is none."""
        term = self.terms.get(iri)
        return term.name if term is not None and term.kind == "class" else self.prefixed(iri)

    def prefixed(self, iri: str) -> str:
        """The compact IRI by a prefix; the IRI itself where there is none.

        >>> Context(prefixes={"rdfs": vocab.RDFS}).prefixed(vocab.RDFS + "label")
        'rdfs:label'
        """
        cut = max(iri.rfind("/"), iri.rfind("#")) + 1
        prefix = self._by_namespace.get(iri[:cut])
        return f"{prefix}:{iri[cut:]}" if prefix is not None and iri[cut:] else iri

    @property
    def _by_namespace(self) -> Mapping[str, str]:
        found: Mapping[str, str] | None = self.__dict__.get("_namespaces")
        if found is None:
            found = {iri: name for name, iri in self.prefixes.items()}
            object.__setattr__(self, "_namespaces", found)
        return found


def read_context(
    statements: Iterable[Triple | Quad], prefixes: Mapping[str, str] = vocab.PREFIXES
) -> Context:
    """The context of a graph with these statements; only what `CONTEXT_QUERY` gives counts.

    >>> read_context(()).terms[vocab.RDFS + "label"].definition["@container"]
    '@language'
    """
    types: dict[str, set[str]] = defaultdict(set)
    ranges: dict[str, set[str]] = defaultdict(set)
    for statement in statements:
        subject, value = statement.subject, statement.object
        if not isinstance(subject, NamedNode) or not isinstance(value, NamedNode):
            continue
        if statement.predicate == _TYPE:
            types[subject.value].add(value.value)
        elif statement.predicate == _RANGE:
            ranges[subject.value].add(value.value)
    kinds: dict[str, ContextTerm] = {
        iri: ContextTerm("", iri, kind) for kind, iris in _STANDARD.items() for iri in iris
    }
    for iri, named in types.items():
        described = _described(iri, named, ranges.get(iri, set()))
        if described is not None and (iri not in kinds or named & _CLASSES):
            kinds[iri] = described
    order = [vocab.TERMS, *(space for space in prefixes.values() if space != vocab.TERMS)]
    terms: dict[str, ContextTerm] = {}
    taken: set[str] = set(KEYWORDS)
    for iri in sorted(kinds, key=lambda iri: (_rank(iri, order), iri)):
        name = iri[_namespace_end(iri) :]
        if _NAME.fullmatch(name) and name not in taken:
            taken.add(name)
            terms[iri] = replace(kinds[iri], name=name)
    # A name that is a term's is no prefix: `indicator` is a property before it is a code list.
    free = {name: space for name, space in prefixes.items() if name not in taken}
    return Context(terms, free)


_STANDARD: Mapping[Kind, tuple[str, ...]] = {
    "text": _STANDARD_TEXTS,
    "reference": _STANDARD_REFERENCES,
}


def _described(iri: str, types: Collection[str], ranges: Collection[str]) -> ContextTerm | None:
    """What the values of a declared term are; None for what is neither property nor class."""
    if _OBJECT in types:
        return ContextTerm("", iri, "reference")
    if _PROPERTIES.intersection(types):
        datatypes = sorted(each for each in ranges if each.startswith(vocab.XSD))
        if len(datatypes) == 1:
            # Plain strings need no type.
            datatype = "" if datatypes[0] == vocab.XSD + "string" else datatypes[0]
            return ContextTerm("", iri, "literal", datatype)
        if _ANY_LITERAL.intersection(ranges) or (not ranges and _ANNOTATION in types):
            return ContextTerm("", iri, "text")
        return ContextTerm("", iri, "literal")
    return ContextTerm("", iri, "class") if _CLASSES.intersection(types) else None


def _rank(iri: str, order: list[str]) -> int:
    """The ontology's own terms first, then those of the prefixes in their order."""
    namespace = iri[: _namespace_end(iri)]
    return order.index(namespace) if namespace in order else 0


def _namespace_end(iri: str) -> int:
    return max(iri.rfind("/"), iri.rfind("#")) + 1
