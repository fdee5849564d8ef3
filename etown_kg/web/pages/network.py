"""The graph as nodes and edges: ``/network?iri=`` around a thing, ``/network`` the ontology.

The page lists what is around; `static/network.js` draws it. ``/network.json`` has the same as
data, also for the answer of a query (``?query=``).
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, jsonify, render_template, request, url_for
from pyoxigraph import NamedNode

from etown_kg.web.pages import answers, neighbourhood
from etown_kg.web.pages.frame import linked
from etown_kg.web.pages.language import reader_language
from etown_kg.web.pages.neighbourhood import Drawing, Edge, Node
from etown_kg.web.pages.site import Site
from etown_kg.web.protocol import RequestError


def blueprint(site: Site) -> Blueprint:
    """The page and its data."""
    views = Blueprint("network", __name__)

    @views.get("/network")
    def index() -> str:
        iri = _iri()
        infer = _infer()
        drawing = _drawing(site, iri, infer=infer)
        about = drawing.node(iri) if iri else None
        return render_template(
            "network.html",
            iri=iri,
            about=about,
            drawing=drawing,
            listed=_listed(drawing, iri),
            infer=infer,
            data=url_for("network.data", iri=iri or None, infer=None if infer else "false"),
        )

    @views.route("/network.json", methods=["GET", "POST"])
    def data() -> Response:
        query = request.values.get("query")
        if query is not None:
            found = answers.triples(site, query, infer=_infer())
            drawing = neighbourhood.drawn(site, found, reader_language())
        else:
            drawing = _drawing(site, _iri(), infer=_infer())
        return jsonify(
            nodes=[_node_members(node) for node in drawing.nodes],
            edges=[_edge_members(edge) for edge in drawing.edges],
            groups=[
                {"iri": group, "label": label, "count": count}
                for group, label, count in drawing.groups()
            ],
            leftOut=drawing.left_out,
        )

    return views


def _drawing(site: Site, iri: str, *, infer: bool) -> Drawing:
    language = reader_language()
    if not iri:
        return neighbourhood.schema(site, language)
    return neighbourhood.around(site, iri, language, infer=infer)


def _iri() -> str:
    """The IRI that the request is about; "" for none.

    Raises:
        RequestError: 400 it is no absolute IRI.
    """
    iri = request.values.get("iri", "")
    try:
        return NamedNode(iri).value if iri else ""
    except ValueError as error:
        raise RequestError(
            HTTPStatus.BAD_REQUEST, f"iri={iri} is no IRI", hint="write a whole IRI"
        ) from error


def _infer() -> bool:
    return request.values.get("infer", "true") != "false"


def _listed(drawing: Drawing, iri: str) -> list[tuple[Node, list[tuple[Edge, Node, bool]]]]:
    """For each node that edges are listed under: the edge, its other end, whether it leads there.

    Around a thing all edges are listed under it; else each under its source.
    """
    by_iri = {node.shown.iri: node for node in drawing.nodes}
    found: dict[str, list[tuple[Edge, Node, bool]]] = {} if iri else {each: [] for each in by_iri}
    for edge in drawing.edges:
        leads_away = not iri or edge.source == iri
        here, other = (edge.source, edge.target) if leads_away else (edge.target, edge.source)
        found.setdefault(here, []).append((edge, by_iri[other], leads_away))
    return [(by_iri[here], edges) for here, edges in found.items()]


def _node_members(node: Node) -> dict[str, object]:
    """One node as data; `page` is where its page is, "" if it has none."""
    shown = node.shown
    return {
        "iri": shown.iri,
        "label": shown.text,
        "language": shown.language,
        "page": linked(shown.path) if shown.path else "",
        "group": node.group,
    }


def _edge_members(edge: Edge) -> dict[str, object]:
    return {
        "source": edge.source,
        "target": edge.target,
        "property": edge.property.iri,
        "label": edge.property.text,
        "inferred": edge.is_inferred,
    }
