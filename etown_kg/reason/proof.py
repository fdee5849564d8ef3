"""Proofs as values, and how they are written: for people, as JSON, and as Turtle with PROV-O.

A proof is a tree. Its leaves are asserted triples with the named graphs that assert them, or rules
that need no premise. Terms are kept in N-Triples, so that a proof outlives its closure.

PROV-O (https://www.w3.org/TR/prov-o/): every triple is a prov:Entity that quotes itself with
rdf:subject, rdf:predicate and rdf:object; an inferred one prov:wasDerivedFrom its premises and
prov:wasGeneratedBy an activity whose prov:used is the rule; an asserted one
prov:wasQuotedFrom its graphs, and prov:hadPrimarySource the evidence that a caller names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from etown_kg.reason.terms import rdflib_term, short
from etown_kg.vocab import PROV, RDF, RDFS

# The page of the rules; a rule's id is looked up there.
RULES_PAGE = "https://www.w3.org/TR/owl2-profiles/#"


class LeafSource(NamedTuple):
    """Where an asserted triple was read: a line for people, fields for programs, IRIs to link.

    What a source is, the caller knows; proofs only carry it.
    """

    text: str
    fields: Mapping[str, str | int]
    iris: tuple[str, ...] = ()


# An asserted triple in N-Triples terms -> its sources.
Sources = Callable[[tuple[str, str, str]], Sequence[LeafSource]]


def no_sources(triple: tuple[str, str, str]) -> Sequence[LeafSource]:
    """For who asks only for rules and graphs."""
    return ()


@dataclass(frozen=True)
class Proof:
    """Why a triple holds, or, with `conclusion` None, why there is a clash.

    `rule` is empty for an asserted triple; `graphs` are then the named graphs that assert it, in
    N-Triples (none if the source had no named graphs, or for the default graph).
    """

    conclusion: tuple[str, str, str] | None
    rule: str
    text: str
    premises: tuple[Proof, ...] = ()
    graphs: tuple[str, ...] = ()

    @property
    def is_asserted(self) -> bool:
        """Whether this is a leaf that somebody stated."""
        return not self.rule

    @property
    def triple(self) -> tuple[Any, Any, Any] | None:
        """The conclusion as rdflib terms."""
        if self.conclusion is None:
            return None
        s, p, o = (rdflib_term(term.encode()) for term in self.conclusion)
        return s, p, o

    def leaves(self) -> Iterator[Proof]:
        """The asserted triples, each once, in the order of the tree."""
        seen = set()
        for proof in self.walk():
            if proof.is_asserted and proof.conclusion not in seen:
                seen.add(proof.conclusion)
                yield proof

    def walk(self) -> Iterator[Proof]:
        """This proof and all below it, premises behind their conclusion."""
        stack = [self]
        while stack:
            proof = stack.pop()
            yield proof
            stack += reversed(proof.premises)

    @property
    def depth(self) -> int:
        """Steps from the conclusion to the farthest leaf; 0 for an asserted triple."""
        return 1 + max((premise.depth for premise in self.premises), default=-1)

    def __str__(self) -> str:
        return as_text(self)


def _said(proof: Proof) -> str:
    if proof.conclusion is None:
        return "a clash"
    return " ".join(short(term.encode()) for term in proof.conclusion)


def as_text(proof: Proof, sources: Sources = no_sources) -> str:
    """The tree for people, a line for each triple; one that was proved above is not proved again.

    Below an asserted triple stands a line for each of its sources.
    """
    lines: list[str] = []
    shown: set[tuple[str, str, str] | None] = set()

    def write(node: Proof, lead: str, mark: str, below: str) -> None:
        line = f"{lead}{mark}{_said(node)}"
        is_repeated = bool(node.premises) and node.conclusion in shown
        if node.is_asserted:
            graphs = ", ".join(short(graph.encode()) for graph in node.graphs)
            lines.append(f"{line}  [asserted{' in ' + graphs if graphs else ''}]")
            lines.extend(f"{lead}{below}· {source.text}" for source in _sources_of(node, sources))
        elif is_repeated:
            lines.append(f"{line}  [as above]")
        else:
            lines.append(f"{line}  [{node.rule}] {node.text}")
        if is_repeated:
            return
        shown.add(node.conclusion)
        for i, premise in enumerate(node.premises):
            is_last = i == len(node.premises) - 1
            write(premise, lead + below, "└─ " if is_last else "├─ ", "   " if is_last else "│  ")

    write(proof, "", "", "")
    return "\n".join(lines)


def _sources_of(leaf: Proof, sources: Sources) -> Sequence[LeafSource]:
    return sources(leaf.conclusion) if leaf.conclusion else ()


def as_dict(proof: Proof, sources: Sources = no_sources) -> dict[str, Any]:
    """The tree as JSON values; terms in N-Triples."""
    result: dict[str, Any] = {"conclusion": list(proof.conclusion) if proof.conclusion else None}
    if proof.is_asserted:
        result["asserted"] = True
        result["graphs"] = list(proof.graphs)
        result["sources"] = [dict(source.fields) for source in _sources_of(proof, sources)]
    else:
        result["rule"] = proof.rule
        result["text"] = proof.text
        result["premises"] = [as_dict(premise, sources) for premise in proof.premises]
    return result


def as_turtle(proof: Proof, sources: Sources = no_sources, *, label: str = "step") -> str:
    """The tree in Turtle with PROV-O; equal triples are one entity.

    Proofs written into one document need a `label` each, from which blank nodes are named.
    """
    names: dict[tuple[str, str, str] | None, str] = {}
    for node in proof.walk():
        names.setdefault(node.conclusion, f"_:{label}{len(names) + 1}")
    lines = [
        f"@prefix prov: <{PROV}> .",
        f"@prefix rdf: <{RDF}> .",
        f"@prefix rdfs: <{RDFS}> .",
        "",
    ]
    written = set()
    for node in proof.walk():
        if node.conclusion in written:
            continue
        written.add(node.conclusion)
        facts = ["a prov:Entity"]
        if node.conclusion is None:
            facts.append('rdfs:label "a clash"@en')
        else:
            s, p, o = node.conclusion
            facts += [f"rdf:subject {s}", f"rdf:predicate {p}", f"rdf:object {o}"]
        if node.is_asserted:
            facts += [f"prov:wasQuotedFrom {graph}" for graph in node.graphs]
            facts += [
                f"prov:hadPrimarySource <{iri}>"
                for source in _sources_of(node, sources)
                for iri in source.iris
            ]
        else:
            facts += [
                f"prov:wasDerivedFrom {names[premise.conclusion]}" for premise in node.premises
            ]
            comment = node.text.replace("\\", "\\\\").replace('"', '\\"')
            facts.append(
                f"prov:wasGeneratedBy [ a prov:Activity ; prov:used <{RULES_PAGE}{node.rule}> ; "
                f'rdfs:label "{node.rule}" ; rdfs:comment "{comment}"@en ]'
            )
        lines.append(f"{names[node.conclusion]} " + " ;\n    ".join(facts) + " .")
    return "\n".join(lines) + "\n"
