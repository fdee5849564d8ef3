"""Random ontologies for hypothesis: small, and nasty on purpose.

Names are few, so that axioms meet; every name serves as individual, class and property (punning).
Restrictions name restrictions, lists may hold any name, sameAs may hit classes, properties and
restrictions, literals have one value in several spellings, or none, and now and then the
vocabulary of RDF and OWL is spoken about.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from rdflib import OWL, RDF, RDFS, XSD, BNode, Literal, URIRef

from tests.reason.naive import Term, Triple

NAMES: list[Term] = [URIRef(f"http://example.org/{letter}") for letter in "abcdefgh"]
PROPERTIES = NAMES[4:]
CLASSES: list[Term] = [*NAMES[:4], *(BNode(f"r{number}") for number in range(3))]
LITERALS: list[Term] = [
    *(
        Literal(lexical, datatype=datatype, normalize=False)
        for lexical, datatype in (
            ("1", XSD.integer),
            ("01", XSD.byte),
            ("1.0", XSD.decimal),
            ("2", XSD.integer),
            ("x", XSD.integer),
            ("true", XSD.boolean),
            ("2022-01-01", XSD.date),
            ("1", URIRef("http://example.org/unit")),
        )
    ),
    Literal("a"),
    Literal("b"),
    Literal("a", lang="en"),
    Literal("a", datatype=XSD.token),
]

Triples = list[Triple]

names = st.sampled_from(NAMES)
properties = st.sampled_from(PROPERTIES)
classes = st.sampled_from(CLASSES)
individuals = st.sampled_from(NAMES[:4] + NAMES[:2] + [BNode("r0")])
values = st.one_of(individuals, st.sampled_from(LITERALS))
# Restriction nodes: mostly blank, sometimes named.
restrictions = st.sampled_from([*CLASSES[4:], NAMES[3]])


def triple(
    s: SearchStrategy[Term], p: SearchStrategy[Term] | Term, o: SearchStrategy[Term] | Term
) -> SearchStrategy[Triples]:
    """One triple, of strategies or fixed terms."""
    parts = [part if isinstance(part, SearchStrategy) else st.just(part) for part in (s, p, o)]
    return st.tuples(*parts).map(lambda terms: [(terms[0], terms[1], terms[2])])


def write_list(head: Term, members: list[Term]) -> Triples:
    """The triples of a well-formed list that starts at `head`; `members` is not empty."""
    cells = [head, *(BNode(f"{head}.{k}") for k in range(1, len(members)))]
    rests = [*cells[1:], RDF.nil]
    return [
        found
        for cell, member, rest in zip(cells, members, rests, strict=True)
        for found in ((cell, RDF.first, member), (cell, RDF.rest, rest))
    ]


@st.composite
def listed(
    draw: st.DrawFn, owner: SearchStrategy[Term], predicate: URIRef, member: SearchStrategy[Term]
) -> Triples:
    """`owner predicate (members)`, with one to three members."""
    head = BNode(f"l{draw(st.integers(0, 10**9))}")
    members = draw(st.lists(member, min_size=1, max_size=3))
    return [(draw(owner), predicate, head), *write_list(head, members)]


@st.composite
def pairwise(
    draw: st.DrawFn, kind: URIRef, predicate: URIRef, member: SearchStrategy[Term]
) -> Triples:
    """AllDifferent and its kin, with two or three members."""
    number = draw(st.integers(0, 10**9))
    axiom, head = BNode(f"x{number}"), BNode(f"l{number}")
    members = draw(st.lists(member, min_size=2, max_size=3))
    return [(axiom, RDF.type, kind), (axiom, predicate, head), *write_list(head, members)]


@st.composite
def restriction(draw: st.DrawFn, predicate: URIRef, filler: SearchStrategy[Term]) -> Triples:
    node = draw(restrictions)
    return [(node, OWL.onProperty, draw(properties)), (node, predicate, draw(filler))]


@st.composite
def cardinality(draw: st.DrawFn) -> Triples:
    node = draw(restrictions)
    datatype = draw(st.sampled_from([XSD.nonNegativeInteger, XSD.integer]))
    number = Literal(draw(st.sampled_from("011")), datatype=datatype)
    if draw(st.booleans()):
        return [(node, OWL.onProperty, draw(properties)), (node, OWL.maxCardinality, number)]
    return [
        (node, OWL.onProperty, draw(properties)),
        (node, OWL.maxQualifiedCardinality, number),
        (node, OWL.onClass, draw(st.one_of(classes, st.just(OWL.Thing)))),
    ]


@st.composite
def negative_assertion(draw: st.DrawFn) -> Triples:
    node = BNode(f"n{draw(st.integers(0, 10**9))}")
    target = draw(values)
    is_literal = isinstance(target, Literal)
    return [
        (node, OWL.sourceIndividual, draw(individuals)),
        (node, OWL.assertionProperty, draw(properties)),
        (node, OWL.targetValue if is_literal else OWL.targetIndividual, target),
    ]


def kinds(*iris: URIRef) -> SearchStrategy[Term]:
    return st.sampled_from(list(iris))


facts: SearchStrategy[Triples] = st.one_of(
    triple(individuals, properties, values),
    triple(individuals, properties, individuals),
    triple(individuals, RDF.type, classes),
)
schema: SearchStrategy[Triples] = st.one_of(
    triple(classes, RDFS.subClassOf, classes),
    triple(classes, OWL.equivalentClass, classes),
    triple(properties, RDFS.subPropertyOf, properties),
    triple(properties, OWL.equivalentProperty, properties),
    triple(properties, OWL.inverseOf, properties),
    triple(properties, kinds(RDFS.domain, RDFS.range), classes),
    triple(
        properties,
        RDF.type,
        kinds(OWL.SymmetricProperty, OWL.TransitiveProperty, OWL.InverseFunctionalProperty),
    ),
    triple(properties, RDF.type, kinds(OWL.ObjectProperty, OWL.FunctionalProperty)),
    triple(classes, RDF.type, kinds(OWL.Class)),
    listed(properties, OWL.propertyChainAxiom, properties),
    listed(classes, OWL.hasKey, properties),
    listed(classes, OWL.intersectionOf, classes),
    listed(classes, OWL.unionOf, classes),
    listed(classes, OWL.oneOf, individuals),
    restriction(OWL.someValuesFrom, st.one_of(classes, st.just(OWL.Thing))),
    restriction(OWL.allValuesFrom, classes),
    restriction(OWL.hasValue, values),
    cardinality(),
)
equalities: SearchStrategy[Triples] = st.one_of(
    triple(individuals, OWL.sameAs, individuals),
    triple(names, OWL.sameAs, names),
    triple(classes, OWL.sameAs, classes),
    triple(individuals, OWL.sameAs, values),
)
clashes: SearchStrategy[Triples] = st.one_of(
    triple(classes, kinds(OWL.disjointWith, OWL.complementOf), classes),
    triple(properties, OWL.propertyDisjointWith, properties),
    triple(properties, RDF.type, kinds(OWL.AsymmetricProperty, OWL.IrreflexiveProperty)),
    triple(individuals, OWL.differentFrom, individuals),
    triple(classes, RDFS.subClassOf, OWL.Nothing),
    triple(properties, RDFS.range, kinds(XSD.integer, XSD.byte, XSD.string, RDFS.Literal)),
    pairwise(OWL.AllDifferent, OWL.members, individuals),
    pairwise(OWL.AllDifferent, OWL.distinctMembers, individuals),
    pairwise(OWL.AllDisjointClasses, OWL.members, classes),
    pairwise(OWL.AllDisjointProperties, OWL.members, properties),
    negative_assertion(),
)
# Without owl:sameAs, whose aliases have tests of their own (test_hostile.py).
_SPOKEN_ABOUT = kinds(
    RDF.type,
    RDFS.subClassOf,
    RDFS.subPropertyOf,
    RDFS.domain,
    OWL.inverseOf,
    OWL.equivalentClass,
    OWL.Thing,
    OWL.Nothing,
    OWL.Class,
    OWL.onProperty,
    OWL.TransitiveProperty,
    OWL.FunctionalProperty,
    RDFS.label,
)
strange: SearchStrategy[Triples] = st.one_of(
    triple(_SPOKEN_ABOUT, RDFS.subPropertyOf, st.one_of(properties, _SPOKEN_ABOUT)),
    triple(properties, RDFS.subPropertyOf, _SPOKEN_ABOUT),
    triple(_SPOKEN_ABOUT, kinds(RDFS.domain, RDFS.range, RDFS.subClassOf), classes),
    triple(classes, RDFS.subClassOf, _SPOKEN_ABOUT),
    triple(_SPOKEN_ABOUT, RDF.type, kinds(OWL.SymmetricProperty, OWL.TransitiveProperty)),
    triple(names, OWL.sameAs, _SPOKEN_ABOUT),
    triple(individuals, RDF.type, _SPOKEN_ABOUT),
    triple(properties, OWL.inverseOf, _SPOKEN_ABOUT),
)


@st.composite
def graphs(draw: st.DrawFn, *, with_clashes: bool = True, with_strange: bool = True) -> set[Triple]:
    """A random ontology with facts; about a dozen axioms."""
    parts = [
        *draw(st.lists(facts, min_size=2, max_size=8)),
        *draw(st.lists(schema, min_size=1, max_size=6)),
        *draw(st.lists(equalities, max_size=2)),
    ]
    if with_clashes:
        parts += draw(st.lists(clashes, max_size=2))
    if with_strange:
        parts += draw(st.lists(strange, max_size=2))
    return {found for part in parts for found in part}
