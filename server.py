"""The WSGI entry: reads the settings from the environment, builds the graph, makes the app.

``flask --app server run``, ``gunicorn server:app``, ``waitress-serve server:app``. The
settings are the variables ``ETOWN_*`` of docs/settings.md. Each process that imports this has
an owner of the graph of its own, which ends with it.
"""

import atexit
from functools import partial

from etown_kg.cli.serve import find_token_of, is_writable, limits_of, load_web, open_backend
from etown_kg.config import Settings
from etown_kg.web import create_app

settings = Settings.from_environment()
limits = limits_of(settings)
backend = open_backend(settings, limits, partial(load_web, settings))
atexit.register(backend.close)
app = create_app(
    settings,
    backend,
    find_token=find_token_of(settings),
    limits=limits,
    read_only=not is_writable(settings),
)
