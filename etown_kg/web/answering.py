"""The response to a query: evaluated whole, tagged, with the reason where it is empty."""

from __future__ import annotations

import json

from flask import Response, request

from etown_kg import formats
from etown_kg.backend import Backend, QueryRequest, QueryResult
from etown_kg.web import exchange
from etown_kg.web.conditional import entity_tag, is_repeatable
from etown_kg.web.csv_safety import without_formulas

# A header longer than this is refused by some clients.
MAX_DIAGNOSIS = 4000


def answer(backend: Backend, asked: QueryRequest, *, is_safe: bool = False) -> Response:
    """The whole answer; a client that has it already is told so.

    `is_safe` makes a CSV harmless to spreadsheets (`csv_safety`).

    Raises:
        EtownError: see `Backend.query`.
        RequestError: 400 If-None-Match cannot be read.
    """
    is_kept = is_repeatable(asked.text)
    question = exchange.question(asked, is_safe=is_safe)
    if is_kept and "If-None-Match" in request.headers:
        fresh = exchange.not_modified(entity_tag(backend.status().version, *question))
        if fresh is not None:
            return fresh
    begun, is_gone = exchange.begun(), exchange.is_gone()
    result = backend.query(asked, is_gone) if begun is None else begun.result(is_gone)
    body = result.body
    if is_safe and result.format is formats.CSV:
        body = without_formulas(body)
    response = Response(_with_diagnosis(result, body), content_type=result.format.content_type)
    if result.diagnosis is not None:
        text = json.dumps(result.diagnosis)
        if len(text) <= MAX_DIAGNOSIS:
            response.headers["X-Diagnosis"] = text
    if is_kept:
        return exchange.tagged(response, entity_tag(result.version, *question))
    response.headers["Cache-Control"] = exchange.NEVER_KEEP
    response.vary.add("Accept")
    return response


def _with_diagnosis(result: QueryResult, body: bytes) -> bytes:
    """The answer with the reason of its emptiness, where its format has a place for it."""
    if result.diagnosis is None or result.format is not formats.JSON:
        return body
    members = json.loads(body)
    members["diagnosis"] = result.diagnosis
    return json.dumps(members, ensure_ascii=False).encode()
