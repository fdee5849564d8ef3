"""The headers of every response, errors included: CORS and the browser's safety belts.

CORS (https://fetch.spec.whatwg.org/#http-cors-protocol): anybody's page may read, nobody's
cookies are wanted, so no credentials. The pages need nothing from elsewhere, no frame and no
script in their text, and the Content Security Policy says so
(https://www.w3.org/TR/CSP3/#csp-directives).
"""

from __future__ import annotations

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException

from etown_kg.web.problems import METHODS, allowed_methods

# Addresses that more than reading and asking can be done at.
_WRITTEN = ("/graphs", "/graph/")

# A page that others may show inside theirs says so by this directive.
_FRAMED = "frame-ancestors *"

_POLICY: dict[str, str] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def content_security_policy(**more: str) -> str:
    """The policy of all responses; a page that needs more names it, and says why where it does.

    >>> "style-src 'self' 'unsafe-inline';" in content_security_policy(style_src="'unsafe-inline'")
    True
    """
    added = {name.replace("_", "-"): value for name, value in more.items()}
    directives = {
        # 'none' stands alone: beside another source it means nothing.
        name: added[name]
        if value == "'none'" and name in added
        else f"{value} {added.get(name, '')}".strip()
        for name, value in _POLICY.items()
    }
    directives |= {name: value for name, value in added.items() if name not in _POLICY}
    return "; ".join(f"{name} {value}" for name, value in directives.items())


ALWAYS: dict[str, str] = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": (
        "Accept, Content-Type, Accept-Language, If-None-Match, Prefer, Authorization, If-Match, "
        "Content-Encoding, Range, If-Range, X-Request-ID"
    ),
    "Access-Control-Expose-Headers": (
        "ETag, Link, Location, Content-Location, Retry-After, WWW-Authenticate, X-Request-ID, "
        "X-Version, X-Diagnosis, Accept-Ranges, Content-Range, Repr-Digest"
    ),
    "Access-Control-Max-Age": "86400",
    "Content-Security-Policy": content_security_policy(),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
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
        if request.path.startswith(_WRITTEN):
            response.headers["Access-Control-Allow-Methods"] = ", ".join(METHODS)
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        if _FRAMED in response.headers["Content-Security-Policy"]:
            # The older header knows no way to allow it, and some browsers heed both.
            del response.headers["X-Frame-Options"]
        return response
