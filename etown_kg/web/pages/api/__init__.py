"""``/api``: the graph as JSON of a stable shape, for programs that do not want to speak SPARQL.

`etown_kg.api` has the types of the answers, `operations` the addresses with their parameters, and
``/api/openapi.json`` describes both (https://spec.openapis.org/oas/v3.1.1). A parameter that an
address does not have is refused: a filter that is silently ignored would give an answer to
another question.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus

from flask import Blueprint, Response, request, url_for

from etown_kg import __version__
from etown_kg.api import API_VERSION
from etown_kg.api import Index as JsonIndex
from etown_kg.web.pages.api import entities, explain, figures, openapi
from etown_kg.web.pages.api.operations import OPERATIONS, Operation
from etown_kg.web.pages.language import reader_language
from etown_kg.web.pages.search import json_response
from etown_kg.web.pages.site import Site
from etown_kg.web.protocol import RequestError

__all__ = ["blueprint"]


def blueprint(site: Site) -> Blueprint:
    """All addresses below ``/api``."""
    views = Blueprint("api", __name__)
    for operation in OPERATIONS:
        answer = partial(_answer, site, operation, _ANSWERS[operation.name])
        views.add_url_rule(operation.path, operation.name, answer, strict_slashes=False)

    @views.get("/api/openapi.json")
    def document() -> Response:
        return _json(openapi.document(site, request.url_root.rstrip("/")))

    return views


def _answer(site: Site, operation: Operation, answer: Callable[[Site], object]) -> Response:
    """What one address answers, once its parameters are known to be its own."""
    _check_names(operation)
    found = answer(site)
    return found if isinstance(found, Response) else _json(found)


def _json(members: object) -> Response:
    body = json.dumps(members, ensure_ascii=False, indent=1) + "\n"
    return Response(body, content_type="application/json")


def _check_names(operation: Operation) -> None:
    """Refuse a parameter that the operation does not have, or has once and is given twice.

    Raises:
        RequestError: 400 there is one; or one that is required is missing.
    """
    known = {each.name: each for each in operation.parameters}
    for name, values in request.args.lists():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "it takes: " + ", ".join(sorted(known))
            raise RequestError(
                HTTPStatus.BAD_REQUEST, f"{operation.path} has no parameter {name}", hint=hint
            )
        if len(values) > 1 and not known[name].is_many:
            raise RequestError(HTTPStatus.BAD_REQUEST, f"{name} is given {len(values)} times")
    for each in operation.parameters:
        if each.is_required and not request.args.get(each.name):
            raise RequestError(
                HTTPStatus.BAD_REQUEST, f"{each.name} is missing", hint=each.description
            )


def _index(site: Site) -> JsonIndex:
    language = reader_language()
    return {
        "title": site.title(language),
        "description": site.description(language),
        "api": API_VERSION,
        "software": __version__,
        "version": site.backend.status().version,
        "document": url_for("api.document", _external=True),
        "endpoint": url_for("sparql.query", _external=True),
        "operations": [{"path": each.path, "summary": each.summary} for each in OPERATIONS],
    }


_ANSWERS: Mapping[str, Callable[[Site], object]] = {
    "index": _index,
    "entities": entities.entity_list,
    "entity": entities.entity,
    "figures": figures.figure_list,
    "search": lambda site: json_response(site, "api.search"),
    "explain": explain.explanation,
}
