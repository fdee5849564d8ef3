"""See tests/web/test_exchange.py."""

from tests.web.test_exchange import *  # noqa: F403
