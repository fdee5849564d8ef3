"""Failures to responses: the one place where an error gets its status code.

Problem details are RFC 9457 (https://www.rfc-editor.org/rfc/rfc9457); who prefers plain text
or, in a browser, a page gets that. Places are in the user's own query text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from flask import Flask, Response, render_template, request
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from etown_kg import vocab
from etown_kg.errors import EtownError, FormatError, LimitError, QueryError, SettingError
from etown_kg.web.protocol import RequestError

PROBLEM = vocab.BASE + "problem/"
# Statuses whose problem has a name of its own; others are `about:blank` (RFC 9457, 4.2.1).
NAMES: dict[HTTPStatus, str] = {
    HTTPStatus.BAD_REQUEST: "request",
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method",
    HTTPStatus.NOT_ACCEPTABLE: "not-acceptable",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too-large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "media-type",
    HTTPStatus.INTERNAL_SERVER_ERROR: "fault",
    HTTPStatus.SERVICE_UNAVAILABLE: "limit",
}
# What to say instead of Werkzeug's sentences, which speak to people who type addresses.
DETAILS: dict[HTTPStatus, str] = {
    HTTPStatus.NOT_FOUND: "nothing is at this address",
    HTTPStatus.METHOD_NOT_ALLOWED: "this address does not take that method",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "the request's body is too large to be a query",
}
QUERY = "query"  # a query that does not parse or evaluate: also 400, with its place
OFFERED = ("application/problem+json", "application/json", "text/plain", "text/html")


@dataclass(frozen=True)
class Problem:
    """One failure as a client sees it. `line` and `column` count from 1."""

    status: HTTPStatus
    detail: str
    name: str = ""
    hint: str | None = None
    line: int | None = None
    column: int | None = None
    offered: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        """The IRI of the kind of problem."""
        name = self.name or NAMES.get(self.status, "")
        return PROBLEM + name if name else "about:blank"

    def members(self) -> dict[str, object]:
        """The members of the problem document, absent ones left out."""
        members: dict[str, object] = {
            "type": self.type,
            "title": self.status.phrase,
            "status": int(self.status),
            "detail": self.detail,
            "line": self.line,
            "column": self.column,
            "hint": self.hint,
            "offered": list(self.offered) or None,
        }
        return {name: value for name, value in members.items() if value is not None}

    def text(self) -> str:
        """The problem in plain text: what, where, what to do."""
        place = "" if self.line is None else f"line {self.line}, column {self.column}: "
        lines = [f"{place}{self.detail}"]
        if self.hint:
            lines.append(self.hint)
        if self.offered:
            lines.append("offered: " + ", ".join(self.offered))
        return "\n".join(lines) + "\n"


def problem_of(error: Exception) -> Problem:
    """The problem that an exception is to a client.

    A failure that is not the client's says no more than that: its message may name the
    machine's files. The log has the rest.
    """
    match error:
        case RequestError():
            return Problem(error.status, error.problem, hint=error.hint)
        case QueryError():
            return Problem(
                HTTPStatus.BAD_REQUEST, error.problem, QUERY, error.hint, error.line, error.column
            )
        case FormatError():
            detail = f"nothing that Accept: {error.name} names is offered"
            return Problem(HTTPStatus.NOT_ACCEPTABLE, detail, offered=error.known)
        case SettingError():
            return Problem(HTTPStatus.BAD_REQUEST, error.message, hint=error.hint)
        case LimitError():
            return Problem(HTTPStatus.SERVICE_UNAVAILABLE, error.message, hint=error.hint)
        case HTTPException() if error.code and error.code != HTTPStatus.INTERNAL_SERVER_ERROR:
            status = HTTPStatus(error.code)
            return Problem(status, DETAILS.get(status, error.description or status.description))
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "the server met a fault of its own while answering",
        hint="nothing is wrong with the request; the server's log has the cause",
    )


def response_of(problem: Problem, accept: MIMEAccept) -> Response:
    """The problem in the representation that the client likes best."""
    chosen = accept.best_match(OFFERED) or OFFERED[0]
    if chosen == "text/html":
        body = render_template("problem.html", problem=problem, path=request.path)
    elif chosen == "text/plain":
        body = problem.text()
    else:
        chosen = OFFERED[0]
        body = json.dumps(problem.members(), ensure_ascii=False, indent=2) + "\n"
    response = Response(body, status=problem.status, content_type=chosen)
    if chosen.startswith("text/"):
        response.content_type = f"{chosen}; charset=utf-8"
    response.vary.add("Accept")
    return response


def register(app: Flask) -> None:
    """Give all failures of the app's views to the functions above."""

    def answer(error: Exception) -> Response:
        response = response_of(problem_of(error), request.accept_mimetypes)
        if isinstance(error, MethodNotAllowed):
            response.headers["Allow"] = ", ".join(allowed_methods(error.valid_methods or ()))
        return response

    for kind in (EtownError, RequestError, HTTPException):
        app.register_error_handler(kind, answer)


def allowed_methods(methods: Iterable[str]) -> list[str]:
    """The methods in the order of the protocol's texts: reading first."""
    known = set(methods)
    return [method for method in ("GET", "HEAD", "POST", "OPTIONS") if method in known]
