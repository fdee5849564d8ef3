"""What every page carries: language, navigation, links that keep the language, an entity tag.

A page depends on the data, the address, the language, this software and its settings, so
its tag is known before anything is asked: a reader who comes back costs next to nothing. A page
that depends on more (a running time) sends ``Cache-Control: no-store`` and gets no tag.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask, Response, current_app, g, request, url_for
from markupsafe import Markup

from etown_kg import __version__
from etown_kg.errors import UnavailableError
from etown_kg.web import exchange
from etown_kg.web.conditional import entity_tag
from etown_kg.web.pages.addresses import path_of
from etown_kg.web.pages.excerpts import excerpt
from etown_kg.web.pages.language import (
    LANGUAGES,
    NAMES,
    check_given_language,
    given_language,
    reader_language,
    text,
)
from etown_kg.web.pages.site import Site
from etown_kg.web.pages.terms import is_address

# The way through the site: the endpoint of each family's first page, and the name of its text.
NAVIGATION = (
    ("figures.index", "frame.figures"),
    ("articles.index", "frame.articles"),
    ("ontology.index", "frame.ontology"),
    ("query.index", "frame.query"),
)
WEB = Path(__file__).parents[1]


def register(app: Flask, site: Site, families: frozenset[str]) -> None:
    """Share the frame with the templates; `families` are the blueprints that are pages."""

    @app.before_request
    def begin() -> Response | None:
        if request.blueprint not in families:
            return None
        check_given_language()
        g.page_tag = entity_tag(
            site.backend.status().version, request.host_url, request.full_path, reader_language(),
            request.headers.get("Accept", ""), source_hash(), str(site.articles),
            str(site.search_texts),
        )  # fmt: skip
        return exchange.not_modified(g.page_tag)

    @app.after_request
    def finish(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.headers["Content-Language"] = reader_language()
            response.vary.add("Accept-Language")
        if request.endpoint == "static" and "v" in request.args:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        is_page = request.blueprint in families and request.method in ("GET", "HEAD")
        if is_page and response.status_code == HTTPStatus.OK:
            response.vary.add("Accept-Language")
            if "Cache-Control" not in response.headers and "ETag" not in response.headers:
                exchange.tagged(response, g.page_tag)
        return response

    @app.url_defaults
    def keep_language(endpoint: str, values: dict[str, object]) -> None:
        given = given_language()
        if given is not None and endpoint.split(".")[0] in families:
            values.setdefault("lang", given)

    app.add_template_filter(excerpt)

    @app.context_processor
    def shared() -> dict[str, object]:
        language = reader_language()
        return {
            "t": text,
            "language": language,
            "languages": _languages(),
            "href": lambda iri: href(iri, site.base),
            "linked": linker(),
            "navigation": [each for each in NAVIGATION if each[0] in current_app.view_functions],
            "site_title": _title(site, language),
            "data_licence": _licence(site, language),
            "known_pages": current_app.view_functions,
            "given_language": given_language(),
            "software": __version__,
            "own": static,
        }


def href(iri: str, base: str) -> str:
    """The address of an IRI's page, in the language that the reader has chosen."""
    return linked(path_of(iri, base))


def linked(path: str) -> str:
    """A path on this server (`Shown.path`) as an address, in the language that was chosen."""
    return linker()(path)


def linker() -> Callable[[str], str]:
    """`linked` for the many links of one page: the request is looked at once."""
    root, given = request.script_root, given_language()
    if given is None:
        return lambda path: root + path

    def with_language(path: str) -> str:
        path, mark, fragment = path.partition("#")
        return f"{root}{path}{'&' if '?' in path else '?'}lang={given}{mark}{fragment}"

    return with_language


def _languages() -> list[tuple[str, str, str]]:
    """Tag, name and address of this page in each language."""
    others = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    path = request.script_root + request.path
    return [(tag, NAMES[tag], f"{path}?{urlencode([*others, ('lang', tag)])}") for tag in LANGUAGES]


def _title(site: Site, language: str) -> str:
    """The site's title. The page that says that nobody can answer has to do without."""
    try:
        found = site.title(language)
    except UnavailableError:
        found = site.wording.title(language)
    return found or str(text("frame.untitled", language))


def _licence(site: Site, language: str) -> Markup | str:
    """The data's licence, linked if it has an address; "" where nobody can tell it."""
    try:
        found = site.licence(language)
    except UnavailableError:
        return ""
    if not is_address(found):
        return found
    name = _CREATIVE_COMMONS.fullmatch(found)
    shown = f"CC {name[1].upper()} {name[2]}" if name else found
    return Markup('<a href="{}" rel="license">{}</a>').format(found, shown)


# What everybody calls these licences, by their addresses.
_CREATIVE_COMMONS = re.compile(r"https?://creativecommons\.org/licenses/([a-z-]+)/([\d.]+)/?")


@cache
def source_hash() -> str:
    """What tells this version of the pages' own files from any other."""
    digest = hashlib.sha256(__version__.encode())
    for folder in ("pages", "templates", "texts", "static"):
        for path in sorted((WEB / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def static(name: str) -> str:
    """The address of one of our own static files; it changes when the file does."""
    return url_for("static", filename=name, v=_file_hash(name))


@cache
def _file_hash(name: str) -> str:
    return hashlib.sha256((WEB / "static" / name).read_bytes()).hexdigest()[:12]
