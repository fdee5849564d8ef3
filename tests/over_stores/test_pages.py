"""See tests/web/test_pages.py."""

from tests.web.test_pages import *  # noqa: F403
