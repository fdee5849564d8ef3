"""See tests/web/test_sparql.py."""

from tests.web.test_sparql import *  # noqa: F403
