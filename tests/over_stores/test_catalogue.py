"""See tests/web/test_catalogue.py."""

from tests.web.test_catalogue import *  # noqa: F403
