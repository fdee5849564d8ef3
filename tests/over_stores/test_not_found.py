"""See tests/web/test_not_found.py."""

from tests.web.test_not_found import *  # noqa: F403
