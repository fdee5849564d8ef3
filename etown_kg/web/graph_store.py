"""``/graphs`` and ``/graph/<name>``: whole graphs over HTTP.

SPARQL 1.1 Graph Store HTTP Protocol (https://www.w3.org/TR/sparql11-http-rdf-update/): a graph
is named by a parameter (``?graph=IRI``, ``?default``) or is at its own address. Reading asks the
backend a query like anybody's; writing needs a token, and may be bound to the state that the
writer has seen (``If-Match``), so that two writers do not undo each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from secrets import token_hex
from urllib.parse import unquote

from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import NotFound

from etown_kg import formats
from etown_kg.backend import Backend, GraphWrite, QueryRequest, Status
from etown_kg.changes import GraphOperation
from etown_kg.errors import ConflictError, MediaTypeError
from etown_kg.web import access, exchange, rdf_patch
from etown_kg.web.conditional import entity_tag, tags, version_of
from etown_kg.web.limits import RequestLimits
from etown_kg.web.protocol import (
    DIRECT_UPDATE,
    GraphName,
    RequestError,
    graph_of_path,
    read_format_parameters,
    read_graph_name,
)

METHODS = ["GET", "PUT", "POST", "PATCH", "DELETE"]
PATCHES = (DIRECT_UPDATE, *rdf_patch.MEDIA_TYPES)


@dataclass(frozen=True)
class GraphStore:
    """What the addresses of graphs need.

    `base` is the IRI that the names of graphs start with; `page_of` gives the page of a graph to
    who would rather have a page.
    """

    backend: Backend
    limits: RequestLimits
    find_token: access.FindToken | None
    base: str
    is_writable: bool
    page_of: Callable[[str], Response | None]


def blueprint(store: GraphStore) -> Blueprint:
    """Both ways to name a graph."""
    views = Blueprint("graph_store", __name__)

    @views.route("/graphs", methods=METHODS, strict_slashes=False)
    def indirect() -> Response:
        named = read_graph_name(request.query_string, limits=store.limits)
        if named is None and request.method == "POST":
            # Section 5.5: a graph without a name gets one.
            name = token_hex(8)
            response = _answer(store, graph_of_path(store.base, name))
            response.headers["Location"] = url_for(".direct", name=name, _external=True)
            return response
        if named is None:
            raise RequestError(
                HTTPStatus.BAD_REQUEST,
                "no graph is named",
                hint="add ?graph=IRI or ?default; the service description lists the graphs",
            )
        return _answer(store, _own_name(store, named))

    @views.route("/graph/<path:name>", methods=METHODS, strict_slashes=False)
    def direct(name: str) -> Response:
        graph = graph_of_path(store.base, name)
        if request.method in ("GET", "HEAD") and graph.iri in store.backend.status().graphs:
            page = store.page_of(graph.iri)
            if page is not None:
                return page
        return _answer(store, graph)

    return views


def _own_name(store: GraphStore, graph: GraphName) -> GraphName:
    """The graph, whether it is called by its IRI or by its address on this server."""
    address = url_for(".direct", name="", _external=True)
    if graph.iri is None or not graph.iri.startswith(address):
        return graph
    return graph_of_path(store.base, unquote(graph.iri.removeprefix(address)))


def _answer(store: GraphStore, graph: GraphName) -> Response:
    if request.method in ("GET", "HEAD"):
        access.token_of_request(store.find_token)
        return _read(store, graph)
    return _write(store, graph)


def _read(store: GraphStore, graph: GraphName) -> Response:
    status = store.backend.status()
    if not _exists(graph, status):
        raise NotFound
    parameters, infer = read_format_parameters(request.query_string, limits=store.limits)
    accept = request.headers.get("Accept")
    format = formats.negotiate("CONSTRUCT", accept, parameters)
    question = (graph.iri, format.name, infer)
    fresh = exchange.not_modified(entity_tag(status.version, *question))
    if fresh is not None:
        return fresh
    pattern = "{ ?s ?p ?o }" if graph.iri is None else f"{{ GRAPH <{graph.iri}> {{ ?s ?p ?o }} }}"
    asked = QueryRequest(
        f"CONSTRUCT {{ ?s ?p ?o }} WHERE {pattern}",
        parameters=(format.name,),
        infer=infer,
        client=exchange.client(),
    )
    result = store.backend.query(asked, exchange.is_gone())
    response = Response(result.body, content_type=format.content_type)
    return exchange.tagged(response, entity_tag(result.version, *question))


def _write(store: GraphStore, graph: GraphName) -> Response:
    kinds: dict[str, GraphOperation] = {
        "PUT": "put", "POST": "post", "PATCH": "patch", "DELETE": "delete",
    }  # fmt: skip
    token = access.writer(store.find_token, is_writable=store.is_writable)
    kind = kinds[request.method]
    content_type = request.headers.get("Content-Type", "")
    body = b""
    if kind != "delete":
        is_chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
        if request.content_length is None and not is_chunked:
            raise RequestError(
                HTTPStatus.LENGTH_REQUIRED,
                "the body's length is not known, so a cut one could pass for whole",
                hint="send Content-Length",
            )
        body = exchange.body_of_request(store.limits.upload_bytes, store.limits)
    if kind == "patch":
        body, content_type = _patch(body, content_type)
    status = store.backend.status()
    existed = _exists(graph, status)
    write = GraphWrite(
        kind,
        graph.iri,
        body,
        content_type,
        if_match=_guard(existed, status),
        writer=token.name,
        may_write=token.may_write,
    )
    is_gone = exchange.is_gone()
    change = exchange.audited(write, lambda: store.backend.write_graph(write, is_gone))
    is_new = kind in ("put", "post") and not existed
    response = exchange.changed(change, HTTPStatus.CREATED if is_new else HTTPStatus.NO_CONTENT)
    if is_new:
        response.headers["Location"] = request.url
    return response


def _patch(body: bytes, content_type: str) -> tuple[bytes, str]:
    """A patch as the body and type of an update.

    Raises:
        MediaTypeError: it is neither an update nor RDF Patch.
        UploadError: it is an RDF Patch that cannot be read.
    """
    media_type = content_type.split(";")[0].strip().lower()
    if media_type in rdf_patch.MEDIA_TYPES:
        return rdf_patch.to_update(body).encode(), DIRECT_UPDATE
    if media_type != DIRECT_UPDATE:
        raise MediaTypeError(content_type, PATCHES)
    return body, content_type


def _guard(existed: bool, status: Status) -> str | None:
    """The state that the writer asks for, None when any will do.

    RFC 9110, sections 13.1.1 and 13.1.2. A tag stands for a state of all the data.

    Raises:
        ConflictError: it is another state now.
        RequestError: 400 a header cannot be read.
    """
    if "*" in tags(request.headers.get("If-None-Match")):
        if existed:
            raise ConflictError("the graph exists already", hint="If-None-Match: * was sent")
        # Whoever makes it first changes the state.
        return status.version
    if "If-Match" not in request.headers:
        return None
    wanted = tags(request.headers["If-Match"])
    if "*" in wanted:
        if not existed:
            raise ConflictError("the graph does not exist", hint="If-Match: * was sent")
        return "*"
    if status.version not in {version_of(tag) for tag in wanted}:
        raise ConflictError(
            "the graph may have changed since the state that If-Match names",
            hint="fetch it again, then change it",
        )
    return status.version


def _exists(graph: GraphName, status: Status) -> bool:
    """Whether there is such a graph; the default graph always is there (section 4.2)."""
    return graph.iri is None or graph.iri in status.graphs
