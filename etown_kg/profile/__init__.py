"""Whether an RDF graph stays in the OWL 2 RL profile, axiom by axiom.

    from etown_kg.profile import check_profile
    for finding in check_profile(graph):
        print(finding)

OWL 2 Profiles section 4.2 (https://www.w3.org/TR/owl2-profiles/#OWL_2_RL). The graph is read
as OWL 2 Mapping to RDF Graphs prescribes: `expression` reads class expressions and data
ranges, `axiom` the axioms, `grammar` holds what is allowed as tables, `conditions` and
`properties` the side conditions of OWL 2 DL. Nothing here is about E-Town: any ontology can be
checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from rdflib import OWL, Graph
from rdflib.term import Literal, Node, URIRef

from etown_kg import vocab
from etown_kg.findings import Finding, Severity
from etown_kg.profile.axiom import Axiom, read_axioms
from etown_kg.profile.conditions import CONDITIONS
from etown_kg.profile.expression import NO_RANGES, Expression, Reader
from etown_kg.profile.grammar import (
    AXIOM_POSITIONS,
    CHECK_OF_POSITION,
    CHECKS,
    DATA_RANGE,
    DATATYPES,
    EXCLUDED_AXIOMS,
    MAX_CARDINALITY,
    POSITIONS,
    SUBCLASS_OR_THING,
)
from etown_kg.profile.problem import Problem

__all__ = ["CHECKS", "check_profile"]

_SEVERITIES: dict[str, Severity] = {"sound-numbers": "warning", "rl-literal": "info"}


def check_profile(graph: Graph) -> tuple[Finding, ...]:
    """The findings on `graph`, at most one for each axiom; none means that it is in OWL 2 RL.

    A finding's `focus` is the axiom in functional-style syntax (or a term, where no single
    axiom is at fault), its `check` a name of `CHECKS`. Two kinds are no violations: a
    functional data property is legal and unwise ("warning"), a literal of a datatype that RL
    lacks is kept but not reasoned with ("info").

    >>> graph = Graph().parse(data='''
    ...     @prefix : <http://example.org/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
    ...     :A a owl:Class . :p a owl:ObjectProperty , owl:ReflexiveProperty .''')
    >>> [finding.focus for finding in check_profile(graph)]
    ['ReflexiveObjectProperty(:p)']
    """
    reader = Reader(graph)
    axioms = list(read_axioms(reader))
    name = _namer(graph)
    findings: dict[str, Finding] = {}
    for problem in _problems(reader, axioms):
        culprit = problem.culprit
        focus = name(culprit) if isinstance(culprit, Node) else culprit.render(name)
        hint = f"; {problem.hint}" if problem.hint else ""
        finding = Finding(
            check=problem.check,
            focus=focus,
            message=f"{problem.message}{hint} ({CHECKS[problem.check]})",
            severity=_SEVERITIES.get(problem.check, "violation"),
        )
        findings.setdefault(focus, finding)
    return tuple(sorted(findings.values()))


def _problems(reader: Reader, axioms: list[Axiom]) -> Iterator[Problem]:
    for axiom in axioms:
        if axiom.problem:
            yield Problem("rdf-malformed", axiom, axiom.problem)
        else:
            yield from _grammar(reader, axiom)
    for condition in CONDITIONS:
        yield from condition(reader, axioms)


def _grammar(reader: Reader, axiom: Axiom) -> Iterator[Problem]:
    """Where the axiom leaves the grammar: the first place only."""
    if axiom.kind in EXCLUDED_AXIOMS:
        yield Problem(
            "rl-axiom", axiom, f"OWL 2 RL has no {axiom.kind}", EXCLUDED_AXIOMS[axiom.kind]
        )
        return
    positions = AXIOM_POSITIONS.get(axiom.kind, ())
    ranges = [argument for argument in axiom.arguments if _is_range(argument)]
    if axiom.kind == "DatatypeDefinition":
        ranges = ranges[1:]  # the name that is defined
    for index, argument in enumerate(ranges):
        if not positions:
            return
        position = positions[min(index, len(positions) - 1)]
        for problem, at in _misplaced(reader, argument, position):
            yield Problem(CHECK_OF_POSITION[at], axiom, problem)
            return


def _is_range(expression: Expression) -> bool:
    """Whether `expression` is a class expression or a data range."""
    return expression.constructor not in NO_RANGES


def _misplaced(reader: Reader, expression: Expression, position: str) -> Iterator[tuple[str, str]]:
    """What is wrong with `expression` at `position`, and the position it is wrong at."""
    if position == SUBCLASS_OR_THING:
        if expression.term == OWL.Thing:
            return
        position = "subClassExpression"
    allowed = POSITIONS[position]
    if expression.constructor not in allowed:
        names = ", ".join(sorted(allowed))
        yield f"{expression.constructor} is no {position}; allowed are {names}", position
        return
    if expression.term is not None:
        yield from ((problem, position) for problem in _named(reader, expression, position))
        return
    cardinality = expression.cardinality
    if cardinality is not None and not 0 <= cardinality <= MAX_CARDINALITY:
        yield f"{expression.constructor} of {cardinality}: only 0 and 1 are allowed", position
        return
    inner = allowed[expression.constructor]
    for argument in expression.arguments if inner else ():
        if _is_range(argument):
            yield from _misplaced(reader, argument, inner)


def _named(reader: Reader, expression: Expression, position: str) -> Iterator[str]:
    if expression.term == OWL.Thing:
        yield f"owl:Thing is no {position}"
    if position != DATA_RANGE or expression.term in DATATYPES:
        return
    is_own = reader.is_a(expression.term or OWL.Nothing, "Datatype")
    defined = (expression.term, OWL.equivalentClass, None) in reader.graph
    if not (is_own and defined):
        yield "the datatype is none of OWL 2 RL's"


def _namer(graph: Graph) -> Callable[[Node], str]:
    """Writes terms as CURIEs with the graph's prefixes, else in N-Triples."""
    prefixes = {str(iri): prefix for prefix, iri in graph.namespaces()}
    prefixes = {**{iri: prefix for prefix, iri in vocab.PREFIXES.items()}, **prefixes}

    def name(term: Node) -> str:
        if isinstance(term, URIRef):
            local = re.search(r"[\w-]*$", term)
            cut = local.start() if local else len(term)
            if term[:cut] in prefixes:
                return f"{prefixes[term[:cut]]}:{term[cut:]}"
        if isinstance(term, Literal) and term.datatype is not None:
            return f'"{term}"^^{name(term.datatype)}'
        return str(term.n3())

    return name
