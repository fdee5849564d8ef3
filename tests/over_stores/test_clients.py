"""See tests/web/test_clients.py."""

from tests.web.test_clients import *  # noqa: F403
