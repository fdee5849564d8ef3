"""See tests/web/test_search_page.py."""

from tests.web.test_search_page import *  # noqa: F403
