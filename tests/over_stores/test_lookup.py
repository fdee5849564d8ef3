"""See tests/web/test_lookup.py."""

from tests.web.test_lookup import *  # noqa: F403
