"""What to say where nothing is: what may have been meant, for readers and for programs.

The last part of the path is searched as a name; the path as a whole is compared with the addresses
of the pages and named queries. Nobody waits long for it: without an index there are fewer hints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from http import HTTPStatus

from flask import Flask, current_app, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from etown_kg.errors import EtownError
from etown_kg.search.words import local_name
from etown_kg.web.pages import entity
from etown_kg.web.pages.frame import linked
from etown_kg.web.pages.language import reader_language
from etown_kg.web.pages.site import Site
from etown_kg.web.problems import problem_of, response_of

MOST = 6
# Of the hits that a search gives; those at like addresses come first.
_LOOKED_AT = 30
# Weaker hits have little to do with what was meant.
_LEAST_SCORE = 20.0
_LEAST_LIKENESS = 0.75
_LONGEST_PATH = 300


def register(app: Flask, site: Site) -> None:
    """Answer 404 with hints, or lead to the thing of that name."""

    def answer(error: NotFound) -> Response:
        if request.method in ("GET", "HEAD") and (address := _moved(site)) is not None:
            return redirect(address, HTTPStatus.SEE_OTHER)
        problem = replace(problem_of(error), near=tuple(near(site)))
        return response_of(problem, request.accept_mimetypes, "not_found.html")

    app.register_error_handler(NotFound, answer)


def _moved(site: Site) -> str | None:
    """Where the thing is that has this path in its IRI; None without one, or if nobody can tell."""
    try:
        return entity.moved(site)
    except EtownError:
        return None


def near(site: Site) -> list[Mapping[str, str]]:
    """What the request may have meant, likeliest first: pages, then things of the graph."""
    path = request.path
    if path.startswith("/static/") or len(path) > _LONGEST_PATH:
        return []
    found = [*_pages(site, path), *_things(site, request.args.get("iri") or path)]
    return found[:MOST]


def _pages(site: Site, path: str) -> Iterator[Mapping[str, str]]:
    rules = current_app.url_map.iter_rules()
    known = {rule.rule for rule in rules if not rule.arguments and "GET" in (rule.methods or ())}
    known |= {f"/q/{question.name}" for question in site.all_questions}
    for address in get_close_matches(path.rstrip("/"), known, n=2, cutoff=_LEAST_LIKENESS):
        yield {"label": address, "page": linked(address)}


def _things(site: Site, address: str) -> Iterator[Mapping[str, str]]:
    try:
        snapshot = site.lookup.at_hand()
        if snapshot is None:
            return
        hits = snapshot.index.search(local_name(address), names_only=True, limit=_LOOKED_AT).hits
        close = [hit for hit in hits if hit.score >= _LEAST_SCORE]
        folder = address.rstrip("/").rpartition("/")[0]
        close.sort(key=lambda hit: not hit.iri.rpartition("/")[0].endswith(folder or "/"))
        names = site.names([hit.iri for hit in close[:MOST]], reader_language())
    except EtownError:
        # Nobody can answer now, or not in time: that there is nothing here is true all the same.
        return
    for hit in close[:MOST]:
        shown = names.shown(hit.iri)
        if shown.path:
            yield {"label": shown.text, "page": linked(shown.path), "iri": hit.iri}
