"""What an ontology must meet beside the grammar: the side conditions of OWL 2 DL, and one
rule of this project's own.

OWL 2 Structural Specification 2.4, 5.8 and 11.2 (https://www.w3.org/TR/owl2-syntax/). Each
check takes the axioms and yields `Problem`s: the check's name, the axiom or term at fault and
what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rdflib import OWL, RDF
from rdflib.term import BNode, Literal, Node, URIRef

from etown_kg.profile.axiom import Axiom
from etown_kg.profile.expression import RESTRICTIONS, Expression, MalformedError, Reader
from etown_kg.profile.grammar import (
    BUILT_IN,
    DATATYPES,
    EXCLUSIVE_KINDS,
    NAMED_ONLY,
    RESERVED_NAMESPACES,
    SYNTAX_PREDICATES,
    SYNTAX_TYPES,
)
from etown_kg.profile.problem import Problem
from etown_kg.profile.properties import reachable, regular_hierarchy, simple_properties

# The annotation of an axiom repeats its terms, blank nodes included.
ANNOTATED = (OWL.annotatedSource, OWL.annotatedTarget)

Condition = Callable[[Reader, Sequence[Axiom]], Iterator[Problem]]


def anonymous_individuals(reader: Reader, axioms: Sequence[Axiom]) -> Iterator[Problem]:
    """Blank nodes where only named individuals may stand."""
    for axiom in axioms:
        for part in (Expression(axiom.kind, arguments=axiom.arguments), *axiom.walk()):
            if part.constructor in NAMED_ONLY and any(
                argument.constructor == "AnonymousIndividual" for argument in part.arguments
            ):
                yield Problem(
                    "dl-anonymous",
                    axiom,
                    f"{part.constructor} must not mention a blank node",
                    "give the individual an IRI",
                )
                break


def top_data_property(reader: Reader, axioms: Sequence[Axiom]) -> Iterator[Problem]:
    """owl:topDataProperty anywhere but above another property."""
    for axiom in axioms:
        arguments = axiom.arguments[:1] if axiom.kind == "SubDataPropertyOf" else axiom.arguments
        if any(part.term == OWL.topDataProperty for a in arguments for part in a.walk()):
            yield Problem(
                "dl-top-data",
                axiom,
                "owl:topDataProperty may stand only as the super-property of a data property",
            )


def datatype_definitions(reader: Reader, axioms: Sequence[Axiom]) -> Iterator[Problem]:
    """Datatypes that are defined in terms of themselves."""
    definitions = [axiom for axiom in axioms if axiom.kind == "DatatypeDefinition"]
    steps: dict[Node | None, set[Node | None]] = {}
    for axiom in definitions:
        within = {part.term for part in axiom.arguments[1].walk() if part.term is not None}
        steps.setdefault(axiom.arguments[0].term, set()).update(within)
    for axiom in definitions:
        name = axiom.arguments[0].term
        if name in reachable(steps, steps[name]):
            yield Problem("dl-datatypes", axiom, "the datatype is defined in terms of itself")


def declarations(reader: Reader, axioms: Sequence[Axiom]) -> Iterator[Problem]:
    """Classes, datatypes and properties that are used and declared nowhere: one each."""
    kinds = {"Class", "Datatype", "ObjectProperty", "DataProperty"}
    imports = any(reader.graph.objects(None, OWL.imports))
    hint = "declare it" + (", or check it together with the imported ontology" if imports else "")
    seen: set[tuple[str, Node]] = set()
    for axiom in axioms:
        for part in axiom.walk():
            kind, term = part.constructor, part.term
            if term is None or kind not in kinds or (kind, term) in seen:
                continue
            seen.add((kind, term))
            if not reader.is_a(term, kind) and not is_reserved(term):
                yield Problem("dl-declaration", term, f"is used as {kind} and not declared", hint)


def typing(reader: Reader, axioms: Sequence[Axiom]) -> Iterator[Problem]:
    """Terms declared as two kinds of entity that exclude each other."""
    for kinds in EXCLUSIVE_KINDS:
        for kind in sorted(kinds):
            for other in sorted(kinds):
                if kind < other:
                    both = reader.declared[kind] & reader.declared[other]
                    for term in sorted(both, key=str):
                        yield Problem("dl-typing", term, f"is declared both {kind} and {other}")


def reserved_vocabulary(reader: Reader, axioms: Sequence[Axiom]) -> Iterator[Problem]:
    """Terms of rdf, rdfs, owl and xsd that are used as if they were one's own."""
    seen: set[Node] = set()
    built_in = frozenset().union(*BUILT_IN.values())
    for axiom in axioms:
        for part in axiom.walk():
            term, kind = part.term, part.constructor
            if term is None or term in seen or kind == "IRI" or not is_reserved(term):
                continue
            if kind in BUILT_IN and (term in BUILT_IN[kind] or kind == "Datatype"):
                continue  # a datatype outside RL is the grammar's finding
            seen.add(term)
            yield Problem(
                "dl-reserved", axiom, "uses a reserved term that OWL 2 gives no such meaning"
            )
    for s, p, o in reader.graph:
        is_syntax = p == RDF.type and o in SYNTAX_TYPES
        if is_syntax and is_reserved(s) and s not in seen | built_in:
            seen.add(s)
            yield Problem("dl-reserved", s, "is a reserved term and must not be declared")


def is_reserved(term: Node) -> bool:
    """Whether `term` is in one of the four reserved namespaces (2.4, Table 2)."""
    return isinstance(term, URIRef) and str(term).startswith(RESERVED_NAMESPACES)


def unattached(reader: Reader, axioms: Sequence[Axiom]) -> Iterator[Problem]:
    """Class expressions and lists that belong to no axiom."""
    syntax = {OWL.onProperty, OWL.intersectionOf, OWL.unionOf, OWL.oneOf, OWL.complementOf}
    syntax |= set(RESTRICTIONS) & SYNTAX_PREDICATES
    stray = {s for p in syntax for s in reader.graph.subjects(p) if isinstance(s, BNode)}
    stray -= reader.used | _below_malformed(reader, axioms)
    stray -= {o for p in ANNOTATED for o in reader.graph.objects(None, p)}
    for node in sorted(stray, key=str):
        if node in reader.used:
            continue  # part of one that was just named
        reader.begin()
        culprit: Expression | Node = node
        problem = "the expression belongs to no axiom"
        try:
            culprit = reader.class_expression(node)
        except MalformedError as error:
            problem = f"{problem}, and it is malformed: {error}"
        yield Problem(
            "rdf-malformed",
            culprit,
            problem,
            "link it by rdfs:subClassOf or owl:equivalentClass, or remove it",
        )


def _below_malformed(reader: Reader, axioms: Sequence[Axiom]) -> set[Node]:
    """Blank nodes that hang below a malformed axiom: they are not at fault themselves."""
    pending = [part.term for axiom in axioms if axiom.problem for part in axiom.walk() if part.term]
    seen: set[Node] = set()
    while pending:
        node = pending.pop()
        if node not in seen:
            seen.add(node)
            pending.extend(o for o in reader.graph.objects(node) if isinstance(o, BNode))
    return seen


def functional_data_properties(reader: Reader, axioms: Sequence[Axiom]) -> Iterator[Problem]:
    """Data properties with one value at most: legal in RL, and a trap for numbers.

    prp-fp and cls-maxc2 then equate two literals, which corrupts every node that has one of
    them under engines that take the rules literally.
    """
    for axiom in axioms:
        limits = axiom.kind == "FunctionalDataProperty" or any(
            part.constructor == "DataMaxCardinality" and part.cardinality == 1
            for part in axiom.walk()
        )
        if limits:
            yield Problem(
                "sound-numbers",
                axiom,
                "two values of the data property would be equated as literals",
                "ask for one value with a shape (sh:maxCount 1)",
            )


def literals(reader: Reader, axioms: Sequence[Axiom]) -> Iterator[Problem]:
    """Datatypes of literals that OWL 2 RL does not know: one each."""
    used = {o.datatype for o in reader.graph.objects() if isinstance(o, Literal) and o.datatype}
    for datatype in sorted(used - DATATYPES - reader.declared["Datatype"]):
        yield Problem(
            "rl-literal",
            datatype,
            "is no OWL 2 RL datatype: its literals are kept and compared as terms only",
        )


# Every check in the order in which the first one names an axiom; severities by name below.
CONDITIONS: tuple[Condition, ...] = (
    simple_properties,
    regular_hierarchy,
    anonymous_individuals,
    top_data_property,
    datatype_definitions,
    declarations,
    typing,
    reserved_vocabulary,
    unattached,
    functional_data_properties,
    literals,
)
