"""Failures to responses: the one place where an error gets its status code.

Problem details are RFC 9457 (https://www.rfc-editor.org/rfc/rfc9457); who prefers plain text
or, in a browser, a page gets that. Places are in the user's own query text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeGuard

from flask import Flask, Response, render_template, request
from rdflib import BNode, Literal, URIRef
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from etown_kg import vocab
from etown_kg.errors import (
    CancelledError,
    ConflictError,
    DiskFullError,
    EtownError,
    ForbiddenError,
    FormatError,
    InconsistentError,
    InvalidError,
    LimitError,
    MediaTypeError,
    NoGraphError,
    QueryError,
    ReadOnlyError,
    RemoteError,
    SettingError,
    SourceError,
    UnavailableError,
    UnsupportedError,
    UploadError,
)
from etown_kg.web.protocol import RequestError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

PROBLEM = vocab.BASE + "problem/"
# Statuses whose problem has a name of its own; others are `about:blank` (RFC 9457, 4.2.1).
NAMES: dict[HTTPStatus, str] = {
    HTTPStatus.BAD_REQUEST: "request",
    HTTPStatus.UNAUTHORIZED: "unauthorized",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method",
    HTTPStatus.NOT_ACCEPTABLE: "not-acceptable",
    HTTPStatus.CONFLICT: "refused",
    HTTPStatus.LENGTH_REQUIRED: "length",
    HTTPStatus.PRECONDITION_FAILED: "changed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too-large",
    HTTPStatus.REQUEST_URI_TOO_LONG: "too-long",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "media-type",
    HTTPStatus.TOO_MANY_REQUESTS: "too-many",
    HTTPStatus.INTERNAL_SERVER_ERROR: "fault",
    HTTPStatus.NOT_IMPLEMENTED: "unsupported",
    HTTPStatus.BAD_GATEWAY: "remote",
    HTTPStatus.SERVICE_UNAVAILABLE: "limit",
    HTTPStatus.INSUFFICIENT_STORAGE: "full",
}
# What to say instead of Werkzeug's sentences, which speak to people who type addresses.
DETAILS: dict[HTTPStatus, str] = {
    HTTPStatus.NOT_FOUND: "nothing is at this address",
    HTTPStatus.METHOD_NOT_ALLOWED: "this address does not take that method",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "the request's body is too large to be read",
}
# Further names of a status that has one already.
QUERY = "query"  # 400: a query or update that does not parse or evaluate, with its place
UPLOAD = "upload"  # 400: a graph that does not parse, with its place
UNAVAILABLE = "unavailable"  # 503: nobody to answer at the moment
MORE_NAMES: dict[str, HTTPStatus] = {
    QUERY: HTTPStatus.BAD_REQUEST,
    UPLOAD: HTTPStatus.BAD_REQUEST,
    UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}
OFFERED = ("application/problem+json", "application/json", "text/plain", "text/html")


@dataclass(frozen=True)
class Problem:
    """One failure as a client sees it. `line` and `column` count from 1.

    `findings` are what a refused change would break, `proofs` why, as trees; `headers` are what
    the response says besides.
    """

    status: HTTPStatus
    detail: str
    name: str = ""
    hint: str | None = None
    line: int | None = None
    column: int | None = None
    offered: tuple[str, ...] = ()
    findings: tuple[Mapping[str, object], ...] = ()
    proofs: tuple[Mapping[str, object], ...] = ()
    near: tuple[Mapping[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The name of the kind of problem; "" for one without."""
        return self.name or NAMES.get(self.status, "")

    @property
    def type(self) -> str:
        """The IRI of the kind of problem."""
        return PROBLEM + self.kind if self.kind else "about:blank"

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
            "findings": list(self.findings) or None,
            "near": list(self.near) or None,
            "proofs": list(self.proofs) or None,
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
        lines += [f"near: {each['page']} ({each['label']})" for each in self.near]
        return "\n".join(lines) + "\n"


def problem_of(error: Exception) -> Problem:
    """The problem that an exception is to a client.

    A failure that is not the client's says no more than that: its message may name the
    machine's files. The log has the rest.
    """
    match error:
        case RequestError():
            return Problem(error.status, error.problem, hint=error.hint, headers=error.headers)
        case QueryError():
            return Problem(
                HTTPStatus.BAD_REQUEST, error.problem, QUERY, error.hint, error.line, error.column
            )
        case UploadError() | SourceError():
            return Problem(
                HTTPStatus.BAD_REQUEST, error.problem, UPLOAD, error.hint, error.line, error.column
            )
        case FormatError():
            detail = f"nothing that Accept: {error.name} names is offered"
            return Problem(HTTPStatus.NOT_ACCEPTABLE, detail, offered=error.known)
        case DiskFullError():
            return Problem(HTTPStatus.INSUFFICIENT_STORAGE, error.message, hint=error.hint)
        case LimitError() if error.kind == "request":
            return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, error.message, hint=error.hint)
        case UnavailableError() | CancelledError():
            status = HTTPStatus.SERVICE_UNAVAILABLE
            return Problem(status, error.message, UNAVAILABLE, error.hint)
        case InconsistentError():
            findings = tuple(map(_violation, error.violations))
            proofs = tuple(asdict(each) for each in error.proofs if _is_value(each))
            return Problem(
                HTTPStatus.CONFLICT, error.message, hint=error.hint, findings=findings,
                proofs=proofs,
            )  # fmt: skip
        case InvalidError():
            findings = tuple(asdict(each) for each in error.findings if _is_value(each))
            return Problem(HTTPStatus.CONFLICT, error.message, hint=error.hint, findings=findings)
        case MediaTypeError():
            return Problem(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, error.message, hint=error.hint,
                offered=error.known, headers={"Accept-Post": ", ".join(error.known)},
            )  # fmt: skip
        case HTTPException() if error.code and error.code != HTTPStatus.INTERNAL_SERVER_ERROR:
            status = HTTPStatus(error.code)
            return Problem(status, DETAILS.get(status, error.description or status.description))
    for kind, status in _STATUSES.items():
        if isinstance(error, kind):
            return Problem(status, error.message, hint=error.hint)
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "the server met a fault of its own while answering",
        hint="nothing is wrong with the request; the server's log has the cause",
    )


# Failures that say all there is to say in their message.
_STATUSES: dict[type[EtownError], HTTPStatus] = {
    SettingError: HTTPStatus.BAD_REQUEST,
    LimitError: HTTPStatus.SERVICE_UNAVAILABLE,
    NoGraphError: HTTPStatus.NOT_FOUND,
    ReadOnlyError: HTTPStatus.FORBIDDEN,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    ConflictError: HTTPStatus.PRECONDITION_FAILED,
    RemoteError: HTTPStatus.BAD_GATEWAY,
    UnsupportedError: HTTPStatus.NOT_IMPLEMENTED,
}


def _violation(violation: object) -> dict[str, object]:
    """A clash with its proof: the rule and the statements that cannot be true together."""
    culprits: Sequence[object] = getattr(violation, "culprits", ())
    return {
        "rule": getattr(violation, "rule", ""),
        "message": getattr(violation, "message", str(violation)),
        "statements": [_statement(culprit) for culprit in culprits],
    }


def _statement(culprit: object) -> str:
    """A statement in N-Triples, from three terms: rdflib's, or texts in N-Triples already."""
    if isinstance(culprit, tuple):
        return " ".join(
            term.n3() if isinstance(term, BNode | Literal | URIRef) else str(term)
            for term in culprit
        )
    return str(culprit)


def _is_value(finding: object) -> TypeGuard[DataclassInstance]:
    return is_dataclass(finding) and not isinstance(finding, type)


def response_of(problem: Problem, accept: MIMEAccept, template: str = "problem.html") -> Response:
    """The problem in the representation that the client likes best."""
    chosen = accept.best_match(OFFERED) or OFFERED[0]
    if chosen == "text/html":
        body = render_template(template, problem=problem, path=request.path)
    elif chosen == "text/plain":
        body = problem.text()
    else:
        chosen = OFFERED[0]
        body = json.dumps(problem.members(), ensure_ascii=False, indent=2) + "\n"
    response = Response(body, status=problem.status, content_type=chosen)
    if chosen.startswith("text/"):
        response.content_type = f"{chosen}; charset=utf-8"
    response.vary.add("Accept")
    response.headers.extend(dict(problem.headers))
    # Tomorrow the same request may succeed.
    response.headers["Cache-Control"] = "no-store"
    return response


def register(app: Flask) -> None:
    """Give all failures of the app's views to the functions above."""

    def answer(error: Exception) -> Response:
        problem = problem_of(error)
        if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:  # as the client is told
            app.logger.error("%s %s", request.method, request.path, exc_info=error)
        response = response_of(problem, request.accept_mimetypes)
        if isinstance(error, MethodNotAllowed):
            response.headers["Allow"] = ", ".join(allowed_methods(error.valid_methods or ()))
        return response

    for kind in (EtownError, RequestError, HTTPException):
        app.register_error_handler(kind, answer)


def allowed_methods(methods: Iterable[str]) -> list[str]:
    """The methods in the order of the protocol's texts: reading first."""
    known = set(methods)
    return [method for method in METHODS if method in known]


METHODS = ("GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS")
