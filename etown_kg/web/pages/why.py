"""``/why``: the proof of a statement, from rule to rule down to the words of an article.

A statement is named by its terms: IRIs bare, other terms in N-Triples; a literal that is too long
for an address by the SHA-256 of its N-Triples, as ``o-sha256``. The same tree is at ``/why.json``
and, in the terms of PROV-O (https://www.w3.org/TR/prov-o/), at ``/why.ttl``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template, request, url_for
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from etown_kg.backend import ProofRequest, ProofResult
from etown_kg.web import exchange
from etown_kg.web.pages.evidence import Evidence
from etown_kg.web.pages.language import reader_language, texts
from etown_kg.web.pages.site import Site
from etown_kg.web.pages.statements import LONGEST_IN_ADDRESS, OBJECT_DIGEST, digest
from etown_kg.web.pages.terms import Names, Shown
from etown_kg.web.protocol import RequestError

Term = NamedNode | BlankNode | Literal | Triple
Tree = Mapping[str, Any]

# Where the rules stand, each with its id as anchor.
RULES_PAGE = "https://www.w3.org/TR/owl2-profiles/#"
# An escape of N-Triples is longer than its character.
_LONG = "SELECT ?o WHERE {{ {s} {p} ?o FILTER(isLiteral(?o) && STRLEN(STR(?o)) * 10 > {least}) }}"
# Proofs that ``all=true`` gives at most.
MOST_PROOFS = 10
# Steps that are unfolded when the page comes.
OPEN_STEPS = 2
PARTS = ("s", "p", "o")


@dataclass(frozen=True)
class Step:
    """One statement of a proof.

    `rule` and `sentence` are empty for an asserted one, which has `graphs` and, if it was read in
    an article, `evidence`. A step that was shown above is not shown again: `is_repeated`.
    """

    s: Shown
    p: Shown
    o: Shown
    number: int
    depth: int
    rule: str = ""
    sentence: str = ""
    premises: tuple[Step, ...] = ()
    graphs: tuple[Shown, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    is_repeated: bool = False

    @property
    def rule_address(self) -> str:
        """The rule in the table of the standard."""
        return RULES_PAGE + self.rule

    @property
    def is_open(self) -> bool:
        """Whether it is unfolded when the page comes."""
        return self.depth < OPEN_STEPS


def blueprint(site: Site) -> Blueprint:
    """The proof as a page, as JSON and as Turtle."""
    views = Blueprint("why", __name__)

    @views.get("/why")
    def index() -> str:
        triple, wants_all = _asked(site)
        result = proved(site, triple, limit=_limit(wants_all))
        trees: list[Tree] = json.loads(result.body)
        language = reader_language()
        names = site.names([*_terms(trees), *triple], language)
        parts = (*PARTS, OBJECT_DIGEST)
        given: dict[str, Any] = {each: request.args[each] for each in parts if each in request.args}
        return render_template(
            "why.html",
            proofs=[_Reader(names).step(tree) for tree in trees],
            statement=[names.shown(term) for term in triple],
            names=names,
            wants_all=wants_all,
            all_address=url_for("why.index", **given, all="true"),
            formats=[
                ("JSON", url_for("why.as_json", **given), "application/json"),
                ("Turtle", url_for("why.as_turtle", **given), "text/turtle"),
            ],
        )

    @views.get("/why.json")
    def as_json() -> Response:
        triple, wants_all = _asked(site)
        result = proved(site, triple, limit=_limit(wants_all))
        return Response(result.body, content_type="application/json")

    @views.get("/why.ttl")
    def as_turtle() -> Response:
        triple, wants_all = _asked(site)
        result = proved(site, triple, limit=_limit(wants_all), as_turtle=True)
        return Response(result.body, content_type="text/turtle; charset=utf-8")

    return views


def _asked(site: Site) -> tuple[tuple[Term, Term, Term], bool]:
    """The statement that the request names, and whether all its proofs are wanted.

    Raises:
        RequestError: 400 a term is missing or is none; 404 no object has this digest.
    """
    wants_all = request.args.get("all", "false")
    if wants_all not in ("true", "false"):
        raise RequestError(HTTPStatus.BAD_REQUEST, f"all={wants_all} is neither true nor false")
    s, p = (read_term(part, request.args.get(part, "")) for part in ("s", "p"))
    wanted = request.args.get(OBJECT_DIGEST)
    o = read_term("o", request.args.get("o", "")) if wanted is None else _found(site, s, p, wanted)
    return (s, p, o), wants_all == "true"


def _found(site: Site, s: Term, p: Term, wanted: str) -> Term:
    """The long literal with this digest that the graph says of a thing.

    Raises:
        RequestError: 400 nothing can be asked of a blank node; 404 there is none.
    """
    if not isinstance(s, NamedNode):
        problem = f"{OBJECT_DIGEST} is for statements about IRIs: s={s}"
        raise RequestError(HTTPStatus.BAD_REQUEST, problem, hint="give the object itself as o")
    for row in site.ask(_LONG.format(s=s, p=p, least=LONGEST_IN_ADDRESS)):
        if isinstance(row["o"], Literal) and digest(row["o"]) == wanted:
            return row["o"]
    raise RequestError(
        HTTPStatus.NOT_FOUND,
        f"{s} {p} has no long literal with this digest in this graph",
        hint=f"{OBJECT_DIGEST} is the SHA-256 of the literal in N-Triples, in lower case",
    )


def read_term(part: str, given: str) -> Term:
    """A term as an address has it: an IRI bare, everything else in N-Triples.

    >>> read_term("o", '"300"^^<http://www.w3.org/2001/XMLSchema#decimal>').value
    '300'

    Raises:
        RequestError: 400 it is none, or cannot be in this place of a statement.
    """
    spelled = given if given.startswith(("<", '"', "_:")) else f"<{given}>"
    is_possible = {
        "s": not spelled.startswith('"'),
        "p": spelled.startswith("<") and not spelled.startswith("<<"),
        "o": True,
    }[part]
    try:
        quads = list(parse(f"<urn:s> <urn:p> {spelled} .", RdfFormat.N_TRIPLES))
    except SyntaxError:
        quads = []
    is_absolute = not spelled.startswith("<") or bool(urlsplit(spelled.strip("<>")).scheme)
    if len(quads) != 1 or not is_possible or not is_absolute:
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            f"{part}={given} is no term that can stand there",
            hint="/why?s=IRI&p=IRI&o=IRI, each percent-encoded; a literal as N-Triples has it",
        )
    term: Term = quads[0].object
    return term


def _limit(wants_all: bool) -> int:
    return MOST_PROOFS if wants_all else 1


def proved(
    site: Site, triple: tuple[Term, Term, Term], *, limit: int, as_turtle: bool = False
) -> ProofResult:
    """The proofs of a statement, `limit` at most.

    Raises:
        RequestError: 404 it does not hold.
    """
    s, p, o = map(str, triple)
    asked = ProofRequest(
        (s, p, o), limit=limit, as_turtle=as_turtle, client=exchange.client(),
    )  # fmt: skip
    result = site.backend.prove(asked, exchange.is_gone())
    if not result.count:
        raise RequestError(
            HTTPStatus.NOT_FOUND,
            f"{s} {p} {o} does not hold in this graph",
            hint="nothing asserts it, and no rule derives it from what is asserted",
        )
    return result


def _terms(trees: list[Tree]) -> Iterator[Term | str]:
    """All terms and graphs of these trees, and the articles of their sources."""
    stack = list(trees)
    while stack:
        tree = stack.pop()
        yield from map(_term, tree["conclusion"] or ())
        yield from map(_term, tree.get("graphs", ()))
        yield from (source["article"] for source in tree.get("sources", ()) if "article" in source)
        stack += tree.get("premises", ())


def _term(spelled: str) -> Term:
    if spelled.startswith("<"):
        return NamedNode(spelled[1:-1])
    if spelled.startswith("_:"):
        return BlankNode(spelled[2:])
    (quad,) = parse(f"<urn:s> <urn:p> {spelled} .", RdfFormat.N_TRIPLES)
    term: Term = quad.object
    return term


class _Reader:
    """Makes the steps of one proof; numbers them in the order of reading."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._numbers: dict[tuple[str, ...], int] = {}

    def step(self, tree: Tree, depth: int = 0) -> Step:
        """The step of a tree and those below it."""
        conclusion = tuple(tree["conclusion"])
        s, p, o = (self._names.shown(_term(term)) for term in conclusion)
        is_asserted = bool(tree.get("asserted"))
        known = self._numbers.get(conclusion)
        if known is not None and not is_asserted:
            return Step(s, p, o, known, depth, is_repeated=True)
        number = self._numbers.setdefault(conclusion, len(self._numbers) + 1)
        if is_asserted:
            return Step(
                s, p, o, number, depth,
                graphs=tuple(self._names.shown(_term(graph)) for graph in tree["graphs"]),
                evidence=tuple(map(_evidence, tree["sources"])),
            )  # fmt: skip
        return Step(
            s, p, o, number, depth,
            rule=tree["rule"],
            sentence=_sentence(tree["rule"], tree["text"], self._names.language),
            premises=tuple(self.step(premise, depth + 1) for premise in tree["premises"]),
        )  # fmt: skip


def _sentence(rule: str, text: str, language: str) -> str:
    """A rule in plain words of a language; the reasoner's own where there are none."""
    variants = texts().get(f"rules.{rule}")
    return variants[language] if variants else text


def _evidence(source: Mapping[str, Any]) -> Evidence:
    return Evidence(
        node="",
        fact_id=source.get("fact_id", ""),
        iri=source.get("evidence", ""),
        article=source.get("article", ""),
        paragraph=source.get("paragraph"),
        phrase=source.get("phrase", ""),
        start=source.get("start"),
        end=source.get("end"),
        source=source.get("source", ""),
    )
