"""The OWL 2 RL grammar as tables: what may stand where, and which clause says so.

Sources: OWL 2 Profiles section 4.2 (https://www.w3.org/TR/owl2-profiles/#Profile_Specification_3)
for the grammar, OWL 2 Structural Specification sections 2.4, 5.8 and 11.2
(https://www.w3.org/TR/owl2-syntax/) for the side conditions that an ontology must meet
before the grammar applies, OWL 2 Mapping to RDF Graphs section 3
(https://www.w3.org/TR/owl2-mapping-to-rdf/) for the triples.
"""

from __future__ import annotations

from collections.abc import Mapping

from rdflib import OWL, RDF, RDFS, XSD
from rdflib.term import URIRef

# Checks: name -> the clause it proves. A finding carries the name, its message the clause.
CHECKS: Mapping[str, str] = {
    "rl-subclass": "OWL 2 Profiles 4.2.3, subClassExpression",
    "rl-superclass": "OWL 2 Profiles 4.2.3, superClassExpression",
    "rl-equivalent-class": "OWL 2 Profiles 4.2.3, equivClassExpression",
    "rl-data-range": "OWL 2 Profiles 4.2.1 and 4.2.4, DataRange",
    "rl-axiom": "OWL 2 Profiles 4.2.5",
    "rl-literal": "OWL 2 Profiles 4.2.1",
    "dl-simple": "OWL 2 Structural Specification 11.2, restriction on simple roles",
    "dl-hierarchy": "OWL 2 Structural Specification 11.2, restriction on the property hierarchy",
    "dl-anonymous": "OWL 2 Structural Specification 11.2, anonymous individuals",
    "dl-top-data": "OWL 2 Structural Specification 11.2, owl:topDataProperty",
    "dl-datatypes": "OWL 2 Structural Specification 11.2, restriction on datatypes",
    "dl-declaration": "OWL 2 Structural Specification 5.8.2",
    "dl-typing": "OWL 2 Structural Specification 5.8.1",
    "dl-reserved": "OWL 2 Structural Specification 2.4, reserved vocabulary",
    "rdf-malformed": "OWL 2 Mapping to RDF Graphs 3",
    "sound-numbers": "own rule, stricter than OWL 2 RL",
}

# Positions: constructor -> the position that its class or data range arguments stand in
# ("" where it has none). What is not a key is not allowed there. A named class in any of the
# first three must not be owl:Thing.
SUBCLASS = "subClassExpression"
SUBCLASS_OR_THING = "subClassExpression or owl:Thing"
SUPERCLASS = "superClassExpression"
EQUIVALENT = "equivClassExpression"
DATA_RANGE = "DataRange"
POSITIONS: Mapping[str, Mapping[str, str]] = {
    SUBCLASS: {
        "Class": "",
        "ObjectIntersectionOf": SUBCLASS,
        "ObjectUnionOf": SUBCLASS,
        "ObjectOneOf": "",
        "ObjectSomeValuesFrom": SUBCLASS_OR_THING,
        "ObjectHasValue": "",
        "DataSomeValuesFrom": DATA_RANGE,
        "DataHasValue": "",
    },
    SUPERCLASS: {
        "Class": "",
        "ObjectIntersectionOf": SUPERCLASS,
        "ObjectComplementOf": SUBCLASS,
        "ObjectAllValuesFrom": SUPERCLASS,
        "ObjectHasValue": "",
        "ObjectMaxCardinality": SUBCLASS_OR_THING,
        "DataAllValuesFrom": DATA_RANGE,
        "DataHasValue": "",
        "DataMaxCardinality": DATA_RANGE,
    },
    EQUIVALENT: {
        "Class": "",
        "ObjectIntersectionOf": EQUIVALENT,
        "ObjectHasValue": "",
        "DataHasValue": "",
    },
    DATA_RANGE: {"Datatype": "", "DataIntersectionOf": DATA_RANGE},
}
CHECK_OF_POSITION: Mapping[str, str] = {
    SUBCLASS: "rl-subclass",
    SUBCLASS_OR_THING: "rl-subclass",
    SUPERCLASS: "rl-superclass",
    EQUIVALENT: "rl-equivalent-class",
    DATA_RANGE: "rl-data-range",
}
MAX_CARDINALITY = 1  # 4.2.3: zeroOrOne

# Axioms with class or data range arguments: axiom -> the position of each such argument, in
# order; the last position repeats. Axioms of properties and individuals alone have none.
AXIOM_POSITIONS: Mapping[str, tuple[str, ...]] = {
    "SubClassOf": (SUBCLASS, SUPERCLASS),
    "EquivalentClasses": (EQUIVALENT,),
    "DisjointClasses": (SUBCLASS,),
    "ObjectPropertyDomain": (SUPERCLASS,),
    "ObjectPropertyRange": (SUPERCLASS,),
    "DataPropertyDomain": (SUPERCLASS,),
    "DataPropertyRange": (DATA_RANGE,),
    "DatatypeDefinition": (DATA_RANGE,),
    "HasKey": (SUBCLASS,),
    "ClassAssertion": (SUPERCLASS,),
}
# 4.2.5 takes two kinds of axiom out of the language.
EXCLUDED_AXIOMS: Mapping[str, str] = {
    "DisjointUnion": "write SubClassOf and DisjointClasses instead",
    "ReflexiveObjectProperty": "assert the pairs that are meant, or leave it out",
}

# 4.2.1: all OWL 2 datatypes but owl:real and owl:rational.
DATATYPES: frozenset[URIRef] = frozenset(
    {RDF.PlainLiteral, RDF.langString, RDF.XMLLiteral, RDFS.Literal}
    | {XSD.decimal, XSD.integer, XSD.nonNegativeInteger, XSD.nonPositiveInteger}
    | {XSD.positiveInteger, XSD.negativeInteger, XSD.long, XSD.int, XSD.short, XSD.byte}
    | {XSD.unsignedLong, XSD.unsignedInt, XSD.unsignedShort, XSD.unsignedByte}
    | {XSD.float, XSD.double, XSD.string, XSD.normalizedString, XSD.token, XSD.language}
    | {XSD.Name, XSD.NCName, XSD.NMTOKEN, XSD.boolean, XSD.hexBinary, XSD.base64Binary}
    | {XSD.anyURI, XSD.dateTime, XSD.dateTimeStamp}
)

# 11.2: axioms whose properties must be simple, that is neither transitive nor implied by a
# transitive property or a chain.
SIMPLE_AXIOMS: frozenset[str] = frozenset(
    {
        "FunctionalObjectProperty",
        "InverseFunctionalObjectProperty",
        "IrreflexiveObjectProperty",
        "AsymmetricObjectProperty",
        "DisjointObjectProperties",
    }
)
SIMPLE_EXPRESSIONS: frozenset[str] = frozenset(
    {"ObjectMinCardinality", "ObjectMaxCardinality", "ObjectExactCardinality", "ObjectHasSelf"}
)
# 11.2: what may not mention an anonymous individual.
NAMED_ONLY: frozenset[str] = frozenset(
    {
        "SameIndividual",
        "DifferentIndividuals",
        "NegativeObjectPropertyAssertion",
        "NegativeDataPropertyAssertion",
        "ObjectOneOf",
        "ObjectHasValue",
    }
)

# 5.8.1: kinds of entity of which one IRI may have at most one.
EXCLUSIVE_KINDS: tuple[frozenset[str], ...] = (
    frozenset({"ObjectProperty", "DataProperty", "AnnotationProperty"}),
    frozenset({"Class", "Datatype"}),
)

# 5.8.2: the types that declare an entity. The last three imply an object property (Mapping
# 3.1, Table 8, kept for OWL 1 ontologies).
DECLARING_TYPES: Mapping[URIRef, str] = {
    OWL.Class: "Class",
    RDFS.Datatype: "Datatype",
    OWL.ObjectProperty: "ObjectProperty",
    OWL.DatatypeProperty: "DataProperty",
    OWL.AnnotationProperty: "AnnotationProperty",
    OWL.OntologyProperty: "AnnotationProperty",
    OWL.TransitiveProperty: "ObjectProperty",
    OWL.SymmetricProperty: "ObjectProperty",
    OWL.InverseFunctionalProperty: "ObjectProperty",
}
BUILT_IN: Mapping[str, frozenset[URIRef]] = {
    "Class": frozenset({OWL.Thing, OWL.Nothing}),
    "Datatype": DATATYPES | {OWL.real, OWL.rational},
    "ObjectProperty": frozenset({OWL.topObjectProperty, OWL.bottomObjectProperty}),
    "DataProperty": frozenset({OWL.topDataProperty, OWL.bottomDataProperty}),
    "AnnotationProperty": frozenset(
        {RDFS.label, RDFS.comment, RDFS.seeAlso, RDFS.isDefinedBy}
        | {OWL.deprecated, OWL.versionInfo, OWL.priorVersion}
        | {OWL.backwardCompatibleWith, OWL.incompatibleWith}
    ),
}

# Property types that state an axiom: type -> axiom, by kind of the property.
CHARACTERISTICS: Mapping[URIRef, Mapping[str, str]] = {
    OWL.FunctionalProperty: {
        "ObjectProperty": "FunctionalObjectProperty",
        "DataProperty": "FunctionalDataProperty",
    },
    OWL.InverseFunctionalProperty: {"ObjectProperty": "InverseFunctionalObjectProperty"},
    OWL.ReflexiveProperty: {"ObjectProperty": "ReflexiveObjectProperty"},
    OWL.IrreflexiveProperty: {"ObjectProperty": "IrreflexiveObjectProperty"},
    OWL.SymmetricProperty: {"ObjectProperty": "SymmetricObjectProperty"},
    OWL.AsymmetricProperty: {"ObjectProperty": "AsymmetricObjectProperty"},
    OWL.TransitiveProperty: {"ObjectProperty": "TransitiveObjectProperty"},
}
# Types that belong to the syntax and assert nothing of an individual.
SYNTAX_TYPES: frozenset[URIRef] = frozenset(
    set(DECLARING_TYPES)
    | set(CHARACTERISTICS)
    | {OWL.Ontology, OWL.NamedIndividual, OWL.Restriction, OWL.DataRange, OWL.Axiom}
    | {OWL.Annotation, OWL.AllDifferent, OWL.AllDisjointClasses, OWL.AllDisjointProperties}
    | {OWL.NegativePropertyAssertion, OWL.DeprecatedClass, OWL.DeprecatedProperty}
    | {RDF.List, RDF.Property, RDFS.Class}
)
# Predicates that belong to the syntax of expressions, lists, headers and annotations; the
# predicates of axioms are the keys of `axiom.READERS`.
SYNTAX_PREDICATES: frozenset[URIRef] = frozenset(
    {RDF.type, RDF.first, RDF.rest, OWL.imports, OWL.versionIRI, OWL.members, OWL.distinctMembers}
    | {OWL.onProperty, OWL.onProperties, OWL.someValuesFrom, OWL.allValuesFrom, OWL.hasValue}
    | {OWL.hasSelf, OWL.cardinality, OWL.minCardinality, OWL.maxCardinality, OWL.onClass}
    | {OWL.qualifiedCardinality, OWL.minQualifiedCardinality, OWL.maxQualifiedCardinality}
    | {OWL.onDataRange, OWL.onDatatype, OWL.withRestrictions, OWL.datatypeComplementOf}
    | {OWL.intersectionOf, OWL.unionOf, OWL.oneOf, OWL.complementOf}
    | {OWL.annotatedSource, OWL.annotatedProperty, OWL.annotatedTarget}
    | {OWL.sourceIndividual, OWL.assertionProperty, OWL.targetIndividual, OWL.targetValue}
)
RESERVED_NAMESPACES: tuple[str, ...] = (str(RDF), str(RDFS), str(OWL), str(XSD))
