"""``/sparql``: the SPARQL 1.1 query operation over HTTP.

https://www.w3.org/TR/sparql11-protocol/. An answer is evaluated whole before its first byte
is sent, so a status of 200 is never taken back and Content-Length is always right.
"""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from etown_kg import formats
from etown_kg.backend import Backend
from etown_kg.web.description import service_description
from etown_kg.web.protocol import DescriptionRequest, read_query
from etown_kg.web.query_page import query_page


def blueprint(backend: Backend, first_query: str) -> Blueprint:
    """The endpoint, with and without a slash at its end; a browser is offered `first_query`."""
    views = Blueprint("sparql", __name__)

    @views.route("/sparql", methods=["GET", "POST"], strict_slashes=False)
    def endpoint() -> Response:
        asked = read_query(
            request.method,
            request.query_string,
            content_type=request.headers.get("Content-Type", ""),
            body=request.get_data(),
            accept=request.headers.get("Accept"),
        )
        if isinstance(asked, DescriptionRequest):
            return _description(backend, first_query, asked)
        result = backend.query(asked)
        response = Response(result.body, content_type=result.format.content_type)
        response.vary.add("Accept")
        return response

    return views


def _description(backend: Backend, first_query: str, asked: DescriptionRequest) -> Response:
    """What this service is: RDF for programs; for a browser the page to type a query into."""
    offered = [format.media_type for format in formats.RDF_FORMATS]
    wants_page = request.accept_mimetypes.best_match([*offered, "text/html"]) == "text/html"
    if wants_page and not asked.parameters:
        response = query_page(backend, first_query, None)
    else:
        format = formats.negotiate("CONSTRUCT", request.headers.get("Accept"), asked.parameters)
        endpoint = url_for("sparql.endpoint", _external=True)
        body = service_description(endpoint, backend, format)
        response = Response(body, content_type=format.content_type)
    response.vary.add("Accept")
    return response
