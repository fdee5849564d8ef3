"""``/sparql`` and ``/update``: the SPARQL 1.1 query and update operations over HTTP.

https://www.w3.org/TR/sparql11-protocol/. An answer is evaluated whole before its first byte
is sent, so a status of 200 is never taken back and Content-Length is always right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus

from flask import Blueprint, Response, request, url_for

from etown_kg import formats
from etown_kg.backend import Backend
from etown_kg.web import access, exchange
from etown_kg.web.answering import answer
from etown_kg.web.conditional import entity_tag
from etown_kg.web.description import Facts, service_description
from etown_kg.web.limits import RequestLimits
from etown_kg.web.protocol import FORM, DescriptionRequest, read_query, read_update, wants_safe_csv
from etown_kg.web.statistics import Counter


@dataclass(frozen=True)
class Endpoint:
    """What the two addresses need to answer.

    `query_s` are the seconds that a query gets whose client shows no token; a browser that asks
    for nothing is shown `page`.
    """

    backend: Backend
    limits: RequestLimits
    find_token: access.FindToken | None
    query_s: float
    page: Callable[[], Response]
    facts: Facts
    counter: Counter


def blueprint(endpoint: Endpoint) -> Blueprint:
    """Both addresses, with and without a slash at their end."""
    views = Blueprint("sparql", __name__)

    @views.route("/sparql", methods=["GET", "POST"], strict_slashes=False)
    def query() -> Response:
        token = access.token_of_request(endpoint.find_token)
        content_type = request.headers.get("Content-Type", "")
        body = exchange.body_of_request(endpoint.limits.query_body_bytes, endpoint.limits)
        asked = read_query(
            request.method,
            request.query_string,
            content_type=content_type,
            body=body,
            accept=request.headers.get("Accept"),
            limits=endpoint.limits,
        )
        if isinstance(asked, DescriptionRequest):
            return _description(endpoint, asked)
        is_form = request.method == "POST" and content_type.lower().startswith(FORM)
        is_safe = wants_safe_csv(
            request.query_string, body if is_form else b"", limits=endpoint.limits
        )
        timeout_s = _timeout(asked.timeout_s, endpoint.query_s, is_known=token is not None)
        return answer(
            endpoint.backend,
            replace(asked, timeout_s=timeout_s, client=exchange.client(), base=request.base_url),
            is_safe=is_safe,
        )

    @views.route("/update", methods=["POST"], strict_slashes=False)
    def update() -> Response:
        token = access.writer(endpoint.find_token, is_writable=endpoint.facts.is_writable)
        asked = read_update(
            request.query_string,
            content_type=request.headers.get("Content-Type", ""),
            body=exchange.body_of_request(endpoint.limits.update_body_bytes, endpoint.limits),
            limits=endpoint.limits,
        )
        asked = replace(asked, writer=token.name, may_write=token.may_write, base=request.base_url)
        is_gone = exchange.is_gone()
        change = exchange.audited(asked, lambda: endpoint.backend.update(asked, is_gone))
        return exchange.changed(change)

    return views


def _timeout(asked_s: float | None, query_s: float, *, is_known: bool) -> float | None:
    """The seconds to ask the backend for: who shows a token may have as many as there are."""
    if is_known:
        return float("inf") if asked_s is None else asked_s
    return None if asked_s is None else min(asked_s, query_s)


def _description(endpoint: Endpoint, asked: DescriptionRequest) -> Response:
    """What this service is: RDF for programs; for a browser the page to type a query into."""
    offered = [format.media_type for format in formats.RDF_FORMATS]
    wants_page = request.accept_mimetypes.best_match([*offered, "text/html"]) == "text/html"
    if wants_page and not asked.parameters:
        response = endpoint.page()
        response.vary.add("Accept")
        return response
    format = formats.negotiate("CONSTRUCT", request.headers.get("Accept"), asked.parameters)
    address = url_for("sparql.query", _external=True)
    what = ("description", address, format.name)
    fresh = exchange.not_modified(entity_tag(endpoint.backend.status().version, *what))
    if fresh is not None:
        return fresh
    version, statistics = endpoint.counter.statistics()
    body = service_description(address, statistics, format, endpoint.facts)
    response = Response(body, HTTPStatus.OK, content_type=format.content_type)
    return exchange.tagged(response, entity_tag(version, *what))
