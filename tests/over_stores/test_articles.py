"""See tests/web/test_articles.py."""

from tests.web.test_articles import *  # noqa: F403
