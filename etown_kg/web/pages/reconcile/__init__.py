"""``/reconcile``: which things the names in a table mean, and what the graph says of them.

The Reconciliation Service API 0.2
(https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/), as OpenRefine
and its like ask for it: the manifest, queries in batches, suggestions, previews, data extension.
Identifiers are whole IRIs. There is no JSONP: since 0.2 it is optional, and CORS does the same
without running the server's text as the client's script.

Names are looked up in the index of the search page, which holds what everybody may read; values
are asked for as the client may read them.
"""

from __future__ import annotations

import json
from http import HTTPStatus

from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import NotFound

from etown_kg.curies import is_iri
from etown_kg.reconcile import read_extension, read_queries
from etown_kg.search import Role
from etown_kg.web import exchange
from etown_kg.web.headers import content_security_policy
from etown_kg.web.limits import RequestLimits
from etown_kg.web.lookup import Snapshot
from etown_kg.web.pages.language import reader_language
from etown_kg.web.pages.reconcile import suggesting
from etown_kg.web.pages.reconcile.extending import MAX_CELLS, extended, proposed
from etown_kg.web.pages.reconcile.manifest import BATCH, manifest
from etown_kg.web.pages.reconcile.matching import matched
from etown_kg.web.pages.search import definition_in, own_first
from etown_kg.web.pages.site import Site
from etown_kg.web.protocol import RequestError, read_form

# Texts of a thing that a preview shows besides its label.
OTHER_NAMES = 6


def blueprint(site: Site, limits: RequestLimits) -> Blueprint:
    """The endpoint and the addresses that its manifest names."""
    views = Blueprint("reconcile", __name__)
    lookup = site.lookup

    @views.route("/reconcile", methods=["GET", "POST"], strict_slashes=False)
    def endpoint() -> Response:
        is_sent = request.method == "POST"
        asked = read_form(
            request.query_string,
            content_type=request.headers.get("Content-Type", ""),
            body=exchange.body_of_request(limits.query_body_bytes, limits) if is_sent else None,
            limits=limits,
        )
        named = [name for name in ("queries", "extend") if name in asked]
        if len(named) == 2 or (is_sent and not named):
            raise RequestError(
                HTTPStatus.BAD_REQUEST,
                "either queries or extend is expected, "
                + ("both came" if named else "neither came"),
                hint="a GET without parameters is answered with the manifest",
            )
        if "extend" in asked:
            extension = read_extension(asked["extend"])
            _check_size(len(extension.ids) * len(extension.properties), MAX_CELLS, "cells")
            return _answer(extended(site, extension, reader_language()))
        if "queries" in asked:
            queries = read_queries(asked["queries"])
            _check_size(len(queries), BATCH, "queries")
            snapshot = lookup.newest()
            return _of_version(snapshot, _answer(matched(site, snapshot, queries)))
        return _answer(manifest(site, request.url_root.rstrip("/"), reader_language()))

    @views.get("/reconcile/suggest/<kind>")
    def suggest(kind: str) -> Response:
        if kind not in suggesting.KINDS:
            raise NotFound
        snapshot = lookup.newest()
        found = suggesting.KINDS[kind](
            site, snapshot, request.args.get("prefix", "").strip(), _cursor(), reader_language()
        )
        return _of_version(snapshot, _answer({"result": found}))

    @views.get("/reconcile/flyout/<kind>")
    def flyout(kind: str) -> Response:
        if kind not in suggesting.KINDS:
            raise NotFound
        html = render_template("parts/reconciled.html", **_about(_id()))
        return _answer({"id": _id(), "html": html.strip()})

    @views.get("/reconcile/preview")
    def preview() -> Response:
        response = Response(render_template("reconcile_preview.html", **_about(_id())))
        # The very purpose of this page is to be shown inside others.
        response.headers["Content-Security-Policy"] = content_security_policy(frame_ancestors="*")
        return response

    @views.get("/reconcile/properties")
    def properties() -> Response:
        return _answer(
            proposed(site, request.args.get("type", ""), request.args.get("limit"),
                     reader_language())
        )  # fmt: skip

    def _about(iri: str) -> dict[str, object]:
        """What a preview shows of a thing.

        Raises:
            NotFound: the graph says nothing of it.
        """
        snapshot, language = lookup.newest(), reader_language()
        known = snapshot.representative(iri)
        classes = snapshot.index.classes_of([known]).get(known, [])
        names = site.names([iri, *classes], language)
        if not names.known[iri].is_described:
            raise NotFound
        texts = snapshot.index.texts([known]).get(known, [])
        name = names.shown(iri)
        others = [each.text for each in texts if each.role in (Role.LABEL, Role.CODE, Role.ALIAS)]
        return {
            "name": name,
            "kinds": own_first(classes, names),
            "definition": definition_in(texts, language),
            "others": list(dict.fromkeys(each for each in others if each != name.text))[
                :OTHER_NAMES
            ],
        }

    def _of_version(snapshot: Snapshot, response: Response) -> Response:
        """Keep an answer from being kept that is of data before the present ones."""
        if snapshot.version != lookup.version:
            response.headers["Cache-Control"] = exchange.NEVER_KEEP
        return response

    return views


def _answer(members: object) -> Response:
    response = Response(
        json.dumps(members, ensure_ascii=False) + "\n", content_type="application/json"
    )
    response.vary.add("Accept-Language")
    if request.method == "POST":
        response.headers["Cache-Control"] = exchange.NEVER_KEEP
    return response


def _check_size(size: int, most: int, what: str) -> None:
    if size > most:
        raise RequestError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"{size} {what} are more than the {most} of one batch",
            hint="send them in smaller batches",
        )


def _id() -> str:
    iri = request.args.get("id", "")
    if not is_iri(iri):
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            f"id={iri[:80]!r} is no absolute IRI",
            hint="give the id of a candidate, percent-encoded",
        )
    return iri


def _cursor() -> int:
    given = request.args.get("cursor", "") or "0"
    if given.isascii() and given.isdigit() and len(given) < 7:
        return int(given)
    raise RequestError(
        HTTPStatus.BAD_REQUEST,
        f"cursor={given[:20]!r} is no number of suggestions to skip",
        hint="leave it out for the first ones",
    )
