"""See tests/web/test_addresses_of_pages.py."""

from tests.web.test_addresses_of_pages import *  # noqa: F403
