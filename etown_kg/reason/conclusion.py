"""A conclusion read as axioms: which triples describe an expression, and which claim something.

Follows the mapping from RDF graphs to the structure of OWL 2
(https://www.w3.org/TR/owl2-mapping-to-rdf/#Mapping_from_RDF_Graphs_to_the_Structural_Specification)
as far as refutation needs it: class expressions, inverse properties and lists are nodes without a
name, an axiom is a triple that speaks of them, or a node with a few triples of its own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from secrets import token_hex
from typing import NamedTuple

from etown_kg.reason.matching import TermTriple
from etown_kg.reason.syntax import iri
from etown_kg.vocab import OWL, RDF, RDFS

_PREFIXES = {"rdf": RDF, "rdfs": RDFS, "owl": OWL}


def term_of(word: str) -> bytes:
    """`owl:Class`, or `a` for rdf:type, as a term."""
    if word == "a":
        return TYPE
    prefix, _, name = word.partition(":")
    return iri(_PREFIXES[prefix] + name)


def _terms(*words: str) -> frozenset[bytes]:
    return frozenset(map(term_of, words))


TYPE = iri(RDF + "type")
THING = iri(OWL + "Thing")
_FIRST, _REST, _NIL = term_of("rdf:first"), term_of("rdf:rest"), term_of("rdf:nil")
_INVERSE_OF = term_of("owl:inverseOf")
ASSERTION_PROPERTY = term_of("owl:assertionProperty")
# What makes a node without a name a class expression, and what else belongs to one.
BOOLEANS = _terms("owl:intersectionOf", "owl:unionOf", "owl:complementOf", "owl:oneOf")
_CONSTRUCTORS = BOOLEANS | _terms("owl:onProperty")
_FACETS = _terms(
    "owl:someValuesFrom", "owl:allValuesFrom", "owl:hasValue", "owl:hasSelf", "owl:onClass",
    "owl:onDataRange", "owl:minCardinality", "owl:maxCardinality", "owl:cardinality",
    "owl:minQualifiedCardinality", "owl:maxQualifiedCardinality", "owl:qualifiedCardinality",
)  # fmt: skip
_EXPRESSION_TYPES = _terms(
    "owl:Class", "rdfs:Class", "owl:Restriction", "rdfs:Datatype", "owl:DataRange"
)
_DECLARATION_TYPES = _terms(
    "owl:Class", "rdfs:Class", "rdfs:Datatype", "owl:ObjectProperty", "owl:DatatypeProperty",
    "owl:AnnotationProperty", "owl:OntologyProperty", "rdf:Property", "owl:NamedIndividual",
    "owl:DataRange", "owl:Restriction",
)  # fmt: skip
_ONTOLOGY = term_of("owl:Ontology")
_HEADER = _terms(
    "owl:imports", "owl:versionIRI", "owl:versionInfo", "owl:priorVersion",
    "owl:backwardCompatibleWith", "owl:incompatibleWith",
)  # fmt: skip
# The lists whose members are pairwise something: holder class, and what each pair is.
_PAIRWISE = {
    term_of("owl:AllDifferent"): term_of("owl:differentFrom"),
    term_of("owl:AllDisjointClasses"): term_of("owl:disjointWith"),
    term_of("owl:AllDisjointProperties"): term_of("owl:propertyDisjointWith"),
}
_PAIRWISE_LISTS = _terms("owl:members", "owl:distinctMembers")
# What a node is described by, and what has a list for its value.
_DESCRIBING = _CONSTRUCTORS | _FACETS | {_FIRST, _REST, _INVERSE_OF}
_LISTING = (
    BOOLEANS
    | _PAIRWISE_LISTS
    | _terms("owl:propertyChainAxiom", "owl:hasKey", "owl:disjointUnionOf")
)
# Longer lists have too many pairs to refute each.
MAX_PAIRWISE = 64


class Axiom(NamedTuple):
    """One claim: the triple it is about, or all triples of its node."""

    triples: tuple[TermTriple, ...]


def is_blank(term: bytes) -> bool:
    """Whether a term is a blank node."""
    return term.startswith(b"_:")


def fresh_label(word: str) -> bytes:
    """The start of blank node labels that nothing else has: random, as a premise may be anything.

    >>> fresh_label("supposed") == fresh_label("supposed")
    False
    """
    return f"_:{word}-{token_hex(6)}".encode()


def relabelled(triples: Iterable[TermTriple]) -> list[TermTriple]:
    """The triples, blank nodes named so that no premise has the same label."""
    mark = fresh_label("concluded")

    def own(term: bytes) -> bytes:
        return mark + b"-" + term[2:] if is_blank(term) else term

    return sorted((own(s), own(p), own(o)) for s, p, o in triples)


class Split(NamedTuple):
    """What a conclusion claims, and what it says without claiming: header and declarations."""

    claims: list[TermTriple]
    formalities: list[TermTriple]


def split(triples: Sequence[TermTriple]) -> Split:
    """Part the header and the declarations from the claims.

    A header is no axiom; a declaration tells what kind of name a term is, for whoever reads the
    axioms beside it (OWL 2 Structural Specification, sections 3 and 5.8). A declaration of a term
    that no axiom uses is a claim: that the term is an instance of, say, owl:Class.
    """
    ontologies = {s for s, p, o in triples if p == TYPE and o == _ONTOLOGY}

    def is_header(triple: TermTriple) -> bool:
        s, p, o = triple
        return s in ontologies and (p in _HEADER or (p == TYPE and o == _ONTOLOGY))

    def is_declaration(triple: TermTriple) -> bool:
        return triple[1] == TYPE and triple[2] in _DECLARATION_TYPES

    used = {
        term
        for triple in triples
        if not is_header(triple) and not is_declaration(triple)
        for term in triple
    }
    claims: list[TermTriple] = []
    formalities: list[TermTriple] = []
    for triple in triples:
        is_formal = is_header(triple) or (is_declaration(triple) and triple[0] in used)
        (formalities if is_formal and not is_described(triple[0], triples) else claims).append(
            triple
        )
    return Split(claims, formalities)


def is_described(node: bytes, triples: Sequence[TermTriple]) -> bool:
    """Whether a node is a class expression, which its types help to recognise."""
    return is_blank(node) and any(s == node and p in _CONSTRUCTORS for s, p, _ in triples)


def _circular(triples: Sequence[TermTriple]) -> frozenset[bytes]:
    """The nodes without a name whose description leads round to what it describes.

    No expression is a part of itself (OWL 2 Mapping to RDF Graphs, section 3): such triples
    describe nothing, and are claimed as they stand.
    """
    parts: dict[bytes, set[bytes]] = defaultdict(set)
    wholes: dict[bytes, set[bytes]] = defaultdict(set)
    for s, p, o in triples:
        if p in _DESCRIBING and is_blank(s) and is_blank(o):
            parts[s].add(o)
            wholes[o].add(s)
    plain = [node for node in wholes if node not in parts]
    while plain:
        part = plain.pop()
        for whole in wholes.get(part, ()):
            parts[whole].discard(part)
            if not parts[whole]:
                del parts[whole]
                plain.append(whole)
    return frozenset(parts)


class Conclusion:
    """The triples of a conclusion by subject, and what they describe."""

    def __init__(self, triples: Sequence[TermTriple]) -> None:
        self.triples = triples
        self._values: dict[bytes, dict[bytes, bytes]] = defaultdict(dict)
        for s, p, o in triples:
            self._values[s].setdefault(p, o)
        self._circular = _circular(triples)
        self._cells = self._list_cells()

    def _list_cells(self) -> frozenset[bytes]:
        """The nodes without a name that make up the lists of axioms and expressions."""
        cells: set[bytes] = set()
        listed = {o for _, p, o in self.triples if p in _LISTING and is_blank(o)}
        for head in listed:
            own: list[bytes] = []
            while head in self._values and is_blank(head) and head not in self._circular:
                own.append(head)
                head = self._values[head].get(_REST, b"")
            if head == _NIL:
                cells.update(own)
        # One with two values, or without a first, describes no list.
        parts = Counter((s, p) for s, p, _ in self.triples if p in (_FIRST, _REST))
        return frozenset(
            cell for cell in cells if parts[cell, _FIRST] == 1 and parts[cell, _REST] == 1
        )

    def value(self, node: bytes, word: str) -> bytes | None:
        """The value of a property of a node."""
        return self._values.get(node, {}).get(term_of(word))

    def is_expression(self, node: bytes) -> bool:
        """Whether a node without a name describes a class."""
        return (
            is_blank(node)
            and node not in self._circular
            and bool(_CONSTRUCTORS & set(self._values.get(node, ())))
        )

    def is_inverse(self, node: bytes) -> bool:
        """Whether a node without a name stands for the inverse of a property."""
        return (
            is_blank(node)
            and node not in self._circular
            and _INVERSE_OF in self._values.get(node, ())
        )

    def inverses(self) -> list[TermTriple]:
        """The triples of inverse properties without a name."""
        return [t for t in self.triples if t[1] == _INVERSE_OF and self.is_inverse(t[0])]

    def members(self, head: bytes) -> list[bytes] | None:
        """The members of a list; None if it is none, or is longer than MAX_PAIRWISE."""
        found: list[bytes] = []
        while head != _NIL:
            cell = self._values.get(head, {})
            if _FIRST not in cell or _REST not in cell or len(found) > MAX_PAIRWISE:
                return None
            found.append(cell[_FIRST])
            head = cell[_REST]
        return found

    def axioms(self) -> Iterator[Axiom]:
        """The claims: what is left when the descriptions are taken away."""
        nodes = {s for s, p, _ in self.triples if p == ASSERTION_PROPERTY}
        for node in sorted(nodes):
            yield Axiom(tuple(t for t in self.triples if t[0] == node))
        for triple in self.triples:
            s, p, o = triple
            is_cell = p in (_FIRST, _REST) or (p == TYPE and o == term_of("rdf:List"))
            if s in nodes or (is_cell and s in self._cells):
                continue
            if self.is_expression(s) and (
                p in _CONSTRUCTORS | _FACETS or (p == TYPE and o in _EXPRESSION_TYPES)
            ):
                continue
            if self.is_inverse(s) and p in (_INVERSE_OF, TYPE):
                continue
            if self._is_pairwise(s):
                if p in _PAIRWISE_LISTS:
                    yield from self._pairs(s, o)
                continue
            yield Axiom((triple,))

    def _is_pairwise(self, node: bytes) -> bool:
        return is_blank(node) and self._values.get(node, {}).get(TYPE) in _PAIRWISE

    def _pairs(self, node: bytes, head: bytes) -> Iterator[Axiom]:
        relation = _PAIRWISE[self._values[node][TYPE]]
        members = self.members(head)
        if members is None:
            # It cannot be read: claimed as it stands, which nothing will show.
            yield Axiom(tuple(t for t in self.triples if t[0] == node))
            return
        for i, one in enumerate(members):
            for other in members[i + 1 :]:
                yield Axiom(((one, relation, other),))
