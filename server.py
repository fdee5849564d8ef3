"""The WSGI entry: reads the settings from the environment, builds the graph, makes the app.

``flask --app server run``, ``gunicorn server:app``, ``waitress-serve server:app``. The
settings are the variables ``ETOWN_*`` of docs/index.md.
"""

from etown_kg.backend.local import LocalBackend
from etown_kg.config import Settings
from etown_kg.graph import KnowledgeGraph
from etown_kg.web import create_app

settings = Settings.from_environment()
app = create_app(
    settings,
    LocalBackend(
        KnowledgeGraph.build(
            ontology=settings.ontology,
            data=settings.data,
            base=settings.base,
            reasoner=settings.reasoner,
        )
    ),
)
