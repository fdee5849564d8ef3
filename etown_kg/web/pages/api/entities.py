"""``/api/entity`` and ``/api/entities``: things, as `etown_kg.api` has them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import request, url_for
from pyoxigraph import BlankNode, Literal, NamedNode
from werkzeug.exceptions import NotFound

from etown_kg import api, vocab
from etown_kg.web.pages.api.operations import (
    MAX_SIZE,
    MOST_PAGES,
    PAGE_SIZE,
    iri_of_request,
    number_of_request,
    truth_of_request,
)
from etown_kg.web.pages.evidence import Evidence, PageEvidence, read_evidence
from etown_kg.web.pages.language import reader_language
from etown_kg.web.pages.site import Site, Term
from etown_kg.web.pages.statements import INTO, OUT, TELLING, Statement, merged, uncounted
from etown_kg.web.pages.terms import Names
from etown_kg.web.protocol import RequestError

# Statements of one answer, in each direction.
MOST_STATEMENTS = 5000

_MEMBERS = """
SELECT DISTINCT ?member WHERE {{
  ?member a {of_class} FILTER(ISIRI(?member))
}} ORDER BY ?member LIMIT {limit} OFFSET {offset}
"""


def entity(site: Site) -> api.Entity:
    """The thing that the request names.

    Raises:
        NotFound: the graph says nothing of it.
        RequestError: 400 a parameter cannot be used.
    """
    iri = NamedNode(iri_of_request("iri"))
    infer = truth_of_request("infer", default=True)
    version = site.backend.status().version
    limit = MOST_STATEMENTS + 1
    out = site.ask(OUT.format(iri=iri, limit=limit), infer=infer)
    into = uncounted(site.ask(INTO.format(iri=iri, limit=limit), infer=infer), site.base)
    if not out and not into:
        raise NotFound
    statements = sorted(merged(row | {"s": iri} for row in out[:MOST_STATEMENTS]), key=_order)
    incoming = sorted(merged(row | {"o": iri} for row in into[:MOST_STATEMENTS]), key=_order)
    evidence = read_evidence(site, iri)
    terms = {term for each in (*statements, *incoming) for term in (each.s, each.p, each.o)}
    names = site.names([iri, *terms, *evidence.articles], reader_language())
    writer = _Writer(site, names, evidence)
    return {
        "version": version,
        "iri": iri.value,
        "label": names.label(iri),
        "description": _description(statements, names.language),
        "classes": [
            {"iri": each.o.value, "label": names.label(each.o)}
            for each in statements
            if each.p.value == vocab.RDF + "type" and isinstance(each.o, NamedNode)
        ],
        "complete": max(len(out), len(into)) <= MOST_STATEMENTS,
        "statements": [writer.statement(each) for each in statements],
        "incoming": [writer.statement(each) for each in incoming],
    }


def entity_list(site: Site) -> api.EntityList:
    """The members of the class that the request names.

    Raises:
        RequestError: 400 a parameter cannot be used, or there is no such page.
    """
    of_class = NamedNode(iri_of_request("class"))
    page = number_of_request("page", 1, MOST_PAGES)
    size = number_of_request("size", PAGE_SIZE, MAX_SIZE)
    version = site.backend.status().version
    query = _MEMBERS.format(of_class=of_class, limit=size + 1, offset=(page - 1) * size)
    rows = site.ask(query, infer=truth_of_request("infer", default=True))
    members = [row["member"] for row in rows if isinstance(row["member"], NamedNode)]
    if page > 1 and not members:
        raise RequestError(HTTPStatus.BAD_REQUEST, f"page={page} is beyond the last")
    names = site.names([of_class, *members], reader_language())
    values: dict[str, Any] = {**request.args.to_dict(flat=False), "page": page + 1}
    return {
        "version": version,
        "of_class": {"iri": of_class.value, "label": names.label(of_class)},
        "page": page,
        "size": size,
        "next": url_for("api.entities", **values) if len(members) > size else None,
        "entities": [
            {"iri": member.value, "label": names.label(member)} for member in members[:size]
        ],
    }


def _order(statement: Statement) -> tuple[str, ...]:
    """The same order for the same statements."""
    return statement.p.value, str(statement.o), str(statement.s)


def _description(statements: list[Statement], language: str) -> str | None:
    """The best definition or description for the reader."""
    wanted = (language, "", "en")
    found = [
        (wanted.index(tag), TELLING.index(each.p.value), each.o.value)
        for each in statements
        if each.p.value in TELLING and isinstance(each.o, Literal)
        if (tag := (each.o.language or "").split("-")[0]) in wanted
    ]
    return min(found)[2] if found else None


class _Writer:
    """Makes the JSON of statements."""

    def __init__(self, site: Site, names: Names, evidence: PageEvidence) -> None:
        self._inferred = f"{site.base}graph/inferred"
        self._names = names
        self._evidence = evidence

    def statement(self, statement: Statement) -> api.Statement:
        """One statement; the evidence is that of asserted ones alone."""
        is_inferred = statement.graphs == {self._inferred}
        found = () if is_inferred else self._evidence.of(statement.s, statement.p, statement.o)
        return {
            "subject": self._term(statement.s),
            "property": {"iri": statement.p.value, "label": self._names.label(statement.p)},
            "object": self._term(statement.o),
            "inferred": is_inferred,
            "graphs": sorted(statement.graphs - {self._inferred}),
            "evidence": [self._phrase(each) for each in found],
        }

    def _term(self, term: Term) -> api.Term:
        if isinstance(term, NamedNode):
            return {"type": "iri", "value": term.value, "label": self._names.label(term)}
        if isinstance(term, Literal):
            return {
                "type": "literal",
                "value": term.value,
                "datatype": term.datatype.value,
                "language": term.language,
            }
        return {"type": "blank" if isinstance(term, BlankNode) else "triple", "value": str(term)}

    def _phrase(self, evidence: Evidence) -> api.Phrase:
        article = evidence.article
        return {
            "article": {"iri": article, "label": self._names.label(article)} if article else None,
            "paragraph": evidence.paragraph,
            "phrase": evidence.phrase or None,
            "source": evidence.source or None,
        }
