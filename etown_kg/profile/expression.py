"""Class expressions, data ranges and property expressions read from triples.

OWL 2 Mapping to RDF Graphs section 3.2 (https://www.w3.org/TR/owl2-mapping-to-rdf/): a
blank node with `owl:onProperty`, `owl:intersectionOf` ... is an expression. Every reader
either returns an `Expression` or raises `MalformedError` with what is wrong; expressions of
full OWL 2 are read, so that those outside RL can be named in a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from rdflib import OWL, RDF, RDFS, XSD, Graph
from rdflib.term import BNode, Literal, Node, URIRef

from etown_kg.profile.grammar import BUILT_IN, DECLARING_TYPES

DEPTH_LIMIT = 150  # nested expressions; the reader recurses, and Python's stack is finite
# Constructors of what is neither a class expression nor a data range; "IRI" is a term in an
# annotation axiom, where OWL 2 gives it no meaning.
NO_RANGES = frozenset(
    {"ObjectProperty", "DataProperty", "AnnotationProperty"}
    | {"ObjectInverseOf", "ObjectPropertyChain"}
    | {"NamedIndividual", "AnonymousIndividual", "Literal", "IRI"}
)


class MalformedError(Exception):
    """Triples that form no expression or axiom. Caught where the axiom is read."""


@dataclass(frozen=True)
class Expression:
    """One node of an axiom in functional style: a constructor over a term or over arguments.

    Named entities, individuals and literals have a `term` and no arguments.
    """

    constructor: str
    term: Node | None = None
    arguments: tuple[Expression, ...] = ()
    cardinality: int | None = None

    def render(self, name: Callable[[Node], str]) -> str:
        """The functional-style syntax, terms written by `name`."""
        if self.term is not None:
            return name(self.term)
        parts = [argument.render(name) for argument in self.arguments]
        if self.cardinality is not None:
            parts.insert(0, str(self.cardinality))
        return f"{self.constructor}({' '.join(parts)})"

    def walk(self) -> Iterable[Expression]:
        """This expression and all within it."""
        yield self
        for argument in self.arguments:
            yield from argument.walk()


# Restrictions: predicate -> constructor without its Object / Data prefix, and whether the
# filler is a class or data range ("range"), an individual or literal ("value"), true ("self")
# or a number ("number", with the qualifying range under onClass / onDataRange).
RESTRICTIONS: Mapping[URIRef, tuple[str, str]] = {
    OWL.someValuesFrom: ("SomeValuesFrom", "range"),
    OWL.allValuesFrom: ("AllValuesFrom", "range"),
    OWL.hasValue: ("HasValue", "value"),
    OWL.hasSelf: ("HasSelf", "self"),
    OWL.minCardinality: ("MinCardinality", "number"),
    OWL.maxCardinality: ("MaxCardinality", "number"),
    OWL.cardinality: ("ExactCardinality", "number"),
    OWL.minQualifiedCardinality: ("MinCardinality", "number"),
    OWL.maxQualifiedCardinality: ("MaxCardinality", "number"),
    OWL.qualifiedCardinality: ("ExactCardinality", "number"),
}
# Connectives: predicate -> constructor without its prefix, and whether its value is a list.
CONNECTIVES: Mapping[URIRef, tuple[str, bool]] = {
    OWL.intersectionOf: ("IntersectionOf", True),
    OWL.unionOf: ("UnionOf", True),
    OWL.complementOf: ("ComplementOf", False),
    OWL.oneOf: ("OneOf", True),
}


class Reader:
    """Reads the expressions of one graph; `used` collects the blank nodes it went through."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.used: set[Node] = set()
        self._open: set[Node] = set()
        self.declared: dict[str, set[Node]] = {kind: set(terms) for kind, terms in BUILT_IN.items()}
        for declaring, kind in DECLARING_TYPES.items():
            self.declared[kind].update(graph.subjects(RDF.type, declaring))

    def begin(self) -> None:
        """Start a new axiom: within one, a blank node may be used once."""
        self._open.clear()

    def is_a(self, term: Node, kind: str) -> bool:
        """Whether `term` is declared (or built in) as an entity of `kind`."""
        return term in self.declared[kind]

    def kind_of(self, term: Node) -> str:
        """The kind of property that `term` is declared as, "" when as none."""
        if isinstance(term, BNode):
            return "ObjectProperty"  # only object properties have anonymous expressions
        kinds = (k for k in ("ObjectProperty", "DataProperty", "AnnotationProperty"))
        return next((kind for kind in kinds if self.is_a(term, kind)), "")

    def property(self, node: Node, guess: str = "ObjectProperty") -> Expression:
        """A property expression; `guess` is the kind of one that is declared as none."""
        if isinstance(node, Literal):
            raise MalformedError(f"the literal {node.n3()} stands where a property must stand")
        if isinstance(node, BNode):
            inverse = self._one(node, OWL.inverseOf, "an anonymous property needs owl:inverseOf")
            self.used.add(node)
            if isinstance(inverse, BNode):
                raise MalformedError("the inverse of an anonymous property is not allowed")
            return Expression("ObjectInverseOf", arguments=(self.property(inverse),))
        return Expression(self.kind_of(node) or guess, node)

    def individual(self, node: Node) -> Expression:
        """An individual or a literal."""
        if isinstance(node, Literal):
            return Expression("Literal", node)
        return Expression(
            "AnonymousIndividual" if isinstance(node, BNode) else "NamedIndividual", node
        )

    def class_expression(self, node: Node, depth: int = 0) -> Expression:
        """The class expression at `node`."""
        if isinstance(node, Literal):
            raise MalformedError(f"the literal {node.n3()} stands where a class must stand")
        if not isinstance(node, BNode):
            return Expression("Class", node)
        self._enter(node, depth)
        if (node, OWL.onProperty, None) in self.graph:
            return self._restriction(node, depth)
        if (node, OWL.onProperties, None) in self.graph:
            raise MalformedError("owl:onProperties asks for n-ary data ranges, which OWL 2 has not")
        for predicate in CONNECTIVES:
            if (node, predicate, None) in self.graph:
                return self.connective(node, predicate, depth)
        raise MalformedError(
            "a blank node stands where a class must stand, and it has neither owl:onProperty "
            "nor owl:intersectionOf, owl:unionOf, owl:complementOf or owl:oneOf"
        )

    def connective(self, node: Node, predicate: URIRef, depth: int = 0) -> Expression:
        """The class expression that `predicate` of CONNECTIVES makes of `node`'s value."""
        constructor, is_list = CONNECTIVES[predicate]
        value = self._one(node, predicate, "")
        nodes = self.items(value) if is_list else [value]
        if predicate == OWL.oneOf:
            parts = tuple(self.individual(item) for item in nodes)
        else:
            parts = tuple(self.class_expression(item, depth + 1) for item in nodes)
        return Expression(f"Object{constructor}", arguments=parts)

    def data_range(self, node: Node, depth: int = 0) -> Expression:
        """The data range at `node`."""
        if isinstance(node, Literal):
            raise MalformedError(f"the literal {node.n3()} stands where a datatype must stand")
        if not isinstance(node, BNode):
            return Expression("Datatype", node)
        self._enter(node, depth)
        if (node, OWL.onDatatype, None) in self.graph:
            base = self._one(node, OWL.onDatatype, "")
            facets = self.items(self._one(node, OWL.withRestrictions, "owl:onDatatype needs it"))
            self.used.update(facets)
            return Expression("DatatypeRestriction", arguments=(Expression("Datatype", base),))
        if (node, OWL.datatypeComplementOf, None) in self.graph:
            inner = self._one(node, OWL.datatypeComplementOf, "")
            return Expression("DataComplementOf", arguments=(self.data_range(inner, depth + 1),))
        for predicate in (OWL.intersectionOf, OWL.unionOf, OWL.oneOf):
            if (node, predicate, None) in self.graph:
                nodes = self.items(self._one(node, predicate, ""))
                if predicate == OWL.oneOf:
                    parts = tuple(self.individual(item) for item in nodes)
                else:
                    parts = tuple(self.data_range(item, depth + 1) for item in nodes)
                return Expression(f"Data{CONNECTIVES[predicate][0]}", arguments=parts)
        raise MalformedError("a blank node stands where a data range must stand, and it is none")

    def is_data_range(self, node: Node) -> bool:
        """Whether `node` is a datatype or a blank node built as a data range."""
        if isinstance(node, BNode):
            return (node, RDF.type, RDFS.Datatype) in self.graph or (
                (node, RDF.type, OWL.DataRange) in self.graph
            )
        return self.is_a(node, "Datatype") or str(node).startswith(str(XSD))

    def items(self, head: Node) -> list[Node]:
        """The members of the RDF list at `head`, which must be well formed."""
        members: list[Node] = []
        seen: set[Node] = set()
        while head != RDF.nil:
            if head in seen:
                raise MalformedError("the list has a cycle")
            if isinstance(head, Literal):
                raise MalformedError(f"the list ends in the literal {head.n3()}, not in rdf:nil")
            seen.add(head)
            members.append(self._one(head, RDF.first, "each cell of a list needs it"))
            head = self._one(head, RDF.rest, "a list ends in rdf:nil")
        self.used.update(seen)
        return members

    def _enter(self, node: Node, depth: int) -> None:
        if node in self._open:
            raise MalformedError("a blank node is used twice in one axiom, or contains itself")
        if depth > DEPTH_LIMIT:
            raise MalformedError(f"expressions are nested more than {DEPTH_LIMIT} deep")
        self._open.add(node)
        self.used.add(node)

    def _one(self, node: Node, predicate: URIRef, why: str) -> Node:
        values = list(self.graph.objects(node, predicate))
        if len(values) != 1:
            reason = f" ({why})" if why else ""
            raise MalformedError(
                f"expected one {self.graph.namespace_manager.normalizeUri(predicate)}"
                f", found {len(values)}{reason}"
            )
        return values[0]

    def _restriction(self, node: Node, depth: int) -> Expression:
        present = [p for p in RESTRICTIONS if (node, p, None) in self.graph]
        if len(present) != 1:
            names = ", ".join(self.graph.namespace_manager.normalizeUri(p) for p in present)
            raise MalformedError(f"a restriction needs one kind of constraint, found {names or 0}")
        constructor, shape = RESTRICTIONS[present[0]]
        on = self._one(node, OWL.onProperty, "a restriction is on one property")
        filler = self._one(node, present[0], "")
        qualifier = self._qualifier(node)
        range_node = filler if shape == "range" else qualifier
        is_data = (
            isinstance(filler, Literal)
            if shape == "value"
            else (range_node is not None and self.is_data_range(range_node))
        )
        prop = self.property(on, "DataProperty" if is_data else "ObjectProperty")
        is_data = prop.constructor == "DataProperty"
        prefix = "Data" if is_data else "Object"
        read = self.data_range if is_data else self.class_expression
        arguments: tuple[Expression, ...] = (prop,)
        number: int | None = None
        if shape == "value":
            arguments += (self.individual(filler),)
        elif range_node is not None:
            arguments += (read(range_node, depth + 1),)
        if shape == "number":
            if not isinstance(filler, Literal) or not isinstance(filler.value, int):
                raise MalformedError("a cardinality must be an xsd:nonNegativeInteger")
            number = filler.value
        return Expression(f"{prefix}{constructor}", arguments=arguments, cardinality=number)

    def _qualifier(self, node: Node) -> Node | None:
        for predicate in (OWL.onClass, OWL.onDataRange):
            if (node, predicate, None) in self.graph:
                return self._one(node, predicate, "")
        return None
