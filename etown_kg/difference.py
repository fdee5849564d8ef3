"""What tells two datasets apart, as statements.

Blank nodes have no names of their own, so their statements are compared by structure. A component
of one dataset that is isomorphic to one of the other is the same. Of those that are left, the ones
that have most in common are laid side by side, and their nodes are matched one by one: where one
statement of a list or a restriction changed, one goes and one comes, and not all of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad

from etown_kg.blank_nodes import blank_nodes_of, canonical, components, with_names

# Pairs of nodes that are compared with each other.
MOST_COMPARED = 10_000
# What stands for a node whose name does not count, and for the one that is looked at.
_ANY, _SELF = BlankNode("any"), BlankNode("self")


@dataclass(frozen=True)
class Difference:
    """Statements that are in one dataset and not in the other, sorted.

    A blank node that both have is called as in the first.
    """

    deleted: tuple[Quad, ...]
    inserted: tuple[Quad, ...]

    def __bool__(self) -> bool:
        return bool(self.deleted or self.inserted)

    def graphs(self) -> list[NamedNode | BlankNode | DefaultGraph]:
        """The graphs in which something differs, sorted."""
        return sorted({quad.graph_name for quad in (*self.deleted, *self.inserted)}, key=str)

    def of_graph(self, name: NamedNode | BlankNode | DefaultGraph) -> Difference:
        """What differs in one graph."""
        return Difference(
            tuple(quad for quad in self.deleted if quad.graph_name == name),
            tuple(quad for quad in self.inserted if quad.graph_name == name),
        )

    def patch(self) -> str:
        """The difference as RDF Patch (https://afs.github.io/rdf-patch/): first becomes second.

        A row has a triple, or a quad where the statement is in a named graph. Blank nodes are
        called as in the first dataset, which a store knows only if it keeps their names.
        """
        rows = [f"D {_row(quad)} ." for quad in self.deleted]
        rows += [f"A {_row(quad)} ." for quad in self.inserted]
        return "\n".join(["TX .", *rows, "TC .", ""])


def difference(first: Iterable[Quad], second: Iterable[Quad]) -> Difference:
    """What would have to go from the first dataset and come to it to make it the second."""
    before, after = set(first), set(second)
    gone = {quad for quad in before - after if not any(blank_nodes_of(quad))}
    come = {quad for quad in after - before if not any(blank_nodes_of(quad))}
    unmatched_before, unmatched_after = _without_isomorphic(components(before), components(after))
    taken = {node for quad in before for node in blank_nodes_of(quad)}
    for old, new in _pairs(unmatched_before, unmatched_after):
        names = _named_apart(new, _matched(old, new), taken)
        renamed = {with_names(quad, names) for quad in new}
        gone |= set(old) - renamed
        come |= renamed - set(old)
    return Difference(tuple(sorted(gone, key=_order)), tuple(sorted(come, key=_order)))


Component = Sequence[Quad]


def _without_isomorphic(
    before: Sequence[Component], after: Sequence[Component]
) -> tuple[list[Component], list[Component]]:
    """The components that have no isomorphic one on the other side, one to one."""
    forms: dict[tuple[str, ...], list[Component]] = defaultdict(list)
    for component in before:
        forms[_form(component)].append(component)
    left = []
    for component in after:
        alike = forms.get(_form(component))
        if alike:
            alike.pop()
        else:
            left.append(component)
    return [component for each in forms.values() for component in each], left


def _form(component: Component) -> tuple[str, ...]:
    return tuple(map(str, canonical(component)))


def _pairs(
    before: Sequence[Component], after: Sequence[Component]
) -> Iterator[tuple[Component, Component]]:
    """Components side by side, those with most in common first; the rest face nothing."""
    # By their form, so that the pairs do not depend on the order that they come in.
    before, after = sorted(before, key=_form), sorted(after, key=_form)
    masked_after = [_masked(component) for component in after]
    found: list[tuple[int, int, int]] = []
    holders: dict[str, list[int]] = defaultdict(list)
    for index, masked in enumerate(masked_after):
        for text in masked:
            holders[text].append(index)
    for place, component in enumerate(before):
        shared: Counter[int] = Counter()
        for text, count in _masked(component).items():
            for index in holders.get(text, ()):
                shared[index] += min(count, masked_after[index][text])
        found += [(-common, place, index) for index, common in shared.items()]
    free_before, free_after = set(range(len(before))), set(range(len(after)))
    for _, place, index in sorted(found):
        if place in free_before and index in free_after:
            free_before.remove(place)
            free_after.remove(index)
            yield before[place], after[index]
    for place in sorted(free_before):
        yield before[place], ()
    for index in sorted(free_after):
        yield (), after[index]


def _masked(component: Component) -> Counter[str]:
    """The statements of a component, whatever its nodes are called."""
    return Counter(str(_with_all(quad, _ANY)) for quad in component)


def _matched(old: Component, new: Component) -> dict[BlankNode, BlankNode]:
    """The nodes of `new` that are nodes of `old`.

    First, round by round, those of which both say exactly the same; each match tells more of its
    neighbours. Then, one at a time, those with most statements in common; not where there are so
    many that comparing all with all would take long: their statements all go and come.
    """
    found: dict[BlankNode, BlankNode] = {}
    of_old, of_new = _by_node(old), _by_node(new)
    free_old, free_new = set(of_old), set(of_new)

    def match(one: BlankNode, other: BlankNode) -> None:
        found[other] = one
        free_old.remove(one)
        free_new.remove(other)

    while free_old and free_new:
        known = {node: node for node in found.values()}
        views_old = {node: _views(node, of_old[node], known) for node in free_old}
        views_new = {node: _views(node, of_new[node], found) for node in free_new}
        unique_old, unique_new = _unique(views_old), _unique(views_new)
        alike = [(unique_old[view], unique_new[view]) for view in unique_old.keys() & unique_new]
        if alike:
            for one, other in alike:
                match(one, other)
            continue
        if len(free_old) * len(free_new) > MOST_COMPARED:
            break
        common = (
            (-(views_old[one] & views_new[other]).total(), one.value, other.value)
            for one in free_old
            for other in free_new
        )
        score, one_name, other_name = min(common)
        if score == 0:
            break
        match(BlankNode(one_name), BlankNode(other_name))
    return found


def _unique(views: Mapping[BlankNode, Counter[str]]) -> dict[frozenset[tuple[str, int]], BlankNode]:
    """The nodes that nothing else looks like, by what is said of them."""
    nodes: dict[frozenset[tuple[str, int]], list[BlankNode]] = defaultdict(list)
    for node, view in views.items():
        nodes[frozenset(view.items())].append(node)
    return {view: each[0] for view, each in nodes.items() if len(each) == 1}


def _by_node(component: Component) -> dict[BlankNode, list[Quad]]:
    found: dict[BlankNode, list[Quad]] = defaultdict(list)
    for quad in component:
        for node in set(blank_nodes_of(quad)):
            found[node].append(quad)
    return found


def _views(
    node: BlankNode, quads: Iterable[Quad], known: Mapping[BlankNode, BlankNode]
) -> Counter[str]:
    """The statements with a node, in which only those nodes have names that are known."""
    found: Counter[str] = Counter()
    for quad in quads:
        names = {other: known.get(other, _ANY) for other in blank_nodes_of(quad)}
        found[str(with_names(quad, {**names, node: _SELF}))] += 1
    return found


def _named_apart(
    component: Component, names: dict[BlankNode, BlankNode], taken: set[BlankNode]
) -> dict[BlankNode, BlankNode]:
    """The names, and new ones for the nodes that have none, which no other node has."""
    complete = dict(names)
    for node in sorted(_by_node(component), key=lambda node: node.value):
        if node in complete:
            continue
        number = len(taken)
        while BlankNode(f"n{number}") in taken:
            number += 1
        complete[node] = BlankNode(f"n{number}")
        taken.add(complete[node])
    return complete


def _with_all(quad: Quad, name: BlankNode) -> Quad:
    return with_names(quad, dict.fromkeys(blank_nodes_of(quad), name))


def _row(quad: Quad) -> str:
    graph = quad.graph_name
    return str(quad.triple) if isinstance(graph, DefaultGraph) else f"{quad.triple} {graph}"


def _order(quad: Quad) -> tuple[str, str, str, str]:
    return str(quad.graph_name), str(quad.subject), str(quad.predicate), str(quad.object)
