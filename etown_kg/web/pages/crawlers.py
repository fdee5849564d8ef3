"""What machines look for at fixed addresses: robots.txt, the sitemap, the icon.

https://www.rfc-editor.org/rfc/rfc9309 and https://www.sitemaps.org/protocol.html: a sitemap has
50,000 addresses at most, so ``/sitemap.xml`` is an index of as many as it takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import ceil
from xml.sax.saxutils import escape

from flask import Blueprint, Response, current_app, request, url_for
from pyoxigraph import Literal, NamedNode
from werkzeug.exceptions import NotFound

from etown_kg.web.pages.addresses import DESCRIBE, path_of
from etown_kg.web.pages.site import Site

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
# Fewer than a sitemap may have: no more can be sorted by every store behind us.
MOST_ADDRESSES = 10_000
# Of more an index has no room (sitemaps.org).
MOST_SITEMAPS = 50_000
# Pages that lead to others; each is in the first sitemap if there is one.
MAIN_PAGES = (
    "start.index", "figures.index", "coverage.index", "articles.index", "ontology.index",
    "named_queries.index", "catalogue.index",
    "dumps.index",
)  # fmt: skip
# Addresses with endlessly many answers, or with large files, which no index wants.
ENDLESS = (
    "/sparql", "/query", "/update", "/why", "/search", "/network", "/describe", "/graphs", "/api",
    "/reconcile", "/dumps/*.*",
)  # fmt: skip

_SUBJECTS = """
SELECT DISTINCT ?s WHERE {{
  GRAPH ?g {{ ?s ?p ?o }} FILTER(ISIRI(?s) && STRSTARTS(STR(?s), {base}))
}}"""
_COUNT = "SELECT (COUNT(*) AS ?count) WHERE {{ {subjects} }}"


def blueprint(site: Site) -> Blueprint:
    """The fixed addresses."""
    views = Blueprint("crawlers", __name__)

    @views.get("/robots.txt")
    def robots() -> Response:
        lines = ["User-agent: *", *(f"Disallow: {request.script_root}{path}" for path in ENDLESS)]
        lines.append(f"Sitemap: {url_for('crawlers.index', _external=True)}")
        return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")

    @views.get("/sitemap.xml")
    def index() -> Response:
        (counted,) = site.ask(_COUNT.format(subjects=_subjects(site)))
        count = counted["count"]
        things = int(count.value) if isinstance(count, Literal) else 0
        numbers = range(1, max(1, ceil(things / MOST_ADDRESSES)) + 1)
        addresses = [url_for("crawlers.part", number=number, _external=True) for number in numbers]
        return _xml("sitemapindex", "sitemap", addresses, site)

    @views.get("/sitemap/<int:number>.xml")
    def part(number: int) -> Response:
        first = (number - 1) * MOST_ADDRESSES
        rows = []
        if 1 <= number <= MOST_SITEMAPS:
            rows = site.ask(f"{_subjects(site)} ORDER BY ?s LIMIT {MOST_ADDRESSES} OFFSET {first}")
        if not rows and number != 1:
            raise NotFound
        iris = [row["s"].value for row in rows if isinstance(row["s"], NamedNode)]
        main = list(_main_pages()) if number == 1 else []
        found = dict.fromkeys([*main, *_addresses(iris, site.base)])
        return _xml("urlset", "url", found, site)

    @views.get("/favicon.ico")
    def icon() -> Response:
        return current_app.send_static_file("icon.png")

    return views


def _subjects(site: Site) -> str:
    return _SUBJECTS.format(base=Literal(site.base))


def _main_pages() -> Iterator[str]:
    for endpoint in MAIN_PAGES:
        if endpoint in current_app.view_functions:
            yield url_for(endpoint, _external=True)


def _addresses(iris: Iterable[str], base: str) -> Iterator[str]:
    """The addresses of the things' own pages; what has none is found by links."""
    for iri in iris:
        path = path_of(iri, base)
        if not path.startswith(DESCRIBE):
            yield request.url_root.rstrip("/") + path


def _xml(root: str, entry: str, addresses: Iterable[str], site: Site) -> Response:
    changed = site.backend.status().time
    when = f"<lastmod>{escape(changed)}</lastmod>" if changed else ""
    entries = "".join(
        f"<{entry}><loc>{escape(address)}</loc>{when}</{entry}>\n" for address in addresses
    )
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{SITEMAP}">\n{entries}</{root}>\n'
    )
    return Response(body, content_type="application/xml; charset=utf-8")
