"""owlrl as a witness: its closure of a set of triples, and the errors it reports."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import NamedTuple

import owlrl
from rdflib import BNode, Graph, Literal, Namespace, URIRef

from tests.reason.case_files import lexical_forms_kept
from tests.reason.naive import Triple, unify_string

# owlrl writes errors into the graph, in this namespace.
_AGENT = Namespace("http://www.daml.org/2002/03/agents/agent-ont#")


class Testimony(NamedTuple):
    triples: set[Triple]
    errors: set[str]


def close_with_owlrl(triples: Iterable[Triple], *, axiomatic: bool = False) -> Testimony:
    """The closure under OWL 2 RL as owlrl computes it.

    `axiomatic` adds what the rules with an empty body give, and costs owlrl a second or two.
    """
    # rdflib logs a traceback for each ill-typed literal that owlrl touches.
    logger = logging.getLogger("rdflib.term")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with lexical_forms_kept():
            graph = Graph()
            for triple in triples:
                graph.add(triple)
            owlrl.DeductiveClosure(
                owlrl.OWLRL_Semantics, axiomatic_triples=axiomatic, datatype_axioms=axiomatic
            ).expand(graph)
    finally:
        logger.setLevel(level)
    found: set[Triple] = set()
    for s, p, o in graph:
        assert isinstance(s, URIRef | BNode | Literal)
        assert isinstance(p, URIRef | BNode | Literal)
        assert isinstance(o, URIRef | BNode | Literal)
        found.add(unify_string((s, p, o)))
    errors = {str(message) for message in graph.objects(None, _AGENT.error)}
    return Testimony(found, errors)
