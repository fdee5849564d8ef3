"""The page of one thing, at the path of its IRI, and the same as RDF and JSON.

The address is that of a document about the thing: 200 with the representation that the client
likes best, and ``Link: <iri>; rel="describes"`` says what it is about (RFC 6892). A suffix asks
for one format. The RDF is what DESCRIBE gives. Why so:
``docs/decisions/0007-the-address-of-a-thing-answers-200.md``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from urllib.parse import quote, urlencode, urlsplit

from flask import Blueprint, Response, current_app, render_template, request
from pyoxigraph import NamedNode
from werkzeug.exceptions import MethodNotAllowed, NotFound

from etown_kg import formats
from etown_kg.backend import QueryRequest
from etown_kg.errors import FormatError
from etown_kg.formats import RDF_FORMATS, Format
from etown_kg.web import exchange
from etown_kg.web.pages.addresses import DESCRIBE, RESERVED, candidates, path_of
from etown_kg.web.pages.articles import Reading, read_article_page
from etown_kg.web.pages.figured import figured
from etown_kg.web.pages.frame import linked
from etown_kg.web.pages.language import reader_language
from etown_kg.web.pages.located import located
from etown_kg.web.pages.site import Site
from etown_kg.web.pages.statements import Description, describe
from etown_kg.web.pages.term_page import term_page
from etown_kg.web.pages.thing_json import json_ld, members
from etown_kg.web.pages.timeline import timeline_of
from etown_kg.web.protocol import FORMAT_PARAMETERS, RequestError

HTML = "text/html"
JSON = "application/json"
# Named graphs are at these addresses, with all their triples (SPARQL 1.1 Graph Store Protocol).
GRAPHS = "/graph/"
# What a suffix asks for, beside the RDF formats by their own.
_OTHER_SUFFIXES = {"html": HTML, "json": JSON}
# What the page offers as data, and what it calls it.
OFFERED = {
    "ttl": "Turtle", "jsonld": "JSON-LD", "json": "JSON", "nt": "N-Triples", "rdf": "RDF/XML",
}  # fmt: skip
# The media type of each suffix.
TYPES = {each.suffixes[0].removeprefix("."): each.media_type for each in RDF_FORMATS}
TYPES |= _OTHER_SUFFIXES


def _refuse_method() -> None:
    """Say so if the address is there for other methods: this view has every path for GET.

    Raises:
        MethodNotAllowed: 405 it is.
    """
    adapter = current_app.create_url_adapter(request)
    assert adapter is not None  # a request has been routed
    others = set(adapter.allowed_methods()) - {"GET", "HEAD", "OPTIONS"}
    if others:
        raise MethodNotAllowed(sorted({*others, "OPTIONS"}))


def blueprint(site: Site) -> Blueprint:
    """``/<path>`` for the IRIs below the base, ``/describe?iri=`` for all."""
    views = Blueprint("entity", __name__)

    @views.get("/<path:local>")
    def index(local: str) -> Response:
        meant = _meant(site, _raw_path(local))
        if meant is None:
            _refuse_method()
            raise NotFound
        return answer(site, *meant)

    @views.get(DESCRIBE)
    def by_iri() -> Response:
        given = request.args.get("iri", "")
        if not any(_valid([given])):
            raise RequestError(
                HTTPStatus.BAD_REQUEST,
                f"iri={given} is no absolute IRI",
                hint="name a thing of the graph: /describe?iri=https%3A%2F%2F...",
            )
        iri = _mentioned(site, [given])
        if iri is None:
            raise NotFound
        name = request.args.get("format")
        kind = _of_suffix(name) if name else None
        if name and kind is None:
            raise FormatError(name, [*_OTHER_SUFFIXES, *(each.name for each in RDF_FORMATS)])
        return answer(site, iri, kind)

    return views


def answer(site: Site, iri: NamedNode, kind: Format | str | None = None) -> Response:
    """What there is to say of a thing that the graph mentions, in one format or the best one.

    Raises:
        FormatError: the client accepts none that there is.
    """
    if kind is None:
        kind = _negotiated()
    if isinstance(kind, Format):
        asked = QueryRequest(
            f"DESCRIBE {iri}", parameters=(kind.name,), client=exchange.client(),
            default_graphs=site.dataset(), named_graphs=site.dataset(),
        )  # fmt: skip
        result = site.backend.query(asked, exchange.is_gone())
        response = Response(result.body, content_type=kind.content_type)
        suffix = kind.suffixes[0].removeprefix(".")
    elif kind == HTML and (page := _term(site, iri)) is not None:
        response = Response(page, content_type=f"{HTML}; charset=utf-8")
        suffix = "html"
    else:
        found = describe(site, iri, reader_language())
        if found is None:
            raise NotFound
        if kind == JSON:
            body = json.dumps(members(found), ensure_ascii=False, indent=1)
            response = Response(body, content_type=JSON)
        else:
            reading = read_article_page(site, iri, reader_language())
            page = _page(site, found, reading)
            response = Response(page, content_type=f"{HTML}; charset=utf-8")
            if reading is not None and site.articles is not None:
                # The operator's file can change while the data stay.
                response.headers["Cache-Control"] = exchange.NEVER_KEEP
        suffix = "json" if kind == JSON else "html"
    response.headers["Content-Location"] = _address(site, iri, suffix)
    response.headers["Link"] = ", ".join(_links(site, iri, suffix))
    response.vary.add("Accept")
    return response


def moved(site: Site) -> str | None:
    """The address of the thing that the request's path names, below one that a page has taken.

    An IRI such as ``figures/eel`` has its page elsewhere (`addresses.RESERVED`), and who follows
    the IRI itself comes here.
    """
    raw = _raw_path(request.path.removeprefix("/"))
    first, slash, _ = raw.partition("/")
    meant = _meant(site, raw) if slash and first in RESERVED else None
    if meant is None:
        return None
    iri, kind = meant
    if kind is None:
        return linked(path_of(iri.value, site.base))
    names = {media_type: suffix for suffix, media_type in _OTHER_SUFFIXES.items()}
    suffix = kind.suffixes[0].removeprefix(".") if isinstance(kind, Format) else names[kind]
    return _address(site, iri, suffix)


def page_of_graph(site: Site, graph: str) -> Response | None:
    """The page of a named graph, for who would rather have a page than the graph."""
    types = [*(each.media_type for each in RDF_FORMATS), HTML]
    has_format = not request.args.keys().isdisjoint(FORMAT_PARAMETERS)
    if has_format or request.accept_mimetypes.best_match(types) != HTML:
        return None
    return answer(site, NamedNode(graph), HTML)


def _negotiated() -> Format | str:
    """The format for this Accept; a page where a page is as welcome as data."""
    accept = request.headers.get("Accept", "")
    types = [HTML, *(each.media_type for each in RDF_FORMATS)]
    best = request.accept_mimetypes.best_match(types)
    if not accept or best == HTML:
        return HTML
    if request.accept_mimetypes.best_match([JSON, *types[1:]]) == JSON:
        return JSON
    return formats.negotiate("CONSTRUCT", accept)


def _meant(site: Site, raw: str) -> tuple[NamedNode, Format | str | None] | None:
    """The thing that a path names, as it was sent, and the format that its suffix asks for."""
    whole = candidates(raw, site.base)
    stem, _, suffix = raw.rpartition(".")
    kind = _of_suffix(suffix) if stem else None
    cut = candidates(stem, site.base) if kind is not None else []
    iri = _mentioned(site, (*whole, *cut))
    if iri is None:
        return None
    return iri, kind if iri.value in cut and iri.value not in whole else None


def _of_suffix(suffix: str) -> Format | str | None:
    for format in RDF_FORMATS:
        if f".{suffix}" in format.suffixes or suffix == format.name:
            return format
    return _OTHER_SUFFIXES.get(suffix)


def _raw_path(local: str) -> str:
    """The path as it was sent: the server has decoded the other, which loses escapes."""
    sent = str(request.environ.get("REQUEST_URI", ""))
    path = urlsplit(sent).path if sent else ""
    prefix = quote(request.script_root)
    if prefix and path.startswith(prefix + "/"):
        path = path.removeprefix(prefix)
    return path.removeprefix("/") or quote(local)


def _mentioned(site: Site, iris: Iterable[str]) -> NamedNode | None:
    """The first of these IRIs that the graph mentions anywhere."""
    named = list(_valid(iris))
    if not named:
        return None
    values = " ".join(map(str, named))
    rows = site.ask(
        f"SELECT DISTINCT ?iri WHERE {{ VALUES ?iri {{ {values} }} FILTER("
        "EXISTS { ?iri ?a ?b } || EXISTS { ?c ?d ?iri } || EXISTS { ?e ?iri ?f } ||"
        " EXISTS { GRAPH ?iri { ?g ?h ?i } }) }"
    )
    found = {row["iri"] for row in rows}
    return next((iri for iri in named if iri in found), None)


def _valid(iris: Iterable[str]) -> Iterator[NamedNode]:
    for iri in iris:
        try:
            yield NamedNode(iri)
        except ValueError:  # what no IRI can be, the graph does not mention
            continue


def _page(site: Site, found: Description, reading: Reading | None) -> str:
    return render_template(
        "entity.html",
        found=found,
        timeline=timeline_of(site, NamedNode(found.iri), found.labels.language),
        reading=reading,
        formats=_offered(site, NamedNode(found.iri)),
        json_ld=json_ld(found),
        figured=figured(site, found.iri),
        located=located(site, NamedNode(found.iri), found.labels.language),
    )


def _term(site: Site, iri: NamedNode) -> str | None:
    """The page of a class or property; None for other things, and for who wants all statements."""
    if "statements" in request.args:
        return None
    return term_page(site, iri.value, _offered(site, iri))


def _offered(site: Site, iri: NamedNode) -> list[tuple[str, str, str]]:
    """The formats of a thing's page as label, address and media type."""
    return [
        (label, _address(site, iri, suffix), TYPES[suffix]) for suffix, label in OFFERED.items()
    ]


def _address(site: Site, iri: NamedNode, suffix: str) -> str:
    """Where a thing is told of in one format, for certain."""
    path = path_of(iri.value, site.base)
    if path.startswith(GRAPHS):  # the path of a graph is that of its contents
        path = f"{DESCRIBE}?{urlencode({'iri': iri.value})}"
    if path.startswith(DESCRIBE):
        return linked(f"{path}&{urlencode({'format': suffix})}")
    path, mark, fragment = path.partition("#")
    return linked(f"{path}.{suffix}{mark}{fragment}")


def _links(site: Site, iri: NamedNode, own_suffix: str) -> Iterator[str]:
    """RFC 8288: what this is about, and its other formats."""
    yield f'<{_as_uri(iri.value)}>; rel="describes"'
    for suffix in ("html", *OFFERED):
        if suffix != own_suffix:
            yield f'<{_address(site, iri, suffix)}>; rel="alternate"; type="{TYPES[suffix]}"'


def _as_uri(iri: str) -> str:
    """An IRI in a header, where only ASCII may be (RFC 3987, 3.1)."""
    return quote(iri, safe=":/?#[]@!$&'()*+,;=-._~%")
