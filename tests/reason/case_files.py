"""Reads the files of `cases/`.

A folder is named after a rule, `<rule id>` or `<rule id>+<what is special>`, and holds either
`given`, `entailed` and `not_entailed`, or, for the rules whose head is false, `clash` and
`no_clash`. Files are Turtle; those that need a literal as a subject are N3.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import rdflib
from rdflib import BNode, Graph, Literal, URIRef

from tests.reason.naive import Triple

CASES = Path(__file__).with_name("cases")


def list_cases(file: str) -> list[str]:
    """The names of the cases that have the file, e.g. all with a `clash`."""
    return sorted(folder.name for folder in CASES.iterdir() if list(folder.glob(f"{file}.*")))


def rule_of(case: str) -> str:
    return case.split("+")[0]


@contextmanager
def lexical_forms_kept() -> Iterator[None]:
    """rdflib rewrites `"01"^^xsd:integer` to `"1"` on reading; here the form is the point."""
    before = rdflib.NORMALIZE_LITERALS
    rdflib.NORMALIZE_LITERALS = False
    try:
        yield
    finally:
        rdflib.NORMALIZE_LITERALS = before


def read_case(case: str, file: str) -> set[Triple]:
    (path,) = (CASES / case).glob(f"{file}.*")
    return read_triples(path.read_text(encoding="utf-8"))


def read_triples(text: str) -> set[Triple]:
    """Turtle, with literals as subjects if need be: rdflib's reader takes them."""
    with lexical_forms_kept():
        graph = Graph().parse(data=text, format="turtle")
    triples: set[Triple] = set()
    for s, p, o in graph:
        assert isinstance(s, URIRef | BNode | Literal)
        assert isinstance(p, URIRef | BNode)
        assert isinstance(o, URIRef | BNode | Literal)
        triples.add((s, p, o))
    return triples
