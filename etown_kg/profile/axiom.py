"""Axioms read from triples, OWL 2 Mapping to RDF Graphs section 3.2.5.

`READERS` is the table: predicate of the main triple -> the function that reads its axiom.
Axioms outside RL are read like the others; whether they are allowed is not decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rdflib import OWL, RDF, RDFS, XSD
from rdflib.term import BNode, Literal, Node, URIRef

from etown_kg.profile.expression import CONNECTIVES, Expression, MalformedError, Reader
from etown_kg.profile.grammar import CHARACTERISTICS, SYNTAX_PREDICATES, SYNTAX_TYPES


@dataclass(frozen=True)
class Axiom:
    """An axiom in functional style. `problem` says why its triples form none, else ""."""

    kind: str
    arguments: tuple[Expression, ...]
    problem: str = ""

    def render(self, name: Callable[[Node], str]) -> str:
        """The functional-style syntax, terms written by `name`."""
        shown = " ".join(argument.render(name) for argument in self.arguments)
        return f"{self.kind}({shown})"

    def walk(self) -> Iterator[Expression]:
        """All expressions of the axiom."""
        for argument in self.arguments:
            yield from argument.walk()


Read = Callable[[Reader, Node, Node], Axiom]


def read_axioms(reader: Reader) -> Iterator[Axiom]:
    """All axioms and assertions of the reader's graph, malformed ones with their problem.

    Declarations, annotations and the syntax of expressions and lists give no axiom.
    """
    for s, p, o in sorted(reader.graph, key=_order):
        read = _reader_of(reader, s, p, o)
        if read is None:
            continue
        reader.begin()
        try:
            yield read(reader, s, o)
        except MalformedError as error:
            shown = tuple(_shallow(term) for term in (s, p, o))
            yield Axiom("Triple", shown, problem=str(error))


def _order(triple: tuple[Node, Node, Node]) -> tuple[str, str, str]:
    s, p, o = triple
    return (_n3(s), _n3(p), _n3(o))


def _reader_of(reader: Reader, s: Node, p: Node, o: Node) -> Read | None:
    if not isinstance(p, URIRef):
        return None
    if p == RDF.type:
        return _type_reader(reader, s, o)
    if p in CONNECTIVES and isinstance(s, URIRef):
        return _connective(p)
    if p == OWL.inverseOf and isinstance(s, BNode):
        return None  # an anonymous inverse: part of an expression
    if p in READERS:
        return READERS[p]
    return None if p in SYNTAX_PREDICATES else _assertion_reader(reader, s, p)


def _shallow(term: Node) -> Expression:
    return Expression("Literal" if isinstance(term, Literal) else "NamedIndividual", term)


def _sub_class_of(reader: Reader, s: Node, o: Node) -> Axiom:
    return Axiom("SubClassOf", (reader.class_expression(s), reader.class_expression(o)))


def _equivalent_class(reader: Reader, s: Node, o: Node) -> Axiom:
    if reader.is_data_range(s) and not reader.is_a(s, "Class"):
        return Axiom("DatatypeDefinition", (Expression("Datatype", s), reader.data_range(o)))
    return Axiom("EquivalentClasses", (reader.class_expression(s), reader.class_expression(o)))


def _disjoint_with(reader: Reader, s: Node, o: Node) -> Axiom:
    return Axiom("DisjointClasses", (reader.class_expression(s), reader.class_expression(o)))


def _disjoint_union(reader: Reader, s: Node, o: Node) -> Axiom:
    parts = tuple(reader.class_expression(item) for item in reader.items(o))
    return Axiom("DisjointUnion", (reader.class_expression(s), *parts))


def _connective(predicate: URIRef) -> Read:
    """OWL 1's way to define a named class: the connective right on its IRI (Table 17)."""

    def read(reader: Reader, s: Node, _: Node) -> Axiom:
        return Axiom("EquivalentClasses", (Expression("Class", s), reader.connective(s, predicate)))

    return read


def _properties(reader: Reader, nodes: list[Node], kinds: str) -> tuple[Expression, ...]:
    """Property expressions that must all be of one kind of `kinds`, separated by spaces."""
    known = [reader.property(node) for node in nodes if reader.kind_of(node)]
    guess = known[0].constructor if known else "ObjectProperty"
    read = tuple(reader.property(node, _plain(guess)) for node in nodes)
    found = {_plain(expression.constructor) for expression in read}
    if len(found) > 1 or not found <= set(kinds.split()):
        raise MalformedError(
            f"expected properties of one kind ({kinds.replace(' ', ' or ')}), "
            f"found {' and '.join(sorted(found))}"
        )
    return read


def _plain(constructor: str) -> str:
    return "ObjectProperty" if constructor == "ObjectInverseOf" else constructor


ANY_PROPERTY = "ObjectProperty DataProperty AnnotationProperty"
LOGICAL_PROPERTY = "ObjectProperty DataProperty"


def _two_properties(name: str, kinds: str) -> Read:
    """An axiom over two properties of one kind; `{}` in `name` takes the kind."""

    def read(reader: Reader, s: Node, o: Node) -> Axiom:
        pair = _properties(reader, [s, o], kinds)
        return Axiom(name.format(_plain(pair[0].constructor).removesuffix("Property")), pair)

    return read


def _chain(reader: Reader, s: Node, o: Node) -> Axiom:
    links = _properties(reader, [*reader.items(o), s], "ObjectProperty")
    if len(links) < 3:
        raise MalformedError("a property chain needs two properties or more")
    chain = Expression("ObjectPropertyChain", arguments=links[:-1])
    return Axiom("SubObjectPropertyOf", (chain, links[-1]))


def _domain(reader: Reader, s: Node, o: Node) -> Axiom:
    prop = _properties(reader, [s], ANY_PROPERTY)[0]
    kind = _plain(prop.constructor)
    if kind == "AnnotationProperty":
        return Axiom("AnnotationPropertyDomain", (prop, _iri(o)))
    return Axiom(f"{kind}Domain", (prop, reader.class_expression(o)))


def _range(reader: Reader, s: Node, o: Node) -> Axiom:
    guess = "DataProperty" if reader.is_data_range(o) else "ObjectProperty"
    prop = reader.property(s, guess)
    kind = _plain(prop.constructor)
    if kind == "AnnotationProperty":
        return Axiom("AnnotationPropertyRange", (prop, _iri(o)))
    if kind == "DataProperty":
        return Axiom("DataPropertyRange", (prop, reader.data_range(o)))
    return Axiom("ObjectPropertyRange", (prop, reader.class_expression(o)))


def _iri(node: Node) -> Expression:
    if not isinstance(node, URIRef):
        raise MalformedError("the domain or range of an annotation property must be an IRI")
    return Expression("IRI", node)


def _has_key(reader: Reader, s: Node, o: Node) -> Axiom:
    keys = tuple(reader.property(item) for item in reader.items(o))
    if not keys:
        raise MalformedError("a key needs one property or more")
    if any(key.constructor == "AnnotationProperty" for key in keys):
        raise MalformedError("a key must not hold an annotation property")
    return Axiom("HasKey", (reader.class_expression(s), *keys))


def _individuals(kind: str) -> Read:
    def read(reader: Reader, s: Node, o: Node) -> Axiom:
        if isinstance(o, Literal):
            raise MalformedError(f"the literal {o.n3()} stands where an individual must stand")
        return Axiom(kind, (reader.individual(s), reader.individual(o)))

    return read


READERS: Mapping[URIRef, Read] = {
    RDFS.subClassOf: _sub_class_of,
    OWL.equivalentClass: _equivalent_class,
    OWL.disjointWith: _disjoint_with,
    OWL.disjointUnionOf: _disjoint_union,
    RDFS.subPropertyOf: _two_properties("Sub{}PropertyOf", ANY_PROPERTY),
    OWL.equivalentProperty: _two_properties("Equivalent{}Properties", LOGICAL_PROPERTY),
    OWL.propertyDisjointWith: _two_properties("Disjoint{}Properties", LOGICAL_PROPERTY),
    OWL.inverseOf: _two_properties("Inverse{}Properties", "ObjectProperty"),
    OWL.propertyChainAxiom: _chain,
    RDFS.domain: _domain,
    RDFS.range: _range,
    OWL.hasKey: _has_key,
    OWL.sameAs: _individuals("SameIndividual"),
    OWL.differentFrom: _individuals("DifferentIndividuals"),
}


def _type_reader(reader: Reader, s: Node, o: Node) -> Read | None:
    """How to read `s rdf:type o`; None for declarations and the syntax of expressions."""
    if isinstance(o, URIRef):
        if o in CHARACTERISTICS:
            return _characteristic
        if o in GROUPS:
            return GROUPS[o]
        if o in SYNTAX_TYPES:
            return None
    return _class_assertion


def _characteristic(reader: Reader, s: Node, o: Node) -> Axiom:
    kinds = CHARACTERISTICS[URIRef(str(o))]
    prop = _properties(reader, [s], " ".join(kinds))[0]
    return Axiom(kinds[_plain(prop.constructor)], (prop,))


def _class_assertion(reader: Reader, s: Node, o: Node) -> Axiom:
    if isinstance(o, URIRef) and reader.is_a(o, "Datatype") and not reader.is_a(o, "Class"):
        raise MalformedError("a datatype has no members that are individuals")
    return Axiom("ClassAssertion", (reader.class_expression(o), reader.individual(s)))


def _members(reader: Reader, s: Node, kind: str) -> list[Node]:
    heads = [o for p in (OWL.members, OWL.distinctMembers) for o in reader.graph.objects(s, p)]
    if len(heads) != 1:
        raise MalformedError(f"{kind} needs one list of members, found {len(heads)}")
    items = reader.items(heads[0])
    if len(items) < 2:
        raise MalformedError(f"{kind} needs two members or more, found {len(items)}")
    return items


def _all_disjoint_classes(reader: Reader, s: Node, _: Node) -> Axiom:
    items = _members(reader, s, "owl:AllDisjointClasses")
    return Axiom("DisjointClasses", tuple(reader.class_expression(item) for item in items))


def _all_disjoint_properties(reader: Reader, s: Node, _: Node) -> Axiom:
    found = _properties(reader, _members(reader, s, "owl:AllDisjointProperties"), LOGICAL_PROPERTY)
    kind = _plain(found[0].constructor).removesuffix("Property")
    return Axiom(f"Disjoint{kind}Properties", found)


def _all_different(reader: Reader, s: Node, _: Node) -> Axiom:
    items = _members(reader, s, "owl:AllDifferent")
    return Axiom("DifferentIndividuals", tuple(reader.individual(item) for item in items))


def _negative_assertion(reader: Reader, s: Node, _: Node) -> Axiom:
    def one(*predicates: URIRef) -> Node:
        found = [o for p in predicates for o in reader.graph.objects(s, p)]
        if len(found) != 1:
            names = " or ".join(f"owl:{str(p).rpartition('#')[2]}" for p in predicates)
            raise MalformedError(f"a negative assertion needs one {names}, found {len(found)}")
        return found[0]

    target = one(OWL.targetIndividual, OWL.targetValue)
    guess = "DataProperty" if isinstance(target, Literal) else "ObjectProperty"
    prop = reader.property(one(OWL.assertionProperty), guess)
    source = reader.individual(one(OWL.sourceIndividual))
    return Axiom(
        f"Negative{_plain(prop.constructor)}Assertion", (prop, source, reader.individual(target))
    )


GROUPS: Mapping[URIRef, Read] = {
    OWL.AllDisjointClasses: _all_disjoint_classes,
    OWL.AllDisjointProperties: _all_disjoint_properties,
    OWL.AllDifferent: _all_different,
    OWL.NegativePropertyAssertion: _negative_assertion,
}


def _assertion_reader(reader: Reader, s: Node, p: Node) -> Read | None:
    """How to read `s p o` of an ordinary property; None for annotations."""
    kind = reader.kind_of(p)
    is_facet = isinstance(s, BNode) and str(p).startswith(str(XSD))
    if kind == "AnnotationProperty" or is_facet:
        return None

    def read(reader: Reader, s: Node, o: Node) -> Axiom:
        is_literal = isinstance(o, Literal)
        if kind and is_literal != (kind == "DataProperty"):
            expected = "a literal" if kind == "DataProperty" else "an individual"
            found = "the literal" if is_literal else "the individual"
            raise MalformedError(f"expected {expected} of this property, found {found} {_n3(o)}")
        prop = reader.property(p, "DataProperty" if is_literal else "ObjectProperty")
        return Axiom(
            f"{prop.constructor}Assertion", (prop, reader.individual(s), reader.individual(o))
        )

    return read


def _n3(term: Node) -> str:
    return str(term.n3())
