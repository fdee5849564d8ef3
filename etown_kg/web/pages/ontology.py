"""The ontology: what it says of itself, its terms as trees, and a page for each of them.

``/ontology`` is where the names of a hash ontology lead programs (``ontology#Zone``): they get all
of it, in their format. Readers get an overview. The page of a term is at the path of its IRI
(`etown_kg.web.pages.addresses`), where `etown_kg.web.pages.entity` answers in all formats with the
help of `etown_kg.web.pages.term_page`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus

from flask import Blueprint, Response, render_template, request, url_for
from pyoxigraph import BlankNode, Literal, NamedNode, Triple
from werkzeug.exceptions import NotFound

from etown_kg import formats, vocab
from etown_kg.backend import QueryRequest
from etown_kg.formats import JSON_LD, N_TRIPLES, RDF_FORMATS, RDF_XML, TURTLE, Format
from etown_kg.vocab import DCTERMS, OWL, RDFS, SKOS
from etown_kg.web import exchange
from etown_kg.web.pages.excerpts import excerpt
from etown_kg.web.pages.language import reader_language
from etown_kg.web.pages.schema import CLASS, KINDS, Schema
from etown_kg.web.pages.site import Site
from etown_kg.web.pages.term_page import DEFINITIONS, Property, counted, in_language
from etown_kg.web.pages.term_tree import ROWS, Row, namespace, page_of, rows_of
from etown_kg.web.protocol import FORMAT_PARAMETERS, RequestError

Term = NamedNode | BlankNode | Literal | Triple

HTML = "text/html"
OFFERED = (TURTLE, JSON_LD, RDF_XML, N_TRIPLES)
MAX_HEADER = 1000
_HEADERS = f"""
SELECT ?ontology ?p ?o WHERE {{ ?ontology a <{OWL}Ontology> ; ?p ?o }}
ORDER BY ?ontology ?p ?o LIMIT {MAX_HEADER}
"""
# Who declares an ontology holds its terms: the named graphs that a program gets.
_GRAPHS = f"SELECT DISTINCT ?g WHERE {{ GRAPH ?g {{ ?o a <{OWL}Ontology> }} }} ORDER BY ?g"
# What the header says of versions, in the order of the page.
_VERSION = (
    OWL + "versionInfo", OWL + "versionIRI", OWL + "priorVersion", OWL + "backwardCompatibleWith",
    OWL + "incompatibleWith", DCTERMS + "created", DCTERMS + "issued", DCTERMS + "modified",
)  # fmt: skip
_NOTES = (SKOS + "changeNote", SKOS + "historyNote")
_HEADLINES = frozenset((DCTERMS + "title", DCTERMS + "description", RDFS + "label",
                        RDFS + "comment", vocab.RDF + "type"))  # fmt: skip
_TABS = {"classes": (CLASS,), "properties": KINDS[1:]}


def blueprint(site: Site) -> Blueprint:
    """``/ontology`` and its formats."""
    views = Blueprint("ontology", __name__)

    @views.get("/ontology")
    def index() -> Response:
        chosen = _negotiated()
        response = _data(site, chosen) if chosen else Response(_overview(site))
        response.vary.add("Accept")
        return response

    @views.get("/ontology.<suffix>")
    def data(suffix: str) -> Response:
        if suffix == "html":
            return Response(_overview(site))
        for format in RDF_FORMATS:
            if f".{suffix}" in format.suffixes:
                return _data(site, format)
        raise NotFound

    return views


def _negotiated() -> Format | None:
    """The format that a program asks for; None for a reader."""
    accept = request.headers.get("Accept", "")
    parameters = [value for name in FORMAT_PARAMETERS for value in request.args.getlist(name)]
    types = [HTML, *(format.media_type for format in RDF_FORMATS)]
    if not parameters and (not accept or request.accept_mimetypes.best_match(types) == HTML):
        return None
    return formats.negotiate("CONSTRUCT", accept, parameters)


def _data(site: Site, format: Format) -> Response:
    """The graphs that declare an ontology, or else what is said of the terms."""
    graphs = [str(row["g"]) for row in site.ask(_GRAPHS, infer=False)]
    if graphs:
        query = (
            f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ VALUES ?g {{ {' '.join(graphs)} }} "
            "GRAPH ?g { ?s ?p ?o } }"
        )
    else:
        terms = " ".join(str(NamedNode(iri)) for iri in sorted(site.schema().kinds))
        query = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ VALUES ?s {{ {terms} }} ?s ?p ?o }}"
    asked = QueryRequest(
        query, parameters=(format.name,), infer=False, client=exchange.client(),
        default_graphs=site.dataset(), named_graphs=site.dataset(),
    )  # fmt: skip
    result = site.backend.query(asked, exchange.is_gone())
    response = Response(result.body, content_type=format.content_type)
    suffix = format.suffixes[0].removeprefix(".")
    response.headers["Content-Location"] = url_for("ontology.data", suffix=suffix)
    return response


# The overview


def _overview(site: Site) -> str:
    language = reader_language()
    schema = site.schema()
    tab = request.args.get("show", "classes")
    if tab not in _TABS:
        raise RequestError(
            HTTPStatus.BAD_REQUEST, f"show={tab} is no part of the ontology's page",
            hint="choose: " + ", ".join(f"show={name}" for name in _TABS),
        )  # fmt: skip
    headers = _headers(site)
    main = _main(headers, site.base)
    counts = {
        name: sum(kind in kinds for kind in schema.kinds.values()) for name, kinds in _TABS.items()
    }
    iris = [iri for iri, kind in schema.kinds.items() if kind in _TABS[tab]]
    ordered = site.names(iris, language)
    rows = rows_of(
        schema, iris, own_terms(schema, headers), lambda iri: ordered.label(iri).casefold() + iri
    )
    page = _page_number(len(rows))
    shown = page_of(rows, page)
    return render_template(
        "ontology.html",
        title=_best(headers.get(main, {}), (DCTERMS + "title", RDFS + "label"), language),
        description=_best(headers.get(main, {}), DEFINITIONS, language),
        iri=main,
        about=_about(site, headers.get(main, {}), language),
        versions=_versions(site, headers, main, language),
        others=[ordered_header for ordered_header in headers if ordered_header != main],
        tab=tab,
        tabs=counts,
        rows=[(row, ordered.shown(row.iri), _anchor(row, main)) for row in shown],
        prefixes={row.group: _prefix(row.group) for row in shown if row.group},
        used=counted(site, [row.iri for row in shown], is_class=tab == "classes"),
        deprecated={row.iri for row in shown if schema.is_deprecated(row.iri)},
        page=page,
        pages=-(-len(rows) // ROWS),
        is_whole=schema.is_whole,
        formats=[
            (each.label, url_for("ontology.data", suffix=each.suffixes[0][1:]), each.media_type)
            for each in OFFERED
        ],
    )


def _page_number(rows: int) -> int:
    given = request.args.get("page", "1")
    last = max(-(-rows // ROWS), 1)
    if given.isascii() and given.isdigit() and len(given) < 6 and 1 <= int(given) <= last:
        return int(given)
    raise RequestError(
        HTTPStatus.BAD_REQUEST, f"page={given[:20]} is no page of the ontology",
        hint=f"give a number from 1 to {last}",
    )  # fmt: skip


Header = Mapping[str, Sequence[Term]]


def _headers(site: Site) -> dict[str, Header]:
    """What each ontology says of itself, by its IRI and property."""
    found: dict[str, dict[str, list[Term]]] = {}
    for row in site.ask(_HEADERS, infer=False):
        if isinstance(row["ontology"], NamedNode) and isinstance(row["p"], NamedNode):
            values = found.setdefault(row["ontology"].value, {}).setdefault(row["p"].value, [])
            if row["o"] not in values:
                values.append(row["o"])
    return dict(found)


def _main(headers: Mapping[str, Header], base: str) -> str:
    """The ontology that the page is about: the one at its address, else the one with a title."""
    own = base + "ontology"
    titled = [iri for iri, header in headers.items() if DCTERMS + "title" in header]
    return own if own in headers else next(iter([*titled, *headers]), "")


def own_terms(schema: Schema, headers: Mapping[str, Header]) -> Callable[[str], bool]:
    """Whether a term is of one of the ontologies that the graph declares; all are if none is."""
    ontologies = tuple(headers)
    defined = {
        each.s.value
        for each in schema.statements
        if each.p == RDFS + "isDefinedBy" and isinstance(each.s, NamedNode)
        and isinstance(each.o, NamedNode) and each.o.value in headers
    }  # fmt: skip
    spaces = {namespace(iri) for iri in defined if iri in schema.kinds}
    spaces |= {iri if iri.endswith(("#", "/")) else f"{iri}#" for iri in ontologies}
    if not any(namespace(iri) in spaces for iri in schema.kinds):
        return lambda iri: True
    return lambda iri: namespace(iri) in spaces or iri in defined


def _anchor(row: Row, ontology: str) -> str:
    """The fragment by which a browser that follows the term's own IRI finds the row."""
    document, mark, fragment = row.iri.partition("#")
    return fragment if mark and document == ontology and not row.is_repeated else ""


def _prefix(space: str) -> str:
    return next((name for name, iri in vocab.PREFIXES.items() if iri == space), "")


def _about(site: Site, header: Header, language: str) -> list[Property]:
    """What the header says besides title, description and versions."""
    left_out = {*_HEADLINES, *_VERSION, *_NOTES}
    return _properties(site, {p: v for p, v in header.items() if p not in left_out}, language)


def _versions(
    site: Site, headers: Mapping[str, Header], main: str, language: str
) -> list[tuple[str, list[Property]]]:
    """The version that this is and those before it, as far as the graph tells of them."""
    found: list[tuple[str, list[Property]]] = []
    waiting, seen = [main], set()
    while waiting:
        iri = waiting.pop(0)
        header = headers.get(iri)
        if header is None or iri in seen:
            continue
        seen.add(iri)
        told = {p: header[p] for p in (*_VERSION, *_NOTES) if p in header}
        found.append((iri, _properties(site, told, language)))
        waiting += [
            each.value for each in header.get(OWL + "priorVersion", ())
            if isinstance(each, NamedNode)
        ]  # fmt: skip
    return [each for each in found if each[1]]


def _properties(site: Site, told: Header, language: str) -> list[Property]:
    names = site.names([*told, *(value for values in told.values() for value in values)], language)
    return [
        Property(names.shown(p), tuple(map(names.shown, in_language(values, language))))
        for p, values in told.items()
    ]


def _best(header: Header, properties: Iterable[str], language: str) -> str:
    for p in properties:
        for value in in_language(header.get(p, ()), language):
            if isinstance(value, Literal):
                return excerpt(value.value)
    return ""
