"""See tests/web/test_problems_in_pages.py."""

from tests.web.test_problems_in_pages import *  # noqa: F403
