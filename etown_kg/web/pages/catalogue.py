"""The catalogue: what there is to have, for readers, for programs, for search engines of datasets.

``/catalog`` is a page or all of ``graph/meta`` as RDF, ``/.well-known/void`` leads to the latter
(VoID, section 7.2, https://www.w3.org/TR/void/#well-known). ``/dataset.jsonld`` and
``/croissant.json`` say the same in the words of schema.org and of Croissant. Addresses in the
data start with the base of the IRIs; here they are those of the server that was asked.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from flask import Blueprint, Response, render_template, request, url_for
from pyoxigraph import NamedNode, RdfFormat, Triple, parse
from werkzeug.exceptions import NotFound

from etown_kg import __version__, export, formats, vocab
from etown_kg.backend import QueryRequest
from etown_kg.catalogue import published
from etown_kg.catalogue.assembled import assembled
from etown_kg.catalogue.dcat import DESCRIPTION, TITLE
from etown_kg.catalogue.description import Presentation
from etown_kg.catalogue.documents import Table, croissant, schema_org
from etown_kg.catalogue.dumps import made
from etown_kg.catalogue.published import Published
from etown_kg.export import CONTEXT_QUERY, Context, read_context
from etown_kg.export.distributions import distributions
from etown_kg.figures.table import COLUMNS
from etown_kg.formats import JSON_LD, N_TRIPLES, RDF_FORMATS, RDF_XML, TURTLE, Format
from etown_kg.web import exchange
from etown_kg.web.dumps import DumpStore
from etown_kg.web.pages.figures import all_as_csv
from etown_kg.web.pages.frame import linked
from etown_kg.web.pages.kept import Kept
from etown_kg.web.pages.language import plain, reader_language
from etown_kg.web.pages.site import Site
from etown_kg.web.protocol import FORMAT_PARAMETERS
from etown_kg.web.statistics import Counter

HTML = "text/html"
OFFERED = (TURTLE, JSON_LD, RDF_XML, N_TRIPLES)
# Classes and properties that the page lists; all of them are in the data.
MOST_PARTS = 25


def blueprint(site: Site, files: DumpStore, counter: Counter) -> Blueprint:
    """The catalogue in all its forms; it has the sizes and checksums of the dumps that are made.

    What does not describe itself, or is changed by others behind our back, is counted by `counter`.
    """
    source = Source(site, files, counter)
    views = Blueprint("catalogue", __name__)

    @views.get("/catalog")
    def index() -> Response:
        chosen = _negotiated()
        response = _data(source, chosen) if chosen else _page(source)
        response.vary.add("Accept")
        return response

    @views.get("/catalog.<suffix>")
    def data(suffix: str) -> Response:
        if suffix == "html":
            return _page(source)
        for format in RDF_FORMATS:
            if f".{suffix}" in format.suffixes:
                return _data(source, format)
        raise NotFound

    @views.get("/.well-known/void")
    def well_known() -> Response:
        # Who asks for VoID wants RDF, unless a page is what it likes best.
        types = [*(format.media_type for format in RDF_FORMATS), HTML]
        if request.accept_mimetypes.best_match(types) == HTML:
            address = url_for("catalogue.index")
        else:
            format = formats.negotiate("CONSTRUCT", request.headers.get("Accept"))
            address = url_for("catalogue.data", suffix=format.suffixes[0].removeprefix("."))
        response = Response(status=HTTPStatus.SEE_OTHER, content_type="text/plain")
        response.headers["Location"] = address
        response.vary.add("Accept")
        return response

    @views.get("/context.jsonld")
    def context() -> Response:
        return _json_ld({"@context": site_context(site).members()})

    @views.get("/dataset.jsonld")
    def dataset() -> Response:
        found = _described(source)
        return _json_ld(schema_org(found, found.dataset, reader_language(), request.url_root))

    @views.get("/croissant.json", endpoint="croissant")
    def as_croissant() -> Response:
        found = _described(source)
        if found.figures is None:
            raise NotFound
        language = reader_language()
        document = croissant(
            found, found.figures, _figures(site), language=language, version=__version__
        )
        return _json_ld(document)

    return views


def site_context(site: Site) -> Context:
    """The JSON-LD context of what is asserted."""
    asked = QueryRequest(
        CONTEXT_QUERY, parameters=(N_TRIPLES.name,), infer=False, client=exchange.client(),
        default_graphs=site.dataset(), named_graphs=site.dataset(),
    )  # fmt: skip
    result = site.backend.query(asked, exchange.is_gone())
    return read_context(quad.triple for quad in parse(result.body, RdfFormat.N_TRIPLES))


@dataclass(frozen=True)
class Source:
    """What a catalogue is made from."""

    site: Site
    files: DumpStore
    counter: Counter
    stated: Kept[list[Triple]] = field(default_factory=Kept)


def triples_of(source: Source) -> list[Triple]:
    """What there is to say of the graph, at this server's addresses."""
    site = source.site
    found: list[Triple] = []
    if source.counter.is_followed:
        kept = source.stated.of(
            [""], lambda: site.backend.status().version, lambda _: {"": _stated(site)}
        )
        found = [*kept[""]]
    if any(triple.predicate == published.TRIPLES for triple in found):
        for each in distributions():
            if (dump := source.files.made(each)) is not None:
                found += made(site.base, each, dump.size_bytes, dump.sha256)
    else:
        _, counted = source.counter.statistics()
        wording = site.wording
        presentation = Presentation(wording.titles, wording.descriptions, site.known_figures.query)
        found = list(
            assembled(site.base, lambda text: site.ask(text, infer=False), counted, presentation)
        )
    return published.at_address(found, site.base, request.url_root)


def _stated(site: Site) -> list[Triple]:
    """What the graph says of itself."""
    asked = QueryRequest(
        published.query(site.base), parameters=(N_TRIPLES.name,), client=exchange.client(),
        default_graphs=site.dataset(), named_graphs=site.dataset(),
    )  # fmt: skip
    result = site.backend.query(asked, exchange.is_gone())
    return [quad.triple for quad in parse(result.body, RdfFormat.N_TRIPLES)]


def _described(source: Source) -> Published:
    """The catalogue for looking things up."""
    return Published(triples_of(source), source.site.base)


def _negotiated() -> Format | None:
    """The format that a program asks for; None for a reader."""
    accept = request.headers.get("Accept", "")
    parameters = [value for name in FORMAT_PARAMETERS for value in request.args.getlist(name)]
    types = [HTML, *(format.media_type for format in RDF_FORMATS)]
    if not parameters and (not accept or request.accept_mimetypes.best_match(types) == HTML):
        return None
    return formats.negotiate("CONSTRUCT", accept, parameters)


def _data(source: Source, format: Format) -> Response:
    out = io.BytesIO()
    export.write(triples_of(source), out, format)
    response = _tagged(out.getvalue(), format.content_type)
    suffix = format.suffixes[0].removeprefix(".")
    response.headers["Content-Location"] = url_for("catalogue.data", suffix=suffix)
    return response


def _json_ld(document: object) -> Response:
    body = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    return _tagged(body.encode(), JSON_LD.media_type)


def _tagged(body: bytes, content_type: str) -> Response:
    """A response with the tag of its content: that a dump was made changes no data."""
    tag = hashlib.sha256(body).hexdigest()[:32]
    fresh = exchange.not_modified(tag)
    return fresh or exchange.tagged(Response(body, content_type=content_type), tag)


# Croissant

_TYPES = {
    "figure": "iri", "indicator": "iri", "unit": "iri", "bound_kind": "iri",
    "period_start": "date", "period_end": "date", "stated_number": "number", "lower": "number",
    "upper": "number", "lower_inclusive": "truth", "upper_inclusive": "truth",
}  # fmt: skip


def _figures(site: Site) -> Table:
    """The table of all figures, as ``/figures.csv?page=all`` sends it."""
    body = all_as_csv(site)
    columns = {
        name: (_TYPES.get(name, "text"), plain(f"catalogue.column_{name}")) for name in COLUMNS
    }
    address = url_for("figures.csv", _external=True, lang=reader_language(), page="all")
    return Table(
        "figures", address, len(body), hashlib.sha256(body).hexdigest(), columns, key="figure"
    )


# The page


def _page(source: Source) -> Response:
    site, language = source.site, reader_language()
    found = _described(source)
    shown = [
        *(each.iri for each in (*found.classes[:MOST_PARTS], *found.properties[:MOST_PARTS])),
        *(predicate for predicate, _, _ in found.linksets),
    ]
    datasets = []
    for dataset in found.datasets:
        listed = [(each, _of(each.titles) or each.address) for each in found.files(dataset)]
        datasets.append((_said(found, dataset, TITLE), _said(found, dataset, DESCRIPTION), listed))
    page = render_template(
        "catalogue.html",
        found=found,
        title=_said(found, found.dataset, TITLE),
        description=_said(found, found.dataset, DESCRIPTION),
        datasets=datasets,
        facts=_facts(found),
        counts=[
            (plain(f"catalogue.{name}"), found.count(found.dataset, term))
            for name, term in _COUNTS.items()
        ],
        names=site.names(shown, language),
        most=MOST_PARTS,
        formats=[
            (each.label, linked(f"/catalog{each.suffixes[0]}"), each.media_type) for each in OFFERED
        ],
        json_ld=schema_org(found, found.dataset, language, request.url_root),
        root=request.url_root,
    )
    return _tagged(page.encode(), f"{HTML}; charset=utf-8")


_COUNTS = {
    "triples": "triples", "subjects": "distinctSubjects", "objects": "distinctObjects",
    "classes": "classes", "properties": "properties",
}  # fmt: skip


def _said(found: Published, node: NamedNode, predicate: NamedNode) -> str:
    return _of(found.texts(node, predicate))


def _of(texts: Mapping[str, str]) -> str:
    """The text for the reader, or one that there is."""
    wanted = (texts.get(each) for each in (reader_language(), "", "en"))
    return next((text for text in wanted if text), next(iter(texts.values()), ""))


def _facts(found: Published) -> list[tuple[str, str]]:
    """What is told of the whole in a line each: a name and a text or address."""
    whole = found.dataset
    told = [
        ("licence", found.licence(whole)),
        ("version", found.value(whole, NamedNode(vocab.DCAT + "version"))),
        ("modified", found.value(whole, NamedNode(vocab.DCTERMS + "modified"))),
        ("ontology", found.value(whole, NamedNode(vocab.DCTERMS + "conformsTo"))),
        ("endpoint", found.value(whole, NamedNode(vocab.VOID + "sparqlEndpoint"))),
    ]
    return [(plain(f"catalogue.{name}"), text) for name, text in told if text]
