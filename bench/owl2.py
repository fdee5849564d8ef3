"""The W3C OWL 2 test cases, and who passes them: `python -m bench.owl2 CASES.ttl`.

CASES.ttl holds cases of the OWL 2 test suite (https://www.w3.org/TR/owl2-conformance/) in its
own vocabulary, with the ontologies as RDF/XML in literals. The command writes
docs/owl2-conformance.md, a table of this engine, owlrl and reasonable.

A case is judged as section 2.1 of OWL 2 Conformance defines its kinds:
positive entailment: the conclusion follows; consistency: no violation; inconsistency: a violation.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from rdflib import RDF, BNode, Graph, Namespace
from rdflib.term import Node

TEST = Namespace("http://www.w3.org/2007/OWL/testOntology#")
KINDS = ("PositiveEntailmentTest", "ConsistencyTest", "InconsistencyTest")
REPORT = Path(__file__).parent.parent / "docs" / "owl2-conformance.md"

RdfTriple = tuple[Node, Node, Node]


class Case(NamedTuple):
    """A test case of one kind; a case of the suite with two kinds is two of these."""

    name: str
    kind: str
    premise: str  # RDF/XML
    conclusion: str | None  # RDF/XML, for an entailment


class Verdict(NamedTuple):
    """What a reasoner found: all triples of the closure, and whether it saw a violation.

    `is_inconsistent` is None for a reasoner that does not tell.
    """

    triples: Graph
    is_inconsistent: bool | None


def read_cases(path: Path) -> list[Case]:
    """The cases in the file by name, then kind; cases of other kinds are left out."""
    manifest = Graph().parse(path, format="turtle")
    cases = []
    for kind in KINDS:
        for case in manifest.subjects(RDF.type, TEST[kind]):
            conclusion = manifest.value(case, TEST.rdfXmlConclusionOntology)
            cases.append(
                Case(
                    name=str(manifest.value(case, TEST.identifier)),
                    kind=kind,
                    premise=str(manifest.value(case, TEST.rdfXmlPremiseOntology)),
                    conclusion=None if conclusion is None else str(conclusion),
                )
            )
    return sorted(cases)


def read_ontology(text: str) -> Graph:
    return Graph().parse(data=text, format="xml")


def matches(pattern: Graph, graph: Graph) -> bool:
    """Simple entailment: whether the blank nodes of `pattern` can be mapped into `graph`."""

    def search(left: list[RdfTriple], names: dict[Node, Node]) -> bool:
        if not left:
            return True
        first, *rest = left
        s, p, o = (names.get(term) if isinstance(term, BNode) else term for term in first)
        for found in graph.triples((s, p, o)):
            bound = {k: v for k, v in zip(first, found, strict=True) if isinstance(k, BNode)}
            if search(rest, names | bound):
                return True
        return False

    return search(sorted(pattern, key=lambda triple: sum(isinstance(t, BNode) for t in triple)), {})


def judge_closure(case: Case, close: Callable[[Graph], Verdict]) -> bool | None:
    """Whether a forward closure passes the case; None when the reasoner cannot tell."""
    verdict = close(read_ontology(case.premise))
    if case.kind == "PositiveEntailmentTest":
        assert case.conclusion is not None
        return matches(read_ontology(case.conclusion), verdict.triples)
    if verdict.is_inconsistent is None:
        return None
    return verdict.is_inconsistent == (case.kind == "InconsistencyTest")


def judge_engine(case: Case) -> bool | None:
    """Whether this project's engine passes the case."""
    from etown_kg.reason import entails, materialise

    premise = read_ontology(case.premise)
    if case.kind == "PositiveEntailmentTest":
        assert case.conclusion is not None
        return entails(premise, read_ontology(case.conclusion)).holds is True
    is_inconsistent = bool(materialise(premise, profile="full").violations)
    return is_inconsistent == (case.kind == "InconsistencyTest")


def close_with_owlrl(graph: Graph) -> Verdict:
    import owlrl
    from owlrl.Namespaces import ERRNS

    owlrl.DeductiveClosure(
        owlrl.OWLRL_Semantics, axiomatic_triples=True, datatype_axioms=True
    ).expand(graph)
    return Verdict(graph, (None, ERRNS.error, None) in graph)


def close_with_reasonable(graph: Graph) -> Verdict:
    """The Python package gives triples and says nothing of violations."""
    import reasonable

    reasoner = reasonable.PyReasoner()
    reasoner.from_graph(graph)
    closure = Graph()
    for triple in reasoner.reason():
        closure.add(triple)
    return Verdict(closure, None)


REASONERS: dict[str, Callable[[Case], bool | None]] = {
    "etown-kg": judge_engine,
    "owlrl": lambda case: judge_closure(case, close_with_owlrl),
    "reasonable": lambda case: judge_closure(case, close_with_reasonable),
}


def write_report(cases: list[Case], source: str) -> Iterator[str]:
    """The lines of the report: totals by kind, then the cases that somebody fails."""
    results = {name: [judge(case) for case in cases] for name, judge in REASONERS.items()}
    words = {True: "yes", False: "**no**", None: "does not tell"}
    yield "# OWL 2 test cases"
    yield ""
    yield "Written by `python -m bench.owl2`; do not edit."
    yield ""
    yield f"The cases of the W3C OWL 2 test suite in `{source}`: {len(cases)} tests, by kind."
    yield "A reasoner passes a positive entailment test when it shows the conclusion,"
    yield "a consistency test when it reports no violation, an inconsistency test when it does."
    yield ""
    yield f"| kind | tests | {' | '.join(REASONERS)} |"
    yield f"|---|---:|{'---:|' * len(REASONERS)}"
    for kind in KINDS:
        numbers = [k for k, case in enumerate(cases) if case.kind == kind]
        if not numbers:
            continue
        cells = []
        for found in results.values():
            passed = [found[k] for k in numbers]
            cells.append("does not tell" if None in passed else str(passed.count(True)))
        yield f"| {kind} | {len(numbers)} | {' | '.join(cells)} |"
    yield ""
    yield "Tests that at least one of them does not pass:"
    yield ""
    yield f"| test | kind | {' | '.join(REASONERS)} |"
    yield f"|---|---|{'---|' * len(REASONERS)}"
    for k, case in enumerate(cases):
        row = [found[k] for found in results.values()]
        if False in row:
            yield f"| {case.name} | {case.kind} | {' | '.join(words[cell] for cell in row)} |"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.owl2", description=__doc__)
    parser.add_argument("cases", type=Path, help="Turtle file with test cases")
    parser.add_argument("-o", "--output", type=Path, default=REPORT)
    options = parser.parse_args(arguments)
    cases = read_cases(options.cases)
    lines = write_report(cases, options.cases.name)
    options.output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
