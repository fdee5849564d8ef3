"""The headers of every response, errors included: CORS and the browser's safety belts.

CORS (https://fetch.spec.whatwg.org/#http-cors-protocol): anybody's page may read, nobody's
cookies are wanted, so no credentials. The pages need no script, no frame and nothing from
elsewhere, and the Content Security Policy says so.
"""

from __future__ import annotations

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException

from etown_kg.web.problems import allowed_methods

ALWAYS: dict[str, str] = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Content-Type, Accept-Language, If-None-Match, Prefer",
    "Access-Control-Expose-Headers": "ETag, Link, Location, Content-Location, Retry-After",
    "Access-Control-Max-Age": "86400",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def register(app: Flask) -> None:
    """Put the headers on all responses and answer OPTIONS, on any path, with 204."""

    @app.before_request
    def answer_options() -> Response | None:
        if request.method != "OPTIONS" or isinstance(request.routing_exception, HTTPException):
            return None  # an unknown address stays a 404
        adapter = current_app.create_url_adapter(request)
        response = Response(status=204)
        response.headers.pop("Content-Type", None)
        if adapter is not None:
            response.headers["Allow"] = ", ".join(allowed_methods(adapter.allowed_methods()))
        return response

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        return response
