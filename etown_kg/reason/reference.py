"""owlrl as a second opinion: its OWL 2 RL closure, behind guards against its known faults.

owlrl is kept as ``--reasoner owlrl`` and as the witness in differential tests. Version 7.6.2
has four faults that would reach the data; each guard below names the one it stands against:

- ``hasKey`` ignores the last key property, so that a one-key class becomes one individual:
  the last property is said twice (`_repeat_last_keys`);
- ``AllDifferent`` and ``AllDisjointProperties`` skip pairs with the last member: the pairs are
  said one by one (`_spell_out_pairs`);
- a functional (or max-1) data property makes two literals the same and with them every number
  in the graph: such axioms are held back (`_hold_back_functional_data`) and their clashes
  looked for here (`_literal_clashes`), as dt-diff with prp-fp and cls-maxc2 would find them;
- its output holds literals as subjects, axiomatic triples, a sameAs for every term, and its
  error messages as triples: only what a graph can hold and a reader can use comes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import owlrl
from owlrl.Namespaces import ERRNS
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.namespace import OWL, RDF, RDFS, XSD
from rdflib.term import Node

from etown_kg.findings import Finding

RdfTriple = tuple[Node, Node, Node]

# The rules that compare members of a list pairwise, and the property that says a pair alone.
PAIRWISE = {
    (OWL.AllDifferent, OWL.members): OWL.differentFrom,
    (OWL.AllDifferent, OWL.distinctMembers): OWL.differentFrom,
    (OWL.AllDisjointProperties, OWL.members): OWL.propertyDisjointWith,
}
# Statements that every term has to itself, and that tell a reader nothing.
REFLEXIVE = {
    OWL.sameAs,
    OWL.equivalentClass,
    OWL.equivalentProperty,
    RDFS.subClassOf,
    RDFS.subPropertyOf,
}
MAX_CARDINALITIES = (OWL.maxCardinality, OWL.maxQualifiedCardinality)


@dataclass(frozen=True)
class ReferenceClosure:
    """What owlrl infers beyond the input, and the clashes that it or the guards report."""

    inferred: frozenset[RdfTriple]
    clashes: tuple[Finding, ...]


def close_with_owlrl(graph: Graph) -> ReferenceClosure:
    """The guarded OWL 2 RL closure of a graph, which is left as it was.

    Cost: about 0.7 ms a triple, growing faster than linearly; for graphs of some thousands.
    """
    guarded = Graph()
    for triple in graph:
        guarded.add(triple)
    _repeat_last_keys(guarded)
    _spell_out_pairs(guarded)
    held_back = _hold_back_functional_data(guarded)
    helpers = set(guarded) - set(graph)
    helper_nodes = {s for s, _, _ in helpers if isinstance(s, BNode)} - graph.all_nodes()
    errors = _expand(guarded)
    reported = (Finding(check="owlrl", focus="", message=error) for error in errors)
    clashes = sorted({*reported, *_literal_clashes(guarded, held_back)})
    unwanted = _axiomatic() | helpers
    inferred = frozenset(
        triple
        for triple in guarded
        if triple not in graph
        and triple not in unwanted
        and helper_nodes.isdisjoint(triple)
        and _is_worth_keeping(triple)
    )
    return ReferenceClosure(inferred, tuple(clashes))


def _expand(graph: Graph) -> list[str]:
    """Close the graph in place; the clashes that owlrl reports, as its sentences."""
    engine = owlrl.OWLRL_Semantics(graph, axioms=False, daxioms=False, rdfs=False)
    engine.closure()
    # It adds its reports to the graph as well; they are findings, not facts.
    for message in list(graph.subjects(RDF.type, ERRNS.ErrorMessage)):
        graph.remove((message, None, None))
    return list(engine.error_messages)


@cache
def _axiomatic() -> frozenset[RdfTriple]:
    """What owlrl says of an empty graph: the tables' axioms."""
    empty = Graph()
    _expand(empty)
    return frozenset(empty)


def _is_worth_keeping(triple: RdfTriple) -> bool:
    s, p, o = triple
    if not isinstance(s, URIRef | BNode) or not isinstance(p, URIRef):
        return False
    if p in REFLEXIVE and s == o:
        return False
    if p == OWL.sameAs and isinstance(o, Literal):
        return False
    if o == OWL.Thing and p in (RDF.type, RDFS.subClassOf, RDFS.domain, RDFS.range):
        return False
    if p == OWL.disjointWith and s.startswith(str(XSD)) and str(o).startswith(str(XSD)):
        return False
    return not (s == OWL.Nothing and p == RDFS.subClassOf)


def _repeat_last_keys(graph: Graph) -> None:
    """Say the last property of each key twice: owlrl never looks at the last one."""
    for class_, keys in list(graph.subject_objects(OWL.hasKey)):
        members = list(graph.items(keys))
        if not members:
            continue
        graph.remove((class_, OWL.hasKey, keys))
        repeated = BNode()
        Collection(graph, repeated, [*members, members[-1]])
        graph.add((class_, OWL.hasKey, repeated))


def _spell_out_pairs(graph: Graph) -> None:
    """Say each pair of an AllDifferent or AllDisjointProperties list as a triple of its own."""
    for (kind, member_property), pair_property in PAIRWISE.items():
        for axiom in list(graph.subjects(RDF.type, kind)):
            for members in list(graph.objects(axiom, member_property)):
                for first, second in combinations(list(graph.items(members)), 2):
                    graph.add((first, pair_property, second))


@dataclass(frozen=True)
class _HeldBack:
    """Axioms over data properties that owlrl must not see."""

    functional: frozenset[Node]
    # (restriction, the property that it allows at most one value)
    at_most_one: frozenset[tuple[Node, Node]]


def _hold_back_functional_data(graph: Graph) -> _HeldBack:
    data_properties = set(graph.subjects(RDF.type, OWL.DatatypeProperty))
    data_properties |= {p for _, p, o in graph if isinstance(o, Literal)}
    functional = data_properties & set(graph.subjects(RDF.type, OWL.FunctionalProperty))
    for data_property in functional:
        graph.remove((data_property, RDF.type, OWL.FunctionalProperty))
    for data_property in data_properties:
        graph.remove((data_property, RDF.type, OWL.InverseFunctionalProperty))
    at_most_one: set[tuple[Node, Node]] = set()
    for cardinality in MAX_CARDINALITIES:
        for restriction, limit in list(graph.subject_objects(cardinality)):
            restricted = data_properties & set(graph.objects(restriction, OWL.onProperty))
            if restricted and str(limit) == "1":
                graph.remove((restriction, cardinality, limit))
                at_most_one |= {(restriction, data_property) for data_property in restricted}
    return _HeldBack(frozenset(functional), frozenset(at_most_one))


def _literal_clashes(graph: Graph, held_back: _HeldBack) -> Iterator[Finding]:
    for property_ in held_back.functional:
        subjects = set(graph.subjects(property_))
        yield from _unequal_values(graph, "prp-fp", property_, subjects)
    for restriction, property_ in held_back.at_most_one:
        subjects = set(graph.subjects(RDF.type, restriction))
        yield from _unequal_values(graph, "cls-maxc2", property_, subjects)


def _unequal_values(
    graph: Graph, rule: str, property_: Node, subjects: Iterable[Node]
) -> Iterator[Finding]:
    for subject in subjects:
        values = sorted(o for o in graph.objects(subject, property_) if isinstance(o, Literal))
        for first, second in combinations(values, 2):
            if not _are_equal(first, second):
                yield Finding(
                    check=rule,
                    focus=subject.n3(),
                    path=property_.n3(),
                    value=f"{first.n3()}, {second.n3()}",
                    message="two unequal values where at most one is allowed",
                )


def _are_equal(first: Literal, second: Literal) -> bool:
    """Equality by value; literals of datatypes that do not compare are different."""
    try:
        return bool(first.eq(second))
    except TypeError:
        return False
