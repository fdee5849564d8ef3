"""Search: ``/search?q=&class=&page=`` for people, ``/search.json`` for programs and suggestions.

Both answer from the same index (`etown_kg.web.lookup`), with the same parameters, and say of each
result how it matches and what that counts for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from markupsafe import Markup
from pyoxigraph import NamedNode

from etown_kg import vocab
from etown_kg.api import Hit as JsonHit
from etown_kg.api import SearchAnswer
from etown_kg.curies import compressed, expanded
from etown_kg.search import Found, Hit, How, Index, Role, Text
from etown_kg.search.words import pieces
from etown_kg.web import exchange
from etown_kg.web.lookup import Snapshot
from etown_kg.web.pages.excerpts import excerpt
from etown_kg.web.pages.frame import linked
from etown_kg.web.pages.language import reader_language, text
from etown_kg.web.pages.site import Site
from etown_kg.web.pages.terms import Names, Shown
from etown_kg.web.protocol import RequestError

PAGE_SIZE = 20
MAX_SIZE = 100
MAX_PAGE = 500
MAX_CHARACTERS = 500
# Kinds to narrow a search to; more are no help.
KINDS = 12
# Some of those that are counted are shown with others, or not at all.
KINDS_COUNTED = 30
# What a reader has typed is shown in part, should it be long.
TITLE_CHARACTERS = 80
DEFINITION_CHARACTERS = 220
# Kinds that everything or nothing is of.
_NO_KINDS = frozenset((vocab.OWL + "Thing", vocab.OWL + "NamedIndividual", vocab.RDFS + "Resource"))


@dataclass(frozen=True)
class Search:
    """What a request asks for.

    Attributes:
        text: what was typed, without space around it.
        in_class: the IRI of the class that results are to be in, or None.
        page, size: which page, from 1, and how many results one has.
        names_only: leave definitions out.
    """

    text: str
    in_class: str | None
    page: int
    size: int
    names_only: bool

    @property
    def offset(self) -> int:
        """How many results come before the page."""
        return (self.page - 1) * self.size


@dataclass(frozen=True)
class Result:
    """One result as a page shows it.

    `kinds` are its classes, the most special first, `short` is its CURIE. `matched` is the text
    that matches where that is not the title, in pieces with whether each was typed.
    """

    hit: Hit
    name: Shown
    title: list[tuple[str, bool]]
    kinds: list[Shown]
    short: str
    definition: Text | None
    matched: list[tuple[str, bool]]
    why: Markup


def blueprint(site: Site) -> Blueprint:
    """The page at ``/search`` and its JSON."""
    views = Blueprint("search", __name__)
    lookup = site.lookup

    @views.get("/search")
    def index() -> Response:
        types = request.accept_mimetypes
        if types.best_match(("text/html", "application/json")) == "application/json":
            return as_json()
        asked = _asked()
        snapshot = lookup.newest()
        found = find(snapshot, asked)
        language = reader_language()
        names = _names(site, found, asked.in_class, snapshot.index, language)
        page = render_template(
            "search.html",
            asked=asked,
            shown_query=excerpt(asked.text, TITLE_CHARACTERS),
            found=found,
            results=_results(snapshot.index, found, asked.text, names, language),
            kinds=[(names.shown(iri), iri, count) for iri, count in _kinds(found.classes, names)],
            kind=names.shown(asked.in_class) if asked.in_class else None,
            is_some=bool(found.hits) and found.hits[0].how in (How.SOME, How.SPREAD),
            is_whole=snapshot.index.is_whole,
            most_texts=site.search_texts,
            last=min(asked.offset + asked.size, found.total),
            has_next=asked.page < MAX_PAGE and asked.offset + asked.size < found.total,
            data=url_for("search.as_json", **_parameters(asked)),
            at=lambda **changed: url_for("search.index", **_parameters(asked, **changed)),
        )
        return _of_version(site, snapshot, Response(page))

    @views.get("/search.json")
    def as_json() -> Response:
        return json_response(site, "search.as_json")

    return views


def json_response(site: Site, endpoint: str) -> Response:
    """The results that the request asks for; the address of the next ones is at `endpoint`.

    Raises:
        LimitError: it takes too long.
        RequestError: 400 a parameter cannot be used.
    """
    asked = _asked()
    snapshot = site.lookup.newest()
    found = find(snapshot, asked)
    language = reader_language()
    names = _names(site, found, asked.in_class, snapshot.index, language)
    results = _results(snapshot.index, found, asked.text, names, language)
    has_next = asked.page < MAX_PAGE and asked.offset + asked.size < found.total
    more = _parameters(asked, page=asked.page + 1)
    members: SearchAnswer = {
        "query": asked.text,
        "version": snapshot.version,
        "complete": snapshot.index.is_whole,
        "total": found.total,
        "page": asked.page,
        "size": asked.size,
        "corrections": {word: list(others) for word, others in found.corrections.items()},
        "classes": [
            {"iri": iri, "label": names.label(iri), "count": count}
            for iri, count in _kinds(found.classes, names)
        ],
        "results": [_members(result) for result in results],
        "next": url_for(endpoint, **more) if has_next else None,
    }
    body = json.dumps(members, ensure_ascii=False, indent=2) + "\n"
    response = Response(body, content_type="application/json")
    response.vary.add("Accept")
    return _of_version(site, snapshot, response)


def _of_version(site: Site, snapshot: Snapshot, response: Response) -> Response:
    """Keep an answer from being kept that is of data before the present ones."""
    if snapshot.version != site.lookup.version:
        response.headers["Cache-Control"] = exchange.NEVER_KEEP
    return response


def find(snapshot: Snapshot, asked: Search) -> Found:
    """What a search finds; an IRI or a CURIE finds what it names.

    Raises:
        LimitError: it takes too long.
        RequestError: 400 there is no such page.
    """
    iri = expanded(asked.text)
    found = snapshot.index.search(
        asked.text,
        iri=snapshot.representative(iri) if iri else None,
        in_class=asked.in_class,
        names_only=asked.names_only,
        limit=asked.size,
        offset=asked.offset,
        classes=KINDS_COUNTED,
    )
    if found.total and not found.hits:
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            f"page: {asked.page} is beyond the last",
            hint=f"give a number from 1 to {-(-found.total // asked.size)}",
        )
    return found


def _asked() -> Search:
    """The request's parameters.

    Raises:
        RequestError: 400 one of them cannot be used.
    """
    typed = request.args.get("q", "").strip()
    if len(typed) > MAX_CHARACTERS:
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            f"q: {len(typed)} characters are more than a search takes",
            hint=f"type {MAX_CHARACTERS} at most",
        )
    return Search(
        text=typed,
        in_class=_class(),
        page=_number("page", 1, MAX_PAGE),
        size=_number("size", PAGE_SIZE, MAX_SIZE),
        names_only=request.args.get("names") == "true",
    )


def _class() -> str | None:
    given = request.args.get("class", "")
    try:
        return NamedNode(given).value if given else None
    except ValueError:
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            f"class: {excerpt(given, 80)!r} is no absolute IRI",
            hint="leave it out, or give one of the classes that an answer counts",
        ) from None


def _number(name: str, default: int, most: int) -> int:
    given = request.args.get(name, "")
    if not given:
        return default
    # Python's own digits are those of all scripts, and any number of them.
    if given.isascii() and given.isdigit() and len(given) < 6 and 1 <= int(given) <= most:
        return int(given)
    raise RequestError(
        HTTPStatus.BAD_REQUEST,
        f"{name}: {excerpt(given, 20)!r} is no number of a {name}",
        hint=f"give a number from 1 to {most}",
    )


def _parameters(asked: Search, **changed: object) -> dict[str, Any]:
    """The address of a search as parameters, the usual ones left out; `kind` is the class."""
    parameters: dict[str, Any] = {"q": asked.text}
    kind = changed.get("kind", asked.in_class)
    page = changed.get("page", asked.page if "kind" not in changed else 1)
    if kind:
        parameters["class"] = kind
    if page != 1:
        parameters["page"] = page
    if asked.size != PAGE_SIZE:
        parameters["size"] = asked.size
    if asked.names_only:
        parameters["names"] = "true"
    return parameters


def _names(site: Site, found: Found, in_class: str | None, index: Index, language: str) -> Names:
    """The names of all that the page shows, asked for at once."""
    iris = [hit.iri for hit in found.hits]
    classes = [iri for each in index.classes_of(iris).values() for iri in each]
    kinds = [iri for iri, _ in found.classes]
    return site.names([*iris, *classes, *kinds, *([in_class] if in_class else [])], language)


def _kinds(classes: Iterable[tuple[str, int]], names: Names) -> list[tuple[str, int]]:
    """The kinds to offer: of several with one name and as many members, the graph's own."""
    kept: dict[tuple[str, int], str] = {}
    for iri, count in classes:
        if iri not in _NO_KINDS:
            place = (names.label(iri), count)
            if place not in kept or iri.startswith(names.base):
                kept[place] = iri
    return [(iri, count) for (_, count), iri in kept.items()][:KINDS]


def own_first(classes: Iterable[str], names: Names) -> list[Shown]:
    """The classes of a result, each name once: the graph's own, then others."""
    own = sorted(classes, key=lambda iri: not iri.startswith(names.base))
    shown = {names.label(iri): names.shown(iri) for iri in reversed(own) if iri not in _NO_KINDS}
    return list(shown.values())[::-1]


def _results(index: Index, found: Found, typed: str, names: Names, language: str) -> list[Result]:
    iris = [hit.iri for hit in found.hits]
    texts, classes = index.texts(iris), index.classes_of(iris)
    # What was read as another word is marked as that.
    words = " ".join((typed, *(word for each in found.corrections.values() for word in each)))
    return [
        _result(hit, words, names, texts.get(hit.iri, []), classes.get(hit.iri, []), language)
        for hit in found.hits
    ]


def _result(
    hit: Hit, words: str, names: Names, texts: list[Text], classes: list[str], language: str
) -> Result:
    name = names.shown(hit.iri)
    shows_match = not hit.text or hit.text == name.text or hit.role is Role.ADDRESS
    return Result(
        hit=hit,
        name=name,
        title=pieces(name.text, words),
        kinds=own_first(classes, names),
        short=compressed(hit.iri),
        definition=definition_in(texts, language),
        matched=[] if shows_match else pieces(excerpt(hit.text, DEFINITION_CHARACTERS), words),
        why=_why(hit),
    )


def definition_in(texts: Iterable[Text], language: str) -> Text | None:
    """The definition among a thing's texts for a reader of a language, shortened; None if none."""
    definitions = [each for each in texts if each.role is Role.DEFINITION]
    best = next(
        (each for each in definitions if each.language.split("-")[0].lower() == language),
        next((each for each in definitions if each.language in ("", "en")), None),
    )
    return best and best._replace(text=excerpt(best.text, DEFINITION_CHARACTERS))


def _why(hit: Hit) -> Markup:
    role = text(f"search.role_{hit.role.name.lower()}") if hit.role is not None else ""
    return text(f"search.how_{hit.how.value}", role=role)


def _members(result: Result) -> JsonHit:
    hit = result.hit
    return {
        "iri": hit.iri,
        "label": result.name.text,
        "page": linked(result.name.path) if result.name.path else None,
        "description": result.definition.text if result.definition else None,
        "classes": [{"iri": kind.iri, "label": kind.text} for kind in result.kinds],
        "score": hit.score,
        "match": {
            "how": hit.how.value,
            "role": hit.role.name.lower() if hit.role is not None else None,
            "text": hit.text or None,
            "language": hit.language or None,
            "why": str(result.why),
        },
    }
