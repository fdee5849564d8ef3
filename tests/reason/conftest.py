"""How hard hypothesis searches: `--hypothesis-profile=search` for a long, random search."""

from __future__ import annotations

import logging

from hypothesis import HealthCheck, settings

_SLOW_IS_FINE = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
# The same examples every time, so that a test run never depends on luck or speed.
settings.register_profile(
    "repeatable",
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=_SLOW_IS_FINE,
)
settings.register_profile(
    "search", max_examples=3000, deadline=None, suppress_health_check=_SLOW_IS_FINE
)
settings.load_profile("repeatable")

# rdflib logs a traceback for every ill-typed literal that is made; here they are made on purpose.
logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)
