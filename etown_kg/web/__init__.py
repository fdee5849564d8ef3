"""The Flask app: the SPARQL endpoint, a start page, a query page, health.

`create_app` is the only door. Views read the request, call one function and answer; errors
become responses in `problems`, the headers that every response carries are in `headers`.
"""

from __future__ import annotations

from flask import Flask

from etown_kg import __version__
from etown_kg.backend import Backend
from etown_kg.config import Settings, shipped
from etown_kg.web import headers, pages, problems, sparql

# The largest request body that is read; a query longer than this is written by a fault.
MAX_BODY_BYTES = 1024 * 1024


def create_app(settings: Settings, backend: Backend) -> Flask:
    """The app that answers for `backend`; it keeps no state of its own.

    Raises:
        SourceError: a named query of the ontology's folder cannot be read.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    ontology = settings.ontology or shipped()[0]
    is_shipped = settings.ontology is None and settings.data is None
    site = pages.Site(backend, pages.read_site_questions(ontology), is_shipped)
    app.context_processor(lambda: {"is_shipped": is_shipped, "software": __version__})
    problems.register(app)
    headers.register(app)
    app.register_blueprint(sparql.blueprint(backend, site.first_query))
    app.register_blueprint(pages.blueprint(site))
    return app
