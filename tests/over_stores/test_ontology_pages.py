"""See tests/web/test_ontology_pages.py."""

from tests.web.test_ontology_pages import *  # noqa: F403
