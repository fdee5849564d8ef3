"""Templates: quads with variables, of which the solutions of a WHERE make quads.

SPARQL 1.1 Update, section 3.1.3 (https://www.w3.org/TR/sparql11-update/#deleteInsert).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from etown_kg.blank_nodes import has_blank_node
from etown_kg.store.delta import GraphName
from etown_kg.store.spelling import Term
from etown_kg.update.text import variable_of

# The terms of a solution, in the order of the variables asked for.
Solution = tuple[Term | None, ...]


class Template:
    """One quad of a template, to be filled in with solutions."""

    def __init__(self, quad: Quad, places: Mapping[str, int]) -> None:
        self._quad = quad
        self._places = places
        self._is_constant = not any(True for _ in variables_of(quad)) and not has_blank_node(quad)
        # Whether the object is the text's own, and not one that went through the store.
        self.is_as_written = not any(True for _ in _in_term(quad.object))

    def filled(self, solution: Solution, fresh: dict[BlankNode, BlankNode]) -> Quad | None:
        """The quad of one solution; None where it has no term, or none that may stand there.

        `fresh` has the solution's own blank nodes.
        """
        if self._is_constant:
            return self._quad
        s, p, o, g = (self._term(term, solution, fresh) for term in self._quad)
        if not isinstance(s, NamedNode | BlankNode) or not isinstance(p, NamedNode) or o is None:
            return None
        if g is None or isinstance(g, Literal | Triple):
            return None
        return Quad(s, p, o, g)  # type: ignore[arg-type]  # o is no graph name

    def _term(
        self, term: Term | GraphName, solution: Solution, fresh: dict[BlankNode, BlankNode]
    ) -> Term | GraphName | None:
        if isinstance(term, BlankNode):
            return fresh.setdefault(term, BlankNode())
        if isinstance(term, Triple):
            s, p, o = (self._term(part, solution, fresh) for part in term)
            if not isinstance(s, NamedNode | BlankNode) or not isinstance(p, NamedNode):
                return None
            return None if o is None else Triple(s, p, o)  # type: ignore[arg-type]
        name = variable_of(term)
        return term if name is None else solution[self._places[name]]


def variables_of(quad: Quad) -> Iterator[str]:
    """The names of the variables in a quad."""
    for term in quad:
        yield from _in_term(term)


def _in_term(term: object) -> Iterator[str]:
    if isinstance(term, Triple):
        for part in term:
            yield from _in_term(part)
    else:
        name = variable_of(term)
        if name is not None:
            yield name
