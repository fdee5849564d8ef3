"""The Flask app: the SPARQL endpoint, updates, graphs, pages, health and metrics.

`create_app` is the only door. Views read the request, call one function and answer; errors
become responses in `problems`, the headers that every response carries are in `headers`.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from etown_kg.backend import Backend
from etown_kg.backend.limits import Limits
from etown_kg.config import Settings, shipped
from etown_kg.web import (
    access,
    access_log,
    assets,
    express,
    graph_store,
    headers,
    health,
    metrics,
    packing,
    pages,
    problems,
    rate_limit,
    sparql,
)
from etown_kg.web.access import FindToken
from etown_kg.web.description import Facts, Limit
from etown_kg.web.dumps import DumpStore
from etown_kg.web.limits import KIB, MIB, RequestLimits
from etown_kg.web.pages import entity
from etown_kg.web.pages.query import query_page
from etown_kg.web.scoped import ScopedBackend
from etown_kg.web.statistics import Counter

__all__ = ["create_app"]


def create_app(
    settings: Settings,
    backend: Backend,
    *,
    find_token: FindToken | None = None,
    limits: Limits | None = None,
    read_only: bool = False,
    shared: Path | None = None,
) -> Flask:
    """The app that answers for `backend`; it keeps no state of the data.

    `find_token` tells what a bearer token may do; without it, or when `read_only`, nothing can
    be changed. `limits` are those that the backend keeps, for the service description. `shared`
    is a folder for what processes that serve the same have to count together.

    Raises:
        SourceError: a named query of the ontology's folder cannot be read.
        OSError: the access log cannot be written.
    """
    inner = backend
    backend = ScopedBackend(inner, access.readable(settings.private, None))
    is_writable = find_token is not None and not read_only
    app = Flask(__name__)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    request_limits = _request_limits(settings)
    kept = limits or Limits()
    ontology = settings.ontology or shipped()[0]
    site = pages.read_site(
        backend,
        ontology,
        base=settings.base,
        articles=settings.articles,
        is_union=settings.default_graph == "union",
        search_texts=settings.search_texts,
    )
    # In this order before a request, and backwards behind it: the log sees what was sent.
    log = access_log.open_log(settings.access_log)
    access_log.register(app, log)
    counted = metrics.register(app, backend)
    headers.register(app)
    assets.register(app)
    packing.register(app)
    rate = rate_limit.register(app, settings.requests_per_minute, shared)
    access.register(app, find_token, settings.private)
    app.extensions[access.KEPT_BYTES] = access.kept_bytes(
        find_token, request_limits, is_writable=is_writable
    )
    problems.register(app)
    facts = Facts(
        is_union=settings.default_graph == "union",
        is_remote=settings.backend is not None,
        is_writable=is_writable,
        calls=kept.services,
        limits=_described(kept, request_limits, settings),
        base=settings.base,
    )
    counter = Counter(
        backend, settings.base, is_union=settings.default_graph == "union",
        is_followed=settings.backend is None,
    )  # fmt: skip
    endpoint = sparql.Endpoint(
        backend, request_limits, find_token, kept.query_s, lambda: query_page(site), facts,
        counter,
    )  # fmt: skip
    store = graph_store.GraphStore(
        backend, request_limits, find_token, settings.base, is_writable,
        partial(entity.page_of_graph, site),
    )  # fmt: skip
    app.register_blueprint(sparql.blueprint(endpoint))
    app.register_blueprint(graph_store.blueprint(store))
    files = DumpStore(backend, shared / "dumps" if shared is not None else None)
    pages.register(app, site, request_limits, files, counter)
    app.register_blueprint(health.blueprint(backend))
    if not settings.private:  # else what is read depends on who asks, which takes a token
        app.extensions[express.EXTENSION] = express.Express(
            inner, request_limits, kept.query_s, metrics=counted, log=log, rate=rate,
            cache_bytes=settings.answer_cache_mib * MIB,
        )  # fmt: skip
    if settings.proxies:
        count = settings.proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's own way to wrap it
            app.wsgi_app, x_for=count, x_proto=count, x_host=count, x_prefix=count
        )
    return app


def _request_limits(settings: Settings) -> RequestLimits:
    return RequestLimits(
        query_bytes=settings.query_kib * KIB,
        update_bytes=settings.update_kib * KIB,
        update_data_bytes=settings.update_data_mib * MIB,
        upload_bytes=settings.upload_mib * MIB,
        parameters=settings.parameters,
    )


def _described(kept: Limits, asked: RequestLimits, settings: Settings) -> tuple[Limit, ...]:
    """The limits that the service description states."""
    return (
        Limit("querySeconds", kept.query_s, "Seconds that a query may take."),
        Limit("tokenQuerySeconds", kept.longest_s, "The same for who shows a token."),
        Limit("queryMemoryBytes", kept.memory_bytes, "Memory that a query may take."),
        Limit("answerBytes", kept.answer_bytes, "Size of an answer."),
        Limit("queryBytes", asked.query_bytes, "Length of a query in UTF-8."),
        Limit("queryDepth", kept.nesting, "How deep a query may nest."),
        Limit("updateBytes", asked.update_bytes, "Length of an update in UTF-8."),
        Limit("updateDataBytes", asked.update_data_bytes, "The same for data alone."),
        Limit("uploadBytes", asked.upload_bytes, "Size of a graph that is uploaded, unpacked."),
        Limit("remoteSeconds", kept.remote.seconds, "Seconds that SERVICE may take for a call."),
        Limit("remoteBytes", kept.remote.size_bytes, "Size of the answer to such a call."),
        Limit("parameters", asked.parameters, "Parameters of one request."),
        Limit("requestsPerMinute", settings.requests_per_minute, "Of one client; 0: no limit."),
    )
