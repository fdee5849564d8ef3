"""Dumps: ``/dumps/`` lists the files in which the graph can be taken away, and sends them.

The list is a page or JSON (``/dumps/index.json``). A file has its SHA-256 beside it
(``NAME.sha256``), ``SHA256SUMS`` has all of them, and both are what ``sha256sum --check`` reads.
A download can be resumed: the entity tag of a file is its checksum (RFC 9110, section 14;
Repr-Digest is RFC 9530). A file is made when it is first asked for; where that takes longer than a
moment the answer is 503 with Retry-After.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO, cast

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wsgi import wrap_file

from etown_kg.errors import FormatError
from etown_kg.export.distributions import CONTENTS, Distribution, by_name, distributions
from etown_kg.export.dump_folder import SUM_SUFFIX, SUMS, DumpFile, find_dump, find_refusal
from etown_kg.web import exchange
from etown_kg.web.dumps import DumpStore
from etown_kg.web.pages.site import Site
from etown_kg.web.protocol import RequestError
from etown_kg.web.ranges import ByteRange, Part, requested_range

# May be kept and asked about each time, and must not be packed or changed on the way: what comes
# is what the checksum is of.
AS_IT_IS = "no-cache, no-transform"
HTML, JSON = "text/html", "application/json"


def blueprint(site: Site, store: DumpStore) -> Blueprint:
    """The list and the files."""
    views = Blueprint("dumps", __name__)

    @views.get("/dumps/", strict_slashes=False)
    def index() -> Response:
        chosen = request.accept_mimetypes.best_match([HTML, JSON]) or HTML
        response = _listed(site, store) if chosen == JSON else _page(site, store)
        response.vary.add("Accept")
        return response

    @views.get("/dumps/index.json", endpoint="list")
    def as_json() -> Response:
        return _listed(site, store)

    @views.get("/dumps/<name>")
    def file(name: str) -> Response:
        if name == SUMS:
            _, folder = store.get(distributions())
            store.sums(folder)
            return _text((folder / SUMS).read_text(encoding="utf-8"))
        is_sum = name.endswith(SUM_SUFFIX)
        try:
            distribution = by_name(name.removesuffix(SUM_SUFFIX))
        except FormatError as error:
            raise NotFound from error
        version, folder = store.get([distribution])
        found = _found(folder, distribution)
        if is_sum:
            return _text(f"{found.sha256}  {distribution.name}\n")
        return _sent(found, distribution, version)

    return views


def _found(folder: Path, distribution: Distribution) -> DumpFile:
    """The file that was made.

    Raises:
        RequestError: 409 its format cannot hold this graph.
    """
    found = find_dump(folder, distribution.name)
    if found is None:
        refusal = find_refusal(folder, distribution.name) or "it cannot be made"
        hint = "take another format"
        raise RequestError(HTTPStatus.CONFLICT, f"{distribution.name}: {refusal}", hint=hint)
    return found


def _sent(found: DumpFile, distribution: Distribution, version: str) -> Response:
    """The file, or the part of it that the request asks for."""
    fresh = exchange.not_modified(found.sha256)
    if fresh is not None:
        fresh.headers["Cache-Control"] = AS_IT_IS
        return fresh
    # Range means something for GET alone (14.2).
    wanted = request.headers.get("Range") if request.method == "GET" else None
    if_range = request.headers.get("If-Range")
    part = requested_range(wanted, if_range, found.sha256, found.size_bytes)
    stream = Part(found.path.open("rb"), part or ByteRange(0, found.size_bytes))
    body = wrap_file(request.environ, cast(BinaryIO, stream))
    response = Response(body, content_type=distribution.content_type, direct_passthrough=True)
    if part is not None:
        response.status_code = HTTPStatus.PARTIAL_CONTENT
        response.headers["Content-Range"] = part.content_range(found.size_bytes)
    length = part.stop - part.start if part else found.size_bytes
    response.content_length = length
    response.set_etag(found.sha256)
    digest = base64.b64encode(bytes.fromhex(found.sha256)).decode()
    response.headers["Repr-Digest"] = f"sha-256=:{digest}:"
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = AS_IT_IS
    response.headers["Content-Disposition"] = f'attachment; filename="{distribution.name}"'
    response.headers[exchange.VERSION] = version
    return response


def _text(text: str) -> Response:
    response = Response(text, content_type="text/plain; charset=utf-8")
    response.set_etag(hashlib.sha256(text.encode()).hexdigest())
    response.headers["Cache-Control"] = AS_IT_IS
    return response


def _entry(store: DumpStore, distribution: Distribution) -> dict[str, Any]:
    """What the list says of a file; size and checksum are null until it was made."""
    made = store.made(distribution)
    return {
        "name": distribution.name,
        "path": url_for("dumps.file", name=distribution.name, lang=None),
        "url": url_for("dumps.file", name=distribution.name, _external=True, lang=None),
        "content": distribution.content,
        "format": distribution.format.label,
        "media_type": distribution.media_type,
        "content_media_type": distribution.format.media_type,
        "packing": distribution.packing or None,
        "size_bytes": made.size_bytes if made else None,
        "sha256": made.sha256 if made else None,
        "refused": None if made else store.refusal(distribution),
    }


def _listed(site: Site, store: DumpStore) -> Response:
    status = site.backend.status()
    document = {
        "version": status.version,
        "sums": url_for("dumps.file", name=SUMS, _external=True, lang=None),
        "files": [_entry(store, each) for each in distributions()],
    }
    body = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    return _current(Response(body, content_type=JSON), body)


def _page(site: Site, store: DumpStore) -> Response:
    status = site.backend.status()
    entries = [(each, _entry(store, each)) for each in distributions()]
    contents = [
        (content, _rows([pair for pair in entries if pair[0].content == content]))
        for content in CONTENTS
    ]
    body = render_template("dumps.html", contents=contents, version=status.version, sums=SUMS)
    return _current(Response(body), body)


def _rows(
    entries: Sequence[tuple[Distribution, dict[str, Any]]],
) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """Label, media type and files of each format."""
    rows: dict[str, tuple[str, str, list[dict[str, Any]]]] = {}
    for distribution, entry in entries:
        format = distribution.format
        row = rows.setdefault(format.name, (format.label, format.media_type, []))
        row[2].append(entry)
    return list(rows.values())


def _current(response: Response, body: str) -> Response:
    """With a tag of what it says: files are made while the data stay as they are."""
    response.set_etag(hashlib.sha256(body.encode()).hexdigest()[:32])
    response.headers["Cache-Control"] = exchange.REVALIDATE
    response.vary.add("Accept-Encoding")
    return cast(Response, response.make_conditional(request))
