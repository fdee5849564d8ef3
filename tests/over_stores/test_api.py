"""See tests/web/test_api.py."""

from tests.web.test_api import *  # noqa: F403
