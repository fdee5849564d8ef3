"""The OpenAPI document of ``/api``, made from the table of operations and the types of answers.

https://spec.openapis.org/oas/v3.1.1
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from etown_kg import __version__, api
from etown_kg.web.pages.api.operations import OPERATIONS, Operation, Parameter
from etown_kg.web.pages.language import reader_language
from etown_kg.web.pages.site import Site
from etown_kg.web.problems import PROBLEM

_ALWAYS = (HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE)
_PROBLEM: api.Schema = {
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "properties": {
        "type": {"type": "string", "examples": [f"{PROBLEM}request"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "hint": {"type": "string", "description": "What to do about it."},
    },
    "required": ["detail", "status", "title", "type"],
}


def document(site: Site, address: str) -> dict[str, Any]:
    """The document of a server at this address, with no slash at its end."""
    language = reader_language()
    return {
        "openapi": "3.1.1",
        "info": {
            "title": site.title(language) or "etown-kg",
            "description": site.description(language),
            "version": api.API_VERSION,
            "x-software": __version__,
        },
        "servers": [{"url": address}],
        "paths": {each.path: {"get": _operation(each)} for each in OPERATIONS},
        "components": {
            "schemas": {**api.schemas(), "Problem": _PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        # A token shows more where graphs are private; none is needed where none are.
        "security": [{}, {"token": []}],
    }


def _operation(operation: Operation) -> dict[str, Any]:
    problems = {
        str(int(status)): {
            "description": status.phrase,
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
        for status in sorted((*_ALWAYS, *operation.errors))
    }
    answered = {
        "description": " ".join((operation.answer.__doc__ or "").split()),
        "headers": {
            "ETag": {
                "description": "Send it as If-None-Match: 304 while the data stay as they are.",
                "schema": {"type": "string"},
            }
        },
        "content": {"application/json": {"schema": api.reference(operation.answer)}},
    }
    return {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [_parameter(each) for each in operation.parameters],
        "responses": {"200": answered, **problems},
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = parameter.schema
    if parameter.is_many:
        schema = {"type": "array", "items": schema}
    return {
        "name": parameter.name,
        "in": "query",
        "description": parameter.description,
        "required": parameter.is_required,
        "schema": schema,
    }
