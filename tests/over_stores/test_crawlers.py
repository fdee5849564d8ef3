"""See tests/web/test_crawlers.py."""

from tests.web.test_crawlers import *  # noqa: F403
