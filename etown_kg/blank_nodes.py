"""Names for blank nodes that depend on the statements alone, not on who read or wrote them.

The statements with blank nodes fall into *components*: two are in one where they share a blank
node. In each, nodes are told apart by what is said of them and of their neighbours, round by round
(colour refinement); of those that this leaves alike, one after the other is singled out, and the
naming that gives the least text in N-Quads is taken. So isomorphic datasets get the same names.
(RDF Dataset Canonicalization, https://www.w3.org/TR/rdf-canon/, has the same aim, but takes a
minute for nine nodes that nothing tells apart.)

`MOST_TRIED` namings are tried: where more are possible, the names that came in break the tie, and
are then the one thing that still counts of them. Components are numbered in the order of their
N-Quads, so thousands of small ones cost no more than their sum.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

MOST_TRIED = 64

_Term = TypeVar("_Term", bound=NamedNode | BlankNode | Literal | Triple | DefaultGraph)


def blank_nodes_of(statement: Quad | Triple) -> Iterator[BlankNode]:
    """The blank nodes of a statement, its graph name and triple terms included."""
    for term in statement:
        if isinstance(term, BlankNode):
            yield term
        elif isinstance(term, Triple):
            yield from blank_nodes_of(term)


def has_blank_node(statement: Quad | Triple) -> bool:
    """Whether there is one in a statement: another request, or another solution, cannot name it."""
    # Most statements have none, and are told without a generator.
    if isinstance(statement.object, Triple):
        return any(True for _ in blank_nodes_of(statement))
    return any(isinstance(term, BlankNode) for term in statement)


def components(quads: Iterable[Quad]) -> list[list[Quad]]:
    """The statements with blank nodes, those together that share one, each once."""
    parent: dict[BlankNode, BlankNode] = {}

    def root(node: BlankNode) -> BlankNode:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    found = []
    for quad in dict.fromkeys(quads):
        nodes = list(blank_nodes_of(quad))
        if not nodes:
            continue
        found.append((quad, nodes[0]))
        for node in nodes:
            parent.setdefault(node, node)
            parent[root(node)] = root(nodes[0])
    together: dict[BlankNode, list[Quad]] = defaultdict(list)
    for quad, node in found:
        together[root(node)].append(quad)
    return list(together.values())


def canonical(component: Sequence[Quad]) -> list[Quad]:
    """A component with canonical names, sorted: the same for all that are isomorphic to it."""
    colouring = _Colouring(component)
    colouring.refine(set(colouring.colours))
    found: list[list[Quad]] = []
    _try_namings(component, colouring, found)
    return min(found, key=lambda quads: list(map(str, quads)))


def named(quads: Iterable[Quad], label: str = "b") -> list[Quad]:
    """The statements with blank nodes, these called `label` and a number.

    >>> from pyoxigraph import RdfFormat, parse
    >>> [str(quad.subject) for quad in named(parse("_:x <urn:p> 1 .", RdfFormat.TURTLE))]
    ['_:b0']
    """
    found = sorted((canonical(each) for each in components(quads)), key=lambda each: str(each))
    renamed: list[Quad] = []
    count = 0
    for component in found:
        names: dict[BlankNode, BlankNode] = {}
        for quad in component:
            for node in blank_nodes_of(quad):
                if node not in names:
                    names[node] = BlankNode(f"{label}{count}")
                    count += 1
        renamed.extend(with_names(quad, names) for quad in component)
    return renamed


def with_names(quad: Quad, names: Mapping[BlankNode, BlankNode]) -> Quad:
    """The statement with its blank nodes called as `names` has it; others keep their names."""
    return Quad(
        _renamed(quad.subject, names),
        quad.predicate,
        _renamed(quad.object, names),
        _renamed(quad.graph_name, names),
    )


def _renamed(term: _Term, names: Mapping[BlankNode, BlankNode]) -> _Term:
    if isinstance(term, BlankNode):
        return names.get(term, term)  # type: ignore[return-value]
    if isinstance(term, Triple):
        return Triple(  # type: ignore[return-value]
            _renamed(term.subject, names), term.predicate, _renamed(term.object, names)
        )
    return term


def _try_namings(component: Sequence[Quad], colouring: _Colouring, found: list[list[Quad]]) -> None:
    """Add the component as each naming has it that the colouring leaves open."""
    several = [(len(nodes), c) for c, nodes in colouring.alike.items() if len(nodes) > 1]
    if not several:
        order = sorted(colouring.colours, key=lambda node: colouring.colours[node])
        names = {node: BlankNode(f"c{number}") for number, node in enumerate(order)}
        found.append(sorted((with_names(quad, names) for quad in component), key=str))
        return
    _, colour = min(several)
    for node in sorted(colouring.alike[colour], key=lambda node: node.value):
        one = colouring.copy()
        one.single_out(node)
        _try_namings(component, one, found)
        if len(found) >= MOST_TRIED:
            return


class _Colouring:
    """A digest, the colour, for each blank node of a component.

    `alike` are the nodes by colour; `refine` tells apart all that their surroundings do.
    """

    def __init__(self, component: Sequence[Quad]) -> None:
        self._of_node: dict[BlankNode, list[Quad]] = defaultdict(list)
        for quad in component:
            for node in set(blank_nodes_of(quad)):
                self._of_node[node].append(quad)
        self._neighbours = {
            node: {other for quad in quads for other in blank_nodes_of(quad)} - {node}
            for node, quads in self._of_node.items()
        }
        self.colours = dict.fromkeys(self._of_node, "")
        self.alike: dict[str, set[BlankNode]] = {"": set(self._of_node)}

    def copy(self) -> _Colouring:
        """The same colours, to be refined in another way."""
        other = object.__new__(_Colouring)
        other._of_node, other._neighbours = self._of_node, self._neighbours
        other.colours = dict(self.colours)
        other.alike = {colour: set(nodes) for colour, nodes in self.alike.items()}
        return other

    def single_out(self, node: BlankNode) -> None:
        """Give one node a colour of its own, and refine."""
        self._recolour({_digest(self.colours[node], ("one",)): {node}}, self.colours[node])
        self.refine({node})

    def refine(self, changed: set[BlankNode]) -> None:
        """Tell apart what can be, now that these nodes have the colours that they have."""
        while changed:
            # Only who has a neighbour that was told apart from others can be told apart now.
            # One without any is alone in its component.
            seen = {other for node in changed for other in self._neighbours[node]}
            parts: dict[str, dict[str, set[BlankNode]]] = defaultdict(lambda: defaultdict(set))
            for node in seen:
                colour = self.colours[node]
                if len(self.alike[colour]) > 1:
                    parts[colour][_digest(colour, sorted(self._views(node)))].add(node)
            changed = set()
            for colour, found in parts.items():
                rest = len(self.alike[colour]) - sum(map(len, found.values()))
                # The largest part keeps the colour, so that its neighbours need no second look.
                largest = max(found, key=lambda new: (len(found[new]), new))
                if len(found[largest]) >= rest:
                    kept = found.pop(largest)
                    if rest:
                        others = set().union(*found.values())
                        found[_digest(colour, ("rest",))] = self.alike[colour] - kept - others
                changed |= self._recolour(found, colour)

    def _recolour(self, parts: Mapping[str, set[BlankNode]], colour: str) -> set[BlankNode]:
        """Take these parts of a colour out of it; gives their nodes."""
        changed: set[BlankNode] = set()
        for new, nodes in parts.items():
            self.alike[colour] -= nodes
            self.alike[new] = nodes
            self.colours.update(dict.fromkeys(nodes, new))
            changed |= nodes
        return changed

    def _views(self, node: BlankNode) -> Iterator[str]:
        """The statements with a node, as it sees them: itself, and of others their colour."""
        for quad in self._of_node[node]:
            names = {
                other: BlankNode("self" if other == node else f"x{self.colours[other]}")
                for other in blank_nodes_of(quad)
            }
            yield str(with_names(quad, names))


def _digest(colour: str, views: Iterable[str]) -> str:
    return hashlib.sha256("\n".join((colour, *views)).encode()).hexdigest()[:32]
