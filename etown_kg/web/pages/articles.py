"""``/articles``, and what one article states, paragraph by paragraph.

Paragraphs are counted as in `etown_kg.article`. The graph holds positions and short phrases, no
text; an operator who has the texts (``--articles DIR``) has them shown with the phrases marked,
if a text is the very one that the positions were measured on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from flask import Blueprint, render_template
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from etown_kg import vocab
from etown_kg.article import ArticleText, Position, read_article
from etown_kg.errors import MissingPathError, SourceError
from etown_kg.web.pages.evidence import Evidence, evidence_of
from etown_kg.web.pages.language import reader_language
from etown_kg.web.pages.site import Site, Solution
from etown_kg.web.pages.terms import Names, Shown

Term = NamedNode | BlankNode | Literal | Triple

_log = logging.getLogger(__name__)

_PREFIXES = """
PREFIX et: <https://w3id.org/etown/ontology#>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
"""
_ARTICLES = """
SELECT ?article ?date ?count ?publisher WHERE {
  { SELECT DISTINCT ?article WHERE { ?article a et:Article } }
  OPTIONAL { ?article dcterms:modified ?date }
  OPTIONAL { ?article et:paragraphCount ?count }
} ORDER BY DESC(?date) ?article
"""
_NODES = """
SELECT DISTINCT ?article ?node ?fact ?paragraph WHERE {{
  VALUES ?article {{ {articles} }}
  ?evidence et:inArticle ?article . ?node et:hasEvidence ?evidence .
  OPTIONAL {{ ?evidence et:paragraph ?paragraph }}
  OPTIONAL {{ ?node et:factId ?fact }}
}}
"""
_CLAIMS = "SELECT DISTINCT ?node WHERE { ?node a et:Claim }"
_PARTS = """
SELECT ?node ?p ?v WHERE {{
  VALUES ?node {{ {nodes} }} ?node ?p ?v
  FILTER(?p IN (rdf:type, et:subject, et:predicate, et:object, et:value))
}}
"""
_COPY = """
SELECT ?p ?v WHERE {{ {iri} ?p ?v FILTER(?p IN (et:fileName, et:sha256, et:paragraphCount)) }}
"""


@dataclass(frozen=True)
class Found:
    """One fact that an article states.

    `said` is the triple of an et:Statement; other facts are called by their own name. A claim is
    what somebody holds or wants: an opinion, a rank, a goal.
    """

    shown: Shown
    fact_id: str
    kinds: tuple[Shown, ...]
    said: tuple[Shown, ...]
    evidence: tuple[Evidence, ...]
    is_claim: bool


@dataclass(frozen=True)
class Piece:
    """A stretch of an operator's text; `facts` are the ids of those that rest on it."""

    text: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, or the head of an article if `number` is None; `text` where it is at hand."""

    number: int | None
    found: tuple[Found, ...]
    text: tuple[Piece, ...] = ()

    @property
    def anchor(self) -> str:
        """Its place on the page."""
        return "head" if self.number is None else f"p{self.number}"

    @property
    def kind(self) -> str:
        """What is found there: ``facts``, ``claims`` alone, or ``nothing``."""
        if not self.found:
            return "nothing"
        return "claims" if all(each.is_claim for each in self.found) else "facts"


@dataclass(frozen=True)
class Reading:
    """An article as its page shows it. `copy_problem` names why its text cannot be shown."""

    paragraphs: tuple[Paragraph, ...]
    has_text: bool = False
    copy_problem: str = ""

    @property
    def body(self) -> tuple[Paragraph, ...]:
        """The paragraphs without the head."""
        return tuple(each for each in self.paragraphs if each.number is not None)

    def count(self, kind: str) -> int:
        """How many paragraphs of the body are of a kind."""
        return sum(each.kind == kind for each in self.body)


@dataclass(frozen=True)
class Listed:
    """An article in the list."""

    shown: Shown
    date: str
    facts: int
    paragraphs: tuple[Paragraph, ...]


def blueprint(site: Site) -> Blueprint:
    """The list of articles; each has its page at its own path."""
    views = Blueprint("articles", __name__)

    @views.get("/articles")
    def index() -> str:
        return render_template("articles.html", articles=list(_listed(site, reader_language())))

    return views


def check_folder(articles: Path | None) -> None:
    """Refuse a folder of texts that is none.

    Raises:
        MissingPathError: it is not there.
    """
    if articles is not None and not articles.is_dir():
        raise MissingPathError(articles, "a folder with the texts of the articles")


def _listed(site: Site, language: str) -> Iterator[Listed]:
    rows = site.ask(_PREFIXES + _ARTICLES)
    articles = {row["article"]: row for row in reversed(rows)}
    if not articles:
        return
    nodes: dict[Term, list[Solution]] = {article: [] for article in articles}
    iris = " ".join(sorted(str(each) for each in articles if isinstance(each, NamedNode)))
    for row in site.ask(_PREFIXES + _NODES.format(articles=iris), infer=False):
        nodes[row["article"]].append(row)
    claims = {row["node"] for row in site.ask(_PREFIXES + _CLAIMS)}
    names = site.names(articles, language)
    nothing = Shown("", "text")
    for article, row in reversed(articles.items()):
        found: dict[int | None, list[Found]] = {}
        for each in nodes[article]:
            is_claim = each["node"] in claims
            fact = Found(nothing, "", (), (), (), is_claim)
            found.setdefault(_number(each.get("paragraph")), []).append(fact)
        yield Listed(
            names.shown(article),
            str(getattr(row.get("date"), "value", "")),
            # A fact of several nodes is one fact.
            len({each.get("fact", each["node"]) for each in nodes[article]}),
            _paragraphs(found, _number(row.get("count"))),
        )


def read_article_page(site: Site, iri: NamedNode, language: str) -> Reading | None:
    """What an article states; None for what is no article that anything was found in."""
    rows = site.ask(_PREFIXES + _NODES.format(articles=iri), infer=False)
    if not rows:
        return None
    nodes = sorted({row["node"] for row in rows if isinstance(row["node"], NamedNode)}, key=str)
    evidence = {
        node: [one for one in every if one.article == iri.value]
        for node, every in evidence_of(site, nodes).items()
    }
    parts = site.parts.of(
        map(str, nodes),
        lambda: site.backend.status().version,
        lambda unknown: _parts(site, unknown),
    )
    claims = {row["node"] for row in site.ask(_PREFIXES + _CLAIMS)}
    terms = [term for known in parts.values() for values in known.values() for term in values]
    names = site.names([*nodes, *terms], language)
    found: dict[int | None, list[Found]] = {}
    for node in nodes:
        for number in sorted({one.paragraph for one in evidence[str(node)]}, key=str):
            here = [one for one in evidence[str(node)] if one.paragraph == number]
            fact = _found(node, parts[str(node)], here, names, is_claim=node in claims)
            found.setdefault(number, []).append(fact)
    for facts in found.values():
        facts.sort(key=lambda each: (each.evidence[0].start or 0, each.fact_id, each.shown.iri))
    copy = {
        str(getattr(row["p"], "value", "")): str(getattr(row["v"], "value", ""))
        for row in site.ask(_PREFIXES + _COPY.format(iri=iri), infer=False)
    }
    count = copy.get(vocab.TERMS + "paragraphCount", "")
    paragraphs = _paragraphs(found, int(count) if count.isdecimal() else None)
    text, problem = _text(site.articles, copy)
    if text is None:
        return Reading(paragraphs, copy_problem=problem)
    every = [one for some in evidence.values() for one in some]
    return Reading(tuple(_with_text(paragraphs, text, every)), has_text=True)


def _parts(site: Site, nodes: Iterable[str]) -> dict[str, dict[str, list[Term]]]:
    """What each node says of itself, by property."""
    parts: dict[str, dict[str, list[Term]]] = {node: {} for node in sorted(nodes)}
    for row in site.ask(_PREFIXES + _PARTS.format(nodes=" ".join(parts)), infer=False):
        predicate = str(getattr(row["p"], "value", ""))
        parts[str(row["node"])].setdefault(predicate, []).append(row["v"])
    return parts


def _found(
    node: NamedNode,
    parts: dict[str, list[Term]],
    evidence: Sequence[Evidence],
    names: Names,
    *,
    is_claim: bool,
) -> Found:
    def first(name: str) -> list[Term]:
        return parts.get(vocab.TERMS + name, [])[:1]

    said = [*first("subject"), *first("predicate"), *(first("object") or first("value"))]
    # Two classes of one label (ours and the one that it is aligned with) are one word to a reader.
    kinds = {kind.text: kind for kind in map(names.shown, parts.get(vocab.RDF + "type", ()))}
    return Found(
        names.shown(node),
        next((one.fact_id for one in evidence if one.fact_id), ""),
        tuple(kinds[text] for text in sorted(kinds)),
        tuple(map(names.shown, said)) if len(said) == 3 else (),
        tuple(evidence),
        is_claim,
    )


def _paragraphs(found: dict[int | None, list[Found]], count: int | None) -> tuple[Paragraph, ...]:
    """The head, if anything is found there, and all paragraphs, with and without facts."""
    last = max([count or 0, *(number for number in found if number is not None)])
    head = [Paragraph(None, tuple(found[None]))] if None in found else []
    body = (Paragraph(n, tuple(found.get(n, ()))) for n in range(1, last + 1))
    return (*head, *body)


def _text(folder: Path | None, copy: dict[str, str]) -> tuple[ArticleText | None, str]:
    """The operator's copy of an article, or the name of the text that says why there is none."""
    name = copy.get(vocab.TERMS + "fileName", "")
    if folder is None:
        return None, ""
    # A name with a path in it, and a symbolic link, could lead anywhere on the operator's machine.
    if not name or Path(name).name != name or not _is_within(folder, name):
        return None, "articles.no_copy"
    try:
        text = read_article(folder / name)
    except MissingPathError:
        return None, "articles.no_copy"
    except SourceError as error:
        _log.warning("%s", error)
        return None, "articles.unreadable_copy"
    if text.sha256 != copy.get(vocab.TERMS + "sha256"):
        return None, "articles.other_copy"
    return text, ""


def _is_within(folder: Path, name: str) -> bool:
    """Whether this is a file of the folder, and no link that leads out of it."""
    try:
        file = (folder / name).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):  # none, a circle of links, a name with a NUL
        return False
    return file.is_file() and file.is_relative_to(folder.resolve())


def _with_text(
    paragraphs: Iterable[Paragraph], text: ArticleText, evidence: Sequence[Evidence]
) -> Iterator[Paragraph]:
    places = {place.paragraph: place for place in text.paragraphs}
    head = Position(None, 0, text.body_start)
    for each in paragraphs:
        place = head if each.number is None else places.get(each.number)
        pieces = tuple(marked(text.text, place, evidence)) if place else ()
        yield Paragraph(each.number, each.found, pieces)


def marked(text: str, place: Position, evidence: Iterable[Evidence]) -> Iterator[Piece]:
    """The text of a paragraph in pieces, cut wherever a phrase begins or ends.

    >>> eel = Evidence("n", "F1", start=4, end=7)
    >>> [(piece.text, piece.facts) for piece in marked("The eel.", Position(1, 0, 8), [eel])]
    [('The ', ()), ('eel', ('F1',)), ('.', ())]
    """
    spans = [
        (max(one.start, place.start), min(one.end, place.end), one.fact_id or one.iri)
        for one in evidence
        if one.start is not None and one.end is not None
        if one.start < place.end and one.end > place.start
    ]
    cuts = sorted({place.start, place.end, *(s for s, _, _ in spans), *(e for _, e, _ in spans)})
    for start, end in pairwise(cuts):
        facts = sorted({name for s, e, name in spans if s <= start and end <= e})
        yield Piece(text[start:end], tuple(facts))


def _number(term: Term | None) -> int | None:
    value = str(getattr(term, "value", ""))
    return int(value) if value.isdecimal() and len(value) < 10 else None
