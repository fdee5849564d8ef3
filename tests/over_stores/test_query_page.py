"""See tests/web/test_query_page.py."""

from tests.web.test_query_page import *  # noqa: F403
