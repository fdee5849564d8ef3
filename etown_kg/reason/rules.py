"""OWL 2 RL/RDF as a table: one entry per rule of OWL 2 Profiles, section 4.3, tables 4 to 9.

https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules

The table holds data only and needs no NumPy: the engine, the explanations, the coverage table of
the documentation and any other backend read the same entries. Notation:

- a pattern is `subject predicate object`; `?x` is a variable; patterns are parted by " . ";
- `LIST[?l, ?c_i]` says that `?l` is a well-formed list and `?c_i` one of its members. What
  repeats over the members has an index: `members` tells how the patterns with an index are meant:
  SOME  one member `i`; the rule applies for each of them,
  EVERY a pattern with `_i` must hold for every member,
  TWO   two different places `i < j` of the list,
  PATH  for members 1..n in turn, from `?u_1` over `?u_i ... ?u_j` to `?u_n`;
- a rule without a head is a clash; `condition` says what no pattern can say: that two literals
  differ in value, and the like.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import NamedTuple

from etown_kg.reason.dictionary import LIST_MEMBER, ONE, ZERO, number_of
from etown_kg.vocab import OWL, RDF, RDFS

Term = int | str


class Pattern(NamedTuple):
    """A triple pattern. An `int` is a term's number, a `str` a variable's name."""

    subject: Term
    predicate: Term
    object: Term


class Members(Enum):
    """How a rule's indexed patterns range over the members of its list."""

    NONE = "none"
    SOME = "some"
    EVERY = "every"
    TWO = "two"
    PATH = "path"


class Condition(Enum):
    """What a datatype rule asks of literals, beyond its patterns."""

    NONE = "none"
    SAME_VALUE = "the literals have the same value"
    OTHER_VALUE = "the literals have different values"
    IN_VALUE_SPACE = "the literal's value is in the datatype's value space"
    NOT_IN_VALUE_SPACE = "the literal's value is not in the datatype's value space"
    SUPPORTED_DATATYPE = "the datatype is one of OWL 2 RL"
    ANNOTATION_PROPERTY = "the property is a built-in annotation property"


_LIST = re.compile(r"LIST\[(\?\w+), (\?\w+)\]")
_PREFIXES = {"rdf": RDF, "rdfs": RDFS, "owl": OWL}


def _term(text: str) -> Term:
    if text.startswith("?"):
        return text
    if text in {"0", "1"}:
        return ZERO if text == "0" else ONE
    prefix, _, name = text.partition(":")
    return number_of(_PREFIXES[prefix] + name)


def _patterns(text: str) -> tuple[Pattern, ...]:
    parts = [part.split() for part in _LIST.sub("", text).split(" . ")]
    return tuple(Pattern(*map(_term, part)) for part in parts if part)


# Compared by identity: the table has each rule once.
@dataclass(frozen=True, eq=False)
class Rule:
    """One rule. `table` is the W3C table's number, `text` the rule in a plain sentence.

    `covered_by` names rules whose joint conclusions include this rule's: the engine then need not
    run it. Explanations use every rule.
    """

    id: str
    table: int
    body: str
    head: str
    text: str
    members: Members = Members.NONE
    condition: Condition = Condition.NONE
    covered_by: tuple[str, ...] = field(default=())

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        """The body without its list."""
        return _patterns(self.body)

    @cached_property
    def heads(self) -> tuple[Pattern, ...]:
        """What the rule concludes; empty for a clash."""
        return _patterns(self.head) if self.head != "false" else ()

    @cached_property
    def list(self) -> tuple[str, str] | None:
        """The variables of the list and of its member."""
        found = _LIST.search(self.body)
        return (found[1], found[2]) if found else None

    @property
    def is_clash(self) -> bool:
        """Whether the rule's head is false."""
        return self.head == "false"

    @cached_property
    def flat_patterns(self) -> tuple[Pattern, ...]:
        """The body with a list over SOME member as a pattern of the member relation."""
        if self.members is not Members.SOME:
            return self.patterns
        assert self.list is not None
        return (*self.patterns, Pattern(self.list[0], LIST_MEMBER, self.list[1]))

    def for_members(
        self, members: Sequence[int]
    ) -> tuple[tuple[Pattern, ...], tuple[Pattern, ...]]:
        """Body and head with the indexed patterns written out for these members of the list.

        For EVERY and PATH only; the member variable is replaced by the members.
        """
        assert self.list is not None
        member = self.list[1]

        def indexed(term: Term, i: int) -> Term:
            if term == member:
                return members[i]
            if not isinstance(term, str):
                return term
            if self.members is Members.PATH and term[-2:] in {"_i", "_j"}:
                return f"{term[:-2]}_{i + (term[-1] == 'j')}"
            return f"{term[:-2]}_{i}" if term.endswith("_i") else term

        body: list[Pattern] = []
        for pattern in self.patterns:
            if any(isinstance(term, str) and term[-2:] in {"_i", "_j"} for term in pattern):
                body += (
                    Pattern(*(indexed(term, i) for term in pattern)) for i in range(len(members))
                )
            else:
                body.append(pattern)
        ends: dict[Term, Term] = {}
        if self.members is Members.PATH:
            ends = {"?u_1": "?u_0", "?u_n": f"?u_{len(members)}"}
        head = tuple(Pattern(*(ends.get(term, term) for term in head)) for head in self.heads)
        return tuple(body), head


def _rule(id_: str, table: int, body: str, head: str, text: str, **rest: object) -> Rule:
    return Rule(id_, table, body, head, text, **rest)  # type: ignore[arg-type]


_SOME, _EVERY, _TWO, _PATH = Members.SOME, Members.EVERY, Members.TWO, Members.PATH

RULES: tuple[Rule, ...] = (
    # Table 4: the semantics of equality
    _rule("eq-ref", 4, "?s ?p ?o",
          "?s owl:sameAs ?s . ?p owl:sameAs ?p . ?o owl:sameAs ?o",
          "Every term is the same as itself."),
    _rule("eq-sym", 4, "?x owl:sameAs ?y", "?y owl:sameAs ?x",
          "If one thing is the same as another, the other is the same as the one."),
    _rule("eq-trans", 4, "?x owl:sameAs ?y . ?y owl:sameAs ?z", "?x owl:sameAs ?z",
          "Things that are the same as a third are the same."),
    _rule("eq-rep-s", 4, "?s owl:sameAs ?s2 . ?s ?p ?o", "?s2 ?p ?o",
          "What is said of a thing holds for whatever is the same as it."),
    _rule("eq-rep-p", 4, "?p owl:sameAs ?p2 . ?s ?p ?o", "?s ?p2 ?o",
          "Properties that are the same have the same pairs."),
    _rule("eq-rep-o", 4, "?o owl:sameAs ?o2 . ?s ?p ?o", "?s ?p ?o2",
          "A property that points to a thing points to whatever is the same as it."),
    _rule("eq-diff1", 4, "?x owl:sameAs ?y . ?x owl:differentFrom ?y", "false",
          "Nothing is both the same as and different from a thing."),
    _rule("eq-diff2", 4,
          "?x rdf:type owl:AllDifferent . ?x owl:members ?y . LIST[?y, ?z_i] . "
          "?z_i owl:sameAs ?z_j", "false",
          "The members of an owl:AllDifferent are pairwise different.", members=_TWO),
    _rule("eq-diff3", 4,
          "?x rdf:type owl:AllDifferent . ?x owl:distinctMembers ?y . LIST[?y, ?z_i] . "
          "?z_i owl:sameAs ?z_j", "false",
          "The distinct members of an owl:AllDifferent are pairwise different.", members=_TWO),
    # Table 5: the semantics of axioms about properties
    _rule("prp-ap", 5, "", "?ap rdf:type owl:AnnotationProperty",
          "The built-in annotation properties are annotation properties.",
          condition=Condition.ANNOTATION_PROPERTY),
    _rule("prp-dom", 5, "?p rdfs:domain ?c . ?x ?p ?y", "?x rdf:type ?c",
          "What has a property is in the property's domain."),
    _rule("prp-rng", 5, "?p rdfs:range ?c . ?x ?p ?y", "?y rdf:type ?c",
          "What a property points to is in the property's range."),
    _rule("prp-fp", 5, "?p rdf:type owl:FunctionalProperty . ?x ?p ?y1 . ?x ?p ?y2",
          "?y1 owl:sameAs ?y2",
          "A functional property has one value; two values are the same."),
    _rule("prp-ifp", 5, "?p rdf:type owl:InverseFunctionalProperty . ?x1 ?p ?y . ?x2 ?p ?y",
          "?x1 owl:sameAs ?x2",
          "An inverse-functional property identifies: things that share a value are the same."),
    _rule("prp-irp", 5, "?p rdf:type owl:IrreflexiveProperty . ?x ?p ?x", "false",
          "An irreflexive property relates nothing to itself."),
    _rule("prp-symp", 5, "?p rdf:type owl:SymmetricProperty . ?x ?p ?y", "?y ?p ?x",
          "A symmetric property holds in both directions."),
    _rule("prp-asyp", 5, "?p rdf:type owl:AsymmetricProperty . ?x ?p ?y . ?y ?p ?x", "false",
          "An asymmetric property never holds in both directions."),
    _rule("prp-trp", 5, "?p rdf:type owl:TransitiveProperty . ?x ?p ?y . ?y ?p ?z", "?x ?p ?z",
          "A transitive property leads on: its steps add up."),
    _rule("prp-spo1", 5, "?p1 rdfs:subPropertyOf ?p2 . ?x ?p1 ?y", "?x ?p2 ?y",
          "Pairs of a property are pairs of the properties above it."),
    _rule("prp-spo2", 5,
          "?p owl:propertyChainAxiom ?x . LIST[?x, ?p_i] . ?u_i ?p_i ?u_j", "?u_1 ?p ?u_n",
          "Following a chain of properties gives the property that the chain implies.",
          members=_PATH),
    _rule("prp-eqp1", 5, "?p1 owl:equivalentProperty ?p2 . ?x ?p1 ?y", "?x ?p2 ?y",
          "Equivalent properties have the same pairs.", covered_by=("scm-eqp1", "prp-spo1")),
    _rule("prp-eqp2", 5, "?p1 owl:equivalentProperty ?p2 . ?x ?p2 ?y", "?x ?p1 ?y",
          "Equivalent properties have the same pairs.", covered_by=("scm-eqp1", "prp-spo1")),
    _rule("prp-pdw", 5, "?p1 owl:propertyDisjointWith ?p2 . ?x ?p1 ?y . ?x ?p2 ?y", "false",
          "Disjoint properties share no pair."),
    _rule("prp-adp", 5,
          "?x rdf:type owl:AllDisjointProperties . ?x owl:members ?y . LIST[?y, ?p_i] . "
          "?u ?p_i ?v . ?u ?p_j ?v", "false",
          "The members of an owl:AllDisjointProperties share no pair.", members=_TWO),
    _rule("prp-inv1", 5, "?p1 owl:inverseOf ?p2 . ?x ?p1 ?y", "?y ?p2 ?x",
          "Inverse properties hold in opposite directions."),
    _rule("prp-inv2", 5, "?p1 owl:inverseOf ?p2 . ?x ?p2 ?y", "?y ?p1 ?x",
          "Inverse properties hold in opposite directions."),
    _rule("prp-key", 5,
          "?c owl:hasKey ?u . LIST[?u, ?p_i] . ?x rdf:type ?c . ?x ?p_i ?z_i . "
          "?y rdf:type ?c . ?y ?p_i ?z_i", "?x owl:sameAs ?y",
          "Members of a class that agree in all properties of its key are the same.",
          members=_EVERY),
    _rule("prp-npa1", 5,
          "?x owl:sourceIndividual ?i1 . ?x owl:assertionProperty ?p . "
          "?x owl:targetIndividual ?i2 . ?i1 ?p ?i2", "false",
          "What a negative property assertion denies does not hold."),
    _rule("prp-npa2", 5,
          "?x owl:sourceIndividual ?i . ?x owl:assertionProperty ?p . "
          "?x owl:targetValue ?lt . ?i ?p ?lt", "false",
          "What a negative property assertion denies does not hold."),
    # Table 6: the semantics of classes
    _rule("cls-thing", 6, "", "owl:Thing rdf:type owl:Class", "owl:Thing is a class."),
    _rule("cls-nothing1", 6, "", "owl:Nothing rdf:type owl:Class", "owl:Nothing is a class."),
    _rule("cls-nothing2", 6, "?x rdf:type owl:Nothing", "false", "owl:Nothing has no members."),
    _rule("cls-int1", 6,
          "?c owl:intersectionOf ?x . LIST[?x, ?c_i] . ?y rdf:type ?c_i", "?y rdf:type ?c",
          "What is in every class of an intersection is in the intersection.", members=_EVERY),
    _rule("cls-int2", 6,
          "?c owl:intersectionOf ?x . LIST[?x, ?c_i] . ?y rdf:type ?c", "?y rdf:type ?c_i",
          "What is in an intersection is in each of its classes.", members=_SOME,
          covered_by=("scm-int", "cax-sco")),
    _rule("cls-uni", 6,
          "?c owl:unionOf ?x . LIST[?x, ?c_i] . ?y rdf:type ?c_i", "?y rdf:type ?c",
          "What is in one class of a union is in the union.", members=_SOME,
          covered_by=("scm-uni", "cax-sco")),
    _rule("cls-com", 6, "?c1 owl:complementOf ?c2 . ?x rdf:type ?c1 . ?x rdf:type ?c2", "false",
          "Nothing is in a class and in its complement."),
    _rule("cls-svf1", 6,
          "?x owl:someValuesFrom ?y . ?x owl:onProperty ?p . ?u ?p ?v . ?v rdf:type ?y",
          "?u rdf:type ?x",
          "What has a value from the class is in the restriction that asks for some."),
    _rule("cls-svf2", 6,
          "?x owl:someValuesFrom owl:Thing . ?x owl:onProperty ?p . ?u ?p ?v", "?u rdf:type ?x",
          "What has any value is in the restriction that asks for some owl:Thing."),
    _rule("cls-avf", 6,
          "?x owl:allValuesFrom ?y . ?x owl:onProperty ?p . ?u rdf:type ?x . ?u ?p ?v",
          "?v rdf:type ?y",
          "All values of a member of the restriction are in the class that it names."),
    _rule("cls-hv1", 6,
          "?x owl:hasValue ?y . ?x owl:onProperty ?p . ?u rdf:type ?x", "?u ?p ?y",
          "A member of the restriction has the value."),
    _rule("cls-hv2", 6,
          "?x owl:hasValue ?y . ?x owl:onProperty ?p . ?u ?p ?y", "?u rdf:type ?x",
          "What has the value is a member of the restriction."),
    _rule("cls-maxc1", 6,
          "?x owl:maxCardinality 0 . ?x owl:onProperty ?p . ?u rdf:type ?x . ?u ?p ?y", "false",
          "A member of a restriction to no value has none."),
    _rule("cls-maxc2", 6,
          "?x owl:maxCardinality 1 . ?x owl:onProperty ?p . ?u rdf:type ?x . ?u ?p ?y1 . "
          "?u ?p ?y2", "?y1 owl:sameAs ?y2",
          "A member of a restriction to at most one value has one; two values are the same."),
    _rule("cls-maxqc1", 6,
          "?x owl:maxQualifiedCardinality 0 . ?x owl:onProperty ?p . ?x owl:onClass ?c . "
          "?u rdf:type ?x . ?u ?p ?y . ?y rdf:type ?c", "false",
          "A member of a restriction to no value from a class has none from it."),
    _rule("cls-maxqc2", 6,
          "?x owl:maxQualifiedCardinality 0 . ?x owl:onProperty ?p . ?x owl:onClass owl:Thing . "
          "?u rdf:type ?x . ?u ?p ?y", "false",
          "A member of a restriction to no value from owl:Thing has none."),
    _rule("cls-maxqc3", 6,
          "?x owl:maxQualifiedCardinality 1 . ?x owl:onProperty ?p . ?x owl:onClass ?c . "
          "?u rdf:type ?x . ?u ?p ?y1 . ?y1 rdf:type ?c . ?u ?p ?y2 . ?y2 rdf:type ?c",
          "?y1 owl:sameAs ?y2",
          "A member of a restriction to at most one value from a class has one from it."),
    _rule("cls-maxqc4", 6,
          "?x owl:maxQualifiedCardinality 1 . ?x owl:onProperty ?p . ?x owl:onClass owl:Thing . "
          "?u rdf:type ?x . ?u ?p ?y1 . ?u ?p ?y2", "?y1 owl:sameAs ?y2",
          "A member of a restriction to at most one value from owl:Thing has one."),
    _rule("cls-oo", 6, "?c owl:oneOf ?x . LIST[?x, ?y_i]", "?y_i rdf:type ?c",
          "The members of an enumeration are in the class.", members=_SOME),
    # Table 7: the semantics of class axioms
    _rule("cax-sco", 7, "?c1 rdfs:subClassOf ?c2 . ?x rdf:type ?c1", "?x rdf:type ?c2",
          "Members of a class are members of the classes above it."),
    _rule("cax-eqc1", 7, "?c1 owl:equivalentClass ?c2 . ?x rdf:type ?c1", "?x rdf:type ?c2",
          "Equivalent classes have the same members.", covered_by=("scm-eqc1", "cax-sco")),
    _rule("cax-eqc2", 7, "?c1 owl:equivalentClass ?c2 . ?x rdf:type ?c2", "?x rdf:type ?c1",
          "Equivalent classes have the same members.", covered_by=("scm-eqc1", "cax-sco")),
    _rule("cax-dw", 7, "?c1 owl:disjointWith ?c2 . ?x rdf:type ?c1 . ?x rdf:type ?c2", "false",
          "Disjoint classes share no member."),
    _rule("cax-adc", 7,
          "?x rdf:type owl:AllDisjointClasses . ?x owl:members ?y . LIST[?y, ?c_i] . "
          "?z rdf:type ?c_i . ?z rdf:type ?c_j", "false",
          "The members of an owl:AllDisjointClasses share no member.", members=_TWO),
    # Table 8: the semantics of datatypes
    _rule("dt-type1", 8, "", "?dt rdf:type rdfs:Datatype",
          "The datatypes of OWL 2 RL are datatypes.", condition=Condition.SUPPORTED_DATATYPE),
    _rule("dt-type2", 8, "", "?lt rdf:type ?dt",
          "A literal is in every datatype that has its value.",
          condition=Condition.IN_VALUE_SPACE),
    _rule("dt-eq", 8, "", "?lt1 owl:sameAs ?lt2",
          "Literals with the same value are the same.", condition=Condition.SAME_VALUE),
    _rule("dt-diff", 8, "", "?lt1 owl:differentFrom ?lt2",
          "Literals with different values are different.", condition=Condition.OTHER_VALUE),
    _rule("dt-not-type", 8, "?lt rdf:type ?dt", "false",
          "No literal is in a datatype that does not have its value.",
          condition=Condition.NOT_IN_VALUE_SPACE),
    # Table 9: the semantics of schema vocabulary
    _rule("scm-cls", 9, "?c rdf:type owl:Class",
          "?c rdfs:subClassOf ?c . ?c owl:equivalentClass ?c . ?c rdfs:subClassOf owl:Thing . "
          "owl:Nothing rdfs:subClassOf ?c",
          "A class is below itself and owl:Thing, and above owl:Nothing."),
    _rule("scm-sco", 9, "?c1 rdfs:subClassOf ?c2 . ?c2 rdfs:subClassOf ?c3",
          "?c1 rdfs:subClassOf ?c3", "Subclasses of a subclass are subclasses."),
    _rule("scm-eqc1", 9, "?c1 owl:equivalentClass ?c2",
          "?c1 rdfs:subClassOf ?c2 . ?c2 rdfs:subClassOf ?c1",
          "Equivalent classes are subclasses of each other."),
    _rule("scm-eqc2", 9, "?c1 rdfs:subClassOf ?c2 . ?c2 rdfs:subClassOf ?c1",
          "?c1 owl:equivalentClass ?c2",
          "Classes that are subclasses of each other are equivalent."),
    _rule("scm-op", 9, "?p rdf:type owl:ObjectProperty",
          "?p rdfs:subPropertyOf ?p . ?p owl:equivalentProperty ?p",
          "An object property is below and equivalent to itself."),
    _rule("scm-dp", 9, "?p rdf:type owl:DatatypeProperty",
          "?p rdfs:subPropertyOf ?p . ?p owl:equivalentProperty ?p",
          "A data property is below and equivalent to itself."),
    _rule("scm-spo", 9, "?p1 rdfs:subPropertyOf ?p2 . ?p2 rdfs:subPropertyOf ?p3",
          "?p1 rdfs:subPropertyOf ?p3", "Subproperties of a subproperty are subproperties."),
    _rule("scm-eqp1", 9, "?p1 owl:equivalentProperty ?p2",
          "?p1 rdfs:subPropertyOf ?p2 . ?p2 rdfs:subPropertyOf ?p1",
          "Equivalent properties are subproperties of each other."),
    _rule("scm-eqp2", 9, "?p1 rdfs:subPropertyOf ?p2 . ?p2 rdfs:subPropertyOf ?p1",
          "?p1 owl:equivalentProperty ?p2",
          "Properties that are subproperties of each other are equivalent."),
    _rule("scm-dom1", 9, "?p rdfs:domain ?c1 . ?c1 rdfs:subClassOf ?c2", "?p rdfs:domain ?c2",
          "A class above a property's domain is a domain too."),
    _rule("scm-dom2", 9, "?p2 rdfs:domain ?c . ?p1 rdfs:subPropertyOf ?p2", "?p1 rdfs:domain ?c",
          "A subproperty has the domains of the properties above it."),
    _rule("scm-rng1", 9, "?p rdfs:range ?c1 . ?c1 rdfs:subClassOf ?c2", "?p rdfs:range ?c2",
          "A class above a property's range is a range too."),
    _rule("scm-rng2", 9, "?p2 rdfs:range ?c . ?p1 rdfs:subPropertyOf ?p2", "?p1 rdfs:range ?c",
          "A subproperty has the ranges of the properties above it."),
    _rule("scm-hv", 9,
          "?c1 owl:hasValue ?i . ?c1 owl:onProperty ?p1 . ?c2 owl:hasValue ?i . "
          "?c2 owl:onProperty ?p2 . ?p1 rdfs:subPropertyOf ?p2", "?c1 rdfs:subClassOf ?c2",
          "Restrictions to one value are ordered as their properties are."),
    _rule("scm-svf1", 9,
          "?c1 owl:someValuesFrom ?y1 . ?c1 owl:onProperty ?p . ?c2 owl:someValuesFrom ?y2 . "
          "?c2 owl:onProperty ?p . ?y1 rdfs:subClassOf ?y2", "?c1 rdfs:subClassOf ?c2",
          "Restrictions to some value are ordered as the classes they name are."),
    _rule("scm-svf2", 9,
          "?c1 owl:someValuesFrom ?y . ?c1 owl:onProperty ?p1 . ?c2 owl:someValuesFrom ?y . "
          "?c2 owl:onProperty ?p2 . ?p1 rdfs:subPropertyOf ?p2", "?c1 rdfs:subClassOf ?c2",
          "Restrictions to some value are ordered as their properties are."),
    _rule("scm-avf1", 9,
          "?c1 owl:allValuesFrom ?y1 . ?c1 owl:onProperty ?p . ?c2 owl:allValuesFrom ?y2 . "
          "?c2 owl:onProperty ?p . ?y1 rdfs:subClassOf ?y2", "?c1 rdfs:subClassOf ?c2",
          "Restrictions to only values are ordered as the classes they name are."),
    _rule("scm-avf2", 9,
          "?c1 owl:allValuesFrom ?y . ?c1 owl:onProperty ?p1 . ?c2 owl:allValuesFrom ?y . "
          "?c2 owl:onProperty ?p2 . ?p1 rdfs:subPropertyOf ?p2", "?c2 rdfs:subClassOf ?c1",
          "Restrictions to only values are ordered against the order of their properties."),
    _rule("scm-int", 9, "?c owl:intersectionOf ?x . LIST[?x, ?c_i]", "?c rdfs:subClassOf ?c_i",
          "An intersection is below each of its classes.", members=_SOME),
    _rule("scm-uni", 9, "?c owl:unionOf ?x . LIST[?x, ?c_i]", "?c_i rdfs:subClassOf ?c",
          "Each class of a union is below the union.", members=_SOME),
)  # fmt: skip

RULE: dict[str, Rule] = {rule.id: rule for rule in RULES}
