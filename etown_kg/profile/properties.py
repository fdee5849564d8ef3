"""The two side conditions on object properties: simple ones, and a strict order of chains.

OWL 2 Structural Specification 11.2 (https://www.w3.org/TR/owl2-syntax/#Global_Restrictions_on_Axioms_in_OWL_2_DL).
A property and its inverse are taken as one throughout, as both conditions allow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rdflib import OWL
from rdflib.term import Node

from etown_kg.profile.axiom import Axiom
from etown_kg.profile.expression import Expression, Reader
from etown_kg.profile.grammar import SIMPLE_AXIOMS, SIMPLE_EXPRESSIONS
from etown_kg.profile.problem import Problem


def simple_properties(reader: Reader, axioms: Sequence[Axiom]) -> Iterator[Problem]:
    """Axioms that need a simple property and use a transitive or chained one."""
    composite = _composite(axioms)
    for axiom in axioms:
        demanded = [
            part
            for part in axiom.walk()
            if part.constructor in SIMPLE_EXPRESSIONS or axiom.kind in SIMPLE_AXIOMS
        ]
        for part in demanded:
            prop = part.arguments[0] if part.constructor in SIMPLE_EXPRESSIONS else part
            why = composite.get(_base(prop))
            if why is None:
                continue
            needs = part.constructor if part.constructor in SIMPLE_EXPRESSIONS else axiom.kind
            yield Problem(
                "dl-simple",
                axiom,
                f"{needs} needs a simple property, and this one is {why}",
                "drop one of the two, or check the constraint with a shape",
            )
            break


def _composite(axioms: Sequence[Axiom]) -> dict[Node | None, str]:
    """Non-simple properties, each with the reason."""
    found: dict[Node | None, str] = {
        OWL.topObjectProperty: "owl:topObjectProperty",
        OWL.bottomObjectProperty: "owl:bottomObjectProperty",
    }
    for axiom in axioms:
        if axiom.kind == "TransitiveObjectProperty":
            found[_base(axiom.arguments[0])] = "transitive"
        elif _is_chain(axiom):
            found[_base(axiom.arguments[1])] = "implied by a property chain"
    above = _hierarchy(axioms)
    pending = list(found)
    while pending:
        lower = pending.pop()
        for upper in above.get(lower, ()):
            if upper not in found:
                found[upper] = f"above a property that is {found[lower].removeprefix('above ')}"
                pending.append(upper)
    return found


def _hierarchy(axioms: Sequence[Axiom]) -> dict[Node | None, set[Node | None]]:
    """Direct super-properties, inverses taken as one with their property."""
    above: dict[Node | None, set[Node | None]] = {}
    for axiom in axioms:
        if axiom.kind not in {
            "SubObjectPropertyOf",
            "EquivalentObjectProperties",
            "InverseObjectProperties",
        }:
            continue
        lower, upper = axiom.arguments
        if lower.constructor == "ObjectPropertyChain":
            continue
        above.setdefault(_base(lower), set()).add(_base(upper))
        if axiom.kind != "SubObjectPropertyOf":
            above.setdefault(_base(upper), set()).add(_base(lower))
    return above


def _is_chain(axiom: Axiom) -> bool:
    return (
        axiom.kind == "SubObjectPropertyOf"
        and axiom.arguments[0].constructor == "ObjectPropertyChain"
    )


def _base(prop: Expression) -> Node | None:
    """The property of a property expression, inverse or not."""
    return prop.arguments[0].term if prop.constructor == "ObjectInverseOf" else prop.term


def regular_hierarchy(reader: Reader, axioms: Sequence[Axiom]) -> Iterator[Problem]:
    """Chains without a strict order: a property chained, by way of others, into itself.

    11.2 asks for a strict partial order in which the links of a chain come before its
    super-property, and that a < b and b -> ... -> a (by sub-property axioms) never both hold.
    The smallest such order is the transitive closure of what the chains ask for.
    """
    above = _hierarchy(axioms)
    chains = [axiom for axiom in axioms if _is_chain(axiom)]
    after: dict[Node | None, set[Node | None]] = {}
    before: dict[Node | None, set[Node | None]] = {}
    for axiom in chains:
        upper = _base(axiom.arguments[1])
        for link in _ordered_links(axiom):
            after.setdefault(_base(link), set()).add(upper)
            before.setdefault(upper, set()).add(_base(link))
    for axiom in chains:
        greater = reachable(after, {_base(axiom.arguments[1])})
        smaller = reachable(before, {_base(link) for link in _ordered_links(axiom)})
        if reachable(above, greater) & smaller:
            yield Problem(
                "dl-hierarchy",
                axiom,
                "the chain has no strict order: a property in it follows from the chain's own "
                "super-property",
                "a super-property may stand only first or last in its own chain",
            )


def _ordered_links(axiom: Axiom) -> tuple[Expression, ...]:
    """The links of a chain that must come before its super-property (11.2, five forms)."""
    links, upper = axiom.arguments[0].arguments, axiom.arguments[1]
    if len(links) == 2 and links[0] == links[1] == upper:
        return ()
    if links[0] == upper:
        return links[1:]
    if links[-1] == upper:
        return links[:-1]
    return links


def reachable(
    steps: Mapping[Node | None, set[Node | None]], start: Iterable[Node | None]
) -> set[Node | None]:
    """What `start` leads to by `steps`, itself included."""
    seen: set[Node | None] = set()
    pending = list(start)
    while pending:
        node = pending.pop()
        if node not in seen:
            seen.add(node)
            pending.extend(steps.get(node, ()))
    return seen
